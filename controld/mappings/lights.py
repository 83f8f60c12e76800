"""How a control looks: from what its rule drives, and what is known of that, to a feedback.

Pure. The truth that is shown is the confirmed one; a wish on its way is shown as pending, a refused one as failed. Only
a driven parameter follows the wish, because the hand on another fader would otherwise see its own past.
"""

from controld.changes import ParameterChanged, State
from controld.feedback import Feedback
from controld.mappings.profile import Control
from controld.mappings.rule import Look, Rule
from controld.mappings.target import (
    BypassTarget,
    ParameterTarget,
    PedalboardTarget,
    PresetTarget,
    SnapshotTarget,
    Target,
)
from controld.mappings.view import View
from controld.values import Level, same_value

STYLES = frozenset({"on", "off", "dim", "blink", "pulse"})
# What is shown of a target: its value 0.0-1.0, the state behind it, and who asked.
Shown = tuple[float, State, str]


def feedback_of(control: str, hardware: Control, rule: Rule, view: View) -> Feedback | None:
    """Return how `control` should look for the first target of its rule that has a state; None where none has."""
    for target in rule.targets:
        shown = shown_of(target, view)
        if shown is not None:
            value, state, origin = shown
            if isinstance(target, ParameterTarget) and target.to is None and target.toggle is None:
                return Feedback(control, value, state, origin=origin, force=state is State.FAILED)
            style, color = _drawn(rule.look, hardware, state, lit=value >= 0.5)
            return Feedback(control, value, state, style, color, origin=origin, force=state is State.FAILED)
    return None


def dark(control: str) -> Feedback:
    """Return the look of a control that drives nothing now."""
    return Feedback(control, 0.0, State.CONFIRMED, "off")


def shown_of(target: Target, view: View) -> Shown | None:
    """Return what a target shows; None for one without a state (`send`, `wait`, `next`)."""
    match target:
        case BypassTarget():
            return _bypass(target, view)
        case ParameterTarget():
            return _parameter(target, view)
        case SnapshotTarget(snapshot=str() | int() as pick):
            fact = view.snapshot
            return _one_of_many(pick in (fact.snapshot, fact.index), fact.state, fact.origin)
        case PedalboardTarget(pedalboard=str() | int() as pick):
            board = view.pedalboard
            return _one_of_many(pick in (board.pedalboard, board.index), board.state, board.origin)
        case PresetTarget(preset=str() as label):
            preset = view.presets.get(target.effect)
            if preset is None:
                return None
            held = preset.preset == label and preset.state is not State.ASKED  # a refused one left this one loaded
            return float(held), preset.state if preset.preset == label else State.CONFIRMED, preset.origin
        case _:
            return None


def _one_of_many(chosen: bool, state: State, origin: str) -> Shown:
    """Return how one of a family looks: only the one that is asked for is pending, and lit once it is confirmed."""
    if not chosen:
        return 0.0, State.CONFIRMED, origin
    return float(state is State.CONFIRMED), state, origin


def _bypass(target: BypassTarget, view: View) -> Shown | None:
    facts = [view.bypasses[effect] for effect in target.effects if effect in view.bypasses]
    if not facts:
        return None
    wanted = target.to == "bypassed"
    lit = all(fact.confirmed is wanted for fact in facts)
    return float(lit), max((fact.state for fact in facts), key=_WORST.index), facts[0].origin


_WORST = [State.CONFIRMED, State.ASKED, State.FAILED]


def _parameter(target: ParameterTarget, view: View) -> Shown | None:
    fact = view.parameters.get((target.effect, target.symbol))
    if fact is None:
        return None
    if target.to is not None:
        return float(_stands_at(fact, target.to)), fact.state, fact.origin
    if target.toggle is not None:
        first, second = (fact.scale.resolve(level) or 0.0 for level in target.toggle)
        held = fact.value if fact.confirmed is None else fact.confirmed
        return float(abs(held - second) < abs(held - first)), fact.state, fact.origin
    return _position(target, fact), fact.state, fact.origin


def _position(target: ParameterTarget, fact: ParameterChanged) -> float:
    """Return where the control should stand, by the wish; the reverse of `Shaping` and of the session's range."""
    shaping, scale = target.shaping, fact.scale
    share = scale.share_of(fact.value)
    if shaping.values:
        levels = [scale.resolve(level) or 0.0 for level in shaping.values]
        nearest = min(range(len(levels)), key=lambda index: abs(levels[index] - fact.value))
        share = (nearest + 0.5) / len(levels)
    elif shaping.low is not None and shaping.high is not None:
        low = scale.share_of(scale.resolve(shaping.low) or 0.0)
        high = scale.share_of(scale.resolve(shaping.high) or 0.0)
        share = (share - low) / (high - low) if high != low else 0.0
    return shaping.unshape(share)


def _stands_at(fact: ParameterChanged, level: Level) -> bool:
    value = fact.scale.resolve(level)
    return value is not None and fact.confirmed is not None and same_value(fact.scale.snap(value), fact.confirmed)


def _drawn(look: Look, hardware: Control, state: State, *, lit: bool) -> tuple[str, str]:
    """Return style and colour; a colour's name stands for "on" in that colour."""
    word = (look.lit or "on") if lit else (look.idle or "off")
    if state is State.ASKED:
        word = look.pending or "dim"
    elif state is State.FAILED:
        has_red = hardware.light is not None and "red" in hardware.light.colors
        word = look.failed or ("red" if has_red else word)
    return (word, look.color) if word in STYLES else ("on", word)
