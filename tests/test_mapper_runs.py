"""Lists that take their time: waits, ramps, and what a second trigger does meanwhile."""

import pytest
from played_floor import PAGES, RELEASE, Floor, on_event, rule

from controld.actions import SendMidi, SetBypass, SetParameter
from controld.changes import Refused
from controld.mappings.rule import Event, Mode, Stage
from controld.mappings.runs import MAX_RUNS
from controld.mappings.target import (
    BypassTarget,
    Command,
    CommandTarget,
    PageTarget,
    ParameterTarget,
    PedalboardTarget,
    SendTarget,
    Target,
    TempoTarget,
    WaitTarget,
)
from controld.values import Duration, Level

A, B = SetBypass(("drive",)), SetBypass(("delay",))
HALF = WaitTarget(Duration(0.5))
ON, OFF = (SendTarget(SendMidi("synth", bytes((0x90, 60, velocity)))) for velocity in (100, 0))
RAMP = ParameterTarget("drive", "gain", to=Level(0.8), over=Duration(0.5))


def listed(mode: Mode, *targets: Target | str) -> Floor:
    """Return a floor whose first switch has a list in this mode; the default does drive, waits, and does delay."""
    return Floor(rule("fs1", *(targets or ("drive", HALF, "delay")), mode=mode))


def played(floor: Floor, *at_s: float) -> list[tuple[float, object]]:
    """Tap the first switch at these times and let all time pass; return what was done when, from the first on."""
    start = floor.now
    for moment in at_s:
        floor.wait(start + moment - floor.now)
        floor.press("fs1")
        floor.let_go("fs1")
    floor.wait(100.0)
    times = [round(fired - start, 6) for fired in floor.happened.fired_s]
    return list(zip(times, [intent.action for intent in floor.happened.intents], strict=True))


class TestModes:
    @pytest.mark.parametrize(
        ("mode", "expected"),
        [
            (Mode.RESTART, [(0.0, A), (0.2, A), (0.7, B)]),
            (Mode.IGNORE, [(0.0, A), (0.5, B)]),
            (Mode.QUEUE, [(0.0, A), (0.5, B), (0.5, A), (1.0, B)]),
            (Mode.PARALLEL, [(0.0, A), (0.2, A), (0.5, B), (0.7, B)]),
        ],
    )
    def test_a_second_trigger_while_a_list_waits(self, mode: Mode, expected: list[tuple[float, object]]) -> None:
        """It starts the list again, does nothing, waits for its end, or runs beside it."""
        assert played(listed(mode), 0.0, 0.2) == expected

    @pytest.mark.parametrize("mode", list(Mode))
    def test_a_trigger_after_the_list_is_done_is_a_first_one(self, mode: Mode) -> None:
        """In every mode."""
        assert played(listed(mode), 0.0, 1.0) == [(0.0, A), (0.5, B), (1.0, A), (1.5, B)]

    @pytest.mark.parametrize(
        ("mode", "times"),
        [(Mode.RESTART, [0.0, 0.2]), (Mode.IGNORE, [0.0]), (Mode.QUEUE, [0.0, 0.5]), (Mode.PARALLEL, [0.0, 0.2])],
    )
    def test_a_ramp_keeps_its_rule_running(self, mode: Mode, times: list[float]) -> None:
        """Until it is where it goes; what follows it in the list does not wait for it."""
        done = played(listed(mode, RAMP, "drive"), 0.0, 0.2)
        assert [at_s for at_s, action in done if isinstance(action, SetParameter)] == times
        assert [at_s for at_s, action in done if action == A] == times

    def test_a_list_without_waits_has_no_second_trigger(self) -> None:
        """Its mode says nothing."""
        assert played(listed(Mode.IGNORE, "drive", "delay"), 0.0, 0.0) == [(0.0, A), (0.0, B), (0.0, A), (0.0, B)]

    @pytest.mark.parametrize("mode", [Mode.QUEUE, Mode.PARALLEL])
    def test_what_is_too_much_is_refused_and_counted_by_it(self, mode: Mode) -> None:
        """The list goes on with as many as there is room for."""
        floor = listed(mode, HALF, "drive")
        for _ in range(MAX_RUNS + 5):
            floor.press("fs1")
            floor.let_go("fs1")
        refused = [fact for fact in floor.told if isinstance(fact, Refused)]
        room = MAX_RUNS + (mode is Mode.QUEUE)  # the one that runs is none that waits
        assert len(refused) == MAX_RUNS + 5 - room
        assert refused[0].origin == "floor"
        floor.wait(100.0)
        assert floor.done == [A] * room

    def test_two_rules_of_one_control_run_for_themselves(self) -> None:
        """A restart of one is none of the other."""
        ignore = rule("fs1", HALF, "delay", mode=Mode.IGNORE)
        floor = Floor(rule("fs1", HALF, "drive"), ignore)
        done = played(floor, 0.0, 0.2)
        assert done == [(0.5, B), (0.7, A)]


class TestNotes:
    """A note that a list began is ended with it, however it ends."""

    def test_a_list_that_begins_again_ends_its_note_first(self) -> None:
        """Each note on has its note off."""
        on, off = ON.message, OFF.message
        assert played(listed(Mode.RESTART, ON, HALF, OFF), 0.0, 0.2) == [(0.0, on), (0.2, off), (0.2, on), (0.7, off)]

    @pytest.mark.parametrize("mode", Mode)
    def test_panic_ends_it(self, mode: Mode) -> None:
        """And not one that had its end already."""
        other = SendTarget(SendMidi("synth", b"\x90\x20\x40")), SendTarget(SendMidi("synth", b"\x80\x20\x40"))
        panic = rule("fs2", CommandTarget(Command.PANIC))
        floor = Floor(rule("fs1", ON, *other, HALF, OFF, "delay", mode=mode), panic)
        floor.tap("fs1")
        floor.tap("fs2")
        floor.wait(10.0)
        assert floor.happened.messages == [ON.message, *(each.message for each in other), OFF.message]


class TestWaits:
    def test_beats_are_those_of_the_tempo_when_the_wait_begins(self) -> None:
        """A tempo that changes meanwhile counts from the next wait on."""
        beat = WaitTarget(Duration(beats=1))
        floor = Floor(rule("fs1", beat, "drive", beat, "delay"), rule("fs2", TempoTarget(bpm=60.0)))
        floor.press("fs1")
        floor.tap("fs2", after=0.1)
        floor.forget()
        start = floor.now - 0.15
        floor.wait(5.0)
        assert [fired - start for fired in floor.happened.fired_s] == [pytest.approx(0.5), pytest.approx(1.5)]

    def test_lists_go_on_through_page_and_pedalboard(self) -> None:
        """They are the rule's."""
        floor = Floor(
            rule("fs1", HALF, "drive", page="main"),
            rule("fs2", PageTarget("solo"), PedalboardTarget("Jazz")),
            stage=PAGES,
        )
        floor.tap("fs1")
        floor.tap("fs2")
        floor.done.clear()
        floor.wait(1.0)
        assert floor.done == [A]

    def test_a_reload_keeps_what_waits_for_its_turn(self) -> None:
        """The list that runs and the one after it."""
        lists = rule("fs1", HALF, "drive", mode=Mode.QUEUE)
        floor = Floor(lists)
        floor.tap("fs1", "fs1")
        floor.reload(lists)
        floor.tap("fs1")
        floor.wait(5.0)
        assert floor.done == [A, A, A]


class TestPanic:
    STAGE = Stage(panic=(BypassTarget(("delay",), "bypassed"), WaitTarget(Duration(0.1)), BypassTarget(("drive",))))

    @pytest.mark.parametrize("mode", list(Mode))
    def test_panic_ends_every_list(self, mode: Mode) -> None:
        """Those that run and those that wait; then the declared actions are done, with their own waits."""
        panic = rule("fs2", CommandTarget(Command.PANIC))
        floor = Floor(rule("fs1", HALF, "delay", mode=mode), panic, stage=self.STAGE)
        floor.tap("fs1", "fs1")
        floor.tap("fs2")
        floor.done.clear()
        floor.wait(10.0)
        assert floor.done == [A]
        assert floor.rig.next_deadline() is None

    def test_panic_does_the_declared_actions(self) -> None:
        """In their order, for the one who asked."""
        floor = Floor(rule("fs2", CommandTarget(Command.PANIC)), stage=self.STAGE)
        floor.tap("fs2")
        floor.wait(1.0)
        safe = [intent for intent in floor.happened.intents if intent.rule.place == "panic"]
        assert [intent.action for intent in safe] == [SetBypass(("delay",), True), A]
        assert {intent.origin for intent in safe} == {"floor"}

    def test_a_list_that_panics_ends_there(self) -> None:
        """What it would have done after a wait is part of what runs."""
        floor = Floor(rule("fs1", CommandTarget(Command.PANIC), HALF, "drive"))
        floor.tap("fs1")
        floor.wait(5.0)
        assert A not in floor.done

    def test_the_release_of_a_press_that_panic_ended_means_nothing(self) -> None:
        """Its rules were told at the panic already."""
        floor = Floor(rule("fs1", "drive", gesture=RELEASE), rule("fs2", CommandTarget(Command.PANIC)))
        floor.press("fs1")
        floor.tap("fs2")
        assert floor.done.count(A) == 1
        floor.let_go("fs1")
        assert floor.done == []
        floor.tap("fs1")
        assert floor.done == [A]


class TestEventsAndLists:
    def test_a_list_of_an_event_has_modes_too(self) -> None:
        """Two events in a row restart it."""
        floor = Floor(on_event(Event.PAGE_ENTERED, HALF, "drive"), stage=PAGES)
        for page in ("solo", "fx"):
            floor.do(PageTarget(page).action(1.0, 0))
            floor.wait(0.2)
        floor.wait(2.0)
        assert floor.done == [A]
