"""Every way a device is shown something, as the bytes that arrive at it over a real JACK server."""

import asyncio
import time
from collections.abc import Sequence

from config_texts import controls
from jack_device import Device
from jack_server import JackServer, needs_jackd, running_server  # noqa: F401 - a fixture
from midi_floor import quick_system, until

from controld.changes import State
from controld.events import SurfaceEvent
from controld.feedback import Feedback
from controld.mappings.profile import Profile
from controld.surfaces.midi import MidiSurface

CONTROLS = """\
plain: {cc: 20, kind: button, led: {}}
rich: {note: 36, kind: button, led: {off: 0, on: 127, dim: 1, blink: 2, colors: {red: 5, green: 20, blue: 45}}}
ring: {cc: 16, kind: encoder, ring: {cc: 48, mode: fill}}
motor: {pitchbend: any, kind: fader}
strip: {kind: display, rows: 1, columns: 4, sysex: "F0 00 20 7A {row} {text} F7"}
"""
RATE = 1000.0  # bytes a second: a third of a cable


def look(
    control: str, value: float = 1.0, style: str = "", color: str = "", text: str = "", state: State = State.CONFIRMED
) -> Feedback:
    return Feedback(f"desk.{control}", value, state, style, color, text)


STEPS: Sequence[tuple[Feedback, str]] = (
    (look("plain", style="on"), "b0147f"),
    (look("plain", 0.0, style="off"), "b01400"),
    (look("rich", style="on"), "90247f"),
    (look("rich", style="dim", state=State.ASKED), "902401"),
    (look("rich", style="on", color="red", state=State.FAILED), "902405"),
    (look("rich", style="on", color="lime"), "902414"),
    (look("rich", style="on", color="#1010ff"), "90242d"),
    (look("rich", style="blink"), "902402"),
    (look("rich", 0.0, style="off"), "902400"),
    (look("ring", 1.0), "b0302b"),
    (look("ring", 0.0), "b03021"),
    (look("motor", 1.0), "e07f7f"),
    (look("strip", text="Solo"), "f000207a00536f6c6ff7"),
)


@needs_jackd
def test_each_look_arrives_as_the_device_takes_it(server: JackServer) -> None:
    """On, off, dim, blink and colours, the nearest where it has not that one; rings, motors and strips; three states.

    One after the other, and what it shows already is not sent again.
    """

    async def play() -> None:
        events: list[SurfaceEvent] = []
        device = await asyncio.to_thread(Device, "Desk")
        profile = Profile("test", "", controls(CONTROLS), max_rate=31250.0)
        desk = MidiSurface("desk", profile, "*Desk*", "*Desk*", quick_system(), events.append)
        desk.start()
        await until(lambda: desk.connected)
        for shown, wire in STEPS:
            desk.show([shown])
            desk.show([shown])
            assert await device.hears(1) == [wire]
        await desk.stop()
        device.unplug()

    asyncio.run(play())


@needs_jackd
def test_a_resync_is_spread_in_order_and_ends_with_the_newest(server: JackServer) -> None:
    """At the device's own rate, in the order of its profile; what changes meanwhile is sent once, as it is then."""
    many = {
        f"fs{n}": control
        for n in range(40)
        for control in controls(f"fs{n}: {{cc: {n}, kind: button, led: {{}}}}").values()
    }

    async def play() -> None:
        device = await asyncio.to_thread(Device, "Desk")
        desk = MidiSurface(
            "desk", Profile("test", "", many, max_rate=RATE), "*Desk*", "*Desk*", quick_system(), lambda _event: None
        )
        desk.start()
        await until(lambda: desk.connected)
        await asyncio.sleep(0.15)  # a port that was just connected takes nothing for that long
        begin_s = time.monotonic()
        desk.show([look(f"fs{n}", style="on") for n in reversed(range(40))])
        desk.show([look("fs39", 0.0, style="off")])
        heard = await device.hears(40)
        assert time.monotonic() - begin_s >= (40 * 3 - 12) / RATE * 0.9
        assert heard == [f"b0{n:02x}7f" for n in range(39)] + ["b02700"]
        await desk.stop()
        device.unplug()

    asyncio.run(play())
