"""Tells when files may have changed, by the system's own notice (inotify), without looking at them again and again.

Shell. What is watched are folders, not files, for editors save in many ways: they write a new file and rename it, or
cut the old one short and write it anew, or point a symbolic link to another folder. So every folder is watched in which
a step of the way to a file could be replaced; where the folder does not exist yet, the nearest one above that does.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from asyncinotify import Inotify, Mask

# Where the system gives no notice (its watches are used up), files are looked at this often.
LOOK_EVERY_S = 1.0
# Also where it does: a folder of another machine (NFS, SMB) changes without a notice here.
LOOK_ANYWAY_S = 5.0
MAX_LINKS = 40  # in one path, as in Linux itself: more are a circle

_NOTICES = Mask.CLOSE_WRITE | Mask.CREATE | Mask.DELETE | Mask.MOVE | Mask.ATTRIB | Mask.DELETE_SELF | Mask.MOVE_SELF

log = logging.getLogger("controld.config")

# A folder, and what tells it from another one that came into its place.
Place = tuple[Path, int, int]


class FileWatch:
    """Watches the way to some files; `aim` says which, again whenever there was a notice."""

    def __init__(self) -> None:
        self._inotify: Inotify | None = None
        self._places: frozenset[Place] = frozenset()
        self._warned = False

    def aim(self, paths: Iterable[Path]) -> None:
        """Watch files and folders, whether they exist or not. A notice that was not taken is lost: look at them now."""
        places = places_of(paths)
        if places == self._places and self._inotify is not None:
            return
        self.close()
        self._places = places
        try:
            self._inotify = Inotify()
            for folder, _, _ in places:
                with suppress(FileNotFoundError, NotADirectoryError, PermissionError):  # gone since
                    self._inotify.add_watch(folder, _NOTICES | Mask.ONLYDIR)
        except OSError as error:
            self.close()
            if not self._warned:
                self._warned = True
                log.warning("the system does not tell of saved files (%s); they are looked at once a second", error)

    async def notice(self) -> None:
        """Return when something happened to what is watched, or when it is time to look anyway."""
        if self._inotify is None:
            await asyncio.sleep(LOOK_EVERY_S)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_ANYWAY_S):
                await self._inotify.get()

    async def quiet(self, rest_s: float, at_most_s: float) -> None:
        """Return when nothing happened for `rest_s` seconds, or after `at_most_s` in any case."""
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                while await self._happens_within(rest_s):
                    pass

    async def _happens_within(self, seconds: float) -> bool:
        if self._inotify is None:
            await asyncio.sleep(seconds)
            return False
        try:
            async with asyncio.timeout(seconds):
                await self._inotify.get()
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Watch nothing any more."""
        if self._inotify is not None:
            self._inotify.close()
            self._inotify = None
        self._places = frozenset()


def places_of(paths: Iterable[Path]) -> frozenset[Place]:
    """Return every folder in which something can be replaced so that one of `paths` becomes another file."""
    folders: set[Path] = set()
    links: dict[Path, bool] = {}  # whether it is one: the files of a rig have nearly all of their way in common
    for path in paths:
        with suppress(OSError):  # a folder that may not be looked into
            folders |= _folders_on(path.absolute(), links)
    found = set()
    for folder in folders:
        with suppress(OSError):
            status = folder.stat()
            found.add((folder, status.st_dev, status.st_ino))
    return frozenset(found)


def _folders_on(path: Path, links: dict[Path, bool]) -> set[Path]:
    """Return the folder a path ends in (and the path itself, if it is one), and those of all links on the way."""

    def is_link(step: Path) -> bool:
        if step not in links:
            links[step] = step.is_symlink()
        return links[step]

    folders: set[Path] = set()
    for _ in range(MAX_LINKS):
        link = next(filter(is_link, (*reversed(path.parents), path)), None)
        if link is None:
            break
        folders.add(link.parent)
        path = link.parent / link.readlink() / path.relative_to(link)
    folders |= {path} if path.is_dir() else set()
    folders.add(next(each for each in path.parents if each.is_dir()))
    return folders
