"""Which services a rig has: each a line in one table, made from the configuration where it wants them.

Shell. A factory returns None where its service is not wanted; a module that a service needs is imported only then.
"""

from collections.abc import Callable, Mapping

from controld.config_settings import laid_over, values_of
from controld.config_values import RigConfig
from controld.errors import ConfigError
from controld.rig_desk import RigDesk
from controld.service import Desk, Service
from controld.yaml_reader import read_document

Factory = Callable[[RigConfig, RigDesk], Service | None]


def _rpc(config: RigConfig, desk: Desk) -> Service | None:
    served = config.service
    if served is None:
        return None
    from controld.rpc.service import RpcService

    def settings() -> Mapping[str, object]:
        node, problems = read_document(config.path)
        if problems:
            raise ConfigError(problems)
        return {each.key: each.value for each in values_of(laid_over(node, config.over))}

    address = served.host, served.base_port
    return RpcService(desk, served.name, address, served.request_timeout_s, settings)


def _metrics(config: RigConfig, desk: Desk) -> Service | None:
    if config.metrics is None:
        return None
    from controld.web_metrics import MetricsService

    return MetricsService(config.metrics, desk)


def _web(config: RigConfig, desk: RigDesk) -> Service | None:
    if config.web is None:
        return None
    from controld.layouts.downloads import Downloads
    from controld.web_oscquery import OscQuery

    served = OscQuery(config, desk)
    Downloads(desk).add_to(served.server)
    return served


def _discovery(config: RigConfig, desk: RigDesk) -> Service | None:
    if config.discovery is None:
        return None
    from controld.discovery import Discovery

    return Discovery(config, desk)


FACTORIES: tuple[Factory, ...] = (_rpc, _metrics, _web, _discovery)


def wanted_services(config: RigConfig, desk: RigDesk) -> list[Service]:
    """Return the services that a rig wants, in the order in which they are opened."""
    made = (factory(config, desk) for factory in FACTORIES)
    return [service for service in made if service is not None]
