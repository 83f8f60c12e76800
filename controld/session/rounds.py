"""A reconciliation: rounds of questions and steps until the engine holds what it should.

Pure. Learn the plugins, look what is there, send the difference, and look at the difference again until nothing is
left; a round starts when the last one is answered.
"""

from collections.abc import Callable

from controld.changes import Refused, StateChange
from controld.session.doubts import Doubts
from controld.session.jack_watch import JackWatch
from controld.session.outbox import Outbox
from controld.session.progress import Progress
from controld.session.reconcile import inspection, plan, preset_uri, unread
from controld.session.repairs import Repairs
from controld.session.replies import Ledger
from controld.session.requests import (
    AddEffect,
    EngineRequest,
    Question,
    ReadPlugin,
    ReadPresets,
    SetProcessing,
    WriteBypass,
    WriteParameters,
)
from controld.session.state import BYPASS

# A difference that is still there after this many rounds will not go away by sending it again.
MAX_ROUNDS = 12


class Rounds:
    """Plans one round after the other into the outbox; `finished` is called when nothing is left to do."""

    def __init__(
        self,
        outbox: Outbox,
        ledger: Ledger,
        jack: JackWatch,
        emit: Callable[[StateChange], None],
        finished: Callable[[], None],
    ) -> None:
        self.busy = False
        self.all_or_nothing = False  # a pedalboard that is not complete is given up, for there is another to go back to
        self.capabilities: frozenset[str] = frozenset()
        self.doubts = Doubts()
        self.repairs = Repairs(ledger.rig)
        self.progress = Progress()
        self._outbox = outbox
        self._ledger = ledger
        self._jack = jack
        self._emit = emit
        self._finished = finished
        self._rounds = 0
        self._inspected = self._read = self._looked = False
        self._learn_ahead: list[str] = []

    def start(self) -> None:
        """Send the difference between wish and engine, anew: what waits of an older plan is forgotten."""
        # What failed so far counts on: something else that is asked meanwhile does not make a load whole.
        self.forget_plan()
        self.busy, self._rounds, self._looked = True, 0, False
        self.advance()

    def stop(self) -> None:
        """Give up: the engine is gone."""
        self.busy = False
        self.doubts.forget()
        self._tell(self.progress.end())

    def reread(self) -> None:
        """Have the next round ask for what is not known."""
        self._inspected = self._read = False

    def learn_ahead(self, uris: list[str]) -> None:
        """Have plugins asked for once there is nothing better to do, so that a change of pedalboard need not wait."""
        self._learn_ahead = [uri for uri in uris if uri not in self._ledger.plugins]

    def ask(self, questions: list[EngineRequest]) -> None:
        """Ask questions in a reconciliation of their own, whose answers decide what is to be done."""
        self._outbox.put_plan(questions)
        self.busy, self._rounds = True, 0

    def advance(self) -> None:
        """Take the next round once everything before it was answered."""
        if not self._outbox.plan_done:
            return
        for effect in self._ledger.rig.effects.values():
            effect.planned = False
        self._rounds += 1
        steps = self._next_steps() if self._rounds <= MAX_ROUNDS else []
        if not steps:
            self._finish()
            return
        self._note_sent(steps)
        self.progress.add(len(steps))
        self._outbox.put_plan(steps)

    def begin_load(self, board: str, origin: str, now: float) -> None:
        """Take that a pedalboard is loaded from now on, in place of one that still was."""
        self._tell(self.progress.begin(board, origin, now))

    def _tell(self, fact: StateChange | None) -> None:
        if fact is not None:
            self._emit(fact)

    def tell_progress(self, now: float) -> None:
        """Tell how far a change of pedalboard is, where that is worth telling."""
        self._tell(self.progress.take(self._outbox.plan_left, now))

    def forget_plan(self) -> None:
        """Forget the steps that wait, and with them that anything is on its way: what differs is sent again.

        A player's write that still waits and is not wished any more counts as done, so that the plan takes it back.
        """
        rig = self._ledger.rig
        if any(isinstance(step, Question) for step in self._outbox.clear_plan()):
            self.reread()
        for effect in rig.effects.values():
            for cell in effect.cells.values():
                cell.sent = None
        for instance, symbol, value in self._outbox.waiting():
            holder = rig.by_instance(instance)
            waits = holder.cells.get(symbol) if holder else None
            if waits is not None and waits.asked != value:
                waits.sent = value

    def _next_steps(self) -> list[EngineRequest]:
        rig, ledger = self._ledger.rig, self._ledger
        if self._jack.doubted:
            return self._jack.questions()
        unknown = {effect.uri for effect in rig.effects.values()} - set(ledger.plugins)
        if unknown:
            return self._questions_about(sorted(unknown))
        if not self._inspected:
            self._inspected = True
            questions = inspection(rig, at_once="effects" in self.capabilities)
            if questions:
                return questions
        questions = [] if self._read else unread(rig)
        if questions:
            self._read = True  # once: what cannot be read is written
            return questions
        if ledger.failures and not self._looked:
            self._looked = True  # a bridge that mixes up its replies refuses what was done
            questions = inspection(rig, at_once="effects" in self.capabilities)
            if questions:
                return questions
        self.doubts.judge(rig, self._emit)
        self._note_unknown_presets()
        return [] if ledger.failures and self.all_or_nothing else plan(rig)

    def _questions_about(self, uris: list[str]) -> list[EngineRequest]:
        questions: list[EngineRequest] = [ReadPlugin(uri) for uri in uris]
        return questions + [ReadPresets(uri) for uri in uris if "presets" in self.capabilities]

    def _finish(self) -> None:
        self.busy = False
        if not self._ledger.rig.processing:
            self._outbox.put_plan([SetProcessing(on=True)])
        self._tell(self.progress.end())
        self._tell(self.repairs.take())
        self._finished()
        if not self.busy and self._learn_ahead:
            self._outbox.put_plan(self._questions_about(self._learn_ahead))
            self._learn_ahead = []

    def _note_unknown_presets(self) -> None:
        for effect in self._ledger.rig.effects.values():
            if effect.preset and effect.preset != effect.preset_confirmed and preset_uri(effect) is None:
                reason = f"{effect.name} has no preset `{effect.preset}`"
                self._emit(Refused(f"{effect.name} preset", reason, effect.preset_origin))
                effect.preset_refused(reason)

    def _note_sent(self, steps: list[EngineRequest]) -> None:
        rig = self._ledger.rig
        self.repairs.note(steps)
        added = 0
        for step in steps:
            effect = (
                rig.by_instance(step.instance) if isinstance(step, AddEffect | WriteBypass | WriteParameters) else None
            )
            if effect is None:
                continue
            if isinstance(step, AddEffect):
                effect.planned = True
                added += 1
            elif isinstance(step, WriteBypass):
                effect.cells[BYPASS].sent = float(step.bypassed)
            elif isinstance(step, WriteParameters):
                for symbol, value in step.values.items():
                    effect.cells[symbol].sent = value
        if added and added == len(rig.effects):
            self._jack.renewed()  # the host had none of them
