"""MIDI surfaces over a real JACK server, with a real device: another process with ports of its own."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jack_device import WITHIN_S, Device
from jack_server import JackServer, needs_jackd, running_server  # noqa: F401 - a fixture
from midi_floor import PROFILE, kinds, quick_system, until

from controld.changes import State
from controld.events import ControlMoved, ControlTurned, SurfaceConnected, SurfaceEvent, SurfaceLost
from controld.feedback import Feedback
from controld.surfaces.midi import MidiSurface
from controld.surfaces.midi_system import list_all_ports


@asynccontextmanager
async def surface(events: list[SurfaceEvent], pattern: str = "*FCB1010*") -> AsyncIterator[MidiSurface]:
    floor = MidiSurface("floor", PROFILE, pattern, pattern, quick_system(), events.append)
    floor.start()
    try:
        yield floor
    finally:
        await floor.stop()


def lit(control: str, value: float = 1.0) -> Feedback:
    return Feedback(f"floor.{control}", value, State.CONFIRMED)


@needs_jackd
class TestJack:
    def test_events_come_in_and_lights_go_out(self, server: JackServer) -> None:
        """A message of the device is an event with its time; feedback arrives at the device once and in order."""

        async def play() -> None:
            events: list[SurfaceEvent] = []
            device = Device("FCB1010")
            async with surface(events) as floor:
                await until(lambda: bool(events))
                assert events == [SurfaceConnected("floor", events[0].time_s)]
                assert floor.status() == "connected to FCB1010 out:MIDI 1, FCB1010 in:MIDI 1"
                before = time.monotonic()
                while len(events) < 2:  # what is sent in the period in which it was connected, JACK does not carry
                    device.tell("send b0147f")
                    await asyncio.sleep(0.05)
                    assert time.monotonic() < before + WITHIN_S
                assert events[1] == ControlMoved("floor.fs0", 1.0, events[1].time_s)
                assert before <= events[1].time_s <= time.monotonic()
                floor.show([lit("fs3"), lit("fs1")])
                floor.show([lit("fs3")])
                sysex = b"\xf0" + bytes(16_000) + b"\xf7"
                floor.send(sysex)
                assert await device.hears(3) == ["b0157f", "b0177f", sysex.hex()]
            device.unplug()

        asyncio.run(play())

    def test_a_burst_arrives_whole(self, server: JackServer) -> None:
        """Five hundred quick steps of an encoder are five hundred detents."""

        async def play() -> None:
            events: list[SurfaceEvent] = []
            device = Device("FCB1010")
            async with surface(events) as floor:
                await until(lambda: floor.connected)
                device.tell("burst 500")
                await until(lambda: len(events) == 501)
                assert sum(event.detents for event in events if isinstance(event, ControlTurned)) == 500
            device.unplug()

        asyncio.run(play())

    def test_a_device_comes_goes_and_comes_again(self, server: JackServer) -> None:
        """An absent device is waited for; unplugged and plugged again it is told of, and works as before."""

        async def play() -> None:
            events: list[SurfaceEvent] = []
            async with surface(events) as floor:
                assert floor.status() == 'waiting for "*FCB1010*"'
                for _ in range(3):
                    events.clear()
                    device = Device("FCB1010")
                    await until(lambda: floor.connected)
                    device.tell("send b0147f")
                    floor.show([lit("fs1")])
                    assert await device.hears(1) == ["b0157f"]
                    await until(lambda: len(events) == 2)
                    device.unplug()
                    await until(lambda: len(events) == 3)
                    assert kinds(events) == [SurfaceConnected, ControlMoved, SurfaceLost]

        asyncio.run(play())

    def test_a_device_that_was_killed_is_lost_at_once_and_heals(self, server: JackServer) -> None:
        """A device that dies is told lost within half a second, though JACK needs five to be rid of its ghost."""

        async def play() -> None:
            events: list[SurfaceEvent] = []
            device = Device("FCB1010", "out")
            async with surface(events) as floor:
                await until(lambda: floor.connected)
                device.kill()
                await until(lambda: kinds(events) == [SurfaceConnected, SurfaceLost], 0.5)
                device = await asyncio.to_thread(Device, "FCB1010", "out")
                await until(lambda: floor.connected)
                device.tell("send b0147f")
                await until(lambda: len(events) == 4)
                assert kinds(events) == [SurfaceConnected, SurfaceLost, SurfaceConnected, ControlMoved]
                device.unplug()

        asyncio.run(play())

    def test_the_server_may_die_and_return(self, server: JackServer) -> None:
        """Three deaths of the server: each is told, each heals, and nothing crashes."""

        async def play() -> None:
            events: list[SurfaceEvent] = []
            async with surface(events) as floor:
                for _ in range(3):
                    events.clear()
                    device = await asyncio.to_thread(Device, "FCB1010")
                    await until(lambda: floor.connected)
                    server.stop(kill=True)
                    await until(lambda: kinds(events) == [SurfaceConnected, SurfaceLost])
                    device.kill()
                    await asyncio.to_thread(server.start)

        asyncio.run(play())

    def test_our_own_ports_never_match(self, server: JackServer) -> None:
        """A pattern for everything finds devices and not ourselves."""

        async def play() -> None:
            events: list[SurfaceEvent] = []
            async with surface(events, "*") as floor:
                await until(lambda: "controld-floor-in:floor in" in list_all_ports()["JACK"].outputs)
                device = Device("Other")
                await until(lambda: floor.connected)
                assert floor.status() == "connected to Other out:MIDI 1, Other in:MIDI 1"
                device.unplug()

        asyncio.run(play())
