"""What a target makes of a gesture: one action, or one for each effect that has the role it names.

Pure.
"""

from collections.abc import Iterator
from dataclasses import replace

from controld.actions import Action
from controld.mappings.target import (
    ROLE,
    ActionTarget,
    BypassTarget,
    Key,
    PageTarget,
    ParameterTarget,
    PresetTarget,
    SendTarget,
    Target,
    WaitTarget,
)
from controld.mappings.view import View


def actions_of(target: ActionTarget, view: View, position: float, detents: int) -> Iterator[Action]:
    """Yield the actions of a target; none where it names a role that the pedalboard lacks."""
    if isinstance(target, BypassTarget):
        effects = view.all_of(target.effects)
        if effects:
            yield (target if effects == target.effects else replace(target, effects=effects)).action(position, detents)
    elif isinstance(target, ParameterTarget | PresetTarget) and target.effect.startswith(ROLE):
        for effect in _having(target, view):
            yield replace(target, effect=effect).action(position, detents)
    else:
        yield target.action(position, detents)


def values_of(target: Target, view: View) -> tuple[Key, ...]:
    """Return the keys of the bypasses or parameters that a target sets; empty for all others."""
    if isinstance(target, BypassTarget):
        return tuple(("bypass", effect) for effect in view.all_of(target.effects))
    if isinstance(target, ParameterTarget):
        return tuple(("parameter", effect, target.symbol) for effect in _having(target, view))
    return ()


def _having(target: ParameterTarget | PresetTarget, view: View) -> tuple[str, ...]:
    """Return the effects a target is for; of several with a role only those that have the parameter."""
    effects = view.effects_of(target.effect)
    if len(effects) < 2 or isinstance(target, PresetTarget):
        return effects
    return tuple(effect for effect in effects if (effect, target.symbol) in view.parameters) or effects[:1]


def is_momentary(target: Target) -> bool:
    """Tell whether what a target does is undone when the press ends."""
    match target:
        case BypassTarget(returns=True) | ParameterTarget(returns=True) | PageTarget(hold=True):
            return True
        case SendTarget():
            return target.ending is not None
        case _:
            return False


def is_timed(target: Target) -> bool:
    """Tell whether a target keeps its rule running."""
    return isinstance(target, WaitTarget) or (isinstance(target, ParameterTarget) and target.over is not None)


def names_role(target: Target) -> bool:
    """Tell whether a target names effects by a role."""
    if isinstance(target, BypassTarget):
        return any(effect.startswith(ROLE) for effect in target.effects)
    return isinstance(target, ParameterTarget | PresetTarget) and target.effect.startswith(ROLE)
