"""Banks, saved snapshots, roles and global parameters."""

from dataclasses import replace

import pytest
from fake_engine import DELAY, DRIVE, FakeEngine, board, started
from hypothesis import given
from hypothesis import strategies as st
from session_play import ask, cell, gain, nth, refusals

from controld.actions import (
    LoadPedalboard,
    LoadPreset,
    MorphSnapshots,
    Pick,
    RecallSnapshot,
    Resync,
    SaveSnapshot,
    Seek,
    SelectBank,
    SetBypass,
)
from controld.changes import BankChanged, PedalboardChanged, SnapshotSaved, State, StateChange
from controld.session.model import Bank, EffectRecall, EffectSetup, Pedalboard, Plugin, Snapshot
from controld.session.outbox import Outbox
from controld.session.requests import ReadEffects, WriteParameters, WritePreset
from controld.session.saved import SavedSnapshot, fingerprint, from_members, overlay, to_members
from controld.session.session import Session
from controld.values import Level, Scale

BOARDS = tuple(Pedalboard(name) for name in ("A", "B", "C", "D"))
BANKS = (Bank("Rock", ("B", "A", "Nowhere")), Bank("Jazz", ("D", "C")), Bank("Empty", ("Nowhere",)))


def banked(start: str = "A") -> Session:
    return Session(BOARDS, Outbox(), start, banks=BANKS)


def bank(changes: list[StateChange]) -> BankChanged:
    return next(change for change in changes if isinstance(change, BankChanged))


def numbered(changes: list[StateChange]) -> tuple[str, int, tuple[str, ...]]:
    fact = [change for change in changes if isinstance(change, PedalboardChanged)][-1]
    return fact.pedalboard, fact.index, fact.pedalboards


class TestBanks:
    @pytest.mark.parametrize(
        ("start", "pick", "there"),
        [
            ("A", Seek.NEXT, "B"),
            ("A", Seek.PREVIOUS, "B"),
            ("A", 1, "B"),
            ("A", 2, "A"),
            ("A", "D", "D"),
            ("D", Seek.NEXT, "C"),
            ("C", 1, "D"),
        ],
    )
    def test_numbers_and_neighbours_count_in_the_current_bank(self, start: str, pick: Pick, there: str) -> None:
        """The bank at the start is the first that has the pedalboard; names reach every pedalboard."""
        session = banked(start)
        assert refusals(session.receive(LoadPedalboard(pick), "floor")) == []
        assert session.pedalboard.name == there

    def test_a_number_beyond_the_bank_is_refused(self) -> None:
        """There are more pedalboards, but not here."""
        session = banked()
        assert "numbered 1 to 2" in refusals(session.receive(LoadPedalboard(3), "floor"))[0].reason

    def test_another_bank_changes_nothing_that_plays(self) -> None:
        """Told with the numbers of its pedalboards; from outside next goes to its first, previous to its last."""
        for pick, there in [(Seek.NEXT, "D"), (Seek.PREVIOUS, "C")]:
            session = banked()
            changes = session.receive(SelectBank(Seek.NEXT), "floor")
            assert bank(changes) == BankChanged("Jazz", 2, ("D", "C"), ("Rock", "Jazz", "Empty"), "floor")
            assert numbered(changes) == ("A", 0, ("D", "C"))
            session.receive(LoadPedalboard(pick), "floor")
            assert session.pedalboard.name == there
            assert numbered(session.report())[1] == ["D", "C"].index(there) + 1

    def test_an_empty_bank_refuses(self) -> None:
        """None of its pedalboards is there."""
        session = banked()
        session.receive(SelectBank("Empty"), "floor")
        assert len(refusals(session.receive(LoadPedalboard(Seek.NEXT), "floor"))) == 1

    def test_without_banks_all_are_counted(self) -> None:
        """And choosing one is refused."""
        session = Session(BOARDS, Outbox())
        assert numbered(session.report()) == ("A", 1, ("A", "B", "C", "D"))
        assert bank(session.report()) == BankChanged("", 0, ("A", "B", "C", "D"))
        assert refusals(session.receive(SelectBank(1), "floor"))[0].reason == "there are no banks"

    def test_a_reload_keeps_the_bank_by_name(self) -> None:
        """Its place in the file may be another; one that is gone gives way to the first that has the pedalboard."""
        session = banked()
        session.receive(SelectBank("Jazz"), "floor")
        assert bank(session.replace_pedalboards(BOARDS, BANKS[::-1])).index == 2
        assert bank(session.replace_pedalboards(BOARDS, BANKS[:1])) == BankChanged(
            "Rock", 1, ("B", "A"), ("Rock",), "floor"
        )
        session.replace_pedalboards(BOARDS, ())
        assert bank(session.report()).index == 0


class TestSaving:
    def test_what_is_played_becomes_the_snapshot(self) -> None:
        """Bypasses, values in the plugin's unit, and recalled from then on; the others stay."""
        session, engine, _ = started()
        ask(session, engine, gain(0.77), SetBypass(("drive",)))
        changes = ask(session, engine, SaveSnapshot())
        assert changes == [SnapshotSaved("Clean", 1, "floor")]
        ask(session, engine, RecallSnapshot("Lead"), RecallSnapshot("Clean"))
        assert engine.effects[1].values["gain"] == 0.77
        assert engine.effects[1].bypassed is False
        assert engine.effects[2].values == {"time": 500, "mix": 0.3}
        assert session.snapshot == "Clean"

    def test_another_one_may_be_saved_over(self) -> None:
        """What is current stays current."""
        session, engine, _ = started()
        assert SnapshotSaved("Lead", 3, "floor") in ask(session, engine, gain(0.1), SaveSnapshot("Lead"))
        assert session.snapshot == "Clean"
        ask(session, engine, gain(0.9), RecallSnapshot("Lead"))
        assert engine.effects[1].values["gain"] == 0.1

    def test_there_has_to_be_one(self) -> None:
        """Between two there is no current one, and a name that is not there is not made."""
        session, engine, _ = started()
        ask(session, engine, MorphSnapshots(((0, "Clean"), (1, "Lead")), 0.5))
        assert refusals(ask(session, engine, SaveSnapshot()))[0].reason == "no snapshot is current"
        assert "no snapshot `Solo`" in refusals(ask(session, engine, SaveSnapshot("Solo")))[0].reason

    def test_a_preset_and_what_was_changed_of_it_come_back(self) -> None:
        """Without loading the preset again where it is loaded."""
        session, engine, _ = started()
        for action in (LoadPreset("drive", "Lead"), gain(0.35), SaveSnapshot(), LoadPreset("drive", "Crunch")):
            ask(session, engine, action)
        ask(session, engine, RecallSnapshot("Clean"))
        assert (engine.effects[1].values["gain"], engine.effects[1].values["level"]) == (0.35, 3.0)
        engine.log.clear()
        ask(session, engine, gain(0.5), RecallSnapshot("Clean"))
        assert not any(isinstance(request, WritePreset) for request in engine.log)
        assert cell(session) == (0.35, 0.35, State.CONFIRMED)

    def test_a_preset_on_its_way_is_saved_with_what_it_will_set(self) -> None:
        """Saved before the engine has loaded it, it comes back as it sounds."""
        session, engine, _ = started()
        ask(session, engine, LoadPreset("drive", "Lead"), SaveSnapshot("Lead"), LoadPreset("drive", "Crunch"))
        ask(session, engine, RecallSnapshot("Lead"))
        assert (engine.effects[1].values["gain"], engine.effects[1].values["level"]) == (0.9, 3.0)

    def test_triggers_and_global_parameters_are_not_stored(self) -> None:
        """A moment is no state."""
        tap = Plugin("urn:tap", "Tap", {"tap": Scale(0, 1, 0, trigger=True), "mix": Scale(), "level": Scale()})
        setup = Pedalboard(
            "T",
            (EffectSetup("echo", tap.uri),),
            (),
            (Snapshot("One"),),
            global_parameters=frozenset({("echo", "level")}),
        )
        session, engine, _ = started(setup, engine=FakeEngine(plugins={tap.uri: tap}))
        ask(session, engine, SaveSnapshot())
        assert session.pedalboard.snapshots[0].effects["echo"].parameters == {"mix": Level(0.0)}

    def test_where_a_wish_failed_the_engines_value_is_kept(self) -> None:
        """What is heard, not what was hoped."""
        session, engine, _ = started()
        engine.deny = nth(WriteParameters)
        ask(session, engine, gain(0.9))
        ask(session, engine, SaveSnapshot())
        assert session.pedalboard.snapshots[0].effects["drive"].parameters["gain"] == Level(0.2)

    def test_a_saved_one_is_laid_over_the_file_until_that_is_edited(self) -> None:
        """At the next start, and after a second save; an edited snapshot counts as it is written."""
        session, engine, _ = started()
        ask(session, engine, gain(0.4), SaveSnapshot(), gain(0.5), SaveSnapshot())
        saved = dict(session.saved)
        laid, stale = overlay((board(), board("Other")), saved)
        assert stale == {}
        assert laid[0].snapshots[0].effects["drive"].parameters["gain"] == Level(0.5)
        assert laid[0].snapshots[1:] == board().snapshots[1:]
        assert laid[1] == board("Other")
        edited = replace(board(), snapshots=(Snapshot("Clean"), *board().snapshots[1:]))
        laid, stale = overlay((edited,), saved)
        assert laid == (edited,)
        assert set(stale) == {("Stage", "Clean")}
        assert overlay((replace(board(), snapshots=()),), saved)[1] == saved
        assert overlay((), saved) == ((), {})

    def test_saving_over_a_saved_one_keeps_the_files_fingerprint(self) -> None:
        """Of a session that began with it."""
        session, engine, _ = started()
        ask(session, engine, gain(0.4), SaveSnapshot())
        (laid, *_), _ = overlay((board(),), session.saved)
        again, engine, _ = started(laid)
        again.saved.update(session.saved)
        ask(again, engine, gain(0.6), SaveSnapshot())
        (laid, *_), stale = overlay((board(),), again.saved)
        assert stale == {}
        assert laid.snapshots[0].effects["drive"].parameters["gain"] == Level(0.6)

    def test_a_saved_board_is_not_a_board_to_go_back_from(self) -> None:
        """An engine that refuses what it took before does not bring back an older version of the pedalboard."""
        session, engine, _ = started()
        ask(session, engine, gain(0.4), SaveSnapshot())
        empty = FakeEngine(plugins={DELAY.uri: DELAY, DRIVE.uri: DRIVE})
        empty.deny = nth(WriteParameters)
        ask(session, empty, Resync())
        assert session.pedalboard.snapshots[0].effects["drive"].parameters["gain"] == Level(0.4)

    recalls = st.builds(
        EffectRecall,
        st.none() | st.booleans(),
        st.none() | st.text(max_size=5),
        st.dictionaries(
            st.text(max_size=3), st.builds(Level, st.floats(-1e6, 1e6), st.sampled_from(["", "%", "dB"])), max_size=3
        ),
    )

    @given(st.builds(Snapshot, st.text(max_size=5), st.dictionaries(st.text(max_size=5), recalls, max_size=3)))
    def test_a_snapshot_survives_its_members(self, snapshot: Snapshot) -> None:
        """To JSON's values and back it is the same, and so is its fingerprint."""
        again = from_members(to_members(snapshot))
        assert again == snapshot
        assert fingerprint(again) == fingerprint(snapshot)

    @pytest.mark.parametrize(
        "members", [{}, {"name": "x"}, {"name": "x", "effects": 3}, {"name": "x", "effects": {"a": 1}}]
    )
    def test_what_is_no_snapshot_is_refused(self, members: dict[str, object]) -> None:
        """By an error that a reader of files expects."""
        with pytest.raises((ValueError, TypeError, KeyError)):
            from_members(members)

    def test_a_fingerprint_knows_every_part(self) -> None:
        """Any edit counts."""
        variants = [
            Snapshot("A"),
            Snapshot("A", {"drive": EffectRecall()}),
            Snapshot("A", {"drive": EffectRecall(bypassed=True)}),
            Snapshot("A", {"drive": EffectRecall(preset="x")}),
            Snapshot("A", {"drive": EffectRecall(parameters={"gain": Level(0.1)})}),
            Snapshot("A", {"drive": EffectRecall(parameters={"gain": Level(0.1, "%")})}),
        ]
        assert len({fingerprint(each) for each in variants}) == len(variants)
        assert SavedSnapshot("S", "x", variants[0]) == SavedSnapshot("S", "x", Snapshot("A"))


class TestBoard:
    def test_roles_and_names_are_told(self) -> None:
        """For rules that say `role:dirt`."""
        session = Session([replace(board(), roles={"dirt": ("drive",)})], Outbox())
        fact = next(change for change in session.report() if isinstance(change, PedalboardChanged))
        assert fact.roles == {"dirt": ("drive",)}

    def test_a_snapshots_preset_leaves_global_parameters(self) -> None:
        """The preset sets the gain; it is put back, for no snapshot recalls it."""
        snapshots = (Snapshot("Plain"), Snapshot("Lead", {"drive": EffectRecall(preset="Lead")}))
        kept = replace(board(), snapshots=snapshots, global_parameters=frozenset({("drive", "gain")}))
        session, engine, _ = started(kept)
        ask(session, engine, gain(0.44), RecallSnapshot("Lead"))
        assert engine.effects[1].values["gain"] == 0.44
        assert engine.effects[1].values["level"] == 3.0

    def test_a_resync_of_one_surface_asks_the_engine_and_tells_nobody_else(self) -> None:
        """The surface is shown everything by the shell."""
        session, engine, _ = started()
        engine.log.clear()
        assert session.receive(Resync("floor"), "floor") == []
        engine.run(session)
        assert engine.log[0] == ReadEffects()
