"""The shapes in which the plugin API shows plugins, controls, presets and instances.

Pure: values of the host in, JSON members out, one function per shape. What the catalogue does not know is there as the
empty value of its type, because clients of the stock bridge read these members without asking whether they are there.
"""

from controld.bridge.api_desk import Reply
from controld.bridge.hosts.base import HostEffect
from controld.bridge.hosts.catalogue import Control, Plugin, Preset

_SHORT_NAME_LENGTH = 16  # LV2: lv2:shortName should be at most 16 characters
_GUI_TEXTS = (
    *("resources_directory", "icon_template", "settings_template", "javascript", "stylesheet", "screenshot"),
    *("thumbnail", "discussion_url", "documentation", "brand", "label", "model", "panel", "color", "knob"),
)


def plugin_info(plugin: Plugin) -> Reply:
    """Return a plugin as `get_available_plugins` and `search_plugins` list it."""
    return {
        "uri": plugin.uri,
        "name": plugin.name,
        "brand": plugin.brand,
        "label": plugin.name,
        "comment": "",
        "build_environment": "",
        "version": plugin.version,
        "license": plugin.license,
        "category": list(plugin.categories),
        "author": {"name": plugin.author, "homepage": "", "email": ""},
        "ports": {
            **_ports(plugin),
            "cv_inputs": 0,
            "cv_outputs": 0,
            "midi_inputs": len(plugin.midi_inputs),
            "midi_outputs": len(plugin.midi_outputs),
        },
    }


def _ports(plugin: Plugin) -> Reply:
    return {
        "audio_inputs": len(plugin.audio_inputs),
        "audio_outputs": len(plugin.audio_outputs),
        "control_inputs": len(plugin.controls),
        "control_outputs": len(plugin.outputs),
    }


def essentials(plugin: Plugin) -> Reply:
    """Return what a control surface needs to know of a plugin: ranges, kinds, named values, meters."""
    minor, micro = _version(plugin.version)
    return {
        "control_inputs": [control_input(index, control) for index, control in enumerate(plugin.controls)],
        "monitored_outputs": [output.symbol for output in plugin.outputs],
        # Ours: the stock bridge does not tell how audio and MIDI ports are called.
        "audio_inputs": list(plugin.audio_inputs),
        "audio_outputs": list(plugin.audio_outputs),
        "midi_inputs": list(plugin.midi_inputs),
        "midi_outputs": list(plugin.midi_outputs),
        "parameters": [],
        "build_environment": "",
        "builder": 0,
        "release": 0,
        "minor_version": minor,
        "micro_version": micro,
    }


def _version(text: str) -> tuple[int, int]:
    numbers = [int(part) for part in text.split(".") if part.isdecimal()]
    minor, micro = [*numbers, 0, 0][:2]
    return minor, micro


def control_input(index: int, control: Control) -> Reply:
    """Return one control; `index` counts the plugin's input controls from 0."""
    return {
        "index": index,
        "symbol": control.symbol,
        "name": control.name,
        "short_name": control.name[:_SHORT_NAME_LENGTH],
        "comment": "",
        "designation": control.designation,
        "min_value": float(control.minimum),
        "max_value": float(control.maximum),
        "default_value": float(control.default),
        "properties": sorted(control.properties),
        "scale_points": [{"value": float(point.value), "label": point.label} for point in control.scale_points],
        "units": {"label": control.unit, "symbol": control.unit_label},
    }


def preset(value: Preset) -> Reply:
    """Return a preset as `get_plugin_presets` lists it; `path` is empty, as the catalogue has no bundles."""
    return {"uri": value.uri, "label": value.label, "path": ""}


def instance(
    instance_id: str, effect: HostEffect, plugin: Plugin, place: tuple[float, float], created_at: str
) -> Reply:
    """Return an instance: its true values, bypass as `enabled`, `place` its x and y on the client's canvas."""
    x, y = place
    return {
        "uri": effect.uri,
        "instance_id": instance_id,
        "name": plugin.name,
        "brand": plugin.brand,
        "version": plugin.version,
        "x": x,
        "y": y,
        "enabled": not effect.bypassed,
        "preset": effect.preset,
        "parameters": {symbol: float(value) for symbol, value in effect.values.items()},
        "ports": _ports(plugin),
        "created_at": created_at,
    }


def gui() -> Reply:
    """Return the description of a plugin's web interface, for a plugin that has none."""
    return {**dict.fromkeys(_GUI_TEXTS, ""), "ports": [], "monitored_outputs": []}


def gui_mini() -> Reply:
    """Return the short form of `gui`."""
    return dict.fromkeys(("resources_directory", "screenshot", "thumbnail"), "")
