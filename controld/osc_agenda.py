"""Bundles whose time is still to come: kept in the order of their time tags, and no more than is sensible.

Pure; what the clock on the wall says (Unix seconds) is handed in. The sender's clock is believed to be ours.
"""

import heapq
from collections import Counter
from itertools import count
from math import floor
from typing import Final, NamedTuple

from controld.osc_codec import OscMessage
from controld.osc_peers import Peer

NTP_TO_UNIX_S: Final = 2_208_988_800  # seconds from 1900-01-01, where NTP counts from, to 1970-01-01 (RFC 5905)
MAX_SCHEDULED: Final = 1024  # messages in all
MAX_OF_ONE: Final = 512  # messages of one sender: nobody can take the room of all others
MAX_AHEAD_S: Final = 60.0  # a bundle further ahead comes from a clock that is wrong


class Due(NamedTuple):
    """Messages of one sender that are to be done together at `at_s`; `serial` keeps the order of equals."""

    at_s: float
    serial: int
    peer: Peer
    messages: list[OscMessage]


class Agenda:
    """What waits for its time."""

    def __init__(self) -> None:
        self._heap: list[Due] = []
        self._serials = count()
        self._by_peer: Counter[Peer] = Counter()

    def __len__(self) -> int:
        """Return how many messages wait."""
        return self._by_peer.total()

    def plan(self, peer: Peer, at_s: float, messages: list[OscMessage], wall_s: float) -> str:
        """Keep messages until `at_s`; return "" or why that cannot be, and then nothing is kept."""
        ahead_s = at_s - wall_s
        if ahead_s > MAX_AHEAD_S:
            return f"is {ahead_s:.0f} s ahead of our clock: are both clocks right?"
        if len(self) + len(messages) > MAX_SCHEDULED or self._by_peer[peer] + len(messages) > MAX_OF_ONE:
            return "too many messages wait for their time"
        self._by_peer[peer] += len(messages)
        heapq.heappush(self._heap, Due(at_s, next(self._serials), peer, messages))
        return ""

    def due(self, wall_s: float) -> list[Due]:
        """Return what is to be done now, in order, each once."""
        found: list[Due] = []
        while self._heap and self._heap[0].at_s <= wall_s:
            due = heapq.heappop(self._heap)
            found.append(due)
            self._by_peer[due.peer] -= len(due.messages)
            if not self._by_peer[due.peer]:
                del self._by_peer[due.peer]
        return found

    def next_s(self) -> float | None:
        """Return the time of what is due next, in Unix seconds; None for nothing."""
        return self._heap[0].at_s if self._heap else None

    def forget(self, peer: Peer) -> None:
        """Forget what a sender planned who is gone."""
        if self._by_peer.pop(peer, 0):
            self._heap = [due for due in self._heap if due.peer != peer]
            heapq.heapify(self._heap)

    def clear(self) -> None:
        """Forget everything."""
        self._heap.clear()
        self._by_peer.clear()


def ntp_to_unix_s(tag: int) -> float:
    """Convert a time tag to Unix seconds, until 2036; `IMMEDIATE` lies far in the past, and so is always due."""
    return (tag >> 32) - NTP_TO_UNIX_S + (tag & 0xFFFF_FFFF) / (1 << 32)


def unix_s_to_ntp(seconds: float) -> int:
    """Convert Unix seconds to a time tag, the reverse of `ntp_to_unix_s`, to the precision of the float."""
    whole = floor(seconds)
    return (whole + NTP_TO_UNIX_S << 32) + round((seconds - whole) * (1 << 32))
