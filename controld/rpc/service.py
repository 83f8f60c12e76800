"""The session manager's service: takes calls from its sockets, answers each once, and publishes events.

Shell. A call that follows from facts to come waits here, as does one with a question to the engine; none of them holds
up another. Every call is answered: with its result, with why not, or with a timeout.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from controld.changes import EngineChanged, EngineState, Refused, StateChange
from controld.errors import AddressInUse
from controld.rig import Output
from controld.rpc import dispatch
from controld.rpc.answers import Outcome, Question, Result, Wait
from controld.rpc.dispatch import Dispatcher, UnknownMethod
from controld.rpc.events import EventTeller
from controld.rpc.machine import LocalMachine, Settings
from controld.rpc.sockets import Frames, Ports, Sockets, parted, ports_of
from controld.rpc.wire import Malformed, answer_bytes, error_bytes, event_frames, read_request
from controld.service import Desk

# How long the engine may be away before a call that needs it is answered: a bridge that restarts takes half a second.
GRACE_S: Final = 2.0
# Calls of one client, and of all, that may wait; one that asks for more is told so.
MAX_WAITING_EACH: Final = 64
MAX_WAITING: Final = 1024
# How long the bridge may take over a question; the list of 400 plugins takes it some 20 ms.
QUESTION_S: Final = 5.0
MAX_COMPLAINTS: Final = 100
COUNTED: Final = ("calls", "refused", "overdue", "unread", "events")
WENT_WRONG: Final = "this went wrong here; the log says how"

log = logging.getLogger("controld.rpc")


class _Open:
    """A call that was not answered yet."""

    __slots__ = ("envelope", "origin", "reason", "request_id", "timer", "wait")

    def __init__(self, envelope: Frames) -> None:
        self.envelope = envelope
        self.request_id: object = None
        self.origin = f"rpc/{envelope[0].hex()}"
        self.reason = ""  # why it was refused last
        self.wait: Wait | None = None
        self.timer: asyncio.TimerHandle | None = None


class RpcService:
    """The service; implements `service.Service`."""

    def __init__(self, desk: Desk, name: str, address: tuple[str, int], timeout_s: float, settings: Settings) -> None:
        """Prepare to be called `name` at a host, and the base port that the ports are counted from.

        A call is answered after `timeout_s` at the latest. `settings` returns those in force.
        """
        self.ports: Ports = ports_of(name, address[1])
        self.counters: Counter[str] = Counter()
        self._name, self._host, self._timeout_s = name, address[0], timeout_s
        self._desk = desk
        machine = LocalMachine(self._figures, desk.facts, settings)
        self._dispatcher = Dispatcher(desk, machine)
        self._teller = EventTeller(lambda: desk.rig.session.look, self._dispatcher.catalogue)
        self._sockets: Sockets | None = None
        self._waiting: dict[type, list[_Open]] = {}
        self._open: Counter[bytes] = Counter()  # calls that wait, by client
        self._complained: set[str] = set()
        self._loop = asyncio.get_running_loop()

    # Life

    async def start(self) -> None:
        """Open the sockets. Where a port is taken that is said, and the rig goes on without this service."""
        host, ports = self._host, self.ports
        try:
            self._sockets = Sockets(host, ports, self._receive)
        except AddressInUse as error:
            log.warning(
                "the session manager's service is not there: %s (another controld or session manager?); the rig plays "
                "on without it. Give it other ports with service: {base_port: ...} or ZMQ_BASE_PORT",
                error,
            )
            return
        log.info("programs are served on %s: calls at port %d, events at %d", host, ports.calls, ports.events)

    async def stop(self) -> None:
        """Close the sockets; what waits is answered no more."""
        sockets, self._sockets = self._sockets, None
        if sockets is not None:
            sockets.close()
        for open_call in {id(each): each for calls in self._waiting.values() for each in calls}.values():
            if open_call.timer is not None:
                open_call.timer.cancel()
        self._waiting.clear()

    # In

    def _receive(self, frames: Frames) -> None:
        envelope, asked = parted(frames)
        open_call = _Open(envelope)
        try:
            self._take(open_call, asked)
        except UnknownMethod as error:
            self._refuse(open_call, str(error))
        except Exception:  # the one guard: a mistake of ours costs one call, not the service
            log.exception("a call could not be done: %.200r", asked)
            self._refuse(open_call, WENT_WRONG)

    def _take(self, open_call: _Open, asked: Frames) -> None:
        request = read_request(asked[0]) if len(asked) == 1 else _not_one(asked)
        open_call.request_id = request.request_id
        if isinstance(request, Malformed):
            self._refuse(open_call, request.reason)
        elif self._open[open_call.envelope[0]] >= MAX_WAITING_EACH or self._open.total() >= MAX_WAITING:
            self._refuse(open_call, "too many calls wait for their answers already; wait for those first")
        else:
            self.counters["calls"] += 1
            self._go_on(open_call, self._dispatcher.call(request, open_call.origin))

    def _refuse(self, open_call: _Open, reason: str) -> None:
        self.counters["refused"] += 1
        self._say_once(logging.INFO, reason[:30], "%s was answered with an error: %s (said once)", open_call, reason)
        if self._sockets is not None:
            self._sockets.answer(open_call.envelope, error_bytes(open_call.request_id, reason, _now()))

    def _go_on(self, open_call: _Open, outcome: Outcome) -> None:
        if isinstance(outcome, Wait):
            self._begin_wait(open_call, outcome)
        elif isinstance(outcome, Question):
            self._ask(open_call, outcome)
        else:
            self._answer(open_call, outcome)

    # Calls that wait for facts

    def _begin_wait(self, open_call: _Open, wait: Wait) -> None:
        open_call.wait = wait
        for kind in wait.kinds:
            self._waiting.setdefault(kind, []).append(open_call)
        self._open[open_call.envelope[0]] += 1
        away = wait.engine and self._desk.rig.session.look.engine[0] is EngineState.DOWN
        limit_s = self._timeout_s
        self._set_deadline(open_call, min(GRACE_S, limit_s) if away else limit_s)

    def _set_deadline(self, open_call: _Open, delay_s: float) -> None:
        if open_call.timer is not None:
            open_call.timer.cancel()
        open_call.timer = self._loop.call_later(delay_s, self._overdue, open_call)

    def _overdue(self, open_call: _Open) -> None:
        assert open_call.wait is not None
        self.counters["overdue"] += 1
        self._end_wait(open_call, self._dispatcher.overdue(open_call.wait))

    def _end_wait(self, open_call: _Open, result: Result) -> None:
        wait, open_call.wait = open_call.wait, None
        for kind in wait.kinds if wait is not None else ():
            self._waiting[kind].remove(open_call)
            if not self._waiting[kind]:
                del self._waiting[kind]
        if open_call.timer is not None:
            open_call.timer.cancel()
        self._less(open_call)
        self._answer(open_call, result)

    def _less(self, open_call: _Open) -> None:
        client = open_call.envelope[0]
        self._open[client] -= 1
        if not self._open[client]:
            del self._open[client]

    # Calls that wait for the engine's word

    def _ask(self, open_call: _Open, question: Question) -> None:
        self._open[open_call.envelope[0]] += 1

        def answered(reply: Mapping[str, object] | None) -> None:
            self._less(open_call)
            if self._sockets is None:
                return
            try:
                outcome = self._dispatcher.unanswered() if reply is None else dispatch.answered(question, reply)
            except Exception:  # the one guard, as above: what a bridge says can be anything
                log.exception("the reply to %.200r could not be read", question.body)
                self._refuse(open_call, WENT_WRONG)
                return
            self._go_on(open_call, outcome)

        if self._desk.rig.session.look.engine[0] is EngineState.DOWN:
            self._loop.call_soon(answered, None)
            return
        self._desk.ask_engine(question.body, min(QUESTION_S, self._timeout_s), answered)

    # Out

    def tell(self, output: Output) -> None:
        """Judge the calls that wait by what happened, and publish it."""
        if self._sockets is None:
            return
        heard = self._sockets.heard
        for change in output.changes:
            try:
                if self._waiting:
                    self._judge(change)
                if type(change) is EngineChanged:
                    self._engine_changed(change)
                if heard:
                    self._publish(change)
            except Exception:  # the one guard, as above: who else is told of it must not suffer
                log.exception("a fact could not be told to programs: %.200r", change)

    def _judge(self, change: StateChange) -> None:
        if type(change) is Refused:
            self._note_refusal(change)
        for open_call in tuple(self._waiting.get(type(change), ())):
            assert open_call.wait is not None
            result = dispatch.judge(open_call.wait, change, open_call.reason)
            if result is not None:
                self._end_wait(open_call, result)

    def _note_refusal(self, change: StateChange) -> None:
        for calls in self._waiting.values():
            for open_call in calls:
                open_call.reason = dispatch.refusal_of(change, open_call.origin, open_call.wait) or open_call.reason

    def _engine_changed(self, change: EngineChanged) -> None:
        self._dispatcher.take_fact(change)
        away = change.state is EngineState.DOWN
        calls = {id(each): each for calls in self._waiting.values() for each in calls}
        for open_call in calls.values():
            if open_call.wait is not None and open_call.wait.engine:
                self._set_deadline(open_call, GRACE_S if away else self._timeout_s)

    def _publish(self, change: StateChange) -> None:
        assert self._sockets is not None
        for name, data in self._teller.tell(change):
            self.counters["events"] += 1
            self._sockets.publish(event_frames(name, data, self._name, _now()))

    def _answer(self, open_call: _Open, result: Result) -> None:
        if self._sockets is None:
            return
        try:
            body = answer_bytes(open_call.request_id, result, _now())
        except (ValueError, TypeError):  # a number the engine gave that no JSON has
            log.exception("an answer could not be written: %.200r", result)
            body = error_bytes(open_call.request_id, WENT_WRONG, _now())
        unread = self._sockets.unread
        self._sockets.answer(open_call.envelope, body)
        if self._sockets.unread > unread:
            self.counters["unread"] += 1
            text = "%s does not read its answers; what does not fit is dropped (said once)"
            self._say_once(logging.WARNING, "unread", text, open_call)

    def _say_once(self, level: int, kind: str, text: str, open_call: _Open, *more: str) -> None:
        """Log a complaint of a kind once, whoever causes it: clients that connect anew for every call are common."""
        if kind not in self._complained and len(self._complained) < MAX_COMPLAINTS:
            self._complained.add(kind)
            log.log(level, text, open_call.origin, *more)

    def _figures(self) -> Result:
        return {**{name: self.counters[name] for name in COUNTED}, "clients": len(self._open)}


def _not_one(asked: Frames) -> Malformed:
    return Malformed(f"a request is one frame, not {len(asked)}")


def _now() -> str:
    return datetime.now().isoformat()  # local time without a zone, as clients of that service read it
