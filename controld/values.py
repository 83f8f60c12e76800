"""Numbers with a meaning: shares, levels with units, durations, curves and a parameter's own scale.

Pure, and the only place (with `mappings.target`) where one kind of number becomes another. Three kinds exist:
a *position* is where a control stands, 0.0 to 1.0; a *share* is where a parameter stands within its own scale,
0.0 to 1.0 (logarithmic parameters have a logarithmic scale); a *value* is in the plugin's own unit.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# A read-back prints four decimals (mod-host `param_get`), so half a digit of that is no difference.
READ_BACK_TOLERANCE = 5e-5


def clamp(value: float, low: float, high: float) -> float:
    """Return `value` limited to `low`..`high`."""
    return low if value < low else high if value > high else value  # noqa: FURB136 - half the time of min()


def same_value(a: float, b: float) -> bool:
    """Tell whether two engine values are equal within what four printed decimals and 32-bit floats keep."""
    return abs(a - b) <= READ_BACK_TOLERANCE + 1e-6 * abs(a)


@dataclass(frozen=True, slots=True)
class Level:
    """A number as a person wrote it; `unit` is "" for the plugin's own unit, "%" for a share of the range (0-100)."""

    value: float
    unit: str = ""

    def __str__(self) -> str:
        """Return the text a person would write."""
        return f"{self.value:g} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time; exactly one of `seconds` and `beats` is not zero, or both are zero."""

    seconds: float = 0.0
    beats: float = 0.0

    def in_s(self, bpm: float) -> float:
        """Return the length in seconds at a tempo in beats per minute (above zero)."""
        return self.seconds + self.beats * 60.0 / bpm


# How many of the unit on the left make one of its family's base unit; units of one family convert into each other.
_UNIT_FAMILIES: dict[str, tuple[str, float]] = {
    "hz": ("hz", 1.0), "khz": ("hz", 1000.0), "mhz": ("hz", 1e6),
    "s": ("s", 1.0), "ms": ("s", 0.001), "min": ("s", 60.0),
    "db": ("db", 1.0), "bpm": ("bpm", 1.0), "ct": ("ct", 1.0), "cent": ("ct", 1.0), "cents": ("ct", 1.0),
    "st": ("ct", 100.0), "semitones": ("ct", 100.0), "oct": ("ct", 1200.0), "m": ("m", 1.0), "cm": ("m", 0.01),
    "deg": ("deg", 1.0), "°": ("deg", 1.0), "x": ("x", 1.0),
}  # fmt: skip


def known_units() -> frozenset[str]:
    """Return every unit a level may carry, in lower case, "%" included."""
    return frozenset(_UNIT_FAMILIES) | {"%"}


def convert_unit(value: float, unit: str, to: str) -> float | None:
    """Return `value` in the unit `to` (upper or lower case), or None where the two units do not fit."""
    if not unit or unit.lower() == to.lower():
        return value
    family, factor = _UNIT_FAMILIES.get(unit.lower(), ("", 1.0))
    to_family, to_factor = _UNIT_FAMILIES.get(to.lower(), ("?", 1.0))
    return value * factor / to_factor if family == to_family else None


@dataclass(frozen=True, slots=True)
class ScalePoint:
    """A named value of a parameter."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A parameter's own scale, from LV2 port data (`lv2:minimum`, `lv2:maximum`, `lv2:portProperty`, `units:unit`)."""

    minimum: float = 0.0
    maximum: float = 1.0
    default: float = 0.0
    unit: str = ""
    logarithmic: bool = False
    integer: bool = False
    toggled: bool = False
    enumeration: bool = False
    points: tuple[ScalePoint, ...] = ()
    trigger: bool = False  # a moment, not a state: it is never stored

    @property
    def stepped(self) -> bool:
        """Tell whether only certain values exist."""
        return self.integer or self.toggled or self.enumeration

    def snap(self, value: float) -> float:
        """Return the nearest value the parameter can have: clamped, and stepped where it is stepped."""
        value = clamp(value, self.minimum, self.maximum)
        if not self.stepped:
            return value
        if self.enumeration and self.points:
            return min((point.value for point in self.points), key=lambda point: abs(point - value))
        if self.toggled:
            return self.maximum if value >= (self.minimum + self.maximum) / 2 else self.minimum
        return float(math.floor(value + 0.5))

    def value_at(self, share: float) -> float:
        """Return the value at a share of 0.0-1.0 (clamped), as MOD does: log as min * (max / min) ** share."""
        share = clamp(share, 0.0, 1.0)
        if not (self.integer or self.toggled or self.enumeration or self.logarithmic):
            return self.minimum + (self.maximum - self.minimum) * share
        if self.enumeration and self.points:
            return self.points[min(int(share * len(self.points)), len(self.points) - 1)].value
        if self._is_log():
            return self.snap(self.minimum * (self.maximum / self.minimum) ** share)
        return self.snap(self.minimum + (self.maximum - self.minimum) * share)

    def share_of(self, value: float) -> float:
        """Return where `value` stands in the scale, 0.0-1.0; the reverse of `value_at` on values it can return."""
        if self.maximum <= self.minimum:
            return 0.0
        value = clamp(value, self.minimum, self.maximum)
        if self.enumeration and len(self.points) > 1:
            nearest = min(range(len(self.points)), key=lambda i: abs(self.points[i].value - value))
            return nearest / (len(self.points) - 1)
        if self._is_log():
            return math.log(value / self.minimum) / math.log(self.maximum / self.minimum)
        return (value - self.minimum) / (self.maximum - self.minimum)

    def resolve(self, level: Level) -> float | None:
        """Return a written level as a value of this parameter, unclamped; None where the unit does not fit."""
        if level.unit == "%":
            share = level.value / 100
            return self.value_at(share)
        return convert_unit(level.value, level.unit, self.unit)

    def step(self, value: float, by: Level, count: int) -> float | None:
        """Return `value` moved `count` times by a level; None where the unit does not fit.

        Enumerations move by scale points and integers by one at least, or a small step would never arrive.
        """
        if self.enumeration and self.points:
            values = sorted(point.value for point in self.points)
            index = min(range(len(values)), key=lambda i: abs(values[i] - value))
            return values[int(clamp(index + count * math.copysign(1, by.value), 0, len(values) - 1))]
        if by.unit == "%":
            moved = self.value_at(self.share_of(value) + count * by.value / 100)
        else:
            delta = convert_unit(by.value, by.unit, self.unit)
            if delta is None:
                return None
            moved = self.snap(value + count * delta)
        if self.stepped and moved == value:
            moved = self.snap(value + math.copysign(1, count * by.value))
        return moved

    def label_of(self, value: float) -> str:
        """Return the scale point's label at exactly this value, or "" where there is none."""
        return next((point.label for point in self.points if same_value(point.value, value)), "")

    def _is_log(self) -> bool:
        return self.logarithmic and self.minimum > 0 and self.maximum > 0


Curve = Callable[[float], float]


def _exponential(x: float) -> float:
    return x * x


def _logarithmic(x: float) -> float:
    return math.sqrt(x)


def _s_curve(x: float) -> float:
    return 0.5 - 0.5 * math.cos(math.pi * x)


# Each curve with its inverse, both on 0..1 and both monotonic, so a fader can be set from a parameter.
CURVES: dict[str, tuple[Curve, Curve]] = {
    "linear": (lambda x: x, lambda y: y),
    "exponential": (_exponential, _logarithmic),
    "logarithmic": (_logarithmic, _exponential),
    "smooth": (_s_curve, lambda y: math.acos(clamp(1.0 - 2.0 * y, -1.0, 1.0)) / math.pi),
    "s-curve": (_s_curve, lambda y: math.acos(clamp(1.0 - 2.0 * y, -1.0, 1.0)) / math.pi),
}


def points_curve(points: Sequence[tuple[float, float]]) -> tuple[Curve, Curve]:
    """Return the curve through `points` (x, y in 0..1, x and y both ascending) and its inverse."""
    return _interpolate(points), _interpolate([(y, x) for x, y in points])


def _interpolate(points: Sequence[tuple[float, float]]) -> Curve:
    xs = [x for x, _ in points]

    def curve(x: float) -> float:
        after = bisect_right(xs, x)
        if after in {0, len(points)}:
            return points[0 if after == 0 else -1][1]
        (x0, y0), (x1, y1) = points[after - 1], points[after]
        return y0 + (y1 - y0) * (x - x0) / (x1 - x0)

    return curve


def quantize(position: float, steps: int) -> float:
    """Return the nearest of `steps` (2 or more) evenly spaced positions, the ends included."""
    return math.floor(position * (steps - 1) + 0.5) / (steps - 1)


def calibrate(raw: float, heel: float, toe: float) -> float:
    """Return the position of a raw reading between heel and toe (heel may be the larger); outside is clamped."""
    return clamp((raw - heel) / (toe - heel), 0.0, 1.0)
