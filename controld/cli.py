"""The command line: `controld run`, and the tools around it.

Shell. Every command says what it did in the words of a player, and what to do where it could not; errors go to standard
error. Exit codes: 0 done, 1 something is wrong with files, devices or engine, 2 the command line itself, 130
interrupted.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from controld import __version__
from controld.errors import ConfigError, ControldError

EPILOG = """\
Start with `controld run`: it needs no hardware and plays the shipped configuration on a simulated engine.
In another terminal, `controld monitor` shows every step from a message to the light, and
`controld simulate floor.fs1` plays a switch through the same path a real one takes.

Configuration: --config, else config/controld.yaml here, else controld/controld.yaml in the user's XDG folder.
Environment: LOG_LEVEL (DEBUG, INFO, WARNING, ERROR), LOG_FORMAT=json, CONTROLD_SOCKET, NO_COLOR.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    args = _parser(words).parse_args(words)
    handler: Callable[[argparse.Namespace], int] = args.handler
    try:
        return handler(args)
    except ConfigError as error:
        print(error, file=sys.stderr)
        count = len(error.problems)
        print(
            f"\n{count} mistake{'s' if count > 1 else ''}; nothing was started. {error.advice}".rstrip(),
            file=sys.stderr,
        )
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
    for name, summary, add_arguments, handler in _COMMANDS:
        command = commands.add_parser(
            name,
            help=summary,
            description=_sentence(summary) + _DETAILS.get(name, ""),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == asked:
            add_arguments(command)
        command.set_defaults(handler=handler)
    return parser


def _sentence(summary: str) -> str:
    return summary[0].upper() + summary[1:] + "."


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="the rig's controld.yaml")


def _add_socket(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--socket", type=Path, metavar="PATH", help="the daemon's own socket, where it is not the default"
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_config(parser)
    _add_socket(parser)
    parser.add_argument(
        "--last-good", action="store_true", help="play the files that were loaded last, whatever is on the disk now"
    )


def _run(args: argparse.Namespace) -> int:
    from controld.run import run

    return run(args.config, args.socket, last_good=args.last_good)


def _add_learn(parser: argparse.ArgumentParser) -> None:
    from controld.learn import add_arguments

    add_arguments(parser)


def _learn(args: argparse.Namespace) -> int:
    from controld.learn import run

    return run(args)


def _add_rollback(parser: argparse.ArgumentParser) -> None:
    from controld.rollback import add_arguments

    add_arguments(parser)


def _rollback(args: argparse.Namespace) -> int:
    from controld.rollback import run

    return run(args)


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


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    from controld.playing import add_simulate_arguments

    add_simulate_arguments(parser)


def _simulate(args: argparse.Namespace) -> int:
    from controld.playing import run_simulate

    return run_simulate(args)


def _add_ports(parser: argparse.ArgumentParser) -> None:
    from controld.ports import add_arguments

    add_arguments(parser)


def _ports(args: argparse.Namespace) -> int:
    from controld.ports import run

    return run(args)


def _add_bridge(parser: argparse.ArgumentParser) -> None:
    from controld.bridge.main import add_arguments

    add_arguments(parser)


def _bridge(args: argparse.Namespace) -> int:
    from controld.bridge.main import run

    return run(args)


def _add_check(parser: argparse.ArgumentParser) -> None:
    from controld.check import add_check_arguments

    add_check_arguments(parser)


def _check(args: argparse.Namespace) -> int:
    from controld.check import run_check

    return run_check(args)


def _add_lint(parser: argparse.ArgumentParser) -> None:
    from controld.advice import add_lint_arguments

    add_lint_arguments(parser)


def _lint(args: argparse.Namespace) -> int:
    from controld.advice import run_lint

    return run_lint(args)


def _add_explain(parser: argparse.ArgumentParser) -> None:
    from controld.advice import add_explain_arguments

    add_explain_arguments(parser)


def _explain(args: argparse.Namespace) -> int:
    from controld.advice import run_explain

    return run_explain(args)


def _add_test(parser: argparse.ArgumentParser) -> None:
    from controld.trials import add_test_arguments

    add_test_arguments(parser)


def _test(args: argparse.Namespace) -> int:
    from controld.trials import run_test

    return run_test(args)


def _add_schema(parser: argparse.ArgumentParser) -> None:
    from controld.check import add_schema_arguments

    add_schema_arguments(parser)


def _schema(args: argparse.Namespace) -> int:
    from controld.check import run_schema

    return run_schema(args)


def _add_import(parser: argparse.ArgumentParser) -> None:
    from controld.importers.command import add_arguments

    add_arguments(parser)


def _import(args: argparse.Namespace) -> int:
    from controld.importers.command import run

    return run(args)


_COMMANDS: list[tuple[str, str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]]] = [
    ("run", "play the rig until Ctrl-C", _add_run, _run),
    ("check", "tell every mistake in configuration files, with line and column", _add_check, _check),
    (
        "lint",
        "tell what is written rightly and yet will surprise: delays, fights, pages without a way",
        _add_lint,
        _lint,
    ),
    ("explain", "tell what a control does, on each page, and where that is written", _add_explain, _explain),
    ("test", "run the tests inside the maps, with no device and no engine", _add_test, _test),
    ("monitor", "watch each message become an action, and its confirmation come back", _add_monitor, _monitor),
    ("simulate", "play controls without hardware, of a running rig or offline", _add_simulate, _simulate),
    ("learn", "write a device's profile from what its controls send", _add_learn, _learn),
    ("rollback", "return to the files that were good before", _add_rollback, _rollback),
    ("ports", "list the MIDI ports a surface could name", _add_ports, _ports),
    ("bridge", "serve the modhost-bridge protocol on ZeroMQ", _add_bridge, _bridge),
    ("import", "turn a pi-Stomp configuration or MOD pedalboards into a rig", _add_import, _import),
    ("schema", "print the JSON Schema of the configuration files, for editors", _add_schema, _schema),
]

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
