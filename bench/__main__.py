"""`python -m bench`: measure the daemon beside the floors, print the tables, keep the figures in `bench/results/`."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.cases_clock import clock
from bench.cases_core import core, growth, loading
from bench.cases_engine import bursts, mapped, rates, stomp
from bench.cases_feedback import feedback, footprint
from bench.cases_flood import flood
from bench.cases_midi import midi
from bench.cases_programs import programs
from bench.cases_recall import boards, recall
from bench.context import Bench
from bench.library import library
from bench.proc import busy_share, machine
from bench.results import CaseResult, Report, show
from bench.subjects import BenchError, Bridge, controld_command

# A machine that does more than this by itself disturbs what is measured.
QUIET_SHARE = 0.1

CASES: dict[str, Callable[[Bench], CaseResult]] = {
    "rates": rates,
    "mapped": mapped,
    "feedback": feedback,
    "burst": bursts,
    "stomp": stomp,
    "programs": programs,
    "recall": recall,
    "boards": boards,
    "midi": midi,
    "flood": flood,
    "clock": clock,
    "footprint": footprint,
    "core": lambda bench: core(bench.quick),
    "growth": lambda bench: growth(bench.quick),
    "loading": lambda bench: loading(bench.quick),
    "library": lambda _bench: library(),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases and return 0, or 1 where one could not be measured; a missed target is no error."""
    options = _options(arguments)
    if not controld_command().exists():
        print(f"{controld_command()} is missing: run this with the Python of the project's virtual environment")
        return 1
    os.environ["JACK_NO_START_SERVER"] = "1"
    report = Report(machine(), "quick" if options.quick else "full")
    broken = 0
    bridge = Bridge(batch=not options.stock)
    with tempfile.TemporaryDirectory(prefix="controld-bench-") as folder:
        bench = Bench(bridge, Path(folder), options.quick)
        for name in options.only or CASES:
            started = time.monotonic()
            disturbed = busy_share(1.0)
            try:
                result = CASES[name](bench)
            except BenchError as error:
                result = CaseResult(name, "not measured", notes=[str(error)])
                broken += 1
            if disturbed > QUIET_SHARE:
                result.notes.append(
                    f"the machine was {disturbed:.0%} busy with other things before this case: its figures are worse "
                    "than they need be"
                )
            print(show(result) + f"\n   ({time.monotonic() - started:.0f} s)", flush=True)
            report.cases.append(result)
    bridge.close()
    print(f"\nkept in {report.save()}")
    return 1 if broken else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about four minutes instead of fifteen")
    parser.add_argument("--only", action="append", choices=list(CASES), metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--stock", action="store_true", help="a bridge stand-in without batches, as the stock bridge")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
