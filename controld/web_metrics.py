"""The daemon's figures as Prometheus reads them: `GET /metrics`.

Shell. The figures are read when somebody asks, from the table of `metrics`; in between nothing is done.
"""

from collections.abc import Iterator

from controld.config_values import MetricsConfig
from controld.errors import ControldError, to_install
from controld.figures import Facts
from controld.metrics import METRICS, PREFIX
from controld.rig import Output
from controld.service import Desk
from controld.web_server import Asked, Reply, WebServer

PATH = "/metrics"


class MetricsService:
    """Serves the figures at the address of a rig's `metrics`."""

    def __init__(self, config: MetricsConfig, desk: Desk) -> None:
        self._desk = desk
        self.server = WebServer("metrics", config.listen, config.allow)
        self.server.add_page(PATH, self._page)

    async def start(self) -> None:
        """Listen. Raises ControldError where that cannot be."""
        try:
            import prometheus_client  # noqa: F401 - missing packages are told now, not to a scraper
        except ImportError as error:
            message = "`metrics` needs the package `prometheus-client`, of controld's extra `metrics`"
            raise ControldError(f"{message} ({to_install('metrics')})") from error
        await self.server.start()

    async def stop(self) -> None:
        """Close."""
        await self.server.stop()

    def tell(self, output: Output) -> None:
        """Nothing: figures are read when they are asked for."""

    async def _page(self, _asked: Asked) -> Reply:
        from prometheus_client import CONTENT_TYPE_LATEST

        return Reply(exposition(self._desk.facts()), CONTENT_TYPE_LATEST)


def exposition(facts: Facts) -> bytes:
    """Return every metric in Prometheus's text format."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
    from prometheus_client.registry import Collector

    class Figures(Collector):
        """All metrics at one moment."""

        def collect(self) -> Iterator[Metric]:
            for metric in METRICS:
                samples = list(metric.read(facts))
                names = list(samples[0].labels) if samples else []
                make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
                family = make(PREFIX + metric.name, metric.help, labels=names)
                for sample in samples:
                    family.add_metric(list(sample.labels.values()), sample.value)
                yield family

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures())
    return generate_latest(registry)
