"""Files that the program keeps: written so that the old or the new one is there whatever happens, and read back.

Shell. A file is written beside, put onto the disk, and only then put in the place of the old one, which stays beside it
as the last good one: a file that turns out to be damaged is set aside, and that one counts.
"""

import logging
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

log = logging.getLogger("controld.store")

FRESH = ".controld-new"
BEFORE = ".before"
_T = TypeVar("_T")


class NewerVersion(Exception):
    """A file is of a version that this controld does not know; it is left alone. The text is the version."""


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in the place of another in one step, and onto the disk; its folder is made where there is none.

    Who may read it stays as it was.

    Raises:
        OSError: the disk does not take it; the old file is there then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = _beside(path, FRESH)
    try:
        _write(fresh, content, path)
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def keep_file(path: Path, content: bytes) -> None:
    """Put a file in the place of another as `replace_file` does, and keep the other as the one before.

    Raises:
        OSError: the disk does not take it; the old file is there then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        spare = _beside(path, f"{BEFORE}{FRESH}")
        spare.unlink(missing_ok=True)
        try:
            os.link(path, spare)
        except OSError:  # a file system without links
            shutil.copy2(path, spare)
        spare.replace(before(path))
    replace_file(path, content)


def read_kept(path: Path, parse: Callable[[bytes], _T]) -> _T | None:
    """Return what a file that was kept says; None where there is none.

    One that cannot be parsed is set aside, with its name in the log, and the one before counts.

    Raises:
        NewerVersion: `parse` does not know the version.
        OSError: it is there and cannot be read.
    """
    for place in (path, before(path)):
        try:
            content = place.read_bytes()
        except FileNotFoundError:
            continue
        try:
            found = parse(content)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            _set_aside(place, error)
        else:
            if place != path:
                with suppress(OSError):
                    shutil.copy2(place, path)
            return found
    return None


def before(path: Path) -> Path:
    """Return where the last good version before a file is."""
    return _beside(path, BEFORE)


def aside(path: Path, suffix: str) -> Path:
    """Return a free name beside a file: with a suffix, and a number where there is one already."""
    names = (path.with_suffix(suffix if count == 1 else f"{suffix}-{count}") for count in range(1, 10_000))
    return next(name for name in names if not name.exists())


def _set_aside(path: Path, error: Exception) -> None:
    away = aside(path, ".damaged")
    log.warning("%s is damaged (%s); it is set aside as %s", path, error, away.name)
    try:
        path.replace(away)
    except OSError as refusal:
        log.warning("%s cannot be set aside: %s", path, refusal)


def _beside(path: Path, suffix: str) -> Path:
    """Return a hidden name beside a file, which nobody else has."""
    return path.with_name(f".{path.name}{suffix}")


def _write(fresh: Path, content: bytes, like: Path) -> None:
    with fresh.open("wb") as file:
        file.write(content)
        if like.exists():
            fresh.chmod(like.stat().st_mode & 0o777)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Have the disk take the names in a folder."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
