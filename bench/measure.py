"""One run: a plan played on a subject, and what became of it at the engine and on the tablets."""

import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bench.analysis import Arrival, Outcome, Sent, judge
from bench.plan import Shot
from bench.proc import cpu_s, udp_drops
from bench.standin import Record
from bench.subjects import Bridge, Subject
from bench.tablet import Job, Played
from bench.wire import BYPASS, PARAMETERS_PER_EFFECT, decode, number_of, writes

QUIET_S = 0.2
MAX_BACKLOG_S = 10.0


@dataclass(slots=True)
class Run:
    """What one or several runs of the same kind came to; `rounds` are the single ones where it is a pool."""

    moves: Outcome = field(default_factory=Outcome)  # input to engine request, faders
    presses: Outcome = field(default_factory=Outcome)  # input to engine request, switches
    confirmed: Outcome = field(default_factory=Outcome)  # input to the parameter's built-in address on a tablet
    widget: Outcome = field(default_factory=Outcome)  # input to the moved fader's own address on a tablet (or an echo)
    messages: int = 0
    datagrams_dropped: int = 0  # by the kernel, before the subject could read them
    requests: int = 0
    cpu_s: float = 0.0
    late_us: list[float] = field(default_factory=list)  # of the sender itself
    feedback: int = 0
    rounds: list["Run"] = field(default_factory=list)

    def add(self, other: "Run") -> None:
        """Pool another run of the same kind."""
        self.rounds.append(other)
        for name in ("moves", "presses", "confirmed", "widget"):
            getattr(self, name).add(getattr(other, name))
        for name in ("messages", "datagrams_dropped", "requests", "cpu_s", "late_us", "feedback"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def cpu_ms_per_1000(self) -> float:
        """CPU time in milliseconds for 1000 messages (10 ms in a second at 1000/s are 1 % of a core)."""
        return self.cpu_s / self.messages * 1e6 if self.messages else 0.0


def ratio(ours: Run, floor: Run, share: float) -> float:
    """Return a quantile over the floor's: the median of the rounds' ratios, so that one bad round decides nothing."""
    pairs = zip(ours.rounds, floor.rounds, strict=True)
    return statistics.median(mine.moves.at(share) / theirs.moves.at(share) for mine, theirs in pairs)


def run(subject: Subject, shots: list[Shot], bridge: Bridge | None = None, viewer: int = 1) -> Run:
    """Play a plan; `viewer` is which of the tablet's sockets is looked at for feedback (0: the sender's own)."""
    if bridge is not None:
        bridge.take()
    drops, cpu = udp_drops(subject.port), cpu_s(subject.pid)
    played = subject.play(Job([shot.due_ns for shot in shots], [shot.data for shot in shots]))
    records = _collect(bridge) if bridge is not None else []
    cpu = cpu_s(subject.pid) - cpu
    result = Run(
        messages=len(shots),
        datagrams_dropped=udp_drops(subject.port) - drops,
        requests=len(records),
        cpu_s=cpu,
        late_us=[late / 1000 for late in played.late_ns],
        feedback=len(played.heard),
    )
    sent = [Sent(shot.control, shot.number, played.start_ns + shot.due_ns) for shot in shots if shot.number]
    faders = [message for message in sent if message.control[0] == "m"]
    moves, presses = _split(arrivals(records, subject))
    result.moves = judge(faders, moves)
    result.presses = judge([message for message in sent if message.control[0] == "s"], _numbered(presses, sent))
    result.confirmed = judge(faders, shown(played, viewer, "effect"))
    result.widget = judge(faders, shown(played, viewer, "m"))
    return result


def _collect(bridge: Bridge) -> list[Record]:
    """Take what came, until nothing more comes: a subject may still work off what it could not do in time."""
    records = bridge.take()
    end = time.monotonic() + MAX_BACKLOG_S
    while time.monotonic() < end:
        time.sleep(QUIET_S)
        more = bridge.take()
        if not more:
            break
        records += more
    return records


def arrivals(records: Iterable[Record], subject: Subject) -> Iterator[Arrival]:
    """Yield what was set, by control; bypasses have the number 0."""
    for at_ns, body in records:
        for write in writes(body):
            effect = subject.effects.get(write.instance, -1)
            if write.symbol == BYPASS:
                yield Arrival(f"s{effect}", 0, at_ns)
            else:
                control = effect * PARAMETERS_PER_EFFECT + int(write.symbol[1:])
                yield Arrival(f"m{control}", number_of(write.value), at_ns)


def shown(played: Played, viewer: int, room: str) -> Iterator[Arrival]:
    """Yield what a tablet was shown of the faders, at addresses of one room: "/effect/..." or "/m/..."."""
    for who, at_ns, datagram in played.heard:
        if who != viewer:
            continue
        for address, value in decode(datagram):
            control = _control_of(address, room)
            if control:
                yield Arrival(control, number_of(value), at_ns)


def _control_of(address: str, room: str) -> str:
    match address.split("/")[1:]:
        case ["m", index] if room == "m":
            return f"m{index}"
        case ["effect", effect, symbol] if room == "effect" and symbol[:1] == "p" and symbol[1:].isdecimal():
            return f"m{int(effect.removeprefix('fx')) * PARAMETERS_PER_EFFECT + int(symbol[1:])}"
        case _:
            return ""


def _split(all_arrivals: Iterable[Arrival]) -> tuple[list[Arrival], list[Arrival]]:
    moves: list[Arrival] = []
    presses: list[Arrival] = []
    for arrival in all_arrivals:
        (moves if arrival.control[0] == "m" else presses).append(arrival)
    return moves, presses


def _numbered(presses: list[Arrival], sent: list[Sent]) -> Iterator[Arrival]:
    """Yield bypasses with the numbers of the presses they answer: switches come in order, each exactly once."""
    numbers: dict[str, list[int]] = {}
    for message in sent:
        numbers.setdefault(message.control, []).append(message.number)
    taken: dict[str, int] = defaultdict(int)
    for press in presses:
        known = numbers.get(press.control, [])
        # A bypass that no press asked for counts as the last one, doubled.
        index = min(taken[press.control], len(known) - 1)
        taken[press.control] += 1
        if known:
            yield Arrival(press.control, known[index], press.at_ns)
