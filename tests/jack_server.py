"""A JACK server of our own for tests and benchmarks: dummy driver, its own name, started and stopped as needed."""

import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from types import TracebackType

import pytest

PERIOD = 64
RATE = 48_000

needs_jackd = pytest.mark.skipif(
    not (shutil.which("jackd") and shutil.which("jack_lsp")), reason="jackd or jack_lsp is not installed"
)


class JackServer:
    """A `jackd` with the dummy driver; `environment` makes this process and its children use it.

    Synchronous mode (`-S`), for without it bursts of MIDI lose or double messages.
    """

    def __init__(self) -> None:
        self.name = f"controld-test-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self.environment = {"JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1"}
        self._process: subprocess.Popen[bytes] | None = None
        self._before: dict[str, str | None] = {}

    def start(self, timeout_s: float = 30.0) -> None:
        """Start the server and wait until clients can join; raises TimeoutError where they cannot in time."""
        command = ["jackd", "--no-realtime", "-S", "-n", self.name, "-d", "dummy", "-r", str(RATE), "-p", str(PERIOD)]
        deadline = time.monotonic() + timeout_s
        with tempfile.TemporaryFile() as said:
            self._process = subprocess.Popen(command, stdout=said, stderr=said)
            while not self._is_up():
                if time.monotonic() > deadline:
                    self.stop()
                    said.seek(max(0, said.tell() - 2000))
                    raise TimeoutError(f"jackd does not come up; it said: {said.read().decode(errors='replace')}")
                if self._process.poll() is not None:  # JACK's registry has eight places, and others may hold them
                    self._process = subprocess.Popen(command, stdout=said, stderr=said)
                time.sleep(0.02)

    def stop(self, *, kill: bool = False) -> None:
        """Stop the server, or kill it as a crash would; safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill() if kill else process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _is_up(self) -> bool:
        """Ask from another process, so that this one's libjack never sees a server that is not ready."""
        answer = subprocess.run(
            ["jack_lsp", "-s", self.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=10, check=False
        )
        return answer.returncode == 0

    def __enter__(self) -> "JackServer":
        """Start, and point this process's environment at the server."""
        self._before = {key: os.environ.get(key) for key in self.environment}
        os.environ.update(self.environment)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and restore the environment."""
        self.stop()
        for key, value in self._before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


@pytest.fixture(name="server")
def running_server() -> Iterator[JackServer]:
    """A server that runs for the length of a test."""
    with JackServer() as running:
        yield running
