"""Every kind of MIDI message over a real JACK server, from a device in another process to events of its controls."""

import asyncio

from config_texts import controls
from jack_device import Device
from jack_server import JackServer, needs_jackd, running_server  # noqa: F401 - a fixture
from midi_floor import until

from controld.changes import State
from controld.events import ControlMoved, ControlTouched, ControlTurned, ProgramChosen, SurfaceConnected, SurfaceEvent
from controld.feedback import Feedback
from controld.mappings.profile import Profile, Source, SourceType
from controld.mappings.raw_midi import raw_control
from controld.surfaces.midi import MidiSurface, MidiSystem

PROFILE = """\
squeeze: {pressure: any, kind: pedal}
pad: {polypressure: C1, kind: pedal}
cutoff: {nrpn: 1021, kind: knob, bits: 14}
bend-range: {rpn: 0, kind: encoder}
master: {sysex: "F0 7F 7F 04 01 {fine} {coarse} F7", kind: knob}
dump: {sysex: "F0 00 20 7A 01 ?? F7", kind: button}
play: {start: any, kind: button}
tick: {clock: any, kind: button}
scene: {cc: 69, kind: program}
motor: {pitchbend: any, kind: fader, touch: {note: 104}}
"""
# One message of each kind, and two for what comes in halves or has an end.
SENT = [
    "d040", "a01840", "b06307", "b0627d", "b00640", "b02605", "b06500", "b06400", "b06000", "f07f7f04017f7ff7",
    "f000207a0105f7", "fa", "f8", "b04507", "906801", "e00040", "906800",
]  # fmt: skip


def described(event: SurfaceEvent) -> tuple[str, object]:
    """Return an event without its time."""
    match event:
        case ControlMoved():
            return event.control.removeprefix("desk."), round(event.position, 4)
        case ControlTurned():
            return event.control.removeprefix("desk."), event.detents
        case ProgramChosen():
            return event.control.removeprefix("desk."), event.program
        case ControlTouched():
            return event.control.removeprefix("desk."), event.touched
    return type(event).__name__, ""


@needs_jackd
def test_every_message_arrives_and_means_what_it_says(server: JackServer) -> None:
    """In order, each once, also where a rule without a profile hears the same message."""
    from controld.surfaces.midi_jack import JackBackend

    raw = raw_control(Source(SourceType.CC, 69))
    profile = Profile("desk", "", controls(PROFILE) | {raw.name: raw}, max_rate=31250.0)
    events: list[SurfaceEvent] = []

    async def play() -> None:
        device = await asyncio.to_thread(Device, "Desk")
        system = MidiSystem([lambda wake: JackBackend(wake, poll_s=0.1)])
        desk = MidiSurface("desk", profile, "*Desk*", "*Desk*", system, events.append)
        desk.start()
        await until(lambda: desk.connected)
        for message in SENT:
            device.tell(f"send {message}")
        await until(lambda: len(events) >= 18)
        desk.show([Feedback("desk.motor", 1.0, State.CONFIRMED)])
        assert await device.hears(1) == ["e07f7f"]  # the hand let go, so the motor goes where the rig is
        assert not desk.decoder.counters
        await desk.stop()
        device.unplug()

    asyncio.run(play())
    assert isinstance(events[0], SurfaceConnected)
    assert [described(event) for event in events[1:]] == [
        ("squeeze", 0.5039), ("pad", 0.5039), ("cutoff", 0.5), ("cutoff", 0.5003), ("bend-range", 1), ("master", 1.0),
        ("dump", 1.0), ("dump", 0.0), ("play", 1.0), ("play", 0.0), ("tick", 1.0), ("tick", 0.0), ("scene", 7),
        ("midi:cc69@any", 0.0), ("motor", True), ("motor", 0.5), ("motor", False),
    ]  # fmt: skip
