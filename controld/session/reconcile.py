"""What has to be sent so that the engine holds what it should: the difference, in the order that avoids pops.

Pure functions from a `RigState` to engine requests. Loading a pedalboard, recalling a snapshot and repairing after an
outage are all the same question, so they are all answered here, and the answer is asked again until nothing is left.
"""

from collections.abc import Iterator

from controld.session.model import Preset
from controld.session.requests import (
    AddEffect,
    ConnectPorts,
    DisconnectPorts,
    EngineRequest,
    Found,
    ReadBypass,
    ReadEffects,
    ReadParameter,
    RemoveEffect,
    SetProcessing,
    WriteBypass,
    WriteParameters,
    WritePreset,
)
from controld.session.rig_state import NUMBERS, RigState
from controld.session.state import BYPASS, EffectState


def inspection(rig: RigState, *, at_once: bool) -> list[EngineRequest]:
    """Return the questions that tell what is there: one where the bridge can, else one per effect, then per value."""
    if at_once:
        return [ReadEffects()]
    return [ReadBypass(effect.instance) for effect in rig.effects.values() if not effect.present]


def unread(rig: RigState) -> list[EngineRequest]:
    """Return the questions for values of effects that are there but whose values are not known."""
    return [
        ReadParameter(effect.instance, symbol)
        for effect in rig.effects.values()
        if effect.present and not effect.alien
        for symbol, cell in effect.cells.items()
        if cell.confirmed is None and cell.sent is None and symbol != BYPASS
    ]


def digest(rig: RigState, found: Found) -> None:
    """Take what the engine has into the confirmed column; what has a number of ours and nobody knows has to go."""
    rig.joined = set(found.connections)
    rig.touched &= rig.joined  # a cable of ours stays ours, though no effect of the pedalboard holds an end of it
    rig.leftovers = [effect for effect in rig.leftovers if effect.instance in found.effects]
    rig.spares.compare(found)
    strays = sorted(found.effects.keys() & set(NUMBERS) - rig.used)
    rig.leftovers += [EffectState("", found.effects[number].uri, number, present=True) for number in strays]
    for effect in rig.effects.values():
        there = found.effects.get(effect.instance)
        effect.present = there is not None and there.uri == effect.uri
        effect.alien = there is not None and there.uri != effect.uri
        if there is None or effect.alien:
            effect.disbelieve()
            continue
        for symbol, value in [*there.values.items(), (BYPASS, float(there.bypassed))]:
            take_value(effect, symbol, value)
        if there.preset and effect.preset_confirmed is None:
            effect.preset_confirmed = preset_label(effect, there.preset)


def take_value(effect: EffectState, symbol: str, value: float) -> None:
    """Take a value the engine told; a symbol that follows (after a preset) takes it as its wish too."""
    cell = effect.cells.get(symbol)
    if cell is None:
        return
    cell.confirmed = value
    if symbol in effect.follow:
        effect.follow.discard(symbol)
        cell.asked, cell.failure = value, ""


def preset_label(effect: EffectState, uri: str) -> str:
    """Return the label of a preset's URI, or the URI where it is not known."""
    presets = effect.plugin.presets if effect.plugin else ()
    return next((preset.label for preset in presets if preset.uri == uri), uri)


def preset_uri(effect: EffectState) -> str | None:
    """Return the URI of the effect's wished preset (label or URI); None where the plugin has none such."""
    presets: tuple[Preset, ...] = effect.plugin.presets if effect.plugin else ()
    for preset in presets:
        if effect.preset in {preset.label, preset.uri}:
            return preset.uri
    return effect.preset if "://" in effect.preset or effect.preset.startswith("urn:") else None


def plan(rig: RigState) -> list[EngineRequest]:
    """Return the steps still to take; empty when the engine holds what it should (or it is on its way).

    Order: processing off around a change of many effects (an edit is heard while it happens), remove, add, bypass what
    ends bypassed, presets, parameters, connections, un-bypass, processing on. Presets come alone: what they changed is
    read before the rest is compared.
    """
    effects = [effect for effect in rig.effects.values() if not effect.missing]
    steps = [*_structure(rig), *_bypasses(effects, bypassed=True)]
    presets = list(_presets(effects))
    if presets:
        return steps + presets
    steps += [*_parameters(effects), *_connections(rig), *_bypasses(effects, bypassed=False)]
    if not rig.processing or any(isinstance(step, SetProcessing) for step in steps):
        steps.append(SetProcessing(on=True))
    return steps


def _structure(rig: RigState) -> Iterator[EngineRequest]:
    missing = [effect for effect in rig.effects.values() if not (effect.present or effect.planned or effect.missing)]
    gone = [f"effect_{effect.instance}:" for effect in rig.leftovers]
    if (missing or rig.leftovers) and rig.processing is not False and not rig.live:
        yield SetProcessing(on=False)
    for source, target in sorted((rig.joined | rig.touched) - set(rig.wished)):
        if _ours(rig, source, target) and not any(name.startswith(tuple(gone)) for name in (source, target)):
            yield DisconnectPorts(source, target)
    for effect in rig.leftovers:
        yield RemoveEffect(effect.instance)
    for effect in missing:
        if effect.alien:
            yield RemoveEffect(effect.instance)
        yield AddEffect(effect.instance, effect.uri)


def _ours(rig: RigState, source: str, target: str) -> bool:
    """Tell whether a connection is the board's or touches one of its effects; what others joined is left alone."""
    if (source, target) in rig.connections or (source, target) in rig.touched:
        return True
    names = {f"effect_{effect.instance}" for effect in (*rig.effects.values(), *rig.spares.held)}
    return source.partition(":")[0] in names or target.partition(":")[0] in names


def _bypasses(effects: list[EffectState], *, bypassed: bool) -> Iterator[EngineRequest]:
    for effect in effects:
        cell = effect.cells[BYPASS]
        fresh_and_active = not effect.present and not cell.asked  # an effect is added active
        if cell.differs and bool(cell.asked) is bypassed and not fresh_and_active:
            yield WriteBypass(effect.instance, bypassed)


def _presets(effects: list[EffectState]) -> Iterator[EngineRequest]:
    for effect in effects:
        wanted = effect.preset and effect.preset != effect.preset_confirmed and not effect.preset_failure
        uri = preset_uri(effect) if wanted else None
        if uri is not None:
            yield WritePreset(effect.instance, uri)


def _parameters(effects: list[EffectState]) -> Iterator[EngineRequest]:
    for effect in effects:
        added = effect.plugin is not None and not effect.present  # it comes with its defaults
        values = {
            symbol: cell.asked
            for symbol, cell in effect.cells.items()
            if (cell.asked != cell.scale.default if added else cell.differs) and symbol != BYPASS
        }
        if values:
            yield WriteParameters(effect.instance, values)


def _connections(rig: RigState) -> Iterator[EngineRequest]:
    missing = tuple(f"effect_{effect.instance}:" for effect in rig.effects.values() if effect.missing)
    for pair in rig.wished:
        if pair not in rig.joined and pair not in rig.refused and not any(end.startswith(missing) for end in pair):
            yield ConnectPorts(*pair)
