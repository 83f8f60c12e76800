"""Taking changes back, and doing them again.

Pure. Both are the same: a change is made the other way round, and what that undid becomes a change again. A value that
is not what the change left there was changed by something else since (another program, a repair) and stays. What is not
there any more is skipped, with a refusal that says so; a change of which nothing is left is skipped for the one before.
"""

from controld.changes import Refused
from controld.session.boards import Boards
from controld.session.context import Context
from controld.session.editing import Editing
from controld.session.history import Change, Key
from controld.session.lookup import Refusal
from controld.session.morph import Morphs
from controld.session.outputs import Outputs
from controld.session.parameters import Parameters
from controld.session.state import BYPASS
from controld.session.tempo import Tempo
from controld.values import same_value


class Undoing:
    """Undo and redo over the parts of a session."""

    def __init__(
        self,
        context: Context,
        parameters: Parameters,
        boards: Boards,
        morphs: Morphs,
        tempo: Tempo,
        outputs: Outputs,
        editing: Editing,
    ) -> None:
        self._context = context
        self._parameters = parameters
        self._boards = boards
        self._morphs = morphs
        self._tempo = tempo
        self._outputs = outputs
        self._editing = editing

    def undo(self, _action: object, origin: str) -> None:
        """Take back the last change by a player."""
        history = self._context.history
        while (change := history.pop()) is not None:
            reverse = self._reverse(change, origin)
            if not reverse.empty:
                history.undone.append(reverse)
                return
        self._context.tell(Refused("undo", "there is nothing to take back", origin))

    def redo(self, _action: object, origin: str) -> None:
        """Do again what was taken back last."""
        history = self._context.history
        while (change := history.pop_undone()) is not None:
            reverse = self._reverse(change, origin)
            if not reverse.empty:
                history.push(reverse)
                return
        self._context.tell(Refused("redo", "nothing was taken back", origin))

    def _reverse(self, change: Change, origin: str) -> Change:
        """Make a change the other way round and return what that changed."""
        current = self._context.pedalboard.name
        if change.left is not None:
            return self._return(change, origin)
        reverse, stood = Change(current), self._morphs.positions
        if change.board != current:
            if change.cells or change.whole:
                self._skip("undo", f"this was done on `{change.board}`", origin)
        else:
            self._reverse_steps(change, reverse, origin)
            self._reverse_effects(change, reverse, origin)
            if change.whole:
                self._reverse_snapshot(change, reverse, origin)
                self._context.executor.pursue()
        if change.positions is not None and change.board == current:
            reverse.positions = stood
            self._morphs.restore(change.positions, origin)
        self._reverse_rig(change, reverse, origin)
        return reverse

    def _return(self, change: Change, origin: str) -> Change:
        """Go back to the pedalboard that was left."""
        left, current = change.left, self._context.pedalboard.name
        reverse = Change(current)
        if left is None or change.entered != current:
            return reverse  # the other one could not be loaded, or is not the current one any more
        if self._boards.named(left.board.name) is None:
            self._skip("undo", f"the pedalboard `{left.board.name}` is not there any more", origin)
            return reverse
        reverse = Change(left.board.name, left=self._boards.played(), entered=left.board.name)
        self._boards.restore(left, origin)
        return reverse

    def _reverse_steps(self, change: Change, reverse: Change, origin: str) -> None:
        for step in change.steps:
            try:
                reverse.steps.insert(0, self._editing.do(step, origin))
            except Refusal as refusal:
                self._skip(refusal.subject, refusal.reason, origin)

    def _reverse_effects(self, change: Change, reverse: Change, origin: str) -> None:
        for name, (preset, values) in change.presets.items():
            effect = self._context.effects.get(name)
            if effect is None:
                self._skip(name, f"`{name}` is not there any more", origin)
                continue
            reverse.presets[name] = effect.wish
            self._parameters.ramps.end_all(name)
            effect.restore(preset, values)
        for key, (before, after) in change.cells.items():
            if key[0] not in change.presets:
                self._reverse_cell(key, before, after, reverse, origin, whole=change.whole)

    def _reverse_cell(
        self, key: Key, before: float, after: float, reverse: Change, origin: str, *, whole: bool
    ) -> None:
        name, symbol = key
        effect = self._context.effects.get(name)
        cell = effect.cells.get(symbol) if effect else None
        if effect is None or cell is None:
            subject = name if symbol == BYPASS else f"{name}/{symbol}"
            self._skip(subject, f"`{subject}` is not there any more", origin)
            return
        on_its_way = self._parameters.ramps.end(name, symbol)
        if not on_its_way and (cell.asked == before or not same_value(cell.asked, after)):
            return
        reverse.cells[key] = (cell.asked, before)
        if whole:
            self._parameters.pin(effect, symbol, before, origin)
        else:
            self._parameters.write(effect, symbol, cell, before, origin, continuous=False)

    def _reverse_snapshot(self, change: Change, reverse: Change, origin: str) -> None:
        if change.snapshot is not None:
            before = change.snapshot[0]
            reverse.snapshot = (self._boards.snapshot_name, before)
            self._boards.select(before if before in self._context.pedalboard.snapshot_names() else "", origin)

    def _reverse_rig(self, change: Change, reverse: Change, origin: str) -> None:
        if change.bpm is not None and self._context.bpm == change.bpm[1]:
            reverse.bpm = (self._context.bpm, change.bpm[0])
            self._tempo.change(change.bpm[0], origin)
        if change.muted is not None and self._outputs.muted is change.muted[1]:
            reverse.muted = (self._outputs.muted, change.muted[0])
            self._outputs.set_mute(change.muted[0], origin)

    def _skip(self, subject: str, reason: str, origin: str) -> None:
        self._context.tell(Refused(subject, reason, origin))
