"""Whether events leave memory behind: everything that can be played, a million events long.

Counted are the blocks that the interpreter has allocated, which is exact, and the process's private memory, which
also holds what is outside of the interpreter. What grows is named by file and line.
"""

import gc
import os
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass

from bench.core_plays import CHANGES, PLAYS, Core, play, read
from bench.proc import private_mb

RULES = 200
_TURN = 50  # plays of one kind in a row, before the next
# Pedalboards are changed by far the most slowly, and on a stage by far the most rarely.
_CHANGES_IN_A_TURN = 2


@dataclass(frozen=True, slots=True)
class Sample:
    """What was allocated after so many events."""

    events: int
    blocks: int
    private_mb: float


def samples(events: int, count: int) -> Iterator[Sample]:
    """Play so many events and yield `count` (2 or more) samples, the first after a warm-up of a tenth of them."""
    core = Core(read(RULES))
    turn = 0
    for number in range(count):
        until = events // 10 + number * events // (count - 1)
        while core.events < until:
            turn = _round(core, turn)
        gc.collect()
        yield Sample(core.events, sys.getallocatedblocks(), private_mb(os.getpid()))


def culprits(events: int = 20_000) -> list[str]:
    """Return where in the code the most of what is left behind was allocated."""
    core = Core(read(RULES))
    turn = 0
    while core.events < events:
        turn = _round(core, turn)
    tracemalloc.start(4)
    before = tracemalloc.take_snapshot()
    while core.events < 2 * events:
        turn = _round(core, turn)
    gc.collect()
    found = tracemalloc.take_snapshot().compare_to(before, "lineno")
    tracemalloc.stop()
    return [str(line) for line in found[:10] if line.count_diff > 0]


def _round(core: Core, turn: int) -> int:
    for what in PLAYS.values():
        play(core, what, _TURN, turn * _TURN)
    for what in CHANGES.values():
        play(core, what, _CHANGES_IN_A_TURN, turn * _CHANGES_IN_A_TURN)
    return turn + 1
