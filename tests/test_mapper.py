"""The mapper as tables: what was played, what is wanted of the session, and how the lights look."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.actions import (
    DriveParameter,
    LoadPedalboard,
    RecallSnapshot,
    Seek,
    SendOsc,
    SetBypass,
    StepParameter,
)
from controld.changes import BypassChanged, ParameterChanged, PedalboardChanged, SnapshotChanged, State
from controld.events import ControlMoved, ControlTurned, ProgramChosen
from controld.feedback import Feedback
from controld.mappings.gesture import Fired, Switch, Wants
from controld.mappings.mapper import PENDING_AFTER_S, Mapper
from controld.mappings.profile import Control, Kind, Light, Source, SourceType
from controld.mappings.rule import Condition, Gesture, Look, Rule, Trigger
from controld.mappings.shaping import Shaping
from controld.mappings.target import (
    BypassTarget,
    ParameterTarget,
    PedalboardTarget,
    SendTarget,
    SnapshotTarget,
    Target,
    WaitTarget,
)
from controld.values import CURVES, Duration, Level, Scale

LIGHT = Light(SourceType.CC, 20, dim=1, colors={"red": 5, "green": 20})
CONTROLS = {
    "floor.fs1": Control("fs1", Kind.BUTTON, None, LIGHT),
    "floor.fs2": Control("fs2", Kind.BUTTON, None, LIGHT),
    "floor.latch": Control("latch", Kind.LATCH, None),
    "floor.exp1": Control("exp1", Kind.PEDAL, None, Light(SourceType.CC, 7, continuous=True)),
    "tablet.level": Control("level", Kind.FADER, Source(SourceType.OSC, address="/level")),
    "floor.wheel": Control("wheel", Kind.ENCODER, None),
    "floor.patch": Control("patch", Kind.PROGRAM, None),
}
PRESS, RELEASE, HOLD, DOUBLE = Gesture.PRESS, Gesture.RELEASE, Gesture.HOLD, Gesture.DOUBLE


def rule(
    control: str,
    gesture: Gesture,
    *targets: Target,
    time_s: float = 0.0,
    program: int | None = None,
    condition: Condition | None = None,
    look: Look | None = None,
) -> Rule:
    """Return a rule with one trigger; its place is made of control and gesture."""
    trigger = Trigger(control, gesture, time_s, program)
    place = f"stage.yaml:{control}:{gesture.value}:{len(targets)}:{time_s}"
    return Rule(place, (trigger,), targets, condition=condition, look=look or Look())


def play(mapper: Mapper, steps: Sequence[tuple[float, str, float]]) -> list[tuple[float, object]]:
    """Play (seconds, control, position); return (seconds, action) for all that fired, deadlines included."""
    done: list[tuple[float, object]] = []
    for at_s, control, position in [*steps, (99.0, "", 0.0)]:
        while (deadline := mapper.next_deadline()) is not None and deadline <= at_s:
            intents, _ = mapper.tick(deadline)
            done += [(deadline, intent.action) for intent in intents]
        if control:
            done += [(at_s, intent.action) for intent in mapper.receive(ControlMoved(control, position, at_s))]
    return done


A, B, C, D = (SetBypass((name,)) for name in "abcd")
PRESS_RULE = rule("floor.fs1", PRESS, BypassTarget(("a",)))
HOLD_RULE = rule("floor.fs1", HOLD, BypassTarget(("b",)), time_s=0.5)
DOUBLE_RULE = rule("floor.fs1", DOUBLE, BypassTarget(("c",)), time_s=0.3)
RELEASE_RULE = rule("floor.fs1", RELEASE, BypassTarget(("d",)))


class TestGestures:
    @pytest.mark.parametrize(
        ("rules", "edges", "expected"),
        [
            # alone, a press fires at once, and its release with it
            ([PRESS_RULE], [(1.0, 1), (1.2, 0)], [(1.0, A)]),
            ([PRESS_RULE, RELEASE_RULE], [(1.0, 1), (1.2, 0)], [(1.0, A), (1.2, D)]),
            # with a hold, the press waits for the release, the hold for its threshold and nothing longer
            ([PRESS_RULE, HOLD_RULE], [(1.0, 1), (1.2, 0)], [(1.2, A)]),
            ([PRESS_RULE, HOLD_RULE], [(1.0, 1), (2.0, 0)], [(1.5, B)]),
            ([PRESS_RULE, HOLD_RULE, RELEASE_RULE], [(1.0, 1), (2.0, 0)], [(1.5, B)]),
            ([PRESS_RULE, HOLD_RULE, RELEASE_RULE], [(1.0, 1), (1.2, 0)], [(1.2, A), (1.2, D)]),
            # with a double, the press waits for its window, whether held or not
            ([PRESS_RULE, DOUBLE_RULE], [(1.0, 1), (1.1, 0)], [(1.3, A)]),
            ([PRESS_RULE, DOUBLE_RULE], [(1.0, 1), (2.0, 0)], [(1.3, A)]),
            ([PRESS_RULE, DOUBLE_RULE], [(1.0, 1), (1.1, 0), (1.2, 1), (1.25, 0)], [(1.2, C)]),
            ([PRESS_RULE, DOUBLE_RULE], [(1.0, 1), (1.1, 0), (1.4, 1), (1.5, 0)], [(1.3, A), (1.7, A)]),
            # with both, the shortest wait that can decide
            ([PRESS_RULE, HOLD_RULE, DOUBLE_RULE], [(1.0, 1), (1.1, 0)], [(1.3, A)]),
            ([PRESS_RULE, HOLD_RULE, DOUBLE_RULE], [(1.0, 1), (1.4, 0)], [(1.4, A)]),
            ([PRESS_RULE, HOLD_RULE, DOUBLE_RULE], [(1.0, 1), (1.6, 0)], [(1.5, B)]),
            ([PRESS_RULE, HOLD_RULE, DOUBLE_RULE], [(1.0, 1), (1.1, 0), (1.2, 1), (2.2, 0)], [(1.2, C)]),
            # a device that sends no release still presses every time
            ([PRESS_RULE], [(1.0, 1), (1.5, 1), (2.0, 1)], [(1.0, A), (1.5, A), (2.0, A)]),
        ],
    )
    def test_the_timing_contract(
        self, rules: list[Rule], edges: list[tuple[float, int]], expected: list[tuple[float, object]]
    ) -> None:
        """Each row: the rules of one switch, its edges, and what fires when."""
        mapper = Mapper(rules, CONTROLS)
        played = play(mapper, [(at_s, "floor.fs1", float(position)) for at_s, position in edges])
        assert [(round(at_s, 9), action) for at_s, action in played] == expected
        assert mapper.next_deadline() is None

    def test_both_edges_of_a_latch_are_presses(self) -> None:
        """The device toggles by itself; what it says it stands at means nothing."""
        mapper = Mapper([rule("floor.latch", PRESS, BypassTarget(("a",)))], CONTROLS)
        assert play(mapper, [(1.0, "floor.latch", 1.0), (2.0, "floor.latch", 0.0)]) == [(1.0, A), (2.0, A)]

    def test_a_press_belongs_to_the_rule_that_took_it(self) -> None:
        """A release goes to the rules of its press, though the snapshot changed and with it the rules that apply."""
        clean = Condition(snapshots=("Clean",))
        lead = Condition(snapshots=("Lead",))
        rules = [
            rule("floor.fs1", RELEASE, BypassTarget(("a",)), condition=clean),
            rule("floor.fs1", RELEASE, BypassTarget(("b",)), condition=lead),
        ]
        mapper = Mapper(rules, CONTROLS)
        mapper.receive_changes([SnapshotChanged("Clean", 1, State.CONFIRMED)], 0.0)
        assert mapper.receive(ControlMoved("floor.fs1", 1.0, 1.0)) == []
        mapper.receive_changes([SnapshotChanged("Lead", 2, State.CONFIRMED)], 1.1)
        assert [intent.action for intent in mapper.receive(ControlMoved("floor.fs1", 0.0, 1.2))] == [A]

    def test_a_lost_device_releases_what_it_held(self) -> None:
        """A switch that was down when the cable went is released; an undecided press never was."""
        mapper = Mapper([RELEASE_RULE, rule("floor.fs2", HOLD, BypassTarget(("b",)), time_s=0.5)], CONTROLS)
        mapper.receive(ControlMoved("floor.fs1", 1.0, 1.0))
        mapper.receive(ControlMoved("floor.fs2", 1.0, 1.0))
        assert [intent.action for intent in mapper.release_surface("floor", 1.1)] == [D]
        assert mapper.next_deadline() is None
        assert mapper.release_surface("floor", 1.2) == []

    def test_a_tablet_that_leaves_releases_only_its_own(self) -> None:
        """Two clients of one surface: what the other holds stays held."""
        mapper = Mapper([rule("floor.fs1", RELEASE, BypassTarget(("a",)))], CONTROLS)
        mapper.receive(ControlMoved("floor.fs1", 1.0, 1.0, "host:1"))
        assert mapper.release_surface("floor", 1.1, "host:2") == []
        assert [intent.action for intent in mapper.release_surface("floor", 1.2, "host:1")] == [A]

    def test_a_hold_survives_a_reload(self) -> None:
        """A new configuration takes over what is held, and the held press keeps its rule."""
        old = Mapper([PRESS_RULE, HOLD_RULE], CONTROLS)
        old.receive(ControlMoved("floor.fs1", 1.0, 1.0))
        new = Mapper([rule("floor.fs1", PRESS, BypassTarget(("x",)))], CONTROLS)
        new.take_over(old)
        assert play(new, [(2.0, "floor.fs1", 0.0), (3.0, "floor.fs1", 1.0)]) == [(1.5, B), (3.0, SetBypass(("x",)))]

    @given(st.lists(st.tuples(st.floats(0.001, 1.0), st.booleans()), max_size=30), st.booleans(), st.booleans())
    def test_a_press_is_exactly_one_of_press_hold_and_double(
        self, edges: list[tuple[float, bool]], hold: bool, double: bool
    ) -> None:
        """Whatever is played, every press that went down becomes one thing, and releases never exceed presses."""
        switch, now = Switch(), 0.0
        wants = Wants((0.5,) if hold else (), 0.3 if double else None)
        fired: list[Fired] = []
        downs, is_down = 0, False
        for gap, down in edges:
            now += gap
            if down is not is_down:
                downs += down
                fired += switch.down(now, wants) if down else switch.up(now)
                is_down = down
        fired += switch.up(now + 10.0) if is_down else switch.expire(now + 10.0)
        counts = {gesture: sum(each.gesture is gesture for each in fired) for gesture in Gesture}
        assert counts[PRESS] + counts[HOLD] + 2 * counts[DOUBLE] == downs
        assert counts[RELEASE] == counts[PRESS]
        assert not switch.expire(now + 20.0)
        assert switch.deadline() is None


class TestActions:
    def test_a_pedal_drives_shaped(self) -> None:
        """Range, curve and steps shape the position; the session makes a value of it."""
        shaping = Shaping(Level(20, "%"), Level(80, "%"), CURVES["exponential"])
        mapper = Mapper([rule("floor.exp1", Gesture.MOVE, ParameterTarget("drive", "gain", shaping))], CONTROLS)
        expected = DriveParameter("drive", "gain", 0.25, Level(20, "%"), Level(80, "%"))
        assert [i.action for i in mapper.receive(ControlMoved("floor.exp1", 0.5, 1.0))] == [expected]

    def test_steps_snap_the_position(self) -> None:
        """Five steps are five positions, the ends included."""
        target = ParameterTarget("drive", "gain", Shaping(steps=5))
        mapper = Mapper([rule("floor.exp1", Gesture.MOVE, target)], CONTROLS)
        positions = [
            intent.action.position
            for raw in range(128)
            for intent in mapper.receive(ControlMoved("floor.exp1", raw / 127, 1.0))
            if isinstance(intent.action, DriveParameter)
        ]
        assert sorted(set(positions)) == [0.0, 0.25, 0.5, 0.75, 1.0]

    def test_an_encoder_steps(self) -> None:
        """Detents become steps of one hundredth of the scale, or of what the rule says."""
        mapper = Mapper(
            [rule("floor.wheel", Gesture.MOVE, ParameterTarget("drive", "gain", by=Level(3, "dB")))], CONTROLS
        )
        intents = mapper.receive(ControlTurned("floor.wheel", -2, 1.0))
        assert [i.action for i in intents] == [StepParameter("drive", "gain", Level(3, "dB"), -2, continuous=True)]

    def test_programs_choose(self) -> None:
        """A rule for one program takes no other."""
        mapper = Mapper([rule("floor.patch", Gesture.CHANGE, PedalboardTarget(2), program=5)], CONTROLS)
        assert mapper.receive(ProgramChosen("floor.patch", 4, 1.0)) == []
        assert [i.action for i in mapper.receive(ProgramChosen("floor.patch", 5, 1.0))] == [LoadPedalboard(2)]

    def test_a_list_waits_and_starts_again(self) -> None:
        """What follows a wait comes after it; a second trigger starts the list from its beginning."""
        send = SendOsc("tablet", "/x")
        targets = (SnapshotTarget("Lead"), WaitTarget(Duration(beats=1)), SendTarget(send))
        mapper = Mapper([rule("floor.fs1", PRESS, *targets)], CONTROLS)
        edges = [(1.0, "floor.fs1", 1.0), (1.1, "floor.fs1", 0.0), (1.3, "floor.fs1", 1.0)]
        lead = RecallSnapshot("Lead")
        assert play(mapper, edges) == [(1.0, lead), (1.3, lead), (1.8, send)]

    def test_conditions_choose_rules(self) -> None:
        """Snapshot, pedalboard, effect state, any and not."""
        active = BypassChanged("drive", False, False, State.CONFIRMED)
        mapper = Mapper([], CONTROLS)
        mapper.receive_changes(
            [
                PedalboardChanged("Rock", 1, State.CONFIRMED, ("drive",)),
                SnapshotChanged("Lead", 2, State.CONFIRMED),
                active,
            ],
            0.0,
        )
        holds = mapper.view.holds
        assert holds(Condition(snapshots=("Clean", "Lead"), pedalboards=("Rock",), effects=(("drive", True),)))
        assert not holds(Condition(effects=(("drive", False),)))
        assert not holds(Condition(effects=(("chorus", False),)))
        assert holds(Condition(any_of=(Condition(snapshots=("X",)), Condition(pedalboards=("Rock",)))))
        assert not holds(Condition(none_of=(Condition(snapshots=("Lead",)),)))

    def test_an_unmapped_control_is_counted(self) -> None:
        """A control no rule uses does nothing, visibly."""
        mapper = Mapper([], CONTROLS)
        assert mapper.receive(ControlMoved("floor.fs1", 1.0, 1.0)) == []
        assert mapper.unmapped == 1


def light(mapper: Mapper, *changes: object, now: float = 0.0) -> list[Feedback]:
    """Return the feedback that facts cause."""
    return mapper.receive_changes(changes, now)  # type: ignore[arg-type]


def bypass(active: bool, state: State = State.CONFIRMED, *, confirmed: bool | None = None) -> BypassChanged:
    """Return a fact about drive; confirmed is as active unless said."""
    return BypassChanged("drive", not active, not active if confirmed is None else not confirmed, state, "floor")


class TestLights:
    def test_a_light_tells_the_confirmed_state(self) -> None:
        """Lit while active, dark while bypassed."""
        mapper = Mapper([rule("floor.fs1", PRESS, BypassTarget(("drive",)))], CONTROLS)
        looks = [(look.style, look.value) for active in (True, False) for look in light(mapper, bypass(active))]
        assert looks == [("on", 1.0), ("off", 0.0)]

    def test_a_wish_is_shown_as_pending_only_when_it_takes_long(self) -> None:
        """A light that would only flicker stays; after 30 ms the wait is shown, with the state that still holds."""
        mapper = Mapper([rule("floor.fs1", PRESS, BypassTarget(("drive",)))], CONTROLS)
        asked = bypass(True, State.ASKED, confirmed=False)
        assert light(mapper, asked, now=1.0) == []
        assert mapper.next_deadline() == pytest.approx(1.0 + PENDING_AFTER_S)
        _, looks = mapper.tick(1.1)
        assert [(look.style, look.value, look.state) for look in looks] == [("dim", 0.0, State.ASKED)]
        assert light(mapper, asked, now=2.0) == []
        assert [look.style for look in light(mapper, bypass(True), now=2.001)] == ["on"]
        assert mapper.next_deadline() is None

    def test_a_refused_wish_is_forced_onto_the_device(self) -> None:
        """The device may have lit its light by itself: it is told the truth again, red where it has red."""
        mapper = Mapper([rule("floor.fs1", PRESS, BypassTarget(("drive",)))], CONTROLS)
        (look,) = light(mapper, bypass(False, State.FAILED))
        assert (look.value, look.color, look.force) == (0.0, "red", True)

    @pytest.mark.parametrize(
        ("look", "active", "state", "expected"),
        [
            (Look(color="green"), True, State.CONFIRMED, ("on", "green")),
            (Look(color="green", idle="dim"), False, State.CONFIRMED, ("dim", "green")),
            (Look(lit="blink"), True, State.CONFIRMED, ("blink", "")),
            (Look(failed="amber"), False, State.FAILED, ("on", "amber")),
        ],
    )
    def test_feedback_changes_the_look(self, look: Look, active: bool, state: State, expected: tuple[str, str]) -> None:
        """Colours and styles of a rule's `feedback`."""
        mapper = Mapper([rule("floor.fs1", PRESS, BypassTarget(("drive",)), look=look)], CONTROLS)
        (feedback,) = light(mapper, bypass(active, state))
        assert (feedback.style, feedback.color) == expected

    def test_feedback_none_shows_nothing(self) -> None:
        """A rule may keep its light dark."""
        mapper = Mapper([rule("floor.fs1", PRESS, BypassTarget(("drive",)), look=Look(shown=False))], CONTROLS)
        assert light(mapper, bypass(True)) == []

    def test_the_natural_gesture_has_the_light(self) -> None:
        """A switch with press and hold shows what its press does."""
        hold = rule("floor.fs1", HOLD, SnapshotTarget("Lead"), time_s=0.5)
        mapper = Mapper([hold, rule("floor.fs1", PRESS, BypassTarget(("drive",)))], CONTROLS)
        light(mapper, SnapshotChanged("Lead", 1, State.CONFIRMED))
        assert [look.style for look in light(mapper, bypass(False))] == ["off"]

    def test_a_light_is_handed_over_by_condition(self) -> None:
        """When the snapshot changes, the light follows the rule that applies now."""
        rules = [
            rule("floor.fs1", PRESS, BypassTarget(("drive",)), condition=Condition(snapshots=("Clean",))),
            rule("floor.fs1", PRESS, BypassTarget(("delay",)), condition=Condition(snapshots=("Lead",))),
        ]
        mapper = Mapper(rules, CONTROLS)
        light(mapper, bypass(True), BypassChanged("delay", True, True, State.CONFIRMED))
        assert light(mapper, SnapshotChanged("Clean", 1, State.CONFIRMED))[0].style == "on"
        assert light(mapper, SnapshotChanged("Lead", 2, State.CONFIRMED))[0].style == "off"

    def test_snapshot_lights_are_one_of_many(self) -> None:
        """Only the current one is lit; next has no light."""
        rules = [
            rule("floor.fs1", PRESS, SnapshotTarget("Clean")),
            rule("floor.fs2", PRESS, SnapshotTarget(2)),
            rule("floor.latch", PRESS, SnapshotTarget(Seek.NEXT)),
        ]
        mapper = Mapper(rules, CONTROLS)
        looks = light(mapper, SnapshotChanged("Lead", 2, State.CONFIRMED))
        assert [(look.control, look.value) for look in looks] == [("floor.fs1", 0.0), ("floor.fs2", 1.0)]

    def test_a_fader_follows_others_but_not_its_own_past(self) -> None:
        """While the wish is on its way, the hand that moved it is not corrected, every other fader follows."""
        target = ParameterTarget("drive", "gain", Shaping(curve=CURVES["exponential"]))
        rules = [rule("floor.exp1", Gesture.MOVE, target), rule("tablet.level", Gesture.MOVE, target)]
        mapper = Mapper(rules, CONTROLS)
        scale = Scale(0.0, 1.0)
        asked = ParameterChanged("drive", "gain", 0.25, 0.1, State.ASKED, scale, "floor")
        assert [(look.control, look.value) for look in light(mapper, asked)] == [("tablet.level", 0.5)]
        by_tablet = ParameterChanged("drive", "gain", 0.25, 0.1, State.ASKED, scale, "tablet/host:9")
        assert {look.control for look in light(mapper, by_tablet)} == {"floor.exp1", "tablet.level"}
        settled = ParameterChanged("drive", "gain", 0.25, 0.25, State.CONFIRMED, scale, "floor")
        assert {look.control for look in light(mapper, settled)} == {"floor.exp1", "tablet.level"}

    @given(
        st.sampled_from(sorted(CURVES)),
        st.tuples(st.floats(0, 100), st.floats(0, 100)).filter(lambda pair: abs(pair[0] - pair[1]) > 1),
        st.floats(0, 1),
    )
    def test_a_fader_is_put_back_where_it_stood(self, curve: str, ends: tuple[float, float], position: float) -> None:
        """What a control drives and what it is shown are each other's reverse, curves and ranges included."""
        shaping = Shaping(Level(ends[0], "%"), Level(ends[1], "%"), CURVES[curve])
        mapper = Mapper([rule("floor.exp1", Gesture.MOVE, ParameterTarget("drive", "gain", shaping))], CONTROLS)
        scale = Scale(20.0, 20000.0, logarithmic=True)
        low, high = ends
        value = scale.value_at((low + (high - low) * shaping.shape(position)) / 100)
        (look,) = light(mapper, ParameterChanged("drive", "gain", value, value, State.CONFIRMED, scale))
        assert look.value == pytest.approx(position, abs=2e-3)

    def test_full_feedback_comes_in_the_order_of_the_profile(self) -> None:
        """A device that joins gets every control that can show once, dark where nothing drives it."""
        mapper = Mapper([rule("floor.fs2", PRESS, BypassTarget(("drive",)))], CONTROLS)
        light(mapper, bypass(True))
        looks = mapper.full_feedback("floor")
        assert [(look.control, look.value) for look in looks] == [
            ("floor.fs1", 0.0),
            ("floor.fs2", 1.0),
            ("floor.exp1", 0.0),
        ]
