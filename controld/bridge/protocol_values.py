"""What a bridge's JSON members mean: plugins, presets and what is loaded, read leniently.

Pure. A bridge may send anything, so that every reader here returns what it could make out and leaves out the rest;
nothing is raised. Text comes out free of what cannot be printed or stored (the stock bridge sends lone surrogates).
"""

import json
import math
import re
import zlib
from collections.abc import Iterator, Mapping

from controld.session.model import Plugin, Preset
from controld.session.requests import Found, FoundEffect
from controld.values import Scale, ScalePoint, clamp

# The parameter under which mod-host lets a bypass be read: 0.0 is active.
BYPASS = ":bypass"
_TIME = "http://lv2plug.in/ns/ext/time#"
# The designations of ports that the host writes: lv2:enabled (LV2 core specification) is 0 while the plugin lets sound
# pass unprocessed, the others (LV2 time extension) are the transport's.
_OWNED = frozenset({
    "http://lv2plug.in/ns/lv2core#enabled", _TIME + "beatsPerMinute", _TIME + "beatsPerBar", _TIME + "speed",
})  # fmt: skip

_NAME_SEPARATORS = re.compile(r"[#/:]")


def parse_json(body: bytes) -> object:
    """Return the JSON value of a frame; None for what is none (and for null, which says as little)."""
    try:
        value: object = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    return value


def read_members(body: bytes) -> Mapping[str, object]:
    """Return the members of a frame; none for what is no object."""
    return members(parse_json(body))


def number(value: object, default: float | None = None) -> float | None:
    """Return a finite number, or `default` for anything else; true and false are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    try:
        result = float(value)
    except OverflowError:
        return default
    return result if math.isfinite(result) else default


def text(value: object) -> str:
    """Return a text that every file and terminal can take; "" for anything else."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def members(value: object) -> Mapping[str, object]:
    """Return a JSON object's members; none for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """Return a JSON array's items; none for anything else."""
    return value if isinstance(value, list) else []


def instance_number(value: object) -> int | None:
    """Return an instance number given as a number, "3" or "effect_3"; None for anything else."""
    if isinstance(value, str):
        digits = value.removeprefix("effect_")
        return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 9 else None
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def instance_id(number: int, uri: str) -> str:
    """Return what our bridge's plugin methods call the effect `number` while it is an instance of `uri`."""
    return f"plugin_{number}_{zlib.crc32(f'{number} {uri}'.encode()):08x}"


def read_plugin(uri: str, reply: Mapping[str, object]) -> Plugin | None:
    """Return the plugin of a `get_plugin_essentials` reply; None where it has no essentials."""
    essentials = reply.get("essentials")
    if not isinstance(essentials, dict):
        return None
    parameters = dict(_parameters(items(essentials.get("control_inputs"))))
    name = text(reply.get("name")) or text(essentials.get("name"))
    return Plugin(uri, name, parameters, read_presets(reply) or ())


def _parameters(controls: list[object]) -> Iterator[tuple[str, Scale]]:
    """Yield the controls a person may set: not those that LV2 designates as somebody else's.

    "enabled" is the bypass's own, which moves it: written by itself it would disagree with the bypass (mod-host keeps
    the two apart). Tempo, bar and speed are the transport's, which the host writes there. A repair would fight both.
    """
    for control in map(members, controls):
        symbol = text(control.get("symbol"))
        if symbol and text(control.get("designation")) not in _OWNED:
            yield symbol, _scale(control)


def _scale(control: Mapping[str, object]) -> Scale:
    low = number(control.get("min_value"), 0.0) or 0.0
    high = number(control.get("max_value"))
    low, high = sorted((low, max(low, 1.0) if high is None else high))
    default = number(control.get("default_value"), low) or 0.0
    properties = {_short_name(name) for name in items(control.get("properties"))}
    units = members(control.get("units"))
    return Scale(
        low,
        high,
        clamp(default, low, high),
        unit=text(units.get("symbol")) or text(units.get("label")),
        logarithmic="logarithmic" in properties,
        integer="integer" in properties,
        toggled="toggled" in properties,
        enumeration="enumeration" in properties,
        points=tuple(sorted(_points(items(control.get("scale_points"))), key=lambda point: point.value)),
        trigger="trigger" in properties,
    )


def _short_name(value: object) -> str:
    """Return "toggled" for "toggled", "lv2:toggled" and "http://lv2plug.in/ns/lv2core#toggled"."""
    return _NAME_SEPARATORS.split(text(value))[-1].lower()


def _points(entries: list[object]) -> Iterator[ScalePoint]:
    for entry in map(members, entries):
        value = number(entry.get("value"))
        if value is not None:
            yield ScalePoint(value, text(entry.get("label")))


def read_presets(reply: Mapping[str, object]) -> tuple[Preset, ...] | None:
    """Return the presets of a `get_plugin_presets` reply, in the bridge's order; None where it has no list of them."""
    if not isinstance(reply.get("presets"), list):
        return None
    entries = map(members, items(reply.get("presets")))
    pairs = ((text(entry.get("uri")), text(entry.get("label"))) for entry in entries)
    return tuple(Preset(uri, label or uri) for uri, label in pairs if uri)


def read_found(reply: Mapping[str, object]) -> Found | None:
    """Return everything that is loaded, from an `effects` reply; None where it is none."""
    effects = reply.get("effects")
    if not isinstance(effects, dict):
        return None
    numbered = ((instance_number(key), _found_effect(members(entry))) for key, entry in effects.items())
    pairs = (items(entry) for entry in items(reply.get("connections")))
    return Found(
        {instance: effect for instance, effect in numbered if instance is not None and effect.uri},
        frozenset((text(pair[0]), text(pair[1])) for pair in pairs if len(pair) == 2),
    )


def _found_effect(entry: Mapping[str, object]) -> FoundEffect:
    values = ((text(symbol), number(value)) for symbol, value in members(entry.get("values")).items())
    return FoundEffect(
        uri=text(entry.get("uri")),
        bypassed=bool(entry.get("bypassed")),
        values={symbol: value for symbol, value in values if value is not None},
        preset=text(entry.get("preset")),
    )
