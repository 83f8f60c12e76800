"""Short words for tests of the session: asking, answering late, and what the facts come to."""

from collections.abc import Callable

from fake_engine import FakeEngine

from controld.actions import (
    EngineAction,
    SetParameter,
)
from controld.changes import (
    ParameterChanged,
    PedalboardChanged,
    PresetChanged,
    Refused,
    SnapshotChanged,
    State,
    StateChange,
)
from controld.session.edits import Edit
from controld.session.engine_events import EngineConnected
from controld.session.requests import (
    Denied,
    EngineRequest,
)
from controld.session.session import Session
from controld.values import Level

AT_ONCE = EngineConnected(frozenset({"effects", "presets", "events"}))
STEP_BY_STEP = EngineConnected(frozenset({"presets"}))


def ask(session: Session, engine: FakeEngine, *actions: EngineAction | Edit) -> list[StateChange]:
    """Ask for everything at once, then let the engine do it; return what was told."""
    changes = [change for action in actions for change in session.receive(action, "floor")]
    return changes + engine.run(session)


def gain(value: float) -> SetParameter:
    """Return the wish for a gain."""
    return SetParameter("drive", "gain", Level(value))


def cell(session: Session, symbol: str = "gain") -> tuple[float, float | None, State]:
    """Return what is wished of the drive, what it is known to hold and where the wish stands, as it is reported."""
    for fact in session.report():
        if isinstance(fact, ParameterChanged) and (fact.effect, fact.symbol) == ("drive", symbol):
            return fact.value, fact.confirmed, fact.state
    raise AssertionError(symbol)


def preset(session: Session) -> tuple[str, State]:
    """Return the drive's preset as it is reported."""
    return next((f.preset, f.state) for f in session.report() if isinstance(f, PresetChanged) and f.effect == "drive")


def board_state(changes: list[StateChange]) -> State:
    """Return where the pedalboard stands after these facts."""
    return [change.state for change in changes if isinstance(change, PedalboardChanged)][-1]


def snapshot_state(changes: list[StateChange]) -> State:
    """Return where the snapshot stands after these facts."""
    return [change.state for change in changes if isinstance(change, SnapshotChanged)][-1]


def refusals(changes: list[StateChange]) -> list[Refused]:
    """Return what was refused."""
    return [change for change in changes if isinstance(change, Refused)]


def nth(kind: type, *numbers: int) -> Callable[[EngineRequest], Denied | None]:
    """Return a mood that refuses the requests of a kind with these numbers, counted from 1; none for all of them."""
    seen = 0

    def deny(request: EngineRequest) -> Denied | None:
        nonlocal seen
        seen += isinstance(request, kind)
        return Denied("it hurts") if isinstance(request, kind) and (not numbers or seen in numbers) else None

    return deny


def in_flight(session: Session, engine: FakeEngine, *meanwhile: EngineAction) -> list[StateChange]:
    """Let the engine do the next request, but hear of it only after `meanwhile` was asked; then run to the end."""
    taken = session._executor.outbox.take(1)
    replies = [(request, engine.execute(request)) for request in taken]
    changes = [change for action in meanwhile for change in session.receive(action, "floor")]
    for request, reply in replies:
        changes += session.receive_reply(request, reply, 0.0)
    return changes + engine.run(session)


def rest(session: Session, engine: FakeEngine, until: float) -> list[StateChange]:
    """Let time pass while nobody plays, up to `until`; return what was told."""
    changes: list[StateChange] = []
    for _ in range(5000):
        due = session.next_deadline()
        if due is None or due > until:
            return changes
        changes += session.tick(due) + engine.run(session, now=due)
    raise AssertionError("the session never comes to rest")
