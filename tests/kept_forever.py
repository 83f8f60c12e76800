"""A program whose children keep one state after the other in the real journal and library, until they are killed.

`python kept_forever.py FOLDER KILLS SEED` forks a child, kills it with SIGKILL at a random moment, looks what is there,
and prints that as JSON, so often. (Forked, because a fresh interpreter for each would take minutes.)
"""

import itertools
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from controld.library import Library
from controld.session.live import Live
from controld.session.model import EffectRecall, EffectSetup, Pedalboard
from controld.session.shelf import KeepBoard
from controld.store import Standing, read_standing, standing_text
from controld.store_files import keep_file
from controld.values import Level

EFFECTS = [f"effect{number}" for number in range(4)]
SYMBOLS = [f"symbol{number}" for number in range(5)]
# So much text that a write takes a while, and can be interrupted in its middle.
WORDS = 150_000
LONGEST_S = 0.03  # a state or two are written in this time


def state(number: int) -> tuple[Standing, Pedalboard]:
    """Return the state with a number: every value of it is that number."""
    levels = {symbol: Level(float(number)) for symbol in SYMBOLS}
    setups = tuple(EffectSetup(name, "urn:x", parameters=levels) for name in EFFECTS)
    board = Pedalboard("Board", setups, description=f"{number} " * WORDS, tempo_bpm=float(number))
    effects = {name: EffectRecall(False, None, levels) for name in EFFECTS}
    return Standing(Live("Board", bpm=float(number), effects=effects, edited=board)), board


def keep(folder: Path, first: int, told: int) -> None:
    """Keep states for ever; tell each number once it is in both."""
    library = Library(folder / "library")
    library.open()
    for number in itertools.count(first):
        standing, board = state(number)
        keep_file(folder / "last.json", standing_text(standing, ""))
        library.file(KeepBoard(board))
        os.write(told, b"%d\n" % number)


def killed(folder: Path, first: int, wait_s: float) -> int:
    """Have a child keep states, and kill it; return the last number that it told of."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        keep(folder, first, write)
    os.close(write)
    with os.fdopen(read, "rb", buffering=0) as heard:
        numbers = heard.read(32)  # the first, at the least
        time.sleep(wait_s)  # the moment is the point
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := heard.read(4096):
            numbers += more
    return int(numbers.split()[-1])


def found(folder: Path) -> dict[str, object]:
    """Return which state is there, in journal and library, and whether all of it is."""
    standing, _path = read_standing(folder / "last.json")
    (stored,) = Library(folder / "library").open().boards
    board, number = stored.read(), int(standing.live.bpm)
    whole = standing == state(number)[0] and board == state(int(board.tempo_bpm))[1]
    return {"journal": number, "library": int(board.tempo_bpm), "whole": whole}


def main() -> None:
    """Kill so often; the moments are chosen by the seed."""
    folder, dice, first = Path(sys.argv[1]), random.Random(int(sys.argv[3])), 1
    for _ in range(int(sys.argv[2])):
        kept = killed(folder, first, dice.uniform(0.0, LONGEST_S))
        sys.stdout.write(json.dumps({"kept": kept, **found(folder)}) + "\n")
        first = kept + 2


if __name__ == "__main__":
    main()
