"""The sockets of our modhost-bridge: one thread, one poller, strictly one request after the other.

No asyncio: a player waits for the round trip, and the poller costs a third of an event loop's. ROUTER sockets stand
where the stock bridge has REP ones, because a REP socket can be wedged by its peers and does not tell who asked;
towards clients they behave as REP does.
"""

import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import zmq

from controld.bridge.api_desk import UNREACHABLE, Reply
from controld.bridge.faults import WireFaults
from controld.bridge.hosts.base import Host
from controld.bridge.jsoncpp import dumps
from controld.bridge.server_dispatch import Dispatcher
from controld.errors import BridgeStartError

TICK_MS: Final = 20  # how long an event that arises in the host itself may wait
_BURST: Final = 32  # requests served before the other sockets are looked at again
_MAX_REQUEST_BYTES: Final = 4 << 20  # a full batch is some 60 kB; libzmq hangs up on a peer that sends more than this
_OUTBOX: Final = 20_000  # messages kept for one slow peer before its newest are dropped
_LINGER_MS: Final = 200  # for the last replies when stopping

Context = zmq.Context[zmq.Socket[bytes]]
Frames = Sequence[bytes]
Answer = Callable[[bytes, str], list[bytes]]

log = logging.getLogger("controld.bridge.server")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the bridge listens: ZeroMQ addresses; port 0 lets the system choose."""

    commands: str
    events: str
    health: str


class BridgeServer:
    """A bridge before a host; listens from its making on, serves in `run`, and is closed once."""

    def __init__(self, host: Host, endpoints: Endpoints, faults: WireFaults, *, stock: bool = False) -> None:
        """Open all sockets.

        Raises:
            BridgeStartError: where an endpoint cannot be listened on.
        """
        self._faults = faults
        self._pending: list[Reply] = []  # events, published as soon as no reply is waited for
        self._host = host
        self._dispatcher = Dispatcher(host, self._pending.append, stock=stock)
        self._stopping = False
        self._context: Context = zmq.Context()
        try:
            self._commands = self._listen(zmq.ROUTER, endpoints.commands, "--endpoint")
            self._events = self._listen(zmq.PUB, endpoints.events, "--events")
            self._health = self._listen(zmq.ROUTER, endpoints.health, "--health")
        except BridgeStartError:
            self._context.destroy(linger=0)
            raise
        self.endpoints = Endpoints(*map(_bound, (self._commands, self._events, self._health)))

    def _listen(self, kind: int, endpoint: str, option: str) -> "zmq.Socket[bytes]":
        opened = self._context.socket(kind)
        opened.set(zmq.LINGER, _LINGER_MS)
        opened.set(zmq.SNDHWM, _OUTBOX)
        opened.set(zmq.MAXMSGSIZE, _MAX_REQUEST_BYTES)
        if kind == zmq.ROUTER:
            opened.set(zmq.ROUTER_HANDOVER, 1)  # a client that comes back with its old identity is the same client
        try:
            opened.bind(endpoint)
        except zmq.ZMQError as error:
            raise BridgeStartError(_bind_text(error, endpoint, option)) from error
        return opened

    def run(self, on_ready: Callable[[], None], parent_fd: int | None = None) -> None:
        """Call `on_ready`, then serve until `stop`, a SIGTERM or SIGINT, or the end of `parent_fd`."""
        poller = zmq.Poller()
        poller.register(self._health, zmq.POLLIN)
        poller.register(self._commands, zmq.POLLIN)
        if parent_fd is not None:
            poller.register(parent_fd, zmq.POLLIN)
        # With faults every request may block, so that nothing else may wait for more than one of them.
        burst = 1 if self._faults else _BURST
        with self._signals(poller):
            on_ready()
            watched: set[int] = set()
            while not self._stopping:
                watched = self._watch_host(poller, watched)
                ready = dict(poller.poll(TICK_MS))
                if self._health in ready:
                    self._serve(self._health, self._answer_health, _BURST)
                if self._commands in ready:
                    self._serve(self._commands, self._answer_command, burst)
                if parent_fd is not None and parent_fd in ready and _ended(parent_fd):
                    self.stop()
                self._dispatcher.publish_host_events()
                self._publish()

    def _watch_host(self, poller: zmq.Poller, watched: set[int]) -> set[int]:
        """Have the poller woken by the host's descriptors as they are now, and return them."""
        wanted = set(self._host.filenos())
        for fd in watched - wanted:
            poller.unregister(fd)
        for fd in wanted - watched:
            poller.register(fd, zmq.POLLIN)
        return wanted

    def stop(self) -> None:
        """Let `run` return after the request in hand."""
        self._stopping = True

    def close(self) -> None:
        """Close the sockets; last replies get a moment to leave."""
        self._context.destroy()

    @contextmanager
    def _signals(self, poller: zmq.Poller) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT; a socket pair wakes the poller, which would sleep through a handler otherwise."""
        reader, writer = socket.socketpair()
        with reader, writer:
            writer.setblocking(False)
            old_fd = signal.set_wakeup_fd(writer.fileno())
            old = {number: signal.signal(number, lambda *_: self.stop()) for number in (signal.SIGTERM, signal.SIGINT)}
            poller.register(reader.fileno(), zmq.POLLIN)
            try:
                yield
            finally:
                poller.unregister(reader.fileno())
                for number, handler in old.items():
                    signal.signal(number, handler)
                signal.set_wakeup_fd(old_fd)

    def _serve(self, router: "zmq.Socket[bytes]", answer: Answer, limit: int) -> None:
        for _ in range(limit):
            if self._stopping:
                return
            try:
                frames = router.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._serve_one(router, frames, answer)

    def _serve_one(self, router: "zmq.Socket[bytes]", frames: Frames, answer: Answer) -> None:
        """Answer as REP does: the envelope comes back, and without the empty frame that ends it there is no request."""
        try:
            body_start = frames.index(b"", 1) + 1
        except ValueError:
            return
        if body_start == len(frames):
            return
        # Of a request of several frames the stock bridge answers the last one only.
        for reply in answer(frames[-1], frames[0].hex()):
            try:
                router.send_multipart([*frames[:body_start], reply], zmq.NOBLOCK)
            except zmq.ZMQError as error:
                log.debug("a reply was lost: %s", error)
        self._publish()

    def _answer_command(self, data: bytes, client: str) -> list[bytes]:
        try:
            reply = self._dispatcher.answer(data, client)
        except Exception:  # the one guard: a mistake of ours costs one request, not the rig
            log.exception("the request %.200r failed in the bridge", data)
            reply = dumps({"error": UNREACHABLE})
        return self._faults.replies(reply) if self._faults else [reply.encode()]

    def _answer_health(self, data: bytes, _client: str) -> list[bytes]:
        return [self._dispatcher.health(data).encode()]

    def _publish(self) -> None:
        events, self._pending[:] = self._pending[:], []
        for event in events:
            text = dumps(event)
            for frame in self._faults.events(text) if self._faults else [text.encode()]:
                self._events.send(frame, zmq.NOBLOCK)


def _bind_text(error: zmq.ZMQError, endpoint: str, option: str) -> str:
    if error.errno == zmq.EADDRINUSE:
        return (
            f"cannot listen on {endpoint}: another bridge is running there; stop it, choose {option}, "
            "or attach to it with engine: {type: bridge}"
        )
    return f"cannot listen on {endpoint}: {error.strerror}; choose another {option}"


def _bound(opened: "zmq.Socket[bytes]") -> str:
    """Return the address a socket really has, where the system chose the port."""
    return opened.get_string(zmq.LAST_ENDPOINT).rstrip("\0")


def _ended(fd: int) -> bool:
    """Return whether `fd` is at its end; what it may have to say is thrown away."""
    try:
        return not os.read(fd, 4096)
    except OSError:
        return True
