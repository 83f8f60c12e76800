"""How far a change of pedalboard is, told where it takes long enough to be waited for.

Pure; time is an argument.
"""

from controld.changes import LoadProgressed

# A change that is done sooner needs no word; and no display can be read that changes more often.
WORTH_TELLING_S = 0.1
EVERY_S = 0.1


class Progress:
    """Of the running change: steps are counted as they are planned; `due_s` is when `take` may have something."""

    def __init__(self) -> None:
        self.due_s: float | None = None
        self._board = self._origin = ""
        self._total = 0
        self._told: int | None = None  # how many steps were done when it was told last

    def begin(self, board: str, origin: str, now: float) -> LoadProgressed | None:
        """Take that a change to `board` begins; return the last word of one that it takes the place of."""
        last = self.end()
        self._board, self._origin, self._total = board, origin, 0
        self.due_s = now + WORTH_TELLING_S
        return last

    def add(self, steps: int) -> None:
        """Take that so many steps were planned."""
        self._total += steps

    def take(self, left: int, now: float) -> LoadProgressed | None:
        """Return how far it is, with `left` steps to do, where that is worth telling now."""
        if self.due_s is None or now < self.due_s:
            return None
        self.due_s = now + EVERY_S
        done = max(self._total - left, self._told or 0)  # a press meanwhile is something left to do, and no step back
        if not self._total or done in {self._told, self._total}:
            return None  # nothing new; and that it is whole is told by `end`
        self._told = done
        return LoadProgressed(self._board, done, self._total, self._origin)

    def end(self) -> LoadProgressed | None:
        """Take that it is over; return its last word, where it had one before."""
        self.due_s = None
        told, self._told = self._told, None
        return None if told is None else LoadProgressed(self._board, self._total, self._total, self._origin)
