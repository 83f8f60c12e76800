"""Snapshots that a player saved: what is stored of how a pedalboard is played, and which of two versions counts.

Pure. The files of pedalboards are never rewritten: what was saved is laid over them. It is kept with a fingerprint of
the snapshot as the file had it, so that one which is edited in its file afterwards counts as it is written there.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from controld.session.model import EffectRecall, Pedalboard, Snapshot
from controld.session.state import BYPASS, Cell, EffectState
from controld.values import Level


@dataclass(frozen=True, slots=True)
class SavedSnapshot:
    """A snapshot of a pedalboard as it was saved; `written` is the fingerprint of what it takes the place of."""

    pedalboard: str
    written: str
    snapshot: Snapshot


# By the names of pedalboard and snapshot.
Saved = Mapping[tuple[str, str], SavedSnapshot]


def capture(
    name: str,
    board: Pedalboard,
    effects: Iterable[EffectState],
    resting: Mapping[tuple[str, str], float] = MappingProxyType({}),
) -> Snapshot:
    """Return how effects are played as a snapshot.

    Values are the wished ones in the plugin's unit, where a wish failed the confirmed ones. Triggers, which are no
    states, and global parameters, which no snapshot recalls, are not stored. Nor is what a preset that is still on its
    way will set: it comes with the preset. What only a press holds is stored as it is after it: `resting`, by effect
    and symbol.
    """
    return Snapshot(name, {effect.name: played(effect, resting, board.global_parameters) for effect in effects})


def played(
    effect: EffectState,
    resting: Mapping[tuple[str, str], float] = MappingProxyType({}),
    left_out: frozenset[tuple[str, str]] = frozenset(),
    before: Mapping[str, Level] = MappingProxyType({}),
) -> EffectRecall:
    """Return how an effect is played, but for what is `left_out` (by effect and symbol); see `capture`.

    It is asked for every half second while somebody plays: levels that were so `before` are taken again.
    """
    name = effect.name
    held = {symbol: value for (owner, symbol), value in resting.items() if owner == name}
    out = {symbol for owner, symbol in left_out if owner == name}
    waits = bool(effect.follow) or effect.preset not in {"", effect.preset_confirmed}
    values: dict[str, Level] = {}
    for symbol, cell in effect.cells.items():
        if symbol == BYPASS or cell.scale.trigger or symbol in out or (waits and effect.awaits(symbol)):
            continue
        value = held[symbol] if symbol in held else _value(cell)
        level = before.get(symbol)
        values[symbol] = level if level is not None and level.value == value and not level.unit else Level(value)
    values.update({symbol: level for symbol, level in effect.wishes.items() if symbol not in values})
    bypassed = held[BYPASS] if BYPASS in held else _value(effect.cells[BYPASS])
    return EffectRecall(bypassed != 0, effect.preset or None, values)


def as_played(
    board: Pedalboard,
    effects: Mapping[str, EffectState],
    resting: Mapping[tuple[str, str], float],
    bpm: float,
    snapshot: str,
) -> Pedalboard:
    """Return a pedalboard that starts as it is played now, in `snapshot` ("": none).

    What is not known of an effect is as it was set up.
    """
    setups = []
    for setup in board.effects:
        effect = effects[setup.name]
        now = played(effect, resting)
        unknown = {symbol: level for symbol, level in setup.parameters.items() if symbol not in effect.cells}
        parameters = {**unknown, **now.parameters}
        setups.append(replace(setup, bypassed=bool(now.bypassed), preset=now.preset or "", parameters=parameters))
    return replace(board, effects=tuple(setups), tempo_bpm=bpm, saved_in=snapshot)


def overlay(
    boards: Sequence[Pedalboard], saved: Saved
) -> tuple[tuple[Pedalboard, ...], dict[tuple[str, str], SavedSnapshot]]:
    """Lay saved snapshots over those of the files; return the pedalboards, and what counts no more.

    What counts no more are snapshots that were edited in their files since, or are not there. One whose pedalboard is
    not there may be needed again, and counts on.
    """
    stale: dict[tuple[str, str], SavedSnapshot] = {}
    laid = []
    for board in boards:
        own = {snapshot: each for (owner, snapshot), each in saved.items() if owner == board.name}
        stale.update({(board.name, name): own[name] for name in own.keys() - set(board.snapshot_names())})
        snapshots = []
        for snapshot in board.snapshots:
            each = own.get(snapshot.name)
            if each is not None and each.written != fingerprint(snapshot):
                stale[board.name, snapshot.name] = each
                each = None
            snapshots.append(snapshot if each is None else each.snapshot)
        laid.append(replace(board, snapshots=tuple(snapshots), as_written=board) if own else board)
    return tuple(laid), stale


def fingerprint(snapshot: Snapshot) -> str:
    """Return a text that is the same for the same snapshot, and another for another one."""
    return hashlib.sha256(json.dumps(to_members(snapshot), sort_keys=True).encode()).hexdigest()[:32]


def to_members(snapshot: Snapshot) -> dict[str, object]:
    """Return a snapshot as what JSON can hold."""
    return {"name": snapshot.name, "effects": recalls_to(snapshot.effects)}


def from_members(members: Mapping[str, object]) -> Snapshot:
    """Return the snapshot that `to_members` described. Raises ValueError, TypeError or KeyError where it is none."""
    return Snapshot(str(members["name"]), recalls_from(members["effects"]))


def recalls_to(recalls: Mapping[str, EffectRecall]) -> dict[str, object]:
    """Return what is said of effects as what JSON can hold."""
    return {
        name: {
            "bypassed": recall.bypassed,
            "preset": recall.preset,
            "parameters": {symbol: [level.value, level.unit] for symbol, level in recall.parameters.items()},
        }
        for name, recall in recalls.items()
    }


def recalls_from(members: object) -> dict[str, EffectRecall]:
    """Return what `recalls_to` described. Raises ValueError, TypeError or KeyError where it is nothing of the kind."""
    effects: dict[str, EffectRecall] = {}
    for name, recall in _mapping(members).items():
        fields = _mapping(recall)
        bypassed, preset = fields["bypassed"], fields["preset"]
        parameters = {symbol: _level(pair) for symbol, pair in _mapping(fields["parameters"]).items()}
        effects[name] = EffectRecall(
            None if bypassed is None else bool(bypassed), None if preset is None else str(preset), parameters
        )
    return effects


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        message = f"expected a mapping, found {value!r}"
        raise TypeError(message)
    return value


def _level(pair: object) -> Level:
    if not isinstance(pair, Sequence) or len(pair) != 2:
        message = f"expected a value with its unit, found {pair!r}"
        raise TypeError(message)
    return Level(float(pair[0]), str(pair[1]))


def _value(cell: Cell) -> float:
    return cell.confirmed if cell.failure and cell.confirmed is not None else cell.asked
