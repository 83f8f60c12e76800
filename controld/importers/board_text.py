"""A MOD pedalboard as one of our files: effects, connections and snapshots in YAML.

Pure. The effects stand in the order the sound takes. Every value that MOD saved is written; snapshots name the state of
every effect, and the parameters that differ between them or from the start, or that a control moves.
"""

import math
import re
from collections.abc import Iterable, Mapping

from controld.document import shortened
from controld.importers.board import Board, fitting, preset_label, start_values
from controld.importers.bundle import TEMPO_BPM, Block, SavedEffect
from controld.importers.emit import document, entry, remark, scalar
from controld.importers.names import clean
from controld.importers.wiring import connections


def board_text(board: Board, origin: str) -> str:
    """Return the pedalboard's file; tells in `board.notes` what it cannot hold."""
    lines = remark(f"Made by `controld import` from {origin}: the effects in the order the sound takes.")
    lines += ["version: 1", *entry(0, "name", board.name)]
    lines += _tempo(board)
    if board.roles:
        lines += ["", *remark("What each switch of the pi-Stomp works here: rules say `bypass: role:fs1`.")]
        lines += ["roles:", *(line for role, names in board.roles.items() for line in entry(2, role, names))]
    lines += ["", *_effects(board), "", *_connections(board)]
    lines += _snapshots(board)
    _tell_the_rest(board)
    return document([*lines, *board.notes.as_comment()])


def _tempo(board: Board) -> list[str]:
    ports = board.bundle.clock
    bpm = ports[":bpm"].value if ":bpm" in ports else None
    if bpm is None:
        return []
    if not TEMPO_BPM[0] <= bpm <= TEMPO_BPM[1]:
        board.notes.miss(f"the tempo {bpm:g}", "MOD itself takes 20 to 280 beats a minute")
        return []
    return entry(0, "tempo", bpm)


def _effects(board: Board) -> list[str]:
    if not board.names:
        return ["effects: {}"]
    lines = ["effects:"]
    for instance, name in board.names.items():
        block = board.block(instance)
        assert block is not None
        lines += [f"  {scalar(name)}:", *entry(4, "plugin", block.uri)]
        if not block.enabled:
            lines += entry(4, "bypassed", value=True)
        lines += _preset(board, name, block.preset, block.uri, 4)
        values = start_values(board, block)
        if values:
            lines += entry(4, "parameters", values)
        lines += entry(4, "position", [round(value, 1) for value in block.position])
    return lines


def _preset(board: Board, name: str, uri: str, plugin: str, indent: int) -> list[str]:
    if not uri:
        return []
    label = preset_label(board.facts, plugin, uri)
    if label:
        return entry(indent, "preset", label)
    why = "the bundle does not say what the preset is called; its values are written out instead"
    board.notes.miss(f"the preset {uri} of `{name}`", why)
    return []


def _connections(board: Board) -> list[str]:
    found = connections(board.bundle, board.names, board.notes)
    if not found:
        return ["connections: []"]
    return ["connections:", *(f"  - {scalar(f'{source} -> {target}')}" for source, target in found)]


# Snapshots


def _snapshots(board: Board) -> list[str]:
    if not board.snapshots:
        return []
    lines = ["", *remark("What nothing moves, and is the same in all of them, is not repeated."), "snapshots:"]
    moving = _moving(board)
    for name, index in board.snapshots.items():
        recalls = {} if index < 0 else _recalls(board, index, moving)
        if not recalls:
            lines += entry(2, name, {}, "no effect is named: it changes nothing by itself" if index < 0 else "")
            continue
        lines.append(f"  {scalar(name)}:")
        lines += [line for effect, state in recalls.items() for line in _recall_lines(effect, state)]
    return lines


def _recall_lines(effect: str, state: object) -> list[str]:
    """Return an effect of a snapshot, in one line where it fits."""
    lines = entry(4, effect, state)
    if len(lines) == 1 or not isinstance(state, Mapping):
        return lines
    return [f"    {scalar(effect)}:", *(line for key, value in state.items() for line in entry(6, key, value))]


def _moving(board: Board) -> set[tuple[str, str]]:
    """Return the parameters that snapshots have to name, by instance and symbol.

    Those that are not the same in all of them and at the start, and those that a control moves: MOD puts them back too.
    """
    moved = {(block.instance, port.symbol) for block in board.bundle.blocks for port in block.ports if port.binding}
    moved |= {(addressing.instance, addressing.port) for addressing in board.bundle.addressings}
    seen: dict[tuple[str, str], set[float]] = {}
    for block in board.bundle.blocks:
        for port in block.ports:
            if port.value is not None:
                seen[block.instance, port.symbol] = {_rounded(port.value)}
    for snapshot in board.bundle.snapshots:
        for instance, effect in snapshot.effects.items():
            for symbol, value in effect.ports.items():
                seen.setdefault((instance, symbol), set()).add(_rounded(value))
    return moved | {key for key, values in seen.items() if len(values) > 1}


def _rounded(value: float) -> float:
    """Return a value as the Turtle has it: mod-ui writes six decimals there, and all of them in JSON."""
    return round(value, 6) if math.isfinite(value) else value


def _recalls(board: Board, index: int, moving: Iterable[tuple[str, str]]) -> dict[str, object]:
    found: dict[str, object] = {}
    snapshot = board.bundle.snapshots[index]
    for instance, name in board.names.items():
        effect, block = snapshot.effects.get(instance), board.block(instance)
        if effect is None or block is None:
            continue
        by_preset = bool(preset_label(board.facts, block.uri, effect.preset))  # which moves what stands still elsewhere
        ports = sorted(effect.ports.items())
        values = {symbol: value for symbol, value in ports if by_preset or (instance, symbol) in moving}
        state = _recall(board, block, effect, fitting(board, block, values))
        if state is not None:
            found[name] = state
    for instance in sorted(snapshot.effects.keys() - board.names.keys()):
        board.notes.miss(f"`{clean(instance, '?')}` in a snapshot", "the pedalboard has no such effect any more")
    return found


def _recall(board: Board, block: Block, effect: SavedEffect, values: dict[str, float]) -> object:
    """Return what a snapshot says of an effect: a word, a mapping, or None for nothing."""
    preset = preset_label(board.facts, block.uri, effect.preset) if effect.preset else ""
    if effect.preset and not preset:
        _preset(board, board.names[block.instance], effect.preset, block.uri, 0)
    if not values and not preset:
        return None if effect.bypassed is None else "bypassed" if effect.bypassed else "active"
    state: dict[str, object] = {} if effect.bypassed is None else {"active": not effect.bypassed}
    if preset:
        state["preset"] = preset
    if values:
        state["parameters"] = values
    return state


def _tell_the_rest(board: Board) -> None:
    """Tell what a pedalboard of MOD has and one of ours has not."""
    notes, bundle = board.notes, board.bundle
    if bundle.current and bundle.snapshots:
        first, current = next(iter(board.snapshots)), list(board.snapshots)[bundle.current]
        notes.change(f"the pedalboard begins in its first snapshot, `{first}`; MOD had saved it in `{current}`")
    beats = bundle.clock[":bpb"].value if ":bpb" in bundle.clock else None
    if beats is not None and beats != 4:
        notes.miss(f"{beats:g} beats to a bar", "a bar has four beats here")
    if bundle.loopback:
        notes.miss("the MIDI loopback", "it belongs to MOD's own MIDI merger")
    for (instance, what), values in _properties(board).items():
        kept = ", ".join(shortened(clean(value, "?")) for value in sorted(values))
        why = "controld sets parameters and presets; save it in a preset of the plugin, and name that"
        notes.miss(f"`{clean(what, '?')}` of `{board.names[instance]}` ({kept})", why)


def _properties(board: Board) -> dict[tuple[str, str], set[str]]:
    """Return what plugins keep beside their ports (files, texts), from their states and all snapshots."""
    found: dict[tuple[str, str], set[str]] = {}
    pairs = [(block.instance, board.bundle.states.get(block.number, {})) for block in board.bundle.blocks]
    for snapshot in board.bundle.snapshots:
        pairs += [(instance, effect.properties) for instance, effect in snapshot.effects.items()]
    for instance, properties in pairs:
        for uri, value in properties.items() if instance in board.names else ():
            if value:
                found.setdefault((instance, re.split(r"[#/:]", uri)[-1]), set()).add(_file_name(value))
    return found


def _file_name(value: str) -> str:
    """Return the last part of a path, and any other text as it is."""
    return value if any(char in value for char in "\n<>") else value.rstrip("/").rpartition("/")[2]
