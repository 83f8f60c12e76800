"""Numbers with a meaning: scales, units, curves and steps."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from controld.values import (
    CURVES,
    Duration,
    Level,
    Scale,
    ScalePoint,
    calibrate,
    convert_unit,
    points_curve,
    quantize,
    same_value,
)

SCALES = st.one_of(
    st.tuples(st.floats(-1e4, 1e4), st.floats(0.01, 1e4)).map(lambda ends: Scale(ends[0], ends[0] + ends[1])),
    st.tuples(st.floats(0.01, 100), st.floats(1.5, 1000)).map(
        lambda ends: Scale(ends[0], ends[0] * ends[1], logarithmic=True)
    ),
    st.tuples(st.integers(-100, 100), st.integers(1, 200)).map(
        lambda ends: Scale(ends[0], ends[0] + ends[1], integer=True)
    ),
    st.just(Scale(0, 1, toggled=True)),
    st.lists(st.integers(-10, 10), min_size=1, max_size=6, unique=True).map(
        lambda values: Scale(
            min(values), max(values), enumeration=True, points=tuple(ScalePoint(v, str(v)) for v in sorted(values))
        )
    ),
)


class TestScale:
    @given(SCALES, st.floats(-2, 3))
    def test_every_share_gives_a_value_the_parameter_can_have(self, scale: Scale, share: float) -> None:
        """Clamped, stepped, and stable: what is had is had again."""
        value = scale.value_at(share)
        assert scale.minimum - 1e-9 <= value <= scale.maximum + 1e-6 * abs(scale.maximum)
        assert same_value(scale.snap(value), value)

    @given(SCALES, st.floats(0, 1))
    def test_share_and_value_are_each_others_reverse(self, scale: Scale, share: float) -> None:
        """A value that a share gave has a share that gives it again."""
        value = scale.value_at(share)
        assert scale.value_at(scale.share_of(value)) == pytest.approx(value, rel=1e-9, abs=1e-9)

    @given(SCALES, st.floats(0, 1), st.floats(0, 1))
    def test_shares_keep_their_order(self, scale: Scale, a: float, b: float) -> None:
        """More pedal is never less parameter."""
        assume(a <= b)
        assert scale.value_at(a) <= scale.value_at(b) + 1e-9

    @given(SCALES, st.floats(0, 1), st.sampled_from([1, -1]))
    def test_an_encoder_always_arrives(self, scale: Scale, share: float, direction: int) -> None:
        """However small the step, turning on ends at the end of the scale, also where the values are stepped."""
        value = scale.value_at(share)
        for _ in range(500):
            moved = scale.step(value, Level(1, "%"), direction)
            assert moved is not None
            value = moved
        end = scale.value_at(1.0 if direction > 0 else 0.0)
        assert value == pytest.approx(end, rel=1e-6, abs=1e-6)

    @pytest.mark.parametrize(
        ("scale", "level", "value"),
        [
            (Scale(20, 20000, unit="Hz"), Level(2, "kHz"), 2000),
            (Scale(0, 2, unit="s"), Level(300, "ms"), 0.3),
            (Scale(-60, 6, unit="dB"), Level(-6, "dB"), -6),
            (Scale(-60, 6, unit="dB"), Level(-6), -6),
            (Scale(20, 20000, logarithmic=True), Level(50, "%"), 632.4555320336759),
            (Scale(0, 100, unit="%"), Level(30, "%"), 30),
            (Scale(-60, 6, unit="dB"), Level(2, "Hz"), None),
            (Scale(0, 1), Level(2, "Hz"), None),
        ],
    )
    def test_levels_with_units(self, scale: Scale, level: Level, value: float | None) -> None:
        """Units of one family convert, others do not fit; percent is always the share of the range."""
        assert scale.resolve(level) == (None if value is None else pytest.approx(value))

    def test_mod_users_know_these_values(self) -> None:
        """Half way of a logarithmic scale is its geometric mean; a toggle snaps in the middle."""
        assert Scale(20, 20000, logarithmic=True).value_at(0.5) == pytest.approx((20 * 20000) ** 0.5)
        assert [Scale(0, 1, toggled=True).value_at(raw / 127) for raw in (63, 64)] == [0, 1]


class TestShapes:
    @pytest.mark.parametrize("name", sorted(CURVES))
    @given(x=st.floats(0, 1))
    def test_curves_and_their_inverses(self, name: str, x: float) -> None:
        """Each curve keeps the ends and is undone by its inverse."""
        curve, inverse = CURVES[name]
        assert curve(0.0) == pytest.approx(0.0, abs=1e-12)
        assert curve(1.0) == pytest.approx(1.0)
        assert inverse(curve(x)) == pytest.approx(x, abs=1e-6)

    @given(st.floats(0, 1))
    def test_a_curve_through_points(self, x: float) -> None:
        """Between points it is straight; its inverse undoes it."""
        curve, inverse = points_curve([(0.0, 0.0), (0.5, 0.1), (1.0, 1.0)])
        assert curve(0.25) == pytest.approx(0.05)
        assert inverse(curve(x)) == pytest.approx(x, abs=1e-9)

    @given(st.floats(0, 1), st.integers(2, 20))
    def test_steps(self, position: float, steps: int) -> None:
        """The nearest of so many positions, never further than half a step."""
        stepped = quantize(position, steps)
        assert abs(stepped - position) <= 0.5 / (steps - 1) + 1e-12
        assert stepped * (steps - 1) == pytest.approx(round(stepped * (steps - 1)))

    def test_calibration(self) -> None:
        """Heel and toe are the ends, outside is clamped, and a pedal may be wired the other way round."""
        assert [calibrate(raw, 4, 122) for raw in (0, 4, 63, 122, 127)] == [0, 0, 0.5, 1, 1]
        assert calibrate(122, 122, 4) == 0

    def test_durations(self) -> None:
        """Beats follow the tempo."""
        assert Duration(seconds=0.3).in_s(90) == pytest.approx(0.3)
        assert Duration(beats=2).in_s(120) == pytest.approx(1.0)

    def test_units_that_do_not_exist(self) -> None:
        """An unknown unit converts into nothing but itself."""
        assert convert_unit(1, "parsec", "Hz") is None
        assert convert_unit(1, "parsec", "parsec") == 1
