"""How clients come to an OSC surface, are told everything, and go; on real UDP sockets."""

import asyncio
import socket

import pytest
from osc_stage import ACTIVE, FADER, GAIN, PATIENCE_S, Stage, bypass, play

from controld.changes import ParameterChanged, State
from controld.events import SurfaceConnected, SurfaceLost
from controld.feedback import Feedback
from controld.osc_clients import Reply
from controld.osc_codec import decode, flatten
from controld.surfaces import osc_outlet


def test_hello_brings_the_full_state() -> None:
    """A new client hears everything, lights of controls included, and the core hears of the client."""

    async def scene(stage: Stage) -> None:
        stage.surface.show([Feedback("tablet.fs1", 1.0, State.CONFIRMED, "on")])
        tablet = stage.tablet()
        tablet.send("/controld/hello")
        assert await tablet.hear() == [
            ("/status", ("up", "virtual")),
            ("/pedalboard", ("Stage",)),
            ("/pedalboard/1", (1,)),
            ("/snapshot", ("Clean",)),
            ("/snapshot/1", (1,)),
            ("/snapshot/2", (0,)),
            (ACTIVE, (0,)),
            ("/effect/drive/bypass", (1,)),
            ("/effect/drive/gain", (5.0,)),
            ("/effect/drive/gain/normalized", (0.25,)),
            ("/fs/1", (1,)),
        ]
        assert {type(event) for event in stage.events} == {SurfaceConnected}
        assert "127.0.0.1" in stage.surface.status()

    play(scene)


def test_a_full_state_is_split_into_small_datagrams() -> None:
    """No datagram reaches 1400 bytes, however much there is to tell."""

    async def scene(stage: Stage) -> None:
        stage.surface.tell(
            [ParameterChanged("drive", f"band_{n}", 1.0, 1.0, State.CONFIRMED, GAIN) for n in range(200)]
        )
        tablet = stage.tablet()
        tablet.send("/controld/hello")
        told = await tablet.hear_up_to_now()
        assert len(told) == 410
        assert max(map(len, tablet.datagrams)) < 1400

    play(scene)


def test_any_first_message_makes_a_client() -> None:
    """A tablet that never says hello is told everything too, but for what it just set itself."""

    async def scene(stage: Stage) -> None:
        stage.surface.show([Feedback("tablet.level", 0.25, State.CONFIRMED)])
        tablet = stage.tablet()
        tablet.send(FADER, 0.75)
        told = dict(await tablet.hear_up_to_now())
        assert told[ACTIVE] == (0,)
        assert FADER not in told
        assert stage.moves() == [0.75]

    play(scene)


def test_an_app_that_listens_on_a_port_of_its_own_is_answered_there() -> None:
    """With `port N` every sender of a host is one client, told once, at that port."""
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.bind(("127.0.0.1", 0))
    ear.settimeout(PATIENCE_S)

    async def scene(stage: Stage) -> None:
        first, second = stage.tablet(), stage.tablet()
        first.send(FADER, 0.5)
        second.send(FADER, 0.6)
        await stage.until(lambda: len(stage.moves()) == 2)
        assert len([event for event in stage.events if isinstance(event, SurfaceConnected)]) == 1

    with ear:
        play(scene, Reply(port=ear.getsockname()[1]))
        assert next(message.address for _, message in flatten(decode(ear.recv(65_535)))) == "/status"
        ear.settimeout(0.05)
        with pytest.raises(TimeoutError):
            ear.recv(65_535)


def test_hello_may_name_a_reply_port() -> None:
    """A client can have itself answered elsewhere, and ends there with a bye."""
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.bind(("127.0.0.1", 0))
    ear.settimeout(PATIENCE_S)
    port = ear.getsockname()[1]

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        tablet.send("/controld/hello", port)
        await stage.until(lambda: SurfaceLost in map(type, stage.events))
        tablet.send("/controld/ping", 7)
        tablet.send("/controld/bye")
        await stage.until(lambda: sum(type(event) is SurfaceLost for event in stage.events) == 2)
        clients = [event.client for event in stage.events if isinstance(event, SurfaceConnected | SurfaceLost)]
        assert clients[-1] == f"127.0.0.1:{port}"
        tablet.send("/controld/hello", "x")
        assert "port from 1" in str((await tablet.hear_until("/controld/error"))[1])

    with ear:
        play(scene)
        told = [message for _, message in flatten(decode(ear.recv(65_535)))]
        assert told[0].address == "/status"


def test_a_fixed_peer_is_told_from_the_start() -> None:
    """A peer of the configuration needs no hello, and hears what happens later."""
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.bind(("127.0.0.1", 0))
    ear.settimeout(PATIENCE_S)

    async def scene(stage: Stage) -> None:
        stage.surface.tell([bypass(False, "floor")])

    with ear:
        play(scene, Reply("localhost", ear.getsockname()[1]))
        told = {message.address: message.args for _, message in flatten(decode(ear.recv(65_535)))}
        assert told[ACTIVE] == (1,)


def test_a_fixed_peer_that_comes_later_is_told_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that does not listen at the start is waited for, and needs nothing but to be there."""
    monkeypatch.setattr(osc_outlet, "RETRY_S", 0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()

    async def scene(stage: Stage) -> None:
        await asyncio.sleep(0.08)
        tablet = stage.tablet()
        tablet.socket.close()
        tablet.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tablet.socket.bind(address)
        tablet.socket.setblocking(False)
        assert (await tablet.hear())[0] == ("/status", ("up", "virtual"))

    play(scene, Reply(*address))


def test_a_subscription_ends_when_it_is_not_renewed() -> None:
    """A client that asked to be kept for a second is gone after it, and the core hears of it."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        tablet.send("/controld/subscribe", 1)
        await stage.until(lambda: [type(event) for event in stage.events] == [SurfaceLost])
        stage.surface.tell([bypass(False, "floor")])
        assert "no clients" in stage.surface.status()

    play(scene)


def test_a_client_where_nobody_listens_is_told_nothing() -> None:
    """What the network reports as refused is not sent to again until that client says hello."""

    async def scene(stage: Stage) -> None:
        gone = stage.tablet()
        gone.send(FADER, 0.1)
        await stage.until(lambda: bool(stage.moves()))
        await stage.until(lambda: "127.0.0.1" in stage.surface.status())
        gone.socket.close()
        for turn in range(5):
            stage.surface.tell([bypass(turn % 2 == 0, "floor")])
            await asyncio.sleep(0.01)
        await stage.until(lambda: "no clients" in stage.surface.status())
        sent = stage.surface.counters["sent"]
        stage.surface.tell([bypass(True, "floor"), bypass(False, "floor")])
        other = await stage.greeted()
        assert dict(await other.hear_up_to_now()) == {}
        assert stage.surface.counters["sent"] <= sent + 3

    play(scene)


def test_a_client_that_listens_again_is_told_everything() -> None:
    """After it was deaf, a client's hello brings the full state again, and its changes after that."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        address = tablet.socket.getsockname()
        tablet.socket.close()
        stage.surface.tell([bypass(False, "floor")])
        await stage.until(lambda: "no clients" in stage.surface.status())
        tablet.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tablet.socket.bind(address)
        tablet.socket.setblocking(False)
        tablet.send(FADER, 0.5)
        await stage.until(lambda: stage.moves() == [0.5])
        assert "no clients" in stage.surface.status()
        tablet.send("/controld/hello")
        assert dict(await tablet.hear_up_to_now())[ACTIVE] == (1,)
        stage.surface.tell([bypass(True, "floor")])
        assert dict(await tablet.hear_up_to_now())[ACTIVE] == (0,)

    play(scene)


def test_a_press_that_is_a_clients_first_message_does_not_flicker() -> None:
    """A new client is told everything but the state its own press is about to change."""

    async def scene(stage: Stage) -> None:
        tablet = stage.tablet()
        tablet.send(ACTIVE, 1)
        assert ACTIVE not in dict(await tablet.hear_up_to_now())
        stage.surface.tell([bypass(False, tablet.origin)])
        assert dict(await tablet.hear_up_to_now())[ACTIVE] == (1,)

    play(scene)
