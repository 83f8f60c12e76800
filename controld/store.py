"""What the rig keeps for the next start: the pedalboard and snapshot it stood on, and the snapshots that were saved.

Shell: it writes a file in the user's state folder. Atomically (write, fsync, rename, fsync of the folder), so that
power that goes at any moment leaves the old or the new state; in a thread, because a disk may take its time.
"""

import asyncio
import hashlib
import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from controld.places import data_folder
from controld.session.model import Pedalboard
from controld.session.saved import SavedSnapshot, from_members, overlay, to_members

VERSION = 1
# A change is on disk this long after it at the latest, and a row of changes costs one write.
WRITE_AFTER_S = 0.5

log = logging.getLogger("controld.store")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is restored at the next start, by name ("" for none), with the snapshots that players saved."""

    pedalboard: str = ""
    snapshot: str = ""
    saved: tuple[SavedSnapshot, ...] = ()


# Saved snapshots by the names of pedalboard and snapshot.
Saved = dict[tuple[str, str], SavedSnapshot]


def lay_over(boards: Sequence[Pedalboard], saved: Saved) -> tuple[Pedalboard, ...]:
    """Return the pedalboards of the files with what was saved laid over them.

    What was edited in its file since is said in the log and taken out of `saved`: the file counts.
    """
    laid, stale = overlay(boards, saved)
    for board, snapshot in sorted(stale):
        log.warning(
            "the snapshot `%s` of `%s` was changed in its file since it was saved; the file counts", snapshot, board
        )
        del saved[board, snapshot]
    return laid


def state_path(config: Path, what: str = "last", suffix: str = ".json") -> Path:
    """Return the file of a rig's state, one for each configuration."""
    return data_folder() / f"{what}-{hashlib.sha256(str(config.resolve()).encode()).hexdigest()[:12]}{suffix}"


def read_standing(path: Path) -> Standing:
    """Return what was kept; nothing where there is no file, and a damaged one is set aside with its name logged."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["version"] != VERSION:
            log.warning(
                "%s is of version %s, which this controld does not know; it is left alone", path, kept["version"]
            )
            return Standing()
        return Standing(str(kept["pedalboard"]), str(kept["snapshot"]), tuple(map(_read_saved, kept.get("saved", ()))))
    except FileNotFoundError:
        return Standing()
    except OSError as error:
        log.warning("where the rig stood cannot be read: %s", error)
    except (ValueError, KeyError, TypeError, AttributeError):
        aside = path.with_suffix(".damaged")
        log.warning("%s is damaged; it is set aside as %s", path, aside.name)
        path.replace(aside)
    return Standing()


def write_standing(path: Path, standing: Standing) -> None:
    """Keep what is to be restored. Raises OSError where the disk does not take it; the old state is there then."""
    kept: dict[str, object] = {
        "version": VERSION, "pedalboard": standing.pedalboard, "snapshot": standing.snapshot,
        "saved": [
            {"pedalboard": each.pedalboard, "written": each.written, "snapshot": to_members(each.snapshot)}
            for each in standing.saved
        ],
    }  # fmt: skip
    replace_file(path, json.dumps(kept).encode())


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in the place of another in one step, and onto the disk; its folder is made where there is none.

    Who may read it stays as it was.

    Raises:
        OSError: the disk does not take it; the old file is there then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.controld-new")  # hidden, and a name nobody has
    with fresh.open("wb") as file:
        file.write(content)
        if path.exists():
            fresh.chmod(path.stat().st_mode & 0o777)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read_saved(kept: dict[str, object]) -> SavedSnapshot:
    members = kept["snapshot"]
    if not isinstance(members, dict):
        message = f"expected a snapshot, found {members!r}"
        raise TypeError(message)
    return SavedSnapshot(str(kept["pedalboard"]), str(kept["written"]), from_members(members))


class Keeper:
    """Writes the newest standing soon after it changed; a disk that refuses is said once, and playing goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.kept = self._wanted = read_standing(path)
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._complained = False

    @property
    def saved(self) -> Saved:
        """The snapshots that were saved before this start."""
        return {(each.pedalboard, each.snapshot.name): each for each in self.kept.saved}

    def start(self) -> None:
        """Begin to keep."""
        self._task = asyncio.create_task(self._run(), name="where the rig stands")

    def note(self, standing: Standing) -> None:
        """Have a standing kept, soon."""
        if standing != self._wanted:
            self._wanted = standing
            self._changed.set()

    async def stop(self) -> None:
        """Keep what is wanted, at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None
        await self._write()

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(WRITE_AFTER_S)
            self._changed.clear()
            await self._write()

    async def _write(self) -> None:
        wanted = self._wanted
        if wanted == self.kept:
            return
        try:
            await asyncio.to_thread(write_standing, self._path, wanted)
            self.kept = wanted
        except OSError as error:
            if not self._complained:
                self._complained = True
                log.warning("where the rig stands cannot be kept for the next start: %s", error)
