"""From a rig's files to an offline rig: the plugins the package knows, and a guess at the others.

Shell: the catalogue is read from the package.
"""

from controld.bridge.hosts.catalogue import load_catalogue
from controld.config_values import RigConfig
from controld.mappings.target import ParameterTarget
from controld.offline import OfflineRig
from controld.rig import Rig
from controld.session.model import Plugin, Preset
from controld.standin import StandIn, guessed_plugins
from controld.values import Scale, ScalePoint


def rehearse(config: RigConfig) -> OfflineRig:
    """Return the rig of a configuration, played without devices and engine; it begins where `startup` says."""
    rig = Rig(
        config.rules,
        config.controls,
        config.pedalboards,
        config.startup.pedalboard,
        stage=config.stage,
        banks=config.banks,
    )
    rig.session.silence_tuner(wanted=config.tuner_mutes)
    named = {
        (target.effect, target.symbol)
        for rule in config.rules
        for target in rule.targets
        if isinstance(target, ParameterTarget)
    }
    plugins = guessed_plugins(config.pedalboards, named) | known_plugins()
    values = {preset.uri: preset.values for plugin in load_catalogue().values() for preset in plugin.presets}
    return OfflineRig(rig, StandIn(plugins, values), (surface.name for surface in config.surfaces))


def known_plugins() -> dict[str, Plugin]:
    """Return the plugins of the packaged catalogue by URI, as a session learns them from a bridge."""
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
