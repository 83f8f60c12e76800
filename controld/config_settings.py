"""What environment and command line say over the rig's file, and where each value in force comes from.

Pure. A setting is a key of `controld.yaml`, so that its table is the only one: what a variable or `--set` says is laid
over the file's nodes before they are read, with itself as its place. So a bad value is a mistake like any other, and
every value knows where it was written. The file wins over defaults, the environment over the file, the command line
over all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from controld.config_schema import RIG
from controld.config_values import Overrides
from controld.document import Node, Scalar
from controld.errors import ConfigError, Problem
from controld.shape import Leaf, Table
from controld.yaml_reader import resolve

# Environment variable -> the key it sets. Those without our name are the Session Manager's and the bridge's own.
VARIABLES: Final[Mapping[str, str]] = {
    "CONTROLD_ENGINE": "engine.type",
    "MODHOST_BRIDGE_ENDPOINT": "engine.endpoint",
    "MODHOST_BRIDGE_PUB": "engine.events",
    "MODHOST_BRIDGE_HEALTH": "engine.health",
    "MODHOST_BRIDGE_TIMEOUT": "engine.timeout",
    "BRIDGE_CONNECT_RETRIES": "engine.connect_retries",
    "BRIDGE_CONNECT_RETRY_DELAY": "engine.connect_retry_delay",
    "BRIDGE_RECONNECT_DELAY": "engine.reconnect_delay",
    "BRIDGE_HEALTH_CHECK_INTERVAL": "engine.health_check_interval",
    "LV2_PATH": "engine.lv2_path",
    "SESSION_MANAGER_AUTO_CREATE_DEFAULT": "startup.create_default",
    "ZMQ_BASE_PORT": "service.base_port",
    "ZMQ_REQUEST_TIMEOUT": "service.request_timeout",
    "LOG_LEVEL": "log.level",
    "LOG_FORMAT": "log.format",
}


class Place(NamedTuple):
    """Something that has to be known before the file is: its variable, and its option ("": it has none)."""

    name: str
    variable: str
    option: str


PLACES: Final = (
    Place("config", "CONTROLD_CONFIG", "--config"),
    Place("socket", "CONTROLD_SOCKET", "--socket"),
    Place("data", "SESSION_MANAGER_DATA_DIR", ""),
)
_BOOLEANS: Final = {
    **dict.fromkeys(("1", "true", "yes", "on"), True), **dict.fromkeys(("0", "false", "no", "off"), False),
}  # fmt: skip
DEFAULT: Final = "default"


class Value(NamedTuple):
    """A value in force: its key, what it is (None: nothing was said), and where that was written."""

    key: str
    value: object
    source: str


def overrides_of(environ: Mapping[str, str], chosen: Sequence[str] = ()) -> Overrides:
    """Return what the environment says, and over it the `KEY=VALUE` of the command line; an empty variable is none.

    Raises:
        ConfigError: a choice of the command line is no `KEY=VALUE`.
    """
    values: dict[tuple[str, ...], Node] = {}
    for variable, key in VARIABLES.items():
        if environ.get(variable):
            values[tuple(key.split("."))] = _node(f"environment variable {variable}", key, environ[variable])
    for each in chosen:
        key, equals, text = each.partition("=")
        if not equals or not key:
            raise ConfigError([Problem(f"--set {each}", 0, 0, "expected KEY=VALUE", "for example log.level=DEBUG")])
        values[tuple(key.split("."))] = _node(f"command line --set {key}", key, text)
    return Overrides(values)


def _node(place: str, key: str, text: str) -> Node:
    value: Scalar = resolve(text)
    shape = _shape_at(key)
    if isinstance(shape, Leaf) and shape.json == {"type": "boolean"}:
        value = _BOOLEANS.get(text.strip().lower(), value)
    return Node(place, 0, 0, value, text)


def _shape_at(key: str) -> object:
    shape: object = RIG
    for word in key.split("."):
        known = shape.fields.get(word) if isinstance(shape, Table) else None
        if known is None:
            return None
        shape = known.shape
    return shape


def laid_over(node: Node, over: Overrides) -> Node:
    """Return the rig's nodes with the overrides in them; a section that is no mapping is left as it is."""
    engine_was_said = node.get("engine") is not None
    for key, value in over.values.items():
        node = _put(node, key, value)
    engine = node.get("engine")
    if engine is not None and not engine_was_said and engine.get("type") is None:
        # A bridge is named where there is one; who only says how to deal with it leaves the engine as it is.
        there = engine.get("endpoint")
        kind = "virtual" if there is None else "bridge"
        node = _put(node, ("engine", "type"), Node((there or engine).path, 0, 0, kind, kind))
    return node


def _put(node: Node, key: tuple[str, ...], value: Node) -> Node:
    if not key:
        return value
    if node.entries is None:
        return node
    word, *rest = key
    name = Node(value.path, value.line, value.column, word, word)
    below = node.get(word) or replace(name, value=None, text="", entries=())
    entry = (name, _put(below, tuple(rest), value))
    if node.get(word) is None:
        return replace(node, entries=(*node.entries, entry))
    kept = [(known, entry[1] if known.text == word else old) for known, old in node.entries]
    return replace(node, entries=tuple(kept))


def values_of(node: Node) -> list[Value]:
    """Return every value of a rig's own file in force, in the order of its table."""
    return list(_values(RIG, node, ""))


def _values(table: Table, node: Node | None, prefix: str) -> Iterator[Value]:
    for key, each in table.fields.items():
        written = node.get(key) if node is not None else None
        name = f"{prefix}{key}"
        if isinstance(each.shape, Table) and (written is None or written.entries is not None):
            yield from _values(each.shape, written, f"{name}.")
        elif written is None:
            yield Value(name, list(each.default) if isinstance(each.default, tuple) else each.default, DEFAULT)
        else:
            yield from _written(name, written)


def _written(name: str, node: Node) -> Iterator[Value]:
    if not node.entries:
        yield Value(name, node.plain(), source_of(node))
        return
    for key, value in node.entries:
        yield from _written(f"{name}.{key.text}", value)


def source_of(node: Node) -> str:
    """Return where a value was written: "file:line", or whoever said it over the file."""
    return f"{node.path}:{node.line}" if node.line else node.path
