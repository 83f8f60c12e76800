"""The session against an engine in a dictionary: what is asked, confirmed, refused, lost and found again."""

import pytest
from fake_engine import DELAY, DRIVE, FakeEngine, board, started

from controld.actions import (
    DriveParameter,
    EngineAction,
    LoadPedalboard,
    LoadPreset,
    Pick,
    RecallSnapshot,
    Seek,
    SetBypass,
    SetParameter,
    StepParameter,
    ToggleParameter,
)
from controld.changes import (
    BypassChanged,
    EngineChanged,
    EngineState,
    ParameterChanged,
    PedalboardChanged,
    Refused,
    SnapshotChanged,
    State,
)
from controld.session.model import EffectSetup, Pedalboard
from controld.session.requests import (
    AddEffect,
    ConnectPorts,
    Denied,
    FoundEffect,
    ReadBypass,
    RemoveEffect,
    SetProcessing,
    WriteBypass,
    WriteParameters,
)
from controld.values import Level


class TestLoading:
    def test_a_pedalboard_is_built_with_bypass_before_sound(self) -> None:
        """Effects are added, bypassed, set, connected, in this order and with processing off around it."""
        _, engine, _ = started()
        kinds = [type(request) for request in engine.log if not type(request).__name__.startswith("Read")]
        order = [SetProcessing, AddEffect, AddEffect, WriteBypass, WriteBypass, WriteParameters, WriteParameters]
        assert kinds == [*order, ConnectPorts, ConnectPorts, ConnectPorts, SetProcessing]
        assert engine.processing

    def test_the_first_snapshot_is_the_start(self) -> None:
        """A pedalboard starts in its first snapshot, with the parameters the file gives, units resolved."""
        session, engine, _ = started()
        assert session.snapshot == "Clean"
        assert engine.effects[1].bypassed
        assert engine.effects[1].values["gain"] == pytest.approx(0.2)
        assert engine.effects[2].values["time"] == 500

    @pytest.mark.parametrize("at_once", [True, False])
    def test_the_engine_is_up_and_the_board_confirmed(self, at_once: bool) -> None:
        """Both kinds of bridge, with and without a listing of effects, end in the same facts."""
        _, engine, changes = started(at_once=at_once)
        assert EngineChanged(EngineState.UP) in changes
        boards = [change for change in changes if isinstance(change, PedalboardChanged)]
        assert boards[-1].state is State.CONFIRMED
        assert len(engine.effects) == 2
        assert ("effect_1:out", "effect_2:in") in engine.connections

    def test_changing_the_board_keeps_effects_of_the_same_plugin(self) -> None:
        """Only what differs is removed and added."""
        other = Pedalboard("Other", (EffectSetup("dirt", DRIVE.uri, parameters={"gain": Level(0.8)}),))
        session, engine, _ = started(board(), other)
        engine.log.clear()
        session.receive(LoadPedalboard("Other"), "floor")
        engine.run(session)
        assert [request for request in engine.log if isinstance(request, AddEffect | RemoveEffect)] == [RemoveEffect(2)]
        assert engine.effects[1].values["gain"] == pytest.approx(0.8)
        assert set(engine.effects) == {1}

    def test_a_board_that_cannot_load_goes_back_to_the_last_good_one(self) -> None:
        """The failure is told with its reason, and the engine ends as it was."""
        broken = Pedalboard("Broken", (EffectSetup("x", "urn:nowhere"),))
        session, engine, _ = started(board(), broken)
        session.receive(RecallSnapshot("Lead"), "floor")
        engine.run(session)
        before = {number: dict(effect.values) for number, effect in engine.effects.items()}
        changes = session.receive(LoadPedalboard("Broken"), "floor") + engine.run(session)
        refusals = [change for change in changes if isinstance(change, Refused)]
        assert "no such plugin" in refusals[0].reason
        assert session.pedalboard.name == "Stage"
        assert session.snapshot == "Lead"
        after = sorted((dict(effect.values) for effect in engine.effects.values()), key=len)
        assert after == sorted(before.values(), key=len)
        assert engine.processing

    def test_the_latest_of_two_loads_wins(self) -> None:
        """A load asked for while another is under way replaces it, without leaving anything of it behind."""
        second = Pedalboard("Second", (EffectSetup("a", DELAY.uri), EffectSetup("b", DELAY.uri)))
        third = Pedalboard("Third", (EffectSetup("c", DRIVE.uri),))
        session, engine, _ = started(board(), second, third)
        session.receive(LoadPedalboard(Seek.NEXT), "floor")
        for _ in range(4):
            engine.step(session)
        session.receive(LoadPedalboard(Seek.NEXT), "floor")
        engine.run(session)
        assert session.pedalboard.name == "Third"
        assert [effect.uri for effect in engine.effects.values()] == [DRIVE.uri]
        assert engine.processing

    def test_a_number_that_is_taken_unseen_is_cleared_and_never_written_to(self) -> None:
        """What stands under our number is replaced before anything reaches it."""
        engine = FakeEngine(effects={1: FoundEffect(DELAY.uri, bypassed=False, values={"time": 1.0, "mix": 1.0})})
        engine.deny = lambda request: Denied("not asked", 0) if isinstance(request, ReadBypass) else None
        _, engine, _ = started(at_once=False, engine=engine)
        assert {number: effect.uri for number, effect in engine.effects.items()} == {1: DRIVE.uri, 2: DELAY.uri}
        assert engine.effects[1].values["gain"] == pytest.approx(0.2)

    def test_a_connection_that_cannot_be_made_does_not_fail_the_board(self) -> None:
        """A machine without a second playback port still plays."""
        engine = FakeEngine()
        engine.deny = lambda request: (
            Denied("no such port", -205)
            if isinstance(request, ConnectPorts) and request.target == "system:playback_1"
            else None
        )
        _, _, changes = started(engine=engine)
        assert [c.state for c in changes if isinstance(c, PedalboardChanged)][-1] is State.CONFIRMED


class TestSwitches:
    def test_a_toggle_acts_on_the_wish_and_tells_asked_then_confirmed(self) -> None:
        """The press is asked at once and confirmed when the engine says so."""
        session, engine, _ = started()
        assert session.receive(SetBypass(("drive",)), "floor") == [
            BypassChanged("drive", False, True, State.ASKED, "floor")
        ]
        assert engine.run(session) == [BypassChanged("drive", False, False, State.CONFIRMED, "floor")]

    def test_two_presses_before_the_first_is_answered_are_two_requests(self) -> None:
        """Nothing discrete is merged, and the second toggles what the first asked."""
        session, engine, _ = started()
        engine.log.clear()
        session.receive(SetBypass(("drive",)), "floor")
        session.receive(SetBypass(("drive",)), "floor")
        engine.run(session)
        assert engine.log == [WriteBypass(1, bypassed=False), WriteBypass(1, bypassed=True)]

    def test_several_effects_toggle_together(self) -> None:
        """All active -> all bypassed, anything else -> all active."""
        session, engine, _ = started()
        session.receive(SetBypass(("drive",), bypassed=False), "floor")
        session.receive(SetBypass(("drive", "delay")), "floor")
        engine.run(session)
        assert [effect.bypassed for effect in engine.effects.values()] == [False, False]
        session.receive(SetBypass(("drive", "delay")), "floor")
        engine.run(session)
        assert [effect.bypassed for effect in engine.effects.values()] == [True, True]

    def test_a_refusal_of_the_engine_takes_the_wish_back(self) -> None:
        """What the engine refused is told as failed, with the value it still holds."""
        session, engine, _ = started()
        engine.deny = lambda _request: Denied("no")
        session.receive(SetBypass(("drive",)), "floor")
        assert engine.run(session) == [
            Refused("drive", "the engine refused it: no", "floor"),
            BypassChanged("drive", True, True, State.FAILED, "floor"),
        ]

    def test_a_press_overtakes_a_sweep(self) -> None:
        """However much a pedal moved, the press is the next thing that is sent."""
        session, _, _ = started()
        for position in range(100):
            session.receive(DriveParameter("delay", "mix", position / 100), "floor")
        session.receive(SetBypass(("drive",)), "floor")
        assert session._executor.outbox.take(1) == [WriteBypass(1, bypassed=False)]

    def test_a_sweep_leaves_only_its_newest_value_per_parameter(self) -> None:
        """The queue is bounded by the number of parameters, and one effect's parameters travel together."""
        session, _, _ = started()
        for position in range(101):
            session.receive(DriveParameter("delay", "mix", position / 100), "floor")
            session.receive(DriveParameter("delay", "time", position / 100), "floor")
        assert session._executor.outbox.take(10) == [WriteParameters(2, {"mix": 1.0, "time": 2000.0})]


class TestParameters:
    @pytest.mark.parametrize(
        ("action", "expected"),
        [
            (DriveParameter("drive", "freq", 0.5), 632.4555320336759),
            (DriveParameter("drive", "gain", 0.5, Level(20, "%"), Level(80, "%")), 0.5),
            (DriveParameter("drive", "gain", 0.0, Level(80, "%"), Level(20, "%")), 0.8),
            (DriveParameter("drive", "mode", 0.99), 2.0),
            (SetParameter("drive", "freq", Level(2, "kHz")), 2000.0),
            (SetParameter("drive", "level", Level(99, "dB"), continuous=True), 6.0),
            (SetParameter("delay", "time", Level(0.25, "s")), 250.0),
            (StepParameter("drive", "level", Level(3, "dB"), -2), -6.0),
            (StepParameter("drive", "mode", Level(1, "%"), 1), 1.0),
            (StepParameter("delay", "time", Level(0.001, "%"), 1), 501.0),
            (ToggleParameter("drive", "gain", Level(0.2), Level(0.8)), 0.8),
            (ToggleParameter("drive", "gain", Level(0.8), Level(0.1)), 0.8),
        ],
    )
    def test_actions_reach_the_parameter_in_its_own_unit(self, action: EngineAction, expected: float) -> None:
        """Shares, units, steps and toggles end as the plugin's own value, clamped and stepped as it is."""
        session, engine, _ = started()
        session.receive(action, "floor")
        engine.run(session)
        effect = engine.effects[1 if getattr(action, "effect", "") == "drive" else 2]
        assert effect.values[getattr(action, "symbol", "")] == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("action", "reason"),
        [
            (SetParameter("drve", "gain", Level(1)), "did you mean `drive`?"),
            (SetParameter("drive", "gian", Level(1)), "did you mean `gain`?"),
            (SetParameter("drive", "gain", Level(3, "Hz")), "does not fit"),
            (SetParameter("drive", "level", Level(99, "dB")), "outside -40 to 6 dB"),
            (RecallSnapshot("Led"), "did you mean `Lead`?"),
            (RecallSnapshot(7), "numbered 1 to 3"),
            (RecallSnapshot(Seek.LAST), "no snapshot before"),
            (LoadPreset("delay", "x"), "lists no presets"),
            (LoadPedalboard("Stag"), "did you mean `Stage`?"),
        ],
    )
    def test_what_cannot_be_is_refused_and_changes_nothing(self, action: EngineAction, reason: str) -> None:
        """A refusal names the nearest valid choice, and nothing is sent."""
        session, _, _ = started()
        before = session.report()
        changes = session.receive(action, "tablet/host:1")
        assert len(changes) == 1
        assert isinstance(changes[0], Refused)
        assert reason in changes[0].reason
        assert changes[0].origin == "tablet/host:1"
        assert session.report() == before
        assert not session._executor.outbox


class TestPresetsAndSnapshots:
    @pytest.mark.parametrize("at_once", [True, False])
    def test_a_preset_takes_its_values_with_it(self, at_once: bool) -> None:
        """What a preset changed is read back and told."""
        session, engine, _ = started(at_once=at_once)
        if not at_once:
            engine.plugins[DRIVE.uri] = DRIVE
        session.receive(LoadPreset("drive", "urn:drive#lead"), "floor")
        changes = engine.run(session)
        told = {c.symbol: c.value for c in changes if isinstance(c, ParameterChanged) and c.effect == "drive"}
        assert told["gain"] == pytest.approx(0.9)
        assert told["level"] == pytest.approx(3.0)
        assert engine.effects[1].values["gain"] == pytest.approx(0.9)

    def test_presets_are_found_by_label_number_and_way(self) -> None:
        """next, previous, a number from 1 and a label all point into the engine's list."""
        session, engine, _ = started()
        picks: list[tuple[Pick, str]] = [
            ("Crunch", "crunch"),
            (2, "lead"),
            (Seek.NEXT, "crunch"),
            (Seek.PREVIOUS, "lead"),
        ]
        for pick, uri in picks:
            session.receive(LoadPreset("drive", pick), "floor")
            engine.run(session)
            assert engine.effects[1].preset == f"urn:drive#{uri}"

    def test_a_snapshot_sends_only_what_differs_bypass_first_unbypass_last(self) -> None:
        """From Clean to Lead: values first, then the two effects become active."""
        session, engine, _ = started()
        engine.log.clear()
        session.receive(RecallSnapshot("Lead"), "floor")
        engine.run(session)
        assert engine.log == [
            WriteParameters(1, {"gain": 0.9, "level": 3.0}),
            WriteParameters(2, {"mix": 0.5}),
            WriteBypass(1, bypassed=False),
            WriteBypass(2, bypassed=False),
        ]
        engine.log.clear()
        session.receive(RecallSnapshot(Seek.LAST), "floor")
        engine.run(session)
        assert engine.log == [WriteBypass(1, bypassed=True), WriteBypass(2, bypassed=True)]

    def test_recalling_what_is_there_already_sends_nothing_but_is_confirmed(self) -> None:
        """The light answers even when there is nothing to do."""
        session, engine, _ = started()
        engine.log.clear()
        changes = session.receive(RecallSnapshot("Clean"), "floor") + engine.run(session)
        assert engine.log == []
        assert [c.state for c in changes if isinstance(c, SnapshotChanged)][-1] is State.CONFIRMED

    def test_a_press_during_a_recall_wins_over_it(self) -> None:
        """A switch pressed while a recall is under way goes first, and the older step of the recall is dropped."""
        session, engine, _ = started()
        session.receive(RecallSnapshot("Lead"), "floor")
        session.receive(SetBypass(("delay",), bypassed=True), "floor")
        engine.run(session)
        assert engine.effects[2].bypassed
        assert not engine.effects[1].bypassed
