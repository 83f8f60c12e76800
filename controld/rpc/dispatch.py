"""From a request to its outcome: finds the method, checks the parameters, runs the handler.

Pure. Whatever is asked is answered, and only a valid call changes anything.
"""

from collections.abc import Callable, Mapping

from controld.changes import EngineChanged, EngineState, Refused, StateChange
from controld.rpc.answers import CallFailed, Code, Outcome, Question, Result, Wait
from controld.rpc.call import Call, Catalogue, Machine
from controld.rpc.methods import REGISTRY
from controld.rpc.wire import Request
from controld.service import Desk


class UnknownMethod(Exception):
    """There is no such method."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Method '{name}' not found")


class Dispatcher:
    """Runs calls against a rig."""

    def __init__(self, desk: Desk, machine: Machine) -> None:
        self._desk = desk
        self._machine = machine
        self.catalogue = Catalogue()

    def call(self, request: Request, origin: str) -> Outcome:
        """Run a call. Raises UnknownMethod; whatever else is wrong with it is its result."""
        method = REGISTRY.by_name.get(request.method)
        if method is None:
            raise UnknownMethod(request.method)
        return settled(lambda: method.handler(self._call(method.read(request.params), origin)))

    def _call(self, args: Mapping[str, object], origin: str) -> Call:
        return Call(args, origin, self._desk, self.catalogue, self._machine)

    def take_fact(self, change: StateChange) -> None:
        """Take note of what concerns later calls."""
        if isinstance(change, EngineChanged) and change.state is not EngineState.UP:
            self.catalogue.clear()  # another engine may have other plugins

    def overdue(self, wait: Wait) -> Result:
        """Return the answer to a call that waited for too long."""
        state, reason = self._desk.rig.session.look.engine
        if wait.engine and state is EngineState.DOWN:
            text = f"the engine is away ({reason}); what was asked is done when it is back"
            return CallFailed(Code.BRIDGE_ERROR, text, pending=True, **wait.pending).result()
        text = "the engine did not say in time whether it did it; it may yet"
        return CallFailed(Code.TIMEOUT, text, pending=True, **wait.pending).result()

    def unanswered(self) -> Result:
        """Return the answer to a call whose question to the engine was not answered."""
        state, reason = self._desk.rig.session.look.engine
        if state is EngineState.DOWN:
            return CallFailed(Code.BRIDGE_ERROR, f"the engine is away: {reason}").result()
        return CallFailed(Code.TIMEOUT, "the engine did not answer in time").result()


def judge(wait: Wait, change: StateChange, reason: str) -> Result | None:
    """Return what a fact comes to for a call that waits; None where it has to wait on."""
    try:
        return wait.judge(change, reason)
    except CallFailed as failure:
        return failure.result()


def answered(question: Question, reply: Mapping[str, object]) -> Outcome:
    """Return what the reply to a question comes to."""
    return settled(lambda: question.then(reply))


def settled(run: Callable[[], Outcome]) -> Outcome:
    """Return an outcome; what failed is one too."""
    try:
        return run()
    except CallFailed as failure:
        return failure.result()


def refusal_of(change: StateChange, origin: str, wait: Wait | None) -> str:
    """Return why a caller was refused; "" where a fact is no such refusal."""
    if not isinstance(change, Refused):
        return ""
    about_it = wait is not None and change.subject == wait.subject
    return change.reason if change.origin == origin or about_it else ""
