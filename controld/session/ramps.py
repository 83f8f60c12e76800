"""Ramps: parameters on their way to a value, in their own scale and in a given time.

Pure. A `Ramp` knows where it is at a time, so one that was not asked for a while is where time says. `Ramps` holds
those that run and says when the next step is due; who writes the steps is `session.parameters`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from controld.session.history import Change, Key
from controld.values import Scale, clamp

# At most 100 steps a second: more than this no ear hears and no bridge needs.
STEP_S = 0.01


def between(scale: Scale, first: float, second: float, share: float) -> float:
    """Return the value a `share` (0.0-1.0) of the way from one value to another, in the parameter's own scale."""
    if share <= 0.0 or share >= 1.0:
        return first if share <= 0.0 else second
    if not isfinite(scale.maximum - scale.minimum):
        return first + (second - first) * share
    low, high = scale.share_of(first), scale.share_of(second)
    return scale.value_at(low + (high - low) * share)


@dataclass(slots=True)
class Ramp:
    """A parameter's way from `first`, where it stood, to `goal`; `change` is what it counts as to the history."""

    effect: str
    symbol: str
    scale: Scale
    first: float
    goal: float
    begun_s: float
    length_s: float
    origin: str
    change: Change | None = None
    due_s: float = 0.0  # when the next step may be

    @property
    def key(self) -> Key:
        """Which parameter it is."""
        return self.effect, self.symbol

    def done(self, now: float) -> bool:
        """Tell whether it has arrived."""
        return now >= self.begun_s + self.length_s

    def value(self, now: float) -> float:
        """Return where it is; the goal itself, to the last digit, once it has arrived."""
        return between(self.scale, self.first, self.goal, clamp((now - self.begun_s) / self.length_s, 0.0, 1.0))


class Ramps:
    """The ramps that are `running`, one for a parameter at most."""

    def __init__(self) -> None:
        self.running: dict[Key, Ramp] = {}

    def begin(self, ramp: Ramp) -> None:
        """Let a ramp run; it takes over from one that runs on the same parameter."""
        ramp.due_s = ramp.begun_s + min(STEP_S, ramp.length_s)
        self.running[ramp.key] = ramp

    def end(self, effect: str, symbol: str) -> bool:
        """End the ramp on a parameter; return whether one ran."""
        return self.running.pop((effect, symbol), None) is not None

    def end_all(self, effect: str | None = None) -> None:
        """End every ramp, or every one of an effect."""
        if effect is None:
            self.running.clear()
        else:
            self.running = {key: ramp for key, ramp in self.running.items() if key[0] != effect}

    def goal(self, effect: str, symbol: str) -> float | None:
        """Return where a parameter is on its way to; None where it stands."""
        ramp = self.running.get((effect, symbol))
        return None if ramp is None else ramp.goal

    def due(self, now: float) -> Iterable[Ramp]:
        """Return the ramps whose next step is due, with that step taken off; those that arrive run no more."""
        found = [ramp for ramp in self.running.values() if ramp.due_s <= now]
        for ramp in found:
            if ramp.done(now):
                del self.running[ramp.key]
            else:
                ramp.due_s = min(now + STEP_S, ramp.begun_s + ramp.length_s)
        return found

    def next_deadline(self) -> float | None:
        """Return when the next step is due; None where nothing runs."""
        return min(ramp.due_s for ramp in self.running.values()) if self.running else None
