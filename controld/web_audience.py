"""Everyone on a websocket: each is told what it listens to, at its own pace.

Shell, in the event loop. Each websocket has a task of its own that sends what waits for it, so that a slow one holds up
nobody: what waits is the newest value of each address. While nobody is there, nothing is done for what happens in the
rig.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

from controld.changes import Refused, State
from controld.events import SurfaceLost
from controld.osc_facts import Fact
from controld.osc_methods import address_of
from controld.osc_widgets import Widgets
from controld.oscquery_client import Overrun, QueryClient, differences
from controld.rig import Output
from controld.rig_desk import RigDesk
from controld.web_reception import ORIGIN, Reception

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

# A load tells its addresses one after the other; clients are told of them once it rests.
SETTLE_S: Final = 0.1
PORTION: Final = 32  # messages of one client, before others have their turn

log = logging.getLogger("controld.web")


class Line(NamedTuple):
    """A client's connection, and what wakes up who sends."""

    connection: "ServerConnection"
    wake: asyncio.Event


class Audience:
    """The clients. `shown` makes the controls of the described surface, with what they show."""

    def __init__(self, desk: RigDesk, shown: Callable[[], Widgets | None]) -> None:
        self.reception = Reception(desk)
        self._desk = desk
        self._shown = shown
        self._config = desk.config
        self._lines: dict[QueryClient, Line] = {}
        self._numbers = itertools.count(1)
        self._shape = -1
        self._outlined: dict[str, object] = {}
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Tell nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    @property
    def widgets(self) -> Widgets | None:
        """The controls of the described surface; None where there is no such surface, or nobody listens."""
        return self.reception.widgets

    # What happens in the rig

    def tell(self, output: Output) -> None:
        """Tell clients what they listen to, what was refused to them, and that addresses came and went."""
        if not self._lines:
            return
        if self._desk.config is not self._config:  # other files: other controls, perhaps
            self._look()
            self._shape = -1
        for news in output.news:
            self._tell_facts(news.facts, news.origin, settled=news.settled)
        if self.widgets is not None:
            for look in output.feedback:
                settled = look.state is not State.ASKED
                self._tell_facts(self.widgets.receive(look), look.origin, settled=settled)
        for change in output.changes:
            if type(change) is Refused:
                self._tell_refusal(change)
        if self._desk.rig.namespace.shape != self._shape and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SETTLE_S, self._tell_shape)

    def _look(self) -> None:
        self._config, self.reception.widgets = self._desk.config, self._shown()

    def _tell_facts(self, facts: list[Fact], origin: str, *, settled: bool) -> None:
        if not facts:
            return
        now = asyncio.get_running_loop().time()
        for client, line in self._lines.items():
            client.offer(facts, now, mine=self._is_of(client, origin), settled=settled)
            if client.state.queue:
                line.wake.set()
            elif client.state.hands.waiting:
                self._plan_release(client, line)

    def _is_of(self, client: QueryClient, origin: str) -> bool:
        place, _, name = origin.partition("/")
        return name == client.name and place in {ORIGIN, self.widgets.surface if self.widgets else ORIGIN}

    def _plan_release(self, client: QueryClient, line: Line) -> None:
        """Send what waits for a fader once the hand is gone from it."""
        due_s = client.state.next_release_s()
        if due_s < inf:
            asyncio.get_running_loop().call_at(due_s, self._release, client, line)

    def _release(self, client: QueryClient, line: Line) -> None:
        client.state.release(asyncio.get_running_loop().time())
        if client.state.queue:
            line.wake.set()

    def _tell_refusal(self, refused: Refused) -> None:
        for client, line in self._lines.items():
            if self._is_of(client, refused.origin):
                with self._or_let_go(line):
                    self.reception.refuse(client, address_of(refused.subject), refused.reason)

    @contextmanager
    def _or_let_go(self, line: Line) -> Iterator[None]:
        """Wake up who sends afterwards; a client that does not read what it is told is let go."""
        try:
            yield
        except Overrun:
            self.reception.counters["overrun"] += 1
            line.connection.transport.abort()
        line.wake.set()

    # Addresses that come and go

    def _outline(self) -> dict[str, object]:
        """Return the containers there are, and what tells each from what it was."""
        namespace = self._desk.rig.namespace
        effects = {f"/effect/{effect}": scales for effect, scales in namespace.scales().items()}
        lists = {f"/{room}": tuple(names) for room, names in namespace.names().items()}
        return {**effects, **lists, **(self.widgets.by_address() if self.widgets else {})}

    def _tell_shape(self) -> None:
        self._timer = None
        if self._desk.rig.mapper.view.pedalboard.state is State.ASKED:
            self._timer = asyncio.get_running_loop().call_later(SETTLE_S, self._tell_shape)
            return
        before, self._outlined = self._outlined, self._outline()
        self._shape = self._desk.rig.namespace.shape
        told = differences(before, self._outlined)
        gone = tuple(path for command, path in told if command == "PATH_REMOVED")
        for client, line in self._lines.items() if told else ():
            for address in [each for each in client.tags if _is_below(each, gone)]:
                client.ignore(address)
            with self._or_let_go(line):
                for command, path in told:
                    client.note(command, path)

    # Clients

    async def talk(self, connection: "ServerConnection") -> None:
        """Serve a client until it goes."""
        if not self._lines:
            self._look()
            self._outlined, self._shape = self._outline(), self._desk.rig.namespace.shape
        client, line = QueryClient(f"client{next(self._numbers)}"), Line(connection, asyncio.Event())
        self._lines[client] = line
        log.info("%s is there (%s)", client.name, connection.remote_address[0])
        sending = asyncio.create_task(_send(client, line), name=f"web {client.name}")
        try:
            await self._hear(client, line)
        finally:
            sending.cancel()
            await asyncio.wait({sending})
            self._forget(client)

    def _forget(self, client: QueryClient) -> None:
        del self._lines[client]
        log.info("%s is gone", client.name)
        now = asyncio.get_running_loop().time()
        if self.widgets is not None:  # what it held is released
            self._desk.receive(SurfaceLost(self.widgets.surface, now, client.name))
        if not self._lines:
            self.reception.widgets = None

    async def _hear(self, client: QueryClient, line: Line) -> None:
        from websockets.exceptions import ConnectionClosed

        loop = asyncio.get_running_loop()
        try:
            for count in itertools.count(1):
                frame = await line.connection.recv()
                with self._or_let_go(line):
                    self.reception.take(client, frame if isinstance(frame, str) else bytes(frame), loop.time())
                if count % PORTION == 0:
                    await asyncio.sleep(0)
        except ConnectionClosed:
            return


async def _send(client: QueryClient, line: Line) -> None:
    from websockets.exceptions import ConnectionClosed

    try:
        while True:
            await line.wake.wait()
            line.wake.clear()
            for note in client.take():
                await line.connection.send(note)
    except ConnectionClosed:
        return


def _is_below(address: str, paths: tuple[str, ...]) -> bool:
    return any(address == path or address.startswith(path + "/") for path in paths)
