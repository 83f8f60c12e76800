"""The dialogue of `controld learn`: what is shown, asked and typed in a terminal.

Shell. Nothing is changed before the whole profile was shown and agreed to.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from difflib import unified_diff

from controld.events import OscArg
from controld.learn_lesson import Lesson, Proposal
from controld.learn_listen import Listener
from controld.learn_profile import control_text
from controld.learn_target import Target, planned, unfit, write
from controld.terminal import Ink

INTRODUCTION = """\
Move one control after the other: press a switch twice, sweep a pedal from end to end, turn an encoder both ways.
Enter takes the name that is proposed, another word is its name; =latch (=knob, =fader, =binary-offset ...) says what
it is; s skips it, u undoes the last, q finishes.
"""


class Listening:
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


class Dialogue(Listening):
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
        print(f"  {self._ink('bold', guess.kind.value.ljust(10))} {guess.evidence}")
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
            print(f"\n{nothing_new(self._lesson)} Nothing was written.")
            return 1
        text = planned(self._target, entries)
        print(f"\n{shown(self._target, text)}")
        print(f"{_question(self._target, len(entries))} [y/N] ", end="", flush=True)
        answer = await self._lines.get()
        if answer is None or answer.lower() not in {"y", "yes"}:
            print("Nothing was written.")
            return 1
        write(self._target, text)
        print(done(self._target))
        return 0


def shown(target: Target, text: str) -> str:
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


def nothing_new(lesson: Lesson) -> str:
    """Return why there is nothing to write."""
    if lesson.recognised:
        count = len(lesson.recognised)
        return f"Nothing new was heard; {count} control{'s are' if count > 1 else ' is'} described already."
    return "Nothing was heard."


def done(target: Target) -> str:
    """Return what was written, and what is left to do."""
    lines = [f"{target.path} is written."]
    if not target.is_configured:
        lines.append(f"Name it under `surfaces:` in {target.config or 'controld.yaml'}:")
        lines.append(f"  {target.surface}: {{profile: {target.path.stem}, {target.listens}}}")
    return "\n".join(lines)
