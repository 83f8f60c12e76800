"""Pedalboards, banks and favourites: made, kept, named, copied and removed.

Pure. What is kept waits in the shelf's `filing` for the disk, which answers; a file that a person wrote is never
changed: what is kept of such a pedalboard lies over it.
"""

from collections.abc import Mapping
from dataclasses import replace

from controld.changes import (
    BanksChanged,
    FavouritesChanged,
    PedalboardCreated,
    PedalboardRemoved,
    PedalboardRenamed,
    PedalboardSaved,
    Refused,
    State,
)
from controld.errors import hinted
from controld.session.board_json import copy_of
from controld.session.boards import Boards
from controld.session.context import Context
from controld.session.edits import (
    AddFavourite,
    AddToBank,
    CreatePedalboard,
    DeletePedalboard,
    DuplicatePedalboard,
    ImportPedalboard,
    RemoveFavourite,
    RemoveFromBank,
    RenamePedalboard,
    ResetPedalboard,
    SavePedalboard,
    SavePedalboardAs,
    SetBanks,
)
from controld.session.effect_names import check_effect_name, check_title, unique
from controld.session.lookup import Refusal
from controld.session.model import Bank, Pedalboard
from controld.session.saved import as_played
from controld.session.schema import is_uri
from controld.session.shelf import Filing, KeepBoard

_BOARD = "pedalboard"


class Keeping:
    """The library as a session sees it."""

    def __init__(self, context: Context, boards: Boards) -> None:
        self._context = context
        self._boards = boards
        self._shelf = boards.shelf

    # Pedalboards

    def create(self, action: CreatePedalboard, origin: str) -> None:
        """Make an empty pedalboard."""
        self._check_free(action.name)
        board = Pedalboard(action.name, description=action.description)
        self._add(board, origin, action.description)
        if action.load:
            self._boards.go_to(board, origin)

    def save(self, _action: SavePedalboard, origin: str) -> None:
        """Keep the current pedalboard with how it is played."""
        board = self._played()
        check_title(board.name, _BOARD)
        self._boards.adopt(board)
        self._boards.keep(board, origin)

    def save_as(self, action: SavePedalboardAs, origin: str) -> None:
        """Keep the current pedalboard under a new name, and go on with that one."""
        self._check_free(action.name)
        before, board = self._context.pedalboard.name, copy_of(self._played(), action.name)
        self._rename_current(board, before)
        self._add(board, origin)
        self._tell_current()

    def rename(self, action: RenamePedalboard, origin: str) -> None:
        """Give a pedalboard of the library another name."""
        before, after = action.pedalboard, action.name
        board = self._owned(before, "rename it there")
        self._check_free(after)
        self._boards.keep(replace(board, name=after), origin)
        renamed = [replace(bank, pedalboards=_renamed(bank.pedalboards, before, after)) for bank in self._shelf.banks]
        if tuple(renamed) != self._shelf.banks:
            self._put_banks(tuple(renamed), origin)
        self._shelf.drop(before)
        if self._context.pedalboard.name == before:
            self._rename_current(replace(self._context.pedalboard, name=after), before)
        self._context.tell(PedalboardRenamed(after, before, origin))
        self._tell_current()

    def duplicate(self, action: DuplicatePedalboard, origin: str) -> None:
        """Keep a copy of a pedalboard under another name."""
        board = self._known(action.pedalboard)
        self._check_free(action.name)
        self._add(copy_of(board, action.name), origin)
        self._context.tell(self._boards.board_change())

    def delete(self, action: DeletePedalboard, origin: str) -> None:
        """Remove a pedalboard of the library; one of a file is as its file has it."""
        name = action.pedalboard
        in_file = self._shelf.in_file(name)
        if in_file is None or not self._shelf.is_stored(name):
            self._owned(name, "remove it there")
        self._shelf.drop(name)
        if in_file is None:
            banks = tuple(
                replace(bank, pedalboards=tuple(each for each in bank.pedalboards if each != name))
                for bank in self._shelf.banks
            )
            if banks != self._shelf.banks:
                self._put_banks(banks, origin)
            self._context.tell(PedalboardRemoved(name, origin))
        self._context.tell(self._boards.board_change())

    def reset(self, _action: ResetPedalboard, origin: str) -> None:
        """Go back to the current pedalboard as it was saved."""
        self._boards.go_to(self._known(self._context.pedalboard.name), origin)

    def take_in(self, action: ImportPedalboard, origin: str) -> None:
        """Add a pedalboard to the library, under a name that is free."""
        board = action.pedalboard
        check_title(board.name, _BOARD)
        names = board.effect_names()
        for name in names:
            check_effect_name(name)
        if len(set(names)) < len(names) or len(set(board.snapshot_names())) < len(board.snapshots):
            raise Refusal(_BOARD, f"`{board.name}` has two effects or two snapshots of one name")
        name = unique(board.name, self._shelf.names, " ")
        self._add(board if name == board.name else copy_of(board, name), origin)
        self._context.tell(self._boards.board_change())

    def _add(self, board: Pedalboard, origin: str, description: str = "") -> None:
        self._context.tell(PedalboardCreated(board.name, origin, description or board.description))
        self._boards.keep(board, origin)

    def _played(self) -> Pedalboard:
        """Return the current pedalboard with how it is played as how it starts."""
        context = self._context
        snapshot = self._boards.snapshot_name
        return as_played(context.pedalboard, context.effects, context.resting(), context.bpm, snapshot)

    def _rename_current(self, board: Pedalboard, before: str) -> None:
        """Go on with what plays under another name: what is known by it is told anew."""
        self._boards.adopt(board)
        self._context.history.rename_board(before, board.name)
        for effect in self._context.effects.values():
            effect.untell()

    def _tell_current(self) -> None:
        boards = self._boards
        for fact in (boards.bank_change(), boards.board_change(), boards.snapshot_change()):
            self._context.tell(fact)
        self._context.executor.tell_news()

    def _check_free(self, name: str) -> None:
        check_title(name, _BOARD)
        if name in self._shelf:
            raise Refusal(_BOARD, f"there is a pedalboard `{name}` already")

    def _known(self, name: str) -> Pedalboard:
        board = self._shelf.get(name)
        if board is None:
            raise Refusal(_BOARD, hinted(f"there is no pedalboard `{name}`", name, self._shelf.names))
        return board

    def _owned(self, name: str, advice: str) -> Pedalboard:
        """Return a pedalboard that is the library's alone."""
        board = self._known(name)
        written = self._shelf.in_file(name)
        if written is not None:
            raise Refusal(_BOARD, f"`{name}` is written in {written.path or 'a file'}: {advice}")
        return board

    # Banks and favourites

    def set_banks(self, action: SetBanks, origin: str) -> None:
        """Say which banks there are."""
        names = [bank.name for bank in action.banks]
        for name in names:
            check_title(name, "bank")
        if len(set(names)) < len(names):
            raise Refusal("banks", "two banks have the same name")
        for name in (name for bank in action.banks for name in bank.pedalboards):
            if name not in self._shelf:
                raise Refusal("banks", hinted(f"there is no pedalboard `{name}`", name, self._shelf.names))
        self._put_banks(action.banks, origin)

    def add_to_bank(self, action: AddToBank, origin: str) -> None:
        """Add a pedalboard to the end of a bank, which is made where there is none such."""
        by_name = self._by_name()
        boards = by_name.get(action.bank, ())
        if action.pedalboard in boards:
            raise Refusal("bank", f"`{action.pedalboard}` is in `{action.bank}` already")
        by_name[action.bank] = (*boards, action.pedalboard)
        self.set_banks(SetBanks(_banks(by_name)), origin)

    def remove_from_bank(self, action: RemoveFromBank, origin: str) -> None:
        """Take a pedalboard out of a bank."""
        by_name = self._by_name()
        if action.bank not in by_name:
            raise Refusal("bank", hinted(f"there is no bank `{action.bank}`", action.bank, by_name))
        boards = by_name[action.bank]
        if action.pedalboard not in boards:
            missing = f"`{action.bank}` has no pedalboard `{action.pedalboard}`"
            raise Refusal("bank", hinted(missing, action.pedalboard, boards))
        by_name[action.bank] = tuple(each for each in boards if each != action.pedalboard)
        self._put_banks(_banks(by_name), origin)

    def _by_name(self) -> dict[str, tuple[str, ...]]:
        return {bank.name: bank.pedalboards for bank in self._shelf.banks}

    def _put_banks(self, banks: tuple[Bank, ...], origin: str) -> None:
        self._boards.change_banks(lambda: self._shelf.put_banks(banks), origin)
        self._context.tell(self.banks_fact(origin))
        self._context.tell(self._boards.board_change())

    def add_favourite(self, action: AddFavourite, origin: str) -> None:
        """Mark a plugin as a favourite; one that is one already stays."""
        if not is_uri(action.uri):
            raise Refusal("favourite", f"expected the URI of an LV2 plugin, found `{action.uri[:200]}`")
        self._put_favourites((*(each for each in self._shelf.favourites if each != action.uri), action.uri), origin)

    def remove_favourite(self, action: RemoveFavourite, origin: str) -> None:
        """Mark a plugin as a favourite no more."""
        if action.uri not in self._shelf.favourites:
            known = hinted(f"`{action.uri}` is no favourite", action.uri, self._shelf.favourites)
            raise Refusal("favourite", known)
        self._put_favourites(tuple(each for each in self._shelf.favourites if each != action.uri), origin)

    def _put_favourites(self, favourites: tuple[str, ...], origin: str) -> None:
        self._shelf.put_favourites(favourites)
        self._context.tell(self.favourites_fact(origin))

    # Facts

    def banks_fact(self, origin: str = "") -> BanksChanged:
        """Return the banks as a fact."""
        return BanksChanged(tuple((bank.name, bank.pedalboards) for bank in self._shelf.banks), origin)

    def favourites_fact(self, origin: str = "") -> FavouritesChanged:
        """Return the favourites as a fact."""
        return FavouritesChanged(self._shelf.favourites, origin)

    def filed(self, filing: Filing, reason: str) -> None:
        """Take what became of something that was to be kept; `reason` is why it is not ("" where it is)."""
        if not isinstance(filing, KeepBoard):
            return
        name, state = filing.board.name, State.FAILED if reason else State.CONFIRMED
        if reason:
            self._context.tell(Refused(f"pedalboard {name}", f"it is not kept yet: {reason}", filing.origin))
        self._context.tell(PedalboardSaved(name, state, filing.origin))


def _renamed(names: tuple[str, ...], before: str, after: str) -> tuple[str, ...]:
    return tuple(after if name == before else name for name in names)


def _banks(by_name: Mapping[str, tuple[str, ...]]) -> tuple[Bank, ...]:
    return tuple(Bank(name, boards) for name, boards in by_name.items())
