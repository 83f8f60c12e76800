"""The player's end: sends datagrams when they are due and writes down what comes back, in its own process.

One thread with `select`, whose timeout has microseconds. Sending what is due comes first; a late wake-up counts into
every latency, since these start at the time a message was due.
"""

import ctypes
import gc
import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

PR_SET_TIMERSLACK = 29
LEAD_NS = 30_000_000  # between the order and the first datagram
BUFFER_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """Datagrams with their times after the start; then listen until nothing came for `quiet_s`, at most `tail_s`."""

    due_ns: list[int]
    datagrams: list[bytes]
    quiet_s: float = 0.15
    tail_s: float = 3.0


@dataclass(slots=True)
class Played:
    """When the first datagram was due, how late each one was sent, and what came: whose socket, when, and what."""

    start_ns: int
    late_ns: list[int] = field(default_factory=list)
    heard: list[tuple[int, int, bytes]] = field(default_factory=list)


class Tablet:
    """A player's socket that sends and listens, and a viewer's that only says hello and listens."""

    def __init__(self, port: int, hello: list[bytes]) -> None:
        self._sockets = [_socket(port) for _ in range(2 if hello else 1)]
        for datagram in hello:
            self._sockets[1].send(datagram)

    def play(self, job: Job) -> Played:
        """Send a job's datagrams when they are due."""
        start = time.monotonic_ns() + LEAD_NS
        played = Played(start)
        due = [start + offset for offset in job.due_ns]
        player = self._sockets[0]
        clock = time.monotonic_ns
        position, count = 0, len(due)
        while position < count:
            now = clock()
            while position < count and due[position] <= now:
                _send(player, job.datagrams[position])
                played.late_ns.append(now - due[position])
                position += 1
                now = clock()
            if position < count:
                self._listen((due[position] - now) / 1e9, played)
        self._listen_on(job, played)
        return played

    def _listen_on(self, job: Job, played: Played) -> None:
        end = time.monotonic() + job.tail_s
        while time.monotonic() < end and self._listen(job.quiet_s, played):
            pass

    def _listen(self, timeout_s: float, played: Played) -> bool:
        readable, _, _ = select.select(self._sockets, (), (), max(timeout_s, 0.0))
        for ready in readable:
            try:
                datagram = ready.recv(65536)
            except OSError:  # refused: nobody listens there yet
                continue
            played.heard.append((self._sockets.index(ready), time.monotonic_ns(), datagram))
        return bool(readable)


def _send(to: socket.socket, datagram: bytes) -> None:
    with suppress(ConnectionRefusedError):
        to.send(datagram)


def _socket(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ask_buffer(made)
    made.connect(("127.0.0.1", port))
    made.setblocking(False)
    return made


def ask_buffer(of: socket.socket) -> None:
    """Ask the kernel for 8 MB of receive buffer, by force where that is permitted."""
    rcvbufforce = getattr(socket, "SO_RCVBUFFORCE", 33)
    try:
        of.setsockopt(socket.SOL_SOCKET, rcvbufforce, BUFFER_BYTES)
    except PermissionError:
        of.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)


def fine_timers() -> None:
    """Have the kernel wake this process up on time, not up to 50 microseconds later."""
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1)


def tablet_main(orders: Connection, port: int, hello: list[bytes]) -> None:
    """Play jobs until None comes."""
    fine_timers()
    tablet = Tablet(port, hello)
    gc.freeze()
    gc.disable()
    orders.send("ready")
    while (job := orders.recv()) is not None:
        orders.send(tablet.play(job))
        gc.collect()
