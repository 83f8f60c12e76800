"""Who hears which MIDI message: from the controls of a device to the table that its decoder looks up.

Pure. Controls of a profile *claim* their messages, so that of several with the same one only the first hears it; what
is heard beside them *joins*: raw controls, hands that are felt, and the CCs that make up numbered parameters.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from controld.mappings.profile import FINE, NUMBERED_PARAMETERS, REAL_TIME, Control, Hole, Source, SourceType
from controld.midi_decode import Decode, Events, FinePair, decoder_for, gathered, parameter_for, touch_decoder
from controld.midi_encode import STATUS
from controld.midi_parameters import ParameterNumbers
from controld.midi_stream import CC

_ANY_BYTE = b"[\\x00-\\x7f]"
_PARTS = {
    Hole.ANY: _ANY_BYTE, Hole.VALUE: b"(?P<fine>" + _ANY_BYTE + b")", Hole.COARSE: b"(?P<coarse>" + _ANY_BYTE + b")",
    Hole.FINE: b"(?P<fine>" + _ANY_BYTE + b")",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SysexListener:
    """A control that hears whole messages; a `claims` one only where none before it did."""

    pattern: re.Pattern[bytes]
    decode: Decode
    claims: bool


@dataclass(slots=True)
class Routes:
    """The listeners of one device called `surface`; `counters` counts numbered parameters nobody listens to."""

    surface: str
    counters: Counter[str]
    sysex: list[SysexListener] = field(default_factory=list)
    _claimed: dict[int, Decode] = field(default_factory=dict)
    _joined: dict[int, list[Decode]] = field(default_factory=dict)
    parameters: dict[int, ParameterNumbers] = field(default_factory=dict)  # by channel, 0-15

    def add(self, control: Control, source: Source) -> None:
        """Add what a control listens to; of several with the same message the first claims it."""
        name = f"{self.surface}.{control.name}"
        if source.type is SourceType.SYSEX:
            self.sysex.append(SysexListener(_compiled(source.sysex), decoder_for(name, control), not control.raw))
        elif source.type in NUMBERED_PARAMETERS:
            self._add_parameter(name, control, source)
        elif source.is_pair:
            for channel in _channels(source):  # each channel has halves of its own
                pair, number = FinePair(name, control), source.number or 0
                self._listen((_key(CC | channel, number),), pair.receive_coarse, claims=not control.raw)
                self._listen((_key(CC | channel, number + FINE),), pair.receive_fine, claims=not control.raw)
        else:
            self._listen(_keys(source), decoder_for(name, control), claims=not control.raw)
        if control.touch is not None:
            self._listen(_keys(control.touch), touch_decoder(name, control.touch), claims=False)

    def table(self) -> dict[int, Decode]:
        """Return what hears each message, by `status << 7 | first data byte`; of messages without one by the status."""
        for channel, parameters in self.parameters.items():
            for number, decode in parameters.decoders().items():
                self._listen((_key(CC | channel, number),), decode, claims=False)
        table = dict(self._claimed)
        for key, joined in self._joined.items():
            claimed = table.get(key)
            table[key] = _together([claimed, *joined] if claimed else joined)
        return table

    def _add_parameter(self, name: str, control: Control, source: Source) -> None:
        for channel in _channels(source):
            parameters = self.parameters.setdefault(channel, ParameterNumbers(self.counters))
            listen = parameters.join if control.raw else parameters.claim
            listen(source.type, source.number, parameter_for(name, control))

    def _listen(self, keys: Iterable[int], decode: Decode, *, claims: bool) -> None:
        for key in keys:
            if claims:
                self._claimed.setdefault(key, decode)
            else:
                self._joined.setdefault(key, []).append(decode)


def _together(decodes: list[Decode]) -> Decode:
    if len(decodes) == 1:
        return decodes[0]
    return lambda value, now: gathered([decode(value, now) for decode in decodes])


def _channels(source: Source) -> Iterable[int]:
    return range(16) if source.channel == 0 else (source.channel - 1,)


def _key(status: int, number: int) -> int:
    return status << 7 | number


def _keys(source: Source) -> list[int]:
    status = STATUS[source.type]
    if source.type in REAL_TIME:
        return [_key(status, 0)]
    numbers: Iterable[int] = range(128) if source.number is None else (source.number,)
    if source.type is SourceType.PITCHBEND:
        numbers = (0,)  # both data bytes are its value
    return [_key(status | channel, number) for channel in _channels(source) for number in numbers]


def _compiled(parts: tuple[int, ...]) -> re.Pattern[bytes]:
    return re.compile(b"".join(_PARTS[Hole(each)] if each < 0 else re.escape(bytes((each,))) for each in parts))


def receive_sysex(listeners: Iterable[SysexListener], data: bytes, now: float) -> list[Events]:
    """Return what a whole SysEx message means to each who listens to it."""
    found: list[Events] = []
    is_claimed = False
    for each in listeners:
        if each.claims and is_claimed:
            continue
        match = each.pattern.fullmatch(data)
        if match is not None:
            is_claimed = is_claimed or each.claims
            found.append(each.decode(_captured(match), now))
    return found


def _captured(match: re.Match[bytes]) -> int:
    """Return the value a message carries; 0 where it has none."""
    value = 0
    for part in ("coarse", "fine"):
        byte = match.groupdict().get(part)
        value = value << 7 | (byte[0] if byte else 0)
    return value
