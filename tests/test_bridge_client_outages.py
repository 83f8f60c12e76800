"""The bridge client while bridges come, go, freeze and die."""

import asyncio
import contextlib
import json
import os
import signal
import struct
import time

import pytest
from client_rig import Rig, answers, free_endpoints, playing, reads, running, until
from stand_in_bridge import StandIn, stock

from controld.bridge import client_feed
from controld.bridge.client_pace import Patience
from controld.errors import EngineUnavailable
from controld.session.engine_events import (
    EffectReported,
    EngineConnected,
    EngineLost,
)
from controld.session.requests import (
    Done,
    ReadParameter,
    WriteBypass,
)


class TestComingAndGoing:
    def test_start_before_the_bridge(self, caplog: pytest.LogCaptureFixture) -> None:
        """A bridge that is not there is waited for, and told once; what waits in the outbox is sent when it comes."""

        async def scenario() -> None:
            command, events = free_endpoints()
            async with playing(command, events, connected=False, patience=Patience(missing_s=0.05)) as rig:
                rig.put(*reads(2))
                await until(lambda: "no bridge answers" in caplog.text)
                assert rig.story == []
                with StandIn(stock, (command, events)):
                    await until(lambda: len(rig.replies) == 2)
                    assert answers(rig) == [0.0, 1.0]

        asyncio.run(scenario())

    def test_killed_and_started_again(self) -> None:
        """A bridge that dies: its request is timed out, the loss is told once; nothing stale is sent later."""

        async def scenario() -> None:
            with running() as (process, command, events):
                async with playing(command, events) as rig:
                    assert await rig.ask(ReadParameter(3, "gain")) == Done(3.0)
                    os.kill(process.pid, signal.SIGSTOP)
                    rig.put(WriteBypass(1, bypassed=True))
                    process.kill()
                    await until(lambda: rig.count(EngineLost) == 1, 2.0)
                    assert [type(each).__name__ for each in rig.story[2:]] == ["TimedOut", "EngineLost"]
                    assert rig.events[-1] == EngineLost(f"the bridge at {command} is gone")
                    with StandIn(stock, (command, events)) as bridge:
                        await rig.connected(2)
                        assert await rig.ask(ReadParameter(4, "gain")) == Done(4.0)
                        assert bridge.lines == ["param_get 4 gain"]
                    await until(lambda: rig.count(EngineLost) == 2, 2.0)

        asyncio.run(scenario())

    def test_events_of_a_bridge_that_came_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A bridge that was away for a while is heard from the moment it is greeted, not when a socket tries again."""
        monkeypatch.setattr(client_feed, "RECONNECT_MS", 5000)
        monkeypatch.setattr(client_feed, "RECONNECT_MAX_MS", 5000)

        async def scenario() -> None:
            command, events = free_endpoints()
            async with playing(command, events, connected=False) as rig:
                await asyncio.sleep(0.1)
                with StandIn(stock, (command, events)) as bridge:
                    await rig.ask(ReadParameter(1, "gain"))
                    await asyncio.sleep(0.02)
                    bridge.publish(b'{"type":"effect_removed","effect_id":2}')
                    await until(lambda: EffectReported(2, "") in rig.events, 0.3)

        asyncio.run(scenario())

    def test_frozen_bridge(self) -> None:
        """A bridge that is frozen is noticed by its missing heartbeats within a second, and found when it thaws."""

        async def scenario() -> None:
            with running() as (process, command, events):
                async with playing(command, events) as rig:
                    frozen = time.monotonic()
                    os.kill(process.pid, signal.SIGSTOP)
                    await until(lambda: rig.count(EngineLost) == 1, 2.0)
                    assert time.monotonic() - frozen < 1.5
                    os.kill(process.pid, signal.SIGCONT)
                    await rig.connected(2)
                    assert await rig.ask(ReadParameter(4, "gain")) == Done(4.0)

        asyncio.run(scenario())

    def test_not_a_bridge(self, caplog: pytest.LogCaptureFixture) -> None:
        """A port where something else listens is told once; the client stays unconnected and stops in time."""

        async def scenario() -> None:
            async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(b"HTTP/1.1 400 Bad Request\r\n" * 10)
                with contextlib.suppress(ConnectionError):
                    await writer.drain()
                writer.close()

            server = await asyncio.start_server(greet, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            async with playing(f"tcp://127.0.0.1:{port}", *free_endpoints(1), connected=False) as rig:
                await until(lambda: "is not a bridge" in caplog.text)
                assert rig.story == []
            server.close()
            await server.wait_closed()

        asyncio.run(scenario())
        assert caplog.text.count("is not a bridge") == 1

    def test_wrong_address(self) -> None:
        """What is no address at all is an error at start."""

        async def scenario() -> None:
            for command, events in [("nonsense", "tcp://127.0.0.1:1"), ("tcp://127.0.0.1:1", "nonsense")]:
                with pytest.raises(EngineUnavailable, match="nonsense"):
                    Rig(command, events).client.start()

        asyncio.run(scenario())

    def test_stop_at_any_time(self) -> None:
        """A client that never started, is connecting, or waits for a reply stops at once and reports nothing more."""

        async def scenario() -> None:
            command, events = free_endpoints()
            await Rig(command, events).client.stop()
            async with playing(command, events, connected=False):
                pass
            with StandIn() as bridge:
                async with playing(bridge.command, bridge.events) as rig:
                    bridge.answer = lambda _request: []
                    rig.put(*reads(2))
                    told = len(rig.story)
                    await rig.client.stop()
                    rig.client.pump()
                    await asyncio.sleep(0.05)
                    assert len(rig.story) == told

        asyncio.run(scenario())

    def test_peer_without_heartbeats(self, caplog: pytest.LogCaptureFixture) -> None:
        """A peer that ignores heartbeats (ZMTP 3.0 has none) is cut off three times, then they are left out."""

        async def scenario() -> None:
            peer = MutePeer()
            server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            async with playing(
                f"tcp://127.0.0.1:{port}", *free_endpoints(1), patience=Patience(reconnect_s=0.05)
            ) as rig:
                await rig.connected(4)
                assert "does not answer heartbeats" in caplog.text
                await asyncio.sleep(0.8)
                assert rig.count(EngineConnected) == 4
                assert await rig.ask(ReadParameter(2, "gain")) == Done(2.0)
            server.close()
            await server.wait_closed()

        asyncio.run(scenario())


class MutePeer:
    """A ROUTER that speaks ZMTP 3.0 (RFC 23/ZMTP, NULL mechanism) by hand, and ignores commands it does not know."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            writer.write(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32))
            await reader.readexactly(64)
            ready = b"\x05READY\x0bSocket-Type" + struct.pack(">I", 6) + b"ROUTER"
            writer.write(bytes([4, len(ready)]) + ready)
            frames: list[bytes] = []
            while True:
                flags, body = await self._read_frame(reader)
                if flags & 4:
                    continue
                frames.append(body)
                if flags & 1:
                    continue
                frames[-1] = stock(json.loads(frames[-1]))
                for index, frame in enumerate(frames):
                    writer.write(bytes([index < len(frames) - 1, len(frame)]) + frame)
                frames = []
        writer.close()

    async def _read_frame(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        flags, length = await reader.readexactly(2)
        return flags, await reader.readexactly(length)
