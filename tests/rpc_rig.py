"""The real daemon without any surface, and programs that call it over real sockets."""

import itertools
import json
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import zmq
from rig_process import BOARD, free_port, wait_for

from controld.rpc.sockets import ports_of

PATIENCE_MS = 15_000  # for what takes a millisecond on a quiet machine
SECOND = """\
version: 1
name: Second
effects:
  drive: {plugin: "http://drobilla.net/plugins/mda/Overdrive"}
"""


def free_base() -> int:
    """Return a base port whose three ports nobody has at this moment."""
    while True:
        base = random.randrange(12_000, 58_000)
        ports = ports_of("session_manager", base)
        try:
            for port in (ports.calls, ports.events, ports.others):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base


class Served:
    """`controld run` without a surface, on the virtual engine; `base` is its service's base port."""

    def __init__(
        self, folder: Path, *, boards: Sequence[str] = (BOARD, SECOND), service: str = "", base: int = 0
    ) -> None:
        self.folder = folder
        self.base = base or free_base()
        self.ports = ports_of("session_manager", self.base)
        self.command, self.events, self.health = (f"tcp://127.0.0.1:{free_port()}" for _ in range(3))
        names = [f"board{number}.yaml" for number in range(len(boards))]
        for name, text in zip(names, boards, strict=True):
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "controld.yaml").write_text(
            "version: 1\n"
            f"engine: {{type: virtual, endpoint: {self.command}, events: {self.events}, health: {self.health}}}\n"
            f"service: {{base_port: {self.base}{service}}}\n"
            + (f"pedalboards: [{', '.join(names)}]\n" if names else ""),
            encoding="utf-8",
        )
        self.output: list[str] = []
        self.options: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    @property
    def text(self) -> str:
        """Everything that was printed and logged."""
        return "".join(list(self.output))

    def start(self, **environment: str) -> None:
        """Start, and wait until it is started and has its engine."""
        places = {"CONTROLD_SOCKET": str(self.folder / "control.sock"), "XDG_STATE_HOME": str(self.folder / "state")}
        places |= {"XDG_DATA_HOME": str(self.folder / "data"), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "controld.cli", "run", "--config", str(self.folder / "controld.yaml")]
        command += self.options
        self.process = process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **places, **environment},
        )
        threading.Thread(target=self._read, args=(process,), daemon=True).start()
        words = ("connected to", "Try this")
        wait_for(lambda: all(word in self.text for word in words) or process.poll() is not None, "a start", 30)
        assert process.poll() is None, self.text

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout:
            self.output.extend(process.stdout)

    def stop(self) -> None:
        """Stop it, cleanly."""
        assert self.process is not None
        self.process.terminate()
        try:
            code = self.process.wait(15)
        finally:
            self.process.kill()
        assert code == 0, self.text
        assert "Traceback" not in self.text, self.text


@contextmanager
def serving(folder: Path, **how: Any) -> Iterator[Served]:
    """Run a daemon for the length of a block; it has to stop cleanly."""
    served = Served(folder, **how)
    served.start()
    try:
        yield served
    except BaseException:
        if served.process is not None:
            served.process.kill()
        raise
    served.stop()


class Program:
    """A program as they are written for the Session Manager: a REQ socket (or another kind), and an ear for events."""

    def __init__(self, base: int, kind: int = zmq.REQ, name: str = "session_manager") -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.ports = ports_of(name, base)
        self.socket = self.open(kind)

    def open(self, kind: int) -> "zmq.Socket[bytes]":
        """Open one more socket for calls."""
        opened = self.context.socket(kind)
        opened.set(zmq.LINGER, 0)
        opened.set(zmq.RCVTIMEO, PATIENCE_MS)
        opened.connect(f"tcp://127.0.0.1:{self.ports.calls}")
        return opened

    def ask(self, body: bytes) -> dict[str, Any]:
        """Send a frame and return the answer."""
        self.socket.send(body)
        answer: dict[str, Any] = json.loads(self.socket.recv())
        return answer

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Call a method and return its result; an outer error is an error of the test."""
        answer = self.ask(request(method, **params))
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def done(self, method: str, **params: object) -> dict[str, Any]:
        """Call a method that has to succeed."""
        result = self.call(method, **params)
        assert result["success"] is True, (method, params, result)
        return result

    def failed(self, method: str, **params: object) -> tuple[str, str]:
        """Call a method that has to fail; return its code and its text."""
        result = self.call(method, **params)
        assert result["success"] is False, (method, params, result)
        return result["details"]["code"], result["error"]

    @contextmanager
    def listening(self) -> Iterator["Ear"]:
        """Hear all events from now on."""
        ear = self.context.socket(zmq.SUB)
        ear.set(zmq.LINGER, 0)
        ear.set(zmq.SUBSCRIBE, b"")
        ear.connect(f"tcp://127.0.0.1:{self.ports.events}")
        with ear:
            heard = Ear(ear)
            # A tempo that is told proves that the subscription has arrived.
            tempos = itertools.cycle((120, 121))
            wait_for(lambda: self.done("set_tempo", bpm=next(tempos)) and heard.poll(20), "the first event")
            heard.drain()
            yield heard

    def close(self) -> None:
        """Close everything."""
        self.context.destroy(linger=0)

    def __enter__(self) -> "Program":
        """Nothing: it is open."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close everything."""
        self.close()


class Ear:
    """What a subscriber hears."""

    def __init__(self, socket: "zmq.Socket[bytes]") -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []

    def poll(self, milliseconds: int) -> int:
        """Tell whether something is there, in so many milliseconds."""
        return int(self.socket.poll(milliseconds))

    def drain(self) -> None:
        """Forget what came so far."""
        while self.poll(50):
            self.socket.recv_multipart()

    def wait(self, event_name: str, /, **members: object) -> dict[str, Any]:
        """Return the data of the next event of this name with these members."""

        def look() -> dict[str, Any] | None:
            while self.poll(5):
                topic, body = self.socket.recv_multipart()
                event = json.loads(body)
                assert topic.decode() == event["event_type"] == event["event"]
                self.heard.append(event)
            for event in self.heard:
                if event["event_type"] == event_name and members.items() <= event["data"].items():
                    found: dict[str, Any] = event["data"]
                    return found
            return None

        return wait_for(look, f"{event_name} {members}; heard {[(e['event_type'], e['data']) for e in self.heard]}")


def request(method: object, request_id: object = "1", **params: object) -> bytes:
    """Return the frame of a call as clients of the Session Manager send it."""
    envelope = {"method": method, "params": params, "source_service": "test", "request_id": request_id}
    return json.dumps({**envelope, "timestamp": "2026-01-01T00:00:00.000000"}).encode()


@pytest.fixture(name="rig", scope="module")
def served_rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A daemon that runs for the length of a file of tests."""
    with serving(tmp_path_factory.mktemp("rpc")) as served:
        yield served


@pytest.fixture(name="program")
def calling_program(rig: Served) -> Iterator[Program]:
    """A program for the length of a test; whatever it does, the service has to survive it."""
    with Program(rig.base) as client:
        yield client
        assert client.done("health_check")["healthy"], "the service did not survive"
