"""Rules in plain words, and what is told of one control."""

from typing import get_args

import pytest

from controld.actions import Seek, SendMidi, SendOsc
from controld.changes import SnapshotChanged, State
from controld.mappings import words
from controld.mappings.explain import explain
from controld.mappings.lint_values import Grounds
from controld.mappings.profile import Control, Kind, Light, Source, SourceType
from controld.mappings.rule import Comparison, Condition, Gesture, Look, Rule, Trigger
from controld.mappings.shaping import Shaping
from controld.mappings.target import (
    BankTarget,
    BypassTarget,
    Command,
    CommandTarget,
    MorphTarget,
    PageTarget,
    ParameterTarget,
    PedalboardTarget,
    PresetTarget,
    SendTarget,
    ShowTarget,
    SnapshotTarget,
    SwitchTarget,
    Target,
    TempoTarget,
    VariableTarget,
    WaitTarget,
)
from controld.mappings.view import View
from controld.values import Duration, Level

DB = Level(3.0, "dB")
EXAMPLES: list[tuple[Target, str]] = [
    (BypassTarget(("drive", "wah")), "toggle drive and wah"),
    (BypassTarget(("drive",), "active", returns=True), "drive active, until released"),
    (BypassTarget(("drive",), "control"), "drive active from half way up"),
    (ParameterTarget("drive", "gain"), "drive/gain follows"),
    (ParameterTarget("drive", "gain", Shaping(Level(20, "%"), Level(80, "%"))), "drive/gain follows from 20 % to 80 %"),
    (ParameterTarget("drive", "gain", to=DB, over=Duration(beats=2)), "drive/gain to 3 dB in 2 beats"),
    (ParameterTarget("drive", "gain", by=DB), "drive/gain by +3 dB"),
    (ParameterTarget("drive", "gain", toggle=(DB, Level(0.0))), "drive/gain between 3 dB and 0"),
    (ParameterTarget("drive", "gain", cycle=(DB, Level(0.0))), "drive/gain through 3 dB, 0"),
    (PresetTarget("drive", Seek.NEXT), "preset next of drive"),
    (SnapshotTarget(2), "snapshot number 2"),
    (SnapshotTarget(Seek.CURRENT, save=True), "save snapshot current"),
    (MorphTarget(((0.0, "Clean"), (1.0, "Lead"))), "morph 0% Clean, 100% Lead"),
    (PedalboardTarget("Stage"), "pedalboard Stage"),
    (BankTarget(Seek.PREVIOUS), "bank previous"),
    (PageTarget("solo", hold=True), "page solo, until released"),
    (TempoTarget(tap=True), "tap the tempo"),
    (TempoTarget(by=-1.0), "tempo by -1"),
    (TempoTarget(bpm=120.0), "tempo 120"),
    (SwitchTarget("mute"), "mute toggle"),
    (VariableTarget("solo", to=True), "solo = true"),
    (VariableTarget("solo", toggle=True), "toggle solo"),
    (VariableTarget("n", cycle=(1.0, 2.5)), "n through 1, 2.5"),
    (VariableTarget("n", by=1.0), "n by +1"),
    (ShowTarget("floor.screen", "hi", Duration(2.0)), "show `hi` on floor.screen for 2 s"),
    (SendTarget(SendMidi("synth", b"\xc0\x05")), "send C0 05 to synth"),
    (SendTarget(SendOsc("tablet", "/page/2")), "send /page/2 to tablet"),
    (CommandTarget(Command.UNDO), "undo"),
    (CommandTarget(Command.RESYNC, "floor"), "resync floor"),
    (WaitTarget(Duration(0.05)), "wait 50 ms"),
]


@pytest.mark.parametrize(("target", "said"), EXAMPLES, ids=lambda each: each if isinstance(each, str) else "")
def test_a_target_in_words(target: Target, said: str) -> None:
    """As a player would say it."""
    assert words.target_words(target) == said


def test_every_target_has_words() -> None:
    """None of the vocabulary is forgotten, here or in the examples."""
    kinds = set(get_args(Target))
    assert set(words._WORDS) == kinds
    assert {type(target) for target, _ in EXAMPLES} == kinds


@pytest.mark.parametrize(
    ("trigger", "said"),
    [
        (Trigger("floor.fs1", Gesture.PRESS), "press"),
        (Trigger("floor.fs1", Gesture.HOLD, 0.7), "hold 700 ms"),
        (Trigger("floor.fs1", Gesture.REPEAT, 1.5, every_s=0.1), "repeat 1.5 s, 100 ms"),
        (Trigger("floor.exp1", Gesture.TOE, at=0.9), "toe 90%"),
        (Trigger("floor.patch", Gesture.CHANGE, program=5), "program 5"),
        (Trigger("floor.patch", Gesture.CHANGE), "any program"),
        (Trigger("event:page-entered", Gesture.EVENT, subject="solo"), "page-entered solo"),
        (Trigger("a.x+a.y", Gesture.PRESS, chord=("a.x", "a.y")), "with a.x and a.y press"),
    ],
)
def test_a_trigger_in_words(trigger: Trigger, said: str) -> None:
    """Without the control, but for the partners of a chord."""
    assert words.trigger_words(trigger) == said


def test_a_condition_in_words() -> None:
    """Everything it can ask for."""
    condition = Condition(
        snapshots=("Lead", "Chorus"),
        effects=(("drive", True), ("wah", False)),
        any_of=(Condition(pages=("a",)), Condition(banks=("b",))),
        none_of=(Condition(pedalboards=("P",)),),
        parameters=(Comparison("drive", "gain", ">", DB), Comparison("drive", "gain", "..", DB, Level(6.0, "dB"))),
        variables=(("solo", True),),
        controls=(("floor.fs2", True),),
    )
    assert words.condition_words(condition) == (
        "snapshot Lead or Chorus and drive active and wah bypassed and drive/gain > 3 dB and drive/gain from 3 dB to "
        "6 dB and solo = true and floor.fs2 pressed and (page a or bank b) and not pedalboard P"
    )
    assert words.condition_words(Condition()) == "always"


class TestExplain:
    """One control."""

    SWITCH = Control("fs1", Kind.BUTTON, Source(SourceType.CC, 20, 1), Light(SourceType.CC, 20))
    WIDGET = Control("level", Kind.FADER, Source(SourceType.OSC, address="/level", argument=2))
    ASKS = Condition(snapshots=("Lead",))
    RULES = (
        Rule(
            "s:1",
            (Trigger("f.fs1", Gesture.HOLD, 0.5),),
            (SnapshotTarget("Lead"),),
            name="solo",
            look=Look(shown=False),
        ),
        Rule("s:2", (Trigger("f.fs1", Gesture.PRESS),), (BypassTarget(("drive",)),), look=Look(color="red")),
        Rule("s:3", (Trigger("f.fs1", Gesture.PRESS),), (PageTarget("a"),), page="solo", condition=ASKS),
    )
    GROUNDS = Grounds(RULES, {"f.fs1": SWITCH, "t.level": WIDGET}, ("a", "solo"), "a")

    def test_each_page_has_its_lines(self) -> None:
        """Gestures in their natural order, each with its place."""
        told = explain("f.fs1", self.GROUNDS)
        assert told.device == "button, CC 20 on channel 1"
        assert [(page, [(line.gesture, line.place) for line in lines]) for page, lines in told.pages] == [
            ("", [("press", "s:2"), ("hold 500 ms", "s:1")]),
            ("solo", [("press", "s:3")]),
        ]

    def test_the_light_and_the_delay_are_told(self) -> None:
        """With the rules they come from, on the page that is active."""
        told = explain("f.fs1", self.GROUNDS, page="a")
        assert told.light == "follows drive, color red (s:2: toggle drive)"
        assert told.remarks == ("a press acts when it comes up, within 500 ms: longer is a hold (s:1)",)
        assert explain("f.fs1", self.GROUNDS, page="solo").light.startswith("follows page")

    def test_conditions_are_judged_by_the_view(self) -> None:
        """Without one they are only told."""
        view = View()
        line = explain("f.fs1", self.GROUNDS, view).pages[1][1][0]
        assert (line.condition, line.holds) == ("snapshot Lead", False)
        view.receive(SnapshotChanged("Lead", 1, State.CONFIRMED))
        assert explain("f.fs1", self.GROUNDS, view).pages[1][1][0].holds is True
        assert explain("f.fs1", self.GROUNDS).pages[1][1][0].holds is None

    def test_a_display_is_told_who_shows_on_it(self) -> None:
        """With the control or the event that does it."""
        screen = Control("screen", Kind.DISPLAY, None)
        shows = (ShowTarget("f.screen", "hi"),)
        rules = (
            Rule("s:1", (Trigger("f.fs1", Gesture.HOLD, 0.5),), shows),
            Rule("s:2", (Trigger("event:tempo-changed", Gesture.EVENT),), shows),
        )
        told = explain("f.screen", Grounds(rules, {"f.screen": screen, "f.fs1": self.SWITCH}))
        assert [line.gesture for line in told.pages[0][1]] == ["f.fs1 hold 500 ms", "tempo-changed"]

    def test_a_widget_without_rules(self) -> None:
        """It is said that it does nothing."""
        told = explain("t.level", self.GROUNDS)
        assert told.device == "fader, /level, argument 2"
        assert told.light == "dark: no rule gives it something to show"
