"""Pedalboards and banks: from YAML nodes to `session.model` values.

Pure. The tables are the vocabulary of the two files. Names inside a pedalboard are checked against the pedalboard
itself, parameters against what is known of their plugins.
"""

import re
from collections.abc import Mapping

from controld.document import Node, NodeKind
from controld.errors import nearest
from controld.session.model import EffectRecall, EffectSetup, Pedalboard, Snapshot
from controld.session.ports import PORT, SYSTEM, wrong_side
from controld.shape import BAD, Field, Mistake, Record, Report, Table
from controld.shape_leaves import boolean, choice, custom, level, name, number, pattern, text, version
from controld.shape_lists import Either, ListOf, MapOf, OneOrMany
from controld.shape_parameters import Symbols, check_level, check_symbol, warn_of_trigger
from controld.values import Level

_ARROW = re.compile(r"\s*->\s*")
_END = pattern(
    "a port as `client:port`, for example `drive:in` or `system:capture_1`",
    rf"^{PORT}$",
    "an effect's name, `:`, port",
)

_SYMBOL = pattern("the symbol of a parameter", r"^[A-Za-z_][A-Za-z0-9_]*$", "letters, digits and `_`")
_PARAMETERS = MapOf(_SYMBOL, level(), "parameters by symbol, as in `{gain: 0.5}`")
_EFFECT_NAME = name("the name of an effect")
_PARAMETER = pattern("an effect and its parameter, as in `drive/level`",
                     r"^[A-Za-z][A-Za-z0-9_-]*/[A-Za-z_][A-Za-z0-9_]*$")  # fmt: skip


_URI = r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$"


def is_uri(text: str) -> bool:
    """Tell whether a text may be the URI of a plugin."""
    return re.fullmatch(_URI, text) is not None


def _uri(written: str) -> str:
    if not is_uri(written):
        raise Mistake(f"expected the URI of an LV2 plugin, found `{written}`", "`lv2ls` lists those that are installed")
    return written


EFFECT = Table(
    "effect", "an effect",
    {
        "plugin": Field(custom("the URI of an LV2 plugin", _uri, {"type": "string", "pattern": _URI}),
                        "The URI of its LV2 plugin, as `lv2ls` lists it.",
                        required=True, examples=("http://guitarix.sourceforge.net/plugins/gxts9#ts9sim",)),
        "bypassed": Field(boolean(), "Whether it starts bypassed: sound passes unprocessed.", default=False),
        "preset": Field(text("the label of a preset"), "The preset it starts with.", default=""),
        "parameters": Field(_PARAMETERS, "Parameters by symbol; others stand at the plugin's default.", default={},
                            examples=({"gain": 0.5, "level": "-6 dB"},)),
        "position": Field(ListOf(number("a number"), "two numbers, as in `[100, 50]`", 2, 2),
                          "Where a drawing of the pedalboard has it: x and y.", default=(0.0, 0.0)),
    },
    doc="One plugin on the pedalboard.",
)  # fmt: skip
_CONNECTION = Either(
    {
        NodeKind.SCALAR: pattern("two ports, as in `drive:out -> delay:in`", rf"^\s*{PORT}\s*->\s*{PORT}\s*$"),
        NodeKind.SEQUENCE: ListOf(_END, "two ports, as in `[drive:out, delay:in]`", 2, 2),
    },
    "a connection, as in `drive:out -> delay:in`",
)
RECALL = Table(
    "recall", "a snapshot's effect",
    {
        "bypassed": Field(boolean(), "Whether it is bypassed."),
        "active": Field(boolean(), "Whether it is active: the opposite of `bypassed`."),
        "preset": Field(text("the label of a preset"), "The preset to load."),
        "parameters": Field(_PARAMETERS, "Parameters to set; others are left as they are.", default={}),
    },
    doc="What becomes of the effect; what is not said is left as it is.",
    exclusive=(("bypassed", "active"),),
)  # fmt: skip
_RECALL = Either(
    {NodeKind.SCALAR: choice("a state", ("active", "bypassed")), NodeKind.MAPPING: RECALL},
    "`active`, `bypassed`, or what becomes of the effect as a mapping",
)
_SNAPSHOT = MapOf(_EFFECT_NAME, _RECALL, "effects by name")
_SNAPSHOTS = MapOf(text("the name of a snapshot"), _SNAPSHOT, "snapshots by name")

PEDALBOARD = Table(
    "pedalboard", "a pedalboard",
    {
        "version": Field(version(), "The version of the language: 1.", required=True, examples=(1,)),
        "name": Field(text("a name"), "What players call it.", required=True, examples=("Clean to Lead",)),
        "description": Field(text("a description"), "For people.", default=""),
        "tempo": Field(number("beats a minute from 20 to 300", 20, 300), "Its tempo, in beats a minute."),
        "effects": Field(MapOf(_EFFECT_NAME, EFFECT, "effects by name"), "The effects by name, in order.", default={},
                         required=True),
        "connections": Field(ListOf(_CONNECTION, "a list of connections", 0),
                             "Which port feeds which: `system:capture_1` is the guitar, `system:playback_1` and `_2` "
                             "the speakers, `drive:in` a port of an effect by its symbol.", default=(),
                             examples=(["system:capture_1 -> drive:in"],)),
        "snapshots": Field(
            Either({NodeKind.MAPPING: _SNAPSHOTS, NodeKind.SEQUENCE: ListOf(_SNAPSHOTS, "a list of snapshots", 0)},
                   "snapshots by name"),
            "States to go back to: for each snapshot the effects it changes.", default={},
            examples=({"Clean": {"drive": "bypassed"}},),
        ),
        "roles": Field(MapOf(name("the name of a role"), OneOrMany(_EFFECT_NAME, "names of effects"), "roles by name"),
                       "What the effects are for, so that one rule plays every pedalboard: `bypass: role:dirt`.",
                       default={}, examples=({"dirt": ["drive", "fuzz"]},)),
        "global": Field(OneOrMany(_PARAMETER, "parameters, as in `[drive/level]`"),
                        "Parameters that no snapshot recalls, as `effect/symbol`.", default=(),
                        examples=(["drive/level"],)),
        "mappings": Field(OneOrMany(text("a path, in which `*` stands for any name"), "a list of paths"),
                          "Files of rules that count only while this pedalboard is loaded, from this file's folder.",
                          default=(), examples=(["../mappings/swells.yaml"],)),
    },
    doc="A rig of effects with its snapshots.",
    later=frozenset({"includes"}),
)  # fmt: skip
BANKS = Table(
    "banks", "a file of banks",
    {
        "version": Field(version(), "The version of the language: 1.", required=True, examples=(1,)),
        "banks": Field(
            MapOf(text("the name of a bank"), OneOrMany(text("the name of a pedalboard"), "names of pedalboards"),
                  "banks by name", 1),
            "Banks by name, each an ordered list of pedalboards. The first bank is the order of next and previous.",
            required=True, examples=({"Stage": ["Clean to Lead"]},),
        ),
    },
    doc="Pedalboards in the order they are played.",
)  # fmt: skip


def compile_pedalboard(node: Node, report: Report, symbols: Symbols, default_bpm: float = 120.0) -> Pedalboard | None:
    """Return the pedalboard a file describes, as far as it can be read; None where it is no pedalboard at all.

    `default_bpm` is the tempo of one that does not say its own, in beats a minute.
    """
    record = PEDALBOARD.read(node, report)
    if record is BAD:
        return None
    effects: dict[str, Record] = record["effects"]
    setups = tuple(_setup(effect_name, each, symbols, report) for effect_name, each in effects.items())
    uris = {setup.name: setup.uri for setup in setups}
    return Pedalboard(
        record["name"] or "",
        setups,
        _connections(record, uris, report),
        _snapshots(record, uris, symbols, report),
        record["description"],
        record["tempo"] or default_bpm,
        node.path,
        _roles(record, uris, report),
        _globals(record, uris, symbols, report),
    )


def _roles(record: Record, effects: Mapping[str, str], report: Report) -> dict[str, tuple[str, ...]]:
    roles: dict[str, tuple[str, ...]] = record["roles"]
    for key, value in record.at("roles").entries or () if roles else ():
        for node in value.each() if key.text in roles else ():
            if node.text not in effects:
                hint = nearest(node.text, effects) or f"it has {', '.join(effects) or 'none'}"
                report.error(node, f"this pedalboard has no effect `{node.text}`", hint)
    return {role: tuple(dict.fromkeys(names)) for role, names in roles.items()}


def _globals(
    record: Record, effects: Mapping[str, str], symbols: Symbols, report: Report
) -> frozenset[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for node in record.at("global").each() if record["global"] else ():
        effect, _, symbol = node.text.partition("/")
        if node.text not in record["global"]:
            continue  # its shape is reported
        if effect not in effects:
            hint = nearest(effect, effects) or f"it has {', '.join(effects) or 'none'}"
            report.error(node, f"this pedalboard has no effect `{effect}`", hint)
        else:
            check_symbol(node, effect, symbol, (effects[effect],), symbols, report)
            found.add((effect, symbol))
    return frozenset(found)


def _setup(effect: str, record: Record, symbols: Symbols, report: Report) -> EffectSetup:
    if effect == SYSTEM:
        report.error(record.node, "an effect cannot be called `system`", "that is the sound card")
    uri: str = record["plugin"] or ""
    _check_parameters(record, effect, uri, symbols, report)
    x, y = record["position"]
    return EffectSetup(effect, uri, record["bypassed"], record["preset"], record["parameters"], (x, y))


def _check_parameters(record: Record, effect: str, uri: str, symbols: Symbols, report: Report) -> None:
    levels: dict[str, Level] = record["parameters"]
    for key, value in record.at("parameters").entries or () if levels else ():
        check_symbol(key, effect, key.text, (uri,), symbols, report)
        warn_of_trigger(key, effect, key.text, uri, symbols, report)
        if key.text in levels:
            check_level(value, levels[key.text], effect, key.text, (uri,), symbols, report)


def _connections(record: Record, effects: Mapping[str, str], report: Report) -> tuple[tuple[str, str], ...]:
    found: dict[tuple[str, str], None] = {}
    for node in record.at("connections").items or () if record["connections"] else ():
        ends = [end.text for end in node.items] if node.items is not None else _ARROW.split(node.text.strip())
        if len(ends) != 2:
            continue  # its shape is reported
        for end, is_source in zip(ends, (True, False), strict=True):
            _check_end(node, end, effects, report, is_source=is_source)
        pair = (ends[0], ends[1])
        if pair in found:
            report.warn(node, f"`{pair[0]} -> {pair[1]}` is connected twice")
        found[pair] = None
    return tuple(found)


def _check_end(node: Node, end: str, effects: Mapping[str, str], report: Report, *, is_source: bool) -> None:
    client = end.partition(":")[0]
    if client == SYSTEM:
        reason = wrong_side(end, is_source=is_source)
        if reason:
            report.error(node, reason, "a connection goes from source to destination")
    elif client not in effects:
        hint = nearest(client, [*effects, SYSTEM])
        if hint:  # anything else may be another JACK client
            report.error(node, f"`{end}` belongs to no effect of this pedalboard", hint)


def _snapshots(record: Record, effects: Mapping[str, str], symbols: Symbols, report: Report) -> tuple[Snapshot, ...]:
    node, written = record.at("snapshots"), record["snapshots"]
    if not written:
        return ()
    pairs = [pair for each in node.each() for pair in each.entries or ()]
    groups: list[dict[str, dict[str, object]]] = list(written) if isinstance(written, tuple) else [written]
    read = {key: value for group in groups for key, value in group.items()}
    seen: set[str] = set()
    found: list[Snapshot] = []
    for key, value in pairs:
        if key.text in seen:
            report.error(key, f"the snapshot `{key.text}` is described twice")
        elif key.text in read:
            seen.add(key.text)
            _check_effects(value, effects, report)
            recalls = {
                effect: _recall(effect, each, effects, symbols, report) for effect, each in read[key.text].items()
            }
            found.append(Snapshot(key.text, recalls))
    return tuple(found)


def _check_effects(node: Node, effects: Mapping[str, str], report: Report) -> None:
    for key, _ in node.entries or ():
        if key.text not in effects:
            hint = nearest(key.text, effects) or f"it has {', '.join(effects) or 'none'}"
            report.error(key, f"this pedalboard has no effect `{key.text}`", hint)


def _recall(effect: str, written: object, effects: Mapping[str, str], symbols: Symbols, report: Report) -> EffectRecall:
    if not isinstance(written, Record):
        return EffectRecall(bypassed=written == "bypassed")
    if effect in effects:
        _check_parameters(written, effect, effects[effect], symbols, report)
    bypassed: bool | None = written["bypassed"]
    if written["active"] is not None:
        bypassed = not written["active"]
    return EffectRecall(bypassed, written["preset"], written["parameters"])


def compile_banks(node: Node, report: Report) -> dict[str, tuple[Node, ...]]:
    """Return the banks of a file in order, each with the nodes that name its pedalboards."""
    record = BANKS.read(node, report)
    if record is BAD or record["banks"] is None:
        return {}
    return {key.text: value.each() for key, value in record.at("banks").entries or ()}
