"""Chords: several switches pressed together are a switch of their own, named "floor.fs1+floor.fs2".

Pure; time is an argument. The router stands before the switches (`mappings.gesture`): a press and a release go in,
edges of switches come out. Only controls that are part of a chord pass through it.

- A press waits while it may still become part of a chord: until the window ends, until it comes up, or until the rest
  of the chord is held for something else, whichever is first. Then its own switch gets it, with its true time.
- A chord goes down when its last control does, and comes up with the first that comes up. Its controls' own switches
  see nothing of that press. The others of its controls mean nothing more until they were up.
- Of chords that share a control the largest that is complete within its window wins. A smaller one waits only while a
  larger one is still possible; of equals the one that is complete first, then the one named first.
- Which chords are wanted is fixed when the first of their controls goes down.
- A control that is lost takes what it waited for with it, and a chord it is part of is lost.
"""

from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from enum import Enum, auto

from controld.mappings.rule import Trigger


class Edge(Enum):
    """What happened to a switch."""

    DOWN = auto()
    UP = auto()
    LOST = auto()


@dataclass(frozen=True, slots=True)
class Route:
    """What a switch, a control's own or a chord's, has to be told; `time_s` is when it really was."""

    switch: str
    edge: Edge
    time_s: float


@dataclass(frozen=True, slots=True)
class Chord:
    """The switch `name` is the `controls` (two or more) pressed within `within_s` of the first."""

    name: str
    controls: tuple[str, ...]
    within_s: float


def chords_of(triggers: Iterable[Trigger]) -> tuple[Chord, ...]:
    """Return the chords that triggers name, in their order; of several windows of one chord the longest counts."""
    found: dict[str, Chord] = {}
    for trigger in triggers:
        if trigger.chord:
            other = found.get(trigger.control)
            if other is None or trigger.within_s > other.within_s:
                found[trigger.control] = Chord(trigger.control, trigger.chord, trigger.within_s)
    return tuple(found.values())


@dataclass(slots=True)
class _Attempt:
    """A chord of which at least one control is down, waiting."""

    chord: Chord
    rank: tuple[int, int]  # of several attempts the lowest wins: the largest chord, then the one named first
    until_s: float
    missing: set[str]
    last_s: float  # when the last of its controls went down

    def shares(self, other: "_Attempt") -> bool:
        """Tell whether only one of the two can come true."""
        return not set(self.chord.controls).isdisjoint(other.chord.controls)


@dataclass(slots=True)
class _Held:
    """A control that is down: waiting since `down_s`, or told to the switch `owner` ("" once that is up again)."""

    down_s: float
    owner: str | None = None


class Router:
    """Presses and releases of the controls of chords, to edges of their own switches and of the chords'."""

    def __init__(self, chords: Iterable[Chord]) -> None:
        self._chords: dict[str, list[tuple[tuple[int, int], Chord]]] = {}
        for index, chord in enumerate(chords):
            for control in dict.fromkeys(chord.controls):
                self._chords.setdefault(control, []).append(((-len(set(chord.controls)), index), chord))
        self._held: dict[str, _Held] = {}
        self._attempts: list[_Attempt] = []

    def __contains__(self, control: str) -> bool:
        """Tell whether a control's presses and releases pass through here."""
        return control in self._chords or control in self._held

    def down(self, control: str, now: float, wanted: Container[str] | None = None) -> list[Route]:
        """Take a control going down; `wanted` names the chords that count now, None stands for all.

        A second press without a release between them releases the first.
        """
        routes = self.expire(now)
        if control in self._held:
            routes += self.up(control, now)
        for attempt in self._attempts:
            if control in attempt.missing:
                attempt.missing.discard(control)
                attempt.last_s = now
        for rank, chord in self._chords.get(control, ()):
            others = set(chord.controls) - {control}
            if others.isdisjoint(self._held) and (wanted is None or chord.name in wanted):
                self._attempts.append(_Attempt(chord, rank, now + chord.within_s, others, now))
        self._held[control] = _Held(now)
        return routes + self._settle()

    def up(self, control: str, now: float) -> list[Route]:
        """Take a control coming up."""
        routes = self.expire(now)
        if control in self._held:
            routes += self._decide(control)
        held = self._held.pop(control, None)
        owner = control if held is None else held.owner
        if owner:
            self._let_go(owner)
            routes.append(Route(owner, Edge.UP, now))
        return routes + self._settle()

    def lose(self, controls: Collection[str], now: float) -> list[Route]:
        """Take controls going away, all that go at once together; a press that still waits never was."""
        lost: list[Route] = []
        for control in controls:
            held = self._held.pop(control, None)
            if held is not None and held.owner:
                self._let_go(held.owner)
                lost.append(Route(held.owner, Edge.LOST, now))
        gone = set(controls)
        self._attempts = [each for each in self._attempts if gone.isdisjoint(each.chord.controls)]
        return lost + self._settle()

    def expire(self, now: float) -> list[Route]:
        """Decide what time alone decides."""
        self._attempts = [each for each in self._attempts if not each.missing or now < each.until_s]
        return self._settle()

    def deadline(self) -> float | None:
        """Return when `expire` decides next, in seconds; None while nothing waits."""
        return min((each.until_s for each in self._attempts if each.missing), default=None)

    def take_over(self, old: "Router") -> None:
        """Go on where another router was: what is held or waits there keeps its chords."""
        self._held, self._attempts = old._held, old._attempts  # noqa: SLF001 - its own kind

    def _decide(self, control: str) -> list[Route]:
        """Decide at once about a control, if it waits: the best complete chord it is part of, or none."""
        complete = [each for each in self._attempts if not each.missing and control in each.chord.controls]
        best = min(complete, key=lambda each: each.rank, default=None)
        if best is not None:
            return [*self._form(best), *self._settle()]
        self._attempts = [each for each in self._attempts if control not in each.chord.controls]
        return self._settle()

    def _settle(self) -> list[Route]:
        """Form the chords that nothing better can replace, and let go the controls that wait for none any more."""
        routes: list[Route] = []
        while (ready := next((each for each in self._attempts if self._is_ready(each)), None)) is not None:
            routes += self._form(ready)
        hoped = {control for each in self._attempts for control in each.chord.controls}
        for control, held in self._held.items():
            if held.owner is None and control not in hoped:
                held.owner = control
                routes.append(Route(control, Edge.DOWN, held.down_s))
        return sorted(routes, key=lambda route: route.time_s)

    def _is_ready(self, attempt: _Attempt) -> bool:
        """Tell whether a chord is complete and no rival can win; an incomplete one only if it is larger."""
        if attempt.missing:
            return False
        return not any(
            other.rank[0] < attempt.rank[0] or (not other.missing and other.rank < attempt.rank)
            for other in self._attempts
            if other.shares(attempt)
        )

    def _form(self, attempt: _Attempt) -> list[Route]:
        for control in attempt.chord.controls:
            self._held[control].owner = attempt.chord.name
        self._attempts = [each for each in self._attempts if not each.shares(attempt)]
        return [Route(attempt.chord.name, Edge.DOWN, attempt.last_s)]

    def _let_go(self, owner: str) -> None:
        """Note that a chord is over: its other controls mean nothing until they were up."""
        for held in self._held.values():
            if held.owner == owner:
                held.owner = ""
