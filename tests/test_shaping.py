"""Shaping: from a position on the control to one on the target, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.mappings.shaping import PLAIN_MOTION, Motion, Shaping, Takeover
from controld.values import CURVES, Curve, points_curve

PAIRS = [*CURVES.values(), points_curve([(0.0, 0.0), (0.5, 0.2), (1.0, 1.0)])]
POSITIONS = st.floats(0.0, 1.0)
CURVE_PAIRS = st.sampled_from(PAIRS)


@pytest.mark.parametrize(
    ("shaping", "position", "expected"),
    [
        (Shaping(), 0.3, 0.3),
        (Shaping(), -1.0, 0.0),
        (Shaping(), 2.0, 1.0),
        (Shaping(curve=CURVES["exponential"]), 0.5, 0.25),
        (Shaping(curve=CURVES["exponential"]), -0.5, 0.0),  # not squared before it is limited
        (Shaping(curve=CURVES["logarithmic"]), 0.25, 0.5),
        (Shaping(curve=(lambda x: 2.0 * x - 0.5, lambda y: (y + 0.5) / 2.0)), 0.1, 0.0),
        (Shaping(curve=(lambda x: 2.0 * x - 0.5, lambda y: (y + 0.5) / 2.0)), 0.9, 1.0),
        (Shaping(curve=CURVES["s-curve"]), 1.5, 1.0),  # it would swing back
        (Shaping(steps=2), 0.49, 0.0),
        (Shaping(steps=2), 0.51, 1.0),
        (Shaping(steps=5), 0.3, 0.25),
        (Shaping(curve=CURVES["exponential"], steps=3), 0.8, 0.5),  # the curve comes first
    ],
)
def test_shape(shaping: Shaping, position: float, expected: float) -> None:
    """Limited, curved, limited again, then stepped."""
    assert shaping.shape(position) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("shaping", "position", "expected"),
    [
        (Shaping(), 0.3, 0.3),
        (Shaping(), -1.0, 0.0),
        (Shaping(), 2.0, 1.0),
        (Shaping(curve=CURVES["exponential"]), 0.25, 0.5),
        (Shaping(curve=CURVES["exponential"]), -1.0, 0.0),  # no root of what is below zero
        (Shaping(curve=(lambda x: x, lambda y: 2.0 * y - 0.5)), 0.1, 0.0),
        (Shaping(curve=(lambda x: x, lambda y: 2.0 * y - 0.5)), 0.9, 1.0),
        (Shaping(curve=(lambda x: x, lambda y: y * (2.0 - y))), 2.0, 1.0),
        (Shaping(steps=3), 0.4, 0.4),  # where it stands, not the nearest step
    ],
)
def test_unshape(shaping: Shaping, position: float, expected: float) -> None:
    """The reverse, also for what is out of range."""
    assert shaping.unshape(position) == pytest.approx(expected)


@given(CURVE_PAIRS, POSITIONS)
def test_one_is_the_reverse_of_the_other(curve: tuple[Curve, Curve], position: float) -> None:
    """A fader that shows a value is where it would make that value."""
    shaping = Shaping(curve=curve)
    assert shaping.shape(shaping.unshape(position)) == pytest.approx(position, abs=1e-7)


@given(CURVE_PAIRS, st.integers(2, 12), POSITIONS)
def test_a_step_stays_where_it_is(curve: tuple[Curve, Curve], steps: int, position: float) -> None:
    """A stepped value that is shown and sent back is the same value."""
    shaping = Shaping(curve=curve, steps=steps)
    step = shaping.shape(position)
    assert shaping.shape(shaping.unshape(step)) == pytest.approx(step)
    assert step * (steps - 1) == pytest.approx(round(step * (steps - 1)))


@given(CURVE_PAIRS, st.sampled_from([0, 2, 5]), POSITIONS, POSITIONS)
def test_it_never_turns_back(curve: tuple[Curve, Curve], steps: int, one: float, other: float) -> None:
    """Farther is farther, or the same, and both ends are reached."""
    shaping, (low, high) = Shaping(curve=curve, steps=steps), sorted((one, other))
    assert shaping.shape(low) <= shaping.shape(high) + 1e-12
    assert (shaping.shape(0.0), shaping.shape(1.0)) == pytest.approx((0.0, 1.0))


def test_a_control_is_plain_unless_said() -> None:
    """Nothing dead, smooth or fast; and the words are those of the rules."""
    assert Motion(deadzone=0.0, smooth_s=0.0, takeover=None, acceleration=1.0) == PLAIN_MOTION
    assert [takeover.value for takeover in Takeover] == ["jump", "pickup", "scale"]
    assert Shaping() == Shaping(None, None, CURVES["linear"], 0, ())
