"""Other files while something is played: what was begun has its end, though its control, light or rule is another."""

from dataclasses import replace

import pytest
from played_floor import CONTROLS, Floor, rule

from controld.actions import SendMidi
from controld.changes import State
from controld.feedback import Feedback
from controld.mappings.profile import Control, Kind, Light, Profile, Source, SourceType
from controld.mappings.rule import Gesture, Mode, Trigger
from controld.mappings.target import SendTarget, WaitTarget
from controld.midi_panel import MidiPanel
from controld.values import Duration

ON, OFF = SendMidi("tablet", b"\x90\x40\x7f"), SendMidi("tablet", b"\x90\x40\x00")
NOTE = SendTarget(ON, OFF)
CHORD = Trigger("floor.fs1+floor.fs2", Gesture.PRESS, chord=("floor.fs1", "floor.fs2"), within_s=0.05)
OTHERS = [
    Control("fs1", Kind.PEDAL, Source(SourceType.CC, 7)),
    replace(CONTROLS["floor.fs1"], source=Source(SourceType.CC, 77)),
]


@pytest.mark.parametrize("control", OTHERS)
def test_a_switch_that_sends_something_else_now_is_released(control: Control) -> None:
    """Nobody would hear it come up."""
    floor = Floor(rule("fs1", NOTE))
    floor.press("fs1", after=0.2)
    floor.reload(controls={**CONTROLS, "floor.fs1": control})
    assert floor.happened.messages == [ON, OFF]


@pytest.mark.parametrize("control", OTHERS)
def test_so_is_a_chord_of_such_a_switch(control: Control) -> None:
    """Though its other switch is still held, and its release ends nothing a second time."""
    floor = Floor(rule("fs1", NOTE, trigger=CHORD))
    floor.press("fs1", "fs2", after=0.2)
    floor.reload(controls={**CONTROLS, "floor.fs1": control})
    floor.let_go("fs2", after=0.1)
    assert floor.happened.messages == [ON, OFF]


def test_a_panel_for_other_lights_sends_what_waited_to_be_sent_as_it_is() -> None:
    """In order, and before what it shows."""
    profile = Profile("", "", {"a": Control("a", Kind.BUTTON, None, Light(SourceType.CC, 20))}, max_rate=100.0)
    old, new = MidiPanel("floor", profile), MidiPanel("floor", profile)
    notes = [bytes((0x90, number, 0)) for number in range(3)]
    old.show(Feedback("floor.a", 1.0, State.CONFIRMED, "on"))
    for note in notes:
        old.send(note)
    new.take_over(old)
    new.show(Feedback("floor.a", 1.0, State.CONFIRMED, "on"))
    sent = [message for second in range(10) for message in new.take(float(second))]
    assert sent == [*notes, b"\xb0\x14\x7f"]


@pytest.mark.parametrize("mode", [Mode.RESTART, Mode.IGNORE, Mode.QUEUE])
def test_a_rule_that_comes_to_stand_where_another_stood_has_nothing_to_do_with_its_list(mode: Mode) -> None:
    """A line was put in above: the list that runs goes to its end, and the rule that stands there now does its own."""
    rest = WaitTarget(Duration(2.0))
    slow = replace(rule("fs1", rest, "delay"), place="stage.yaml:5")
    other = replace(rule("fs2", "drive", rest), place="stage.yaml:5", mode=mode)
    floor = Floor(slow)
    floor.tap("fs1", after=0.2)
    floor.reload(other, replace(slow, place="stage.yaml:6"))
    before = floor.active("drive"), floor.active("delay")
    floor.tap("fs2", after=0.1)
    assert floor.active("drive") is not before[0]
    floor.wait(3.0)
    assert floor.active("delay") is not before[1]
    assert not floor.rig.mapper._inputs.runs
