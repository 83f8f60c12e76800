"""Devices that come and go two hundred times, and a hundred thousand messages that are mostly none."""

import asyncio
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jack_device import Device
from jack_server import JackServer, needs_jackd
from midi_floor import FakeBackend, until
from rig_process import RigProcess, Tablet, started, wait_for

from controld.events import ControlMoved, SurfaceEvent
from controld.mappings.profile import Control, Kind, Profile, Source, SourceType
from controld.osc_codec import decode, flatten
from controld.surfaces.midi import MidiSurface, MidiSystem

PLUGS, PRESSES = 200, 2
SETTLED = 20  # plugs after which nothing grows any more
KILLS = 2  # few, for JACK answers nobody for five seconds after each
MAP = """\
version: 1
rules:
  - {when: floor.fs1, do: [{bypass: drive}, {send: tablet, osc: /pressed, args: [1]}]}
  - {when: floor.fs4, do: {bypass: leslie, to: active, release: return}}
  - {when: sweep.exp1, do: {parameter: drive/drive}}
"""
# A device that is plugged and pulled again: "<n>" on stdin does it n times, with presses in between; some of them are
# still held when it goes. For each time it prints how many messages it was shown.
PLUGGER = """
import random, sys, time, jack, rtmidi
API = rtmidi.API_UNIX_JACK
jack.set_error_function(lambda message: None)
watcher = jack.Client("watcher", no_start_server=True)
watcher.activate()
chance = random.Random(1)

def wait(what, done):
    deadline = time.monotonic() + 8
    while not done():
        if time.monotonic() > deadline:
            print("never", what, flush=True)
            sys.exit(1)
        time.sleep(0.002)

def linked(name):
    try:
        return any(p.name.startswith("controld") for p in watcher.get_all_connections(watcher.get_port_by_name(name)))
    except jack.JackError:
        return False

for line in sys.stdin:
    for _ in range(int(line)):
        shown = []
        giver, taker = rtmidi.MidiOut(API, "stage-box out"), rtmidi.MidiIn(API, "stage-box in")
        taker.set_callback(lambda event, _, shown=shown: shown.append(event[0]))
        giver.open_virtual_port("MIDI 1")
        taker.open_virtual_port("MIDI 1")
        wait("connected", lambda: linked("stage-box out:MIDI 1") and linked("stage-box in:MIDI 1"))
        wait("shown", lambda: len(shown) >= 4)  # and so it is there: JACK carries what is sent some periods after that
        for _ in range(PRESSES):
            for value in (127, 0):
                giver.send_message([0xB0, 20, value])
                time.sleep(0.01)
        if chance.random() < 0.5:
            giver.send_message([0xB0, 23, 127])  # held when the cable is pulled
        time.sleep(chance.uniform(0.005, 0.02))
        taker.cancel_callback()
        for port in (giver, taker):
            port.close_port()
            port.delete()
        print(len(shown), flush=True)
watcher.deactivate()
watcher.close()
""".replace("PRESSES", str(PRESSES))
SWEEPER = """
import select, sys, time, rtmidi
giver = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, "sweep-box out")
giver.open_virtual_port("MIDI 1")
due, n = time.monotonic(), 0
while not select.select([sys.stdin], [], [], 0)[0]:
    giver.send_message([0xB0, 7, n % 128])
    due, n = due + 0.0005, n + 1
    time.sleep(max(0.0, due - time.monotonic()))
giver.close_port()
giver.delete()
"""


@contextmanager
def helper(script: str) -> "Iterator[subprocess.Popen[str]]":
    """Run a script in a process of its own for the length of a block; it ends in order when its input is closed."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(10)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def plug(plugger: "subprocess.Popen[str]", times: int) -> None:
    """Have a device plugged and pulled so often; each time it has to be shown its full state."""
    assert plugger.stdin is not None
    assert plugger.stdout is not None
    plugger.stdin.write(f"{times}\n")
    plugger.stdin.flush()
    for _ in range(times):
        assert int(plugger.stdout.readline()) >= 4


def ports_of_server() -> str:
    """Return what the server lists."""
    return subprocess.run(["jack_lsp"], capture_output=True, text=True, timeout=30, check=True).stdout


class Size:
    """What the daemon holds: memory (bytes), descriptors, and its clients of the server."""

    def __init__(self, rig: RigProcess) -> None:
        proc = Path(f"/proc/{rig.process.pid}")
        self.memory = int((proc / "statm").read_text(encoding="ascii").split()[1]) * 4096
        self.files = len(list((proc / "fd").iterdir()))
        ports = ports_of_server().splitlines()
        self.clients = {line.partition(":")[0] for line in ports if line.startswith("controld")}


class Watcher(Tablet):
    """A tablet that listens all the time: beside a sweep the system's buffer for it is full in half a second."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._open = True
        self._ear = threading.Thread(target=self._hear, daemon=True)
        self._ear.start()

    def __enter__(self) -> "Watcher":
        """Nothing: it listens."""
        return self

    def listen(self) -> None:
        """Nothing: what arrived is known."""

    @property
    def presses(self) -> int:
        """How many presses the rig told of, each by a message of its own."""
        return sum(message.address == "/pressed" for message in list(self.log))

    def _hear(self) -> None:
        while self._open:
            try:
                datagram = self._socket.recv(65535)
            except TimeoutError:
                continue
            for _, message in flatten(decode(datagram)):
                if message.address == "/pressed" or message.address.endswith("/active"):
                    self.log.append(message)
                    self.heard[message.address] = message.args

    def __exit__(self, *error: object) -> None:
        """Stop listening."""
        self._open = False
        self._ear.join(1.0)
        super().__exit__(*error)


@contextmanager
def swept(folder: Path) -> Iterator[RigProcess]:
    """Run a rig that has a surface for the pedal besides; it has to stop cleanly."""
    rig = RigProcess(folder, mapping=MAP)
    text = (folder / "controld.yaml").read_text(encoding="utf-8")
    sweep = '  sweep: {profile: floor, midi: {in: "sweep-box*"}}\n'
    rig.write("controld.yaml", text.replace("  floor:", f"{sweep}  floor:"))
    with started(rig):
        yield rig


@needs_jackd
def test_devices_come_and_go_under_a_sweep(tmp_path: Path) -> None:
    """Two hundred times, beside a pedal that sends 2,000 messages a second: no press is lost, none stays held.

    Nothing grows: neither memory, nor descriptors, nor JACK clients. A few devices are killed at the end.
    """
    with (
        JackServer(),
        swept(tmp_path) as rig,
        helper(SWEEPER),
        helper(PLUGGER) as plugger,
        Watcher(rig.osc_port) as tablet,
    ):
        tablet.send("/controld/subscribe", 600)
        tablet.wait("/effect/drive/active", 0)
        tablet.log.clear()
        plug(plugger, SETTLED)
        tablet.wait("/effect/leslie/active", 0)
        before = Size(rig)
        for _ in range((PLUGS - SETTLED) // 20):
            plug(plugger, 20)
            tablet.wait("/effect/leslie/active", 0)
        wait_for(lambda: tablet.presses >= PLUGS * PRESSES, f"{PLUGS * PRESSES} presses; there are {tablet.presses}")
        after = Size(rig)
        assert tablet.presses == PLUGS * PRESSES
        assert after.clients == before.clients
        assert after.files <= before.files + 2
        assert after.memory <= before.memory + 8_000_000
        killed(rig, tablet)


def killed(rig: RigProcess, tablet: Tablet) -> None:
    """Kill devices that hold something."""
    for _ in range(KILLS):
        device = Device("stage-box", "out")
        wait_for(lambda: rig.text.rstrip().endswith('stage-box out:MIDI 1; waiting for "*stage-box*"'), "the device")
        device.tell("send b0177f")
        tablet.wait("/effect/leslie/active", 1)
        device.kill()
        tablet.wait("/effect/leslie/active", 0)
        wait_for(lambda: "stage-box" not in ports_of_server(), "the end of its ghost", 30.0)


NUMBER, CHANNEL = 0x77, 15  # of the one control there is; no noise has this number
MESSAGES = 100_000
PROFILE = Profile("noise", "", {"fs": Control("fs", Kind.BUTTON, Source(SourceType.CC, NUMBER, channel=CHANNEL + 1))})


def noise(chance: random.Random) -> bytes:
    """Return a message that is none, or none of ours: mutated, truncated, without status, with bytes in between."""
    data = [chance.randrange(0x80, 0x100)] if chance.random() < 0.7 else []
    data += [chance.randrange(0x77) for _ in range(chance.choice((0, 1, 1, 2, 2, 2, 3, 9)))]
    if chance.random() < 0.2:
        data.insert(chance.randrange(len(data) + 1), chance.choice((0xF8, 0xFA, 0xFE, 0xFF, 0xF9, 0xF0, 0xF7, 0xF4)))
    return bytes(data)


@pytest.mark.parametrize("seed", [1, 2])
def test_noise_moves_nothing_and_hides_nothing(seed: int) -> None:
    """Among so many messages that are none every real press is heard, nothing else is, and nothing is raised."""
    chance, raised = random.Random(seed), list[object]()

    async def play() -> tuple[list[SurfaceEvent], int]:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context))
        events: list[SurfaceEvent] = []
        floor = MidiSurface("floor", PROFILE, "dev", "dev", MidiSystem([FakeBackend]), events.append)
        floor.start()
        presses = 0
        for n in range(MESSAGES // 2):
            floor.inject(noise(chance))
            if n % 50 == 0:
                for value in (127, 0):
                    floor.inject(bytes((0xB0 | CHANNEL, NUMBER, value)))
                presses += 1
            if n % 1000 == 0:
                await asyncio.sleep(0)
        await until(lambda: floor.counters["received"] >= MESSAGES // 2 + 2 * presses)
        await floor.stop()
        return events, presses

    events, presses = asyncio.run(play())
    assert [event.position for event in events if isinstance(event, ControlMoved)] == [1.0, 0.0] * presses
    assert len(events) == 2 * presses
    assert not raised
