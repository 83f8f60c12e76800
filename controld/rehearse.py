"""From a rig's files to an offline rig: the plugins this machine knows, and a guess at the others.

Shell: what is known of plugins is read from files.
"""

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
    known = known_plugins()
    plugins = {uri: known.get(uri, guess) for uri, guess in guessed_plugins(config.pedalboards, named).items()}
    return OfflineRig(
        rig, StandIn(plugins, known.preset_values(iter(plugins))), (surface.name for surface in config.surfaces)
    )
