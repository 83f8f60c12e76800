"""What is asked of the library's disk, done one after the other in a thread, and answered.

Shell. A disk that refuses (full, read-only, gone) is said once; what waits is tried again until it is taken, and that
is said too. What is newer of the same pedalboard takes the place of what still waits.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from controld.library import Library
from controld.session.shelf import DropBoard, Filing, KeepBoard

log = logging.getLogger("controld.library")

RETRY_S = 5.0


class Librarian:
    """The queue before a library. `answered` is told each filing with "" or why it is not done; `say` the person."""

    def __init__(
        self, library: Library, answered: Callable[[Filing, str], None], say: Callable[[str], None] = log.warning
    ) -> None:
        self.retry_s = RETRY_S
        self._library = library
        self._answered = answered
        self._say = say
        self._waiting: deque[Filing] = deque()
        self._refused: set[int] = set()  # those that were answered with a reason already, by identity
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def take(self, filings: Iterable[Filing]) -> None:
        """Have these done, in order."""
        for filing in filings:
            place = self._older(filing)
            if place is None:
                self._waiting.append(filing)
            else:
                self._waiting[place] = filing
        if self._waiting:
            self._wake.set()

    def _older(self, filing: Filing) -> int | None:
        """Return the place of an older version that still waits; the first of the queue may be under way."""
        if not isinstance(filing, KeepBoard):
            return None
        for place in range(len(self._waiting) - 1, 0, -1):
            each = self._waiting[place]
            if isinstance(each, DropBoard) and each.name == filing.board.name:
                return None
            if isinstance(each, KeepBoard) and each.board.name == filing.board.name:
                return place
        return None

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run(), name="library")

    async def stop(self) -> None:
        """Do what waits, as far as the disk takes it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None
        await self._work()

    async def _run(self) -> None:
        while True:
            timeout = self.retry_s if self._waiting else None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), timeout)
            self._wake.clear()
            await self._work()

    async def _work(self) -> None:
        while self._waiting:
            filing = self._waiting[0]
            work = asyncio.ensure_future(asyncio.to_thread(self._library.file, filing))
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait({work})  # one call at a time: the next begins when this one has ended
                raise
            except (OSError, ValueError) as error:
                self._refuse(filing, error)
                if isinstance(error, OSError):
                    return
            else:
                self._took(filing)
            self._waiting.popleft()

    def _refuse(self, filing: Filing, error: Exception) -> None:
        if not self._refused:
            self._say(f"the library takes nothing: {error}; what is saved counts until the stop, and is tried again")
        if id(filing) not in self._refused:
            self._refused.add(id(filing))
            self._answered(filing, str(error))

    def _took(self, filing: Filing) -> None:
        if self._refused:
            self._refused.clear()
            self._say("the library takes what is saved again")
        self._answered(filing, "")
