"""What lint says, and what it must not say."""

from dataclasses import replace

import pytest

from controld.actions import Seek, SendMidi
from controld.mappings.lint import Finding, Grounds, lint
from controld.mappings.profile import Control, Kind, Light, SourceType
from controld.mappings.rule import Condition, Gesture, Look, Rule, Trigger
from controld.mappings.target import (
    BypassTarget,
    PageTarget,
    ParameterTarget,
    SendTarget,
    SnapshotTarget,
    Target,
    VariableTarget,
    WaitTarget,
)
from controld.values import Duration, Level

CONTROLS = {
    f"floor.fs{number}": Control(f"fs{number}", Kind.BUTTON, None, Light(SourceType.CC, number)) for number in range(4)
}


def rule(line: int, control: str, *targets: Target, gesture: Gesture = Gesture.PRESS, page: str = "") -> Rule:
    """Return a rule of a file, without more."""
    time_s = {Gesture.HOLD: 0.5, Gesture.DOUBLE: 0.3}.get(gesture, 0.0)
    return Rule(f"stage.yaml:{line}", (Trigger(f"floor.{control}", gesture, time_s),), targets, page=page)


def found(*rules: Rule, pages: tuple[str, ...] = (), start: str = "", **more: frozenset[str]) -> list[Finding]:
    """Return what lint says of rules, but for controls that are not used."""
    grounds = Grounds(rules, CONTROLS, pages, start, **more)  # type: ignore[arg-type]
    return [finding for finding in lint(grounds) if finding.kind != "unused"]


def kinds(*rules: Rule, pages: tuple[str, ...] = (), start: str = "", **more: frozenset[str]) -> list[str]:
    """Return the kinds of what lint says."""
    return [finding.kind for finding in found(*rules, pages=pages, start=start, **more)]


DRIVE = BypassTarget(("drive",))


class TestDelays:
    """A plain press is told what holds it up."""

    def test_a_press_alone_waits_for_nothing(self) -> None:
        """Nor does a hold alone delay anybody."""
        assert not found(rule(1, "fs1", DRIVE))
        assert not found(rule(1, "fs1", DRIVE, gesture=Gesture.HOLD))

    @pytest.mark.parametrize(("gesture", "words"), [(Gesture.HOLD, "within 500 ms"), (Gesture.DOUBLE, "waits 300 ms")])
    def test_a_rival_is_named_with_its_time(self, gesture: Gesture, words: str) -> None:
        """The rule that causes the delay is the place of the finding."""
        (finding,) = found(rule(1, "fs1", DRIVE), rule(7, "fs1", SnapshotTarget("Lead"), gesture=gesture))
        assert (finding.kind, finding.level, finding.place) == ("delay", "note", "stage.yaml:7")
        assert words in finding.message

    def test_two_rivals_are_both_named(self) -> None:
        """A tap waits for the double, a longer press for the hold."""
        rivals = (rule(7, "fs1", DRIVE, gesture=Gesture.HOLD), rule(8, "fs1", DRIVE, gesture=Gesture.DOUBLE))
        places = [each.place for each in found(rule(1, "fs1", SnapshotTarget(1)), *rivals) if each.kind == "delay"]
        assert places == ["stage.yaml:7", "stage.yaml:8"]

    def test_both_members_of_a_chord_wait(self) -> None:
        """Each for the other, up to the window."""
        chord = Trigger("floor.fs1+floor.fs2", Gesture.PRESS, chord=("floor.fs1", "floor.fs2"), within_s=0.05)
        pair = Rule("stage.yaml:9", (chord,), (SnapshotTarget("Lead"),))
        messages = [each.message for each in found(rule(1, "fs1", DRIVE), rule(2, "fs2", BypassTarget(("wah",))), pair)]
        assert messages == [
            "a press of floor.fs1 waits up to 50 ms for floor.fs2",
            "a press of floor.fs2 waits up to 50 ms for floor.fs1",
        ]

    def test_a_rival_on_another_page_is_no_rival(self) -> None:
        """Only the page where both count has the delay."""
        rules = (
            rule(1, "fs1", DRIVE),
            rule(2, "fs1", SnapshotTarget("Lead"), gesture=Gesture.HOLD, page="solo"),
            rule(3, "fs2", PageTarget("solo", hold=True)),
        )
        (finding,) = found(*rules, pages=("main", "solo"), start="main")
        assert "on page solo" in finding.message


class TestFights:
    """Two rules of one gesture."""

    def test_two_toggles_of_one_effect_undo_each_other(self) -> None:
        """The second is the place, the first is named."""
        (finding,) = found(rule(1, "fs1", DRIVE), rule(5, "fs1", BypassTarget(("drive", "wah"))))
        assert (finding.kind, finding.level, finding.place) == ("fight", "warning", "stage.yaml:5")
        assert "stage.yaml:1" in finding.message
        assert "bypass drive" in finding.message

    def test_different_things_do_not_fight(self) -> None:
        """Nor do other gestures, other conditions, other pages."""
        assert not kinds(rule(1, "fs1", DRIVE), rule(2, "fs1", SnapshotTarget("Lead")))
        solo = replace(rule(2, "fs1", DRIVE), condition=Condition(snapshots=("Lead",)))
        assert not kinds(rule(1, "fs1", DRIVE), solo)
        assert "fight" not in kinds(rule(1, "fs1", DRIVE), rule(2, "fs1", DRIVE, gesture=Gesture.HOLD))


class TestPages:
    """Ways in, ways out."""

    def test_a_page_nothing_leads_to(self) -> None:
        """It is told with the first of its rules."""
        findings = found(rule(4, "fs1", DRIVE, page="solo"), pages=("main", "solo"), start="main")
        assert [(each.kind, each.place) for each in findings] == [("unreachable", "stage.yaml:4")]

    def test_a_page_nothing_leads_away_from(self) -> None:
        """Unless one is there only while a switch is held."""
        enter, leave = rule(1, "fs1", PageTarget("solo")), rule(2, "fs2", PageTarget(Seek.BACK))
        pages = ("main", "solo")
        own = rule(3, "fs1", DRIVE, page="solo")
        assert kinds(enter, own, pages=pages, start="main") == ["trap"]
        assert not kinds(enter, own, leave, pages=pages, start="main")
        assert not kinds(rule(1, "fs1", PageTarget("solo", hold=True)), own, pages=pages, start="main")

    def test_next_leads_round(self) -> None:
        """Every page is reached by a `next` that counts on each."""
        rules = [rule(1, "fs3", PageTarget(Seek.NEXT))]
        assert not kinds(*rules, pages=("a", "b", "c"), start="a")

    def test_a_rule_that_every_page_hides(self) -> None:
        """With a page active from the start it never counts."""
        rules = (
            rule(1, "fs1", DRIVE),
            rule(2, "fs1", SnapshotTarget(1), page="a"),
            rule(3, "fs1", SnapshotTarget(2), page="b"),
            rule(4, "fs2", PageTarget(Seek.NEXT)),
        )
        findings = found(*rules, pages=("a", "b"), start="a")
        assert [(each.kind, each.place) for each in findings] == [("shadowed", "stage.yaml:1")]
        assert "shadowed" not in kinds(*rules, pages=("a", "b"))


class TestNames:
    """Effects, variables, notes, colours."""

    def test_an_effect_no_pedalboard_has(self) -> None:
        """A role counts where some pedalboard has it; nothing is known where no effect is."""
        assert kinds(rule(1, "fs1", DRIVE), effects=frozenset({"wah"})) == ["absent"]
        assert not kinds(rule(1, "fs1", DRIVE), effects=frozenset({"drive"}))
        assert not kinds(rule(1, "fs1", DRIVE))
        role = rule(1, "fs1", BypassTarget(("role:dirt",)))
        assert kinds(role, effects=frozenset({"wah"})) == ["absent"]
        assert not kinds(role, effects=frozenset({"wah"}), roles=frozenset({"dirt"}))

    def test_a_condition_that_cannot_hold(self) -> None:
        """Both states of an effect, another page, what is excluded as well."""
        both = Condition(effects=(("drive", True), ("drive", False)))
        elsewhere = Condition(pages=("main",))
        against = Condition(snapshots=("Lead",), none_of=(Condition(snapshots=("Lead",)),))
        assert kinds(replace(rule(1, "fs1", DRIVE), condition=both)) == ["impossible"]
        assert kinds(replace(rule(1, "fs1", DRIVE, page="solo"), condition=elsewhere)) == ["impossible"]
        assert kinds(replace(rule(1, "fs1", DRIVE), condition=against)) == ["impossible"]
        fine = Condition(snapshots=("Lead",), none_of=(Condition(snapshots=("Clean",)),))
        assert not kinds(replace(rule(1, "fs1", DRIVE), condition=fine))

    def test_a_variable_that_is_never_set(self) -> None:
        """Also where it is asked for inside `any`."""
        asks = replace(rule(1, "fs1", DRIVE), condition=Condition(any_of=(Condition(variables=(("solo", True),)),)))
        assert kinds(asks) == ["variable"]
        assert not kinds(asks, rule(2, "fs2", VariableTarget("solo", toggle=True)))

    def test_a_note_that_never_ends(self) -> None:
        """Unless the press ends it, or another rule does."""
        note = SendMidi("synth", bytes((0x90, 60, 100)))
        begin = rule(1, "fs1", SendTarget(note))
        end = rule(2, "fs1", SendTarget(SendMidi("synth", bytes((0x90, 60, 0)))), gesture=Gesture.RELEASE)
        assert kinds(begin) == ["endless"]
        assert not kinds(begin, end)
        assert not kinds(rule(1, "fs1", SendTarget(note, SendMidi("synth", bytes((0x80, 60, 0))))))

    def test_a_list_that_ends_by_waiting(self) -> None:
        """Nothing follows."""
        assert kinds(rule(1, "fs1", DRIVE, WaitTarget(Duration(1.0)))) == ["wait"]

    def test_a_colour_the_light_has_not(self) -> None:
        """It is a note, not a warning."""
        painted = replace(rule(1, "fs1", DRIVE), look=Look(color="red"))
        assert [(each.kind, each.level) for each in found(painted)] == [("colour", "note")]

    def test_controls_no_rule_uses(self) -> None:
        """All of a surface in one line."""
        (finding,) = lint(Grounds((rule(1, "fs1", ParameterTarget("drive", "gain", to=Level(1.0))),), CONTROLS))
        assert finding.message == "floor: no rule uses fs0, fs2, fs3"
        desk = {f"desk.b{number}": CONTROLS["floor.fs1"] for number in range(100)}
        (finding,) = lint(Grounds((), desk))
        assert finding.message.endswith("b10, b11 and 88 more")


def test_warnings_come_first_then_the_files_order() -> None:
    """Lines are compared as numbers."""
    rules = (rule(10, "fs1", DRIVE), rule(9, "fs1", DRIVE), rule(100, "fs1", SnapshotTarget(1), gesture=Gesture.HOLD))
    places = [(each.level, each.place) for each in found(*rules, rule(20, "fs2", DRIVE, WaitTarget(Duration(1.0))))]
    assert places == [("warning", "stage.yaml:9"), ("warning", "stage.yaml:20"), ("note", "stage.yaml:100")]
