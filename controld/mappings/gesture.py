"""Gestures of one switch: from presses, releases and time to press, release, hold and double.

Pure; time is an argument. The timing contract: a press fires at once when nothing else is wanted of the switch, else
after the shortest wait that can decide. A hold fires at its threshold, not at release. A press that became a hold or a
double never also fires press. What is wanted is fixed when the switch goes down and holds until it comes up.
"""

from dataclasses import dataclass
from enum import Enum, auto

from controld.mappings.rule import Gesture


@dataclass(frozen=True, slots=True)
class Wants:
    """What is wanted of a switch: thresholds of holds, ascending, and the window of a double (None: no double)."""

    holds_s: tuple[float, ...] = ()
    double_s: float | None = None


@dataclass(frozen=True, slots=True)
class Fired:
    """A gesture, and for a hold the threshold it reached."""

    gesture: Gesture
    time_s: float = 0.0


class _Phase(Enum):
    UP = auto()
    UNDECIDED = auto()  # down, and it may become anything
    PRESSED = auto()  # down, and press has fired
    TAKEN = auto()  # down, and a hold or a double has fired
    WAITING = auto()  # up again, and a second press would make it a double


_PRESS, _RELEASE, _DOUBLE = Fired(Gesture.PRESS), Fired(Gesture.RELEASE), Fired(Gesture.DOUBLE)
_PLAIN = Wants()


class Switch:
    """The state of one switch. Each method returns the gestures that fired, in order, up to the time it was told."""

    __slots__ = ("_down_s", "_next_hold", "_phase", "_wants")

    def __init__(self) -> None:
        self._phase = _Phase.UP
        self._down_s = 0.0
        self._next_hold = 0
        self._wants = _PLAIN

    @property
    def is_down(self) -> bool:
        """Tell whether the switch is held."""
        return self._phase in {_Phase.UNDECIDED, _Phase.PRESSED, _Phase.TAKEN}

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing of an earlier press is still to be decided."""
        return self._phase is _Phase.UP

    def down(self, now: float, wants: Wants) -> list[Fired]:
        """Take the switch going down; `wants` counts unless this is the second press of a double."""
        fired = self.expire(now)
        if self._phase is _Phase.WAITING:
            self._phase = _Phase.TAKEN
            self._next_hold = len(self._wants.holds_s)
            return [*fired, _DOUBLE]
        self._wants, self._down_s, self._next_hold = wants, now, 0
        if wants.holds_s or wants.double_s is not None:
            self._phase = _Phase.UNDECIDED
            return fired
        self._phase = _Phase.PRESSED
        return [*fired, _PRESS]

    def up(self, now: float) -> list[Fired]:
        """Take the switch coming up; a second release in a row means nothing."""
        fired = self.expire(now)
        if self._phase is _Phase.UNDECIDED and self._wants.double_s is not None and now < self._double_ends():
            self._phase = _Phase.WAITING
            return fired
        if self._phase is _Phase.UNDECIDED:
            fired += [_PRESS, _RELEASE]
        elif self._phase is _Phase.PRESSED:
            fired.append(_RELEASE)
        if self.is_down:
            self._phase = _Phase.UP
        return fired

    def lose(self) -> list[Fired]:
        """Take the device going away: what was pressed is released, a finished tap counts, half a press never was."""
        fired = {_Phase.PRESSED: [_RELEASE], _Phase.WAITING: [_PRESS, _RELEASE]}.get(self._phase, [])
        self._phase = _Phase.UP
        return fired

    def expire(self, now: float) -> list[Fired]:
        """Decide what time alone decides."""
        fired: list[Fired] = []
        while (deadline := self.deadline()) is not None and deadline <= now:
            if self._phase is _Phase.WAITING:
                self._phase = _Phase.UP
                fired += [_PRESS, _RELEASE]
            elif self._next_hold < len(self._wants.holds_s):
                fired.append(Fired(Gesture.HOLD, self._wants.holds_s[self._next_hold]))
                self._next_hold += 1
                self._phase = _Phase.TAKEN
            else:
                self._phase = _Phase.PRESSED
                fired.append(_PRESS)
        return fired

    def deadline(self) -> float | None:
        """Return when `expire` decides next, in seconds; None while only the player can."""
        if self._phase in {_Phase.UP, _Phase.PRESSED}:
            return None
        if self._phase is _Phase.WAITING:
            return self._double_ends()
        if self._next_hold < len(self._wants.holds_s):
            return self._down_s + self._wants.holds_s[self._next_hold]
        return self._double_ends() if self._phase is _Phase.UNDECIDED else None

    def _double_ends(self) -> float:
        return self._down_s + (self._wants.double_s or 0.0)
