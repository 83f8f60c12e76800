"""Two identical units over a real JACK server, and a server that dies a hundred times."""

import asyncio
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from jack_device import Device
from jack_server import JackServer, needs_jackd, running_server  # noqa: F401 - a fixture
from midi_floor import PROFILE, FakeBackend, kinds, quick_system, until

from controld.events import ControlMoved, SurfaceConnected, SurfaceEvent, SurfaceLost
from controld.surfaces.midi import MidiSurface, MidiSystem

BACK_WITHIN_S = 2.0
DEATHS, PROCESSES = 100, 5
PATIENCE_S = 30.0  # five servers and their clients begin anew at once


def open_files() -> int:
    """Return how many descriptors this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


class Pair:
    """Two surfaces that ask for the same ports with the same profile."""

    def __init__(self, system: MidiSystem, pattern: str) -> None:
        self.events: dict[str, list[SurfaceEvent]] = {"left": [], "right": []}
        self.surfaces = [
            MidiSurface(name, PROFILE, pattern, pattern, system, events.append) for name, events in self.events.items()
        ]

    async def stop(self) -> None:
        for surface in self.surfaces:
            await surface.stop()

    async def waits_for(self, *units: str) -> None:
        """Wait until the two surfaces are connected with the units of these names; "" for none."""
        words = [f"connected to {unit} out:MIDI 1, {unit} in:MIDI 1" if unit else "waiting for" for unit in units]
        started = time.monotonic()
        await until(lambda: all(s.status().startswith(word) for s, word in zip(self.surfaces, words, strict=True)))
        assert time.monotonic() < started + BACK_WITHIN_S


@needs_jackd
def test_two_identical_units_keep_their_places(server: JackServer) -> None:
    """One missing does not make the other jump, both come back in either order, and presses are each one's own."""

    async def play() -> None:
        pair = Pair(quick_system(), "*Board*")
        first, second = await asyncio.to_thread(Device, "Board A"), await asyncio.to_thread(Device, "Board B")
        for surface in pair.surfaces:
            surface.start()
        await pair.waits_for("Board A", "Board B")
        first.unplug()
        await pair.waits_for("", "Board B")
        second.unplug()
        await pair.waits_for("", "")
        second = await asyncio.to_thread(Device, "Board B")
        await pair.waits_for("", "Board B")
        first = await asyncio.to_thread(Device, "Board A")
        await pair.waits_for("Board A", "Board B")
        pair.events["left"].clear()
        second.tell("send b0147f")
        await until(lambda: isinstance(pair.events["right"][-1], ControlMoved))
        assert pair.events["left"] == []
        first.unplug()
        second.unplug()
        await pair.stop()

    asyncio.run(play())


@needs_jackd
def test_a_device_under_another_suffix_is_the_same_device(server: JackServer) -> None:
    """A name that was written out is found though another client has it now and JACK numbers the second one."""

    async def play() -> None:
        events: list[SurfaceEvent] = []
        floor = MidiSurface("floor", PROFILE, "Board out:MIDI 1", "", quick_system(), events.append)
        floor.start()
        first, again = await asyncio.to_thread(Device, "Board", "out"), await asyncio.to_thread(Device, "Board", "out")
        await until(lambda: floor.status() == "connected to Board out:MIDI 1", BACK_WITHIN_S)
        first.unplug()
        await until(lambda: floor.status() == "connected to Board out-01:MIDI 1", BACK_WITHIN_S)
        assert kinds(events) == [SurfaceConnected, SurfaceLost, SurfaceConnected]
        again.unplug()
        await until(lambda: kinds(events)[3:] == [SurfaceLost])
        await floor.stop()

    asyncio.run(play())


async def die(deaths: int) -> None:
    """Have the server of this process die so often, with ports open each time; raises where one is not healed.

    That devices come back too is played by `test_the_server_may_die_and_return`.
    """
    from controld.surfaces.midi_jack import JackBackend

    backends: list[JackBackend] = []

    def make(wake: Callable[[], None]) -> JackBackend:
        backends.append(JackBackend(wake, poll_s=0.05))
        return backends[-1]

    system = MidiSystem([make])
    floor = MidiSurface("floor", PROFILE, "*", "", system, lambda _event: None)
    descriptors = 0
    with JackServer() as server:
        floor.start()
        for death in range(deaths):
            await until(lambda: len(backends[0]._ports) == 1, PATIENCE_S)
            await system._refresh()  # what is being opened is open: libjack itself does not survive a death within that
            if death == 1:
                descriptors = open_files()
            server.stop(kill=True)
            await until(lambda: not backends[0].runs, PATIENCE_S)
            await asyncio.to_thread(server.start)
        await until(lambda: len(backends[0]._ports) == 1, PATIENCE_S)
        await until(lambda: open_files() <= descriptors)  # libjack closes some of them by itself, a moment later
        await floor.stop()


def alone(command: Sequence[str]) -> list[str]:
    """Return a command with a /dev/shm of its own.

    JACK keeps a database there for all servers of a user, in which each that is killed leaves locks: after some hundred
    deaths no client of any server is taken any more, until the machine starts again.
    """
    script = 'mount --make-rprivate / && mount -t tmpfs tmpfs /dev/shm && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sh", *command]


def can_be_alone() -> bool:
    """Tell whether that is granted here."""
    with suppress(FileNotFoundError):
        return subprocess.run(alone(["true"]), capture_output=True, check=False).returncode == 0
    return False


@needs_jackd
@pytest.mark.skipif(not can_be_alone(), reason="no /dev/shm of one's own is granted here, and JACK's would be spoilt")
def test_a_server_that_dies_a_hundred_times_is_survived() -> None:
    """No crash, no descriptor left, every death healed. In five processes at once, each with a server of its own.

    For RtMidi waits a whole second for a dead server at each port out, and a crash is then a number and not the end.
    """
    script = f"import asyncio, test_midi_units_jack as t; asyncio.run(t.die({DEATHS // PROCESSES}))"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    processes = [
        subprocess.Popen(
            alone([sys.executable, "-c", script]),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    ends = [(process.communicate(timeout=300)[1], process.returncode) for process in processes]
    assert [code for _, code in ends] == [0] * PROCESSES, "\n".join(text[-2000:] for text, _ in ends)


class Absent(FakeBackend):
    """A system that does not run."""

    name = "absent"
    absent = "the absent one is not there"
    runs = False

    def refresh(self, wishes: object, publish: object) -> float | None:
        return 0.001


def test_a_missing_system_is_said_once_and_the_other_works(caplog: pytest.LogCaptureFixture) -> None:
    """However often it is looked for; devices come by the one that runs."""
    caplog.set_level(logging.INFO, "controld.midi")

    async def play() -> None:
        system = MidiSystem([Absent, FakeBackend])
        floor = MidiSurface("floor", PROFILE, "dev", "", system, lambda _: None)
        floor.start()
        await until(lambda: bool(caplog.records))
        for _ in range(20):
            system._wake()
            await asyncio.sleep(0.002)
        await floor.stop()

    asyncio.run(play())
    assert [record.getMessage() for record in caplog.records] == [
        "the absent one is not there; MIDI devices are looked for with fake alone until then"
    ]


@needs_jackd
def test_a_sysex_without_an_end_swallows_nothing(server: JackServer) -> None:
    """Presses after it are heard soon, a long one in pieces arrives whole, and a pulled cable is no harm."""

    async def play() -> None:
        events: list[SurfaceEvent] = []
        whole: list[bytes] = []
        floor = MidiSurface("floor", PROFILE, "Board*", "", quick_system(), events.append)
        floor.watch(lambda _, data, __: whole.append(data))
        floor.start()
        device = await asyncio.to_thread(Device, "Board", "out")
        await until(lambda: floor.connected)
        device.tell("send f000207a")
        device.tell("send b0147f")
        device.tell("send b0157f")
        await until(lambda: len([e for e in events if isinstance(e, ControlMoved)]) == 2)
        device.tell("send f000207a0102")
        await asyncio.sleep(0.7)  # longer than from one flush to the next
        device.tell("send 0304f7")
        device.tell("send b01400")
        await until(lambda: len([e for e in events if isinstance(e, ControlMoved)]) == 3)
        assert floor.counters["sysex"] == 1
        assert floor.counters["sysex without end"] == 1
        device.tell("send f000207a0102")
        await asyncio.sleep(0.1)
        device.unplug()
        await until(lambda: not floor.connected)
        device = await asyncio.to_thread(Device, "Board", "out")
        await until(lambda: floor.connected)
        device.tell("send b0167f")
        await until(lambda: isinstance(events[-1], ControlMoved))
        assert not [data for data in whole if b"flush" in data]
        device.unplug()
        await floor.stop()

    asyncio.run(play())
