"""`controld learn`: press, turn and sweep each control of a device; its profile is written from what it sent.

Shell: the dialogue in a terminal. Nothing is changed before the whole profile was shown and agreed to; Ctrl-C leaves no
trace. What is asked next is decided by `learn_lesson`, what a control is by `learn_guess`.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path

from controld.control import ControlClient, socket_path
from controld.errors import ControldError
from controld.events import OscArg
from controld.learn_lesson import Lesson, Proposal
from controld.learn_listen import DoorListener, Listener, MidiListener, OscListener
from controld.learn_profile import Entry, control_text, usual_channel
from controld.learn_target import LearnError, Target, Wanted, find_target, planned, unfit, write
from controld.terminal import Ink

INTRODUCTION = """\
Move one control after the other: press a switch twice, sweep a pedal from end to end, turn an encoder both ways.
Enter takes the name that is proposed, another word is its name; =latch (=knob, =fader, =binary-offset ...) says what
it is; s skips it, u undoes the last, q finishes.
"""


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
            return asyncio.run(_Dialogue(target, lesson).hold(listener))
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


class _Listening:
    """A lesson while nothing is asked; what comes and goes is told on standard error."""

    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self.heard = asyncio.Event()
        self.now = 0.0  # of the last message, by the clock of whoever heard it
        self._at_s = 0.0  # and by ours

    def hear(self, message: bytes, now: float) -> None:
        """Take one whole MIDI message."""
        self._lesson.hear(message, now)
        self._note(now)

    def hear_osc(self, address: str, args: Sequence[OscArg], now: float) -> None:
        """Take one OSC message."""
        self._lesson.hear_osc(address, args, now)
        self._note(now)

    def say(self, text: str) -> None:
        """Tell that a device came or went."""
        print(f"({text})", file=sys.stderr, flush=True)

    def present_s(self) -> float:
        """Return the time now, by the clock of the messages."""
        return self.now + asyncio.get_running_loop().time() - self._at_s

    def _note(self, now: float) -> None:
        self.now, self._at_s = now, asyncio.get_running_loop().time()
        self.heard.set()


async def _listen_only(target: Target, lesson: Lesson, listener: Listener, args: argparse.Namespace) -> int:
    listening = _Listening(lesson)
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
        print(_shown(target, planned(target, entries)), end="")
    if not entries:
        print(_nothing_new(lesson), file=sys.stderr)
        return 1
    if not args.yes:
        print("Nothing was written; --yes does.", file=sys.stderr)
        return 0
    write(target, planned(target, entries))
    print(_done(target), file=sys.stderr)
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


class _Dialogue(_Listening):
    """A lesson in a terminal."""

    def __init__(self, target: Target, lesson: Lesson) -> None:
        super().__init__(lesson)
        self._target = target
        self._ink = Ink(sys.stdout)
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._said = ""
        self._typed = ""  # of a line that is not ended
        self._told: set[str] = set()  # recognised controls that were named
        self._asked: Proposal | None = None

    async def hold(self, listener: Listener) -> int:
        """Teach until `q`, show what was learned, and write it if that is agreed to; returns the exit code."""
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin.fileno(), self._read)
        try:
            words = await listener.start(self)
            print(f"Learning {words}.\n{INTRODUCTION}", flush=True)
            try:
                await self._teach()
            finally:
                await listener.stop()
            return await self._agree()
        finally:
            loop.remove_reader(sys.stdin.fileno())

    def say(self, text: str) -> None:
        """Tell that a device came or went."""
        if text != self._said:
            self._said = text
            print(self._ink("dim", f"({text})"), flush=True)

    def _read(self) -> None:
        typed = os.read(sys.stdin.fileno(), 4096).decode(errors="replace")
        if not typed:
            self._lines.put_nowait(None)
        *whole, self._typed = (self._typed + typed).split("\n")
        for line in whole:
            self._lines.put_nowait(line.strip())

    async def _teach(self) -> None:
        while True:
            self._look()
            self.heard.clear()
            line = await self._line_or_news()
            if line is None:
                continue
            if line == "q":
                return
            self._take(line)

    async def _line_or_news(self) -> str | None:
        """Return the next line ("q" at the end of input); None where something was heard, or rests now."""
        rest_s = self._lesson.next_rest_s()
        wait_s = None if rest_s is None or self._asked else max(rest_s - self.present_s(), 0.0) + 0.01
        line = asyncio.create_task(self._lines.get())
        news = asyncio.create_task(self.heard.wait())
        done, _ = await asyncio.wait({line, news}, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        news.cancel()
        if line not in done:
            line.cancel()
            return None
        return "q" if (text := line.result()) is None else text

    def _look(self) -> None:
        """Tell of what was moved, and ask for the name of the first that has none."""
        waiting = self._lesson.waiting(self.present_s())
        for name in self._lesson.recognised:
            if name not in self._told:
                self._told.add(name)
                print(f"  {name} is described already, and stays as it is", flush=True)
        if self._asked is None and waiting:
            self._asked = waiting[0]
            self._ask(waiting[0])

    def _ask(self, proposal: Proposal) -> None:
        guess = proposal.guess
        print(f"  {self._ink('bold', guess.kind.value):<10} {guess.evidence}")
        if guess.doubt:
            print(self._ink("yellow", f"             not sure: {guess.doubt}"))
        print(f"    name [{self._ink('green', proposal.name)}]: ", end="", flush=True)

    def _take(self, line: str) -> None:
        """Do what a line says."""
        if line == "u":
            self._undo()
        elif self._asked is None:
            print("  nothing to name yet: move a control (q finishes)" if line else "", flush=True)
        elif line == "s":
            self._lesson.skip(self._asked)
            self._asked = None
            print("    skipped", flush=True)
        else:
            self._name(self._asked, line)

    def _name(self, asked: Proposal, line: str) -> None:
        """Take a name, and what the control is said to be, behind `=`."""
        name, _, word = (part.strip() for part in line.partition("="))
        refused = self._lesson.accept(asked, name, word)
        if not refused and (refused := unfit(entry := self._lesson.entries()[-1])):
            self._lesson.undo()
        if refused:
            print(f"    {refused}\n    name [{asked.name}]: ", end="", flush=True)
        else:
            self._asked = None
            print(f"    {entry.name}: {control_text(entry.guess, self._target.known.channel)}", flush=True)

    def _undo(self) -> None:
        name = self._lesson.undo()
        self._asked = None
        told = {None: "there is nothing to undo", "": "the one that was skipped is asked for again"}
        print(f"  {told.get(name, f'{name} is undone')}", flush=True)

    async def _agree(self) -> int:
        entries = self._lesson.entries()
        if not entries:
            print(f"\n{_nothing_new(self._lesson)} Nothing was written.")
            return 1
        text = planned(self._target, entries)
        print(f"\n{_shown(self._target, text)}")
        print(f"{_question(self._target, len(entries))} [y/N] ", end="", flush=True)
        answer = await self._lines.get()
        if answer is None or answer.lower() not in {"y", "yes"}:
            print("Nothing was written.")
            return 1
        write(self._target, text)
        print(_done(self._target))
        return 0


def _shown(target: Target, text: str) -> str:
    """Return a new profile whole, and of one that is there what is added."""
    if not target.text:
        return text
    lines = unified_diff(target.text.splitlines(), text.splitlines(), lineterm="", n=1)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@"))) + "\n"


def _question(target: Target, count: int) -> str:
    controls = f"{count} control{'s' if count > 1 else ''}"
    if target.is_copy:
        return f"Write {target.path}: the shipped profile of this name, with {controls} more?"
    if target.text:
        return f"Add {controls} to {target.path}? All else in it stays as it is."
    return f"Write {target.path}, with {controls}?"


def _nothing_new(lesson: Lesson) -> str:
    if lesson.recognised:
        count = len(lesson.recognised)
        return f"Nothing new was heard; {count} control{'s are' if count > 1 else ' is'} described already."
    return "Nothing was heard."


def _done(target: Target) -> str:
    lines = [f"{target.path} is written."]
    if not target.is_configured:
        lines.append(f"Name it under `surfaces:` in {target.config or 'controld.yaml'}:")
        lines.append(f"  {target.surface}: {{profile: {target.path.stem}, {target.listens}}}")
    return "\n".join(lines)
