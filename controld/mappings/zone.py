"""End zones of a pedal: toe and heel fire when they are entered, once, however the pedal trembles at their edge.

Pure. A zone that was entered has to be left by `ZONE_HYSTERESIS` before it can be entered again. The first reading
after the start or after a loss only tells where the pedal is: standing in a zone is not entering it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from controld.mappings.rule import ZONE_HYSTERESIS, Gesture, Trigger
from controld.values import clamp


@dataclass(frozen=True, slots=True)
class Crossed:
    """A zone (TOE or HEEL, and where it begins) was entered, or left again; only entering is a gesture."""

    gesture: Gesture
    at: float
    entered: bool

    def is_of(self, trigger: Trigger) -> bool:
        """Tell whether this is what a trigger of the same control waits for."""
        return self.entered and trigger.gesture is self.gesture and trigger.at == self.at


class _Zone:
    """One zone. `way` (1.0 or -1.0) turns positions towards the zone's end, so that toe and heel are the same."""

    __slots__ = ("edge", "entered", "inside", "leave", "left", "way")

    def __init__(self, gesture: Gesture, at: float) -> None:
        self.entered, self.left = Crossed(gesture, at, entered=True), Crossed(gesture, at, entered=False)
        self.way = 1.0 if gesture is Gesture.TOE else -1.0
        self.edge = self.way * at
        # A zone that begins next to the other end is left there at the latest, or it could never be entered again.
        self.leave = self.way * clamp(at - self.way * ZONE_HYSTERESIS, 0.0, 1.0)
        self.inside: bool | None = None

    def move(self, position: float) -> Crossed | None:
        """Take a position; return whether the zone was entered or left."""
        reach, before = self.way * position, self.inside
        if reach >= self.edge:
            self.inside = True
            return self.entered if before is False else None
        if before is None or reach <= self.leave:
            self.inside = False
            return self.left if before else None
        return None


class Zones:
    """The zones of one pedal: pairs of TOE or HEEL and the position (0.0-1.0) where it begins."""

    __slots__ = ("_zones",)

    def __init__(self, zones: Iterable[tuple[Gesture, float]]) -> None:
        # As a sweep enters them: toes on the way up, heels on the way down.
        self._zones = sorted((_Zone(gesture, at) for gesture, at in set(zones)), key=lambda zone: zone.edge)

    def move(self, position: float) -> Sequence[Crossed]:
        """Take a position, 0.0-1.0; return the zones that were left, then those that were entered, as a sweep does."""
        crossed: tuple[Crossed, ...] = ()
        for zone in self._zones:
            event = zone.move(position)
            if event is not None:
                crossed = (*crossed, event) if event.entered else (event, *crossed)
        return crossed

    def forget(self) -> None:
        """Take the device going away: where the pedal stands is not known any more."""
        for zone in self._zones:
            zone.inside = None


def zones_of(triggers: Iterable[Trigger]) -> Zones | None:
    """Return the zones that the triggers of one control name; None where they name none."""
    named = [(trigger.gesture, trigger.at) for trigger in triggers if trigger.gesture in {Gesture.TOE, Gesture.HEEL}]
    return Zones(named) if named else None
