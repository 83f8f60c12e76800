"""What describes LV2 plugins: values, and the packaged catalogue of real ones.

Each file of `catalogue/` describes one plugin as its bundle in the named Debian package declares it. Only descriptions
live here, nothing about running plugins.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

PROPERTIES = frozenset({"logarithmic", "integer", "toggled", "enumeration", "trigger"})
ENABLED = "http://lv2plug.in/ns/lv2core#enabled"  # the designation of a port that is 1 while the plugin is active


@dataclass(frozen=True, slots=True)
class ScalePoint:
    """A value of a control that has a name of its own."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Control:
    """A control port. `unit` is the name LV2 gives its unit ("db", "hz"), `unit_label` what people write ("dB")."""

    symbol: str
    name: str
    minimum: float
    maximum: float
    default: float
    unit: str = ""
    unit_label: str = ""
    properties: frozenset[str] = frozenset()
    scale_points: tuple[ScalePoint, ...] = ()
    designation: str = ""

    def clamped(self, value: float) -> float:
        """Return the value of the range nearest to `value`; NaN stays NaN, as every comparison with it is false."""
        return min(max(value, self.minimum), self.maximum)


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset of a plugin, with the port values it sets by symbol."""

    uri: str
    label: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Plugin:
    """An LV2 plugin: `controls` are its inputs, `outputs` its meters, in port order; other ports are symbols only."""

    uri: str
    name: str
    brand: str = ""
    version: str = ""
    license: str = ""
    categories: tuple[str, ...] = ()
    author: str = ""
    audio_inputs: tuple[str, ...] = ()
    audio_outputs: tuple[str, ...] = ()
    midi_inputs: tuple[str, ...] = ()
    midi_outputs: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    outputs: tuple[Control, ...] = ()
    presets: tuple[Preset, ...] = ()
    bundle: str = field(default="", compare=False)  # the folder it was read from, where that is on this machine
    package: str = field(default="", compare=False)  # where the facts were read: a Debian package and its version

    @cached_property
    def control_by_symbol(self) -> Mapping[str, Control]:
        """The input controls by symbol, in port order."""
        return {control.symbol: control for control in self.controls}

    @cached_property
    def enabled_control(self) -> Control | None:
        """The input that is 1 while the plugin is active, or None where the plugin leaves bypassing to the host."""
        return next((control for control in self.controls if control.designation == ENABLED), None)


def load_catalogue() -> Mapping[str, Plugin]:
    """Return the packaged plugins by URI, in order of URI. Read once, shared afterwards."""
    return _load()


@cache
def _load() -> Mapping[str, Plugin]:
    plugins = sorted(_read(), key=lambda plugin: plugin.uri)
    return {plugin.uri: plugin for plugin in plugins}


def _read() -> Iterator[Plugin]:
    for entry in (files("controld.bridge.hosts") / "catalogue").iterdir():
        if entry.name.endswith(".json"):
            yield parse_plugin(json.loads(entry.read_text("utf-8")))


def parse_plugin(entry: dict[str, Any]) -> Plugin:
    """Return the plugin a catalogue file describes; absent members have the defaults of `Plugin` and `Control`."""
    lists = ("categories", "audio_inputs", "audio_outputs", "midi_inputs", "midi_outputs")
    members = entry | {name: tuple(entry.get(name, ())) for name in lists}
    members["controls"] = tuple(map(_parse_control, entry.get("controls", ())))
    members["outputs"] = tuple(map(_parse_control, entry.get("outputs", ())))
    # A bundle has them in no order: the same one everywhere, for those who go to the next.
    presets = map(_parse_preset, entry.get("presets", ()))
    members["presets"] = tuple(sorted(presets, key=lambda preset: (preset.label.casefold(), preset.uri)))
    return Plugin(**members)


def _parse_control(entry: dict[str, Any]) -> Control:
    numbers = {name: float(entry[name]) for name in ("minimum", "maximum", "default")}
    properties = frozenset(entry.get("properties", ()))
    points = tuple(ScalePoint(float(value), label) for value, label in entry.get("scale_points", ()))
    return Control(**(entry | numbers | {"properties": properties, "scale_points": points}))


def _parse_preset(entry: dict[str, Any]) -> Preset:
    values = {symbol: float(value) for symbol, value in entry["values"].items()}
    return Preset(entry["uri"], entry["label"], values)
