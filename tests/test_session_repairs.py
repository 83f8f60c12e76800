"""What the session promises of boards that cannot be, of connections, and of an engine that was gone."""

import pytest
from fake_engine import DELAY, DRIVE, FakeEngine, board, started
from session_play import AT_ONCE, STEP_BY_STEP, ask, board_state, cell, gain, in_flight, refusals, snapshot_state

from controld.actions import (
    DriveParameter,
    LoadPedalboard,
    RecallSnapshot,
    Resync,
    SetBypass,
)
from controld.changes import (
    State,
)
from controld.session.engine_events import ConnectionReported, EngineLost, ParameterReported
from controld.session.model import EffectSetup, Pedalboard
from controld.session.requests import (
    AddEffect,
    ConnectPorts,
    Denied,
    DisconnectPorts,
    EngineRequest,
    FoundEffect,
    ReadBypass,
    RemoveEffect,
    WriteBypass,
    WriteParameters,
    WritePreset,
)
from controld.values import Level


class TestBoards:
    def test_a_board_with_a_missing_plugin_plays_without_it_where_there_is_no_other(self) -> None:
        """The rest is complete, with preset, parameter and connection, and a press on what is missing says why."""
        only = Pedalboard(
            "Only",
            (
                EffectSetup("x", "urn:nowhere"),
                EffectSetup("drive", DRIVE.uri, preset="Lead", parameters={"gain": Level(0.11)}),
            ),
            (("system:capture_1", "drive:in"), ("x:out", "drive:in"), ("drive:out", "system:playback_1")),
        )
        session, engine, changes = started(only)
        assert board_state(changes) is State.FAILED
        assert "urn:nowhere" in refusals(changes)[0].reason
        held = engine.effects[2]
        assert (held.preset, held.values["gain"], held.values["level"]) == ("urn:drive#lead", 0.11, 3.0)
        assert engine.connections == {("system:capture_1", "effect_2:in"), ("effect_2:out", "system:playback_1")}
        assert engine.processing
        before = session.report()
        told = session.receive(SetBypass(("x",)), "floor")
        assert [(each.subject, each.origin) for each in refusals(told)] == [("x", "floor")]
        assert "no such plugin" in refusals(told)[0].reason
        assert session.report() == before

    def test_a_board_that_failed_is_no_place_to_go_back_to(self) -> None:
        """The second broken board stays, for the first was no better."""
        broken = [Pedalboard(name, (EffectSetup("x", f"urn:nowhere#{name}"),)) for name in ("One", "Two")]
        session, engine, _ = started(*broken)
        assert board_state(ask(session, engine, LoadPedalboard("Two"))) is State.FAILED
        assert session.pedalboard.name == "Two"

    def test_a_failed_load_returns_to_the_board_as_it_was_played(self) -> None:
        """Every tweak since the snapshot is there again, and so is the snapshot."""
        broken = Pedalboard("Broken", (EffectSetup("x", "urn:nowhere"),))
        session, engine, _ = started(board(), broken)
        ask(session, engine, RecallSnapshot("Crunch"), gain(0.77), SetBypass(("delay",), bypassed=False))
        changes = ask(session, engine, LoadPedalboard("Broken"))
        assert (session.pedalboard.name, session.snapshot) == ("Stage", "Crunch")
        assert board_state(changes) is State.CONFIRMED
        by_uri = {effect.uri: effect for effect in engine.effects.values()}
        assert by_uri[DRIVE.uri].values["gain"] == pytest.approx(0.77)
        assert not by_uri[DELAY.uri].bypassed

    def test_connections_come_back_with_the_effect(self) -> None:
        """They went with it, and are not thought to be there when it is loaded again."""
        solo = Pedalboard("Solo", (EffectSetup("drive", DRIVE.uri),))
        session, engine, _ = started(board(), solo)
        before = set(engine.connections)
        ask(session, engine, LoadPedalboard("Solo"))
        ask(session, engine, LoadPedalboard("Stage"))
        assert engine.connections == before

    def test_a_connection_in_doubt_is_parted_by_the_next_board(self) -> None:
        """It timed out and was made all the same: it must not sound on a board that lacks it."""
        solo = Pedalboard("Solo", (EffectSetup("drive", DRIVE.uri),))
        session, engine, _ = started(board(), solo, at_once=False)
        engine.connections.clear()
        session.receive_event(EngineLost("gone"))
        pair = ("system:capture_1", "effect_1:in")

        def late(request: EngineRequest) -> bool:
            if request == ConnectPorts(*pair):
                engine.connections.add(pair)
            return request == ConnectPorts(*pair)

        engine.time_out = late
        session._executor.rig.touched.clear()
        session.receive_event(STEP_BY_STEP)
        engine.run(session)
        ask(session, engine, LoadPedalboard("Solo"))
        assert DisconnectPorts(*pair) in engine.log
        assert pair not in engine.connections

    def test_an_effect_that_starts_active_is_not_told_to_be(self) -> None:
        """The engine adds it active; one request less on the way to the first sound."""
        _, engine, _ = started(Pedalboard("A", (EffectSetup("x", DRIVE.uri),)))
        assert not [request for request in engine.log if isinstance(request, WriteBypass)]

    def test_what_other_programs_joined_is_left_alone(self) -> None:
        """A recorder's connections are none of the board's business; those at its effects are."""
        others = ("system:capture_2", "recorder:in")
        session, engine, _ = started(engine=FakeEngine(connections={others}))
        engine.connections.add(("effect_1:out", "recorder:in"))
        ask(session, engine, Resync())
        assert others in engine.connections
        assert ("effect_1:out", "recorder:in") not in engine.connections

    @pytest.mark.parametrize("connected", [True, False])
    def test_a_connection_changed_by_others_is_put_right_by_the_next_recall(self, connected: bool) -> None:
        """Their word is taken for what is there."""
        session, engine, _ = started()
        pair = ("effect_1:out", "recorder:in") if connected else ("effect_1:out", "effect_2:in")
        (engine.connections.add if connected else engine.connections.discard)(pair)
        session.receive_event(ConnectionReported(*pair, connected))
        ask(session, engine, RecallSnapshot("Lead"))
        assert (pair in engine.connections) is not connected

    def test_a_number_that_is_taken_is_not_written_to_before_it_is_cleared(self) -> None:
        """The steps that were planned for it would reach somebody else's plugin."""
        engine = FakeEngine(effects={1: FoundEffect(DELAY.uri, bypassed=False, values={"time": 1.0, "mix": 1.0})})
        engine.deny = lambda request: Denied("not asked") if isinstance(request, ReadBypass) else None
        _, engine, _ = started(at_once=False, engine=engine)
        cleared = engine.log.index(RemoveEffect(1))
        writes = WriteBypass | WriteParameters | WritePreset
        assert not [request for request in engine.log[:cleared] if isinstance(request, writes)]


class TestOutages:
    def test_while_the_engine_is_gone_board_and_snapshot_are_asked_for(self) -> None:
        """And confirmed when it is back with everything."""
        session, engine, _ = started()
        gone = session.receive_event(EngineLost("gone"))
        assert (board_state(gone), snapshot_state(gone)) == (State.ASKED, State.ASKED)
        back = session.receive_event(AT_ONCE) + engine.run(session)
        assert (board_state(back), snapshot_state(back)) == (State.CONFIRMED, State.CONFIRMED)

    def test_an_engine_that_comes_back_without_a_plugin_fails_the_board(self) -> None:
        """It is told, and the rest is there."""
        session, _, _ = started()
        session.receive_event(EngineLost("gone"))
        poorer = FakeEngine(plugins={DRIVE.uri: DRIVE})
        changes = session.receive_event(AT_ONCE) + poorer.run(session)
        assert board_state(changes) is State.FAILED
        assert "delay" in refusals(changes)[0].reason
        assert [effect.uri for effect in poorer.effects.values()] == [DRIVE.uri]
        assert ("system:capture_1", "effect_1:in") in poorer.connections

    def test_a_recall_while_the_engine_is_looked_at_loads_nothing_anew(self) -> None:
        """What was not yet asked is asked, not replaced."""
        session, engine, _ = started(at_once=False)
        session.receive_event(EngineLost("gone"))
        session.receive_event(STEP_BY_STEP)
        engine.log.clear()
        engine.step(session)
        ask(session, engine, RecallSnapshot("Lead"))
        assert not [request for request in engine.log if isinstance(request, AddEffect | RemoveEffect)]
        assert not engine.effects[2].bypassed

    def test_a_recall_while_a_sweep_and_a_resync_are_under_way_loads_nothing_anew(self) -> None:
        """The same where one question finds everything, and that one was forgotten with the plan."""
        session, engine, _ = started()
        engine.log.clear()
        session.receive(DriveParameter("drive", "gain", 0.3), "floor")
        in_flight(session, engine, Resync(), RecallSnapshot("Lead"))
        assert not [request for request in engine.log if isinstance(request, AddEffect | RemoveEffect)]
        assert cell(session) == (0.9, 0.9, State.CONFIRMED)

    def test_what_timed_out_before_a_loss_is_repaired_to_the_wish(self) -> None:
        """An engine that was gone is brought to what is wished, not judged by what it did before."""
        session, engine, _ = started()
        engine.time_out = lambda request: isinstance(request, WriteBypass)
        ask(session, engine, SetBypass(("drive",)))
        engine.time_out = lambda _request: False
        session.receive_event(EngineLost("gone"))
        changes = session.receive_event(AT_ONCE) + engine.run(session)
        assert refusals(changes) == []
        assert not engine.effects[1].bypassed

    def test_the_audit_waits_for_its_time(self) -> None:
        """Asking too early finds what is not yet done, and the late one is missed."""
        session, engine, _ = started()
        engine.time_out = lambda request: isinstance(request, WriteBypass)
        session.receive(SetBypass(("drive",)), "floor")
        engine.run(session, now=10.0)
        deadline = session.next_deadline()
        assert deadline is not None
        assert deadline > 10.0
        assert session.tick(deadline - 0.1) == []
        assert session.next_deadline() == deadline
        assert not session._executor.outbox
        session.tick(deadline)
        assert session._executor.outbox

    def test_a_report_older_than_the_wish_does_not_take_it_back(self) -> None:
        """The wish is confirmed by its own answer, and stands at what was asked."""
        session, engine, _ = started()
        session.receive(gain(0.8), "tablet")
        session.receive_event(ParameterReported(1, "gain", 0.3))
        engine.run(session)
        assert cell(session) == (0.8, 0.8, State.CONFIRMED)
