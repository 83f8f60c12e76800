"""`controld status`: the running daemon is asked how it is, and answers on one page.

Shell: it writes to standard output. Exit codes: 0 all is well, 1 something is wrong, 2 no daemon runs.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from controld.control import ControlClient, socket_path
from controld.errors import ControldError
from controld.terminal import Ink, columns, counted

HEALTHY, WRONG, NOBODY = 0, 1, 2
_STATES = {"up": "green", "repairing": "yellow", "down": "red"}
_MOST_SENDERS = 8
_LABEL = 12  # characters before what is told

Answer = Mapping[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld status`."""
    parser.add_argument(
        "--socket", type=Path, metavar="PATH", help="the daemon's own socket, where it is not the default"
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="json: one object, for programs")


def run(args: argparse.Namespace) -> int:
    """Print how the running daemon is; returns one of the exit codes above."""
    try:
        client = ControlClient(socket_path(str(args.socket or "")))
    except ControldError as error:
        sys.stderr.write(f"controld: {error}\n")
        return NOBODY
    status = client.ask({"do": "status"})
    client.close()
    if args.format == "json":
        sys.stdout.write(json.dumps(status, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n".join(page(status, Ink(sys.stdout))) + "\n")
    return HEALTHY if status["healthy"] else WRONG


def page(status: Answer, ink: Ink) -> list[str]:
    """Return an answer as lines."""
    rows = [("", ink("bold", f"controld {status['version']}") + f"   {status['files']['path']}")]
    rows += _health(status, ink)
    rows += _engine(status, ink)
    rows += _playing(status, ink)
    rows += _surfaces(status, ink)
    rows += _counted(status)
    rows += _senders(status)
    rows += _process(status)
    return [f"{label:<{_LABEL}}{text}" if label or index else text for index, (label, text) in enumerate(rows)]


def _health(status: Answer, ink: Ink) -> Iterator[tuple[str, str]]:
    complaints = status["complaints"]
    yield "health", ink("green", "all is well") if not complaints else ink("red", complaints[0])
    yield from (("", ink("red", complaint)) for complaint in complaints[1:])


def _engine(status: Answer, ink: Ink) -> Iterator[tuple[str, str]]:
    figures, state = status["figures"], status["engine"]
    about = f"  {status['engine_reason']}" if state != "down" and status["engine_reason"] else ""
    yield "engine", ink(_STATES.get(state, "red"), state) + about
    if figures["bridge_connected"]:
        command_ms = figures["engine_command_seconds"] * 1000
        yield (
            "",
            f"{command_ms:.2f} ms a command (median of the last 32), CPU load {figures['engine_load_percent']:.0f} %",
        )
    outage = status["last_outage"]
    if outage:
        at = time.strftime("%H:%M:%S", time.localtime(outage["at_s"]))
        yield "outages", f"{counted(int(figures['engine_outages_total']), 'time')}; last at {at}: {outage['reason']}"
        back, repaired = outage["back_after_s"], outage["repaired_after_s"]
        there = "not there yet" if back is None else f"there again after {back:.1f} s"
        yield "", there if repaired is None else f"{there}, all repaired {repaired:.1f} s after the loss"


def _playing(status: Answer, ink: Ink) -> Iterator[tuple[str, str]]:
    state = {"asked": ink("yellow", "  (on its way)"), "failed": ink("red", "  (not complete)")}
    yield "pedalboard", ink("bold", status["pedalboard"] or "-") + state.get(status["pedalboard_state"], "")
    yield "snapshot", status["snapshot"] or "-"
    effects = status["effects_known"]
    if effects:
        lit = {True: "green", False: "dim", None: "yellow"}
        marks = {True: "", False: " (bypassed)", None: " (not known)"}
        yield "effects", ", ".join(ink(lit[active], name + marks[active]) for name, active in effects.items())
    if not status["settled"]:
        yield "", ink("yellow", "something is on its way")


def _surfaces(status: Answer, ink: Ink) -> Iterator[tuple[str, str]]:
    lines = columns([(name, "  " + words) for name, words in status["surfaces"].items()])
    for index, (name, line) in enumerate(zip(status["surfaces"], lines, strict=True)):
        yield "surfaces" if index == 0 else "", ink("yellow", line) if name in status["waiting"] else line
    files = status["files"]
    yield "files", files["words"] or "as they are on the disk"


def _counted(status: Answer) -> Iterator[tuple[str, str]]:
    lines = []
    for name, value in status["counters"].items():
        several = value if isinstance(value, dict) else {"": value}
        some = [f"{what} {count}".strip() for what, count in several.items() if count]
        if some:
            lines.append(f"{name.replace('_', ' ')}: {', '.join(some)}" if isinstance(value, dict)
                         else f"{name.replace('_', ' ')} {some[0]}")  # fmt: skip
    yield from (("counted" if index == 0 else "", line) for index, line in enumerate(lines or ["nothing yet"]))


def _senders(status: Answer) -> Iterator[tuple[str, str]]:
    """Yield the OSC senders with what they sent, who made most trouble first."""
    told = [(name, sender, counts) for name, senders in status["senders"].items() for sender, counts in senders.items()]
    told.sort(key=lambda each: sum(each[2].values()) - 2 * each[2].get("received", 0))
    for index, (name, sender, counts) in enumerate(reversed(told[-_MOST_SENDERS:])):
        words = ", ".join(f"{what.replace('_', ' ')} {count}" for what, count in counts.items())
        yield "senders" if index == 0 else "", f"{name} {sender}: {words}"
    if len(told) > _MOST_SENDERS:
        yield "", f"and {len(told) - _MOST_SENDERS} more"


def _process(status: Answer) -> Iterator[tuple[str, str]]:
    figures = status["figures"]
    hours, rest = divmod(int(figures["uptime_seconds"]), 3600)
    late_ms = figures["loop_late_seconds"] * 1000
    up = f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
    yield (
        "process",
        (
            f"up {up}, {figures['memory_bytes'] / 1e6:.0f} MB, {figures['threads']:.0f} threads, "
            f"{figures['cpu_seconds_total']:.1f} s of CPU; the loop was at most {late_ms:.1f} ms late of late"
        ),
    )
