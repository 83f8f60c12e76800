"""`controld check` and `controld schema`: every mistake in the files a person names, and tables editors complete by.

Shell: it reads files and writes to standard output. What is a mistake is decided by `config` and the shapes; here it
is only found out what kind of file each is, and how its problems are told.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from controld.config import CONFIG_NAME, RigLoader, find_config
from controld.config_mappings import MappingFiles
from controld.config_profiles import ProfileShelf, profile_folders
from controld.config_schema import RIG
from controld.document import Node
from controld.errors import ConfigError, Problem
from controld.mappings.profile_tables import PROFILE
from controld.mappings.schema import RuleCompiler
from controld.mappings.schema_known import Known
from controld.mappings.schema_tables import MAPPING
from controld.session.schema import BANKS, PEDALBOARD, compile_banks, compile_pedalboard
from controld.shape import JsonSchema, Report, Table, schema_document
from controld.shape_parameters import Symbols
from controld.terminal import counted
from controld.yaml_reader import read_document

# Each kind of file: its table, and the keys that tell it from the others.
KINDS: dict[str, tuple[Table, frozenset[str]]] = {
    "rig": (RIG, frozenset({"engine", "surfaces", "mappings", "pedalboards", "startup"})),
    "profile": (PROFILE, frozenset({"controls", "max_rate"})),
    "mapping": (MAPPING, frozenset({"rules", "pages", "tests"})),
    "pedalboard": (PEDALBOARD, frozenset({"effects", "connections", "snapshots"})),
    "banks": (BANKS, frozenset({"banks"})),
}
_FOLDERS = {"surfaces": "profile", "profiles": "profile", "mappings": "mapping", "pedalboards": "pedalboard"}
_TEMPLATED = frozenset({"profile", "mapping"})  # kinds whose texts may hold `{names}` or `{1..8}`
SCHEMA_FOLDER = "schema"
_SUFFIXES = frozenset({".yaml", ".yml"})


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld check`."""
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders; without, the rig itself")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="json: one object, for editors")


def run_check(args: argparse.Namespace) -> int:
    """Check the files and folders of `args.paths` and tell all problems; returns 0 where there are none, else 1.

    Raises:
        ConfigError: nothing was named, and there is no configuration in the usual places.
    """
    checked = check_paths(args.paths or [find_config()], catalogue_symbols())
    if args.format == "json":
        sys.stdout.write(_as_json(checked) + "\n")
    else:
        for line in _as_text(checked, excerpts=sys.stdout.isatty()):
            sys.stdout.write(line + "\n")
    return 1 if checked.report.problems else 0


def add_schema_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld schema`."""
    kinds = [*KINDS, "all"]
    parser.add_argument("kind", nargs="?", choices=kinds, default="all", help="of which file; all: an object of all")
    parser.add_argument(
        "--write", type=Path, metavar="FOLDER", help="write all of them to FOLDER/schema/, one file for each kind"
    )
    parser.add_argument("--format", choices=["json"], default="json", help="a schema is JSON, with this or without")


def run_schema(args: argparse.Namespace) -> int:
    """Write the JSON Schema of a kind of file, or of all of them by kind, to standard output or into a folder.

    Raises:
        ConfigError: the folder cannot be written.
    """
    if args.write is not None:
        _write_schemas(args.write / SCHEMA_FOLDER)
        return 0
    schemas = {kind: json_schema(kind) for kind in KINDS}
    sys.stdout.write(json.dumps(schemas if args.kind == "all" else schemas[args.kind], indent=2) + "\n")
    return 0


def schema_text(kind: str) -> str:
    """Return the JSON Schema of one of `KINDS` as the text of a file."""
    return json.dumps(json_schema(kind), indent=2, ensure_ascii=False) + "\n"


def _write_schemas(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            (folder / f"{kind}.json").write_text(schema_text(kind), encoding="utf-8")
    except OSError as error:
        problem = Problem(str(folder), 0, 0, f"cannot be written: {error.strerror or error}")
        raise ConfigError([problem]) from error
    names = ", ".join(f"{kind}.json" for kind in KINDS)
    sys.stdout.write(f"written to {folder}: {names}\n")
    sys.stdout.write("a file says what it is in its first line: # yaml-language-server: $schema=PATH/mapping.json\n")


def json_schema(kind: str) -> JsonSchema:
    """Return the JSON Schema (2020-12) of one of `KINDS`."""
    table, _ = KINDS[kind]
    return schema_document(f"controld {kind}", table, templated=kind in _TEMPLATED)


def catalogue_symbols() -> Symbols:
    """Return what is known of plugins without an engine: URI -> parameter symbol -> scale."""
    from controld.config_plugins import KnownSymbols

    return KnownSymbols()


@dataclass(slots=True)
class Checked:
    """The result of a check: what was found, and the files that were read."""

    report: Report = field(default_factory=Report)
    files: dict[Path, None] = field(default_factory=dict)


def check_paths(paths: Iterable[Path], symbols: Symbols) -> Checked:
    """Check files and folders: a rig with all that belongs to it, any other file as what it looks like."""
    checked = Checked()
    for path in paths:
        if path.is_dir():
            _check_folder(path, symbols, checked)
        else:
            _check_file(path, symbols, checked)
    return checked


def _check_folder(folder: Path, symbols: Symbols, checked: Checked) -> None:
    rigs = [rig for rig in (folder / CONFIG_NAME, folder / "config" / CONFIG_NAME) if rig.is_file()]
    for rig in rigs[:1]:
        _check_rig(rig, symbols, checked)
    others = sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    if not others:
        problem = Problem(str(folder), 0, 0, "no YAML file in this folder", f"a rig begins with {CONFIG_NAME}")
        checked.report.problems[problem] = None
    for path in others:
        if path not in checked.files:
            _check_file(path, symbols, checked)


def _check_rig(path: Path, symbols: Symbols, checked: Checked) -> None:
    loader = RigLoader(path, symbols, checked.report, checked.files)
    loader.load()


def _check_file(path: Path, symbols: Symbols, checked: Checked) -> None:
    report = Report()
    node = _read(path, report)
    kind = "" if node is None else kind_of(node, path)
    if kind == "rig":
        _check_rig(path, symbols, checked)
        return
    checked.files[path] = None
    checked.report.problems.update(report.problems)
    if node is not None:
        _check_alone(node, kind, path, symbols, checked)


def _read(path: Path, report: Report) -> Node | None:
    """Return a file's nodes; None where it cannot be read, which is reported."""
    try:
        node, problems = read_document(path)
    except ConfigError as error:
        report.problems.update(dict.fromkeys(error.problems))
        return None
    report.problems.update(dict.fromkeys(problems))
    return node


def _check_alone(node: Node, kind: str, path: Path, symbols: Symbols, checked: Checked) -> None:
    report = checked.report
    if kind == "profile":
        shelf = ProfileShelf(profile_folders(path.parent), lambda each: _read(each, report), Path.is_file, report)
        shelf.compiled(node, path)
    elif kind == "mapping":
        files = MappingFiles(lambda each: _read(each, report), Path.is_file, report)
        files.add_read(path, node)
        compiler = RuleCompiler(Known(symbols=symbols), report)
        for file in files.files:
            checked.files[file.path] = None
            compiler.compile(file.node, str(file.path))
        compiler.tests()
    elif kind == "pedalboard":
        compile_pedalboard(node, report, symbols)
    elif kind == "banks":
        compile_banks(node, report)
    else:
        keys = ", ".join(f"`{next(iter(sorted(keys)))}`" for _, keys in KINDS.values())
        report.error(node, "this is no file of a rig", f"its kind is told by its keys, for example {keys}")


def kind_of(node: Node, path: Path) -> str:
    """Return which of `KINDS` a file looks like: by its keys, then by its folder; "" where nothing tells."""
    keys = set(node.names())
    scores = {kind: len(keys & telling) for kind, (_, telling) in KINDS.items()}
    best = max(scores, key=lambda kind: scores[kind])
    if scores[best]:
        return best
    return "rig" if path.name == CONFIG_NAME else _FOLDERS.get(path.resolve().parent.name, "")


def _as_json(checked: Checked) -> str:
    found = {
        "ok": not checked.report.problems,
        "files": [str(path) for path in checked.files],
        "problems": [asdict(problem) for problem in sorted(checked.report.problems)],
        "warnings": [asdict(problem) for problem in sorted(checked.report.warnings)],
    }
    return json.dumps(found, indent=2, ensure_ascii=False)


def _as_text(checked: Checked, *, excerpts: bool) -> Iterator[str]:
    problems, warnings = checked.report.problems, checked.report.warnings
    for problem in sorted([*problems, *warnings]):
        mark = "" if problem in problems else "warning: "
        place = f"{problem.path}:{problem.line}:{problem.column}" if problem.line else problem.path
        yield f"{place}: {mark}{problem.message}" + (f" ({problem.hint})" if problem.hint else "")
        if excerpts:
            yield from _excerpt(problem)
    files = counted(len(checked.files), "file")
    also = f", {counted(len(warnings), 'warning')}" if warnings else ""
    if problems:
        paths = len({problem.path for problem in problems})
        yield f"{counted(len(problems), 'problem')} in {counted(paths, 'file')} ({files} checked{also})"
    else:
        yield f"{files} checked, no problems{also}"


def _excerpt(problem: Problem) -> Iterator[str]:
    """Yield the line a problem is in, and a caret under its column; tabs are kept so that the caret stands right."""
    if not problem.line:
        return
    try:
        lines = Path(problem.path).read_text("utf-8-sig", errors="replace").splitlines()
    except OSError:
        return
    if problem.line > len(lines):
        return
    line = lines[problem.line - 1]
    width = int(os.environ.get("COLUMNS", "0") or 0) or 160
    indent = "".join("\t" if char == "\t" else " " for char in line[: problem.column - 1])
    yield f"  | {line[: max(width - 4, problem.column + 20)]}"
    yield f"  | {indent}^"
