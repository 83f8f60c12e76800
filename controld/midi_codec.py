"""MIDI messages to control events, and back, by a device's profile.

Pure: no ports, no clock; `now` is handed in, in seconds (monotonic). Every message is looked up in one table by status
byte and first data byte, built once per profile. The reverse, `MidiDecoder.message_for`, says what the device would
send for an event.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

from controld.errors import SurfaceError, nearest
from controld.events import ControlEvent, ControlMoved, ControlTurned, ProgramChosen
from controld.mappings.profile import Control, Profile, Source, SourceType
from controld.midi_stream import BEND, CC, MAX_DATA, NOTE_OFF, NOTE_ON, PROGRAM, message_kind
from controld.midi_values import (
    FINE,
    detents_of,
    is_fine,
    is_relative,
    position_of,
    raw_of,
    source_of,
    value_of_detents,
)

# In seconds: a coarse part this soon after a lone fine part belongs to it, for the device sends the fine part first.
LSB_FIRST_S = 0.005

_Decode = Callable[[int, float], ControlEvent | None]


class _FinePair:
    """The two halves of one 14-bit controller on one channel.

    A coarse part sets the fine part to zero, and either part alone is a whole message, as the specification has it; a
    device that sends the fine part first is known by a fine part that followed no coarse one.
    """

    __slots__ = ("_coarse", "_control", "_fine", "_lone_fine_s", "_name", "_open")

    def __init__(self, name: str, control: Control) -> None:
        self._name, self._control = name, control
        self._coarse = self._fine = 0
        self._open = False
        self._lone_fine_s = float("-inf")

    def receive_coarse(self, value: int, now: float) -> ControlEvent:
        self._open = now - self._lone_fine_s > LSB_FIRST_S
        self._coarse, self._fine = value, 0 if self._open else self._fine
        self._lone_fine_s = float("-inf")
        return self._event(now)

    def receive_fine(self, value: int, now: float) -> ControlEvent:
        if not self._open:
            self._lone_fine_s = now
        self._open, self._fine = False, value
        return self._event(now)

    def _event(self, now: float) -> ControlEvent:
        return ControlMoved(self._name, position_of(self._control, self._coarse << 7 | self._fine), now)


class MidiDecoder:
    """Whole messages of one device to events of its controls, named `surface.control`.

    Where two controls listen to the same message, the one that says its channel and number exactly wins, then the
    earlier one. `counters` counts the messages no control took, by kind.
    """

    __slots__ = ("_profile", "_surface", "_table", "counters")

    def __init__(self, surface: str, profile: Profile) -> None:
        self._surface, self._profile = surface, profile
        self.counters: Counter[str] = Counter()
        self.reset()

    def reset(self) -> None:
        """Forget what the device sent so far (halves of 14-bit values); its counters stay."""
        self._table: dict[int, _Decode] = {}
        midi = [c for c in self._profile.controls.values() if c.source and c.source.type is not SourceType.OSC]
        for control in sorted(midi, key=_wildness):
            self._add(control, source_of(control))

    def receive(self, data: bytes, now: float) -> ControlEvent | None:
        """Return what one whole message means; None where no control sends it or an encoder stood still."""
        decode = None
        number = value = 0
        if len(data) == 3:
            status, number, value = data
            if status & 0xF0 == BEND:
                number, value = 0, value << 7 | number
            elif status & 0xF0 == NOTE_OFF:
                status, value = status | NOTE_ON, 0  # a note on with velocity 0 is a note off
            decode = self._table.get(status << 7 | number)
        elif len(data) == 2:
            status, value = data
            decode = self._table.get(status << 7 | value)
        if decode is None or max(data[1:]) > MAX_DATA:
            self.counters[message_kind(data)] += 1
            return None
        return decode(value, now)

    def message_for(
        self, control: str, *, position: float | None = None, detents: int | None = None, program: int | None = None
    ) -> list[bytes]:
        """Return the messages the device would send; exactly one of the three may be given, the one the control has.

        `control` is named with or without its surface; `position` is 0.0-1.0. Detents beyond 63 take several messages.

        Raises:
            SurfaceError: no such control, or one that cannot do this.
        """
        name = control.removeprefix(f"{self._surface}.")
        known = self._profile.controls.get(name)
        if known is None:
            hint = nearest(name, self._profile.controls)
            raise SurfaceError(f"{self._surface} has no control `{name}`" + (f"; {hint}" if hint else ""))
        source = known.source
        if source is not None and source.type is not SourceType.OSC:
            channel = (source.channel or self._profile.channel) - 1
            if program is not None and source.type is SourceType.PROGRAM:
                return [bytes((PROGRAM | channel, program & MAX_DATA))]
            if detents is not None and is_relative(known):
                return [_seven_bit(source, channel, value_of_detents(known.coding, n)) for n in _portions(detents)]
            if position is not None and not is_relative(known) and source.type is not SourceType.PROGRAM:
                return _positioned(source, channel, raw_of(known, position))
        raise SurfaceError(f"`{name}` does not send this; its kind is {known.kind.value}")

    def _add(self, control: Control, source: Source) -> None:
        name = f"{self._surface}.{control.name}"
        channels = range(16) if source.channel == 0 else (source.channel - 1,)
        for channel in channels:
            if is_fine(source):
                pair, number = _FinePair(name, control), source.number or 0
                self._listen(CC | channel, (number,), pair.receive_coarse)
                self._listen(CC | channel, (number + FINE,), pair.receive_fine)
            else:
                self._listen(_STATUS[source.type] | channel, _numbers(source), _decode_for(name, control, source))

    def _listen(self, status: int, numbers: Iterable[int], decode: _Decode) -> None:
        for number in numbers:
            self._table.setdefault(status << 7 | number, decode)


_STATUS = {SourceType.CC: CC, SourceType.NOTE: NOTE_ON, SourceType.PROGRAM: PROGRAM, SourceType.PITCHBEND: BEND}


def _wildness(control: Control) -> int:
    source = source_of(control)
    return (source.channel == 0) + 2 * (source.number is None)


def _numbers(source: Source) -> Iterable[int]:
    if source.type is SourceType.PITCHBEND:
        return (0,)
    return range(128) if source.number is None else (source.number,)


def _decode_for(name: str, control: Control, source: Source) -> _Decode:
    if source.type is SourceType.PROGRAM:
        return partial(ProgramChosen, name)
    if is_relative(control):
        detents = tuple(detents_of(control.coding, value) for value in range(128))
        return lambda value, now: ControlTurned(name, detents[value], now) if detents[value] else None
    if source.type is SourceType.PITCHBEND:
        return lambda value, now: ControlMoved(name, position_of(control, value), now)
    positions = tuple(position_of(control, value) for value in range(128))
    return lambda value, now: ControlMoved(name, positions[value], now)


def _positioned(source: Source, channel: int, raw: int) -> list[bytes]:
    if source.type is SourceType.PITCHBEND:
        return [bytes((BEND | channel, raw & MAX_DATA, raw >> 7))]
    if is_fine(source):
        number = source.number or 0
        return [bytes((CC | channel, number, raw >> 7)), bytes((CC | channel, number + FINE, raw & MAX_DATA))]
    return [_seven_bit(source, channel, raw)]


def _seven_bit(source: Source, channel: int, value: int) -> bytes:
    return bytes((_STATUS[source.type] | channel, source.number or 0, value))


def _portions(detents: int) -> list[int]:
    """Return detents cut into portions of -63..63, what every coding can say in one message."""
    step = 63 if detents > 0 else -63
    return [step] * (detents // step) + [detents % step] * (detents % step != 0)
