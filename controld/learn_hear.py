"""What a device says while somebody learns it: messages sorted by where they come from.

Pure; times are handed in, in seconds. A `Line` is everything that one number of one channel said (one CC, one note, one
NRPN, one OSC argument), in order. Nothing is judged here, except which messages are only parts of others: the numbers
and halves of NRPNs, and CCs that come in pairs, coarse and fine.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isfinite

from controld.events import OscArg
from controld.mappings.profile import FINE, MAX_7, Hole, Source, SourceType
from controld.midi_parameters import DATA_COARSE, DATA_FINE, DECREMENT, INCREMENT, NULL, SELECTORS
from controld.midi_stream import (
    BEND,
    CC,
    CONTINUE,
    NOTE_OFF,
    NOTE_ON,
    POLY_PRESSURE,
    PRESSURE,
    PROGRAM,
    START,
    STOP,
    SYSEX,
)
from controld.osc_pattern import valid_address

# Two messages this close are one movement of one control, in seconds: a DIN cable needs 1 ms for each.
TOGETHER_S = 0.005

_NUMBERED = {CC: SourceType.CC, NOTE_ON: SourceType.NOTE, POLY_PRESSURE: SourceType.POLYPRESSURE}
_ALONE = {PROGRAM: SourceType.PROGRAM, PRESSURE: SourceType.PRESSURE}
_TRANSPORT = {START: SourceType.START, STOP: SourceType.STOP, CONTINUE: SourceType.CONTINUE}
_SELECTOR_OF = {cc: (kind, half) for kind, ccs in SELECTORS.items() for half, cc in enumerate(ccs)}


@dataclass(frozen=True, slots=True)
class Sample:
    """One value; a `fine` one is the lower 7 bits, a `step` goes up or down by its value."""

    time_s: float
    value: float
    fine: bool = False
    step: bool = False


@dataclass(slots=True)
class Line:
    """Where values come from, and all of them. The source has 14 bits where both halves were heard."""

    source: Source
    samples: list[Sample] = field(default_factory=list)

    @property
    def last_s(self) -> float:
        """When it was heard last."""
        return self.samples[-1].time_s

    def raw(self) -> list[tuple[float, float]]:
        """Return times and whole values; the halves of one movement are one value."""
        if self.source.bits == 7 or self.source.type is SourceType.PITCHBEND:
            return [(sample.time_s, sample.value) for sample in self.samples]
        found: list[tuple[float, float]] = []
        coarse, fine, waits = 0, 0, False  # waits: a fine part that came before its coarse one
        moved_s = float("-inf")
        for sample in self.samples:
            together = sample.time_s - moved_s <= TOGETHER_S
            if sample.fine:
                fine, waits = int(sample.value), not together
            else:
                coarse, fine, waits = int(sample.value), fine if together and waits else 0, False
            if together and found:
                found[-1] = (sample.time_s, coarse << 7 | fine)
            else:
                found.append((sample.time_s, coarse << 7 | fine))
            moved_s = sample.time_s
        return found


class _Parameters:
    """Which numbered parameter of a channel is selected."""

    def __init__(self) -> None:
        self.type = SourceType.NRPN
        self.halves = {kind: [MAX_7, MAX_7] for kind in SELECTORS}
        self.entered = False  # data was: the selecting CCs are no controls of their own

    @property
    def number(self) -> int:
        coarse, fine = self.halves[self.type]
        return coarse << 7 | fine


class Ears:
    """Sorts messages into lines, in the order in which each was first heard."""

    def __init__(self) -> None:
        self._lines: dict[Source, Line] = {}
        self._parameters: dict[int, _Parameters] = {}

    def hear(self, message: bytes, now: float) -> None:
        """Take one whole MIDI message; clock and the like are nobody's control and are left out."""
        status = message[0]
        if status == SYSEX:
            if len(message) > 3:
                *start, value, _end = message
                self._note(Source(SourceType.SYSEX, sysex=(*start, Hole.VALUE, 0xF7)), Sample(now, value))
            return
        if status > SYSEX:
            if status in _TRANSPORT:
                self._note(Source(_TRANSPORT[status]), Sample(now, 1))
            return
        kind, channel = status & 0xF0, status & 0x0F
        if kind == CC:
            self._hear_cc(channel, message[1], message[2], now)
        elif kind == BEND:
            source = Source(SourceType.PITCHBEND, channel=channel + 1)
            self._note(source, Sample(now, message[2] << 7 | message[1]))
        elif kind in _ALONE:
            self._note(Source(_ALONE[kind], channel=channel + 1), Sample(now, message[1]))
        else:
            value = 0 if kind == NOTE_OFF else message[2]
            kind = NOTE_ON if kind == NOTE_OFF else kind
            self._note(Source(_NUMBERED[kind], message[1], channel + 1), Sample(now, value))

    def hear_osc(self, address: str, args: Sequence[OscArg], now: float) -> None:
        """Take one OSC message: a line for each argument that is a number, or for the message where it has none.

        A message to what is no address cannot be listened to, and is left out.
        """
        if valid_address(address) is not None:
            return
        if not args:
            self._note(Source(SourceType.OSC, address=address), Sample(now, 1))
            self._note(Source(SourceType.OSC, address=address), Sample(now, 0))
        for place, arg in enumerate(args, start=1):
            if isinstance(arg, int | float) and isfinite(arg):
                self._note(Source(SourceType.OSC, address=address, argument=place), Sample(now, float(arg)))

    def lines(self) -> list[Line]:
        """Return what was heard so far: parts of other messages are in those."""
        lines = dict(self._lines)
        for channel, selected in self._parameters.items():
            if selected.entered:
                for cc in _SELECTOR_OF:
                    lines.pop(Source(SourceType.CC, cc, channel + 1), None)
        for source, fine in list(lines.items()):
            coarse = _coarse_of(source, lines)
            if coarse is not None and _are_pair(coarse, fine):
                samples = sorted(
                    [*coarse.samples, *(replace(each, fine=True) for each in fine.samples)],
                    key=lambda each: each.time_s,
                )
                lines[coarse.source] = Line(replace(coarse.source, bits=14), samples)
                del lines[source]
        return list(lines.values())

    def _hear_cc(self, channel: int, number: int, value: int, now: float) -> None:
        selected = self._parameters.setdefault(channel, _Parameters())
        if number in _SELECTOR_OF:
            selected.type, half = _SELECTOR_OF[number]
            selected.halves[selected.type][half] = value
        elif number in {DATA_COARSE, DATA_FINE, INCREMENT, DECREMENT} and selected.number != NULL:
            selected.entered = True
            self._enter(Source(selected.type, selected.number, channel + 1), number, value, now)
            return
        self._note(Source(SourceType.CC, number, channel + 1), Sample(now, value))

    def _enter(self, source: Source, number: int, value: int, now: float) -> None:
        if number in {INCREMENT, DECREMENT}:
            sample = Sample(now, 1 if number == INCREMENT else -1, step=True)
        else:
            sample = Sample(now, value, fine=number == DATA_FINE)
        line = self._note(source, sample)
        if sample.fine:
            line.source = replace(source, bits=14)

    def _note(self, source: Source, sample: Sample) -> Line:
        line = self._lines.setdefault(source, Line(source))
        line.samples.append(sample)
        return line


def _coarse_of(source: Source, lines: dict[Source, Line]) -> Line | None:
    if source.type is not SourceType.CC or source.number is None or not FINE <= source.number < 2 * FINE:
        return None
    return lines.get(replace(source, number=source.number - FINE))


def _are_pair(coarse: Line, fine: Line) -> bool:
    """Tell whether one CC is the fine part of another: more often than not they came together, and more than once."""
    times = [sample.time_s for sample in coarse.samples]
    near = sum(_is_near(sample.time_s, times) for sample in fine.samples)
    return near >= 2 and near * 2 > len(fine.samples)


def _is_near(time_s: float, times: Sequence[float]) -> bool:
    """Tell whether one of these times, which are in order, is close."""
    place = bisect_left(times, time_s - TOGETHER_S)
    return place < len(times) and times[place] <= time_s + TOGETHER_S
