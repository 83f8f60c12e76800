"""What answering a network may cost: how many are told, how often, and in which portions."""

import asyncio
import socket
import time

import pytest
from osc_stage import ACTIVE, GAIN, Stage, bypass, play

from controld import osc_clients
from controld.changes import ParameterChanged, State
from controld.events import SurfaceConnected
from controld.osc_clients import GREETED_AT_ONCE, MAX_CLIENTS, REFUSED_AT_ONCE, REFUSED_PER_S
from controld.osc_codec import encode
from controld.surfaces import osc_outlet

# A rig whose full state is two thousand facts.
BANDS = [ParameterChanged("drive", f"band_{number}", 1.0, 1.0, State.CONFIRMED, GAIN) for number in range(1000)]


def test_subscribing_a_thousand_times_is_one_subscription() -> None:
    """One client, told each change once."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        for number in range(1000):
            tablet.send("/controld/subscribe", 60)
            if number % 50 == 49:
                await tablet.hear_up_to_now()
        stage.surface.tell([bypass(False, "floor")])
        assert await tablet.hear_up_to_now() == [(ACTIVE, (1,)), ("/effect/drive/bypass", (0,))]
        assert len(stage.surface._outlet.clients) == 1
        assert not [event for event in stage.events if isinstance(event, SurfaceConnected)]

    play(scene)


def test_a_thousand_senders_cost_bounded_memory_and_time() -> None:
    """Their messages are all done; clients, senders and full states owed are bounded, and who subscribed stays."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        tablet.send("/controld/subscribe", 60)
        await tablet.hear_up_to_now()
        for number in range(1500):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as passer:
                passer.sendto(encode("/fs/1", (number % 2,)), stage.surface.address)
            if number % 50 == 49:
                await asyncio.sleep(0)
        await stage.until(lambda: len(stage.moves("tablet.fs1")) == 1500)
        outlet = stage.surface._outlet
        assert len(outlet.clients) <= MAX_CLIENTS
        assert len(outlet._owed) <= MAX_CLIENTS
        for _ in range(3):  # those who come later take the places of those who are done
            await stage.greeted()
        assert len(stage.surface._inlet.line.places) <= 1500
        stage.surface.tell([bypass(False, "floor")])
        assert (ACTIVE, (1,)) in await tablet.hear_up_to_now()

    play(scene)


def test_the_full_state_comes_in_portions_and_live_changes_before_it() -> None:
    """A dump of a large rig does not arrive all at once, and what happens meanwhile does not wait for its end."""

    async def scene(stage: Stage) -> None:
        bands = [ParameterChanged("drive", f"band_{number}", 1.0, 1.0, State.CONFIRMED, GAIN) for number in range(1000)]
        stage.surface.tell(bands)
        tablet = stage.tablet()
        tablet.send("/controld/hello")
        told = await tablet.hear()
        stage.surface.tell([ParameterChanged("drive", "band_999", 2.0, 2.0, State.CONFIRMED, GAIN)])
        while ("/effect/drive/band_999", (2.0,)) not in told:
            told += await tablet.hear()
        assert len(told) < 1500
        told += await tablet.hear_up_to_now()
        assert len(dict(told)) == 2010
        assert [args for address, args in told if address == "/effect/drive/band_999"] == [(2.0,)]
        assert max(map(len, tablet.datagrams)) < 1400

    play(scene)


def test_live_changes_do_not_hurry_the_full_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much happens meanwhile, a small device gets no more of the full state at once than a portion."""
    monkeypatch.setattr(osc_outlet, "DUMP_PAUSE_S", 60.0)

    async def scene(stage: Stage) -> None:
        stage.surface.tell(BANDS)
        tablet = stage.tablet()
        tablet.send("/controld/hello")
        told = await tablet.hear()
        for number in range(20):
            stage.surface.tell([bypass(number % 2 == 1, "floor")])
            while told[-2:-1] != [(ACTIVE, (1 - number % 2,))]:
                told += await tablet.hear()
        assert len(told) < 400

    play(scene)


def test_a_hello_in_the_middle_of_a_full_state_begins_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app that was not listening yet asks once more, and misses nothing of the beginning."""
    monkeypatch.setattr(osc_outlet, "DUMP_PAUSE_S", 0.05)

    async def scene(stage: Stage) -> None:
        stage.surface.tell(BANDS)
        tablet = stage.tablet()
        tablet.send("/controld/hello")
        told = await tablet.hear()
        tablet.send("/controld/hello")
        told = await tablet.hear_up_to_now()
        assert ("/status", ("up", "virtual")) in told
        assert len(dict(told)) == 2010

    play(scene)


def test_asking_for_everything_again_and_again_is_no_storm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred hellos of one instant are a few full states, and the last of them still gets its answer."""
    monkeypatch.setattr(osc_clients, "GREETED_PER_S", 2.0)

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        for _ in range(100):
            tablet.send("/controld/hello")
            await asyncio.sleep(0)
        begun_s = time.monotonic()
        told = await tablet.hear_up_to_now()
        most = GREETED_AT_ONCE + 2.0 * (time.monotonic() - begun_s) + 1
        assert 1 <= told.count(("/status", ("up", "virtual"))) <= most < 100

    play(scene)


def test_who_asks_again_and_again_makes_no_newcomer_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another client is told everything at once, while the state of the one that asks too often is owed."""
    monkeypatch.setattr(osc_clients, "GREETED_PER_S", 0.01)

    async def scene(stage: Stage) -> None:
        mad = await stage.greeted()
        for _ in range(2 * GREETED_AT_ONCE):
            mad.send("/controld/hello")
        await stage.until(lambda: len(stage.surface._outlet._owed) == 1)
        tablet = stage.tablet()
        tablet.send("/controld/hello")
        assert (await tablet.hear())[0] == ("/status", ("up", "virtual"))
        assert len(stage.surface._outlet._owed) == 1

    play(scene)


def test_refusals_are_bounded_by_a_rate_and_pongs_are_not_lost_for_it() -> None:
    """A program gone mad is told why for a while; it still gets its answer to a ping, and others their refusals."""

    async def scene(stage: Stage) -> None:
        mad, tablet = await stage.greeted(), await stage.greeted()
        begun_s = time.monotonic()
        for number in range(600):
            mad.send("/nothing/here", number)
            if number % 20 == 19:
                await asyncio.sleep(0)
        told: list[object] = []
        while ("/controld/pong", ("end",)) not in told:
            mad.send("/controld/ping", "end")
            told += await mad.hear()
        errors = sum(item[0] == "/controld/error" for item in told if isinstance(item, tuple))
        assert errors <= REFUSED_AT_ONCE + 1 + REFUSED_PER_S * (time.monotonic() - begun_s)
        assert errors >= REFUSED_AT_ONCE // 2
        tablet.send("/nothing/there", 1)
        assert (await tablet.hear_until("/controld/error"))[0] == "/nothing/there"

    async def with_core(stage: Stage) -> None:
        surface = stage.surface

        def receive(event: object) -> None:
            if hasattr(event, "args"):
                surface.refuse(event.client, event.address, "no such address")  # type: ignore[attr-defined]
            stage.events.append(event)  # type: ignore[arg-type]

        surface._desk._receive = receive
        await scene(stage)

    play(with_core)


def test_a_deaf_address_is_no_reason_to_keep_dumping(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is owed to a client that is gone is not looked up any more."""
    monkeypatch.setattr(osc_outlet, "DUMPS_AT_ONCE", 1)

    async def scene(stage: Stage) -> None:
        await stage.greeted()
        for _ in range(30):
            stage.tablet().send("/controld/bye")
        tablet = await stage.greeted()
        assert len(stage.surface._outlet._owed) == 0
        assert await tablet.hear_up_to_now() == []

    play(scene)
