"""The session while the engine is away, refuses, or is told what to do by others."""

import pytest
from fake_engine import DELAY, DRIVE, FakeEngine, board, started

from controld.actions import (
    DriveParameter,
    Resync,
    SetBypass,
    SetParameter,
)
from controld.changes import (
    BypassChanged,
    EngineChanged,
    EngineState,
    PedalboardChanged,
    State,
)
from controld.session.engine_events import (
    EffectReported,
    EngineConnected,
    EngineLost,
    ParameterReported,
    UnknownEngineEvent,
)
from controld.session.outbox import Outbox
from controld.session.requests import (
    AddEffect,
    ConnectPorts,
    Denied,
    EngineRequest,
    FoundEffect,
    SetProcessing,
    WriteBypass,
    WriteParameters,
    WritePreset,
)
from controld.session.session import Session
from controld.values import Level


class TestOutages:
    def test_an_engine_that_comes_back_empty_is_filled_again(self) -> None:
        """Wishes of the outage included, and nothing is sent while it is gone."""
        session, _, _ = started()
        assert EngineChanged(EngineState.DOWN, "gone") in session.receive_event(EngineLost("gone"))
        changes = session.receive(SetBypass(("drive",)), "floor")
        assert changes == [BypassChanged("drive", False, None, State.ASKED, "floor")]
        session.receive(DriveParameter("drive", "gain", 0.75), "floor")
        assert not session._executor.outbox
        fresh = FakeEngine()
        session.receive_event(EngineConnected(frozenset({"events", "effects"})))
        changes = fresh.run(session)
        assert not fresh.effects[1].bypassed
        assert fresh.effects[1].values["gain"] == pytest.approx(0.75)
        assert BypassChanged("drive", False, False, State.CONFIRMED, "floor") in changes

    @pytest.mark.parametrize("at_once", [True, False])
    def test_an_engine_that_kept_everything_gets_nothing_but_questions(self, at_once: bool) -> None:
        """Reconcile, not hope: what is there is looked at, and only the difference is sent."""
        session, engine, _ = started(at_once=at_once)
        session.receive_event(EngineLost("gone"))
        engine.log.clear()
        session.receive_event(EngineConnected(frozenset({"events", "effects"}) if at_once else frozenset()))
        engine.run(session)
        sent = [request for request in engine.log if not type(request).__name__.startswith("Read")]
        assert [type(request) for request in sent] == [*[ConnectPorts] * (0 if at_once else 3), SetProcessing]

    def test_an_alien_under_our_number_is_replaced(self) -> None:
        """After an outage the engine may hold another plugin there; it is recognised by its symbols."""
        session, engine, _ = started(at_once=False)
        session.receive_event(EngineLost("gone"))
        engine.effects[1] = FoundEffect("urn:other", bypassed=False, values={"x": 1.0})
        session.receive_event(EngineConnected())
        engine.run(session)
        assert engine.effects[1].uri == DRIVE.uri

    def test_an_engine_that_lost_its_effects_silently_is_repaired(self) -> None:
        """A host that restarted behind its bridge is noticed by its first refusal, and the press is not lost."""
        session, engine, _ = started()
        engine.effects.clear()
        engine.connections.clear()
        session.receive(SetBypass(("drive",)), "floor")
        engine.run(session)
        assert len(engine.effects) == 2
        assert not engine.effects[1].bypassed
        assert len(engine.connections) == 3

    def test_an_effect_removed_by_another_program_comes_back(self) -> None:
        """The engine's own word is enough."""
        session, engine, _ = started()
        del engine.effects[2]
        session.receive_event(EffectReported(2, ""))
        engine.run(session)
        assert engine.effects[2].uri == DELAY.uri

    @pytest.mark.parametrize("executed", [True, False])
    def test_a_timeout_is_decided_by_reading_back(self, executed: bool) -> None:
        """Done or not done: the light tells what the engine holds, never what was hoped."""
        session, engine, _ = started()
        session.receive(SetBypass(("drive",)), "floor")
        if executed:
            effect = engine.effects[1]
            engine.effects[1] = FoundEffect(effect.uri, bypassed=False, values=effect.values)
        engine.time_out = lambda request: isinstance(request, WriteBypass)
        engine.run(session)
        engine.time_out = lambda _request: False
        session.receive_event(EngineConnected(frozenset({"events", "effects"})))
        changes = engine.run(session)
        told = [c for c in changes if isinstance(c, BypassChanged) and c.effect == "drive"][-1]
        assert told.confirmed is not executed
        assert told.state is (State.CONFIRMED if executed else State.FAILED)

    def test_a_command_that_is_executed_after_its_failure_is_found_and_repaired(self) -> None:
        """A zombie changes the sound behind our back; the audit brings it back to what the light says."""
        session, engine, _ = started()
        session.receive(SetBypass(("drive",)), "floor")
        engine.time_out = lambda request: isinstance(request, WriteBypass)
        engine.run(session, now=10.0)
        engine.time_out = lambda _request: False
        session.receive_event(EngineConnected(frozenset({"events", "effects"})))
        engine.run(session, now=10.1)
        effect = engine.effects[1]
        engine.effects[1] = FoundEffect(effect.uri, bypassed=False, values=effect.values)
        deadline = session.next_deadline()
        assert deadline is not None
        session.tick(deadline)
        engine.run(session)
        assert engine.effects[1].bypassed
        assert session.next_deadline() is None

    def test_reports_of_others_become_the_truth(self) -> None:
        """A value another program or a mapped MIDI controller set is taken, and shown."""
        session, _, _ = started()
        changes = session.receive_event(ParameterReported(1, ":bypass", 0.0))
        assert changes == [BypassChanged("drive", False, False, State.CONFIRMED, "")]

    def test_a_report_does_not_overwrite_a_wish_on_its_way(self) -> None:
        """Our own newer wish is not taken back by an older fact."""
        session, engine, _ = started()
        session.receive(SetParameter("drive", "gain", Level(0.8)), "tablet")
        session.receive_event(ParameterReported(1, "gain", 0.3))
        engine.run(session)
        assert engine.effects[1].values["gain"] == pytest.approx(0.8)

    def test_unknown_events_survive(self) -> None:
        """What this version does not know is counted and changes nothing."""
        session, _, _ = started()
        before = session.report()
        assert session.receive_event(UnknownEngineEvent("{}")) == []
        assert session.report() == before
        assert session._executor.unknown_events == 1

    def test_a_start_without_an_engine_waits_with_the_wish_shown_as_asked(self) -> None:
        """Nothing fails: the rig joins when the engine comes."""
        session = Session((board(),), Outbox())
        states = {type(change).__name__: change for change in session.report()}
        assert states["EngineChanged"] == EngineChanged(EngineState.DOWN, "no engine yet")
        assert isinstance(states["PedalboardChanged"], PedalboardChanged)
        assert states["PedalboardChanged"].state is State.ASKED

    def test_resync_asks_what_is_there_and_tells_everything(self) -> None:
        """Every fact is told again."""
        session, engine, _ = started()
        engine.log.clear()
        changes = session.receive(Resync(), "tablet")
        assert len(changes) >= len(session.report())
        engine.run(session)
        assert engine.log


def test_no_engine_answer_ever_leaves_the_session_restless() -> None:
    """Whatever the engine refuses, the rounds end."""
    for kind in (AddEffect, WriteBypass, WriteParameters, ConnectPorts, SetProcessing, WritePreset):

        def deny(request: EngineRequest, kind: type = kind) -> Denied | None:
            return Denied("no", -1) if isinstance(request, kind) else None

        session, engine, _ = started(engine=FakeEngine(deny=deny))
        assert not session._executor.outbox
        assert engine.processing or kind is SetProcessing
