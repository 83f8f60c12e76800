"""Gestures of one switch: the timing contract as tables, and every short play against a reckoning made in hindsight."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import pytest

from controld.mappings.gesture import PLAIN, Fired, Switch, Wants, wants_of
from controld.mappings.rule import Gesture, Trigger

PRESS, RELEASE, DOUBLE = Fired(Gesture.PRESS), Fired(Gesture.RELEASE), Fired(Gesture.DOUBLE)
Timed = tuple[float, Fired]


def hold(time_s: float) -> Fired:
    """Return a hold that reached its threshold."""
    return Fired(Gesture.HOLD, time_s)


def let_go(time_s: float) -> Fired:
    """Return a hold-release."""
    return Fired(Gesture.HOLD_RELEASE, time_s)


def repeat(first_s: float, every_s: float) -> Fired:
    """Return one firing of a repeat."""
    return Fired(Gesture.REPEAT, first_s, every_s)


# Times are multiples of an eighth, so that sums are exact and a deadline can be met to the point.
REPEAT = repeat(0.5, 0.25)
HOLD = Wants(holds_s=(0.5,))
DOUBLED = Wants(double_s=0.25)
RELEASED = Wants(releases_s=(0.5,))
REPEATED = Wants(repeats=((0.5, 0.25),))
WISHES = [
    Wants(holds, double, releases, repeats)
    for holds, double, releases, repeats in product(
        [(), (0.5,), (0.125, 1.0)], [None, 0.25, 0.75], [(), (0.5,), (0.25, 1.0)], [(), ((0.5, 0.25),)]
    )
]


def run(edges: Sequence[float], wants: Wants, until: float) -> list[Timed]:
    """Return what fires, and when, if the switch goes down and up in turn at these times and every deadline is met."""
    switch, fired = Switch(), list[Timed]()
    for index, at_s in enumerate(edges):
        fired += wait(switch, at_s)
        edge = switch.up(at_s) if index % 2 else switch.down(at_s, wants)
        fired += [(at_s, each) for each in edge]
        assert switch.is_down is (index % 2 == 0)
    return fired + wait(switch, until)


def wait(switch: Switch, until: float) -> list[Timed]:
    """Meet every deadline up to `until`; each fires something or rules something out, and is then past."""
    fired: list[Timed] = []
    while (deadline := switch.deadline()) is not None and deadline <= until:
        fired += [(deadline, each) for each in switch.expire(deadline)]
        following = switch.deadline()
        assert following is None or following > deadline
    return fired


def reckon(edges: Sequence[float], wants: Wants, until: float) -> Iterator[Timed]:
    """Yield what has to fire, from the whole play seen in hindsight."""
    presses = [(edges[i], edges[i + 1] if i + 1 < len(edges) else None) for i in range(0, len(edges), 2)]
    starts = [REPEAT] if wants.repeats else []
    while presses:
        down, up = presses.pop(0)
        end = until if up is None else up
        held = end - down
        rivals = wants.holds_s + wants.releases_s
        window = down + wants.double_s if wants.double_s is not None else None
        if rivals and held >= min(rivals):
            yield from ((down + time_s, hold(time_s)) for time_s in wants.holds_s if time_s <= held)
            if up is not None:
                yield from ((up, let_go(time_s)) for time_s in reversed(wants.releases_s) if time_s <= held)
        elif window is not None and up is not None and up < window:
            if presses and presses[0][0] < window:
                yield presses.pop(0)[0], DOUBLE
            elif window <= until:
                yield from ((window, each) for each in (PRESS, *starts, RELEASE))
        elif rivals and up is not None:
            yield from ((up, each) for each in (PRESS, *starts, RELEASE))
        elif not rivals and (at_s := down if window is None else window) <= end:
            yield from ((at_s, each) for each in (PRESS, *starts))
            if starts:
                count = int((end - at_s - 0.5) // 0.25) + 1 if end - at_s >= 0.5 else 0
                yield from ((at_s + 0.5 + 0.25 * index, REPEAT) for index in range(count))
            if up is not None:
                yield up, RELEASE


class TestEveryShortPlay:
    @pytest.mark.parametrize("wants", WISHES, ids=str)
    def test_fires_what_hindsight_says(self, wants: Wants) -> None:
        """Up to five edges, at and around every threshold: each gesture once, at its time, and nothing else."""
        gaps = (0.125, 0.25, 0.375, 0.5, 1.125)
        for count in range(1, 6):
            for chosen in product(gaps, repeat=count - 1):
                edges = [1.0 + sum(chosen[:index]) for index in range(count)]
                until = edges[-1] + 2.0
                expected = sorted(reckon(edges, wants, until), key=lambda timed: timed[0])
                assert run(edges, wants, until) == expected, edges

    @pytest.mark.parametrize("wants", [wants for wants in WISHES if not wants.repeats], ids=str)
    def test_fires_the_same_however_late_the_clock_is(self, wants: Wants) -> None:
        """A clock that nobody looked at between two edges changes nothing but the time of the firing."""
        gaps = (0.125, 0.25, 0.5, 1.125)
        for chosen in product(gaps, repeat=4):
            edges = [1.0 + sum(chosen[:index]) for index in range(5)]
            switch, late = Switch(), list[Fired]()
            for index, at_s in enumerate(edges):
                late += switch.up(at_s) if index % 2 else switch.down(at_s, wants)
            late += switch.expire(edges[-1] + 2.0)
            assert late == [each for _, each in run(edges, wants, edges[-1] + 2.0)], edges


class TestContract:
    @pytest.mark.parametrize(
        ("wants", "edges", "expected"),
        [
            (PLAIN, [0.0, 0.125], [(0.0, PRESS), (0.125, RELEASE)]),
            (HOLD, [0.0, 0.25], [(0.25, PRESS), (0.25, RELEASE)]),
            (HOLD, [0.0, 0.5], [(0.5, hold(0.5))]),
            (HOLD, [0.0], [(0.5, hold(0.5))]),
            (DOUBLED, [0.0, 0.125], [(0.25, PRESS), (0.25, RELEASE)]),
            (DOUBLED, [0.0, 0.125, 0.1875], [(0.1875, DOUBLE)]),
            (DOUBLED, [0.0, 1.0], [(0.25, PRESS), (1.0, RELEASE)]),
            (RELEASED, [0.0, 0.25], [(0.25, PRESS), (0.25, RELEASE)]),
            (RELEASED, [0.0, 0.5], [(0.5, let_go(0.5))]),
            (Wants(holds_s=(0.5,), releases_s=(0.5,)), [0.0, 0.75], [(0.5, hold(0.5)), (0.75, let_go(0.5))]),
            (REPEATED, [0.0, 0.75], [(0.0, PRESS), (0.0, REPEAT), (0.5, REPEAT), (0.75, REPEAT), (0.75, RELEASE)]),
            (REPEATED, [0.0, 0.25], [(0.0, PRESS), (0.0, REPEAT), (0.25, RELEASE)]),
        ],
    )  # fmt: skip
    def test_the_timing_of(self, wants: Wants, edges: list[float], expected: list[Timed]) -> None:
        """At once without a rival; a hold at its threshold; the shortest wait that can decide."""
        assert run(edges, wants, 3.0) == expected

    def test_several_repeats_go_their_own_ways(self) -> None:
        """Both begin with the press, then each has its times."""
        slow, fast = repeat(0.5, 0.5), repeat(0.25, 0.125)
        fired = run([0.0, 0.5625], Wants(repeats=((0.25, 0.125), (0.5, 0.5))), 3.0)
        assert [at_s for at_s, each in fired if each == fast] == [0.0, 0.25, 0.375, 0.5]
        assert [at_s for at_s, each in fired if each == slow] == [0.0, 0.5]

    def test_a_repeat_begins_when_the_press_fires(self) -> None:
        """A double delays the press; the repeat counts from there."""
        fired = run([0.0, 1.0], Wants(double_s=0.25, repeats=((0.5, 0.125),)), 3.0)
        assert [at_s for at_s, each in fired if each.gesture is Gesture.REPEAT] == [0.25, 0.75, 0.875, 1.0]

    def test_wants_are_those_of_the_first_press(self) -> None:
        """The second press of a double is not asked what it would have wanted; the press after that is."""
        switch = Switch()
        assert not switch.down(0.0, DOUBLED)
        assert not switch.up(0.125)
        assert list(switch.down(0.1875, HOLD)) == [DOUBLE]
        assert switch.deadline() is None
        assert not switch.up(2.0)
        assert list(switch.down(3.0, PLAIN)) == [PRESS]

    def test_a_switch_that_never_comes_up_is_released_by_its_next_press(self) -> None:
        """Some devices send nothing at release."""
        switch = Switch()
        assert list(switch.down(0.0, PLAIN)) == [PRESS]
        assert list(switch.down(1.0, PLAIN)) == [RELEASE, PRESS]
        assert list(switch.down(2.0, HOLD)) == [RELEASE]
        assert list(switch.down(3.0, PLAIN)) == [hold(0.5), PRESS]
        assert list(switch.up(4.0)) == [RELEASE]

    def test_two_downs_in_a_row_are_a_double(self) -> None:
        """Though the release between them was never sent."""
        switch = Switch()
        assert not switch.down(0.0, DOUBLED)
        assert list(switch.down(0.125, DOUBLED)) == [DOUBLE]
        assert switch.is_down

    def test_a_release_without_a_press_means_nothing(self) -> None:
        """Nor does a second one."""
        switch = Switch()
        assert not switch.up(0.0)
        switch.down(1.0, PLAIN)
        switch.up(2.0)
        assert not switch.up(3.0)
        assert switch.is_idle

    def test_a_second_release_does_not_end_the_wait_for_a_double(self) -> None:
        """The tap still waits for its second press."""
        switch = Switch()
        switch.down(0.0, DOUBLED)
        switch.up(0.0625)
        assert not switch.up(0.125)
        assert list(switch.down(0.1875, DOUBLED)) == [DOUBLE]


class TestStalls:
    def test_a_repeat_that_is_late_fires_once_and_keeps_its_step(self) -> None:
        """Whatever time was missed, no burst follows."""
        switch = Switch()
        switch.down(0.0, REPEATED)
        assert list(switch.expire(10.0625)) == [REPEAT]
        assert switch.deadline() == 10.25
        assert not switch.expire(10.125)
        assert list(switch.expire(10.25)) == [REPEAT]

    @pytest.mark.parametrize(("now", "following"), [(0.75, 1.0), (0.8, 1.0), (1.0, 1.25)])
    def test_a_look_at_the_very_time_of_a_later_one_fires_once_too(self, now: float, following: float) -> None:
        """What was late and what is due just now are one."""
        switch = Switch()
        switch.down(0.0, REPEATED)
        assert list(switch.expire(now)) == [REPEAT]
        assert switch.deadline() == following

    @pytest.mark.parametrize("ticks", range(6, 60))
    def test_rounded_sums_make_no_second_firing(self, ticks: int) -> None:
        """Tenths of a second are no round numbers to a computer."""
        switch = Switch()
        switch.down(0.0, Wants(repeats=((0.5, 0.1),)))
        assert len(switch.expire(ticks / 10)) == 1
        deadline = switch.deadline()
        assert deadline is not None
        assert ticks / 10 < deadline <= ticks / 10 + 0.1001

    def test_the_step_counts_from_the_press(self) -> None:
        """Not from the last time anybody looked, nor from some round time."""
        switch = Switch()
        switch.down(0.0, Wants(repeats=((0.375, 0.25),)))
        assert len(switch.expire(2.0)) == 1
        assert switch.deadline() == 2.125

    def test_a_release_stamped_before_its_press_is_a_tap(self) -> None:
        """Two threads, two clocks' readings."""
        switch = Switch()
        switch.down(1.0, HOLD)
        assert list(switch.up(0.875)) == [PRESS, RELEASE]
        assert switch.is_idle

    def test_a_release_after_a_stall_ends_it(self) -> None:
        """One late firing, then the release, then nothing."""
        switch = Switch()
        switch.down(0.0, REPEATED)
        assert list(switch.up(10.0)) == [REPEAT, RELEASE]
        assert switch.deadline() is None

    def test_deadlines_taken_one_at_a_time_make_no_burst_either(self) -> None:
        """Who goes from deadline to deadline says what the clock shows as well."""
        switch = Switch()
        switch.down(0.0, REPEATED)
        assert list(switch.expire(0.5, 10.0)) == [REPEAT]
        assert switch.deadline() == 10.25

    def test_a_late_press_counts_as_the_late_repeat(self) -> None:
        """Press and repeat fire together; the next is after now."""
        switch = Switch()
        switch.down(0.0, Wants(double_s=0.25, repeats=((0.5, 0.25),)))
        assert list(switch.expire(5.0)) == [PRESS, REPEAT]
        assert switch.deadline() == 5.25

    def test_a_late_clock_fires_every_hold_in_order(self) -> None:
        """And the switch knows that the press became one."""
        switch = Switch()
        switch.down(0.0, Wants(holds_s=(0.5, 1.5), releases_s=(0.5, 1.0)))
        assert list(switch.up(2.0)) == [hold(0.5), hold(1.5), let_go(1.0), let_go(0.5)]

    def test_a_release_stamped_before_a_hold_that_fired_ends_it(self) -> None:
        """Another thread stamped it; the hold has been acted on, so it gets its end."""
        switch = Switch()
        switch.down(0.0, Wants(holds_s=(0.5,), releases_s=(0.5,)))
        assert list(switch.expire(0.5)) == [hold(0.5)]
        assert list(switch.up(0.4375)) == [let_go(0.5)]


class TestLoss:
    @pytest.mark.parametrize(
        ("wants", "edges", "expected"),
        [
            (PLAIN, [0.0], [RELEASE]),
            (PLAIN, [0.0, 0.125], []),
            (HOLD, [0.0], []),
            (DOUBLED, [0.0], []),
            (DOUBLED, [0.0, 0.125], [PRESS, RELEASE]),
            (Wants(double_s=0.25, repeats=((0.5, 0.25),)), [0.0, 0.125], [PRESS, REPEAT, RELEASE]),
            (DOUBLED, [0.0, 0.125, 0.1875], []),
            (REPEATED, [0.0], [RELEASE]),
        ],
    )
    def test_half_a_press_never_was(self, wants: Wants, edges: list[float], expected: list[Fired]) -> None:
        """What fired gets its release, a finished tap counts, what was undecided is forgotten."""
        switch = Switch()
        for index, at_s in enumerate(edges):
            if index % 2:
                switch.up(at_s)
            else:
                switch.down(at_s, wants)
        assert list(switch.lose()) == expected
        assert switch.is_idle
        assert not switch.is_down
        assert switch.deadline() is None
        assert not switch.up(0.2)

    def test_a_hold_gets_its_end(self) -> None:
        """It may have left a page or a note behind; thresholds that were not reached have nothing to end."""
        switch = Switch()
        switch.down(0.0, Wants(holds_s=(0.25,), releases_s=(0.25, 0.5, 1.0)))
        assert list(switch.expire(0.5)) == [hold(0.25)]
        assert list(switch.lose()) == [let_go(0.5), let_go(0.25)]
        assert not switch.expire(5.0)

    def test_the_next_press_begins_anew(self) -> None:
        """Nothing that a lost press had reached is left."""
        switch = Switch()
        wants = Wants(holds_s=(0.25,), releases_s=(0.25,))
        switch.down(0.0, wants)
        switch.expire(0.25)
        switch.lose()
        assert not switch.down(1.0, wants)
        assert switch.deadline() == 1.25
        assert list(switch.up(1.125)) == [PRESS, RELEASE]


class TestTriggers:
    @pytest.mark.parametrize(
        ("triggers", "expected"),
        [
            ([], PLAIN),
            ([Trigger("a", Gesture.PRESS), Trigger("a", Gesture.RELEASE)], PLAIN),
            ([Trigger("a", Gesture.HOLD, 1.0), Trigger("a", Gesture.HOLD, 0.5), Trigger("a", Gesture.HOLD, 1.0)],
             Wants(holds_s=(0.5, 1.0))),
            ([Trigger("a", Gesture.DOUBLE, 0.25), Trigger("a", Gesture.DOUBLE, 0.5)], Wants(double_s=0.5)),
            ([Trigger("a", Gesture.HOLD_RELEASE, 0.5), Trigger("a", Gesture.HOLD_RELEASE, 0.25)],
             Wants(releases_s=(0.25, 0.5))),
            ([Trigger("a", Gesture.REPEAT, 0.5, every_s=0.25), Trigger("a", Gesture.REPEAT, 0.5, every_s=0.125)],
             Wants(repeats=((0.5, 0.125), (0.5, 0.25)))),
        ],
    )  # fmt: skip
    def test_wants_of(self, triggers: Iterable[Trigger], expected: Wants) -> None:
        """Thresholds ascend and stand once; the longest window of a double counts."""
        assert wants_of(triggers) == expected

    @pytest.mark.parametrize(
        ("fired", "trigger", "expected"),
        [
            (PRESS, Trigger("a", Gesture.PRESS), True),
            (PRESS, Trigger("a", Gesture.RELEASE), False),
            (DOUBLE, Trigger("a", Gesture.DOUBLE, 0.25), True),  # whatever its own window
            (hold(0.5), Trigger("a", Gesture.HOLD, 0.5), True),
            (hold(0.5), Trigger("a", Gesture.HOLD, 0.25), False),
            (hold(0.5), Trigger("a", Gesture.HOLD_RELEASE, 0.5), False),
            (let_go(0.5), Trigger("a", Gesture.HOLD_RELEASE, 0.5), True),
            (let_go(0.5), Trigger("a", Gesture.HOLD_RELEASE, 0.25), False),
            (repeat(0.5, 0.25), Trigger("a", Gesture.REPEAT, 0.5, every_s=0.25), True),
            (repeat(0.5, 0.25), Trigger("a", Gesture.REPEAT, 0.5, every_s=0.125), False),
            (repeat(0.5, 0.25), Trigger("a", Gesture.REPEAT, 0.25, every_s=0.25), False),
        ],
    )
    def test_is_of(self, fired: Fired, trigger: Trigger, expected: bool) -> None:
        """A firing finds the rules it is for."""
        assert fired.is_of(trigger) is expected

    def test_a_press_has_no_times(self) -> None:
        """Nor has anything else without a threshold."""
        assert [(each.time_s, each.every_s) for each in (PRESS, RELEASE, DOUBLE)] == [(0.0, 0.0)] * 3


def test_the_plain_path_makes_no_object() -> None:
    """A press that is wanted as nothing else fires the same two values for ever."""
    switch = Switch()
    first = [switch.down(0.0, PLAIN), switch.up(0.125)]
    again = [switch.down(1.0, PLAIN), switch.up(1.125)]
    assert all(one is other for one, other in zip(first, again, strict=True))
