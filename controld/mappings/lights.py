"""What is shown of a target: whether it is lit, or where it stands, and the state behind that.

Pure. The truth that is shown is the confirmed one; a wish on its way is shown as pending, a refused one as failed. Only
what a control drives follows the wish, because the hand on another fader would otherwise see its own past.
"""

from controld.changes import MuteChanged, ParameterChanged, State, TunerChanged
from controld.mappings.motion import with_ends
from controld.mappings.target import (
    BankTarget,
    BypassTarget,
    MorphTarget,
    PageTarget,
    ParameterTarget,
    PedalboardTarget,
    PresetTarget,
    SnapshotTarget,
    SwitchTarget,
    Target,
    TempoTarget,
    VariableTarget,
)
from controld.mappings.variables import same
from controld.mappings.view import View
from controld.values import Level, same_value

STYLES = frozenset({"on", "off", "dim", "blink", "pulse"})
# What is shown of a target: its value 0.0-1.0, the state behind it, and who asked.
Shown = tuple[float, State, str]


def shown_of(target: Target, view: View) -> Shown | None:
    """Return what a target shows; None for one without a state (`send`, `wait`, `next`)."""
    match target:
        case BypassTarget():
            return _bypass(target, view)
        case ParameterTarget():
            return _parameter(target, view)
        case SnapshotTarget(snapshot=str() | int() as pick, save=False):
            fact = view.snapshot
            return _one_of_many(pick in (fact.snapshot, fact.index), fact.state, fact.origin)
        case PedalboardTarget(pedalboard=str() | int() as pick):
            board = view.pedalboard
            return _one_of_many(pick in (board.pedalboard, board.index), board.state, board.origin)
        case PresetTarget(preset=str()):
            return _preset(target, view)
        case PageTarget(page=str() | int() as pick):
            return _held(pick in (view.page.page, view.page.index), view.page.origin)
        case BankTarget(bank=str() | int() as pick):
            return _held(pick in (view.bank.bank, view.bank.index), view.bank.origin)
        case SwitchTarget():
            return _switch(target, view)
        case TempoTarget():
            return _tempo(target, view)
        case VariableTarget():
            return _variable(target, view)
        case MorphTarget():
            return _morph(target, view)
        case _:
            return None


def standing_of(target: Target, view: View) -> float | None:
    """Return where a control would stand, 0.0-1.0, for what it drives as that is wished; None where it is not known."""
    if isinstance(target, ParameterTarget):
        fact = view.parameter(target.effect, target.symbol)
        return None if fact is None else _position(target, fact)
    if not isinstance(target, MorphTarget) or view.morph is None or view.morph.position is None:
        return None
    names = view.pedalboard.snapshots
    stops = [names[pick - 1] if isinstance(pick, int) and 1 <= pick <= len(names) else pick for _, pick in target.stops]
    return target.shaping.unshape(view.morph.position) if tuple(stops) == view.morph.snapshots else None


def _morph(target: MorphTarget, view: View) -> Shown | None:
    standing = standing_of(target, view)
    if standing is None or view.morph is None:
        return None
    return with_ends(standing, target.motion.deadzone), State.CONFIRMED, view.morph.origin


def _held(lit: bool, origin: str) -> Shown:
    return float(lit), State.CONFIRMED, origin


def _one_of_many(chosen: bool, state: State, origin: str) -> Shown:
    """Return how one of a family looks: only the one that is asked for is pending, and lit once it is confirmed."""
    if not chosen:
        return 0.0, State.CONFIRMED, origin
    return float(state is State.CONFIRMED), state, origin


def _bypass(target: BypassTarget, view: View) -> Shown | None:
    wanted = target.to == "bypassed"
    if len(target.effects) == 1 and (fact := view.bypasses.get(target.effects[0])) is not None:
        return float(fact.confirmed is wanted), fact.state, fact.origin  # what most lights show, and the fastest
    facts = [view.bypasses[effect] for effect in view.all_of(target.effects) if effect in view.bypasses]
    if not facts:
        return None
    lit = all(fact.confirmed is wanted for fact in facts)
    return float(lit), max((fact.state for fact in facts), key=_WORST.index), facts[0].origin


_WORST = [State.CONFIRMED, State.ASKED, State.FAILED]


def _preset(target: PresetTarget, view: View) -> Shown | None:
    facts = (view.presets.get(effect) for effect in view.effects_of(target.effect))
    preset = next((fact for fact in facts if fact is not None), None)
    if preset is None:
        return None
    chosen = preset.preset == target.preset
    held = chosen and preset.state is not State.ASKED  # a refused one left this one loaded
    return float(held), preset.state if chosen else State.CONFIRMED, preset.origin


def _switch(target: SwitchTarget, view: View) -> Shown | None:
    """Return how transport, mute or tuner looks: lit while it is as the switch puts it, a toggle while it is on."""
    wanted = target.on is not False
    if target.what == "transport":
        return None if view.tempo is None else _held(view.tempo.rolling is wanted, view.tempo.origin)
    fact: MuteChanged | TunerChanged | None = view.mute if target.what == "mute" else view.tuner
    return None if fact is None else (float(fact.on is wanted), fact.state, fact.origin)


def _tempo(target: TempoTarget, view: View) -> Shown | None:
    """Return how the tempo looks: a tap flashes with the beat, a tempo is lit while it is the rig's."""
    if target.tap:
        return _held(view.beat != 0, "")
    return None if target.bpm is None else _held(abs(view.bpm - target.bpm) < 0.05, "")


def _variable(target: VariableTarget, view: View) -> Shown | None:
    """Return how a variable looks: lit while it is as the switch puts it, true, or not what it was at first."""
    value = view.variables.get(target.name)
    if value is None:
        return None
    if target.to is not None:
        return _held(same(value, target.to), "")
    if isinstance(value, bool):
        return _held(value, "")
    return _held(not same(value, view.first[target.name]), "")


def _parameter(target: ParameterTarget, view: View) -> Shown | None:
    fact = view.parameter(target.effect, target.symbol)
    if fact is None:
        return None
    if target.to is not None:
        return float(_stands_at(fact, target.to)), fact.state, fact.origin
    if target.toggle is not None:
        first, second = (fact.scale.resolve(level) or 0.0 for level in target.toggle)
        held = fact.value if fact.confirmed is None else fact.confirmed
        return float(abs(held - second) < abs(held - first)), fact.state, fact.origin
    position = _position(target, fact)
    if target.motion.deadzone:
        position = with_ends(position, target.motion.deadzone)
    return position, fact.state, fact.origin


def _position(target: ParameterTarget, fact: ParameterChanged) -> float:
    """Return the control's position for the wish; the reverse of `Shaping` and of the session's range."""
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
