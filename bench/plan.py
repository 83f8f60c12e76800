"""What is sent when: schedules of numbered messages.

Pure. A plan is fixed before it runs; nothing that happens meanwhile changes when a message is due (open loop).
"""

from collections import defaultdict
from dataclasses import dataclass, field

from bench.wire import encode, value_of

NS = 1_000_000_000
PRESS_NS = 20_000_000


@dataclass(frozen=True, slots=True)
class Shot:
    """One message: due so long after the start; `control` and `number` say which. Releases have the number 0."""

    due_ns: int
    control: str
    number: int
    data: bytes


@dataclass(slots=True)
class Numbers:
    """Counts the messages of each control of one subject; a number is never used twice."""

    last: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def next(self, control: str) -> int:
        """Return the next number of a control."""
        self.last[control] += 1
        return self.last[control]


def sweep(numbers: Numbers, rate: float, seconds: float, controls: int, first: int = 0) -> list[Shot]:
    """Return moves of the faders `first`..., one after the other in turn, evenly spaced at `rate` a second."""
    return [move(numbers, round(index * NS / rate), first + index % controls) for index in range(int(rate * seconds))]


def burst(numbers: Numbers, controls: int) -> list[Shot]:
    """Return one move of each fader, all at one instant."""
    return [move(numbers, 0, control) for control in range(controls)]


def move(numbers: Numbers, due_ns: int, control: int) -> Shot:
    """Return the next move of a fader."""
    number = numbers.next(f"m{control}")
    return Shot(due_ns, f"m{control}", number, encode(f"/m/{control}", value_of(number)))


def stomps(numbers: Numbers, rate: float, seconds: float, switches: int) -> list[Shot]:
    """Return presses of the footswitches in turn, at `rate` a second, each released after 20 ms."""
    shots = []
    for index in range(int(rate * seconds)):
        name = f"s{index % switches}"
        address = f"/s/{index % switches}"
        due_ns = round((index + 0.37) * NS / rate)  # beside the beat of the sweep
        shots.append(Shot(due_ns, name, numbers.next(name), encode(address, 1.0)))
        shots.append(Shot(due_ns + PRESS_NS, name, 0, encode(address, 0.0)))
    return shots


def merged(*plans: list[Shot]) -> list[Shot]:
    """Return plans as one, in the order of their times."""
    return sorted((shot for plan in plans for shot in plan), key=lambda shot: shot.due_ns)
