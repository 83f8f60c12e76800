"""What a network can throw at an OSC surface, or take no more of; and programs of others at the far end."""

import asyncio
import logging
import shutil
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest
from osc_madness import ENDLESS
from osc_stage import ACTIVE, FADER, PATIENCE_S, PROFILE, Stage, Tablet, bypass, play

from controld import osc_agenda
from controld.errors import AddressInUse, SurfaceError
from controld.events import SurfaceConnected
from controld.osc_agenda import unix_s_to_ntp
from controld.osc_clients import REFUSED_AT_ONCE, Reply
from controld.osc_codec import encode, encode_bundle
from controld.surfaces import osc_ledger, osc_socket
from controld.surfaces.osc import OscSurface


def test_a_mad_network_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults of too many senders are counted together, and a flood of refusals is answered only so often a turn."""
    monkeypatch.setattr(osc_ledger, "MAX_SENDERS", 3)

    async def scene(stage: Stage) -> None:
        for _ in range(6):
            stage.tablet().send_raw(b"garbage!")
        await stage.until(lambda: stage.surface.counters["received"] == 6)
        senders = stage.surface.senders()
        assert len(senders) == 7
        assert senders["others"] == {"truncated": 3}
        tablet = await stage.greeted()
        for _ in range(100):
            stage.surface.refuse(tablet.origin.partition("/")[2], "drive", "no")
        told = await tablet.hear_up_to_now()
        assert len(told) == REFUSED_AT_ONCE
        assert stage.surface.counters["not_said"] == 100 - REFUSED_AT_ONCE

    play(scene)


MALFORMED = [
    ENDLESS,
    b"",
    b"x",
    b"/a\0\0",
    b"/a\0",
    b"\xff" * 64,
    b"/a\0\0,Z\0\0",
]


def test_malformed_datagrams_change_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A flood of garbage is counted and said once for each kind; it makes no client and delays nobody."""

    async def scene(stage: Stage) -> None:
        tablet, mad = await stage.greeted(), stage.tablet()
        bad = [datagram for datagram in MALFORMED if datagram != b"/a\0\0"]
        for _ in range(20):
            for datagram in bad:
                mad.send_raw(datagram)
        tablet.send(FADER, 0.5)
        await stage.until(lambda: stage.moves() == [0.5])
        assert len(stage.events) == 1
        assert mad.origin.partition("/")[2] not in stage.surface.status()
        faults = stage.surface.senders()[f"127.0.0.1:{mad.port}"]
        assert faults.pop("received") == 20 * len(bad)
        assert sum(faults.values()) == 20 * len(bad)
        said = [record for record in caplog.records if str(mad.port) in record.getMessage()]
        assert len(said) == len(faults)

    with caplog.at_level(logging.WARNING, "controld.osc"):
        play(scene)


def test_a_number_that_is_none_is_refused_with_a_word() -> None:
    """NaN and infinity move nothing, and whoever sent them is told where, as for any bad value."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        for address, number in ((FADER, "nan"), (ACTIVE, "inf"), ("/effect/drive/gain", "-inf")):
            tablet.send_raw(encode(address, (0.5,))[:-4] + struct.pack(">f", float(number)))
            told, reason = await tablet.hear_until("/controld/error")
            assert (told, f"got {number}" in str(reason)) == (address, True)
        assert stage.events == []

    play(scene)


def test_a_bundle_is_done_in_its_time() -> None:
    """Late bundles are done at once and in order, later ones when they are due, and meanwhile nothing waits."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        soon = time.time() + 0.15
        moves = [encode(FADER, (position,)) for position in (0.1, 0.2)]
        tablet.send_raw(encode_bundle(moves, unix_s_to_ntp(soon)))
        tablet.send_raw(encode_bundle([encode(FADER, (0.3,))], unix_s_to_ntp(soon - 10)))
        tablet.send_raw(encode_bundle([encode(FADER, (0.4,))]))
        await stage.until(lambda: len(stage.events) == 2)
        assert time.time() < soon
        await stage.until(lambda: len(stage.events) == 4)
        assert time.time() >= soon
        assert stage.moves() == pytest.approx([0.3, 0.4, 0.1, 0.2])

    play(scene)


def test_a_bundle_too_far_ahead_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is wrong, or more than can wait, gets an answer instead of a surprise later."""
    monkeypatch.setattr(osc_agenda, "MAX_SCHEDULED", 2)

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        tablet.send_raw(encode_bundle([encode(FADER, (0.1,))], unix_s_to_ntp(time.time() + 3600)))
        assert "clocks" in str((await tablet.hear_until("/controld/error"))[1])
        for _ in range(3):
            tablet.send_raw(encode_bundle([encode(FADER, (0.1,))], unix_s_to_ntp(time.time() + 30)))
        assert "too many" in str((await tablet.hear_until("/controld/error"))[1])
        assert stage.events == []

    play(scene)


def _third(value: float) -> float:
    return round(value, 3)


def test_a_burst_loses_nothing_where_the_system_grants_the_buffer() -> None:
    """A thousand presses and releases of one instant all arrive, in order, and a fader's last move among them."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        needed = 1000 * 1024
        socket_ = stage.surface._socket
        if socket_ is None or socket_.buffer < needed:
            pytest.skip("the system grants no receive buffer for 1000 datagrams")
        for number in range(1000):
            tablet.send_raw(encode("/fs/1", (float(number % 2 == 0),)))
            tablet.send_raw(encode(FADER, (number / 1000,)))
        await stage.until(lambda: len(stage.moves("tablet.fs1")) == 1000 and 0.999 in map(_third, stage.moves()))
        assert stage.moves("tablet.fs1") == [1.0, 0.0] * 500
        assert stage.moves() == sorted(stage.moves())
        assert len(stage.moves()) + stage.surface.counters["merged"] == 1000

    play(scene)


def test_a_small_buffer_is_said_once_with_its_cure(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system grants less than was asked for, one line says what to do."""
    monkeypatch.setattr(osc_socket, "RECEIVE_BUFFER", 1 << 30)

    async def scene(stage: Stage) -> None:
        (line,) = [record.getMessage() for record in caplog.records if "receive buffer" in record.getMessage()]
        assert "sysctl -w net.core.rmem_max=1073741824" in line

    with caplog.at_level(logging.WARNING, "controld.osc"):
        play(scene)


def test_a_network_that_takes_no_more_loses_no_last_value() -> None:
    """What cannot be sent now is sent later, in order."""

    class Full:
        """A socket that refuses the first datagrams."""

        def __init__(self, inner: socket.socket, refusals: int) -> None:
            self.inner = inner
            self.refusals = refusals

        def fileno(self) -> int:
            return self.inner.fileno()

        def close(self) -> None:
            self.inner.close()

        def sendto(self, datagram: bytes, address: tuple[str, int]) -> int:
            self.refusals -= 1
            if self.refusals >= 0:
                raise BlockingIOError
            return self.inner.sendto(datagram, address)

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        opened = stage.surface._socket
        assert opened is not None
        opened._socket = Full(opened._socket, 3)  # type: ignore[assignment]
        stage.surface.tell([bypass(False, "floor")])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        stage.surface.tell([bypass(True, "floor")])
        assert await tablet.hear() == [(ACTIVE, (1,)), ("/effect/drive/bypass", (0,))]
        assert await tablet.hear() == [(ACTIVE, (0,)), ("/effect/drive/bypass", (1,))]
        assert stage.surface.counters["send_full"] == 3

    play(scene)


def test_a_taken_port_is_one_sentence() -> None:
    """A port in use ends the start with what to do; an address of elsewhere and an unknown host do too."""

    async def scene(stage: Stage) -> None:
        loop = asyncio.get_running_loop()
        for listen, reply, error, words in (
            (stage.surface.address, Reply(), AddressInUse, "another program uses that port"),
            (("192.0.2.1", 9000), Reply(), SurfaceError, "cannot listen on 192.0.2.1:9000"),
            (("127.0.0.1", 0), Reply("no such host", 9001), SurfaceError, "there is no host"),
        ):
            second = OscSurface("second", PROFILE, listen, reply, stage.events.append, loop)
            with pytest.raises(error, match=words):
                await second.start()
            await second.stop()

    play(scene)


def test_everything_on_the_wire_can_be_watched() -> None:
    """An observer sees each message in and out, readable and with its time."""
    seen: list[tuple[str, str]] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        surface = OscSurface(
            "tablet", PROFILE, ("127.0.0.1", 0), Reply(), lambda _event: None, loop,
            lambda way, message, _at_s: seen.append((way, str(message).partition(" ")[2])),
        )  # fmt: skip
        await surface.start()
        tablet = Tablet(surface)
        tablet.send("/controld/ping", 1)
        await tablet.hear_until("/controld/pong")
        await surface.stop()
        tablet.socket.close()

    asyncio.run(run())
    assert seen == [("in", "/controld/ping 1"), ("out", "/controld/pong 1")]


@pytest.mark.skipif(shutil.which("oscsend") is None, reason="liblo-tools is not installed")
def test_oscsend_is_understood() -> None:
    """Another implementation's messages arrive, booleans and doubles among them."""

    async def scene(stage: Stage) -> None:
        port = str(stage.surface.address[1])
        for words in (["/level", "d", "0.5"], ["/fs/1", "T"], [ACTIVE, "f", "1"]):
            run = asyncio.to_thread(subprocess.run, ["oscsend", "127.0.0.1", port, *words], check=True, timeout=5)
            await run
        await stage.until(lambda: len([e for e in stage.events if not isinstance(e, SurfaceConnected)]) == 3)
        assert stage.moves() == [0.5]
        assert stage.moves("tablet.fs1") == [1.0]

    play(scene)


@pytest.mark.skipif(shutil.which("oscdump") is None, reason="liblo-tools is not installed")
def test_oscdump_understands_us(tmp_path: Path) -> None:
    """Another implementation reads our full state, bundle and types."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    heard = tmp_path / "heard"
    with heard.open("w") as out:
        dump = subprocess.Popen(["oscdump", "-L", str(port)], stdout=out, stderr=subprocess.STDOUT)

    async def scene(stage: Stage) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while f"{ACTIVE} i 0" not in heard.read_text():
            assert time.monotonic() < deadline, heard.read_text()
            stage.surface.resync()  # until oscdump has bound its port
            await asyncio.sleep(0.05)

    try:
        play(scene, Reply("127.0.0.1", port))
    finally:
        dump.kill()
        dump.wait()
