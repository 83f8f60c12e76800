"""`python -m bench.report [FILE]`: the newest (or the given) result as Markdown, for `docs/performance.md`."""

import sys
from pathlib import Path

from bench.results import RESULTS, CaseResult, Report, Row, load, markdown

HOW = """\
Every figure is from one run of `make bench`. All but the last four tables: the daemon as a process, real UDP and JACK
MIDI in, real ZeroMQ out to a bridge stand-in that answers at once. Messages are sent on a fixed schedule and latency
counts from the time a message was *due* (open loop), so a program that stalls cannot hide the messages that waited.
Subject and floor take turns in the same run. *forwarder* is a bare asyncio loop from UDP to a DEALER socket,
*python-osc echo* a minimal server that sends back what it gets: neither has rules, state or checks. *merged* moves were
replaced by a newer one of the same control before the engine could take them; their latency counts until that newer one
arrived. *lost* never arrived nor did anything newer; *dropped* were dropped by the kernel; *last missing* counts
controls whose final value is wrong. *CPU ms/1000* is the subject's CPU time for 1000 messages; *sender p99* is how late
the sender itself was.

The pure core is measured by itself, in one process, on rigs read from files (`bench/core_files.py`): each event with
all that follows from it, to the reply that confirms it and the lights that show that. Instructions are counted by
valgrind, so that no other load disturbs them; the microseconds beside them are of the fastest of five runs."""


def render(report: Report) -> str:
    """Return a report as a Markdown fragment: the targets first, then a table for each case."""
    machine = ", ".join(f"{name} {value}" for name, value in report.machine.items())
    parts = [f"{HOW}\n\nMachine: {machine}. Mode: {report.mode}.", "## Targets", _targets(report)]
    parts += [_case(case) for case in report.cases]
    return "\n\n".join(parts) + "\n"


def _targets(report: Report) -> str:
    rows: list[Row] = [
        {
            "case": case.name,
            "target": verdict.target,
            "measured": verdict.measured,
            "": "reached" if verdict.reached else "**missed**",
        }
        for case in report.cases
        for verdict in case.verdicts
    ]
    return markdown(rows) if rows else "None was measured."


def _case(case: CaseResult) -> str:
    title = case.title[:1].upper() + case.title[1:]
    table = [markdown(case.rows)] if case.rows else []
    return "\n\n".join([f"## {title}", *table, *case.notes])


def main() -> int:
    """Print the fragment; 1 where there is no result."""
    chosen = [Path(word) for word in sys.argv[1:2]] or sorted(RESULTS.glob("*.json"))[-1:]
    if not chosen:
        print("nothing was measured yet: run `make bench` first", file=sys.stderr)
        return 1
    print(render(load(chosen[0])), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
