"""Reads the installed LV2 plugins through liblilv, which is on every machine mod-host runs on; a program of its own.

`python -m controld.bridge.hosts.lv2_scan FINGERPRINT FILE` prints what `lv2_cache` can read, and keeps it in FILE,
unless the bundles are those of the fingerprint. In a process apart, because reading some hundred bundles takes seconds,
and a damaged one may crash the library. `LV2_PATH` is honoured.
"""

import ctypes
import ctypes.util
import math
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from controld.bridge.hosts.lv2_cache import document, fingerprint, lv2_folders, stamps, write_cache
from controld.bridge.hosts.lv2_installed import UNCHANGED

_LV2: Final = "http://lv2plug.in/ns/lv2core#"
_UNITS: Final = "http://lv2plug.in/ns/extensions/units#"
_PRESET: Final = "http://lv2plug.in/ns/ext/presets#"
_LABEL: Final = "http://www.w3.org/2000/01/rdf-schema#label"
_ATOM_PORT: Final = "http://lv2plug.in/ns/ext/atom#AtomPort"
_PORT_PROPERTIES: Final = "http://lv2plug.in/ns/ext/port-props#"
_PROPERTIES: Final = {
    "logarithmic": _PORT_PROPERTIES + "logarithmic",
    "trigger": _PORT_PROPERTIES + "trigger",
    "integer": _LV2 + "integer",
    "toggled": _LV2 + "toggled",
    "enumeration": _LV2 + "enumeration",
}
_NICENESS: Final = 10  # whoever plays comes first
_FLOAT_DIGITS: Final = 9  # no number of 32 bits needs more
_CLASSES: Final = 8  # no class is so deep; an ontology that runs in a circle is
_TEXTS: Final = frozenset({"lilv_node_as_string"})
_NUMBERS: Final = frozenset({"lilv_plugin_get_num_ports"})
_BOOLEANS: Final = frozenset({"lilv_port_is_a", "lilv_port_has_property"})


class Lilv:
    """liblilv by its C names: pointers in, pointers out, texts decoded."""

    def __init__(self) -> None:
        """Load it.

        Raises:
            OSError: where it is not installed.
        """
        self._library = ctypes.CDLL(ctypes.util.find_library("lilv-0") or "liblilv-0.so.0")

    def __call__(self, name: str, *args: Any) -> Any:
        """Call a function; numbers are 32 bits, everything else is a pointer."""
        function = getattr(self._library, name)
        if name in _TEXTS:
            function.restype = ctypes.c_char_p
        elif name in _BOOLEANS or name.endswith("_is_end"):
            function.restype = ctypes.c_bool
        else:
            function.restype = ctypes.c_uint32 if name in _NUMBERS else ctypes.c_void_p
        converted = [ctypes.c_void_p(arg) if isinstance(arg, int) and arg >= 2**16 else arg for arg in args]
        return function(*converted)

    def items(self, kind: str, collection: int | None) -> Iterator[int]:
        """Yield what a collection of lilv's holds: `kind` is "nodes", "plugins" or "scale_points"."""
        if not collection:
            return
        position = self(f"lilv_{kind}_begin", collection)
        while not self(f"lilv_{kind}_is_end", collection, position):
            yield self(f"lilv_{kind}_get", collection, position)
            position = self(f"lilv_{kind}_next", collection, position)

    def text(self, node: int | None) -> str:
        """Return a node's text, "" for none."""
        return (self("lilv_node_as_string", node) or b"").decode(errors="replace") if node else ""


class World:
    """Everything lilv finds."""

    def __init__(self) -> None:
        """Read all bundles' manifests.

        Raises:
            OSError: where there is no liblilv.
        """
        self._lilv = Lilv()
        self._world = self._lilv("lilv_world_new")
        self._lilv("lilv_world_load_all", self._world)
        self._uris: dict[str, int] = {}

    def plugins(self) -> Iterator[dict[str, Any]]:
        """Yield the plugins in the form of the catalogue."""
        for plugin in self._lilv.items("plugins", self._lilv("lilv_world_get_all_plugins", self._world)):
            yield self._plugin(plugin)

    def _plugin(self, plugin: int) -> dict[str, Any]:
        lilv = self._lilv
        entry: dict[str, Any] = {
            "uri": lilv.text(lilv("lilv_plugin_get_uri", plugin)),
            "bundle": _path(lilv.text(lilv("lilv_plugin_get_bundle_uri", plugin))),
            "name": lilv.text(lilv("lilv_plugin_get_name", plugin)),
            "brand": self._value(plugin, "http://moddevices.com/ns/mod#brand"),
            "version": f"{self._value(plugin, _LV2 + 'minorVersion')}.{self._value(plugin, _LV2 + 'microVersion')}",
            "license": self._value(plugin, "http://usefulinc.com/ns/doap#license"),
            "author": lilv.text(lilv("lilv_plugin_get_author_name", plugin)),
            "categories": self._categories(plugin),
            **{key: [] for key in ("audio_inputs", "audio_outputs", "midi_inputs", "midi_outputs")},
            **{key: [] for key in ("controls", "outputs", "presets")},
        }
        entry["version"] = "" if entry["version"] == "." else entry["version"]
        count = lilv("lilv_plugin_get_num_ports", plugin)
        ranges = [(ctypes.c_float * count)() for _ in range(3)]
        lilv("lilv_plugin_get_port_ranges_float", plugin, *ranges)
        for index in range(count):
            self._add_port(entry, plugin, index, [_shortest(each[index]) for each in ranges])
        entry["presets"] = list(self._presets(plugin))
        return entry

    def _categories(self, plugin: int) -> list[str]:
        """Return the names of the plugin's class and of those it belongs to, the widest first."""
        classes = self._lilv("lilv_world_get_plugin_classes", self._world)
        found: list[str] = []
        kind = self._lilv("lilv_plugin_get_class", plugin)
        while kind and len(found) < _CLASSES:
            name = self._lilv.text(self._lilv("lilv_plugin_class_get_uri", kind)).rpartition("#")[2]
            found.insert(0, name.removesuffix("Plugin"))
            parent = self._lilv("lilv_plugin_class_get_parent_uri", kind)
            kind = self._lilv("lilv_plugin_classes_get_by_uri", classes, parent) if parent else None
        return [name for name in found if name]

    def _add_port(self, entry: dict[str, Any], plugin: int, index: int, ranges: list[float]) -> None:
        port = self._lilv("lilv_plugin_get_port_by_index", plugin, index)
        side = "inputs" if self._is_a(plugin, port, _LV2 + "InputPort") else "outputs"
        if self._is_a(plugin, port, _LV2 + "ControlPort"):
            entry["controls" if side == "inputs" else "outputs"].append(self._control(plugin, port, ranges))
        elif self._is_a(plugin, port, _LV2 + "AudioPort"):
            entry[f"audio_{side}"].append(self._symbol(plugin, port))
        elif self._is_a(plugin, port, _ATOM_PORT):
            entry[f"midi_{side}"].append(self._symbol(plugin, port))

    def _control(self, plugin: int, port: int, ranges: list[float]) -> dict[str, Any]:
        minimum, maximum, default = _range(*ranges)
        name, label = self._unit(plugin, port)
        return {
            "symbol": self._symbol(plugin, port),
            "name": self._lilv.text(self._lilv("lilv_port_get_name", plugin, port)),
            "minimum": minimum,
            "maximum": maximum,
            "default": default,
            "unit": name,
            "unit_label": label,
            "properties": [word for word, uri in _PROPERTIES.items() if self._has(plugin, port, uri)],
            "scale_points": sorted(self._points(plugin, port)),  # a bundle has them in no order
            "designation": self._lilv.text(self._get(plugin, port, _LV2 + "designation")),
        }

    def _unit(self, plugin: int, port: int) -> tuple[str, str]:
        """Return the name and the symbol of a port's unit; a plugin may have described one of its own."""
        unit = self._get(plugin, port, _UNITS + "unit")
        if not unit:
            return "", ""
        name = self._lilv.text(unit)
        symbol = self._lilv.text(self._find(unit, _UNITS + "symbol"))
        if not name.startswith(_UNITS):
            return "", symbol
        name = name.removeprefix(_UNITS)
        return name, symbol or _SYMBOLS.get(name, name)

    def _points(self, plugin: int, port: int) -> Iterator[tuple[float, str]]:
        points = self._lilv.items("scale_points", self._lilv("lilv_port_get_scale_points", plugin, port))
        for point in points:
            value = _number(self._lilv.text(self._lilv("lilv_scale_point_get_value", point)))
            if value is not None:
                yield value, self._lilv.text(self._lilv("lilv_scale_point_get_label", point))

    def _presets(self, plugin: int) -> Iterator[dict[str, Any]]:
        related = self._lilv("lilv_plugin_get_related", plugin, self._node(_PRESET + "Preset"))
        for preset in self._lilv.items("nodes", related):
            self._lilv("lilv_world_load_resource", self._world, preset)
            uri = self._lilv.text(preset)
            label = self._lilv.text(self._find(preset, _LABEL))
            yield {"uri": uri, "label": label or uri, "values": dict(self._preset_values(preset))}

    def _preset_values(self, preset: int) -> Iterator[tuple[str, float]]:
        ports = self._lilv("lilv_world_find_nodes", self._world, preset, self._node(_LV2 + "port"), None)
        for port in self._lilv.items("nodes", ports):
            symbol = self._lilv.text(self._find(port, _LV2 + "symbol"))
            value = _number(self._lilv.text(self._find(port, _PRESET + "value")))
            if symbol and value is not None:
                yield symbol, value

    def _symbol(self, plugin: int, port: int) -> str:
        return self._lilv.text(self._lilv("lilv_port_get_symbol", plugin, port))

    def _value(self, plugin: int, uri: str) -> str:
        values = self._lilv("lilv_plugin_get_value", plugin, self._node(uri))
        return self._lilv.text(next(self._lilv.items("nodes", values), None))

    def _is_a(self, plugin: int, port: int, uri: str) -> bool:
        return bool(self._lilv("lilv_port_is_a", plugin, port, self._node(uri)))

    def _has(self, plugin: int, port: int, uri: str) -> bool:
        return bool(self._lilv("lilv_port_has_property", plugin, port, self._node(uri)))

    def _get(self, plugin: int, port: int, uri: str) -> int | None:
        found: int | None = self._lilv("lilv_port_get", plugin, port, self._node(uri))
        return found

    def _find(self, subject: int, uri: str) -> int | None:
        found: int | None = self._lilv("lilv_world_get", self._world, subject, self._node(uri), None)
        return found

    def _node(self, uri: str) -> int:
        if uri not in self._uris:
            self._uris[uri] = self._lilv("lilv_new_uri", self._world, uri.encode())
        return self._uris[uri]


# LV2's own units by name, where the vocabulary itself is not installed.
_SYMBOLS: Final = {
    "db": "dB", "hz": "Hz", "khz": "kHz", "mhz": "MHz", "ms": "ms", "s": "s", "min": "min", "pc": "%", "bpm": "BPM",
    "cent": "ct", "degree": "°", "semitone12TET": "semi", "oct": "oct", "coef": "",
}  # fmt: skip


def _path(uri: str) -> str:
    """Return the path of a bundle's URI, without a slash at its end; "" where it is no file's."""
    parts = urlsplit(uri)
    return unquote(parts.path).rstrip("/") if parts.scheme == "file" else ""


def _shortest(value: float) -> float:
    """Return the number somebody wrote: 0.4, where 32 bits of it are 0.4000000059604645."""
    for digits in range(1, _FLOAT_DIGITS):
        written = float(f"{value:.{digits}g}")
        if ctypes.c_float(written).value == value:
            return written
    return value


def _range(minimum: float, maximum: float, default: float) -> tuple[float, float, float]:
    """Return a port's range whole: what a plugin does not say is 0 to 1, and its default the least."""
    low = minimum if math.isfinite(minimum) else 0.0
    high = maximum if math.isfinite(maximum) else max(1.0, low)
    return low, high, default if math.isfinite(default) else low


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def main() -> int:
    """Print what is installed; returns 0, 3 where that is known (nothing is printed), 1 where there is no liblilv."""
    known, path = sys.argv[1:]
    os.nice(_NICENESS)
    found = stamps(lv2_folders())
    if fingerprint(found) == known:
        return UNCHANGED
    try:
        text = document(World().plugins(), found)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.buffer.write(text)
    with suppress(OSError):  # where it cannot be kept it is read again by the next
        write_cache(Path(path), text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
