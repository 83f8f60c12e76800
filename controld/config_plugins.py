"""The plugins that this machine knows, as a session knows them: for checks before any engine runs, and to play offline.

Shell: the package is read, and what a bridge has kept of the installed bundles.
"""

from collections.abc import Iterator, Mapping
from functools import cache

from controld.bridge.hosts import known
from controld.bridge.hosts.catalogue import PROPERTIES, Control
from controld.bridge.hosts.catalogue import Plugin as Description
from controld.bridge.hosts.virtual_rig import is_owned
from controld.session.model import Plugin, Preset
from controld.values import Scale, ScalePoint


class KnownPlugins(Mapping[str, Plugin]):
    """The plugins by URI, as a session learns them from a bridge; each is made when it is asked for first."""

    def __init__(self) -> None:
        self._made: dict[str, Plugin] = {}

    def __getitem__(self, uri: str) -> Plugin:
        """Return a plugin.

        Raises:
            KeyError: where none of that URI is known.
        """
        if uri not in self._made:
            self._made[uri] = _plugin(known.known_plugins()[uri])
        return self._made[uri]

    def __iter__(self) -> Iterator[str]:
        """Yield the URIs."""
        return iter(known.known_plugins())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(known.known_plugins())

    def preset_values(self, uris: Iterator[str]) -> dict[str, Mapping[str, float]]:
        """Return what the presets of some plugins set, by the preset's URI."""
        found = (known.known_plugins().get(uri) for uri in uris)
        return {preset.uri: preset.values for plugin in found if plugin for preset in plugin.presets}


class KnownSymbols(Mapping[str, Mapping[str, Scale]]):
    """The parameters of those plugins: URI -> symbol -> scale."""

    def __getitem__(self, uri: str) -> Mapping[str, Scale]:
        """Return a plugin's; raises KeyError where none of that URI is known."""
        return known_plugins()[uri].parameters

    def __iter__(self) -> Iterator[str]:
        """Yield the URIs."""
        return iter(known_plugins())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(known_plugins())


@cache
def known_plugins() -> KnownPlugins:
    """Return the known plugins; shared, as nothing in them changes while a process runs."""
    return KnownPlugins()


def presets_of(uri: str) -> tuple[Preset, ...]:
    """Return the presets of a plugin, as far as this machine knows them."""
    plugin = known_plugins().get(uri)
    return plugin.presets if plugin else ()


def _plugin(found: Description) -> Plugin:
    parameters = {control.symbol: _scale(control) for control in found.controls if not is_owned(control)}
    return Plugin(found.uri, found.name, parameters, tuple(Preset(each.uri, each.label) for each in found.presets))


def _scale(control: Control) -> Scale:
    return Scale(
        control.minimum,
        control.maximum,
        control.default,
        control.unit_label or control.unit,
        points=tuple(ScalePoint(point.value, point.label) for point in control.scale_points),
        **{word: word in control.properties for word in PROPERTIES},
    )
