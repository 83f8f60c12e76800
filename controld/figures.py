"""What is known of a running daemon at one moment, as values.

Pure. Who reads clocks and counters is `daemon` with `health`; what is told of it stands in the table of `metrics`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controld.changes import EngineState, State


@dataclass(frozen=True, slots=True)
class ClientFigures:
    """What a monitor shows; counted from the client's making."""

    connected: bool
    description: str
    load: float  # the host's CPU load in percent, as it was told last
    command_time_s: float  # the median of the last 32 quick commands; 0.0 before the first
    batch_limit: int
    wire_requests: int
    replies: int
    denied: int
    timed_out: int
    stray_replies: int
    connections: int
    events: int
    unknown_events: int


@dataclass(frozen=True, slots=True)
class Outage:
    """A time without an engine: when it began (Unix time), why, and how long until it was back, and repaired.

    `back_after_s` is None while the engine is away, `repaired_after_s` until everything is as it should be; both count
    from the loss.
    """

    at_s: float
    reason: str
    back_after_s: float | None = None
    repaired_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class SurfaceFacts:
    """A surface: in words, what it waits for, and its counters."""

    words: str
    waits_for: tuple[str, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known of a running daemon at one moment; times in seconds.

    `effects` says of each effect whether it is active, None where that is not known. `loop_late_s` is how late the
    event loop was at worst in the last minute. `problem` is the first mistake of files that wait to be mended.
    """

    uptime_s: float
    memory_bytes: int
    cpu_s: float
    cpu_percent: float
    threads: int
    loop_late_s: float
    engine: EngineState
    engine_reason: str
    client: ClientFigures | None
    outages: int
    last_outage: Outage | None
    pedalboard: str
    pedalboard_state: State
    snapshot: str
    settled: bool
    effects: Mapping[str, bool | None]
    surfaces: Mapping[str, SurfaceFacts]
    unmapped: int
    errors: int
    problem: str = ""

    def complaints(self) -> list[str]:
        """Return what is wrong, a sentence each; empty where all is well. A device that is waited for is not wrong."""
        found = []
        if self.engine is EngineState.DOWN:
            found.append(f"the engine is away: {self.engine_reason or 'no bridge answers yet'}")
        elif self.engine is EngineState.REPAIRING:
            found.append("the engine is being repaired")
        if self.pedalboard_state is State.FAILED:
            found.append(f"the pedalboard `{self.pedalboard}` is not complete")
        if self.problem:
            found.append(f"saved files have mistakes and wait to be mended: {self.problem}")
        if self.errors:
            found.append(f"{self.errors} events could not be handled, which is a fault of controld: see the log")
        return found
