"""A pedalboard is loaded whole, or not at all where there is another to go to; one that plays is never given up."""

import pytest
from fake_engine import DELAY, DRIVE, board, started
from session_play import AT_ONCE, ask, board_state, refusals

from controld.actions import EngineAction, LoadPedalboard, LoadPreset, RecallSnapshot, SetMute
from controld.changes import State
from controld.session.engine_events import EngineLost
from controld.session.model import EffectSetup, Pedalboard, Snapshot
from controld.session.requests import AddEffect, Denied, EngineRequest

BROKEN = Pedalboard(
    "Broken",
    (EffectSetup("bad", "urn:bad"), EffectSetup("delay", DELAY.uri), EffectSetup("drive", DRIVE.uri)),
    snapshots=(Snapshot("A"), Snapshot("B")),
)
PRESET = Pedalboard(
    "Preset",
    (EffectSetup("drive", DRIVE.uri, preset="Lead"), EffectSetup("delay", DELAY.uri)),
    (("system:capture_1", "drive:in"), ("drive:out", "system:playback_1")),
)


@pytest.mark.parametrize("action", [SetMute(on=True), RecallSnapshot("B"), LoadPreset("drive", "Lead")])
def test_what_is_asked_during_a_load_that_fails_does_not_make_it_whole(action: EngineAction) -> None:
    """An effect was refused already; a new plan starts, and still the pedalboard that worked comes back."""
    session, engine, _ = started(board(), BROKEN)
    changes = session.receive(LoadPedalboard("Broken"), "floor")
    while not session._executor.ledger.failures:
        changes += engine.step(session)
    changes += session.receive(action, "floor") + engine.run(session)
    assert session.pedalboard.name == "Stage"
    assert board_state(changes) is State.CONFIRMED
    assert any("no such plugin" in refusal.reason for refusal in refusals(changes))


def test_an_effect_that_does_not_come_back_takes_nothing_else_with_it() -> None:
    """The pedalboard that plays was loaded instead of another; after an outage the rest of it is repaired."""

    def deny(request: EngineRequest) -> Denied | None:
        return Denied("no") if isinstance(request, AddEffect) and request.uri == DELAY.uri else None

    session, engine, _ = started(board(), PRESET)
    ask(session, engine, LoadPedalboard("Preset"))
    before = set(engine.connections)
    session.receive_event(EngineLost("gone"))
    engine.effects.clear()
    engine.connections.clear()
    engine.deny = deny
    session.receive_event(AT_ONCE)
    engine.run(session)
    assert engine.connections == before
