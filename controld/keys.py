"""Playing controls with the keys of a terminal: letters are switches, digits choose what `+` and `-` move.

Shell. A terminal tells only that a key came, not when it is let go: a lower-case letter is a press, the same in upper
case a hold.
"""

import sys
import termios
import tty
from collections.abc import Iterable, Iterator
from string import ascii_lowercase
from typing import Protocol

from controld.simulate import Step, parse_steps

_SWITCHES = frozenset({"button", "latch"})
_MOVING = frozenset({"pedal", "fader", "knob", "encoder", "program"})
_STEP = 0.1
QUIT = "q"


class Stage(Protocol):
    """A rig that can be played."""

    controls: dict[str, str]  # full names with their kinds, in the order of the surfaces

    def play(self, steps: Iterable[Step]) -> Iterator[object]:
        """Play steps, in real or in virtual time; yield what there is to say of them, as what prints so."""

    def line(self) -> str:
        """Return how the rig stands."""


class Keyboard:
    """Which key plays which control, and where the chosen ones stand."""

    def __init__(self, controls: dict[str, str]) -> None:
        letters = [letter for letter in ascii_lowercase if letter != QUIT]
        switches = [name for name, kind in controls.items() if kind in _SWITCHES]
        moving = [name for name, kind in controls.items() if kind in _MOVING]
        self.switches = dict(zip(letters, switches, strict=False))
        self.moving = dict(zip("123456789", moving, strict=False))
        self._kinds = controls
        self._positions: dict[str, float] = {}
        self.chosen = moving[0] if moving else ""

    def words(self, key: str) -> list[str]:
        """Return the steps a key stands for, as words of `controld simulate`; none where it only chooses."""
        if key in self.moving:
            self.chosen = self.moving[key]
            return []
        if key in "+-" and self.chosen:
            return [self.chosen, *self._moved(1 if key == "+" else -1)]
        switch = self.switches.get(key.lower())
        return [switch, "hold" if key.isupper() else "press"] if switch else []

    def _moved(self, sign: int) -> list[str]:
        kind = self._kinds[self.chosen]
        if kind == "encoder":
            return [f"{sign:+d}"]
        highest, step = (127.0, 1.0) if kind == "program" else (1.0, _STEP)
        before = self._positions.get(self.chosen, -step if kind == "program" else 0.0)
        at = min(max(before + sign * step, 0.0), highest)
        self._positions[self.chosen] = at
        return ["program", str(int(at))] if kind == "program" else [f"{at:.2f}"]

    def legend(self) -> Iterator[str]:
        """Yield what there is to play."""
        for key, name in self.switches.items():
            yield f"  {key}  {name}"
        for key, name in self.moving.items():
            yield f"  {key}  {name}, then + and -"
        yield f"  a letter is a press, in upper case a hold; {QUIT} ends"


def play_keys(stage: Stage) -> None:
    """Play keys until the player has enough of it, or standard input ends."""
    keyboard = Keyboard(stage.controls)
    for line in keyboard.legend():
        print(line)
    for key in _keys():
        if key == QUIT:
            break
        words = keyboard.words(key)
        if words:
            for happened in stage.play(list(parse_steps(words))):
                print(happened)
            print(f"{' '.join(words)}: {stage.line()}", flush=True)
        elif key in keyboard.moving:
            print(f"{keyboard.chosen}: + and - move it", flush=True)


def _keys() -> Iterator[str]:
    """Yield keys as they come: at once from a terminal, else character by character."""
    if not sys.stdin.isatty():
        yield from (char for line in sys.stdin for char in line.strip())
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin, termios.TCSADRAIN)  # what was typed already counts
        while key := sys.stdin.read(1):
            if key == "\x04":
                return
            yield key
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
