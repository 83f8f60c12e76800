"""The daemon's only way to the engine: a client of any modhost-bridge, ours or the stock one.

A shell. Takes requests from the session's outbox, one wire request at a time, and tells the replies and the events.
What is taken is always answered: by the bridge, or by `TimedOut` when its deadline has passed or the bridge is gone.
After that nobody knows what the engine did, so that the bridge is greeted anew and `EngineConnected` reported again.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import zmq

from controld.bridge.client_cargo import Cargo, Loader
from controld.bridge.client_connection import Connection
from controld.bridge.client_feed import EventFeed
from controld.bridge.client_pace import Pace, Patience, slow_warning
from controld.bridge.client_questions import Answered, Questions
from controld.bridge.link import Context
from controld.bridge.protocol import BridgeInfo, decode_batch, decode_reply
from controld.errors import EngineUnavailable
from controld.figures import ClientFigures
from controld.session.engine_events import EngineConnected, EngineEvent, EngineLost
from controld.session.outbox import Outbox
from controld.session.requests import (
    ADD_DEADLINE_S,
    REPLY_DEADLINE_S,
    Denied,
    Done,
    EngineReply,
    EngineRequest,
    Question,
    TimedOut,
)

_TIMED_OUT = TimedOut()
# After a reply that was nonsense.
LOOK_AGAIN_S = 0.25

log = logging.getLogger("controld.bridge.client")

ReplyReceiver = Callable[[EngineRequest, EngineReply], None]
EventReceiver = Callable[[EngineEvent], None]
# What is sent and what comes back, for a monitor: ("sent", request, None, 0.0), ("reply", request, reply, seconds).
Observer = Callable[[str, EngineRequest, object, float], None]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a bridge listens: ZeroMQ addresses. Its health is not asked here: it says less than `cpu_load` does."""

    command: str
    events: str
    health: str


class BridgeClient:
    """A client of one bridge; all methods and callbacks belong to the loop it was started in.

    Every request taken from `outbox` gets exactly one call of `on_reply`, never from within `pump` unless the bridge is
    found to be gone. The outbox is not cleared here: whoever is told `EngineLost` decides what of it still holds.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        outbox: Outbox,
        on_reply: ReplyReceiver,
        on_event: EventReceiver,
        observe: Observer | None = None,
        clock: Callable[[], float] = time.monotonic,
        patience: Patience = Patience(),  # noqa: B008 - frozen
    ) -> None:
        """Prepare; `clock` gives seconds, and times commands only."""
        self._endpoints = endpoints
        self._on_reply = on_reply
        self._on_event = on_event
        self._observe = observe
        self._clock = clock
        self._context: Context | None = None
        self._feed: EventFeed | None = None
        self._connection = Connection(endpoints.command, self, self._meet, patience)
        self._questions = Questions(endpoints.command, patience)
        self._loader = Loader(outbox, self._settle_soon)
        self._pace = Pace()
        self._info = BridgeInfo()
        self._cargo: Cargo | None = None  # sent, and not answered yet
        # Every request has one of two deadlines: only the slow ones may be given more time.
        self._deadlines = {
            REPLY_DEADLINE_S: min(REPLY_DEADLINE_S, patience.timeout_s), ADD_DEADLINE_S: patience.timeout_s,
        }  # fmt: skip
        self._sent_at = 0.0
        self._landing = False  # replies are being told
        self._attending = False  # the core is at something
        self._connected = False  # as far as the session knows
        self._warned_slow = False
        self._garbled = 0  # replies that were nonsense
        self._look: asyncio.TimerHandle | None = None
        self._wire_requests = self._replies = self._denied = self._timed_out = 0

    def start(self) -> None:
        """Begin to connect, in the running loop; a bridge that is not there is waited for.

        Raises:
            EngineUnavailable: where an endpoint is not a ZeroMQ address.
        """
        self._context = zmq.Context()
        try:
            self._feed = EventFeed(self._context, self._endpoints.events, self._receive_event)
            self._connection.open(self._context)
        except zmq.ZMQError as error:
            self._close_sockets()
            self._context.term()
            message = f"{self._endpoints.command} or {self._endpoints.events} is not an address of a bridge: {error}"
            raise EngineUnavailable(message) from error

    async def stop(self) -> None:
        """Close everything; nothing is reported any more, and nothing that waits is sent."""
        self._close_sockets()
        context, self._context = self._context, None
        if context is not None:
            await asyncio.to_thread(context.term)

    def pump(self) -> None:
        """Send what waits in the outbox, unless a reply is awaited; to be called after something was put there."""
        if self._cargo is None and self._connection.ready and not self._landing:
            self._send_next()

    def attend(self) -> None:
        """Take the reply, where one has come, and send the next: for a core that is at something long.

        Only what was done is told meanwhile; what was not may change what waits, and is told when the core can act.
        """
        if self._cargo is None:
            self.pump()
            return
        self._attending = True
        try:
            self._connection.attend()
        finally:
            self._attending = False

    def ask(self, body: bytes, deadline_s: float, answered: Answered) -> None:
        """Ask the bridge something beside what the session does; `answered` gets the reply, None where none came.

        Raises:
            EngineUnavailable: where the client was not started, or is stopped.
        """
        if self._context is None:
            raise EngineUnavailable("there is no connection to an engine")
        self._questions.ask(self._context, body, deadline_s, answered)

    def watch(self, observe: Observer | None) -> None:
        """Have requests and replies observed from now on, or not any more."""
        self._observe = observe

    def figures(self) -> ClientFigures:
        """Return the present figures."""
        return ClientFigures(
            connected=self._connected,
            description=self._info.description,
            load=self._connection.load,
            command_time_s=self._pace.command_time_s,
            batch_limit=self._limit(),
            wire_requests=self._wire_requests,
            replies=self._replies,
            denied=self._denied,
            timed_out=self._timed_out,
            stray_replies=self._connection.stray_replies,
            connections=self._connection.times_ready,
            events=self._feed.received if self._feed else 0,
            unknown_events=self._feed.unknown if self._feed else 0,
        )

    def connection_ready(self, info: BridgeInfo) -> None:
        """Serve the outbox from now on."""
        self._info = info
        self._connected = True
        self._guard(self._on_event, EngineConnected(info.capabilities, info.description))
        self.pump()

    def connection_replied(self, body: bytes) -> None:
        """Tell the replies, and send the next."""
        cargo = self._cargo
        if cargo is None:
            return
        took_s = self._clock() - self._sent_at
        if cargo.quick:
            self._measure(took_s, len(cargo.requests))
        replies = _decode(cargo, body)
        if self._attending and not _done(replies):
            asyncio.get_running_loop().call_soon(self._land, cargo, replies, took_s)
        else:
            self._land(cargo, replies, took_s)

    def _land(self, cargo: Cargo, replies: list[EngineReply], took_s: float) -> None:
        if self._cargo is not cargo:
            return  # given up meanwhile
        self._cargo = None
        host_gone = _TIMED_OUT in replies
        for index, (request, reply) in enumerate(zip(cargo.requests, replies, strict=True)):
            if isinstance(reply, Denied) and reply.garbled and not isinstance(request, Question):
                replies[index] = _TIMED_OUT  # as good as no answer: nobody knows what was done
                self._have_looked(reply.reason)
        if self._observe is not None:
            for request, reply in zip(cargo.requests, replies, strict=True):
                self._observe("reply", request, reply, took_s)
        if _done(replies) and (cargo.quick or not isinstance(cargo.requests[0], Question)):
            self.pump()  # what was done changes nothing of what waits: the bridge need not wait for lights and facts
            if not self._connection.ready:  # it went meanwhile, which was told: nothing is confirmed any more
                replies = [_TIMED_OUT] * len(replies)
        last = len(replies) - 1
        for index, (request, reply) in enumerate(zip(cargo.requests, replies, strict=True)):
            # What is put into the outbox meanwhile is sent with the last reply, and not to a bridge without its host.
            self._landing = index < last or host_gone
            self._count(reply)
            self._guard(self._on_reply, request, reply)
        self._landing = False
        if host_gone:
            self._connection.host_gone()
        else:
            self.pump()

    def _have_looked(self, reason: str) -> None:
        """Have the session look what the engine did, soon: a bridge that always answers so is not to be worn out."""
        if not self._garbled:
            log.warning("%s; what it did is asked for (said once)", reason)
        self._garbled += 1
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self._look_again)

    def _look_again(self) -> None:
        self._look = None
        if self._connected and self._connection.ready:
            self._guard(self._on_event, EngineConnected(self._info.capabilities, self._info.description))
            self.pump()

    def connection_broken(self) -> None:
        """Give up what was sent, and what was taken to be sent next."""
        cargo, self._cargo = self._cargo, None
        took_s = self._clock() - self._sent_at
        for request in (*(cargo.requests if cargo else ()), *self._loader.drop()):
            self._report(request, _TIMED_OUT, took_s)

    def connection_checked(self) -> None:
        """Go on with what waits."""
        self.pump()

    def connection_lost(self, reason: str) -> None:
        """Tell it."""
        self._connected = False
        self._guard(self._on_event, EngineLost(reason))

    def _close_sockets(self) -> None:
        if self._look is not None:
            self._look.cancel()
        self._connected = False
        self._cargo = None  # nothing is told any more
        self._connection.close()
        self._questions.close()
        if self._feed is not None:
            self._feed.close()

    def _meet(self, identity: str) -> None:
        if self._feed is not None:
            # Only the present link's: what a question that was given up does after all is news to the session.
            self._feed.own_client = identity
            self._feed.renew()

    def _limit(self) -> int:
        return self._pace.limit if "batch" in self._info.capabilities else 1

    def _send_next(self) -> None:
        cargo = self._loader.load(self._limit())
        if cargo is None:
            return
        self._cargo = cargo
        self._wire_requests += 1
        if self._observe is not None:
            for request in cargo.requests:
                self._observe("sent", request, None, 0.0)
        self._sent_at = self._clock()
        self._connection.ask(cargo.body, self._deadlines.get(cargo.deadline_s, cargo.deadline_s))

    def _settle_soon(self, request: EngineRequest, reply: EngineReply) -> None:
        asyncio.get_running_loop().call_soon(self._report, request, reply, 0.0)

    def _report(self, request: EngineRequest, reply: EngineReply, took_s: float) -> None:
        self._count(reply)
        if self._observe is not None:
            self._observe("reply", request, reply, took_s)
        self._guard(self._on_reply, request, reply)

    def _count(self, reply: EngineReply) -> None:
        self._replies += 1
        if isinstance(reply, Denied):
            self._denied += 1
        elif isinstance(reply, TimedOut):
            self._timed_out += 1

    def _receive_event(self, event: EngineEvent) -> None:
        # While the engine counts as away nobody knows what an event changes; everything is read when it is back.
        if self._connected:
            self._guard(self._on_event, event)

    def _guard(self, receiver: Callable[..., None], *what: object) -> None:
        try:
            receiver(*what)
        except Exception:  # the one guard: a mistake in a receiver costs one reply or event, not the connection
            log.exception("%.200r could not be taken", what)

    def _measure(self, took_s: float, commands: int) -> None:
        self._pace.add(took_s, commands)
        if not self._warned_slow and self._pace.is_slow():
            self._warned_slow = True
            stock = "batch" not in self._info.capabilities
            log.warning("%s", slow_warning(self._endpoints.command, self._pace.command_time_s, stock=stock))


def _done(replies: list[EngineReply]) -> bool:
    return all(type(reply) is Done for reply in replies)


def _decode(cargo: Cargo, body: bytes) -> list[EngineReply]:
    if len(cargo.requests) == 1:
        return [decode_reply(cargo.requests[0], body)]
    return decode_batch(cargo.requests, body)
