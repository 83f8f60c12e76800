"""The session: actions in, facts out, and the engine kept at what was asked.

Pure and synchronous; time is an argument. `receive` takes an action, `receive_reply` and `receive_event` what the
engine says, `tick` the time; each returns the changes it caused, in order. What has to be sent waits in the outbox. A
refused action changes nothing but for one `Refused` fact with the reason.

What the actions mean is in the parts: `parameters`, `boards`, `morph`, `tempo`, `outputs` and `undo`, which share a
`context`. How wishes reach the engine is the `executor`'s.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from controld.actions import (
    CycleParameter,
    DriveParameter,
    EngineAction,
    FollowClock,
    LoadPedalboard,
    LoadPreset,
    MorphSnapshots,
    Panic,
    RecallSnapshot,
    Redo,
    Resync,
    SaveSnapshot,
    SelectBank,
    SetBypass,
    SetMute,
    SetParameter,
    SetTempo,
    SetTransport,
    SetTuner,
    StepParameter,
    TapTempo,
    ToggleParameter,
    Undo,
    Value,
)
from controld.changes import EngineChanged, Refused, StateChange
from controld.session.boards import Boards
from controld.session.context import Context
from controld.session.edit_handlers import UNDOABLE_EDITS, edit_handlers
from controld.session.editing import Editing
from controld.session.edits import Edit, SavePreset
from controld.session.engine_events import ConnectionReported, EngineEvent, EngineLost, ParameterReported
from controld.session.history import GESTURE_PAUSE_S
from controld.session.keeping import Keeping
from controld.session.live import Live
from controld.session.look import Look
from controld.session.lookup import Refusal
from controld.session.model import Bank, Pedalboard, Preset
from controld.session.morph import Morphs
from controld.session.outbox import Outbox
from controld.session.outputs import Outputs
from controld.session.parameters import Parameters
from controld.session.presets import Presets
from controld.session.requests import Denied, EngineReply, EngineRequest, KeepPreset, WriteParameters
from controld.session.returning import Returning
from controld.session.saved import SavedSnapshot
from controld.session.shelf import Filing, Shelf, Stored, StoredBanks
from controld.session.tempo import TAP_PAUSE_S, Tempo
from controld.session.undo import Undoing


class Session:
    """One rig: its pedalboards, the current one and its snapshot, and the engine's true state."""

    def __init__(
        self,
        pedalboards: Sequence[Pedalboard],
        outbox: Outbox,
        start: str = "",
        snapshot: str = "",
        banks: Sequence[Bank] = (),
        *,
        silent_tuner: bool = True,
    ) -> None:
        """Start on the pedalboard `start` in `snapshot`, by name; "" or unknown for the first ones.

        With `silent_tuner` the outputs are muted while the tuner is shown.
        """
        self._context = context = Context(outbox, self._finished)
        self._executor = context.executor
        self._parameters = Parameters(context)
        self._boards = Boards(context, self._parameters)
        self._morphs = Morphs(context, self._parameters, self._boards)
        self._tempo = Tempo(context)
        self._outputs = Outputs(context, silent_tuner=silent_tuner)
        self._editing = Editing(context, self._parameters, self._boards)
        self._keeping = Keeping(context, self._boards)
        self._presets = Presets(context)
        self.look = Look(context, self._boards, self._tempo, self._outputs)
        self._returning = Returning(context, self._boards)
        parts = (self._parameters, self._boards, self._morphs, self._tempo, self._outputs, self._editing)
        self._undoing = Undoing(context, *parts)
        self._boards.selected, self._boards.loaded = self._morphs.follow, self._loaded
        self._executor.silenced = self._silenced
        self._handlers = self._table() | edit_handlers(self._editing, self._keeping) | {SavePreset: self._presets.save}
        self._boards.start(pedalboards, banks, start, snapshot)
        context.take()  # whoever listens begins with `report`

    def _table(self) -> dict[type, Callable[..., None]]:
        parameters, boards, undoing = self._parameters, self._boards, self._undoing
        return {
            DriveParameter: parameters.drive,
            SetParameter: parameters.set,
            StepParameter: parameters.step,
            ToggleParameter: parameters.toggle,
            CycleParameter: parameters.cycle,
            SetBypass: parameters.bypass,
            LoadPreset: parameters.load_preset,
            RecallSnapshot: boards.recall,
            SaveSnapshot: boards.save,
            MorphSnapshots: self._morphs.move,
            LoadPedalboard: boards.load,
            SelectBank: boards.select_bank,
            SetTempo: self._tempo.set,
            TapTempo: self._tempo.tap,
            FollowClock: self._tempo.follow,
            SetTransport: self._tempo.roll,
            SetMute: self._outputs.mute,
            SetTuner: self._outputs.tune,
            Undo: undoing.undo,
            Redo: undoing.redo,
            Panic: self._panic,
            Resync: self._resync,
        }

    @property
    def pedalboard(self) -> Pedalboard:
        """The current pedalboard (asked, not necessarily loaded yet)."""
        return self._context.pedalboard

    @property
    def snapshot(self) -> str:
        """The current snapshot's name; "" where none is."""
        return self._boards.snapshot_name

    @property
    def saved(self) -> dict[tuple[str, str], SavedSnapshot]:
        """The snapshots that were saved, by pedalboard and snapshot: `SaveSnapshot` adds to them.

        That they lie over those of the files is the part of who hands the pedalboards in (`saved.overlay`).
        """
        return self._boards.saved

    @property
    def wants_beats(self) -> bool:
        """Whether every beat is told; set it where something follows the beat."""
        return self._tempo.wants_beats

    @wants_beats.setter
    def wants_beats(self, wanted: bool) -> None:
        self._tempo.wants_beats = wanted

    def preload(self, count: int) -> None:
        """Have the effects of so many pedalboards on each side loaded beforehand, while nobody plays."""
        self._boards.expect(count)

    def want_load(self, *, wanted: bool) -> None:
        """Say whether what the engine needs of the processor is told, about once a second."""
        self._executor.want_load(wanted=wanted)

    def want_levels(self, *, wanted: bool) -> list[StateChange]:
        """Say whether it is told how loud it is, some ten times a second, where the engine can tell."""
        self._executor.want_levels(wanted=wanted)
        return self._context.take()

    @property
    def moving(self) -> bool:
        """Tell whether a ramp is under way."""
        return bool(self._parameters.ramps.running)

    def effect_names(self) -> dict[int, str]:
        """Return the names of the effects by their instance numbers."""
        return {effect.instance: effect.name for effect in self._context.effects.values()}

    # In

    def receive(
        self, action: EngineAction | Edit, origin: str, now: float = 0.0, *, passing: bool = False
    ) -> list[StateChange]:
        """Do an action for `origin` ("surface" or "surface/client"; "" for the rig itself, which is not undone).

        What is `passing` lasts as long as a press: neither it nor its end is a change that can be taken back.
        """
        context = self._context
        context.now = now
        kind = type(action)
        undoable = _UNDOABLE.get(kind) if origin and not passing else None
        gesture: Hashable = None
        if undoable is not None:
            gesture_of, pause_s = undoable
            gesture = gesture_of(action, origin)
            context.history.begin(gesture, now, pause_s)
        try:
            self._handlers[kind](action, origin)
        except Refusal as refusal:
            context.tell(Refused(refusal.subject, refusal.reason, origin))
        finally:
            if undoable is not None:
                context.history.end(gesture, now)
        return context.take()

    def receive_reply(self, request: EngineRequest, reply: EngineReply, now: float) -> list[StateChange]:
        """Take the engine's reply to a request of the outbox."""
        self._context.now = now
        if type(reply) is Denied and type(request) is WriteParameters and self.moving:
            for symbol in request.values:  # what is refused once would be refused a hundred times a second
                self._end_ramp(request.instance, symbol)
        self._executor.receive_reply(request, reply, now)
        if type(request) is KeepPreset:
            self._presets.replied(request, reply)
        return self._context.take()

    def receive_event(self, event: EngineEvent, now: float | None = None) -> list[StateChange]:
        """Take what the engine told by itself; without a time it is that of what was taken last."""
        if now is not None:
            self._context.now = now
        if isinstance(event, ParameterReported) and not event.own:
            self._end_ramp(event.instance, event.symbol)  # another hand
        self._executor.receive_event(event)
        if type(event) is EngineLost:
            self._presets.lost()
        if isinstance(event, ConnectionReported) and not event.own and not self._executor.busy:
            self._outputs.settle()
        return self._context.take()

    def tick(self, now: float) -> list[StateChange]:
        """Do what is due at `now`."""
        self._context.now = now
        self._executor.tick(now)
        self._parameters.tick(now)
        self._tempo.tick(now)
        return self._context.take()

    def next_deadline(self) -> float | None:
        """Return when `tick` should be called; None for not at all."""
        parts = (self._executor, self._parameters.ramps, self._tempo)
        dues = [due for part in parts if (due := part.next_deadline()) is not None]
        return min(dues) if dues else None

    def replace_pedalboards(self, pedalboards: Sequence[Pedalboard], banks: Sequence[Bank] = ()) -> list[StateChange]:
        """Take changed files: bank and pedalboard stay, the latter unless it changed or is gone."""
        self._boards.replace(pedalboards, banks)
        return self._context.take()

    # The library

    def open_library(
        self, stored: Iterable[Stored], banks: StoredBanks | None = None, favourites: tuple[str, ...] = ()
    ) -> list[StateChange]:
        """Take what the library has; what plays goes on."""
        self._returning.open_library(stored, banks, favourites)
        return self._context.take()

    def live(self, page: str = "", variables: Mapping[str, Value] = MappingProxyType({})) -> Live:
        """Return how the rig stands, with what the mapper keeps."""
        return replace(self._returning.live(), page=page, variables=variables)

    def resume(self, live: Live) -> list[StateChange]:
        """Go on as it was played; a pedalboard that was changed in its file since is as it is there."""
        self._returning.resume(live)
        return self._context.take()

    def begin(self, name: str) -> list[StateChange]:
        """Begin on a pedalboard, by name, unless that plays already; "" for an empty one that has no name."""
        self._returning.begin(name)
        return self._context.take()

    @property
    def filing_waits(self) -> bool:
        """Tell whether something is to be kept on the disk."""
        return bool(self._boards.shelf.filing)

    @property
    def shelf(self) -> Shelf:
        """All pedalboards, banks and favourites, for looking at."""
        return self._boards.shelf

    def take_filing(self) -> list[Filing]:
        """Return what is to be kept on the disk, in order; each is to be answered by `receive_filed`."""
        shelf = self._boards.shelf
        filing, shelf.filing = shelf.filing, []
        return filing

    def receive_filed(self, filing: Filing, reason: str) -> list[StateChange]:
        """Take what became of something that was to be kept: "" that it is on the disk, else why it is not (yet)."""
        self._keeping.filed(filing, reason)
        return self._context.take()

    def tell_date(self, today: Callable[[], str]) -> None:
        """Say who knows the date and time, as text."""
        self._editing.today = today

    def leave_out(self, resting: Callable[[], Mapping[tuple[str, str], float]]) -> None:
        """Say who knows what only presses hold, as it is after them, by effect and symbol (":bypass"): never kept."""
        self._context.resting = resting

    def hurry(self, urge: Callable[[], None]) -> None:
        """Say who sends what waits for the engine: called before much is told."""
        self._executor.urge = urge

    def silence_tuner(self, *, wanted: bool) -> None:
        """Say whether the outputs are muted while the tuner is shown, from the next time it is."""
        self._outputs.silent_tuner = wanted

    def know_presets(self, presets_of: Callable[[str], tuple[Preset, ...]]) -> None:
        """Say who knows the presets of a plugin, by its URI, where the engine lists none, as the stock bridge does."""
        self._executor.ledger.known_presets = presets_of

    def report(self) -> list[StateChange]:
        """Return the whole state as facts, in one fixed order."""
        executor, boards = self._executor, self._boards
        facts: list[StateChange] = [EngineChanged(executor.state, executor.reason)]
        facts += [boards.bank_change(), boards.board_change(), boards.snapshot_change(), *self._morphs.facts()]
        facts += [self._tempo.fact(), self._outputs.mute_fact(), self._outputs.tuner_fact()]
        for effect in self._context.effects.values():
            facts += [effect.preset_fact(), *(effect.fact(symbol) for symbol in effect.cells)]
        return facts

    # What concerns all parts

    def _panic(self, _action: Panic, _origin: str) -> None:
        """End what runs: ramps stop where they are. What is safe beyond that is declared, and comes as actions."""
        self._parameters.ramps.end_all()

    def _resync(self, action: Resync, _origin: str) -> None:
        """Compare the engine with what should be; the state is told again to all, or by the surface to itself."""
        if not action.surface:
            for fact in self.report():
                self._context.tell(fact)
            for effect in self._context.effects.values():
                effect.all_told()
        self._executor.inspect()

    def _loaded(self, bpm: float) -> None:
        self._morphs.clear()
        self._editing.forget()
        self._tempo.load(bpm)

    @property
    def engine_reason(self) -> str:
        """Why the engine is as it is, in plain words; what it is called while it is there."""
        return self._executor.reason

    def _finished(self, failures: list[str]) -> None:
        failures = self._editing.settle(failures)
        if self._executor.busy and not failures:
            return  # what an edit could not have is taken back first, and ends like this again
        self._boards.finished(failures)
        if not self._executor.busy:
            self._outputs.settle()

    def _silenced(self) -> None:
        self._boards.lost()
        self._outputs.lost()

    def _end_ramp(self, instance: int, symbol: str) -> None:
        effect = self._executor.rig.by_instance(instance)
        if effect is not None:
            self._parameters.ramps.end(effect.name, symbol)


def _sweep(action: DriveParameter, origin: str) -> Hashable:
    return action.effect, action.symbol, origin


def _moves(action: SetParameter | StepParameter, origin: str) -> Hashable:
    return (action.effect, action.symbol, origin) if action.continuous else None


def _by_itself(_action: EngineAction, _origin: str) -> Hashable:
    return None


# What a player can take back: for each kind of action what it is a move of (None: it is a change by itself), and the
# pause after which the next move is another change.
_UNDOABLE: dict[type, tuple[Callable[..., Hashable], float]] = {
    DriveParameter: (_sweep, GESTURE_PAUSE_S),
    SetParameter: (_moves, GESTURE_PAUSE_S),
    StepParameter: (_moves, GESTURE_PAUSE_S),
    MorphSnapshots: (lambda action, origin: (action.stops, origin), GESTURE_PAUSE_S),
    SetTempo: (lambda _action, origin: ("tempo", origin), TAP_PAUSE_S),
    TapTempo: (lambda _action, origin: ("tempo", origin), TAP_PAUSE_S),
    SetBypass: (_by_itself, GESTURE_PAUSE_S),
    ToggleParameter: (_by_itself, GESTURE_PAUSE_S),
    CycleParameter: (_by_itself, GESTURE_PAUSE_S),
    LoadPreset: (_by_itself, GESTURE_PAUSE_S),
    RecallSnapshot: (_by_itself, GESTURE_PAUSE_S),
    LoadPedalboard: (_by_itself, GESTURE_PAUSE_S),
    SetMute: (_by_itself, GESTURE_PAUSE_S),
    **dict.fromkeys(UNDOABLE_EDITS, (_by_itself, GESTURE_PAUSE_S)),
}
