"""How fast a bridge really is: measured command times, and what follows from them.

Pure. Only quick commands are measured (a write, a read of a value); loading a plugin says nothing about the way to it.
"""

from collections import deque
from dataclasses import dataclass
from statistics import median

from controld.session.requests import ADD_DEADLINE_S

_WINDOW = 32
# How long one request may keep the bridge, and thereby a switch that is pressed meanwhile, waiting.
BATCH_TIME_S = 0.002
MAX_BATCH = 64
SLOW_S = 0.020
_LEAST_SAMPLES = 8
# The share of the newest measurement in the mean that sizes batches: it follows a change within a few requests.
_NEWEST = 0.25


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what may take, all in seconds.

    A command may take `timeout_s` (one that is quick gets no more than `session.requests` says). A bridge may be
    missing for `missing_s` before that is told, and is looked for at least every `reconnect_s`. While nothing else is
    asked, it is asked for its health every `health_s` (0: never).
    """

    timeout_s: float = ADD_DEADLINE_S
    missing_s: float = 2.0
    reconnect_s: float = 2.0
    health_s: float = 5.0


class Pace:
    """Command times in seconds; `limit` is how many commands a batch may have now, 1 to 64."""

    __slots__ = ("_mean_s", "_times_s", "limit")

    def __init__(self) -> None:
        self._times_s: deque[float] = deque(maxlen=_WINDOW)
        self._mean_s = 0.0
        self.limit = 1

    def add(self, took_s: float, commands: int) -> None:
        """Note that a request of so many commands (1 or more) was answered after `took_s`."""
        per_command_s = took_s / commands
        self._times_s.append(per_command_s)
        mean_s = self._mean_s
        self._mean_s = mean_s = mean_s + _NEWEST * (per_command_s - mean_s) if mean_s else per_command_s
        self.limit = max(1, min(MAX_BATCH, round(BATCH_TIME_S / mean_s))) if mean_s > 0 else MAX_BATCH

    @property
    def command_time_s(self) -> float:
        """The median of the last 32 command times; 0.0 before the first."""
        return median(self._times_s) if self._times_s else 0.0

    def is_slow(self) -> bool:
        """Tell whether at least 8 commands were measured and half of the last 32 took more than 20 ms."""
        return len(self._times_s) >= _LEAST_SAMPLES and self._times_s[-1] > SLOW_S and self.command_time_s > SLOW_S


def slow_warning(endpoint: str, command_time_s: float, *, stock: bool) -> str:
    """Return what a slow bridge costs, and for a stock one where its cure is found."""
    # Recalling a snapshot takes a bypass and a set of parameters per effect.
    cost = (
        f"the bridge at {endpoint} needs {command_time_s * 1000:.0f} ms a command, so a snapshot of 8 effects takes "
        f"about {16 * command_time_s:.1f} s"
    )
    cure = "; it is mod-host's feedback connection that makes the stock bridge wait: docs/engine.md says what cures it"
    return cost + cure if stock else cost
