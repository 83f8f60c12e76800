"""A MIDI surface on a system whose ports the test sets: pace, losses, halves, and what is refused."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from midi_floor import PROFILE, FakeBackend, kinds, until

from controld.events import ControlMoved, SurfaceConnected, SurfaceEvent, SurfaceLost
from controld.surfaces.midi import MidiSurface, MidiSystem
from controld.surfaces.midi_ports import Direction, Link, Links, Wish
from controld.surfaces.midi_system import NO_SYSTEM


class FakeRig:
    """A surface on a fake backend; `sent` is what the device heard."""

    def __init__(self) -> None:
        self.events: list[SurfaceEvent] = []
        self.sent: list[bytes] = []
        self.observed: list[tuple[str, bytes]] = []
        self.backends: list[FakeBackend] = []
        self.serial = 0

    def _make(self, wake: Callable[[], None]) -> FakeBackend:
        self.backends.append(FakeBackend(wake))
        return self.backends[-1]

    def _send(self, data: bytes) -> bool:
        self.sent.append(data)
        return True

    def plug(self, *directions: Direction) -> None:
        self.serial += 1
        self.backends[0].links = {("floor", d): Link("dev", self.serial, self._send) for d in directions}
        self.backends[0].wake()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[MidiSurface]:
        system = MidiSystem([self._make])
        floor = MidiSurface(
            "floor", PROFILE, "dev", "dev", system, self.events.append, None,
            lambda direction, data, _: self.observed.append((direction, data)),
        )  # fmt: skip
        floor.start()
        await until(lambda: bool(self.backends[0].wishes))
        yield floor
        await floor.stop()


BOTH = (Direction.IN, Direction.OUT)


class TestSurface:
    def test_injected_bytes_take_the_way_of_received_ones(self) -> None:
        """Simulated bytes are observed, decoded and counted as the device's own; unknown ones are counted by kind."""

        async def play() -> None:
            rig = FakeRig()
            async with rig.running() as floor:
                floor.inject(b"\xb0\x14\x7f\x14\x00")
                floor.inject(b"\xf8")
                await until(lambda: len(rig.observed) == 2)
                assert rig.observed[0] == ("in", b"\xb0\x14\x7f\x14\x00")
                assert [e.position for e in rig.events if isinstance(e, ControlMoved)] == [1.0, 0.0]
                assert floor.counters == {"received": 2, "clock": 1}

        asyncio.run(play())

    def test_output_keeps_the_devices_pace(self) -> None:
        """A hundred raw messages at 31,250 bytes a second take their time and all arrive, in order."""

        async def play() -> None:
            rig = FakeRig()
            async with rig.running() as floor:
                rig.plug(*BOTH)
                await until(lambda: floor.connected)
                floor.send(b"\xf8")
                assert rig.sent == []  # a port that was just connected would lose it
                await until(lambda: rig.sent == [b"\xf8"])
                rig.sent.clear()
                start = time.monotonic()
                for n in range(100):
                    floor.send(bytes((0xB0, 99, n)))
                meanwhile = (time.monotonic() - start) * 31250 / 3
                assert 4 <= len(rig.sent) <= 20 + meanwhile
                await until(lambda: len(rig.sent) == 100)
                assert time.monotonic() - start >= 288 / 31250
                assert [data[2] for data in rig.sent] == list(range(100))

        asyncio.run(play())

    def test_a_quick_return_is_a_loss_and_a_new_connection(self) -> None:
        """A device that is back before anyone looked shows nothing any more: it is told lost, then connected."""

        async def play() -> None:
            rig = FakeRig()
            async with rig.running() as floor:
                for _ in range(2):
                    rig.plug(*BOTH)
                    await until(lambda: floor.connected and floor._links[Direction.IN].serial == rig.serial)
                assert kinds(rig.events) == [SurfaceConnected, SurfaceLost, SurfaceConnected]

        asyncio.run(play())

    def test_what_a_device_sent_last_is_not_heard_after_its_end(self) -> None:
        """A press on its way when the cable was pulled would be held for ever; after the return all is heard."""

        async def play() -> None:
            rig = FakeRig()
            async with rig.running() as floor:
                rig.plug(*BOTH)
                await until(lambda: floor.connected)
                rig.plug()
                await until(lambda: not floor.connected)
                floor.inject(b"\xb0\x14\x7f")
                await until(lambda: floor.counters["late"] == 1)
                rig.plug(*BOTH)
                await until(lambda: floor.connected)
                floor.inject(b"\xb0\x14\x7f")
                await until(lambda: floor.counters["received"] == 1)
                assert kinds(rig.events) == [SurfaceConnected, SurfaceLost, SurfaceConnected, ControlMoved]

        asyncio.run(play())

    def test_a_device_with_inputs_only_is_connected_too(self) -> None:
        """The missing half is waited for a moment only; when it comes late, the state is asked for again."""

        async def play() -> None:
            rig = FakeRig()
            async with rig.running() as floor:
                rig.plug(Direction.IN)
                await until(lambda: floor.connected)
                assert floor.status() == 'connected to dev; waiting for "dev"'
                floor.send(b"\xb0\x01\x02")
                assert floor.counters["not sent"] == 1
                links = {("floor", Direction.OUT): Link("dev", 9, rig._send)}
                rig.backends[0].links = rig.backends[0].links | links
                rig.backends[0].wake()
                await until(lambda: len(rig.events) == 2)
                assert kinds(rig.events) == [SurfaceConnected, SurfaceConnected]

        asyncio.run(play())

    def test_what_is_too_long_for_the_system_is_refused(self) -> None:
        """A SysEx that RtMidi would drop without a word is counted instead."""

        async def play() -> None:
            rig = FakeRig()
            async with rig.running() as floor:
                rig.plug(*BOTH)
                await until(lambda: floor.connected)
                floor.send(bytes(16_400))
                assert floor.counters["not sent"] == 1
                assert rig.sent == []

        asyncio.run(play())

    def test_says_once_that_there_is_no_midi(self, caplog: pytest.LogCaptureFixture) -> None:
        """Without any MIDI system one sentence says what to do, and the surface goes on waiting."""

        class Nothing(FakeBackend):
            runs = False

            def refresh(self, wishes: Sequence[Wish], publish: Callable[[Links], None]) -> float | None:
                super().refresh(wishes, publish)
                return 0.001

        async def play() -> None:
            floor = MidiSurface("floor", PROFILE, "dev", "", MidiSystem([Nothing]), lambda _: None)
            floor.start()
            await until(lambda: bool(caplog.records))
            await asyncio.sleep(0.02)
            await floor.stop()

        asyncio.run(play())
        assert [record.getMessage() for record in caplog.records] == [NO_SYSTEM]
