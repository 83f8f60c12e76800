"""What the core costs by itself: per event, in memory, and to load."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import growth as memory
from bench import instructions
from bench.core_files import CoreFiles
from bench.core_plays import CHANGES, PLAYS, Core, Play, play, read
from bench.loading import measure
from bench.results import CaseResult, Row, rounded

SIZES = (10, 1000, 10_000)
FLAT = 1.2
LEFT_PER_EVENT = 0.001  # blocks: keeping every thousandth event would be found
MAX_LOAD_S = 1.0
_TIMED, _TIMED_CHANGES = 400, 4  # plays
_TIMED_RULES = 1000
_REPEATS = 5

# What one event costs, by what is played.
Costs = Mapping[str, float]


def core(quick: bool) -> CaseResult:
    """Count instructions per event of everything that can be played, by the number of rules."""
    sizes = SIZES[:2] if quick else SIZES
    result = CaseResult("core", "The pure core: instructions for an event and all that follows, by the number of rules")
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # another process beside it changes no count
        counted = list(pool.map(instructions.count, sizes)) if instructions.available() else []
    timed = _timed(_TIMED_RULES)
    for what in (instructions.FLOOR, *PLAYS, *CHANGES):
        result.rows.append(_row(what, dict(zip(sizes, counted, strict=False)), timed))
    if not counted:
        result.notes.append("instructions were not counted: that needs valgrind with its headers, and a C compiler")
        return result
    worst = max(PLAYS, key=lambda what: _spread(what, counted))
    result.judge(
        f"an event costs at most {FLAT} x as much with {sizes[-1]} rules as with {sizes[0]}",
        f"{_spread(worst, counted):.3f} ({worst})",
        _spread(worst, counted) <= FLAT,
    )
    return result


def _row(what: str, counted: Mapping[int, Costs], timed: Costs) -> Row:
    row: Row = {"played": what}
    row |= {f"{size} rules": rounded(costs[what]) for size, costs in counted.items()}
    if counted:
        row["most x least"] = f"{_spread(what, [*counted.values()]):.3f}"
        first = next(iter(counted.values()))
        row["x look-up and call"] = rounded(first[what] / first[instructions.FLOOR])
    return {**row, f"us, {_TIMED_RULES} rules": rounded(timed[what])}


def _spread(what: str, costs: Sequence[Costs]) -> float:
    figures = [each[what] for each in costs]
    return max(figures) / min(figures)


def _timed(rules: int) -> Costs:
    """Return microseconds for an event, the least of some runs: what other programs add is not the core's."""
    rig = Core(read(rules))
    found = {instructions.FLOOR: _us(lambda: instructions.look_ups(_TIMED))}
    for what, how in (PLAYS | CHANGES).items():
        count = _TIMED if what in PLAYS else _TIMED_CHANGES
        play(rig, how, count)
        found[what] = _us(lambda: _events(rig, how, count))  # noqa: B023
    return found


def _us(do: Callable[[], int]) -> float:
    figures = []
    for _ in range(_REPEATS):
        started = time.perf_counter_ns()
        done = do()
        figures.append((time.perf_counter_ns() - started) / done / 1000)
    return min(figures)


def _events(rig: Core, how: Play, count: int) -> int:
    before = rig.events
    play(rig, how, count)
    return rig.events - before


def growth(quick: bool) -> CaseResult:
    """Play a million events, and see whether anything stays."""
    events = 100_000 if quick else 1_000_000
    result = CaseResult("growth", f"The pure core: what is allocated while {events} events of all kinds are played")
    samples = list(memory.samples(events, 6))
    result.rows = [
        {"events": each.events, "allocated blocks": each.blocks, "private MB": rounded(each.private_mb)}
        for each in samples
    ]
    first, last = samples[0], samples[-1]
    left = (last.blocks - first.blocks) / (last.events - first.events)
    result.judge(
        f"fewer than {LEFT_PER_EVENT} blocks are left by an event",
        f"{last.blocks - first.blocks} in {last.events - first.events} events",
        left < LEFT_PER_EVENT,
    )
    if left >= LEFT_PER_EVENT:
        result.notes += memory.culprits()
    return result


def loading(quick: bool) -> CaseResult:
    """Load rigs in fresh processes."""
    result = CaseResult("loading", "Loading a rig with all checks, in a process of its own")
    for files in (CoreFiles(2000, tests=50), CoreFiles(2000, boards=200, tests=50), CoreFiles(2000, written_out=True)):
        with TemporaryDirectory(prefix="controld-loading-") as folder:
            path = files.write(Path(folder))
            times = measure(path, 3 if quick else 9)
        median = times[len(times) // 2]
        result.rows.append({
            "rules": files.count, "written out": files.written, "pedalboards": files.boards, "tests": files.tests,
            "KB": round(files.size / 1000),
            "load s": rounded(median.load), "fastest s": rounded(times[0].load), "of it CPU s": rounded(median.cpu),
            "build s": rounded(median.build), "imports s": rounded(median.imports),
        })  # fmt: skip
        what = f"{files.count} rules and {files.boards} pedalboards load in under {MAX_LOAD_S:g} s"
        result.judge(what, f"{median.load:.2f} s", median.load < MAX_LOAD_S)
    return result
