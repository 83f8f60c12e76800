"""The plugin methods that ask about plugins, presets and bundles rather than about what is loaded.

Each method takes the request's members and returns the reply's; `PluginError` says why not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from controld.bridge import api_shapes
from controld.bridge.api_desk import Desk, Fields, PluginError, Reply
from controld.bridge.hosts.catalogue import Plugin
from controld.bridge.jsoncpp import as_int, as_text

Method = Callable[[Fields], Reply]


def text(fields: Fields, name: str) -> str:
    """Return a member as text, "" where it is missing, as the stock bridge has it."""
    return as_text(fields.get(name))


class CatalogueApi:
    """What the plugin API tells of the host's catalogue."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.methods: Mapping[str, Method] = {
            "get_available_plugins": self._get_available_plugins,
            "search_plugins": self._search_plugins,
            "get_plugin_essentials": self._get_plugin_essentials,
            "get_plugin_presets": self._get_plugin_presets,
            "validate_preset": self._validate_preset,
            "rescan_presets": self._rescan_presets,
            "rescan_plugins": self._rescan_plugins,
            "get_plugin_gui": self._get_plugin_gui,
            "get_plugin_gui_mini": self._get_plugin_gui_mini,
            "is_bundle_loaded": lambda fields: {"is_loaded": bool(self._plugins_of(fields))},
            "list_bundle_plugins": lambda fields: {"plugins": self._plugins_of(fields)},
            "add_bundle": self._add_bundle,
            "remove_bundle": self._remove_bundle,
        }

    def plugin(self, uri: str) -> Plugin:
        """Return a plugin of the catalogue.

        Raises:
            PluginError: where there is none of that URI.
        """
        plugin = self._desk.host.plugins().get(uri)
        if plugin is None:
            message = f"Plugin not found: {uri}"
            raise PluginError(message)
        return plugin

    def _get_available_plugins(self, _fields: Fields) -> Reply:
        return {"plugins": {uri: api_shapes.plugin_info(found) for uri, found in self._desk.host.plugins().items()}}

    def _search_plugins(self, fields: Fields) -> Reply:
        criteria = _Criteria.parse(fields)
        found = (plugin for _uri, plugin in sorted(self._desk.host.plugins().items()) if criteria.match(plugin))
        return {"plugins": [api_shapes.plugin_info(plugin) for plugin in found]}

    def _get_plugin_essentials(self, fields: Fields) -> Reply:
        plugin = self.plugin(text(fields, "plugin_uri"))
        return {"plugin_uri": plugin.uri, "essentials": api_shapes.essentials(plugin)}

    def _get_plugin_presets(self, fields: Fields) -> Reply:
        plugin = self.plugin(text(fields, "plugin_uri"))
        return {"plugin_uri": plugin.uri, "presets": [api_shapes.preset(preset) for preset in plugin.presets]}

    def _validate_preset(self, fields: Fields) -> Reply:
        plugin = self._desk.host.plugins().get(text(fields, "plugin_uri"))
        preset_uri = text(fields, "preset_uri")
        return {"is_valid": plugin is not None and any(preset.uri == preset_uri for preset in plugin.presets)}

    def _rescan_presets(self, _fields: Fields) -> Reply:
        self._desk.host.rescan()
        return {"status": "ok"}

    def _rescan_plugins(self, _fields: Fields) -> Reply:
        """Begin a look at the bundles; what came and went since is not known yet, and told by the event at its end."""
        self._desk.host.rescan()
        return {"status": "ok", "plugins_added": 0, "plugins_removed": 0}

    def _plugins_of(self, fields: Fields) -> list[str]:
        path = text(fields, "bundle_path").rstrip("/")
        return [uri for uri, plugin in self._desk.host.plugins().items() if path and plugin.bundle == path]

    def _get_plugin_gui(self, fields: Fields) -> Reply:
        return {"plugin_uri": self.plugin(text(fields, "plugin_uri")).uri, "gui": api_shapes.gui()}

    def _get_plugin_gui_mini(self, fields: Fields) -> Reply:
        return {"plugin_uri": self.plugin(text(fields, "plugin_uri")).uri, "gui_mini": api_shapes.gui_mini()}

    def _add_bundle(self, fields: Fields) -> Reply:
        before = set(self._desk.host.plugins())
        self._change_bundles("bundle_add", text(fields, "bundle_path"))
        return {"added_plugins": sorted(set(self._desk.host.plugins()) - before)}

    def _remove_bundle(self, fields: Fields) -> Reply:
        before = set(self._desk.host.plugins())
        self._change_bundles("bundle_remove", text(fields, "bundle_path"), text(fields, "resource_path"))
        return {"removed_plugins": sorted(before - set(self._desk.host.plugins()))}

    def _change_bundles(self, *command: str) -> None:
        if not self._desk.accepts(*command):
            message = "Failed to change bundles in mod-host"
            raise PluginError(message)


@dataclass(frozen=True, slots=True)
class _Criteria:
    """What a search asks for; "" and the defaults ask for nothing. Texts match anywhere, in either case.

    `requires_realtime` is read by nobody: the catalogue does not say it of any plugin.
    """

    query: str
    category: str
    author: str
    has_parameter: str
    audio_inputs: tuple[int, int]
    audio_outputs: tuple[int, int]
    wants_features: bool

    @classmethod
    def parse(cls, fields: Fields) -> "_Criteria":
        given = fields.get("criteria")
        criteria: Fields = given if isinstance(given, Mapping) else {}

        def limits(port: str) -> tuple[int, int]:
            return as_int(criteria.get(f"min_audio_{port}", 0)), as_int(criteria.get(f"max_audio_{port}", -1))

        return cls(
            query=text(fields, "query").lower(),
            category=text(criteria, "category").lower(),
            author=text(criteria, "author").lower(),
            has_parameter=text(criteria, "has_parameter").lower(),
            audio_inputs=limits("inputs"),
            audio_outputs=limits("outputs"),
            wants_features=bool(criteria.get("required_features")),
        )

    def match(self, plugin: Plugin) -> bool:
        """Return whether all that is asked for is there; no plugin of the catalogue requires a feature."""
        return (
            self.query in " ".join((plugin.name, plugin.author, plugin.uri)).lower()
            and any(self.category in category.lower() for category in plugin.categories or ("",))
            and self.author in plugin.author.lower()
            and (not self.has_parameter or self._has_parameter(plugin))
            and _within(len(plugin.audio_inputs), self.audio_inputs)
            and _within(len(plugin.audio_outputs), self.audio_outputs)
            and not self.wants_features
        )

    def _has_parameter(self, plugin: Plugin) -> bool:
        return any(self.has_parameter in (control.symbol.lower(), control.name.lower()) for control in plugin.controls)


def _within(count: int, limits: tuple[int, int]) -> bool:
    least, most = limits
    return count >= least and (most < 0 or count <= most)
