"""What players did, with the values before, so that it can be taken back and done again.

Pure. A `Change` is one thing a player did. While an action runs the history is open, and whoever changes the wish notes
what it was; without an open change (the rig's own doing, a repair, another program) nothing is noted. A gesture is many
actions that count as one change, such as a sweep. It ends after a pause, and when something else changes the same.
"""

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Protocol

from controld.session.model import Pedalboard

MAX_CHANGES = 50
# Moves of one control that are less than this apart are one gesture.
GESTURE_PAUSE_S = 1.0
# Gestures that are remembered at once; more hands than this play no rig.
MAX_GESTURES = 32

# A parameter by effect and symbol.
Key = tuple[str, str]
# What is wished of an effect: its preset, and the values by symbol.
Wish = tuple[str, dict[str, float]]
# Where each morph stands, by the names of its snapshots.
Positions = dict[tuple[str, ...], float | None]


class Step(Protocol):
    """One edit of a pedalboard (`steps`)."""

    def apply(self, board: Pedalboard) -> "tuple[Pedalboard, Step]":
        """Return the pedalboard after this step and the step back. Raises Refusal where it cannot be done."""


@dataclass(slots=True)
class Played:
    """A pedalboard as it was played: its snapshot by name ("" for none), what was wished of its effects, its tempo."""

    board: Pedalboard
    snapshot: str
    wishes: dict[str, Wish]
    bpm: float
    kept: Pedalboard | None = None  # as it was kept then: it may have been edited since


@dataclass(slots=True)
class Change:
    """One change: pairs are (before, after). What is None, or not listed, did not change."""

    board: str  # the name of the pedalboard it was made on
    cells: dict[Key, tuple[float, float]] = field(default_factory=dict)
    presets: dict[str, Wish] = field(default_factory=dict)  # effects that were given a preset, as they were before
    steps: list[Step] = field(default_factory=list)  # that take back how the pedalboard was edited, in their order
    snapshot: tuple[str, str] | None = None  # by name, "" for none
    positions: Positions | None = None  # of the morphs, before
    bpm: tuple[float, float] | None = None
    muted: tuple[bool, bool] | None = None
    left: Played | None = None  # the pedalboard that was left for another
    entered: str = ""  # the name of that other
    kept: bool = False
    at_s: float = 0.0  # of the last move, where it is a gesture
    number: int = 0  # the order in which changes began

    @property
    def empty(self) -> bool:
        """Tell whether nothing changed."""
        if self.cells or self.presets or self.steps:
            return False
        return self.snapshot is None and self.bpm is None and self.muted is None and self.left is None

    @property
    def whole(self) -> bool:
        """Tell whether it is more than single values: it is taken back in one plan, in the order that avoids pops."""
        return bool(self.presets or self.steps) or self.snapshot is not None


class History:
    """The last 50 changes, and those that were taken back since; `board` tells the current pedalboard's name."""

    def __init__(self, board: Callable[[], str]) -> None:
        self._board = board
        self.undone: list[Change] = []
        self._done: deque[Change] = deque(maxlen=MAX_CHANGES)
        self._open: Change | None = None
        self._closed: Change | None = None  # a change that is complete before its action ends
        self._begun = 0
        self._merged = False
        self._latest: dict[Key, Change] = {}  # which change touched a parameter last
        self._gestures: dict[Hashable, Change] = {}

    # While an action runs

    def begin(self, gesture: Hashable, now: float, pause_s: float = GESTURE_PAUSE_S) -> None:
        """Open a change; actions of one `gesture` (None: none) that are at most `pause_s` apart are one change."""
        change = None if gesture is None else self._gestures.get(gesture)
        self._merged = change is not None and now - change.at_s <= pause_s
        self._open = change if self._merged else self._begin()

    def end(self, gesture: Hashable, now: float) -> None:
        """Close the change; one that changed nothing is forgotten."""
        change = self._open or self._closed
        self._open = self._closed = None
        if change is None or (not change.cells and change.empty):
            return
        change.at_s = now
        self.undone.clear()
        if gesture is not None:
            self._gestures.pop(gesture, None)
            self._gestures[gesture] = change  # the one that moved last stands last
        if self._merged and not change.whole:
            return
        if not change.kept:
            change.kept = True
            self._done.append(change)
        if change.whole or change.left:
            self._gestures = {} if gesture is None else {gesture: change}
        elif len(self._gestures) > MAX_GESTURES:
            del self._gestures[next(iter(self._gestures))]

    def note(self, effect: str, symbol: str, before: float, after: float) -> Change | None:
        """Note a value of the open change; return the change, None where none is open."""
        change = self._open
        if change is None:
            return None
        key = (effect, symbol)
        if self._merged:
            latest = self._latest.get(key)
            if latest is not None and latest.number > change.number:
                change = self._open = self._begin()  # something else changed it within the gesture
                self._merged = False
        first = change.cells.get(key)
        change.cells[key] = (before if first is None else first[0], after)
        self._latest[key] = change
        return change

    def _begin(self) -> Change:
        self._begun += 1
        return Change(self._board(), number=self._begun)

    def note_preset(self, effect: str, before: Wish) -> None:
        """Note that an effect is given a preset."""
        if self._open is not None:
            self._open.presets.setdefault(effect, before)

    def note_step(self, back: Step) -> Change | None:
        """Note that the pedalboard was edited, and what takes that back; return the change, None where none is open."""
        if self._open is not None:
            self._open.steps.insert(0, back)
        return self._open

    def note_snapshot(self, before: str, after: str) -> None:
        """Note another current snapshot."""
        change = self._open
        if change is not None:
            change.snapshot = (before if change.snapshot is None else change.snapshot[0], after)

    def note_positions(self, before: Positions) -> None:
        """Note where the morphs stood."""
        if self._open is not None and self._open.positions is None:
            self._open.positions = dict(before)

    def note_tempo(self, before: float, after: float) -> None:
        """Note another tempo."""
        change = self._open
        if change is not None:
            change.bpm = (before if change.bpm is None else change.bpm[0], after)

    def note_mute(self, before: bool, after: bool) -> None:
        """Note that the outputs were parted or joined."""
        if self._open is not None:
            self._open.muted = (before, after)

    def note_left(self, played: Played, entered: str) -> None:
        """Note that a pedalboard was left for another; what is asked of that one is no change by itself."""
        if self._open is not None:
            self._open.left, self._open.entered = played, entered
            self._closed, self._open = self._open, None
            self._latest.clear()

    # Taking back

    def rename_board(self, before: str, after: str) -> None:
        """Have the changes on a pedalboard that has another name now be changes of that one."""
        for change in [*self._done, *self.undone]:
            if change.board == before:
                change.board = after
            if change.entered == before:
                change.entered = after
            if change.left is not None and change.left.board.name == before:
                change.left.board = replace(change.left.board, name=after)

    def pop(self) -> Change | None:
        """Remove and return the last change; None where there is none."""
        self._gestures.clear()
        return self._done.pop() if self._done else None

    def pop_undone(self) -> Change | None:
        """Remove and return what was taken back last."""
        self._gestures.clear()
        return self.undone.pop() if self.undone else None

    def push(self, change: Change) -> None:
        """Add a change that was done again."""
        change.kept = True
        self._done.append(change)
