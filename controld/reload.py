"""Notices changed configuration files, by looking at them once a second.

Shell. Looking costs a few microseconds per file; a watcher of the system would be a dependency for nothing a player
could notice. A file that is being written is left alone until it rests for one look.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

LOOK_EVERY_S = 1.0

log = logging.getLogger("controld.config")

Stamp = tuple[int, int]


class Reloader:
    """Calls `changed` when one of `files()` (files and folders) is not what it was at the last call."""

    def __init__(self, files: Callable[[], Sequence[Path]], changed: Callable[[], None]) -> None:
        self._files = files
        self._changed = changed
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look; what the files are now is what was loaded."""
        self._task = asyncio.create_task(self._watch(), name="configuration files")

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        loaded = before = self._stamps()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = self._stamps()
            if now != loaded and now == before:
                self._changed()
                loaded = now = self._stamps()  # other files may belong to it now
            before = now

    def _stamps(self) -> list[Stamp | None]:
        return [_stamp(path) for path in self._files()]


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
