"""The whole core under a virtual clock: pedalboards, refusals, time and lights."""

from dataclasses import replace

import pytest
from fake_engine import DELAY, board
from played_rig import CONTROLS, RULES, play, refuse, rule, wait

from controld.actions import SendMidi, SendOsc
from controld.changes import (
    BypassChanged,
    PedalboardChanged,
    Refused,
    SnapshotChanged,
    State,
)
from controld.events import ControlMoved, SurfaceConnected, SurfaceLost
from controld.mappings.rule import Condition, Gesture
from controld.mappings.target import (
    BypassTarget,
    ParameterTarget,
    PresetTarget,
    SendTarget,
    SnapshotTarget,
    Target,
)
from controld.rig import Output
from controld.session.engine_events import EngineConnected, EngineLost
from controld.session.model import EffectSetup, Pedalboard
from controld.session.requests import WriteBypass, WriteParameters
from controld.values import Level


class TestBoards:
    def test_lights_of_effects_the_new_board_lacks_go_dark(self) -> None:
        """Lights, faders and widgets: what drives nothing shows nothing."""
        solo = Pedalboard("Solo", (EffectSetup("other", DELAY.uri),))
        stage = play(board(), solo)
        stage.tap("floor.delay")
        assert stage.looks["floor.delay"].style == "on"
        stage.looks.clear()
        stage.tap("floor.solo")
        stage.tick(1.0)
        for control in ("floor.drive", "floor.delay", "floor.exp", "tablet.gain"):
            assert (stage.looks[control].value, stage.looks[control].state) == (0.0, State.CONFIRMED), control
        assert stage.looks["floor.delay"].style == "off"
        assert stage.looks["floor.solo"].style == "on"
        assert stage.looks["floor.lead"].style == "off"

    def test_an_effect_of_the_same_name_is_another_effect(self) -> None:
        """What the other plugin had is not known of this one, on lights, in conditions and in the OSC namespace."""
        stage = play(board(), Pedalboard("Solo", (EffectSetup("drive", DELAY.uri),)))
        stage.tap("floor.solo")
        assert set(stage.rig.mapper.view.parameters) == {("drive", "time"), ("drive", "mix")}
        assert stage.rig.namespace.fact("/effect/drive/gain") is None
        assert stage.rig.namespace.fact("/effect/drive/mix") is not None
        assert stage.looks["floor.exp"].value == 0.0

    def test_the_way_back_shows_everything_again(self) -> None:
        """Nothing is thought to be told already."""
        stage = play(board(), Pedalboard("Solo", (EffectSetup("other", DELAY.uri),)))
        before = stage.rig.mapper.full_feedback("floor") + stage.rig.mapper.full_feedback("tablet")
        stage.tap("floor.solo")
        stage.tap("floor.stage")
        stage.tick(1.0)
        after = stage.rig.mapper.full_feedback("floor") + stage.rig.mapper.full_feedback("tablet")
        assert [(look.control, look.value, look.style) for look in after] == [
            (look.control, look.value, look.style) for look in before
        ]
        assert {control: look.value for control, look in stage.looks.items()} == {
            look.control: look.value for look in after if look.control in stage.looks
        }


class TestRefusals:
    @pytest.mark.parametrize(
        ("control", "target", "gesture", "position"),
        [
            ("floor.latch", BypassTarget(("drive", "fuzz")), Gesture.PRESS, 1.0),
            ("floor.latch", PresetTarget("fuzz", "Lead"), Gesture.PRESS, 1.0),
            ("floor.exp", ParameterTarget("drive", "gian"), Gesture.MOVE, 0.7),
            ("tablet.gain", ParameterTarget("fuzz", "gain"), Gesture.MOVE, 0.7),
        ],
    )
    def test_a_refused_action_forces_the_true_look_back(
        self, control: str, target: Target, gesture: Gesture, position: float
    ) -> None:
        """A latch lit itself and a fader stands where it was put: both are told what is true."""
        stage = play(rules=[rule(control, target, gesture=gesture)])
        output = stage.move(control, position)
        assert len(stage.told(Refused)) == 1
        (look,) = [look for look in output.feedback if look.control == control]
        (true,) = [
            look for look in stage.rig.mapper.full_feedback(control.partition(".")[0]) if look.control == control
        ]
        assert look == replace(true, force=True)

    def test_what_is_not_refused_is_not_forced(self) -> None:
        """Only a correction is sent over what the device shows already."""
        stage = play()
        for control in ("floor.drive", "floor.lead"):
            stage.tap(control)
        stage.move("floor.exp", 0.4)
        assert not [look for look in stage.looks.values() if look.force]

    @pytest.mark.parametrize(
        ("control", "kind", "subject"),
        [
            ("floor.drive", WriteBypass, "drive"),
            ("floor.exp", WriteParameters, "drive/gain"),
        ],
    )
    def test_what_the_engine_refuses_fails_on_the_light_and_is_told(
        self, control: str, kind: type, subject: str
    ) -> None:
        """With subject, reason and who asked; the control is forced to show what holds."""
        stage = play()
        refuse(stage.engine, kind)
        stage.move(control, 1.0)
        (refused,) = stage.told(Refused)
        assert isinstance(refused, Refused)
        assert (refused.subject, refused.origin) == (subject, "floor")
        assert "it hurts" in refused.reason
        assert (stage.looks[control].state, stage.looks[control].force) == (State.FAILED, True)

    def test_a_level_outside_the_range_is_refused(self) -> None:
        """What a person wrote is not bent into the range in silence."""
        stage = play(rules=[rule("floor.a", ParameterTarget("drive", "level", to=Level(99, "dB")))])
        stage.tap("floor.a")
        (refused,) = stage.told(Refused)
        assert isinstance(refused, Refused)
        assert (refused.subject, refused.origin) == ("drive/level", "floor")
        assert "-40 to 6 dB" in refused.reason
        assert stage.engine.effects[1].values["level"] == 0.0

    @pytest.mark.parametrize("address", ["/effect/fuzz/active", "/nonsense", "/snapshot/recall"])
    def test_a_refused_osc_message_is_told_to_its_client_alone(self, address: str) -> None:
        """One fact, with the client as its origin; nothing is sent."""
        stage = play()
        stage.engine.log.clear()
        stage.osc(address, "x")
        (refused,) = stage.told(Refused)
        assert isinstance(refused, Refused)
        assert refused.origin == "tablet/host:9"
        assert stage.engine.log == []


class TestTime:
    def test_waits_run_in_the_order_of_their_time(self) -> None:
        """The later one wins, though its rule was triggered first and both are seen by one look at the clock."""
        rules = [
            rule("floor.a", wait(1.0), SnapshotTarget("Lead")),
            rule("floor.b", wait(0.2), SnapshotTarget("Crunch")),
        ]
        stage = play(rules=rules)
        stage.tap("floor.a", 0.0)
        stage.tap("floor.b", 0.1)
        stage.tick(5.0)
        assert stage.rig.session.snapshot == "Lead"

    def test_a_wait_that_ended_before_a_press_comes_before_it(self) -> None:
        """The clock may be looked at late; what happens is what would have happened."""
        stage = play(rules=[rule("floor.a", wait(0.1), SnapshotTarget("Lead")), RULES[3]])
        stage.tap("floor.a", 0.0)
        stage.tap("floor.crunch", 0.2)
        stage.tick(0.2)
        assert stage.rig.session.snapshot == "Crunch"

    def test_steps_of_two_lists_come_in_the_order_of_their_time(self) -> None:
        """Between two waits of one list the other list has its turn."""
        rules = [
            rule("floor.a", wait(0.1), SnapshotTarget("Clean"), wait(0.2), SnapshotTarget("Lead")),
            rule("floor.b", wait(0.2), SnapshotTarget("Crunch")),
        ]
        stage = play(rules=rules)
        stage.tap("floor.a", 0.0)
        stage.tap("floor.b", 0.0)
        stage.told(SnapshotChanged)
        while (deadline := stage.rig.next_deadline()) is not None:
            stage.tick(max(deadline, 5.0))
        asked = [each for each in stage.told(SnapshotChanged) if isinstance(each, SnapshotChanged)]
        assert list(dict.fromkeys(each.snapshot for each in asked)) == ["Clean", "Crunch", "Lead"]

    def test_the_nearer_of_two_deadlines_is_the_one(self) -> None:
        """Mapper and session each have their own."""
        stage = play(rules=[rule("floor.a", wait(9.0), SnapshotTarget("Lead")), RULES[0]])
        assert stage.rig.next_deadline() is None
        stage.engine.time_out = lambda request: isinstance(request, WriteBypass)
        stage.tap("floor.drive", 1.0)
        stage.tick(2.0)
        audit = stage.rig.session.next_deadline()
        assert audit is not None
        assert stage.rig.next_deadline() == audit
        stage.tap("floor.a", 2.0)
        assert stage.rig.next_deadline() == audit < 11.0
        stage.engine.time_out = lambda _request: False
        stage.tick(audit)
        assert stage.rig.next_deadline() == 11.0

    def test_a_finished_tap_counts_when_the_device_goes_within_its_double_window(self) -> None:
        """The foot did it; only whether a second would follow was open."""
        double = rule("floor.a", BypassTarget(("delay",)), gesture=Gesture.DOUBLE, time_s=0.3)
        stage = play(rules=[rule("floor.a", BypassTarget(("drive",))), double])
        stage.tap("floor.a", 0.0)
        stage.take(stage.rig.receive(SurfaceLost("floor", 0.1), 0.1))
        stage.tick(1.0)
        assert [effect.bypassed for effect in stage.engine.effects.values()] == [False, True]

    def test_half_a_press_never_was_when_the_device_goes(self) -> None:
        """What it would have become nobody knows."""
        hold = rule("floor.a", BypassTarget(("delay",)), gesture=Gesture.HOLD, time_s=0.3)
        stage = play(rules=[rule("floor.a", BypassTarget(("drive",))), hold])
        stage.move("floor.a", 1.0, 0.0)
        stage.take(stage.rig.receive(SurfaceLost("floor", 0.1), 0.1))
        stage.tick(1.0)
        assert [effect.bypassed for effect in stage.engine.effects.values()] == [True, True]

    def test_a_late_second_press_asks_anew_which_rules_apply(self) -> None:
        """The window was over: the first was a press of its own, the second belongs to the snapshot of now."""
        clean, lead = Condition(snapshots=("Clean",)), Condition(snapshots=("Lead",))
        rules = [
            replace(rule("floor.a", BypassTarget(("drive",))), condition=clean),
            replace(rule("floor.a", BypassTarget(("delay",))), place="stage.yaml:9", condition=lead),
            replace(rule("floor.a", SnapshotTarget("Crunch"), gesture=Gesture.DOUBLE, time_s=0.3), condition=clean),
        ]
        stage = play(rules=rules)
        stage.tap("floor.a", 0.0)
        stage.osc("/snapshot", "Lead")
        assert stage.rig.session.snapshot == "Lead"
        stage.told(BypassChanged)
        stage.move("floor.a", 1.0, 0.31)
        asked = [each for each in stage.told(BypassChanged) if isinstance(each, BypassChanged)]
        assert [each.effect for each in asked if each.state is State.ASKED] == ["drive", "delay"]
        assert stage.rig.session.snapshot == "Lead"
        assert stage.tick(1.0).changes == []


class TestLights:
    def test_only_the_asked_one_of_a_family_is_pending(self) -> None:
        """While Lead is on its way no other snapshot's light waits with it, and the old one is not lit any more."""
        stage = play()
        output = stage.rig.receive(ControlMoved("floor.lead", 1.0, 1.0), 1.0)
        stage.note(output)
        stage.note(stage.rig.tick(1.1))
        looks = {name: (look.style, look.state) for name, look in stage.looks.items() if name.startswith("floor.")}
        assert looks["floor.lead"] == ("dim", State.ASKED)
        assert stage.looks["floor.lead"].value == 0.0
        assert looks["floor.clean"] == looks["floor.crunch"] == ("off", State.CONFIRMED)
        stage.take(Output(), 1.2)
        assert stage.looks["floor.lead"].style == "on"

    def test_a_look_that_is_due_and_one_that_an_action_brings_come_together(self) -> None:
        """One tick, both: the pending light of a press, and the lights of the snapshot that was waited for."""
        stage = play(rules=[*RULES, rule("floor.a", wait(0.02), SnapshotTarget("Lead"))])
        for control, now in (("floor.drive", 0.0), ("floor.a", 0.01)):
            stage.rig.receive(ControlMoved(control, 1.0, now), now)
        feedback = stage.rig.tick(0.03).feedback
        looks = {look.control: look.style for look in feedback if look.control.startswith("floor.")}
        assert looks == {"floor.drive": "dim", "floor.clean": "off", "floor.crunch": "off"}

    def test_a_device_that_joins_is_shown_everything_a_client_is_not(self) -> None:
        """An OSC surface greets its new clients by itself."""
        stage = play()
        joined = stage.rig.receive(SurfaceConnected("floor", 0.0), 0.0)
        assert [look.control for look in joined.feedback] == [name for name in CONTROLS if name.startswith("floor.")]
        assert stage.rig.receive(SurfaceConnected("tablet", 0.0, "host:9"), 0.0).feedback == []

    def test_while_the_engine_is_gone_everything_is_asked(self) -> None:
        """No light says that something sounds, and on its return all do again."""
        stage = play()
        lost = stage.take(stage.rig.receive_engine_event(EngineLost("gone"), 1.0))
        states = {type(c): c.state for c in lost.changes if isinstance(c, PedalboardChanged | SnapshotChanged)}
        assert states == {PedalboardChanged: State.ASKED, SnapshotChanged: State.ASKED}
        stage.tick(2.0)
        assert {stage.looks[f"floor.{name}"].style for name in ("drive", "delay", "clean", "stage")} == {"dim"}
        stage.take(stage.rig.receive_engine_event(EngineConnected(frozenset({"events", "effects"})), 3.0))
        assert stage.looks["floor.clean"].style == stage.looks["floor.stage"].style == "on"
        assert stage.rig.settled

    def test_messages_to_other_gear_leave_in_order(self) -> None:
        """Between and beside what is done in the engine."""
        midi, osc = SendMidi("synth", b"\xc0\x05"), SendOsc("tablet", "/x", (1,))
        stage = play(rules=[rule("floor.a", SendTarget(midi), BypassTarget(("drive",)), SendTarget(osc))])
        output = stage.tap("floor.a")
        assert output.messages == [midi, osc]
        assert [type(change) for change in output.changes] == [BypassChanged]
