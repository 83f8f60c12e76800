"""What every case is given: the far end, a folder, how long to measure; and how subject and floor take turns."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Run, run
from bench.plan import Shot
from bench.rigfiles import Rig
from bench.subjects import Bridge, Subject, start_daemon

# As a tablet app introduces itself, and asks to be kept for ten minutes.
VIEWER = [
    b"/controld/hello\0,\0\0\0",
    b"/controld/subscribe\0,f\0\0\x44\x16\0\0",
]


@dataclass(slots=True)
class Bench:
    """The means of a benchmark; `quick` measures shorter and fewer combinations."""

    bridge: Bridge
    folder: Path
    quick: bool
    _daemons: int = 0

    @property
    def rounds(self) -> int:
        """How often subject and floor take turns."""
        return 1 if self.quick else 3

    def seconds(self, rate: float) -> float:
        """Return how long to send at this rate: long enough for a p99, short enough to be done."""
        if rate < 500:
            return 5.0 if self.quick else 6.0
        return 3.0

    def daemon(self, rig: Rig, hello: list[bytes] | None = None) -> Subject:
        """Start a daemon over a generated rig."""
        self._daemons += 1
        return start_daemon(self.bridge, self.folder / f"rig{self._daemons}", rig, hello)


def alternate(
    rounds: int, turns: list[tuple[Subject, Callable[[Subject], list[Shot]]]], bridge: Bridge | None, viewer: int = 1
) -> list[Run]:
    """Let each subject play its plan in turn (A B A B), so that a disturbance hits all; return one pool a subject."""
    results = [Run() for _ in turns]
    for _ in range(rounds):
        for result, (subject, plan) in zip(results, turns, strict=True):
            result.add(run(subject, plan(subject), bridge, viewer))
    return results
