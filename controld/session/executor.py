"""How wishes reach the engine and what comes back: sending, confirming, reverting, and reconciling after an outage.

Pure and synchronous. The executor holds the rig's state and the outbox. A single wish (`write`) goes out at once. When
the wish changed as a whole, or the engine came back, it works in rounds: learn the plugins, look what is there, send
the difference, and look at the difference again until nothing is left; a round starts when the last one is answered.
"""

from collections.abc import Callable

from controld.changes import EngineChanged, EngineState, Refused, StateChange
from controld.session.engine_events import (
    ConnectionReported,
    EffectReported,
    EngineConnected,
    EngineEvent,
    EngineLost,
    ParameterReported,
    UnknownEngineEvent,
)
from controld.session.model import Pedalboard
from controld.session.outbox import Outbox
from controld.session.reconcile import inspection, plan, preset_uri, unread
from controld.session.replies import Ledger, Replies
from controld.session.requests import (
    AddEffect,
    ConnectPorts,
    EngineReply,
    EngineRequest,
    Question,
    ReadBypass,
    ReadParameter,
    ReadPlugin,
    ReadPresets,
    SetProcessing,
    TimedOut,
    WriteBypass,
    WriteParameters,
    WritePreset,
    WriteTransport,
)
from controld.session.rig_state import RigState
from controld.session.state import BYPASS, EffectState
from controld.values import same_value

# A difference that is still there after this many rounds will not go away by sending it again.
MAX_ROUNDS = 12
# How long a command that timed out may still be executed later: the stock bridge's own backlog was seen to take 2 s.
AUDIT_DELAY_S = 2.5
Write = WriteBypass | WriteParameters
BEATS_PER_BAR = 4.0  # no file says another yet
NO_ANSWER = "the engine did not answer in time"


class Executor:
    """Keeps the engine at the wished state; tells every fact to `emit` and the end of a reconciliation to `finished`.

    `finished` gets the reasons of effects that could not be loaded.
    """

    def __init__(
        self, outbox: Outbox, emit: Callable[[StateChange], None], finished: Callable[[list[str]], None]
    ) -> None:
        self.outbox = outbox
        self.ledger = Ledger()
        self.state = EngineState.DOWN
        self.reason = "no engine yet"
        self.unknown_events = 0
        self.all_or_nothing = False  # a pedalboard that is not complete is given up, for there is another to go back to
        self._emit = emit
        self._finished = finished
        self._capabilities: frozenset[str] = frozenset()
        self._transport = WriteTransport(rolling=False, bpb=BEATS_PER_BAR, bpm=120.0)
        self._busy = False
        self._rounds = 0
        self._inspected = self._read = False
        self._replies = Replies(self.ledger, emit, self.inspect, self._forget_plan, self._reread)
        self._doubtful: set[tuple[str, str]] = set()  # (effect, symbol) whose request timed out
        self._audit: set[tuple[str, str]] = set()
        self._audit_at_s: float | None = None
        self._learn_ahead: list[str] = []

    @property
    def rig(self) -> RigState:
        """The rig as it should be and as it is known."""
        return self.ledger.rig

    # What the session asks

    def install(self, pedalboard: Pedalboard) -> None:
        """Make a pedalboard the wish; call `reconcile` when everything that belongs to the wish was asked."""
        self.rig.install(pedalboard)
        self.ledger.failures.clear()
        self._learn()

    def edit(self, pedalboard: Pedalboard, instance: int = 0) -> None:
        """Make an edited pedalboard the wish; `reconcile` afterwards. See `RigState.edit`."""
        self.rig.edit(pedalboard, instance)
        self._learn()

    def _learn(self) -> None:
        for effect in self.rig.effects.values():
            plugin = self.ledger.plugins.get(effect.uri)
            if plugin is not None and effect.plugin is None:
                effect.learn(plugin)

    def write(self, effect: EffectState, symbol: str, *, continuous: bool) -> None:
        """Send the wish of one cell; an effect that is not there yet gets it with the plan that adds it."""
        cell = effect.cells[symbol]
        effect.follow.discard(symbol)
        effect.pinned.add(symbol)
        if self.state is EngineState.DOWN or not (effect.present or effect.planned):
            return
        cell.sent = cell.asked
        if continuous:
            self.outbox.put_continuous(effect.instance, symbol, cell.asked)
        elif symbol == BYPASS:
            self.outbox.put_discrete(WriteBypass(effect.instance, cell.asked != 0))
        else:
            self.outbox.put_discrete(WriteParameters(effect.instance, {symbol: cell.asked}))

    def reconcile(self) -> None:
        """Send the difference between wish and engine, anew: what waits of an older plan is forgotten."""
        self._forget_plan()
        self._start()

    def inspect(self) -> None:
        """Look what the engine holds, and send the difference."""
        self._reread()
        self.rig.forget()
        self.ledger.failures.clear()
        self.reconcile()

    def _reread(self) -> None:
        """Have the next round ask for what is not known."""
        self._inspected = self._read = False

    def tell_news(self) -> None:
        """Tell what is not as it was told last."""
        for effect in self.rig.effects.values():
            for fact in effect.untold():
                self._emit(fact)

    def learn_ahead(self, uris: list[str]) -> None:
        """Have plugins asked for once there is nothing better to do, so that a change of pedalboard need not wait."""
        self._learn_ahead = [uri for uri in uris if uri not in self.ledger.plugins]

    def set_transport(self, *, rolling: bool, bpm: float) -> None:
        """Have the engine's transport follow ours; one whose bridge does not offer it is never sent it.

        The stock bridge passes the command on and may die of the feedback that it causes.
        """
        self._transport = WriteTransport(rolling, BEATS_PER_BAR, bpm)
        if self.state is not EngineState.DOWN and "transport" in self._capabilities:
            self.outbox.put_transport(self._transport)

    @property
    def busy(self) -> bool:
        """Tell whether a reconciliation is under way."""
        return self._busy

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called, in seconds; None for not at all."""
        return self._audit_at_s

    def tick(self, now: float) -> None:
        """Look again at what timed out a while ago: it may have been executed late."""
        if self._audit_at_s is None or now < self._audit_at_s:
            return
        self._audit_at_s = None
        questions: list[EngineRequest] = []
        for name, symbol in sorted(self._audit):
            effect = self.rig.effects.get(name)
            if effect is not None and effect.present:
                questions.append(
                    ReadBypass(effect.instance) if symbol == BYPASS else ReadParameter(effect.instance, symbol)
                )
        self._audit.clear()
        if questions and self.state is not EngineState.DOWN:
            self.outbox.put_plan(questions)
            self._busy, self._rounds = True, 0

    # What the engine says

    def receive_reply(self, request: EngineRequest, reply: EngineReply, now: float) -> None:
        """Take the reply to a request that was taken from the outbox."""
        self.outbox.settle()
        if isinstance(reply, TimedOut):
            self._timed_out(request, now)
        else:
            self._replies.receive(request, reply)
        if self._busy:
            self._advance()

    def receive_event(self, event: EngineEvent) -> None:
        """Take what the engine told by itself."""
        match event:
            case ParameterReported(own=False):
                self._parameter_reported(event)
            case EngineConnected():
                self._connected(event)
            case EngineLost():
                self._lost(event)
            case EffectReported(uri="", own=False):
                effect = self.rig.by_instance(event.instance)
                if effect is not None and effect.present:
                    self.inspect()
            case ConnectionReported(own=False):
                change = self.rig.joined.add if event.connected else self.rig.joined.discard
                change((event.source, event.target))
            case UnknownEngineEvent():
                self.unknown_events += 1
            case _:
                pass  # our own doing: the reply said so already

    def _connected(self, event: EngineConnected) -> None:
        self._capabilities = event.capabilities
        self.state, self.reason = EngineState.REPAIRING, event.description
        self.outbox.clear()
        self._emit(EngineChanged(self.state, self.reason))
        self.set_transport(rolling=self._transport.rolling, bpm=self._transport.bpm)
        self.inspect()

    def _lost(self, event: EngineLost) -> None:
        self.state, self.reason = EngineState.DOWN, event.reason
        self.outbox.clear()
        self.rig.forget()
        self._busy = False
        self._doubtful.clear()  # what is gone for long is repaired to the wish, not judged by a read-back
        self._emit(EngineChanged(self.state, self.reason))
        self.tell_news()

    def _parameter_reported(self, event: ParameterReported) -> None:
        effect = self.rig.by_instance(event.instance)
        cell = effect.cells.get(event.symbol) if effect else None
        if effect is None or cell is None:
            return
        newer_wish = cell.sent is not None and not same_value(cell.sent, event.value)
        cell.confirmed = event.value
        if not newer_wish:
            cell.ask(event.value, "")
        self._emit(effect.change(event.symbol))

    def _timed_out(self, request: EngineRequest, now: float) -> None:
        """Remember what is doubtful now; the client reconnects, and what it finds then decides."""
        if isinstance(request, ConnectPorts):
            self.rig.touched.add((request.source, request.target))
            return
        effect = self.rig.by_instance(request.instance) if isinstance(request, Write | WritePreset) else None
        if effect is None:
            return
        if isinstance(request, WritePreset):
            effect.disbelieve()
            return
        for symbol in request.values if isinstance(request, WriteParameters) else (BYPASS,):
            cell = effect.cells[symbol]
            cell.sent = cell.confirmed = cell.believed = None
            self._doubtful.add((effect.name, symbol))
        self._audit.update(self._doubtful)
        self._audit_at_s = now + AUDIT_DELAY_S

    # Rounds

    def _start(self) -> None:
        # What failed so far counts on: something else that is asked meanwhile does not make a load whole.
        self._busy, self._rounds = True, 0
        self._advance()

    def _advance(self) -> None:
        """Take the next round once everything before it was answered."""
        if self.state is EngineState.DOWN or not self.outbox.plan_done:
            return
        for effect in self.rig.effects.values():
            effect.planned = False
        self._rounds += 1
        steps = self._next_steps() if self._rounds <= MAX_ROUNDS else []
        if not steps:
            self._finish()
            return
        self._note_sent(steps)
        self.outbox.put_plan(steps)

    def _next_steps(self) -> list[EngineRequest]:
        unknown = {effect.uri for effect in self.rig.effects.values()} - set(self.ledger.plugins)
        if unknown:
            return self._questions_about(sorted(unknown))
        at_once = "effects" in self._capabilities
        if not self._inspected:
            self._inspected = True
            questions = inspection(self.rig, at_once=at_once)
            if questions:
                return questions
        questions = [] if self._read else unread(self.rig)
        if questions:
            self._read = True  # once: what cannot be read is written
            return questions
        self._judge_doubtful()
        self._note_unknown_presets()
        return [] if self.ledger.failures and self.all_or_nothing else plan(self.rig)

    def _questions_about(self, uris: list[str]) -> list[EngineRequest]:
        questions: list[EngineRequest] = [ReadPlugin(uri) for uri in uris]
        return questions + [ReadPresets(uri) for uri in uris if "presets" in self._capabilities]

    def _finish(self) -> None:
        self._busy = False
        if not self.rig.processing:
            self.outbox.put_plan([SetProcessing(on=True)])
        if self.state is EngineState.REPAIRING:
            self.state = EngineState.UP
            self._emit(EngineChanged(self.state, self.reason))
        self.tell_news()
        failures = list(self.ledger.failures)
        self.ledger.failures.clear()
        self._finished(failures)
        if not self._busy and self._learn_ahead:
            self.outbox.put_plan(self._questions_about(self._learn_ahead))
            self._learn_ahead = []

    def _judge_doubtful(self) -> None:
        """Decide, now that the engine was read: what timed out was done, or it failed and the wish is taken back."""
        for name, symbol in self._doubtful:
            effect = self.rig.effects.get(name)
            cell = effect.cells.get(symbol) if effect else None
            if effect is not None and cell is not None and cell.differs and cell.confirmed is not None:
                cell.revert(NO_ANSWER)
                self._emit(Refused(effect.subject(symbol), NO_ANSWER, cell.origin))
        self._doubtful.clear()

    def _note_unknown_presets(self) -> None:
        for effect in self.rig.effects.values():
            if effect.preset and effect.preset != effect.preset_confirmed and preset_uri(effect) is None:
                reason = f"{effect.name} has no preset `{effect.preset}`"
                self._emit(Refused(f"{effect.name} preset", reason, effect.preset_origin))
                effect.preset_refused(reason)

    def _note_sent(self, steps: list[EngineRequest]) -> None:
        for step in steps:
            effect = self.rig.by_instance(step.instance) if isinstance(step, AddEffect | Write) else None
            if effect is None:
                continue
            if isinstance(step, AddEffect):
                effect.planned = True
            elif isinstance(step, WriteBypass):
                effect.cells[BYPASS].sent = float(step.bypassed)
            elif isinstance(step, WriteParameters):
                for symbol, value in step.values.items():
                    effect.cells[symbol].sent = value

    def _forget_plan(self) -> None:
        """Forget the steps that wait, and with them that anything is on its way: what differs is sent again.

        A player's write that still waits and is not wished any more counts as done, so that the plan takes it back.
        """
        if any(isinstance(step, Question) for step in self.outbox.clear_plan()):
            self._reread()
        for effect in self.rig.effects.values():
            for cell in effect.cells.values():
                cell.sent = None
        for instance, symbol, value in self.outbox.waiting():
            holder = self.rig.by_instance(instance)
            waits = holder.cells.get(symbol) if holder else None
            if waits is not None and waits.asked != value:
                waits.sent = value
