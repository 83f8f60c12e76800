"""What leaves an OSC surface: queued by client, sent at the end of the loop's turn in as few packets as fit.

Shell, in the event loop's thread only. It also keeps the one timer for what falls due by itself: a fader that was let
go, and a client that was silent for too long. What a client shows live goes first, then the full state it is owed, in
portions, and what else is said to it last: so a ping sent after a hello is answered when everything was told.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from math import inf
from typing import Final, NamedTuple, Protocol

from controld.osc_clients import Client, Clients
from controld.osc_codec import DUMP_LIMIT, OscArg, OscEncodeError, encode, pack_bundles
from controld.osc_facts import Echo, Fact, write
from controld.osc_pace import Allowance
from controld.osc_peers import Address, Peer, Stream

MAX_SAID: Final = 64  # messages other than facts to one client in one turn: a flood of refusals needs no more

OWN_MOVES_S: Final = 0.02  # how soon a hand is told what its own moves came to: no eye sees more

DUMP_PORTION: Final = 4 * DUMP_LIMIT  # bytes of the full state at once: small devices have small buffers
DUMP_PAUSE_S: Final = 0.005
DUMPS_PER_S: Final = 100  # full states of all clients together, of which so many at once:
DUMPS_AT_ONCE: Final = 16

RETRY_S: Final = 5.0  # how soon a fixed peer that does not listen yet is told everything once more

log = logging.getLogger("controld.osc")


class Wire(NamedTuple):
    """A message as it was seen on the wire, for whoever watches."""

    client: str
    address: str
    args: tuple[OscArg, ...]

    def __str__(self) -> str:
        """Return the message as a person reads it."""
        return f"{self.client} {self.address} {' '.join(map(str, self.args))}".rstrip()


# Takes "in" or "out", the message, and when (monotonic, in seconds).
Observer = Callable[[str, object, float], None]


class Wires(Protocol):
    """The sockets of a surface; `deaf` collects addresses where nobody listens, whoever sends empties it."""

    deaf: list[Address]

    def send(self, packet: bytes, peer: Peer) -> None:
        """Send a packet, or keep it for later."""

    def is_ready(self, peer: Peer) -> bool:
        """Tell whether a peer has taken what was sent to it."""

    def hang_up(self, peer: Stream) -> None:
        """End a stream."""


class Outlet:
    """The way out to a surface's clients.

    `departed` is called for each client that is forgotten, `dump` has a client told the full state.
    """

    def __init__(
        self,
        clients: Clients,
        loop: asyncio.AbstractEventLoop,
        departed: Callable[[Client], None],
        dump: Callable[[Client], None],
        observe: Observer | None,
    ) -> None:
        self.clients = clients
        self.counters: Counter[str] = Counter()
        self._loop = loop
        self._departed = departed
        self._dump = dump
        self.observe = observe
        self._wires: Wires | None = None
        self._dirty: dict[Client, list[bytes]] = {}  # with what is said beside the facts
        self._flushing: asyncio.Handle | None = None
        self._moving: dict[Client, None] = {}  # whose own moves are to be told soon
        self._hands: asyncio.TimerHandle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._dumps = Allowance(DUMPS_PER_S, DUMPS_AT_ONCE)
        self._owed: dict[Client, None] = {}  # in turn
        self._owing: asyncio.TimerHandle | None = None
        self._dumping: dict[Client, None] = {}
        self._dump_on: asyncio.TimerHandle | None = None

    def open(self, wires: Wires) -> None:
        """Send through `wires` from now on."""
        self._wires = wires

    def close(self) -> None:
        """Send what is queued, and nothing more."""
        self.flush()
        for timer in (self._timer, self._retry, self._hands, self._owing, self._dump_on):
            if timer is not None:
                timer.cancel()
        self._wires = self._timer = self._retry = self._hands = self._owing = self._dump_on = None

    def greet(self, client: Client) -> None:
        """Have a client told everything: at once, or in its turn where many want that, or one again and again."""
        client.owed = True
        self._owed[client] = None
        self._pay()

    def resume(self, peer: Peer) -> None:
        """Tell a stream's client what waited until it had taken what was sent to it."""
        client = self.clients.known(peer)
        if client is not None and (client.queue or client.backlog or client in self._dirty):
            self._touch(client)

    def tell(
        self, client: Client, facts: Sequence[Fact], *, mine: bool = False, settled: bool = True, later: bool = False
    ) -> None:
        """Have a client told what it does not show yet, with `later` behind all else and in portions."""
        client.offer(facts, self._loop.time(), mine=mine, settled=settled, later=later)
        if client.queue or client.backlog:
            if mine and all(fact.echo is Echo.CONTINUOUS for fact in facts):
                self._touch_later(client)
            else:
                self._touch(client)
        if client.hands.waiting:
            self._wake_at(client.next_release_s())

    def say(self, client: Client, address: str, args: tuple[OscArg, ...], tags: str | None = None) -> None:
        """Send a client a message that is no fact; OscEncodeError where it cannot be written."""
        packet = encode(address, args, tags)
        if client.deaf_until_s is None:
            said = self._touch(client)
            if len(said) >= MAX_SAID:
                self.counters["not_said"] += 1
                return
            said.append(packet)
            if self.observe is not None:
                self.observe("out", Wire(client.name, address, args), self._loop.time())

    def watch(self, client: Client) -> None:
        """See to it that a client is forgotten in its time."""
        self._wake_at(client.expires_s)

    def flush(self) -> None:
        """Send what is queued."""
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        wires = self._wires
        dirty, self._dirty = self._dirty, {}
        for client, said in dirty.items():
            if wires is None or client.deaf_until_s is not None:
                client.queue.clear()
            elif wires.is_ready(client.address):
                self._send_to(client, said, wires)
            else:  # it is told the newest of all when it has read what it was told before
                self._dirty[client] = said
        self.hear_deaf()

    def _send_to(self, client: Client, said: list[bytes], wires: Wires) -> None:
        facts = [*client.queue.values()]
        client.queue.clear()
        packets = [packet for fact in facts if (packet := self._written(client, fact))]
        if client.backlog and client not in self._dumping:
            packets += self._portion(client)
        if client.backlog or client.owed:
            if said:
                self._dirty[client] = said
        else:
            packets += said
        for packet in pack_bundles(packets):
            wires.send(packet, client.address)
            self.counters["sent"] += 1

    def _portion(self, client: Client) -> list[bytes]:
        """Return some of the full state that a client is owed; the rest follows in a moment."""
        packets: list[bytes] = []
        size = 0
        for address in [*client.backlog]:
            packets.append(self._written(client, client.backlog.pop(address)))
            size += len(packets[-1]) + 4
            if size >= DUMP_PORTION:
                break
        if client.backlog:
            self._dumping[client] = None
            if self._dump_on is None:
                self._dump_on = self._loop.call_later(DUMP_PAUSE_S, self._dump_further)
        return [packet for packet in packets if packet]

    def _dump_further(self) -> None:
        self._dump_on = None
        dumping, self._dumping = self._dumping, {}
        for client in dumping:
            self._touch(client)

    def _pay(self) -> None:
        """Look up the full state for those whose turn it is."""
        if self._owing is not None:
            self._owing.cancel()
            self._owing = None
        now = self._loop.time()
        for client in [*self._owed]:
            if client.greetings.next_s() > now:
                continue
            if not self._dumps.take(now):
                break
            client.greetings.take(now)
            del self._owed[client]
            client.owed = False
            client.shown.clear()
            self._dump(client)
            self._touch(client)  # what is said to it waits for that
        if self._owed:
            at_s = max(self._dumps.next_s(), min(client.greetings.next_s() for client in self._owed))
            self._owing = self._loop.call_at(at_s, self._pay)

    def hear_deaf(self) -> None:
        """Tell nothing more to addresses where nobody listens; a fixed peer is waited for."""
        if self._wires is None or not self._wires.deaf:
            return
        deaf = set(self._wires.deaf)
        self._wires.deaf.clear()
        for client in [client for client in self.clients if client.address in deaf]:
            if client.keep_s != inf:
                client.deafen(self._loop.time())
            elif self._retry is None:
                self._retry = self._loop.call_later(RETRY_S, self._greet_again, client)

    def _greet_again(self, client: Client) -> None:
        self._retry = None
        self.greet(client)

    def _written(self, client: Client, fact: Fact) -> bytes:
        try:
            packet = write(fact, client.types.get(fact.address, ""))
        except OscEncodeError as error:
            self.counters["unwritable"] += 1
            log.warning("cannot tell: %s", error)
            return b""
        if self.observe is not None:
            self.observe("out", Wire(client.name, fact.address, fact.args), self._loop.time())
        return packet

    def _touch(self, client: Client) -> list[bytes]:
        if self._flushing is None:
            self._flushing = self._loop.call_soon(self.flush)
        return self._dirty.setdefault(client, [])

    def _touch_later(self, client: Client) -> None:
        """Tell a hand what its own moves came to soon, but not each: a datagram costs more than the move itself."""
        if self._hands is None:
            self._hands = self._loop.call_later(OWN_MOVES_S, self._touch_hands)
        self._moving[client] = None

    def _touch_hands(self) -> None:
        self._hands = None
        moving, self._moving = self._moving, {}
        for client in moving:
            if client.queue:
                self._touch(client)

    def _wake_at(self, at_s: float) -> None:
        if at_s == inf or (self._timer is not None and self._timer.when() <= at_s):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(at_s, self._wake)

    def _wake(self) -> None:
        """Do what is due; the loop may wake us up to a clock tick early, so time is not compared twice."""
        now = max(self._loop.time(), self._timer.when() if self._timer else 0.0)
        self._timer = None
        for client in self.clients:
            client.release(now)
            if client.queue:
                self._touch(client)
        self.clients.expire(now)
        self.mourn()
        next_release_s = min((client.next_release_s() for client in self.clients), default=inf)
        self._wake_at(min(next_release_s, self.clients.next_expiry_s()))

    def mourn(self) -> None:
        """Tell of the clients that are forgotten."""
        gone, self.clients.departed = self.clients.departed, []
        for client in gone:
            for known in (self._dirty, self._owed, self._dumping, self._moving):
                known.pop(client, None)
            if isinstance(client.address, Stream) and self._wires is not None:
                self._wires.hang_up(client.address)
            self._departed(client)
