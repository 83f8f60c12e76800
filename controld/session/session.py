"""The session: actions in, facts out, and the engine kept at what was asked.

Pure and synchronous; time is an argument. `receive` takes an action, `receive_reply` and `receive_event` what the
engine says, `tick` the time; each returns the changes it caused, in order. What has to be sent waits in the outbox. A
refused action changes nothing but for one `Refused` fact with the reason.
"""

from collections.abc import Callable, Sequence

from controld.actions import (
    DriveParameter,
    EngineAction,
    LoadPedalboard,
    LoadPreset,
    RecallSnapshot,
    Resync,
    SetBypass,
    SetParameter,
    StepParameter,
    ToggleParameter,
)
from controld.changes import EngineChanged, PedalboardChanged, Refused, SnapshotChanged, State, StateChange
from controld.errors import hinted
from controld.session.engine_events import EngineEvent, EngineLost
from controld.session.executor import Executor
from controld.session.lookup import Refusal, pick_of, unit_refusal
from controld.session.model import Bank, Pedalboard
from controld.session.outbox import Outbox
from controld.session.requests import EngineReply, EngineRequest
from controld.session.state import BYPASS, Cell, EffectState, RigState
from controld.values import Level, Scale, clamp, same_value

# What was asked of effects by name: the preset, and the values by symbol.
Wishes = dict[str, tuple[str, dict[str, float]]]


class Session:
    """One rig: its pedalboards, the current one and its snapshot, and the engine's true state."""

    def __init__(
        self,
        pedalboards: Sequence[Pedalboard],
        outbox: Outbox,
        start: str = "",
        snapshot: str = "",
        banks: Sequence[Bank] = (),
    ) -> None:
        """Start on the pedalboard `start` in `snapshot`, by name; "" or unknown for the first ones."""
        self._changes: list[StateChange] = []
        self._executor = Executor(outbox, self._tell, self._finished)
        self._boards = tuple(pedalboards)
        self._banks = tuple(banks)
        self._snapshot = self._previous_snapshot = 0  # counted from 1; 0: none
        self._snapshot_state, self._snapshot_origin = State.CONFIRMED, ""
        self._board_state, self._board_origin = State.ASKED, ""
        self._last_good: tuple[Pedalboard, int, Wishes] | None = None
        self._handlers: dict[type, Callable[..., None]] = {
            DriveParameter: self._drive,
            SetParameter: self._set,
            StepParameter: self._step,
            ToggleParameter: self._toggle,
            SetBypass: self._bypass,
            LoadPreset: self._load_preset,
            RecallSnapshot: self._recall,
            LoadPedalboard: self._load_pedalboard,
            Resync: self._resync,
        }
        first = next((board for board in self._boards if board.name == start), None)
        if first is not None or self._boards:
            board = first or self._boards[0]
            names = board.snapshot_names()
            self._install(board, "", names.index(snapshot) + 1 if snapshot in names else 1)
            self._take()  # whoever listens begins with `report`

    @property
    def pedalboard(self) -> Pedalboard:
        """The current pedalboard (asked, not necessarily loaded yet)."""
        return self._executor.rig.pedalboard

    @property
    def snapshot(self) -> str:
        """The current snapshot's name; "" where none is."""
        return self.pedalboard.snapshots[self._snapshot - 1].name if self._snapshot else ""

    def effect_names(self) -> dict[int, str]:
        """Return the names of the effects by their instance numbers."""
        return {effect.instance: effect.name for effect in self._executor.rig.effects.values()}

    # In

    def receive(self, action: EngineAction, origin: str, now: float = 0.0) -> list[StateChange]:
        """Do an action for `origin` ("surface" or "surface/client")."""
        del now
        try:
            self._handlers[type(action)](action, origin)
        except Refusal as refusal:
            self._tell(Refused(refusal.subject, refusal.reason, origin))
        return self._take()

    def receive_reply(self, request: EngineRequest, reply: EngineReply, now: float) -> list[StateChange]:
        """Take the engine's reply to a request of the outbox."""
        self._executor.receive_reply(request, reply, now)
        return self._take()

    def receive_event(self, event: EngineEvent) -> list[StateChange]:
        """Take what the engine told by itself."""
        self._executor.receive_event(event)
        if isinstance(event, EngineLost):
            self._board_state = self._snapshot_state = State.ASKED
            self._tell(self._board_change())
            self._tell(self._snapshot_change())
        return self._take()

    def tick(self, now: float) -> list[StateChange]:
        """Do what is due at `now`."""
        self._executor.tick(now)
        return self._take()

    def next_deadline(self) -> float | None:
        """Return when `tick` should be called; None for not at all."""
        return self._executor.next_deadline()

    def replace_pedalboards(self, pedalboards: Sequence[Pedalboard], banks: Sequence[Bank] = ()) -> list[StateChange]:
        """Take changed files: the current pedalboard stays unless it changed or is gone."""
        self._boards, self._banks = tuple(pedalboards), tuple(banks)
        heir = next((board for board in self._boards if board.name == self.pedalboard.name), None)
        names = heir.snapshot_names() if heir else ()
        snapshot = names.index(self.snapshot) + 1 if self.snapshot in names else 0
        if heir is not None and _same_rig(heir, self.pedalboard):
            self._executor.rig.pedalboard = heir  # how it is played now stays
            self._snapshot = snapshot
            self._tell(self._board_change())
            self._tell(self._snapshot_change())
        elif self._boards:
            self._install(heir or self._boards[0], "", snapshot or 1)
            self._executor.reconcile()
        self._learn_ahead()
        return self._take()

    def report(self) -> list[StateChange]:
        """Return the whole state as facts, in one fixed order."""
        executor = self._executor
        facts: list[StateChange] = [EngineChanged(executor.state, executor.reason), self._board_change()]
        facts.append(self._snapshot_change())
        for effect in executor.rig.effects.values():
            facts += [effect.preset_change(), *(effect.fact(symbol) for symbol in effect.cells)]
        return facts

    # Parameters

    def _drive(self, action: DriveParameter, origin: str) -> None:
        effect, cell = self._cell(action.effect, action.symbol)
        scale = cell.scale
        if scale.maximum == float("inf"):
            raise Refusal(f"{action.effect}/{action.symbol}", "the engine does not tell this parameter's range")
        share = action.position
        if action.low is not None and action.high is not None:
            low = self._resolve(action.effect, action.symbol, scale, action.low)
            high = self._resolve(action.effect, action.symbol, scale, action.high)
            low, high = scale.share_of(low), scale.share_of(high)
            share = low + (high - low) * share
        self._write(effect, action.symbol, cell, scale.value_at(share), origin, continuous=True)

    def _set(self, action: SetParameter, origin: str) -> None:
        effect = self._effect(action.effect)
        if effect.plugin is None:
            effect.wishes[action.symbol] = action.level  # asked for as soon as the engine tells of the plugin
            return
        effect, cell = self._cell(action.effect, action.symbol)
        scale = cell.scale
        value = self._resolve(action.effect, action.symbol, scale, action.level)
        if not action.continuous and not same_value(clamp(value, scale.minimum, scale.maximum), value):
            reason = f"{action.level} is outside {scale.minimum:g} to {scale.maximum:g} {scale.unit}".rstrip()
            raise Refusal(f"{action.effect}/{action.symbol}", reason)
        self._write(effect, action.symbol, cell, cell.scale.snap(value), origin, continuous=action.continuous)

    def _step(self, action: StepParameter, origin: str) -> None:
        effect, cell = self._cell(action.effect, action.symbol)
        value = cell.scale.step(cell.asked, action.by, action.count)
        if value is None:
            raise unit_refusal(action.effect, action.symbol, cell.scale, action.by)
        self._write(effect, action.symbol, cell, value, origin, continuous=action.continuous)

    def _toggle(self, action: ToggleParameter, origin: str) -> None:
        effect, cell = self._cell(action.effect, action.symbol)
        first, second = (
            cell.scale.snap(self._resolve(action.effect, action.symbol, cell.scale, level))
            for level in (action.first, action.second)
        )
        at_first = abs(cell.asked - first) <= abs(cell.asked - second)
        self._write(effect, action.symbol, cell, second if at_first else first, origin, continuous=False)

    def _write(
        self, effect: EffectState, symbol: str, cell: Cell, value: float, origin: str, *, continuous: bool
    ) -> None:
        """Ask for a value that is in range; one that was asked already is only told again, for a surface that lags."""
        if value != cell.asked or cell.failure or not continuous:
            cell.ask(value, origin)
            self._executor.write(effect, symbol, continuous=continuous)
        cell.origin = origin
        self._tell(effect.change(symbol))

    def _resolve(self, effect: str, symbol: str, scale: Scale, level: Level) -> float:
        value = scale.resolve(level)
        if value is None:
            raise unit_refusal(effect, symbol, scale, level)
        return value

    # Bypass and presets

    def _bypass(self, action: SetBypass, origin: str) -> None:
        effects = [self._effect(name) for name in action.effects]
        bypassed = action.bypassed
        if bypassed is None:
            bypassed = all(not effect.cells[BYPASS].asked for effect in effects)
        for effect in effects:
            self._write(effect, BYPASS, effect.cells[BYPASS], float(bypassed), origin, continuous=False)

    def _load_preset(self, action: LoadPreset, origin: str) -> None:
        effect = self._effect(action.effect)
        labels = [preset.label for preset in effect.plugin.presets] if effect.plugin else []
        uris = {preset.uri: preset.label for preset in effect.plugin.presets} if effect.plugin else {}
        if isinstance(action.preset, str) and (action.preset in uris or "://" in action.preset):
            label = uris.get(action.preset, action.preset)
        elif not labels:
            raise Refusal(f"{action.effect} preset", f"the engine lists no presets for {action.effect}")
        else:
            current = labels.index(effect.preset) + 1 if effect.preset in labels else 0
            label = labels[pick_of(action.preset, labels, current, 0, f"{action.effect} preset") - 1]
        effect.preset_confirmed = None  # loading the same one again brings its values back
        effect.ask_preset(label, origin)
        self._tell(effect.preset_change())
        self._executor.reconcile()

    # Snapshots and pedalboards

    def _recall(self, action: RecallSnapshot, origin: str) -> None:
        names = self.pedalboard.snapshot_names()
        subject = "snapshot"
        if not names:
            raise Refusal(subject, f"`{self.pedalboard.name}` has no snapshots")
        index = pick_of(action.snapshot, names, self._snapshot, self._previous_snapshot, subject)
        if index != self._snapshot:
            self._previous_snapshot = self._snapshot
        self._ask_snapshot(index, origin)
        self._snapshot_state = State.ASKED
        self._tell(self._snapshot_change())
        self._executor.tell_news()
        self._executor.reconcile()

    def _load_pedalboard(self, action: LoadPedalboard, origin: str) -> None:
        names = [board.name for board in self._boards]
        current = names.index(self.pedalboard.name) + 1 if self.pedalboard.name in names else 0
        index = pick_of(action.pedalboard, names, current, 0, "pedalboard")
        if self._board_state is State.CONFIRMED:
            self._last_good = (self.pedalboard, self._snapshot, _wishes(self._executor.rig))
        self._install(self._boards[index - 1], origin)
        self._executor.reconcile()

    def _resync(self, _action: Resync, _origin: str) -> None:
        for fact in self.report():
            self._tell(fact)
        self._executor.inspect()

    def _install(self, board: Pedalboard, origin: str, snapshot: int = 1) -> None:
        """Make a pedalboard the wish; it starts in its first snapshot."""
        self._executor.install(board)
        self._previous_snapshot, self._snapshot = 0, 0
        self._board_state, self._board_origin = State.ASKED, origin
        if board.snapshots:
            self._ask_snapshot(snapshot or 1, origin)
        self._snapshot_state = State.ASKED
        self._learn_ahead()
        self._executor.all_or_nothing = self._last_good is not None and self._last_good[0] != board
        self._tell(self._board_change())
        self._tell(self._snapshot_change())
        self._executor.tell_news()

    def _ask_snapshot(self, index: int, origin: str) -> None:
        self._snapshot, self._snapshot_origin = index, origin
        for name, recall in self.pedalboard.snapshots[index - 1].effects.items():
            effect = self._executor.rig.effects.get(name)
            if effect is not None:
                effect.recall(recall, origin)

    def _finished(self, failures: list[str]) -> None:
        """The engine holds what it should, or says why it cannot: back to the last pedalboard that worked."""
        if failures and self._board_state is State.ASKED:
            self._tell(Refused(f"pedalboard {self.pedalboard.name}", "; ".join(failures), self._board_origin))
            if self._last_good is not None and self._last_good[0] != self.pedalboard:
                self._go_back(*self._last_good)
                return
        if self._board_state is State.ASKED:
            self._board_state = State.FAILED if failures else State.CONFIRMED
            self._tell(self._board_change())
        if self._snapshot_state is State.ASKED:
            self._snapshot_state = State.FAILED if failures or not self._recalled() else State.CONFIRMED
            self._tell(self._snapshot_change())
        if not failures:
            self._last_good = (self.pedalboard, self._snapshot, {})

    def _go_back(self, board: Pedalboard, snapshot: int, wishes: Wishes) -> None:
        """Return to a pedalboard that worked, as it was played."""
        self._install(board, self._board_origin, snapshot)
        for name, (preset, values) in wishes.items():
            effect = self._executor.rig.effects.get(name)
            if effect is not None:
                effect.restore(preset, values)
        self._executor.tell_news()
        self._executor.reconcile()

    def _recalled(self) -> bool:
        """Tell whether nothing of the current snapshot was refused."""
        if not self._snapshot:
            return True
        effects = self._executor.rig.effects
        recalls = self.pedalboard.snapshots[self._snapshot - 1].effects
        return all(effects[name].recalled(recall) for name, recall in recalls.items() if name in effects)

    def _learn_ahead(self) -> None:
        self._executor.learn_ahead(sorted({effect.uri for board in self._boards for effect in board.effects}))

    # Out

    def _board_change(self) -> PedalboardChanged:
        board = self.pedalboard
        names = tuple(other.name for other in self._boards)
        return PedalboardChanged(
            board.name,
            names.index(board.name) + 1 if board.name in names else 0,
            self._board_state,
            board.effect_names(),
            board.snapshot_names(),
            self._board_origin,
            board.tempo_bpm,
            names,
        )

    def _snapshot_change(self) -> SnapshotChanged:
        return SnapshotChanged(self.snapshot, self._snapshot, self._snapshot_state, self._snapshot_origin)

    def _tell(self, change: StateChange) -> None:
        self._changes.append(change)

    def _take(self) -> list[StateChange]:
        changes, self._changes = self._changes, []
        return changes

    # Lookups

    def _effect(self, name: str) -> EffectState:
        effect = self._executor.rig.effects.get(name)
        if effect is None:
            text = f"`{self.pedalboard.name}` has no effect `{name}`"
            raise Refusal(name, hinted(text, name, self._executor.rig.effects))
        if effect.missing:
            raise Refusal(name, f"{name} could not be loaded: {effect.missing}")
        return effect

    def _cell(self, name: str, symbol: str) -> tuple[EffectState, Cell]:
        effect = self._effect(name)
        cell = effect.cells.get(symbol)
        if cell is None or symbol == BYPASS:
            known = [known for known in effect.cells if known != BYPASS]
            reason = hinted(f"{name} has no parameter `{symbol}`", symbol, known)
            if effect.plugin is None:
                reason = f"the engine has not told of {name}'s parameters yet"
            raise Refusal(f"{name}/{symbol}", reason)
        return effect, cell


def _wishes(rig: RigState) -> Wishes:
    """Return what is asked of every effect."""
    return {
        effect.name: (effect.preset, {symbol: cell.asked for symbol, cell in effect.cells.items()})
        for effect in rig.effects.values()
    }


def _same_rig(a: Pedalboard, b: Pedalboard) -> bool:
    """Tell whether two pedalboards have the same effects, set up and connected the same way."""
    return (a.effects, a.connections) == (b.effects, b.connections)
