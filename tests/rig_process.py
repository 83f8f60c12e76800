"""The real daemon as a process with a configuration of its own, and the far ends: a tablet and a floorboard."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from controld.osc_codec import OscMessage, decode, encode, flatten

PATIENCE_S = 20.0  # for what takes milliseconds on a quiet machine
T = TypeVar("T")

DRIVE_URI = "http://drobilla.net/plugins/mda/Overdrive"
DELAY_URI = "http://drobilla.net/plugins/mda/Leslie"
BOARD = f"""\
version: 1
name: Stage
effects:
  drive: {{plugin: "{DRIVE_URI}", bypassed: true, parameters: {{drive: 0.25}}}}
  leslie: {{plugin: "{DELAY_URI}", bypassed: true}}
connections:
  - [system:capture_1, drive:left_in]
  - [drive:left_out, leslie:left_in]
  - [leslie:left_out, system:playback_1]
snapshots:
  Clean: {{drive: {{bypassed: true}}, leslie: {{bypassed: true}}}}
  Lead: {{drive: {{bypassed: false, parameters: {{drive: 0.9}}}}, leslie: {{bypassed: false}}}}
"""
FLOOR = """\
version: 1
description: a test floorboard
channel: 1
controls:
  fs{1..4}: {cc: "{20..23}", kind: button, led: {cc: "{20..23}", off: 0, on: 127, dim: 1, colors: {red: 5, green: 20}}}
  exp1: {cc: 7, kind: pedal}
  exp2: {cc: 11, kind: pedal, bits: 14}
  slider: {cc: 30, kind: fader}
  wheel: {cc: 16, kind: encoder, ring: {cc: 16}}
  patch: {program: any, kind: program}
"""
PAD = """\
version: 1
description: a test tablet
controls:
  level: {osc: /drive/level, kind: fader}
  lead: {osc: /lead, kind: button}
"""
MAP = """\
version: 1
rules:
  - when: floor.fs1
    do: {bypass: drive}
  - when: floor.fs2
    do: {snapshot: Lead}
    feedback: {color: green}
  - when: floor.fs3
    do: {snapshot: Clean}
  - when: floor.fs1 hold
    do: {bypass: leslie}
  - when: floor.exp1
    do: {parameter: drive/drive}
  - when: floor.slider
    do: {parameter: drive/output}
  - when: floor.wheel
    do: {parameter: drive/muffle}
  - when: tablet.level
    do: {parameter: drive/output}
  - when: tablet.lead
    do: {snapshot: Lead}
"""


def free_port() -> int:
    """Return a port nobody has at this moment, for UDP and TCP alike."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(look: Callable[[], T | None], what: str, patience_s: float = PATIENCE_S) -> T:
    """Return the first truthy result of `look`; fails when there is none in time."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError(f"waited {patience_s} s in vain for {what}")


class RigProcess:
    """`controld run` with a configuration in a folder of its own."""

    def __init__(self, folder: Path, *, engine: str = "", mapping: str = MAP) -> None:
        self.folder = folder
        self.osc_port, ports = free_port(), [free_port() for _ in range(3)]
        self.command, self.events, self.health = (f"tcp://127.0.0.1:{port}" for port in ports)
        endpoints = f"endpoint: {self.command}, events: {self.events}, health: {self.health}"
        self.write(
            "controld.yaml",
            f"""\
version: 1
engine: {{type: {engine or "virtual"}, {endpoints}}}
service: {{enabled: false}}
surfaces:
  floor: {{profile: floor, midi: {{in: "*stage-box*", out: "*stage-box*"}}}}
  tablet: {{profile: pad, osc: {{listen: "127.0.0.1:{self.osc_port}", reply: sender}}}}
pedalboards: [board.yaml]
mappings: [map.yaml]
""",
        )
        self.write("board.yaml", BOARD)
        self.write("map.yaml", mapping)
        self.write("surfaces/floor.yaml", FLOOR)
        self.write("surfaces/pad.yaml", PAD)
        self.socket = folder / "control.sock"
        self.output: list[str] = []
        self._process: subprocess.Popen[str] | None = None

    def write(self, name: str, text: str) -> None:
        """Write a file of the configuration."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def start(self, *options: str, ready: str = "Try this") -> None:
        """Start, and wait until `ready` was printed."""
        environment = {**os.environ, "CONTROLD_SOCKET": str(self.socket), "PYTHONUNBUFFERED": "1"}
        environment["XDG_STATE_HOME"] = str(self.folder / "state")
        environment["XDG_DATA_HOME"] = str(self.folder / "data")
        command = [sys.executable, "-m", "controld.cli", "run", "--config", str(self.folder / "controld.yaml")]
        command += options
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        wait_for(lambda: ready in self.text or self._process is None or self._process.poll() is not None, ready)
        assert ready in self.text, self.text

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout:
            self.output.extend(process.stdout)

    @property
    def text(self) -> str:
        """Everything that was printed and logged."""
        return "".join(list(self.output))

    @property
    def process(self) -> "subprocess.Popen[str]":
        """The running process."""
        assert self._process is not None
        return self._process

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop, wait, and return the exit code."""
        self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()

    def tool(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another `controld` command beside it."""
        environment = {**os.environ, "CONTROLD_SOCKET": str(self.socket)}
        command = [sys.executable, "-m", "controld.cli", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment, check=False)

    def bridge_pid(self) -> int:
        """Return the process id of the bridge's child."""

        def look() -> int | None:
            path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            children = path.read_text(encoding="ascii").split()
            return int(children[0]) if children else None

        return wait_for(look, "the bridge's process")


@contextmanager
def started(rig: RigProcess) -> Iterator[RigProcess]:
    """Run a rig whose files are written for the length of a block; it has to stop cleanly."""
    rig.start()
    try:
        yield rig
    finally:
        code = rig.stop()
    assert code == 0, rig.text
    assert "Traceback" not in rig.text, rig.text


@contextmanager
def running(folder: Path, *, engine: str = "", mapping: str = MAP) -> Iterator[RigProcess]:
    """Run a rig for the length of a block; it has to stop cleanly."""
    with started(RigProcess(folder, engine=engine, mapping=mapping)) as rig:
        yield rig


class Tablet:
    """An OSC client with a socket of its own; `heard` keeps the newest arguments by address, `log` everything."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.02)
        self._rig = ("127.0.0.1", port)
        self.heard: dict[str, tuple[object, ...]] = {}
        self.log: list[OscMessage] = []

    @property
    def port(self) -> int:
        """The port it sends from."""
        return int(self._socket.getsockname()[1])

    def send(self, address: str, *args: object) -> None:
        """Send a message."""
        self.send_bytes(encode(address, args))  # type: ignore[arg-type]

    def send_bytes(self, datagram: bytes) -> None:
        """Send a datagram as it is."""
        self._socket.sendto(datagram, self._rig)

    def listen(self) -> None:
        """Take what arrived."""
        while True:
            try:
                datagram = self._socket.recv(65535)
            except TimeoutError:
                return
            for _, message in flatten(decode(datagram)):
                self.log.append(message)
                self.heard[message.address] = message.args

    def newest(self, address: str) -> tuple[object, ...]:
        """Return the newest arguments at an address; () for none so far."""
        self.listen()
        return self.heard.get(address, ())

    def wait(self, address: str, *args: object) -> None:
        """Wait until the newest message at an address has these arguments (floats to four digits)."""

        def look() -> bool:
            self.listen()
            heard = self.heard.get(address)
            return heard is not None and len(heard) == len(args) and all(map(_alike, heard, args))

        wait_for(look, f"{address} {args}; heard {self.heard.get(address)}")

    def __enter__(self) -> "Tablet":
        """Nothing: it is open."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the socket."""
        self._socket.close()


def _alike(a: object, b: object) -> bool:
    if isinstance(a, int | float) and isinstance(b, int | float):
        return abs(a - b) < 1e-4
    return a == b
