"""An OSC surface on real sockets for tests, with tablets that talk to it; the core is a list of events."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from controld.changes import (
    BypassChanged,
    EngineChanged,
    EngineState,
    ParameterChanged,
    PedalboardChanged,
    SnapshotChanged,
    State,
    StateChange,
)
from controld.events import ControlMoved, SurfaceEvent
from controld.mappings.profile import Control, Kind, Profile, Source, SourceType
from controld.osc_clients import Reply
from controld.osc_codec import OscArg, decode, encode, flatten
from controld.osc_limits import Limits
from controld.surfaces.osc import OscSurface
from controld.values import Scale

GAIN = Scale(0.0, 20.0, 5.0)
PATIENCE_S = 3.0
ACTIVE, FADER = "/effect/drive/active", "/level"

Told = tuple[str, tuple[OscArg, ...]]


def control(name: str, kind: Kind, address: str) -> Control:
    return Control(name, kind, Source(SourceType.OSC, address=address))


CONTROLS = (
    control("level", Kind.FADER, FADER),
    control("fs1", Kind.BUTTON, "/fs/1"),
    control("any", Kind.PEDAL, "/a/*"),
)
PROFILE = Profile("osc-remote", "", {each.name: each for each in CONTROLS})

STATE: list[StateChange] = [
    EngineChanged(EngineState.UP, "virtual"),
    PedalboardChanged("Stage", 1, State.CONFIRMED, ("drive",), ("Clean", "Lead")),
    SnapshotChanged("Clean", 1, State.CONFIRMED),
    BypassChanged("drive", bypassed=True, confirmed=True, state=State.CONFIRMED),
    ParameterChanged("drive", "gain", 5.0, 5.0, State.CONFIRMED, GAIN),
]


class Tablet:
    """An OSC client on a socket of its own."""

    def __init__(self, surface: OscSurface) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.surface = surface
        self.datagrams: list[bytes] = []

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    @property
    def origin(self) -> str:
        return f"{self.surface.name}/127.0.0.1:{self.port}"

    def send(self, address: str, *args: OscArg, tags: str | None = None) -> None:
        self.send_raw(encode(address, args, tags))

    def send_raw(self, datagram: bytes) -> None:
        self.socket.sendto(datagram, self.surface.address)

    async def hear(self) -> list[Told]:
        """Return the messages of the next datagram."""
        loop = asyncio.get_running_loop()
        datagram = await asyncio.wait_for(loop.sock_recv(self.socket, 65_535), PATIENCE_S)
        self.datagrams.append(datagram)
        return [(message.address, message.args) for _, message in flatten(decode(datagram))]

    async def hear_until(self, address: str) -> tuple[OscArg, ...]:
        """Return what is told at an address, whatever comes before."""
        while True:
            for told, args in await self.hear():
                if told == address:
                    return args

    async def hear_up_to_now(self) -> list[Told]:
        """Return everything told until a ping sent now is answered."""
        self.send("/controld/ping", "up to now")
        told: list[Told] = []
        while ("/controld/pong", ("up to now",)) not in told:
            told += await self.hear()
        return told[: told.index(("/controld/pong", ("up to now",)))]


class Stage:
    """A started surface with everything it told the core."""

    def __init__(self, surface: OscSurface, events: list[SurfaceEvent]) -> None:
        self.surface = surface
        self.events = events
        self.tablets: list[Tablet] = []

    def tablet(self) -> Tablet:
        self.tablets.append(Tablet(self.surface))
        return self.tablets[-1]

    async def greeted(self) -> Tablet:
        """Return a tablet that said hello and heard everything."""
        tablet = self.tablet()
        tablet.send("/controld/hello")
        await tablet.hear_up_to_now()
        self.events.clear()
        return tablet

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something, and fail where it does not come."""
        deadline = time.monotonic() + PATIENCE_S
        while not happened():
            assert time.monotonic() < deadline, "it did not happen"
            await asyncio.sleep(0.002)

    def moves(self, name: str = "tablet.level") -> list[float]:
        return [event.position for event in self.events if isinstance(event, ControlMoved) and event.control == name]


@asynccontextmanager
async def stage(
    reply: Reply | None = None,
    state: Sequence[StateChange] = STATE,
    limits: Limits = Limits(),  # noqa: B008
) -> AsyncIterator[Stage]:
    """Start a surface on a free port of the loopback."""
    events: list[SurfaceEvent] = []
    loop = asyncio.get_running_loop()
    surface = OscSurface("tablet", PROFILE, ("127.0.0.1", 0), reply or Reply(), events.append, loop, limits=limits)
    surface.tell(state)
    await surface.start()
    playing = Stage(surface, events)
    try:
        yield playing
    finally:
        await surface.stop()
        for tablet in playing.tablets:
            tablet.socket.close()


def play(
    scene: Callable[[Stage], Awaitable[None]],
    reply: Reply | None = None,
    limits: Limits = Limits(),  # noqa: B008
) -> None:
    """Run a scene on a stage."""

    async def run() -> None:
        async with stage(reply, limits=limits) as playing:
            await scene(playing)

    asyncio.run(run())


def bypass(
    confirmed: bool, origin: str, state: State = State.CONFIRMED, *, wished: bool | None = None
) -> BypassChanged:
    return BypassChanged("drive", confirmed if wished is None else wished, confirmed, state, origin)
