"""Tests inside a map: what passes, what fails, and what a failure says."""

from dataclasses import replace
from pathlib import Path

import pytest
from fake_engine import DELAY, DRIVE, board
from played_rig import CONTROLS, rule, wait

from controld.actions import SendMidi
from controld.changes import State
from controld.feedback import Feedback
from controld.mappings.map_test import (
    Choose,
    CurrentIs,
    Device,
    Double,
    Down,
    EffectIs,
    Engine,
    Expectation,
    Expected,
    ExpectedLight,
    Given,
    LightIs,
    MapTest,
    MoveTo,
    Nothing,
    ParameterIs,
    Played,
    Press,
    SentMidi,
    Shows,
    Step,
    Touched,
    Turn,
    Up,
    Wait,
)
from controld.mappings.profile import Control, Kind
from controld.mappings.rule import Gesture, Rule, Trigger
from controld.mappings.target import BypassTarget, ParameterTarget, SendTarget, SnapshotTarget
from controld.offline import OfflineRig
from controld.rig import Rig
from controld.standin import StandIn
from controld.trial import Trial, Verdict
from controld.trial_looks import light_is_so, light_words
from controld.values import Duration, Level

CONTROLS_HERE = CONTROLS | {
    "floor.wheel": Control("wheel", Kind.ENCODER, None),
    "floor.patch": Control("patch", Kind.PROGRAM, None),
}
RULES: tuple[Rule, ...] = (
    rule("floor.drive", BypassTarget(("drive",))),
    rule("floor.drive", SnapshotTarget("Lead"), gesture=Gesture.HOLD, time_s=0.5),
    rule("floor.delay", BypassTarget(("delay",)), gesture=Gesture.DOUBLE, time_s=0.3),
    rule("floor.delay", SnapshotTarget("Crunch")),
    rule("floor.latch", BypassTarget(("delay",))),
    rule("floor.exp", ParameterTarget("drive", "gain"), gesture=Gesture.MOVE),
    rule("floor.wheel", ParameterTarget("drive", "level", by=Level(1.0, "dB")), gesture=Gesture.MOVE),
    Rule("s:9", (Trigger("floor.patch", Gesture.CHANGE, program=5),), (SnapshotTarget(2),)),
    rule("floor.a", SendTarget(SendMidi("floor", b"\xc0\x05"))),
    rule("floor.b", SnapshotTarget("Lead"), wait(0.2), SnapshotTarget("Clean")),
)


def run(
    *steps: Step,
    expect: tuple[Expectation, ...] = (),
    unwanted: tuple[Expectation, ...] = (),
    lights: tuple[LightIs, ...] = (),
    given: Given = Given(),  # noqa: B008 - frozen
) -> Verdict:
    """Play steps on a small rig and return what became of them."""
    test = MapTest(
        "t:1",
        "a test",
        tuple(Played(str(step), "t:2", step) for step in steps),
        given,
        tuple(Expected(str(each), "t:3", each) for each in expect),
        tuple(Expected(str(each), "t:4", each) for each in unwanted),
        tuple(ExpectedLight(str(each), "t:5", each) for each in lights),
    )
    engine = StandIn({DRIVE.uri: DRIVE, DELAY.uri: DELAY})
    rig = OfflineRig(Rig(RULES, CONTROLS_HERE, [board(), replace(board(), name="Other")]), engine, ("floor", "tablet"))
    return Trial(test, rig, CONTROLS_HERE, RULES).run()


def passes(verdict: Verdict) -> bool:
    """Tell whether a test passed."""
    return not verdict.failures


LEAD = CurrentIs("snapshot", "Lead")
DRIVEN = Touched("drive")


class TestSteps:
    """Each step is what a hand would do."""

    def test_a_hold_fires_and_nothing_else(self) -> None:
        """The page's own example."""
        play = (Down("floor.drive"), Wait(Duration(0.6)), Up("floor.drive"))
        assert passes(run(*play, unwanted=(DRIVEN,)))  # the snapshot has it active, but no rule touched it
        looks = (LightIs("floor.lead", "off"),)
        assert passes(run(*play, expect=(LEAD,), given=Given("Stage", "Clean"), lights=looks))
        assert passes(run(Press("floor.drive", 0.65), expect=(LEAD,)))

    def test_a_press_is_decided_before_it_is_judged(self) -> None:
        """The switch has a double, so that a press waits; the test need not."""
        assert passes(run(Press("floor.delay"), expect=(CurrentIs("snapshot", "Crunch"),)))
        assert passes(run(Double("floor.delay"), expect=(EffectIs("delay", active=True),)))

    def test_a_latch_is_pressed_by_each_edge(self) -> None:
        """Twice is there and back."""
        twice = (Press("floor.latch"), Press("floor.latch"))
        assert passes(run(Press("floor.latch"), expect=(EffectIs("delay", active=True),)))
        assert passes(run(*twice, expect=(EffectIs("delay", active=False),)))

    def test_pedals_encoders_and_programs(self) -> None:
        """Positions, detents, numbers."""
        assert passes(run(MoveTo("floor.exp", 0.25), expect=(ParameterIs("drive", "gain", Level(0.25)),)))
        assert passes(run(Turn("floor.wheel", -3), expect=(ParameterIs("drive", "level", Level(-3.0, "dB")),)))
        assert passes(run(Choose("floor.patch", 5), expect=(CurrentIs("snapshot", "Crunch"),)))
        assert passes(run(Choose("floor.patch", 4), expect=(Nothing(),)))

    def test_a_lost_device_lets_go(self) -> None:
        """An undecided press never was."""
        play = (Down("floor.drive"), Device("floor", connected=False), Wait(Duration(1.0)))
        assert passes(run(*play, Device("floor", connected=True), expect=(Nothing(),)))

    def test_the_engine_comes_and_goes(self) -> None:
        """What was asked meanwhile is confirmed after; not before."""
        play = (Engine(up=False), Press("floor.drive"))
        active = EffectIs("drive", active=True)
        assert passes(run(*play, Engine(up=True), expect=(active,)))
        verdict = run(*play, expect=(active,))
        assert verdict.failures[0].found == "drive not confirmed"

    def test_what_was_sent(self) -> None:
        """Bytes for other gear."""
        assert passes(run(Press("floor.a"), expect=(SentMidi("floor", b"\xc0\x05"),)))
        verdict = run(Press("floor.a"), expect=(SentMidi("floor", b"\xc0\x06"),))
        assert verdict.failures[0].found == "sent to floor: C0 05"


class TestGiven:
    """Where a test begins."""

    def test_everything_is_set_before_the_play(self) -> None:
        """And counts neither as touched nor as fired."""
        given = Given("Other", "Clean", effects=(("drive", True),), parameters=(("drive", "gain", Level(0.75)),))
        expect = (
            CurrentIs("pedalboard", "Other"),
            EffectIs("drive", active=True),
            ParameterIs("drive", "gain", Level(75, "%")),
            Nothing(),
        )
        assert passes(run(Wait(Duration(0.1)), expect=expect, unwanted=(DRIVEN,), given=given))

    def test_what_was_so_before_is_no_offence(self) -> None:
        """Only what becomes so is."""
        verdict = run(Wait(Duration(0.1)), unwanted=(CurrentIs("snapshot", "Clean"),), given=Given(snapshot="Clean"))
        assert passes(verdict)


class TestFailures:
    """A failure says what is so instead."""

    def test_it_tells_what_is_and_which_rule_fired(self) -> None:
        """In the words of the test, with the time."""
        verdict = run(Press("floor.drive"), expect=(LEAD,), unwanted=(DRIVEN,))
        touched, missed = verdict.failures
        assert touched.expected.startswith("not ")
        assert (touched.found, touched.place) == ("it became so after 0.05 s, by stage.yaml:floor.drive:press", "t:4")
        assert missed.found == "snapshot Clean"
        (fired,) = verdict.fired
        assert (fired.rule.place, round(fired.at_s, 6)) == ("stage.yaml:floor.drive:press", 0.05)

    def test_what_was_so_only_for_a_moment_is_seen(self) -> None:
        """`not` is looked at after everything that happens."""
        play = (Press("floor.b"), Wait(Duration(1.0)))
        assert passes(run(*play, expect=(CurrentIs("snapshot", "Clean"),)))
        assert not passes(run(*play, expect=(CurrentIs("snapshot", "Clean"),), unwanted=(LEAD,)))

    @pytest.mark.parametrize(
        ("what", "found"),
        [
            (EffectIs("none", active=True), "there is no none on this pedalboard"),
            (ParameterIs("drive", "none", Level(1.0)), "nothing is known of drive/none"),
            (ParameterIs("drive", "gain", Level(0.9)), "drive/gain 0.2"),
            (CurrentIs("page", "solo"), "page none"),
            (Touched("drive"), "drive was left alone"),
            (Shows("floor.screen", "hi"), "show floor.screen nothing"),
        ],
    )
    def test_words_of_what_is(self, what: Expectation, found: str) -> None:
        """Short, and with the unit where there is one."""
        assert [failure.found for failure in run(Wait(Duration(0.0)), expect=(what,)).failures] == [found]


class TestLights:
    """How a control looks."""

    def test_a_light_that_is_not_as_it_should(self) -> None:
        """Style, colour and position are compared apart."""
        assert passes(run(Press("floor.delay"), lights=(LightIs("floor.delay", "on"),)))
        verdict = run(Press("floor.delay"), lights=(LightIs("floor.delay", "off"), LightIs("floor.exp", value=0.9)))
        assert [failure.found for failure in verdict.failures] == ["on", "60 %"]

    @pytest.mark.parametrize(
        ("wanted", "look", "fits"),
        [
            (LightIs("c", "off"), None, True),
            (LightIs("c", "on"), None, False),
            (LightIs("c", "on"), Feedback("c", 1.0, State.CONFIRMED, "on", "red"), True),
            (LightIs("c", "on", "red"), Feedback("c", 1.0, State.CONFIRMED, "on", "red"), True),
            (LightIs("c", "on", "blue"), Feedback("c", 1.0, State.CONFIRMED, "on", "red"), False),
            (LightIs("c", "blink"), Feedback("c", 1.0, State.CONFIRMED, "on"), False),
            (LightIs("c", value=0.5), Feedback("c", 0.505, State.CONFIRMED), True),
            (LightIs("c", value=0.5), Feedback("c", 0.52, State.CONFIRMED), False),
        ],
    )
    def test_a_look_is_compared(self, wanted: LightIs, look: Feedback | None, fits: bool) -> None:
        """What is not said is not looked at."""
        assert light_is_so(wanted, look) is fits

    def test_a_look_in_words(self) -> None:
        """As a test would write it."""
        assert light_words(Feedback("c", 1.0, State.CONFIRMED, "on", "red")) == "red on"
        assert light_words(Feedback("c", 0.0, State.CONFIRMED, "off", "red")) == "off"
        assert light_words(Feedback("c", 0.5, State.CONFIRMED)) == "50 %"


def test_the_shipped_rig_has_tests_that_pass() -> None:
    """They are what a reader copies from."""
    from controld.config import load_rig
    from controld.trials import verdicts_of

    verdicts = list(verdicts_of(load_rig(Path(__file__).parent.parent / "config")))
    assert verdicts
    assert all(passes(verdict) for verdict in verdicts), [verdict.failures for verdict in verdicts]
