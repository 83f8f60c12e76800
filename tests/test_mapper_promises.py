"""What the mapper promises where things cross: reloads, lost devices, late clocks and lights that change hands."""

from collections.abc import Sequence
from itertools import count

import pytest

from controld.actions import RecallSnapshot, SetBypass
from controld.changes import (
    BypassChanged,
    ParameterChanged,
    PedalboardChanged,
    PresetChanged,
    SnapshotChanged,
    State,
    StateChange,
)
from controld.events import ControlMoved, ControlTurned, ProgramChosen
from controld.mappings.mapper import PENDING_AFTER_S, Mapper
from controld.mappings.profile import Control, Kind, Light, Source, SourceType
from controld.mappings.rule import Condition, Gesture, Rule, Trigger
from controld.mappings.target import (
    BypassTarget,
    ParameterTarget,
    PedalboardTarget,
    PresetTarget,
    SnapshotTarget,
    Target,
    WaitTarget,
)
from controld.values import Duration, Level, Scale

LIGHT = Light(SourceType.CC, 20, dim=1, colors={"red": 5})
CONTROLS = {
    **{f"floor.fs{number}": Control(f"fs{number}", Kind.BUTTON, None, LIGHT) for number in range(1, 4)},
    "floor.exp": Control("exp", Kind.PEDAL, None),
    "floor.wheel": Control("wheel", Kind.ENCODER, None),
    "floor.patch": Control("patch", Kind.PROGRAM, None),
    "tablet.fader": Control("fader", Kind.FADER, Source(SourceType.OSC, address="/fader")),
}
PRESS, RELEASE, HOLD, DOUBLE = Gesture.PRESS, Gesture.RELEASE, Gesture.HOLD, Gesture.DOUBLE
CLEAN, LEAD = Condition(snapshots=("Clean",)), Condition(snapshots=("Lead",))
LINES = count(1)  # each rule has its own place
A, B, C = (SetBypass((name,)) for name in "abc")


def rule(gesture: Gesture, *targets: Target | str, when: Condition | None = None, on: str = "floor.fs1") -> Rule:
    """Return a rule; a text is the bypass of that effect. Holds take 0.5 s, doubles 0.3 s."""
    made = tuple(BypassTarget((target,)) if isinstance(target, str) else target for target in targets)
    time_s = {HOLD: 0.5, DOUBLE: 0.3}.get(gesture, 0.0)
    return Rule(f"stage.yaml:{next(LINES)}", (Trigger(on, gesture, time_s),), made, condition=when)


def move(mapper: Mapper, position: float, at_s: float, on: str = "floor.fs1") -> list[object]:
    """Return what a movement asks for."""
    return [intent.action for intent in mapper.receive(ControlMoved(on, position, at_s))]


def tick(mapper: Mapper, now: float) -> list[object]:
    """Return what time asks for."""
    return [intent.action for intent in mapper.tick(now)[0]]


def told(mapper: Mapper, *changes: StateChange, now: float = 0.0) -> dict[str, str]:
    """Return the styles that facts bring to controls."""
    return {look.control: look.style for look in mapper.receive_changes(changes, now)}


def snapshot(name: str, state: State = State.CONFIRMED) -> SnapshotChanged:
    """Return a fact about the snapshot."""
    return SnapshotChanged(name, ["Clean", "Crunch", "Lead"].index(name) + 1, state)


def bypass(effect: str, *, active: bool, state: State = State.CONFIRMED) -> BypassChanged:
    """Return a fact about an effect's bypass."""
    held = active if state is State.CONFIRMED else not active
    return BypassChanged(effect, not active, not held, state)


def successor(old: Mapper, *rules: Rule, controls: dict[str, Control] = CONTROLS) -> Mapper:
    """Return the mapper of new files, which goes on where the old one was."""
    new = Mapper(rules, controls)
    new.take_over(old)
    return new


class TestOwnership:
    def test_a_second_press_within_the_window_belongs_to_the_first(self) -> None:
        """The double was wanted when the switch went down first, though its condition does not hold any more."""
        mapper = Mapper(
            [rule(PRESS, "a", when=CLEAN), rule(DOUBLE, "b", when=CLEAN), rule(PRESS, "c", when=LEAD)], CONTROLS
        )
        told(mapper, snapshot("Clean"))
        assert move(mapper, 1, 0.0) + move(mapper, 0, 0.05) == []
        told(mapper, snapshot("Lead"))
        assert move(mapper, 1, 0.2) == [B]

    def test_a_second_press_after_the_window_asks_anew(self) -> None:
        """Though nobody looked at the clock in between: first the old press, then the new one by its own rules."""
        mapper = Mapper(
            [rule(PRESS, "a", when=CLEAN), rule(DOUBLE, "b", when=CLEAN), rule(PRESS, "c", when=LEAD)], CONTROLS
        )
        told(mapper, snapshot("Clean"))
        move(mapper, 1, 0.0)
        move(mapper, 0, 0.05)
        told(mapper, snapshot("Lead"))
        assert move(mapper, 1, 0.31) == [A, C]
        assert mapper.next_deadline() is None

    def test_a_press_that_lost_its_rules_is_released_by_them(self) -> None:
        """After a reload the release belongs to the press; the next press to the new rules, here to none."""
        old = Mapper([rule(PRESS, "a"), rule(RELEASE, "b")], CONTROLS)
        assert move(old, 1, 0.0) == [A]
        new = successor(old)
        assert move(new, 0, 0.1) == [B]
        assert move(new, 1, 0.2) + move(new, 0, 0.3) == []

    def test_a_tap_that_waits_is_decided_after_a_reload(self) -> None:
        """Its window ends as it would have, and its release comes with it."""
        old = Mapper([rule(PRESS, "a"), rule(RELEASE, "b"), rule(DOUBLE, "c")], CONTROLS)
        move(old, 1, 0.0)
        move(old, 0, 0.1)
        new = successor(old)
        assert new.next_deadline() == pytest.approx(0.3)
        assert tick(new, 0.3) == [A, B]
        assert new.next_deadline() is None

    def test_a_control_that_is_gone_takes_its_press_with_it(self) -> None:
        """Nothing is left that could be woken up for it."""
        old = Mapper([rule(PRESS, "a"), rule(HOLD, "b")], CONTROLS)
        move(old, 1, 0.0)
        new = successor(old, controls={})
        assert new.next_deadline() is None
        assert tick(new, 1.0) == []

    @pytest.mark.parametrize(
        ("edges", "expected"),
        [
            ([1], []),  # half a press never was
            ([1, 0], [A, B]),  # a finished tap counts, with its release
        ],
    )
    def test_a_device_that_goes_within_a_double_window(self, edges: Sequence[int], expected: list[object]) -> None:
        """What is finished counts, at once or when its time comes; what is not never was."""
        mapper = Mapper([rule(PRESS, "a"), rule(RELEASE, "b"), rule(DOUBLE, "c")], CONTROLS)
        for index, edge in enumerate(edges):
            move(mapper, edge, index * 0.05)
        fired = [intent.action for intent in mapper.release_surface("floor", 0.1)]
        assert fired + tick(mapper, 1.0) == expected
        assert mapper.next_deadline() is None


class TestWaits:
    def test_waits_run_in_the_order_of_their_time(self) -> None:
        """Not in the order in which they began."""
        long = rule(PRESS, WaitTarget(Duration(1.0)), "a")
        short = rule(PRESS, WaitTarget(Duration(0.2)), "b", on="floor.fs2")
        mapper = Mapper([long, short], CONTROLS)
        move(mapper, 1, 0.0)
        move(mapper, 1, 0.1, on="floor.fs2")
        assert tick(mapper, 5.0) == [B, A]
        assert mapper.next_deadline() is None

    def test_waits_go_on_after_a_reload(self) -> None:
        """With their own rule and their own time."""
        old = Mapper([rule(PRESS, "a", WaitTarget(Duration(1.0)), "b")], CONTROLS)
        assert move(old, 1, 0.0) == [A]
        new = successor(old)
        assert new.next_deadline() == pytest.approx(1.0)
        assert tick(new, 0.9) == []
        assert tick(new, 1.0) == [B]

    def test_a_list_that_is_started_again_waits_anew(self) -> None:
        """What was to follow comes once, after the second start."""
        mapper = Mapper([rule(PRESS, WaitTarget(Duration(1.0)), "a")], CONTROLS)
        move(mapper, 1, 0.0)
        move(mapper, 0, 0.1)
        move(mapper, 1, 0.5)
        assert tick(mapper, 1.2) == []
        assert tick(mapper, 1.5) == [A]
        assert mapper.next_deadline() is None

    def test_beats_follow_the_tempo_of_the_board(self) -> None:
        """Two beats at 60 take two seconds."""
        mapper = Mapper([rule(PRESS, WaitTarget(Duration(beats=2)), "a")], CONTROLS)
        told(mapper, PedalboardChanged("Slow", 1, State.CONFIRMED, tempo_bpm=60.0))
        move(mapper, 1, 1.0)
        assert mapper.next_deadline() == pytest.approx(3.0)


class TestLights:
    def test_a_wish_that_is_told_again_does_not_put_off_its_pending_look(self) -> None:
        """The wait counts from the first time, not from the last."""
        mapper = Mapper([rule(PRESS, "a")], CONTROLS)
        asked = bypass("a", active=True, state=State.ASKED)
        assert told(mapper, asked, now=1.0) == told(mapper, asked, now=1.0 + PENDING_AFTER_S / 2) == {}
        assert mapper.next_deadline() == pytest.approx(1.0 + PENDING_AFTER_S)
        _, looks = mapper.tick(1.0 + PENDING_AFTER_S)
        assert [(look.control, look.style) for look in looks] == [("floor.fs1", "dim")]

    def test_a_light_goes_dark_when_no_rule_applies_any_more(self) -> None:
        """It must not tell of the snapshot before."""
        mapper = Mapper([rule(PRESS, "a", when=CLEAN)], CONTROLS)
        told(mapper, bypass("a", active=True))
        assert told(mapper, snapshot("Clean")) == {"floor.fs1": "on"}
        assert told(mapper, snapshot("Lead")) == {"floor.fs1": "off"}

    def test_only_the_asked_one_of_a_family_is_pending(self) -> None:
        """Snapshots, boards and presets alike: the others are off at once, and none of them waits."""
        families: list[tuple[list[Target], StateChange]] = [
            ([SnapshotTarget(name) for name in ("Clean", "Crunch", "Lead")], snapshot("Lead", State.ASKED)),
            ([PedalboardTarget(number) for number in (1, 2, 3)], PedalboardChanged("C", 3, State.ASKED)),
            ([PresetTarget("a", name) for name in ("x", "y", "z")], PresetChanged("a", "z", State.ASKED)),
        ]
        for targets, asked in families:
            rules = [rule(PRESS, target, on=f"floor.fs{number}") for number, target in enumerate(targets, start=1)]
            mapper = Mapper(rules, CONTROLS)
            assert told(mapper, asked) == {"floor.fs1": "off", "floor.fs2": "off"}
            _, looks = mapper.tick(1.0)
            assert [(look.control, look.style, look.state) for look in looks] == [("floor.fs3", "dim", State.ASKED)]

    @pytest.mark.parametrize("same_name", [True, False])
    def test_another_board_has_nothing_of_the_one_before(self, same_name: bool) -> None:
        """Bypass, preset and parameters of its effects are not known any more, and their lights are dark."""
        rules = [
            rule(PRESS, "a"),
            rule(PRESS, PresetTarget("a", "x"), on="floor.fs2"),
            rule(Gesture.MOVE, ParameterTarget("a", "gain"), on="tablet.fader"),
        ]
        mapper = Mapper(rules, CONTROLS)
        parameter = ParameterChanged("a", "gain", 0.7, 0.7, State.CONFIRMED, Scale())
        facts: list[StateChange] = [bypass("a", active=True), PresetChanged("a", "x", State.CONFIRMED), parameter]
        told(mapper, PedalboardChanged("One", 1, State.CONFIRMED, ("a",)), *facts)
        assert [look.value for look in mapper.full_feedback("floor")] == [1.0, 1.0, 0.0]
        looks = told(mapper, PedalboardChanged("Two", 2, State.ASKED, ("a",) if same_name else ("b",)))
        assert looks == {"floor.fs1": "off", "floor.fs2": "off", "tablet.fader": "off"}
        view = mapper.view
        assert (view.bypasses, view.presets, view.parameters) == ({}, {}, {})

    def test_the_same_board_told_again_keeps_what_is_known(self) -> None:
        """A change of its state is no other board; an effect it lost is forgotten with all it had."""
        mapper = Mapper([], CONTROLS)
        facts: list[StateChange] = [
            each
            for effect in ("a", "b")
            for each in (
                bypass(effect, active=True),
                PresetChanged(effect, "x", State.CONFIRMED),
                ParameterChanged(effect, "gain", 0.7, 0.7, State.CONFIRMED, Scale()),
            )
        ]
        told(mapper, PedalboardChanged("One", 1, State.ASKED, ("a", "b")), *facts)
        told(mapper, PedalboardChanged("One", 1, State.CONFIRMED, ("a", "b")))
        assert set(mapper.view.bypasses) == set(mapper.view.presets) == {"a", "b"}
        told(mapper, PedalboardChanged("One", 1, State.CONFIRMED, ("b",)))
        assert set(mapper.view.bypasses) == set(mapper.view.presets) == {"b"}
        assert set(mapper.view.parameters) == {("b", "gain")}

    @pytest.mark.parametrize(
        ("target", "fact", "lit"),
        [
            (ParameterTarget("a", "gain", to=Level(0.7)), 0.7, True),
            (ParameterTarget("a", "gain", to=Level(70, "%")), 0.7, True),
            (ParameterTarget("a", "gain", to=Level(0.7)), 0.71, False),
            (ParameterTarget("a", "gain", toggle=(Level(0.2), Level(0.8))), 0.2, False),
            (ParameterTarget("a", "gain", toggle=(Level(0.2), Level(0.8))), 0.5, False),
            (ParameterTarget("a", "gain", toggle=(Level(0.2), Level(0.8))), 0.51, True),
        ],
    )
    def test_a_switch_on_a_parameter_is_lit_where_it_put_it(self, target: Target, fact: float, lit: bool) -> None:
        """At the level it sets, or nearer to the second of two."""
        mapper = Mapper([rule(PRESS, target)], CONTROLS)
        looks = told(mapper, ParameterChanged("a", "gain", fact, fact, State.CONFIRMED, Scale()))
        assert looks == {"floor.fs1": "on" if lit else "off"}


class TestEvents:
    def test_every_rule_of_a_control_acts_in_the_order_of_the_rules(self) -> None:
        """On pedals, encoders and programs as on switches, where its condition holds."""
        rules = [
            rule(Gesture.MOVE, BypassTarget(("a",), "control"), on="floor.exp"),
            rule(Gesture.MOVE, ParameterTarget("a", "gain"), when=LEAD, on="floor.wheel"),
            rule(Gesture.CHANGE, SnapshotTarget(3), on="floor.patch"),
            rule(Gesture.CHANGE, SnapshotTarget("Clean"), on="floor.patch"),
        ]
        mapper = Mapper(rules, CONTROLS)
        assert move(mapper, 0.5, 0.0, on="floor.exp") == [SetBypass(("a",), bypassed=False)]
        assert move(mapper, 0.49, 0.0, on="floor.exp") == [SetBypass(("a",), bypassed=True)]
        assert mapper.receive(ControlTurned("floor.wheel", 1, 0.0)) == []
        told(mapper, snapshot("Lead"))
        assert len(mapper.receive(ControlTurned("floor.wheel", 1, 0.0))) == 1
        chosen = [intent.action for intent in mapper.receive(ProgramChosen("floor.patch", 9, 0.0))]
        assert chosen == [RecallSnapshot(3), RecallSnapshot("Clean")]
