"""What hearing a network may cost: who is heard, how much of it, and what the others notice of a flood."""

import asyncio
import logging
import socket
import time

import pytest
from osc_stage import FADER, PATIENCE_S, Stage, play

from controld.osc_agenda import unix_s_to_ntp
from controld.osc_codec import encode, encode_bundle
from controld.osc_limits import Limits
from controld.osc_line import BURST_S, MAX_WAITING


def bound_to(host: str) -> socket.socket:
    """Return a socket of another host of the loopback network."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    made.setblocking(False)
    return made


def test_only_who_is_allowed_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    """Anybody else changes nothing, gets no answer, is counted, and is said once."""

    async def scene(stage: Stage) -> None:
        tablet, stranger = stage.tablet(), stage.tablet()
        tablet.socket.close()
        tablet.socket = bound_to("127.0.0.2")
        for _ in range(5):
            stranger.send(FADER, 0.9)
        tablet.send(FADER, 0.5)
        await tablet.hear_up_to_now()
        assert stage.moves() == [0.5]
        assert stage.surface.senders()[f"127.0.0.1:{stranger.port}"] == {"not_allowed": 5}
        with pytest.raises(BlockingIOError):
            stranger.socket.recv(100)
        said = [record for record in caplog.records if f":{stranger.port}" in record.getMessage()]
        assert len(said) == 1

    with caplog.at_level(logging.WARNING, "controld.osc"):
        play(scene, limits=Limits(allow=("127.0.0.2", "10.0.0.0/8")))


def test_a_stranger_cannot_even_connect_by_tcp() -> None:
    """The connection is closed before anything is read."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    async def scene(stage: Stage) -> None:
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as stranger:
            stranger.setblocking(False)
            assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(stranger, 10), PATIENCE_S) == b""
        assert stage.surface.counters["not_allowed"] == 1

    play(scene, limits=Limits(tcp=port, allow=("127.0.0.2",)))


def test_one_who_floods_is_told_and_loses_what_is_too_much(caplog: pytest.LogCaptureFixture) -> None:
    """At ten times the room: as much as the rate allows is done, the rest is counted, and it is said once."""

    async def scene(stage: Stage) -> None:
        mad = await stage.greeted()
        count = 2 * MAX_WAITING
        for number in range(count):
            mad.send("/fs/1", number % 2)
            if number % 100 == 99:
                await asyncio.sleep(0)
        await stage.until(lambda: stage.surface.senders()[f"127.0.0.1:{mad.port}"]["received"] >= count)
        address, reason = await mad.hear_until("/controld/error")
        assert (address, "more than 100 messages a second" in str(reason)) == ("/fs/1", True)
        counts = stage.surface.senders()[f"127.0.0.1:{mad.port}"]
        assert counts["dropped"] >= count - MAX_WAITING // 2 - 1000
        said = [record for record in caplog.records if "more than 100" in record.getMessage()]
        assert len(said) == 2  # as what is dropped, and as a refusal

    with caplog.at_level(logging.WARNING, "controld.osc"):
        play(scene, limits=Limits(rate=100.0))


def test_one_who_floods_costs_the_others_nothing() -> None:
    """While one sends as fast as it can, every press and move of another is done, in order, and answered."""

    async def scene(stage: Stage) -> None:
        mad, tablet = stage.tablet(), await stage.greeted()
        address, flood = stage.surface.address, encode("/fs/1", (1,))
        sent = 0

        async def rage() -> None:
            nonlocal sent
            while True:
                for _ in range(200):
                    mad.socket.sendto(flood, address)
                sent += 200
                await asyncio.sleep(0.000_2)

        raging = asyncio.ensure_future(rage())
        for number in range(200):
            tablet.send("/effect/drive/active", number % 2)
            tablet.send(FADER, number / 256)
            if number % 20 == 19:
                await tablet.hear_up_to_now()
        raging.cancel()
        mine = [event for event in stage.events if getattr(event, "client", "") == f"127.0.0.1:{tablet.port}"]
        presses = [event.args[0] for event in mine if hasattr(event, "args")]
        moves = [event.position for event in mine if hasattr(event, "position")]
        assert presses == [number % 2 for number in range(200)]
        assert moves == [number / 256 for number in range(200)]
        assert sent > 1000
        assert stage.surface.senders()[f"127.0.0.1:{mad.port}"]["dropped"] > 0

    play(scene)


def test_the_last_move_of_a_flood_arrives() -> None:
    """A pedal that sends far too much ends where it ended, and what it passed on the way is merged, not queued."""

    async def scene(stage: Stage) -> None:
        mad = await stage.greeted()
        for number in range(5000):
            mad.send(FADER, number / 8192)
            if number % 50 == 49:
                await asyncio.sleep(0)
        await stage.until(lambda: stage.moves()[-1:] == [4999 / 8192])
        assert stage.moves() == sorted(stage.moves())
        assert stage.surface.counters["merged"] > 1000
        assert stage.surface.counters["dropped"] == 0

    play(scene, limits=Limits(rate=50.0))


def test_a_large_bundle_lets_others_in_between() -> None:
    """Its messages are all done, in order, but another's press need not wait for the last of them."""

    async def scene(stage: Stage) -> None:
        tablet, other = await stage.greeted(), await stage.greeted()
        tablet.send_raw(encode_bundle([encode("/fs/1", (number % 2,)) for number in range(1, 201)]))
        tablet.send("/fs/1", 0.0)
        other.send(FADER, 0.5)
        await stage.until(lambda: len(stage.moves("tablet.fs1")) == 201)
        assert stage.moves("tablet.fs1") == [1.0, 0.0] * 100 + [0.0]
        names = [event.control for event in stage.events if hasattr(event, "control")]
        assert names.index("tablet.level") < 100

    play(scene)


def test_bundles_of_one_time_are_done_in_the_order_they_came() -> None:
    """However close together: and one that came first and is due later waits."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        soon, later = time.time() + 0.1, time.time() + 0.2
        tablet.send_raw(encode_bundle([encode(FADER, (1.0,))], unix_s_to_ntp(later)))
        for number in range(40):
            tablet.send_raw(encode_bundle([encode(FADER, (number / 64,))], unix_s_to_ntp(soon)))
        await stage.until(lambda: len(stage.moves()) == 41)
        assert stage.moves() == [*(number / 64 for number in range(40)), 1.0]
        assert time.time() >= later

    play(scene)


def test_one_sender_cannot_take_the_room_of_all_bundles() -> None:
    """It is refused beyond its share, and another still may plan."""

    async def scene(stage: Stage) -> None:
        mad, tablet = await stage.greeted(), await stage.greeted()
        at = unix_s_to_ntp(time.time() + 30)
        for _ in range(4):
            mad.send_raw(encode_bundle([encode(FADER, (0.1,))] * 200, at))
        assert "too many" in str((await mad.hear_until("/controld/error"))[1])
        tablet.send_raw(encode_bundle([encode(FADER, (0.1,))], unix_s_to_ntp(time.time() + 0.05)))
        await stage.until(lambda: len(stage.moves()) == 1)

    play(scene)


def test_a_bundle_counts_as_its_messages() -> None:
    """Who packs two hundred messages into one datagram has sent two hundred, and its next press has to wait."""

    async def scene(stage: Stage) -> None:
        packer, other = await stage.greeted(), await stage.greeted()
        packer.send_raw(encode_bundle([encode("/fs/1", (1,))] * 200))
        await stage.until(lambda: len(stage.events) == 200)
        packer.send(FADER, 0.5)
        await other.hear_up_to_now()
        assert stage.moves() == []
        await stage.until(lambda: stage.moves() == [0.5])

    play(scene, limits=Limits(rate=200.0))


def test_a_burst_within_the_rate_is_done_at_once() -> None:
    """What a quarter of a second allows needs no waiting, however it is bunched."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        count = int(1000 * BURST_S)
        for number in range(count):
            tablet.send("/fs/1", number % 2)
        told = await tablet.hear_up_to_now()
        assert len(stage.moves("tablet.fs1")) == count
        assert all(address != "/controld/error" for address, _ in told)

    play(scene)


def test_counters_are_kept_for_each_sender() -> None:
    """What came, what was wrong, and what was refused, by who sent it."""

    async def scene(stage: Stage) -> None:
        good, bad = await stage.greeted(), await stage.greeted()
        good.send(FADER, 0.5)
        await good.hear_up_to_now()
        bad.send(FADER, "loud")
        bad.send_raw(b"garbage!")
        await bad.hear_up_to_now()
        senders = stage.surface.senders()
        assert senders[f"127.0.0.1:{good.port}"] == {"received": 4}
        assert senders[f"127.0.0.1:{bad.port}"] == {"received": 5, "refused": 1, "truncated": 1}

    play(scene)
