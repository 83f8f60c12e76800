"""What lasts as long as a press: values that return and messages with an end, however the press ends."""

from collections.abc import Callable

import pytest
from played_floor import CONTROLS, DOUBLE, HOLD, RELEASE, Floor, rule

from controld.actions import Seek, SendMidi, SetBypass, SetParameter
from controld.changes import BypassChanged, PedalboardChanged, State
from controld.events import ControlMoved
from controld.mappings.mapper import Mapper
from controld.mappings.rule import Gesture, Trigger
from controld.mappings.target import (
    BypassTarget,
    Command,
    CommandTarget,
    ParameterTarget,
    PedalboardTarget,
    SendTarget,
    SnapshotTarget,
    WaitTarget,
)
from controld.values import Duration, Level

ON = BypassTarget(("drive", "delay"), "active", returns=True)
LOUD = ParameterTarget("drive", "gain", to=Level(0.9), returns=True)
NOTE = SendTarget(SendMidi("floor", b"\x90\x40\x7f"), SendMidi("floor", b"\x90\x40\x00"))
PANIC = rule("fs6", CommandTarget(Command.PANIC))


def reloaded(floor: Floor) -> None:
    """Have all rules go, then the foot."""
    floor.reload()
    floor.let_go("fs1")


ENDS: dict[str, Callable[[Floor], None]] = {
    "release": lambda floor: floor.let_go("fs1"),
    "lost": lambda floor: floor.lose("floor"),
    "panic": lambda floor: floor.tap("fs6"),
    "again": lambda floor: floor.tap("fs1"),  # a device that sends no release
    "reload": reloaded,
    "gone": lambda floor: floor.reload(controls={k: v for k, v in CONTROLS.items() if k != "floor.fs1"}),
}


class TestValuesReturn:
    @pytest.mark.parametrize("end", ENDS)
    def test_a_bypass_returns_however_the_press_ends(self, end: str) -> None:
        """Each effect to what it was."""
        floor = Floor(rule("fs1", ON), rule("fs2", "delay"), PANIC)
        floor.tap("fs2")
        floor.press("fs1")
        assert (floor.active("drive"), floor.active("delay")) == (True, True)
        ENDS[end](floor)
        assert (floor.active("drive"), floor.active("delay")) == (False, True)
        assert not floor.rig.mapper.next_deadline()

    @pytest.mark.parametrize("end", ENDS)
    @pytest.mark.parametrize(
        "target",
        [
            LOUD,
            ParameterTarget("drive", "gain", by=Level(10, "%"), returns=True),
            ParameterTarget("drive", "gain", toggle=(Level(0.2), Level(0.8)), returns=True),
            ParameterTarget("drive", "gain", cycle=(Level(0.1), Level(0.9)), returns=True),
            ParameterTarget("drive", "gain", to=Level(0.9), over=Duration(5.0), returns=True),
        ],
    )
    def test_a_parameter_returns_however_it_was_set(self, target: ParameterTarget, end: str) -> None:
        """To where it stood; in the middle of a ramp, too."""
        floor = Floor(rule("fs1", target), PANIC)
        before = floor.value()
        floor.press("fs1")
        floor.wait(0.5)
        assert floor.value() != before
        ENDS[end](floor)
        floor.wait(10.0)
        assert floor.value() == pytest.approx(before)

    @pytest.mark.parametrize("gesture", [HOLD, DOUBLE, Gesture.REPEAT])
    def test_every_gesture_of_a_press_can_hold_a_value(self, gesture: Gesture) -> None:
        """Until the switch comes up."""
        trigger = Trigger("floor.fs1", gesture, 0.3, every_s=0.1 if gesture is Gesture.REPEAT else 0.0)
        floor = Floor(rule("fs1", LOUD, trigger=trigger))
        before = floor.value()
        if gesture is DOUBLE:
            floor.tap("fs1")
        floor.press("fs1")
        floor.wait(1.0)
        assert floor.value() == pytest.approx(0.9)
        floor.let_go("fs1")
        assert floor.value() == pytest.approx(before)

    @pytest.mark.parametrize("apart", [False, True], ids=["one list", "two rules"])
    def test_a_press_that_also_loads_a_pedalboard_holds_nothing_on_it(self, apart: bool) -> None:
        """What it found there is not known when it begins, so nothing could give it back."""
        after = PedalboardTarget(Seek.NEXT)
        floor = Floor(*([rule("fs1", after), rule("fs1", ON)] if apart else [rule("fs1", after, ON)]))
        for _ in range(2):  # to a pedalboard without the effects, and back to the one with them
            floor.tap("fs1")
            floor.wait(1.0)
        assert (floor.active("drive"), floor.active("delay")) == (False, False)

    def test_a_tap_that_is_decided_late_changes_nothing(self) -> None:
        """It is over before it began."""
        floor = Floor(rule("fs1", LOUD), rule("fs1", "delay", gesture=DOUBLE))
        before = floor.value()
        floor.tap("fs1")
        floor.wait(1.0)
        assert (floor.value(), floor.done) == (before, [])

    def test_a_tap_that_is_decided_at_its_release_comes_and_goes(self) -> None:
        """Both are asked for, in this order."""
        floor = Floor(rule("fs1", ON), rule("fs1", "delay", gesture=HOLD))
        floor.tap("fs1")
        actions = [action for action in floor.done if isinstance(action, SetBypass)]
        assert [action.bypassed for action in actions] == [False, True, True]
        assert not floor.active("drive")

    def test_after_a_wait_nothing_is_held_that_nobody_holds(self) -> None:
        """The press is over when the list comes to it."""
        floor = Floor(rule("fs1", WaitTarget(Duration(0.5)), LOUD))
        before = floor.value()
        floor.tap("fs1")
        floor.wait(1.0)
        assert floor.value() == before
        floor.press("fs1")
        floor.wait(1.0)
        assert floor.value() == pytest.approx(0.9)
        floor.let_go("fs1")
        assert floor.value() == pytest.approx(before)


OTHERS: dict[str, Callable[[Floor], None]] = {
    "another rule": lambda floor: floor.tap("fs2"),
    "a pedal": lambda floor: floor.move("exp", 0.3),
    "a tablet": lambda floor: floor.move("tablet.level", 0.3),
    "a program": lambda floor: floor.do(SetParameter("drive", "gain", Level(0.3))),
    "a snapshot": lambda floor: floor.tap("fs3"),
}


class TestSomebodyElse:
    @pytest.mark.parametrize("over", [None, Duration(0.2), Duration(5.0)])
    @pytest.mark.parametrize("who", OTHERS)
    def test_what_somebody_else_changed_is_not_taken_back(self, who: str, over: Duration | None) -> None:
        """The value is not what the press made it any more."""
        loud = ParameterTarget("drive", "gain", to=Level(0.95), over=over, returns=True)
        rules = [
            rule("fs1", loud),
            rule("fs2", ParameterTarget("drive", "gain", to=Level(0.3))),
            rule("fs3", SnapshotTarget("Crunch")),
            rule("exp", ParameterTarget("drive", "gain")),
            rule("tablet.level", ParameterTarget("drive", "gain")),
        ]
        floor = Floor(*rules)
        floor.press("fs1")
        floor.wait(1.0)
        OTHERS[who](floor)
        floor.wait(1.0)
        stands = floor.value()
        assert stands == pytest.approx(0.6 if who == "a snapshot" else 0.3)
        floor.let_go("fs1")
        floor.wait(1.0)
        assert floor.value() == stands

    def test_another_pedalboard_has_nothing_to_return(self) -> None:
        """Its effects are others."""
        floor = Floor(rule("fs1", LOUD, ON), rule("fs2", PedalboardTarget("Jazz")))
        floor.press("fs1")
        floor.tap("fs2")
        floor.done.clear()
        floor.let_go("fs1")
        assert floor.done == []

    @pytest.mark.parametrize("order", [("fs1", "fs2"), ("fs2", "fs1")])
    def test_two_presses_on_one_value(self, order: tuple[str, str]) -> None:
        """The last to let go gives back what the first found."""
        louder = ParameterTarget("drive", "gain", to=Level(0.5), returns=True)
        floor = Floor(rule("fs1", LOUD), rule("fs2", louder))
        before = floor.value()
        floor.press("fs1", "fs2")
        floor.let_go(order[0])
        assert floor.value() == pytest.approx(0.5 if order[0] == "fs1" else 0.9)
        floor.let_go(order[1])
        assert floor.value() == pytest.approx(before)

    def test_what_the_engine_made_of_it_is_still_its_own(self) -> None:
        """A stepped parameter stands elsewhere than it was asked to."""
        target = ParameterTarget("delay", "time", to=Level(123.4), returns=True)
        floor = Floor(rule("fs1", target))
        before = floor.value("time", "delay")
        floor.press("fs1")
        floor.wait(1.0)
        assert floor.value("time", "delay") == 123
        floor.let_go("fs1")
        assert floor.value("time", "delay") == before

    def test_each_press_finds_what_is_there_then(self) -> None:
        """Not what the one before gave back."""
        floor = Floor(rule("fs1", LOUD))
        floor.tap("fs1")
        floor.do(SetParameter("drive", "gain", Level(0.4)))
        floor.tap("fs1")
        assert floor.value() == pytest.approx(0.4)

    def test_an_effect_of_the_same_name_is_another(self) -> None:
        """What its namesake was on the pedalboard before is not given to it."""
        mapper = Mapper([rule("fs1", BypassTarget(("a",), "active", returns=True))], CONTROLS)
        for board in ("One", "Two"):
            mapper.receive_changes([PedalboardChanged(board, 1, State.CONFIRMED, ("a",))], 0.0)
            if board == "One":
                mapper.receive_changes([BypassChanged("a", True, True, State.CONFIRMED)], 0.0)
                assert len(mapper.receive(ControlMoved("floor.fs1", 1.0, 1.0))) == 1
            mapper.receive_changes([BypassChanged("a", False, False, State.CONFIRMED, "floor")], 2.0)
        assert mapper.receive(ControlMoved("floor.fs1", 0.0, 3.0)) == []


class TestMessagesEnd:
    @pytest.mark.parametrize("end", ENDS)
    def test_a_note_ends_however_the_press_ends(self, end: str) -> None:
        """Once."""
        floor = Floor(rule("fs1", NOTE), PANIC)
        floor.press("fs1")
        assert floor.happened.messages == [NOTE.message]
        ENDS[end](floor)
        again = [NOTE.message, NOTE.ending] if end == "again" else []
        assert floor.happened.messages == [NOTE.message, NOTE.ending, *again]
        floor.let_go("fs1")
        assert len(floor.happened.messages) == 2 + len(again)

    def test_endings_come_last_first(self) -> None:
        """As brackets close; after what the release itself does."""
        other = SendTarget(SendMidi("floor", b"\xb0\x01\x7f"), SendMidi("floor", b"\xb0\x01\x00"))
        plain = SendTarget(SendMidi("floor", b"\xc0\x01"))
        floor = Floor(rule("fs1", NOTE, other), rule("fs1", plain, gesture=RELEASE))
        floor.tap("fs1")
        assert floor.happened.messages == [NOTE.message, other.message, plain.message, other.ending, NOTE.ending]

    def test_a_note_that_repeats_ends_before_it_begins_again(self) -> None:
        """A receiver that counts is left with nothing that sounds."""
        floor = Floor(rule("fs1", NOTE, trigger=Trigger("floor.fs1", Gesture.REPEAT, 0.2, every_s=0.1)))
        floor.press("fs1")
        floor.wait(0.45)
        floor.let_go("fs1")
        assert floor.happened.messages == [NOTE.message, NOTE.ending] * 4

    def test_a_panic_in_the_middle_of_a_list_leaves_no_end_over(self) -> None:
        """What it ended is not begun again, nor ended twice."""
        floor = Floor(rule("fs1", NOTE, CommandTarget(Command.PANIC), NOTE))
        floor.tap("fs1")
        assert floor.happened.messages == [NOTE.message, NOTE.ending]

    def test_what_a_panic_did_not_let_begin_is_not_ended(self) -> None:
        """The panic is on the same switch, before the note."""
        floor = Floor(rule("fs1", CommandTarget(Command.PANIC)), rule("fs1", NOTE))
        floor.tap("fs1")
        assert floor.happened.messages == []

    @pytest.mark.parametrize("on", ["patch", "wheel", "fs1"])
    def test_what_no_press_can_end_ends_at_once(self, on: str) -> None:
        """A program, an encoder, a list that comes to it when the press is over."""
        floor = Floor(rule(on, *([WaitTarget(Duration(0.5))] if on == "fs1" else []), NOTE))
        if on == "fs1":
            floor.tap("fs1")
            floor.wait(1.0)
        elif on == "patch":
            floor.program(1)
        else:
            floor.turn("wheel", 1)
        assert floor.happened.messages == [NOTE.message, NOTE.ending]

    def test_only_the_client_that_left_lets_go(self) -> None:
        """What another tablet holds stays held."""
        floor = Floor(rule("tablet.button", NOTE))
        floor.move("tablet.button", 1.0, client="host:1")
        floor.rig.mapper.release_surface("tablet", floor.now, "host:2")
        assert floor.happened.messages == [NOTE.message]
        (intent,) = floor.rig.mapper.release_surface("tablet", floor.now, "host:1")
        assert intent.action == NOTE.ending
