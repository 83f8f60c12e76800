"""A host served as mod-host's own TCP protocol, so that what speaks to mod-host can be tested without one.

Shell without threads: the bridge's poll wakes it. Faithful in what clients trip over: one client is served at a time,
and only once it has a feedback connection; pairs are made in the order connections arrive; both end together; a command
that fills the read buffer without a NUL is half a command; and after each batch of feedback there is silence until
`output_data_ready`. What changes by command is not reported, only what happens by itself.
"""

import contextlib
import socket
from typing import Final

from controld.bridge.hosts.around import HostAround
from controld.bridge.hosts.base import Host, HostEvent
from controld.bridge.modhost_protocol import READ_BUFFER_BYTES, format_feedback
from controld.errors import BridgeStartError

POOL: Final = 8192  # events that wait to be told; of more the newest are lost
_COMMANDS_A_TURN: Final = 64
_FLUSHING: Final = frozenset({"remove", "monitor_output_off"})  # these tell what waits before they answer
# mod-host reports these also where a command caused them.
_REPORTED: Final = frozenset({
    "output_set", "midi_program_change", "midi_control_change", "transport", "cpu_load",
})  # fmt: skip


class Door:
    """The sockets and the flow control; `execute` does a command."""

    def __init__(self, port: int, host: Host) -> None:
        """Listen on `port` and the next one, of this machine only.

        Raises:
            BridgeStartError: where a port is taken.
        """
        self._host = host
        self._commands = _listen(port)
        try:
            self._feedbacks = _listen(self._commands.getsockname()[1] + 1)
        except BridgeStartError:
            self._commands.close()
            raise
        self.port: int = self._commands.getsockname()[1]
        self._client: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._read = bytearray()
        self._unsent = {"reply": bytearray(), "feedback": bytearray()}
        self._waiting: list[HostEvent] = []
        self._ready = True

    def filenos(self) -> list[int]:
        """Return the descriptors whose readiness is a reason to `pump`."""
        if self._client is None:
            return [self._commands.fileno()]
        return [self._feedbacks.fileno() if self._listener is None else self._client.fileno()]

    def report(self, event: HostEvent) -> None:
        """Have something told as feedback, when the flow allows; what mod-host does not report is passed over."""
        if len(self._waiting) < POOL:
            self._waiting.append(event)

    def pump(self) -> None:
        """Accept, serve and report whatever can be without waiting."""
        if self._commands.fileno() < 0:
            return
        if self._client is None:
            self._client = _accepted(self._commands)
        if self._client is not None and self._listener is None:
            self._listener = _accepted(self._feedbacks)
        if self._client is not None and self._listener is not None:
            self._serve(self._client)
        if self._ready and self._waiting:
            self._tell()
        self._flush()
        if not self._host.healthy():  # `quit`
            self.close()

    def close(self) -> None:
        """Close everything; closing twice does no harm."""
        self._part()
        for each in (self._commands, self._feedbacks):
            each.close()

    def _serve(self, client: socket.socket) -> None:
        for _ in range(_COMMANDS_A_TURN):
            try:
                data = client.recv(READ_BUFFER_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._part()
                return
            self._read += data
            if len(data) == READ_BUFFER_BYTES and not data.endswith(b"\0"):
                continue  # half a command, however long it takes
            lines = bytes(self._read).split(b"\0")
            self._read.clear()
            for line in filter(None, lines):
                self._do(line.decode(errors="replace"))

    def _do(self, line: str) -> None:
        name = line.partition(" ")[0]
        if name in _FLUSHING and self._waiting:
            self._tell()
        reply = self._host.execute(line)
        if name == "output_data_ready":
            self._ready = True
        if reply is not None:
            self._unsent["reply"] += reply.encode() + b"\0"

    def _tell(self) -> None:
        """Tell a batch, newest first and each value once, and be silent afterwards; with nobody there it is lost."""
        told: set[tuple[object, ...]] = set()
        for event in reversed(self._waiting):
            key = (event["type"], event.get("effect_id"), event.get("symbol"), event.get("control"))
            if key in told:
                continue
            told.add(key)
            with contextlib.suppress(ValueError):
                self._unsent["feedback"] += format_feedback(event).encode() + b"\0"
        self._waiting.clear()
        self._unsent["feedback"] += b"data_finish\0"
        self._ready = False

    def _flush(self) -> None:
        for name, peer in (("reply", self._client), ("feedback", self._listener)):
            unsent = self._unsent[name]
            if peer is None:
                unsent.clear()
            elif unsent:
                with contextlib.suppress(OSError):  # a peer that reads nothing, or is gone: its end is read later
                    del unsent[: peer.send(unsent)]

    def _part(self) -> None:
        for each in (self._listener, self._client):
            if each is not None:
                each.close()
        self._client = self._listener = None
        self._read.clear()
        for unsent in self._unsent.values():
            unsent.clear()


class ServedHost(HostAround):
    """A host that is a bridge's and at the same time served as a mod-host; a `Host`."""

    def __init__(self, host: Host, port: int) -> None:
        """Serve `host` on `port` and the next one.

        Raises:
            BridgeStartError: where a port is taken.
        """
        super().__init__(host)
        self._events: list[HostEvent] = []
        self.door = Door(port, self)

    def filenos(self) -> list[int]:
        """Return the host's and the door's."""
        door = self.door.filenos()
        return [*self._host.filenos(), *(fd for fd in door if fd >= 0)]

    def execute(self, line: str) -> str | None:
        """Do one command; what it changes is an event of the bridge and, but for a few kinds, no feedback."""
        self._hear()
        reply = self._host.execute(line)
        for event in self._host.take_events():
            self._events.append(event)
            if event["type"] in _REPORTED:
                self.door.report(event)
        return reply

    def take_events(self) -> list[HostEvent]:
        """Serve the door, and return what happened since the last call, oldest first."""
        self.door.pump()
        self._hear()
        events, self._events = self._events, []
        return events

    def _hear(self) -> None:
        for event in self._host.take_events():
            self._events.append(event)
            self.door.report(event)

    def close(self) -> None:
        """Close the door and the host."""
        self.door.close()
        self._host.close()


def _listen(port: int) -> socket.socket:
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setblocking(False)
    try:
        opened.bind(("127.0.0.1", port))
        opened.listen()
    except (OSError, OverflowError) as error:
        opened.close()
        message = f"cannot serve mod-host's protocol on port {port}: {error}; choose another --serve-mod-host"
        raise BridgeStartError(message) from error
    return opened


def _accepted(listening: socket.socket) -> socket.socket | None:
    try:
        accepted, _address = listening.accept()
    except OSError:
        return None
    accepted.setblocking(False)
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return accepted
