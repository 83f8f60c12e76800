"""`controld pair`: how a tablet gets to the rig, with a code to scan.

Shell: it reads the files, asks the system for its addresses, and writes to standard output.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from controld.check import catalogue_symbols
from controld.config import find_config, load_rig
from controld.control import running_rig
from controld.discovery import rig_name
from controld.errors import ConfigError, to_install
from controld.meeting import Change, Meeting, apps, meeting_of
from controld.own_addresses import own_addresses
from controld.qr import qr_lines
from controld.terminal import Ink
from controld.yaml_reader import read_document

OPEN_TO_ALL = "There is no password: whoever is in that network can play the rig; `allow` names those who may."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld pair`."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="the rig's controld.yaml")
    parser.add_argument("--socket", type=Path, metavar="PATH", help="the daemon's socket, where it is not the default")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="json: one object, for programs")


def run(args: argparse.Namespace) -> int:
    """Tell how a tablet gets to the rig; returns 0 where it can, 1 where something has to be changed first.

    Raises:
        ConfigError: the files have mistakes.
    """
    config = load_rig(find_config(str(args.config or "")), catalogue_symbols())
    try:
        root, _ = read_document(config.path)
    except ConfigError:
        root = None
    meeting = meeting_of(config, root, own_addresses(), rig_name(config))
    runs = running_rig(args.socket) is not None
    if args.format == "json":
        sys.stdout.write(json.dumps(_as_json(meeting, runs=runs), indent=2, ensure_ascii=False) + "\n")
    else:
        for line in _as_text(meeting, Ink(sys.stdout), runs=runs):
            sys.stdout.write(line + "\n")
    return 0 if meeting.is_open else 1


def _as_json(meeting: Meeting, *, runs: bool) -> dict[str, object]:
    return {
        "name": meeting.name,
        "runs": runs,
        "urls": meeting.urls,
        "page": asdict(meeting.page),
        "surfaces": [asdict(door) for door in meeting.surfaces],
        "announced": meeting.announced,
        "apps": dict(_steps(meeting)),
    }


def _as_text(meeting: Meeting, ink: Ink, *, runs: bool) -> Iterator[str]:
    if not runs:
        yield ink("yellow", "No rig runs here now: start it with `controld run`.")
    yield from _page(meeting, ink)
    for door in meeting.surfaces:
        yield ""
        if door.hosts:
            where = " or ".join(door.hosts)
            yield f"{ink('bold', door.name)}: OSC at {ink('bold', where)}, port {ink('bold', str(door.port))}"
        else:
            yield f"{ink('bold', door.name)} hears this machine only (port {door.port})."
            yield from _change(door.change, ink)
    if not meeting.announced:
        yield ""
        yield "Apps find the rig by its name in the network where the file has a line `discovery: {}`."
    if meeting.is_open:
        for app, steps in _steps(meeting):
            yield ""
            yield ink("bold", app)
            yield from (f"  {number}. {step}" for number, step in enumerate(steps, 1))
        yield ""
        yield ink("dim", OPEN_TO_ALL)


def _page(meeting: Meeting, ink: Ink) -> Iterator[str]:
    """Yield the code and the address of the page, or what it takes to have one."""
    urls = meeting.urls
    if urls:
        yield "Scan this with the tablet: it opens the page with the layout and the steps."
        yield ""
        yield from _code(urls[0], ink)
        yield "  " + ink("bold", urls[0])
        yield from (f"  or {url}" for url in urls[1:])
    elif meeting.page.change is None:
        yield "The page is open to the network, but this machine has no address in any: is it connected?"
    elif meeting.page.change.line:
        yield "The page with the layouts is for this machine only."
        yield from _change(meeting.page.change, ink)
    else:
        yield "No page is served that a tablet could open."
        yield f"  add to {meeting.page.change.file}:  {ink('green', meeting.page.change.instead)}"


def _change(change: Change | None, ink: Ink) -> Iterator[str]:
    if change is not None:
        yield f"  {ink('bold', change.place)}: for `{change.now}` write  {ink('green', change.instead)}"


def _code(url: str, ink: Ink) -> Iterator[str]:
    """Yield the QR code; on a terminal only, for elsewhere nobody scans it."""
    if not sys.stdout.isatty():
        return
    try:
        yield from (f"  {line}" for line in qr_lines(url))
    except ImportError:
        yield ink("dim", f"  (a QR code is drawn here once segno is installed: {to_install('layouts')})")
    yield ""


def _steps(meeting: Meeting) -> Iterator[tuple[str, list[str]]]:
    host = _host(meeting)
    for app, steps in apps(meeting):
        yield app, [step.replace("{host}", host) for step in steps]


def _host(meeting: Meeting) -> str:
    hosts = meeting.page.hosts or next((door.hosts for door in meeting.surfaces if door.hosts), ())
    return hosts[0] if hosts else "the rig's address"
