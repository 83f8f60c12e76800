"""Conditions: everything `if` can ask, and lights that follow what it asks about."""

import pytest
from played_floor import HOLD, PAGES, RELEASE, Floor, rule

from controld.actions import SetBypass, SetParameter, Value
from controld.changes import ParameterChanged, State
from controld.events import ControlMoved, ControlTouched
from controld.mappings.rule import Comparison, Condition, Gesture, Look, Stage
from controld.mappings.target import (
    BankTarget,
    BypassTarget,
    PageTarget,
    PedalboardTarget,
    SnapshotTarget,
    VariableTarget,
)
from controld.mappings.view import View, keys_of
from controld.values import Level, Scale

A, B = SetBypass(("drive",)), SetBypass(("delay",))
HERTZ = Scale(20.0, 20000.0, 1000.0, "Hz", logarithmic=True)


class TestWhatIsAsked:
    @pytest.mark.parametrize(
        ("condition", "change"),
        [
            (Condition(pages=("solo", "fx")), PageTarget("solo")),
            (Condition(banks=("Gig",)), BankTarget("Gig")),
            (Condition(snapshots=("Lead",)), SnapshotTarget("Lead")),
            (Condition(pedalboards=("Jazz",)), PedalboardTarget("Jazz")),
            (Condition(effects=(("drive", True),)), BypassTarget(("drive",), "active")),
            (Condition(variables=(("solo", True),)), VariableTarget("solo", True)),
            (Condition(variables=(("song", "Intro"),)), VariableTarget("song", "Intro")),
            (Condition(any_of=(Condition(pages=("fx",)), Condition(pages=("solo",)))), PageTarget("solo")),
            (Condition(none_of=(Condition(pages=("main",)),)), PageTarget("solo")),
            (Condition(pages=("solo",), none_of=(Condition(variables=(("solo", True),)),)), PageTarget("solo")),
        ],
    )
    def test_a_rule_counts_once_what_it_asks_is_so(self, condition: Condition, change: BypassTarget) -> None:
        """Not before; and its light is shown from then on, without anything else happening."""
        stage = Stage(PAGES.pages, {"solo": False, "song": "", "count": 0.0})
        send = VariableTarget("count", by=1.0)
        floor = Floor(
            rule("fs1", send, when=condition, look=Look(idle="dim", lit="blink")), rule("fs2", change), stage=stage
        )
        if condition.banks:
            floor.rig.mapper.view.bank.bank = ""
        floor.tap("fs1")
        assert floor.done == []
        floor.tap("fs2")
        assert floor.style("fs1") == "dim"
        floor.done.clear()
        floor.tap("fs1")
        assert floor.done == [send.action(1.0, 0)]
        assert floor.style("fs1") == "blink"

    @pytest.mark.parametrize(
        ("operator", "level", "high", "values"),
        [
            ("<", Level(1000), None, [True, False, False]),
            ("<=", Level(1, "kHz"), None, [True, True, False]),
            (">", Level(1000, "Hz"), None, [False, False, True]),
            (">=", Level(1000), None, [False, True, True]),
            ("=", Level(1, "kHz"), None, [False, True, False]),
            ("!=", Level(1000), None, [True, False, True]),
            ("..", Level(500), Level(1, "kHz"), [False, True, False]),
            ("..", Level(3, "kHz"), Level(1, "kHz"), [False, True, True]),
            ("=", Level(0, "%"), None, [True, False, False]),
            ("<", Level(3, "dB"), None, [False, False, False]),  # a unit that does not fit compares to nothing
        ],
    )
    def test_parameters_are_compared(self, operator: str, level: Level, high: Level | None, values: list[bool]) -> None:
        """In their own unit, or any that fits; by what the engine confirmed where it has."""
        condition = Condition(parameters=(Comparison("wah", "freq", operator, level, high),))
        for value, holds in zip((20.0, 1000.0, 2000.0), values, strict=True):
            view = View()
            assert not view.holds(condition)
            view.receive(ParameterChanged("wah", "freq", 77.0, value, State.ASKED, HERTZ))
            assert view.holds(condition) is holds
            view.receive(ParameterChanged("wah", "freq", value, None, State.ASKED, HERTZ))
            assert view.holds(condition) is holds

    @pytest.mark.parametrize(
        ("kept", "asked", "holds"),
        [(True, True, True), (1.0, True, False), (0.1 + 0.2, 0.3, True), ("a", "b", False), (2.0, 2, True)],
    )
    def test_variables_are_compared_by_their_type(self, kept: Value, asked: Value, holds: bool) -> None:
        """True is no number, and a sum is what it should be."""
        view = View({"x": kept})
        assert view.holds(Condition(variables=(("x", asked),))) is holds

    def test_every_kind_of_fact_is_known_that_a_condition_reads(self) -> None:
        """However deep."""
        inner = Condition(("S",), ("B",), (("e", True),), pages=("P",), banks=("K",))
        leaf = Condition(parameters=(Comparison("e", "s", "<", Level(1)),), variables=(("v", 1.0),))
        whole = Condition(any_of=(inner,), none_of=(leaf,), controls=(("c", True),))
        assert set(keys_of(whole)) == {
            ("snapshot",), ("pedalboard",), ("bypass", "e"), ("page",), ("bank",), ("parameter", "e", "s"),
            ("variable", "v"), ("control", "c"),
        }  # fmt: skip


class TestHeldControls:
    RULES = (
        rule("fs1", "drive", when=Condition(controls=(("floor.fs2", False),))),
        rule("fs1", "delay", when=Condition(controls=(("floor.fs2", True),))),
    )

    def test_a_control_no_rule_uses_can_be_held(self) -> None:
        """It is asked for, so it is not unmapped."""
        floor = Floor(*self.RULES)
        floor.tap("fs1")
        floor.press("fs2")
        floor.tap("fs1")
        floor.let_go("fs2")
        floor.tap("fs1")
        assert floor.done == [A, B, A]
        assert floor.rig.mapper.unmapped == 0

    def test_lights_follow_it_at_once(self) -> None:
        """The next thing that is due is the light."""
        floor = Floor(*self.RULES, rule("fs3", BypassTarget(("delay",), "active")))
        floor.tap("fs3")
        floor.press("fs2")
        assert floor.rig.next_deadline() == floor.now
        floor.wait(0.0)
        assert floor.style("fs1") == "on"
        floor.let_go("fs2")
        floor.wait(0.0)
        assert floor.style("fs1") == "off"

    def test_a_lost_device_holds_nothing(self) -> None:
        """Its lights are told so when it is there again."""
        floor = Floor(*self.RULES)
        floor.press("fs2")
        floor.lose("floor")
        floor.connect("floor")
        floor.tap("fs1")
        assert floor.done == [A]

    def test_a_pedal_is_held_from_half_on(self) -> None:
        """A pedal may be asked for like a switch."""
        floor = Floor(rule("fs1", "drive", when=Condition(controls=(("floor.exp", True),))))
        for position in (0.4, 0.6):
            floor.move("exp", position)
            floor.tap("fs1")
        assert floor.done == [A]


class TestOwnership:
    def test_a_hold_whose_condition_ends_still_fires(self) -> None:
        """What counts is what was so when the press began."""
        on = Condition(variables=(("x", False),))
        floor = Floor(
            rule("fs1", "drive", gesture=HOLD, when=on),
            rule("fs1", "delay", gesture=Gesture.HOLD_RELEASE, when=on),
            rule("fs2", VariableTarget("x", toggle=True)),
            stage=Stage(variables={"x": False}),
        )
        floor.press("fs1")
        floor.tap("fs2")
        floor.done.clear()
        floor.let_go("fs1", after=1.0)
        assert floor.done == [A, B]

    def test_a_condition_that_fails_leaves_a_press_to_the_other_rules(self) -> None:
        """Without their wait: a hold that does not count delays nothing."""
        hold = rule("fs1", "delay", gesture=HOLD, when=Condition(snapshots=("Lead",)))
        floor = Floor(rule("fs1", "drive"), hold, rule("fs1", "drive", gesture=RELEASE))
        floor.press("fs1")
        assert floor.done == [A]


class TestLights:
    def test_only_what_reads_a_fact_is_looked_at(self) -> None:
        """A variable that no other light depends on costs them nothing."""
        floor = Floor(
            rule("fs1", "drive", when=Condition(snapshots=("Lead",))),
            rule("fs2", "delay", when=Condition(variables=(("x", True),))),
            stage=Stage(variables={"x": False}),
        )
        output = floor.rig.act(VariableTarget("x", True).action(1.0, 0), "", floor.now)
        assert [look.control for look in output.feedback] == ["floor.fs2"]

    def test_a_light_follows_a_parameter_its_condition_compares(self) -> None:
        """While a hand sweeps over the threshold, too."""
        loud = Condition(parameters=(Comparison("drive", "gain", ">", Level(50, "%")),))
        floor = Floor(rule("fs1", "drive", when=loud, look=Look(idle="dim")))
        for value, style in ((0.4, "off"), (0.6, "dim"), (0.5, "off")):
            floor.do(SetParameter("drive", "gain", Level(value)))
            floor.wait(0.1)
            assert floor.looks["floor.fs1"].style == style

    def test_a_touch_is_no_gesture(self) -> None:
        """And no event of a control that nobody uses."""
        floor = Floor(rule("fs1", "drive"))
        mapper = floor.rig.mapper
        assert mapper.receive(ControlTouched("floor.fs1", True, 0.0)) == []
        assert mapper.receive(ControlTouched("floor.exp", True, 0.0)) == []
        assert mapper.unmapped == 0
        assert mapper.receive(ControlMoved("floor.exp", 0.1, 0.0)) == []
        assert mapper.unmapped == 1
