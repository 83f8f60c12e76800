"""The plugin methods about what is loaded: load, unload, parameters, presets of instances.

An instance is known by `plugin_<n>_<8 hex>`. n is mod-host's own number, so that this form and the raw commands name
the same effect; the digits are made from number and URI, so that an id outlives a restart of the bridge and an id kept
after its effect is gone does not come to mean another one. Nothing of the host's state is kept here: what the host has
is what is listed, whoever loaded it.
"""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from controld.bridge import api_shapes
from controld.bridge.api_catalogue import CatalogueApi, Method, text
from controld.bridge.api_desk import Desk, Fields, PluginError, Reply
from controld.bridge.api_presets import preset_place
from controld.bridge.hosts.base import HostEffect
from controld.bridge.hosts.catalogue import Plugin
from controld.bridge.jsoncpp import as_double
from controld.bridge.protocol_values import instance_id

BYPASS = ":bypass"  # mod-host's own name for an effect's bypass among its parameters

# Where programs' numbers begin after 0: those before are controld's own, which removes what it does not know there.
FIRST_NUMBER = 1000

_INSTANCE_ID = re.compile(r"plugin_(0|[1-9]\d{0,8})_[0-9a-f]{8}\Z")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the host does not know of an instance: its place on a client's canvas, and since when it is known here."""

    created_at: str
    place: tuple[float, float] = (0.0, 0.0)


class InstancesApi:
    """What the plugin API does with instances."""

    def __init__(self, desk: Desk, catalogue: CatalogueApi) -> None:
        self._desk = desk
        self._catalogue = catalogue
        self._seen: dict[str, _Seen] = {}
        self.methods: Mapping[str, Method] = {
            "load_plugin": self._load_plugin,
            "unload_plugin": self._unload_plugin,
            "set_parameter": self._set_parameter,
            "get_parameter": self._get_parameter,
            "get_plugin_info": self._get_plugin_info,
            "list_instances": self._list_instances,
            "clear_all": self._clear_all,
            "load_preset": self._load_preset,
            "save_preset": self._save_preset,
        }

    def _load_plugin(self, fields: Fields) -> Reply:
        plugin = self._catalogue.plugin(text(fields, "uri"))
        place = as_double(fields.get("x")), as_double(fields.get("y"))
        values = _given_values(fields, plugin)
        effects = self._desk.host.effects()
        number = next(number for number in itertools.chain((0,), range(FIRST_NUMBER, 9991)) if number not in effects)
        if not self._desk.accepts("add", plugin.uri, number):
            message = "Failed to add plugin to mod-host"
            raise PluginError(message)
        name = instance_id(number, plugin.uri)
        self._seen[name] = _Seen(_now(), place)
        for symbol, value in values.items():
            self._put(number, symbol, value)
        self._desk.announce("plugin_loaded", instance_id=name, name=plugin.name, uri=plugin.uri)
        return {"instance_id": name, "plugin": self._shown(number, self._effect(number, name))}

    def _unload_plugin(self, fields: Fields) -> Reply:
        name, number, effect = self._resolve(text(fields, "instance_id"))
        self._remove(name, number, effect.uri)
        return {"status": "ok", "instance_id": name}

    def _clear_all(self, _fields: Fields) -> Reply:
        for number, effect in sorted(self._desk.host.effects().items()):
            self._remove(instance_id(number, effect.uri), number, effect.uri)
        return {"status": "ok"}

    def _remove(self, name: str, number: int, uri: str) -> None:
        if not self._desk.accepts("remove", number):
            message = "Failed to remove plugin from mod-host"
            raise PluginError(message)
        self._seen.pop(name, None)
        self._desk.announce("plugin_unloaded", instance_id=name, uri=uri)

    def _set_parameter(self, fields: Fields) -> Reply:
        name, number, _effect = self._resolve(text(fields, "instance_id"))
        symbol = text(fields, "parameter")
        # Without a value there is nothing to set; a string is converted by nobody, which makes it the error to give.
        self._put(number, symbol, as_double(fields.get("value", "")))
        value = _value(self._effect(number, name), symbol)
        self._desk.announce("parameter_changed", instance_id=name, parameter=symbol, value=value)
        return {"status": "ok", "value": value}

    def _put(self, number: int, symbol: str, value: float) -> None:
        if not self._desk.accepts("param_set", number, symbol, value):
            message = "Failed to set parameter in mod-host"
            raise PluginError(message)

    def _get_parameter(self, fields: Fields) -> Reply:
        _name, _number, effect = self._resolve(text(fields, "instance_id"))
        symbol = text(fields, "parameter")
        return {"parameter": symbol, "value": _value(effect, symbol)}

    def _get_plugin_info(self, fields: Fields) -> Reply:
        _name, number, effect = self._resolve(text(fields, "instance_id"))
        return {"plugin": self._shown(number, effect)}

    def _list_instances(self, _fields: Fields) -> Reply:
        effects = self._desk.host.effects()
        listed = {instance_id(number, effect.uri): self._shown(number, effect) for number, effect in effects.items()}
        self._seen = {name: seen for name, seen in self._seen.items() if name in listed}
        return {"instances": listed}

    def _load_preset(self, fields: Fields) -> Reply:
        preset_uri = text(fields, "preset_uri")
        failed = f"Failed to load preset: {preset_uri}"
        name, number, before = self._meant(fields, failed)
        if not self._fits(preset_uri, before.uri) or not self._desk.accepts("preset_load", number, preset_uri):
            raise PluginError(failed)
        for symbol, value in self._effect(number, name).values.items():
            if value != before.values.get(symbol):
                self._desk.announce("parameter_changed", instance_id=name, parameter=symbol, value=float(value))
        return {"status": "ok", "preset_uri": preset_uri}

    def _fits(self, preset_uri: str, uri: str) -> bool:
        """Return whether a preset may go to a plugin; mod-host asks not, and gives one plugin the values of another."""
        plugins = self._desk.host.plugins().values()
        owners = [plugin.uri for plugin in plugins if any(preset.uri == preset_uri for preset in plugin.presets)]
        return not owners or uri in owners

    def _save_preset(self, fields: Fields) -> Reply:
        given = fields.get("preset")
        preset: Fields = given if isinstance(given, Mapping) else {}
        label, uri = text(preset, "label"), text(preset, "uri")
        failed = f"Failed to save preset: {uri or label}"
        _name, number, effect = self._meant(fields, failed)
        place = preset_place(self._named(effect.uri).name, label, text(preset, "path"))
        if not label or not self._desk.accepts("preset_save", number, label, place.directory, place.file):
            raise PluginError(failed)
        # mod-host keeps what it read of a bundle before, so a preset that was overwritten has to be forgotten first.
        self._desk.accepts("bundle_remove", place.directory, "")
        self._desk.accepts("bundle_add", place.directory)
        return {"status": "ok", "preset_uri": uri or f"file://{place.directory}/{place.file}"}

    def _meant(self, fields: Fields, failed: str) -> tuple[str, int, HostEffect]:
        """Return the instance a preset request means: by its id, or by the URI of a plugin that is loaded once."""
        if "instance_id" in fields:
            return self._resolve(text(fields, "instance_id"))
        uri = text(fields, "plugin_uri")
        numbers = [number for number, effect in self._desk.host.effects().items() if effect.uri == uri]
        if len(numbers) != 1:
            message = f"{failed} ({len(numbers)} instances of <{uri}> are loaded; name one by its instance_id)"
            raise PluginError(message)
        return self._resolve(instance_id(numbers[0], uri))

    def _resolve(self, name: str) -> tuple[str, int, HostEffect]:
        match = _INSTANCE_ID.match(name)
        number = int(match[1]) if match else -1
        return name, number, self._effect(number, name)

    def _effect(self, number: int, name: str) -> HostEffect:
        effect = self._desk.host.effects().get(number)
        if effect is None or instance_id(number, effect.uri) != name:
            message = f"Plugin instance not found: {name}"
            raise PluginError(message)
        return effect

    def _shown(self, number: int, effect: HostEffect) -> Reply:
        name = instance_id(number, effect.uri)
        seen = self._seen.setdefault(name, _Seen(_now()))
        return api_shapes.instance(name, effect, self._named(effect.uri), seen.place, seen.created_at)

    def _named(self, uri: str) -> Plugin:
        """Return the plugin, or one with no more than its URI where mod-host knows one that the catalogue does not."""
        return self._desk.host.plugins().get(uri) or Plugin(uri=uri, name=uri)


def _given_values(fields: Fields, plugin: Plugin) -> dict[str, float]:
    """Return the parameters to load a plugin with, checked before anything is loaded."""
    given = fields.get("parameters")
    values = {symbol: as_double(value) for symbol, value in given.items()} if isinstance(given, Mapping) else {}
    if not values.keys() <= {BYPASS, *plugin.control_by_symbol}:
        message = "Failed to set parameter in mod-host"
        raise PluginError(message)
    return values


def _value(effect: HostEffect, symbol: str) -> float:
    value = float(effect.bypassed) if symbol == BYPASS else effect.values.get(symbol)
    if value is None:
        message = f"Parameter not found: {symbol}"
        raise PluginError(message)
    return float(value)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
