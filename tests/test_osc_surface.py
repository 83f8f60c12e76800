"""The OSC surface on real UDP sockets: who is told what, and what a network can throw at it."""

import asyncio
import logging
import shutil
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest
from osc_stage import ACTIVE, FADER, GAIN, PATIENCE_S, PROFILE, STATE, Stage, Tablet, bypass, play

from controld import osc_agenda
from controld.actions import SendOsc
from controld.changes import (
    ParameterChanged,
    PedalboardChanged,
    Refused,
    State,
)
from controld.errors import AddressInUse, SurfaceError
from controld.events import ControlMoved, OscArrived, SurfaceConnected, SurfaceLost
from controld.feedback import Feedback
from controld.osc_agenda import unix_s_to_ntp
from controld.osc_clients import REFUSED_AT_ONCE, Reply
from controld.osc_codec import OscMessage, decode, encode, encode_bundle, flatten
from controld.surfaces import osc_ledger, osc_outlet, osc_socket
from controld.surfaces.osc import OscSurface


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


def test_unmapped_messages_go_to_the_namespace() -> None:
    """What no control takes reaches the core as it is, with its sender and time."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        tablet.send(ACTIVE, 1)
        await stage.until(lambda: bool(stage.events))
        (event,) = stage.events
        assert isinstance(event, OscArrived)
        assert (event.surface, f"tablet/{event.client}", event.address, event.args) == (
            "tablet", tablet.origin, ACTIVE, (1,),
        )  # fmt: skip
        assert abs(event.time_s - time.monotonic()) < PATIENCE_S

    play(scene)


def test_a_switch_hears_the_confirmed_state_in_its_own_type() -> None:
    """The origin hears nothing while its wish is on its way, then the truth, in the type it sent."""

    async def scene(stage: Stage) -> None:
        tablet, other = await stage.greeted(), await stage.greeted()
        tablet.send(ACTIVE, 1.0)
        await stage.until(lambda: bool(stage.events))
        stage.surface.tell([bypass(True, tablet.origin, State.ASKED, wished=False)])
        assert await tablet.hear_up_to_now() == []
        stage.surface.tell([bypass(False, tablet.origin)])
        assert await tablet.hear_up_to_now() == [(ACTIVE, (1.0,)), ("/effect/drive/bypass", (0,))]
        assert decode(tablet.datagrams[-2]) != decode(other.datagrams[-1])
        assert await other.hear_up_to_now() == [(ACTIVE, (1,)), ("/effect/drive/bypass", (0,))]

    play(scene)


def test_a_fader_hears_no_echo_but_others_do() -> None:
    """A swept fader is not told its own values, another tablet follows, and a clamped end is told after all."""

    async def scene(stage: Stage) -> None:
        tablet, other = await stage.greeted(), await stage.greeted()
        address = "/effect/drive/gain"
        tablet.send(address, 30.0)
        await stage.until(lambda: bool(stage.events))
        stage.surface.tell([ParameterChanged("drive", "gain", 20.0, 5.0, State.ASKED, GAIN, tablet.origin)])
        assert await tablet.hear_up_to_now() == []
        stage.surface.tell([ParameterChanged("drive", "gain", 20.0, 20.0, State.CONFIRMED, GAIN, tablet.origin)])
        assert dict(await other.hear_up_to_now())[address] == (20.0,)
        assert await tablet.hear_until(address) == (20.0,)
        tablet.send(address, 12.0)
        await stage.until(lambda: len(stage.events) == 2)
        stage.surface.tell([ParameterChanged("drive", "gain", 12.0, 12.0, State.CONFIRMED, GAIN, tablet.origin)])
        assert address not in dict(await tablet.hear_up_to_now())
        assert dict(await other.hear_up_to_now())[address] == (12.0,)

    play(scene)


def test_a_released_button_is_set_right() -> None:
    """A tablet's button shows what it sent last; where the light is on, its release is answered with that."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        tablet.send("/fs/1", 1)
        await stage.until(lambda: stage.moves("tablet.fs1") == [1.0])
        stage.surface.show([Feedback("tablet.fs1", 1.0, State.CONFIRMED, "on", origin=tablet.origin)])
        assert await tablet.hear_up_to_now() == [("/fs/1", (1,))]
        tablet.send("/fs/1", 0)
        assert await tablet.hear_up_to_now() == [("/fs/1", (1,))]
        assert stage.moves("tablet.fs1") == [1.0, 0.0]

    play(scene)


def test_a_button_without_argument_or_with_an_impulse_is_pressed_and_released() -> None:
    """Programs that only say that a button was hit are understood."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        tablet.send("/fs/1")
        tablet.send("/fs/1", True, tags="I")
        await stage.until(lambda: len(stage.events) == 4)
        assert stage.moves("tablet.fs1") == [1.0, 0.0, 1.0, 0.0]

    play(scene)


def test_a_refusal_goes_to_its_sender_alone_with_the_truth() -> None:
    """The sender hears the address, the reason, and how things stand; nobody else hears anything."""

    async def scene(stage: Stage) -> None:
        tablet, other = await stage.greeted(), await stage.greeted()
        tablet.send(ACTIVE, 1)
        await stage.until(lambda: bool(stage.events))
        stage.surface.tell([Refused("drive", "the engine is gone", tablet.origin)])
        stage.surface.refuse(tablet.origin.partition("/")[2], "drive", "the engine is gone")
        assert await tablet.hear_up_to_now() == [
            (ACTIVE, (0,)),
            ("/controld/error", ("/effect/drive", "the engine is gone")),
        ]
        assert await other.hear_up_to_now() == []
        stage.surface.refuse("nobody:1", "drive", "goes to the log")

    play(scene)


def test_a_bad_argument_for_a_control_is_refused_at_once() -> None:
    """A control that cannot read its argument says so, and nothing moves."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        tablet.send(FADER, "loud")
        address, reason = await tablet.hear_until("/controld/error")
        assert (address, "takes a number from 0 to 1" in str(reason)) == (FADER, True)
        assert stage.events == []
        assert stage.surface.counters["refused"] == 1

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


def test_messages_of_one_turn_leave_together() -> None:
    """Several changes at once are one bundle, one change alone is a bare message, and only the newest value goes."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        stage.surface.tell([bypass(False, "floor"), bypass(True, "floor"), bypass(False, "floor")])
        assert await tablet.hear() == [(ACTIVE, (1,)), ("/effect/drive/bypass", (0,))]
        stage.surface.send_message(SendOsc("tablet", "/page/2", (1, True)))
        assert await tablet.hear() == [("/page/2", (1, 1))]
        assert isinstance(decode(tablet.datagrams[-1]), OscMessage)

    play(scene)


def test_resync_and_force_tell_again() -> None:
    """What a client shows already is sent when it is asked for, and when a device may have changed by itself."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        stage.surface.resync()
        assert len(await tablet.hear_up_to_now()) == 10
        stage.surface.show([Feedback("tablet.level", 0.5, State.CONFIRMED)])
        stage.surface.show([Feedback("tablet.level", 0.5, State.CONFIRMED)])
        assert await tablet.hear_up_to_now() == [(FADER, (0.5,))]
        stage.surface.show([Feedback("tablet.level", 0.5, State.FAILED, force=True)])
        assert await tablet.hear_up_to_now() == [(FADER, (0.5,))]

    play(scene)


def test_being_told_again_keeps_the_type() -> None:
    """A client that talks in doubles is answered in doubles, however often and for whatever reason."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        tablet.send("/fs/1", 1.0, tags="d")
        await stage.until(lambda: bool(stage.events))
        for _ in range(2):
            stage.surface.show([Feedback("tablet.fs1", 1.0, State.FAILED, "on", force=True)])
            await tablet.hear()
            message = decode(tablet.datagrams[-1])
            assert isinstance(message, OscMessage)
            assert message == ("/fs/1", (1.0,), "d")

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


def test_a_message_that_cannot_be_written_is_counted() -> None:
    """A mistake in a rule's message reaches nobody and ends nothing."""

    async def scene(stage: Stage) -> None:
        await stage.greeted()
        stage.surface.send_message(SendOsc("tablet", "no address", (1,)))
        assert stage.surface.counters["unwritable"] == 1

    play(scene)


def test_another_pedalboard_is_told_as_new() -> None:
    """What a client showed of an effect that is gone is forgotten, so the same value is told when it comes back."""

    async def scene(stage: Stage) -> None:
        tablet = await stage.greeted()
        stage.surface.tell([PedalboardChanged("Other", 2, State.CONFIRMED, ("wah",))])
        await tablet.hear_up_to_now()
        stage.surface.tell(STATE[1:])
        assert dict(await tablet.hear_up_to_now())["/effect/drive/gain"] == (5.0,)

    play(scene)


HANGS_OTHERS = b"#bundle\0" + bytes(7) + b"\1" + b"\xff\xff\xff\xfc"
MALFORMED = [
    HANGS_OTHERS,
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


def test_controls_are_played_without_a_tablet() -> None:
    """Simulated moves take the way of a real message; what cannot be played says why."""

    async def scene(stage: Stage) -> None:
        stage.surface.play("level", position=0.5)
        stage.surface.inject("/fs/1", (1,))
        stage.surface.inject("/effect/drive/active", (1,))
        moved, pressed, arrived = stage.events
        assert moved == ControlMoved("tablet.level", 0.5, moved.time_s, "simulate")
        assert isinstance(pressed, ControlMoved)
        assert isinstance(arrived, OscArrived)
        assert "no clients" in stage.surface.status()
        for name, words in (("any", "no address of its own"), ("fs1", "takes a position")):
            with pytest.raises(SurfaceError, match=words):
                stage.surface.play(name, position=1.0 if name == "any" else None)

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
