"""Shipped profiles over a real JACK server: a device is set up, shown text and positions, and not fought."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jack_device import Device
from jack_server import JackServer, needs_jackd, running_server  # noqa: F401 - a fixture
from midi_floor import until
from test_profiles_shipped import profile

from controld.changes import State
from controld.events import ControlTouched, SurfaceConnected, SurfaceEvent
from controld.feedback import Feedback
from controld.surfaces.midi import MidiSurface, MidiSystem


@asynccontextmanager
async def surface(name: str, events: list[SurfaceEvent]) -> AsyncIterator[MidiSurface]:
    from controld.surfaces.midi_jack import JackBackend

    system = MidiSystem([lambda wake: JackBackend(wake, poll_s=0.1)])
    desk = MidiSurface("desk", profile(name), "*Desk*", "*Desk*", system, events.append)
    desk.start()
    try:
        await until(lambda: any(isinstance(event, SurfaceConnected) for event in events))
        yield desk
    finally:
        await desk.stop()


def look(control: str, value: float = 1.0, style: str = "", text: str = "") -> Feedback:
    return Feedback(f"desk.{control}", value, State.CONFIRMED, style, text=text)


@needs_jackd
class TestDevices:
    def test_a_desk_with_motors_and_scribble_strips(self, server: JackServer) -> None:
        """Text goes to its place; a fader under a hand waits, and is told where it is to stand when it is free."""

        async def play() -> None:
            events: list[SurfaceEvent] = []
            device = Device("Desk")
            async with surface("mackie-control", events) as desk:
                desk.show([look("strip2", text="Gain\n-6 dB"), look("vpot1", 0.5), look("solo3", style="blink")])
                assert await device.hears(4) == [
                    "b03026", "900a01",
                    "f0000066141207" + b"Gain   ".hex() + "f7", "f000006614123f" + b"-6 dB  ".hex() + "f7",
                ]  # fmt: skip
                device.tell("send 90687f")
                await until(lambda: any(isinstance(event, ControlTouched) for event in events))
                desk.show([look("fader1", 1.0), look("fader2", 1.0)])
                device.tell("send 906800")
                assert await device.hears(2) == ["e17f7f", "e07f7f"]
            device.unplug()

        asyncio.run(play())

    def test_a_device_is_set_up_and_told_again_what_it_lit_by_itself(self, server: JackServer) -> None:
        """What sets it up comes before any look; after a press and its release a lit button is lit again."""

        async def play() -> None:
            events: list[SurfaceEvent] = []
            device = Device("Desk")
            async with surface("behringer-x-touch-mini", events) as desk:
                setup = [message.hex() for message in profile("behringer-x-touch-mini").setup]
                desk.show([look("top1", style="on"), look("knob8", 1.0)])
                shown = [*setup, "ba087f", "900001"]
                assert await device.hears(len(shown)) == shown
                device.tell("send 9a087f")
                assert await device.hears(1) == ["900001"]
                device.tell("send 8a0800")
                assert await device.hears(1) == ["900001"]
            device.unplug()

        asyncio.run(play())
