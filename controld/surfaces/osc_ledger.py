"""What went wrong with whom: faults counted by sender and kind, each logged once.

Bounded, for a mad network has more senders than memory; what is beyond the bound is counted together.
"""

import logging
from collections import Counter
from typing import Final

MAX_SENDERS: Final = 256
OTHERS: Final = "others"

MAX_DETAIL: Final = 300  # characters of what a sender got wrong that are worth a line

log = logging.getLogger("controld.osc")


class Ledger:
    """The faults of one surface."""

    def __init__(self, surface: str) -> None:
        self._surface = surface
        self._by_sender: dict[str, Counter[str]] = {}
        self.by_kind: Counter[str] = Counter()

    def note(self, sender: str, kind: str, detail: str) -> None:
        """Count a fault of `sender`; say it where this sender has not shown this kind before."""
        self.by_kind[kind] += 1
        counts = self._by_sender.get(sender)
        if counts is None:
            if len(self._by_sender) >= MAX_SENDERS:
                sender = OTHERS
            counts = self._by_sender.setdefault(sender, Counter())
        counts[kind] += 1
        if counts[kind] == 1:
            log.warning(
                "%s: %s: %s: %s (said once; more of the kind are counted)",
                self._surface,
                sender,
                kind,
                detail[:MAX_DETAIL],
            )

    def by_sender(self) -> dict[str, dict[str, int]]:
        """Return the counts by sender and kind."""
        return {sender: dict(counts) for sender, counts in self._by_sender.items()}
