"""A rig played without devices, engine and clock: the shipped one, and what the stand-in engine must do and refuse."""

from pathlib import Path

import pytest

from controld.actions import SetBypass
from controld.changes import EngineState, State
from controld.config import load_rig
from controld.config_plugins import known_plugins
from controld.events import ControlMoved
from controld.offline import OfflineRig
from controld.rehearse import rehearse
from controld.session.model import EffectRecall, EffectSetup, Pedalboard, Snapshot
from controld.session.requests import AddEffect, Denied, Done, ReadParameter, ReadPlugin, WriteParameters
from controld.standin import StandIn, guessed_plugins
from controld.values import Level

CONFIG = Path(__file__).parent.parent / "config"


@pytest.fixture
def rig() -> OfflineRig:
    """Return the shipped rig."""
    return rehearse(load_rig(CONFIG))


def press(rig: OfflineRig, control: str, held_s: float = 0.05) -> None:
    """Press a switch for a while."""
    rig.receive(ControlMoved(control, 1.0, rig.now))
    rig.wait(held_s)
    rig.receive(ControlMoved(control, 0.0, rig.now))


class TestTheShippedRig:
    """What a player would see."""

    def test_it_is_up_at_once(self, rig: OfflineRig) -> None:
        """Every effect of the pedalboard is loaded, connected and confirmed."""
        view = rig.rig.mapper.view
        assert view.engine is EngineState.UP
        assert view.pedalboard.state is State.CONFIRMED
        assert len(rig.engine.effects) == len(view.pedalboard.effects) == 5
        assert rig.engine.connections

    def test_a_press_acts_and_its_light_shows_it(self, rig: OfflineRig) -> None:
        """The rule, the action and the light are those of the real rig."""
        before = rig.looks["floor.fs1"].value
        press(rig, "floor.fs1")
        assert [type(intent.action) for intent in rig.happened.intents] == [SetBypass]
        assert rig.looks["floor.fs1"].value == 1.0 - before

    def test_time_goes_only_when_it_is_told_to(self, rig: OfflineRig) -> None:
        """A hold fires at its threshold, in the middle of a wait."""
        rig.receive(ControlMoved("floor.fs1", 1.0, rig.now))
        rig.wait(0.49)
        assert not rig.happened.intents
        rig.wait(0.02)
        assert rig.rig.session.snapshot == "Lead"
        assert rig.now == pytest.approx(0.51)

    def test_an_unused_event_is_kept(self, rig: OfflineRig) -> None:
        """Nothing is mapped to a control nobody has."""
        event = ControlMoved("floor.none", 1.0, rig.now)
        rig.receive(event)
        assert rig.happened.unused == [event]
        rig.forget()
        assert not rig.happened.unused

    def test_the_engine_can_be_stopped(self, rig: OfflineRig) -> None:
        """What was asked meanwhile is there when it comes back."""
        rig.stop_engine()
        press(rig, "floor.fs1")
        wished = rig.rig.mapper.view.bypasses["drive"].bypassed
        assert not rig.engine.effects
        rig.start_engine()
        drive = next(effect for effect in rig.engine.effects.values() if "bossds1" in effect.uri)
        assert drive.bypassed is wished
        assert rig.rig.mapper.view.bypasses["drive"].state is State.CONFIRMED


class TestTheStandIn:
    """The far end."""

    def test_it_refuses_what_an_engine_refuses(self) -> None:
        """A plugin nobody knows, an instance that is there, one that is not, a symbol that is none."""
        engine = StandIn(known_plugins())
        uri = next(iter(engine.plugins))
        assert isinstance(engine.execute(AddEffect(1, "urn:none")), Denied)
        assert isinstance(engine.execute(ReadPlugin("urn:none")), Denied)
        assert engine.execute(AddEffect(1, uri)) == Done()
        assert isinstance(engine.execute(AddEffect(1, uri)), Denied)
        assert isinstance(engine.execute(WriteParameters(2, {})), Denied)
        assert isinstance(engine.execute(ReadParameter(1, "no such")), Denied)

    def test_unknown_plugins_are_guessed(self) -> None:
        """Ranges have room for every value that is written; shares say nothing of them."""
        board = Pedalboard(
            "B",
            (EffectSetup("a", "urn:a", parameters={"gain": Level(-6.0, "dB"), "mix": Level(30.0, "%")}),),
            snapshots=(Snapshot("S", {"a": EffectRecall(parameters={"gain": Level(12.0)})}),),
        )
        found = guessed_plugins([board], [("a", "tone"), ("b", "none")])
        scales = found["urn:a"].parameters
        assert set(scales) == {"gain", "mix", "tone"}
        assert (scales["gain"].minimum, scales["gain"].maximum) == (-6.0, 12.0)
        assert (scales["mix"].minimum, scales["mix"].maximum) == (0.0, 1.0)
