"""Hands that are felt: a switch that is down just while another control moves is no switch.

Pure. A motor fader that feels the hand sends a note (or a CC) when it is touched and another when it is let go, and its
position in between. Nobody holds a switch each time he moves a knob, and never without.
"""

from collections.abc import Sequence
from itertools import pairwise

from controld.learn_hear import TOGETHER_S, Line
from controld.mappings.profile import Source, SourceType

FEWEST = 4  # values of a movement that can be told from chance


def touches(lines: Sequence[Line]) -> dict[Source, Source]:
    """Return by the sources of controls that move the sources that say that a hand is on them."""
    switches = [line for line in lines if line.source.type in {SourceType.NOTE, SourceType.CC} and _spans(line)]
    found: dict[Source, Source] = {}
    for line in lines:
        touch = next((switch for switch in switches if switch is not line and _felt(switch, line)), None)
        if touch is not None and touch.source not in found and line.source not in found.values():
            found[line.source] = touch.source
    return found


def _spans(line: Line) -> list[tuple[float, float]]:
    """Return from when to when a switch was down; nothing where it is no switch that was let go each time."""
    samples = line.samples
    in_turn = all(bool(a.value) != bool(b.value) for a, b in pairwise(samples))
    if not in_turn or not samples[0].value or samples[-1].value:
        return []
    return [(down.time_s, up.time_s) for down, up in zip(samples[::2], samples[1::2], strict=True)]


def _felt(switch: Line, line: Line) -> bool:
    """Tell whether a line was heard only while a switch was down, and each time it was down."""
    spans = _spans(switch)
    times = [sample.time_s for sample in line.samples]
    if len(times) < FEWEST or line.source.type is SourceType.OSC:
        return False
    held = [sum(start - TOGETHER_S <= at <= end + TOGETHER_S for at in times) for start, end in spans]
    return all(held) and sum(held) == len(times)
