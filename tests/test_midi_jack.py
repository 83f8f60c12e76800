"""MIDI surfaces over a real JACK server, with a real device: another process with ports of its own."""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from jack_device import Device
from jack_server import JackServer, needs_jackd

from controld.changes import State
from controld.errors import PortUnavailable
from controld.events import ControlMoved, ControlTurned, SurfaceConnected, SurfaceEvent, SurfaceLost
from controld.feedback import Feedback
from controld.mappings.profile import Control, Kind, Light, Profile, Source, SourceType
from controld.ports import add_arguments, describe, run
from controld.surfaces.midi import MidiSurface, MidiSystem
from controld.surfaces.midi_ports import Direction, Link, Links, PortList, PortPattern, Wish
from controld.surfaces.midi_system import NO_SYSTEM, list_all_ports

CC = SourceType.CC
CONTROLS = (
    *(Control(f"fs{n}", Kind.BUTTON, Source(CC, 20 + n), Light(CC, 20 + n)) for n in range(6)),
    Control("exp", Kind.PEDAL, Source(CC, 7)),
    Control("wheel", Kind.ENCODER, Source(CC, 16)),
)
PROFILE = Profile("test", "", {control.name: control for control in CONTROLS}, max_rate=31250.0)
WITHIN_S = 8.0


async def until(condition: Callable[[], bool], within_s: float = WITHIN_S) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        await asyncio.sleep(0.005)


@pytest.fixture
def server() -> Iterator[JackServer]:
    with JackServer() as running:
        yield running


def quick_system() -> MidiSystem:
    """A system that looks for a lost server often enough for a test."""
    from controld.surfaces.midi_jack import JackBackend

    return MidiSystem([lambda wake: JackBackend(wake, poll_s=0.1)])


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


def kinds(events: list[SurfaceEvent]) -> list[type]:
    return [type(event) for event in events]


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


class Sequencer:
    """An ALSA sequencer whose devices the test sets; each port of ours is listed too, as the real one does."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.opened: list[tuple[int, str]] = []
        self.closed = 0

    def lister(self, _api: int, _name: str) -> "Sequencer":
        return self

    def get_ports(self) -> list[str]:
        return ["System:Announce 0:1", "controld-floor-in:floor in 128:0", *self.names]

    def port(self, _api: int, _direction: Direction, _name: str, _receive: object) -> "Sequencer":
        return self

    def open(self, index: int, name: str) -> None:
        self.opened.append((index, name))

    def send(self, data: bytes) -> bool:
        return bool(data)

    def close(self) -> None:
        self.closed += 1

    delete = close


class TestAlsa:
    def test_opens_by_name_and_closes_what_left(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A device is found whatever its numbers are, opened at its place in the list, and opened anew on return."""
        from controld.surfaces import midi_alsa

        sequencer, published = Sequencer(), list[Links]()
        monkeypatch.setattr(midi_alsa, "SEQUENCER", tmp_path)
        monkeypatch.setattr("rtmidi.MidiIn", sequencer.lister)
        monkeypatch.setattr("rtmidi.MidiOut", sequencer.lister)
        monkeypatch.setattr(midi_alsa, "RtMidiPort", sequencer.port)
        backend = midi_alsa.AlsaBackend(lambda: None)
        wish = Wish("floor", Direction.IN, PortPattern("FCB1010:FCB1010 MIDI 1"), lambda _data, _now: None)

        def peers() -> list[tuple[str, int]]:
            assert backend.refresh([wish], published.append) == midi_alsa.POLL_S
            return [(link.peer, link.serial) for link in published[-1].values()]

        assert peers() == []
        sequencer.names = ["Other:Other 20:0", "FCB1010:FCB1010 MIDI 1 24:0"]
        assert peers() == [("FCB1010:FCB1010 MIDI 1 24:0", 1)]
        assert peers() == [("FCB1010:FCB1010 MIDI 1 24:0", 1)]
        assert sequencer.opened == [(3, "floor in")]
        sequencer.names = []
        assert peers() == []
        assert sequencer.closed == 1
        sequencer.names = ["FCB1010:FCB1010 MIDI 1 28:0"]
        assert peers() == [("FCB1010:FCB1010 MIDI 1 28:0", 2)]
        assert backend.list_ports() == PortList((sequencer.names[0],), (sequencer.names[0],))
        backend.close()

    def test_waits_where_there_is_no_sequencer(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A machine without the sequencer has no ports, and no client is tried."""
        from controld.surfaces import midi_alsa

        monkeypatch.setattr(midi_alsa, "SEQUENCER", tmp_path / "absent")
        backend = midi_alsa.AlsaBackend(lambda: None)
        assert backend.refresh([], lambda _: None) == midi_alsa.POLL_S
        assert not backend.runs
        assert backend.list_ports() is None


class TestPatterns:
    @pytest.mark.parametrize(
        ("pattern", "fits"),
        [
            ("*fcb1010*", True),
            ("a2j:FCB1010 [20] (capture): FCB1010 MIDI 1", True),
            ("a2j:*", True),
            ("/FCB\\d+ MIDI 1$/", True),
            ("/^FCB/", False),
            ("FCB1010", False),
            ("*Launchpad*", False),
        ],
    )
    def test_a_port_is_known_by_its_name(self, pattern: str, *, fits: bool) -> None:
        """Globs cover the whole name, expressions search in it, a written-out name is itself in spite of brackets."""
        assert PortPattern(pattern).matches(["a2j:FCB1010 [20] (capture): FCB1010 MIDI 1"]) is fits

    def test_a_broken_expression_is_told(self) -> None:
        """A pattern that is no regular expression is refused by name."""
        with pytest.raises(PortUnavailable, match=r"/\(/"):
            PortPattern("/(/")


class TestPortsCommand:
    def test_lists_what_a_player_looks_for(self) -> None:
        """Inputs and outputs by system, each with the surfaces that would take it."""
        ports = {"JACK": PortList(("a2j:FCB1010", "x:y"), ("a2j:FCB1010",))}
        text = describe(ports, {"floor": ("*FCB*", "*FCB*")})
        assert text.splitlines() == [
            "JACK inputs (what devices send)",
            "  a2j:FCB1010  <- floor",
            "  x:y",
            "JACK outputs (what devices show)",
            "  a2j:FCB1010  <- floor",
        ]

    def test_prints_and_succeeds(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The command ends with 0 whatever there is, and says something in any case."""
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        assert run(parser.parse_args([])) == 0
        assert capsys.readouterr().out.strip()

    def test_says_so_when_there_is_none(self) -> None:
        """No system and a system without devices are a sentence each."""
        assert "no MIDI system is running" in describe({}, {})
        assert "no MIDI device" in describe({"JACK": PortList((), ())}, {})
