"""What was late or refused: what was due comes in its order, and a refused preset leaves the one before it."""

import pytest
from fake_engine import started
from played_rig import RULES, play, refuse, rule, wait
from session_play import cell, in_flight, nth, preset

from controld.actions import LoadPreset
from controld.changes import SnapshotChanged, State
from controld.events import OscArrived
from controld.mappings.rule import Gesture
from controld.mappings.target import PresetTarget, SnapshotTarget
from controld.session.requests import WritePreset


class TestTime:
    def test_every_step_that_was_due_comes_before_a_press(self) -> None:
        """Also the second wait of a list whose first is overdue."""
        late = rule("floor.a", wait(0.1), SnapshotTarget("Clean"), wait(0.1), SnapshotTarget("Lead"))
        stage = play(rules=[late, RULES[3]])
        stage.tap("floor.a", 0.0)
        stage.tap("floor.crunch", 0.5)
        for _ in range(3):
            stage.tick(0.5)
        assert stage.rig.session.snapshot == "Crunch"

    def test_a_wait_and_a_hold_come_in_the_order_of_their_time(self) -> None:
        """What is due is due, whatever kind it is."""
        rules = [
            rule("floor.a", wait(1.0), SnapshotTarget("Lead")),
            rule("floor.b", SnapshotTarget("Crunch"), gesture=Gesture.HOLD, time_s=0.5),
            rule("floor.drive", wait(0.2), SnapshotTarget("Clean")),
        ]
        stage = play(rules=rules)
        for control in ("floor.a", "floor.b", "floor.drive"):
            stage.move(control, 1.0, 0.0)
        stage.changes.clear()
        while (deadline := stage.rig.next_deadline()) is not None:
            stage.tick(max(deadline, 5.0))
        asked = [each for each in stage.told(SnapshotChanged) if isinstance(each, SnapshotChanged)]
        assert list(dict.fromkeys(each.snapshot for each in asked)) == ["Clean", "Crunch", "Lead"]

    def test_a_wait_that_ended_before_an_osc_message_comes_before_it(self) -> None:
        """A message of a tablet is as much a press as a switch is."""
        stage = play(rules=[rule("floor.a", wait(0.1), SnapshotTarget("Lead"))])
        stage.tap("floor.a", 0.0)
        stage.take(stage.rig.receive(OscArrived("tablet", "host:9", "/snapshot", ("Crunch",), 0.2), 0.2))
        stage.tick(0.2)
        assert stage.rig.session.snapshot == "Crunch"


class TestPresets:
    def test_a_refused_preset_over_one_in_flight_leaves_that_ones_values(self) -> None:
        """The first was loaded while the second was asked: its values are read, and are the wish."""
        session, engine, _ = started()
        session.receive(LoadPreset("drive", "Crunch"), "floor")
        engine.deny = nth(WritePreset, 2)
        in_flight(session, engine, LoadPreset("drive", "Lead"))
        assert engine.effects[1].values["gain"] == pytest.approx(0.7)
        assert cell(session) == (0.7, 0.7, State.CONFIRMED)
        assert preset(session) == ("Crunch", State.FAILED)

    def test_a_preset_the_engine_refuses_forces_the_pressed_switch_to_the_truth(self) -> None:
        """A device that lit its switch by itself is told that it does not hold."""
        stage = play(rules=[*RULES, rule("floor.a", PresetTarget("drive", "Lead"))])
        refuse(stage.engine, WritePreset)
        stage.tap("floor.a")
        assert (stage.looks["floor.a"].value, stage.looks["floor.a"].force) == (0.0, True)

    def test_the_preset_that_is_loaded_stays_lit_when_another_is_refused(self) -> None:
        """It is what sounds; the failure is the other one's."""
        stage = play(
            rules=[rule("floor.a", PresetTarget("drive", "Lead")), rule("floor.b", PresetTarget("drive", "Crunch"))]
        )
        stage.tap("floor.b")
        assert stage.looks["floor.b"].value == 1.0
        refuse(stage.engine, WritePreset)
        stage.tap("floor.a")
        assert stage.looks["floor.b"].value == 1.0
