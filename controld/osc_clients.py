"""Who listens: the OSC clients of one surface, where each is answered, and what each shows.

Pure; time is an argument. A client is kept for ten minutes after its last message, or for as long as it asked by
`/controld/subscribe`; every message renews that. A fixed peer is kept for ever, and who came by a stream as long as
that lasts. What a client shows is remembered by address, so that only changes are sent.

Theory of operation: a value a client sends itself is, for a fader, what it shows from then on; for a switch, it is in
doubt until the rig confirms it. While a client's own wish is on its way it is told nothing of it; where the rig settled
it elsewhere (clamped, stepped, refused) it is told so at once. A fader that moved within the last 200 ms belongs to the
finger on it: what others make of it waits until then, and only the newest value does. The full state is told behind
what happens meanwhile, and in portions.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Final

from controld.osc_codec import OscArg
from controld.osc_facts import Echo, Fact, Topic, same_args
from controld.osc_pace import Allowance
from controld.osc_peers import Address, Peer, Stream, client_name
from controld.ownership import Ownership

MAX_CLIENTS: Final = 64
DEAF_S: Final = 10.0  # how long a client that nobody listens for is told nothing, though it is heard
MAX_SENDERS: Final = 1024  # known by the port they send from, which some programs choose anew for each message
KEEP_S: Final = 600.0
SUBSCRIBED_S: Final = 60.0  # unless the client says otherwise
REFUSED_PER_S: Final = 100  # how often one client is told why not, of which so often at once:
REFUSED_AT_ONCE: Final = 64
GREETED_PER_S: Final = 4  # how often one client gets the full state, of which so often at once:
GREETED_AT_ONCE: Final = 3
ECHOED_S: Final = 0.25  # a switch that repeats what it was told within this time only repeats it

_NO_NUMBER: Final = (str, type(None))
_Args = tuple[OscArg, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """Where answers go: to the sender's own port, to `port` of the sender's host, or always to `host`:`port`."""

    host: str = ""
    port: int = 0  # 0: the port the sender has


def parse_reply(text: str) -> Reply:
    """Read "sender", "port 9001" or "192.168.1.20:9001" (an IPv6 host in brackets).

    Raises:
        ValueError: it is none of these; the text says what was expected.
    """
    if text == "sender":
        return Reply()
    word, _, number = text.partition(" ") if text.startswith("port ") else text.rpartition(":")
    if not word or not number.isdecimal() or not 1 <= int(number) <= 65_535:
        raise ValueError(f"`{text}` is no way to reply: write `sender`, `port 9001` or `192.168.1.20:9001`")
    return Reply("" if word == "port" else word.strip("[]"), int(number))


@dataclass(slots=True, eq=False)
class Client:
    """One client: where it is answered, how long it is kept, what it shows and what is still to be sent to it."""

    address: Peer
    heard_s: float
    senders: set[Peer] = field(default_factory=set)  # that belong to it
    keep_s: float = KEEP_S
    subscribed: bool = False
    topics: set[Topic] = field(default_factory=set)  # told of these as well
    deaf_until_s: float | None = None  # told nothing until it is heard after that time
    name: str = ""
    since_s: float = 0.0  # when it was heard first
    shown: dict[str, _Args] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)  # address -> type tag it last sent there
    queue: dict[str, Fact] = field(default_factory=dict)  # to be sent, newest value only
    backlog: dict[str, Fact] = field(default_factory=dict)  # of the full state, to be sent after the queue
    owed: bool = False  # the full state is still to be looked up
    hands: Ownership[str, Fact] = field(default_factory=Ownership)  # with what is to be sent once they are gone
    refusals: Allowance = field(default_factory=lambda: Allowance(REFUSED_PER_S, REFUSED_AT_ONCE))
    greetings: Allowance = field(default_factory=lambda: Allowance(GREETED_PER_S, GREETED_AT_ONCE))
    _told_s: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.name = self.name or client_name(self.address)
        self.since_s = self.heard_s

    @property
    def expires_s(self) -> float:
        """When the client is forgotten unless it is heard again."""
        return self.heard_s + self.keep_s

    def take(self, address: str, echo: Echo, args: _Args, tags: str, now: float) -> bool:
        """Note what the client itself sent to an address it can be told about; False where it only repeats us.

        Addresses are remembered: call this for known ones only.
        """
        if tags:
            self.types[address] = tags[0]
        if echo is Echo.CONTINUOUS and args and not isinstance(args[0], _NO_NUMBER):
            self.shown[address] = args
            self.hands.move(address, now)
            if self.queue or self.backlog or self.hands.waiting:
                self._withdraw(address)
                self.hands.withdraw(address)
            return True
        shown = self.shown.get(address)
        if shown is not None and now - self._told_s.get(address, -inf) < ECHOED_S and same_args(shown, args):
            return False
        self.shown.pop(address, None)
        self._withdraw(address)  # what was true before its press would only flicker
        return True

    def offer(
        self, facts: Iterable[Fact], now: float, *, mine: bool = False, settled: bool = True, later: bool = False
    ) -> None:
        """Queue what the client does not show yet, with `later` behind all else.

        `mine`: it asked for this itself, `settled`: and that is decided.
        """
        if self.deaf_until_s is not None or (mine and not settled):
            return
        for fact in facts:
            if fact.topic is not None and fact.topic not in self.topics:
                continue
            address, args = fact.address, fact.args
            shown = self.shown.get(address)
            if shown is not None and same_args(shown, args):
                self.hands.withdraw(address)
            elif not mine and self.hands.owns(address, now):
                self.hands.keep(address, fact)
            else:
                if self.hands.waiting:
                    self.hands.withdraw(address)  # it is due, and this is newer
                if self.backlog:
                    self.backlog.pop(address, None)
                self.shown[address] = args
                (self.backlog if later else self.queue)[address] = fact
                self._told_s[address] = now

    def release(self, now: float) -> None:
        """Queue what waited for a fader to be let go."""
        self.offer([fact for _, fact in self.hands.due(now)], now)

    def next_release_s(self) -> float:
        """Return when `release` has something to do; infinity for not at all."""
        return self.hands.next_s()

    def doubt(self, addresses: Iterable[str]) -> None:
        """Take it that the client may show anything at these addresses."""
        for address in addresses:
            self.shown.pop(address, None)

    def deafen(self, now: float) -> None:
        """Tell nothing more: where the client should listen, nobody does."""
        self.deaf_until_s = now + DEAF_S
        self.queue.clear()
        self.backlog.clear()
        self.hands.waiting.clear()

    def revive(self) -> None:
        """Tell everything again."""
        self.deaf_until_s = None
        self.shown.clear()

    def _withdraw(self, address: str) -> None:
        self.queue.pop(address, None)
        self.backlog.pop(address, None)

    def forget(self, addresses: Iterable[str]) -> None:
        """Forget everything about addresses that are gone."""
        for address in addresses:
            self.hands.end(address)
            for known in (self.shown, self.types, self.queue, self.backlog, self._told_s):
                known.pop(address, None)


class Clients:
    """The clients of a surface, bounded in number; by the reply mode a sender belongs to one of them.

    `arrived` and `departed` collect who came and went; whoever uses the clients empties them.
    """

    def __init__(self, reply: Reply, *, limit: int = MAX_CLIENTS) -> None:
        self._reply = reply
        self._limit = limit
        self._fixed: Client | None = None
        self._by_address: dict[Peer, Client] = {}  # oldest first
        self._aliases: dict[Peer, Client] = {}  # senders that said where to reply
        self._senders: dict[Peer, Client] = {}  # a cache over both
        # What those who left may still be told at once: who leaves and comes again gains nothing by it.
        self._parted: dict[Peer, tuple[Allowance, Allowance]] = {}
        self.arrived: list[Client] = []
        self.departed: list[Client] = []
        if reply.host:
            self._fixed = self._add(Client((reply.host, reply.port), 0.0, keep_s=inf, subscribed=True))

    def __iter__(self) -> Iterator[Client]:
        """Go through the clients, oldest first."""
        return iter(self._by_address.values())

    def __len__(self) -> int:
        return len(self._by_address)

    def known(self, sender: Peer) -> Client | None:
        """Return the client a known sender belongs to."""
        return self._senders.get(sender)

    def at(self, address: Peer) -> Client | None:
        """Return the client that is answered at an address."""
        return self._by_address.get(address)

    def named(self, name: str) -> Client | None:
        """Return a client by its name ("host:port")."""
        return next((client for client in self if client.name == name), None)

    def hear(self, sender: Peer, now: float) -> Client:
        """Return the client a sender belongs to, a new one where it is unknown, and renew its time."""
        client = self._senders.get(sender) or self._admit(sender, now)
        client.heard_s = now
        return client

    def redirect(self, sender: Address, port: int, now: float) -> Client:
        """Answer a sender at another port of its host from now on; where it was answered before it is ended."""
        address = (sender[0], port)
        before = self._senders.get(sender)
        if before is not None and before.address != address and before is not self._fixed:
            self.remove(before)
        client = self._by_address.get(address) or self._add(Client(address, now))
        if len(self._aliases) >= MAX_SENDERS:
            self._aliases.pop(next(iter(self._aliases)))
        self._aliases[sender] = self._senders[sender] = client
        client.senders.add(sender)
        client.heard_s = now
        return client

    def subscribe(self, client: Client, seconds: float | None) -> None:
        """Keep a client for `seconds` after each of its messages (None: a minute); a fixed peer stays for ever.

        A stream's client stays as long as the stream.
        """
        client.subscribed = True
        if client.keep_s != inf:
            client.keep_s = SUBSCRIBED_S if seconds is None else seconds

    def remove(self, client: Client) -> None:
        """End a client; a fixed peer stays."""
        if client is self._fixed or self._by_address.pop(client.address, None) is None:
            return
        for sender in client.senders:
            for known in (self._aliases, self._senders):
                if known.get(sender) is client:
                    del known[sender]
        self.departed.append(client)
        if len(self._parted) >= MAX_CLIENTS:
            del self._parted[next(iter(self._parted))]
        self._parted[client.address] = client.refusals, client.greetings

    def expire(self, now: float) -> None:
        """End the clients that were not heard in their time."""
        for client in [client for client in self if client.expires_s <= now]:
            self.remove(client)

    def next_expiry_s(self) -> float:
        """Return when the next client may be forgotten; infinity for never."""
        return min((client.expires_s for client in self), default=inf)

    def _admit(self, sender: Peer, now: float) -> Client:
        if len(self._senders) >= MAX_SENDERS:
            self._senders = dict(self._aliases)
            for client in self:
                client.senders.intersection_update(self._senders)
        client = self._senders[sender] = self._client_of(sender, now)
        client.senders.add(sender)
        return client

    def _client_of(self, sender: Peer, now: float) -> Client:
        if isinstance(sender, Stream):  # answered there, whatever the reply mode
            return self._by_address.get(sender) or self._add(Client(sender, now, keep_s=inf))
        reply = self._reply
        address = (reply.host or sender[0], reply.port or sender[1])
        return self._by_address.get(address) or self._add(Client(address, now))

    def _add(self, client: Client) -> Client:
        if len(self._by_address) >= self._limit:
            self.remove(min((each for each in self if each is not self._fixed), key=_worth))
        client.refusals, client.greetings = self._parted.pop(client.address, (client.refusals, client.greetings))
        self._by_address[client.address] = client
        self.arrived.append(client)
        return client


def _worth(client: Client) -> tuple[bool, float]:
    """Order clients by how much is lost with them: who listens and subscribed stays before who was heard last."""
    return client.deaf_until_s is None and client.subscribed, client.heard_s
