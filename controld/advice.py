"""`controld lint` and `controld explain`: what a rig's files will surprise with, and what one control does.

Shell: it reads files, asks a running daemon, and writes to standard output. What there is to say is decided by
`mappings.lint` and `mappings.explain`.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from controld.check import catalogue_symbols
from controld.config import find_config, load_rig
from controld.config_values import RigConfig
from controld.control import Answer, running_rig
from controld.errors import ControldError, hinted
from controld.mappings.explain import explain
from controld.mappings.lint import Finding, Grounds, lint
from controld.mappings.view import View
from controld.rehearse import rehearse
from controld.terminal import Ink, columns, counted


def add_lint_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld lint`."""
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help="the rig's folder or controld.yaml")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="json: one object, for programs")


def run_lint(args: argparse.Namespace) -> int:
    """Tell what is written rightly and yet will surprise; returns 1 where that cannot be meant, else 0.

    Raises:
        ConfigError: the files have mistakes; `controld check` tells them too.
    """
    config = load_rig(find_config(str(args.path or "")), catalogue_symbols())
    found = lint(grounds_of(config))
    if args.format == "json":
        sys.stdout.write(
            json.dumps({"findings": [asdict(each) for each in found]}, indent=2, ensure_ascii=False) + "\n"
        )
    else:
        for line in _findings(found, config, Ink(sys.stdout)):
            sys.stdout.write(line + "\n")
    return int(any(each.level == "warning" for each in found))


def add_explain_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld explain`."""
    parser.add_argument("control", nargs="*", metavar="CONTROL", help="as in floor.fs1; without, every control")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the rig's controld.yaml")
    parser.add_argument("--socket", type=Path, metavar="PATH", help="the daemon's socket, where it is not the default")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="json: one object, for programs")


def run_explain(args: argparse.Namespace) -> int:
    """Tell what controls do: as it is now where a daemon runs, else as it is after the start.

    Raises:
        ConfigError: no daemon runs, and the files have mistakes.
        ControldError: there is no such control.
    """
    answer = _ask_daemon(args)
    if answer is None:
        config = load_rig(find_config(str(args.config or "")), catalogue_symbols())
        answer = answer_explain(args.control, config, rehearse(config).rig.mapper.view)
    if error := answer.get("error"):
        raise ControldError(str(error))
    if args.format == "json":
        sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
        return 0
    for line in _explanations(answer, Ink(sys.stdout)):
        sys.stdout.write(line + "\n")
    return 0


def _ask_daemon(args: argparse.Namespace) -> Answer | None:
    """Return what a running daemon says; None where none runs, or where a file was named instead."""
    if args.config is not None:
        return None
    client = running_rig(args.socket)
    return None if client is None else client.ask({"do": "explain", "controls": args.control})


def answer_explain(controls: Iterable[str], config: RigConfig, view: View) -> Answer:
    """Return what is to be said of controls (none: all that have rules) as the rig stands, or an error."""
    grounds = grounds_of(config)
    used = {name for rule in grounds.rules for trigger in rule.triggers for name in (*trigger.chord, trigger.control)}
    names = list(controls) or [name for name in grounds.controls if name in used]
    for name in names:
        if name not in grounds.controls:
            text = f"there is no control `{name}`"
            named = [each for each in grounds.controls if each.partition(".")[2] == name]
            error = f"{text} (did you mean `{named[0]}`?)" if named else hinted(text, name, grounds.controls)
            return {"error": error}
    page = view.page.page
    now = " / ".join(filter(None, (view.pedalboard.pedalboard, view.snapshot.snapshot, page and f"page {page}")))
    return {"now": now, "controls": [asdict(explain(name, grounds, view, page)) for name in names]}


def grounds_of(config: RigConfig) -> Grounds:
    """Return what lint looks at of a rig's files."""
    pages = config.stage.pages
    return Grounds(
        config.rules,
        config.controls,
        tuple(page.name for page in pages),
        next((page.name for page in pages if page.start), ""),
        config.stage.panic,
        frozenset(effect.name for board in config.pedalboards for effect in board.effects),
        frozenset(role for board in config.pedalboards for role in board.roles),
    )


# As text


def _findings(found: list[Finding], config: RigConfig, ink: Ink) -> Iterator[str]:
    for each in found:
        mark = ink("yellow", "warning") if each.level == "warning" else ink("cyan", "note")
        place = f"{ink('bold', str(config.path.parent / each.place))}: " if each.place else ""
        yield f"{place}{mark}: {each.message}" + (ink("dim", f" ({each.hint})") if each.hint else "")
    warnings = sum(each.level == "warning" for each in found)
    counts = f"{counted(warnings, 'warning')}, {counted(len(found) - warnings, 'note')}"
    yield f"{counted(len(config.rules), 'rule')} looked at: {counts}"


def _explanations(answer: Answer, ink: Ink) -> Iterator[str]:
    controls = answer["controls"]
    assert isinstance(controls, list)
    yield ink("dim", f"now: {answer['now']}")
    for each in controls:
        yield ""
        yield from _explanation(each, ink)


def _explanation(told: Mapping[str, Any], ink: Ink) -> Iterator[str]:
    """Yield the lines of one control, an `Explained` as members."""
    yield f"{ink('bold', told['control'])}  {ink('dim', told['device'])}"
    for page, lines in told["pages"]:
        if page:
            yield f"  on page {ink('magenta', page)}{' (now)' if page == told['active'] else ''}"
        rows = [[f"    {line['gesture']}", line["does"], line["place"]] for line in lines]
        for line, row in zip(lines, columns(rows), strict=True):
            yield row
            yield from _besides(line, ink)
    if not any(lines for _, lines in told["pages"]):
        yield "    no rule uses it" + (": it shows pedalboard and snapshot" if told["device"] == "display" else "")
    if told["light"]:
        yield f"  light: {told['light']}"
    yield from (f"  {ink('yellow', remark)}" for remark in told["remarks"])


def _besides(line: Mapping[str, Any], ink: Ink) -> Iterator[str]:
    if line["name"]:
        yield ink("dim", f"      called {line['name']}")
    if line["condition"]:
        now = {None: "", True: ": so it is now", False: ": not now"}[line["holds"]]
        yield ink("dim", f"      if {line['condition']}{now}")
