"""Where a session's pedalboards stand: those of files, those of the library, and which of two versions counts.

Pure. A pedalboard of the library is read when it is wanted, by a function that the shell gives with it. One of the
library that has the name of a file's lies over that, as long as the file is what it was when the other was kept: an
edited file wins.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from controld.changes import Refused
from controld.session.board_json import board_text
from controld.session.lookup import Refusal, around
from controld.session.model import Bank, Pedalboard, Snapshot


@dataclass(frozen=True, slots=True)
class Stored:
    """A pedalboard of the library; `written` is the fingerprint of the file's version it lies over ("": of none).

    `read` raises UnreadableBoard.
    """

    name: str
    read: Callable[[], Pedalboard]
    written: str = ""


class UnreadableBoard(Exception):
    """A pedalboard of the library cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class KeepBoard:
    """Keep a pedalboard in the library; `written` is the fingerprint of the file's version that it lies over."""

    board: Pedalboard
    written: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class DropBoard:
    """Remove a pedalboard from the library; `aside` keeps it where it can be looked at, because a file outdates it."""

    name: str
    aside: bool = False


@dataclass(frozen=True, slots=True)
class KeepBanks:
    """Keep the banks in place of those of the file (by its fingerprint); None: the file was edited, and counts."""

    banks: tuple[Bank, ...] | None
    written: str = ""


@dataclass(frozen=True, slots=True)
class KeepFavourites:
    """Keep the favourites: URIs of plugins."""

    favourites: tuple[str, ...]


# What is asked of the library's disk, as requests are of the engine: in order, and each is answered.
Filing = KeepBoard | DropBoard | KeepBanks | KeepFavourites


@dataclass(frozen=True, slots=True)
class StoredBanks:
    """The library's banks, with the fingerprint of those of the file that they are in place of."""

    banks: tuple[Bank, ...]
    written: str = ""


@dataclass(slots=True)
class _Place:
    """What there is under one name."""

    file: Pedalboard | None = None
    stored: Stored | None = None
    board: Pedalboard | None = None  # what counts, once it was read


class Shelf:
    """All pedalboards by name: those of files in their order, then the library's by name; banks and favourites.

    What is to be written waits in `filing`.
    """

    def __init__(self) -> None:
        self.filing: list[Filing] = []
        self.favourites: tuple[str, ...] = ()
        self._file_banks: tuple[Bank, ...] = ()
        self._own_banks: StoredBanks | None = None
        self._places: dict[str, _Place] = {}
        self._names: tuple[str, ...] | None = None
        self._files: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all pedalboards, in order."""
        if self._names is None:
            own = sorted((name for name in self._places if name not in self._files), key=_in_order)
            self._names = (*self._files, *own)
        return self._names

    def __contains__(self, name: object) -> bool:
        """Tell whether there is such a pedalboard."""
        return name in self._places

    def known(self) -> Iterable[Pedalboard]:
        """Return the pedalboards that were read."""
        return [place.board for place in self._places.values() if place.board is not None]

    def get(self, name: str) -> Pedalboard | None:
        """Return a pedalboard, None where there is none such. Raises Refusal where it cannot be read."""
        place = self._places.get(name)
        if place is None:
            return None
        if place.board is None and place.stored is not None:
            try:
                place.board = replace(place.stored.read(), name=name)
            except UnreadableBoard as error:
                raise Refusal(f"pedalboard {name}", f"`{name}` cannot be read: {error}") from error
        return place.board

    def first(self, tell: Callable[[Refused], None]) -> Pedalboard:
        """Return the first pedalboard that can be read, and tell of those that cannot; an empty one where none can."""
        for name in self.names:
            try:
                board = self.get(name)
            except Refusal as refusal:
                tell(Refused(refusal.subject, refusal.reason))
            else:
                if board is not None:
                    return board
        return Pedalboard("")

    def near(self, names: Sequence[str], board: str, count: int) -> list[Pedalboard]:
        """Return the pedalboards around one among `names`, on each side so many, as far as they were read."""
        return [near for name in around(names, board, count) if (near := self.peek(name)) is not None]

    def peek(self, name: str) -> Pedalboard | None:
        """Return a pedalboard that was read; None where there is none such, or it was not read yet."""
        place = self._places.get(name)
        return place.board if place is not None else None

    def written(self, name: str) -> str:
        """Return the fingerprint of the file's version of a pedalboard; "" where it is none of a file."""
        place = self._places.get(name)
        return fingerprint(_as_written(place.file)) if place is not None and place.file is not None else ""

    def in_file(self, name: str) -> Pedalboard | None:
        """Return a pedalboard as its file has it; None where it is none of a file."""
        place = self._places.get(name)
        return _as_written(place.file) if place is not None and place.file is not None else None

    def is_stored(self, name: str) -> bool:
        """Tell whether the library has a version of this pedalboard."""
        place = self._places.get(name)
        return place is not None and place.stored is not None

    def take_files(self, boards: Sequence[Pedalboard]) -> None:
        """Take the pedalboards of the files; those of the library stay, but for those that an edited file outdates."""
        stored = [(name, place.stored) for name, place in self._places.items() if place.stored is not None]
        read = {name: place.board for name, place in self._places.items() if place.stored is not None}
        self._places = {board.name: _Place(board, None, board) for board in boards}
        self._files = tuple(self._places)
        self._names = None
        for name, each in stored:
            self._lay(each)
            place = self._places[name]
            if place.stored is each and read[name] is not None:
                place.board = read[name]

    def take_stored(self, stored: Iterable[Stored]) -> None:
        """Take the pedalboards of the library, over those of the files."""
        for each in stored:
            self._lay(each)
        self._names = None

    def _lay(self, each: Stored) -> None:
        place = self._places.setdefault(each.name, _Place())
        if place.file is not None and each.written != fingerprint(_as_written(place.file)):
            self.filing.append(DropBoard(each.name, aside=True))
        else:
            place.stored, place.board = each, None

    def put(self, board: Pedalboard, origin: str = "") -> None:
        """Keep a pedalboard in the library, in place of another of its name."""
        self.filing.append(KeepBoard(board, self.written(board.name), origin))
        place = self._places.setdefault(board.name, _Place())
        place.stored = Stored(board.name, lambda: board, self.written(board.name))
        place.board = board
        self._names = None

    def lay_over(self, name: str, snapshots: tuple[Snapshot, ...]) -> None:
        """Have other snapshots count whose keeping is another's part: those that were saved by themselves."""
        place = self._places.get(name)
        if place is not None and place.board is not None:
            place.board = replace(place.board, snapshots=snapshots, as_written=_as_written(place.board))

    def drop(self, name: str) -> None:
        """Remove the library's version of a pedalboard; one of a file is as its file has it then."""
        self.filing.append(DropBoard(name))
        place = self._places[name]
        place.stored, place.board = None, self.in_file(name)
        if place.file is None:
            del self._places[name]
        self._names = None

    @property
    def banks(self) -> tuple[Bank, ...]:
        """The banks: the library's where it has some, else those of the file."""
        return self._file_banks if self._own_banks is None else self._own_banks.banks

    def put_banks(self, banks: tuple[Bank, ...]) -> None:
        """Keep banks in the library."""
        self._own_banks = StoredBanks(banks, _print_of(self._file_banks))
        self.filing.append(KeepBanks(banks, self._own_banks.written))

    def take_file_banks(self, banks: Sequence[Bank]) -> None:
        """Take the banks of the file; ones that were edited count, in place of the library's."""
        self._file_banks = tuple(banks)
        if self._own_banks is not None and self._own_banks.written != _print_of(self._file_banks):
            self._own_banks = None
            self.filing.append(KeepBanks(None))

    def take_stored_banks(self, stored: StoredBanks | None) -> None:
        """Take the banks of the library."""
        self._own_banks = stored
        self.take_file_banks(self._file_banks)

    def put_favourites(self, favourites: tuple[str, ...]) -> None:
        """Keep the favourites."""
        self.favourites = favourites
        self.filing.append(KeepFavourites(favourites))


def _print_of(banks: tuple[Bank, ...]) -> str:
    text = json.dumps([[bank.name, *bank.pedalboards] for bank in banks])
    return hashlib.sha256(text.encode()).hexdigest()[:32] if banks else ""


def fingerprint(board: Pedalboard) -> str:
    """Return a text that is the same for the same pedalboard, and another for another one.

    Neither its file counts nor what other programs keep in its JSON.
    """
    return hashlib.sha256(board_text(board).encode()).hexdigest()[:32]


def _as_written(board: Pedalboard) -> Pedalboard:
    return board.as_written or board


def _in_order(name: str) -> tuple[str, str]:
    return name.casefold(), name
