"""What the engine tells by itself.

Pure values. Events caused by this very session are marked `own`: its replies said so already, and an event that comes
after the reply to a newer request must not turn the clock back.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EngineConnected:
    """A bridge answers and its host lives; `capabilities` are words of its `info` ("batch", "effects", "presets")."""

    capabilities: frozenset[str] = frozenset()
    description: str = ""


@dataclass(frozen=True, slots=True)
class EngineLost:
    """The bridge, or the host behind it, does not answer any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class ParameterReported:
    """A parameter has this value now; the symbol ":bypass" is the bypass (1.0: bypassed)."""

    instance: int
    symbol: str
    value: float
    own: bool = False


@dataclass(frozen=True, slots=True)
class EffectReported:
    """An effect was added (`uri` given) or removed ("") by somebody."""

    instance: int
    uri: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionReported:
    """Two ports were joined or parted by somebody."""

    source: str
    target: str
    connected: bool
    own: bool = False


@dataclass(frozen=True, slots=True)
class UnknownEngineEvent:
    """Something this version does not know; counted, logged once, never an error."""

    raw: str


EngineEvent = (
    EngineConnected | EngineLost | ParameterReported | EffectReported | ConnectionReported | UnknownEngineEvent
)
