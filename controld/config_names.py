"""What a rig's files call things, taken from what is written, rightly or not: one mistake, one message.

Pure. The names are what rules are checked against (`mappings.schema_known`).
"""

from collections.abc import Iterable, Mapping

from controld.config_boards import Boards
from controld.config_values import SurfaceConfig
from controld.document import Node
from controld.mappings.schema_known import Known
from controld.mappings.schema_stage import pages_of, variables_of
from controld.mappings.target import ROLE
from controld.session.board_names import BoardNames
from controld.shape import Record
from controld.shape_parameters import Symbols


def names_of(
    record: Record,
    surfaces: Mapping[str, SurfaceConfig],
    boards: Boards,
    mappings: Iterable[Node],
    symbols: Symbols,
) -> Known:
    """Return the names of a rig; `record` is its own file, `mappings` are its files of rules."""
    pairs = record.at("surfaces").entries or () if "surfaces" in record else ()
    profiles = {key.text: surfaces[key.text].profile if key.text in surfaces else None for key, _ in pairs}
    written = [*map(_snapshots, boards.nodes.values()), *(list(each.snapshots) for each in boards.others.values())]
    files = [record.node, *mappings]
    return Known(
        profiles,
        frozenset(key.text for key, value in pairs if value.get("midi")),
        frozenset(key.text for key, value in pairs if value.get("osc")),
        _effects(boards) if boards.complete else None,
        frozenset(name for names in written for name in names),
        max((len(names) for names in written), default=0),
        boards.names,
        symbols,
        tuple(bank.name for bank in boards.banks),
        pages_of(files),
        variables_of(files),
    )


def _snapshots(node: Node) -> list[str]:
    written = node.get("snapshots")
    return [name for each in written.each() for name in each.names()] if written is not None else []


def _effects(boards: Boards) -> dict[str, frozenset[str]]:
    """Return each effect, and each role as "role:dirt", with the plugins it is on one pedalboard or another."""
    found: dict[str, frozenset[str]] = {}
    for each in (*map(_written, boards.nodes.values()), *boards.others.values()):
        for effect, uri in each.effects.items():
            found[effect] = found.get(effect, frozenset()) | {uri}
        for role, effects in each.roles.items():
            plugins = {each.effects[name] for name in effects if name in each.effects}
            found[f"{ROLE}{role}"] = found.get(f"{ROLE}{role}", frozenset()) | plugins
    return found


def _written(node: Node) -> BoardNames:
    """Return what a file calls its effects and roles."""
    own: dict[str, str] = {}
    effects, roles = node.get("effects"), node.get("roles")
    for key, value in (effects.entries or ()) if effects is not None else ():
        plugin = value.get("plugin")
        own[key.text] = plugin.text if plugin is not None else ""
    pairs = (roles.entries or ()) if roles is not None else ()
    return BoardNames(own, {key.text: tuple(each.text for each in value.each()) for key, value in pairs})
