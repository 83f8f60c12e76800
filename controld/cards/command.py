"""`controld card`: what each switch does, to print.

Shell: it reads the rig's files and writes the card. What a card is stands in `cards.model`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from controld.cards.html import PAPERS, cards_html
from controld.cards.model import Card, build_cards, is_switch
from controld.cards.svg import card_svg
from controld.check import catalogue_symbols
from controld.config import find_config, load_rig
from controld.config_values import RigConfig, SurfaceConfig
from controld.errors import ControldError, hinted
from controld.terminal import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld card`."""
    parser.add_argument("surface", nargs="*", metavar="SURFACE", help="as in floor; without, each that has switches")
    parser.add_argument(
        "-o", "--output", default="card.html", metavar="FILE", help="an .html or .svg; - for the output"
    )
    parser.add_argument("--format", choices=["html", "svg"], help="what FILE's name says, else html")
    parser.add_argument("--pedalboard", action="append", default=[], metavar="NAME", help="only this one (or several)")
    parser.add_argument("--page", action="append", default=[], metavar="NAME", help="only this page of the rules")
    parser.add_argument("--paper", choices=PAPERS, default="a4", help="the sheet, lying")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the rig's controld.yaml")


def run(args: argparse.Namespace) -> int:
    """Write the cards and say which.

    Raises:
        ConfigError: the files have mistakes.
        ControldError: there is no such surface, page or pedalboard, nothing to draw, or the file cannot be written.
    """
    config = load_rig(find_config(str(args.config or "")), catalogue_symbols())
    cards = cards_of(config, args.surface, args.page, args.pedalboard)
    kind = args.format or ("svg" if args.output.endswith(".svg") else "html")
    if args.output == "-":
        sys.stdout.write(cards_html(cards, args.paper) if kind == "html" else card_svg(cards[0]))
        return 0
    for path, text in _files(Path(args.output), kind, cards, args.paper):
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ControldError(f"{path} cannot be written: {error.strerror}") from error
        sys.stdout.write(f"{path}\n")
    for card in cards:
        sys.stdout.write(f"  {' / '.join(filter(None, (card.surface, card.page, ', '.join(card.boards))))}\n")
    if kind == "html":
        sheets = counted(len(cards), "sheet")
        sys.stdout.write(f"Open it in a browser and print it: {sheets} of {args.paper.upper()}, lying.\n")
    return 0


def cards_of(config: RigConfig, surfaces: Sequence[str], pages: Sequence[str], boards: Sequence[str]) -> list[Card]:
    """Return the cards of a rig; of some surfaces, pages and pedalboards only where they are named.

    Raises:
        ControldError: something named is not there, or nothing has a switch.
    """
    named = {each.name: each for each in config.surfaces}
    stage = {page.name: page for page in config.stage.pages}
    by_name = {board.name: board for board in config.pedalboards}
    for what, names, known in (("surface", surfaces, named), ("page", pages, stage), ("pedalboard", boards, by_name)):
        for name in names:
            if name not in known:
                raise ControldError(hinted(f"there is no {what} `{name}`", name, known))
    wanted = [named[name] for name in surfaces] or [each for each in config.surfaces if _has_switches(each)]
    cards = [
        card
        for each in wanted
        for card in build_cards(
            each.name,
            each.profile,
            config.rules,
            [stage[name] for name in pages] or config.stage.pages,
            [by_name[name] for name in boards] or config.pedalboards,
        )
    ]
    if not cards:
        raise ControldError("nothing to draw: the rig has no floorboard with switches, or no pedalboard")
    return cards


def _has_switches(surface: SurfaceConfig) -> bool:
    return surface.midi is not None and any(map(is_switch, surface.profile.controls.values()))


def _files(path: Path, kind: str, cards: Sequence[Card], paper: str) -> list[tuple[Path, str]]:
    """Return what is to be written: a page with all cards, or a picture of each."""
    if kind == "html":
        return [(path, cards_html(cards, paper))]
    if len(cards) == 1:
        return [(path, card_svg(cards[0]))]
    return [(path.with_stem(f"{path.stem}-{number}"), card_svg(card)) for number, card in enumerate(cards, 1)]
