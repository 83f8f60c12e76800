"""A surface that speaks OSC over UDP: datagrams <-> events and feedback, for several clients at once.

Shell, in the event loop's thread only. What a message means and what each client is to be told is decided in the pure
parts (`osc_widgets`, `osc_namespace`, `osc_clients`); here they meet what comes in (`osc_inlet`) and what goes out
(`osc_outlet`).
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Final

from controld.actions import SendOsc
from controld.changes import PedalboardChanged, Refused, State, StateChange
from controld.errors import SurfaceError
from controld.events import ControlEvent, OscArrived, SurfaceConnected, SurfaceEvent, SurfaceLost
from controld.feedback import Feedback
from controld.mappings.profile import Kind, Profile
from controld.osc_clients import Address, Client, Clients, Reply, client_name
from controld.osc_codec import OscArg, OscMessage, decode, encode
from controld.osc_facts import Echo, Fact, same
from controld.osc_methods import address_of
from controld.osc_namespace import Namespace
from controld.osc_requests import ERROR, PONG, Bye, Hello, Ping, Request, Subscribe, read_request
from controld.osc_widgets import Widget, Widgets, echo_of
from controld.surfaces.osc_inlet import Inlet
from controld.surfaces.osc_ledger import Ledger
from controld.surfaces.osc_outlet import Observer, Outlet, Wire
from controld.surfaces.osc_socket import UdpSocket, resolve

_NO_ARGUMENT: Final = frozenset({"N", "I"})  # nil and impulse stand for a message without arguments

log = logging.getLogger("controld.osc")


class OscSurface:
    """One UDP port and everyone who talks to it.

    `receive` gets the events; `observe` (if any) sees every message as ("in" | "out", message, time in seconds).
    `tell` and `show` may be called before `start`; a client then finds the state there.
    """

    def __init__(
        self,
        name: str,
        profile: Profile,
        listen: Address,
        reply: Reply,
        receive: Callable[[SurfaceEvent], None],
        loop: asyncio.AbstractEventLoop,
        observe: Observer | None = None,
    ) -> None:
        self.name = name
        self.address = listen  # numeric, with the real port, once started
        self._profile = profile
        self._reply = reply
        self._receive = receive
        self._loop = loop
        self._observe = observe
        self._socket: UdpSocket | None = None
        self._namespace = Namespace()
        self._widgets = Widgets(name, profile)
        self._ledger = Ledger(name)
        self._clients = Clients(Reply())
        self._outlet = Outlet(self._clients, loop, self._lose, self._greet, observe)
        self._inlet = Inlet(loop, self._ledger, self._arrive, self._too_early, self._outlet.hear_deaf)
        self._player = Client(("", 0), 0.0, inf, deaf_until_s=inf, name="simulate")

    # Life

    async def start(self) -> None:
        """Listen, and tell a fixed peer the full state.

        Raises:
            AddressInUse: another program has the port.
            SurfaceError: the address is not this machine's, or the peer's host is unknown.
        """
        reply = self._reply
        if reply.host:
            _, peer = await resolve(reply.host, reply.port, self._loop)
            reply = Reply(*peer)
        family, address = await resolve(*self.address, self._loop)
        self._socket = UdpSocket(self.name, family, address)
        self._socket.complain_of_buffer()
        self.address = self._socket.address
        self._clients = self._outlet.clients = Clients(reply)
        self._outlet.open(self._socket)
        self._inlet.open(self._socket)
        self._welcome(self._loop.time())

    async def stop(self) -> None:
        """Send what is queued and close; a bundle whose time is still to come is lost."""
        self._inlet.close()
        self._outlet.close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    # Out

    def tell(self, changes: Sequence[StateChange]) -> None:
        """Tell every client what the rig's changes come to; refusals are told by `refuse`."""
        for change in changes:
            if type(change) is not Refused:
                news = self._namespace.receive(change)
                self._tell_all(news.facts, news.origin, settled=news.settled)
                if type(change) is PedalboardChanged and change.state is State.CONFIRMED:
                    self._prune()

    def show(self, feedbacks: Iterable[Feedback]) -> None:
        """Show the looks of controls on every client."""
        for feedback in feedbacks:
            facts = self._widgets.receive(feedback)
            if feedback.force:
                for client in self._clients:
                    client.forget(fact.address for fact in facts)
            self._tell_all(facts, feedback.origin, settled=feedback.state is not State.ASKED)

    def send(self, address: str, args: Sequence[OscArg] = ()) -> None:
        """Send a message to every client. Raises OscEncodeError where it cannot be written."""
        for client in self._clients:
            self._outlet.say(client, address, tuple(args))

    def send_message(self, message: SendOsc) -> None:
        """Send what an action says; booleans go as 1 and 0, which every program understands."""
        self.send(message.address, tuple(int(arg) if isinstance(arg, bool) else arg for arg in message.args))

    def refuse(self, client: str, subject: str, reason: str) -> None:
        """Tell a client why what it asked for cannot be, and how things stand there."""
        known = self._clients.named(client)
        if known is None:
            log.info("%s: %s was refused: %s: %s", self.name, client, subject, reason)
        else:
            self._refuse(known, address_of(subject), reason)

    def resync(self) -> None:
        """Tell every client everything again."""
        for client in self._clients:
            self._greet(client)

    # What is known

    @property
    def control_names(self) -> tuple[str, ...]:
        """The controls of the profile."""
        return tuple(self._profile.controls)

    @property
    def counters(self) -> Counter[str]:
        """How many datagrams came and went, and the faults by kind."""
        sending = self._socket.counters if self._socket else Counter()
        return Counter(received=self._inlet.received) + self._outlet.counters + self._ledger.by_kind + sending

    def faults(self) -> dict[str, dict[str, int]]:
        """Return the faults by sender and kind."""
        return self._ledger.by_sender()

    def status(self) -> str:
        """Return in words where the surface listens and who is there."""
        names = [client.name for client in self._clients if client.deaf_until_s is None]
        return f"listening on {client_name(self.address)}; " + (", ".join(names) if names else "no clients yet")

    # Playing without a tablet

    def inject(self, address: str, args: Sequence[OscArg] = ()) -> None:
        """Take a message as if it had come by network. Raises OscEncodeError where it could not have."""
        packet = decode(encode(address, args))
        if isinstance(packet, OscMessage):
            self._deliver(self._player, packet, self._loop.time())

    def play(
        self, control: str, *, position: float | None = None, detents: int | None = None, program: int | None = None
    ) -> None:
        """Take what a control of this name would send. Raises SurfaceError where it cannot do that."""
        kind = self._profile.controls[control].kind
        move = {Kind.ENCODER: detents, Kind.PROGRAM: program}.get(kind, position)
        if move is None:
            wanted = {Kind.ENCODER: "detents like +1 or -3", Kind.PROGRAM: "`program` and a number"}
            raise SurfaceError(f"{self.name}.{control} is a {kind.value}: it takes {wanted.get(kind, 'a position')}")
        message = self._widgets.message_for(f"{self.name}.{control}", move)
        if message is None:
            raise SurfaceError(f"{self.name}.{control} has no address of its own to be played at")
        self.inject(*message)

    # In

    def _arrive(self, sender: Address, message: OscMessage, now: float) -> None:
        request = None
        if message.address.startswith("/controld/"):
            request = read_request(message.address, message.args, message.tags)
        client = self._clients.known(sender)
        if request is not None or client is None or client.deaf_until_s is not None:
            if type(request) is Bye and client is None:
                return
            client = self._hear(sender, request, now)
        client.heard_s = now
        if request is None:
            self._deliver(client, message, now)
        else:
            self._answer(client, message, request, now)

    def _deliver(self, client: Client, message: OscMessage, now: float) -> None:
        if self._observe is not None:
            self._observe("in", Wire(client.name, message.address, message.args), now)
        address, args, tags = message
        if tags in _NO_ARGUMENT:
            args = ()
        widgets = self._widgets.find(address)
        if widgets:
            self._move(client, widgets, message, args, now)
            return
        fact = self._namespace.fact(address)
        doubt = fact is not None and client.take(address, fact.echo, args, tags, now)
        self._receive(OscArrived(self.name, client.name, address, args, now))
        if doubt:
            self._correct(client, self._namespace.fact(address), args)

    def _move(
        self, client: Client, widgets: tuple[Widget, ...], message: OscMessage, args: tuple[OscArg, ...], now: float
    ) -> None:
        address, widget = message.address, widgets[0]
        if len(widgets) == 1:
            events: list[ControlEvent] | str | None = widget.read(args, client.name, now)
        else:
            events = self._widgets.read(address, args, client.name, now)
        if isinstance(events, str):
            self._refuse(client, address, events)
            return
        echo = echo_of(widget)
        doubt = widget.exact and client.take(address, echo, args, message.tags, now)
        for event in events or ():
            self._receive(event)
        if doubt and echo is not Echo.CONTINUOUS:
            self._correct(client, self._widgets.fact(address), args)

    def _correct(self, client: Client, fact: Fact | None, args: tuple[OscArg, ...]) -> None:
        """Tell a switch at once how things stand where its message will change nothing: a release, or what is already.

        A tablet's button shows what it sent last, and so must be set right even though the rig stays as it is.
        """
        if fact is None or fact.echo is Echo.CONTINUOUS:
            return
        released = fact.echo is Echo.TRIGGER and not (args and args[0])
        if released or (fact.echo is Echo.SWITCH and args and same(args[0], fact.value)):
            self._outlet.tell(client, [fact])

    def _too_early(self, sender: Address, address: str, reason: str) -> None:
        self._refuse(self._hear(sender, None, self._loop.time()), address, reason)

    def _refuse(self, client: Client, address: str, reason: str) -> None:
        self._ledger.note(client.name, "refused", f"{address}: {reason}")
        self._outlet.say(client, ERROR, (address, reason))
        self._outlet.tell(client, self._namespace.facts_at(address), mine=True)
        shown = self._widgets.fact(address)
        if shown is not None:
            self._outlet.tell(client, [shown], mine=True)

    # Clients

    def _hear(self, sender: Address, request: Request | str | None, now: float) -> Client:
        """Return the client of a sender; a new one, or one that listens again, is told everything."""
        if type(request) is Hello and request.port is not None:
            client = self._clients.redirect(sender, request.port, now)
        else:
            client = self._clients.hear(sender, now)
        deaf_until_s = client.deaf_until_s
        if deaf_until_s is not None and (isinstance(request, Hello | Subscribe | Ping) or now >= deaf_until_s):
            client.revive()
            self._dump(client)
        self._welcome(now)
        return client

    def _welcome(self, now: float) -> None:
        """Tell new clients everything, and the core of those who came and went."""
        arrived, self._clients.arrived = self._clients.arrived, []
        for client in arrived:
            log.info("%s: %s is there", self.name, client.name)
            self._outlet.watch(client)
            self._dump(client)
            self._receive(SurfaceConnected(self.name, now, client.name))
        self._outlet.mourn()

    def _answer(self, client: Client, message: OscMessage, request: Request | str, now: float) -> None:
        if self._observe is not None:
            self._observe("in", Wire(client.name, message.address, message.args), now)
        match request:
            case str():
                self._refuse(client, message.address, request)
            case Hello():
                self._greet(client)
                self._receive(SurfaceConnected(self.name, now, client.name))
            case Subscribe():
                self._clients.subscribe(client, request.seconds)
                self._outlet.watch(client)
            case Ping():
                self._outlet.say(client, PONG, request.args, request.tags)
            case Bye():
                self._clients.remove(client)
                self._outlet.mourn()

    def _lose(self, client: Client) -> None:
        log.info("%s: %s is gone", self.name, client.name)
        self._receive(SurfaceLost(self.name, self._loop.time(), client.name))

    def _greet(self, client: Client) -> None:
        client.forget()
        self._dump(client)

    def _dump(self, client: Client) -> None:
        self._outlet.tell(client, self._namespace.dump())
        self._outlet.tell(client, self._widgets.dump())

    def _tell_all(self, facts: list[Fact], origin: str, *, settled: bool) -> None:
        if facts:
            for client in self._clients:
                self._outlet.tell(client, facts, mine=origin == f"{self.name}/{client.name}", settled=settled)

    def _prune(self) -> None:
        """Forget what clients show of effects that are gone, for it may come back as something else."""
        known = {fact.address for fact in self._namespace.dump()} | {fact.address for fact in self._widgets.dump()}
        for client in self._clients:
            client.forget([address for address in client.shown if address not in known])
