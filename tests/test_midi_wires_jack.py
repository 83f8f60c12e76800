"""Thru, a loop of cables and the clock over a real JACK server, with devices and JACK's own tools at the far end."""

import asyncio
import logging
import re
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from jack_device import Floorboard
from jack_server import RATE, JackServer, needs_jackd, running_server  # noqa: F401 - a fixture
from midi_floor import PROFILE, quick_system, until

from controld.actions import FollowClock, SetTransport
from controld.changes import TempoChanged
from controld.events import ControlMoved, SurfaceAsked, SurfaceEvent
from controld.midi_clock import PPQN
from controld.midi_loops import BROKEN_S, SUSPECT
from controld.midi_thru import THRU_KINDS, Thru
from controld.surfaces.midi import MidiSurface
from controld.surfaces.midi_clock_out import ClockOut
from controld.surfaces.midi_wires import Wires

needs_dump = pytest.mark.skipif(not shutil.which("jack_midi_dump"), reason="JACK's example tools are not installed")


class Rack:
    """Two wired surfaces, `keys` and `synth`, each with a device of its own."""

    def __init__(self) -> None:
        self.events: list[SurfaceEvent] = []
        self.handed_on: list[bytes] = []
        self.surfaces: dict[str, MidiSurface] = {}
        self.devices: dict[str, Floorboard] = {}

    @asynccontextmanager
    async def playing(self, thru: Mapping[str, Sequence[Thru]], source: str = "") -> AsyncIterator["Rack"]:
        system = quick_system()
        wires = Wires(thru, source, self.events.append, self.handed_on.append)
        for name in ("keys", "synth"):
            self.devices[name] = await asyncio.to_thread(Floorboard, f"Dev-{name}")
            pattern = f"Dev-{name}*"
            self.surfaces[name] = MidiSurface(name, PROFILE, pattern, pattern, system, self.events.append, wires=wires)
            self.surfaces[name].start()
        await until(lambda: all(surface.connected for surface in self.surfaces.values()))
        await asyncio.sleep(0.15)  # no test of time: a port that was just connected takes nothing for that long
        yield self
        for device in self.devices.values():
            device.unplug()
        await system.stop()


@needs_jackd
def test_what_goes_on_is_what_is_wanted(server: JackServer) -> None:
    """Notes of one channel arrive at the other device as they are; rules hear everything all the same."""

    async def play() -> None:
        thru = Thru("synth", THRU_KINDS["note"] | THRU_KINDS["sysex"], frozenset({2}))
        async with Rack().playing({"keys": [thru]}) as rack:
            keys, synth = rack.devices["keys"], rack.devices["synth"]
            for message in ("903c40", "913c40", "b0147f", "f07d01f7", "b1147f", "813c00"):
                keys.tell(f"send {message}")
            await until(lambda: len(synth.shown) >= 3)
            assert synth.shown == ["913c40", "f07d01f7", "813c00"]
            assert [event.control for event in rack.events if isinstance(event, ControlMoved)] == ["keys.fs0"] * 2

    asyncio.run(play())


def cable(verb: str, one: str, other: str) -> None:
    """Plug or pull a cable between two ports."""
    subprocess.run([f"jack_{verb}", one, other], check=True, capture_output=True, timeout=10)


@needs_jackd
def test_a_loop_of_cables_is_named_broken_and_tried_again(server: JackServer, caplog: pytest.LogCaptureFixture) -> None:
    """One press, thru and a cable back: some dozen messages in all, both ports told; without the cable all is well."""
    caplog.set_level(logging.INFO, "controld.midi")
    back = ("controld-synth-out:synth out", "controld-keys-in:keys in")

    async def play() -> None:
        async with Rack().playing({"keys": [Thru("synth")]}) as rack:
            keys, synth = rack.devices["keys"], rack.devices["synth"]
            await asyncio.to_thread(cable, "connect", *back)
            keys.send(0xB0, 0x14, 0x7F)
            await until(lambda: "a loop: " in caplog.text)
            assert 'what is sent to "Dev-synth in:MIDI 1" (synth) comes back from "Dev-keys out:MIDI 1" (keys)' in (
                caplog.text
            )
            # The loop is as quick as two periods, so that without an end it would be hundreds by now.
            await asyncio.sleep(BROKEN_S + 0.3)
            presses = [message for message in synth.shown if message == "b0147f"]
            assert len(presses) <= 2 * SUSPECT
            keys.send(0xB0, 0x15, 0x7F)
            await until(lambda: "a loop is still there: " in caplog.text)
            await asyncio.to_thread(cable, "disconnect", *back)
            synth.shown.clear()
            keys.send(0xB0, 0x16, 0x7F)
            await until(lambda: synth.shown[-1:] == ["b0167f"])
            assert rack.surfaces["keys"].counters["received"] < 200

    asyncio.run(play())


@needs_jackd
def test_the_clock_of_a_device_is_the_tempo(server: JackServer) -> None:
    """Ticks of another process: their tempo, their start and their stop reach the core; they are handed on whole."""

    async def play() -> None:
        async with Rack().playing({}, source="keys") as rack:
            keys = rack.devices["keys"]
            keys.send(0xFA)
            keys.tell("clock 72 0.0208333")  # 120 beats a minute
            await until(lambda: len(rack.handed_on) >= 73)
            keys.send(0xFC)
            await until(lambda: len(rack.handed_on) == 74)
            asked = [event.action for event in rack.events if isinstance(event, SurfaceAsked)]
            assert asked[0] == SetTransport(rolling=True)
            assert asked[-1] == SetTransport(rolling=False)
            tempi = [action.bpm for action in asked if isinstance(action, FollowClock)]
            # The device sleeps between its ticks, on a machine that does other things too.
            assert 90.0 < tempi[-1] < 121.0
            assert "clock" not in rack.surfaces["keys"].counters

    asyncio.run(play())


class Dump:
    """JACK's own `jack_midi_dump`: what arrived, each with the frame in which it did."""

    def __init__(self, name: str) -> None:
        self.heard: list[tuple[int, str]] = []
        self._process = subprocess.Popen(
            ["stdbuf", "-oL", "jack_midi_dump", "-a", name],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = re.match(r"\s*(\d+):\s+((?:[0-9a-f]{2}\s*)+)", line)
            if found:
                self.heard.append((int(found[1]), found[2].replace(" ", "").strip()))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(5)
        self._reader.join(5)
        assert self._process.stdout is not None
        self._process.stdout.close()


def kinds_of(heard: Sequence[tuple[int, str]]) -> list[str]:
    return [message for _, message in heard if message != "f8"]


@needs_jackd
@needs_dump
def test_a_device_is_sent_the_clock_of_the_rig(server: JackServer) -> None:
    """Start, continue and stop with the transport, 24 ticks in each beat, at the tempo that is so now.

    Heard by a program of JACK's own, which knows the frame of each message.
    """

    async def play() -> None:
        ear = await asyncio.to_thread(Dump, "Ear")
        clock = ClockOut([("synth", "Ear*", "p")], quick_system(), TempoChanged(120.0, rolling=False))
        clock.start()
        await until(lambda: len(ear.heard) > 4)
        for tempo, mark in (
            (TempoChanged(120.0, rolling=True), "fa"),
            (TempoChanged(120.0, rolling=False), "fc"),
            (TempoChanged(240.0, rolling=True, resumed=True), "fb"),
        ):
            clock.tell(tempo)
            await until(lambda mark=mark: kinds_of(ear.heard)[-1:] == [mark])  # type: ignore[misc]
            count = len(ear.heard)
            await until(lambda count=count: len(ear.heard) >= count + 2 * PPQN)  # type: ignore[misc]
        await clock.stop()
        silent = len(ear.heard)
        assert kinds_of(ear.heard) == ["fa", "fc", "fb"]
        first = ear.heard.index(next(each for each in ear.heard if each[1] == "fa"))
        assert ear.heard[first + 1][0] - ear.heard[first][0] < RATE / 50  # its beat comes with the start
        after = ear.heard[ear.heard.index(next(each for each in ear.heard if each[1] == "fb")) :]
        frames = sorted(b[0] - a[0] for a, b in pairwise(after[2:]))
        # JACK counts no frames while the machine is busy elsewhere, so never more of them than the tempo has.
        assert frames[len(frames) // 2] <= 1.5 * RATE * 60 / 240 / PPQN
        assert len(ear.heard) == silent
        ear.close()

    asyncio.run(play())


def test_a_clock_without_devices_costs_nothing() -> None:
    """Its thread sleeps until one joins, and ends when it is told to."""

    class Nowhere:
        def add(self, member: object) -> None:
            """Take a wish that is never fulfilled."""

        async def remove(self, member: object) -> None:
            """Take it back."""

    async def play() -> None:
        clock = ClockOut([("synth", "*", "p")], Nowhere(), TempoChanged(120.0, rolling=False))  # type: ignore[arg-type]
        clock.start()
        clock.tell(TempoChanged(90.0, rolling=True))
        await clock.stop()
        assert not clock._thread or not clock._thread.is_alive()

    asyncio.run(play())
