"""Motion: dead ends, smoothing that does not depend on events, and encoders that know haste."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.mappings.motion import (
    FAST_PER_S,
    SLOW_PER_S,
    SMOOTH_END,
    STEP_S,
    Accelerator,
    Smoother,
    with_ends,
    without_ends,
)

POSITIONS = st.floats(0.0, 1.0)
GAPS = st.sampled_from([0.0, 0.002, 0.005, 0.009]) | st.floats(0.0, 0.2)
DEADZONES = st.floats(0.0, 0.45)
EPSILON = 1e-9


class TestDeadEnds:
    @pytest.mark.parametrize(
        ("position", "deadzone", "expected"),
        [(0.1, 0.0, 0.1), (0.1, 0.1, 0.0), (0.05, 0.1, 0.0), (0.9, 0.1, 1.0), (0.95, 0.1, 1.0), (0.5, 0.1, 0.5),
         (0.3, 0.1, 0.25), (0.0, 0.25, 0.0), (1.0, 0.25, 1.0), (0.375, 0.25, 0.25), (0.0, 0.0, 0.0), (1.0, 0.0, 1.0)],
    )  # fmt: skip
    def test_the_ends_are_wide(self, position: float, deadzone: float, expected: float) -> None:
        """The share at either end is the end, the rest is stretched over the whole range."""
        assert without_ends(position, deadzone) == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("position", "deadzone", "expected"),
        [(0.0, 0.1, 0.0), (1.0, 0.1, 1.0), (0.25, 0.1, 0.3), (0.5, 0.2, 0.5), (0.75, 0.0, 0.75), (1.5, 0.1, 1.0),
         (-1.0, 0.1, 0.0)],
    )  # fmt: skip
    def test_feedback_stands_outside_of_them_or_at_the_end(
        self, position: float, deadzone: float, expected: float
    ) -> None:
        """A motor that shows an end goes all the way."""
        assert with_ends(position, deadzone) == pytest.approx(expected)

    @given(POSITIONS, DEADZONES)
    def test_one_is_the_reverse_of_the_other(self, position: float, deadzone: float) -> None:
        """What a control shows is what it would send."""
        assert without_ends(with_ends(position, deadzone), deadzone) == pytest.approx(position, abs=EPSILON)

    @given(POSITIONS, POSITIONS, DEADZONES)
    def test_it_never_turns_back(self, one: float, other: float, deadzone: float) -> None:
        """Farther is farther, or the same."""
        low, high = sorted((one, other))
        assert 0.0 <= without_ends(low, deadzone) <= without_ends(high, deadzone) <= 1.0


def settle(smoother: Smoother) -> list[tuple[float, float]]:
    """Meet every deadline until it rests; return when and where it stepped."""
    steps: list[tuple[float, float]] = []
    while (due_s := smoother.deadline()) is not None:
        value = smoother.tick(due_s)
        assert value is not None
        steps.append((due_s, value))
    return steps


class TestSmoother:
    def test_the_first_position_is_taken_at_once(self) -> None:
        """There is nothing to come from."""
        smoother = Smoother(0.3)
        assert smoother.move(0.7, 1.0) == 0.7
        assert smoother.deadline() is None

    def test_a_jump_is_followed_in_its_time_and_to_the_end(self) -> None:
        """95 % within the time of `smooth`, a step every hundredth of a second, the last one the very target."""
        smoother = Smoother(0.3)
        smoother.move(0.0, 0.0)
        assert smoother.move(1.0, 1.0) is None
        steps = settle(smoother)
        assert [at_s for at_s, _ in steps[:3]] == pytest.approx([1.0 + STEP_S, 1.0 + 2 * STEP_S, 1.0 + 3 * STEP_S])
        values = {round(at_s - 1.0, 6): value for at_s, value in steps}
        assert values[0.1] == pytest.approx(1 - math.exp(-1))
        assert values[0.3] == pytest.approx(1 - math.exp(-3))
        assert steps[-1][1] == 1.0
        assert 0.001 < 1.0 - steps[-2][1] <= 0.0012  # the last step is too small to be heard
        assert all(one < other for (_, one), (_, other) in pairwise(steps))
        assert smoother.tick(100.0) is None

    def test_rest_asks_for_nothing(self) -> None:
        """A control that sends where it is already wakes nobody up."""
        smoother = Smoother(0.3)
        smoother.move(0.5, 0.0)
        assert smoother.move(0.5, 1.0) is None
        assert smoother.deadline() is None

    def test_a_step_that_is_due_comes_with_the_next_event(self) -> None:
        """And the one after it a hundredth of a second later."""
        smoother = Smoother(0.3)
        smoother.move(0.0, 0.0)
        smoother.move(1.0, 1.0)
        assert smoother.move(0.5, 1.1) == pytest.approx(1 - math.exp(-1))
        assert smoother.deadline() == pytest.approx(1.1 + STEP_S)
        steps = settle(smoother)
        assert steps[-1][1] == 0.5
        assert all(one > other for (_, one), (_, other) in pairwise(steps))

    def test_a_dense_stream_puts_no_step_off(self) -> None:
        """A device that sends every two milliseconds is followed like any other."""
        smoother = Smoother(0.3)
        smoother.move(0.0, 0.0)
        steps = [smoother.move(1.0, 1.0 + index * 0.002) for index in range(101)]
        told = [step for step in steps if step is not None]
        assert len(told) in {16, 17, 18, 19, 20}  # a step waits for the event after its time
        assert told[-1] == pytest.approx(1 - math.exp(-2), abs=0.02)

    def test_the_last_step_comes_with_an_event_too(self) -> None:
        """The old target is reached, and the next movement begins there."""
        smoother = Smoother(0.03)
        smoother.move(0.0, 0.0)
        smoother.move(1.0, 1.0)
        assert smoother.move(1.0, 9.0) == 1.0
        assert smoother.deadline() is None
        smoother.move(0.0, 10.0)
        assert smoother.move(0.5, 20.0) == 0.0
        assert smoother.deadline() == pytest.approx(20.0 + STEP_S)
        assert smoother.tick(20.01) == pytest.approx(0.5 * (1 - math.exp(-1)))

    def test_a_late_clock_makes_one_step(self) -> None:
        """To where it should be by then."""
        smoother = Smoother(0.3)
        smoother.move(0.0, 0.0)
        smoother.move(1.0, 1.0)
        assert smoother.tick(1.2) == pytest.approx(1 - math.exp(-2))
        assert smoother.tick(1.2 + STEP_S / 2) is None
        assert smoother.deadline() == pytest.approx(1.2 + STEP_S)

    def test_it_goes_on_from_where_somebody_else_put_the_parameter(self) -> None:
        """At once where nobody knows."""
        smoother = Smoother(0.3)
        smoother.move(0.0, 0.0)
        smoother.move(1.0, 1.0)
        smoother.settle(0.5)
        assert smoother.deadline() is None
        assert smoother.tick(2.0) is None
        assert smoother.move(1.0, 2.0) is None
        assert smoother.tick(2.1) == pytest.approx(1 - 0.5 * math.exp(-1))
        smoother.settle()
        assert smoother.move(0.25, 3.0) == 0.25

    def test_a_stamp_from_before_turns_nothing_back(self) -> None:
        """Another thread stamped the event; the value stays where it was shown."""
        smoother = Smoother(0.3)
        smoother.move(0.0, 0.0)
        smoother.move(1.0, 1.0)
        shown = smoother.tick(1.1)
        assert shown is not None
        smoother.move(0.9, 1.05)
        assert smoother.tick(1.25) == pytest.approx(0.9 + (shown - 0.9) * math.exp(-2))

    @given(
        st.lists(st.tuples(GAPS, POSITIONS), min_size=1, max_size=20),
        st.lists(st.floats(0.0, 4.0), max_size=40),
        st.floats(0.05, 3.0),
    )
    def test_events_and_clocks_do_not_change_its_pace(
        self, moves: list[tuple[float, float]], looks: list[float], smooth_s: float
    ) -> None:
        """Where it steps to depends on when the hand was where, not on how often anybody asked."""
        way, now = [(0.0, 0.5)], 0.0
        for gap_s, position in moves:
            now += gap_s
            way.append((now, position))
        smoother = Smoother(smooth_s)
        assert smoother.move(0.5, 0.0) == 0.5
        steps: list[tuple[float, float | None]] = []
        for at_s, place in sorted([*way[1:], *((look, None) for look in looks)], key=lambda event: event[0]):
            steps.append((at_s, smoother.tick(at_s) if place is None else smoother.move(place, at_s)))
        steps += settle(smoother)
        told = [(at_s, value) for at_s, value in steps if value is not None]
        assert all(other - one >= STEP_S - EPSILON for (one, _), (other, _) in pairwise(told))
        for at_s, value in told:  # each end of a movement is rounded to its target
            assert value == pytest.approx(ideal(way, smooth_s, at_s), abs=SMOOTH_END * len(way))
        if told:
            assert told[-1][1] == moves[-1][1]


def ideal(way: list[tuple[float, float]], smooth_s: float, now: float) -> float:
    """Return where a filter without steps is, after the hand was at these places since these times."""
    value = way[0][1]
    for index, (since_s, target) in enumerate(way):
        if since_s >= now:
            break
        until_s = min(way[index + 1][0] if index + 1 < len(way) else now, now)
        value = target + (value - target) * math.exp(-3.0 * (until_s - since_s) / smooth_s)
    return value


class TestAccelerator:
    def turned(self, limit: float, *turns: tuple[float, int]) -> list[int]:
        """Return what turns (after a gap in seconds, detents) count for."""
        accelerator, now, counted = Accelerator(limit), 50.0, list[int]()
        for gap_s, detents in turns:
            now += gap_s
            counted.append(accelerator.turn(detents, now))
        return counted

    def test_the_curve(self) -> None:
        """One up to the slow pace, the limit from the fast one on, evenly in between."""
        for per_s, expected in (
            (1.0, 1), (SLOW_PER_S, 1), (35.0, 5), (FAST_PER_S, 9), (1000.0, 9), (SLOW_PER_S + 12.5, 3), (26.25, 4),
        ):  # fmt: skip
            assert self.turned(9.0, *[(1 / per_s, 1)] * 20)[-1] == expected

    def test_the_first_detent_and_every_slow_one_count_once(self) -> None:
        """However fast the knob was a moment ago."""
        assert self.turned(8.0, (0.0, 1), *[(0.005, 1)] * 5, (0.1, 1), (0.1, -1), (0.5, -1))[-3:] == [1, -1, -1]
        assert self.turned(8.0, (0.0, 1)) == [1]
        assert self.turned(8.0, (0.0, -1)) == [-1]

    def test_two_detents_in_one_packet_are_no_haste_yet(self) -> None:
        """They may have been a twentieth of a second apart."""
        assert self.turned(8.0, (1.0, 1), (0.0, 1)) == [1, 2]
        assert self.turned(8.0, (1.0, 1), (0.0, 1), (0.0, 1)) == [1, 2, 8]

    def test_the_other_direction_begins_slowly(self) -> None:
        """A hand that turns back wants to be exact."""
        assert self.turned(8.0, *[(0.01, 1)] * 5, (0.01, -1), (0.01, -1), (0.01, -1)) == [1, 2, 8, 8, 8, -1, -2, -8]

    def test_a_device_that_counts_itself(self) -> None:
        """Three detents in one message took a third of the time each."""
        assert self.turned(8.0, (5.0, 3), (0.3, 3), (0.3, 3)) == [3, 3, 3]
        assert self.turned(9.0, (5.0, 2), *[(2 / 35, 2)] * 9)[-1] == 10
        assert self.turned(9.0, (5.0, -2), *[(2 / 35, -2)] * 9)[-1] == -10

    def test_a_clock_that_goes_back_is_no_time_at_all(self) -> None:
        """Nothing breaks, and nothing is counted down."""
        assert self.turned(8.0, (1.0, 1), (0.01, 1), (-0.5, 1))[-1] == 8

    @given(
        st.floats(1.0, 32.0),
        st.lists(st.tuples(st.floats(0.0, 0.3), st.integers(-5, 5).filter(bool)), min_size=1, max_size=30),
    )
    def test_counts_between_one_and_the_limit(self, limit: float, turns: list[tuple[float, int]]) -> None:
        """In the direction of the hand; a slow detent, and the first of a direction, exactly once."""
        before = 0
        for (gap_s, detents), counted in zip(turns, self.turned(limit, *turns), strict=True):
            assert counted * detents > 0
            assert abs(detents) <= abs(counted) <= math.floor(abs(detents) * limit + 0.5)
            if gap_s >= abs(detents) / SLOW_PER_S + EPSILON or before * detents <= 0:
                assert counted == detents
            before = detents

    @given(st.lists(st.tuples(st.floats(0.0, 0.3), st.integers(-5, 5).filter(bool)), max_size=30))
    def test_without_a_limit_above_one_it_counts(self, turns: list[tuple[float, int]]) -> None:
        """Nothing is added."""
        assert self.turned(1.0, *turns) == [detents for _, detents in turns]
