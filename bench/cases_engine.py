"""Cases from input to engine request: rates and controls, mapped controls, a burst, and a stomp under a sweep."""

from bench.analysis import Outcome
from bench.context import Bench, alternate
from bench.measure import Run, ratio
from bench.plan import Shot, burst, merged, stomps, sweep
from bench.results import CaseResult, engine_row, rounded, times
from bench.rigfiles import Rig
from bench.subjects import Subject, start_forwarder

CONTROLS = 1000
SWITCHES = 10
BRIDGE_NEEDS_S = 0.005


def rates(bench: Bench) -> CaseResult:
    """Measure every rate over every number of controls, beside the forwarder."""
    result = CaseResult("rates", "input to engine request, by rate and number of controls, beside a bare forwarder")
    daemon, forwarder = bench.daemon(Rig(CONTROLS)), start_forwarder(bench.bridge, CONTROLS)
    try:
        for rate in (100, 1000, 5000, 20_000):
            for controls in (100,) if bench.quick else (1, 100, 1000):
                _one_rate(bench, (daemon, forwarder), rate, controls, result)
    finally:
        daemon.close()
        forwarder.close()
    return result


def _one_rate(bench: Bench, subjects: tuple[Subject, Subject], rate: int, controls: int, result: CaseResult) -> None:
    seconds = bench.seconds(rate)

    def plain(subject: Subject) -> list[Shot]:
        return sweep(subject.numbers, rate, seconds, controls)

    def with_stomps(subject: Subject) -> list[Shot]:
        return merged(plain(subject), stomps(subject.numbers, 20, seconds, SWITCHES))

    daemon, forwarder = subjects
    plan = with_stomps if rate >= 5000 else plain
    ours, floor = alternate(bench.rounds, [(daemon, plan), (forwarder, plain)], bench.bridge)
    for name, of in (("controld", ours), ("forwarder", floor)):
        row = {"msg/s": rate, "controls": controls, "program": name, **engine_row(of)}
        result.rows.append({**row, **_switch_columns(of.presses)})
    _judge_rate(result, f"{rate}/s over {controls}", rate, ours, floor)


def _switch_columns(presses: Outcome) -> dict[str, float | str | int]:
    if not presses.sent:
        return {"switch p99 us": "", "switch lost": ""}
    return {"switch p99 us": rounded(presses.at(0.99)), "switch lost": presses.sent - presses.arrived}


def _judge_rate(result: CaseResult, what: str, rate: int, ours: Run, floor: Run) -> None:
    moves = ours.moves
    if rate <= 1000:
        for name, share, limit in (("p50", 0.5, 1.5), ("p99", 0.99, 2.0)):
            times_floor = ratio(ours, floor, share)
            result.judge(
                f"{what}: {name} at most {limit} x the forwarder's", f"{times_floor:.2f}", times_floor <= limit
            )
    elif rate <= 5000:
        lost = moves.unserved + ours.datagrams_dropped + ours.presses.sent - ours.presses.arrived
        result.judge(f"{what}: nothing lost", f"{lost} lost", lost == 0)
        worst = moves.at(0.99) / 1000
        result.judge(f"{what}: p99 under 3 ms", f"{worst:.2f} ms", worst < 3)
    else:
        lost = ours.presses.sent - ours.presses.arrived
        result.judge(f"{what}: switches never lost", f"{lost} of {ours.presses.sent} lost", lost == 0)
        result.judge(f"{what}: every last value right", f"{moves.last_missing} wrong", moves.last_missing == 0)


def mapped(bench: Bench) -> CaseResult:
    """Compare a rig of 10 mapped controls with one of 1000, moving the same 10."""
    result = CaseResult("mapped", "what 1000 mapped controls cost beside 10, moving the same ten at 1000/s")
    few = bench.daemon(Rig(10))
    many = bench.daemon(Rig(CONTROLS))
    try:
        seconds = bench.seconds(1000)
        turns = [(each, lambda subject: sweep(subject.numbers, 1000, seconds, 10)) for each in (few, many)]
        runs = alternate(bench.rounds + 1, turns, bench.bridge)
    finally:
        few.close()
        many.close()
    for name, of in zip((10, CONTROLS), runs, strict=True):
        result.rows.append({"mapped": name, **engine_row(of)})
    cost = runs[1].cpu_s / runs[0].cpu_s
    result.judge("1000 mapped controls cost no more CPU per message than 10 (within 10 %)", f"{cost:.2f}", cost <= 1.1)
    slower = ratio(runs[1], runs[0], 0.5)
    result.judge("and no more time (p50, within 10 %)", f"{slower:.2f}", slower <= 1.1)
    return result


def bursts(bench: Bench) -> CaseResult:
    """Send 1000 datagrams at one instant, several times."""
    result = CaseResult("burst", "1000 datagrams at one instant to 1000 controls")
    daemon, forwarder = bench.daemon(Rig(CONTROLS)), start_forwarder(bench.bridge, CONTROLS)
    try:
        turns = [(each, lambda subject: burst(subject.numbers, CONTROLS)) for each in (daemon, forwarder)]
        ours, floor = alternate(3 if bench.quick else 8, turns, bench.bridge)
    finally:
        daemon.close()
        forwarder.close()
    for name, of in (("controld", ours), ("forwarder", floor)):
        result.rows.append({"program": name, **engine_row(of)})
    lost = ours.moves.unserved + ours.datagrams_dropped
    result.judge("a burst of 1000 loses nothing", f"{lost} of {ours.messages} lost", lost == 0)
    return result


def stomp(bench: Bench) -> CaseResult:
    """Press a footswitch ten times a second while a pedal sweeps, with a bridge that needs 5 ms a command."""
    result = CaseResult("stomp", "a footswitch 10/s beside a pedal at 5000/s, into a bridge that needs 5 ms a command")
    daemon = bench.daemon(Rig(10))
    seconds = 10.0 if bench.quick else 20.0
    try:
        bench.bridge.delay(BRIDGE_NEEDS_S)

        def plan(subject: Subject) -> list[Shot]:
            return merged(sweep(subject.numbers, 5000, seconds, 1), stomps(subject.numbers, 10, seconds, 1))

        (ours,) = alternate(bench.rounds, [(daemon, plan)], bench.bridge)
    finally:
        bench.bridge.delay(0)
        daemon.close()
    lost = ours.presses.sent - ours.presses.arrived
    result.rows.append({"control": "footswitch", "sent": ours.presses.sent, "lost": lost, **times(ours.presses)})
    moves = ours.moves
    result.rows.append({"control": "pedal", "sent": moves.sent, "lost": moves.unserved, **times(moves)})
    once = lost == 0 and ours.presses.duplicated == 0
    result.judge("every press arrives once", f"{lost} of {ours.presses.sent} lost", once)
    limit_ms = BRIDGE_NEEDS_S * 1000 + 2
    worst = ours.presses.at(0.99) / 1000
    result.judge("p99 of a press within one bridge round trip plus 2 ms", f"{worst:.2f} ms", worst <= limit_ms)
    result.judge("the pedal's last value arrives", f"{moves.last_missing} wrong", moves.last_missing == 0)
    return result
