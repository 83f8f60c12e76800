"""Who moves a control owns it for a moment: what it is to show waits until the hand has rested, the newest of it.

Pure; `now` is handed in, in seconds (monotonic). The same for a motor fader on a desk and a widget on a tablet: the
panel of a MIDI device asks with its lights for keys, an OSC client with its addresses. Others that show the same
parameter are not asked about and follow live.
"""

from collections.abc import Hashable, Iterable
from math import inf
from typing import Final, Generic, TypeVar

OWNED_S: Final = 0.2  # a control is its mover's for so long after its last move, or after the hand let it go

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Ownership(Generic[K, V]):
    """What hands are on, and what is to be shown there after that.

    `waiting` holds the latter; it is empty for nearly every event, so whoever is in a hurry may look there first.
    """

    __slots__ = ("_until", "waiting")

    def __init__(self) -> None:
        self._until: dict[K, float] = {}
        self.waiting: dict[K, V] = {}

    def __contains__(self, key: K) -> bool:
        """Tell whether a hand has been here and nobody asked for what is due since."""
        return key in self._until

    def move(self, key: K, now: float) -> None:
        """Take note that a hand moved this; a hand that is felt (`touch`) keeps it in any case."""
        self._until[key] = max(now + OWNED_S, self._until.get(key, now))

    def touch(self, key: K) -> None:
        """Take note that a hand lies here: it owns this until `let_go`."""
        self._until[key] = inf

    def let_go(self, key: K, now: float) -> None:
        """Take note that the hand is gone; it owns this a moment longer, for what it did last is answered first."""
        self._until[key] = now + OWNED_S

    def end(self, key: K) -> None:
        """Take this from its owner, with all that waits for it: what was refused is nobody's."""
        self._until.pop(key, None)
        self.waiting.pop(key, None)

    def owns(self, key: K, now: float) -> bool:
        """Tell whether a hand has this now."""
        return now < self._until.get(key, -inf)

    def keep(self, key: K, value: V) -> None:
        """Have `value` shown once the hand is gone, instead of what waited there."""
        self.waiting[key] = value

    def withdraw(self, key: K) -> None:
        """Have nothing shown afterwards: the hand left it as it is to be."""
        self.waiting.pop(key, None)

    def due(self, now: float) -> list[tuple[K, V]]:
        """Return what is to be shown now, each once; what it was is forgotten."""
        ended = [key for key, until_s in self._until.items() if until_s <= now]
        for key in ended:
            del self._until[key]
        return [(key, self.waiting.pop(key)) for key in ended if key in self.waiting]

    def next_s(self) -> float:
        """Return when `due` has something to give, in seconds; infinity for not before a hand lets go."""
        return min((self._until[key] for key in self.waiting), default=inf)

    def forget(self, keys: Iterable[K]) -> None:
        """Forget what is gone."""
        for key in keys:
            self.end(key)
