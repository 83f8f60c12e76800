"""Pedalboards as the JSON that the Session Manager keeps, both ways and without loss.

Pure. Its members are `name`, `description`, `plugins` (each with `instance_id`, `uri`, `enabled`, `preset`, `x`, `y`,
`parameters`, `created_at`), `connections` (`source_plugin`, `source_port`, `target_plugin`, `target_port`) and
`snapshots` (`name`, `plugin_states`). What that has no word for (roles, tempo, globals, names and bypasses of effects,
units) lies in a member of our own, `controld`. What a file has besides is kept with the value it belongs to, and only
what differs from how the file says it is written anew, so a file that was only read is written as it was.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from controld.session.board_members import (
    OWN,
    UNSAID,
    BoardFormError,
    Members,
    items_of,
    levels_of,
    levels_to,
    mapping_at,
    number_at,
    own_of,
    put,
    put_own,
    text_at,
)
from controld.session.effect_names import derived_name, is_effect_name
from controld.session.model import EffectRecall, EffectSetup, Pedalboard, Snapshot

VERSION = 1
_LISTS = ("plugins", "connections", "snapshots")


def board_text(board: Pedalboard) -> str:
    """Return a pedalboard as one text, the same for the same pedalboard; what is not understood does not count."""
    effects = tuple(replace(effect, extra={}) for effect in board.effects)
    snapshots = tuple(replace(snapshot, extra={}) for snapshot in board.snapshots)
    plain = replace(board, effects=effects, snapshots=snapshots, extra={}, links={})
    return json.dumps(to_members(plain), sort_keys=True)


# Reading


def from_members(members: object) -> Pedalboard:
    """Return the pedalboard that a JSON object describes.

    Raises:
        BoardFormError: it describes none; the text says where, what was expected, and what was found.
    """
    if not isinstance(members, dict):
        raise BoardFormError("", "a pedalboard as an object", members)
    own = own_of(members, "")
    plugins, snapshots = items_of(members, "plugins"), items_of(members, "snapshots")
    titles = [each.get("name") for each in snapshots]
    for at, title in enumerate(titles):
        if title in titles[:at]:
            raise BoardFormError(f"snapshots[{at}].name", "one that no other snapshot has", title)
    names = effect_names(plugins)
    by_id = _by_id(plugins, names)
    links: dict[tuple[str, str], tuple[Members, ...]] = {}
    connections = []
    for place, link in enumerate(items_of(members, "connections")):
        pair = _pair(link, by_id, f"connections[{place}]")
        connections.append(pair)
        links[pair] = (*links.get(pair, ()), link)
    return Pedalboard(
        text_at(members, "name", "", required=True),
        tuple(_effect(plugins[at], name, f"plugins[{at}]") for at, name in enumerate(names)),
        tuple(connections),
        tuple(_snapshot(each, by_id, f"snapshots[{at}]") for at, each in enumerate(snapshots)),
        text_at(members, "description", ""),
        number_at(own, "tempo", OWN, 120.0),
        roles=roles_of(own),
        saved_in=text_at(own, "snapshot", OWN) if own.get("snapshot") is not None else None,
        global_parameters=_globals(own),
        extra={key: [] if key in _LISTS and value is not None else value for key, value in members.items()},
        links=links,
    )  # fmt: skip


def effect_names(plugins: list[Members]) -> list[str]:
    """Return the effects' names: those that we gave, and others derived from what a plugin is called."""
    given = [text_at(own_of(plugin, f"plugins[{at}]"), "name", OWN) for at, plugin in enumerate(plugins)]
    for at, name in enumerate(given):
        if name and not is_effect_name(name):
            raise BoardFormError(f"plugins[{at}].{OWN}.name", "the name of an effect", name)
        if name and name in given[:at]:
            raise BoardFormError(f"plugins[{at}].{OWN}.name", "one that no other effect has", name)
    taken = set(given)
    names = []
    for plugin, name in zip(plugins, given, strict=True):
        chosen = name or derived_name(_id(plugin) or str(plugin.get("name") or plugin.get("uri") or ""), taken)
        taken.add(chosen)
        names.append(chosen)
    return names


def _id(plugin: Members) -> str:
    held = plugin.get("instance_id")
    return "" if held is None else str(held)


def _by_id(plugins: list[Members], names: list[str]) -> dict[str, str]:
    by_id: dict[str, str] = {}
    for place, (plugin, name) in enumerate(zip(plugins, names, strict=True)):
        if _id(plugin) in by_id:
            raise BoardFormError(f"plugins[{place}].instance_id", "one that no other plugin has", _id(plugin))
        if _id(plugin):
            by_id[_id(plugin)] = name
    return by_id


def _effect(plugin: Members, name: str, at: str) -> EffectSetup:
    enabled = plugin.get("enabled", True)
    if not isinstance(enabled, bool):
        raise BoardFormError(f"{at}.enabled", "true or false", enabled)
    return EffectSetup(
        name,
        text_at(plugin, "uri", at, required=True),
        not enabled,
        text_at(plugin, "preset", at),
        levels_of(plugin, "parameters", at) | levels_of(own_of(plugin, at), "parameters", f"{at}.{OWN}"),
        (number_at(plugin, "x", at, 0.0), number_at(plugin, "y", at, 0.0)),
        text_at(plugin, "created_at", at),
        extra=plugin,
    )


def _pair(link: Members, by_id: Mapping[str, str], at: str) -> tuple[str, str]:
    source, target = (text_at(link, key, at, required=True) for key in ("source_plugin", "target_plugin"))
    out, into = (text_at(link, key, at, required=True) for key in ("source_port", "target_port"))
    return f"{by_id.get(source, source)}:{out}", f"{by_id.get(target, target)}:{into}"


def _snapshot(members: Members, by_id: Mapping[str, str], at: str) -> Snapshot:
    return Snapshot(text_at(members, "name", at, required=True), _recalls(members, by_id, at), extra=members)


def _recalls(members: Members, by_id: Mapping[str, str], at: str) -> dict[str, EffectRecall]:
    states = mapping_at(members, "plugin_states", at)
    own = mapping_at(own_of(members, at), "effects", f"{at}.{OWN}")
    recalls: dict[str, EffectRecall] = {}
    for key in dict.fromkeys([*states, *own]):
        said = mapping_at(own, key, f"{at}.{OWN}.effects")
        bypassed = said.get("bypassed")
        preset = said.get("preset")
        recalls[by_id.get(key, key)] = EffectRecall(
            bypassed if isinstance(bypassed, bool) else None,
            preset if isinstance(preset, str) else None,
            levels_of(states, key, f"{at}.plugin_states") | levels_of(said, "parameters", f"{at}.{OWN}.effects"),
        )
    return recalls


def roles_of(own: Members) -> dict[str, tuple[str, ...]]:
    """Return the roles of our own member, each with its effects."""
    roles = mapping_at(own, "roles", OWN)
    return {role: tuple(map(str, names)) for role, names in roles.items() if isinstance(names, list)}


def _globals(own: Members) -> frozenset[tuple[str, str]]:
    written = own.get("global", [])
    pairs = (str(each).partition("/") for each in written) if isinstance(written, list) else ()
    return frozenset((effect, symbol) for effect, _, symbol in pairs)


# Writing


def to_members(board: Pedalboard) -> dict[str, object]:
    """Return a pedalboard as a JSON object."""
    members = dict(board.extra)
    fresh = not members
    ids = _ids(board)
    put(members, "name", board.name, UNSAID if fresh else members.get("name"))
    put(members, "description", board.description, UNSAID if fresh else text_at(members, "description", ""))
    named = {end.partition(":")[0] for pair in board.connections for end in pair}
    named |= {name for snapshot in board.snapshots for name in snapshot.effects}
    plugins = [_plugin_to(setup, ids[setup.name], needed=setup.name in named) for setup in board.effects]
    for plugin, setup, derived in zip(plugins, board.effects, effect_names([*plugins]), strict=True):
        if derived != setup.name:
            put_own(plugin, {**own_of(plugin, ""), "name": setup.name})
    _put_list(members, "plugins", plugins, fresh=fresh)
    _put_list(members, "connections", _links_to(board, ids), fresh=fresh)
    _put_list(members, "snapshots", [_snapshot_to(each, ids) for each in board.snapshots], fresh=fresh)
    own = dict(own_of(members, ""))
    put(own, "version", VERSION, UNSAID if fresh else VERSION)
    put(own, "tempo", board.tempo_bpm, UNSAID if fresh else number_at(own, "tempo", OWN, 120.0))
    put(own, "snapshot", board.saved_in, own.get("snapshot"))
    if board.roles != roles_of(own):
        own["roles"] = {role: list(names) for role, names in board.roles.items()}
    if board.global_parameters != _globals(own):
        own["global"] = sorted(f"{effect}/{symbol}" for effect, symbol in board.global_parameters)
    put_own(members, own)
    return members


def _put_list(members: dict[str, object], key: str, values: Sequence[object], *, fresh: bool) -> None:
    if values or fresh:
        members[key] = list(values)


def _ids(board: Pedalboard) -> dict[str, str]:
    """Return what each effect is called in the JSON: as it was, else by its name."""
    ids = {setup.name: _id(setup.extra) for setup in board.effects}
    taken = set(ids.values())
    for name, known in ids.items():
        if not known:
            ids[name] = name if name not in taken else derived_name(name, taken)
            taken.add(ids[name])
    return ids


def _plugin_to(setup: EffectSetup, instance_id: str, *, needed: bool) -> dict[str, object]:
    members = dict(setup.extra)
    fresh = not members
    put(members, "uri", setup.uri, UNSAID if fresh else members.get("uri"))
    if fresh or needed:
        put(members, "instance_id", instance_id, UNSAID if fresh else _id(members))
    if fresh:
        members["name"] = setup.name
    put(members, "x", setup.position[0], UNSAID if fresh else number_at(members, "x", "", 0.0))
    put(members, "y", setup.position[1], UNSAID if fresh else number_at(members, "y", "", 0.0))
    put(members, "enabled", not setup.bypassed, UNSAID if fresh else members.get("enabled", True))
    put(members, "preset", setup.preset, UNSAID if fresh else text_at(members, "preset", ""))
    put(members, "created_at", setup.created_at, UNSAID if fresh else text_at(members, "created_at", ""))
    levels_to(members, "parameters", setup.parameters, fresh=fresh)
    return members


def _links_to(board: Pedalboard, ids: Mapping[str, str]) -> list[Members]:
    waiting = {pair: list(links) for pair, links in board.links.items()}
    links: list[Members] = []
    for pair in board.connections:
        known = waiting.get(pair)
        links.append(known.pop(0) if known else _link_to(pair, ids))
    return links


def _link_to(pair: tuple[str, str], ids: Mapping[str, str]) -> dict[str, object]:
    (source, _, out), (target, _, into) = (end.partition(":") for end in pair)
    return {
        "source_plugin": ids.get(source, source), "source_port": out,
        "target_plugin": ids.get(target, target), "target_port": into,
    }  # fmt: skip


def _snapshot_to(snapshot: Snapshot, ids: Mapping[str, str]) -> dict[str, object]:
    members = dict(snapshot.extra)
    by_id = {key: name for name, key in ids.items()}
    put(members, "name", snapshot.name, members.get("name"))
    if snapshot.extra and _recalls(members, by_id, "") == snapshot.effects:
        return members
    states: dict[str, object] = {}
    said: dict[str, object] = {}
    for name, recall in snapshot.effects.items():
        key = ids.get(name, name)
        mine: dict[str, object] = {}
        put(mine, "bypassed", recall.bypassed, None)
        put(mine, "preset", recall.preset, None)
        plain: dict[str, object] = {}
        states[key] = plain
        for symbol, level in recall.parameters.items():
            if not level.unit:
                plain[symbol] = level.value
        units = {symbol: [level.value, level.unit] for symbol, level in recall.parameters.items() if level.unit}
        if units:
            mine["parameters"] = units
        if mine:
            said[key] = mine
    members["plugin_states"] = states
    own = {key: value for key, value in own_of(members, "").items() if key != "effects"}
    put_own(members, own | ({"effects": said} if said else {}))
    return members


def copy_of(board: Pedalboard, name: str) -> Pedalboard:
    """Return a copy under another name: what identified the original to other programs stays with the original."""
    extra = {key: value for key, value in board.extra.items() if key not in {"id", "created_at", "modified_at"}}
    return replace(board, name=name, extra={**extra, "name": name} if extra else {}, path="", as_written=None)
