"""Where a session begins: on a pedalboard by name, or where it was left, as it was played.

Pure.
"""

from collections.abc import Iterable

from controld.session.boards import Boards, start_of
from controld.session.context import Context
from controld.session.live import Live
from controld.session.lookup import Refusal
from controld.session.model import EffectRecall, Pedalboard
from controld.session.saved import played
from controld.session.shelf import Stored, StoredBanks, fingerprint


class Returning:
    """Tells how the pedalboard stands, and goes on from there."""

    def __init__(self, context: Context, boards: Boards) -> None:
        self._context = context
        self._boards = boards
        self._last: dict[str, EffectRecall] = {}  # how it was played when it was asked for last

    def open_library(self, stored: Iterable[Stored], banks: StoredBanks | None, favourites: tuple[str, ...]) -> None:
        """Take what the library has; what plays goes on."""
        boards = self._boards
        boards.shelf.take_stored(stored)
        boards.shelf.favourites = favourites
        boards.change_banks(lambda: boards.shelf.take_stored_banks(banks))
        self._context.tell(boards.board_change())

    def live(self) -> Live:
        """Return how the pedalboard stands."""
        context, boards = self._context, self._boards
        board, kept = context.pedalboard, boards.shelf.peek(context.pedalboard.name)
        return Live(
            board.name,
            boards.snapshot_name,
            boards.bank_name,
            bpm=context.bpm,
            effects=self._effects(),
            edited=None if board is kept or board == kept else board,
            kept=kept,
        )

    def _effects(self) -> dict[str, EffectRecall]:
        resting, last = self._context.resting(), self._last
        self._last = {
            name: played(effect, resting, before=last[name].parameters if name in last else {})
            for name, effect in self._context.effects.items()
        }
        return self._last

    def resume(self, live: Live) -> None:
        """Go on as it was played; a pedalboard that was changed in its file since is as it is there."""
        boards = self._boards
        kept = self._named(live.pedalboard)
        same = kept is None or live.written == fingerprint(kept)
        board = live.edited if live.edited is not None and same else kept
        if board is None:
            return
        boards.stand_in_bank(live.bank, board.name)
        if same and live.effects is not None:
            self._resume(board, live)
        else:
            boards.install(board, "", start_of(board, live.snapshot))
            if live.effects is not None:
                reason = "it was changed in its file since it was played; it starts as it is there"
                self._context.refuse(f"pedalboard {board.name}", reason, "")
        self._context.executor.pursue()

    def _resume(self, board: Pedalboard, live: Live) -> None:
        self._boards.install(board, "", live.snapshot, live.bpm, recalls=False)
        for name, recall in (live.effects or {}).items():
            effect = self._context.effects.get(name)
            if effect is not None:
                effect.recall(recall, "")

    def begin(self, name: str) -> None:
        """Begin on a pedalboard unless that plays already; "" for an empty one."""
        board = self._named(name) if name else Pedalboard("")
        if board is not None and board.name != self._context.pedalboard.name:
            self._boards.stand_in_bank("", board.name)
            self._boards.install(board, "", start_of(board), recalls=board.saved_in is None)
            self._context.executor.pursue()

    def _named(self, name: str) -> Pedalboard | None:
        """Return a pedalboard; None, and the reason is told, where there is none that can be read."""
        try:
            return self._boards.named(name)
        except Refusal as refusal:
            self._context.refuse(refusal.subject, refusal.reason, "")
            return None
