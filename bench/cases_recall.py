"""A snapshot that changes 8 effects with 10 parameters each: how many commands, and how long beside a bare sender.

What is necessary is a bypass and one command with all parameters for each effect. The floor is a bare client that sends
just these commands to the same bridge, one after the other, each when the last one is answered. A naive program, which
sends a command for each parameter, is measured the same way.
"""

import json
import socket
import statistics
import time
from dataclasses import dataclass

from bench.context import Bench
from bench.results import CaseResult, rounded
from bench.rigfiles import Rig
from bench.standin import Record
from bench.subjects import BenchError, Bridge, start_daemon
from bench.wire import encode, writes

EFFECTS = 8
NECESSARY = 2 * EFFECTS
QUICK_S, STOCK_S = 0.001, 0.1
WITHIN = 1.1


@dataclass(slots=True)
class _Recalled:
    """A recall as the bridge saw it: how long until the last command was done, and the commands, in order."""

    took_s: float
    requests: int
    lines: list[str]


def recall(bench: Bench) -> CaseResult:
    """Recall snapshots to and fro, with our own protocol and as through the stock bridge."""
    result = CaseResult(
        "recall", "a snapshot of 8 effects with 10 parameters each, beside a bare sender of what it takes"
    )
    _measure(bench, bench.bridge, "1 ms a command, batches", QUICK_S, 5 if bench.quick else 20, result)
    stock = Bridge(batch=False)
    try:
        _measure(bench, stock, "1 ms a command, as the stock bridge", QUICK_S, 5 if bench.quick else 20, result)
        _measure(bench, stock, "100 ms a command, as the stock bridge", STOCK_S, 2 if bench.quick else 3, result)
    finally:
        stock.close()
    return result


def _measure(bench: Bench, bridge: Bridge, what: str, delay_s: float, times: int, result: CaseResult) -> None:
    daemon = start_daemon(bridge, bench.folder / f"recall{len(result.rows)}", Rig(10, EFFECTS, snapshots=True))
    try:
        bridge.delay(delay_s)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tablet:
            tablet.connect(("127.0.0.1", daemon.port))
            _one_recall(tablet, bridge, 2, delay_s)  # it gets to know the tablet, and how fast the bridge is
            ours = [_one_recall(tablet, bridge, turn % 2 + 1, delay_s) for turn in range(times)]
        daemon.close()  # while nobody plays it looks after the bridge, and would be in the floor's way
        floor = [_send_bare(bridge, recalled.lines) for recalled in ours]
        naive = _naive(ours[-1].lines)
        naive_s = _send_bare(bridge, naive) if delay_s < STOCK_S else len(naive) * delay_s
    finally:
        bridge.delay(0)
        daemon.close()
    took_s, floor_s = statistics.median(each.took_s for each in ours), statistics.median(floor)
    commands = max(len(each.lines) for each in ours)
    result.rows.append({
        "bridge": what, "commands": commands, "requests": max(each.requests for each in ours),
        "ms": rounded(took_s * 1000), "bare sender ms": rounded(floor_s * 1000),
        "naive commands": len(naive), "naive ms": rounded(naive_s * 1000),
    })  # fmt: skip
    result.judge(f"{what}: only the necessary commands ({NECESSARY})", str(commands), commands == NECESSARY)
    ratio = statistics.median(each.took_s / bare_s for each, bare_s in zip(ours, floor, strict=True))
    result.judge(f"{what}: at most {WITHIN} x the bare sender", f"{ratio:.3f}", ratio <= WITHIN)


def _one_recall(tablet: socket.socket, bridge: Bridge, number: int, delay_s: float) -> _Recalled:
    bridge.take()
    sent_ns = time.monotonic_ns()
    tablet.send(encode(f"/snapshot/{number}", 1.0))
    time.sleep(NECESSARY * delay_s * 1.5 + 0.2)  # asking the bridge meanwhile would disturb what is measured
    records = [record for record in bridge.take() if next(writes(record[1]), None) is not None]
    if not records:
        message = "the recall sent nothing"
        raise BenchError(message)
    lines = [line for record in records for line in _lines(record)]
    end_ns = records[-1][0] + len(_lines(records[-1])) * delay_s * 1e9
    return _Recalled((end_ns - sent_ns) / 1e9, len(records), lines)


def _lines(record: Record) -> list[str]:
    request = json.loads(record[1])
    return list(request.get("commands") or [request["command"]])


def _naive(lines: list[str]) -> list[str]:
    """Return what a program sends that has a command for each parameter."""
    bodies = [json.dumps({"command": line}).encode() for line in lines]
    return [
        f"bypass {each.instance} {each.value:.0f}" if each.symbol == ":bypass" else
        f"param_set {each.instance} {each.symbol} {each.value:.7g}"
        for body in bodies for each in writes(body)
    ]  # fmt: skip


def _send_bare(bridge: Bridge, lines: list[str]) -> float:
    """Return how many seconds it takes to send these commands, one after the other, and to have each answered."""
    bodies = [json.dumps({"command": line}).encode() for line in lines]
    start = time.perf_counter()
    for body in bodies:
        bridge.ask(body)
    return time.perf_counter() - start
