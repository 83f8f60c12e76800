"""A mod-host to test against: the virtual host behind mod-host's own protocol, on real sockets in a thread of its own.

Also a peer that says only what a test tells it, for what no healthy mod-host does.
"""

import random
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from controld.bridge.hosts.serve_modhost import ServedHost
from controld.bridge.hosts.virtual import VirtualHost

PATIENCE_S = 10.0  # for what takes milliseconds on a quiet machine


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for something; fails where it does not come."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.002)


def free_pair() -> int:
    """Return a port that is free together with the next one, of those the system hands to nobody by itself."""
    while True:
        port = random.randrange(20_000, 32_000, 2)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            socket.create_server(("127.0.0.1", port + 1)).close()
            return port


class _Noting(VirtualHost):
    """A virtual host that notes the lines it gets."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def execute(self, line: str) -> str | None:
        self._lines.append(line)
        return super().execute(line)


class ModHostThread:
    """A mod-host that runs until `kill`; `start` makes a new one, with nothing loaded, on the same ports."""

    def __init__(self) -> None:
        self.address = ("127.0.0.1", free_pair())
        self.lines: list[str] = []
        self.frozen = threading.Lock()  # held: it does nothing, and answers nobody
        self.start()

    def start(self) -> None:
        self.host = _Noting(self.lines)
        self._served = ServedHost(self.host, self.address[1])
        self._running = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def midi(self, data: bytes) -> None:
        """Have MIDI messages arrive at its input."""
        with self.frozen:
            self.host.receive_midi(data)

    def kill(self) -> None:
        """Let it die, with everything that is loaded."""
        self._running = False
        self._thread.join(PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _run(self) -> None:
        while self._running:
            with self.frozen:
                self._served.take_events()
                fds = self._served.filenos()
            select.select(fds, [], [], 0.005)
        self._served.close()


class Peer:
    """Two listening sockets where a mod-host would be; nothing is read or said but by the test."""

    def __init__(self, *, feedback: bool = True) -> None:
        self.listening = socket.create_server(("127.0.0.1", free_pair()))
        self.port: int = self.listening.getsockname()[1]
        self.address = ("127.0.0.1", self.port)
        self.feedbacks = socket.create_server(("127.0.0.1", self.port + 1)) if feedback else None
        self.command: socket.socket | None = None
        self.feedback: socket.socket | None = None

    def accept(self) -> None:
        """Take a pair of connections."""
        self.listening.settimeout(PATIENCE_S)
        self.command = self.listening.accept()[0]
        self.command.settimeout(PATIENCE_S)
        if self.feedbacks is not None:
            self.feedbacks.settimeout(PATIENCE_S)
            self.feedback = self.feedbacks.accept()[0]

    def heard(self) -> bytes:
        """Return what was said next."""
        assert self.command is not None
        return self.command.recv(65536)

    def say(self, data: bytes) -> None:
        assert self.command is not None
        self.command.sendall(data)

    def tell(self, data: bytes) -> None:
        assert self.feedback is not None
        self.feedback.sendall(data)

    def part(self) -> None:
        """Close the pair."""
        for each in (self.command, self.feedback):
            if each is not None:
                each.close()

    def __enter__(self) -> "Peer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.part()
        with suppress(OSError):
            self.listening.close()
        if self.feedbacks is not None:
            self.feedbacks.close()
