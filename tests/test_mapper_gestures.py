"""Gestures in the mapper: chords, end zones, repeat and hold-release, and whom a press belongs to."""

from collections.abc import Callable

import pytest
from played_floor import CONTROLS, DOUBLE, HOLD, PAGES, RELEASE, Floor, rule

from controld.actions import SetBypass
from controld.mappings.profile import Control, Kind
from controld.mappings.rule import Condition, Gesture, Rule, Trigger
from controld.mappings.target import BypassTarget, PageTarget, PedalboardTarget, SnapshotTarget, Target

A, B, C = (SetBypass((name,)) for name in "abc")
REPEAT, HOLD_RELEASE = Gesture.REPEAT, Gesture.HOLD_RELEASE


def chord(*targets: Target | str, gesture: Gesture = Gesture.PRESS, controls: str = "fs1+fs2", **more: object) -> Rule:
    """Return a rule of a chord of switches of the floor, within 50 ms."""
    names = tuple(f"floor.{name}" for name in controls.split("+"))
    times = {HOLD: 0.5, DOUBLE: 0.3, HOLD_RELEASE: 0.5}
    trigger = Trigger("+".join(names), gesture, times.get(gesture, 0.0), chord=names, within_s=0.05)
    return rule("chord", *targets, trigger=trigger, **more)  # type: ignore[arg-type]


def ours(floor: Floor) -> list[str]:
    """Return the effects that were asked for since the last look, in order."""
    return [action.effects[0] for action in floor.done if isinstance(action, SetBypass)]


SINGLES = (rule("fs1", "a"), rule("fs2", "b"))


class TestChords:
    @pytest.mark.parametrize("first", [("fs1", "fs2"), ("fs2", "fs1")])
    def test_a_chord_is_none_of_its_switches(self, first: tuple[str, str]) -> None:
        """Neither fires its own rule, whichever comes and goes first."""
        floor = Floor(*SINGLES, chord("c"))
        floor.press(first[0])
        floor.press(first[1], after=0.04)
        assert ours(floor) == ["c"]
        floor.let_go("fs1", after=0.1)
        floor.let_go("fs2", after=0.1)
        floor.wait(1.0)
        assert ours(floor) == []

    def test_a_switch_alone_waits_no_longer_than_it_must(self) -> None:
        """Until the window ends, or it comes up."""
        floor = Floor(*SINGLES, chord("c"))
        floor.press("fs1")
        floor.wait(0.049)
        assert ours(floor) == []
        floor.wait(0.002)
        assert ours(floor) == ["a"]
        floor.let_go("fs1")
        floor.press("fs2")
        floor.let_go("fs2", after=0.01)
        assert ours(floor) == ["b"]
        assert floor.rig.next_deadline() is None

    def test_a_switch_of_no_chord_waits_for_none(self) -> None:
        """It fires at once."""
        floor = Floor(rule("fs3", "a"), chord("c"))
        floor.press("fs3")
        assert ours(floor) == ["a"]

    def test_chords_have_gestures(self) -> None:
        """A hold of both, from when the last came; and the release of the first."""
        floor = Floor(*SINGLES, chord("c", gesture=HOLD), chord("d"), chord("e", gesture=RELEASE))
        floor.press("fs1", "fs2")
        floor.wait(0.6)
        assert ours(floor) == ["c"]
        floor.let_go("fs1", "fs2")
        floor.press("fs1", "fs2", after=1.0)
        floor.let_go("fs1", after=0.1)
        assert ours(floor) == ["d", "e"]

    def test_a_chord_of_another_page_delays_nothing(self) -> None:
        """Only what counts is waited for."""
        floor = Floor(*SINGLES, chord("c", page="solo"), rule("fs6", PageTarget("solo")), stage=PAGES)
        floor.press("fs1")
        assert ours(floor) == ["a"]
        floor.let_go("fs1")
        floor.tap("fs6")
        floor.press("fs1", "fs2")
        assert ours(floor) == ["c"]

    def test_a_pages_chord_hides_the_global_one(self) -> None:
        """On the same switches and gesture."""
        floor = Floor(chord("a"), chord("b", page="main"), stage=PAGES)
        floor.press("fs1", "fs2")
        assert ours(floor) == ["b"]

    def test_a_chord_whose_condition_fails_delays_nothing(self) -> None:
        """It does not count."""
        floor = Floor(*SINGLES, chord("c", when=Condition(snapshots=("Lead",))), rule("fs3", SnapshotTarget("Lead")))
        floor.press("fs1")
        assert ours(floor) == ["a"]
        floor.let_go("fs1")
        floor.tap("fs3")
        floor.press("fs1", "fs2")
        assert ours(floor) == ["c"]

    def test_a_chord_can_hold(self) -> None:
        """A page, a value: until its first switch comes up, or its device goes."""
        lasting = BypassTarget(("drive",), "active", returns=True)
        floor = Floor(*SINGLES, chord(PageTarget("solo", hold=True), lasting), stage=PAGES)
        for is_lost in (False, True):
            floor.press("fs1", "fs2")
            assert (floor.page, floor.active("drive")) == ("solo", True)
            if is_lost:
                floor.lose("floor")
            else:
                floor.let_go("fs2")
            assert (floor.page, floor.active("drive")) == ("main", False)
            floor.let_go("fs1", "fs2", after=1.0)

    def test_a_chord_that_a_reload_took_away_ends_all_the_same(self) -> None:
        """Its release belongs to it; after that there is no chord any more."""
        lasting = BypassTarget(("drive",), "active", returns=True)
        floor = Floor(chord(lasting), chord("c", gesture=RELEASE))
        floor.press("fs1", "fs2")
        floor.reload(*SINGLES)
        assert floor.active("drive")
        floor.done.clear()
        floor.let_go("fs1", "fs2", after=1.0)
        assert not floor.active("drive")
        assert ours(floor) == ["c", "drive"]
        floor.press("fs1", "fs2")
        assert ours(floor) == ["a", "b"]

    def test_a_press_that_waits_is_lost_with_its_device(self) -> None:
        """Half a press never was."""
        floor = Floor(*SINGLES, chord("c"))
        floor.press("fs1")
        floor.lose("floor")
        floor.wait(1.0)
        assert ours(floor) == []
        assert floor.rig.next_deadline() is None

    def test_a_finished_tap_counts_when_its_device_goes(self) -> None:
        """Of a switch that may be part of a chord, too."""
        floor = Floor(*SINGLES, rule("fs1", "d", gesture=DOUBLE), chord("c"))
        floor.tap("fs1")
        floor.lose("floor")
        assert ours(floor) == ["a"]
        assert floor.rig.next_deadline() is None

    def test_a_chord_is_the_doing_of_who_pressed_it(self) -> None:
        """The surface, and of a switch alone its client."""
        button = Trigger("tablet.button+floor.fs1", Gesture.PRESS, chord=("tablet.button", "floor.fs1"), within_s=0.05)
        floor = Floor(rule("chord", "a", trigger=button), rule("tablet.button", "b"))
        floor.move("tablet.button", 1.0, client="host:1")
        floor.press("fs1")
        floor.let_go("fs1", "tablet.button")
        floor.move("tablet.button", 1.0, client="host:2")
        floor.wait(1.0)
        asked = [(intent.action, intent.origin) for intent in floor.happened.intents]
        assert asked == [(A, "tablet/host:1"), (B, "tablet/host:2")]

    def test_a_chord_across_surfaces(self) -> None:
        """One surface that goes takes its part with it."""
        names = ("floor.fs1", "tablet.button")
        both = Trigger("+".join(names), Gesture.PRESS, chord=names, within_s=0.05)
        gone = Trigger("+".join(names), RELEASE, chord=names, within_s=0.05)
        floor = Floor(rule("chord", "a", trigger=both), rule("chord", "b", trigger=gone))
        floor.press("tablet.button", "fs1")
        floor.lose("tablet")
        assert ours(floor) == ["a", "b"]


class TestOtherGestures:
    def test_a_repeat_fires_until_it_is_let_go(self) -> None:
        """At once, after its first time, then every so often."""
        floor = Floor(rule("fs1", "a", trigger=Trigger("floor.fs1", REPEAT, 0.5, every_s=0.1)))
        floor.press("fs1")
        floor.wait(0.75)
        floor.let_go("fs1")
        floor.wait(1.0)
        assert ours(floor) == ["a"] * 4

    def test_a_repeat_of_a_late_clock_does_not_burst(self) -> None:
        """A machine that slept makes one of the missed ones."""
        floor = Floor(rule("fs1", "a", trigger=Trigger("floor.fs1", REPEAT, 0.5, every_s=0.1)))
        floor.press("fs1")
        floor.done.clear()
        intents, _ = floor.rig.mapper.tick(floor.now + 100.0)
        assert len(intents) == 1

    def test_a_hold_release_comes_with_the_release_of_a_hold(self) -> None:
        """A short press is a press."""
        floor = Floor(rule("fs1", "a"), rule("fs1", "b", gesture=HOLD_RELEASE))
        floor.press("fs1")
        floor.let_go("fs1", after=0.6)
        assert ours(floor) == ["b"]
        floor.tap("fs1")
        assert ours(floor) == ["a"]

    @pytest.mark.parametrize("kind", [Kind.PEDAL, Kind.FADER, Kind.KNOB])
    def test_end_zones(self, kind: Kind) -> None:
        """Entering fires, standing there does not; a page that has a zone of its own hides the global one."""
        toe, heel = Trigger("floor.exp", Gesture.TOE, at=0.97), Trigger("floor.exp", Gesture.HEEL, at=0.03)
        controls = {**CONTROLS, "floor.exp": Control("exp", kind, None)}
        rules = [
            rule("exp", "a", trigger=toe),
            rule("exp", "b", trigger=heel),
            rule("exp", "c", trigger=toe, page="fx"),
        ]
        floor = Floor(*rules, rule("fs1", PageTarget("fx")), stage=PAGES, controls=controls)
        for position in (0.5, 0.98, 1.0, 0.96, 0.98, 0.9, 0.99, 0.0, 0.01, 0.2):
            floor.move("exp", position, 0.1)
        assert ours(floor) == ["a", "a", "b"]
        floor.tap("fs1")
        floor.move("exp", 1.0)
        assert ours(floor) == ["c"]

    def test_a_zone_is_no_news_after_a_loss_or_a_reload(self) -> None:
        """Where the pedal stands at first is not entered; a reload with the same zones remembers."""
        toe = rule("exp", "a", trigger=Trigger("floor.exp", Gesture.TOE, at=0.97))
        floor = Floor(toe)
        floor.move("exp", 1.0)
        floor.move("exp", 0.5)
        floor.reload(toe)
        floor.move("exp", 1.0)
        assert ours(floor) == ["a"]
        floor.lose("floor")
        floor.connect("floor")
        floor.move("exp", 1.0)
        assert ours(floor) == []


MEANWHILE: dict[str, Callable[[Floor], None]] = {
    "page": lambda floor: floor.do(PageTarget("solo").action(1.0, 0)),
    "snapshot": lambda floor: floor.do(SnapshotTarget("Lead").action(1.0, 0)),
    "pedalboard": lambda floor: floor.do(PedalboardTarget("Jazz").action(1.0, 0)),
    "reload": lambda floor: floor.reload(rule("fs1", "other"), rule("fs1", "other", gesture=RELEASE), stage=PAGES),
    "empty": lambda floor: floor.reload(),
    "engine": lambda floor: floor.stop_engine(),
}


class TestOwnership:
    @pytest.mark.parametrize("what", MEANWHILE)
    @pytest.mark.parametrize(
        ("triggers", "expected"),
        [
            ([(RELEASE, 0.0, 0.0)], ["a"]),
            ([(HOLD, 0.5, 0.0)], ["a"]),
            ([(HOLD_RELEASE, 0.5, 0.0)], ["a"]),
            ([(HOLD, 0.5, 0.0), (HOLD_RELEASE, 0.7, 0.0)], ["a", "b"]),
            ([(REPEAT, 0.5, 0.3)], ["a", "a", "a"]),
        ],
    )
    def test_a_press_keeps_its_rules(
        self, what: str, triggers: list[tuple[Gesture, float, float]], expected: list[str]
    ) -> None:
        """Whatever changes meanwhile: what follows from a press goes to the rules that counted when it began."""
        on = Condition(pages=("main",), snapshots=("Clean",), pedalboards=("Stage",))
        rules = [
            rule("fs1", "ab"[index], trigger=Trigger("floor.fs1", *timed), when=on)
            for index, (gesture, time_s, every_s) in enumerate(triggers)
            for timed in [(gesture, time_s, None, every_s)]
        ]
        floor = Floor(*rules, rule("fs1", "other", page="solo", gesture=RELEASE), stage=PAGES)
        floor.press("fs1")
        floor.wait(0.1)
        MEANWHILE[what](floor)
        floor.let_go("fs1", after=0.8)
        assert ours(floor) == expected

    @pytest.mark.parametrize("gesture", [HOLD, HOLD_RELEASE, RELEASE])
    def test_a_lost_device_lets_go_once(self, gesture: Gesture) -> None:
        """And what it sends afterwards for the same press means nothing."""
        floor = Floor(rule("fs1", "a", gesture=gesture))
        floor.press("fs1")
        floor.wait(0.6)
        floor.lose("floor")
        floor.connect("floor")
        floor.let_go("fs1")
        assert ours(floor) == ["a"]
