"""The three sockets of the service: calls (ROUTER), events (PUB), and the one others' events may come to (SUB).

Shell: knows frames, nothing of what they say. A ROUTER stands where the Session Manager has a REP socket, because a
REP socket serves one client at a time and is wedged by a peer; towards REQ and DEALER clients it behaves as REP does.
Nothing here ever waits: what a client does not read is dropped when its share of the queue is full.
"""

import asyncio
import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import zmq

from controld.errors import AddressInUse

MAX_REQUEST_BYTES: Final = 1 << 20  # libzmq hangs up on a peer that sends more; a pedalboard as JSON is some 50 kB
MAX_UNREAD: Final = 100  # answers kept for a client that does not read them; then its newest are dropped
MAX_EVENTS: Final = 1000  # events kept for a subscriber that does not read them; then its newest are dropped
# Calls taken in one turn of the loop: what a player does meanwhile waits for no more than these.
_BURST: Final = 8
# A peer that vanished without a word (its machine is off) is forgotten after this.
_HEARTBEAT_MS: Final = 2000
_READABLE: Final = int(zmq.POLLIN)

Socket = zmq.Socket[bytes]
Frames = list[bytes]
log = logging.getLogger("controld.rpc")


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a service: as the Session Manager assigns them, by a hash of its name."""

    calls: int
    events: int
    others: int


def ports_of(name: str, base: int) -> Ports:
    """Return the ports of the service `name`; "session_manager" at 5555 has 5718, 6718 and 7718."""
    first = base + zlib.crc32(name.encode()) % 1000
    return Ports(first, first + 1000, first + 2000)


class Sockets:
    """The open sockets; `receive` gets the frames of each call, in the running loop."""

    def __init__(self, host: str, ports: Ports, receive: Callable[[Frames], None]) -> None:
        """Open.

        Raises:
            AddressInUse: where one of the ports is taken, or the address is not this machine's.
        """
        self.unread = 0  # answers that were dropped
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._subscribers = 0
        self._context: zmq.Context[Socket] = zmq.Context()
        try:
            self._calls = self._bind(zmq.ROUTER, host, ports.calls)
            self._events = self._bind(zmq.XPUB, host, ports.events)
            # Nothing is subscribed to: what others publish there is dropped by their end already.
            self._others = self._bind(zmq.SUB, host, ports.others)
        except AddressInUse:
            self._context.destroy(linger=0)
            raise
        self._loop.add_reader(self._calls.fileno(), self._drain)
        self._loop.add_reader(self._events.fileno(), self._count_subscribers)
        self._loop.call_soon(self._drain)
        self._loop.call_soon(self._count_subscribers)

    @property
    def heard(self) -> bool:
        """Tell whether anybody subscribes to events."""
        return self._subscribers > 0

    def answer(self, envelope: Frames, body: bytes) -> None:
        """Send an answer; one that its client has no room for, or whose client is gone, is dropped."""
        try:
            self._calls.send_multipart([*envelope, body], zmq.NOBLOCK)
        except zmq.Again:
            self.unread += 1
        except zmq.ZMQError as error:
            log.debug("an answer was lost: %s", error)
        if int(self._calls.getsockopt(zmq.EVENTS)) & _READABLE:
            self._loop.call_soon(self._drain)  # sending may swallow the edge that says so

    def publish(self, frames: Frames) -> None:
        """Send an event to whom it is for."""
        try:
            self._events.send_multipart(frames, zmq.NOBLOCK)
        except zmq.ZMQError as error:
            log.debug("an event was lost: %s", error)

    def close(self) -> None:
        """Close, with what was not sent; can be called twice."""
        for socket in (self._calls, self._events):
            if not socket.closed:
                self._loop.remove_reader(socket.fileno())
        self._context.destroy(linger=0)

    def _bind(self, kind: int, host: str, port: int) -> Socket:
        socket = self._context.socket(kind)
        for option, value in _OPTIONS.items():
            socket.setsockopt(option, value)
        socket.setsockopt(zmq.SNDHWM, MAX_UNREAD if kind == zmq.ROUTER else MAX_EVENTS)
        if kind == zmq.ROUTER:
            # Mandatory: an answer without room is told as such instead of vanishing.
            socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
            socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
        try:
            socket.bind(f"tcp://{f'[{host}]' if ':' in host else host}:{port}")
        except zmq.ZMQError as error:
            raise AddressInUse(f"port {port} of {host} cannot be had: {error.strerror}") from error
        return socket

    def _drain(self) -> None:
        if self._calls.closed:
            return
        for _ in range(_BURST):
            if not int(self._calls.getsockopt(zmq.EVENTS)) & _READABLE:
                return
            self._receive(self._calls.recv_multipart(zmq.NOBLOCK))
        self._loop.call_soon(self._drain)

    def _count_subscribers(self) -> None:
        """Take note who subscribes: the first byte of what subscribers send is 1 for a new topic, 0 for its end."""
        while not self._events.closed and int(self._events.getsockopt(zmq.EVENTS)) & _READABLE:
            told = self._events.recv(zmq.NOBLOCK)
            self._subscribers += {b"\x01": 1, b"\x00": -1}.get(told[:1], 0)


_OPTIONS: Final[dict[int, int]] = {
    zmq.LINGER: 0,
    zmq.IPV6: 1,
    zmq.MAXMSGSIZE: MAX_REQUEST_BYTES,
    zmq.HEARTBEAT_IVL: _HEARTBEAT_MS,
    zmq.HEARTBEAT_TIMEOUT: 2 * _HEARTBEAT_MS,
}


def parted(frames: Frames) -> tuple[Frames, Frames]:
    """Return the frames of a call in two parts: the envelope that an answer goes back in, and what was asked.

    A REQ socket, and a DEALER that behaves like one, put an empty frame before what they ask. Of one that does not,
    only the frame with which libzmq names it is the envelope.
    """
    try:
        start = frames.index(b"", 1) + 1
    except ValueError:
        start = 1
    if start == len(frames) and start == 2:
        return frames[:1], frames[1:]  # an empty frame and nothing else
    return frames[:start], frames[start:]
