"""Whether a value is still what one made it: held values are given back, and knobs keep hold, only while it is.

Pure. A wish is answered by a fact with its value, soon or a moment later; what comes then with another value was
somebody else's doing.
"""

from controld.changes import State
from controld.values import same_value


class Claim:
    """One claim on a value; `origin` is who makes it."""

    __slots__ = ("_made", "_moves_until_s", "origin")

    def __init__(self, origin: str = "") -> None:
        self.origin = origin
        self._made: float | None = None
        self._moves_until_s = 0.0

    def expect(self, origin: str, moves_until_s: float = 0.0) -> None:
        """Take note that `origin` asks for a new value; until then in seconds it is on its way there."""
        self.origin, self._made, self._moves_until_s = origin, None, moves_until_s

    def arrive(self) -> None:
        """Take note that the value is not on its way any more."""
        self._moves_until_s = 0.0

    def keeps(self, value: float, origin: str, state: State, now: float) -> bool:
        """Take what the value is now; tell whether it is still one's own.

        One's own are also what the engine made of the wish (clamped, stepped), and every step of the way to it.
        """
        is_same = self._made is not None and same_value(self._made, value)
        is_answer = self._made is None or now <= self._moves_until_s or state is State.CONFIRMED
        if is_answer and origin == self.origin:
            self._made = value
            return True
        return is_same
