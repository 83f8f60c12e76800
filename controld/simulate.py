"""Playing controls without hardware: what `controld simulate` asks for, and how the daemon makes messages of it.

The words of the command line become steps (pure); the daemon turns a step into the very bytes or message the device
would send and feeds them into the surface's input, so that everything after the wire is the real thing.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from controld.control import Answer
from controld.errors import ControldError, hinted

# How long simulated gestures take, in seconds: a firm press, a hold beyond the default threshold, a quick double.
PRESS_S, HOLD_S, DOUBLE_GAP_S = 0.05, 0.65, 0.1
# How long the result of playing is waited for, for a stock bridge needs a tenth of a second a command.
SETTLE_S, LOOK_EVERY_S = 1.0, 0.01


# The largest number that makes sense on the command line, and for each move.
MOST = 1e6
LIMITS = {"position": 1.0, "detents": 1000, "program": 127}


class SimulateError(ControldError):
    """What should be simulated cannot be; the text says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One move of one control ("" waits only), then a wait in seconds. Exactly one of the moves is given."""

    control: str = ""
    position: float | None = None
    detents: int | None = None
    program: int | None = None
    then_wait_s: float = 0.0

    def request(self) -> Answer:
        """Return what the daemon is asked."""
        moves = {"position": self.position, "detents": self.detents, "program": self.program}
        return {"do": "simulate", "control": self.control, **{k: v for k, v in moves.items() if v is not None}}


class Playable(Protocol):
    """A surface whose controls can be played."""

    def play(self, control: str, *, position: float | None, detents: int | None, program: int | None) -> None:
        """Take what the device would send. Raises SurfaceError where the control cannot do that."""

    @property
    def control_names(self) -> tuple[str, ...]:
        """The controls, without the surface's name."""


def parse_steps(words: Sequence[str]) -> Iterator[Step]:
    """Return the steps that words ask for. Raises SimulateError with what was expected."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "wait":
            yield Step(then_wait_s=_seconds(rest))
        elif "." not in word:
            raise SimulateError(f"`{word}` is not a control: they are named surface.control, like floor.fs1")
        else:
            yield from _gesture(word, rest)


def _gesture(control: str, rest: list[str]) -> list[Step]:
    word = rest[0] if rest and "." not in rest[0].lstrip("+-0123456789.") and rest[0] != "wait" else "press"
    if rest and word == rest[0]:
        rest.pop(0)
    make = _GESTURES.get(word)
    if make is not None:
        return make(control)
    if word == "program":
        return [Step(control, program=int(_number(rest.pop(0) if rest else "", "a program 0-127")))]
    if word[:1] in "+-":
        return [Step(control, detents=int(_number(word, "detents like +1 or -3")))]
    return [Step(control, position=_number(word, f"a position 0-1 or one of {', '.join(_GESTURES)}"))]


def _down_up(control: str, held_s: float) -> list[Step]:
    return [Step(control, 1.0, then_wait_s=held_s), Step(control, 0.0)]


_GESTURES: dict[str, Callable[[str], list[Step]]] = {
    "press": lambda control: _down_up(control, PRESS_S),
    "hold": lambda control: _down_up(control, HOLD_S),
    "double": lambda control: [
        *_down_up(control, PRESS_S),
        Step(then_wait_s=DOUBLE_GAP_S),
        *_down_up(control, PRESS_S),
    ],
    "down": lambda control: [Step(control, 1.0)],
    "up": lambda control: [Step(control, 0.0)],
}


def _number(text: str, expected: str) -> float:
    try:
        number = float(text)
        if abs(number) <= MOST:  # neither infinite nor no number
            return number
        raise ValueError  # noqa: TRY301 - one sentence for both
    except ValueError:
        raise SimulateError(hinted(f"`{text}` is not {expected}", text, _GESTURES)) from None


def _seconds(rest: list[str]) -> float:
    number = _number(rest.pop(0) if rest else "", "a time like 600 ms")
    if number < 0:
        raise SimulateError(f"`{number:g}` is not a time: it would have been already")
    unit = rest.pop(0) if rest and rest[0] in {"ms", "s"} else "s"
    return number / 1000 if unit == "ms" else number


def play(ask: Callable[[Answer], Answer], steps: Iterator[Step]) -> int:
    """Have the daemon play steps in their own time; return how many."""
    played = 0
    for step in steps:
        if step.control:
            ask(step.request())
            played += 1
        time.sleep(step.then_wait_s)
    return played


def settled(ask: Callable[[Answer], Answer]) -> Answer:
    """Return the daemon's status once what was played is done and confirmed, or after a short while as it is then."""
    deadline_s = time.monotonic() + SETTLE_S
    while not (status := ask({"do": "status"}))["settled"] and time.monotonic() < deadline_s:
        time.sleep(LOOK_EVERY_S)
    return status


def inject(request: Answer, surfaces: Mapping[str, Playable]) -> None:
    """Feed what a control would send into its surface. Raises SurfaceError or SimulateError with the reason."""
    name, _, control = str(request.get("control", "")).partition(".")
    surface = surfaces.get(name)
    if surface is None:
        raise SimulateError(hinted(f"there is no surface `{name}`", name, surfaces))
    if control not in surface.control_names:
        text = f"surface `{name}` has no control `{control}`"
        raise SimulateError(hinted(text, control, surface.control_names))
    position, detents, program = (_move(request, move, limit) for move, limit in LIMITS.items())
    surface.play(
        control,
        position=position,
        detents=None if detents is None else int(detents),
        program=None if program is None else int(program),
    )


def _move(request: Answer, move: str, limit: float) -> float | None:
    value = request.get(move)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= limit:
        raise SimulateError(f"{request.get('control')}: `{move}` is a number up to {limit:g}")
    return float(value)
