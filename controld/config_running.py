"""How a rig runs, as its file says it: the log and the services for programs, their tables and what they come to.

Pure. The engine, the surfaces and the music are in `config_schema`.
"""

import re
from collections.abc import Mapping

from controld.config_addresses import listen_address, network
from controld.config_values import DiscoveryConfig, LogConfig, MetricsConfig, ServiceConfig, WebConfig
from controld.document import Node
from controld.errors import nearest
from controld.shape import Field, Leaf, Mistake, Record, Table, listed
from controld.shape_leaves import boolean, integer, name, parse_duration, pattern, text
from controld.shape_lists import OneOrMany

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
FORMATS = ("text", "json")
_LOG, _SERVICE = LogConfig(), ServiceConfig()
ORIGIN_PATTERN = r"^(\*|null|[a-z][a-z0-9+.-]*://[^/\s]+)$"
HOST_PATTERN = r"^[A-Za-z0-9.:_-]+$"


def seconds(low: float, high: float) -> Leaf:
    """Return the leaf of a time: a number of seconds from `low` to `high`, or with a unit as in `500 ms`."""
    wanted = f"a time from {low:g} to {high:g} s: a number of seconds, or as in `500 ms`"

    def parse(node: Node) -> float:
        value = node.value
        if isinstance(value, str) and not re.fullmatch(r"[0-9.]+", value):
            duration = parse_duration(value)
            value = duration.seconds if not duration.beats else None
        elif isinstance(value, str):
            value = float(value) if value.count(".") < 2 and value != "." else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise Mistake(f"expected {wanted}, found {node.describe()}")
        return float(value)

    texts = {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|min)?\s*$"}
    return Leaf(parse, {"anyOf": [{"type": "number", "minimum": low, "maximum": high}, texts]}, wanted)


def _word(what: str, words: tuple[str, ...], fold: str) -> Leaf:
    """Return the leaf of one of some words in any case; `fold` is the method that makes them what they are."""

    def parse(node: Node) -> str:
        found: str = getattr(node.text, fold)()
        if found not in words:
            raise Mistake(f"expected {what} ({listed(words)}), found {node.describe()}", nearest(node.text, words))
        return found

    return Leaf(parse, {"enum": [*words, *(word.swapcase() for word in words)]}, what)


LOG = Table(
    "log", "`log`",
    {
        "level": Field(_word("a level", LEVELS, "upper"), "What is worth a line: everything from this level on.",
                       default=_LOG.level, examples=("DEBUG",)),
        "format": Field(_word("a format", FORMATS, "lower"), "text: for people. json: one JSON object a line.",
                        default=_LOG.format, examples=("json",)),
    },
    doc="What is logged on standard error.",
)  # fmt: skip
SERVICE = Table(
    "service", "`service`",
    {
        "enabled": Field(boolean(), "Whether there is one.", default=True),
        "name": Field(pattern("a name", r"^[A-Za-z0-9_.-]+$"), "The name of the service; its ports follow from it.",
                      default=_SERVICE.name),
        "host": Field(pattern("an address of this machine", HOST_PATTERN),
                      "The address to listen on; 0.0.0.0 opens it to the network.", default=_SERVICE.host),
        "base_port": Field(integer(1, 62_535, "a port"), "The port that the service's three are counted from: "
                           "calls come to this one and a number that follows from the name (0 to 999), events leave "
                           "1000 above that, others' events may come to 2000 above.", default=_SERVICE.base_port),
        "request_timeout": Field(seconds(0.1, 3600), "How long a request may take before it is answered with an "
                                 "error.", default=_SERVICE.request_timeout_s),
    },
    doc="The Session Manager's service for programs: calls and events by ZeroMQ.",
)  # fmt: skip
_ALLOW = Field(OneOrMany(network(), "a list of addresses and networks"),
               "The only hosts that are answered, by address or network; without it all are.", default=(),
               examples=(["192.168.1.20", "10.0.0.0/24"],))  # fmt: skip
WEB = Table(
    "web", "`web`",
    {
        "listen": Field(listen_address(), "Where to listen: address and port (TCP).", required=True,
                        examples=("127.0.0.1:9080",)),
        "allow": _ALLOW,
        "surface": Field(name("the name of a surface"), "The OSC surface whose port and controls are described; "
                         "without it the first one.", default="", examples=("tablet",)),
        "origins": Field(OneOrMany(pattern("a page's origin as in `https://app.example.org`", ORIGIN_PATTERN),
                                   "a list of origins"),
                         "Web pages of elsewhere that may use it, opened in a browser of a host that may come; `*` for "
                         "all. Programs that are no browsers need none.", default=(), examples=(["*"],)),
    },
    doc="The rig over HTTP: OSCQuery, which describes every address and tells its value, and downloads.",
)  # fmt: skip
METRICS = Table(
    "metrics", "`metrics`",
    {
        "listen": Field(listen_address(), "Where to listen: address and port (TCP).", required=True,
                        examples=("127.0.0.1:9123",)),
        "allow": _ALLOW,
    },
    doc="The daemon's figures over HTTP, as Prometheus reads them.",
)  # fmt: skip
DISCOVERY = Table(
    "discovery", "`discovery`",
    {
        "name": Field(text("a name"), "What the rig is called in the network; without it after this machine.",
                      default="", examples=("Stage rig",)),
        "loopback": Field(boolean(), "Whether what only this machine can reach is announced too, to this machine.",
                          default=False, examples=(True,)),
    },
    doc="Announcing the rig in the network by mDNS (Bonjour), so that apps find it by its name.",
)  # fmt: skip
RUNNING: Mapping[str, Field] = {
    "log": Field(LOG, "What is logged.", examples=({"level": "DEBUG"},)),
    "service": Field(SERVICE, "The Session Manager's service for programs.", examples=({"base_port": 5555},)),
    "web": Field(WEB, "OSCQuery and downloads over HTTP.", examples=({"listen": "127.0.0.1:9080"},)),
    "metrics": Field(METRICS, "Figures for Prometheus.", examples=({"listen": "127.0.0.1:9123"},)),
    "discovery": Field(DISCOVERY, "Announcing the rig in the network.", examples=({"name": "Stage rig"},)),
}


def log_of(record: Record) -> LogConfig:
    """Return how the rig's record has things logged."""
    log: Record | None = record["log"]
    return _LOG if log is None else LogConfig(log["level"], log["format"])


def service_of(record: Record) -> ServiceConfig | None:
    """Return the service that the rig's record wants; None for none. Where nothing is said there is one."""
    service: Record | None = record["service"]
    if service is None:
        return _SERVICE
    if not service["enabled"]:
        return None
    return ServiceConfig(service["name"], service["host"], service["base_port"], service["request_timeout"])


def web_of(record: Record) -> WebConfig | None:
    """Return what the rig's record wants over HTTP; None for nothing."""
    web: Record | None = record["web"]
    if web is None or web["listen"] is None:
        return None
    return WebConfig(web["listen"], web["allow"], web["surface"], web["origins"])


def metrics_of(record: Record) -> MetricsConfig | None:
    """Return where the rig's record wants figures told; None for nowhere."""
    metrics: Record | None = record["metrics"]
    if metrics is None or metrics["listen"] is None:
        return None
    return MetricsConfig(metrics["listen"], metrics["allow"])


def discovery_of(record: Record) -> DiscoveryConfig | None:
    """Return how the rig's record wants it announced; None for not at all."""
    discovery: Record | None = record["discovery"]
    return None if discovery is None else DiscoveryConfig(discovery["name"], discovery["loopback"])
