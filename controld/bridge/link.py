"""One DEALER socket to a bridge's command port, for one question at a time.

A shell: knows sockets, nothing of what is asked. A link lives from one connection to its end and is then thrown away,
so that a reply that comes late, when its question was given up, has nowhere to arrive. Facts it rests on (libzmq 4.3):

- a DEALER keeps messages for a peer that is away and delivers them stale; with IMMEDIATE it refuses them instead.
- a REP peer echoes all frames before the empty one, so that a frame of ours there tells which question a reply is for.
- a ZeroMQ file descriptor signals edges: it must be read until nothing is left, and every send may swallow an edge.
"""

import asyncio
import itertools
import os
from collections.abc import Callable
from typing import Protocol

import zmq
from zmq.utils.monitor import parse_monitor_message

HEARTBEAT_INTERVAL_MS = 200
HEARTBEAT_TIMEOUT_MS = 400
RECONNECT_MS = 100
RECONNECT_MAX_MS = 500
# A peer that accepts and then says nothing is given up after this; libzmq's own 30 s outlast a set change.
_HANDSHAKE_MS = 2000
# Messages taken per turn of the loop; one question has one reply, so that more can only come from a broken peer.
_BURST = 64

# Plain numbers: `&` with an enumeration takes longer than asking the socket.
_READABLE = int(zmq.POLLIN)
_MORE = zmq.NOBLOCK | zmq.SNDMORE
_UP = zmq.EVENT_HANDSHAKE_SUCCEEDED
_DOWN = zmq.EVENT_DISCONNECTED
_STRANGE = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL

Context = zmq.Context["zmq.Socket[bytes]"]


class LinkOwner(Protocol):
    """Who is told what happens to a link; every method may close the link."""

    def link_up(self) -> None:
        """The peer is there: questions can be asked."""
        ...

    def link_replied(self, body: bytes) -> None:
        """The reply to the question; the next one can be asked."""
        ...

    def link_silent(self) -> None:
        """The question's deadline has passed; the link is of no use any more."""
        ...

    def link_down(self) -> None:
        """The peer is gone; the link is of no use any more."""
        ...

    def link_strange(self) -> None:
        """Something that does not speak ZeroMQ listens there; the link keeps trying."""
        ...


class Link:
    """A connection to come, or there; `identity` is what the peer knows us by, new for every link."""

    def __init__(
        self, context: Context, endpoint: str, owner: LinkOwner, longest_ms: int = RECONNECT_MAX_MS, *, heartbeats: bool
    ) -> None:
        """Begin to connect, and look for a peer at least every `longest_ms`; must be called in a running loop.

        Raises:
            zmq.ZMQError: where `endpoint` is not the address of anything.
        """
        self.identity = b"controld-" + os.urandom(6)
        self.strays = 0  # replies to no question
        self.replies = 0
        self.up_since: float | None = None  # loop time
        self._loop = asyncio.get_running_loop()
        self._owner = owner
        self._numbers = itertools.count(1)
        self._expected: bytes | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._draining = False
        self._closed = False
        self._socket = context.socket(zmq.DEALER)
        self._monitor = self._socket.get_monitor_socket(_UP | _DOWN | _STRANGE)
        self._set_options(longest_ms, heartbeats=heartbeats)
        try:
            self._socket.connect(endpoint)
        except zmq.ZMQError:
            self._close_sockets()
            raise
        self._loop.add_reader(self._socket.fileno(), self._drain)
        self._loop.add_reader(self._monitor.fileno(), self._watch)
        self._loop.call_soon(self._watch)

    def _set_options(self, longest_ms: int, *, heartbeats: bool) -> None:
        options = {
            zmq.IMMEDIATE: 1,
            zmq.LINGER: 0,
            zmq.RECONNECT_IVL: min(RECONNECT_MS, longest_ms),
            zmq.RECONNECT_IVL_MAX: min(RECONNECT_MAX_MS, longest_ms),
            zmq.HANDSHAKE_IVL: _HANDSHAKE_MS,
        }
        if heartbeats:
            options |= {
                zmq.HEARTBEAT_IVL: HEARTBEAT_INTERVAL_MS,
                zmq.HEARTBEAT_TIMEOUT: HEARTBEAT_TIMEOUT_MS,
                zmq.HEARTBEAT_TTL: HEARTBEAT_TIMEOUT_MS,
            }
        self._socket.setsockopt(zmq.ROUTING_ID, self.identity)
        for option, value in options.items():
            self._socket.setsockopt(option, value)

    @property
    def asked(self) -> bool:
        """Tell whether a question waits for its reply."""
        return self._expected is not None

    def ask(self, body: bytes, deadline_s: float) -> bool:
        """Send a question that is given up after `deadline_s`; False, and nothing sent, where the peer is gone."""
        number = next(self._numbers).to_bytes(6, "big")
        try:
            self._socket.send(number, _MORE)
        except zmq.Again:
            return False
        self._socket.send(b"", _MORE)  # a message is taken whole or not at all: these two cannot fail
        self._socket.send(body, zmq.NOBLOCK)
        self._expected = number
        self._deadline = self._loop.time() + deadline_s
        # One timer serves many questions: it is put off when it finds that it is not due, not at every reply.
        if self._timer is None or self._timer.when() > self._deadline:
            self._set_timer()
        if not self._draining and int(self._socket.getsockopt(zmq.EVENTS)) & _READABLE:
            self._loop.call_soon(self._drain)
        return True

    def attend(self) -> None:
        """Take the reply now, where it has come."""
        if self._expected is not None:
            self._drain()

    def close(self) -> None:
        """Throw the socket away, with whatever is on its way; can be called twice."""
        if self._closed:
            return
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for socket in (self._socket, self._monitor):
            self._loop.remove_reader(socket.fileno())
        self._close_sockets()

    def _close_sockets(self) -> None:
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._socket.close(linger=0)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._expected is None:
            return
        if self._deadline > self._loop.time():
            self._set_timer()
            return
        self._drain()  # a loop that was late itself may find the reply here
        if not self._closed and self._expected is not None and self._deadline <= self._loop.time():
            self._owner.link_silent()

    def _drain(self) -> None:
        if self._closed or self._draining:
            return
        self._draining = True
        try:
            if not self._take_all(self._socket, self._take_reply):
                self._loop.call_soon(self._drain)
        finally:
            self._draining = False

    def _take_all(self, socket: "zmq.Socket[bytes]", take: Callable[[list[bytes]], None]) -> bool:
        """Hand over what has arrived; False where more may be there."""
        for _ in range(_BURST):
            # Asking costs a fraction of the exception that a read of nothing raises.
            if self._closed or not int(socket.getsockopt(zmq.EVENTS)) & _READABLE:
                return True
            take(socket.recv_multipart(zmq.NOBLOCK))
        return False

    def _take_reply(self, frames: list[bytes]) -> None:
        if self._expected is None or frames[0] != self._expected:
            self.strays += 1
            return
        self._expected = None
        self.replies += 1
        # Only the number, the empty frame and one frame of text are a reply; b"" is nonsense to every reader.
        self._owner.link_replied(frames[2] if len(frames) == 3 else b"")

    def _watch(self) -> None:
        if not self._closed and not self._take_all(self._monitor, self._take_change):
            self._loop.call_soon(self._watch)

    def _take_change(self, frames: list[bytes]) -> None:
        event = parse_monitor_message(frames)["event"]
        if event == _UP:
            self.up_since = self._loop.time()
            self._socket.getsockopt(zmq.EVENTS)  # lets the socket notice its peer; a send alone may be too early
            self._owner.link_up()
        elif event == _DOWN:
            self._drain()  # what the peer answered before it went
            if not self._closed:
                self._owner.link_down()
        else:
            self._owner.link_strange()
