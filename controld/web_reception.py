"""What clients say on their websockets: what they want to hear of, and what they want the rig to do.

Shell, in the event loop: the core is entered through the desk. Nothing a client can send raises out of here; it is
answered with `/controld/error`, as every other OSC client is, and counted.
"""

import asyncio
from collections import Counter
from typing import Final

from controld.changes import State
from controld.events import OscArrived
from controld.mappings.profile import Kind
from controld.mappings.view import View
from controld.osc_codec import OscDecodeError, OscMessage, decode, flatten
from controld.osc_facts import Fact
from controld.osc_requests import PONG, Ping, read_request
from controld.osc_widgets import Widgets
from controld.oscquery_client import QueryClient, changes_nothing, is_release
from controld.oscquery_tree import Node, Sight
from controld.rig_desk import RigDesk

ORIGIN: Final = "web"  # who asked, where no control of a surface was moved
# A page that is opened listens to hundreds of addresses, one message each: for so long one look at the rig serves them.
SIGHT_S: Final = 0.5


class Reception:
    """Understands what clients say. `widgets` are the controls of the described surface, with what they show."""

    def __init__(self, desk: RigDesk) -> None:
        self.widgets: Widgets | None = None
        self.counters: Counter[str] = Counter()
        self._desk = desk
        self._sight: tuple[int, float, Sight] | None = None

    def take(self, client: QueryClient, frame: str | bytes, now: float) -> None:
        """Take a frame. Raises Overrun where there is an answer, and the client reads none."""
        self.counters["received"] += 1
        if not client.allowance.take(now):
            self.counters["too_many"] += 1
        elif isinstance(frame, str):
            self._command(client, frame, now)
        else:
            self._packet(client, frame, now)

    def refuse(self, client: QueryClient, subject: str, reason: str) -> None:
        """Tell a client why not, and how things stand there. Raises Overrun where it reads nothing."""
        self.counters["refused"] += 1
        now = asyncio.get_running_loop().time()
        if client.state.refusals.take(now):
            client.refuse(subject, reason)
        fact = self.fact(subject)
        if fact is not None:
            client.state.doubt([subject])
            client.offer([fact], now, mine=True, settled=True)

    def fact(self, address: str) -> Fact | None:
        """Return what is true at an address: of a control what it shows."""
        shown = self.widgets.fact(address) if self.widgets is not None else None
        return shown or self._desk.rig.namespace.fact(address)

    def _node(self, address: str, now: float) -> Node | None:
        namespace, seen = self._desk.rig.namespace, self._sight
        if seen is None or seen[0] != namespace.shape or now >= seen[1] + SIGHT_S:
            self._sight = seen = (namespace.shape, now, Sight.of(namespace, self.widgets))
        return seen[2].node(address)

    def _command(self, client: QueryClient, text: str, now: float) -> None:
        read = client.read_command(text)
        if isinstance(read, str):
            self.refuse(client, "websocket", read)
            return
        command, address = read
        if command == "IGNORE":
            client.ignore(address)
            return
        reason = client.listen(self._node(address, now), address, self.fact(address), now)
        if reason:
            self.refuse(client, address, reason)

    def _packet(self, client: QueryClient, packet: bytes, now: float) -> None:
        """Do what a packet says, at once: a bundle's time is not waited for."""
        try:
            messages = flatten(decode(packet))
        except OscDecodeError as error:
            self.counters[error.kind] += 1
            self.refuse(client, "websocket", f"this is no OSC: {error}")
            return
        for _, message in messages:
            self._message(client, message, now)

    def _message(self, client: QueryClient, message: OscMessage, now: float) -> None:
        if message.tags in {"N", "I"}:
            message = OscMessage(message.address)  # nil and impulse stand for a message without arguments
        address, fact = message.address, self.fact(message.address)
        request = read_request(address, message.args, message.tags)
        if isinstance(request, Ping):
            client.say(PONG, request.args, request.tags)
        elif request is not None:
            self.refuse(client, address, "is for clients of UDP and TCP; here LISTEN says what is told")
        elif fact is not None and self._is_idle(message, fact):
            self._correct(client, message, fact, now)
        else:
            self._do(client, message, fact, now)

    def _is_idle(self, message: OscMessage, fact: Fact) -> bool:
        """Tell whether nothing is to be done: what is said is so, or a light is put out that only others put out.

        A button of a surface is always heard, for how long it is held may mean something.
        """
        found = self.widgets.find(message.address) if self.widgets else ()
        if any(widget.kind is Kind.BUTTON for widget in found):
            return False
        if on_its_way(self._desk.rig.mapper.view, message.address):
            return False
        return is_release(message, fact) or changes_nothing(message, fact)

    def _correct(self, client: QueryClient, message: OscMessage, fact: Fact, now: float) -> None:
        """Leave the rig as it is, and set right a button that shows what it sent last."""
        self.counters["nothing_new"] += 1
        if is_release(message, fact):
            client.state.doubt([message.address])
            client.offer([fact], now, mine=True, settled=True)

    def _do(self, client: QueryClient, message: OscMessage, fact: Fact | None, now: float) -> None:
        if fact is not None:
            client.state.take(message.address, fact.echo, message.args, message.tags, now)
        widgets = self.widgets
        events = widgets.read(message.address, message.args, client.name, now) if widgets is not None else None
        if events is None:
            self._desk.receive(OscArrived(ORIGIN, client.name, message.address, message.args, now))
        elif isinstance(events, str):
            self.refuse(client, message.address, events)
        else:
            for event in events:
                self._desk.receive(event)


def on_its_way(view: View, address: str) -> bool:
    """Tell whether a wish for what is at an address waits for the engine: until then no message is an echo."""
    _, room, *rest = address.split("/")
    waiting: list[State] = []
    if room == "effect" and rest:
        effect = rest[0]
        known = (view.bypasses.get(effect), view.presets.get(effect), view.parameters.get((effect, "".join(rest[1:2]))))
        waiting = [each.state for each in known if each is not None]
    elif room in {"snapshot", "pedalboard"}:
        waiting = [view.snapshot.state, view.pedalboard.state]
    elif room == "mute" and view.mute is not None:
        waiting = [view.mute.state]
    return State.ASKED in waiting
