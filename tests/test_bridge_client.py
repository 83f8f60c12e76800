"""The bridge client over real sockets, before bridges that are slow, late, silent and lying."""

import asyncio
import threading
import time

import pytest
import zmq
from client_rig import Rig, answers, playing, reads, run, shorten_deadlines, until
from stand_in_bridge import HOST_GONE, Request, StandIn, modern, resp, stock

from controld.bridge.client import BridgeClient, Endpoints
from controld.bridge.client_pace import MAX_BATCH, Pace, slow_warning
from controld.session.engine_events import (
    EngineConnected,
    EngineLost,
)
from controld.session.outbox import Outbox
from controld.session.requests import (
    AddEffect,
    ConnectPorts,
    Denied,
    DisconnectPorts,
    Done,
    EngineReply,
    EngineRequest,
    ReadEffects,
    ReadParameter,
    RemoveEffect,
    TimedOut,
    WriteBypass,
    WriteParameters,
)


@pytest.fixture(name="short_deadlines")
def _short_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_deadlines(monkeypatch)


class TestStockBridge:
    def test_greeting_and_commands(self) -> None:
        """A REP socket that knows nothing but raw commands is enough; each request is one command, in order."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            assert rig.events == [EngineConnected()]
            requests = [WriteBypass(1, bypassed=True), WriteParameters(1, {"gain": 0.5}), *reads(3)]
            rig.put(*requests)
            await until(lambda: len(rig.replies) == 5)
            assert [request for request, _reply in rig.replies] == requests
            assert answers(rig) == [None, None, 0.0, 1.0, 2.0]
            assert bridge.bodies == [
                b'{"command": "cpu_load"}', b'{"command": "bypass 1 1"}', b'{"command": "param_set 1 gain 0.5"}',
                b'{"command": "param_get 0 gain"}', b'{"command": "param_get 1 gain"}',
                b'{"command": "param_get 2 gain"}',
            ]  # fmt: skip
            kinds = [(kind, request) for kind, request, _reply, _took in rig.observed]
            assert kinds == [(kind, request) for request in requests for kind in ("sent", "reply")]

        run(scenario, StandIn(stock, kind=zmq.REP))

    def test_refusals_are_told(self) -> None:
        """A refusal of mod-host is told as such, although the bridge calls it a success."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            bridge.answer = lambda _request: resp("resp -3")
            assert await rig.ask(WriteBypass(9, bypassed=True)) == Denied("there is no effect with this number", -3)

        run(scenario, StandIn())

    def test_nothing_to_send(self) -> None:
        """A write without values is done, one that cannot be written is refused; the bridge hears of neither."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            rig.put(WriteParameters(1, {}), WriteParameters(1, {"gain": float("nan")}), ReadParameter(2, "gain"))
            await until(lambda: len(rig.replies) == 3)
            assert answers(rig) == [None, "Denied", 2.0]
            assert bridge.lines == ["param_get 2 gain"]

        run(scenario, StandIn())

    def test_switch_overtakes_sweep(self) -> None:
        """While a reply is awaited a sweep is merged to its newest value and a switch goes first."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            def slowly(request: Request) -> bytes:
                time.sleep(0.05)
                return stock(request)

            bridge.answer = slowly
            for value in range(50):
                rig.outbox.put_continuous(1, "gain", value / 50)
                rig.client.pump()
            rig.outbox.put_discrete(WriteBypass(1, bypassed=True))
            rig.client.pump()
            await until(lambda: len(rig.replies) == 3)
            assert bridge.lines == ["param_set 1 gain 0", "bypass 1 1", "param_set 1 gain 0.98"]

        run(scenario, StandIn())

    def test_slow_bridge_is_told_once(self, caplog: pytest.LogCaptureFixture) -> None:
        """A bridge that needs more than 20 ms a command is one warning, with its price and its cure."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            def slowly(request: Request) -> bytes:
                time.sleep(0.03)
                return stock(request)

            bridge.answer = slowly
            rig.put(*reads(14))
            await until(lambda: len(rig.replies) == 14)
            assert 0.03 <= rig.client.figures().command_time_s < 0.1

        run(scenario, StandIn())
        warnings = [record.message for record in caplog.records if "a command" in record.message]
        assert len(warnings) == 1
        assert "docs/engine.md says what cures it" in warnings[0]
        assert "100 ms a command, so a snapshot of 8 effects takes about 1.6 s" in slow_warning("x", 0.1, stock=True)
        assert "configuration" not in slow_warning("x", 0.1, stock=False)


class TestBatches:
    def test_used_where_offered(self) -> None:
        """A bridge that offers batches gets them, bounded, in order; what is slow or no command goes alone."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            assert rig.events == [EngineConnected(frozenset({"batch", "effects"}), "stand-in 1 with host none")]
            requests = [*reads(200), AddEffect(5, "urn:a"), RemoveEffect(5), *reads(20)]
            rig.put(*requests)
            await until(lambda: len(rig.replies) == len(requests))
            assert [request for request, _reply in rig.replies] == requests
            assert answers(rig) == [*map(float, range(200)), None, None, *map(float, range(20))]
            sizes = [len(request.get("commands", "1")) for request in bridge.requests[1:]]
            assert sum(sizes) == len(requests)
            assert sizes[0] == 1
            assert 1 < max(sizes) <= MAX_BATCH
            assert {"command": "add urn:a 5"} in bridge.requests
            assert {"command": "remove 5"} in bridge.requests

        run(scenario, StandIn(modern))

    def test_cables_share_a_request(self) -> None:
        """They are quick; plugins that come and go between them are not."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            while rig.client.figures().batch_limit < 8:
                await rig.ask(ReadParameter(1, "gain"))
            begun = len(bridge.requests)
            rig.put(
                DisconnectPorts("a:1", "b:1"), RemoveEffect(5), ConnectPorts("a:1", "c:1"), ConnectPorts("a:2", "c:2")
            )
            await until(lambda: rig.outbox.unanswered == 0 and len(bridge.requests) == begun + 3)
            assert bridge.requests[begun:] == [
                {"command": "disconnect a:1 b:1"},
                {"command": "remove 5"},
                {"action": "batch", "commands": ["connect a:1 c:1", "connect a:2 c:2"]},
            ]

        run(scenario, StandIn(modern))

    def test_question_behind_commands_keeps_its_place(self) -> None:
        """What cannot be in a batch is asked after what was taken before it."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            await rig.ask(ReadParameter(1, "gain"))
            rig.put(*reads(3), ReadEffects(), *reads(3))
            await until(lambda: len(rig.replies) == 8)
            assert [type(request) for request, _ in rig.replies[1:]] == [ReadParameter] * 3 + [ReadEffects] + [
                ReadParameter
            ] * 3

        run(scenario, StandIn(modern))

    def test_broken_batch_leaves_nobody_waiting(self, short_deadlines: None) -> None:
        """When a batch is not answered, each of its requests and the one held back for the next are timed out."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            while rig.client.figures().batch_limit < 8:
                await rig.ask(ReadParameter(1, "gain"))
            before = len(rig.replies)
            bridge.answer = lambda request: [] if request.get("action") == "batch" else modern(request)
            rig.put(*reads(3), RemoveEffect(5))
            await rig.connected(2)
            assert answers(rig)[before:] == ["TimedOut"] * 4
            assert rig.outbox.unanswered == 0

        run(scenario, StandIn(modern))

    def test_size_follows_the_command_time(self) -> None:
        """A batch is expected to take about 2 ms: 1 command for a slow bridge, at most 64 for a fast one."""
        pace = Pace()
        assert (pace.limit, pace.command_time_s, pace.is_slow()) == (1, 0.0, False)
        pace.add(0.0001, 1)
        assert pace.limit == 20
        of_one_ms = Pace()
        of_one_ms.add(0.00125, 1)  # with the way there and back
        assert of_one_ms.limit == 2, "nearer to 2 ms than one alone"
        for _ in range(40):
            pace.add(pace.limit * 0.00001, pace.limit)
        assert pace.limit == MAX_BATCH
        for _ in range(4):
            pace.add(0.1, 1)
        assert pace.limit == 1
        assert not pace.is_slow()
        for _ in range(20):
            pace.add(0.1, 1)
        assert pace.is_slow()
        assert pace.command_time_s == pytest.approx(0.1)


@pytest.mark.usefixtures("short_deadlines")
class TestTrouble:
    def test_timeout_goes_on_by_a_new_socket(self) -> None:
        """A request that is not answered is timed out once; the bridge is greeted by another socket and goes on."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            bridge.answer = lambda request: [] if "bypass 7" in request.get("command", "") else stock(request)
            rig.put(WriteBypass(7, bypassed=True), *reads(2))
            await until(lambda: len(rig.replies) == 3)
            assert answers(rig) == ["TimedOut", 0.0, 1.0]
            assert [type(each).__name__ for each in rig.story] == [
                "EngineConnected", "TimedOut", "EngineConnected", "Done", "Done",
            ]  # fmt: skip
            assert len(bridge.clients) == 2
            assert bridge.lines == ["bypass 7 1", "param_get 0 gain", "param_get 1 gain"]

        run(scenario, StandIn())

    def test_late_reply_is_nobodys(self) -> None:
        """A reply that comes after its deadline is not taken for the answer to a later question."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            late = threading.Event()

            def answer(request: Request) -> bytes:
                if request.get("command") == "param_get 7 gain" and not late.is_set():
                    late.set()
                    time.sleep(0.3)
                return stock(request)

            bridge.answer = answer
            rig.put(ReadParameter(7, "gain"), *reads(4))
            await until(lambda: len(rig.replies) == 5)
            assert answers(rig) == ["TimedOut", 0.0, 1.0, 2.0, 3.0]
            assert rig.count(EngineLost) == 0

        run(scenario, StandIn())

    def test_second_reply_is_nobodys(self) -> None:
        """A bridge that answers everything twice is understood; the second replies are counted."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            rig.put(*reads(20))
            await until(lambda: len(rig.replies) == 20)
            assert answers(rig) == [float(number) for number in range(20)]
            await until(lambda: rig.client.figures().stray_replies >= 20)

        run(scenario, StandIn(lambda request: [stock(request)] * 2))

    @pytest.mark.parametrize("body", [b"", b"null", b"[]", b"\xff\xfe", b'{\n\t"success" : true\n}'])
    def test_garbage_is_as_good_as_no_answer(self, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
        """Nobody knows what was done: the session is told to look, and it is said once."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            bridge.answer = lambda request: body if "bypass" in request.get("command", "") else stock(request)

            async def garble(connections: int) -> None:
                assert isinstance(await rig.ask(WriteBypass(1, bypassed=True)), TimedOut)
                await until(lambda: rig.count(EngineConnected) == connections)

            await garble(2)
            await garble(3)
            assert rig.count(EngineLost) == 0
            assert await rig.ask(ReadParameter(3, "gain")) == Done(3.0)

        run(scenario, StandIn())
        assert caplog.text.count("nonsense") == 1

    def test_silence_is_a_loss_and_ends(self, caplog: pytest.LogCaptureFixture) -> None:
        """A bridge that stays silent is lost, once and in plain words; it is found again when it speaks."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            bridge.answer = lambda _request: []
            rig.put(WriteBypass(1, bypassed=True))
            await until(lambda: rig.count(EngineLost) == 1)
            assert answers(rig) == ["TimedOut"]
            await asyncio.sleep(0.4)
            assert rig.count(EngineLost) == 1
            bridge.answer = stock
            await rig.connected(2)
            assert await rig.ask(ReadParameter(3, "gain")) == Done(3.0)
            lost = next(event for event in rig.events if isinstance(event, EngineLost))
            assert lost.reason == f"the bridge at {bridge.command} does not answer"

        run(scenario, StandIn())
        assert [record.levelname for record in caplog.records].count("WARNING") == 1

    def test_bridge_without_host(self) -> None:
        """When the bridge cannot reach its host, nobody knows what was done; the engine is lost until it can."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            bridge.answer = lambda _request: HOST_GONE
            rig.put(WriteBypass(1, bypassed=True), ReadParameter(4, "gain"))
            await until(lambda: rig.count(EngineLost) == 1)
            assert [type(each).__name__ for each in rig.story] == ["EngineConnected", "TimedOut", "EngineLost"]
            probes = len(bridge.requests)
            await until(lambda: len(bridge.requests) >= probes + 2)
            assert bridge.lines == ["bypass 1 1"]
            bridge.answer = stock
            await rig.connected(2)
            await until(lambda: len(rig.replies) == 2)
            assert answers(rig) == ["TimedOut", 4.0]
            assert rig.count(EngineLost) == 1

        run(scenario, StandIn())

    def test_start_before_a_host(self, caplog: pytest.LogCaptureFixture) -> None:
        """A bridge whose host is not there yet is told once and served as soon as the host is there."""

        async def scenario() -> None:
            with StandIn(lambda request: HOST_GONE if "command" in request else stock(request)) as bridge:
                async with playing(bridge.command, bridge.events, connected=False) as rig:
                    await until(lambda: len(bridge.requests) >= 3)
                    assert rig.story == []
                    bridge.answer = stock
                    await rig.connected()

        asyncio.run(scenario())
        assert caplog.text.count("answers, but its host does not: it cannot reach its host") == 1

    def test_receiver_that_fails(self, caplog: pytest.LogCaptureFixture) -> None:
        """A mistake in a receiver is logged and costs one reply, not the connection."""

        async def scenario() -> None:
            outbox = Outbox()
            seen: list[EngineReply] = []

            def receive(_request: EngineRequest, reply: EngineReply) -> None:
                seen.append(reply)
                raise ZeroDivisionError

            with StandIn(modern) as bridge:
                endpoints = Endpoints(bridge.command, bridge.events, "")
                client = BridgeClient(endpoints, outbox, receive, lambda _event: None)
                client.start()
                outbox.put_plan(reads(9))
                await until(lambda: len(seen) == 9)
                await client.stop()

        asyncio.run(scenario())
        assert "ZeroDivisionError" in caplog.text
