"""The library on the disk: pedalboards, banks and favourites, which the program itself writes.

Shell. Each pedalboard is a file of its own in `pedalboards/`, in the JSON of the Session Manager with its true name
inside; the file's name is made of that so that it is plain, free, and in this folder whatever the name is. An index
remembers which names the files have, so that a thousand of them need not be read to be listed.
"""

import hashlib
import json
import logging
import os
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from controld.session.board_json import VERSION, from_members, to_members
from controld.session.board_members import OWN, text_at
from controld.session.board_names import BoardNames, board_names, from_plain, plain
from controld.session.effect_names import unique
from controld.session.model import Bank, Pedalboard
from controld.session.shelf import (
    DropBoard,
    Filing,
    KeepBanks,
    KeepBoard,
    KeepFavourites,
    Stored,
    StoredBanks,
    UnreadableBoard,
)
from controld.store_files import FRESH, NewerVersion, aside, before, keep_file, read_kept, replace_file, sync_folder

log = logging.getLogger("controld.library")

# Of a name's own letters so many are in its file's name; what makes it free is the digest behind them.
_SLUG_LETTERS = 40
_T = TypeVar("_T")
_OVER = "over"  # the fingerprint of the file's version that a pedalboard lies over


@dataclass(frozen=True, slots=True)
class Contents:
    """What the library has."""

    boards: tuple[Stored, ...] = ()
    banks: StoredBanks | None = None
    favourites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the index knows of a file, as long as time (ns) and size (bytes) are the same."""

    time: int
    size: int
    name: str
    over: str
    names: BoardNames


class Library:
    """The files. `file` may be called from another thread than the rest, one call at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._boards = folder / "pedalboards"
        self._paths: dict[str, Path] = {}  # by the name of the pedalboard

    # Reading

    def open(self) -> Contents:
        """Return what there is; what cannot be read is said in the log, and what is damaged set aside."""
        known = self._read_index()
        found = self._scan(known)
        self._paths = {}
        boards = []
        for path, entry in found.items():
            name = unique(entry.name, self._paths, " ")
            self._paths[name] = path
            boards.append(Stored(name, partial(self._read, path), entry.over))
        fresh = {path.name: entry for path, entry in found.items()}
        if fresh != known:
            self._write_index(fresh)
        banks = self._read_small("banks.json", _parse_banks)
        favourites = self._read_small("favourites.json", _parse_favourites)
        return Contents(tuple(boards), banks, favourites or ())

    def _scan(self, known: Mapping[str, _Entry]) -> dict[Path, _Entry]:
        found: dict[Path, _Entry] = {}
        try:
            with os.scandir(self._boards) as entries:
                files = sorted((entry for entry in entries if entry.is_file()), key=lambda entry: entry.name)
        except FileNotFoundError:
            return found
        except OSError as error:
            log.warning("the library cannot be read: %s", error)
            return found
        for file in files:
            path = self._boards / file.name
            if file.name.endswith(FRESH):
                with suppress(OSError):  # of a write that never ended
                    path.unlink()
            elif path.suffix == ".json" and not file.name.startswith("."):
                entry = self._entry(path, file.stat(), known.get(file.name))
                if entry is not None:
                    found[path] = entry
        return found

    def _entry(self, path: Path, stat: os.stat_result, known: _Entry | None) -> _Entry | None:
        if known is not None and (known.time, known.size) == (stat.st_mtime_ns, stat.st_size):
            return known
        try:
            name, over, names = self._load(path, _title_of)
        except UnreadableBoard as error:
            log.warning("a pedalboard of the library is left out: %s", error)
            return None
        return _Entry(stat.st_mtime_ns, stat.st_size, name, over, names)

    def _read(self, path: Path) -> Pedalboard:
        return self._load(path, parse_board)[0]

    def _load(self, path: Path, parse: Callable[[bytes], _T]) -> _T:
        """Return what a file says. Raises UnreadableBoard."""
        try:
            read = read_kept(path, parse)
        except NewerVersion as error:
            message = f"{path} is of version {error}, which this controld does not know; it is left alone"
            raise UnreadableBoard(message) from error
        except OSError as error:
            raise UnreadableBoard(str(error)) from error
        if read is None:
            message = f"{path} is not there"
            raise UnreadableBoard(message)
        return read

    def _read_small(self, name: str, parse: Callable[[bytes], _T]) -> _T | None:
        path = self.folder / name
        try:
            return read_kept(path, parse)
        except NewerVersion as error:
            log.warning("%s is of version %s, which this controld does not know; it is left alone", path, error)
        except OSError as error:
            log.warning("%s", error)
        return None

    # Writing

    def file(self, filing: Filing) -> None:
        """Do what is asked of the disk. Raises OSError where it does not take it: all is as it was then."""
        match filing:
            case KeepBoard():
                self._keep(filing.board, filing.written)
            case DropBoard():
                self._drop(filing.name, away=filing.aside)
            case KeepBanks(banks=None):
                self._put_away(self.folder / "banks.json", "the banks")
            case KeepBanks():
                lists = [{"name": bank.name, "pedalboards": list(bank.pedalboards)} for bank in filing.banks or ()]
                self._keep_small("banks.json", {"written": filing.written, "banks": lists})
            case KeepFavourites():
                self._keep_small("favourites.json", {"favourites": list(filing.favourites)})

    def _keep(self, board: Pedalboard, over: str) -> None:
        path = self._paths.get(board.name) or self._free(board.name)
        keep_file(path, board_file(board, over))
        self._paths[board.name] = path

    def _free(self, name: str) -> Path:
        """Return the path of a pedalboard that has none yet."""
        stem, taken = file_stem(name), set(self._paths.values())
        paths = (self._boards / f"{stem}{'' if n == 1 else f'-{n}'}.json" for n in range(1, 10_000))
        return next(path for path in paths if path not in taken and not path.exists())

    def _drop(self, name: str, *, away: bool) -> None:
        path = self._paths.get(name)
        if path is None:
            return
        if away:
            self._put_away(path, f"the pedalboard `{name}`")
        else:
            before(path).unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            sync_folder(path.parent)
        del self._paths[name]

    def _put_away(self, path: Path, what: str) -> None:
        if not path.exists():
            return
        away = aside(path, ".superseded")
        before(path).unlink(missing_ok=True)
        path.replace(away)
        log.warning("%s: its file was edited since it was saved; the file counts, and what was saved is %s", what, away)

    def _keep_small(self, name: str, members: dict[str, object]) -> None:
        keep_file(self.folder / name, _text({"version": VERSION, **members}))

    # The index, which may be lost at any time

    @property
    def _index(self) -> Path:
        return self.folder / "index.json"

    def _read_index(self) -> dict[str, _Entry]:
        try:
            kept = json.loads(self._index.read_bytes())
            if kept["version"] != VERSION:
                return {}
            return {str(file): _Entry(int(time), int(size), str(name), str(over), from_plain(names))
                    for file, (time, size, name, over, names) in kept["files"].items()}  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _write_index(self, entries: Mapping[str, _Entry]) -> None:
        files = {file: [each.time, each.size, each.name, each.over, plain(each.names)]
                 for file, each in entries.items()}  # fmt: skip
        with suppress(OSError):  # the next start reads the files then
            replace_file(self._index, json.dumps({"version": VERSION, "files": files}).encode())


def file_stem(name: str) -> str:
    """Return the file's name for a pedalboard, without its suffix: plain letters of the name, and its digest.

    The digest is of the exact name, so that names which differ only in case or in how they are written in Unicode
    have different files on every file system.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(letter if letter.isalnum() else "-" for letter in plain)
    slug = "-".join(filter(None, words.split("-")))[:_SLUG_LETTERS].strip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{slug or 'board'}-{digest}"


def board_file(board: Pedalboard, over: str = "") -> bytes:
    """Return a pedalboard as the text of its file."""
    members = to_members(board)
    held = members.get(OWN)
    own: dict[str, object] = {**(held if isinstance(held, dict) else {}), "version": VERSION}
    own.pop(_OVER, None)  # of a file that was copied by hand
    members[OWN] = {**own, _OVER: over} if over else own
    return _text(members)


def parse_board(content: bytes) -> tuple[Pedalboard, str]:
    """Return a pedalboard from the text of its file, and the fingerprint of what it lies over.

    Raises:
        NewerVersion: a later controld wrote it.
        ValueError: it is no pedalboard.
    """
    members, over = _members_of(content)
    return from_members(members), over


def _members_of(content: bytes) -> tuple[dict[str, Any], str]:
    """Return the members of a pedalboard's file, and the fingerprint of what it lies over. Raises as `parse_board`."""
    members: dict[str, Any] = json.loads(content, parse_constant=_no_number)
    own = members.get(OWN)
    if not isinstance(own, dict):
        return members, ""
    version = own.get("version", VERSION)
    if not isinstance(version, int) or version > VERSION:
        raise NewerVersion(str(version))
    return members, str(own.pop(_OVER, ""))


def _title_of(content: bytes) -> tuple[str, str, BoardNames]:
    """Return a pedalboard's name, what it lies over, and its parts' names; the rest is seen when it is loaded."""
    members, over = _members_of(content)
    return text_at(members, "name", "", required=True), over, board_names(members)


def _text(members: Mapping[str, object]) -> bytes:
    """Return JSON that people can read; what is no Unicode is escaped."""
    try:
        return json.dumps(members, ensure_ascii=False, indent=2).encode()
    except UnicodeEncodeError:
        return json.dumps(members, indent=2).encode()


def _no_number(text: str) -> float:
    message = f"{text} is no number"
    raise ValueError(message)


def _versioned(content: bytes) -> dict[str, Any]:
    """Return a file's members. Raises NewerVersion; ValueError, TypeError or KeyError where it has none."""
    kept: dict[str, Any] = json.loads(content)
    version = kept["version"]
    if not isinstance(version, int) or version > VERSION:
        raise NewerVersion(str(version))
    return kept


def _parse_banks(content: bytes) -> StoredBanks:
    kept = _versioned(content)
    banks = tuple(Bank(str(each["name"]), tuple(map(str, each["pedalboards"]))) for each in kept["banks"])
    return StoredBanks(banks, str(kept["written"]))


def _parse_favourites(content: bytes) -> tuple[str, ...]:
    return tuple(map(str, _versioned(content)["favourites"]))
