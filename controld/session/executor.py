"""How wishes reach the engine and what comes back: sending, confirming, reverting, and taking what the engine says.

Pure and synchronous. The executor holds the rig's state and the outbox. A single wish (`write`) goes out at once. When
the wish changed as a whole, or the engine came back, `rounds` bring the engine to it. What is done while nobody plays
is in `patrol`, what becomes of another hand's doing in `hands`.
"""

from collections.abc import Callable, Iterable

from controld.changes import EngineChanged, EngineState, StateChange
from controld.engine_figures import EngineLoadChanged
from controld.session.engine_events import (
    ConnectionReported,
    EffectReported,
    EngineConnected,
    EngineEvent,
    EngineLost,
    ParameterReported,
    UnknownEngineEvent,
)
from controld.session.hands import Hands
from controld.session.jack_watch import JackWatch
from controld.session.meters import Meters
from controld.session.model import Pedalboard
from controld.session.outbox import Outbox
from controld.session.patrol import NEXT_STEP_S, Patrol
from controld.session.replies import Ledger, Replies
from controld.session.requests import (
    CODE_NO_INSTANCE,
    ConnectPorts,
    Denied,
    Done,
    EngineLoad,
    EngineReply,
    EngineRequest,
    Found,
    Probe,
    ReadBypass,
    ReadEffects,
    ReadHardware,
    ReadLevels,
    ReadLoad,
    ReadParameter,
    TimedOut,
    WriteBypass,
    WriteParameters,
    WritePreset,
    WriteTransport,
)
from controld.session.rig_state import RigState
from controld.session.rounds import Rounds
from controld.session.state import BYPASS, EffectState

Write = WriteBypass | WriteParameters
BEATS_PER_BAR = 4.0  # no file says another yet
_UNKNOWN = EngineLoadChanged(-1.0)


class Executor:
    """Keeps the engine at the wished state; tells every fact to `emit` and the end of a reconciliation to `finished`.

    `finished` gets the reasons of effects that could not be loaded; `silenced` is called when the engine is gone.
    `clock` is the time of what is being taken, in seconds.
    """

    def __init__(
        self,
        outbox: Outbox,
        emit: Callable[[StateChange], None],
        finished: Callable[[list[str]], None],
        clock: Callable[[], float],
    ) -> None:
        self.outbox = outbox
        self.ledger = Ledger()
        self.state = EngineState.DOWN
        self.reason = "no engine yet"
        self.unknown_events = 0
        self.silenced: Callable[[], None] = lambda: None
        self.urge: Callable[[], None] = lambda: None  # have sent what waits
        self._emit = emit
        self._finished = finished
        self._clock = clock
        self._description = ""
        self._transport = WriteTransport(rolling=False, bpb=BEATS_PER_BAR, bpm=120.0)
        self._jack = JackWatch()
        self.rounds = Rounds(outbox, self.ledger, self._jack, emit, self._finish)
        self.patrol = Patrol(outbox, self.ledger, self._jack)
        self._replies = Replies(self.ledger, emit, self.inspect, self.rounds.forget_plan, self.rounds.reread)
        self._whole = False  # the pedalboard was complete once, since it was made the wish
        self._hands = Hands(self.rig, emit, self.inspect, self._rejoin)
        self._load = _UNKNOWN
        self._meters = Meters(outbox, emit)

    @property
    def rig(self) -> RigState:
        """The rig as it should be and as it is known."""
        return self.ledger.rig

    # What the session asks

    def install(self, pedalboard: Pedalboard, neighbours: Iterable[Pedalboard] = (), origin: str = "") -> None:
        """Make a pedalboard the wish; call `reconcile` when everything that belongs to the wish was asked."""
        self.rig.spares.dropped(self.outbox.clear_idle())
        self.rig.install(pedalboard, neighbours)
        self.ledger.failures.clear()
        self._whole = False
        self._hands.forget()
        self.rounds.repairs.forget()
        self.rounds.begin_load(pedalboard.name, origin, self._clock())
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

    def expect(self, neighbours: Iterable[Pedalboard]) -> None:
        """Have what these pedalboards need loaded beforehand, and what none of them needs removed."""
        self.rig.spares.want(self.rig.pedalboard, neighbours)
        if self.state is EngineState.UP:
            self.patrol.wake(self._clock())

    def want_load(self, *, wanted: bool) -> None:
        """Say whether somebody wants to know what the engine needs of the processor."""
        self.patrol.wants_load = wanted
        if self.state is EngineState.UP:
            self.patrol.wake(self._clock())

    def want_levels(self, *, wanted: bool) -> None:
        """Say whether somebody wants to know how loud it is."""
        self._meters.want(self._clock(), wanted=wanted)

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
        if self.state is EngineState.DOWN:
            self.rounds.forget_plan()
            self.rounds.busy = True
        else:
            self.rounds.start()

    def pursue(self) -> None:
        """Send the difference, and only then tell what is asked now: the engine need not wait for that."""
        self.reconcile()
        self.urge()
        self.tell_news()

    def inspect(self) -> None:
        """Look what the engine holds, and send the difference."""
        lists = "effects" in self.rounds.capabilities
        self.rounds.repairs.begin(whole=self._whole, sees_connections=lists)
        self.rounds.reread()
        if not lists:
            self.rig.spares.distrust()
        self.rig.forget()
        self.ledger.failures.clear()
        self.ledger.unlisted = 0
        self.reconcile()

    def tell_news(self) -> None:
        """Tell what is not as it was told last."""
        for effect in self.rig.effects.values():
            for fact in effect.untold():
                self._emit(fact)

    def set_transport(self, *, rolling: bool, bpm: float) -> None:
        """Have the engine's transport follow ours; one whose bridge does not offer it is never sent it.

        The stock bridge passes the command on and may die of the feedback that it causes.
        """
        self._transport = WriteTransport(rolling, BEATS_PER_BAR, bpm)
        if self.state is not EngineState.DOWN and "transport" in self.rounds.capabilities:
            self.outbox.put_transport(self._transport)

    @property
    def busy(self) -> bool:
        """Tell whether a reconciliation is under way."""
        return self.rounds.busy

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called, in seconds; None for not at all."""
        doubts, progress, patrol = self.rounds.doubts.due_s, self.rounds.progress.due_s, self.patrol.due_s
        meters = self._meters.due_s
        if progress is None and patrol is None and meters is None:
            return doubts
        return min(due for due in (doubts, progress, patrol, meters) if due is not None)

    def tick(self, now: float) -> None:
        """Do what is due: read again what timed out a while ago, tell how far a load is, and go on patrol."""
        questions = self.rounds.doubts.questions(self.rig, now)
        if questions and self.state is not EngineState.DOWN:
            self.rounds.ask(questions)
        if self.state is EngineState.DOWN:
            self.rounds.progress.due_s = None
        else:
            self.rounds.tell_progress(now)
        settled = self.state is EngineState.UP and not self.rounds.busy and self.rounds.doubts.due_s is None
        self.patrol.tick(now, rests=settled)
        if self._meters.tick(now):
            self.patrol.overlook()

    # What the engine says

    def receive_reply(self, request: EngineRequest, reply: EngineReply, now: float) -> None:
        """Take the reply to a request that was taken from the outbox."""
        self.outbox.settle()
        if isinstance(request, ReadLevels):
            self._meters.receive(reply, now)
        elif self.patrol.asked and self.patrol.take(request) and self._patrolled(request, reply, now):
            pass
        elif isinstance(reply, TimedOut):
            self._timed_out(request, now)
        elif isinstance(request, ReadHardware):
            self._take_jack(reply, now)
        else:
            self._replies.receive(request, reply)
            if isinstance(reply, Denied):
                self._denied(request, reply, now)
        if self.rounds.busy and self.state is not EngineState.DOWN:
            self.rounds.advance()
            self.rounds.tell_progress(now)

    def receive_event(self, event: EngineEvent) -> None:
        """Take what the engine told by itself."""
        match event:
            case ParameterReported(own=False):
                self._hands.parameter(event)
            case EngineConnected():
                self._connected(event)
            case EngineLost():
                self._lost(event.reason)
            case EffectReported(uri="", own=False):
                effect = self.rig.by_instance(event.instance)
                if effect is not None and effect.present:
                    self.inspect()
                elif self.rig.spares.gone(event.instance):
                    self.patrol.wake(self._clock())
            case ConnectionReported(own=False):
                self._hands.connection(event, rests=self.state is EngineState.UP and not self.rounds.busy)
            case UnknownEngineEvent():
                self.unknown_events += 1
            case _:
                pass  # our own doing: the reply said so already

    def _connected(self, event: EngineConnected) -> None:
        self.rounds.capabilities = event.capabilities
        self._description = event.description
        self._jack.connected(opens="effects" not in event.capabilities)
        self.patrol.stop()
        if self.state is EngineState.DOWN:
            self.rounds.begin_load(self.rig.pedalboard.name, "", self._clock())
        self.state, self.reason = EngineState.REPAIRING, event.description
        self.outbox.clear()
        self._emit(EngineChanged(self.state, self.reason))
        self._meters.offer(self._clock(), offered="levels" in event.capabilities)
        self.set_transport(rolling=self._transport.rolling, bpm=self._transport.bpm)
        self.inspect()

    def _lost(self, reason: str) -> None:
        self.state, self.reason = EngineState.DOWN, reason
        self.outbox.clear()
        self.rig.forget()
        self.rounds.stop()
        self.patrol.stop()
        self._emit(EngineChanged(self.state, self.reason))
        self._meters.offer(self._clock(), offered=False)
        self.tell_news()
        self.silenced()

    def _rejoin(self) -> None:
        self.rounds.repairs.begin(whole=self._whole, sees_connections=True)
        self.reconcile()

    def _finish(self) -> None:
        if self.state is EngineState.REPAIRING:
            self.state = EngineState.UP
            self._emit(EngineChanged(self.state, self.reason))
        self.tell_news()
        failures = list(self.ledger.failures)
        self.ledger.failures.clear()
        self._finished(failures)
        if not self.rounds.busy:
            self._whole = self._whole or not failures
            if not self.rig.refused:
                self._jack.joined()
            self.patrol.begin(self.rounds.capabilities, self._clock())

    def _timed_out(self, request: EngineRequest, now: float) -> None:
        """Remember what is doubtful now; the client reconnects, and what it finds then decides."""
        if isinstance(request, ConnectPorts):
            self.rig.touched.add((request.source, request.target))
            return
        if not isinstance(request, Write | WritePreset):
            return
        effect = self.rig.by_instance(request.instance)
        if effect is None:
            return
        if isinstance(request, WritePreset):
            effect.disbelieve()
        else:
            self.rounds.doubts.note(effect, _symbols(request), now)

    def _denied(self, request: EngineRequest, reply: Denied, now: float) -> None:
        self._jack.suspect(request, reply)
        if not isinstance(request, Write | ReadBypass | ReadParameter):
            return
        effect = self.rig.by_instance(request.instance)
        if effect is None or not effect.present:
            return
        if isinstance(request, Write):
            self.rounds.doubts.note_refused(effect, _symbols(request), now)
        else:
            self.rounds.doubts.note_unread(effect, BYPASS if isinstance(request, ReadBypass) else request.symbol, now)

    # What the patrol found

    def _patrolled(self, request: EngineRequest, reply: EngineReply, now: float) -> bool:
        """Take the answer to what was asked, or done, while nobody played; False where it is as any other."""
        match request:
            case ReadLoad() | Probe():
                self._take_load(reply)
            case ReadBypass() if self._jack.reason:
                if isinstance(reply, Denied) and reply.code == CODE_NO_INSTANCE:
                    self._back()  # the host was started anew
            case ReadBypass() | ReadParameter():
                self._hands.answer(request, reply)
            case ReadEffects():
                if isinstance(reply, Done) and isinstance(reply.answer, Found):
                    self._hands.answer_all(reply.answer)
            case _:
                if not self.rig.spares.receive(request, reply):
                    return False
                self.patrol.wake(now + NEXT_STEP_S)
        return True

    def _take_jack(self, reply: EngineReply, now: float) -> None:
        verdict = self._jack.receive(reply)
        if verdict is False:
            self._back()
        elif verdict:
            self._lost(self._jack.reason)
            self.patrol.watch_jack(now)

    def _back(self) -> None:
        self._connected(EngineConnected(self.rounds.capabilities, self._description))

    def _take_load(self, reply: EngineReply) -> None:
        answer = reply.answer if isinstance(reply, Done) else None
        if isinstance(answer, EngineLoad):
            load = EngineLoadChanged(round(answer.cpu_percent, 1), answer.xruns)
        elif isinstance(answer, float):
            load = EngineLoadChanged(round(answer, 1))
        else:
            return
        if load != self._load:
            self._load = load
            self._emit(load)


def _symbols(request: Write) -> list[str]:
    return list(request.values) if isinstance(request, WriteParameters) else [BYPASS]
