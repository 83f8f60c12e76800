"""The two sockets to a mod-host: commands and feedback, opened and closed together, and never more than one question.

A shell without threads. mod-host serves one pair of connections at a time and pairs them in the order they arrive; a
second client waits in its backlog. Its loop for sending never ends once the peer is gone and it has two things to send
(it then spins at full load and has to be killed), so the rules here are strict: a question is asked when the reply to
the one before was read; every reply is read, also one that comes too late; the feedback is always read; and while
mod-host has our question the sockets stay open, however long it takes. Only mod-host ends a connection, or our own end.
"""

import contextlib
import select
import socket
import time
from collections.abc import Callable
from enum import Enum
from typing import Final

from controld.bridge.hosts.modhost_guard import Guard

PROOF: Final = b"cpu_load\0"  # changes nothing, and is answered only by a mod-host that serves us
PROOF_S: Final = 1.0  # what a mod-host without a feedback port may take for the proof before it is tried anew
RETRY_FIRST_S, RETRY_MAX_S = 0.1, 2.0
CONNECT_S: Final = 2.0
_BLOCK: Final = 65536
_MAX_REPLY_BYTES: Final = 1 << 20  # a preset as Turtle is a few kB
_CLOSE_S: Final = 0.2  # for a reply that is still to come when we stop, and for mod-host's own end


class LinkState(Enum):
    """How far the connection is."""

    AWAY = "away"  # nothing is open; tried again after a while
    OPENING = "opening"  # on its way, or accepted by a mod-host that does not serve us yet
    UP = "up"  # questions can be asked
    OWED = "owed"  # a reply did not come in time; nothing is asked until it has come


class ModHostLink:
    """A connection to the mod-host at (host, port), its feedback at the next port; `pump` keeps it going.

    `on_up` is called when questions can be asked, also after a reply that came late; `on_line` for each line of
    feedback. `reason` says in plain words why the link is not up. `guard` ends a connection in order if we cannot.
    """

    def __init__(
        self,
        address: tuple[str, int],
        on_up: Callable[[], None],
        on_line: Callable[[str], None],
        guard: Guard | None = None,
    ) -> None:
        self.state = LinkState.AWAY
        self.reason = "it was not looked for yet"
        self.hears = False  # whether there is a feedback connection
        self.generation = 0  # counts connections that came to be served
        self._address = address
        self._on_up, self._on_line = on_up, on_line
        self._guard = guard
        self._command: socket.socket | None = None
        self._feedback: socket.socket | None = None
        self._reply, self._lines = bytearray(), bytearray()
        self._asked = False  # a question is out
        self._proved = False
        self._since = 0.0
        self._retry_at, self._delay_s = 0.0, RETRY_FIRST_S

    @property
    def opening_s(self) -> float:
        """How long ago the newest connection was begun."""
        return time.monotonic() - self._since

    def filenos(self) -> list[int]:
        """Return the descriptors whose readiness is a reason to `pump`."""
        if not (self._asked or self._proved):  # a connection on its way is looked at by time
            return []
        return [each.fileno() for each in (self._command, self._feedback) if each is not None]

    def pump(self) -> None:
        """Do whatever can be done without waiting: connect, take feedback, take a late reply."""
        if self.state is LinkState.AWAY:
            if time.monotonic() >= self._retry_at:
                self._open()
            return
        if self.state is LinkState.OPENING and not self._proved and not self._asked:
            self._open_further()
        self._read(0.0)
        self._take_late_reply()

    def ask(self, line: str, deadline_s: float) -> str | None:
        """Return mod-host's reply to a command; None where there is none in time, or nobody to ask.

        After the deadline the question stays asked: mod-host may still do it.
        """
        if self.state is not LinkState.UP:
            return None
        return self._ask(line.encode() + b"\0", deadline_s)

    def close(self) -> None:
        """End the connection as mod-host survives it, which may take 0.2 s; closing twice does no harm.

        A reply that is on its way is read. Then only our side of the command connection is closed, and the feedback is
        read until mod-host has closed it: what it sends to a socket that is gone, it sends for ever.
        """
        deadline = time.monotonic() + _CLOSE_S
        while self._asked and self._command is not None and time.monotonic() < deadline:
            self._read(deadline - time.monotonic())
            self._asked = b"\0" not in self._reply
        if self._proved and self._command is not None:
            with contextlib.suppress(OSError):
                self._command.shutdown(socket.SHUT_WR)
            while self._command is not None and time.monotonic() < deadline:
                self._read(deadline - time.monotonic())
        self._shut("closed")
        if self._guard is not None:
            self._guard.close()

    def listen(self, patience_s: float) -> None:
        """Take what mod-host tells, after waiting for it if need be; nothing is asked or answered."""
        if self.state is not LinkState.AWAY:
            self._read(patience_s)

    def _ask(self, data: bytes, deadline_s: float) -> str | None:
        deadline = time.monotonic() + deadline_s
        if not self._send(data):
            return None
        while True:
            reply = self._taken_reply()
            if reply is not None or self.state is LinkState.AWAY:
                return reply
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                self.state, self.reason = LinkState.OWED, "it does not answer"
                return None
            self._read(left_s)

    def _send(self, data: bytes) -> bool:
        assert self._command is not None
        if self._reply:
            self._shut("it answered more than it was asked")
            return False
        try:
            sent = self._command.send(data)
        except OSError as error:
            self._shut(f"the connection broke: {error.strerror}")
            return False
        if sent < len(data):  # only a mod-host that has not read for long leaves no room
            self._shut("it takes no commands")
            return False
        self._asked = True
        return True

    def _taken_reply(self) -> str | None:
        end = self._reply.find(0) if self._asked else -1
        if end < 0:
            return None
        text = self._reply[:end].decode(errors="replace")
        del self._reply[: end + 1]
        self._asked = False
        return text

    def _take_late_reply(self) -> None:
        if self.state is LinkState.AWAY:
            return
        if self._asked:
            if self._taken_reply() is None:
                self._give_up_proof()
                return
            self._proved = True
            self._delay_s = RETRY_FIRST_S
            self.generation += self.state is LinkState.OPENING
            self.state, self.reason = LinkState.UP, ""
            self._on_up()
        elif self._reply:
            self._shut("it answered what nobody asked")

    def _give_up_proof(self) -> None:
        """Leave a mod-host that may be waiting for a feedback connection of ours which it refused while starting."""
        if self.state is LinkState.OPENING and not self.hears and self.opening_s > PROOF_S:
            self._shut("it does not serve us")

    def _open(self) -> None:
        host, port = self._address
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        except OSError as error:
            self._away(f"there is no machine {host}: {error.strerror}")
            return
        family, address = found[0], found[4]
        self._command, self._feedback = socket.socket(family), socket.socket(family)
        self._since = time.monotonic()
        self.state, self._proved, self.hears = LinkState.OPENING, False, False
        for each, to in ((self._command, address), (self._feedback, (address[0], port + 1, *address[2:]))):
            each.setblocking(False)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            each.connect_ex(to)
        self._open_further()

    def _open_further(self) -> None:
        """Go on once both connections were accepted, or the feedback one refused: mod-host may run without."""
        assert self._command is not None
        command = _fate(self._command)
        feedback = _fate(self._feedback) if self._feedback else 0
        if command is None or (feedback is None and not command):
            if self.opening_s > CONNECT_S:
                self._shut("it does not answer")
            return
        if command:
            self._shut("nothing listens there")
            return
        self.hears = self._feedback is not None and feedback == 0
        if not self.hears and self._feedback is not None:
            self._feedback.close()
            self._feedback = None
        self.reason = "it serves another program, or hangs"
        if self._guard is not None:
            self._guard.hold(*(each for each in (self._command, self._feedback) if each is not None))
        self._send(PROOF)

    def _read(self, patience_s: float) -> None:
        """Take what has arrived, after waiting for something if need be."""
        poller = select.poll()
        # What was told before the end of the commands is heard before it.
        sockets = {each.fileno(): each for each in (self._feedback, self._command) if each is not None}
        for fd in sockets:
            poller.register(fd, select.POLLIN)
        if not sockets:
            return
        for fd, _event in poller.poll(max(0.0, patience_s) * 1000):
            if self.state is not LinkState.AWAY and (self._asked or self._proved):
                self._read_one(sockets[fd])

    def _read_one(self, ready: socket.socket) -> None:
        try:
            data = ready.recv(_BLOCK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._shut("it closed the connection")
        elif ready is self._command:
            self._reply += data
            if len(self._reply) > _MAX_REPLY_BYTES:
                self._shut("it answers without an end")
        else:
            self._hear(data)

    def _hear(self, data: bytes) -> None:
        self._lines += data
        *lines, rest = bytes(self._lines).split(b"\0")
        self._lines[:] = rest if len(rest) < _MAX_REPLY_BYTES else b""
        for line in lines:
            if line:
                self._on_line(line.decode(errors="replace"))

    def _shut(self, reason: str) -> None:
        """Close both sockets, the command socket first, as mod-host has it in its own end."""
        for each in (self._command, self._feedback):
            if each is not None:
                with contextlib.suppress(OSError):  # where it never was connected, or is no more
                    each.shutdown(socket.SHUT_RDWR)  # the guard's copy would keep it open a moment longer
                each.close()
        if self._guard is not None:
            self._guard.release()
        self._command = self._feedback = None
        self._reply.clear()
        self._lines.clear()
        self._asked = self._proved = self.hears = False
        self._away(reason)

    def _away(self, reason: str) -> None:
        self.state, self.reason = LinkState.AWAY, reason
        self._retry_at = time.monotonic() + self._delay_s
        self._delay_s = min(2 * self._delay_s, RETRY_MAX_S)


def _fate(opening: socket.socket) -> int | None:
    """Return None while a connection is on its way, 0 when it is there, the error's number where it was refused."""
    poller = select.poll()
    poller.register(opening.fileno(), select.POLLOUT)
    if not poller.poll(0):
        return None
    return opening.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
