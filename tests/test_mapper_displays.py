"""Displays: what they show by themselves, what rules show on them and for how long, notices; and texts with names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from played_floor import HOLD, PAGES, Floor, on_event, rule

from controld.actions import SelectPage, SetParameter, SetVariable, ShowText, Value
from controld.changes import ParameterChanged, PedalboardChanged, Refused, SnapshotChanged, State
from controld.mappings.displays import NOTICE_S, Displays
from controld.mappings.profile import Control, Display, Kind
from controld.mappings.rule import Event, Look, Stage
from controld.mappings.target import (
    ParameterTarget,
    PedalboardTarget,
    ShowTarget,
    SnapshotTarget,
    VariableTarget,
    WaitTarget,
)
from controld.mappings.texts import Template, names_in, number_words, of_rule, value_words
from controld.mappings.view import View
from controld.values import Duration, Level, Scale, ScalePoint

VARIABLES = Stage(PAGES.pages, {"song": "Intro", "count": 2.0, "solo": False})


def show(text: str, seconds: float | None = None, on: str = "screen") -> ShowTarget:
    """Return a `show`."""
    return ShowTarget(f"floor.{on}", text, None if seconds is None else Duration(seconds))


class TestByThemselves:
    def test_pedalboard_and_snapshot(self) -> None:
        """On two rows, or in one; as soon as they change."""
        floor = Floor(rule("fs1", SnapshotTarget("Lead")), rule("fs2", PedalboardTarget("Jazz")))
        assert (floor.text(), floor.text("strip")) == ("Stage\nClean", "Stage / Clean")
        floor.tap("fs1")
        assert (floor.text(), floor.text("strip")) == ("Stage\nLead", "Stage / Lead")
        floor.tap("fs2")
        floor.wait(1.0)
        assert floor.text("strip") == "Jazz / Clean"

    def test_without_a_snapshot_nothing_is_parted(self) -> None:
        """No empty row, no dash."""
        floor = Floor()
        floor.rig.mapper.receive_changes([SnapshotChanged("", 0, State.CONFIRMED)], 0.0)
        texts = [look.text for look in floor.rig.mapper.full_feedback("floor") if look.text]
        assert texts == ["Stage", "Stage"]


def test_a_strip_of_a_desk_is_empty_until_a_rule_shows_something() -> None:
    """Eight of them beside each other need no pedalboard's name, and no notice."""
    display = Display((0xF0, "text", 0xF7), columns=7, rows=2)
    displays, view = Displays(), View()
    displays.add("desk.strip1", Control("strip1", Kind.DISPLAY, None, display=display))
    view.receive(PedalboardChanged("Stage", 1, State.CONFIRMED))
    displays.notice("not taken", 0.0)
    assert displays.text_of("desk.strip1", view) == ""
    displays.show("desk.strip1", "{pedalboard}", None)
    assert displays.text_of("desk.strip1", view) == "Stage"


class TestShow:
    def test_without_a_time_it_is_the_standing_text(self) -> None:
        """On that display alone, until another is shown."""
        floor = Floor(rule("fs1", show("one")), rule("fs2", show("two")))
        floor.tap("fs1")
        floor.wait(100.0)
        assert (floor.text(), floor.text("strip")) == ("one", "Stage / Clean")
        floor.tap("fs2")
        assert floor.text() == "two"

    def test_with_a_time_the_standing_text_returns(self) -> None:
        """As it is then, not as it was."""
        floor = Floor(rule("fs1", show("hello", 2.0)), rule("fs2", SnapshotTarget("Lead")))
        floor.press("fs1")
        floor.wait(1.9)
        floor.press("fs2")
        assert floor.text() == "hello"
        floor.wait(0.2)
        assert floor.text() == "Stage\nLead"
        assert floor.rig.next_deadline() is None

    def test_a_text_that_passes_is_nothing_to_wait_for(self) -> None:
        """The rig is settled meanwhile; it is not while a list goes on or a look is to come."""
        wait = WaitTarget(Duration(1.0))
        floor = Floor(rule("fs1", show("a", 2.0)), rule("fs2", wait), rule("fs3", "drive", gesture=HOLD))
        floor.tap("fs1")
        assert floor.rig.settled
        floor.tap("fs2")
        assert not floor.rig.settled
        floor.wait(1.0)
        assert floor.rig.settled
        floor.press("fs3")
        assert not floor.rig.settled

    def test_a_second_one_counts_anew(self) -> None:
        """Its own time, from when it is shown; a standing text ends both."""
        floor = Floor(rule("fs1", show("a", 1.0)), rule("fs2", show("b", 1.0)), rule("fs3", show("c")))
        floor.press("fs1")
        floor.press("fs2", after=0.9)
        floor.wait(0.5)
        assert floor.text() == "b"
        floor.press("fs3")
        assert floor.text() == "c"
        floor.wait(5.0)
        assert floor.text() == "c"

    def test_beats_are_those_of_the_tempo(self) -> None:
        """Two beats at 120 are a second."""
        floor = Floor(rule("fs1", ShowTarget("floor.screen", "x", Duration(beats=2))))
        floor.press("fs1")
        assert floor.rig.next_deadline() == floor.now + 1.0

    def test_texts_are_live(self) -> None:
        """They change with what they name, and only then are told."""
        floor = Floor(rule("fs1", show("{page} {drive/gain} {song}")), stage=VARIABLES)
        floor.tap("fs1")
        assert floor.text() == "main 0.2 Intro"
        floor.do(SetParameter("drive", "gain", Level(0.75)))
        floor.do(SetVariable("song", "Verse"))
        floor.wait(1.0)
        assert floor.text() == "main 0.75 Verse"
        mapper = floor.rig.mapper
        fact = mapper.view.parameters["drive", "gain"]
        assert [look for look in mapper.receive_changes([fact], 0.0) if look.control == "floor.screen"] == []
        mix = ParameterChanged("delay", "mix", 0.1, 0.1, State.CONFIRMED, Scale())
        assert mapper.receive_changes([mix], 0.0) == []

    def test_the_rules_own_name(self) -> None:
        """Whatever is in it."""
        floor = Floor(rule("fs1", show("<{name}>"), name="So{l}o"))
        floor.tap("fs1")
        assert floor.text() == "<So{l}o>"

    def test_the_rules_own_value(self) -> None:
        """Of the first parameter or variable it sets, as that is by then."""
        time = ParameterTarget("delay", "time", to=Level(25, "%"))
        mode = ParameterTarget("drive", "mode", by=Level(1))
        song = VariableTarget("song", "Solo")
        floor = Floor(
            rule("fs1", time, show("{value}|{unit}|{label}|{{value}}")),
            rule("fs2", show("{value}|{unit}|{label}"), mode),
            rule("fs3", song, show("{value}|{unit}|{label}")),
            rule("fs4", "drive", show("{value}|{unit}|{label}")),
            stage=VARIABLES,
        )
        texts = []
        for switch in ("fs1", "fs2", "fs3", "fs4"):
            floor.tap(switch)
            floor.wait(0.1)
            texts.append(floor.text())
        assert texts == ["501|ms|501|{value}", "1||B", "Solo||Solo", "-|-|-"]

    def test_an_event_may_show(self) -> None:
        """The page that was entered."""
        floor = Floor(on_event(Event.PAGE_ENTERED, show("{page}", 1.0)), stage=PAGES)
        floor.do(SelectPage("solo"))
        assert floor.text() == "solo"

    @pytest.mark.parametrize("control", ["floor.fs1", "floor.none"])
    def test_only_displays_show(self, control: str) -> None:
        """Anything else is refused."""
        floor = Floor()
        floor.do(ShowText(control, "x"))
        (refused,) = floor.told
        assert isinstance(refused, Refused)

    def test_a_widget_has_a_label(self) -> None:
        """It shows a text beside its value, and then its own again, or none; no notice covers it."""
        level = rule("tablet.level", ParameterTarget("drive", "gain"), look=Look(text="gain {value}"))
        both = [ShowTarget(f"tablet.{name}", "{snapshot}!", Duration(1.0)) for name in ("level", "button")]
        floor = Floor(level, rule("tablet.button", *both), rule("fs1", SnapshotTarget("Lead")))
        assert floor.looks["tablet.level"].text == "gain 0.2"
        floor.press("tablet.button")
        floor.notice("no")
        floor.tap("fs1")
        floor.wait(0.1)
        shown = {name: floor.looks[f"tablet.{name}"] for name in ("level", "button")}
        assert (shown["level"].value, shown["level"].text, shown["button"].text) == (0.9, "Lead!", "Lead!")
        floor.reload(level)
        floor.wait(1.0)
        assert [floor.looks[f"tablet.{name}"].text for name in ("level", "button")] == ["gain 0.9", " "]
        assert floor.rig.mapper.full_feedback("tablet")[1].text == " "

    def test_texts_survive_a_reload(self) -> None:
        """Standing and passing ones, with their time."""
        floor = Floor(rule("fs1", show("stands")), rule("fs2", show("passes", 2.0, "strip")))
        floor.press("fs1", "fs2")
        floor.wait(1.0)
        floor.reload()
        assert (floor.text(), floor.text("strip")) == ("stands", "passes")
        floor.wait(1.1)
        assert (floor.text(), floor.text("strip")) == ("stands", "Stage / Clean")

    def test_a_device_that_joins_is_told_what_stands(self) -> None:
        """Like any look."""
        floor = Floor(rule("fs1", show("here")))
        floor.tap("fs1")
        floor.looks.clear()
        floor.lose("floor")
        floor.connect("floor")
        assert floor.text() == "here"


class TestNotices:
    def test_a_notice_covers_every_display_for_a_while(self) -> None:
        """Whatever is shown meanwhile; then it is seen."""
        floor = Floor(rule("fs1", show("shown", 60.0)))
        floor.notice("line 3: no such effect")
        floor.tap("fs1")
        assert floor.text() == floor.text("strip") == "line 3: no such effect"
        floor.wait(NOTICE_S)
        assert (floor.text(), floor.text("strip")) == ("shown", "Stage / Clean")

    def test_a_notice_outlasts_a_text_that_ends_under_it(self) -> None:
        """Each has its own time."""
        floor = Floor(rule("fs1", show("shown", 1.0)))
        floor.tap("fs1")
        floor.notice("no")
        floor.wait(2.0)
        assert floor.text() == "no"
        floor.wait(NOTICE_S)
        assert floor.text() == "Stage\nClean"

    def test_a_notice_can_be_taken_back(self) -> None:
        """By an empty one; one that is said again stands its whole time."""
        floor = Floor()
        floor.notice("a")
        floor.wait(NOTICE_S - 1.0)
        floor.notice("b")
        floor.wait(NOTICE_S - 1.0)
        assert floor.text() == "b"
        floor.notice("")
        assert floor.text() == "Stage\nClean"
        assert floor.rig.next_deadline() is None

    def test_a_notice_is_no_template(self) -> None:
        """Braces in an error stay as they are."""
        floor = Floor()
        floor.notice("no {name}")
        assert floor.text() == "no {name}"


def view_of(**variables: Value) -> View:
    """Return a view of a small rig."""
    view = View(variables)
    view.receive(PedalboardChanged("Rock", 1, State.CONFIRMED, ("drive",), roles={"dirt": ("drive",)}))
    labels = (ScalePoint(0, "Slow"), ScalePoint(1, "Fast"))
    for symbol, value, scale in (
        ("freq", 450.4, Scale(20, 20000, unit="Hz")),
        ("speed", 1.0, Scale(0, 1, integer=True, points=labels)),
        ("gain", -0.001, Scale(-1, 1)),
    ):
        view.receive(ParameterChanged("drive", symbol, value, value, State.CONFIRMED, scale))
    return view


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("plain", "plain"),
            ("", ""),
            ("{pedalboard}/{snapshot}", "Rock/-"),
            ("{drive/freq}", "450 Hz"),
            ("{drive/speed}", "Fast"),
            ("{drive/gain}", "0"),
            ("{role:dirt/freq}", "450 Hz"),
            ("{role:none/freq} {fuzz/gain}", "- -"),
            ("{count} {song} {solo}", "1.5 Intro off"),
            ("{tempo} bpm", "120 bpm"),
            ("{nobody}", "{nobody}"),
            ("{{snapshot}} {{", "{snapshot} {"),
            ("a } b { c", "a } b { c"),
            ("{value} {label} {unit} {name}", "- - - -"),
        ],
    )
    def test_names_stand_for_the_rigs_state(self, text: str, expected: str) -> None:
        """What is not there reads as a dash, what nobody knows stays."""
        assert Template(text).render(view_of(count=1.5, song="Intro", solo=False)) == expected

    @pytest.mark.parametrize(
        ("number", "words"),
        [
            (0.0, "0"),
            (0.712, "0.71"),
            (0.70, "0.7"),
            (-12.55, "-12.6"),
            (450.4, "450"),
            (19999.6, "20000"),
            (-0.001, "0"),
        ],
    )
    def test_numbers_are_short(self, number: float, words: str) -> None:
        """As many decimals as one reads on a stage."""
        assert number_words(number) == words

    def test_values_in_words(self) -> None:
        """True and false are on and off."""
        assert [value_words(value) for value in (True, False, "Intro", 2.0)] == ["on", "off", "Intro", "2"]

    def test_names_are_found(self) -> None:
        """For those who check them."""
        assert names_in("{a} {{b}} {c/d}") == ("a", "c/d")

    @given(st.text(alphabet="{}ab/ ", max_size=12))
    def test_any_text_can_be_rendered(self, text: str) -> None:
        """And without names it is what was written, doubled braces aside."""
        rendered = Template(text).render(View())
        if not names_in(text):
            assert rendered == text.replace("{{", "{").replace("}}", "}")

    @given(st.text(alphabet="{}ab ", max_size=8))
    def test_a_name_in_a_text_stays_as_it_is(self, name: str) -> None:
        """Braces in it name nothing."""
        assert Template(of_rule("{name}!", name, "")).render(View()) == f"{name}!"
