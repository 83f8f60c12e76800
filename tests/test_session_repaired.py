"""What is said when the engine did not hold what it should: once per repair, in a player's words."""

import pytest
from fake_engine import DELAY, DRIVE, FakeEngine, board, started
from session_play import AT_ONCE, STEP_BY_STEP, ask, gain, refusals

from controld.actions import LoadPedalboard, Resync, SetBypass
from controld.changes import Repaired, StateChange
from controld.session.engine_events import ConnectionReported, EffectReported, EngineLost
from controld.session.hands import MAX_JOINS
from controld.session.model import EffectSetup, Pedalboard
from controld.session.outbox import Outbox
from controld.session.requests import ConnectPorts, FoundEffect, RemoveEffect, WriteParameters
from controld.session.session import Session

PAIR = ("effect_1:out", "effect_2:in")


def said(changes: list[StateChange]) -> list[str]:
    """Return what was said of repairs; each fact is one."""
    return ["; ".join(change.what) for change in changes if isinstance(change, Repaired)]


def back(session: Session, engine: FakeEngine, *, at_once: bool = True) -> list[str]:
    """Lose the engine and find it again; return what was said."""
    session.receive_event(EngineLost("gone"))
    return said(session.receive_event(AT_ONCE if at_once else STEP_BY_STEP) + engine.run(session))


class TestSaid:
    def test_a_start_and_a_load_are_no_repairs(self) -> None:
        """Nor is going on with what an earlier run left."""
        session, engine, changes = started(board(), Pedalboard("Solo", (EffectSetup("drive", DRIVE.uri),)))
        assert said(changes) == []
        assert said(ask(session, engine, LoadPedalboard("Solo"), LoadPedalboard("Stage"))) == []
        _, engine, _ = started()
        _, _, changes = started(engine=engine)
        assert said(changes) == []

    @pytest.mark.parametrize("at_once", [True, False])
    def test_a_new_engine_is_given_everything(self, at_once: bool) -> None:
        """With all that belongs to it, and in one sentence."""
        session, _, _ = started(at_once=at_once)
        engine = FakeEngine()
        assert back(session, engine, at_once=at_once) == ["all 2 effects were missing and were loaded again"]
        assert len(engine.effects) == 2

    @pytest.mark.parametrize("at_once", [True, False])
    def test_an_engine_that_lost_nothing_is_not_spoken_of(self, at_once: bool) -> None:
        """A bridge that does not list connections has them all made again, which says nothing."""
        session, engine, _ = started(at_once=at_once)
        assert back(session, engine, at_once=at_once) == []

    def test_an_effect_that_somebody_removed(self) -> None:
        """Its connections go without saying."""
        session, engine, _ = started()
        engine._do(RemoveEffect(1))
        changes = session.receive_event(EffectReported(1, "")) + engine.run(session)
        assert said(changes) == ["drive was missing and was loaded again"]
        assert PAIR in engine.connections

    def test_another_plugin_in_its_place(self) -> None:
        """It is the pedalboard that says which one it is."""
        session, engine, _ = started()
        session.receive_event(EngineLost("gone"))
        engine.effects[1] = FoundEffect(DELAY.uri, bypassed=False, values={"time": 1.0, "mix": 1.0})
        changes = session.receive_event(AT_ONCE) + engine.run(session)
        assert said(changes) == ["drive was not there, another plugin stood in its place, and was loaded again"]
        assert engine.effects[1].uri == DRIVE.uri

    def test_values_that_are_others_after_an_outage(self) -> None:
        """Each is named; more than three of an effect are counted."""
        session, engine, _ = started()
        session.receive_event(EngineLost("gone"))
        engine.effects[1].values["gain"] = 0.9
        engine.effects[2] = FoundEffect(DELAY.uri, bypassed=False, values=engine.effects[2].values)
        changes = session.receive_event(AT_ONCE) + engine.run(session)
        assert said(changes) == ["delay was active and is bypassed again; drive/gain was 0.9 and is 0.2 again"]
        session.receive_event(EngineLost("gone"))
        engine.effects[1].values.update(gain=0.1, freq=30.0, level=1.0, mode=1)
        changes = session.receive_event(AT_ONCE) + engine.run(session)
        assert said(changes) == ["4 values of drive were others and are set again"]

    def test_what_was_asked_meanwhile_is_no_repair(self) -> None:
        """The player knows."""
        session, engine, _ = started()
        session.receive_event(EngineLost("gone"))
        session.receive(gain(0.8), "floor")
        session.receive(SetBypass(("drive",)), "floor")
        assert said(session.receive_event(AT_ONCE) + engine.run(session)) == []
        assert engine.effects[1].values["gain"] == 0.8

    def test_what_cannot_be_repaired_is_not_said_to_be(self) -> None:
        """The pedalboard's own fact and the refusal say so."""
        session, _, _ = started()
        session.receive_event(EngineLost("gone"))
        poorer = FakeEngine(plugins={DRIVE.uri: DRIVE})
        changes = session.receive_event(AT_ONCE) + poorer.run(session)
        assert said(changes) == ["drive was missing and was loaded again"]
        assert refusals(changes)

    def test_another_pedalboard_that_was_asked_meanwhile_is_no_repair(self) -> None:
        """It is loaded, not repaired."""
        session, _, _ = started(board(), Pedalboard("Solo", (EffectSetup("drive", DRIVE.uri),)))
        session.receive_event(EngineLost("gone"))
        session.receive(LoadPedalboard("Solo"), "floor")
        engine = FakeEngine()
        assert said(session.receive_event(AT_ONCE) + engine.run(session)) == []


class TestConnections:
    def test_one_that_somebody_parted_is_joined_again_at_once(self) -> None:
        """The sound must not be gone because of a slip in a patch bay."""
        session, engine, _ = started()
        engine.connections.discard(PAIR)
        changes = session.receive_event(ConnectionReported(*PAIR, connected=False)) + engine.run(session)
        assert PAIR in engine.connections
        assert said(changes) == ["drive:out -> delay:in was parted and is joined again"]

    def test_another_program_that_insists_wins(self) -> None:
        """Nobody gains by a fight; the next recall or load tries again."""
        session, engine, _ = started()
        for _ in range(MAX_JOINS + 3):
            engine.connections.discard(PAIR)
            session.receive_event(ConnectionReported(*PAIR, connected=False))
            engine.run(session)
        assert PAIR not in engine.connections
        assert sum(request == ConnectPorts(*PAIR) for request in engine.log) == 1 + MAX_JOINS
        ask(session, engine, Resync())
        assert PAIR in engine.connections

    def test_one_that_is_muted_stays_parted(self) -> None:
        """It is not wished now."""
        from controld.actions import SetMute

        session, engine, _ = started()
        ask(session, engine, SetMute(on=True))
        session.receive_event(ConnectionReported("effect_2:out", "system:playback_1", connected=False))
        engine.run(session)
        assert ("effect_2:out", "system:playback_1") not in engine.connections


class TestStrays:
    def strayed(self) -> FakeEngine:
        """Return an engine that an earlier run left with a larger pedalboard; program 0 and 1000 are others'."""
        stray = FoundEffect(DELAY.uri, bypassed=False, values={"time": 1.0, "mix": 1.0})
        engine = FakeEngine(effects=dict.fromkeys((0, 7, 8, 1000), stray))
        engine.connections = {("effect_7:out", "system:playback_1"), ("effect_1000:out", "system:playback_1")}
        return engine

    def test_effects_of_an_earlier_run_are_removed_and_spoken_of(self) -> None:
        """They would sound for ever; those with numbers of other programs are theirs."""
        _, engine, changes = started(engine=self.strayed())
        assert set(engine.effects) == {0, 1, 2, 1000}
        assert ("effect_1000:out", "system:playback_1") in engine.connections
        assert said(changes) == ["2 effects of an earlier run (7, 8 in the engine) were removed"]

    def test_a_bridge_that_cannot_list_keeps_them(self) -> None:
        """Nobody can know."""
        _, engine, changes = started(engine=self.strayed(), at_once=False)
        assert set(engine.effects) == {0, 1, 2, 7, 8, 1000}
        assert said(changes) == []

    def test_what_a_refused_removal_leaves_is_not_said_to_be_removed(self) -> None:
        """And it does not keep the rig from its work."""
        from controld.session.requests import Denied

        engine = self.strayed()
        engine.deny = lambda request: Denied("no") if isinstance(request, RemoveEffect) else None
        session = Session((board(),), Outbox())
        changes = session.receive_event(AT_ONCE) + engine.run(session)
        assert said(changes) == []
        assert engine.effects[1].uri == DRIVE.uri
        assert any(isinstance(request, WriteParameters) for request in engine.log)
