"""The OSC surface on real UDP sockets: what a client moves, and who is told what of it."""

import time

import pytest
from osc_stage import ACTIVE, FADER, GAIN, PATIENCE_S, STATE, Stage, bypass, play

from controld.actions import SendOsc
from controld.changes import ParameterChanged, PedalboardChanged, Refused, State
from controld.errors import SurfaceError
from controld.events import ControlMoved, OscArrived
from controld.feedback import Feedback
from controld.osc_codec import OscMessage, decode


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
