"""A snapshot, and a change of pedalboard: how many commands they take, and how long beside a bare sender.

A snapshot changes 8 effects with 10 parameters each: necessary is a bypass and one command with all parameters for each
effect. A pedalboard of 8 effects in a row gives way to another that has 4 of them, too: the others go and come, what
stays gets other values and half of it another bypass, the row is closed again, and the host's processing is off
meanwhile, so that nobody hears it. The floor is a bare client that sends just these commands to the same bridge, one
after the other, each when the last one is answered. A naive program, which sends a command for each parameter (and
clears a pedalboard before it loads another), is measured the same way.
"""

import json
import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.context import Bench
from bench.results import CaseResult, rounded
from bench.rigfiles import Rig, chain
from bench.standin import Record
from bench.subjects import BenchError, Bridge, start_daemon
from bench.wire import encode, writes

EFFECTS = 8
OTHERS = EFFECTS // 2  # effects that only one of the pedalboards has
QUICK_S, STOCK_S = 0.001, 0.1
WITHIN = 1.1
_TRIES = 20
_BYPASS, _PARAMETERS, _CONNECT, _PROCESSING = "bypass ", "params_flush ", "connect ", "feature_enable processing "
_ADD, _REMOVE = "add ", "remove "


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is played: an address that ends in 1 or 2, and what it takes, by the beginnings of commands."""

    rig: Rig
    address: str
    necessary: dict[str, int]
    naive: Callable[[list[str]], list[str]]

    @property
    def commands(self) -> int:
        return sum(self.necessary.values())

    def takes(self, line: str) -> bool:
        """Tell whether a command is of those that it takes, and none of the daemon's looks after the bridge."""
        return line.startswith(tuple(self.necessary))


@dataclass(slots=True)
class _Played:
    """A piece as the bridge saw it: how long until the last command was done, and the commands, in order."""

    took_s: float
    requests: int
    lines: list[str]


def recall(bench: Bench) -> CaseResult:
    """Recall snapshots to and fro."""
    title = "a snapshot of 8 effects with 10 parameters each, beside a bare sender of what it takes"
    necessary = {_BYPASS: EFFECTS, _PARAMETERS: EFFECTS}
    return _case("recall", title, bench, _Piece(Rig(10, EFFECTS, snapshots=True), "/snapshot", necessary, _one_by_one))


def boards(bench: Bench) -> CaseResult:
    """Change to and fro between two pedalboards."""
    title = f"a pedalboard of 8 effects for one that shares {EFFECTS - OTHERS}, beside a bare sender of what it takes"
    necessary = {
        _PROCESSING: 2, _REMOVE: OTHERS, _ADD: OTHERS, _PARAMETERS: EFFECTS, _CONNECT: OTHERS + 1,
        _BYPASS: EFFECTS // 2,
    }  # fmt: skip
    return _case("boards", title, bench, _Piece(Rig(10, EFFECTS, boards=True), "/pedalboard", necessary, _from_nothing))


def _case(name: str, title: str, bench: Bench, piece: _Piece) -> CaseResult:
    """Play a piece with our own protocol and as through the stock bridge."""
    result, times = CaseResult(name, title), 15 if bench.quick else 50
    _measure(bench, bench.bridge, "1 ms a command, batches", QUICK_S, times, piece, result)
    stock = Bridge(batch=False)
    try:
        _measure(bench, stock, "1 ms a command, as the stock bridge", QUICK_S, times, piece, result)
        _measure(bench, stock, "100 ms a command, as the stock bridge", STOCK_S, 3, piece, result)
    finally:
        stock.close()
    return result


def _measure(
    bench: Bench, bridge: Bridge, what: str, delay_s: float, times: int, piece: _Piece, result: CaseResult
) -> None:
    daemon = start_daemon(bridge, bench.folder / f"{result.name}{len(result.rows)}", piece.rig)
    try:
        bridge.delay(delay_s)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tablet:
            tablet.connect(("127.0.0.1", daemon.port))
            for number in (2, 1, 2):  # it gets to know the tablet, the plugins, and how fast the bridge is
                _play(tablet, bridge, number, delay_s, piece)
            ours, floor = _turns(tablet, bridge, delay_s, piece, times)
            if not floor:
                daemon.close()
                floor = [_send_bare(bridge, played.lines) for played in ours]
        naive = piece.naive(ours[-1].lines)
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
    only = all(_counts(each.lines, piece) == piece.necessary for each in ours)
    result.judge(f"{what}: only the necessary commands ({piece.commands})", str(commands), only)
    ratio = statistics.median(each.took_s / bare_s for each, bare_s in zip(ours, floor, strict=True))
    result.judge(f"{what}: at most {WITHIN} x the bare sender", f"{ratio:.3f}", ratio <= WITHIN)


def _turns(
    tablet: socket.socket, bridge: Bridge, delay_s: float, piece: _Piece, times: int
) -> tuple[list[_Played], list[float]]:
    """Play to and fro, and send the same bare in between; but not where a daemon at rest is surely in its way."""
    ours: list[_Played] = []
    floor: list[float] = []
    for turn in range(times):
        ours.append(_play(tablet, bridge, turn % 2 + 1, delay_s, piece))
        if delay_s < STOCK_S:
            floor.append(_undisturbed(bridge, ours[-1].lines))
    return ours, floor


def _undisturbed(bridge: Bridge, lines: list[str]) -> float:
    """Send commands bare, again where the daemon looked after the bridge meanwhile, as it does at rest."""
    for _ in range(_TRIES):
        bridge.take()
        bare_s = _send_bare(bridge, lines)
        if len(bridge.take()) == len(lines):
            return bare_s
    message = "the daemon does not leave the bridge alone"
    raise BenchError(message)


def _counts(lines: list[str], piece: _Piece) -> dict[str, int]:
    return {kind: sum(line.startswith(kind) for line in lines) for kind in piece.necessary}


def _play(tablet: socket.socket, bridge: Bridge, number: int, delay_s: float, piece: _Piece) -> _Played:
    bridge.take()
    sent_ns = time.monotonic_ns()
    tablet.send(encode(f"{piece.address}/{number}", 1.0))
    time.sleep(piece.commands * delay_s * 1.5 + 0.3)  # asking the bridge meanwhile would disturb what is measured
    records = [record for record in bridge.take() if any(map(piece.takes, _lines(record)))]
    if not records:
        message = f"{piece.address}/{number} sent nothing"
        raise BenchError(message)
    lines = [line for record in records for line in _lines(record)]
    end_ns = records[-1][0] + len(_lines(records[-1])) * delay_s * 1e9
    return _Played((end_ns - sent_ns) / 1e9, len(records), lines)


def _lines(record: Record) -> list[str]:
    request = json.loads(record[1])
    return list(request.get("commands") or [request.get("command", "")])


def _one_by_one(lines: list[str]) -> list[str]:
    """Return what a program sends that has a command for each parameter."""
    bodies = [json.dumps({"command": line}).encode() for line in lines]
    return [
        f"bypass {each.instance} {each.value:.0f}" if each.symbol == ":bypass" else
        f"param_set {each.instance} {each.symbol} {each.value:.7g}"
        for body in bodies for each in writes(body)
    ]  # fmt: skip


def _from_nothing(lines: list[str]) -> list[str]:
    """Return what a program sends that removes everything and loads the other pedalboard, a command for each thing."""
    values = _one_by_one(lines)
    bypasses = [line for line in values if line.startswith(_BYPASS) and line.endswith(" 1")]
    ends = [f"effect_{number}:{port}" for number in range(1, EFFECTS + 1) for port in ("in", "out")]
    ends = ["system:capture_1", *ends, "system:playback_1"]
    return [
        *(f"{_REMOVE}{number}" for number in range(1, EFFECTS + 1)),
        *(f"{_ADD}{uri} {number}" for number, (_, uri) in enumerate(chain(EFFECTS, OTHERS), 1)),
        *(line for line in values if not line.startswith(_BYPASS)),
        *bypasses,
        *(f"{_CONNECT}{ends[at]} {ends[at + 1]}" for at in range(0, len(ends), 2)),
    ]


def _send_bare(bridge: Bridge, lines: list[str]) -> float:
    """Return how many seconds it takes to send these commands, one after the other, and to have each answered."""
    bodies = [json.dumps({"command": line}).encode() for line in lines]
    start = time.perf_counter()
    for body in bodies:
        bridge.ask(body)
    return time.perf_counter() - start
