"""The cables of a MOD pedalboard: which effect comes before which, and connections in our words.

Pure. Sources of the names of hardware ports: `mod/host.py` of mod-ui (`_fix_host_connection_port`).
"""

import re
from collections.abc import Iterable, Mapping

from controld.importers.bundle import Block, Bundle
from controld.importers.names import clean
from controld.importers.outcome import Notes

_AUDIO = re.compile(r"(capture|playback)_[0-9]+")
_HARDWARE_MIDI = re.compile(r"(serial_midi_|midi_|nooice_|USB_MIDI|.*_midi_)")


def in_order(blocks: Iterable[Block], arcs: Iterable[tuple[str, str]]) -> list[Block]:
    """Return effects in the order the sound takes; those that tie, and loops, from left to right on MOD's canvas."""
    waiting = {block.instance: block for block in sorted(blocks, key=lambda block: (block.position, block.instance))}
    feeds = {(tail.partition("/")[0], head.partition("/")[0]) for tail, head in arcs if "/" in tail and "/" in head}
    before: dict[str, set[str]] = {instance: set() for instance in waiting}
    for source, target in feeds:
        if source in waiting and target in waiting and source != target:
            before[target].add(source)
    found: list[Block] = []
    while waiting:
        free = next((name for name in waiting if not before[name] & waiting.keys()), next(iter(waiting)))
        found.append(waiting.pop(free))
    return found


def connections(bundle: Bundle, names: Mapping[str, str], notes: Notes) -> list[tuple[str, str]]:
    """Return the connections of a bundle in our words, in the order the sound takes."""
    rank = {instance: index for index, instance in enumerate(names)}

    def place(arc: tuple[str, str]) -> tuple[int, int, str, str]:
        tail, head = (rank.get(end.partition("/")[0], -1) for end in arc)
        return tail, head if head >= 0 else len(rank), *arc

    found: list[tuple[str, str]] = []
    for arc in sorted(bundle.arcs, key=place):
        tail, head = (_end(end, bundle, names) for end in arc)
        bad = next((why for name, why in (tail, head) if not name), "")
        if bad:
            notes.miss(f"the connection `{clean(' -> '.join(arc), '?')}`", bad)
        else:
            found.append((tail[0], head[0]))
    return found


def _end(end: str, bundle: Bundle, names: Mapping[str, str]) -> tuple[str, str]:
    """Return an end in our words, or "" and why there is none."""
    instance, slash, symbol = end.partition("/")
    if slash:
        if instance not in names:
            return "", f"there is no effect `{clean(instance, '?')}`"
        if not symbol or re.search(r"[\s:]", symbol):
            return "", "a port has no symbol"
        return f"{names[instance]}:{symbol}", ""
    if _AUDIO.fullmatch(end):
        return f"system:{end}", ""
    kind = bundle.system.get(end, "")
    if kind == "cv" or end.startswith("cv_"):
        return "", "control voltage of MOD's own hardware"
    if kind == "midi" or _HARDWARE_MIDI.match(end):
        return "", "MIDI of MOD's own hardware; name your interface's JACK port instead, as in `system:midi_capture_1`"
    return "", "a port of MOD's own hardware; name the JACK port it stands for"
