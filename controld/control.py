"""The running daemon's own door: a Unix socket for `controld monitor` and `controld simulate`.

Shell. One JSON object a line, both ways: `{"do": "status"}`, `{"do": "simulate", "control": "floor.fs1", "position":
1}`, `{"do": "monitor"}`; each is answered by one line with "ok" or "error", and after `monitor` by one line per step,
as they happen. A monitor may ask for a surface to be `quiet` as long as it watches: what is moved there does nothing.
The socket is the owner's alone: who may open it may play the rig.
"""

import asyncio
import json
import logging
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from controld.errors import AddressInUse, ControldError

log = logging.getLogger("controld.control")

Answer = dict[str, object]
# A monitor that does not read this many bytes is let go: it must never hold up the rig.
MONITOR_BACKLOG_BYTES = 4 << 20
MAX_LINE_BYTES = 64 << 10


def socket_path(configured: str = "") -> Path:
    """Return where the door is: what the command line chose, `CONTROLD_SOCKET`, or the user's runtime folder."""
    chosen = configured or os.environ.get("CONTROLD_SOCKET", "")
    if chosen:
        return Path(chosen)
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    base = Path(runtime) if runtime else Path(tempfile.gettempdir())
    return base / (f"controld-{os.getuid()}" if not runtime else "controld") / "control.sock"


class ControlServer:
    """Serves the door; `handle` answers a request, `on_watch` is told when the first watches and when none does.

    `on_quiet` is told of all surfaces that are to be quiet, whenever one joins or leaves them.
    """

    def __init__(
        self,
        path: Path,
        handle: Callable[[Answer], Answer],
        on_watch: Callable[[bool], None] = lambda _active: None,
        on_quiet: Callable[[frozenset[str]], None] = lambda _surfaces: None,
    ) -> None:
        self.path = path
        self._handle = handle
        self._on_watch = on_watch
        self._on_quiet = on_quiet
        self._monitors: set[asyncio.StreamWriter] = set()
        self._quiet: dict[asyncio.StreamWriter, str] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Open the door. Raises AddressInUse where another daemon listens there, ControldError where it cannot be."""
        try:
            await self._open()
        except OSError as error:
            raise ControldError(
                f"the socket {self.path} cannot be opened ({error}); choose one with --socket"
            ) from error

    async def _open(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _answers(self.path):
            raise AddressInUse(
                f"another controld runs already (it listens on {self.path}); stop it, or give this one its own "
                "socket with --socket"
            )
        if self.path.exists() and not self.path.is_socket():
            raise ControldError(f"{self.path} is a file that is no socket; choose another place with --socket")
        self.path.unlink(missing_ok=True)
        old_mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self.path, limit=MAX_LINE_BYTES)
        finally:
            os.umask(old_mask)

    async def stop(self) -> None:
        """Close the door and let every client go."""
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._monitors):
            writer.close()
        self.path.unlink(missing_ok=True)
        self._server = None

    def publish(self, record: Answer) -> None:
        """Tell every monitor of a step; one that does not read is let go."""
        line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        for writer in list(self._monitors):
            if writer.transport.get_write_buffer_size() > MONITOR_BACKLOG_BYTES:
                log.warning("a monitor does not read what it asked for and is let go")
                self._forget(writer)
                writer.transport.abort()
            elif not writer.is_closing():  # one that was killed is forgotten when its reader notices, a turn later
                writer.write(line)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                answer = self._answer(line, writer)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):  # gone, or a line over the limit
            pass
        except asyncio.CancelledError:  # the daemon stops: the stream callback would log this as an error
            pass
        finally:
            self._forget(writer)
            writer.close()

    def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> Answer:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return {"error": "not a JSON object"}
        if not isinstance(request, dict):
            return {"error": "not a JSON object"}
        if request.get("do") == "monitor":
            if not self._monitors:
                self._on_watch(True)
            self._monitors.add(writer)
            if "quiet" in request:
                self._quiet[writer] = str(request["quiet"])
                self._on_quiet(frozenset(self._quiet.values()))
            return {"ok": True}
        try:
            return self._handle(request)
        except Exception as error:  # the one guard: a mistake in one answer must not end the door
            log.exception("a request could not be answered: %s", request)
            return {"error": f"the daemon could not answer: {error}"}

    def _forget(self, writer: asyncio.StreamWriter) -> None:
        if writer in self._monitors:
            self._monitors.discard(writer)
            if not self._monitors:
                self._on_watch(False)
            if self._quiet.pop(writer, None) is not None:
                self._on_quiet(frozenset(self._quiet.values()))


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


class ControlClient:
    """The other side, blocking: for the command line. Raises ControldError where no daemon answers."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise ControldError(
                f"no controld is running here (nothing listens on {path}); start one with `controld run`"
            ) from error
        self._file = self._socket.makefile("rb")

    def ask(self, request: Answer) -> Answer:
        """Send a request and return its answer. Raises ControldError with the daemon's own words where it refuses."""
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        answer = self._read()
        if answer is None:
            raise ControldError("the daemon stopped before it answered")
        if "error" in answer:
            raise ControldError(str(answer["error"]))
        return answer

    def records(self) -> Iterator[Answer]:
        """Yield what a monitor is told, until the daemon stops."""
        while (record := self._read()) is not None:
            yield record

    def close(self) -> None:
        """Let the daemon go."""
        self._file.close()
        self._socket.close()

    def _read(self) -> Answer | None:
        line = self._file.readline()
        return dict(json.loads(line)) if line else None


def running_rig(socket: Path | None) -> ControlClient | None:
    """Return the door of the rig that runs; None where none does.

    Raises:
        ControldError: none runs at a `socket` that was named.
    """
    try:
        return ControlClient(socket_path(str(socket or "")))
    except ControldError:
        if socket is not None:
            raise
        return None
