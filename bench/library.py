"""What a library of a thousand pedalboards costs: a start, and a list.

`python -m bench.library [BOARDS]` fills a folder and prints the times in milliseconds as JSON. A first look reads every
file; those after it the index alone.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from controld.library import Library
from controld.session.model import EffectRecall, EffectSetup, Pedalboard, Snapshot
from controld.session.outbox import Outbox
from controld.session.session import Session
from controld.session.shelf import KeepBoard
from controld.values import Level

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


if __name__ == "__main__":
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    print(json.dumps({key: round(value, 3) for key, value in found.items()}))
