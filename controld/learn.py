"""`controld learn`: press, turn and sweep each control of a device; its profile is written from what it sent.

Shell. What is asked next is decided by `learn_lesson`, what a control is by `learn_guess`; the talk in a terminal is
`learn_dialogue`. Nothing is changed before it was agreed to; Ctrl-C leaves no trace.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from controld.control import ControlClient, socket_path
from controld.errors import ControldError
from controld.learn_dialogue import Dialogue, Listening, done, nothing_new, shown
from controld.learn_lesson import Lesson
from controld.learn_listen import DoorListener, Listener, MidiListener, OscListener
from controld.learn_profile import Entry, control_text, usual_channel
from controld.learn_target import LearnError, Target, Wanted, find_target, planned, write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld learn`."""
    parser.add_argument("surface", metavar="SURFACE", help="the surface's name, as in controld.yaml")
    parser.add_argument("--port", metavar="GLOB", default="", help="the MIDI port it sends from, if not configured")
    parser.add_argument("--listen", metavar="HOST:PORT", default="", help="where it sends OSC to, if not configured")
    parser.add_argument("--profile", metavar="NAME", default="", help="the profile's name (default: the surface's own)")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the file (default: surfaces/NAME.yaml)")
    parser.add_argument("--live", action="store_true", help="let the running rig go on playing what is pressed")
    parser.add_argument("--seconds", type=float, metavar="N", help="listen for so long and ask nothing (for scripts)")
    parser.add_argument("--yes", action="store_true", help="with --seconds: write the file")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="with --seconds: json: the guesses")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the rig's controld.yaml")
    parser.add_argument("--socket", type=Path, metavar="PATH", help="the daemon's own socket, where not the default")


def run(args: argparse.Namespace) -> int:
    """Learn a surface. Raises ControldError where that cannot be."""
    if args.seconds is None and (args.yes or args.format == "json"):
        raise LearnError("--yes and --format json are for --seconds; without it you are asked")
    if args.seconds is None and not sys.stdin.isatty():
        raise LearnError("learning is a dialogue in a terminal; in a script use --seconds N, and --yes to write")
    wanted = Wanted(args.surface, args.port, args.listen, args.profile, args.output, args.config)
    target = find_target(wanted)
    if target.text:
        planned(target, [])  # better said now than at the end
    listener = _listener(target, args)
    lesson = Lesson(target.known.controls.values())
    try:
        if args.seconds is None:
            return asyncio.run(Dialogue(target, lesson).hold(listener))
        return asyncio.run(_listen_only(target, lesson, listener, args))
    except KeyboardInterrupt:
        print("\nNothing was written.")
        raise


def _listener(target: Target, args: argparse.Namespace) -> Listener:
    """Return the daemon's door where it has the surface, else the ports themselves."""
    if not args.port and not args.listen:
        path = socket_path(str(args.socket or ""))
        with suppress(ControldError):
            client = ControlClient(path)
            surfaces = client.ask({"do": "status"})["surfaces"]
            client.close()
            if isinstance(surfaces, dict) and target.surface in surfaces:
                return DoorListener(path, target.surface, quiet=not args.live)
    if target.osc is not None:
        return OscListener(target.osc)
    assert target.midi is not None
    return MidiListener(target.midi)


async def _listen_only(target: Target, lesson: Lesson, listener: Listener, args: argparse.Namespace) -> int:
    listening = Listening(lesson)
    words = await listener.start(listening)
    print(f"Listening for {args.seconds:g} s to {words}.", file=sys.stderr, flush=True)
    try:
        await asyncio.sleep(args.seconds)
    finally:
        await listener.stop()
    lesson.accept_all()
    entries = lesson.entries()
    if args.format == "json":
        print(json.dumps(_as_data(lesson, entries), indent=2))
    elif entries:
        print(shown(target, planned(target, entries)), end="")
    if not entries:
        print(nothing_new(lesson), file=sys.stderr)
        return 1
    if not args.yes:
        print("Nothing was written; --yes does.", file=sys.stderr)
        return 0
    write(target, planned(target, entries))
    print(done(target), file=sys.stderr)
    return 0


def _as_data(lesson: Lesson, entries: Sequence[Entry]) -> dict[str, object]:
    channel = usual_channel(entries)
    new = [
        {
            "name": entry.name,
            "kind": entry.guess.kind.value,
            "control": control_text(entry.guess, channel),
            "evidence": entry.guess.evidence,
            "doubt": entry.guess.doubt,
        }
        for entry in entries
    ]
    return {"channel": channel, "controls": new, "recognised": list(lesson.recognised)}
