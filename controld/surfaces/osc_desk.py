"""Where an OSC surface's messages are understood: by the connection, by a control, or by the rig's namespace.

Shell, in the event loop's thread only. Clients are greeted, answered and refused here; events leave for the core.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from controld.events import ControlEvent, LevelsWanted, OscArrived, SurfaceConnected, SurfaceEvent, SurfaceLost
from controld.mappings.profile import Profile
from controld.osc_clients import Client, Clients, Reply
from controld.osc_codec import OscArg, OscMessage
from controld.osc_facts import Echo, Fact, Topic, same
from controld.osc_namespace import Namespace
from controld.osc_peers import Peer, Stream
from controld.osc_requests import ERROR, PONG, Bye, Follow, Hello, Ping, Request, Subscribe, read_request
from controld.osc_widgets import Widget, Widgets, echo_of
from controld.surfaces.osc_ledger import Ledger
from controld.surfaces.osc_outlet import Observer, Outlet, Wire

_NO_ARGUMENT: Final = frozenset({"N", "I"})  # nil and impulse stand for a message without arguments

MAX_ECHOED: Final = 256  # characters of what was wrong that go back: a reply fits one datagram

log = logging.getLogger("controld.osc")


class Desk:
    """What a surface knows of its controls, the rig and its clients; `receive` gets the events."""

    def __init__(
        self,
        name: str,
        profile: Profile,
        receive: Callable[[SurfaceEvent], None],
        loop: asyncio.AbstractEventLoop,
        observe: Observer | None,
        namespace: Namespace,
    ) -> None:
        self.name = name
        self.namespace = namespace
        self.widgets = Widgets(name, profile)
        self.ledger = Ledger(name)
        self.outlet = Outlet(Clients(Reply()), loop, self._lose, self._dump, observe)
        self._receive = receive
        self._loop = loop
        self._observe = observe

    def watch(self, observe: Observer | None) -> None:
        """Have messages observed from now on, or not any more."""
        self._observe = self.outlet.observe = observe

    # In

    def is_fader(self, address: str) -> bool:
        """Tell whether only the newest of many moves matters at an address."""
        widgets = self.widgets.find(address)
        if widgets:
            return all(echo_of(widget) is Echo.CONTINUOUS for widget in widgets)
        fact = self.namespace.fact(address)
        return fact is not None and fact.echo is Echo.CONTINUOUS

    def arrive(self, peer: Peer, message: OscMessage, now: float) -> None:
        """Take a message of whoever sent it."""
        request = None
        if message.address.startswith("/controld/"):
            request = read_request(message.address, message.args, message.tags)
        client = self.outlet.clients.known(peer)
        if request is not None or client is None or client.deaf_until_s is not None:
            if type(request) is Bye and client is None:
                return
            client = self._hear(peer, request, now)
        client.heard_s = now
        if request is None:
            self.deliver(client, message, now)
        else:
            self._answer(client, message, request, now)

    def deliver(self, client: Client, message: OscMessage, now: float) -> None:
        """Take a message that is for the rig."""
        if self._observe is not None:
            self._observe("in", Wire(client.name, message.address, message.args), now)
        address, args, tags = message
        if tags in _NO_ARGUMENT:
            args = ()
        widgets = self.widgets.find(address)
        if widgets:
            self._move(client, widgets, message, args, now)
            return
        fact = self.namespace.fact(address)
        doubt = fact is not None and client.take(address, fact.echo, args, tags, now)
        self._receive(OscArrived(self.name, client.name, address, args, now))
        if doubt:
            self._correct(client, self.namespace.fact(address), args)

    def _move(
        self, client: Client, widgets: tuple[Widget, ...], message: OscMessage, args: tuple[OscArg, ...], now: float
    ) -> None:
        address, widget = message.address, widgets[0]
        if len(widgets) == 1:
            events: list[ControlEvent] | str | None = widget.read(args, client.name, now)
        else:
            events = self.widgets.read(address, args, client.name, now)
        if isinstance(events, str):
            self.refuse(client, address, events)
            return
        echo = echo_of(widget)
        doubt = widget.exact and client.take(address, echo, args, message.tags, now)
        for event in events or ():
            self._receive(event)
        if doubt and echo is not Echo.CONTINUOUS:
            self._correct(client, self.widgets.fact(address), args)

    def _correct(self, client: Client, fact: Fact | None, args: tuple[OscArg, ...]) -> None:
        """Tell a switch at once how things stand where its message will change nothing: a release, or what is already.

        A tablet's button shows what it sent last, and so must be set right even though the rig stays as it is.
        """
        if fact is None or fact.echo is Echo.CONTINUOUS:
            return
        released = fact.echo is Echo.TRIGGER and not (args and args[0])
        if released or (fact.echo is Echo.SWITCH and args and same(args[0], fact.value)):
            self.outlet.tell(client, [fact])

    def refuse_early(self, peer: Peer, address: str, reason: str) -> None:
        """Refuse a message before it is looked at."""
        self.refuse(self._hear(peer, None, self._loop.time()), address, reason)

    def refuse(self, client: Client, address: str, reason: str) -> None:
        """Tell a client why what it asked for cannot be, and how things stand there."""
        address, reason = address[:MAX_ECHOED], reason[:MAX_ECHOED]
        self.ledger.note(client.name, "refused", f"{address}: {reason}")
        if client.refusals.take(self._loop.time()):
            self.outlet.say(client, ERROR, (address, reason))
        else:
            self.outlet.counters["not_said"] += 1
        self.outlet.tell(client, self.namespace.facts_at(address), mine=True)
        shown = self.widgets.fact(address)
        if shown is not None:
            self.outlet.tell(client, [shown], mine=True)

    # Clients

    def _hear(self, peer: Peer, request: Request | str | None, now: float) -> Client:
        """Return the client of a peer; a new one, or one that listens again, is told everything."""
        if type(request) is Hello and request.port is not None and not isinstance(peer, Stream):
            client = self.outlet.clients.redirect(peer, request.port, now)
        else:
            client = self.outlet.clients.hear(peer, now)
        deaf_until_s = client.deaf_until_s
        if deaf_until_s is not None and (isinstance(request, Hello | Subscribe | Ping) or now >= deaf_until_s):
            client.revive()
            self.outlet.greet(client)
        self.welcome(now)
        return client

    def welcome(self, now: float) -> None:
        """Tell new clients everything, and the core of those who came and went."""
        arrived, self.outlet.clients.arrived = self.outlet.clients.arrived, []
        for client in arrived:
            log.info("%s: %s is there", self.name, client.name)
            self.outlet.watch(client)
            self.outlet.greet(client)
            self._receive(SurfaceConnected(self.name, now, client.name))
        self.outlet.mourn()

    def _answer(self, client: Client, message: OscMessage, request: Request | str, now: float) -> None:
        if self._observe is not None:
            self._observe("in", Wire(client.name, message.address, message.args), now)
        match request:
            case str():
                self.refuse(client, message.address, request)
            case Hello():
                self._greet(client, message, request, now)
            case Subscribe():
                self.outlet.clients.subscribe(client, request.seconds)
                self.outlet.watch(client)
            case Follow():
                self._follow(client, request, now)
            case Ping():
                self.outlet.say(client, PONG, request.args, request.tags)
            case Bye():
                self._follow(client, Follow(Topic.LEVELS, on=False), now)  # a fixed peer stays a client
                self.outlet.clients.remove(client)
                self.outlet.mourn()

    def _follow(self, client: Client, request: Follow, now: float) -> None:
        """Tell a client of something as well, or no more; it may ask again as often as it likes."""
        topic, followed = request.topic, request.topic in client.topics
        if not request.on:
            client.topics.discard(topic)
        elif not followed:
            client.topics.add(topic)
            if topic is Topic.WORDS:
                self.namespace.want_words()
            self.outlet.tell(client, self.namespace.dump(), later=True)
        if topic is Topic.LEVELS and request.on is not followed:
            self._receive(LevelsWanted(self.name, client.name, request.on, now))

    def _greet(self, client: Client, message: OscMessage, request: Hello, now: float) -> None:
        if request.port is not None and isinstance(client.address, Stream):
            self.refuse(client, message.address, "takes no port over TCP: answers come back by the same connection")
            return
        if client.since_s != now:  # a new client is told everything anyway
            self.outlet.greet(client)
        self._receive(SurfaceConnected(self.name, now, client.name))

    def _lose(self, client: Client) -> None:
        log.info("%s: %s is gone", self.name, client.name)
        self._receive(SurfaceLost(self.name, self._loop.time(), client.name))

    def _dump(self, client: Client) -> None:
        self.outlet.tell(client, self.namespace.dump(), later=True)
        self.outlet.tell(client, self.widgets.dump(), later=True)
