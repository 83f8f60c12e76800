"""The SUB socket to what a bridge publishes.

A shell. Hands over every event that concerns the rig, a bounded number per turn of the loop, so that a flood of events
(a swept pedal of another program) cannot keep the loop from the player's own.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import zmq

from controld.bridge.link import RECONNECT_MAX_MS, RECONNECT_MS, Context
from controld.bridge.protocol_events import decode_event
from controld.session.engine_events import EngineEvent, UnknownEngineEvent

EVENTS_PER_TURN = 256
# Events kept for a loop that is busy; what does not fit is lost, and newer values follow.
_RECEIVE_QUEUE = 8192
# A SUB socket never sends, so that only the kernel can find out that its peer's machine has vanished.
_KEEPALIVE_IDLE_S, _KEEPALIVE_INTERVAL_S, _KEEPALIVE_COUNT = 5, 2, 3


class EventFeed:
    """Events of the bridge at `endpoint`; those that `own_client` (a ROUTER identity in hex) caused are marked own."""

    def __init__(self, context: Context, endpoint: str, on_event: Callable[[EngineEvent], None]) -> None:
        """Begin to connect; must be called in a running loop.

        Raises:
            zmq.ZMQError: where `endpoint` is not the address of anything.
        """
        self.own_client = ""
        self.received = 0
        self.unknown = 0
        self._endpoint = endpoint
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._waiting = False  # for the next turn, with more to take
        self._socket = context.socket(zmq.SUB)
        options = {
            zmq.LINGER: 0,
            zmq.RCVHWM: _RECEIVE_QUEUE,
            zmq.RECONNECT_IVL: RECONNECT_MS,
            zmq.RECONNECT_IVL_MAX: RECONNECT_MAX_MS,
            zmq.TCP_KEEPALIVE: 1,
            zmq.TCP_KEEPALIVE_IDLE: _KEEPALIVE_IDLE_S,
            zmq.TCP_KEEPALIVE_INTVL: _KEEPALIVE_INTERVAL_S,
            zmq.TCP_KEEPALIVE_CNT: _KEEPALIVE_COUNT,
        }
        for option, value in options.items():
            self._socket.setsockopt(option, value)
        self._socket.setsockopt(zmq.SUBSCRIBE, b"")
        try:
            self._socket.connect(endpoint)
        except zmq.ZMQError:
            self._socket.close()
            raise
        self._loop.add_reader(self._socket.fileno(), self._drain)
        self._loop.call_soon(self._drain)

    def renew(self) -> None:
        """Connect anew at once, now that the bridge is known to be there.

        Left to itself the socket may be waiting to try again, or hold on to a connection whose other end is no more;
        what happens meanwhile would be missed.
        """
        with suppress(zmq.ZMQError):  # where it has never been connected
            self._socket.disconnect(self._endpoint)
        self._socket.connect(self._endpoint)

    def close(self) -> None:
        """Close the socket; can be called twice."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _drain(self) -> None:
        if not self._waiting:
            self._take_portion()

    def _drain_more(self) -> None:
        self._waiting = False
        self._take_portion()

    def _take_portion(self) -> None:
        for _ in range(EVENTS_PER_TURN):
            if self._closed or not int(self._socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
                return
            self._take(self._socket.recv_multipart(zmq.NOBLOCK)[-1])
        # The descriptor signals edges: it will not say again that there is more.
        self._waiting = True
        self._loop.call_soon(self._drain_more)

    def _take(self, body: bytes) -> None:
        self.received += 1
        event = decode_event(body, self.own_client)
        if isinstance(event, UnknownEngineEvent):
            self.unknown += 1
        if event is not None:
            self._on_event(event)
