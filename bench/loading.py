"""How long a rig takes to load, checks included: in a fresh process each time, as at a start and after each save.

`python -m bench.loading FOLDER` loads one once and prints the times as JSON.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple


class Times(NamedTuple):
    """Seconds: importing, loading with all checks, and building the rig from it; `cpu` is of loading alone."""

    imports: float
    load: float
    cpu: float
    build: float


def measure(folder: Path, repeats: int) -> list[Times]:
    """Load a rig so often, each time in a process of its own; the fastest first."""
    command = [sys.executable, "-m", "bench.loading", str(folder)]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(repeats)]
    return sorted((Times(*json.loads(out)) for out in runs), key=lambda times: times.load)


def _once(folder: Path) -> Times:
    started = time.perf_counter()
    from controld.config import load_rig
    from controld.rig import Rig

    imported, cpu = time.perf_counter(), time.process_time()
    config = load_rig(folder)
    loaded, cpu = time.perf_counter(), time.process_time() - cpu
    Rig(
        config.rules, config.controls, config.pedalboards, config.startup.pedalboard,
        stage=config.stage, banks=config.banks,
    )  # fmt: skip
    return Times(imported - started, loaded - imported, cpu, time.perf_counter() - loaded)


if __name__ == "__main__":
    print(json.dumps(_once(Path(sys.argv[1]))))
