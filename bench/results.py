"""What the cases hand back, how it is shown in a terminal, and how it is kept."""

import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.analysis import Outcome, quantile
from bench.measure import Run

RESULTS = Path(__file__).parent / "results"
Row = dict[str, float | int | str]


@dataclass(slots=True)
class Verdict:
    """A target beside what was measured."""

    target: str
    measured: str
    reached: bool


@dataclass(slots=True)
class CaseResult:
    """What a case found: its table, and its targets."""

    name: str
    title: str
    rows: list[Row] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def judge(self, target: str, measured: str, reached: bool) -> None:
        """Note a target."""
        self.verdicts.append(Verdict(target, measured, reached))


@dataclass(slots=True)
class Report:
    """Everything of one call of the benchmark."""

    machine: dict[str, str]
    mode: str
    cases: list[CaseResult] = field(default_factory=list)

    def save(self) -> Path:
        """Write it into the results folder, under the present time, and return the path."""
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / time.strftime("%Y%m%d-%H%M%S.json")
        path.write_text(json.dumps(asdict(self), indent=1))
        return path


def load(path: Path) -> Report:
    """Return a report that was saved."""
    data = json.loads(path.read_text())
    cases = []
    for case in data["cases"]:
        case["verdicts"] = [Verdict(**verdict) for verdict in case["verdicts"]]
        cases.append(CaseResult(**case))
    return Report(data["machine"], data["mode"], cases)


def times(outcome: Outcome) -> Row:
    """Return the columns of a latency distribution, in microseconds."""
    ordered = sorted(outcome.latencies_us)
    figures = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
    return {f"{name} us": rounded(quantile(ordered, share)) for name, share in figures.items()}


def counts(outcome: Outcome, dropped: int) -> Row:
    """Return the columns of what went wrong."""
    return {
        "lost": outcome.unserved,
        "dropped": dropped,
        "merged": outcome.merged,
        "doubled": outcome.duplicated,
        "unordered": outcome.out_of_order,
        "last missing": outcome.last_missing,
    }


def engine_row(of: Run) -> Row:
    """Return all columns of input to engine request."""
    late = quantile(sorted(of.late_us), 0.99)
    return {
        **times(of.moves),
        **counts(of.moves, of.datagrams_dropped),
        "requests": of.requests,
        "CPU ms/1000": rounded(of.cpu_ms_per_1000),
        "sender p99 us": rounded(late),
    }


def rounded(value: float) -> float | str:
    """Return a figure with three significant digits; "-" for none."""
    if math.isnan(value):
        return "-"
    return round(value) if abs(value) >= 100 else float(f"{value:.3g}")


def table(rows: Sequence[Row]) -> str:
    """Return rows as aligned text."""
    cells = _cells(rows)
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)


def markdown(rows: Sequence[Row]) -> str:
    """Return rows as a Markdown table."""
    head, *body = _cells(rows)
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cells(rows: Sequence[Row]) -> list[list[str]]:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return [columns, *([f"{row.get(column, '')}" for column in columns] for row in rows)]


def show(case: CaseResult) -> str:
    """Return a case as text for a terminal."""
    lines = [f"\n== {case.name}: {case.title}"]
    if case.rows:
        lines.append(table(case.rows))
    lines += [f"   {note}" for note in case.notes]
    lines += [
        f" {'pass' if verdict.reached else 'MISS'}  {verdict.target}: {verdict.measured}" for verdict in case.verdicts
    ]
    return "\n".join(lines)
