"""The MIDI case: JACK MIDI in to engine request, beside the same messages from port to port with no program between."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.analysis import Arrival, Outcome, Sent, judge
from bench.context import Bench
from bench.jack import EAR, PAD, JackServer, Midi, start_midi
from bench.measure import arrivals
from bench.plan import NS, Numbers, Shot
from bench.proc import private_mb
from bench.results import CaseResult, counts, times
from bench.rigfiles import Rig
from bench.standin import Record
from bench.subjects import BenchError, Subject
from bench.tablet import Job, Played
from bench.wire import writes

FADERS = 8
FIRST_CC = 20
RATE = 200
_VALUES = 128


def midi(bench: Bench) -> CaseResult:
    """Send control changes through JACK to the daemon, and from port to port."""
    result = CaseResult("midi", f"JACK MIDI at 64 frames, {RATE}/s over {FADERS} controllers, beside the bare round")
    with _jack() as server, start_midi(PAD, loop=False) as pad, start_midi(EAR, loop=True) as loop:
        rig = Rig(FADERS, midi_port=f"*{PAD}*", midi_faders=FADERS)
        daemon = bench.daemon(rig)
        try:
            numbers = Numbers()
            _await_joined(bench, daemon, pad, numbers)
            ours, bare = Outcome(), Outcome()
            for _ in range(2 if bench.quick else 4):
                ours.add(_through(bench, daemon, pad, numbers))
                bare.add(_around(loop, numbers))
            memory = private_mb(daemon.pid)
        finally:
            daemon.close()
    for name, outcome in (("controld", ours), ("bare JACK round", bare)):
        result.rows.append({"path": name, "sent": outcome.sent, **times(outcome), **counts(outcome, 0)})
    result.notes.append(f"JACK {server}; USS of the daemon as a JACK client: {memory:.1f} MB")
    over = (ours.at(0.99) - bare.at(0.99)) / 1000
    result.judge("p99 at most 1 ms over the bare JACK round", f"{over:+.2f} ms", over <= 1)
    result.judge("nothing lost beyond the bare round", f"{ours.unserved} and {bare.unserved} lost",
                 ours.unserved <= bare.unserved)  # fmt: skip
    return result


@contextmanager
def _jack() -> Iterator[str]:
    server = JackServer()
    try:
        yield server.start()
    finally:
        server.stop()


def _plan(numbers: Numbers, seconds: float) -> list[Shot]:
    shots = []
    for index in range(int(RATE * seconds)):
        control = index % FADERS
        number = numbers.next(f"m{control}")
        data = bytes((0xB0, FIRST_CC + control, number % _VALUES))
        # A little off the period, so that messages fall on all places of a JACK cycle.
        shots.append(Shot(round((index + index % 7 * 0.05) * NS / RATE), f"m{control}", number, data))
    return shots


def _play(midi_line: Midi, shots: list[Shot]) -> tuple[list[Sent], Played]:
    played = midi_line.play(Job([shot.due_ns for shot in shots], [shot.data for shot in shots], tail_s=0.3))
    return [Sent(shot.control, shot.number, played.start_ns + shot.due_ns) for shot in shots], played


def _through(bench: Bench, daemon: Subject, pad: Midi, numbers: Numbers) -> Outcome:
    before = dict(numbers.last)
    bench.bridge.take()
    sent, _ = _play(pad, _plan(numbers, 5.0))
    found = arrivals_of_positions(bench.bridge.take(), daemon)
    return judge(sent, _unwrapped(found, before))


def _around(loop: Midi, numbers: Numbers) -> Outcome:
    before = dict(numbers.last)
    sent, played = _play(loop, _plan(numbers, 5.0))
    found = [(f"m{data[1] - FIRST_CC}", data[2], at_ns) for _, at_ns, data in played.heard]
    return judge(sent, _unwrapped(found, before))


def arrivals_of_positions(records: list[Record], daemon: Subject) -> list[tuple[str, int, int]]:
    """Return control, CC value and time of every parameter that was set."""
    found = []
    for at_ns, body in records:
        for write in writes(body):
            if write.symbol[:1] == "p":
                control = daemon.effects.get(write.instance, -1) * 100 + int(write.symbol[1:])
                found.append((f"m{control}", round(write.value * (_VALUES - 1)), at_ns))
    return found


def _unwrapped(found: list[tuple[str, int, int]], before: dict[str, int]) -> Iterator[Arrival]:
    """Yield arrivals with whole numbers: each 7-bit value is the number nearest to the one before."""
    last = dict(before)
    for control, value, at_ns in found:
        near = last.get(control, 0)
        step = (value - near + _VALUES // 2) % _VALUES - _VALUES // 2
        last[control] = max(near, near + step)
        yield Arrival(control, near + step, at_ns)


def _await_joined(bench: Bench, daemon: Subject, pad: Midi, numbers: Numbers) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        _play(pad, _plan(numbers, FADERS / RATE))
        if next(arrivals(bench.bridge.take(), daemon), None) is not None:
            return
    message = f"the daemon did not join the JACK port {PAD}; see {daemon.log}"
    raise BenchError(message)
