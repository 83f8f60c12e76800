"""Loops between ports: what we send comes back to us, because something passes it through or echoes it.

Pure; `now` is handed in, in seconds (monotonic). A message that comes in and is, byte for byte, what we sent a moment
ago is an *echo*. A hand may do the same now and then; many in a second are a suspicion, and then we ask: a *probe*, a
SysEx of our own, is sent the same way. If it comes back that is a loop for certain. A loop that does not let SysEx
through is known by its rate, which no hand reaches.

A loop is *broken* by not hearing echoes from that port to this one, so that whatever runs round in it dies. Everything
else is heard as ever. After a while it is tried again, each time later, with far less patience.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

ECHO_S: Final = 0.25  # what comes back later than this is none: a loop through a slow machine takes some 50 ms
SUSPECT: Final = 16  # echoes in a second after which we ask
SUSPECT_AGAIN: Final = 4  # where there was a loop before
SUSPECT_CLOCK: Final = 150  # ticks are all the same; the fastest clock has 120 a second
FLOOD: Final = 1000  # echoes in a second that no hand can make, and no cable can carry
ASK_S: Final = 2.0  # how soon we ask again where no answer came
BROKEN_S: Final = 2.0
LONGEST_S: Final = 60.0  # how long a loop that was found again and again stays broken
REMEMBERED: Final = 512  # messages that were sent lately
# A SysEx with the id for research and private use (MIDI 1.0); then "controld" and a number.
_PROBE: Final = b"\xf0\x7dcontrold"


@dataclass(frozen=True, slots=True)
class Loop:
    """What is sent to surface `out` comes back at surface `into`; it is broken for `broken_s` seconds."""

    out: str
    into: str
    broken_s: float
    again: bool  # it was found before


@dataclass(slots=True)
class _Pair:
    """A way out and a way in."""

    echoes: int = 0  # since `since_s`
    since_s: float = 0.0
    asked_s: float = float("-inf")
    broken_until_s: float = float("-inf")
    times: int = 0  # it was broken


class Loops:
    """All ways out and in. `sent` has what was sent lately; who is in a hurry asks `hear` only of what is in it.

    `found` and `probes` (surface to send to, message) collect what is to be told and sent; who uses them empties them.
    """

    def __init__(self) -> None:
        self.sent: dict[bytes, tuple[str, float]] = {}
        self.found: deque[Loop] = deque()
        self.probes: deque[tuple[str, bytes]] = deque()
        self._pairs: dict[tuple[str, str], _Pair] = {}
        self._outs: list[str] = []

    @staticmethod
    def is_probe(message: bytes) -> bool:
        """Tell whether a message is one of ours that asks for loops."""
        return message.startswith(_PROBE)

    def send(self, message: bytes, out: str, now: float) -> None:
        """Take note of a message that was sent to a surface."""
        if len(self.sent) >= REMEMBERED:
            self.sent = {each: known for each, known in self.sent.items() if now - known[1] <= ECHO_S}
            if len(self.sent) >= REMEMBERED:
                self.sent.clear()
        self.sent[message] = out, now

    def hear(self, message: bytes, into: str, now: float) -> bool:
        """Take a message that came from a surface; tell whether it is to be heard."""
        if self.is_probe(message):
            number = int.from_bytes(message[len(_PROBE) : -1], "big")
            if number < len(self._outs):
                self._break(self._outs[number], into, now)
            return False
        out, sent_s = self.sent.get(message, ("", float("-inf")))
        if now - sent_s > ECHO_S:
            return True
        pair = self._pairs.setdefault((out, into), _Pair())
        if now < pair.broken_until_s:
            return False
        if now - pair.since_s > 1.0:
            pair.echoes, pair.since_s = 0, now
        pair.echoes += 1
        if pair.echoes >= FLOOD:
            self._break(out, into, now)
            return False
        patience = SUSPECT_CLOCK if len(message) == 1 else SUSPECT_AGAIN if pair.times else SUSPECT
        if pair.echoes >= patience and now - pair.asked_s > ASK_S:
            pair.asked_s = now
            self.probes.append((out, self._probe(out)))
        return True

    def _probe(self, out: str) -> bytes:
        if out not in self._outs:
            self._outs.append(out)
        return _PROBE + bytes((self._outs.index(out),)) + b"\xf7"

    def _break(self, out: str, into: str, now: float) -> None:
        pair = self._pairs.setdefault((out, into), _Pair())
        if now < pair.broken_until_s:
            return
        if now - pair.broken_until_s > LONGEST_S:
            pair.times = 0  # it was mended long ago; this is another one
        pair.times += 1
        broken_s = min(BROKEN_S * 2 ** (pair.times - 1), LONGEST_S)
        pair.broken_until_s, pair.echoes, pair.asked_s = now + broken_s, 0, float("-inf")
        self.found.append(Loop(out, into, broken_s, again=pair.times > 1))
