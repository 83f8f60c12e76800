"""`controld layout`: a surface for a tablet or phone, made from the rig's files.

Shell: it reads the files and writes the layout. What a layout is stands in `layouts.pages`.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from controld.bridge.hosts.catalogue import load_catalogue
from controld.check import catalogue_symbols
from controld.config import find_config, load_rig
from controld.config_plugins import known_plugins
from controld.config_values import RigConfig
from controld.errors import ControldError
from controld.layouts.grid import SIZES, parse_size
from controld.layouts.ground import Ground
from controld.layouts.model import Layout
from controld.layouts.open_stage_control import open_stage_control
from controld.layouts.pages import build_layout
from controld.layouts.touchosc import touchosc
from controld.meeting import reply_port_of
from controld.terminal import counted


class App(NamedTuple):
    """A program that layouts are written for: how, and how such a file is called."""

    title: str
    suffix: str
    mime: str
    write: Callable[[Layout, int], bytes]


APPS: Final = {
    "touchosc": App("TouchOSC", ".tosc", "application/octet-stream", touchosc),
    "open-stage-control": App(
        "Open Stage Control", ".json", "application/json", lambda layout, _port: open_stage_control(layout).encode()
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld layout`."""
    parser.add_argument("app", choices=APPS, metavar="APP", help=f"for which program: {' or '.join(APPS)}")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write it; - for standard output")
    parser.add_argument("--pedalboard", action="append", default=[], metavar="NAME", help="only this one (or several)")
    parser.add_argument("--page", action="append", default=[], metavar="NAME", help="only this page, as in play or Rig")
    parser.add_argument("--size", default="tablet", metavar="SIZE", help=f"{', '.join(SIZES)}, or as in 1280x800")
    parser.add_argument("--reply-port", type=int, metavar="PORT", help="the app's own receive port (TouchOSC: 9001)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the rig's controld.yaml")


def run(args: argparse.Namespace) -> int:
    """Write the layout and say what is on it.

    Raises:
        ConfigError: the files have mistakes.
        ControldError: there is no such pedalboard, page or size, or the file cannot be written.
    """
    config = load_rig(find_config(str(args.config or "")), catalogue_symbols())
    app = APPS[args.app]
    layout = build_layout(ground_of(config), parse_size(args.size), args.pedalboard, args.page)
    data = app.write(layout, args.reply_port or reply_port_of(config))
    if args.output == "-":
        sys.stdout.buffer.write(data)
        return 0
    path = Path(args.output or f"controld{app.suffix}")
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ControldError(f"{path} cannot be written: {error.strerror}") from error
    pages = [page.name for page in layout.tabs.pages()]
    widgets = sum(1 for _ in layout.widgets())
    sys.stdout.write(f"{path}: {counted(len(pages), 'page')} for {app.title}, {layout.width} by {layout.height}, ")
    sys.stdout.write(f"{counted(widgets, 'widget')}\n  {', '.join(pages)}\nWhat to do with it: `controld pair`.\n")
    return 0


def ground_of(config: RigConfig) -> Ground:
    """Return what a layout is made from: the rig, and what is known of its plugins."""
    plugins, described = known_plugins(), load_catalogue()
    used = {effect.uri for board in config.pedalboards for effect in board.effects if effect.uri in plugins}
    names = {
        uri: {control.symbol: control.name for control in described[uri].controls} for uri in used if uri in described
    }
    boards = tuple(board.name for board in config.pedalboards)
    osc = [surface for surface in config.surfaces if surface.osc is not None]
    return Ground(
        config.pedalboards,
        config.rules,
        {uri: plugins[uri] for uri in used},
        names,
        config.banks[0].pedalboards if config.banks else boards,
        tuple(bank.name for bank in config.banks),
        tuple(page.name for page in config.stage.pages),
        {f"{each.name}.{name}": control for each in osc for name, control in each.profile.controls.items()},
    )
