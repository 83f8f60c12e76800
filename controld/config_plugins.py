"""The plugins that the package knows, as a session knows them: for checks before any engine runs, and to play offline.

Shell: the catalogue is read from the package.
"""

from functools import cache

from controld.bridge.hosts.catalogue import load_catalogue
from controld.session.model import Plugin, Preset
from controld.values import Scale, ScalePoint


@cache
def known_plugins() -> dict[str, Plugin]:
    """Return the plugins of the catalogue by URI, as a session learns them from a bridge; not to be changed."""
    found: dict[str, Plugin] = {}
    for uri, plugin in load_catalogue().items():
        parameters = {
            control.symbol: Scale(
                control.minimum,
                control.maximum,
                control.default,
                control.unit_label or control.unit,
                points=tuple(ScalePoint(point.value, point.label) for point in control.scale_points),
                **{word: word in control.properties for word in ("logarithmic", "integer", "toggled", "enumeration")},
            )
            for control in plugin.controls
            if control is not plugin.enabled_control
        }
        presets = tuple(Preset(preset.uri, preset.label) for preset in plugin.presets)
        found[uri] = Plugin(uri, plugin.name, parameters, presets)
    return found
