"""The MIDI case: JACK MIDI in to engine request, beside the same messages from port to port with no program between."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.analysis import Arrival, Outcome, Sent, judge
from bench.context import Bench
from bench.jack import EAR, PAD, JackServer, Midi, start_midi
from bench.measure import arrivals
from bench.plan import NS, Numbers, Shot
from bench.proc import private_mb
from bench.results import CaseResult, Row, counts, times
from bench.rigfiles import Rig
from bench.standin import Record
from bench.subjects import BenchError, Subject
from bench.tablet import Job, Played
from bench.wire import writes

FADERS = 8
FIRST_CC = 20
RATES = (200, 1000)
SECONDS = 5.0
_VALUES = 128


def midi(bench: Bench) -> CaseResult:
    """Send control changes through JACK to the daemon, and from port to port."""
    result = CaseResult("midi", f"JACK MIDI at 64 frames over {FADERS} controllers, beside the bare round")
    with _jack() as server, start_midi(PAD, loop=False) as pad, start_midi(EAR, loop=True) as loop:
        daemon = bench.daemon(Rig(FADERS, midi_port=f"*{PAD}*", midi_faders=FADERS))
        try:
            numbers = Numbers()
            _await_joined(bench, daemon, pad, numbers)
            for rate in RATES[:1] if bench.quick else RATES:
                rounds = [
                    (_through(bench, daemon, pad, _plan(numbers, rate)), _around(loop, _plan(numbers, rate)))
                    for _ in range(2 if bench.quick else 4)
                ]
                _judge(rate, rounds, result)
            memory = private_mb(daemon.pid)
        finally:
            daemon.close()
    result.notes.append(f"JACK ran {server}; USS of the daemon as a JACK client: {memory:.1f} MB")
    return result


def _judge(rate: int, rounds: list[tuple[Outcome, Outcome]], result: CaseResult) -> None:
    ours, bare = Outcome(), Outcome()
    for mine, theirs in rounds:
        ours.add(mine)
        bare.add(theirs)
    for name, outcome in (("controld", ours), ("bare JACK round", bare)):
        row: Row = {"msg/s": rate, "path": name, "sent": outcome.sent}
        result.rows.append({**row, **times(outcome), **counts(outcome, 0)})
    over = statistics.median(mine.at(0.99) - theirs.at(0.99) for mine, theirs in rounds) / 1000
    result.judge(f"{rate}/s: p99 at most 1 ms over the bare JACK round", f"{over:+.2f} ms", over <= 1)
    lost = f"{ours.unserved} lost, {bare.unserved} on the bare round"
    result.judge(f"{rate}/s: nothing lost beyond the bare round", lost, ours.unserved <= bare.unserved)


@contextmanager
def _jack() -> Iterator[str]:
    server = JackServer()
    try:
        yield server.start()
    finally:
        server.stop()


def _plan(numbers: Numbers, rate: float, messages: int = 0) -> list[Shot]:
    shots = []
    for index in range(messages or int(rate * SECONDS)):
        control = index % FADERS
        number = numbers.next(f"m{control}")
        data = bytes((0xB0, FIRST_CC + control, number % _VALUES))
        # A little off the beat, so that messages fall on all places of a JACK period.
        shots.append(Shot(round((index + index % 7 * 0.05) * NS / rate), f"m{control}", number, data))
    return shots


def _play(midi_line: Midi, shots: list[Shot]) -> tuple[list[Sent], Played]:
    played = midi_line.play(Job([shot.due_ns for shot in shots], [shot.data for shot in shots], tail_s=0.3))
    return [Sent(shot.control, shot.number, played.start_ns + shot.due_ns) for shot in shots], played


def _through(bench: Bench, daemon: Subject, pad: Midi, plan: list[Shot]) -> Outcome:
    bench.bridge.take()
    sent, _ = _play(pad, plan)
    return judge(sent, _unwrapped(arrivals_of_positions(bench.bridge.take(), daemon), plan))


def _around(loop: Midi, plan: list[Shot]) -> Outcome:
    sent, played = _play(loop, plan)
    found = [(f"m{data[1] - FIRST_CC}", data[2], at_ns) for _, at_ns, data in played.heard]
    return judge(sent, _unwrapped(found, plan))


def arrivals_of_positions(records: list[Record], daemon: Subject) -> list[tuple[str, int, int]]:
    """Return control, CC value and time of every parameter that was set."""
    found = []
    for at_ns, body in records:
        for write in writes(body):
            if write.symbol[:1] == "p":
                control = daemon.effects.get(write.instance, -1) * 100 + int(write.symbol[1:])
                found.append((f"m{control}", round(write.value * (_VALUES - 1)), at_ns))
    return found


def _unwrapped(found: list[tuple[str, int, int]], plan: list[Shot]) -> Iterator[Arrival]:
    """Yield arrivals with whole numbers: each 7-bit value is the number nearest to the highest before it."""
    highest: dict[str, int] = {}
    for shot in reversed(plan):
        highest[shot.control] = shot.number - 1
    for control, value, at_ns in found:
        near = highest.get(control, 0)
        number = near + (value - near + _VALUES // 2) % _VALUES - _VALUES // 2
        highest[control] = max(near, number)
        yield Arrival(control, number, at_ns)


def _await_joined(bench: Bench, daemon: Subject, pad: Midi, numbers: Numbers) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        _play(pad, _plan(numbers, RATES[0], FADERS))
        if next(arrivals(bench.bridge.take(), daemon), None) is not None:
            return
    message = f"the daemon did not join the JACK port {PAD}; see {daemon.log}"
    raise BenchError(message)
