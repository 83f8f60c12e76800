"""What is looked after while nobody plays: another hand's doing, and JACK behind a bridge that lives on."""

import pytest
from fake_engine import FakeEngine, board, started
from session_play import AT_ONCE, STEP_BY_STEP, ask, board_state, cell, gain, rest
from test_session_repaired import said

from controld.actions import LoadPedalboard, SetBypass
from controld.changes import (
    BypassChanged,
    EngineChanged,
    EngineState,
    ParameterChanged,
    State,
    StateChange,
)
from controld.engine_figures import EngineLoadChanged
from controld.session.engine_events import EngineConnected, EngineLost
from controld.session.jack_watch import GONE, NOT_JOINED
from controld.session.model import EffectSetup, Pedalboard
from controld.session.requests import (
    AddEffect,
    CloseJack,
    Denied,
    EngineLoad,
    FoundEffect,
    OpenJack,
    ReadBypass,
    ReadEffects,
    ReadHardware,
    ReadLoad,
    ReadParameter,
    RemoveEffect,
)
from controld.session.session import Session

LISTS_MUTELY = EngineConnected(frozenset({"effects", "presets"}))


def watched(*, lists: bool) -> tuple[Session, FakeEngine]:
    """Return a session before a bridge that tells no events."""
    session, engine, _ = started(at_once=False)
    if lists:
        session.receive_event(LISTS_MUTELY)
        engine.run(session)
    return session, engine


def engine_states(changes: list[StateChange]) -> list[tuple[EngineState, str]]:
    return [(change.state, change.reason) for change in changes if isinstance(change, EngineChanged)]


@pytest.mark.parametrize("lists", [True, False])
class TestOtherHands:
    def test_a_value_that_another_hand_set_is_taken_over(self, lists: bool) -> None:
        """It is heard, and shown as it is; nothing is sent against it."""
        session, engine = watched(lists=lists)
        engine.effects[1].values["gain"] = 0.66
        engine.effects[2] = FoundEffect(engine.effects[2].uri, bypassed=False, values=engine.effects[2].values)
        changes = rest(session, engine, 60.0)
        assert [change.value for change in changes if isinstance(change, ParameterChanged)] == [0.66]
        assert [change.bypassed for change in changes if isinstance(change, BypassChanged)] == [False]
        assert cell(session) == (0.66, 0.66, State.CONFIRMED)
        assert engine.effects[1].values["gain"] == 0.66
        assert said(changes) == []

    def test_an_effect_that_another_hand_removed_is_loaded_again(self, lists: bool) -> None:
        """And that is said."""
        session, engine = watched(lists=lists)
        engine._do(RemoveEffect(1))
        changes = rest(session, engine, 60.0)
        assert said(changes) == ["drive was missing and was loaded again"]
        assert len(engine.effects) == 2
        assert len(engine.connections) == 3

    def test_it_is_one_question_a_second_and_none_while_somebody_plays(self, lists: bool) -> None:
        """A press never finds more than one before it."""
        session, engine = watched(lists=lists)
        engine.log.clear()
        rest(session, engine, 20.0)
        assert 15 <= len(engine.log) <= 20
        engine.log.clear()
        for tenth in range(200, 400):
            now = tenth / 10
            session.receive(gain(tenth % 10 / 10), "floor", now)
            engine.run(session, now=now)
            session.tick(now)
            assert not session._executor.outbox
        assert not [each for each in engine.log if isinstance(each, ReadEffects | ReadBypass | ReadParameter)]

    def test_a_press_between_question_and_answer_is_not_taken_back(self, lists: bool) -> None:
        """What the engine said was so before it."""
        session, engine = watched(lists=lists)
        for _ in range(12):
            due = session.next_deadline()
            assert due is not None
            session.tick(due)
            taken = session._executor.outbox.take(9)
            answers = [(each, engine.execute(each)) for each in taken]
            session.receive(SetBypass(("drive",)), "floor", due)
            wished = cell_bypassed(session)
            for request, reply in answers:
                session.receive_reply(request, reply, due)
            engine.run(session, now=due)
            assert cell_bypassed(session) is wished is engine.effects[1].bypassed


def cell_bypassed(session: Session) -> bool:
    return next(f.bypassed for f in session.report() if isinstance(f, BypassChanged) and f.effect == "drive")


def test_a_connection_that_was_parted_unheard_is_joined_again() -> None:
    """Where the bridge lists connections."""
    session, engine = watched(lists=True)
    pair = ("effect_1:out", "effect_2:in")
    engine.connections.discard(pair)
    assert said(rest(session, engine, 60.0)) == ["drive:out -> delay:in was parted and is joined again"]
    assert pair in engine.connections


def test_a_bridge_that_tells_events_is_not_asked() -> None:
    """Nobody is even woken."""
    session, engine, _ = started()
    engine.log.clear()
    assert rest(session, engine, 60.0) == []
    assert engine.log == []
    assert session.next_deadline() is None


class TestLoad:
    def told(self, changes: list[StateChange]) -> list[EngineLoadChanged]:
        return [change for change in changes if isinstance(change, EngineLoadChanged)]

    def test_it_is_told_while_somebody_wants_it(self) -> None:
        """Once a second, and only what is new."""
        session, engine, _ = started()
        session.want_load(wanted=True)
        assert self.told(rest(session, engine, 10.0)) == [EngineLoadChanged(12.0, 0)]
        engine.load = EngineLoad(33.33, 2)
        assert self.told(rest(session, engine, 12.0)) == [EngineLoadChanged(33.3, 2)]
        assert 9 <= sum(isinstance(each, ReadLoad) for each in engine.log) <= 13
        session.want_load(wanted=False)
        engine.log.clear()
        rest(session, engine, 20.0)
        assert engine.log == []

    def test_a_stock_bridge_tells_the_load_without_xruns(self) -> None:
        """By the command it has."""
        session, engine, _ = started(at_once=False)
        session.want_load(wanted=True)
        assert self.told(rest(session, engine, 10.0)) == [EngineLoadChanged(12.0, None)]

    def test_it_is_told_while_somebody_plays(self) -> None:
        """Where it costs next to nothing; but never before a press."""
        session, engine, _ = started()
        session.want_load(wanted=True)
        changes: list[StateChange] = []
        for tenth in range(1, 50):
            changes += session.receive(gain(tenth % 10 / 10), "floor", tenth / 10)
            changes += engine.run(session, now=tenth / 10) + session.tick(tenth / 10)
            changes += engine.run(session, now=tenth / 10)
        assert self.told(changes)
        order = [type(each).__name__ for each in engine.log[-40:]]
        assert "ReadLoad" in order

    def test_while_the_engine_is_gone_nobody_is_asked(self) -> None:
        """And it is told again when it is back."""
        session, engine, _ = started()
        session.want_load(wanted=True)
        rest(session, engine, 5.0)
        session.receive_event(EngineLost("gone"))
        assert session.next_deadline() is None
        session.receive_event(AT_ONCE)
        engine.run(session, now=6.0)
        engine.load = EngineLoad(50.0, 0)
        assert self.told(rest(session, engine, 10.0))


class TestJack:
    def test_jack_that_dies_while_nobody_plays_is_missed(self) -> None:
        """Every wish is pending from then on, and it is said what has to be done."""
        session, engine, _ = started(at_once=False)
        rest(session, engine, 30.0)
        engine.kill_jack()
        changes = rest(session, engine, 60.0)
        assert engine_states(changes) == [(EngineState.DOWN, GONE)]
        assert board_state(changes) is State.ASKED

    @pytest.mark.parametrize("hello", [AT_ONCE, STEP_BY_STEP])
    def test_a_load_that_fails_for_it_is_not_given_up(self, hello: EngineConnected) -> None:
        """It is no fault of the pedalboard: it is loaded when JACK is back with a new host."""
        second = Pedalboard("Second", (EffectSetup("twin", "urn:drive"), EffectSetup("drive", "urn:drive")))
        session, engine, _ = started(board(), second)
        session.receive_event(hello)
        engine.run(session)
        rest(session, engine, 30.0)
        engine.kill_jack()
        changes = ask(session, engine, LoadPedalboard("Second"))
        assert engine_states(changes) == [(EngineState.DOWN, GONE)]
        assert session.pedalboard.name == "Second"
        session.receive_event(EngineLost("restarted"))
        engine = FakeEngine()
        changes = session.receive_event(hello) + engine.run(session, now=70.0)
        assert engine_states(changes)[-1][0] is EngineState.UP
        assert board_state(changes) is State.CONFIRMED
        assert sorted(engine.effects) == sorted(e.instance for e in session._executor.rig.effects.values())

    def test_presses_meanwhile_are_kept_and_not_sent(self) -> None:
        """mod-host would say yes to each."""
        session, engine, _ = started(at_once=False)
        rest(session, engine, 30.0)
        engine.kill_jack()
        rest(session, engine, 60.0)
        engine.log.clear()
        session.receive(SetBypass(("drive",)), "floor", 60.0)
        rest(session, engine, 70.0)
        assert engine.log
        assert all(isinstance(each, CloseJack | OpenJack | ReadHardware) for each in engine.log)

    def test_jack_that_is_back_without_mod_host_is_said(self) -> None:
        """mod-host never joins a new server; started anew it is given everything."""
        session, engine, _ = started(at_once=False)
        rest(session, engine, 30.0)
        engine.kill_jack()
        rest(session, engine, 60.0)
        engine.jack = True
        changes = rest(session, engine, 90.0)
        assert engine_states(changes)[-1] == (EngineState.DOWN, NOT_JOINED)
        engine.effects.clear()
        engine.deaf.clear()
        changes = rest(session, engine, 120.0)
        assert engine_states(changes)[-1][0] is EngineState.UP
        assert len(engine.connections) == 3
        assert said(changes) == ["all 2 effects were missing and were loaded again"]

    def test_jack_that_has_no_room_is_asked_once_and_fails_the_board(self) -> None:
        """It lives: the effects are tried once more, and then the pedalboard is what cannot be."""
        engine = FakeEngine()
        engine.deny = lambda request: Denied("no client", -201) if isinstance(request, AddEffect) else None
        session, engine, changes = started(engine=engine)
        assert engine_states(changes)[-1][0] is EngineState.UP
        assert board_state(changes) is State.FAILED
        assert rest(session, engine, 60.0) == []

    def test_jack_that_was_away_for_a_moment_costs_nothing(self) -> None:
        """It is back when it is asked for: what was refused is asked again."""
        engine = FakeEngine()
        refusals = iter([Denied("no client", -201)])
        engine.deny = lambda request: next(refusals, None) if isinstance(request, AddEffect) else None
        _, engine, changes = started(engine=engine)
        assert board_state(changes) is State.CONFIRMED
        assert len(engine.effects) == 2

    def test_a_port_that_does_not_exist_is_no_death(self) -> None:
        """The connection is refused, and the rest plays."""
        wrong = Pedalboard("Wrong", board().effects, (("drive:out", "system:playback_9"), ("drive:out", "delay:in")))
        engine = FakeEngine()
        joins = engine._joins
        engine._joins = lambda *ports: "system:playback_9" not in ports and joins(*ports)  # type: ignore[method-assign]
        _, engine, changes = started(wrong, engine=engine)
        assert engine_states(changes)[-1][0] is EngineState.UP
        assert len(engine.connections) == 1

    def test_a_bridge_that_never_told_of_ports_is_not_believed_that_there_are_none(self) -> None:
        """It may have no JACK client of its own; the rig plays on."""
        engine = FakeEngine(tells_ports=False)
        session, engine, _ = started(at_once=False, engine=engine)
        assert engine_states(rest(session, engine, 60.0)) == []
