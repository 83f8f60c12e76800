"""How the daemon is: its pulse, its outages, what it takes of the machine, and whether all that is well.

Shell: it reads clocks and `/proc`. Everything is read when somebody asks; only the pulse, a timer of the loop once in a
while, runs by itself, and it alone knows whether loop and core still answer.
"""

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from controld.changes import EngineChanged, EngineState
from controld.figures import Outage

PULSE_S = 1.0
# The worst lateness of the loop is told over so many beats.
BEATS = 60
# CPU use is measured between two questions that are at least so far apart.
CPU_WINDOW_S = 0.5


class Health:
    """Keeps what cannot be read afterwards: outages, and the pulse of the loop.

    `answers` is called at each beat and tells whether the core answered; `beat` is then called.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.outages = 0
        self.last_outage: Outage | None = None
        self._clock = clock
        self._started_s = self._asked_s = clock()
        self._asked_cpu_s, self._percent = time.process_time(), 0.0
        self._lost_s = 0.0
        self._late_s: deque[float] = deque(maxlen=BEATS)
        self._timer: asyncio.TimerHandle | None = None

    # Outages

    def note(self, change: EngineChanged) -> None:
        """Take what became of the engine; one that was never there was not lost."""
        outage, now = self.last_outage, self._clock()
        since_s = now - self._lost_s
        if change.state is EngineState.DOWN:
            if outage is None or outage.back_after_s is not None:
                self.outages += 1
                self._lost_s = now
                self.last_outage = Outage(time.time(), change.reason)
        elif outage is not None and outage.back_after_s is None:
            self.last_outage = Outage(outage.at_s, outage.reason, since_s)
        if (
            change.state is EngineState.UP
            and self.last_outage is not None
            and self.last_outage.repaired_after_s is None
        ):
            back_s = self.last_outage.back_after_s
            self.last_outage = Outage(self.last_outage.at_s, self.last_outage.reason, back_s, since_s)

    # The pulse

    def start(self, answers: Callable[[], bool], beat: Callable[[], None], every_s: float = PULSE_S) -> None:
        """Begin to beat, in the running loop; `beat` is only called while `answers` says so."""
        loop = asyncio.get_running_loop()

        def pulse(due_s: float) -> None:
            now = loop.time()
            self._late_s.append(max(now - due_s, 0.0))
            if answers():
                beat()
            self._timer = loop.call_at(now + every_s, pulse, now + every_s)

        pulse(loop.time())

    def stop(self) -> None:
        """Beat no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def loop_late_s(self) -> float:
        """How late the loop was at worst in the last beats."""
        return max(self._late_s, default=0.0)

    # The machine

    @property
    def uptime_s(self) -> float:
        """How long the daemon runs."""
        return self._clock() - self._started_s

    def cpu_percent(self) -> float:
        """Return the share of one core since the last question, which is kept where that was a moment ago."""
        now, cpu_s = self._clock(), time.process_time()
        if now - self._asked_s >= CPU_WINDOW_S:
            self._percent = 100 * (cpu_s - self._asked_cpu_s) / (now - self._asked_s)
            self._asked_s, self._asked_cpu_s = now, cpu_s
        return self._percent


def memory_bytes() -> int:
    """Return how much memory this process has resident; 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def thread_count() -> int:
    """Return how many threads this process has, those of libraries too where the system tells."""
    try:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208 - names alone are counted
    except OSError:
        return threading.active_count()
