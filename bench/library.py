"""What a library of a thousand pedalboards costs: a start, and a list.

`python -m bench.library` fills a folder and prints the times in milliseconds as JSON. A first look reads every
file; those after it the index alone.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from bench.results import CaseResult, rounded
from controld.library import Library
from controld.session.model import EffectRecall, EffectSetup, Pedalboard, Snapshot
from controld.session.outbox import Outbox
from controld.session.session import Session
from controld.session.shelf import KeepBoard
from controld.values import Level

BOARDS = 1000
EFFECTS, SYMBOLS, SNAPSHOTS = 8, 12, 6


def board(number: int) -> Pedalboard:
    """Return a pedalboard of a usual size."""
    levels = {f"symbol{place}": Level(place / 10 + number) for place in range(SYMBOLS)}
    names = [f"effect{place}" for place in range(EFFECTS)]
    recall = EffectRecall(True, None, levels)
    return Pedalboard(
        f"Pedalboard {number}",
        tuple(EffectSetup(name, f"urn:{name}", parameters=levels) for name in names),
        tuple((f"{one}:out", f"{other}:in") for one, other in pairwise(names)),
        tuple(Snapshot(f"Snapshot {place}", dict.fromkeys(names, recall)) for place in range(SNAPSHOTS)),
    )


def measure(boards: int) -> dict[str, float]:
    """Return the times in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="controld-library-") as name:
        folder = Path(name)
        library = Library(folder)
        library.open()
        started = time.perf_counter()
        for number in range(boards):
            library.file(KeepBoard(board(number)))
        fill = (time.perf_counter() - started) * 1000
        first = _timed(Library(folder).open)
        start = min(_timed(Library(folder).open) for _ in range(5))
        session = Session([], Outbox())
        contents = Library(folder).open()
        taken = _timed(lambda: session.open_library(contents.boards, contents.banks, contents.favourites))
        listed = min(_timed(lambda: list(session.shelf.names)) for _ in range(5))
        one = _timed(lambda: session.shelf.get(f"Pedalboard {boards // 2}"))
    return {
        "save_one": fill / boards, "first_start": first, "start": start, "taken": taken, "list": listed,
        "load_one": one,
    }  # fmt: skip


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def library() -> CaseResult:
    """Fill a library and look at it, each time in a process of its own."""
    result = CaseResult("library", f"a library of {BOARDS} pedalboards, in milliseconds")
    done = subprocess.run([sys.executable, "-m", "bench.library"], capture_output=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    result.rows.append({"pedalboards": BOARDS, **{name: rounded(value) for name, value in found.items()}})
    grown = found["start"] + found["taken"]
    result.judge(f"a start with {BOARDS} pedalboards grows by under 0.2 s", f"{grown:.0f} ms", grown < 200)
    first = found["first_start"] + found["taken"]
    result.judge("and so does the first one, which has no index yet", f"{first:.0f} ms", first < 200)
    result.judge("they are listed in under 50 ms", f"{found['list']:.3f} ms", found["list"] < 50)
    return result


if __name__ == "__main__":
    print(json.dumps({key: round(value, 3) for key, value in measure(BOARDS).items()}))
