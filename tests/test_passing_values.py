"""What only a press holds is nobody's change: it is not taken back, not saved, not returned to, and panic ends it."""

import pytest
from played_floor import PAGES, Floor, rule

from controld.actions import Seek, SendMidi
from controld.mappings.target import (
    BypassTarget,
    Command,
    CommandTarget,
    PageTarget,
    ParameterTarget,
    PedalboardTarget,
    SendTarget,
    SnapshotTarget,
)
from controld.values import Duration, Level

ON, OFF = b"\x90\x40\x7f", b"\x90\x40\x00"
BOOST = rule("fs1", BypassTarget(("delay",), "active", returns=True))
SWELL = rule("fs1", ParameterTarget("delay", "mix", to=Level(0.9), over=Duration(0.1), returns=True))


@pytest.mark.parametrize("held", [BOOST, SWELL])
def test_undo_takes_back_what_was_done_before_a_momentary_press(held: object) -> None:
    """And does not leave on what only the foot held."""
    floor = Floor(held, rule("fs2", CommandTarget(Command.UNDO)), rule("fs3", "drive"))  # type: ignore[arg-type]
    before = floor.active("drive"), floor.active("delay"), floor.value("mix", "delay")
    floor.tap("fs3", after=0.2)
    floor.press("fs1", after=0.2)
    floor.let_go("fs1", after=0.3)
    floor.wait(0.5)
    floor.tap("fs2", after=0.2)
    assert (floor.active("drive"), floor.active("delay"), floor.value("mix", "delay")) == before


@pytest.mark.parametrize("held", [BOOST, SWELL])
def test_a_snapshot_is_saved_without_what_is_held(held: object) -> None:
    """It is stored as it will be when the foot is up."""
    save, clean = SnapshotTarget(Seek.CURRENT, save=True), SnapshotTarget("Clean")
    floor = Floor(held, rule("fs2", save), rule("fs3", clean))  # type: ignore[arg-type]
    floor.tap("fs3", after=0.2)
    before = floor.active("delay"), floor.value("mix", "delay")
    floor.press("fs1", after=0.2)
    floor.tap("fs2", after=0.2)
    floor.let_go("fs1", after=0.2)
    floor.tap("fs3", after=0.2)
    assert (floor.active("delay"), floor.value("mix", "delay")) == before


def test_a_pedalboard_that_was_left_while_something_was_held_comes_back_without_it() -> None:
    """The foot came up on the other one, where it meant nothing."""
    undo = rule("fs3", CommandTarget(Command.UNDO))
    floor = Floor(BOOST, rule("fs2", PedalboardTarget("Jazz")), undo)
    floor.press("fs1", after=0.2)
    floor.tap("fs2", after=0.2)
    floor.let_go("fs1", after=0.2)
    floor.tap("fs3", after=1.0)
    assert floor.rig.session.pedalboard.name == "Stage"
    assert not floor.active("delay")


def test_what_a_press_would_begin_after_its_own_panic_does_not_begin() -> None:
    """Panic ended the press, so nothing would ever end the note or leave the page."""
    panic = CommandTarget(Command.PANIC)
    note = SendTarget(SendMidi("tablet", ON), SendMidi("tablet", OFF))
    floor = Floor(rule("fs1", panic, note, PageTarget("solo", hold=True)), stage=PAGES)
    floor.tap("fs1", after=0.2)
    assert [message for message in floor.happened.messages if message == SendMidi("tablet", ON)] == []
    assert floor.page == "main"
