"""Events at the bridge client, and the client before our own bridge with all its faults."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from client_rig import DRIVE, Rig, answers, free_endpoints, playing, reads, run, shorten_deadlines, until
from stand_in_bridge import HOST_GONE, StandIn

from controld.bridge.client_feed import EVENTS_PER_TURN
from controld.bridge.supervisor import BridgeProcess, bridge_command
from controld.session.engine_events import (
    EffectReported,
    EngineConnected,
    EngineLost,
    ParameterReported,
    UnknownEngineEvent,
)
from controld.session.requests import (
    AddEffect,
    Done,
    Found,
    Probe,
    ReadEffects,
    ReadParameter,
    RemoveEffect,
    WriteParameters,
)


@pytest.fixture(name="short_deadlines")
def _short_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_deadlines(monkeypatch)


class TestEvents:
    def test_both_shapes_arrive(self) -> None:
        """Events arrive flat and in envelopes; what this very client caused is marked; garbage is a value."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            await subscribed(rig, bridge)
            del rig.events[:]
            bodies = [
                b'{"type":"param_set","effect_id":1,"symbol":"gain","value":0.5}',
                b'{"type":"param_set","timestamp":5,"data":{"effect_id":1,"symbol":"gain","value":0.75}}',
                b'{"type":"effect_removed","effect_id":2,"client":"%b"}' % bridge.clients[-1].encode(),
                b'{"type":"effect_removed","effect_id":2,"client":"00"}', b"\xff", b'{"type":"data_finish"}',
                b'{"type":"effect_added","effect_id":3,"uri":"urn:a"}',
            ]  # fmt: skip
            for body in bodies:
                bridge.publish(body)
            await until(lambda: len(rig.events) == 6)
            assert rig.events == [
                ParameterReported(1, "gain", 0.5), ParameterReported(1, "gain", 0.75),
                EffectReported(2, "", own=True), EffectReported(2, ""), UnknownEngineEvent("\N{REPLACEMENT CHARACTER}"),
                EffectReported(3, "urn:a"),
            ]  # fmt: skip
            assert rig.client.figures().unknown_events == 1

        run(scenario, StandIn())

    def test_flood_leaves_the_loop_free(self) -> None:
        """Thousands of events at once are taken in portions, so that other work gets its turns between them."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            await subscribed(rig, bridge)
            start = seen = len(rig.events)
            for _ in range(3000):
                bridge.publish(b'{"type":"param_set","effect_id":1,"symbol":"gain","value":0.5}')
            time.sleep(0.3)  # noqa: ASYNC251 - the loop is busy with something else while they arrive
            deadline, portions = time.monotonic() + 5, []
            while seen < start + 3000:
                assert time.monotonic() < deadline
                await asyncio.sleep(0)
                portions.append(len(rig.events) - seen)
                seen = len(rig.events)
            assert max(portions) == EVENTS_PER_TURN

        run(scenario, StandIn())

    def test_none_while_the_engine_is_away(self, short_deadlines: None) -> None:
        """Events of a bridge that is not greeted yet are not told: the session reads everything when it is."""

        async def scenario(rig: Rig, bridge: StandIn) -> None:
            await subscribed(rig, bridge)
            bridge.answer = lambda _request: HOST_GONE
            await rig.ask(Probe())
            received = rig.client.figures().events
            bridge.publish(b'{"type":"effect_removed","effect_id":2}')
            await until(lambda: rig.client.figures().events > received)
            assert isinstance(rig.story[-1], EngineLost)

        run(scenario, StandIn())


async def subscribed(rig: Rig, bridge: StandIn) -> None:
    """Wait until the events' socket has its peer."""
    deadline = time.monotonic() + 5
    while rig.client.figures().events == 0:
        assert time.monotonic() < deadline
        bridge.publish(b'{"type":"data_finish"}')
        await asyncio.sleep(0.01)


@asynccontextmanager
async def our_bridge(*options: str) -> AsyncIterator[Rig]:
    """Run our own bridge with the virtual host, and a connected client."""
    command, events, health = free_endpoints(3)
    argv = bridge_command("--endpoint", command, "--events", events, "--health", health, *options)
    process = BridgeProcess(argv)
    await process.start()
    try:
        async with playing(command, events) as rig:
            yield rig
    finally:
        await process.stop()


class TestOurBridge:
    def test_everything_it_can(self) -> None:
        """Our own bridge offers its extensions, answers all questions, and marks what we changed ourselves."""

        async def scenario() -> None:
            async with our_bridge() as rig:
                connected = rig.events[0]
                assert isinstance(connected, EngineConnected)
                assert {"batch", "effects", "presets"} <= connected.capabilities
                assert "virtual" in connected.description
                assert await rig.ask(AddEffect(1, DRIVE)) == Done()
                rig.put(*(WriteParameters(1, {"freq": 100.0 + number}) for number in range(300)))
                await until(lambda: len(rig.replies) == 301)
                assert set(answers(rig)) == {None}
                found = await rig.ask(ReadEffects())
                assert isinstance(found, Done)
                assert isinstance(found.answer, Found)
                assert found.answer.effects[1].values["freq"] == pytest.approx(399)
                await until(lambda: ParameterReported(1, "freq", 399.0, own=True) in rig.events)
                assert rig.client.figures().batch_limit > 1

        asyncio.run(scenario())

    @pytest.mark.parametrize("faults", ["garbage=3", "twice", "error=6", "late=250,silent=7", "stock,slow=2"])
    def test_survives_its_faults(self, faults: str, short_deadlines: None) -> None:
        """Whatever the bridge does, each request has one reply, and each answer is to its own question."""

        async def scenario() -> None:
            async with our_bridge("--faults", faults) as rig:
                for number in range(4):
                    while await rig.ask(AddEffect(number, DRIVE)) != Done():
                        await rig.ask(RemoveEffect(number))
                    await rig.ask(WriteParameters(number, {"freq": 100.0 + number}))
                first = len(rig.replies)
                questions = [ReadParameter(number % 4, "freq") for number in range(40)]
                rig.put(*questions)
                await until(lambda: len(rig.replies) == first + 40, 15)
                assert [request for request, _reply in rig.replies[first:]] == questions
                told = [
                    (question.instance, reply.answer)
                    for question, (_request, reply) in zip(questions, rig.replies[first:], strict=True)
                    if isinstance(reply, Done)
                ]
                assert len(told) >= 10
                # A write that a fault has swallowed leaves the default.
                assert all(answer in {100.0 + instance, 2000.0} for instance, answer in told)
                assert rig.outbox.unanswered == 0

        asyncio.run(scenario())

    def test_bridge_that_crashes_is_restarted(self, caplog: pytest.LogCaptureFixture) -> None:
        """A bridge that dies within a command is started again and greeted, without anybody's help."""

        async def scenario() -> None:
            async with our_bridge("--faults", "crash=4") as rig:
                with caplog.at_level(logging.WARNING):
                    rig.put(*reads(6))
                    await rig.connected(2)
                assert rig.count(EngineLost) >= 1
                assert "the bridge died (SIGSEGV)" in caplog.text

        asyncio.run(scenario())
