"""Gestures of one switch: from presses, releases and time to press, release, hold, hold-release, double and repeat.

Pure; time is an argument. The timing contract:

- A press fires at once when no hold, hold-release or double is wanted of the switch, else after the shortest wait that
  can decide. A repeat wish delays nothing.
- A hold fires at its threshold, not at release. A press that reached a hold, a hold-release or a double never also
  fires press, nor release, nor repeat.
- What is wanted is fixed when the switch goes down and holds until it comes up.
- A lost device lets go of what was decided (a press gets its release, a hold its hold-release); what was not never was.

Every method takes the time in seconds and returns what fired up to then, in order. On the plain path, a press that is
wanted as nothing else, no object is made.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from controld.mappings.rule import Gesture, Trigger


@dataclass(frozen=True, slots=True)
class Wants:
    """What is wanted of a switch, in seconds; `wants_of` makes it from triggers.

    `holds_s` and `releases_s` are the thresholds of holds and hold-releases, each ascending and above zero; `double_s`
    the window of a double (None: no double); `repeats` the times of repeats: to the second firing, then between the
    others (above zero).
    """

    holds_s: tuple[float, ...] = ()
    double_s: float | None = None
    releases_s: tuple[float, ...] = ()
    repeats: tuple[tuple[float, float], ...] = ()


PLAIN = Wants()


@dataclass(frozen=True, slots=True)
class Fired:
    """A gesture; a hold and a hold-release with their threshold, a repeat with its two times."""

    gesture: Gesture
    time_s: float = 0.0
    every_s: float = 0.0

    def is_of(self, trigger: Trigger) -> bool:
        """Tell whether this is what a trigger of the same switch waits for."""
        if trigger.gesture is not self.gesture:
            return False
        return self.gesture not in _TIMED or (trigger.time_s == self.time_s and trigger.every_s == self.every_s)


def wants_of(triggers: Iterable[Trigger]) -> Wants:
    """Return what the triggers of one switch want of it together; of several doubles the longest window counts."""
    times: dict[Gesture, set[tuple[float, float]]] = {}
    for trigger in triggers:
        times.setdefault(trigger.gesture, set()).add((trigger.time_s, trigger.every_s))
    doubles = times.get(Gesture.DOUBLE)
    return Wants(
        tuple(sorted(time_s for time_s, _ in times.get(Gesture.HOLD, ()))),
        max(doubles)[0] if doubles else None,
        tuple(sorted(time_s for time_s, _ in times.get(Gesture.HOLD_RELEASE, ()))),
        tuple(sorted(times.get(Gesture.REPEAT, ()))),
    )


class _Phase(Enum):
    UP = auto()
    UNDECIDED = auto()  # down, and it may become anything
    PRESSED = auto()  # down, and press has fired
    TAKEN = auto()  # down, and it became a hold, a hold-release or a double
    WAITING = auto()  # up again, and a second press would make it a double


_UP, _UNDECIDED, _PRESSED, _TAKEN, _WAITING = _Phase  # a member is much slower to reach through its class
_TIMED = frozenset({Gesture.HOLD, Gesture.HOLD_RELEASE, Gesture.REPEAT})
_NOTHING: tuple[Fired, ...] = ()
_PRESS, _RELEASE, _DOUBLE = (Fired(Gesture.PRESS),), (Fired(Gesture.RELEASE),), (Fired(Gesture.DOUBLE),)


class Switch:
    """The state of one switch."""

    __slots__ = ("_down_s", "_dues_s", "_holds", "_phase", "_releases", "_wants")

    def __init__(self) -> None:
        self._phase = _UP
        self._wants = PLAIN
        self._down_s = 0.0
        self._holds = 0  # how many holds fired
        self._releases = 0  # how many thresholds of hold-releases were reached
        self._dues_s: list[float] = []  # when each repeat fires next, while press has fired

    @property
    def is_down(self) -> bool:
        """Tell whether the switch is held."""
        return self._phase is not _UP and self._phase is not _WAITING

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing of an earlier press is still to be decided."""
        return self._phase is _UP

    def down(self, now: float, wants: Wants) -> Sequence[Fired]:
        """Take the switch going down; `wants` counts unless this is the second press of a double.

        A second press without a release between them releases the first.
        """
        fired = _NOTHING
        if self._phase is not _UP:
            fired = self.up(now)
            if self._phase is _WAITING:
                self._phase, self._wants = _TAKEN, PLAIN
                return fired + _DOUBLE
        self._wants, self._down_s = wants, now
        if wants.double_s is not None or wants.holds_s or wants.releases_s:
            self._phase, self._holds, self._releases = _UNDECIDED, 0, 0
            return fired
        return fired + self._press(now, now)

    def up(self, now: float) -> tuple[Fired, ...]:
        """Take the switch coming up; a second release in a row means nothing."""
        fired = self._expire(now, now)
        phase, self._phase = self._phase, _UP
        if phase is _PRESSED:
            return fired + _RELEASE
        if phase is _TAKEN:
            return fired + self._let_go()
        if phase is _UP:
            return fired
        if self._wants.double_s is not None and now < self._double_ends():
            self._phase = _WAITING
            return fired
        return fired + self._tap()

    def lose(self) -> Sequence[Fired]:
        """Take the device going away: what was decided is let go, a finished tap counts, half a press never was."""
        phase, self._phase = self._phase, _UP
        if phase is _PRESSED:
            return _RELEASE
        if phase is _TAKEN:
            return self._let_go()
        return self._tap() if phase is _WAITING else _NOTHING

    def expire(self, until: float, now: float | None = None) -> Sequence[Fired]:
        """Decide what time alone decides, up to `until`.

        Who goes through deadlines one at a time also says what the clock shows `now`: a repeat that is late fires once
        and goes on after that, without a burst.
        """
        return self._expire(until, until if now is None else now)

    def deadline(self) -> float | None:
        """Return when `expire` decides next, in seconds; None while only the player can."""
        phase, wants = self._phase, self._wants
        if phase is _UP:
            return None
        if phase is _PRESSED:
            return min(self._dues_s) if wants.repeats else None
        if phase is _WAITING:
            return self._double_ends()
        next_s = wants.holds_s[self._holds] if self._holds < len(wants.holds_s) else None
        if self._releases < len(wants.releases_s):
            reach_s = wants.releases_s[self._releases]
            next_s = reach_s if next_s is None or reach_s < next_s else next_s
        if next_s is not None:
            return self._down_s + next_s
        return self._double_ends() if phase is _UNDECIDED else None

    def _expire(self, until: float, now: float) -> tuple[Fired, ...]:
        fired = _NOTHING
        while (deadline := self.deadline()) is not None and deadline <= until:
            if self._phase is _WAITING:
                self._phase = _UP
                fired += self._tap()
            elif self._phase is _PRESSED:
                fired += self._repeat(deadline, now)
            elif self._holds == len(self._wants.holds_s) and self._releases == len(self._wants.releases_s):
                fired += self._press(deadline, now)
            else:
                fired += self._reach(deadline)
        return fired

    def _reach(self, deadline: float) -> tuple[Fired, ...]:
        """Take the thresholds at `deadline`: a hold fires, a hold-release is noted."""
        self._phase = _TAKEN
        holds_s, releases_s = self._wants.holds_s, self._wants.releases_s
        if self._releases < len(releases_s) and self._down_s + releases_s[self._releases] <= deadline:
            self._releases += 1
        if self._holds < len(holds_s) and self._down_s + holds_s[self._holds] <= deadline:
            self._holds += 1
            return (Fired(Gesture.HOLD, holds_s[self._holds - 1]),)
        return _NOTHING

    def _press(self, at_s: float, now: float) -> tuple[Fired, ...]:
        """Fire press, and every repeat for the first time."""
        self._phase = _PRESSED
        repeats = self._wants.repeats
        if not repeats:
            return _PRESS
        self._dues_s = [_next_due(at_s + first_s, every_s, now) for first_s, every_s in repeats]
        return _PRESS + tuple(Fired(Gesture.REPEAT, *repeat) for repeat in repeats)

    def _repeat(self, due_s: float, now: float) -> tuple[Fired, ...]:
        index = self._dues_s.index(due_s)
        first_s, every_s = self._wants.repeats[index]
        self._dues_s[index] = _next_due(due_s + every_s, every_s, now)
        return (Fired(Gesture.REPEAT, first_s, every_s),)

    def _tap(self) -> tuple[Fired, ...]:
        """Return what a press fires that is over before it was decided."""
        return _PRESS + tuple(Fired(Gesture.REPEAT, *repeat) for repeat in self._wants.repeats) + _RELEASE

    def _let_go(self) -> tuple[Fired, ...]:
        """Return the hold-releases whose threshold was reached; what began last ends first."""
        reached = self._wants.releases_s[: self._releases]
        return tuple(Fired(Gesture.HOLD_RELEASE, time_s) for time_s in reversed(reached))

    def _double_ends(self) -> float:
        return self._down_s + (self._wants.double_s or 0.0)


def _next_due(due_s: float, every_s: float, now: float) -> float:
    """Return `due_s`, or where that has passed the first time after `now` in step with it."""
    if due_s <= now:
        due_s += every_s * ((now - due_s) // every_s)
        while due_s <= now:  # once, or twice where the sum above was rounded
            due_s += every_s
    return due_s
