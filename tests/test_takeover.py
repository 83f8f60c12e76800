"""Takeover: pickup judged on distance, side and time; scale that never jumps; both around shaped parameters."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.mappings.shaping import Shaping, Takeover
from controld.mappings.takeover import (
    MET_DISTANCE,
    PICKUP_DISTANCE,
    RECENT_S,
    Follower,
    Jump,
    Pickup,
    Scale,
    follower,
)
from controld.values import CURVES, Level

POSITIONS = st.floats(0.0, 1.0).map(lambda share: round(share, 9)) | st.integers(0, 127).map(lambda raw: raw / 127)
EPSILON = 1e-9


def sweep(hand: Follower, positions: list[float], standing: float | None, gap_s: float = 0.01) -> list[float | None]:
    """Return what is accepted of readings in even times, the parameter standing still until it is moved."""
    accepted: list[float | None] = []
    for index, position in enumerate(positions):
        taken = hand.accept(position, standing, 100.0 + index * gap_s)
        standing = standing if taken is None else taken
        accepted.append(taken)
    return accepted


def test_each_kind_has_its_follower() -> None:
    """Each call makes a new one: two rules do not share a memory."""
    kinds = {Takeover.JUMP: Jump, Takeover.PICKUP: Pickup, Takeover.SCALE: Scale}
    assert {takeover: type(follower(takeover)) for takeover in Takeover} == kinds
    assert follower(Takeover.PICKUP) is not follower(Takeover.PICKUP)


@pytest.mark.parametrize("takeover", list(Takeover))
def test_an_unknown_parameter_is_taken_at_once(takeover: Takeover) -> None:
    """After the start nobody knows where it stands; and it stays taken when it is known."""
    hand = follower(takeover)
    assert hand.accept(0.3, None, 0.0) == 0.3
    assert hand.accept(0.4, 0.9, 5.0) == 0.4


@given(st.lists(POSITIONS), POSITIONS)
def test_jump_follows(positions: list[float], standing: float) -> None:
    """Always, also after the parameter was moved."""
    hand = Jump()
    assert sweep(hand, positions, standing) == positions
    hand.lost()
    assert hand.accept(0.3, 0.9, 0.0) == 0.3


class TestPickup:
    @pytest.mark.parametrize(
        ("positions", "standing", "gap_s", "expected"),
        [
            ([0.1, 0.2, 0.3], 0.7, 0.01, [None, None, None]),
            ([0.1, 0.5 - PICKUP_DISTANCE / 2, 0.1], 0.5, 1.0, [None, 0.5 - PICKUP_DISTANCE / 2, 0.1]),
            ([0.5 + PICKUP_DISTANCE / 2], 0.5, 1.0, [0.5 + PICKUP_DISTANCE / 2]),
            ([0.5 - PICKUP_DISTANCE * 1.01], 0.5, 1.0, [None]),
            ([PICKUP_DISTANCE], 0.0, 1.0, [PICKUP_DISTANCE]),
            ([0.2, 0.8], 0.5, RECENT_S / 2, [None, 0.8]),  # a fast sweep, up
            ([0.8, 0.2, 0.1], 0.5, RECENT_S / 2, [None, 0.2, 0.1]),  # and down
            ([0.2, 0.4], 0.5, RECENT_S / 2, [None, None]),  # not there yet
            ([0.4, 0.49], 0.5, RECENT_S / 2, [None, 0.49]),  # near, without having crossed
            # The figures themselves: 2.36 % of the way, a tenth of a second.
            ([0.0236], 0.0, 1.0, [0.0236]),
            ([0.0237], 0.0, 1.0, [None]),
            ([0.2, 0.8], 0.5, 0.099, [None, 0.8]),
            ([0.2, 0.8], 0.5, 0.101, [None, None]),
            ([0.8, 0.6], 0.5, RECENT_S / 2, [None, None]),
            ([0.2, 0.8, 0.6], 0.5, RECENT_S * 2, [None, None, None]),  # moved unseen
        ],
    )
    def test_accepts(self, positions: list[float], standing: float, gap_s: float, expected: list[float | None]) -> None:
        """Near enough, or from one side to the other within one movement."""
        assert sweep(Pickup(), positions, standing, gap_s) == expected

    def test_recent_is_up_to_a_tenth_of_a_second(self) -> None:
        """The limit itself still is one movement."""
        for gap_s, expected in ((RECENT_S, 0.8), (RECENT_S + 0.001, None)):
            hand = Pickup()
            hand.accept(0.2, 0.5, 0.0)
            assert hand.accept(0.8, 0.5, gap_s) == expected

    def test_waits_again_after_somebody_else_moved_the_parameter(self) -> None:
        """And is picked up where it is then, not where it was."""
        hand = Pickup()
        assert hand.accept(0.5, 0.5, 0.0) == 0.5
        assert hand.accept(0.6, 0.9, 0.01) == 0.6  # until it is told, the parameter's way is its own
        hand.lost()
        assert hand.accept(0.61, 0.9, 0.02) is None
        assert hand.accept(0.5, 0.9, 0.03) is None
        assert hand.accept(0.9, 0.9, 1.0) == 0.9

    def test_a_parameter_that_is_forgotten_is_taken_at_once(self) -> None:
        """Another pedalboard has come, and nobody knows yet where its parameters stand."""
        hand = Pickup()
        assert hand.accept(0.2, 0.9, 0.0) is None
        assert hand.accept(0.3, None, 0.01) == 0.3

    def test_the_side_is_that_of_where_the_parameter_is_now(self) -> None:
        """A parameter that moved over a resting control has not been crossed by it."""
        hand = Pickup()
        assert hand.accept(0.4, 0.2, 0.0) is None
        hand.lost()
        assert hand.accept(0.41, 0.6, 0.01) is None

    def test_a_parameter_that_came_to_the_control_is_picked_up_by_leaving_it(self) -> None:
        """The control stood exactly where the parameter is, a moment ago."""
        for away in (0.1, 0.9):
            hand = Pickup()
            assert hand.accept(0.5, 0.8, 0.0) is None
            assert hand.accept(away, 0.5, 0.01) == away

    @given(st.lists(st.tuples(POSITIONS, st.floats(0.0, 0.3)), max_size=30), POSITIONS)
    def test_never_jumps_farther_than_it_says(self, readings: list[tuple[float, float]], standing: float) -> None:
        """Unless it swept over the parameter in one movement; and once it has it, it keeps it."""
        hand, now, last, has = Pickup(), 0.0, -1.0, False
        for position, gap_s in readings:
            now += gap_s
            taken = hand.accept(position, standing, now)
            assert taken in {None, position}
            if taken is not None and not has:
                crossed = last >= 0.0 and gap_s <= RECENT_S + EPSILON and (last - standing) * (position - standing) <= 0
                assert abs(position - standing) <= PICKUP_DISTANCE or crossed
            has = has or taken is not None
            assert has is (taken is not None)
            last = position

    @given(POSITIONS, st.integers(2, 128), st.floats(0.0, RECENT_S * 0.99))
    def test_never_misses_a_sweep(self, standing: float, count: int, gap_s: float) -> None:
        """From end to end, however few readings it has, if they follow each other soon."""
        positions = [index / (count - 1) for index in range(count)]
        for way in (positions, positions[::-1]):
            assert sweep(Pickup(), way, standing, gap_s)[-1] is not None

    @given(POSITIONS, st.floats(0.2, 100.0))
    def test_never_misses_a_slow_hand(self, standing: float, gap_s: float) -> None:
        """Every step of a 7-bit control comes near enough, whatever time it takes."""
        accepted = sweep(Pickup(), [raw / 127 for raw in range(128)], standing, gap_s)
        first = next(position for position in accepted if position is not None)
        assert abs(first - standing) <= PICKUP_DISTANCE


class TestScale:
    @pytest.mark.parametrize(
        ("start", "standing", "positions", "expected"),
        [
            (0.5, 0.25, [0.75, 1.0, 0.5], [0.625, 1.0, 0.5]),  # met at the end
            (0.5, 0.25, [0.25, 0.5, 0.75, 0.0, 0.5], [0.125, 0.25, 0.625, 0.0, 0.5]),  # going back leads back
            (0.0, 0.5, [0.5, 1.0, 0.25], [0.75, 1.0, 0.25]),
            (1.0, 0.5, [0.5, 1.0, 0.0, 0.75], [0.25, 0.5, 0.0, 0.75]),
            (0.5, 0.5, [0.6, 0.2], [0.6, 0.2]),
        ],
    )
    def test_accepts(self, start: float, standing: float, positions: list[float], expected: list[float]) -> None:
        """What is left of the way is what is left of the range."""
        hand = Scale()
        assert hand.accept(start, standing, 0.0) is None
        assert [hand.accept(each, standing, 0.01) for each in positions] == pytest.approx(expected)

    def test_goes_on_from_its_last_place_after_somebody_else_moved_the_parameter(self) -> None:
        """The first movement after that counts already."""
        hand = Scale()
        hand.accept(0.5, 0.5, 0.0)
        assert hand.accept(0.6, 0.5, 0.01) == 0.6
        hand.lost()
        assert hand.accept(0.8, 0.2, 0.02) == pytest.approx(0.6)
        hand.lost()
        assert hand.accept(0.8, 0.2, 60.0) == pytest.approx(0.2)  # it has not moved
        hand.lost()
        near = 0.8 + PICKUP_DISTANCE / 2
        assert hand.accept(near, 0.2, 120.0) == pytest.approx(0.2 + 0.8 * (near - 0.8) / 0.2)  # nor far

    @pytest.mark.parametrize(("gap_s", "expected"), [(RECENT_S, 0.6), (RECENT_S + 0.001, None)])
    def test_a_control_that_was_moved_unseen_begins_where_it_is(self, gap_s: float, expected: float | None) -> None:
        """What comes late and from afar is no movement to go by."""
        hand = Scale()
        hand.accept(0.5, 0.5, 0.1)
        hand.accept(0.6, 0.5, 0.1)
        hand.lost()
        taken = hand.accept(0.8, 0.2, 0.1 + gap_s)
        assert taken == (None if expected is None else pytest.approx(expected))
        if expected is None:
            assert hand.accept(0.9, 0.2, 0.2 + gap_s) == pytest.approx(0.6)

    def test_exactly_as_far_as_a_pickup_is_not_far(self) -> None:
        """The limit itself still counts as a movement."""
        hand = Scale()
        assert hand.accept(0.0, 0.5, 0.0) is None
        hand.lost()
        assert hand.accept(PICKUP_DISTANCE, 0.5, 60.0) == pytest.approx(0.5 + 0.5 * PICKUP_DISTANCE)

    def test_exactly_a_step_apart_is_met(self) -> None:
        """At the start, and after somebody else moved the parameter."""
        hand = Scale()
        assert hand.accept(0.0, MET_DISTANCE, 0.0) is None
        assert hand.accept(0.5, MET_DISTANCE, 0.01) == 0.5
        assert hand.accept(0.0, MET_DISTANCE, 0.02) == 0.0
        hand.lost()
        hand.accept(0.0, MET_DISTANCE, 0.03)
        assert hand.accept(0.5, MET_DISTANCE, 0.04) == 0.5

    def test_once_met_it_simply_follows(self) -> None:
        """Where both are nearer than a step of a 7-bit control, at the start as well."""
        hand = Scale()
        assert hand.accept(0.5, 0.5 + MET_DISTANCE * 0.9, 0.0) is None
        assert hand.accept(0.7, 0.5, 0.01) == 0.7
        hand = Scale()
        assert hand.accept(0.5, 0.5 + MET_DISTANCE * 1.1, 0.0) is None
        assert hand.accept(0.5, 0.5, 0.01) == pytest.approx(0.5 + MET_DISTANCE * 1.1)

    @pytest.mark.parametrize(("apart", "met"), [(0.0078, True), (0.0079, False)])
    def test_met_is_one_step_of_a_7_bit_control(self, apart: float, met: bool) -> None:
        """1 / 127 of the way."""
        hand = Scale()
        hand.accept(0.0, apart, 0.0)
        assert (hand.accept(0.5, apart, 0.01) == 0.5) is met

    @given(POSITIONS, POSITIONS, st.lists(POSITIONS, max_size=30))
    def test_is_continuous_and_in_the_hands_direction(
        self, start: float, standing: float, positions: list[float]
    ) -> None:
        """Each step goes the hand's way, and no farther than the steeper of the two lines."""
        hand = Scale()
        assert hand.accept(start, standing, 0.0) is None
        up = (1 - standing) / (1 - start) if start < 1 else 0.0
        down = standing / start if start > 0 else 0.0
        steepest = max(up, down, 1.0)
        here, value = start, standing
        for position in positions:
            taken = hand.accept(position, 0.123, 0.01)
            assert taken is not None
            assert -EPSILON <= taken <= 1 + EPSILON
            assert (taken - value) * (position - here) >= -MET_DISTANCE - EPSILON
            assert abs(taken - value) <= steepest * abs(position - here) + MET_DISTANCE + EPSILON
            here, value = position, taken

    @given(POSITIONS, POSITIONS, st.sampled_from([0.0, 1.0]))
    def test_meets_at_the_end(self, start: float, standing: float, end: float) -> None:
        """After a whole way to either end the control is where the parameter is."""
        hand = Scale()
        hand.accept(start, standing, 0.0)
        if start != end:
            assert hand.accept(end, standing, 0.01) == pytest.approx(end)
            assert hand.accept(0.37, standing, 0.02) == 0.37


SHAPINGS = st.builds(
    Shaping,
    st.just(Level(0.0)),
    st.just(Level(1.0)),
    st.sampled_from([CURVES["linear"], CURVES["exponential"], CURVES["s-curve"]]),
    st.sampled_from([0, 2, 3, 5]),
)


@given(SHAPINGS, st.booleans(), POSITIONS, st.sampled_from([Takeover.PICKUP, Takeover.SCALE]))
def test_around_a_shaped_parameter(shaping: Shaping, turned: bool, value: float, takeover: Takeover) -> None:
    """A sweep both ways gets hold of the parameter, curved, stepped or reversed; from there on it follows."""

    def made(position: float) -> float:
        return 1.0 - shaping.shape(position) if turned else shaping.shape(position)

    def standing() -> float:
        return shaping.unshape(1.0 - value if turned else value)

    value = made(shaping.unshape(value))  # a stepped parameter stands on a step
    hand, now, jumps = follower(takeover), 0.0, 0.0
    for raw in [*range(60, 128), *range(126, -1, -1), *range(1, 128)]:
        now += 0.01
        taken = hand.accept(raw / 127, standing(), now)
        if taken is not None:
            jumps = max(jumps, abs(made(taken) - value))
            value = made(taken)
    assert value == made(1.0)
    if not shaping.steps:
        steep = max(abs(made(a / 127) - made(b / 127)) * 127 for a, b in pairwise(range(128)))
        lines = max(1.0, 127 / 60, 127 / 67)  # of `scale`, from where the hand began
        assert jumps <= steep * lines * (PICKUP_DISTANCE + 2 / 127) + EPSILON
