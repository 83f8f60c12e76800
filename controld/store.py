"""What the rig keeps for the next start: how it stands, and the snapshots that were saved.

Shell: it writes a file in the user's state folder, the journal. Atomically, so that power that goes at any moment
leaves the old or the new state; in a thread, because a disk may take its time; and not at the press that changed
something, but half a second later, of what is so then.
"""

import asyncio
import hashlib
import json
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from controld.places import data_folder
from controld.session.live import Live, from_json, to_json
from controld.session.model import Pedalboard
from controld.session.saved import SavedSnapshot, from_members, overlay, to_members
from controld.session.shelf import fingerprint
from controld.store_files import NewerVersion, keep_file, read_kept

VERSION = 2  # 1 had names and saved snapshots only
# A change is on disk within twice this time, and a row of changes costs one write.
WRITE_AFTER_S = 0.45
RETRY_S = 5.0

log = logging.getLogger("controld.store")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is restored at the next start, with the snapshots that players saved."""

    live: Live = Live()  # noqa: RUF009 - frozen
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


def read_standing(path: Path) -> tuple[Standing, Path]:
    """Return what was kept, and where it is to be kept from now on.

    Nothing where there is no file. One of a newer version is left alone: what this one keeps goes beside it.
    """
    try:
        return read_kept(path, parse_standing) or Standing(), path
    except NewerVersion as error:
        log.warning("%s is of version %s, which this controld does not know; it is left alone", path, error)
        path = path.with_suffix(f".v{VERSION}.json")
        with suppress(NewerVersion, OSError):
            return read_kept(path, parse_standing) or Standing(), path
    except OSError as error:
        log.warning("where the rig stood cannot be read: %s", error)
    return Standing(), path


def parse_standing(content: bytes) -> Standing:
    """Return what a journal says. Raises ValueError, KeyError, TypeError, AttributeError; NewerVersion."""
    kept = json.loads(content)
    version = kept["version"]
    if not isinstance(version, int) or version > VERSION:
        raise NewerVersion(str(version))
    return Standing(from_json(kept), tuple(map(_read_saved, kept.get("saved", ()))))


def standing_text(standing: Standing, written: str) -> bytes:
    """Return a journal's text; `written` is the fingerprint of the pedalboard as it is kept."""
    saved = [
        {"pedalboard": each.pedalboard, "written": each.written, "snapshot": to_members(each.snapshot)}
        for each in standing.saved
    ]
    return json.dumps({"version": VERSION, **to_json(standing.live, written), "saved": saved}).encode()


def _read_saved(kept: dict[str, object]) -> SavedSnapshot:
    members = kept["snapshot"]
    if not isinstance(members, dict):
        message = f"expected a snapshot, found {members!r}"
        raise TypeError(message)
    return SavedSnapshot(str(kept["pedalboard"]), str(kept["written"]), from_members(members))


class Journal:
    """Writes how the rig stands soon after it changed; a disk that refuses is said once, and playing goes on.

    `state` tells how it stands. While it is `held` nothing is written.
    """

    def __init__(
        self, path: Path, state: Callable[[], Standing], say: Callable[[str], None] = log.warning, *, held: bool = False
    ) -> None:
        self.kept, self._path = read_standing(path)
        self.held = held
        self.retry_s = RETRY_S
        self._state = state
        self._say = say
        self._marked = False
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._lock = threading.Lock()  # of the thread that writes
        self._written = b""
        self._print: tuple[Pedalboard | None, str] = (None, "")
        self._complained = False

    @property
    def saved(self) -> Saved:
        """The snapshots that were saved before this start."""
        return {(each.pedalboard, each.snapshot.name): each for each in self.kept.saved}

    def mark(self) -> None:
        """Say that something changed. Of the many that come in a row all but the first cost nothing."""
        if not self._marked:
            self._marked = True
            self._changed.set()

    def start(self) -> None:
        """Begin to keep."""
        self._task = asyncio.create_task(self._run(), name="where the rig stands")

    async def stop(self) -> None:
        """Keep how the rig stands now."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None
        await self._write()

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), self.retry_s if self._complained else None)
            await asyncio.sleep(WRITE_AFTER_S)
            self._changed.clear()
            self._marked = False
            await self._write()

    async def _write(self) -> None:
        if self.held:
            return
        try:
            await asyncio.to_thread(self._put, self._state())
        except OSError as error:
            if not self._complained:
                self._complained = True
                self._say(f"where the rig stands cannot be kept for the next start: {error}")
        else:
            if self._complained:
                self._complained = False
                self._say("where the rig stands is kept again")

    def _put(self, standing: Standing) -> None:
        """Write, in a thread; what is there already is not written again. Raises OSError."""
        with self._lock:
            kept = standing.live.kept
            if kept is not self._print[0]:
                self._print = (kept, fingerprint(kept) if kept is not None else "")
            text = standing_text(standing, self._print[1])
            if text != self._written:
                keep_file(self._path, text)
                self._written = text
