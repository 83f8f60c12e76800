"""From a rig's files to an offline rig: the plugins the package knows, and a guess at the others.

Shell: the catalogue is read from the package.
"""

from controld.bridge.hosts.catalogue import load_catalogue
from controld.config_plugins import known_plugins
from controld.config_values import RigConfig
from controld.mappings.target import ParameterTarget
from controld.offline import OfflineRig
from controld.rig import Rig
from controld.standin import StandIn, guessed_plugins


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
