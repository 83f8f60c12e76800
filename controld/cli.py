"""The command line: `controld run`, and the tools around it.

Shell. Every command says what it did in the words of a player, and what to do where it could not; errors go to standard
error. Exit codes: 0 done, 1 something is wrong with files, devices or engine, 2 the command line itself, 130
interrupted.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from controld import __version__
from controld.errors import ConfigError, ControldError

EPILOG = """\
Start with `controld run`: it needs no hardware and plays the shipped configuration on a simulated engine.
In another terminal, `controld monitor` shows every step from a message to the light, and
`controld simulate floor.fs1` plays a switch through the same path a real one takes.

Configuration: --config, else config/controld.yaml here, else controld/controld.yaml in the user's XDG folder.
Settings: the file, over it environment variables (LOG_LEVEL, LOG_FORMAT=json ...), over them --set KEY=VALUE;
`controld config` shows each with where it comes from. NO_COLOR turns colours off.
"""


class Command(NamedTuple):
    """One word of the command line, what it does in a sentence, its options, and what runs it."""

    name: str
    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], Any]
    run: Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    args, unknown = _parser(words).parse_known_args(words)
    if unknown:  # in the words of the command, which say what it does take
        args.refuse(f"unrecognized arguments: {' '.join(unknown)}")
    handler: Callable[[argparse.Namespace], int] = args.handler
    try:
        return handler(args)
    except ConfigError as error:
        print(error, file=sys.stderr)
        count = len(error.problems)
        outcome = "; nothing was started." if args.starts else ""
        print(f"\n{count} mistake{'s' if count > 1 else ''}{outcome} {error.advice}".rstrip(), file=sys.stderr)
        return 1
    except ControldError as error:
        print(f"controld: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `controld monitor | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser; only the command that is asked for adds its options, so that no other has to be imported."""
    asked = next((word for word in words if not word.startswith("-")), "")
    parser = argparse.ArgumentParser(
        prog="controld",
        description="MIDI and OSC control surfaces for a live LV2 rig: YAML rules in, true state back on every light.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"controld {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for each in COMMANDS:
        command = commands.add_parser(
            each.name,
            help=each.summary,
            description=_sentence(each.summary) + _DETAILS.get(each.name, ""),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if each.name == asked:
            each.add_arguments(command)
        command.set_defaults(handler=each.run, refuse=command.error, starts=each.name == "run")
    return parser


def _sentence(summary: str) -> str:
    return summary[0].upper() + summary[1:] + "."


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="the rig's controld.yaml")


def _add_socket(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--socket", type=Path, metavar="PATH", help="the daemon's own socket, where it is not the default"
    )


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set", action="append", default=[], dest="chosen", metavar="KEY=VALUE", help="a setting, e.g. log.level=DEBUG"
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_config(parser)
    _add_socket(parser)
    parser.add_argument(
        "--last-good", action="store_true", help="play the files that were loaded last, whatever is on the disk now"
    )
    parser.add_argument(
        "--safe", action="store_true", help="begin on an empty pedalboard; what was left is kept for another start"
    )
    _add_set(parser)


def _add_show(parser: argparse.ArgumentParser) -> None:
    from controld.settings import add_arguments

    _add_config(parser)
    _add_socket(parser)
    _add_set(parser)
    add_arguments(parser)


def _run(args: argparse.Namespace) -> int:
    from controld.run import run

    return run(args.config, args.socket, args.chosen, last_good=args.last_good, safe=args.safe)


def _add_monitor(parser: argparse.ArgumentParser) -> None:
    _add_socket(parser)
    parser.add_argument(
        "--format", choices=["text", "json"], default="text", help="one JSON object a line, for programs"
    )
    parser.add_argument("--only", metavar="KINDS", default="", help="e.g. control,reply: only these kinds of steps")


def _monitor(args: argparse.Namespace) -> int:
    from controld.control import ControlClient, socket_path
    from controld.watch import watch

    client = ControlClient(socket_path(str(args.socket or "")))
    status = client.ask({"do": "status"})
    client.ask({"do": "monitor"})
    kinds = frozenset(filter(None, args.only.split(",")))
    watch(status, client.records(), sys.stdout, as_json=args.format == "json", only=kinds)
    return 0


def _later(place: str) -> Callable[[Any], Any]:
    """Return a function of another module ("module:name") that is imported only when it is called."""
    module, _, name = place.partition(":")

    def call(argument: object) -> object:
        return getattr(import_module(module), name)(argument)

    return call


def _command(name: str, summary: str, module: str, what: str = "") -> Command:
    """Return a command whose module has `add_arguments` and `run`, or `add_<what>_arguments` and `run_<what>`."""
    infix, suffix = (f"{what}_", f"_{what}") if what else ("", "")
    return Command(name, summary, _later(f"{module}:add_{infix}arguments"), _later(f"{module}:run{suffix}"))


COMMANDS = (
    Command("run", "play the rig until Ctrl-C", _add_run, _run),
    _command("check", "tell every mistake in configuration files, with line and column", "controld.check", "check"),
    _command(
        "lint",
        "tell what is written rightly and yet will surprise: delays, fights, pages without a way",
        "controld.advice",
        "lint",
    ),
    _command(
        "explain", "tell what a control does, on each page, and where that is written", "controld.advice", "explain"
    ),
    _command("test", "run the tests inside the maps, with no device and no engine", "controld.trials", "test"),
    Command("monitor", "watch each message become an action, and its confirmation come back", _add_monitor, _monitor),
    _command("status", "ask the running rig how it is", "controld.status"),
    _command("simulate", "play controls without hardware, of a running rig or offline", "controld.playing", "simulate"),
    _command("learn", "write a device's profile from what its controls send", "controld.learn"),
    _command("rollback", "return to the files that were good before", "controld.rollback"),
    Command(
        "config", "show every setting in force, and where it comes from", _add_show, _later("controld.settings:run")
    ),
    _command("service-unit", "print a unit for systemd that runs this rig", "controld.service_unit"),
    _command("ports", "list the MIDI ports a surface could name", "controld.ports"),
    _command("bridge", "serve the modhost-bridge protocol on ZeroMQ", "controld.bridge.main"),
    _command("import", "turn a pi-Stomp configuration or MOD pedalboards into a rig", "controld.importers.command"),
    _command("layout", "make a surface for TouchOSC or Open Stage Control from the rig", "controld.layouts.command"),
    _command("pair", "show a tablet the way to the rig, with a code to scan", "controld.pair"),
    _command("card", "draw what each switch does, to print", "controld.cards.command"),
    _command("schema", "print the JSON Schema of the configuration files, for editors", "controld.check", "schema"),
)

_DETAILS = {
    "run": """

Prints what it waits for and what to try; everything else is logged (LOG_LEVEL, LOG_FORMAT=json). Saved files are
taken while it runs, unless they have mistakes. Ctrl-C stops it cleanly, a second one at once.""",
    "learn": """

  controld learn floor                           a surface of controld.yaml; its profile is written or completed
  controld learn board --port "*FCB1010*"        a MIDI device that no file names yet
  controld learn tablet --listen 0.0.0.0:9000    an app that sends OSC
  controld learn floor --seconds 20 --yes        without questions, for scripts

Each control is shown as it is recognised, with what that rests on and what else it could be. Nothing is written before
you have seen the whole and agreed; a profile that is there keeps every line. While a rig runs, the surface that is
learned does nothing, so that no press changes the sound or saves a snapshot; --live lets it play on.""",
    "rollback": """

  controld rollback               the running rig plays the files before the last save; the disk stays as it is
  controld rollback 3             three good saves back; -1 goes forth again
  controld rollback --list        the good files that were kept (ten), newest first, and what was new in each
  controld rollback --write       and bring them back to the disk; what is there now is kept beside

The next file that is saved is taken again. Where no rig runs, --list and --write work on the disk alone.""",
    "lint": """

A warning is something that can hardly be meant: two rules that undo each other, a page nothing leads to, a note that
never ends. A note is worth knowing: how long a press has to wait because of which rule, controls that nothing uses.
Exit code 1 where there is a warning.""",
    "explain": """

  controld explain floor.fs1      one control: its gestures, what they do, the file and line, and what its light shows
  controld explain                every control that has rules

Where a daemon runs it is asked, and conditions are judged as things stand now; `--config` looks at files only.""",
    "test": """

A mapping file says under `tests:` what is played and what is expected; here it is played on a virtual clock. A failure
tells what is so instead, and which rules fired. Exit code 1 where a test failed.

  controld test                   all tests of the rig
  controld test config/ -k solo   those with `solo` in their name or place""",
    "check": """

  controld check                     the rig in the usual place, with everything it names
  controld check my-rig              another one, and every other file of its folder
  controld check a.yaml --format json

Each line: file:line:column, what is wrong, what was expected, and the nearest word that would be right.
Exit code 1 where there is a mistake; warnings alone leave it at 0.""",
    "schema": """

  controld schema mapping            the schema of one kind of file
  controld schema --write config     all of them, as config/schema/*.json, where the shipped files look for them

An editor with a YAML language server then completes keys and words, and explains them.""",
    "status": """

Engine, pedalboard, surfaces with what they wait for, counters, the last outage and its repair, files. Exit code 0
where all is well, 1 where something is wrong, 2 where no daemon runs.""",
    "service-unit": """

  controld service-unit | tee ~/.config/systemd/user/controld.service
  systemctl --user daemon-reload && systemctl --user enable --now controld

With --system USER a unit of the whole system, for /etc/systemd/system.""",
    "config": """

  controld config                         the file, environment variables over it, --set over all
  controld config --set log.level=DEBUG   with a choice, as `controld run` takes it
  controld config --format json           one object: key -> value and source

A mistake in a variable is told like one in the file.""",
    "layout": """

  controld layout touchosc -o rig.tosc                          all pedalboards, for a tablet
  controld layout open-stage-control --size phone -o rig.json   on a phone that lies
  controld layout touchosc --pedalboard "Clean to Lead" --page play --page delay -o solo.tosc

Switches light when the rig confirms them, faders show the value in the parameter's unit, labels and colours are those
of the rig. `controld pair` says how it gets onto the tablet.""",
    "pair": """

  controld pair                  a QR code of the page with the layouts and the steps, and all addresses
  controld pair --format json    the same for programs

Says which line to change where a surface listens on this machine only. Exit code 1 where no tablet can reach the
rig.""",
    "card": """

  controld card                          every page and pedalboard of the floorboard, as card.html, to print
  controld card floor --paper a5 -o floor.html
  controld card --page solo -o solo.svg

Switches are drawn as they stand, in the colours of their lights; `place` in the profile says where that is.""",
    "ports": """

A surface names a port by a part of its name with `*`, or by a regular expression between slashes.""",
    "monitor": """

Each line: the time since the daemon started in seconds, the kind of step, and the step. A press passes them in this
order: in (bytes as they came), control, rule, action, request, reply, state, light, out (bytes as they went).""",
    "simulate": """

  controld simulate floor.fs1                 press and release
  controld simulate floor.fs1 hold            hold beyond half a second
  controld simulate floor.fs1 double          two quick presses
  controld simulate floor.exp1 0.7            move a pedal or fader (0 heel, 1 toe)
  controld simulate floor.wheel +3            turn an encoder by three detents
  controld simulate floor.patch program 5     choose a program (0-127)
  controld simulate floor.fs1 down wait 600 ms floor.fs1 up
  controld simulate --script show.txt         steps from a file, `#` begins a comment
  controld simulate --keys                    letters are switches (upper case: hold), + and - move the rest
  controld simulate --offline floor.fs1       play the files: no daemon, no device, no engine, in virtual time""",
    "bridge": """

Any program that speaks to modhost-bridge can use it. `--host virtual` simulates mod-host and makes no sound.""",
}


if __name__ == "__main__":
    sys.exit(main())
