"""How many machine instructions the core needs for an event: counted by valgrind, so that no other load disturbs it.

Each size of rig is a process of its own under `valgrind --tool=callgrind`, which counts nothing while the rig is read
and warmed up. Two runs differ by less than one in a thousand. Needs valgrind with its headers, and a C compiler.
"""

import ctypes
import gc
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.core_plays import CHANGES, PLAYS, Core, play, read
from controld.events import ControlMoved

FLOOR = "look-up and call"
WARM_UP = 210  # plays; more than a whole sweep of the pedal
_COUNTED, _COUNTED_CHANGES = 200, 4
_SOURCE = Path(__file__).with_name("callgrind.c")

# What one event of a play costs, in instructions.
Costs = Mapping[str, float]


def available() -> bool:
    """Tell whether instructions can be counted on this machine."""
    return all(shutil.which(tool) for tool in ("valgrind", "cc")) and Path("/usr/include/valgrind/callgrind.h").exists()


def count(rules: int) -> Costs:
    """Return the instructions for an event of each play on a rig of so many rules, and of the floor."""
    with TemporaryDirectory(prefix="controld-count-") as name:
        folder = Path(name)
        library, out = folder / "callgrind.so", folder / "out"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, _SOURCE], check=True)
        valgrind = ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
        command = [*valgrind, sys.executable, "-m", "bench.instructions", str(library), str(rules)]
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": "0"}
        )
        events = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines())
        return {what: total / int(events[what]) for what, total in _totals(folder)}


def _totals(folder: Path) -> list[tuple[str, int]]:
    found = []
    for path in folder.glob("out.*"):
        text = path.read_text()
        named = re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.MULTILINE)
        total = re.search(r"^totals: (\d+)", text, re.MULTILINE)
        if named and total:
            found.append((named[1], int(total[1])))
    return found


def look_ups(times: int) -> int:
    """Do the floor, the least that any dispatch can cost: one look-up in a dictionary, and one call."""
    events = [ControlMoved(f"t.m{index}", 0.5, 0.0) for index in range(10)]
    handlers = {event.control: _handle for event in events}
    for index in range(times):
        event = events[index % 10]
        handlers[event.control](event)
    return times


def _handle(event: ControlMoved) -> float:
    return event.position


def _counted(library: ctypes.CDLL, what: str, do: Callable[[int], int | None], events: Callable[[], int]) -> None:
    """Count one thing, and tell for how many events; the collector must not come in between."""
    before = events()
    gc.collect()
    gc.disable()
    library.count_from_here()
    done = do(_COUNTED)
    library.count_until_here(what.encode())
    gc.enable()
    print(what, done or events() - before)


def _child(library: ctypes.CDLL, rules: int) -> None:
    core = Core(read(rules))
    look_ups(WARM_UP)
    _counted(library, FLOOR, look_ups, lambda: 0)
    for counted, plays in ((_COUNTED, PLAYS), (_COUNTED_CHANGES, CHANGES)):
        for what, how in plays.items():
            warm = WARM_UP if plays is PLAYS else 2
            play(core, how, warm)
            _counted(library, what, lambda _: play(core, how, counted, warm), lambda: core.events)  # noqa: B023


if __name__ == "__main__":
    _child(ctypes.CDLL(sys.argv[1]), int(sys.argv[2]))
