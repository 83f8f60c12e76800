"""The clock case: how evenly our ticks leave, while nothing else happens and while a pedal is swept on the loop."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

from bench.results import CaseResult, Row
from controld.changes import TempoChanged
from controld.midi_clock import PPQN
from controld.surfaces.midi_clock_out import ClockOut
from controld.surfaces.midi_ports import Direction, Link, Links, PortList, Wish
from controld.surfaces.midi_system import MidiSystem

BPM = 120.0
BUSY_S = 0.0005  # of work on the loop, then as long a pause


class _Ear:
    """A MIDI system with one port that notes when it was sent something, for what is behind it is JACK's or ALSA's."""

    name, absent = "ear", ""

    def __init__(self, _wake: Callable[[], None]) -> None:
        self.heard_s: list[float] = []

    def _hear(self, _data: bytes) -> bool:
        self.heard_s.append(time.monotonic())
        return True

    @property
    def runs(self) -> bool:
        """Always."""
        return True

    def refresh(self, wishes: Sequence[Wish], publish: Callable[[Links], None]) -> float | None:
        links: Links = {wish.key: Link("ear", 1, self._hear) for wish in wishes if wish.direction is Direction.OUT}
        publish(links)
        return None

    def pulse(self) -> None:
        """Nothing."""

    def list_ports(self) -> PortList | None:
        return None

    def close(self) -> None:
        """Nothing."""


def clock(bench: object) -> CaseResult:
    """Measure the gaps between ticks; the target is 1 ms at p99 on an idle machine."""
    seconds = 5.0 if getattr(bench, "quick", False) else 20.0
    result = CaseResult("clock", f"MIDI clock out at {BPM:g} bpm: how far gaps between ticks are from even")
    for name, busy in (("idle", False), ("a busy loop", True)):
        off_ms = sorted(asyncio.run(_gaps(seconds, busy=busy)))
        row: Row = {"loop": name, "ticks": len(off_ms)}
        at = {f"p{share:g}": off_ms[min(int(share / 100 * len(off_ms)), len(off_ms) - 1)] for share in (50, 99)}
        result.rows.append({**row, **{f"{key} ms": round(value, 3) for key, value in at.items()}})
        if not busy:
            result.judge("jitter below 1 ms at p99, idle", f"{at['p99']:.3f} ms", at["p99"] < 1.0)
    return result


async def _gaps(seconds: float, *, busy: bool) -> list[float]:
    """Return by how many milliseconds each gap differs from an even one."""
    ears: list[_Ear] = []

    def make(wake: Callable[[], None]) -> _Ear:
        ears.append(_Ear(wake))
        return ears[-1]

    out = ClockOut([("ear", "*", "")], MidiSystem([make]), TempoChanged(BPM, rolling=True))
    out.start()
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        until_s = time.monotonic() + BUSY_S
        while busy and time.monotonic() < until_s:
            statistics.fmean(range(50))
        await asyncio.sleep(BUSY_S)
    await out.stop()
    even_s = 60.0 / BPM / PPQN
    return [abs(b - a - even_s) * 1000 for a, b in pairwise(ears[0].heard_s[1:])]
