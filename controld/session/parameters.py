"""The session's actions on single effects: parameters, with ramps, bypasses and presets.

Pure.
"""

from controld.actions import (
    CycleParameter,
    DriveParameter,
    LoadPreset,
    SetBypass,
    SetParameter,
    StepParameter,
    ToggleParameter,
)
from controld.session.context import Context
from controld.session.lookup import Refusal, pick_of, unit_refusal
from controld.session.ramps import Ramp, Ramps
from controld.session.state import BYPASS, Cell, EffectState
from controld.values import Duration, Level, clamp, same_value


class Parameters:
    """Asks for values, and has those that ramp go on."""

    def __init__(self, context: Context) -> None:
        self.ramps = Ramps()
        self._context = context
        self._note, self._tell, self._send = context.history.note, context.tell, context.executor.write

    # Actions

    def drive(self, action: DriveParameter, origin: str) -> None:
        """Move a parameter with a control."""
        context = self._context
        effect, cell = context.cell(action.effect, action.symbol)
        scale = cell.scale
        if scale.maximum == float("inf"):
            raise Refusal(f"{action.effect}/{action.symbol}", "the engine does not tell this parameter's range")
        share = action.position
        if action.low is not None and action.high is not None:
            low = context.resolve(action.effect, action.symbol, scale, action.low)
            high = context.resolve(action.effect, action.symbol, scale, action.high)
            low, high = scale.share_of(low), scale.share_of(high)
            share = low + (high - low) * share
        self.write(effect, action.symbol, cell, scale.value_at(share), origin, continuous=True)

    def set(self, action: SetParameter, origin: str) -> None:
        """Set a parameter, at once or by a ramp; a discrete one outside its range is refused."""
        effect = self._context.effect(action.effect)
        if effect.plugin is None:
            effect.wishes[action.symbol] = action.level  # asked for as soon as the engine tells of the plugin
            return
        effect, cell = self._context.cell(action.effect, action.symbol)
        scale = cell.scale
        value = self._context.resolve(action.effect, action.symbol, scale, action.level)
        if not action.continuous and not same_value(clamp(value, scale.minimum, scale.maximum), value):
            reason = f"{action.level} is outside {scale.minimum:g} to {scale.maximum:g} {scale.unit}".rstrip()
            raise Refusal(f"{action.effect}/{action.symbol}", reason)
        self._go(effect, action.symbol, scale.snap(value), origin, action.over, continuous=action.continuous)

    def step(self, action: StepParameter, origin: str) -> None:
        """Step a parameter from where it stands, or by a ramp from where it is on its way to."""
        effect, cell = self._context.cell(action.effect, action.symbol)
        stands = self._stands(action.effect, action.symbol, cell, action.over)
        value = cell.scale.step(stands, action.by, action.count)
        if value is None:
            raise unit_refusal(action.effect, action.symbol, cell.scale, action.by)
        self._go(effect, action.symbol, value, origin, action.over, continuous=action.continuous)

    def toggle(self, action: ToggleParameter, origin: str) -> None:
        """Set a parameter to the other of two levels."""
        self._cycle(action.effect, action.symbol, (action.first, action.second), 1, action.over, origin)

    def cycle(self, action: CycleParameter, origin: str) -> None:
        """Set a parameter to the level after the nearest one."""
        self._cycle(action.effect, action.symbol, action.levels, action.count, action.over, origin)

    def _cycle(
        self, name: str, symbol: str, levels: tuple[Level, ...], count: int, over: Duration | None, origin: str
    ) -> None:
        effect, cell = self._context.cell(name, symbol)
        values = [cell.scale.snap(self._context.resolve(name, symbol, cell.scale, level)) for level in levels]
        if not values:
            raise Refusal(f"{name}/{symbol}", "there is no level to go to")
        stands = self._stands(name, symbol, cell, over)
        nearest = min(range(len(values)), key=lambda index: abs(values[index] - stands))
        self._go(effect, symbol, values[(nearest + count) % len(values)], origin, over, continuous=False)

    def bypass(self, action: SetBypass, origin: str) -> None:
        """Bypass effects, make them active, or toggle them together."""
        effects = [self._context.effect(name) for name in action.effects]
        bypassed = action.bypassed
        if bypassed is None:
            bypassed = all(not effect.cells[BYPASS].asked for effect in effects)
        for effect in effects:
            self.write(effect, BYPASS, effect.cells[BYPASS], float(bypassed), origin, continuous=False)

    def load_preset(self, action: LoadPreset, origin: str) -> None:
        """Load a preset of an effect."""
        effect = self._context.effect(action.effect)
        label = _preset_label(effect, action)
        self.ask_preset(effect, label, origin)
        effect.preset_confirmed = None  # loading the same one again brings its values back
        self._context.tell(effect.preset_change())
        self._context.executor.reconcile()

    # What the other parts use

    def ask_preset(self, effect: EffectState, label: str, origin: str) -> None:
        """Ask for a preset by label; reconcile afterwards."""
        self._context.history.note_preset(effect.name, effect.wish)
        self.ramps.end_all(effect.name)
        effect.ask_preset(label, origin)

    def write(
        self, effect: EffectState, symbol: str, cell: Cell, value: float, origin: str, *, continuous: bool
    ) -> None:
        """Ask for a value that is in range, which ends a ramp there."""
        if self.ramps.running:
            self.ramps.end(effect.name, symbol)
        if value != cell.asked:
            self._note(effect.name, symbol, cell.asked, value)
        self._put(effect, symbol, cell, value, origin, continuous=continuous)

    def pin(self, effect: EffectState, symbol: str, value: float, origin: str) -> None:
        """Ask for a value with a plan that comes, after a preset it may hold; reconcile afterwards."""
        cell = effect.cells[symbol]
        self.ramps.end(effect.name, symbol)
        if value != cell.asked:
            self._context.history.note(effect.name, symbol, cell.asked, value)
        cell.ask(value, origin)
        effect.follow.discard(symbol)
        effect.pinned.add(symbol)

    def tick(self, now: float) -> None:
        """Take the steps that are due."""
        for ramp in self.ramps.due(now):
            effect = self._context.effects.get(ramp.effect)
            cell = effect.cells.get(ramp.symbol) if effect else None
            if effect is None or cell is None:
                continue
            value = ramp.value(now)
            if ramp.change is not None:
                ramp.change.cells[ramp.key] = (ramp.change.cells[ramp.key][0], value)
            if ramp.done(now):
                self._put(effect, ramp.symbol, cell, value, ramp.origin, continuous=False)
            elif value != cell.asked:
                self._put(effect, ramp.symbol, cell, value, ramp.origin, continuous=True)

    def _put(
        self, effect: EffectState, symbol: str, cell: Cell, value: float, origin: str, *, continuous: bool
    ) -> None:
        """Ask for a value; one that was asked already is only told again, for a surface that lags."""
        if value != cell.asked or cell.failure or not continuous:
            cell.ask(value, origin)
            self._send(effect, symbol, continuous=continuous)
        cell.origin = origin
        self._tell(effect.change(symbol))

    def _go(
        self, effect: EffectState, symbol: str, goal: float, origin: str, over: Duration | None, *, continuous: bool
    ) -> None:
        """Set a parameter to `goal`, at once or by a ramp that begins now."""
        context, cell = self._context, effect.cells[symbol]
        length_s = over.in_s(context.bpm) if over is not None else 0.0
        if length_s <= 0:
            self.write(effect, symbol, cell, goal, origin, continuous=continuous)
            return
        change = context.history.note(effect.name, symbol, cell.asked, cell.asked)
        self.ramps.begin(Ramp(effect.name, symbol, cell.scale, cell.asked, goal, context.now, length_s, origin, change))

    def _stands(self, effect: str, symbol: str, cell: Cell, over: Duration | None) -> float:
        """Return where a parameter stands; for a ramp, where the one that runs will end."""
        goal = self.ramps.goal(effect, symbol) if over is not None else None
        return cell.asked if goal is None else goal


def _preset_label(effect: EffectState, action: LoadPreset) -> str:
    """Return the label of the preset that is pointed at. Raises Refusal."""
    presets = effect.plugin.presets if effect.plugin else ()
    labels = [preset.label for preset in presets]
    uris = {preset.uri: preset.label for preset in presets}
    if isinstance(action.preset, str) and (action.preset in uris or "://" in action.preset):
        return uris.get(action.preset, action.preset)
    subject = f"{action.effect} preset"
    if not labels:
        raise Refusal(subject, f"the engine lists no presets for {action.effect}")
    current = labels.index(effect.preset) + 1 if effect.preset in labels else 0
    return labels[pick_of(action.preset, labels, current, 0, subject) - 1]
