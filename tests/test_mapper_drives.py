"""Controls that drive: takeover, dead ends, smoothing, acceleration, morphs, and who loses what to whom."""

from itertools import pairwise

import pytest
from played_floor import PAGES, Floor, rule

from controld.actions import DriveParameter, MorphSnapshots, SetParameter, StepParameter
from controld.mappings.driving import drive_of
from controld.mappings.profile import Control, Kind, Source, SourceType
from controld.mappings.rule import Condition, Gesture, Trigger
from controld.mappings.shaping import Motion, Shaping, Takeover
from controld.mappings.target import (
    Command,
    CommandTarget,
    MorphTarget,
    PageTarget,
    ParameterTarget,
    PedalboardTarget,
)
from controld.values import CURVES, Level

GAIN = ParameterTarget("drive", "gain")  # it stands at 0.2
MORPH = MorphTarget(((0.0, "Clean"), (1.0, "Lead")))


def gain(takeover: Takeover | None = None, **motion: float) -> ParameterTarget:
    """Return the gain with a motion."""
    return ParameterTarget("drive", "gain", motion=Motion(takeover=takeover, **motion))


def sweep(floor: Floor, on: str, *positions: float, gap_s: float = 0.02) -> list[float]:
    """Move a control; return where the gain stands after each."""
    stood = []
    for position in positions:
        floor.move(on, position, gap_s)
        stood.append(round(floor.value(), 4))
    return stood


class TestTakeover:
    @pytest.mark.parametrize(
        ("on", "takeover", "expected"),
        [
            ("exp", None, [0.8, 0.5]),
            ("tablet.level", None, [0.8, 0.5]),  # a widget follows the parameter, like a motor
            ("knob", None, [0.2, 0.2]),
            ("knob", Takeover.JUMP, [0.8, 0.5]),
            ("exp", Takeover.PICKUP, [0.2, 0.2]),
        ],
    )
    def test_each_kind_has_its_own(self, on: str, takeover: Takeover | None, expected: list[float]) -> None:
        """A knob picks up, all others jump, unless the rule says."""
        assert sweep(Floor(rule(on, gain(takeover))), on, 0.8, 0.5) == expected

    def test_a_knob_picks_up_and_keeps(self) -> None:
        """From where it crosses the value, until somebody else moves it."""
        floor = Floor(rule("knob", GAIN))
        assert sweep(floor, "knob", 0.6, 0.4, 0.1, 0.3) == [0.2, 0.2, 0.1, 0.3]
        floor.do(SetParameter("drive", "gain", Level(0.9)))
        assert sweep(floor, "knob", 0.4, 0.5, 0.95, 0.7) == [0.9, 0.9, 0.95, 0.7]

    def test_a_knob_keeps_hold_between_two_movements(self) -> None:
        """However long the hand was away."""
        floor = Floor(rule("knob", GAIN))
        sweep(floor, "knob", 0.2, 0.5)
        floor.wait(60.0)
        assert sweep(floor, "knob", 0.9) == [0.9]

    @pytest.mark.parametrize("other", ["exp", "wheel", "tablet.level"])
    def test_another_control_takes_it_away(self, other: str) -> None:
        """Of the same surface or another one."""
        floor = Floor(rule("knob", GAIN), rule(other, GAIN))
        sweep(floor, "knob", 0.2, 0.5)
        if other == "wheel":
            floor.turn("wheel", 20, after=0.1)
        else:
            floor.move(other, 0.7, 0.1)
        assert sweep(floor, "knob", 0.4) == [0.7]

    def test_scale_converges(self) -> None:
        """The parameter moves at once, and meets the control at the end."""
        floor = Floor(rule("knob", gain(Takeover.SCALE)))
        assert sweep(floor, "knob", 0.6, 0.8, 1.0) == [0.2, 0.6, 1.0]

    def test_pickup_compares_where_the_control_would_stand(self) -> None:
        """Range and curve turned round."""
        shaping = Shaping(Level(100, "%"), Level(0, "%"), CURVES["exponential"])
        floor = Floor(rule("knob", ParameterTarget("drive", "gain", shaping)))
        assert sweep(floor, "knob", 0.1, 0.2) == [0.2, 0.2]
        assert sweep(floor, "knob", 0.8, 0.9)[-1] == pytest.approx(1 - 0.81)

    @pytest.mark.parametrize("away", ["page", "condition", "device"])
    def test_a_knob_that_moved_unseen_picks_up_again(self, away: str) -> None:
        """On another page, while its rule does not count, or while its device was away."""
        floor = Floor(
            rule("knob", GAIN, page="main", when=Condition(effects=(("drive", False),))),
            rule("fs1", PageTarget("solo")), rule("fs2", PageTarget("main")), rule("fs3", "drive"),
            stage=PAGES,
        )  # fmt: skip
        assert sweep(floor, "knob", 0.2, 0.5) == [0.2, 0.5]
        if away == "device":
            floor.lose("floor")
            floor.wait(1.0)
            floor.connect("floor")
        else:
            floor.tap("fs1" if away == "page" else "fs3")
            sweep(floor, "knob", 0.9)
            floor.tap("fs2" if away == "page" else "fs3")
        assert sweep(floor, "knob", 0.8) == [0.5]

    def test_a_page_that_changes_nothing_for_a_knob_leaves_it_hold(self) -> None:
        """Though another rule of it comes or goes."""
        toe = rule("knob", "delay", trigger=Trigger("floor.knob", Gesture.TOE, at=0.97), page="solo")
        floor = Floor(rule("knob", GAIN), toe, rule("fs1", PageTarget("solo")), stage=PAGES)
        sweep(floor, "knob", 0.2, 0.5)
        floor.tap("fs1")
        floor.wait(1.0)
        assert sweep(floor, "knob", 0.8) == [0.8]

    def test_another_pedalboard_is_not_jumped_upon(self) -> None:
        """Its parameter of the same name is another."""
        floor = Floor(rule("knob", GAIN), rule("fs1", PedalboardTarget("Jazz")), rule("fs2", PedalboardTarget("Stage")))
        sweep(floor, "knob", 0.2, 0.7)
        floor.tap("fs1", "fs2")
        assert sweep(floor, "knob", 0.6) == [0.2]

    def test_a_reload_keeps_hold(self) -> None:
        """Where the rule drives the same."""
        knob = rule("knob", GAIN)
        floor = Floor(knob)
        sweep(floor, "knob", 0.2, 0.5)
        floor.reload(knob)
        assert sweep(floor, "knob", 0.9) == [0.9]
        floor.reload(rule("knob", gain(deadzone=0.1)))
        assert sweep(floor, "knob", 0.3) == [0.9]


class TestMotion:
    def test_dead_ends_are_the_ends(self) -> None:
        """And between them the whole way is gone; the fader is put where it stood."""
        floor = Floor(rule("exp", gain(deadzone=0.1)))
        assert sweep(floor, "exp", 0.05, 0.1, 0.3, 0.5, 0.9, 1.0) == [0.0, 0.0, 0.25, 0.5, 1.0, 1.0]
        floor.do(SetParameter("drive", "gain", Level(0.25)))
        floor.wait(1.0)
        assert floor.looks["floor.exp"].value == pytest.approx(0.3)

    def test_a_jump_is_followed_softly(self) -> None:
        """In small steps, each its own action, until it is exactly there; then nothing is due any more."""
        floor = Floor(rule("exp", gain(smooth_s=0.1)))
        floor.move("exp", 0.2)
        floor.move("exp", 0.8, 1.0)
        floor.forget()
        floor.wait(1.0)
        moves = [action.position for action in floor.done if isinstance(action, DriveParameter)]
        assert len(moves) > 5
        assert all(before < after for before, after in pairwise(moves))
        assert moves[-1] == 0.8
        assert floor.rig.next_deadline() is None
        assert not floor.rig.mapper._inputs.runs

    def test_panic_ends_it_where_it_is(self) -> None:
        """The next movement follows from there."""
        floor = Floor(rule("exp", gain(smooth_s=1.0)), rule("fs1", CommandTarget(Command.PANIC)))
        floor.move("exp", 0.2)
        floor.move("exp", 0.8, 1.0)
        floor.wait(0.2)
        floor.tap("fs1")
        floor.wait(1.0)
        stands = floor.value()
        assert 0.2 < stands < 0.8
        floor.move("exp", 0.9)
        floor.wait(0.02)
        assert abs(floor.value() - stands) < 0.1

    def test_somebody_elses_move_ends_it(self) -> None:
        """The hand wins that came last."""
        floor = Floor(rule("exp", gain(smooth_s=1.0)))
        floor.move("exp", 0.2)
        floor.move("exp", 0.8, 1.0)
        floor.wait(0.3)
        floor.do(SetParameter("drive", "gain", Level(0.1)))
        floor.wait(2.0)
        assert floor.value() == pytest.approx(0.1)
        assert floor.rig.next_deadline() is None

    def test_it_is_followed_from_where_the_target_is(self) -> None:
        """Also from the start, and wherever others have left it: the sound never leaps to where the hand was before."""
        floor = Floor(rule("exp", gain(smooth_s=0.3)))
        floor.move("exp", 1.0)
        floor.wait(0.015)
        assert 0.2 < floor.value() < 0.4
        floor.wait(3.0)
        for level in (0.5, 0.9):
            floor.do(SetParameter("drive", "gain", Level(level)))
        floor.wait(1.0)
        floor.move("exp", 0.0)
        floor.wait(0.015)
        assert 0.7 < floor.value() < 0.9

    def test_fast_turns_count_more(self) -> None:
        """A slow detent is one, a haste of them are many, with and without a step of its own."""
        floor = Floor(
            rule("wheel", ParameterTarget("drive", "gain", by=Level(1, "%"), motion=Motion(acceleration=8.0)))
        )
        floor.turn("wheel", 1, after=1.0)
        for _ in range(10):
            floor.turn("wheel", 1, after=0.01)
        counts = [action.count for action in floor.done if isinstance(action, StepParameter)]
        assert counts[0] == 1
        assert counts[-1] == 8

    def test_what_needs_no_memory_has_none(self) -> None:
        """A plain pedal is as cheap as ever."""
        pedal = Control("exp", Kind.PEDAL, Source(SourceType.CC, 7))
        trigger = rule("exp", GAIN).triggers[0]
        assert drive_of(trigger, GAIN, pedal) is None
        assert drive_of(trigger, gain(Takeover.JUMP), Control("k", Kind.KNOB, None)) is None
        assert drive_of(trigger, gain(), Control("w", Kind.ENCODER, None)) is None
        assert drive_of(trigger, gain(), Control("k", Kind.KNOB, None)) is not None


class TestMorphs:
    def test_a_pedal_morphs(self) -> None:
        """And another control of the same morph follows it."""
        floor = Floor(rule("exp", MORPH), rule("tablet.level", MORPH))
        floor.move("exp", 0.5)
        assert floor.done == [MorphSnapshots(MORPH.stops, 0.5)]
        floor.wait(1.0)
        assert floor.looks["tablet.level"].value == pytest.approx(0.5)

    def test_another_morph_shows_nothing_of_it(self) -> None:
        """Its control is dark."""
        other = MorphTarget(((0.0, "Clean"), (1.0, "Crunch")))
        floor = Floor(rule("exp", MORPH), rule("tablet.level", other))
        floor.move("exp", 0.5)
        floor.wait(1.0)
        assert (floor.looks["tablet.level"].value, floor.style("tablet.level")) == (0.0, "off")

    def test_stops_by_number_are_the_same_morph(self) -> None:
        """The third snapshot is Lead."""
        floor = Floor(rule("exp", MORPH), rule("tablet.level", MorphTarget(((0.0, 1), (1.0, 3)))))
        floor.move("exp", 0.5)
        floor.wait(1.0)
        assert floor.looks["tablet.level"].value == pytest.approx(0.5)

    def test_a_knob_picks_a_morph_up(self) -> None:
        """Where another control left it."""
        knob = MorphTarget(MORPH.stops, motion=Motion(takeover=Takeover.PICKUP))
        floor = Floor(rule("exp", MORPH), rule("knob", knob))
        floor.move("exp", 0.5)
        floor.forget()
        for position in (0.9, 0.7, 0.4):
            floor.move("knob", position, 0.02)
        assert floor.done == [MorphSnapshots(MORPH.stops, 0.4)]
        floor.move("exp", 0.8, 1.0)
        floor.forget()
        floor.move("knob", 0.3, 1.0)
        assert floor.done == []
