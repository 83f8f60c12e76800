"""What is made of a control's movement before it is shaped: dead ends, smoothing, and encoders that know haste.

Pure; time is an argument, in seconds. Positions are 0.0-1.0.
"""

import math

from controld.values import clamp

# At most a hundred steps a second: more than an ear can tell apart, and no flood for the engine.
STEP_S = 0.01
# A jump is followed to this share of itself within the time of `smooth`: three time constants of a one-pole filter are
# 95 %, which an ear takes for done.
_TIME_CONSTANTS = 3.0
# Nearer than this, the last step goes to the very end: an eighth of a step of a 7-bit control.
SMOOTH_END = 0.001

# An encoder turned slower than this counts every detent once, faster than that its full acceleration. A knob of 24
# detents is then turned by less than half a turn a second for care, and by two and a half in haste.
SLOW_PER_S = 10.0
FAST_PER_S = 60.0
_SLOW_S = 1.0 / SLOW_PER_S


def without_ends(position: float, deadzone: float) -> float:
    """Return a position of which `deadzone` (0.0 to below 0.5) at either end counts as the end, the rest stretched."""
    return clamp((position - deadzone) / (1.0 - 2.0 * deadzone), 0.0, 1.0)


def with_ends(position: float, deadzone: float) -> float:
    """Return where the control should stand for a position `without_ends`; for an end at the end itself."""
    if not 0.0 < position < 1.0:
        return clamp(position, 0.0, 1.0)
    return deadzone + position * (1.0 - 2.0 * deadzone)


class Smoother:
    """Follows a control softly: a one-pole filter towards the newest position, whose pace does not depend on events.

    `smooth_s` (above 0) is the time in which 95 % of a jump are followed. A step comes `STEP_S` after the last at the
    earliest, the last one is exactly the target. `deadline` says when `tick` makes the next.
    """

    __slots__ = ("_at_s", "_constant_s", "_due_s", "_target", "_value")

    def __init__(self, smooth_s: float) -> None:
        self._constant_s = smooth_s / _TIME_CONSTANTS
        self._value: float | None = None
        self._target = 0.0
        self._at_s = 0.0  # when `_value` was so
        self._due_s: float | None = None

    def move(self, position: float, now: float) -> float | None:
        """Take where the control is; return a step that is due, else None. The first position ever is taken at once."""
        if self._value is None:
            self._value = self._target = position
            return position
        step = self.tick(now)
        if self._due_s is None:
            if position == self._value:
                return step
            self._at_s, self._due_s = now, now + STEP_S
        else:
            self._value, self._at_s = self._value_at(now), now
        self._target = position
        return step

    def tick(self, now: float) -> float | None:
        """Return the step that is due at `now`, or None where none is."""
        if self._due_s is None or now < self._due_s:
            return None
        value = self._value_at(now)
        if abs(value - self._target) <= SMOOTH_END:
            self._value, self._due_s = self._target, None
        else:
            self._value, self._at_s, self._due_s = value, now, now + STEP_S
        return self._value

    def deadline(self) -> float | None:
        """Return when the next step is due; None at rest."""
        return self._due_s

    def settle(self, standing: float | None = None) -> None:
        """End the movement, because somebody else moved the parameter; the next one begins at `standing`.

        None for a standing that is not known: the next position is taken at once.
        """
        self._value, self._due_s = standing, None

    def _value_at(self, now: float) -> float:
        assert self._value is not None
        rest = math.exp(-max(now - self._at_s, 0.0) / self._constant_s)
        return self._target + (self._value - self._target) * rest


class Accelerator:
    """Makes fast turns of an encoder count more: up to `limit` (1.0-32.0) times.

    What counts is the time per detent: of this one or, where that is longer, the mean with the one before, so that two
    detents which the wire delivered together are no haste yet. Up to `SLOW_PER_S` detents a second each is one, from
    `FAST_PER_S` on each is `limit`, and evenly in between. A turn in the other direction begins slowly.
    """

    __slots__ = ("_forward", "_last_s", "_limit", "_per_detent_s")

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._last_s = -math.inf
        self._per_detent_s = _SLOW_S
        self._forward = True

    def turn(self, detents: int, now: float) -> int:
        """Return how many detents these (signed, not zero) count for; never fewer, and in the same direction."""
        forward, count = detents > 0, abs(detents)
        before_s, per_detent_s = self._per_detent_s, _SLOW_S
        if forward is self._forward:
            per_detent_s = min((now - self._last_s) / count, _SLOW_S)
        self._last_s, self._per_detent_s, self._forward = now, per_detent_s, forward
        pace_s = max(per_detent_s, (per_detent_s + before_s) / 2.0, 1.0 / FAST_PER_S)
        haste = (1.0 / pace_s - SLOW_PER_S) / (FAST_PER_S - SLOW_PER_S)
        counted = math.floor(count * (1.0 + (self._limit - 1.0) * haste) + 0.5)
        return counted if forward else -counted
