"""`controld rollback`: back to the files that were good before, in the running rig, on the disk, or both.

Shell. A rig that runs is asked through its door and takes the old files in memory; with `--write` they are brought back
to the disk too. Without a daemon it tells what was kept, and what can be done with it.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from controld.config import find_config, load_rig
from controld.config_files import FileSet
from controld.control import ControlClient, running_rig
from controld.errors import ConfigError
from controld.generations import Generation, Generations, said_time
from controld.reload_files import RollbackError
from controld.restore import Restored, restore

LOOK_EVERY_S = 0.02
# Reading the largest rigs takes a second.
PATIENCE_S = 15.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld rollback`."""
    parser.add_argument(
        "number", nargs="?", type=int, default=1, metavar="N", help="how many sets back (default: 1; -1: forth again)"
    )
    parser.add_argument("--list", action="store_true", dest="listed", help="only tell which good sets were kept")
    parser.add_argument(
        "--write",
        action="store_true",
        help="bring the old files back to the disk too; the present ones are kept beside",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="the rig's controld.yaml, where none runs")
    parser.add_argument("--socket", type=Path, metavar="PATH", help="the daemon's own socket, where not the default")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="of the list")


def run(args: argparse.Namespace) -> int:
    """Roll back, or list. Raises ControldError where that cannot be."""
    client = _client(args)
    if client is None:
        return _offline(args)
    files = _files(client)
    path = Path(str(files["path"]))
    generations = Generations(path, Path(str(files["kept"])))
    place = generations.place_of(str(files["set"]))
    if args.listed:
        return _list(generations, place, as_json=args.format == "json", now="runs now")
    wanted = client.ask({"do": "rollback", "number": args.number})["set"]
    _settle(client, wanted)
    kept = generations.sets[generations.place_of(str(wanted))]
    print(f"The rig plays the files of {said_time(kept.at_s)} now.")
    if args.write:
        _tell_restored(restore(kept, path))
    else:
        print(
            "The files on the disk are as they were: the next one you save is taken again, if all check.\n"
            "To bring the old ones back there too: controld rollback --write"
        )
    return 0


def _client(args: argparse.Namespace) -> ControlClient | None:
    """Return the door of the rig that runs; None where none does, or another than was asked for."""
    client = running_rig(args.socket)
    if client is None:
        return None
    if args.config is None or Path(str(_files(client)["path"])).resolve() == find_config(str(args.config)).resolve():
        return client
    client.close()
    return None


def _files(client: ControlClient) -> dict[str, object]:
    files = client.ask({"do": "status"})["files"]
    assert isinstance(files, dict)
    return files


def _settle(client: ControlClient, wanted: object) -> None:
    """Wait until the old files are taken. Raises RollbackError where they are not."""
    deadline_s = time.monotonic() + PATIENCE_S
    while (files := _files(client))["busy"] and time.monotonic() < deadline_s:
        time.sleep(LOOK_EVERY_S)
    if files["set"] != wanted:
        raise RollbackError("the old files could not be taken; the rig's log says why")


def _offline(args: argparse.Namespace) -> int:
    path = find_config(str(args.config or ""))
    generations = Generations(path)
    on_disk = _on_disk(path)
    place = generations.place(on_disk)
    if args.listed:
        return _list(generations, place, as_json=args.format == "json", now="on the disk now")
    kept = generations.before(on_disk, args.number)
    if kept is None:
        raise RollbackError(generations.shortage(on_disk, args.number))
    if args.write:
        _tell_restored(restore(kept, path))
        return 0
    state = "check" if on_disk else "have mistakes"
    print(f"No controld is running here; the files on the disk {state}. What was good before:\n")
    _list(generations, place, as_json=False, now="on the disk now")
    print(
        f"\nTo bring the files of {said_time(kept.at_s)} back to the disk: controld rollback --write"
        "\nTo play the last good ones and leave the disk alone:  controld run --last-good"
    )
    return 1


def _on_disk(path: Path) -> FileSet | None:
    """Return the files on the disk if they check."""
    from controld.check import catalogue_symbols

    try:
        return load_rig(path, catalogue_symbols()).found
    except ConfigError:
        return None


def _list(generations: Generations, place: int, *, as_json: bool, now: str) -> int:
    """Print the good sets, newest first, numbered backwards from the one in use."""
    numbered = [(place - index, kept) for index, kept in reversed(list(enumerate(generations.sets)))]
    if as_json:
        sys.stdout.write(json.dumps([_as_data(number, kept) for number, kept in numbered], indent=2) + "\n")
        return 0
    if not numbered:
        print("Nothing was kept yet: good files are, whenever `controld run` has loaded them.")
    for number, kept in numbered:
        mark = str(number) if number else "*"
        print(f"{mark:>3}  {said_time(kept.at_s):<16}  {kept.change}" + (f"  ({now})" if number == 0 else ""))
    return 0


def _as_data(number: int, kept: Generation) -> dict[str, object]:
    return {"number": number, "at": kept.at_s, "change": kept.change, "files": [str(path) for path in kept.own]}


def _tell_restored(restored: Restored) -> None:
    for path in restored.written:
        print(f"brought back: {path}")
    for path in restored.moved:
        print(f"moved away, it was not there then: {path}")
    if not restored.written and not restored.moved:
        print("The files on the disk are those already.")
    if restored.backup is not None:
        print(f"What was there until now is in {restored.backup}")
