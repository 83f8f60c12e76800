"""A profile for MIDI surfaces, JACK looked for often, and a MIDI system whose ports the test sets. Shared by tests."""

import asyncio
import time
from collections.abc import Callable, Sequence

from jack_device import WITHIN_S

from controld.events import SurfaceEvent
from controld.mappings.profile import Control, Kind, Light, Profile, Source, SourceType
from controld.surfaces.midi import MidiSystem
from controld.surfaces.midi_ports import Links, PortList, Wish

CC = SourceType.CC
CONTROLS = (
    *(Control(f"fs{n}", Kind.BUTTON, Source(CC, 20 + n), Light(CC, 20 + n)) for n in range(6)),
    Control("exp", Kind.PEDAL, Source(CC, 7)),
    Control("wheel", Kind.ENCODER, Source(CC, 16)),
)
PROFILE = Profile("test", "", {control.name: control for control in CONTROLS}, max_rate=31250.0)


async def until(condition: Callable[[], bool], within_s: float = WITHIN_S) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        await asyncio.sleep(0.005)


def quick_system() -> MidiSystem:
    """A system that looks for a lost server often enough for a test."""
    from controld.surfaces.midi_jack import JackBackend

    return MidiSystem([lambda wake: JackBackend(wake, poll_s=0.1)])


def kinds(events: list[SurfaceEvent]) -> list[type]:
    return [type(event) for event in events]


class FakeBackend:
    """A MIDI system whose ports the test sets."""

    name = "fake"
    absent = "no fake is there"
    runs = True

    def __init__(self, wake: Callable[[], None]) -> None:
        self.wake = wake
        self.links: Links = {}
        self.wishes: list[Wish] = []

    def refresh(self, wishes: Sequence[Wish], publish: Callable[[Links], None]) -> float | None:
        self.wishes = list(wishes)
        publish(self.links)
        return None

    def pulse(self) -> None:
        pass

    def list_ports(self) -> PortList | None:
        return None

    def close(self) -> None:
        self.links = {}
