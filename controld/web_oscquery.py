"""OSCQuery: the rig's addresses over HTTP, and their values over websockets.

Shell, in the event loop. Descriptions are made in a thread, one at a time, from a copy of what is known: a browser that
asks for all of it must not keep a press waiting. Each websocket has a task of its own that sends what waits for it, so
that a slow one holds up nobody. While nobody is connected, nothing is done for what happens in the rig.
"""

import asyncio
import itertools
import json
import logging
from collections import Counter
from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from controld.changes import Refused, State
from controld.config_values import RigConfig, SurfaceConfig
from controld.discovery import rig_name
from controld.events import OscArrived, SurfaceLost
from controld.mappings.profile import Kind
from controld.mappings.view import View
from controld.osc_codec import OscDecodeError, OscMessage, decode, flatten
from controld.osc_facts import Fact
from controld.osc_methods import address_of
from controld.osc_requests import PONG, Ping, read_request
from controld.osc_widgets import Widgets
from controld.oscquery_client import Overrun, QueryClient, changes_nothing, differences, is_release
from controld.oscquery_tree import (
    ATTRIBUTES,
    EXTENSIONS,
    READ,
    UNSUPPORTED,
    Sight,
    Tree,
    attributes,
)
from controld.rig import Output
from controld.rig_desk import RigDesk
from controld.web_server import NOT_FOUND, Asked, Reply, WebServer

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

ORIGIN: Final = "web"
# A load tells its addresses one after the other; clients are told of them once it rests.
SETTLE_S: Final = 0.1
PORTION: Final = 32  # messages of one client, before others have their turn
_NO_CONTENT: Final = Reply(status=HTTPStatus.NO_CONTENT)

log = logging.getLogger("controld.web")


class OscQuery:
    """Serves the address of a rig's `web`; `server` may be given more pages, best below `/controld/`."""

    def __init__(self, config: RigConfig, desk: RigDesk) -> None:
        assert config.web is not None
        self.server = WebServer("web", config.web.listen, config.web.allow)
        self.server.add_page("/", self._page)
        self.server.on_socket = self._talk
        self.counters: Counter[str] = Counter()
        self._desk = desk
        self._config = config
        self._surface_name = config.web.surface
        self._widgets: Widgets | None = None  # with what they show, while a client is there
        self._clients: dict[QueryClient, asyncio.Event] = {}
        self._numbers = itertools.count(1)
        self._one_by_one = asyncio.Lock()
        self._shape = -1
        self._told_shape: dict[str, object] = {}
        self._timer: asyncio.TimerHandle | None = None

    # Life

    async def start(self) -> None:
        """Listen. Raises ControldError where that cannot be."""
        await self.server.start()

    async def stop(self) -> None:
        """Close, and let every client go."""
        if self._timer is not None:
            self._timer.cancel()
        await self.server.stop()

    # Descriptions

    @property
    def surface(self) -> SurfaceConfig | None:
        """The OSC surface that is described: the one that was chosen, else the first."""
        spoken = [each for each in self._desk.config.surfaces if each.osc is not None]
        return next((each for each in spoken if self._surface_name in {"", each.name}), None)

    def host_info(self) -> dict[str, object]:
        """Return what OSCQuery calls HOST_INFO."""
        told: dict[str, object] = {
            "NAME": rig_name(self._desk.config),
            "EXTENSIONS": dict.fromkeys(EXTENSIONS, True) | dict.fromkeys(UNSUPPORTED, False),
        }
        surface = self.surface
        if surface is not None and surface.osc is not None:
            told |= {"OSC_PORT": surface.osc.port, "OSC_TRANSPORT": "UDP"}
            if surface.osc.host not in {"0.0.0.0", "::", self.server.address[0]}:  # noqa: S104 - compared
                told["OSC_IP"] = surface.osc.host
        return told

    async def _page(self, asked: Asked) -> Reply:
        wanted = unquote(asked.query).strip()
        if wanted == "HOST_INFO":
            return _json(self.host_info())
        if wanted in UNSUPPORTED:
            return _NO_CONTENT
        if wanted and wanted not in ATTRIBUTES:
            return Reply(f"`{wanted[:40]}` is no attribute of OSCQuery\n".encode(), "text/plain", HTTPStatus(400))
        async with self._one_by_one:
            sight = Sight.of(self._desk.rig.namespace, self._widgets or self._shown())
            return await asyncio.to_thread(_answer, sight, asked.path, wanted)

    def _shown(self) -> Widgets | None:
        """Return the controls of the surface with what they show now."""
        surface = self.surface
        if surface is None:
            return None
        widgets = Widgets(surface.name, surface.profile)
        for look in self._desk.rig.mapper.full_feedback(surface.name):
            widgets.receive(look)
        return widgets

    # What happens in the rig

    def tell(self, output: Output) -> None:
        """Tell clients what they listen to, what was refused to them, and that addresses came and went."""
        if not self._clients:
            return
        if self._desk.config is not self._config:  # other files: other controls, perhaps
            self._config = self._desk.config
            self._widgets = self._shown()
            self._shape = -1
        for news in output.news:
            self._tell_facts(news.facts, news.origin, settled=news.settled)
        for look in output.feedback if self._widgets else ():
            facts = self._widgets.receive(look) if self._widgets else []
            self._tell_facts(facts, look.origin, settled=look.state is not State.ASKED)
        for change in output.changes:
            if type(change) is Refused:
                self._refused(change)
        if self._desk.rig.namespace.shape != self._shape and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SETTLE_S, self._tell_shape)

    def _tell_facts(self, facts: list[Fact], origin: str, *, settled: bool) -> None:
        if not facts:
            return
        now = asyncio.get_running_loop().time()
        for client, wake in self._clients.items():
            client.offer(facts, now, mine=self._is_of(client, origin), settled=settled)
            if client.state.queue:
                wake.set()
            elif client.state.hands.waiting:
                self._plan_release(client, wake)

    def _is_of(self, client: QueryClient, origin: str) -> bool:
        place, _, name = origin.partition("/")
        return name == client.name and place in {ORIGIN, self._widgets.surface if self._widgets else ""}

    def _plan_release(self, client: QueryClient, wake: asyncio.Event) -> None:
        """Send what waits for a fader once the hand is gone from it."""
        due_s = client.state.next_release_s()
        if due_s < inf:
            loop = asyncio.get_running_loop()
            loop.call_at(due_s + 0.001, self._release, client, wake)

    def _release(self, client: QueryClient, wake: asyncio.Event) -> None:
        client.state.release(asyncio.get_running_loop().time())
        if client.state.queue:
            wake.set()

    def _refused(self, refused: Refused) -> None:
        for client, wake in self._clients.items():
            if self._is_of(client, refused.origin):
                self._refuse(client, address_of(refused.subject), refused.reason)
                wake.set()

    def _refuse(self, client: QueryClient, subject: str, reason: str) -> None:
        """Tell a client why not, and how things stand there; one that does not read is let go by its sender."""
        self.counters["refused"] += 1
        try:
            client.refuse(subject, reason)
        except Overrun:
            self.counters["overrun"] += 1
        now = asyncio.get_running_loop().time()
        truth = [fact for fact in (self._fact(subject),) if fact is not None]
        client.state.doubt(fact.address for fact in truth)
        client.offer(truth, now, mine=True, settled=True)

    # Addresses that come and go

    def _outline(self) -> dict[str, object]:
        """Return the containers there are, and what tells each from what it was."""
        namespace = self._desk.rig.namespace
        effects = {f"/effect/{effect}": tuple(scales.items()) for effect, scales in namespace.scales().items()}
        lists = {f"/{room}": tuple(names) for room, names in namespace.names().items()}
        controls = {
            address: tuple(found) for address, found in (self._widgets.by_address() if self._widgets else {}).items()
        }
        return {**effects, **lists, **controls}

    def _tell_shape(self) -> None:
        self._timer = None
        before, self._told_shape = self._told_shape, self._outline()
        self._shape = self._desk.rig.namespace.shape
        told = differences(before, self._told_shape)
        gone = tuple(path for command, path in told if command == "PATH_REMOVED")
        for client, wake in self._clients.items():
            for address in [each for each in client.tags if _is_below(each, gone)]:
                client.ignore(address)
            try:
                for command, path in told:
                    client.note(command, path)
            except Overrun:
                self.counters["overrun"] += 1
            if told:
                wake.set()

    # Clients

    async def _talk(self, connection: "ServerConnection") -> None:
        client, wake = QueryClient(f"client{next(self._numbers)}"), asyncio.Event()
        if not self._clients:
            self._config, self._widgets = self._desk.config, self._shown()
            self._told_shape, self._shape = self._outline(), self._desk.rig.namespace.shape
        self._clients[client] = wake
        log.info("web: %s is there (%s)", client.name, connection.remote_address[0])
        sending = asyncio.create_task(self._send(connection, client, wake), name=f"web {client.name}")
        try:
            await self._hear(connection, client, wake)
        finally:
            sending.cancel()
            await asyncio.wait({sending})
            self._forget(client)

    def _forget(self, client: QueryClient) -> None:
        del self._clients[client]
        log.info("web: %s is gone", client.name)
        now = asyncio.get_running_loop().time()
        for place in (ORIGIN, self._widgets.surface if self._widgets else ORIGIN):
            self._desk.receive(SurfaceLost(place, now, client.name))  # what it held is released
        if not self._clients:
            self._widgets = None

    async def _send(self, connection: "ServerConnection", client: QueryClient, wake: asyncio.Event) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            while True:
                await wake.wait()
                wake.clear()
                for note in client.take():
                    await connection.send(note)
        except ConnectionClosed:
            return

    async def _hear(self, connection: "ServerConnection", client: QueryClient, wake: asyncio.Event) -> None:
        from websockets.exceptions import ConnectionClosed

        loop = asyncio.get_running_loop()
        try:
            for count in itertools.count(1):
                message = await connection.recv()
                self.counters["received"] += 1
                if not client.allowance.take(loop.time()):
                    self.counters["too_many"] += 1
                elif isinstance(message, str):
                    self._command(client, message, loop.time())
                else:
                    self._packet(client, bytes(message), loop.time())
                if client.notes or client.state.queue:
                    wake.set()
                if count % PORTION == 0:
                    await asyncio.sleep(0)
        except ConnectionClosed:
            return

    def _command(self, client: QueryClient, text: str, now: float) -> None:
        read = client.read_command(text)
        if isinstance(read, str):
            self._refuse(client, "websocket", read)
            return
        command, address = read
        if command == "IGNORE":
            client.ignore(address)
            return
        node = Sight.of(self._desk.rig.namespace, self._widgets).node(address)
        reason = client.listen(node, address, self._fact(address), now)
        if reason:
            self._refuse(client, address, reason)

    def _packet(self, client: QueryClient, packet: bytes, now: float) -> None:
        """Do what a packet says, at once: a bundle's time is not waited for."""
        try:
            messages = flatten(decode(packet))
        except OscDecodeError as error:
            self.counters[error.kind] += 1
            self._refuse(client, "websocket", f"this is no OSC: {error}")
            return
        for _, message in messages:
            self._message(client, message, now)

    def _message(self, client: QueryClient, message: OscMessage, now: float) -> None:
        if message.tags in {"N", "I"}:
            message = OscMessage(message.address)  # nil and impulse stand for a message without arguments
        request = read_request(message.address, message.args, message.tags)
        if request is not None:
            self._connection_request(client, message, request)
            return
        address, fact = message.address, self._fact(message.address)
        widgets = self._widgets.find(address) if self._widgets else ()
        if self._is_idle(message, fact, is_button=any(each.kind is Kind.BUTTON for each in widgets)):
            self._correct(client, message, fact, now)
            return
        if fact is not None:
            client.state.take(address, fact.echo, message.args, message.tags, now)
        events = self._widgets.read(address, message.args, client.name, now) if self._widgets else None
        if events is None:
            self._desk.receive(OscArrived(ORIGIN, client.name, address, message.args, now))
        elif isinstance(events, str):
            self._refuse(client, address, events)
        else:
            for event in events:
                self._desk.receive(event)

    def _is_idle(self, message: OscMessage, fact: Fact | None, *, is_button: bool) -> bool:
        """Tell whether nothing is to be done: what is said is so, or a light is put out that only others put out."""
        if is_button or fact is None or on_its_way(self._desk.rig.mapper.view, message.address):
            return False
        return is_release(message, fact) or changes_nothing(message, fact)

    def _correct(self, client: QueryClient, message: OscMessage, fact: Fact | None, now: float) -> None:
        """Leave the rig as it is, and set right a button that shows what it sent last."""
        self.counters["nothing_new"] += 1
        if fact is not None and is_release(message, fact):
            client.state.doubt([message.address])
            client.offer([fact], now, mine=True, settled=True)

    def _connection_request(self, client: QueryClient, message: OscMessage, request: object) -> None:
        if isinstance(request, Ping):
            client.say(PONG, request.args, request.tags)
        else:
            self._refuse(client, message.address, "is for clients of UDP and TCP; here LISTEN says what is told")

    def _fact(self, address: str) -> Fact | None:
        widgets = self._widgets
        shown = widgets.fact(address) if widgets is not None else None
        return shown or self._desk.rig.namespace.fact(address)


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


def _is_below(address: str, paths: tuple[str, ...]) -> bool:
    return any(address == path or address.startswith(path + "/") for path in paths)


def _answer(sight: Sight, path: str, wanted: str) -> Reply:
    """Return the description of a path, or one attribute of it."""
    node = sight.node(path) if wanted not in {"", "CONTENTS"} else None
    told = attributes(node, sight.facts.get(path)) if node is not None else Tree(sight).describe(path)
    if told is None:
        return NOT_FOUND
    if not wanted:
        return _json(told)
    if wanted == "VALUE" and not told["ACCESS"] & READ:
        return _NO_CONTENT
    return _json({wanted: told[wanted]} if wanted in told else {})


def _json(what: object) -> Reply:
    return Reply(json.dumps(what, ensure_ascii=False, separators=(",", ":")).encode())
