"""The figures a daemon tells: one table, from which Prometheus, the RPC and the terminal take what they show.

Pure. Each metric reads its values from `figures.Facts`; nothing is counted here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Final, Literal, NamedTuple

from controld import __version__
from controld.changes import EngineState
from controld.figures import ClientFigures, Facts

PREFIX: Final = "controld_"


class Sample(NamedTuple):
    """One value of a metric, with the labels that tell it from others."""

    value: float
    labels: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure: its name without the prefix, what it counts or measures, and how it is read."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    read: Callable[[Facts], Iterable[Sample]]


def _one(name: str, kind: Literal["counter", "gauge"], help_: str, read: Callable[[Facts], float]) -> Metric:
    return Metric(name, kind, help_, lambda facts: (Sample(float(read(facts))),))


def _of_client(
    name: str, kind: Literal["counter", "gauge"], help_: str, read: Callable[[ClientFigures], float]
) -> Metric:
    return _one(name, kind, help_, lambda facts: read(facts.client) if facts.client else 0)


def _engine_states(facts: Facts) -> Iterator[Sample]:
    yield from (Sample(float(facts.engine is state), {"state": state.value}) for state in EngineState)


def _surface_counts(facts: Facts) -> Iterator[Sample]:
    for name, surface in facts.surfaces.items():
        yield from (Sample(float(n), {"surface": name, "what": what}) for what, n in surface.counters.items())


def _surfaces_waiting(facts: Facts) -> Iterator[Sample]:
    yield from (Sample(float(bool(each.waits_for)), {"surface": name}) for name, each in facts.surfaces.items())


METRICS: Final = (
    Metric("info", "gauge", "The version that runs.", lambda _facts: (Sample(1.0, {"version": __version__}),)),
    _one("healthy", "gauge", "1 where nothing is wrong.", lambda facts: not facts.complaints()),
    _one("uptime_seconds", "gauge", "How long the daemon runs.", lambda facts: facts.uptime_s),
    _one("memory_bytes", "gauge", "Resident memory of the daemon, without its bridge.",
         lambda facts: facts.memory_bytes),
    _one("cpu_seconds_total", "counter", "CPU time of the daemon.", lambda facts: facts.cpu_s),
    _one("threads", "gauge", "Threads of the daemon.", lambda facts: facts.threads),
    _one("loop_late_seconds", "gauge", "How late the event loop was at worst in the last minute.",
         lambda facts: facts.loop_late_s),
    Metric("engine_state", "gauge", "1 for the engine's state.", _engine_states),
    _of_client("bridge_connected", "gauge", "1 while the bridge answers.", lambda client: client.connected),
    _of_client("engine_load_percent", "gauge", "CPU load of the host, as it was told last.",
               lambda client: client.load),
    _of_client("engine_command_seconds", "gauge", "Median time of the last 32 quick commands.",
               lambda client: client.command_time_s),
    _of_client("engine_requests_total", "counter", "Messages to the bridge.", lambda client: client.wire_requests),
    _of_client("engine_replies_total", "counter", "Requests that were answered or given up.",
               lambda client: client.replies),
    _of_client("engine_denied_total", "counter", "Requests the engine refused.", lambda client: client.denied),
    _of_client("engine_timed_out_total", "counter", "Requests nobody answered in time.",
               lambda client: client.timed_out),
    _of_client("engine_stray_replies_total", "counter", "Replies nobody waited for.",
               lambda client: client.stray_replies),
    _of_client("engine_connections_total", "counter", "How often the bridge was reached.",
               lambda client: client.connections),
    _of_client("engine_events_total", "counter", "Events of the bridge.", lambda client: client.events),
    _of_client("engine_unknown_events_total", "counter", "Events nobody understood.",
               lambda client: client.unknown_events),
    _one("engine_outages_total", "counter", "How often the engine was lost.", lambda facts: facts.outages),
    _one("engine_last_repair_seconds", "gauge", "From the last loss until all was repaired; 0 before.",
         lambda facts: (facts.last_outage and facts.last_outage.repaired_after_s) or 0),
    _one("effects", "gauge", "Effects on the pedalboard.", lambda facts: len(facts.effects)),
    _one("effects_active", "gauge", "Effects that are not bypassed.",
         lambda facts: sum(active is True for active in facts.effects.values())),
    Metric("surface_total", "counter", "What a surface counts: messages, clients' faults.", _surface_counts),
    Metric("surface_waiting", "gauge", "1 while a surface waits for a device.", _surfaces_waiting),
    _one("unmapped_total", "counter", "Movements of controls that no rule is for.", lambda facts: facts.unmapped),
    _one("errors_total", "counter", "Events that could not be handled: faults of controld.",
         lambda facts: facts.errors),
)  # fmt: skip


def figures(facts: Facts) -> dict[str, object]:
    """Return every metric by name: a number, or numbers by label where there are several."""
    found: dict[str, object] = {}
    for metric in METRICS:
        samples = list(metric.read(facts))
        if len(samples) == 1 and not samples[0].labels:
            found[metric.name] = samples[0].value
        else:
            found[metric.name] = {".".join(sample.labels.values()): sample.value for sample in samples}
    return found


def as_status(facts: Facts) -> dict[str, object]:
    """Return the facts as plain data, for the terminal, with the complaints and every figure."""
    outage = facts.last_outage
    return {
        "version": __version__,
        "healthy": not facts.complaints(),
        "complaints": facts.complaints(),
        "engine_reason": facts.engine_reason,
        "pedalboard_state": facts.pedalboard_state.value,
        "effects_known": dict(facts.effects),
        "waiting": {name: list(each.waits_for) for name, each in facts.surfaces.items() if each.waits_for},
        "last_outage": asdict(outage) if outage else None,
        "figures": figures(facts),
    }
