"""Cases of what comes back, and of what the daemon costs while nothing happens: feedback, start-up, idling, memory."""

import socket
import time
from contextlib import suppress

from bench.context import VIEWER, Bench, alternate
from bench.measure import Run, arrivals, run
from bench.plan import Numbers, move, sweep
from bench.proc import cpu_s, private_mb
from bench.results import CaseResult, Row, counts, rounded, times
from bench.rigfiles import Rig, effect_of_uri
from bench.subjects import BenchError, DaemonProcess, Subject, launch_daemon, start_echo, start_forwarder
from bench.wire import added

MENTAT_US = 645  # p50 of Mentat, input to output at 1000/s, measured elsewhere with another harness
IDLE_S = 10.0
ASK_EVERY_S = 0.002


def feedback(bench: Bench) -> CaseResult:
    """Measure how soon a second tablet sees what the first one moved, beside both floors.

    The forwarder that confirms waits for the bridge's reply, as the daemon does, before it sends a message back: the
    sum of the other two floors leaves the reply's way out.
    """
    result = CaseResult("feedback", "input to confirmed OSC feedback on a second tablet, beside the floors")
    subjects = (
        bench.daemon(Rig(100), VIEWER),
        start_echo(),
        start_forwarder(bench.bridge, 100),
        start_forwarder(bench.bridge, 100, confirm=True),
    )
    try:
        for rate in (100, 1000) if bench.quick else (100, 1000, 5000):
            _feedback_at(bench, subjects, rate, result)
    finally:
        for subject in subjects:
            subject.close()
    return result


def _feedback_at(bench: Bench, subjects: tuple[Subject, ...], rate: int, result: CaseResult) -> None:
    runs = [Run() for _ in subjects]
    for _ in range(bench.rounds):
        # The viewer's socket shows the daemon's feedback, the sender's own the echo.
        for of, subject, viewer in zip(runs, subjects, (1, 0, 0, 0), strict=True):
            of.add(run(subject, sweep(subject.numbers, rate, bench.seconds(rate), 100), bench.bridge, viewer))
    ours, echo, forwarder, confirming = runs
    rows = {
        "controld, confirmed parameter": (ours, ours.confirmed),
        "controld, the fader itself": (ours, ours.widget),
        "python-osc echo": (echo, echo.widget),
        "forwarder": (forwarder, forwarder.moves),
        "forwarder that confirms": (confirming, confirming.widget),
    }
    for name, (of, outcome) in rows.items():
        row: Row = {"msg/s": rate, "program": name, **times(outcome), **counts(outcome, of.datagrams_dropped)}
        result.rows.append({**row, "datagrams back": of.feedback, "CPU ms/1000": rounded(of.cpu_ms_per_1000)})
    if rate == 1000:
        _judge(result, ours, echo.widget.at(0.5) + forwarder.moves.at(0.5), confirming.widget.at(0.5))


def _judge(result: CaseResult, ours: Run, floors: float, whole: float) -> None:
    p50, widget = ours.confirmed.at(0.5), ours.widget.at(0.5)
    limits = {"the sum of both floors": floors, "a third of Mentat's (measured elsewhere)": MENTAT_US / 3}
    for name, limit in limits.items():
        measured = f"{p50:.0f} us confirmed, {widget:.0f} us the fader itself, of {limit:.0f} us"
        result.judge(f"1000/s: p50 under {name}", measured, p50 < limit)
    result.notes.append(f"confirmed, beside the forwarder that confirms: {p50 / whole:.2f} x its p50")


def footprint(bench: Bench) -> CaseResult:
    """Measure start-up, idling and private memory, for a small and for a large rig."""
    result = CaseResult("footprint", "start-up, idle CPU and private memory")
    for faders in (10, 1000):
        rig = Rig(faders)
        starts = sorted(_start_s(bench, rig, index) for index in range(3 if bench.quick else 7))
        daemon = bench.daemon(rig)
        try:
            row = _row(bench, daemon)
        finally:
            daemon.close()
        median = starts[len(starts) // 2]
        result.rows.append({
            "mapped": faders, "first handled s": rounded(median), "slowest s": rounded(starts[-1]), **row,
        })  # fmt: skip
        result.judge(f"{faders} controls: exec to first handled message under 0.8 s", f"{median:.2f} s", median < 0.8)
        idle, memory = float(row["idle CPU %"]), float(row["USS MB loaded"])
        result.judge(f"{faders} controls: idle under 0.5 % of a core", f"{idle:.2f} %", idle < 0.5)
        result.judge(f"{faders} controls: USS under 60 MB", f"{memory:.1f} MB", memory < 60)
    return result


def _row(bench: Bench, daemon: Subject) -> Row:
    before = private_mb(daemon.pid)
    cpu = cpu_s(daemon.pid)
    time.sleep(IDLE_S)
    idle = (cpu_s(daemon.pid) - cpu) / IDLE_S * 100
    alternate(1, [(daemon, lambda subject: sweep(subject.numbers, 5000, 2.0, 10))], bench.bridge)
    return {
        "idle CPU %": rounded(idle),
        "USS MB": rounded(before),
        "USS MB loaded": rounded(private_mb(daemon.pid)),
    }


def _start_s(bench: Bench, rig: Rig, index: int) -> float:
    """Return the time from exec to the engine's receipt of the first move that got through."""
    bench.bridge.take()
    bench.bridge.forget()
    running = launch_daemon(bench.bridge, bench.folder / f"start{rig.faders}-{index}", rig)
    try:
        return (_first_handled_ns(bench, running) - running.started_ns) / 1e9
    finally:
        running.stop()


def _first_handled_ns(bench: Bench, running: DaemonProcess) -> int:
    numbers = Numbers()
    subject = Subject("controld", running.process.pid, running.port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(("127.0.0.1", running.port))
        for _ in range(200):
            _send_moves(udp, numbers)
            records = bench.bridge.take()
            for _, body in records:
                subject.effects.update({instance: effect_of_uri(uri) for uri, instance in added(body)})
            for arrival in arrivals(records, subject):
                if arrival.control == "m0" and 0 < arrival.number <= numbers.last["m0"]:
                    return arrival.at_ns
    message = f"no message was handled within 10 s of the start; see {running.log}"
    raise BenchError(message)


def _send_moves(udp: socket.socket, numbers: Numbers) -> None:
    """Move the first fader every 2 ms for 50 ms."""
    for _ in range(25):
        with suppress(ConnectionRefusedError):
            udp.send(move(numbers, 0, 0).data)
        time.sleep(ASK_EVERY_S)
