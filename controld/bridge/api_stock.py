"""The stock bridge's plugin API with its faults, so that a client's survival is tested without the C++ program.

It sends its own instance ids to mod-host, which reads each of them as 0, and it believes its own table instead of mod-
host. Observed on modhost-bridge of mebaxyz/marlise, October 2025. Only for `--faults stock`.
"""

import secrets
from collections.abc import Mapping

from controld.bridge import api_shapes
from controld.bridge.api_catalogue import CatalogueApi, Method, text
from controld.bridge.api_desk import Desk, Fields, PluginError, Reply
from controld.bridge.hosts.base import HostEffect
from controld.bridge.hosts.catalogue import Plugin
from controld.bridge.jsoncpp import as_double

_UNINITIALISED = 2.9643938750474793e-323  # what a missing value was once seen to be
_FREED = "\udb25\ude9f\u04bf\u0000\u0000"  # what stands at the start of a URI that was freed before it is published


class StockApi:
    """What the stock bridge does where ours is right; other methods are shared."""

    def __init__(self, desk: Desk, catalogue: CatalogueApi) -> None:
        self._desk = desk
        self._catalogue = catalogue
        self._table: dict[str, tuple[Plugin, dict[str, float]]] = {}
        self.methods: Mapping[str, Method] = {
            "load_plugin": self._load_plugin,
            "unload_plugin": self._unload_plugin,
            "set_parameter": self._set_parameter,
            "get_parameter": self._get_parameter,
            "get_plugin_info": lambda fields: {"plugin": self._shown(self._known(fields))},
            "list_instances": lambda _fields: {"instances": {name: self._shown(name) for name in self._table}},
            "clear_all": self._clear_all,
            "get_plugin_presets": lambda fields: {"plugin_uri": text(fields, "plugin_uri"), "presets": []},
            "load_preset": lambda fields: _failed(f"load preset: {text(fields, 'preset_uri')}"),
            "save_preset": lambda fields: _failed(f"save preset: {text(fields, 'plugin_uri')}"),
        }

    def _load_plugin(self, fields: Fields) -> Reply:
        plugin = self._catalogue.plugin(text(fields, "uri"))
        name = f"plugin_{len(self._table)}_{secrets.token_hex(4)}"
        if self._desk.execute(f"add {plugin.uri} 0") is None:
            _failed("add plugin to mod-host")
        self._table[name] = plugin, {control.symbol: control.default for control in plugin.controls}
        self._desk.announce("plugin_loaded", instance_id=name, name=plugin.name, uri=plugin.uri)
        return {"instance_id": name, "plugin": self._shown(name)}

    def _unload_plugin(self, fields: Fields) -> Reply:
        name = self._known(fields)
        self._desk.execute("remove 0")
        plugin, _values = self._table.pop(name)
        self._desk.announce("plugin_unloaded", instance_id=name, uri=_FREED + plugin.uri[5:])
        return {"status": "ok", "instance_id": name}

    def _clear_all(self, _fields: Fields) -> Reply:
        for name in list(self._table):
            self._unload_plugin({"instance_id": name})
        return {"status": "ok"}

    def _set_parameter(self, fields: Fields) -> Reply:
        name, symbol = self._known(fields), text(fields, "parameter")
        value = as_double(fields.get("value", _UNINITIALISED))
        if self._desk.execute(f"param_set 0 {symbol} {value:.6f}") is None:
            _failed("set parameter in mod-host")
        self._table[name][1][symbol] = value
        self._desk.announce("parameter_changed", instance_id=name, parameter=symbol, value=value)
        return {"status": "ok", "value": value}

    def _get_parameter(self, fields: Fields) -> Reply:
        symbol = text(fields, "parameter")
        return {"parameter": symbol, "value": self._table[self._known(fields)][1].get(symbol, 0.0)}

    def _known(self, fields: Fields) -> str:
        name = text(fields, "instance_id")
        if name not in self._table:
            message = f"Plugin instance not found: {name}"
            raise PluginError(message)
        return name

    def _shown(self, name: str) -> Reply:
        plugin, values = self._table[name]
        effect = HostEffect(uri=plugin.uri, values=values)
        return api_shapes.instance(name, effect, plugin, (0.0, 0.0), "2026-01-01T00:00:00Z")


def _failed(what: str) -> Reply:
    message = f"Failed to {what}"
    raise PluginError(message)
