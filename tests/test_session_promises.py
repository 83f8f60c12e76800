"""What the session promises when things cross: refusals, late replies, presets, and choices."""

import pytest
from fake_engine import DRIVE, FakeEngine, board, started
from session_play import AT_ONCE, ask, board_state, cell, gain, in_flight, nth, refusals, snapshot_state

from controld.actions import (
    DriveParameter,
    EngineAction,
    LoadPreset,
    RecallSnapshot,
    Resync,
    Seek,
    SetBypass,
    SetParameter,
    ToggleParameter,
    Undo,
)
from controld.changes import (
    BypassChanged,
    ParameterChanged,
    PresetChanged,
    Refused,
    State,
    StateChange,
)
from controld.session.model import EffectRecall, EffectSetup, Pedalboard, Plugin, Snapshot
from controld.session.outbox import Outbox
from controld.session.requests import (
    ConnectPorts,
    ReadEffects,
    WriteBypass,
    WriteParameters,
    WritePreset,
)
from controld.session.session import Session
from controld.values import Level


class TestBursts:
    def test_a_snapshot_takes_back_a_press_that_still_waits(self) -> None:
        """Both are asked before anything was sent, and the engine stands already where the snapshot wants it."""
        session, engine, _ = started()
        ask(session, engine, RecallSnapshot("Crunch"))
        ask(session, engine, gain(0.9), RecallSnapshot("Crunch"))
        assert engine.effects[1].values["gain"] == 0.6
        assert cell(session) == (0.6, 0.6, State.CONFIRMED)


class TestRefusals:
    @pytest.mark.parametrize("refused", [(1,), (2,), (3,), (1, 2), (1, 3), (2, 3), (1, 2, 3)])
    def test_whichever_of_three_toggles_is_refused_wish_and_engine_agree(self, refused: tuple[int, ...]) -> None:
        """Once everything is answered nothing stands at what the engine does not hold."""
        session, engine, _ = started()
        toggle = ToggleParameter("drive", "gain", Level(0.5), Level(0.6))
        engine.deny = nth(WriteParameters, *refused)
        ask(session, engine, toggle, toggle, toggle)
        wished, confirmed, state = cell(session)
        assert wished == confirmed == engine.effects[1].values["gain"]
        assert state is not State.ASKED

    @pytest.mark.parametrize("refused", [(1,), (2,), (3,), (1, 2), (1, 3), (2, 3), (1, 2, 3)])
    def test_whichever_of_three_presses_is_refused_light_and_engine_agree(self, refused: tuple[int, ...]) -> None:
        """The last thing that is told of the bypass is what the engine holds."""
        session, engine, _ = started()
        engine.deny = nth(WriteBypass, *refused)
        ask(session, engine, *[SetBypass(("drive",))] * 3)
        fact = next(f for f in session.report() if isinstance(f, BypassChanged) and f.effect == "drive")
        assert fact.bypassed is fact.confirmed is engine.effects[1].bypassed
        assert fact.state is not State.ASKED

    def test_an_older_refusal_leaves_the_newer_wish_standing(self) -> None:
        """While the newer one is on its way it is asked, not failed and not taken back."""
        session, engine, _ = started()
        engine.deny = nth(WriteParameters, 1)
        session.receive(gain(0.5), "floor")
        session.receive(gain(0.6), "floor")
        told = [change for change in engine.step(session) if isinstance(change, ParameterChanged)]
        assert [(change.value, change.state) for change in told] == [(0.6, State.ASKED)]
        engine.run(session)
        assert cell(session) == (0.6, 0.6, State.CONFIRMED)

    def test_an_older_answer_does_not_have_the_newer_wish_sent_twice(self) -> None:
        """What is on its way is not sent again by a recall that comes in between."""
        session, engine, _ = started()
        engine.log.clear()
        session.receive(gain(0.5), "floor")
        session.receive(gain(0.6), "floor")
        taken = session._executor.outbox.take(2)
        session.receive_reply(taken[0], engine.execute(taken[0]), 0.0)
        session.receive(RecallSnapshot("Clean"), "floor")
        session.receive_reply(taken[1], engine.execute(taken[1]), 0.0)
        engine.run(session)
        assert engine.log == [WriteParameters(1, {"gain": 0.5}), WriteParameters(1, {"gain": 0.6})]

    @pytest.mark.parametrize(
        ("action", "kind", "subject"),
        [
            (SetBypass(("drive",)), WriteBypass, "drive"),
            (gain(0.5), WriteParameters, "drive/gain"),
            (DriveParameter("drive", "gain", 0.5), WriteParameters, "drive/gain"),
            (LoadPreset("drive", "Lead"), WritePreset, "drive preset"),
        ],
    )
    def test_what_the_engine_refuses_is_told_to_who_asked(self, action: EngineAction, kind: type, subject: str) -> None:
        """With the engine's own reason, once."""
        session, engine, _ = started()
        engine.deny = nth(kind)
        told = refusals(session.receive(action, "tablet/host:9000") + engine.run(session))
        assert [(each.subject, each.origin) for each in told] == [(subject, "tablet/host:9000")]
        assert "it hurts" in told[0].reason

    def test_a_refused_connection_is_told_with_both_ports(self) -> None:
        """A board that plays into nothing says so, once for each connection."""
        _, _, changes = started(engine=FakeEngine(deny=nth(ConnectPorts, 1)))
        told = refusals(changes)
        assert len(told) == 1
        assert "system:capture_1" in told[0].subject
        assert "effect_1:in" in told[0].subject
        assert "it hurts" in told[0].reason
        assert board_state(changes) is State.CONFIRMED

    def test_a_refused_sweep_that_returns_to_where_it_was_is_no_failure_any_more(self) -> None:
        """Moving the fader back to the value the engine holds is a new wish, sent and confirmed."""
        session, engine, _ = started()
        engine.deny = nth(WriteParameters)
        ask(session, engine, DriveParameter("drive", "gain", 0.7))
        assert cell(session) == (0.2, 0.2, State.FAILED)
        engine.deny = lambda _request: None
        ask(session, engine, DriveParameter("drive", "gain", 0.2))
        assert cell(session) == (0.2, 0.2, State.CONFIRMED)

    @pytest.mark.parametrize("kind", [WriteBypass, WriteParameters])
    def test_a_snapshot_of_which_something_was_refused_has_failed(self, kind: type) -> None:
        """Its light must not say that the sound is there."""
        session, engine, _ = started()
        engine.deny = nth(kind)
        changes = ask(session, engine, RecallSnapshot("Lead"))
        assert snapshot_state(changes) is State.FAILED
        assert refusals(changes)

    def test_a_snapshot_whose_preset_was_refused_has_failed(self) -> None:
        """A preset is as much a part of it as a value."""
        lead = Snapshot("Lead", {"drive": EffectRecall(preset="Lead")})
        session, engine, _ = started(Pedalboard("P", (EffectSetup("drive", DRIVE.uri),), (), (Snapshot("A"), lead)))
        engine.deny = nth(WritePreset)
        assert snapshot_state(ask(session, engine, RecallSnapshot("Lead"))) is State.FAILED

    def test_a_failed_snapshot_succeeds_when_it_is_recalled_again(self) -> None:
        """A refusal sticks to the wish, not to the snapshot."""
        session, engine, _ = started()
        engine.deny = nth(WriteBypass)
        ask(session, engine, RecallSnapshot("Lead"))
        engine.deny = lambda _request: None
        assert snapshot_state(ask(session, engine, RecallSnapshot("Lead"))) is State.CONFIRMED


class TestPresets:
    def test_a_refused_preset_is_taken_back_to_the_one_that_is_loaded(self) -> None:
        """Failed is told, under the name of what sounds, and the values stay."""
        session, engine, _ = started()
        ask(session, engine, LoadPreset("drive", "Crunch"))
        engine.deny = nth(WritePreset)
        changes = ask(session, engine, LoadPreset("drive", "Lead"))
        told = [change for change in changes if isinstance(change, PresetChanged)][-1]
        assert (told.preset, told.state) == ("Crunch", State.FAILED)
        assert cell(session) == (0.7, 0.7, State.CONFIRMED)

    @pytest.mark.parametrize("at_once", [True, False])
    def test_a_parameter_that_was_asked_after_the_preset_stays(self, at_once: bool) -> None:
        """The preset does not take back what the hand did since; the rest follows it."""
        session, engine, _ = started(at_once=at_once)
        label = "urn:drive#lead"
        ask(session, engine, LoadPreset("drive", label), gain(0.4))
        assert cell(session) == (0.4, 0.4, State.CONFIRMED)
        assert cell(session, "level") == (3.0, 3.0, State.CONFIRMED)
        assert engine.effects[1].values["gain"] == pytest.approx(0.4)

    def test_a_parameter_that_was_asked_while_the_preset_is_read_stays(self) -> None:
        """The reading is older than the hand."""
        session, engine, _ = started()
        session.receive(LoadPreset("drive", "Lead"), "floor")
        engine.step(session)
        assert list(session._executor.outbox._plan) == [ReadEffects()]
        in_flight(session, engine, gain(0.4))
        assert cell(session) == (0.4, 0.4, State.CONFIRMED)
        assert engine.effects[1].values["gain"] == pytest.approx(0.4)

    def test_the_same_preset_again_brings_its_values_back(self) -> None:
        """It is sent again, though it is the one that is loaded."""
        session, engine, _ = started()
        ask(session, engine, LoadPreset("drive", "Crunch"))
        ask(session, engine, gain(0.1))
        ask(session, engine, LoadPreset("drive", "Crunch"))
        assert cell(session) == (0.7, 0.7, State.CONFIRMED)
        engine.log.clear()
        ask(session, engine, LoadPreset("drive", "Crunch"))
        assert WritePreset(1, "urn:drive#crunch") in engine.log

    def test_a_snapshot_with_the_loaded_preset_brings_back_what_was_changed_since(self) -> None:
        """Going from a tweaked preset to the bare one is heard; where nothing was changed nothing is sent."""
        crunch = EffectRecall(preset="Crunch")
        tweaked = EffectRecall(preset="Crunch", parameters={"gain": Level(0.1)})
        snapshots = (Snapshot("Bare", {"drive": crunch}), Snapshot("Tweaked", {"drive": tweaked}))
        session, engine, _ = started(Pedalboard("P", (EffectSetup("drive", DRIVE.uri),), (), snapshots))
        ask(session, engine, RecallSnapshot("Tweaked"))
        assert cell(session) == (0.1, 0.1, State.CONFIRMED)
        ask(session, engine, RecallSnapshot("Bare"))
        assert cell(session) == (0.7, 0.7, State.CONFIRMED)
        ask(session, engine, gain(0.3))
        ask(session, engine, RecallSnapshot("Bare"))
        assert cell(session) == (0.7, 0.7, State.CONFIRMED)
        engine.log.clear()
        ask(session, engine, RecallSnapshot("Bare"))
        assert not [request for request in engine.log if isinstance(request, WritePreset | WriteParameters)]

    def test_a_preset_that_never_answers_does_not_leave_the_engine_silent(self) -> None:
        """Processing is switched on again when the rounds are given up."""
        preset_board = Pedalboard("P", (EffectSetup("drive", DRIVE.uri, preset="Lead"),))
        engine = FakeEngine(time_out=lambda request: isinstance(request, WritePreset))
        _, engine, _ = started(preset_board, engine=engine)
        assert engine.processing


EffectFact = BypassChanged | ParameterChanged | PresetChanged


def newest(changes: list[StateChange]) -> dict[tuple[object, ...], EffectFact]:
    """Return what was told last of each thing."""
    told = [change for change in changes if isinstance(change, EffectFact)]
    return {(type(each), each.effect, getattr(each, "symbol", "")): each for each in told}


class TestTold:
    def test_a_preset_that_is_taken_back_on_its_way_is_told(self) -> None:
        """Else whoever listens believes for ever that it is being loaded."""
        session, engine, _ = started()
        changes = session.receive(LoadPreset("drive", "Lead"), "floor")
        changes += session.receive(Undo(), "floor")
        changes += engine.run(session)
        assert newest(changes)[PresetChanged, "drive", ""] == PresetChanged("drive", "", State.CONFIRMED)

    def test_what_is_told_again_in_the_middle_of_an_inspection_is_not_left_so(self) -> None:
        """A resync tells what is not known at that moment, and then what is known again."""
        session, engine, _ = started()
        changes = session.receive(Resync(), "tablet")  # which looks
        changes += session.receive(Resync(), "tablet")  # while nothing is known
        assert newest(changes)[BypassChanged, "drive", ""].state is State.ASKED
        changes += engine.run(session)
        assert newest(changes) == newest(session.report())


class TestChoices:
    def test_last_is_the_other_snapshot_however_often_one_is_pressed(self) -> None:
        """Recalling the current one again does not make it its own predecessor."""
        session, engine, _ = started()
        ask(session, engine, RecallSnapshot("Lead"), RecallSnapshot("Lead"), RecallSnapshot(Seek.LAST))
        assert session.snapshot == "Clean"

    def test_a_toggle_from_the_middle_goes_to_the_second(self) -> None:
        """Half way between both there is one answer."""
        session, engine, _ = started()
        ask(session, engine, gain(0.5), ToggleParameter("drive", "gain", Level(0.25), Level(0.75)))
        assert cell(session)[0] == 0.75

    def test_a_parameter_without_a_known_range_cannot_be_swept(self) -> None:
        """The engine tells nothing of the plugin: a written value is taken, a share of nothing is refused."""
        silent = Pedalboard("S", (EffectSetup("drive", DRIVE.uri, parameters={"gain": Level(0.3)}),))
        engine = FakeEngine(plugins={DRIVE.uri: Plugin(DRIVE.uri)})
        session, engine, _ = started(silent, engine=engine)
        changes = session.receive(DriveParameter("drive", "gain", 0.5), "floor")
        assert [(type(change), getattr(change, "subject", "")) for change in changes] == [(Refused, "drive/gain")]
        assert "range" in refusals(changes)[0].reason

    def test_a_value_asked_before_the_plugin_is_known_is_kept(self) -> None:
        """A tablet may speak before the engine is there; a nonsense symbol harms nobody."""
        session, engine = Session((board(),), Outbox()), FakeEngine()
        changes = session.receive(gain(0.7), "tablet") + session.receive(SetParameter("drive", "x", Level(1)), "tablet")
        assert refusals(changes) == []
        session.receive_event(AT_ONCE)
        engine.run(session)
        assert engine.effects[1].values["gain"] == pytest.approx(0.7)
        assert cell(session) == (0.7, 0.7, State.CONFIRMED)

    @pytest.mark.parametrize(
        ("action", "stale"),
        [
            (SetBypass(("delay",), bypassed=True), WriteBypass(2, bypassed=False)),
            (gain(0.3), WriteParameters(1, {"gain": 0.9, "level": 3.0})),
            (DriveParameter("drive", "gain", 0.3), None),
        ],
    )
    def test_a_hand_during_a_recall_is_not_taken_back_even_for_a_moment(
        self, action: EngineAction, stale: WriteBypass | WriteParameters | None
    ) -> None:
        """The step of the recall that it makes obsolete is not sent after it; a sweep may come after the step."""
        session, engine, _ = started()
        engine.log.clear()
        ask(session, engine, RecallSnapshot("Lead"), action)
        assert stale not in engine.log
        held = [engine.effects[1].values["gain"], engine.effects[2].bypassed]
        assert held == ([0.9, True] if isinstance(action, SetBypass) else [0.3, False])
