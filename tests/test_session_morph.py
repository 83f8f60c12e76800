"""Morphs: what blends, what switches, what is left alone, and which snapshot is the current one."""

from dataclasses import replace

import pytest
from fake_engine import DELAY, DRIVE, FakeEngine, board, started
from hypothesis import given
from hypothesis import strategies as st
from session_play import ask, cell, refusals, snapshot_state

from controld.actions import LoadPedalboard, MorphSnapshots, Pick, RecallSnapshot, SetParameter
from controld.changes import BypassChanged, MorphChanged, PresetChanged, SnapshotChanged, State, StateChange
from controld.session.model import EffectRecall, EffectSetup, Pedalboard, Snapshot
from controld.session.morph import Morph
from controld.session.requests import WriteBypass, WriteParameters, WritePreset
from controld.session.session import Session
from controld.values import Level

ENDS = ((0.0, "Dark"), (1.0, "Bright"))
THREE = ((0.0, "Dark"), (0.4, "Middle"), (1.0, "Bright"))
STAGE = Pedalboard(
    "Stage",
    (
        EffectSetup("drive", DRIVE.uri, parameters={"gain": Level(0.2)}),
        EffectSetup("delay", DELAY.uri, bypassed=True),
    ),
    (),
    (
        Snapshot("Dark", {"drive": EffectRecall(bypassed=True, parameters={"freq": Level(20.0), "mode": Level(0)})}),
        Snapshot("Middle", {"drive": EffectRecall(parameters={"gain": Level(0.6), "freq": Level(200.0)})}),
        Snapshot(
            "Bright",
            {
                "drive": EffectRecall(
                    bypassed=False, parameters={"gain": Level(1.0), "freq": Level(20000.0), "mode": Level(2)}
                ),
                "delay": EffectRecall(bypassed=True, parameters={"mix": Level(0.9)}),
            },
        ),
    ),
)


def at(position: float, stops: tuple[tuple[float, Pick], ...] = ENDS) -> MorphSnapshots:
    return MorphSnapshots(stops, position)


def values(engine: FakeEngine) -> dict[str, float]:
    return {**engine.effects[1].values, "mix": engine.effects[2].values["mix"]}


def positions(changes: list[StateChange]) -> list[float | None]:
    return [change.position for change in changes if isinstance(change, MorphChanged)]


class TestBlending:
    def test_what_differs_blends_in_its_own_scale(self) -> None:
        """Gain linearly from the pedalboard's start, frequency logarithmically, the mix from the plugin's default."""
        session, engine, _ = started(STAGE)
        ask(session, engine, at(0.25))
        found = values(engine)
        assert found["gain"] == pytest.approx(0.2 + 0.25 * 0.8)
        assert found["freq"] == pytest.approx(20.0 * 1000**0.25, rel=1e-4)
        assert found["mix"] == pytest.approx(0.3 + 0.25 * 0.6)

    def test_the_ends_are_exact(self) -> None:
        """Heel and toe are the snapshots themselves."""
        session, engine, _ = started(STAGE)
        ask(session, engine, at(0.3), at(1.0))
        assert (values(engine)["gain"], values(engine)["freq"], values(engine)["mix"]) == (1.0, 20000.0, 0.9)
        assert not engine.effects[1].bypassed
        ask(session, engine, at(0.0))
        assert (values(engine)["gain"], values(engine)["freq"], values(engine)["mix"]) == (0.2, 20.0, 0.3)
        assert engine.effects[1].bypassed

    def test_between_three_stops_each_half_has_its_own_ends(self) -> None:
        """A quarter of the way from the second to the third, and back in the first half."""
        session, engine, _ = started(STAGE)
        ask(session, engine, at(0.55, THREE))
        assert values(engine)["gain"] == pytest.approx(0.7)
        ask(session, engine, at(0.2, THREE))
        assert values(engine)["gain"] == pytest.approx(0.4)
        assert values(engine)["mix"] == pytest.approx(0.3)

    def test_what_does_not_differ_is_left_to_the_player(self) -> None:
        """The level is in no snapshot; a hand's change of it stays."""
        session, engine, _ = started(STAGE)
        ask(session, engine, SetParameter("drive", "level", Level(-6.0)), at(0.2), at(1.0))
        assert values(engine)["level"] == -6.0

    def test_only_what_differs_is_sent_and_only_the_newest_waits(self) -> None:
        """A sweep that the engine has no time for comes to one write of each effect."""
        session, engine, _ = started(STAGE)
        ask(session, engine, at(0.6))
        engine.log.clear()
        for step in range(61, 90):
            session.receive(at(step / 100), "floor", step / 100)
        engine.run(session)
        assert [request.instance for request in engine.log if isinstance(request, WriteParameters)] == [1, 2]
        assert set(engine.log[0].values) == {"gain", "freq"}  # type: ignore[union-attr]
        engine.log.clear()
        ask(session, engine, at(0.89))
        assert engine.log == []

    def test_global_parameters_are_never_touched(self) -> None:
        """Neither by the morph nor by a snapshot."""
        kept = replace(STAGE, global_parameters=frozenset({("drive", "gain")}))
        session, engine, _ = started(kept)
        ask(session, engine, SetParameter("drive", "gain", Level(0.33)), at(0.5), at(1.0), RecallSnapshot("Middle"))
        assert values(engine)["gain"] == 0.33
        assert values(engine)["freq"] == 200.0

    def test_a_parameter_of_a_snapshot_that_has_no_effect_here_is_passed_over(self) -> None:
        """The engine knows no such symbol."""
        odd = Snapshot("Odd", {"drive": EffectRecall(parameters={"nothing": Level(1.0), "gain": Level(0.4)})})
        session, engine, _ = started(replace(STAGE, snapshots=(*STAGE.snapshots, odd)))
        assert refusals(ask(session, engine, at(1.0, ((0.0, "Dark"), (1.0, "Odd"))))) == []
        assert values(engine)["gain"] == 0.4


class TestSwitching:
    def test_switches_are_those_of_the_nearer_stop_and_a_resting_foot_does_not_flutter(self) -> None:
        """Up and down by two hundredths at the middle: one switch."""
        session, engine, _ = started(STAGE)
        ask(session, engine, at(0.3))
        engine.log.clear()
        for position in (0.49, 0.51, 0.495, 0.51, 0.53, 0.51, 0.49, 0.485):
            ask(session, engine, at(position))
        assert [request for request in engine.log if isinstance(request, WriteBypass)] == [WriteBypass(1, False)]
        modes = [
            each.values["mode"] for each in engine.log if isinstance(each, WriteParameters) and "mode" in each.values
        ]
        assert modes == [2]
        ask(session, engine, at(0.47))
        assert engine.effects[1].bypassed

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
    def test_the_nearer_stop_is_at_most_the_margin_wrong(self, sweep: list[float]) -> None:
        """However a foot moves, the switches are never those of a stop that is clearly farther."""
        morph = Morph(STAGE, (0.0, 0.48, 0.5, 1.0), ())
        for position in sweep:
            morph.turn(position)
            assert morph.near is not None
            chosen = abs(morph.stops[morph.near] - position)
            assert chosen <= min(abs(stop - position) for stop in morph.stops) + 2 * 0.02 + 1e-12
        for stop in morph.stops:
            morph.turn(stop)
            assert morph.near is not None
            assert morph.stops[morph.near] == stop

    @given(st.floats(0, 1))
    def test_a_segment_is_the_one_around_the_position(self, position: float) -> None:
        """Its ends enclose the position, the share puts it back."""
        morph = Morph(STAGE, (0.1, 0.4, 0.4, 0.9), ())
        before, after, share = morph.segment(position)
        low, high = morph.stops[before], morph.stops[after]
        if before != after:
            assert low < position < high
            assert low + share * (high - low) == pytest.approx(position)
        else:
            assert position == low or position <= 0.1 or position >= 0.9

    def test_a_preset_is_loaded_once_at_the_middle_and_what_blends_stays_blended(self) -> None:
        """The preset's own values go to what no stop names; the gain is where the foot is."""
        snapshots = (
            Snapshot("Dark", {"drive": EffectRecall(preset="Crunch", parameters={"gain": Level(0.0)})}),
            Snapshot("Bright", {"drive": EffectRecall(preset="Lead", parameters={"gain": Level(1.0)})}),
        )
        session, engine, _ = started(replace(STAGE, snapshots=snapshots))
        engine.log.clear()
        for position in (0.2, 0.4, 0.6, 0.61, 0.62):
            ask(session, engine, at(position))
        assert [each for each in engine.log if isinstance(each, WritePreset)] == [WritePreset(1, "urn:drive#lead")]
        assert values(engine)["gain"] == pytest.approx(0.62)
        assert values(engine)["level"] == 3.0
        assert cell(session, "level") == (3.0, 3.0, State.CONFIRMED)


class TestStops:
    def test_at_a_stop_its_snapshot_is_current_and_in_between_none(self) -> None:
        """Asked first, confirmed when the engine did all of it."""
        session, engine, _ = started(STAGE)
        changes = session.receive(at(0.5), "floor")
        assert [(c.snapshot, c.state) for c in changes if isinstance(c, SnapshotChanged)] == [("", State.CONFIRMED)]
        changes = session.receive(at(1.0), "floor")
        assert session.snapshot == "Bright"
        assert snapshot_state(changes) is State.ASKED
        assert snapshot_state(engine.run(session)) is State.CONFIRMED
        changes = session.receive(at(1.0), "floor")
        assert not any(isinstance(change, SnapshotChanged) for change in changes)

    def test_a_refusal_at_a_stop_is_not_called_confirmed(self) -> None:
        """The effect's bypass was refused: the snapshot is not what is heard."""
        from session_play import nth

        session, engine, _ = started(STAGE)
        ask(session, engine, at(0.4))
        engine.deny = nth(WriteBypass)
        assert snapshot_state(ask(session, engine, at(1.0))) is State.FAILED

    def test_recalling_a_stop_moves_the_morph_there_and_another_snapshot_nowhere(self) -> None:
        """A motor fader follows."""
        session, engine, _ = started(STAGE)
        assert positions(ask(session, engine, at(0.3))) == [0.3]
        assert positions(ask(session, engine, RecallSnapshot("Bright"))) == [1.0]
        assert positions(ask(session, engine, RecallSnapshot("Middle"))) == [None]
        assert positions(ask(session, engine, RecallSnapshot("Dark"))) == [0.0]

    def test_two_morphs_know_of_each_other(self) -> None:
        """While one stands in between the other stands nowhere, and at a common stop both stand there."""
        session, engine, _ = started(STAGE)
        ask(session, engine, at(0.3), at(0.3, THREE))
        told = {c.snapshots: c.position for c in session.report() if isinstance(c, MorphChanged)}
        assert told == {("Dark", "Bright"): None, ("Dark", "Middle", "Bright"): 0.3}
        ask(session, engine, at(1.0, THREE))
        assert {c.position for c in session.report() if isinstance(c, MorphChanged)} == {1.0}

    def test_another_pedalboard_forgets_it(self) -> None:
        """Its position is told to be none."""
        session, engine, _ = started(STAGE, board("Other"))
        ask(session, engine, at(0.3))
        assert positions(session.receive(LoadPedalboard("Other"), "floor")) == [None]
        engine.run(session)
        assert refusals(ask(session, engine, at(0.3)))[0].reason.startswith("there is no snapshot `Dark`")

    def test_one_stop_is_no_morph(self) -> None:
        """It is refused, and nothing changes."""
        session, engine, _ = started(STAGE)
        before = session.report()
        assert len(refusals(ask(session, engine, MorphSnapshots(((0.0, "Dark"),), 0.5)))) == 1
        assert session.report() == before

    def test_the_engine_ends_at_a_recalled_stop_whatever_came_between(self) -> None:
        """A morph to a stop and a recall of it are the same to the ear."""
        morphed, recalled = started(STAGE), started(STAGE)
        ask(*morphed[:2], at(0.2), at(0.7), at(1.0))
        ask(*recalled[:2], RecallSnapshot("Bright"))
        assert morphed[1].effects == recalled[1].effects
        facts: list[list[BypassChanged | PresetChanged]] = [
            [fact for fact in session.report() if isinstance(fact, BypassChanged | PresetChanged)]
            for session, *_ in (morphed, recalled)
        ]
        assert [replace(fact, origin="") for fact in facts[0]] == [replace(fact, origin="") for fact in facts[1]]


def test_a_morph_is_played_before_the_engine_told_of_its_plugins() -> None:
    """Only what is known is asked for; nothing is refused."""
    from controld.session.outbox import Outbox

    session = Session((STAGE,), Outbox())
    assert refusals(session.receive(at(1.0), "floor")) == []
    assert session.snapshot == "Bright"
