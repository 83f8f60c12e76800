"""How often something may happen: so many at once, then so many a second.

Pure; `now` is handed in, in seconds.
"""


class Allowance:
    """Grants `at_once` at once, and `per_s` a second in the long run."""

    __slots__ = ("_ahead_s", "_gap_s", "_next_s")

    def __init__(self, per_s: float, at_once: int) -> None:
        self._gap_s = 1 / per_s
        self._ahead_s = (at_once - 1) / per_s
        self._next_s = -self._ahead_s  # when the next one would be due, were all evenly spaced

    def take(self, now: float) -> bool:
        """Tell whether one more may happen now; where it may, it is counted."""
        if now < self.next_s():
            return False
        self._next_s = max(self._next_s, now) + self._gap_s
        return True

    def next_s(self) -> float:
        """Return from when on one more may happen."""
        return self._next_s - self._ahead_s
