"""`controld import`: configurations of other programs become files of a rig.

Shell: it reads, writes and prints. What becomes of what is decided by the pure modules of this room.
"""

import argparse
import logging
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from controld.bridge.hosts.catalogue import Plugin
from controld.bridge.hosts.known import known_plugins
from controld.bridge.hosts.virtual_rig import is_owned
from controld.check import KINDS, SCHEMA_FOLDER, catalogue_symbols, check_paths, schema_text
from controld.config import CONFIG_NAME
from controld.document import Node
from controld.errors import ConfigError
from controld.importers.board import board_of
from controld.importers.bundle import Facts, PluginFacts
from controld.importers.files import read_folder, refuse_to_overwrite, write_all
from controld.importers.mod_ui import MANIFEST, import_bundles, read_bundle
from controld.importers.names import slug
from controld.importers.outcome import Made, Outcome, declared
from controld.importers.pistomp import import_pistomp
from controld.importers.pistomp_config import overlaid, read_config
from controld.importers.pistomp_controls import LATCHING, MOMENTARY
from controld.shape import Report
from controld.yaml_reader import read_document

_ABOUT = """

  controld import pi-stomp default_config.yml                     footswitches, pedals and encoders of a pi-Stomp
  controld import pi-stomp default_config.yml BOARD.pedalboard    ... with one pedalboard and its own config.yml
  controld import mod-ui BOARD.pedalboard                         a pedalboard of MOD, with its MIDI bindings

It writes a rig of its own into a new folder (-o FOLDER chooses it), which `controld run --config FOLDER/controld.yaml`
plays. Files that are there are never written over without --force. At the end it lists what has no equivalent, and
why. `controld import mod-ui --help` and `controld import pi-stomp --help` say more."""

_MOD_UI = """\
Turns pedalboard bundles of MOD (folders NAME.pedalboard, saved by mod-ui) into a rig: effects, connections, tempo and
snapshots; MIDI bindings become rules, and MOD's own knobs and switches rules to complete.

  controld import mod-ui ~/.pedalboards/Lead.pedalboard -o stage
  controld import mod-ui ~/.pedalboards/*.pedalboard -o stage        several at once, one rig

Reading Turtle needs rdflib: pip install 'controld[import]'"""


_PI_STOMP = """\
Turns the configuration of a pi-Stomp into a rig: a profile of its controls, and rules for presses, long presses (one
switch: hold; several of one name: any two held together), tap tempo, and blends of snapshots.

  controld import pi-stomp default_config.yml
  controld import pi-stomp default_config.yml BOARD.pedalboard -o stage
  controld import pi-stomp default_config.yml BOARD.pedalboard/config.yml

What a controller moves, MOD keeps in each pedalboard. With a pedalboard, presses become `bypass: role:fs1`, and the
pedalboard says which effects that is; without one these rules wait as comments. The pedalboard's own config.yml is
laid over the other file, as pi-Stomp does; the pedalboard itself is read where it lies around that file.

pi-Stomp's own program sends one message for each press and none for a long one. `--switches latching` makes a profile
for that; `momentary` (as it is without) is for switches that send when they go down and come up.

Reading a pedalboard needs rdflib: pip install 'controld[import]'"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld import`."""
    parser.description = (parser.description or "") + _ABOUT
    kinds = parser.add_subparsers(title="what to import", metavar="KIND", required=True)
    raw = argparse.RawDescriptionHelpFormatter
    mod = kinds.add_parser("mod-ui", help="pedalboard bundles of MOD", description=_MOD_UI, formatter_class=raw)
    mod.add_argument("bundles", nargs="+", type=Path, metavar="PEDALBOARD.pedalboard", help="a bundle's folder")
    mod.set_defaults(make=_mod_ui)
    pi = kinds.add_parser(
        "pi-stomp", help="a pi-Stomp's switches and pedals", description=_PI_STOMP, formatter_class=raw
    )
    pi.add_argument("config", type=Path, metavar="default_config.yml", help="the configuration of the hardware")
    pi.add_argument("board", nargs="?", type=Path, metavar="PEDALBOARD", help="a bundle's folder, or its config.yml")
    pi.add_argument("--switches", choices=[MOMENTARY, LATCHING], default=MOMENTARY, help="what the switches send")
    pi.set_defaults(make=_pi_stomp)
    for each in (pi, mod):
        each.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="where to write; else a new folder here")
        each.add_argument("--force", action="store_true", help="write over files that are there")


def run(args: argparse.Namespace) -> int:
    """Import what was named, and tell what came of it.

    Returns 0; 1 where what was named is not what it should be, or where the result needs a hand to load.

    Raises:
        ControldError: files are in the way, or cannot be written.
    """
    logging.getLogger("rdflib").setLevel(logging.ERROR)  # it warns of URIs that are unusual but work
    try:
        outcome: Outcome = args.make(args)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n\nNothing was written.\n")
        return 1
    folder: Path = args.output or Path(slug(outcome.title, "imported"))
    rig = next(made for made in outcome.files if made.path == CONFIG_NAME)
    has_rig = (folder / CONFIG_NAME).exists() and not args.force
    files = [declared(made) for made in outcome.files if made is not rig or not has_rig]
    if not args.force:
        refuse_to_overwrite(folder, files)
    write_all(folder, [*files, *_schemas(folder, forced=args.force)])
    for line in _told(outcome, folder, files, rig.text if has_rig else ""):
        sys.stdout.write(line + "\n")
    return _told_check(folder, [folder / made.path for made in files])


def _schemas(folder: Path, *, forced: bool) -> Iterator[Made]:
    """Yield the schemas that editors complete by, as far as they are not there."""
    for kind in KINDS:
        made = Made(f"{SCHEMA_FOLDER}/{kind}.json", "", schema_text(kind))
        if forced or not (folder / made.path).exists():
            yield made


def _mod_ui(args: argparse.Namespace) -> Outcome:
    bundles = [(path.resolve().name, read_bundle(str(path), read_folder(path))) for path in args.bundles]
    return import_bundles(bundles, facts())


def _pi_stomp(args: argparse.Namespace) -> Outcome:
    report = Report()
    config = read_config(_document(args.config, report), report)
    origin, board = args.config.name, None
    if args.board is not None:
        is_folder = args.board.is_dir()
        folder = args.board if is_folder else args.board.parent
        own = folder / "config.yml" if is_folder else args.board
        if own.is_file() or not is_folder:
            config = overlaid(config, _document(own, report), report)
        if is_folder or (folder / MANIFEST).is_file():
            board = board_of(read_bundle(str(folder), read_folder(folder)), facts())
        origin += f" and {(folder if board is not None else args.board).resolve().name}"
    if report.problems:
        raise ConfigError(report.problems)
    return import_pistomp(config, board, args.switches, origin)


def _document(path: Path, report: Report) -> Node:
    node, problems = read_document(path)
    report.problems.update(dict.fromkeys(problems))
    return node


def facts() -> Facts:
    """Return what the packaged catalogue knows of plugins."""
    """Return what this machine knows of plugins."""
    return {uri: _facts(plugin) for uri, plugin in known_plugins().items()}


def _facts(plugin: Plugin) -> PluginFacts:
    return PluginFacts(
        {control.symbol: (control.minimum, control.maximum) for control in plugin.controls},
        frozenset(control.symbol for control in plugin.controls if is_owned(control)),
        {preset.uri: preset.label for preset in plugin.presets},
    )


def _told(outcome: Outcome, folder: Path, files: list[Made], rig: str) -> Iterator[str]:
    """Yield what is printed; `rig` is the text of a controld.yaml that was not written, for there is one."""
    made = [*files, Made(SCHEMA_FOLDER, "what editors complete by", "")]
    width = max(len(str(folder / each.path)) for each in made)
    yield from (f"{folder / each.path!s:<{width}}  {each.what}" for each in made)
    yield from _listed("Changed on the way", list(outcome.notes.changed))
    yield from _listed("No equivalent", list(outcome.notes.missing))
    yield from _listed("For you to do", outcome.to_do)
    yield ""
    if rig:
        yield f"{folder / CONFIG_NAME} was there and is left as it is. What it needs to know of the new files:"
        yield from textwrap.indent(rig, "  ").splitlines()
    else:
        yield f"Play it: controld run --config {folder / CONFIG_NAME}"


def _listed(title: str, items: list[str]) -> Iterator[str]:
    wrapper = textwrap.TextWrapper(118, "  - ", "    ", break_long_words=False, break_on_hyphens=False)
    if items:
        yield from ("", f"{title}:")
    for item in items:
        yield from wrapper.wrap(item)


def _told_check(folder: Path, files: list[Path]) -> int:
    """Say what `controld check` finds in the new files; it should find nothing."""
    rig = folder / CONFIG_NAME
    checked = check_paths([rig] if rig in files else files, catalogue_symbols())
    for problem in sorted(checked.report.problems):
        sys.stderr.write(f"{problem}\n")
    if checked.report.problems:
        sys.stderr.write("\nThe importer could not settle these places: please complete them by hand.\n")
    return 1 if checked.report.problems else 0
