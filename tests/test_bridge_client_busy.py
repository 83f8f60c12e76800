"""The bridge client while the core is at something long: the loop does not run, and the engine goes on all the same."""

import asyncio
import time
from collections.abc import Callable

import zmq
from client_rig import Rig, answers, reads, run, until
from stand_in_bridge import HOST_GONE, Request, StandIn, modern, resp, stock

from controld.session.engine_events import EngineLost
from controld.session.requests import AddEffect, RemoveEffect, WriteBypass, WriteParameters


def be_busy(rig: Rig, condition: Callable[[], object], within_s: float = 5.0) -> bool:
    """Do without the loop, attending to the engine, until something is so; tell whether it came to that."""
    deadline = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline:
        rig.client.attend()
        time.sleep(0.001)
    return bool(condition())


def refusing(word: str, answer: bytes = resp("resp -2")) -> Callable[[Request], bytes]:
    """Answer as a stock bridge, but for one command."""
    return lambda request: answer if request.get("command", "").startswith(word) else stock(request)


class TestBusyCore:
    def test_steps_go_on(self) -> None:
        """Each is answered before the next is sent, whatever kind of step it is, and all are told."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            steps = [RemoveEffect(4), AddEffect(5, "urn:a"), WriteParameters(5, {"gain": 0.5}), *reads(2)]
            rig.put(*steps)
            assert be_busy(rig, lambda: len(rig.replies) == 5)
            assert [request for request, _reply in rig.replies] == steps
            assert answers(rig) == [None, None, None, 0.0, 1.0]
            assert [line.split(" ")[0] for line in bridge.lines] == [
                "remove", "add", "param_set", "param_get", "param_get",
            ]  # fmt: skip

        run(scenario, StandIn(stock, kind=zmq.REP))

    def test_batches_go_on(self) -> None:
        """A bridge with batches is no other."""

        async def scenario(rig: Rig, _bridge: StandIn) -> None:
            rig.put(*reads(40))
            assert be_busy(rig, lambda: len(rig.replies) == 40)
            assert answers(rig) == [float(number) for number in range(40)]

        run(scenario, StandIn(modern))

    def test_what_waits_is_sent(self) -> None:
        """Where no reply is awaited the next request leaves."""

        async def scenario(rig: Rig, _bridge: StandIn) -> None:
            rig.outbox.put_plan(reads(1))
            assert be_busy(rig, lambda: answers(rig) == [0.0])

        run(scenario, StandIn())

    def test_a_refusal_waits_for_the_core(self) -> None:
        """It may change what is to be sent: it is not told, and nothing is sent, until the core can act."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            bridge.answer = refusing("add")
            rig.put(AddEffect(5, "urn:a"), WriteBypass(5, bypassed=True))
            assert be_busy(rig, lambda: bridge.lines == ["add urn:a 5"])
            assert not be_busy(rig, lambda: rig.replies or len(bridge.lines) > 1, within_s=0.2)
            await until(lambda: len(rig.replies) == 2)
            assert answers(rig)[0] == "Denied"
            assert bridge.lines == ["add urn:a 5", "bypass 5 1"]

        run(scenario, StandIn())

    def test_a_bridge_without_host_is_told_later(self) -> None:
        """And once: the request is given up, and the engine is lost."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            bridge.answer = refusing("bypass", HOST_GONE)
            rig.put(WriteBypass(1, bypassed=True), *reads(1))
            assert not be_busy(rig, lambda: rig.story[1:], within_s=0.2)
            await until(lambda: rig.count(EngineLost))
            assert answers(rig)[:1] == ["TimedOut"]
            await until(lambda: len(rig.replies) == 2)
            assert answers(rig) == ["TimedOut", 0.0]

        run(scenario, StandIn())

    def test_nothing_is_told_after_the_end(self) -> None:
        """Though a refusal was to be told next."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            bridge.answer = refusing("add")
            rig.put(AddEffect(5, "urn:a"))
            assert be_busy(rig, lambda: bridge.lines == ["add urn:a 5"])
            be_busy(rig, lambda: rig.replies, within_s=0.2)
            await rig.client.stop()
            await asyncio.sleep(0.05)
            assert rig.replies == []

        run(scenario, StandIn())

    def test_a_connection_that_breaks_meanwhile(self) -> None:
        """What a refusal was about is given up with the rest, once."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            bridge.answer = refusing("add")
            rig.put(AddEffect(5, "urn:a"))
            assert be_busy(rig, lambda: bridge.lines == ["add urn:a 5"])
            be_busy(rig, lambda: rig.replies, within_s=0.2)
            rig.client.connection_broken()
            for _ in range(5):
                await asyncio.sleep(0)
            assert answers(rig) == ["TimedOut"]

        run(scenario, StandIn())
