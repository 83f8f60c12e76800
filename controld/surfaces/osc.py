"""A surface that speaks OSC over UDP and TCP: packets <-> events and feedback, for several clients at once.

Shell, in the event loop's thread only. What a message means and what each client is to be told is decided in the pure
parts (`osc_widgets`, `osc_namespace`, `osc_clients`); here they meet what comes in (`osc_inlet`, then `osc_desk`) and
what goes out (`osc_outlet`).
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Final

from controld.actions import SendOsc
from controld.changes import PedalboardChanged, State, StateChange
from controld.errors import SurfaceError
from controld.events import SurfaceEvent
from controld.feedback import Feedback
from controld.mappings.profile import Kind, Profile
from controld.osc_clients import Client, Clients, Reply
from controld.osc_codec import OscArg, OscEncodeError, OscMessage, decode, encode
from controld.osc_facts import Fact
from controld.osc_limits import Limits
from controld.osc_methods import address_of
from controld.osc_namespace import Namespace, News
from controld.osc_peers import Address, Peer, Stream, client_name
from controld.osc_widgets import Widgets
from controld.surfaces.osc_desk import Desk
from controld.surfaces.osc_inlet import Inlet
from controld.surfaces.osc_outlet import Observer
from controld.surfaces.osc_socket import UdpSocket, resolve
from controld.surfaces.osc_tcp import TcpDoor

MAX_TOLD: Final = 64  # senders whose counts are told

log = logging.getLogger("controld.osc")


class _Wires:
    """A surface's sockets, for whoever sends."""

    def __init__(self, udp: UdpSocket, tcp: TcpDoor) -> None:
        self._udp = udp
        self._tcp = tcp
        self.deaf = udp.deaf

    def send(self, packet: bytes, peer: Peer) -> None:
        """Send a packet, or keep it for later."""
        if isinstance(peer, Stream):
            link = self._tcp.links.get(peer)
            if link is not None:
                link.send(packet)
        else:
            self._udp.send(packet, peer)

    def is_ready(self, peer: Peer) -> bool:
        """Tell whether a peer has taken what was sent to it; nobody knows of datagrams."""
        link = self._tcp.links.get(peer) if isinstance(peer, Stream) else None
        return link is None or link.ready

    def hang_up(self, peer: Stream) -> None:
        """End a stream."""
        self._tcp.drop(peer, "")


class OscSurface:
    """One UDP port, one for TCP where `limits` has it, and everyone who talks to them.

    `receive` gets the events; `observe` (if any) sees every message as ("in" | "out", message, time in seconds).
    `tell` and `show` may be called before `start`; a client then finds the state there. A `namespace` that is given is
    kept up to date by whoever gives it, who then hands its news to `tell`.
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
        namespace: Namespace | None = None,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self.name = name
        self.address = listen  # numeric, with the real port, once started
        self.tcp_address: Address | None = None  # likewise
        self._limits = limits
        self._profile = profile
        self._reply = reply
        self._loop = loop
        self._socket: UdpSocket | None = None
        self._desk = Desk(name, profile, receive, loop, observe, namespace or Namespace())
        self._outlet = self._desk.outlet
        self._inlet = Inlet(loop, self._desk.ledger, self._desk, limits, self._outlet.hear_deaf)
        self._tcp = TcpDoor(name, self._inlet, self._desk.ledger, loop, self._outlet.resume, self._hung_up)
        self._player = Client(("", 0), 0.0, keep_s=inf, deaf_until_s=inf, name="simulate")

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
        if self._limits.tcp:
            try:
                self.tcp_address = self._tcp.open(family, (address[0], self._limits.tcp))
            except SurfaceError:
                self._socket.close()
                raise
        self._outlet.clients = Clients(reply)
        self._outlet.open(_Wires(self._socket, self._tcp))
        self._inlet.open(self._socket)
        self._desk.welcome(self._loop.time())

    async def stop(self) -> None:
        """Send what is queued and close; a bundle whose time is still to come is lost."""
        self._inlet.close()
        self._outlet.close()
        self._tcp.close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    # Out

    def tell(self, changes: Sequence[StateChange], news: Sequence[News] | None = None) -> None:
        """Tell every client what the rig's changes come to; refusals are told by `refuse`."""
        if news is None:
            news = [self._desk.namespace.receive(change) for change in changes]
        for change, facts in zip(changes, news, strict=True):
            if facts.facts:
                self._tell_all(facts.facts, facts.origin, settled=facts.settled)
            if type(change) is PedalboardChanged and change.state is State.CONFIRMED:
                self._prune()

    def show(self, feedbacks: Iterable[Feedback]) -> None:
        """Show the looks of controls on every client."""
        for feedback in feedbacks:
            facts = self._desk.widgets.receive(feedback)
            if feedback.force:
                for client in self._outlet.clients:
                    client.doubt(fact.address for fact in facts)
            self._tell_all(facts, feedback.origin, settled=feedback.state is not State.ASKED)

    def send(self, address: str, args: Sequence[OscArg] = ()) -> None:
        """Send a message to every client. Raises OscEncodeError where it cannot be written."""
        for client in self._outlet.clients:
            self._outlet.say(client, address, tuple(args))

    def send_message(self, message: SendOsc) -> None:
        """Send what an action says; booleans go as 1 and 0, which every program understands."""
        try:
            self.send(message.address, [int(arg) if isinstance(arg, bool) else arg for arg in message.args])
        except OscEncodeError as error:
            self._desk.ledger.note(self.name, "unwritable", str(error))

    def refuse(self, client: str, subject: str, reason: str) -> None:
        """Tell a client why what it asked for cannot be, and how things stand there."""
        known = self._outlet.clients.named(client)
        if known is None:
            log.info("%s: %s was refused: %s: %s", self.name, client, subject, reason)
        else:
            self._desk.refuse(known, address_of(subject), reason)

    def resync(self) -> None:
        """Tell every client everything again."""
        for client in self._outlet.clients:
            self._outlet.greet(client)

    def watch(self, observe: Observer | None) -> None:
        """Have messages observed from now on, or not any more."""
        self._desk.watch(observe)

    def take_profile(self, profile: Profile) -> None:
        """Have other controls from now on; whoever calls shows their state next."""
        if profile != self._profile:
            self._profile = profile
            self._desk.widgets = Widgets(self.name, profile)
            self._inlet.line.forget_heads()

    # What is known

    @property
    def control_names(self) -> tuple[str, ...]:
        """The controls of the profile."""
        return tuple(self._profile.controls)

    @property
    def counters(self) -> Counter[str]:
        """How many packets came and went, and the faults by kind."""
        sending = self._socket.counters if self._socket else Counter()
        return (
            Counter(received=self._inlet.received, merged=self._inlet.line.merged, dropped=self._inlet.line.dropped)
            + self._outlet.counters
            + self._desk.ledger.by_kind
            + sending
        )

    def senders(self) -> dict[str, dict[str, int]]:
        """Return what is counted of each sender: received, merged and dropped packets, and the faults by kind.

        Of many those who had faults, and then those who sent most.
        """
        found = {
            client_name(place.peer): {"received": place.received, "merged": place.merged, "dropped": place.dropped}
            for place in self._inlet.line.places
        }
        faults = self._desk.ledger.by_sender()
        for name, kinds in faults.items():
            found[name] = {**found.get(name, {}), **kinds}
        first = sorted(found, key=lambda name: (name not in faults, -found[name].get("received", 0)))[:MAX_TOLD]
        return {name: {kind: count for kind, count in found[name].items() if count} for name in first}

    def status(self) -> str:
        """Return in words where the surface listens and who is there."""
        names = [client.name for client in self._outlet.clients if client.deaf_until_s is None]
        tcp = f" and {client_name(Stream(*self.tcp_address))}" if self.tcp_address else ""
        return f"listening on {client_name(self.address)}{tcp}; " + (", ".join(names) if names else "no clients yet")

    # Playing without a tablet

    def inject(self, address: str, args: Sequence[OscArg] = ()) -> None:
        """Take a message as if it had come by network. Raises OscEncodeError where it could not have."""
        packet = decode(encode(address, args))
        if isinstance(packet, OscMessage):
            self._desk.deliver(self._player, packet, self._loop.time())

    def play(
        self, control: str, *, position: float | None = None, detents: int | None = None, program: int | None = None
    ) -> None:
        """Take what a control of this name would send. Raises SurfaceError where it cannot do that."""
        kind = self._profile.controls[control].kind
        move = {Kind.ENCODER: detents, Kind.PROGRAM: program}.get(kind, position)
        if move is None:
            wanted = {Kind.ENCODER: "detents like +1 or -3", Kind.PROGRAM: "`program` and a number"}
            raise SurfaceError(f"{self.name}.{control} is a {kind.value}: it takes {wanted.get(kind, 'a position')}")
        message = self._desk.widgets.message_for(f"{self.name}.{control}", move)
        if message is None:
            raise SurfaceError(f"{self.name}.{control} has no address of its own to be played at")
        self.inject(*message)

    def _hung_up(self, peer: Stream) -> None:
        client = self._outlet.clients.at(peer)
        if client is not None:
            self._outlet.clients.remove(client)
            self._outlet.mourn()

    def _tell_all(self, facts: list[Fact], origin: str, *, settled: bool) -> None:
        if facts:
            for client in self._outlet.clients:
                self._outlet.tell(client, facts, mine=origin == f"{self.name}/{client.name}", settled=settled)

    def _prune(self) -> None:
        """Forget what clients show of effects that are gone, for it may come back as something else."""
        known = {fact.address for fact in self._desk.namespace.dump()} | {
            fact.address for fact in self._desk.widgets.dump()
        }
        for client in self._outlet.clients:
            client.forget([address for address in client.shown if address not in known])
