"""What a control is, judged by what it sent: its kind, how an encoder says its steps, where a pedal ends.

Pure. Every guess says what it rests on, and where something else would look the same, what that is and how to tell.
The signs, in the order in which they are asked for:

* messages that can be only one thing: program changes, bends, pressure, steps of an NRPN;
* every value is followed by 0: a switch. If the 0 comes soon it was a release, if it always takes a while the device
  toggles by itself (a latch);
* values near the zero of a coding, again and again the same, or on both sides of it with nothing between: an encoder;
* anything else is a place on a way: a pedal, and its ends are where it turned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from controld.learn_hear import Line
from controld.mappings.profile import (
    FINE,
    MAX_7,
    MAX_14,
    NUMBERED_PARAMETERS,
    REAL_TIME,
    Coding,
    Control,
    Hole,
    Kind,
    Source,
    SourceType,
)
from controld.midi_values import HALF_14, detents_of

# In seconds: a finger is rarely on a switch for longer when it is asked to press, and a foot never twice as fast.
BRIEF_S = 0.35
# In seconds: detents of an encoder come faster than anybody presses.
FAST_S = 0.12
MOST_STEPS = 24  # an encoder says in one message, with acceleration
LEAP = 40  # values; farther than a pedal gets from one message to the next
SMALL_STEPS = 8  # so near to the middle a pedal would pass it too
SHOWN = 6  # values quoted as evidence
# Of relative-64 and binary offset, two names of one coding, the second is the one that is written.
CODINGS = (Coding.TWOS_COMPLEMENT, Coding.BINARY_OFFSET, Coding.SIGN_MAGNITUDE)
_SAID = {
    Coding.TWOS_COMPLEMENT: "by two's complement",
    Coding.BINARY_OFFSET: "around 64 (binary offset, or relative 64)",
    Coding.SIGN_MAGNITUDE: "by sign and magnitude",
}

Values = Sequence[tuple[float, float]]  # times in seconds, raw values


@dataclass(frozen=True, slots=True)
class Guess:
    """What a line is thought to be; `evidence` is what that rests on, `doubt` what else it could be, "" for nothing."""

    source: Source
    kind: Kind
    evidence: str
    doubt: str = ""
    coding: Coding = Coding.TWOS_COMPLEMENT
    calibrate: tuple[float, float] | None = None
    touch: Source | None = None  # what says that a hand is on it

    def control(self, name: str) -> Control:
        """Return the control of a profile that this is."""
        return Control(name, self.kind, self.source, coding=self.coding, calibrate=self.calibrate, touch=self.touch)

    def felt_by(self, touch: Source) -> "Guess":
        """Return the guess with the message that comes while a hand is on it: what feels a hand has a motor mostly."""
        evidence = f"{self.evidence}; {said_source(touch)} came while it was held"
        if self.kind is not Kind.PEDAL:
            return replace(self, evidence=evidence, touch=touch)
        doubt = "a knob, where it has no motor (kind: knob)"
        return replace(self, evidence=evidence, touch=touch, kind=Kind.FADER, doubt=doubt)


@dataclass(frozen=True, slots=True)
class _Verdict:
    kind: Kind
    why: str
    doubt: str = ""
    coding: Coding = Coding.TWOS_COMPLEMENT
    calibrate: tuple[float, float] | None = None


def guess(line: Line) -> Guess:
    """Return what a line is."""
    values = line.raw()
    source = line.source
    verdict = _verdict(line, values)
    if verdict.kind in {Kind.BUTTON, Kind.LATCH} and source.bits == 14:
        source = replace(source, bits=7)
    if source.type is SourceType.SYSEX and len({value for _, value in values}) == 1:
        source = _whole_sysex(source, int(values[0][1]))
        verdict = _Verdict(Kind.BUTTON, "the same message each time", verdict.doubt and _ONE_SYSEX)
    evidence = f"{said_source(source)} sent {_quoted(line, values)}: {verdict.why}"
    return Guess(source, verdict.kind, evidence, verdict.doubt, verdict.coding, verdict.calibrate)


def said_source(source: Source) -> str:
    """Return a source as one says it: "cc 20", "note 36", "nrpn 1021", "/drive/level"."""
    if source.type is SourceType.OSC:
        return source.address + (f" (argument {source.argument})" if source.argument > 1 else "")
    if source.number is None:
        return str(source.type.value)
    pair = f" with cc {source.number + FINE}" if source.type is SourceType.CC and source.bits == 14 else ""
    return f"{source.type.value} {source.number}{pair}"


_ONE_SYSEX = "if its last byte is a value, let it send another"


def _verdict(line: Line, values: Values) -> _Verdict:
    source = line.source
    if source.type is SourceType.PROGRAM:
        return _Verdict(Kind.PROGRAM, "program changes, whichever it chooses")
    if source.type in REAL_TIME:
        return _Verdict(Kind.BUTTON, "a message of its own")
    steps = [sample for sample in line.samples if sample.step]
    if source.type in NUMBERED_PARAMETERS and len(steps) * 2 > len(line.samples):
        return _Verdict(Kind.ENCODER, "steps up and down by data increment and decrement")
    raws = [value for _, value in values]
    if source.type is SourceType.OSC:
        return _switch(values, high=1.0) or _sweep(source, raws, Kind.FADER)
    if source.type is SourceType.NOTE:
        return _note(values)
    if source.type in NUMBERED_PARAMETERS and source.bits == 14 and len(set(raws) | {0.0}) == 2:
        return _switch(values, high=MAX_14) or _sweep(source, raws, Kind.PEDAL)
    if source.type in {SourceType.PITCHBEND, SourceType.PRESSURE, SourceType.POLYPRESSURE} or source.bits == 14:
        return _sweep(source, raws, Kind.PEDAL)
    return _switch(values, high=MAX_7) or _encoder(values) or _sweep(source, raws, Kind.PEDAL)


# Switches


def _switch(values: Values, high: float) -> _Verdict | None:
    """Return the verdict where every value is followed by 0; `high` is what a device sends at most."""
    raws = [value for _, value in values]
    levels = {value for value in raws if value}
    if not levels:
        return _Verdict(Kind.BUTTON, "nothing but 0", "only releases were heard: press it once more")
    if 0 not in raws:
        return _without_release(values, high)
    in_turn = not any(bool(a) == bool(b) for a, b in pairwise(raws))
    if len(levels) > 1 and not (in_turn and len(raws) >= 4):
        return None
    return _pressed_or_toggled(values, _weakness(max(levels), high))


def _pressed_or_toggled(values: Values, weak: str) -> _Verdict:
    """Tell a release, which comes soon, from the other half of a toggle, which takes another press."""
    held = [after - at for (at, value), (after, _) in pairwise(values) if value]
    rest = [after - at for (at, value), (after, _) in pairwise(values) if not value]
    if not held:
        return _Verdict(Kind.BUTTON, "pressed once more", weak or "press it again, and let go")
    if min(held) <= BRIEF_S:
        return _Verdict(Kind.BUTTON, "pressed and released", weak)
    if len(held) + len(rest) > 1 and median(held) > BRIEF_S and (not rest or min(rest) > BRIEF_S):
        doubt = "a button, if each press was a long one: press it briefly to tell"
        return _Verdict(Kind.LATCH, "one message for each press, in turn, so the device toggles", weak or doubt)
    doubt = "a latch, if these were two presses: press it briefly to tell"
    return _Verdict(Kind.BUTTON, "pressed and released after a while", weak or doubt)


def _without_release(values: Values, high: float) -> _Verdict | None:
    """Return the verdict on one value that comes again and again, as a switch without releases sends it."""
    raws = [value for _, value in values]
    if len(set(raws)) > 1 or (high == MAX_7 and (_may_be_step(raws[0]) or _pace(values) < FAST_S)):
        return None
    if high == 1.0 and raws[0] % 1:
        return None  # a fader that was touched
    doubt = "a latch, if the next press sends another value; without releases there is no hold and no double"
    return _Verdict(Kind.BUTTON, "pressed, and no release came", _weakness(raws[0], high) or doubt)


def _weakness(level: float, high: float) -> str:
    return f"its {level:g} is below the middle and counts as up: have it send {high:g}" if level * 2 < high else ""


def _may_be_step(value: float) -> bool:
    """Tell whether a value is what an encoder sends for a few detents, and a switch hardly ever: that likes 127."""
    near = [detents_of(coding, int(value)) for coding in CODINGS]
    return value != MAX_7 and any(0 < abs(steps) <= SMALL_STEPS for steps in near)


def _note(values: Values) -> _Verdict:
    high = max(value for _, value in values) or MAX_7
    verdict = _switch(values, high)
    if verdict is not None and verdict.kind in {Kind.BUTTON, Kind.LATCH}:
        return verdict
    return _Verdict(Kind.BUTTON, "notes on and off")


# Encoders


def _encoder(values: Values) -> _Verdict | None:
    """Return the verdict where all values are small numbers of steps in some coding, and not places on a way."""
    raws = [int(value) for _, value in values]
    moves = {coding: [detents_of(coding, raw) for raw in raws] for coding in CODINGS}
    fits = {coding: steps for coding, steps in moves.items() if all(0 < abs(step) <= MOST_STEPS for step in steps)}
    if not fits:
        return None
    cost = {coding: sum(map(abs, steps)) for coding, steps in fits.items()}
    coding = min(fits, key=lambda each: cost[each])  # the first of equals is the most common
    steps = fits[coding]
    both = min(steps) < 0 < max(steps)
    if not (_is_relative(raws, steps) or _pace(values) >= FAST_S):
        return None
    others = [each for each in fits if each is not coding and (not both or cost[each] == cost[coding])]
    way = "up and down" if both else "up" if steps[0] > 0 else "down"
    doubt = ""
    if others:
        named = " or ".join(each.value for each in others)
        doubt = f"{named} looks the same so far: turn it both ways to tell"
    elif not both:
        doubt = "turned one way only: turn it back to be sure"
    return _Verdict(Kind.ENCODER, f"steps {way} {_SAID[coding]}", doubt, coding)


def _is_relative(raws: Sequence[int], steps: Sequence[int]) -> bool:
    """Tell steps from places: steps repeat themselves, or change sides by a leap or without passing the middle."""
    repeats = sum(a == b for a, b in pairwise(raws))
    few = len(set(raws)) * 3 <= len(raws)
    leaps = sum(abs(a - b) >= LEAP for a, b in pairwise(raws))
    turns = sum(a * b < 0 for a, b in pairwise(steps))
    return few or repeats * 4 >= len(raws) - 1 > 0 or leaps > 0 or (turns > 0 and max(map(abs, steps)) <= SMALL_STEPS)


def _pace(values: Values) -> float:
    """Return how long it usually was from one message to the next, in seconds; a single one is slow."""
    gaps = [after - at for (at, _), (after, _) in pairwise(values)]
    return median(gaps) if gaps else float("inf")


# Ways


def _sweep(source: Source, raws: Sequence[float], kind: Kind) -> _Verdict:
    low, high = min(raws), max(raws)
    top = 1.0 if source.type is SourceType.OSC else float(source.highest)
    is_bend = source.type is SourceType.PITCHBEND
    why = f"a way from {low:g} to {high:g}" + (", in fine steps" if top == MAX_14 and not is_bend else "")
    if is_bend and raws[-1] == HALF_14 and low < HALF_14 < high:
        return _Verdict(kind, f"{why}, and back to its middle")
    doubt = "" if source.type is SourceType.OSC else _LOOKS_THE_SAME
    if (low, high) == (0, top) or source.type in {SourceType.PRESSURE, SourceType.POLYPRESSURE}:
        return _Verdict(kind, why, doubt)
    if (high - low) * 2 <= top:
        return _Verdict(kind, why, "moved a part of its way only: sweep it from end to end, so that its ends are known")
    ends = "its ends are right if it was swept from one to the other"
    return _Verdict(kind, why, f"{ends}; {doubt}".removesuffix("; "), calibrate=(low, high))


_LOOKS_THE_SAME = "a knob or slider (kind: knob) and a motor fader (kind: fader) look the same"


# Words


def _whole_sysex(source: Source, value: int) -> Source:
    return Source(source.type, sysex=tuple(value if each == Hole.VALUE else each for each in source.sysex))


def _quoted(line: Line, values: Values) -> str:
    if line.source.type in REAL_TIME:
        return "itself"
    form = "{:.3g}" if line.source.type is SourceType.OSC else "{:.0f}"
    shown = ", ".join(form.format(value) for _, value in values[:SHOWN])
    return shown + (f" ... ({len(values)} values)" if len(values) > SHOWN else "")
