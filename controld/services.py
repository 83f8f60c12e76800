"""Which services a rig has: each a line in one table, made from the configuration where it wants them.

Shell. A factory returns None where its service is not wanted; a module that a service needs is imported only then.
"""

from collections.abc import Callable

from controld.config_values import RigConfig
from controld.service import Desk, Service

Factory = Callable[[RigConfig, Desk], Service | None]
FACTORIES: tuple[Factory, ...] = ()


def wanted_services(config: RigConfig, desk: Desk) -> list[Service]:
    """Return the services that a rig wants, in the order in which they are opened."""
    made = (factory(config, desk) for factory in FACTORIES)
    return [service for service in made if service is not None]
