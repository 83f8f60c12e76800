"""What a client does with the patience it is given: how long a command may take, and when health is asked for."""

import asyncio
import time

import pytest
from client_rig import Rig, free_endpoints, playing, until
from stand_in_bridge import HOST_GONE, Request, StandIn, modern, resp, stock

from controld.bridge.client_pace import Patience
from controld.session.engine_events import EngineConnected, EngineLost
from controld.session.requests import AddEffect, Done, ReadParameter, TimedOut

DRIVE = "http://calf.sourceforge.net/plugins/Filter"


def probes(bridge: StandIn) -> int:
    return bridge.bodies.count(b'{"command": "cpu_load"}')


def with_patience(patience: Patience, bridge: StandIn, scenario: object) -> None:
    async def whole() -> None:
        async with playing(bridge.command, bridge.events, patience=patience) as rig:
            await scenario(rig)  # type: ignore[operator]

    with bridge:
        asyncio.run(whole())


class TestTimeout:
    @pytest.mark.parametrize(("timeout_s", "expected"), [(0.1, TimedOut()), (3.0, Done())])
    def test_a_slow_command_gets_as_long_as_was_said(self, timeout_s: float, expected: object) -> None:
        """Loading a plugin, which may take longer than anything else."""

        def slow(request: Request) -> bytes:
            if str(request.get("command")).startswith("add"):
                time.sleep(0.4)
                return resp("resp 1")
            return stock(request)

        async def scenario(rig: Rig) -> None:
            assert await rig.ask(AddEffect(1, DRIVE)) == expected

        with_patience(Patience(timeout_s=timeout_s), StandIn(slow), scenario)

    def test_a_quick_command_gets_less_where_little_was_said(self) -> None:
        """No command takes longer than the bridge may."""

        def silent(request: Request) -> bytes | list[bytes]:
            return [] if str(request.get("command")).startswith("param_get") else stock(request)

        async def scenario(rig: Rig) -> None:
            began = time.monotonic()
            assert await rig.ask(ReadParameter(1, "gain")) == TimedOut()
            assert time.monotonic() - began < 1.0  # 1.5 s without the setting

        with_patience(Patience(timeout_s=0.1), StandIn(silent), scenario)


class TestHealth:
    def test_an_idle_bridge_is_asked_for_its_host(self) -> None:
        """Again and again, and its answer is what the host's load is known by."""

        async def scenario(rig: Rig) -> None:
            assert rig.client.figures().load == 1.5
            bridge.answer = lambda _request: resp("resp 0 42.5000")
            await until(lambda: rig.client.figures().load == 42.5)
            seen = probes(bridge)
            await until(lambda: probes(bridge) > seen + 2)
            assert rig.count(EngineConnected) == 1
            assert await rig.ask(ReadParameter(1, "gain")) == Done(42.5)

        bridge = StandIn(stock)
        with_patience(Patience(health_s=0.05), bridge, scenario)

    def test_a_bridge_that_is_busy_is_not_asked(self) -> None:
        """Its replies say enough, and a press would wait for the question."""

        async def scenario(rig: Rig) -> None:
            asked = probes(bridge)
            ends = time.monotonic() + 0.6
            while time.monotonic() < ends:
                await rig.ask(ReadParameter(1, "gain"))
            assert probes(bridge) == asked

        bridge = StandIn(stock)
        with_patience(Patience(health_s=0.2), bridge, scenario)

    def test_no_question_where_none_is_wanted(self) -> None:
        """An interval of nothing is never."""

        async def scenario(rig: Rig) -> None:
            asked = probes(bridge)
            await asyncio.sleep(0.3)
            assert probes(bridge) == asked

        bridge = StandIn(stock)
        with_patience(Patience(health_s=0.0), bridge, scenario)

    def test_a_host_that_dies_while_nobody_plays(self) -> None:
        """It is told as lost, with the reason, and as connected when it is back; nothing that waits is lost."""

        async def scenario(rig: Rig) -> None:
            bridge.answer = lambda request: HOST_GONE if "command" in request else modern(request)
            await until(lambda: rig.count(EngineLost) == 1)
            assert "its host does not" in str(rig.events[-1])
            rig.put(ReadParameter(2, "gain"))
            bridge.answer = modern
            await rig.connected(2)
            await until(lambda: [reply for _, reply in rig.replies] == [Done(2.0)])

        bridge = StandIn(modern)
        with_patience(Patience(health_s=0.05), bridge, scenario)

    def test_a_press_during_the_question_waits_for_its_answer(self) -> None:
        """And is done then."""

        async def scenario(rig: Rig) -> None:
            asked = probes(bridge)

            def slow(request: Request) -> bytes:
                if request.get("command") == "cpu_load":
                    time.sleep(0.1)
                return stock(request)

            bridge.answer = slow
            await until(lambda: probes(bridge) > asked)
            assert await rig.ask(ReadParameter(3, "gain")) == Done(3.0)

        bridge = StandIn(stock)
        with_patience(Patience(health_s=0.05), bridge, scenario)


def test_a_bridge_that_hangs_in_the_question(caplog: pytest.LogCaptureFixture) -> None:
    """It counts as lost like one that hangs in a command, and is greeted anew when it answers."""

    async def scenario() -> None:
        command, events = free_endpoints()
        with StandIn(stock, (command, events)) as bridge:
            async with playing(command, events, patience=Patience(health_s=0.05)) as rig:
                bridge.answer = lambda _request: []
                await until(lambda: rig.count(EngineLost) == 1)
                bridge.answer = stock
                await rig.connected(2)

    asyncio.run(scenario())
