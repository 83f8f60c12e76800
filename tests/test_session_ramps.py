"""Ramps: where they are when, who ends them, and that they arrive."""

from itertools import pairwise

import pytest
from fake_engine import DELAY, DRIVE, FakeEngine, board, started
from hypothesis import given
from hypothesis import strategies as st
from session_play import ask, cell, gain, nth, refusals

from controld.actions import (
    CycleParameter,
    DriveParameter,
    EngineAction,
    LoadPedalboard,
    LoadPreset,
    Panic,
    RecallSnapshot,
    SetParameter,
    SetTempo,
    StepParameter,
    ToggleParameter,
    Undo,
)
from controld.changes import ParameterChanged, State, StateChange
from controld.session.engine_events import EngineLost, ParameterReported
from controld.session.model import EffectSetup, Pedalboard
from controld.session.ramps import between
from controld.session.requests import WriteParameters
from controld.session.session import Session
from controld.values import Duration, Level, Scale

SECOND = Duration(1.0)
UP = SetParameter("drive", "gain", Level(0.8), over=SECOND)
TOGGLE = ToggleParameter("drive", "gain", Level(0.2), Level(0.8), over=SECOND)


def wished(changes: list[StateChange], symbol: str = "gain") -> list[float]:
    """Return the values that were told of a parameter, in order."""
    return [change.value for change in changes if isinstance(change, ParameterChanged) and change.symbol == symbol]


def run(session: Session, engine: FakeEngine, until_s: float) -> list[tuple[float, float]]:
    """Wake the session whenever it wants until a time; return what the engine was given with the time of each."""
    given: list[tuple[float, float]] = []
    for _ in range(10_000):
        due = session.next_deadline()
        if due is None or due > until_s:
            return given
        session.tick(due)
        before = len(engine.log)
        engine.run(session, now=due)
        writes = [request for request in engine.log[before:] if isinstance(request, WriteParameters)]
        given += [(due, value) for write in writes for value in write.values.values()]
    raise AssertionError("the ramp never ends")


class TestOnTheWay:
    def test_it_goes_evenly_at_most_a_hundred_times_a_second_and_arrives(self) -> None:
        """The engine is given a rising line, ends at the goal to the last digit, and the fact is confirmed."""
        session, engine, _ = started()
        session.receive(UP, "floor", 10.0)
        assert cell(session) == (0.2, 0.2, State.CONFIRMED)
        given = run(session, engine, 20.0)
        assert 90 <= len(given) <= 101
        times = [at for at, _ in given]
        assert all(b - a >= 0.0099 for a, b in pairwise(times[:-1]))
        assert all(value == pytest.approx(0.2 + 0.6 * (at - 10.0), abs=1e-6) for at, value in given)
        assert given[-1][0] == pytest.approx(11.0)
        assert given[-1][1] == 0.8
        assert cell(session) == (0.8, 0.8, State.CONFIRMED)
        assert session.next_deadline() is None
        assert not session.moving

    def test_a_stalled_one_is_where_time_says_without_a_burst(self) -> None:
        """One step, however long nobody looked."""
        session, engine, _ = started()
        session.receive(UP, "floor", 0.0)
        assert wished(session.tick(0.5)) == [pytest.approx(0.5)]
        assert wished(session.tick(0.5)) == []
        assert wished(session.tick(7.0)) == [0.8]
        engine.run(session)
        assert engine.effects[1].values["gain"] == 0.8

    def test_under_load_only_the_newest_step_waits(self) -> None:
        """An engine that takes nothing for a while gets the last value, once."""
        session, engine, _ = started()
        engine.log.clear()
        session.receive(UP, "floor", 0.0)
        for hundredth in range(1, 120):
            session.tick(hundredth / 100)
        engine.run(session)
        assert engine.log == [WriteParameters(1, {"gain": 0.8})]

    def test_beats_are_those_of_the_tempo_when_it_starts(self) -> None:
        """Two beats at 60 bpm are two seconds, whatever the tempo becomes."""
        session, engine, _ = started()
        ask(session, engine, SetTempo(60.0))
        session.receive(SetParameter("drive", "gain", Level(1.0), over=Duration(beats=2)), "floor", 0.0)
        session.receive(SetTempo(240.0), "floor", 0.5)
        assert wished(session.tick(1.0)) == [pytest.approx(0.6)]

    def test_a_logarithmic_parameter_goes_logarithmically_and_a_stepped_one_by_steps(self) -> None:
        """Half of the way from 20 to 20000 Hz is 632 Hz; an enumeration passes each of its values once."""
        session, engine, _ = started()
        ask(session, engine, SetParameter("drive", "freq", Level(20.0)))
        session.receive(SetParameter("drive", "freq", Level(20000.0), over=SECOND), "floor", 0.0)
        assert wished(session.tick(0.5), "freq") == [pytest.approx(632.4555, rel=1e-4)]
        ask(session, engine, Panic())
        engine.log.clear()
        session.receive(SetParameter("drive", "mode", Level(2.0), over=SECOND), "floor", 0.0)
        assert [value for _, value in run(session, engine, 2.0)] == [1, 2, 2]

    @given(st.floats(1, 50), st.floats(1, 50), st.floats(0, 1), st.booleans())
    def test_between_stays_between(self, first: float, second: float, share: float, logarithmic: bool) -> None:
        """The ends are exact, and nothing goes beyond them but for rounding."""
        scale = Scale(1.0, 50.0, 1.0, logarithmic=logarithmic)
        assert between(scale, first, second, 0.0) == first
        assert between(scale, first, second, 1.0) == second
        value = between(scale, first, second, share)
        assert min(first, second) - 1e-9 * 50 <= value <= max(first, second) + 1e-9 * 50

    def test_a_range_nobody_told_is_gone_through_in_numbers(self) -> None:
        """Where the engine tells nothing of a plugin's scale."""
        infinite = Scale(float("-inf"), float("inf"), 0.0)
        assert between(infinite, 2.0, 4.0, 0.25) == 2.5


class TestWhoEndsIt:
    @pytest.mark.parametrize(
        "action",
        [
            DriveParameter("drive", "gain", 0.4),
            gain(0.4),
            StepParameter("drive", "gain", Level(0.1)),
            RecallSnapshot("Lead"),
            LoadPreset("drive", "Crunch"),
            Undo(),
            Panic(),
        ],
    )
    def test_whoever_writes_there_ends_it(self, action: EngineAction) -> None:
        """A hand, a snapshot, a preset, undo and panic; what they wrote stays."""
        session, engine, _ = started()
        session.receive(UP, "floor", 0.0)
        session.tick(0.5)
        engine.run(session)
        ask(session, engine, action)
        stands = cell(session)
        assert not session.moving
        assert session.next_deadline() is None
        session.tick(5.0)
        engine.run(session)
        assert cell(session) == stands

    def test_a_snapshot_that_does_not_name_it_leaves_it(self) -> None:
        """Crunch says nothing of the level."""
        session, engine, _ = started()
        session.receive(SetParameter("drive", "level", Level(6.0), over=SECOND), "floor", 0.0)
        ask(session, engine, RecallSnapshot("Crunch"))
        run(session, engine, 2.0)
        assert engine.effects[1].values["level"] == 6.0

    def test_another_pedalboard_ends_all(self) -> None:
        """The drive of the next pedalboard is another one, of the same name."""
        other = Pedalboard("Other", (EffectSetup("drive", DRIVE.uri), EffectSetup("delay", DELAY.uri)))
        session, engine, _ = started(board(), other)
        session.receive(UP, "floor", 0.0)
        ask(session, engine, LoadPedalboard("Other"))
        assert not session.moving
        assert cell(session)[0] == 0.5

    def test_another_program_ends_it(self) -> None:
        """Its value is taken, and not written over a hundredth of a second later."""
        session, _, _ = started()
        session.receive(UP, "floor", 0.0)
        session.receive_event(ParameterReported(1, "gain", 0.33))
        assert session.next_deadline() is None
        assert cell(session)[:2] == (0.33, 0.33)

    def test_a_refusal_ends_it(self) -> None:
        """Not a hundred refusals a second; the fact is what the engine holds."""
        session, engine, _ = started()
        engine.deny = nth(WriteParameters)
        session.receive(UP, "floor", 0.0)
        session.tick(0.5)
        assert len(refusals(engine.run(session))) == 1
        assert not session.moving
        assert cell(session) == (0.2, 0.2, State.FAILED)

    def test_a_second_ramp_takes_over_from_where_the_first_is(self) -> None:
        """No jump: from the middle, to the new goal."""
        session, engine, _ = started()
        session.receive(UP, "floor", 0.0)
        session.tick(0.5)
        session.receive(SetParameter("drive", "gain", Level(0.0), over=SECOND), "floor", 0.5)
        assert wished(session.tick(1.0)) == [pytest.approx(0.25)]
        run(session, engine, 3.0)
        assert engine.effects[1].values["gain"] == 0.0


class TestGoals:
    def test_a_toggle_turns_round_on_the_way(self) -> None:
        """Pressed again before it is there, it goes back to where it came from."""
        session, engine, _ = started()
        session.receive(TOGGLE, "floor", 0.0)
        session.tick(0.1)
        session.receive(TOGGLE, "floor", 0.1)
        run(session, engine, 3.0)
        assert engine.effects[1].values["gain"] == 0.2

    def test_steps_add_up_on_the_way(self) -> None:
        """Two steps while the first is under way are two steps."""
        session, engine, _ = started()
        step = StepParameter("drive", "gain", Level(0.1), over=SECOND)
        session.receive(step, "floor", 0.0)
        session.receive(step, "floor", 0.1)
        run(session, engine, 3.0)
        assert engine.effects[1].values["gain"] == pytest.approx(0.4)

    @pytest.mark.parametrize(("start", "count", "end"), [(0.2, 1, 0.5), (0.55, 1, 0.8), (0.8, 1, 0.2), (0.2, -1, 0.8)])
    def test_a_cycle_goes_on_from_the_nearest_level(self, start: float, count: int, end: float) -> None:
        """And round, in both directions."""
        session, engine, _ = started()
        levels = (Level(0.2), Level(50, "%"), Level(0.8))
        ask(session, engine, gain(start), CycleParameter("drive", "gain", levels, count))
        assert cell(session) == (end, end, State.CONFIRMED)

    def test_no_time_at_all_is_at_once(self) -> None:
        """A ramp of nothing is a plain write."""
        session, engine, _ = started()
        ask(session, engine, SetParameter("drive", "gain", Level(0.9), over=Duration()))
        assert cell(session) == (0.9, 0.9, State.CONFIRMED)

    def test_it_goes_on_without_an_engine(self) -> None:
        """What is wished when the engine comes back is where time has brought it."""
        session, _, _ = started()
        session.receive(UP, "floor", 0.0)
        session.receive_event(EngineLost("gone"))
        session.tick(2.0)
        assert cell(session)[0] == 0.8
