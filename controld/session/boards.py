"""The session's pedalboards, banks and snapshots: which ones there are, which are current, and how one gets to others.

Pure. Numbers, next and previous count in the current bank, or among all pedalboards where there is no bank; names reach
every pedalboard. A pedalboard outside the bank may play on: next goes to the bank's first then, previous to its last.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from controld.actions import LoadPedalboard, Pick, RecallSnapshot, SaveSnapshot, SelectBank
from controld.changes import (
    BankChanged,
    PedalboardChanged,
    PedalboardSaved,
    Refused,
    SnapshotChanged,
    SnapshotSaved,
    State,
)
from controld.session.context import Context
from controld.session.history import Played
from controld.session.lookup import Refusal, pick_of
from controld.session.model import Bank, Pedalboard
from controld.session.parameters import Parameters
from controld.session.saved import SavedSnapshot, capture, fingerprint
from controld.session.shelf import Shelf


class Boards:
    """The pedalboards; `selected` is told of a new snapshot's name ("": none), `loaded` of a new board's tempo."""

    def __init__(self, context: Context, parameters: Parameters) -> None:
        self.saved: dict[tuple[str, str], SavedSnapshot] = {}  # by pedalboard and snapshot
        self.board_state, self.snapshot_state = State.ASKED, State.CONFIRMED
        self.selected: Callable[[str, str], None] = lambda _snapshot, _origin: None
        self.loaded: Callable[[float], None] = lambda _bpm: None
        self._preload = 0
        self._context = context
        self._parameters = parameters
        self.shelf = Shelf()
        self._bank = 0  # counted from 1; 0: none
        self.snapshot_name = self._previous_snapshot = ""  # "": none
        self._snapshot_origin = self._board_origin = self._bank_origin = ""
        self._last_good: Played | None = None

    @property
    def pending(self) -> bool:
        """Tell whether the current snapshot is asked for and not there yet."""
        return self.snapshot_state is State.ASKED

    @property
    def snapshot(self) -> int:
        """The current snapshot's number, from 1; 0 where none is."""
        return self._number(self.snapshot_name)

    def start(self, boards: Sequence[Pedalboard], banks: Sequence[Bank], start: str, snapshot: str) -> None:
        """Begin on a pedalboard and one of its snapshots, by name; the first ones where there are none such."""
        self.shelf.take_files(boards)
        self.shelf.take_file_banks(banks)
        if not boards:
            return
        board = self.named(start) or boards[0]
        self._bank = self._bank_with(board.name)
        self.install(board, "", start_of(board, snapshot))
        self._context.executor.tell_news()

    def replace(self, boards: Sequence[Pedalboard], banks: Sequence[Bank]) -> None:
        """Take changed files: bank and pedalboard stay, by name, unless the pedalboard changed or is gone."""
        current = self._context.pedalboard
        before = self.shelf.get(current.name) if current.name in self.shelf else None
        self.shelf.take_files(boards)
        self.change_banks(lambda: self.shelf.take_file_banks(banks))
        heir = self.named(current.name)
        if heir is not None and before is not None and _same_rig(heir, before):
            edits = replace(heir, effects=current.effects, connections=current.connections)
            heir = current if heir == before else edits  # with how it was edited since
        if heir is not None and _same_rig(heir, current):
            self.adopt(heir)
            if not self.snapshot:
                self.snapshot_name, self.snapshot_state = "", State.CONFIRMED
            self._context.tell(self.board_change())
            self._context.tell(self.snapshot_change())
            self.selected(self.snapshot_name, "")
        elif heir is not None or self.shelf.names:
            board = heir or self.shelf.first(self._context.tell)
            self.install(board, "", start_of(board, self.snapshot_name))
            self._context.executor.pursue()
        self._learn_ahead()
        self.expect()

    def expect(self, preload: int | None = None) -> None:
        """Have the effects of so many pedalboards (None: as before) on each side loaded beforehand."""
        self._preload = self._preload if preload is None else preload
        near = self.shelf.near(self._counted(), self._context.pedalboard.name, self._preload)
        self._context.executor.expect(near)

    def named(self, name: str) -> Pedalboard | None:
        """Return a pedalboard by its name."""
        return self.shelf.get(name)

    def change_banks(self, change: Callable[[], None], origin: str = "") -> None:
        """Have the shelf's banks change: the current one stays, by name."""
        bank = self.bank_name
        change()
        self.stand_in_bank(bank, self._context.pedalboard.name)
        self._bank_origin = origin or self._bank_origin
        if self.shelf.banks or bank:
            self._context.tell(self.bank_change())

    def stand_in_bank(self, bank: str, board: str) -> None:
        """Have a bank be the current one, without a word; where there is none such, the first that has a pedalboard."""
        names = [each.name for each in self.shelf.banks]
        self._bank = names.index(bank) + 1 if bank in names else self._bank_with(board)

    @property
    def bank_name(self) -> str:
        """The current bank's name; "" where there is none."""
        return self.shelf.banks[self._bank - 1].name if self._bank else ""

    # Actions

    def recall(self, action: RecallSnapshot, origin: str) -> None:
        """Recall a snapshot."""
        context = self._context
        number = self.pick(action.snapshot)
        self.select(context.pedalboard.snapshots[number - 1].name, origin)
        self._ask_snapshot(origin)
        context.executor.pursue()

    def save(self, action: SaveSnapshot, origin: str) -> None:
        """Keep how the pedalboard is played now as one of its snapshots."""
        board = self._context.pedalboard
        index = self.pick(action.snapshot)
        old = board.snapshots[index - 1]
        snapshot = capture(old.name, board, self._context.effects.values(), self._context.resting())
        snapshots = (*board.snapshots[: index - 1], snapshot, *board.snapshots[index:])
        heir = replace(board, snapshots=snapshots)
        self.adopt(heir)
        if self.shelf.is_stored(board.name):
            self.keep_snapshots(origin)
        else:
            key = (board.name, old.name)
            known = self.saved.get(key)
            self.saved[key] = SavedSnapshot(board.name, known.written if known else fingerprint(old), snapshot)
            self.shelf.lay_over(heir.name, snapshots)
        self._context.tell(SnapshotSaved(old.name, index, origin))

    def load(self, action: LoadPedalboard, origin: str) -> None:
        """Change to another pedalboard."""
        pick, names = action.pedalboard, self._counted()
        everywhere = self.shelf.names
        if isinstance(pick, str):
            name = everywhere[pick_of(pick, everywhere, 0, 0, "pedalboard") - 1]
        else:
            if not names:
                raise Refusal("pedalboard", "there are no pedalboards to count here")
            current = self._context.pedalboard.name
            place = names.index(current) + 1 if current in names else 0
            name = names[pick_of(pick, names, place, 0, "pedalboard") - 1]
        board = self.named(name)
        if board is not None:
            self.go_to(board, origin)

    def go_to(self, board: Pedalboard, origin: str) -> None:
        """Leave the pedalboard for another, in the snapshot that it starts with."""
        self._leave(board)
        self.install(board, origin, start_of(board), recalls=board.saved_in is None)
        self._context.executor.pursue()

    def select_bank(self, action: SelectBank, origin: str) -> None:
        """Choose the bank that pedalboards are counted in; what plays goes on."""
        if not self.shelf.banks:
            raise Refusal("bank", "there are no banks")
        self._bank = pick_of(action.bank, [bank.name for bank in self.shelf.banks], self._bank, 0, "bank")
        self._bank_origin = origin
        self._context.tell(self.bank_change())
        self._context.tell(self.board_change())
        self.expect()

    # Snapshots

    def select(self, name: str, origin: str) -> None:
        """Make a snapshot ("": none) the current one, asked; that its values are asked for is the caller's part."""
        if name != self.snapshot_name:
            self._previous_snapshot = self.snapshot_name or self._previous_snapshot
            self._context.history.note_snapshot(self.snapshot_name, name)
        self.selected(name, origin)
        self.snapshot_name, self._snapshot_origin = name, origin
        self.snapshot_state = State.ASKED if name else State.CONFIRMED
        self._context.tell(self.snapshot_change())

    def pick(self, pick: Pick) -> int:
        """Return the number of a snapshot that is pointed at. Raises Refusal where there is none such."""
        names = self._context.pedalboard.snapshot_names()
        if not names:
            raise Refusal("snapshot", f"`{self._context.pedalboard.name}` has no snapshots")
        return pick_of(pick, names, self.snapshot, self._number(self._previous_snapshot), "snapshot")

    def _number(self, snapshot: str) -> int:
        names = self._context.pedalboard.snapshot_names()
        return names.index(snapshot) + 1 if snapshot in names else 0

    def _ask_snapshot(self, origin: str) -> None:
        context, board = self._context, self._context.pedalboard
        for name, recall in board.snapshots[self.snapshot - 1].effects.items():
            effect = context.effects.get(name)
            if effect is None:
                continue
            before = effect.wish
            kept = frozenset(symbol for owner, symbol in board.global_parameters if owner == name)
            if effect.recall(recall, origin, kept):
                context.history.note_preset(name, before)
                self._parameters.ramps.end_all(name)
            for symbol in recall.parameters.keys() - kept:
                self._parameters.ramps.end(name, symbol)
            for symbol, cell in effect.cells.items():
                if cell.asked != before[1][symbol]:
                    context.history.note(name, symbol, before[1][symbol], cell.asked)

    def keep_snapshots(self, origin: str) -> None:
        """Keep the pedalboard as it was kept, with the snapshots that it has now."""
        kept = self.shelf.get(self._context.pedalboard.name)
        if kept is not None:
            self.keep(replace(kept, snapshots=self._context.pedalboard.snapshots), origin)

    def keep(self, board: Pedalboard, origin: str) -> None:
        """Keep a pedalboard in the library, with what was saved of its snapshots by themselves."""
        for key in [key for key in self.saved if key[0] == board.name]:
            del self.saved[key]
        self.shelf.put(board, origin)
        self._context.tell(PedalboardSaved(board.name, State.ASKED, origin))

    def rename_snapshot(self, before: str, after: str) -> None:
        """Take that a snapshot has another name now."""
        if self.snapshot_name == before:
            self.snapshot_name = after
        if self._previous_snapshot == before:
            self._previous_snapshot = after

    # Pedalboards

    def install(
        self, board: Pedalboard, origin: str, snapshot: str, bpm: float | None = None, *, recalls: bool = True
    ) -> None:
        """Make a pedalboard the wish, in a snapshot ("": none) and at a tempo (None: its own); `pursue` it afterwards.

        Unless it `recalls` the snapshot it starts as it is, and that is the current one.
        """
        context = self._context
        self._parameters.ramps.end_all()
        context.executor.install(board, self.shelf.near(self._counted(), board.name, self._preload), origin)
        self._previous_snapshot = self.snapshot_name = ""
        self.board_state, self._board_origin = State.ASKED, origin
        self.loaded(board.tempo_bpm if bpm is None else bpm)
        if snapshot in board.snapshot_names():
            self.snapshot_name = snapshot
            if recalls:
                self._ask_snapshot(origin)
        self._snapshot_origin, self.snapshot_state = origin, State.ASKED
        self._learn_ahead()
        context.executor.rounds.all_or_nothing = self._last_good is not None and self._last_good.board != board
        context.tell(self.board_change())
        context.tell(self.snapshot_change())

    def adopt(self, heir: Pedalboard) -> None:
        """Take a changed description of the same rig; how it is played now stays."""
        rig, good = self._context.executor.rig, self._last_good
        if good is not None and good.board == rig.pedalboard:
            good.board = heir
        rig.pedalboard = heir

    def played(self) -> Played:
        """Return the pedalboard as it is played now."""
        context = self._context
        kept = self.shelf.peek(context.pedalboard.name)
        return Played(context.pedalboard, self.snapshot_name, context.wishes(), context.bpm, kept)

    def restore(self, played: Played, origin: str) -> None:
        """Return to a pedalboard as it was played; one that was changed in its file since is as it is there."""
        named = self.named(played.board.name)
        board = played.board if named is None or named == played.kept else named
        self._leave(board)
        self._take_back(replace(played, board=board), origin)

    def _take_back(self, played: Played, origin: str) -> None:
        self.install(played.board, origin, played.snapshot, played.bpm)
        for name, (preset, values) in played.wishes.items():
            effect = self._context.effects.get(name)
            if effect is not None:
                effect.restore(preset, values)
        self._context.executor.pursue()

    def _leave(self, board: Pedalboard) -> None:
        """Remember the pedalboard that is left for `board`, for the history and for one that does not load."""
        played = self.played()
        self._context.history.note_left(played, board.name)
        if self.board_state is State.CONFIRMED:
            self._last_good = played

    # What becomes of it

    def finished(self, failures: list[str]) -> None:
        """Take that the engine holds what it should, or why it cannot: back to the last pedalboard that worked."""
        context, good = self._context, self._last_good
        if failures and self.board_state is State.ASKED:
            context.tell(Refused(f"pedalboard {context.pedalboard.name}", "; ".join(failures), self._board_origin))
            if good is not None and good.board != context.pedalboard:
                self._take_back(good, self._board_origin)
                return
        if self.board_state is State.ASKED:
            self.board_state = State.FAILED if failures else State.CONFIRMED
            context.tell(self.board_change())
        if self.snapshot_state is State.ASKED:
            self.snapshot_state = State.FAILED if failures or not self._recalled() else State.CONFIRMED
            context.tell(self.snapshot_change())
        if not failures:
            kept = self.shelf.peek(context.pedalboard.name)
            self._last_good = Played(context.pedalboard, self.snapshot_name, {}, context.bpm, kept)
            context.executor.rounds.all_or_nothing = False  # what it loses later is no reason to give up the rest of it

    def lost(self) -> None:
        """Take that the engine is gone: what was confirmed is only asked."""
        self.board_state = self.snapshot_state = State.ASKED
        self._context.tell(self.board_change())
        self._context.tell(self.snapshot_change())

    def _recalled(self) -> bool:
        """Tell whether nothing of the current snapshot was refused."""
        if not self.snapshot:
            return True
        effects = self._context.effects
        recalls = self._context.pedalboard.snapshots[self.snapshot - 1].effects
        return all(effects[name].recalled(recall) for name, recall in recalls.items() if name in effects)

    # Facts

    def board_change(self) -> PedalboardChanged:
        """Return the current pedalboard as a fact; its number and the list are those of the current bank."""
        board, names = self._context.pedalboard, tuple(self._counted())
        return PedalboardChanged(
            board.name,
            names.index(board.name) + 1 if board.name in names else 0,
            self.board_state,
            board.effect_names(),
            board.snapshot_names(),
            self._board_origin,
            board.tempo_bpm,
            names,
            board.roles,
        )

    def snapshot_change(self) -> SnapshotChanged:
        """Return the current snapshot as a fact."""
        return SnapshotChanged(self.snapshot_name, self.snapshot, self.snapshot_state, self._snapshot_origin)

    def bank_change(self) -> BankChanged:
        """Return the current bank as a fact; "" (0) where there are no banks."""
        names = tuple(bank.name for bank in self.shelf.banks)
        name = names[self._bank - 1] if self._bank else ""
        return BankChanged(name, self._bank, tuple(self._counted()), names, self._bank_origin)

    def _counted(self) -> list[str]:
        """Return the names of the pedalboards that have a number: the current bank's, or all."""
        if not self._bank:
            return list(self.shelf.names)
        return [name for name in self.shelf.banks[self._bank - 1].pedalboards if name in self.shelf]

    def _bank_with(self, board: str) -> int:
        """Return the number of the first bank that has a pedalboard, else of the first bank; 0 where there is none."""
        places = [place for place, bank in enumerate(self.shelf.banks, 1) if board in bank.pedalboards]
        return places[0] if places else min(1, len(self.shelf.banks))

    def _learn_ahead(self) -> None:
        uris = {effect.uri for board in self.shelf.known() for effect in board.effects}
        self._context.executor.rounds.learn_ahead(sorted(uris))


def start_of(board: Pedalboard, snapshot: str = "") -> str:
    """Return the snapshot in which a pedalboard starts: `snapshot` where it has that, else its own; "" for none.

    Its own is that which it was saved in, for one of a file the first.
    """
    names = board.snapshot_names()
    if snapshot not in names and board.saved_in is not None:
        return board.saved_in
    return snapshot if snapshot in names else next(iter(names), "")


def _same_rig(a: Pedalboard, b: Pedalboard) -> bool:
    """Tell whether two pedalboards have the same effects, set up and connected the same way."""
    return (a.effects, a.connections) == (b.effects, b.connections)
