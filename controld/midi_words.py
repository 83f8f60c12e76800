"""MIDI messages in words, for `controld monitor`: those that a profile is written in.

Pure. Channels count from 1, controllers, programs and values as on the wire; notes have their names beside the number
(C4 is 60).
"""

_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_SYSTEM = {
    0xF1: "time code", 0xF2: "song position", 0xF3: "song select", 0xF6: "tune request", 0xF8: "clock", 0xFA: "start",
    0xFB: "continue", 0xFC: "stop", 0xFE: "active sensing", 0xFF: "reset",
}  # fmt: skip
# How many bytes each kind of channel message has.
_LENGTHS = {0x80: 3, 0x90: 3, 0xA0: 3, 0xB0: 3, 0xC0: 2, 0xD0: 2, 0xE0: 3}
_BEND_CENTRE = 8192


def midi_words(data: bytes) -> str:
    """Return what one message says, "" for several messages and for none that is whole."""
    status = data[0] if data else 0
    if status == 0xF0:
        return f"sysex of {len(data)} bytes" if data[-1] == 0xF7 else ""
    if status > 0xF0:
        return _SYSTEM.get(status, "")
    if len(data) != _LENGTHS.get(status & 0xF0) or max(data[1:]) > 0x7F:
        return ""
    return f"{_channel_words(status & 0xF0, data[1], data[-1])}, channel {(status & 0x0F) + 1}"


def _channel_words(kind: int, first: int, second: int) -> str:
    note = f"{_NOTES[first % 12]}{first // 12 - 1} ({first})"
    match kind:
        case 0x80:
            return f"note {note} off"
        case 0x90:
            return f"note {note} velocity {second}"
        case 0xA0:
            return f"polypressure {note} value {second}"
        case 0xB0:
            return f"CC {first} value {second}"
        case 0xC0:
            return f"program {first}"
        case 0xD0:
            return f"pressure {first}"
        case _:
            return f"pitch bend {(second << 7 | first) - _BEND_CENTRE:+d}"
