"""MIDI bytes in any portions to whole messages.

Pure, and the only place that knows how long a message is. Never raises: a cable pulled within a message, a device that
never ends its SysEx or noise on the line costs what was broken and no more. Facts of the wire (status bytes, running
status, real-time bytes between and within others) are from the MIDI 1.0 detailed specification.
"""

from collections import Counter

NOTE_OFF, NOTE_ON, POLY_PRESSURE, CC, PROGRAM, PRESSURE, BEND = 0x80, 0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0
SYSEX, SYSEX_END, REAL_TIME = 0xF0, 0xF7, 0xF8
CLOCK, START, CONTINUE, STOP = 0xF8, 0xFA, 0xFB, 0xFC
MAX_DATA = 127
MAX_SYSEX = 16_384  # in bytes, F0 and F7 included; a device that never ends its SysEx costs no more than this

# Bytes of a whole message by the high half of its status byte, and by the status byte for system common messages.
_SIZES = {
    NOTE_OFF: 3, NOTE_ON: 3, POLY_PRESSURE: 3, CC: 3, PROGRAM: 2, PRESSURE: 2, BEND: 3,
    0xF1: 2, 0xF2: 3, 0xF3: 2, 0xF6: 1,
}  # fmt: skip
_NAMES = {
    NOTE_OFF: "note off", NOTE_ON: "note on", POLY_PRESSURE: "polyphonic pressure", CC: "cc", PROGRAM: "program",
    PRESSURE: "pressure", BEND: "pitchbend", SYSEX: "sysex", 0xF1: "time code", 0xF2: "song position",
    0xF3: "song select", 0xF6: "tune request", CLOCK: "clock", START: "start", CONTINUE: "continue", STOP: "stop",
    0xFE: "active sensing", 0xFF: "reset",
}  # fmt: skip


def message_kind(data: bytes) -> str:
    """Return what kind of message `data` is, in a player's words ("cc", "clock"); "malformed" where it is none."""
    if not data or data[0] < NOTE_OFF:
        return "malformed"
    return _NAMES.get(_family(data[0]), "undefined")


def _family(status: int) -> int:
    """Return the status byte without its channel, where it has one."""
    return status & 0xF0 if status < SYSEX else status


class MidiStream:
    """Bytes in any portions to whole messages; `dropped` counts what belonged to none, by reason."""

    __slots__ = ("_partial", "_status", "_sysex", "dropped")

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        self.reset()

    def reset(self) -> None:
        """Forget running status and all that is begun: the cable was pulled."""
        self._status = 0
        self._partial = bytearray()
        self._sysex: bytearray | None = None

    def receive(self, data: bytes) -> list[bytes]:
        """Return the messages that `data` completes, in that order, each with its status byte.

        A real-time byte within another message is complete before it.
        """
        if self._sysex is None and not self._partial and self._is_whole(data):
            self._status = data[0]
            return [data]
        messages: list[bytes] = []
        for byte in data:
            if byte >= REAL_TIME:
                messages.append(bytes((byte,)))
            elif byte >= NOTE_OFF:
                self._take_status(byte, messages)
            else:
                self._take_data(byte, messages)
        return messages

    @staticmethod
    def _is_whole(data: bytes) -> bool:
        """Tell whether `data` is exactly one channel message: what a backend delivers nearly always."""
        return len(data) > 1 and len(data) == _SIZES.get(data[0] & 0xF0) and max(data[1:]) <= MAX_DATA

    def _take_status(self, byte: int, messages: list[bytes]) -> None:
        if self._partial[1:]:
            self.dropped["unfinished message"] += 1
        sysex, self._sysex = self._sysex, None
        self._partial.clear()
        # System common messages end running status; only channel messages set it.
        self._status = byte if byte < SYSEX else 0
        if byte == SYSEX_END:
            self._end_sysex(sysex, messages)
            return
        if sysex is not None:
            self.dropped["sysex without end"] += 1
        if byte == SYSEX:
            self._sysex = bytearray((SYSEX,))
        elif _SIZES.get(_family(byte)) == 1:
            messages.append(bytes((byte,)))
        elif _family(byte) in _SIZES:
            self._partial.append(byte)

    def _end_sysex(self, sysex: bytearray | None, messages: list[bytes]) -> None:
        if sysex is None:
            self.dropped["end without sysex"] += 1
        elif len(sysex) >= MAX_SYSEX:
            self.dropped["sysex too long"] += 1
        else:
            messages.append(bytes(sysex) + b"\xf7")

    def _take_data(self, byte: int, messages: list[bytes]) -> None:
        if self._sysex is not None:
            if len(self._sysex) < MAX_SYSEX:
                self._sysex.append(byte)
            return
        if not self._partial:
            if not self._status:
                self.dropped["stray data"] += 1
                return
            self._partial.append(self._status)
        self._partial.append(byte)
        if len(self._partial) == _SIZES[_family(self._partial[0])]:
            messages.append(bytes(self._partial))
            self._partial.clear()
