"""A bridge before a host that does what a test tells it, as a program: `python scripted_bridge.py [options of bridge]`.

Beside a few of mod-host's commands the host knows: `own <text>` (an event that arises in the host itself, later),
`mute` (no reply), `explode` (a mistake in the host), `sick` (unhealthy from now on), `log` (replies all lines so far).
"""

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import replace

from controld.bridge import main
from controld.bridge.hosts.base import AudioError, HostEffect, HostEvent
from controld.bridge.hosts.catalogue import ENABLED, Control, Plugin, Preset, ScalePoint
from controld.bridge.modhost_protocol import tokenize

GAIN = Control("gain", "Gain", -20.0, 20.0, 0.0, unit="db", unit_label="dB")
MODE = Control(
    "mode", "A mode with a long name", 0, 2, 1, properties=frozenset({"integer", "enumeration"}),
    scale_points=(ScalePoint(0, "off"), ScalePoint(1, "on")),
)  # fmt: skip
ENABLE = Control("on", "On", 0, 1, 1, properties=frozenset({"toggled"}), designation=ENABLED)
DRIVE = Plugin(
    uri="urn:test:drive", name="Drive", brand="Test", version="2.4", license="MIT", categories=("Distortion",),
    author="Ada", audio_inputs=("in",), audio_outputs=("out",), controls=(GAIN, MODE, ENABLE),
    outputs=(Control("meter", "Meter", 0, 1, 0),), presets=(Preset("urn:test:drive:loud", "Loud", {"gain": 12.0}),),
)  # fmt: skip
ECHO = Plugin(
    uri="urn:test:echo", name="Echo", categories=("Delay",), author="Bob", audio_inputs=("l", "r"),
    audio_outputs=("l", "r"), controls=(replace(GAIN, symbol="feedback"),),
    presets=(Preset("urn:test:echo:long", "Long", {"feedback": 1.0}),),
)  # fmt: skip
PLUGINS = {plugin.uri: plugin for plugin in (DRIVE, ECHO)}


class ScriptedHost:
    """Some of mod-host, and the words above."""

    name = "scripted"

    def __init__(self) -> None:
        self._effects: dict[int, HostEffect] = {}
        self._events: list[HostEvent] = []
        self._own: list[tuple[float, HostEvent]] = []
        self._lines: list[str] = []
        self._healthy = True

    def execute(self, line: str) -> str | None:
        self._lines.append(line)
        name, *args = tokenize(line)
        handler = getattr(self, f"_do_{name}", None)
        if not name:
            return None
        return str(handler(*args)) if handler and name != "mute" else None if name == "mute" else "not found"

    def _do_add(self, uri: str, number: str) -> str:
        if uri not in PLUGINS or int(number) in self._effects:
            return "resp -101" if uri not in PLUGINS else "resp -2"
        values = {control.symbol: control.default for control in PLUGINS[uri].controls}
        self._effects[int(number)] = HostEffect(uri, values=values)
        self._events.append({"type": "effect_added", "effect_id": int(number), "uri": uri})
        return f"resp {number}"

    def _do_remove(self, number: str) -> str:
        self._effects.pop(int(number), None)
        self._events.append({"type": "effect_removed", "effect_id": int(number)})
        return "resp 0"

    def _do_bypass(self, number: str, on: str) -> str:
        return self._do_param_set(number, ":bypass", on)

    def _do_param_set(self, number: str, symbol: str, text: str) -> str:
        effect = self._effects.get(int(number))
        if effect is None:
            return "resp -3"
        if symbol == ":bypass":
            value = float(text)
            self._effects[int(number)] = replace(effect, bypassed=value != 0)
        elif symbol in effect.values:
            value = PLUGINS[effect.uri].control_by_symbol[symbol].clamped(float(text))
            self._effects[int(number)] = replace(effect, values={**effect.values, symbol: value})
        else:
            return "resp -103"
        self._events.append({"type": "param_set", "effect_id": int(number), "symbol": symbol, "value": value})
        return "resp 0"

    def _do_param_get(self, number: str, symbol: str) -> str:
        return f"resp 0 {self._effects[int(number)].values[symbol]:.4f}"

    def _do_preset_load(self, number: str, uri: str) -> str:
        presets = {preset.uri: preset for plugin in PLUGINS.values() for preset in plugin.presets}
        if uri not in presets:
            return "resp -105"
        for symbol, value in presets[uri].values.items():
            self._do_param_set(number, symbol, str(value))
        self._effects[int(number)] = replace(self._effects[int(number)], preset=uri)
        return "resp 0"

    def _do_preset_save(self, *_args: str) -> str:
        return "resp 0"

    _do_bundle_add = _do_bundle_remove = _do_monitor_output = _do_preset_save

    def _do_own(self, *words: str) -> str:
        self._own.append((time.monotonic() + 0.05, {"type": "own", "text": " ".join(words)}))
        return "resp 0"

    def _do_explode(self) -> str:
        raise ZeroDivisionError

    def _do_sick(self) -> str:
        self._healthy = False
        return "resp 0"

    def _do_log(self) -> str:
        return "resp 0 " + "|".join(self._lines)

    def filenos(self) -> list[int]:
        return []

    def take_events(self) -> list[HostEvent]:
        while self._own and self._own[0][0] <= time.monotonic():
            self._events.append(self._own.pop(0)[1])
        taken, self._events = self._events, []
        return taken

    def plugins(self) -> Mapping[str, Plugin]:
        return PLUGINS

    def rescan(self) -> None:
        counts = {"plugin_count": len(PLUGINS), "plugins_added": 0, "plugins_removed": 0}
        self._events.append({"type": "plugins_rescanned", **counts})

    def effects(self) -> Mapping[int, HostEffect]:
        return dict(self._effects)

    def connections(self) -> list[tuple[str, str]]:
        return [("system:capture_1", "effect_1:in")]

    def audio(self, method: str, fields: Mapping[str, object]) -> dict[str, object]:
        if method == "connect_jack_ports":
            self._events.append({"type": "connected"})
            return {"success": "port1" in fields}
        message = f"Unknown audio command method: {method}"
        raise AudioError(message)

    def healthy(self) -> bool:
        return self._healthy

    def close(self) -> None:
        sys.stderr.write("scripted host: closed\n")


if __name__ == "__main__":
    main.HOSTS["scripted"] = (ScriptedHost, "scripted host")
    parser = argparse.ArgumentParser()
    main.add_arguments(parser)
    sys.exit(main.run(parser.parse_args()))
