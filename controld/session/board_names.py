"""What a stored pedalboard calls its parts, taken from its members without making a pedalboard of them.

Pure. Rules are checked against these names, of a thousand pedalboards at every start, so they are kept in an index.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from controld.session.board_json import effect_names, roles_of
from controld.session.board_members import Members, items_of, own_of


class BoardNames(NamedTuple):
    """Effects by name with their plugins' URIs, roles with their effects, and snapshots, in order."""

    effects: Mapping[str, str] = {}
    roles: Mapping[str, tuple[str, ...]] = {}
    snapshots: tuple[str, ...] = ()


def board_names(members: Members) -> BoardNames:
    """Return the names of a pedalboard's JSON. Raises BoardFormError where it is none."""
    plugins = items_of(members, "plugins")
    uris = (str(plugin.get("uri", "")) for plugin in plugins)
    snapshots = tuple(str(each.get("name", "")) for each in items_of(members, "snapshots"))
    return BoardNames(dict(zip(effect_names(plugins), uris, strict=True)), roles_of(own_of(members, "")), snapshots)


def plain(names: BoardNames) -> list[object]:
    """Return names as JSON takes them."""
    return [dict(names.effects), {role: list(of) for role, of in names.roles.items()}, list(names.snapshots)]


def from_plain(kept: Any) -> BoardNames:
    """Return names that `plain` made. Raises ValueError, TypeError or AttributeError where they are none."""
    effects, roles, snapshots = kept
    return BoardNames(
        {str(name): str(uri) for name, uri in effects.items()},
        {str(role): tuple(map(str, of)) for role, of in roles.items()},
        tuple(map(str, snapshots)),
    )
