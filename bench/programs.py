"""The programs of a benchmark: REQ clients that call the service at a fixed rate, in one process of their own."""

import json
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import zmq

from bench.wire import value_of

NS = 1_000_000_000


@dataclass(slots=True)
class Calls:
    """What became of calls: latencies in microseconds from the time each was due, and counts."""

    latencies_us: list[float] = field(default_factory=list)
    sent: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class CallPlan:
    """So many clients that call `rate` times a second together, for so many seconds."""

    clients: int
    rate: float
    seconds: float


# What is called in turn: half of the calls change something and wait for the engine, half ask.
def _request(number: int) -> bytes:
    effect, symbol = f"fx{number % 8}", f"p{50 + number % 16}"
    calls: tuple[tuple[str, dict[str, object]], ...] = (
        ("set_parameter", {"instance_id": effect, "port": symbol, "value": value_of(number % 60_000 + 1)}),
        ("get_parameter", {"instance_id": effect, "port": symbol}),
        ("set_parameter", {"instance_id": effect, "port": symbol, "value": value_of(number % 60_000 + 2)}),
        ("health_check", {}),
    )
    method, params = calls[number % len(calls)]
    return json.dumps({"method": method, "params": params, "request_id": str(number)}).encode()


def programs_main(connection: Connection, port: int) -> None:
    """Do plans that come by the connection, and send back what became of them, until None comes."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    while (plan := connection.recv()) is not None:
        connection.send(_call(context, port, plan))
    context.destroy(linger=0)


def _call(context: "zmq.Context[zmq.Socket[bytes]]", port: int, plan: CallPlan) -> Calls:
    poller, sockets = zmq.Poller(), []
    for _ in range(plan.clients):
        opened = context.socket(zmq.REQ)
        opened.connect(f"tcp://127.0.0.1:{port}")
        poller.register(opened, zmq.POLLIN)
        sockets.append(opened)
    calls, due_of = Calls(), dict.fromkeys(sockets, 0)
    start_ns = time.monotonic_ns()
    number, total = 0, int(plan.rate * plan.seconds)
    free = list(sockets)
    while number < total or len(free) < len(sockets):
        while number < total and free:
            due_ns = start_ns + round(number * NS / plan.rate)
            if due_ns > time.monotonic_ns():
                break
            opened = free.pop()
            opened.send(_request(number))
            due_of[opened], number = due_ns, number + 1
            calls.sent += 1
        wait_ns = start_ns + round(number * NS / plan.rate) - time.monotonic_ns() if number < total and free else NS
        for opened, _ in poller.poll(max(0, wait_ns // 1_000_000)):
            answer = json.loads(opened.recv())
            calls.latencies_us.append((time.monotonic_ns() - due_of[opened]) / 1000)
            calls.failed += not answer.get("result", {}).get("success")
            free.append(opened)
    for opened in sockets:
        opened.close(linger=0)
    return calls
