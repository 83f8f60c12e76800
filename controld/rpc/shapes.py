"""The shapes in which calls and events show the rig: JSON members that clients of the Session Manager look for.

Pure. An effect's `instance_id` is its name on the pedalboard; snapshots are counted from 0, as those clients do.
"""

from collections.abc import Mapping, Sequence

from controld.bridge.protocol_values import members
from controld.rpc.answers import Result
from controld.session.look import Look
from controld.session.model import EffectSetup, Pedalboard, Plugin
from controld.session.state import BYPASS, EffectState

Members = Mapping[str, object]
_NOBODY: Result = {"name": "", "homepage": "", "email": ""}


def connection_id(source: str, target: str) -> str:
    """Return the id of a connection, from which `ends` makes its ports again."""
    return f"{source}->{target}"


def ends(identifier: str) -> tuple[str, str]:
    """Return the ports of a connection's id; ("", "") where it is none."""
    source, arrow, target = identifier.partition("->")
    return (source.strip(), target.strip()) if arrow else ("", "")


def instance(look: Look, effect: EffectState, info: Members) -> Result:
    """Return an effect of the pedalboard; `info` is what the engine lists of its plugin, {} where that is not known.

    `parameters` and `enabled` are what the engine confirmed, or what is asked where it did not say yet.
    """
    setup = look.setups.get(effect.name)
    x, y = setup.position if setup else (0.0, 0.0)
    plugin = effect.plugin
    bypass = effect.cells[BYPASS]
    return {
        "instance_id": effect.name,
        "instance": effect.instance,
        "uri": effect.uri,
        "name": info.get("name") or (plugin.name if plugin else "") or effect.name,
        "brand": info.get("brand", ""),
        "version": str(info.get("version", "")),
        "x": x,
        "y": y,
        "enabled": not (bypass.asked if bypass.confirmed is None else bypass.confirmed),
        "preset": effect.preset,
        "parameters": {symbol: known for symbol, known in values(effect).items() if symbol != BYPASS},
        "ports": info.get("ports", {}),
        "created_at": setup.created_at if setup else "",
        "present": effect.present,
        "missing": effect.missing,
    }


def values(effect: EffectState) -> dict[str, float]:
    """Return every value of an effect by symbol: what the engine holds, or what is asked where that is not known."""
    return {
        symbol: cell.asked if cell.confirmed is None else cell.confirmed
        for symbol, cell in effect.cells.items()
        if abs(cell.asked) != float("inf")
    }


def plugin_listed(info: Members) -> Result:
    """Return a plugin as lists have it: what the bridge tells, and the members that web clients need besides."""
    author = info.get("author")
    name = author.get("name", "") if isinstance(author, Mapping) else ""
    minor, micro = _numbers(str(info.get("version", "")))
    return {
        **info,
        "uri": info.get("uri", ""),
        "name": info.get("name", ""),
        "category": info.get("category", []),
        "version": str(info.get("version", "")),
        "minorVersion": minor,
        "microVersion": micro,
        "release": 0,
        "builder": name,
    }


def plugin_detail(uri: str, info: Members, essentials: Members, presets: Sequence[Members]) -> Result:
    """Return everything known of a plugin."""
    controls = essentials.get("control_inputs", [])
    listed = plugin_listed({"author": _NOBODY, "brand": "", "label": "", "license": "", "comment": "", **info})
    return {
        **essentials,
        **listed,
        "uri": uri,
        "ports": {**members(info.get("ports")), "control": {"input": controls}, **audio_ports(essentials)},
        "presets": [{"uri": each.get("uri", ""), "label": each.get("label", "")} for each in presets],
        "stability": "",
        "bundles": [],
        "gui": {},
    }


def audio_ports(essentials: Members) -> Result:
    """Return the symbols of a plugin's audio and MIDI ports, as far as the bridge tells them."""
    return {
        kind: {
            "input": [{"symbol": symbol} for symbol in symbols(essentials, f"{kind}_inputs")],
            "output": [{"symbol": symbol} for symbol in symbols(essentials, f"{kind}_outputs")],
        }
        for kind in ("audio", "midi")
    }


def symbols(essentials: Members, name: str) -> list[str]:
    """Return a list of port symbols; none where the bridge tells none."""
    found = essentials.get(name)
    return [str(each) for each in found] if isinstance(found, list) else []


def board_listed(look: Look, name: str) -> Result:
    """Return a pedalboard as lists have it; one that nobody has read yet tells no more than its name."""
    board = look.pedalboard if name == look.pedalboard.name else look.peek(name)
    path = board.path if board else ""
    return {
        "id": name,
        "name": name,
        "title": name,
        "description": board.description if board else "",
        "path": path,
        "bundlepath": path or name,
        "broken": False,
        "factory": look.is_in_file(name),
        "hasScreenshot": False,
        "metadata": {},
    }


def board(look: Look, board: Pedalboard, plugins: Mapping[str, Members]) -> Result:
    """Return a whole pedalboard; the current one is told as it is played."""
    played = board.name == look.pedalboard.name
    if played:
        effects = [instance(look, effect, plugins.get(effect.uri, {})) for effect in look.effects.values()]
    else:
        effects = [_set_up(setup, plugins.get(setup.uri, {})) for setup in board.effects]
    return {
        **board_listed(look, board.name),
        "plugins": effects,
        "connections": [connection(source, target) for source, target in board.connections],
        "snapshots": [snapshot(board, number) for number in range(1, len(board.snapshots) + 1)],
        "current_snapshot": look.snapshot - 1 if played and look.snapshot else None,
        "tempo": board.tempo_bpm,
        "system_inputs": sorted({source for source, _ in board.connections if source.startswith("system:")}),
        "system_outputs": sorted({target for _, target in board.connections if target.startswith("system:")}),
    }


def _set_up(setup: EffectSetup, info: Members) -> Result:
    """Return an effect of a pedalboard that is not loaded, as it is described."""
    x, y = setup.position
    return {
        "instance_id": setup.name,
        "uri": setup.uri,
        "name": info.get("name") or setup.name,
        "brand": info.get("brand", ""),
        "version": str(info.get("version", "")),
        "x": x,
        "y": y,
        "enabled": not setup.bypassed,
        "preset": setup.preset,
        "parameters": {symbol: level.value for symbol, level in setup.parameters.items()},
        "ports": info.get("ports", {}),
        "created_at": setup.created_at,
    }


def connection(source: str, target: str) -> Result:
    """Return a connection of a pedalboard."""
    source_plugin, _, source_port = source.partition(":")
    target_plugin, _, target_port = target.partition(":")
    return {
        "connection_id": connection_id(source, target),
        "source_plugin": source_plugin,
        "source_port": source_port,
        "target_plugin": target_plugin,
        "target_port": target_port,
        "source": source,
        "target": target,
    }


def snapshot_names(board: Pedalboard) -> dict[str, str]:
    """Return the snapshots by id, counted from 0."""
    return {str(number): name for number, name in enumerate(board.snapshot_names())}


def snapshot(board: Pedalboard, number: int) -> Result:
    """Return a snapshot of a pedalboard by its number from 1."""
    found = board.snapshots[number - 1]
    return {
        "id": number - 1,
        "name": found.name,
        "pedalboard_id": board.name,
        "plugin_states": {
            name: {
                "bypassed": recall.bypassed,
                "preset": recall.preset,
                "parameters": {symbol: level.value for symbol, level in recall.parameters.items()},
            }
            for name, recall in found.effects.items()
        },
    }


def preset_list(plugin: Plugin | None) -> list[Result]:
    """Return the presets of a plugin."""
    return [{"uri": each.uri, "name": each.label, "label": each.label} for each in (plugin.presets if plugin else ())]


def _numbers(version: str) -> tuple[int, int]:
    found = [int(part) for part in version.split(".") if part.isascii() and part.isdecimal() and len(part) < 9]
    minor, micro = [*found, 0, 0][:2]
    return minor, micro
