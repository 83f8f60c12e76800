"""Which messages of one device go on to another, untouched by any rule.

Pure. The kinds are those of the MIDI 1.0 detailed specification, in the words that profiles use.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controld.midi_stream import (
    BEND,
    CC,
    CLOCK,
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

SONG_POSITION = 0xF2
# The words for kinds of messages, and the status bytes (without a channel) of each.
THRU_KINDS: Mapping[str, frozenset[int]] = {
    "note": frozenset({NOTE_OFF, NOTE_ON}), "polypressure": frozenset({POLY_PRESSURE}), "cc": frozenset({CC}),
    "program": frozenset({PROGRAM}), "pressure": frozenset({PRESSURE}), "pitchbend": frozenset({BEND}),
    "sysex": frozenset({SYSEX}), "clock": frozenset({CLOCK, START, CONTINUE, STOP, SONG_POSITION}),
    "system": frozenset({0xF1, 0xF3, 0xF6, 0xFF}),
}  # fmt: skip
EVERYTHING = frozenset(status for kind in THRU_KINDS.values() for status in kind)


@dataclass(frozen=True, slots=True)
class Thru:
    """What goes on to the surface `to`: messages whose status (without channel) and channel (1-16) are listed."""

    to: str
    statuses: frozenset[int] = EVERYTHING
    channels: frozenset[int] = field(default_factory=lambda: frozenset(range(1, 17)))

    def wants(self, message: bytes) -> bool:
        """Tell whether a whole message goes on; one of the system has no channel to be asked for."""
        status = message[0]
        if status >= SYSEX:
            return status in self.statuses
        return status & 0xF0 in self.statuses and (status & 0x0F) + 1 in self.channels


# Controllers that are switches, parts of a number or modes: each message counts (MIDI 1.0, table of controllers).
_EACH_COUNTS = frozenset({6, 38, *range(64, 70), *range(96, 102), *range(120, 128)})


def newest_wins(message: bytes) -> int | None:
    """Return what a message is about where only its newest value matters, None where each message does."""
    family = message[0] & 0xF0
    if family == CC:
        return None if message[1] in _EACH_COUNTS else message[0] << 7 | message[1]
    if family == POLY_PRESSURE:
        return message[0] << 7 | message[1]
    return message[0] << 7 if family in {BEND, PRESSURE} else None
