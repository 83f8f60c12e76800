"""Undo and redo: what is one change, what comes back, and what is nobody's to take back."""

import pytest
from fake_engine import DELAY, DRIVE, FakeEngine, board, started
from hypothesis import given, settings
from hypothesis import strategies as st
from session_play import ask, cell, gain, nth, preset, refusals

from controld.actions import (
    CycleParameter,
    DriveParameter,
    EngineAction,
    LoadPedalboard,
    LoadPreset,
    MorphSnapshots,
    RecallSnapshot,
    Redo,
    SetBypass,
    SetMute,
    SetParameter,
    SetTempo,
    StepParameter,
    TapTempo,
    ToggleParameter,
    Undo,
)
from controld.changes import BypassChanged, MorphChanged, ParameterChanged, State
from controld.session.engine_events import ParameterReported
from controld.session.history import MAX_CHANGES
from controld.session.model import EffectSetup, Pedalboard
from controld.session.requests import WriteParameters
from controld.session.session import Session
from controld.values import Duration, Level

OTHER = Pedalboard("Other", (EffectSetup("drive", DRIVE.uri), EffectSetup("fuzz", DRIVE.uri)))
MORPH = ((0.0, "Clean"), (1.0, "Lead"))
CHANGES: list[EngineAction] = [
    gain(0.7),
    SetBypass(("drive",)),
    SetBypass(("drive", "delay")),
    StepParameter("drive", "gain", Level(0.1)),
    ToggleParameter("drive", "gain", Level(0.2), Level(0.9)),
    CycleParameter("drive", "mode", (Level(0), Level(1), Level(2))),
    DriveParameter("drive", "freq", 0.9),
    LoadPreset("drive", "Lead"),
    RecallSnapshot("Lead"),
    RecallSnapshot("Clean"),
    MorphSnapshots(MORPH, 0.6),
    MorphSnapshots(MORPH, 1.0),
    LoadPedalboard("Other"),
    LoadPedalboard("Stage"),
    SetTempo(90.0),
    SetTempo(by=-3.0),
    SetMute(),
]


def heard(session: Session, engine: FakeEngine) -> tuple[object, ...]:
    """Return everything a player would notice: the pedalboard with its names, and all the engine holds of it."""
    effects = session._executor.rig.effects.values()
    held = {effect.name: engine.effects[effect.instance] for effect in effects}
    states = {name: (found.uri, found.bypassed, dict(found.values)) for name, found in held.items()}
    context = session._context
    return session.pedalboard.name, session.snapshot, states, sorted(engine.connections), context.bpm


class TestOneChange:
    @pytest.mark.parametrize("action", CHANGES, ids=str)
    def test_each_is_taken_back_and_done_again(self, action: EngineAction) -> None:
        """Exactly: pedalboard, snapshot, presets' values, bypasses, tempo and mute."""
        session, engine, _ = started(board(), OTHER)
        ask(session, engine, gain(0.31), SetBypass(("delay",), bypassed=False))
        before = heard(session, engine)
        ask(session, engine, action)
        after = heard(session, engine)
        ask(session, engine, Undo())
        assert heard(session, engine) == before
        ask(session, engine, Redo())
        assert heard(session, engine) == after
        ask(session, engine, Undo())
        assert heard(session, engine) == before

    @given(st.lists(st.sampled_from(CHANGES), max_size=12))
    @settings(max_examples=60, deadline=None)
    def test_all_of_a_set_comes_back_in_order(self, actions: list[EngineAction]) -> None:
        """Undo until there is nothing more to take back ends at the start, redo at the end."""
        session, engine, _ = started(board(), OTHER)
        start = heard(session, engine)
        now = 0.0
        for action in actions:
            now += 10.0
            session.receive(action, "floor", now)
            engine.run(session)
        end = heard(session, engine)
        for _ in range(len(actions) + 1):
            ask(session, engine, Undo())
        assert heard(session, engine) == start
        assert refusals(ask(session, engine, Undo()))[0].reason == "there is nothing to take back"
        for _ in range(len(actions) + 1):
            ask(session, engine, Redo())
        assert heard(session, engine) == end

    def test_a_sweep_is_one(self) -> None:
        """Moves of one hand less than a second apart; a pause begins another."""
        session, engine, _ = started()
        for step in range(100):
            session.receive(DriveParameter("drive", "gain", step / 100), "floor", step * 0.9)
        session.receive(DriveParameter("drive", "gain", 0.5), "floor", 99 * 0.9 + 1.1)
        engine.run(session)
        ask(session, engine, Undo())
        assert cell(session)[0] == 0.99
        ask(session, engine, Undo())
        assert cell(session)[0] == 0.2

    def test_two_pedals_at_once_are_two(self) -> None:
        """A foot on each; the moves alternate."""
        session, engine, _ = started()
        for step in range(10):
            session.receive(DriveParameter("drive", "gain", step / 10), "floor", step / 10)
            session.receive(DriveParameter("delay", "mix", step / 10), "floor", step / 10)
        ask(session, engine, Undo(), Undo())
        assert (engine.effects[1].values["gain"], engine.effects[2].values["mix"]) == (0.2, 0.3)
        assert len(refusals(ask(session, engine, Undo()))) == 1

    def test_a_sweep_across_a_snapshot_is_two(self) -> None:
        """What the snapshot set in between comes back between the two halves."""
        session, engine, _ = started()
        session.receive(DriveParameter("drive", "gain", 0.4), "floor", 0.0)
        ask(session, engine, RecallSnapshot("Crunch"))
        session.receive(DriveParameter("drive", "gain", 0.8), "floor", 0.5)
        found = []
        for _ in range(3):
            ask(session, engine, Undo())
            found.append(cell(session)[0])
        assert found == [0.6, 0.4, 0.2]

    def test_another_hand_on_the_same_parameter_parts_a_sweep(self) -> None:
        """Each hand takes back its own."""
        session, engine, _ = started()
        for origin, position in (("floor", 0.4), ("tablet/1", 0.6), ("floor", 0.8)):
            session.receive(DriveParameter("drive", "gain", position), origin, 0.1)
        found = []
        for _ in range(3):
            ask(session, engine, Undo())
            found.append(cell(session)[0])
        assert found == [0.6, 0.4, 0.2]

    def test_a_morph_that_sets_a_switch_after_a_foot_did_is_parted_there(self) -> None:
        """The first move left the bypass alone, the foot changed it, the second move changed it back."""
        session, engine, _ = started()
        before = heard(session, engine)
        for action in (MorphSnapshots(MORPH, 0.3), SetBypass(("drive",)), MorphSnapshots(MORPH, 0.3)):
            session.receive(action, "floor")
        ask(session, engine, Undo(), Undo(), Undo())
        assert heard(session, engine) == before

    def test_a_ramp_is_one_wherever_it_is_taken_back(self) -> None:
        """On its way and after its end; redo goes to where it was."""
        ramp = SetParameter("drive", "gain", Level(0.8), over=Duration(1.0))
        for until_s, stood in ((0.5, pytest.approx(0.5)), (2.0, 0.8)):
            session, engine, _ = started()
            session.receive(ramp, "floor", 0.0)
            session.tick(until_s)
            ask(session, engine, Undo())
            assert cell(session) == (0.2, 0.2, State.CONFIRMED)
            assert not session.moving
            ask(session, engine, Redo())
            assert cell(session)[0] == stood

    def test_a_morph_is_one(self) -> None:
        """From the heel to the toe and back to the middle: one change of many parameters."""
        session, engine, _ = started()
        before = heard(session, engine)
        for step, position in enumerate((0.1, 0.6, 1.0, 0.5)):
            session.receive(MorphSnapshots(MORPH, position), "floor", step / 10)
            engine.run(session)
        ask(session, engine, Undo())
        assert heard(session, engine) == before
        assert session.snapshot == "Clean"

    def test_a_series_of_taps_is_one(self) -> None:
        """The tempo before the first tap comes back."""
        session, engine, _ = started()
        for beat in range(5):
            session.receive(TapTempo(), "floor", beat * (0.5 + beat / 50))
        assert session._context.bpm != 120.0
        ask(session, engine, Undo())
        assert session._context.bpm == 120.0

    def test_the_last_fifty_are_kept(self) -> None:
        """The fifty-first is gone."""
        session, engine, _ = started()
        for step in range(60):
            ask(session, engine, gain(step / 100))
        for _ in range(MAX_CHANGES):
            assert refusals(ask(session, engine, Undo())) == []
        assert cell(session)[0] == 0.09
        assert len(refusals(ask(session, engine, Undo()))) == 1


class TestNobodys:
    def test_a_new_change_forgets_what_was_taken_back(self) -> None:
        """There is one past."""
        session, engine, _ = started()
        ask(session, engine, gain(0.4), Undo(), gain(0.6))
        assert refusals(ask(session, engine, Redo()))[0].reason == "nothing was taken back"
        assert cell(session)[0] == 0.6
        ask(session, engine, Undo(), SetBypass(("drive",), bypassed=False))
        assert refusals(ask(session, engine, Redo()))[0].reason == "nothing was taken back"
        assert cell(session)[0] == 0.2

    def test_a_sweep_that_goes_on_after_undo_is_another(self) -> None:
        """A hand that did not stop: what was taken back is not part of what it does now."""
        session, engine, _ = started()
        for action in (DriveParameter("drive", "gain", 0.5), Undo(), DriveParameter("drive", "gain", 0.7)):
            session.receive(action, "floor", 0.1)
        ask(session, engine, Undo())
        assert cell(session)[0] == 0.2

    def test_a_morph_across_a_snapshot_is_two(self) -> None:
        """What is current comes back with the values, one after the other."""
        session, engine, _ = started()
        found = []
        for action in (MorphSnapshots(MORPH, 0.5), RecallSnapshot("Crunch"), MorphSnapshots(MORPH, 0.5)):
            ask(session, engine, action)
        for _ in range(3):
            ask(session, engine, Undo())
            found.append(session.snapshot)
        assert found == ["Crunch", "", "Clean"]

    def test_what_changed_nothing_is_no_change(self) -> None:
        """A press that asks for what is there, and a refused one, leave what can be done again alone."""
        session, engine, _ = started()
        ask(session, engine, gain(0.4), Undo(), gain(0.2), RecallSnapshot("Nope"))
        ask(session, engine, Redo())
        assert cell(session)[0] == 0.4

    def test_the_rigs_own_doing_is_not_undone(self) -> None:
        """An action without an origin is nobody's change."""
        session, engine, _ = started()
        session.receive(gain(0.4), "")
        assert len(refusals(ask(session, engine, Undo()))) == 1
        assert cell(session)[0] == 0.4

    def test_another_programs_change_stays(self) -> None:
        """The player's change is under it; there is nothing left of that to take back."""
        session, engine, _ = started()
        ask(session, engine, SetBypass(("delay",)), gain(0.4))
        session.receive_event(ParameterReported(1, "gain", 0.9))
        ask(session, engine, Undo())
        assert cell(session)[0] == 0.9
        assert engine.effects[2].bypassed

    def test_a_refused_change_is_passed_over(self) -> None:
        """The engine took it back already; undo takes the one before."""
        session, engine, _ = started()
        ask(session, engine, gain(0.4))
        engine.deny = nth(WriteParameters)
        ask(session, engine, gain(0.6))
        engine.deny = lambda _request: None
        ask(session, engine, Undo())
        assert cell(session) == (0.2, 0.2, State.CONFIRMED)

    def test_what_is_gone_is_passed_over_with_a_word(self) -> None:
        """The files changed: the effect is not on the pedalboard any more."""
        session, engine, _ = started()
        ask(session, engine, gain(0.4), SetBypass(("delay",)))
        session.replace_pedalboards([Pedalboard("Stage", (EffectSetup("drive", DRIVE.uri),))])
        engine.run(session)
        changes = ask(session, engine, gain(0.9), Undo(), Undo())
        assert [refused.subject for refused in refusals(changes)] == ["delay", "undo"]

    def test_a_pedalboard_or_a_presets_effect_that_is_gone_is_passed_over_with_a_word(self) -> None:
        """And what is left of the same change is taken back: here the current snapshot."""
        session, engine, _ = started(board(), OTHER)
        ask(session, engine, LoadPedalboard("Other"))
        session.replace_pedalboards([OTHER])
        reasons = [refused.reason for refused in refusals(ask(session, engine, Undo()))]
        assert reasons == ["the pedalboard `Stage` is not there any more", "there is nothing to take back"]
        session, engine, _ = started()
        ask(session, engine, LoadPreset("drive", "Lead"))
        session.replace_pedalboards([Pedalboard("Stage", (EffectSetup("delay", DELAY.uri),))])
        engine.run(session)
        reasons = [refused.reason for refused in refusals(ask(session, engine, Undo()))]
        assert reasons == ["`drive` is not there any more", "there is nothing to take back"]

    def test_what_was_done_on_another_pedalboard_is_passed_over_with_a_word(self) -> None:
        """The files changed under it: the pedalboard it was done on is gone."""
        session, engine, _ = started(board(), OTHER)
        ask(session, engine, gain(0.4))
        session.replace_pedalboards([OTHER])
        engine.run(session)
        reasons = [refused.reason for refused in refusals(ask(session, engine, Undo()))]
        assert reasons == ["this was done on `Stage`", "there is nothing to take back"]

    def test_a_motor_fader_of_a_morph_goes_back_with_it(self) -> None:
        """To where it stood in between, and forth again."""
        session, engine, _ = started()
        for action in (MorphSnapshots(MORPH, 0.3), RecallSnapshot("Crunch"), MorphSnapshots(MORPH, 0.7)):
            ask(session, engine, action)
        found = []
        for turn in (Undo(), Undo(), Undo(), Redo(), Redo()):
            changes = ask(session, engine, turn)
            found.append([change.position for change in changes if isinstance(change, MorphChanged)][-1:])
        assert found == [[None], [0.3], [0.0], [0.3], [None]]

    def test_a_pedalboard_that_did_not_load_is_no_change(self) -> None:
        """The rig went back by itself; undo takes what was before."""
        broken = Pedalboard("Broken", (EffectSetup("x", "urn:nowhere"),))
        session, engine, _ = started(board(), broken)
        ask(session, engine, gain(0.4), LoadPedalboard("Broken"))
        assert session.pedalboard.name == "Stage"
        ask(session, engine, Undo())
        assert cell(session)[0] == 0.2

    def test_undo_is_told_like_any_change(self) -> None:
        """Asked, then confirmed, for who took it back."""
        session, engine, _ = started()
        ask(session, engine, SetBypass(("drive",), bypassed=False))
        changes = ask(session, engine, Undo())
        facts = [c for c in changes if isinstance(c, BypassChanged)]
        assert [(fact.bypassed, fact.state) for fact in facts] == [(True, State.ASKED), (True, State.CONFIRMED)]
        assert {fact.origin for fact in facts} == {"floor"}

    def test_a_preset_that_follows_is_taken_back_whole(self) -> None:
        """Also when it is taken back before the engine loaded it."""
        session, engine, _ = started()
        ask(session, engine, gain(0.35))
        session.receive(LoadPreset("drive", "Lead"), "floor")
        ask(session, engine, Undo())
        assert preset(session)[0] == ""
        assert cell(session) == (0.35, 0.35, State.CONFIRMED)
        assert cell(session, "level") == (0.0, 0.0, State.CONFIRMED)
        told = [c for c in session.report() if isinstance(c, ParameterChanged)]
        assert all(fact.state is State.CONFIRMED for fact in told)
