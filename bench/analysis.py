"""What became of the messages of a plan: latencies, and what was lost, merged, doubled or out of order.

Pure. A move counts as served when its value or a newer one of the same control arrives: a move that a newer one
replaced before the engine could take it is *merged*, not lost. Switches are never merged: every press must arrive.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sent:
    """A message, and the time it was due (CLOCK_MONOTONIC)."""

    control: str
    number: int
    due_ns: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that arrived."""

    control: str
    number: int
    at_ns: int


@dataclass(slots=True)
class Outcome:
    """Latencies in microseconds from the due time, and counts of messages."""

    latencies_us: list[float] = field(default_factory=list)
    sent: int = 0
    arrived: int = 0
    merged: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    last_missing: int = 0
    unserved: int = 0

    def add(self, other: "Outcome") -> None:
        """Pool another run of the same kind."""
        self.latencies_us += other.latencies_us
        for name in ("sent", "arrived", "merged", "duplicated", "out_of_order", "last_missing", "unserved"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def at(self, share: float) -> float:
        """Return a quantile of the latencies in microseconds; not a number where nothing arrived."""
        return quantile(sorted(self.latencies_us), share)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0.0-1.0) of the sorted values lie."""
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


def judge(sent: Iterable[Sent], arrivals: Iterable[Arrival]) -> Outcome:
    """Return what became of the messages sent; arrivals of other controls or numbers are not looked at."""
    outcome = Outcome()
    sent_of: dict[str, list[Sent]] = defaultdict(list)
    came_of: dict[str, list[Arrival]] = defaultdict(list)
    for message in sent:
        sent_of[message.control].append(message)
    for arrival in arrivals:
        came_of[arrival.control].append(arrival)
    for control, messages in sent_of.items():
        _judge_control(messages, came_of[control], outcome)
    return outcome


def _judge_control(messages: list[Sent], arrivals: list[Arrival], outcome: Outcome) -> None:
    expected = {message.number for message in messages}
    came: set[int] = set()
    rising: list[Arrival] = []
    for arrival in arrivals:
        if arrival.number not in expected:
            continue
        if arrival.number in came:
            outcome.duplicated += 1
        elif rising and arrival.number < rising[-1].number:
            outcome.out_of_order += 1
        else:
            rising.append(arrival)
        came.add(arrival.number)
    outcome.sent += len(messages)
    outcome.arrived += len(came)
    outcome.last_missing += messages[-1].number not in came
    position = 0
    for message in messages:
        while position < len(rising) and rising[position].number < message.number:
            position += 1
        if position == len(rising):
            outcome.unserved += 1
            continue
        outcome.merged += message.number not in came
        outcome.latencies_us.append((rising[position].at_ns - message.due_ns) / 1000)
