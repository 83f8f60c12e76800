"""`python -m bench.core`: what the pure core costs per event, with no socket and no process around it.

Everything that a person can do with a control is played on the same rig with 10, 1000 and 10,000 rules, read from files
as users have them. Counted are machine instructions, beside the least that any dispatch can cost: one look-up in a
dictionary and one call. Exits with 1 where an event costs more with more rules, or where events leave memory behind.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from bench.cases_core import core, growth, loading
from bench.results import CaseResult, show

CASES: Mapping[str, Callable[[bool], CaseResult]] = {"core": core, "growth": growth, "loading": loading}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; 1 where a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.core", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="up to 1000 rules, and a tenth of the events")
    parser.add_argument("--only", action="append", choices=list(CASES), metavar="CASE", help=", ".join(CASES))
    options = parser.parse_args(arguments)
    missed = 0
    for name in options.only or CASES:
        result = CASES[name](options.quick)
        missed += sum(not verdict.reached for verdict in result.verdicts)
        print(show(result), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
