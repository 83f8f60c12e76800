"""Editing the current pedalboard: what is asked, what the engine makes of it, and what takes it back."""

from dataclasses import replace
from typing import TypeVar

from fake_engine import DELAY, DRIVE, FakeEngine, board
from session_play import AT_ONCE, ask, gain, nth, refusals

from controld.actions import RecallSnapshot, Redo, SetBypass, SetMute, Undo
from controld.changes import (
    BypassChanged,
    ConnectionMade,
    ConnectionRemoved,
    EffectAdded,
    EffectMoved,
    EffectRemoved,
    EffectRenamed,
    GlobalsChanged,
    PedalboardChanged,
    PresetSaved,
    Refused,
    SnapshotChanged,
    SnapshotCreated,
    SnapshotRemoved,
    SnapshotRenamed,
    SnapshotsOrdered,
    State,
    StateChange,
)
from controld.session.edits import (
    CreateEffect,
    CreateSnapshot,
    DeleteEffect,
    Edit,
    MakeConnection,
    MoveEffect,
    OrderSnapshots,
    RemoveConnection,
    RemoveSnapshot,
    RenameEffect,
    RenameSnapshot,
    SavePreset,
    SetGlobals,
)
from controld.session.engine_events import EngineConnected, EngineLost
from controld.session.model import Pedalboard
from controld.session.outbox import Outbox
from controld.session.requests import AddEffect, ConnectPorts, KeepPreset, ReadPresets, SetProcessing
from controld.session.session import Session
from controld.values import Level


def playing(*boards: Pedalboard) -> tuple[Session, FakeEngine]:
    """Return a session whose pedalboard is loaded, and its engine."""
    session, engine = Session(boards or (board(),), Outbox()), FakeEngine()
    session.receive_event(AT_ONCE)
    engine.run(session)
    engine.log.clear()
    return session, engine


Kind = TypeVar("Kind")


def states(changes: list[StateChange], kind: type) -> list[State]:
    """Return where the wishes of a kind stood, one after the other."""
    return [getattr(change, "state") for change in changes if isinstance(change, kind)]  # noqa: B009 - of any kind


def one(changes: list[StateChange], kind: type[Kind]) -> Kind:
    """Return the last fact of a kind."""
    return [change for change in changes if isinstance(change, kind)][-1]


class TestEffects:
    """Effects come, go, and are called otherwise, while the others play on."""

    def test_an_effect_comes_as_it_was_asked_for(self) -> None:
        """With its bypass and values; the rest of the rig is not touched, and processing is not switched off."""
        session, engine = playing()
        wish = CreateEffect(DELAY.uri, "echo", (3.0, 4.0), True, "", {"mix": Level(80, "%")}, "2026-01-02T03:04:05Z")
        changes = ask(session, engine, wish)
        added = EffectAdded("echo", DELAY.uri, 3, State.CONFIRMED, "floor", (3.0, 4.0))
        assert one(changes, EffectAdded) == added
        assert states(changes, EffectAdded) == [State.ASKED, State.CONFIRMED]
        assert engine.effects[3].bypassed
        assert engine.effects[3].values["mix"] == 0.8
        assert not any(isinstance(request, SetProcessing) for request in engine.log)
        assert session.pedalboard.effect_names() == ("drive", "delay", "echo")
        assert session.pedalboard.effects[2].created_at == "2026-01-02T03:04:05Z"
        assert one(changes, PedalboardChanged).effects == ("drive", "delay", "echo")

    def test_a_name_is_made_of_the_plugins(self) -> None:
        """It is free, and one a mapping can write."""
        session, engine = playing()
        for expected in ("Drive", "Drive-2"):
            assert one(ask(session, engine, CreateEffect(DRIVE.uri)), EffectAdded).effect == expected

    def test_what_cannot_be_an_effect_changes_nothing(self) -> None:
        """Each is one refusal with the reason."""
        session, engine = playing()
        before = session.pedalboard
        for wish, reason in (
            (CreateEffect("no uri"), "expected the URI"),
            (CreateEffect(DRIVE.uri, "drive"), "has an effect `drive` already"),
            (CreateEffect(DRIVE.uri, "../x"), "expected the name of an effect"),
            (CreateEffect(DRIVE.uri, "system"), "that is the sound card"),
            (CreateEffect(DRIVE.uri, "two", (float("nan"), 0.0)), "expected a position"),
            (CreateEffect(DRIVE.uri, "two", parameters={"gian": Level(1)}), "did you mean `gain`?"),
            (CreateEffect(DRIVE.uri, "two", parameters={"gain": Level(1, "Hz")}), "has no unit"),
            (DeleteEffect("driv"), "did you mean `drive`?"),
            (RenameEffect("drive", "delay"), "has an effect `delay` already"),
            (RenameEffect("drive", "a b"), "expected the name of an effect"),
            (MoveEffect("nobody", (1, 2)), "has no effect `nobody`"),
            (MakeConnection("drive:out", "delay:in"), "connected already"),
            (MakeConnection("drive", "delay:in"), "expected a port"),
            (MakeConnection("system:playback_1", "drive:in"), "it plays"),
            (MakeConnection("driv:out", "system:playback_1"), "did you mean `drive`?"),
            (RemoveConnection("drive:out", "system:playback_1"), "not connected"),
            (SetGlobals(frozenset({("drive", "gian")})), "did you mean `gain`?"),
        ):
            changes = session.receive(wish, "rpc")
            assert [type(change) for change in changes] == [Refused], wish
            assert reason in refusals(changes)[0].reason
            assert refusals(changes)[0].origin == "rpc"
        assert session.pedalboard == before
        engine.run(session)
        assert engine.log == []

    def test_a_plugin_that_is_not_there_is_taken_back(self) -> None:
        """It fails with the engine's reason, the board is as it was, and there is nothing to undo."""
        session, engine = playing()
        before = session.pedalboard
        changes = ask(session, engine, gain(0.3), CreateEffect("urn:gone", "gone"))
        assert states(changes, EffectAdded) == [State.ASKED, State.FAILED]
        assert "no such plugin" in refusals(changes)[0].reason
        assert session.pedalboard == before
        assert set(engine.effects) == {1, 2}
        assert states(changes, PedalboardChanged)[-1] is State.CONFIRMED
        ask(session, engine, Undo())
        assert engine.effects[1].values["gain"] == 0.2

    def test_an_effect_goes_with_all_that_named_it(self) -> None:
        """And comes back with all of that, as it was played, under its old number."""
        start = replace(
            board(),
            roles={"dirt": ("drive", "delay")},
            global_parameters=frozenset({("drive", "gain"), ("delay", "mix")}),
        )
        session, engine = playing(start)
        ask(session, engine, gain(0.44), SetBypass(("drive",), bypassed=True))
        changes = ask(session, engine, DeleteEffect("drive"))
        assert one(changes, EffectRemoved) == EffectRemoved("drive", DRIVE.uri, 1, State.CONFIRMED, "floor")
        now = session.pedalboard
        assert now.effect_names() == ("delay",)
        assert now.connections == (("delay:out", "system:playback_1"),)
        assert now.roles == {"dirt": ("delay",)}
        assert now.global_parameters == {("delay", "mix")}
        assert all("drive" not in snapshot.effects for snapshot in now.snapshots)
        assert set(engine.effects) == {2}
        ask(session, engine, CreateEffect(DELAY.uri, "other"))
        assert set(engine.effects) == {2, 3}  # 1 is kept for who may come back
        ask(session, engine, Undo(), Undo())
        assert session.pedalboard == start
        assert engine.effects[1].values["gain"] == 0.44
        assert engine.effects[1].bypassed
        assert engine.connections == {tuple(map(session._executor.rig.jack, pair)) for pair in start.connections}
        ask(session, engine, Redo())
        assert set(engine.effects) == {2}

    def test_an_effect_that_returns_while_it_goes_is_whole(self) -> None:
        """The removal is on its way when it is asked for again."""
        session, engine = playing()
        session.receive(DeleteEffect("drive"), "floor")
        engine.step(session)
        changes = ask(session, engine, Undo())
        assert states(changes, EffectAdded)[-1] is State.CONFIRMED
        assert engine.effects[1].uri == DRIVE.uri
        assert engine.effects[1].values["gain"] == 0.2
        assert len(engine.connections) == 3

    def test_a_rename_is_heard_by_nobody(self) -> None:
        """The engine does nothing; everything that named it does so again, and values are told under the new name."""
        session, engine = playing()
        changes = ask(session, engine, RenameEffect("drive", "fuzz"))
        assert engine.log == []
        assert one(changes, EffectRenamed) == EffectRenamed("fuzz", "drive", "floor")
        assert {fact.effect for fact in changes if isinstance(fact, BypassChanged)} == {"fuzz"}
        assert session.pedalboard.connections[0] == ("system:capture_1", "fuzz:in")
        assert "fuzz" in session.pedalboard.snapshots[0].effects
        ask(session, engine, SetBypass(("fuzz",), bypassed=False))
        assert not engine.effects[1].bypassed
        ask(session, engine, Undo(), Undo())
        assert session.pedalboard == board()

    def test_a_move_is_of_the_drawing_only(self) -> None:
        """And is taken back like the rest."""
        session, engine = playing()
        changes = ask(session, engine, MoveEffect("drive", (10.0, 20.0)))
        assert changes == [EffectMoved("drive", (10.0, 20.0), "floor")]
        assert session.pedalboard.effects[0].position == (10.0, 20.0)
        ask(session, engine, Undo())
        assert session.pedalboard == board()

    def test_what_is_asked_without_an_engine_waits_for_it(self) -> None:
        """It is asked, and confirmed when the engine is back."""
        session, engine = playing()
        session.receive_event(EngineLost("gone"))
        changes = ask(session, engine, CreateEffect(DELAY.uri, "echo"), MakeConnection("drive:out", "echo:in"))
        assert states(changes, EffectAdded) == states(changes, ConnectionMade) == [State.ASKED]
        changes = session.receive_event(AT_ONCE) + engine.run(session)
        assert states(changes, EffectAdded) == states(changes, ConnectionMade) == [State.CONFIRMED]

    def test_an_effect_that_fails_takes_its_connections_along(self) -> None:
        """Nothing of them stays on the board."""
        session, engine = playing()
        engine.deny = nth(AddEffect)
        changes = ask(session, engine, CreateEffect(DELAY.uri, "echo"), MakeConnection("drive:out", "echo:in"))
        assert states(changes, ConnectionMade) == [State.ASKED, State.FAILED]
        assert session.pedalboard == board()


class TestConnections:
    """Cables."""

    def test_a_cable_comes_and_goes(self) -> None:
        """By the names of the board or of JACK."""
        session, engine = playing()
        changes = ask(session, engine, MakeConnection("effect_1:out", "system:playback_2"))
        made = ConnectionMade("drive:out", "system:playback_2", State.CONFIRMED, "floor")
        assert one(changes, ConnectionMade) == made
        assert ("effect_1:out", "system:playback_2") in engine.connections
        changes = ask(session, engine, RemoveConnection("drive:out", "system:playback_2"))
        gone = ConnectionRemoved("drive:out", "system:playback_2", State.CONFIRMED, "floor")
        assert one(changes, ConnectionRemoved) == gone
        assert ("effect_1:out", "system:playback_2") not in engine.connections
        ask(session, engine, Undo())
        assert ("effect_1:out", "system:playback_2") in engine.connections
        ask(session, engine, Undo())
        assert session.pedalboard == board()

    def test_a_cable_that_is_refused_is_off_again(self) -> None:
        """With the reason, and nothing to undo; asked for again, it is tried again."""
        session, engine = playing()
        engine.deny = nth(ConnectPorts, 1)
        wish = MakeConnection("drive:nowhere", "system:playback_1")
        changes = ask(session, engine, wish)
        assert states(changes, ConnectionMade) == [State.ASKED, State.FAILED]
        assert "it hurts" in refusals(changes)[0].reason
        assert session.pedalboard == board()
        assert states(ask(session, engine, wish), ConnectionMade)[-1] is State.CONFIRMED

    def test_a_cable_to_the_speakers_waits_while_they_are_mute(self) -> None:
        """It is asked until then."""
        session, engine = playing()
        ask(session, engine, SetMute(on=True))
        changes = ask(session, engine, MakeConnection("drive:out", "system:playback_2"))
        assert states(changes, ConnectionMade) == [State.ASKED]
        changes = ask(session, engine, SetMute(on=False))
        assert states(changes, ConnectionMade) == [State.CONFIRMED]


class TestSnapshots:
    """Snapshots of the current board."""

    def test_a_snapshot_is_made_of_what_is_played(self) -> None:
        """It is the current one, and recalls it."""
        session, engine = playing()
        ask(session, engine, gain(0.77))
        changes = ask(session, engine, CreateSnapshot("Neu ♪"))
        assert SnapshotCreated("Neu ♪", 4, "floor") in changes
        assert one(changes, SnapshotChanged) == SnapshotChanged("Neu ♪", 4, State.CONFIRMED, "floor")
        ask(session, engine, RecallSnapshot("Crunch"), RecallSnapshot("Neu ♪"))
        assert engine.effects[1].values["gain"] == 0.77
        assert SnapshotCreated("Snapshot 5", 5, "floor") in ask(session, engine, CreateSnapshot())

    def test_snapshots_are_edited_and_all_of_it_is_taken_back(self) -> None:
        """Each edit is told; undo returns to where it began."""
        session, engine = playing()
        changes = ask(
            session,
            engine,
            RenameSnapshot("Clean", "Rein"),
            OrderSnapshots(("Lead", "Rein", "Crunch")),
            RemoveSnapshot(1),
            CreateSnapshot("X"),
        )
        assert SnapshotRenamed("Rein", "Clean", "floor") in changes
        assert SnapshotsOrdered(("Lead", "Rein", "Crunch"), "floor") in changes
        assert SnapshotRemoved("Lead", "floor") in changes
        assert session.pedalboard.snapshot_names() == ("Rein", "Crunch", "X")
        ask(session, engine, *[Undo()] * 4)
        assert session.pedalboard == board()
        assert session.snapshot == "Clean"

    def test_what_is_no_edit_of_snapshots_is_refused(self) -> None:
        """With the reason."""
        session, _engine = playing()
        wishes: list[tuple[Edit, str]] = [
            (CreateSnapshot("Clean"), "already"),
            (CreateSnapshot(" "), "needs a name"),
            (CreateSnapshot("\ud800"), "half of a character"),
            (RenameSnapshot("Clean", "Lead"), "already"),
            (RemoveSnapshot("Claen"), "did you mean `Clean`?"),
            (OrderSnapshots(("Clean",)), "expected each of"),
        ]
        for wish, reason in wishes:
            changes = session.receive(wish, "rpc")
            assert [type(change) for change in changes] == [Refused], wish
            assert reason in refusals(changes)[0].reason

    def test_globals(self) -> None:
        """No snapshot recalls them from now on."""
        session, engine = playing()
        changes = ask(session, engine, SetGlobals(frozenset({("drive", "gain")})))
        assert changes == [GlobalsChanged(frozenset({("drive", "gain")}), "floor")]
        ask(session, engine, RecallSnapshot("Lead"))
        assert engine.effects[1].values["gain"] == 0.2


class TestPresets:
    """Presets that the engine keeps."""

    def test_a_preset_is_kept_and_listed(self) -> None:
        """Told as asked and confirmed; the plugin's list is asked for anew."""
        session, engine = playing()
        changes = ask(session, engine, SavePreset("drive", "Mine"))
        assert changes == [PresetSaved("drive", "Mine", state, "floor") for state in (State.ASKED, State.CONFIRMED)]
        assert engine.log == [KeepPreset(1, DRIVE.uri, "Mine"), ReadPresets(DRIVE.uri)]

    def test_a_preset_that_is_refused_or_lost_fails(self) -> None:
        """With the reason; a newer plan does not lose it."""
        session, engine = playing()
        engine.deny = nth(KeepPreset)
        changes = ask(session, engine, SavePreset("drive", "Mine"), RecallSnapshot("Lead"))
        assert states(changes, PresetSaved) == [State.ASKED, State.FAILED]
        assert refusals(changes) == [Refused("drive preset", "it hurts", "floor")]
        session.receive(SavePreset("drive", "Mine"), "floor")
        changes = session.receive_event(EngineLost("gone"))
        assert states(changes, PresetSaved) == [State.FAILED]

    def test_what_cannot_be_kept_is_refused(self) -> None:
        """By name, effect, bridge or engine."""
        session, engine = playing()
        for wish, reason in ((SavePreset("nobody", "A"), "has no effect"), (SavePreset("drive", " "), "needs a name")):
            assert reason in refusals(session.receive(wish, "floor"))[0].reason
        session.receive_event(EngineConnected(frozenset({"effects"})))
        engine.run(session)
        assert "bridge cannot" in refusals(session.receive(SavePreset("drive", "A"), "floor"))[0].reason
        session.receive_event(EngineLost("gone"))
        assert "no engine" in refusals(session.receive(SavePreset("drive", "A"), "floor"))[0].reason
