"""The case of one that floods: a player's presses beside 50,000 datagrams a second of another tablet."""

import statistics
import time

from bench.context import Bench
from bench.flood import KINDS, Flood, flood_main
from bench.measure import Run, run
from bench.plan import stomps
from bench.results import CaseResult, rounded, times
from bench.rigfiles import Rig
from bench.subjects import BenchError, Subject, await_word, start_process

RATE, PRESSES_PER_S, SWITCHES = 50_000, 20, 8  # the flood's presses are of a switch of its own
HEAD_START_S = 0.5


def flood(bench: Bench) -> CaseResult:
    """Press footswitches by turns without and beside each kind of flood."""
    result = CaseResult("flood", f"a footswitch {PRESSES_PER_S}/s without and beside {RATE} datagrams/s of another")
    daemon = bench.daemon(Rig(10))
    process, orders = start_process(flood_main, daemon.port)
    seconds = 5.0 if bench.quick else 10.0
    quiet, floods = Run(), {kind: Run() for kind in KINDS}
    sent = dict.fromkeys(KINDS, 0.0)
    try:
        for _ in range(bench.rounds):
            quiet.add(_press(bench, daemon, seconds))
            for kind, of in floods.items():
                length_s = seconds + 2 * HEAD_START_S
                orders.send(Flood(kind, RATE, length_s))
                begun_s = time.monotonic()
                time.sleep(HEAD_START_S)
                of.add(_press(bench, daemon, seconds))
                count = await_word(orders, "the flood", 10 * length_s)
                if not isinstance(count, int):
                    raise BenchError("the flood sent back something else")
                sent[kind] += count / max(time.monotonic() - begun_s, length_s) / bench.rounds
    finally:
        orders.send(None)
        process.join(5)
        daemon.close()
    for name, of in {"alone": quiet, **{f"beside a flood {kind}": of for kind, of in floods.items()}}.items():
        result.rows.append({
            "footswitch": name, "sent": of.presses.sent, "lost": of.presses.sent - of.presses.arrived,
            **times(of.presses), "CPU %": rounded(of.cpu_s / seconds / bench.rounds * 100),
        })  # fmt: skip
    for kind, of in floods.items():
        _judge(result, kind, quiet, of, sent[kind])
    return result


def _press(bench: Bench, daemon: Subject, seconds: float) -> Run:
    return run(daemon, stomps(daemon.numbers, PRESSES_PER_S, seconds, SWITCHES), bench.bridge)


def _judge(result: CaseResult, kind: str, quiet: Run, beside: Run, rate: float) -> None:
    lost = beside.presses.sent - beside.presses.arrived
    what = f"flood {kind} ({rate:.0f}/s sent)"
    result.judge(f"{what}: nothing of the other is lost", f"{lost} lost", lost == 0)
    pairs = zip(quiet.rounds, beside.rounds, strict=True)
    slower = statistics.median(flooded.presses.at(0.99) / alone.presses.at(0.99) for alone, flooded in pairs)
    result.judge(f"{what}: p99 of a press at most twice the quiet one", f"{slower:.2f}", slower <= 2.0)
