"""Pages: which rules count, how one comes and goes, what a press keeps, and how lights are handed over."""

import pytest
from played_floor import DOUBLE, HOLD, PAGES, RELEASE, Floor, rule

from controld.actions import RecallSnapshot, Seek, SetBypass
from controld.changes import PageChanged, Refused, VariableChanged
from controld.mappings.rule import Gesture, Look, Page, Stage, Trigger
from controld.mappings.target import BypassTarget, PageTarget, SnapshotTarget

A, B, C = (SetBypass((name,)) for name in ("drive", "delay", "none"))
SOLO = rule("fs6", PageTarget("solo"))


class TestRules:
    def test_a_pages_rule_hides_the_global_one_of_the_same_gesture(self) -> None:
        """And only that; on other pages the global one counts."""
        floor = Floor(rule("fs1", "drive"), rule("fs1", "delay", page="solo"), rule("fs2", "drive"), SOLO, stage=PAGES)
        floor.tap("fs1", "fs6", "fs1", "fs2")
        assert [action for action in floor.done if isinstance(action, SetBypass)] == [A, B, A]

    def test_another_gesture_is_not_hidden(self) -> None:
        """A page's press leaves the global hold as it is."""
        hold = rule("fs1", SnapshotTarget("Lead"), gesture=HOLD)
        floor = Floor(rule("fs1", "drive"), hold, rule("fs1", "delay", page="solo"), SOLO, stage=PAGES)
        floor.tap("fs6")
        floor.done.clear()
        floor.tap("fs1")
        floor.press("fs1", after=1.0)
        floor.let_go("fs1", after=1.0)
        assert floor.done == [B, RecallSnapshot("Lead")]

    def test_of_programs_only_the_same_one_is_hidden(self) -> None:
        """A page that takes one program leaves the others to the global rules; one that takes any hides all."""

        def program(number: int | None, target: str, page: str = "") -> object:
            return rule("patch", target, trigger=Trigger("floor.patch", Gesture.CHANGE, program=number), page=page)

        rules = [program(None, "drive"), program(5, "drive"), program(5, "delay", "solo"), program(None, "delay", "fx")]
        floor = Floor(*rules, SOLO, rule("fs5", PageTarget("fx")), stage=PAGES)  # type: ignore[arg-type]
        floor.program(5)
        floor.program(6)
        assert floor.done == [A, A, A]
        floor.tap("fs6")
        floor.done.clear()
        floor.program(5)
        floor.program(6)
        assert floor.done == [B, A]
        floor.tap("fs5")
        floor.done.clear()
        floor.program(5)
        floor.program(6)
        assert floor.done == [B, B]

    def test_a_hold_of_another_page_delays_no_press(self) -> None:
        """The timing contract asks only the rules that count."""
        floor = Floor(rule("fs1", "drive"), rule("fs1", "delay", gesture=HOLD, page="solo"), SOLO, stage=PAGES)
        floor.press("fs1")
        assert floor.done == [A]
        floor.let_go("fs1")
        floor.tap("fs6")
        floor.done.clear()
        floor.press("fs1")
        assert floor.done == []


class TestTheWay:
    @pytest.mark.parametrize(
        ("picks", "expected"),
        [
            (["solo"], ["solo"]),
            ([3, 1], ["fx", "main"]),
            ([Seek.NEXT, Seek.NEXT, Seek.NEXT], ["solo", "fx", "main"]),
            ([Seek.PREVIOUS], ["fx"]),
            (["solo", "fx", Seek.BACK, Seek.BACK, Seek.BACK], ["solo", "fx", "solo", "main", "main"]),
            (["solo", "solo", Seek.BACK], ["solo", "solo", "main"]),
        ],
    )
    def test_a_page_is_chosen(self, picks: list[str | int | Seek], expected: list[str]) -> None:
        """By name, number, next, previous and back, which goes the whole way."""
        floor, seen = Floor(stage=PAGES), []
        for pick in picks:
            floor.do(PageTarget(pick).action(1.0, 0))
            seen.append(floor.page)
        assert seen == expected

    def test_a_change_is_told_once(self) -> None:
        """With where one came from and all there are; a page that is active already is no change."""
        floor = Floor(SOLO, stage=PAGES)
        floor.tap("fs6", "fs6")
        pages = ("main", "solo", "fx")
        assert [fact for fact in floor.told if isinstance(fact, PageChanged)] == [
            PageChanged("solo", 2, "main", pages, "floor")
        ]

    @pytest.mark.parametrize(("stage", "pick"), [(PAGES, "sole"), (PAGES, 4), (PAGES, 0), (Stage(), Seek.NEXT)])
    def test_a_page_that_is_not_there_is_refused(self, stage: Stage, pick: str | int | Seek) -> None:
        """Nothing changes, and it is said why."""
        floor = Floor(stage=stage)
        before = floor.page
        floor.do(PageTarget(pick).action(1.0, 0))
        (refused,) = floor.told
        assert isinstance(refused, Refused)
        assert floor.page == before

    def test_how_things_stand_is_reported(self) -> None:
        """At the start, for those who were not there; a reload tells what is new."""
        floor = Floor(stage=Stage(PAGES.pages, {"x": 1.0}))
        page = PageChanged("main", 1, "", ("main", "solo", "fx"))
        assert floor.rig.mapper.report() == [page, VariableChanged("x", 1.0)]
        assert Floor().rig.mapper.report() == []
        floor.reload(stage=Stage(PAGES.pages, {"x": 2.0, "y": True}))
        told = [fact for fact in floor.told if isinstance(fact, VariableChanged | PageChanged)]
        assert told == [VariableChanged("y", True)]

    def test_without_a_start_no_page_is_active(self) -> None:
        """Until one is chosen; back leads there again."""
        floor = Floor(stage=Stage(pages=(Page("solo"),)))
        assert floor.page == ""
        floor.do(PageTarget("solo").action(1.0, 0))
        floor.do(PageTarget(Seek.BACK).action(1.0, 0))
        assert floor.page == ""


class TestHeldPages:
    def test_a_held_page_is_left_with_the_press(self) -> None:
        """Whatever was done on it."""
        floor = Floor(rule("fs1", PageTarget("solo", hold=True)), rule("fs2", "drive", page="solo"), stage=PAGES)
        floor.press("fs1")
        assert floor.page == "solo"
        floor.tap("fs2")
        floor.let_go("fs1")
        assert floor.page == "main"

    @pytest.mark.parametrize(("first", "then"), [(("fs1", "fs2"), "fx"), (("fs2", "fs1"), "solo")])
    def test_nested_holds_unwind_in_any_order(self, first: tuple[str, str], then: str) -> None:
        """The page of the press that goes on stays; with the last one it is as before."""
        floor = Floor(rule("fs1", PageTarget("solo", hold=True)), rule("fs2", PageTarget("fx", hold=True)), stage=PAGES)
        floor.press("fs1", "fs2")
        assert floor.page == "fx"
        floor.let_go(first[0])
        assert floor.page == then
        floor.let_go(first[1])
        assert floor.page == "main"

    def test_choosing_a_page_ends_the_holds(self) -> None:
        """The release of the press that held has nothing to leave any more; back leads to where it all began."""
        floor = Floor(
            rule("fs1", PageTarget("solo", hold=True)),
            rule("fs2", PageTarget("fx")),
            rule("fs3", PageTarget(Seek.BACK)),
            stage=PAGES,
        )
        floor.press("fs1")
        floor.tap("fs2")
        floor.let_go("fs1")
        assert floor.page == "fx"
        floor.tap("fs3")
        assert floor.page == "main"

    def test_back_ends_what_is_held(self) -> None:
        """And goes no further; the release has nothing to leave any more."""
        floor = Floor(rule("fs1", PageTarget("solo", hold=True)), rule("fs2", PageTarget(Seek.BACK)), stage=PAGES)
        floor.do(PageTarget("fx").action(1.0, 0))
        floor.press("fs1")
        floor.tap("fs2")
        assert floor.page == "fx"
        floor.let_go("fs1")
        assert floor.page == "fx"

    @pytest.mark.parametrize(("pick", "page"), [(Seek.NEXT, "main"), (Seek.PREVIOUS, "fx")])
    def test_from_no_page_the_way_begins_at_an_end(self, pick: Seek, page: str) -> None:
        """The first, or the last."""
        floor = Floor(stage=Stage(tuple(Page(each.name) for each in PAGES.pages)))
        floor.do(PageTarget(pick).action(1.0, 0))
        assert floor.page == page

    def test_a_lost_device_leaves_the_page_it_held(self) -> None:
        """Nothing stays stuck."""
        floor = Floor(rule("fs1", PageTarget("solo", hold=True)), stage=PAGES)
        floor.press("fs1")
        floor.lose("floor")
        assert floor.page == "main"

    def test_a_hold_gesture_can_hold_a_page(self) -> None:
        """From its threshold until the switch comes up."""
        floor = Floor(rule("fs1", "drive"), rule("fs1", PageTarget("solo", hold=True), gesture=HOLD), stage=PAGES)
        floor.press("fs1")
        floor.wait(0.6)
        assert floor.page == "solo"
        floor.let_go("fs1")
        assert floor.page == "main"

    def test_a_tap_that_is_decided_late_holds_nothing(self) -> None:
        """The switch is up when the double's window ends."""
        floor = Floor(rule("fs1", PageTarget("solo", hold=True)), rule("fs1", "drive", gesture=DOUBLE), stage=PAGES)
        floor.tap("fs1")
        floor.wait(1.0)
        assert floor.page == "main"
        floor.tap("fs1")
        floor.press("fs1", after=0.05)
        assert floor.done == [A]

    def test_a_page_stays_held_through_a_reload(self) -> None:
        """And is left with the press; a page that is gone is left at once, and that is told."""
        hold = rule("fs1", PageTarget("solo", hold=True))
        floor = Floor(hold, stage=PAGES)
        floor.press("fs1")
        floor.reload(stage=PAGES)
        assert floor.page == "solo"
        floor.let_go("fs1")
        assert floor.page == "main"
        floor.reload(hold, stage=PAGES)
        floor.press("fs1")
        floor.forget()
        floor.reload(hold, stage=Stage(pages=(Page("main", start=True),)))
        assert floor.page == "main"
        assert [fact.page for fact in floor.told if isinstance(fact, PageChanged)] == ["main"]


class TestOwnership:
    def test_a_press_belongs_to_the_page_where_it_began(self) -> None:
        """Its release goes to the rule of that page."""
        rules = [
            rule("fs1", PageTarget("solo"), page="main"),
            rule("fs1", "drive", gesture=RELEASE, page="main"),
            rule("fs1", "delay", gesture=RELEASE, page="solo"),
        ]
        floor = Floor(*rules, stage=PAGES)
        floor.press("fs1")
        floor.done.clear()
        floor.let_go("fs1")
        assert floor.done == [A]
        floor.tap("fs1")
        assert floor.done == [B]

    def test_a_hold_that_began_on_another_page_fires(self) -> None:
        """At its threshold."""
        floor = Floor(rule("fs1", "drive", gesture=HOLD, page="main"), SOLO, stage=PAGES)
        floor.press("fs1")
        floor.tap("fs6", after=0.1)
        floor.done.clear()
        floor.wait(1.0)
        assert floor.done == [A]

    def test_the_page_survives_a_reload(self) -> None:
        """By its name, wherever it stands now."""
        floor = Floor(SOLO, stage=PAGES)
        floor.tap("fs6")
        floor.reload(rule("fs1", "drive", page="solo"), stage=Stage(pages=(Page("solo"), Page("main", start=True))))
        assert (floor.page, floor.rig.mapper.view.page.index) == ("solo", 1)
        floor.done.clear()
        floor.tap("fs1")
        assert floor.done == [A]


class TestLights:
    RULES = (
        rule("fs2", SnapshotTarget("Lead"), page="solo"),
        rule("fs1", "drive", look=Look(idle="dim")),
        rule("fs1", "delay", page="solo"),
        rule("fs3", "delay", page="fx"),
        rule("fs4", "drive"),
        SOLO,
    )

    def test_lights_are_handed_over_once_in_the_order_of_the_profile(self) -> None:
        """Every control whose rules changed, and those that show pages; none is dark in between."""
        floor = Floor(*self.RULES, stage=PAGES)
        output = floor.rig.act(PageTarget("solo").action(1.0, 0), "", floor.now)
        assert [look.control for look in output.feedback] == ["floor.fs1", "floor.fs2", "floor.fs6"]
        assert [look.style for look in output.feedback] == ["off", "off", "on"]
        output = floor.rig.act(PageTarget("main").action(1.0, 0), "", floor.now)
        assert [(look.control, look.style) for look in output.feedback] == [
            ("floor.fs1", "dim"), ("floor.fs2", "off"), ("floor.fs6", "off"),
        ]  # fmt: skip

    def test_a_pages_color_is_that_of_its_rules(self) -> None:
        """Where they name none; rules of no page have none."""
        named = rule("fs3", BypassTarget(("drive",)), page="solo", look=Look(color="green"))
        floor = Floor(*self.RULES, named, stage=PAGES)
        floor.tap("fs6")
        colors = {name: floor.looks[f"floor.{name}"].color for name in ("fs1", "fs2", "fs3", "fs4")}
        assert colors == {"fs1": "red", "fs2": "red", "fs3": "green", "fs4": ""}
