"""Questions of programs to the bridge: answered once, one at a time, and no matter of the session's."""

import asyncio
import json
import threading

import pytest
from client_rig import Rig, free_endpoints, playing, run, until
from stand_in_bridge import Request, StandIn, modern

from controld.bridge.client_questions import MAX_WAITING
from controld.errors import EngineUnavailable
from controld.session.engine_events import EngineConnected, EngineLost
from controld.session.requests import Done, TimedOut, WriteBypass

ANSWERED = b'{"answer": true}'


def ask(rig: Rig, told: list[bytes | None], number: int = 0, deadline_s: float = 5.0) -> None:
    """Ask a question whose answer is put into a list."""
    rig.client.ask(json.dumps({"action": "audio", "number": number}).encode(), deadline_s, told.append)


def audio(request: Request) -> bytes | list[bytes]:
    """Answer a question with its number, and all else as a modern bridge."""
    if request.get("action") == "audio":
        return str(request["number"]).encode()
    return modern(request)


def test_each_is_answered_in_order() -> None:
    async def scenario(rig: Rig, bridge: StandIn) -> None:
        told: list[bytes | None] = []
        for number in range(50):
            ask(rig, told, number)
        assert not told  # never from within
        await until(lambda: len(told) == 50)
        assert told == [str(number).encode() for number in range(50)]
        assert rig.count(EngineConnected) == 1

    run(scenario, StandIn(audio))


def test_one_that_is_not_answered_is_no_matter_of_the_session() -> None:
    """It is given up in its own time; the session's requests go on, and nothing is doubted."""

    def deaf(request: Request) -> bytes | list[bytes]:
        return [] if request.get("number") == 1 else audio(request)

    async def scenario(rig: Rig, bridge: StandIn) -> None:
        told: list[bytes | None] = []
        ask(rig, told, 1, 0.2)
        ask(rig, told, 2)
        for turn in range(30):
            assert await rig.ask(WriteBypass(1, bool(turn % 2))) == Done()
        await until(lambda: len(told) == 2)
        assert told == [None, b"2"]
        assert rig.count(EngineConnected) == 1
        assert rig.count(EngineLost) == rig.count(TimedOut) == 0

    run(scenario, StandIn(deaf))


def test_one_is_on_its_way_at_a_time() -> None:
    """So a player's request waits for one question at most, however many are asked."""
    gate = threading.Event()

    def gated(request: Request) -> bytes | list[bytes]:
        if request.get("action") == "audio":
            gate.wait(5)
        return audio(request)

    async def scenario(rig: Rig, bridge: StandIn) -> None:
        told: list[bytes | None] = []
        gate.set()
        ask(rig, told)  # by the time it is answered the connection is there
        await until(lambda: told)
        told.clear()
        bridge.requests.clear()
        gate.clear()
        for number in range(20):
            ask(rig, told, number)
        await until(lambda: any(each.get("action") == "audio" for each in bridge.requests))
        rig.put(WriteBypass(1, bypassed=True))
        gate.set()
        await until(lambda: told == [str(number).encode() for number in range(20)])
        kinds = ["question" if each.get("action") == "audio" else "press" for each in bridge.requests]
        kinds = kinds[kinds.index("question") :]
        assert "press" in kinds[:3]  # the question in hand, at most one that was as soon there, and then the press

    run(scenario, StandIn(gated))


def test_a_bridge_that_is_not_there_answers_none_in_time() -> None:
    async def scenario() -> None:
        async with playing(*free_endpoints(), connected=False) as rig:
            told: list[bytes | None] = []
            ask(rig, told, deadline_s=0.1)
            ask(rig, told, deadline_s=0.15)
            await until(lambda: told == [None, None])

    asyncio.run(scenario())


def test_a_bridge_that_comes_is_asked_what_waits() -> None:
    async def scenario() -> None:
        command, events = free_endpoints()
        async with playing(command, events, connected=False) as rig:
            told: list[bytes | None] = []
            ask(rig, told, 7)
            with StandIn(audio, (command, events)):
                await until(lambda: told == [b"7"])

    asyncio.run(scenario())


def test_more_than_can_wait_are_answered_none_at_once() -> None:
    async def scenario() -> None:
        async with playing(*free_endpoints(), connected=False) as rig:
            told: list[bytes | None] = []
            for number in range(MAX_WAITING + 3):
                ask(rig, told, number, 60)
            assert not told
            await until(lambda: told == [None] * 3)

    asyncio.run(scenario())


def test_who_stopped_answers_nobody() -> None:
    async def scenario() -> None:
        told: list[bytes | None] = []
        async with playing(*free_endpoints(), connected=False) as rig:
            ask(rig, told, deadline_s=0.05)
        await asyncio.sleep(0.1)
        assert told == []
        with pytest.raises(EngineUnavailable):
            ask(rig, told)

    asyncio.run(scenario())
