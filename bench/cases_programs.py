"""The case of programs: a player's presses beside 1000 calls a second from eight programs."""

import statistics

from bench.analysis import quantile
from bench.context import Bench
from bench.measure import Run, run
from bench.plan import stomps
from bench.programs import CallPlan, Calls, programs_main
from bench.results import CaseResult, rounded, times
from bench.rigfiles import Rig
from bench.subjects import await_word, free_base, start_process
from controld.rpc.sockets import ports_of

CLIENTS, CALLS_PER_S, SWITCHES = 8, 1000, 8


def programs(bench: Bench) -> CaseResult:
    """Press footswitches 20 times a second, by turns without and beside the calls."""
    result = CaseResult("programs", f"a footswitch 20/s without and beside {CALLS_PER_S} calls/s of {CLIENTS} programs")
    base = free_base()
    daemon = bench.daemon(Rig(10, calls_base=base))
    process, orders = start_process(programs_main, ports_of("session_manager", base).calls)
    seconds = 5.0 if bench.quick else 10.0
    alone, beside, calls = Run(), Run(), Calls()
    try:
        for _ in range(bench.rounds):
            alone.add(run(daemon, stomps(daemon.numbers, 20, seconds, SWITCHES), bench.bridge))
            orders.send(CallPlan(CLIENTS, CALLS_PER_S, seconds + 1))
            beside.add(run(daemon, stomps(daemon.numbers, 20, seconds, SWITCHES), bench.bridge))
            told = await_word(orders, "the programs", 60)
            assert isinstance(told, Calls)
            calls.latencies_us += told.latencies_us
            calls.sent, calls.failed = calls.sent + told.sent, calls.failed + told.failed
    finally:
        orders.send(None)
        process.join(5)
        daemon.close()
    for name, of in (("alone", alone), ("beside the calls", beside)):
        result.rows.append({"footswitch": name, "sent": of.presses.sent, **times(of.presses)})
    _tell_calls(result, calls, beside, seconds * bench.rounds)
    _judge(result, alone, beside, calls)
    return result


def _tell_calls(result: CaseResult, calls: Calls, beside: Run, seconds: float) -> None:
    ordered = sorted(calls.latencies_us)
    p50, p99 = (rounded(quantile(ordered, share)) for share in (0.5, 0.99))
    result.notes.append(
        f"{calls.sent} calls (half of them wait for the engine): answered after {p50} us p50, {p99} us p99; the daemon "
        f"used {beside.cpu_s / seconds:.0%} of a core"
    )


def _judge(result: CaseResult, alone: Run, beside: Run, calls: Calls) -> None:
    lost = beside.presses.sent - beside.presses.arrived
    result.judge("every press arrives once", f"{lost} lost", lost == 0 and beside.presses.duplicated == 0)
    result.judge("every call is done", f"{calls.failed} failed", calls.failed == 0)
    pairs = list(zip(alone.rounds, beside.rounds, strict=True))
    for name, share, limit in (("p50", 0.5, 1.5), ("p99", 0.99, 2.0)):
        slower = statistics.median(
            with_calls.presses.at(share) / without.presses.at(share) for without, with_calls in pairs
        )
        result.judge(f"{name} of a press at most {limit} x that without calls", f"{slower:.2f}", slower <= limit)
