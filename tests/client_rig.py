"""A bridge client with all it reports, and the bridges it is put before. Shared by the client's tests."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from stand_in_bridge import StandIn

from controld.bridge import client_connection, client_greeting
from controld.bridge.client import BridgeClient, Endpoints
from controld.bridge.client_pace import Patience
from controld.session.engine_events import (
    EngineConnected,
    EngineEvent,
)
from controld.session.outbox import Outbox
from controld.session.requests import (
    AddEffect,
    Done,
    EngineReply,
    EngineRequest,
    Probe,
    ReadParameter,
    RemoveEffect,
    WriteBypass,
    WriteParameters,
)

DRIVE = "http://calf.sourceforge.net/plugins/Filter"


class Rig:
    """A client with all it reports, in order."""

    def __init__(self, command: str, events: str, patience: Patience = Patience()) -> None:  # noqa: B008 - frozen
        self.outbox = Outbox()
        self.replies: list[tuple[EngineRequest, EngineReply]] = []
        self.events: list[EngineEvent] = []
        self.story: list[object] = []  # replies and events as they came
        self.observed: list[tuple[str, EngineRequest, object, float]] = []
        endpoints = Endpoints(command, events, "tcp://127.0.0.1:1")
        self.client = BridgeClient(
            endpoints,
            self.outbox,
            self._on_reply,
            self._on_event,
            lambda *what: self.observed.append(what),
            patience=patience,
        )

    def _on_reply(self, request: EngineRequest, reply: EngineReply) -> None:
        self.outbox.settle()
        self.replies.append((request, reply))
        self.story.append(reply)

    def _on_event(self, event: EngineEvent) -> None:
        self.events.append(event)
        self.story.append(event)

    def put(self, *requests: EngineRequest) -> None:
        self.outbox.put_plan(requests)
        self.client.pump()

    async def ask(self, request: EngineRequest) -> EngineReply:
        count = len(self.replies)
        self.put(request)
        await until(lambda: len(self.replies) > count)
        assert self.replies[count][0] is request
        return self.replies[count][1]

    def count(self, kind: type) -> int:
        return sum(isinstance(each, kind) for each in self.story)

    async def connected(self, times: int = 1) -> None:
        await until(lambda: self.count(EngineConnected) >= times)


async def until(condition: Callable[[], object], within_s: float = 5.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.002)


@asynccontextmanager
async def playing(
    command: str,
    events: str,
    *,
    connected: bool = True,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> AsyncIterator[Rig]:
    rig = Rig(command, events, patience)
    rig.client.start()
    try:
        if connected:
            await rig.connected()
        yield rig
    finally:
        await rig.client.stop()


def run(scenario: Callable[[Rig, StandIn], Coroutine[object, object, None]], stand_in: StandIn) -> None:
    """Run a scenario with a connected client before a stand-in."""

    async def whole() -> None:
        async with playing(stand_in.command, stand_in.events) as rig:
            await scenario(rig, stand_in)

    with stand_in:
        asyncio.run(whole())


def shorten_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten what a reply may take to 0.15 s, and a bridge's grace to 0.4 s."""
    for kind in (Probe, ReadParameter, WriteBypass, WriteParameters, AddEffect, RemoveEffect):
        monkeypatch.setattr(kind, "deadline_s", 0.15)
    monkeypatch.setattr(client_connection, "GRACE_S", 0.4)
    monkeypatch.setattr(client_greeting, "RETRY_FIRST_S", 0.05)


def free_endpoints(count: int = 2) -> list[str]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"tcp://127.0.0.1:{each.getsockname()[1]}" for each in sockets]


def reads(count: int) -> list[EngineRequest]:
    """Return questions whose right answers are 0.0, 1.0, 2.0 ..."""
    return [ReadParameter(instance, "gain") for instance in range(count)]


def answers(rig: Rig) -> list[object]:
    return [reply.answer if isinstance(reply, Done) else type(reply).__name__ for _request, reply in rig.replies]


@contextmanager
def running() -> Iterator[tuple["subprocess.Popen[str]", str, str]]:
    """Run the stand-in as a process."""
    program = Path(__file__).parent / "stand_in_bridge.py"
    argv = [sys.executable, str(program), "tcp://127.0.0.1:0", "tcp://127.0.0.1:0"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        _ready, command, events = process.stdout.readline().split()
        try:
            yield process, command, events
        finally:
            process.kill()
