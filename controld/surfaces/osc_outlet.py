"""What leaves an OSC surface: queued by client, sent at the end of the loop's turn in as few datagrams as fit.

Shell, in the event loop's thread only. It also keeps the one timer for what falls due by itself: a fader that was let
go, and a client that was silent for too long.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from math import inf
from typing import Final, NamedTuple

from controld.osc_clients import Client, Clients
from controld.osc_codec import OscArg, OscEncodeError, encode, pack_bundles
from controld.osc_facts import Echo, Fact, write
from controld.surfaces.osc_socket import UdpSocket

MAX_SAID: Final = 64  # messages other than facts to one client in one turn: a flood of refusals needs no more

OWN_MOVES_S: Final = 0.02  # how soon a hand is told what its own moves came to: no eye sees more

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


class Outlet:
    """The way out to a surface's clients.

    `departed` is called for each client that is forgotten, `greet` for a fixed peer that may be there by now.
    """

    def __init__(
        self,
        clients: Clients,
        loop: asyncio.AbstractEventLoop,
        departed: Callable[[Client], None],
        greet: Callable[[Client], None],
        observe: Observer | None,
    ) -> None:
        self.clients = clients
        self.counters: Counter[str] = Counter()
        self._loop = loop
        self._departed = departed
        self._greet = greet
        self.observe = observe
        self._socket: UdpSocket | None = None
        self._dirty: dict[Client, list[bytes]] = {}  # with what is said beside the facts
        self._flushing: asyncio.Handle | None = None
        self._moving: dict[Client, None] = {}  # whose own moves are to be told soon
        self._hands: asyncio.TimerHandle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._retry: asyncio.TimerHandle | None = None

    def open(self, socket: UdpSocket) -> None:
        """Send through `socket` from now on."""
        self._socket = socket

    def close(self) -> None:
        """Send what is queued, and nothing more."""
        self.flush()
        for timer in (self._timer, self._retry, self._hands):
            if timer is not None:
                timer.cancel()
        self._socket = self._timer = self._retry = self._hands = None

    def tell(self, client: Client, facts: Sequence[Fact], *, mine: bool = False, settled: bool = True) -> None:
        """Have a client told what it does not show yet."""
        client.offer(facts, self._loop.time(), mine=mine, settled=settled)
        if client.queue:
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
        dirty, self._dirty = self._dirty, {}
        for client, said in dirty.items():
            facts = [*client.queue.values()]
            client.queue.clear()
            messages = [packet for fact in facts if (packet := self._written(client, fact))]
            if self._socket is None or client.deaf_until_s is not None:
                continue
            for datagram in pack_bundles([*messages, *said]):
                self._socket.send(datagram, client.address)
                self.counters["sent"] += 1
        self.hear_deaf()

    def hear_deaf(self) -> None:
        """Tell nothing more to addresses where nobody listens; a fixed peer is waited for."""
        if self._socket is None or not self._socket.deaf:
            return
        deaf, self._socket.deaf = set(self._socket.deaf), []
        for client in [client for client in self.clients if client.address in deaf]:
            if client.keep_s != inf:
                client.deafen(self._loop.time())
            elif self._retry is None:
                self._retry = self._loop.call_later(RETRY_S, self._greet_again, client)

    def _greet_again(self, client: Client) -> None:
        self._retry = None
        self._greet(client)

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
            self._dirty.pop(client, None)
            self._departed(client)
