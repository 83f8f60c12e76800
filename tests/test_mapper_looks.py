"""Looks of every target, what a rule's feedback makes of them, roles, and variables."""

import pytest
from played_floor import CONTROLS, PAGES, Floor, rule

from controld.actions import Resync, Seek, SelectPage, SendMidi, SetBypass, SetParameter, SetVariable, Value
from controld.changes import (
    BankChanged,
    BeatPassed,
    BypassChanged,
    MuteChanged,
    PageChanged,
    ParameterChanged,
    PedalboardChanged,
    PresetChanged,
    Refused,
    State,
    StateChange,
    TempoChanged,
    TunerChanged,
    VariableChanged,
)
from controld.mappings.mapper import Mapper
from controld.mappings.profile import Control, Kind
from controld.mappings.rule import Comparison, Condition, Look, Stage
from controld.mappings.showing import FLASH_S
from controld.mappings.target import (
    BankTarget,
    BypassTarget,
    Command,
    CommandTarget,
    PageTarget,
    ParameterTarget,
    PedalboardTarget,
    PresetTarget,
    SendTarget,
    SnapshotTarget,
    SwitchTarget,
    Target,
    TempoTarget,
    VariableTarget,
    WaitTarget,
)
from controld.values import Duration, Level, Scale, ScalePoint

OK, ASKED, FAILED = State.CONFIRMED, State.ASKED, State.FAILED
VARIABLES = Stage(PAGES.pages, {"solo": False, "count": 0.0, "song": "Intro"})


def shown(target: Target, *facts: StateChange, look: Look | None = None) -> tuple[str, float]:
    """Return style and value of a light that shows a target, after these facts."""
    mapper = Mapper([rule("fs1", target, look=look)], {"floor.fs1": CONTROLS["floor.fs1"]}, VARIABLES)
    mapper.receive_changes(facts, 0.0)
    (look_now,) = mapper.full_feedback("floor")
    return look_now.style, look_now.value


class TestTargets:
    @pytest.mark.parametrize(
        ("target", "fact", "expected"),
        [
            (PageTarget("solo"), PageChanged("solo", 2), "on"),
            (PageTarget(2, hold=True), PageChanged("solo", 2), "on"),
            (PageTarget("main"), PageChanged("solo", 2), "off"),
            (PageTarget(Seek.NEXT), PageChanged("solo", 2), "off"),
            (PageTarget(Seek.BACK), PageChanged("solo", 2), "off"),
            (BankTarget("Gig"), BankChanged("Gig", 1), "on"),
            (BankTarget(1), BankChanged("Gig", 1), "on"),
            (BankTarget(Seek.NEXT), BankChanged("Gig", 1), "off"),
            (TempoTarget(bpm=90.0), TempoChanged(90.0, False), "on"),
            (TempoTarget(bpm=90.0), TempoChanged(91.0, False), "off"),
            (TempoTarget(by=1.0), TempoChanged(91.0, False), "off"),
            (TempoTarget(tap=True), TempoChanged(91.0, False), "off"),
            (SwitchTarget("transport"), TempoChanged(90.0, True), "on"),
            (SwitchTarget("transport", on=False), TempoChanged(90.0, True), "off"),
            (SwitchTarget("transport", on=False), TempoChanged(90.0, False), "on"),
            (SwitchTarget("mute"), MuteChanged(True, OK), "on"),
            (SwitchTarget("mute", on=False), MuteChanged(True, OK), "off"),
            (SwitchTarget("mute"), MuteChanged(True, ASKED), "dim"),
            (SwitchTarget("tuner"), TunerChanged(True, OK), "on"),
            (SwitchTarget("tuner", on=True), TunerChanged(False, OK), "off"),
            (VariableTarget("solo", toggle=True), VariableChanged("solo", True), "on"),
            (VariableTarget("solo", True), VariableChanged("solo", False), "off"),
            (VariableTarget("solo", False), VariableChanged("solo", False), "on"),
            (VariableTarget("count", by=1.0), VariableChanged("count", 3.0), "on"),
            (VariableTarget("count", by=1.0), VariableChanged("count", 0.0), "off"),
            (VariableTarget("count", 3.0), VariableChanged("count", 1.0 + 2.0), "on"),
            (VariableTarget("song", cycle=("Intro", "Verse")), VariableChanged("song", "Verse"), "on"),
            (VariableTarget("song", "Intro"), VariableChanged("song", "Verse"), "off"),
            (SnapshotTarget("Lead", save=True), PageChanged("solo", 2), "off"),
            (CommandTarget(Command.UNDO), PageChanged("solo", 2), "off"),
            (PresetTarget("drive", "Crunch"), PresetChanged("drive", "Crunch", OK), "on"),
            (PresetTarget("drive", Seek.NEXT), PresetChanged("drive", "Crunch", OK), "off"),
        ],
    )
    def test_a_light_tells_of_its_target(self, target: Target, fact: StateChange, expected: str) -> None:
        """Lit while it is so; dark where the target has no state."""
        assert shown(target, fact)[0] == expected

    def test_unknown_is_dark_not_idle(self) -> None:
        """What the rig does not have is not merely off."""
        for target in (
            SwitchTarget("mute"),
            SwitchTarget("transport"),
            BypassTarget(("role:x",)),
            BypassTarget(("x",)),
        ):
            assert shown(target, look=Look(idle="dim"))[0] == "off"

    def test_a_list_shows_its_first_target_that_has_a_state(self) -> None:
        """Waits and messages have none."""
        wait = WaitTarget(Duration(0.1))
        mapper = Mapper([rule("fs1", wait, PageTarget("solo"), BypassTarget(("drive",)))], CONTROLS, PAGES)
        (look,) = (
            look
            for look in mapper.receive_changes([PageChanged("solo", 2, "main")], 0.0)
            if look.control == "floor.fs1"
        )
        assert look.style == "on"

    def test_a_tap_flashes_with_the_beat(self) -> None:
        """Lit on each, for a moment; only lights that follow it."""
        floor = Floor(rule("fs1", TempoTarget(tap=True)), rule("fs2", "drive"))
        mapper = floor.rig.mapper
        looks = mapper.receive_changes([BeatPassed(1)], 10.0)
        assert [(look.control, look.style) for look in looks] == [("floor.fs1", "on")]
        assert mapper.next_deadline() == 10.0 + FLASH_S
        _, looks = mapper.tick(10.0 + FLASH_S)
        assert [(look.control, look.style) for look in looks] == [("floor.fs1", "off")]
        assert mapper.next_deadline() is None

    def test_pulse_is_a_style(self) -> None:
        """No colour."""
        mapper = Mapper([rule("fs1", PageTarget("solo"), look=Look(lit="pulse"))], CONTROLS, PAGES)
        mapper.act(SelectPage("solo"), "", 0.0)
        look = mapper.full_feedback("floor")[0]
        assert (look.style, look.color) == ("pulse", "")


class TestFeedback:
    def test_another_value_can_be_followed(self) -> None:
        """A switch that shows a parameter, a pedal that shows another one."""
        time = ("parameter", "delay", "time")
        floor = Floor(
            rule("fs1", "drive", look=Look(value=("bypass", "delay"))),
            rule("exp", ParameterTarget("drive", "gain"), look=Look(value=time, text="{value} {unit}")),
            rule("fs2", "delay"),
        )
        floor.tap("fs2")
        assert floor.style("fs1") == "on"
        floor.do(SetParameter("delay", "time", Level(50, "%")))
        floor.wait(1.0)
        look = floor.looks["floor.exp"]
        assert look.value == pytest.approx(0.5, abs=1e-3)
        assert look.text == "1001 ms"

    def test_a_variable_can_be_followed(self) -> None:
        """With its words."""
        look = Look(value=("variable", "song"), text="{name}: {value}")
        floor = Floor(
            rule("fs1", "drive", look=look, name="Part"),
            rule("fs2", VariableTarget("song", cycle=("Intro", "Verse"))),
            stage=VARIABLES,
        )
        floor.tap("fs2")
        assert (floor.style("fs1"), floor.looks["floor.fs1"].text) == ("on", "Part: Verse")

    def test_a_label_follows_everything_it_names(self) -> None:
        """The value of the rule, and the rig's state."""
        look = Look(text="{page} {label} {tempo} {drive/gain}")
        floor = Floor(rule("exp", ParameterTarget("drive", "mode"), look=look), stage=PAGES)
        assert floor.looks["floor.exp"].text == "main A 120 0.2"
        floor.do(PageTarget("solo").action(1.0, 0))
        floor.do(TempoTarget(bpm=90.0).action(1.0, 0))
        floor.do(SetParameter("drive", "mode", Level(2)))
        floor.do(SetParameter("drive", "gain", Level(0.75)))
        floor.wait(1.0)
        assert floor.looks["floor.exp"].text == "solo C 90 0.75"

    def test_a_text_without_a_state_is_shown_all_the_same(self) -> None:
        """A switch that only sends may have its label."""
        floor = Floor(rule("fs1", CommandTarget(Command.UNDO), look=Look(text="undo")))
        look = {each.control: each for each in floor.rig.mapper.full_feedback("floor")}["floor.fs1"]
        assert (look.style, look.text) == ("off", "undo")


class TestRoles:
    DIRT = rule("fs1", BypassTarget(("role:dirt",)), look=Look(idle="dim"))

    def test_a_role_is_what_the_pedalboard_says(self) -> None:
        """On the next one it is another effect, or none; then the rule does nothing and its control is dark."""
        floor = Floor(
            rule("fs1", BypassTarget(("role:wet",))), rule("fs2", BypassTarget(("role:dirt", "delay"))), self.DIRT,
            rule("fs6", PedalboardTarget("Jazz")),
        )  # fmt: skip
        floor.tap("fs1", "fs2")
        dirt = SetBypass(("drive",))
        assert floor.done == [SetBypass(("delay", "drive")), dirt, SetBypass(("drive", "delay"))]
        floor.tap("fs6")
        floor.forget()
        floor.tap("fs1", "fs2")
        assert floor.done == [SetBypass(("echo",)), SetBypass(("delay",))]
        assert [fact.subject for fact in floor.told if isinstance(fact, Refused)] == ["delay"]

    def test_the_light_of_a_role(self) -> None:
        """Lit while all of it is active, idle while not, and dark where there is none."""
        floor = Floor(self.DIRT, rule("fs5", PedalboardTarget("Stage")), rule("fs6", PedalboardTarget("Jazz")))
        assert floor.style("fs1") == "dim"
        floor.tap("fs1")
        assert floor.style("fs1") == "on"
        floor.tap("fs6")
        assert floor.style("fs1") == "off"
        floor.tap("fs1", "fs5")
        floor.wait(1.0)
        assert floor.style("fs1") == "dim"
        assert not [fact for fact in floor.told if isinstance(fact, Refused)]

    def test_parameters_of_a_role(self) -> None:
        """Every effect of it that has the parameter; the light shows the first of them."""
        mix = ParameterTarget("role:wet", "mix", to=Level(0.9))
        floor = Floor(
            rule("fs1", mix), rule("exp", ParameterTarget("role:wet", "mix")), rule("fs2", PedalboardTarget(2))
        )
        floor.tap("fs1")
        assert floor.done == [SetParameter("delay", "mix", Level(0.9))]
        floor.wait(1.0)
        assert floor.looks["floor.exp"].value == pytest.approx(0.9)
        floor.tap("fs2")
        floor.wait(1.0)
        assert floor.looks["floor.exp"].value == pytest.approx(0.3)
        floor.done.clear()
        floor.tap("fs1")
        assert floor.done == [SetParameter("echo", "mix", Level(0.9))]

    def test_conditions_name_roles(self) -> None:
        """Active when all of it is, bypassed when all of it is; else, and where there is none, neither."""
        mapper = Mapper([], CONTROLS)
        view = mapper.view
        both = PedalboardChanged("A", 1, OK, ("a", "b"), roles={"x": ("a", "b")})
        view.receive(both)
        states: list[tuple[bool, bool]] = []
        for bypassed in ((False, False), (False, True), (True, True)):
            for effect, is_bypassed in zip("ab", bypassed, strict=True):
                view.receive(_bypass(effect, is_bypassed))
            held = [view.holds(Condition(effects=(("role:x", active),))) for active in (True, False)]
            states.append((held[0], held[1]))
        assert states == [(True, False), (False, False), (False, True)]
        assert not view.holds(Condition(effects=(("role:y", False),)))
        view.receive(ParameterChanged("b", "gain", 0.5, 0.5, OK, Scale()))
        assert view.holds(Condition(parameters=(Comparison("role:x", "gain", "=", Level(0.5)),)))

    def test_presets_and_momentary_values_of_a_role(self) -> None:
        """Resolved when the action is made, and given back effect by effect."""
        wet = BypassTarget(("role:wet",), "active", returns=True)
        floor = Floor(rule("fs1", wet), rule("fs2", PresetTarget("role:dirt", Seek.NEXT)), rule("fs3", "delay"))
        floor.tap("fs3", "fs2")
        floor.press("fs1")
        assert floor.active("drive")
        floor.let_go("fs1")
        assert (floor.active("drive"), floor.active("delay")) == (False, True)
        assert not [fact for fact in floor.told if isinstance(fact, Refused)]


def _bypass(effect: str, bypassed: bool) -> StateChange:
    return BypassChanged(effect, bypassed, bypassed, OK)


class TestVariables:
    @pytest.mark.parametrize(
        ("name", "actions", "values"),
        [
            ("solo", [SetVariable("solo", True), SetVariable("solo", toggle=True)], [True, False]),
            ("count", [SetVariable("count", by=2.0), SetVariable("count", by=-0.5)], [2.0, 1.5]),
            ("count", [SetVariable("count", cycle=(5.0, 7.0))] * 3, [5.0, 7.0, 5.0]),
            ("song", [SetVariable("song", cycle=("Intro", "Verse"))] * 2, ["Verse", "Intro"]),
            ("song", [SetVariable("song", "")], [""]),
        ],
    )
    def test_a_variable_is_set(self, name: str, actions: list[SetVariable], values: list[Value]) -> None:
        """To a value, by a number, on in a cycle, or the other way; each change is told."""
        floor = Floor(stage=VARIABLES)
        for action in actions:
            floor.do(action)
        assert floor.told == [VariableChanged(name, value, "") for value in values]

    @pytest.mark.parametrize(
        "action",
        [
            SetVariable("none", True),
            SetVariable("solo", 1.0),
            SetVariable("count", True),
            SetVariable("song", by=1.0),
            SetVariable("count", toggle=True),
            SetVariable("song", cycle=(1.0,)),
        ],
    )
    def test_its_type_stays(self, action: SetVariable) -> None:
        """Anything else is refused, and changes nothing."""
        floor = Floor(stage=VARIABLES)
        floor.do(action)
        (refused,) = floor.told
        assert isinstance(refused, Refused)
        assert floor.rig.mapper.view.variables == VARIABLES.variables

    def test_what_changes_nothing_is_not_told(self) -> None:
        """A value it has already."""
        floor = Floor(stage=VARIABLES)
        floor.do(SetVariable("solo", False))
        assert floor.told == []

    def test_an_encoder_counts(self) -> None:
        """By its detents."""
        floor = Floor(rule("wheel", VariableTarget("count", by=0.5)), stage=VARIABLES)
        floor.turn("wheel", -3)
        assert floor.rig.mapper.view.variables["count"] == -1.5

    def test_values_survive_a_reload_where_their_type_does(self) -> None:
        """Others begin anew; a light tells what is not as at first by the new files."""
        show = rule("fs1", VariableTarget("count", by=1.0))
        floor = Floor(show, stage=VARIABLES)
        floor.do(SetVariable("solo", True))
        floor.do(SetVariable("count", 3.0))
        floor.reload(show, stage=Stage(variables={"solo": "yes", "count": 3.0, "new": 1.0}))
        assert floor.rig.mapper.view.variables == {"solo": "yes", "count": 3.0, "new": 1.0}
        assert floor.style("fs1") == "off"


class TestWholeStates:
    def test_only_what_shows_something_is_corrected(self) -> None:
        """A refused press puts its own light right; one that shows nothing has none."""
        mapper = Floor(rule("fs1", "drive")).rig.mapper
        (look,) = mapper.correction("floor.fs1")
        assert look.force
        assert [mapper.correction(name) for name in ("floor.fs2", "floor.none")] == [[], []]

    def test_every_light_is_told_at_a_resync(self) -> None:
        """In the order of the profile, displays with their text."""
        floor = Floor(rule("fs1", "drive"), rule("fs2", SendTarget(SendMidi("floor", b"\xc0\x01"))))
        floor.do(Resync())
        looks = floor.rig.mapper.full_feedback("floor")
        shows = [name for name, control in CONTROLS.items() if name.startswith("floor") and _shows(control)]
        assert [look.control for look in looks] == shows
        assert {look.control: look.text for look in looks}["floor.strip"] == "Stage / Clean"

    def test_scale_points_have_their_label(self) -> None:
        """Where the value stands at one."""
        scale = Scale(0, 1, 0, toggled=True, points=(ScalePoint(0, "Off"), ScalePoint(1, "On")))
        mapper = Mapper([rule("exp", ParameterTarget("a", "b"), look=Look(text="{label}|{value}"))], CONTROLS)
        (look,) = mapper.receive_changes([ParameterChanged("a", "b", 1.0, 1.0, OK, scale)], 0.0)
        assert look.text == "On|1"


def _shows(control: Control) -> bool:
    return control.light is not None or control.kind is Kind.DISPLAY
