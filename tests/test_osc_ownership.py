"""Whoever moves a control owns it for a moment: several tablets on the real daemon, and what each is told when."""

import time
from collections.abc import Iterator

import pytest
from rig_process import RigProcess, Tablet, running, wait_for

from controld.ownership import OWNED_S

OUTPUT, LEVEL = "/effect/drive/output", "/drive/level"


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RigProcess]:
    with running(tmp_path_factory.mktemp("rig")) as process:
        yield process


def greeted(rig: RigProcess) -> Tablet:
    """Return a tablet that knows the state; its log begins after it."""
    tablet = Tablet(rig.osc_port)
    tablet.send("/controld/hello")
    tablet.send("/controld/ping", 1)
    tablet.wait("/controld/pong", 1)
    tablet.log.clear()
    return tablet


def told(tablet: Tablet, address: str) -> list[float]:
    """Return all values a tablet was told at an address since it was greeted, rounded as the wire does."""
    tablet.listen()
    return [round(float(str(message.args[0])), 4) for message in tablet.log if message.address == address]


@pytest.mark.parametrize("address", [OUTPUT, LEVEL, f"{OUTPUT}/normalized"])
def test_a_moving_fader_is_left_alone_and_all_others_follow_it(rig: RigProcess, address: str) -> None:
    """While one sweeps, another tablet that shows the same sees every stop of it; the mover is told nothing."""
    with greeted(rig) as mover, greeted(rig) as viewer:
        for number in range(1, 13):
            mover.send(address, number / 16)
            viewer.wait(OUTPUT, number / 16)
        viewer.wait(LEVEL, 12 / 16)
        viewer.wait(f"{OUTPUT}/normalized", 12 / 16)
        assert told(mover, address) == []
        others = {OUTPUT, LEVEL, f"{OUTPUT}/normalized"} - {address}
        for other in others:  # its own other widgets are under no finger: they follow too
            mover.wait(other, 12 / 16)


def test_two_fingers_on_one_parameter_end_at_the_same_value(rig: RigProcess) -> None:
    """Both move at once: neither is pulled about while it moves, and both show the last value when they rest."""
    with greeted(rig) as first, greeted(rig) as second:
        for number in range(1, 21):
            first.send(OUTPUT, number / 32)
            second.send(OUTPUT, 1 - number / 64)
        moved_s = time.monotonic()
        final = 1 - 20 / 64
        first.wait(OUTPUT, final)
        assert time.monotonic() - moved_s >= OWNED_S / 2  # not before its finger rested
        assert told(first, OUTPUT) == [round(final, 4)]
        second.send("/controld/ping", 2)
        second.wait("/controld/pong", 2)
        assert told(second, OUTPUT) == []


def test_what_was_clamped_or_refused_comes_back_at_once(rig: RigProcess) -> None:
    """The finger is still there, but its value cannot be: the widget is set right without waiting for it to rest.

    Time is not judged by a clock: each answer comes before that of a ping sent after the next move, within its reign.
    """
    with greeted(rig) as mover:
        mover.send(OUTPUT, 3.0)
        mover.wait(OUTPUT, 1.0)
        mover.send(OUTPUT, 0.5)
        mover.send(OUTPUT, "loud")
        wait_for(lambda: mover.newest("/controld/error"), "the refusal")
        mover.log.clear()
        mover.send(f"{OUTPUT}/normalized", 1.5)
        wait_for(lambda: mover.newest("/controld/error")[:1] == (f"{OUTPUT}/normalized",), "the refusal")
        mover.wait(f"{OUTPUT}/normalized", 0.5)


def test_a_mover_that_rests_follows_the_others_again(rig: RigProcess) -> None:
    """What another did while it was held comes after it rested: the last value only, and from then on live."""
    with greeted(rig) as mover, greeted(rig) as other:
        mover.send(OUTPUT, 0.125)
        other.wait(OUTPUT, 0.125)
        for number in range(1, 6):
            other.send(OUTPUT, number / 8)
        mover.wait(OUTPUT, 5 / 8)
        assert told(mover, OUTPUT)[-1] == 5 / 8
        other.send(OUTPUT, 0.25)
        mover.wait(OUTPUT, 0.25)
