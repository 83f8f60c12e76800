"""The whole core in one piece: mapper and session joined, still pure and synchronous.

Whatever happens outside enters by one of the `receive_*` methods with the time it happened, and everything that follows
from it comes back in one `Output`. The daemon runs it with real shells; tests run the very same under a virtual clock.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from controld.actions import (
    Action,
    CycleParameter,
    DriveParameter,
    EngineAction,
    Message,
    Panic,
    Resync,
    RollBack,
    SelectPage,
    SendMidi,
    SendOsc,
    SetBypass,
    SetParameter,
    SetVariable,
    ShowText,
    StepParameter,
    ToggleParameter,
)
from controld.changes import Refused, State, StateChange, SurfaceChanged
from controld.events import (
    ControlEvent,
    ControlMoved,
    ControlTurned,
    LevelsWanted,
    OscArrived,
    ProgramChosen,
    SurfaceAsked,
    SurfaceConnected,
    SurfaceEvent,
    SurfaceLost,
)
from controld.feedback import Feedback
from controld.mappings.mapper import Intent, Mapper
from controld.mappings.profile import Control
from controld.mappings.rule import Rule, Stage
from controld.osc_namespace import Namespace, News
from controld.session.edits import Edit
from controld.session.engine_events import EngineEvent
from controld.session.live import Live
from controld.session.model import Bank, Pedalboard
from controld.session.outbox import Outbox
from controld.session.requests import EngineReply, EngineRequest
from controld.session.session import Session
from controld.session.shelf import Filing, Stored, StoredBanks
from controld.session.state import BYPASS

# How often in a row an event rule may cause what another waits for.
MAX_REACTIONS = 16
# More facts than this, a tenth of a millisecond's, are not told in one go: the engine would wait.
MANY = 64
_PLAYED = (ControlMoved, ControlTurned, ProgramChosen)
# Actions that are not the session's.
_OWN = frozenset({SendMidi, SendOsc, SelectPage, SetVariable, ShowText, RollBack})
# Actions on a value that a press may hold.
_HOLDABLE = frozenset({SetBypass, DriveParameter, SetParameter, StepParameter, ToggleParameter, CycleParameter})


@dataclass(slots=True)
class Output:
    """What follows from one input: facts, looks of controls, and messages to other gear, each in order."""

    changes: list[StateChange] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)
    news: list[News] = field(default_factory=list)  # what OSC clients are told of the changes, one for each
    messages: list[Message] = field(default_factory=list)
    resync: str | None = None  # the surface that is to be shown everything again; "" for every one
    roll_back: bool = False  # the last good files are to be loaded again


class Rig:
    """Mapper, session and the built-in OSC namespace; `trace` (while set) is told of every step in between."""

    def __init__(
        self,
        rules: Sequence[Rule],
        controls: Mapping[str, Control],
        pedalboards: Sequence[Pedalboard],
        start: str = "",
        snapshot: str = "",
        stage: Stage = Stage(),  # noqa: B008 - frozen
        banks: Sequence[Bank] = (),
    ) -> None:
        self._depth = 0
        self._panics = 0  # how many there were
        self.outbox = Outbox()
        self.trace: Callable[[str, object], None] | None = None
        self.urge: Callable[[], None] | None = None  # called when something waits for the engine
        self.attend: Callable[[], None] | None = None  # called again and again where much is told
        self.mapper = Mapper(rules, controls, stage)
        self.namespace = Namespace()
        self.session = Session(pedalboards, self.outbox, start, snapshot, banks)
        self._load_watchers: set[str] = set()
        self._level_watchers: set[str] = set()
        self.session.wants_beats = self.mapper.wants_beats
        self._want_load()
        self.session.leave_out(self._resting)
        self.session.hurry(self._hurry)
        for fact in self.mapper.report():
            self.namespace.receive(fact)
        self._follow(self.session.report(), 0.0, Output())

    def receive(self, event: SurfaceEvent, now: float) -> Output:
        """Take what a surface did."""
        output = Output()
        trace = self.trace
        if trace is not None:
            trace("event", event)
        overdue = self.mapper.next_deadline()
        if overdue is not None and overdue <= event.time_s:
            output = self.tick(event.time_s)  # what was due before this goes before it
        if isinstance(event, _PLAYED):
            return self._play(event, output)
        if isinstance(event, SurfaceConnected):
            if not event.client:  # a surface with clients tells a new one by itself
                output.feedback += self.mapper.full_feedback(event.surface)
                self._follow([SurfaceChanged(event.surface, connected=True)], now, output)
            else:
                self.watch_load(f"{event.surface}/{event.client}", wanted=True)
            return output
        if isinstance(event, SurfaceLost):
            self._do(self.mapper.release_surface(event.surface, now, event.client), now, output)
            if not event.client:
                self._follow([SurfaceChanged(event.surface, connected=False)], now, output)
            else:
                self.watch_load(f"{event.surface}/{event.client}", wanted=False)
                self._watch_levels(f"{event.surface}/{event.client}", now, output, wanted=False)
            return output
        if isinstance(event, LevelsWanted):
            return self._watch_levels(f"{event.surface}/{event.client}", now, output, wanted=event.wanted)
        if isinstance(event, OscArrived):
            return self._read_osc(event, now, output)
        if isinstance(event, SurfaceAsked):
            return self._act(event.action, event.surface, now, output)
        return output  # a touch moves nothing

    def act(self, action: Action | Edit, origin: str, now: float) -> Output:
        """Do what somebody asks for who is no control: a program, a test, the rig itself ("")."""
        return self._act(action, origin, now, Output())

    def watch_load(self, who: str, *, wanted: bool) -> None:
        """Have what the engine needs of the processor told, as long as somebody wants it."""
        (self._load_watchers.add if wanted else self._load_watchers.discard)(who)
        self._want_load()

    def _watch_levels(self, who: str, now: float, output: Output, *, wanted: bool) -> Output:
        """Have it told how loud it is, as long as somebody wants it."""
        (self._level_watchers.add if wanted else self._level_watchers.discard)(who)
        return self._follow(self.session.want_levels(wanted=bool(self._level_watchers)), now, output)

    def _want_load(self) -> None:
        self.session.want_load(wanted=bool(self._load_watchers) or self.mapper.wants_load)

    def release(self, surface: str, now: float) -> Output:
        """Release what a surface holds, as if every hand were taken off it: nothing of it is heard from now on."""
        return self._do(self.mapper.release_surface(surface, now), now, Output())

    def receive_reply(self, request: EngineRequest, reply: EngineReply, now: float) -> Output:
        """Take the engine's reply to a request that was taken from the outbox."""
        return self._follow(self.session.receive_reply(request, reply, now), now, Output())

    def receive_engine_event(self, event: EngineEvent, now: float) -> Output:
        """Take what the engine told by itself."""
        return self._follow(self.session.receive_event(event, now), now, Output())

    def tick(self, now: float) -> Output:
        """Do what is due at `now`."""
        intents, feedback = self.mapper.tick(now)
        output = self._do(intents, now, Output())
        output.feedback += feedback
        return self._follow(self.session.tick(now), now, output)

    @property
    def settled(self) -> bool:
        """Tell whether nothing waits: no wish on its way, no ramp, no gesture undecided, no list half done."""
        view = self.mapper.view
        states = [view.pedalboard.state, view.snapshot.state]
        states += [fact.state for fact in view.bypasses.values()]
        states += [fact.state for fact in view.parameters.values()]
        return self.mapper.settled and not self.session.moving and State.ASKED not in states

    def next_deadline(self) -> float | None:
        """Return when `tick` should be called, in seconds; None for not at all."""
        mapper, session = self.mapper.next_deadline(), self.session.next_deadline()
        if mapper is None or session is None:
            return session if mapper is None else mapper
        return min(mapper, session)

    def replace(
        self,
        rules: Sequence[Rule],
        controls: Mapping[str, Control],
        pedalboards: Sequence[Pedalboard],
        now: float,
        stage: Stage = Stage(),  # noqa: B008 - frozen
        banks: Sequence[Bank] = (),
    ) -> Output:
        """Take a new configuration between two events; what is held stays held, lights follow the new rules."""
        mapper = Mapper(rules, controls, stage)
        released, changes = mapper.take_over(self.mapper, now)
        self.mapper = mapper
        self.session.wants_beats = mapper.wants_beats
        self._want_load()
        output = self._do(released, now, self._follow(changes, now, Output()))
        self._follow(self.session.replace_pedalboards(pedalboards, banks), now, output)
        surfaces = dict.fromkeys(name.partition(".")[0] for name in controls)
        output.feedback = [look for surface in surfaces for look in mapper.full_feedback(surface)]
        return output

    def _play(self, event: ControlEvent, output: Output) -> Output:
        """Do what the rules make of a control's event."""
        intents = self.mapper.receive(event)
        if self.trace is not None and not intents and (reason := self.mapper.why_none(event)):
            self.trace("none", reason)
        self._do(intents, event.time_s, output)
        for change in output.changes:
            if type(change) is Refused:
                output.feedback += self.mapper.correction(event.control)
                break
        return output

    def _read_osc(self, event: OscArrived, now: float, output: Output) -> Output:
        origin = f"{event.surface}/{event.client}"
        action = self.namespace.read(event.address, event.args)
        if isinstance(action, str):
            return self._follow([Refused(event.address, action, origin)], now, output)
        if action is None:
            return output
        if self.trace is not None:
            self.trace("action", action)
        return self._act(action, origin, now, output)

    def _do(self, intents: Sequence[Intent], now: float, output: Output) -> Output:
        panics, forgotten = self._panics, self.mapper.forgotten
        for intent in intents:
            if intent.passing and not self._may_pass(intent, panics, forgotten):
                continue
            if self.trace is not None:
                self.trace("rule", intent)
            self._act(intent.action, intent.origin, now, output, intent.passing)
        refusals = self.mapper.take_refusals()
        return self._follow(refusals, now, output) if refusals else output

    def _may_pass(self, intent: Intent, panics: int, forgotten: int) -> bool:
        """Tell whether what lasts as long as a press is still to be done, after what the same event did before it."""
        if intent.begins:
            if self._panics != panics:
                return False  # its press was ended by a panic before it could begin, and nothing would undo it
            if intent.begun is not None:
                intent.begun.done = True
        elif intent.begun is not None and not intent.begun.done:
            return False
        # The same press may have brought another pedalboard, whose values it neither found nor gives back.
        return self.mapper.forgotten == forgotten or type(intent.action) not in _HOLDABLE

    def _act(self, action: Action | Edit, origin: str, now: float, output: Output, passing: bool = False) -> Output:
        if type(action) not in _OWN:
            self._engine_act(action, origin, now, output, passing)  # type: ignore[arg-type]
        elif isinstance(action, SendMidi | SendOsc):
            output.messages.append(action)
        elif isinstance(action, SelectPage | SetVariable | ShowText):
            changes, looks = self.mapper.act(action, origin, now)
            output.feedback += looks
            self._follow(changes, now, output)
        else:
            output.roll_back = True
        return output

    def _resting(self) -> dict[tuple[str, str], float]:
        """Return what only presses hold, as it is after them, by effect and symbol."""
        return {(key[1], key[2] if len(key) > 2 else BYPASS): value for key, value in self.mapper.resting().items()}

    def _engine_act(self, action: EngineAction | Edit, origin: str, now: float, output: Output, passing: bool) -> None:
        if type(action) is Resync:
            output.resync = action.surface
        changes = self.session.receive(action, origin, now, passing=passing)
        self._hurry()
        self._follow(changes, now, output)
        if type(action) is Panic:
            self._panics += 1
            self._do(self.mapper.panic(origin, now), now, output)

    def _hurry(self) -> None:
        """Have sent what waits, before lights and facts: the sound is what the player waits for."""
        if self.urge is not None and self.outbox:
            self.urge()

    def _follow(self, changes: Sequence[StateChange], now: float, output: Output) -> Output:
        if changes:
            output.changes += changes
            output.news += map(self.namespace.receive, changes) if len(changes) <= MANY else self._news(changes)
            output.feedback += self.mapper.receive_changes(changes, now)
            if self.mapper.reacts:
                self._react(changes, now, output)
        return output

    def _news(self, changes: Sequence[StateChange]) -> Iterator[News]:
        """Work out what clients are told of many facts, while the engine goes on."""
        for number, change in enumerate(changes):
            if number % MANY == 0 and self.attend is not None:
                self.attend()
            yield self.namespace.receive(change)

    def _react(self, changes: Sequence[StateChange], now: float, output: Output) -> None:
        """Run the rules that wait for these facts; what they cause may be waited for in turn, but not for ever."""
        intents = self.mapper.react(changes, now)
        if not intents:
            return
        if self._depth == MAX_REACTIONS:
            place = intents[0].rule.place
            output.changes.append(Refused(place, "rules that wait for events cause each other without end"))
            return
        self._depth += 1
        try:
            self._do(intents, now, output)
        finally:
            self._depth -= 1

    # What is kept

    def open_library(self, stored: Iterable[Stored], banks: StoredBanks | None, favourites: tuple[str, ...]) -> Output:
        """Take what the library has; what plays goes on."""
        return self._follow(self.session.open_library(stored, banks, favourites), 0.0, Output())

    def receive_filed(self, filing: Filing, reason: str, now: float) -> Output:
        """Take what became of something that was to be kept on the disk: "", or why it is not."""
        return self._follow(self.session.receive_filed(filing, reason), now, Output())

    def live(self) -> Live:
        """Return how the rig stands, for the next start."""
        view = self.mapper.view
        return self.session.live(view.page.page, dict(view.variables))

    def begin(self, name: str) -> Output:
        """Begin on a pedalboard, by name; "" for an empty one."""
        return self._follow(self.session.begin(name), 0.0, Output())

    def resume(self, live: Live) -> Output:
        """Go on as it was left: pedalboard, page, and the variables that are still there with the same type."""
        output = self._follow(self.session.resume(live), 0.0, Output())
        view = self.mapper.view
        if live.page in view.page.pages and live.page != view.page.page:
            self._act(SelectPage(live.page), "", 0.0, output)
        for name, value in live.variables.items():
            if type(view.variables.get(name)) is type(value):
                self._act(SetVariable(name, value), "", 0.0, output)
        return output

    def notice(self, text: str, now: float) -> Output:
        """Show a text on every display for a while."""
        return Output(feedback=self.mapper.notice(text, now))
