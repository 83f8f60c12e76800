"""`controld config`: every value in force, and where it comes from.

Shell: it reads the rig's own file and writes to standard output.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from controld.config import find_config
from controld.config_schema import RIG
from controld.config_settings import DEFAULT, PLACES, Value, laid_over, overrides_of, values_of
from controld.control import socket_path
from controld.errors import ConfigError
from controld.places import data_folder
from controld.shape import Report, as_yaml
from controld.terminal import Ink, columns
from controld.yaml_reader import read_document

_WIDEST = 48  # characters of a value in a terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld config`."""
    parser.add_argument("--format", choices=["text", "json"], default="text", help="json: one object, for programs")


def run(args: argparse.Namespace) -> int:
    """Print every value in force with its source; returns 0.

    Raises:
        ConfigError: the rig's own file, a variable or a choice has mistakes.
    """
    values = in_force(args.config, args.socket, args.chosen, os.environ)
    if args.format == "json":
        found = {each.key: {"value": each.value, "source": each.source} for each in values}
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(values)) + "\n")
    return 0


def in_force(config: Path | None, socket: Path | None, chosen: list[str], environ: Mapping[str, str]) -> list[Value]:
    """Return where things are, and every value of the rig's own file after environment and command line."""
    path = find_config(str(config or ""))
    over = overrides_of(environ, chosen)
    node, problems = read_document(path)
    report = Report()
    node = laid_over(node, over)
    RIG.read(node, report)
    if problems or report.problems:
        raise ConfigError([*problems, *report.problems])
    where = {"config": path.absolute(), "socket": socket_path(str(socket or "")), "data": data_folder()}
    said = {"--config": config, "--socket": socket}
    places = []
    for place in PLACES:
        source = f"environment variable {place.variable}" if environ.get(place.variable) else DEFAULT
        source = f"command line {place.option}" if said.get(place.option) else source
        places.append(Value(place.name, str(where[place.name]), source))
    return [*places, *values_of(node)]


def _lines(values: list[Value]) -> list[str]:
    ink = Ink(sys.stdout)
    rows = [(each.key, _shown(each.value), each.source) for each in values]
    return [ink("dim", line) if line.endswith(DEFAULT) else line for line in columns(rows)]


def _shown(value: object) -> str:
    if value is None or value in ("", [], {}):
        return "-"
    text = as_yaml(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."
