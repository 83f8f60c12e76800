"""A real bridge as a child process, and real ZeroMQ sockets to talk to it. Shared by the bridge's tests."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zmq

SCRIPTED = str(Path(__file__).parent / "scripted_bridge.py")
ANY_PORT = ("--endpoint", "tcp://127.0.0.1:0", "--events", "tcp://127.0.0.1:0", "--health", "tcp://127.0.0.1:0")
PATIENCE_S = 5.0  # for what takes milliseconds on a quiet machine

_READY = re.compile(r"controld bridge: (.+) on (tcp://\S+), events (tcp://\S+), health (tcp://[^\s;]+)")


class Bridge:
    """A running bridge: its process, its ready line, and sockets to it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stderr is not None
        self.process = process
        self.ready_line = process.stderr.readline()
        match = _READY.match(self.ready_line)
        assert match, f"no ready line: {self.ready_line + process.stderr.read()}"
        self.title, self.endpoint, self.events, self.health = match.groups()
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()

    def socket(self, kind: int, endpoint: str = "", identity: bytes = b"") -> "zmq.Socket[bytes]":
        opened = self.context.socket(kind)
        opened.set(zmq.LINGER, 0)
        opened.set(zmq.RCVTIMEO, int(PATIENCE_S * 1000))
        if identity:
            opened.set(zmq.ROUTING_ID, identity)
        opened.connect(endpoint or self.endpoint)
        return opened

    def raw(self, data: bytes, endpoint: str = "") -> bytes:
        """Send bytes by a REQ socket of their own and return the reply's."""
        with self.socket(zmq.REQ, endpoint) as req:
            req.send(data)
            return req.recv()

    def ask(self, **request: object) -> dict[str, Any]:
        reply: dict[str, Any] = json.loads(self.raw(json.dumps(request).encode()))
        return reply

    def command(self, line: str) -> str:
        return str(self.ask(command=line)["status"])

    def plugin(self, method: str, **fields: object) -> dict[str, Any]:
        return self.ask(action="plugin", method=method, **fields)

    @contextmanager
    def subscribed(self) -> Iterator["zmq.Socket[bytes]"]:
        """Subscribe to all events, from now on: a REQ's answer proves nothing about a SUB, so an event does."""
        with self.socket(zmq.SUB, self.events) as sub:
            sub.set(zmq.SUBSCRIBE, b"")
            deadline = time.monotonic() + PATIENCE_S
            while not sub.poll(20):
                assert time.monotonic() < deadline, "no event ever came"
                self.plugin("rescan_plugins")
            while sub.poll(50):
                sub.recv()
            yield sub

    def signal(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def events(sub: "zmq.Socket[bytes]", count: int) -> list[dict[str, Any]]:
    """Return the next `count` events, and prove that no more are waiting."""
    got = [json.loads(sub.recv()) for _ in range(count)]
    assert not sub.poll(50), sub.recv()
    return got


@contextmanager
def running(*options: str, host: str = "scripted", command: Sequence[str] = (SCRIPTED,)) -> Iterator[Bridge]:
    """Run a bridge on free ports until the block ends."""
    line = [sys.executable, *command, "--host", host, *ANY_PORT, *options]
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        bridge = Bridge(process)
        try:
            yield bridge
        finally:
            bridge.context.destroy(linger=0)
    finally:
        process.kill()
        process.wait(PATIENCE_S)
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.close()
        process.stderr.close()
