"""Editing the snapshots of the current pedalboard: they are kept in the library at once, like one that is saved.

Pure.
"""

from collections.abc import Callable

from controld.changes import SnapshotCreated, SnapshotRemoved, SnapshotRenamed, SnapshotsOrdered
from controld.session.boards import Boards
from controld.session.context import Context
from controld.session.edits import CreateSnapshot, OrderSnapshots, RemoveSnapshot, RenameSnapshot
from controld.session.effect_names import check_title, unique
from controld.session.history import Step
from controld.session.saved import capture
from controld.session.steps import SnapshotIn, SnapshotName, SnapshotOrder, SnapshotOut


class SnapshotEdits:
    """The actions on snapshots; `do` does a step of editing."""

    def __init__(self, context: Context, boards: Boards, do: Callable[[Step, str], Step]) -> None:
        self._context = context
        self._boards = boards
        self._do = do

    def create(self, action: CreateSnapshot, origin: str) -> None:
        """Keep how the pedalboard is played as a new snapshot."""
        board = self._context.pedalboard
        names = board.snapshot_names()
        name = action.name or unique(f"Snapshot {len(names) + 1}", names, " ")
        check_title(name, "snapshot")
        snapshot = capture(name, board, self._context.effects.values(), self._context.resting())
        self._do(SnapshotIn(snapshot), origin)
        self._boards.select(name, origin)
        self._context.executor.reconcile()

    def rename(self, action: RenameSnapshot, origin: str) -> None:
        """Give a snapshot another name."""
        check_title(action.name, "snapshot")
        self._do(SnapshotName(self._named(action), action.name), origin)

    def remove(self, action: RemoveSnapshot, origin: str) -> None:
        """Remove a snapshot."""
        self._do(SnapshotOut(self._named(action)), origin)

    def order(self, action: OrderSnapshots, origin: str) -> None:
        """Put the snapshots in order."""
        self._do(SnapshotOrder(action.snapshots), origin)

    def _named(self, action: RenameSnapshot | RemoveSnapshot) -> str:
        number = self._boards.pick(action.snapshot)
        return self._context.pedalboard.snapshots[number - 1].name

    def tell(self, step: Step, origin: str) -> None:
        """Tell that the snapshots of the pedalboard were edited, and keep them so."""
        context, boards = self._context, self._boards
        names = context.pedalboard.snapshot_names()
        match step:
            case SnapshotIn():
                context.tell(SnapshotCreated(step.snapshot.name, names.index(step.snapshot.name) + 1, origin))
            case SnapshotOut():
                context.tell(SnapshotRemoved(step.name, origin))
                if step.name == boards.snapshot_name:
                    boards.select("", origin)
            case SnapshotName():
                boards.rename_snapshot(step.before, step.after)
                context.tell(SnapshotRenamed(step.after, step.before, origin))
            case SnapshotOrder():
                context.tell(SnapshotsOrdered(names, origin))
        context.tell(boards.snapshot_change())
        boards.keep_snapshots(origin)
