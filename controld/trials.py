"""`controld test`: every test inside the maps of a rig, without a device and an engine, in milliseconds.

Shell: it reads the files and writes to standard output; `trial` plays and judges.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from controld.check import catalogue_symbols
from controld.config import find_config, load_rig
from controld.config_values import RigConfig
from controld.mappings.words import rule_words
from controld.rehearse import rehearse
from controld.terminal import Ink
from controld.trial import Trial, Verdict


def add_test_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld test`."""
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help="the rig's folder or controld.yaml")
    parser.add_argument("-k", "--only", default="", metavar="WORD", help="only the tests whose name or place has this")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="json: one object, for programs")


def run_test(args: argparse.Namespace) -> int:
    """Run the tests inside the maps; returns 0 where all passed, else 1.

    Raises:
        ConfigError: the files have mistakes.
    """
    config = load_rig(find_config(str(args.path or "")), catalogue_symbols())
    begun_s = time.perf_counter()
    verdicts = list(verdicts_of(config, args.only))
    took_s = time.perf_counter() - begun_s
    if args.format == "json":
        sys.stdout.write(json.dumps(_as_members(verdicts), indent=2, ensure_ascii=False) + "\n")
    else:
        for line in _as_text(verdicts, config, took_s, Ink(sys.stdout), args.only):
            sys.stdout.write(line + "\n")
    return int(any(verdict.failures for verdict in verdicts))


def verdicts_of(config: RigConfig, only: str = "") -> Iterator[Verdict]:
    """Yield what became of each test of a rig whose name or place has the word `only`, in the order of the files."""
    for test in config.tests:
        if only.lower() in f"{test.name} {test.place}".lower():
            yield Trial(test, rehearse(config), config.controls, config.rules).run()


def _as_members(verdicts: Iterable[Verdict]) -> dict[str, Any]:
    tests = [
        {
            "name": verdict.test.name,
            "place": verdict.test.place,
            "passed": not verdict.failures,
            "failures": [{"expected": f.expected, "place": f.place, "found": f.found} for f in verdict.failures],
            "fired": [
                {
                    "at_s": round(each.at_s, 4),
                    "place": each.rule.place,
                    "name": each.rule.name,
                    "does": rule_words(each.rule),
                }
                for each in verdict.fired
            ],
        }
        for verdict in verdicts
    ]
    return {"passed": sum(bool(test["passed"]) for test in tests), "tests": tests}


def _as_text(verdicts: list[Verdict], config: RigConfig, took_s: float, ink: Ink, only: str) -> Iterator[str]:
    folder = config.path.parent
    for verdict in verdicts:
        mark = ink("red", "FAIL") if verdict.failures else ink("green", "ok  ")
        yield f"{mark} {verdict.test.name}  {ink('dim', str(folder / verdict.test.place))}"
        if verdict.failures:
            yield from _failed(verdict, ink)
    failed = sum(bool(verdict.failures) for verdict in verdicts)
    if not verdicts:
        none = f"no test has `{only}` in its name or place; there are {len(config.tests)}"
        yield none if config.tests else "no tests: write them under `tests:` in a mapping file, see docs/mapping.md"
        return
    count = f"{len(verdicts)} test{'s' if len(verdicts) != 1 else ''}"
    result = ink("red", f"{failed} failed") if failed else ink("green", "all passed")
    yield f"{count}, {result}, in {took_s * 1000:.0f} ms"


def _failed(verdict: Verdict, ink: Ink) -> Iterator[str]:
    for failure in verdict.failures:
        yield f"     expected  {failure.expected}  {ink('dim', failure.place)}"
        yield f"     found     {failure.found}"
    if not verdict.fired:
        yield "     no rule fired"
    for each in verdict.fired:
        name = f" ({each.rule.name})" if each.rule.name else ""
        yield f"     fired     {each.at_s:.2f} s  {each.rule.place}{name}: {rule_words(each.rule)}"
