"""Where messages stand in line until they are done: each sender has a line of its own, and all have the same turns.

Pure; `now` is handed in, in seconds (monotonic). So one that floods is late itself and delays nobody else.

Theory of operation: who sends more than `rate` messages a second waits, and after `BURST_S` at most that many are done
a second. Moves of a fader weigh little, for of many only the newest matters: where more than `CROWD` messages of one
sender wait, a newer move takes the place of the older one at the end of the line, and so the last one always arrives.
What stands in line is bounded, and one sender cannot take the room of the others. A datagram for which there is no room
is dropped; of a stream nothing is, for whoever reads it can stop reading.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, islice
from math import inf
from typing import Final

from controld.osc_codec import OscMessage
from controld.osc_peers import Peer, Stream

MAX_WAITING: Final = 4096  # of all senders; who is alone may have half of it
MAX_BYTES: Final = 16 << 20  # of all that waits
CROWD: Final = 64  # so many of one sender that wait are more than a burst
BURST_S: Final = 0.25  # how many messages are done at once, in seconds of the rate
MOVES: Final = 10  # so many moves of faders weigh as much as one other message
MAX_SENDERS: Final = 1024  # known with their counters; then some with nothing waiting are forgotten:
FEW: Final = 32  # of so many those that sent least
MAX_HEADS: Final = 4096  # addresses remembered before all are forgotten

_ONE_FLOAT: Final = b",f\0\0"

# A datagram, and whether it moves a fader; or what is left of a bundle.
Item = tuple[bytes, bool] | list[OscMessage]


@dataclass(slots=True, eq=False)
class Place:
    """One sender's line, with what is counted of it."""

    peer: Peer
    received: int = 0
    merged: int = 0
    dropped: int = 0
    busy_until_s: float = 0.0  # when all it sent would be done at the rate
    told_s: float = -inf  # when it was told last that it sends too much
    waiting: OrderedDict[object, Item] = field(default_factory=OrderedDict)


class Line:
    """The lines of one surface's senders; `is_fader` tells of an address whether only the newest of moves matters."""

    def __init__(self, rate: float, is_fader: Callable[[str], bool]) -> None:
        self._places: dict[Peer, Place] = {}  # oldest first
        self._turns: OrderedDict[Place, None] = OrderedDict()  # those with something to do, in turn
        self._resting: dict[Place, None] = {}  # those whose next message is too early
        self._wake_s = inf
        self._rate = rate
        self._is_fader = is_fader
        self._heads: dict[bytes, bool] = {}  # of datagrams, all but the number: whether they move a fader
        self._serials = count(1)
        self._bytes = 0
        self._nobody = Place(("", 0), told_s=inf)  # who came when there was no place for anybody
        self.merged = 0  # moves that a newer one made old before they were done
        self.dropped = 0  # packets for which there was no room

    def __bool__(self) -> bool:
        """Tell whether somebody's turn may be now."""
        return bool(self._turns)

    @property
    def is_full(self) -> bool:
        """Tell whether so many bytes wait that no more should be read where reading can wait."""
        return self._bytes >= MAX_BYTES

    @property
    def places(self) -> list[Place]:
        """The senders that are known."""
        return list(self._places.values())

    def waiting(self, peer: Peer) -> int:
        """Return how many messages of a sender wait."""
        place = self._places.get(peer)
        return len(place.waiting) if place else 0

    def pass_by(self, datagram: bytes, peer: Peer, now: float) -> bool:
        """Tell whether a packet may be done at once, since nobody waits and its sender keeps to the rate.

        Where it may it is counted; else it has to `enter`.
        """
        place = self._places.get(peer)
        if self._turns or self._resting or place is None or place.busy_until_s - BURST_S > now:
            return False
        place.received += 1
        moves = datagram[-8:-4] == _ONE_FLOAT and self._moves_fader(datagram)
        place.busy_until_s = max(place.busy_until_s, now) + (1 / MOVES if moves else 1.0) / self._rate
        return True

    def enter(self, datagram: bytes, peer: Peer) -> Place | None:
        """Have a packet stand in line; return its sender's place where there was no room for it, and it is dropped."""
        place = self._places.get(peer)
        if place is None:
            self._forget_some()
            if len(self._places) >= MAX_WAITING:
                self.dropped += 1
                return self._nobody
            place = self._places[peer] = Place(peer)
        place.received += 1
        waiting = place.waiting
        moves = datagram[-8:-4] == _ONE_FLOAT and self._moves_fader(datagram)
        key: object = None
        if len(waiting) >= CROWD:
            if moves and self._is_finite(datagram):
                key = datagram[:-4]
            if not self._make_room(place, key):
                place.dropped += 1
                self.dropped += 1
                return place
        elif not waiting:
            self._turns[place] = None
        waiting[key or next(self._serials)] = (datagram, moves)
        self._bytes += len(datagram)
        return None

    def take(self, now: float) -> tuple[Peer, Item] | None:
        """Return what is to be done next, None for nothing now."""
        if now >= self._wake_s:
            self._wake(now)
        turns = self._turns
        while turns:
            place, _ = turns.popitem(last=False)
            early_s = place.busy_until_s - BURST_S
            if early_s > now:
                self._resting[place] = None
                self._wake_s = min(self._wake_s, early_s)
                continue
            _, item = place.waiting.popitem(last=False)
            weight = 1.0
            if isinstance(item, tuple):
                self._bytes -= len(item[0])
                weight = 1 / MOVES if item[1] else 1.0
            place.busy_until_s = max(place.busy_until_s, now) + weight / self._rate
            if place.waiting:
                turns[place] = None
            return place.peer, item
        return None

    def put_back(self, peer: Peer, messages: list[OscMessage]) -> None:
        """Have the rest of a bundle done before all else its sender sent."""
        place = self._places.setdefault(peer, Place(peer))
        place.waiting[key := next(self._serials)] = messages
        place.waiting.move_to_end(key, last=False)
        if place not in self._resting:
            self._turns[place] = None

    def charge(self, peer: Peer, messages: int) -> None:
        """Count further messages of a sender, which came in the same packet."""
        place = self._places.get(peer)
        if place is not None:
            place.busy_until_s += messages / self._rate

    def next_s(self) -> float:
        """Return when somebody who waits because of the rate has the next turn; infinity for nobody waits."""
        return self._wake_s

    def forget_heads(self) -> None:
        """Ask again which addresses are faders."""
        self._heads.clear()

    def forget(self, peer: Peer) -> None:
        """Forget a sender and what it sent: a stream that ended."""
        place = self._places.pop(peer, None)
        if place is not None:
            self._turns.pop(place, None)
            self._resting.pop(place, None)
            self._bytes -= sum(len(item[0]) for item in place.waiting.values() if isinstance(item, tuple))

    def clear(self) -> None:
        """Forget everything that waits."""
        self._turns.clear()
        self._resting.clear()
        self._wake_s, self._bytes = inf, 0
        for place in self._places.values():
            place.waiting.clear()

    def _wake(self, now: float) -> None:
        """Give those their turns again whose time has come."""
        self._wake_s = inf
        for place in list(self._resting):
            early_s = place.busy_until_s - BURST_S
            if early_s <= now:
                del self._resting[place]
                self._turns[place] = None
            else:
                self._wake_s = min(self._wake_s, early_s)

    def _make_room(self, place: Place, move: object) -> bool:
        """Tell whether one more may wait where many do; an older move of the same fader makes way for it."""
        older = place.waiting.pop(move, None) if move else None
        if isinstance(older, tuple):
            place.merged += 1
            self.merged += 1
            self._bytes -= len(older[0])
            return True
        if isinstance(place.peer, Stream):
            return True
        busy = len(self._turns) + len(self._resting)
        return len(place.waiting) < MAX_WAITING // (1 + busy) and not self.is_full

    def _forget_some(self) -> None:
        """Keep the number of senders bounded; who has something waiting is not forgotten."""
        if len(self._places) >= MAX_SENDERS:
            idle = list(islice((place for place in self._places.values() if not place.waiting), FEW))
            idle.sort(key=lambda place: place.received)
            for place in idle[:2]:  # two, for there may have been none a while ago
                del self._places[place.peer]

    def _moves_fader(self, datagram: bytes) -> bool:
        head = datagram[:-4]
        known = self._heads.get(head)
        if known is None:
            if len(self._heads) >= MAX_HEADS:
                self._heads.clear()
            known = self._heads[head] = self._is_fader(head[:-4].rstrip(b"\0").decode(errors="replace"))
        return known

    @staticmethod
    def _is_finite(datagram: bytes) -> bool:
        """Tell whether a move's number is one: an infinite one, or none, must not take the place of a move."""
        return not (datagram[-4] & 0x7F == 0x7F and datagram[-3] & 0x80)
