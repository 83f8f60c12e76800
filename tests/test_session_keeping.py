"""Pedalboards, banks and favourites as a session keeps them: what is asked of the disk, and what it answers."""

from collections.abc import Callable

from fake_engine import DELAY, FakeEngine, board
from session_play import AT_ONCE, ask, gain, refusals

from controld.actions import LoadPedalboard, SaveSnapshot, SelectBank, SetBypass, SetTempo, Undo
from controld.changes import (
    BankChanged,
    BanksChanged,
    FavouritesChanged,
    PedalboardChanged,
    PedalboardCreated,
    PedalboardRemoved,
    PedalboardRenamed,
    PedalboardSaved,
    Refused,
    State,
    StateChange,
)
from controld.session.edits import (
    AddFavourite,
    AddToBank,
    CreateEffect,
    CreatePedalboard,
    CreateSnapshot,
    DeletePedalboard,
    DuplicatePedalboard,
    Edit,
    ImportPedalboard,
    RemoveFavourite,
    RemoveFromBank,
    RenamePedalboard,
    ResetPedalboard,
    SavePedalboard,
    SavePedalboardAs,
    SetBanks,
)
from controld.session.model import Bank, EffectSetup, Pedalboard, Snapshot
from controld.session.outbox import Outbox
from controld.session.session import Session
from controld.session.shelf import (
    DropBoard,
    Filing,
    KeepBanks,
    KeepBoard,
    KeepFavourites,
    Stored,
    StoredBanks,
    UnreadableBoard,
    fingerprint,
)
from controld.values import Level

ACTIVE = SetBypass(("drive",), bypassed=False)
OWN = Pedalboard("Own", (EffectSetup("echo", DELAY.uri),))


def stored(*boards: Pedalboard, written: str = "") -> list[Stored]:
    """Return pedalboards of the library."""

    def reader(each: Pedalboard) -> Callable[[], Pedalboard]:
        return lambda: each

    return [Stored(each.name, reader(each), written) for each in boards]


def playing(*own: Pedalboard, banks: tuple[Bank, ...] = ()) -> tuple[Session, FakeEngine]:
    """Return a session on the board of a file, with others in the library, and its engine."""
    session, engine = Session([board()], Outbox(), banks=banks), FakeEngine()
    session.open_library(stored(*own))
    session.receive_event(AT_ONCE)
    engine.run(session)
    return session, engine


def filed(session: Session, reason: str = "") -> tuple[list[Filing], list[StateChange]]:
    """Let the disk take everything, or nothing; return what it was asked, and the facts."""
    taken = session.take_filing()
    return taken, [change for each in taken for change in session.receive_filed(each, reason)]


def names(session: Session) -> tuple[str, ...]:
    """Return the pedalboards that are told of."""
    return next(fact.pedalboards for fact in session.report() if isinstance(fact, PedalboardChanged))


class TestPedalboards:
    """Made, kept, named, copied, removed."""

    def test_an_empty_one_is_made_and_played(self) -> None:
        """Undo returns to the one before; the new one is there all the same."""
        session, engine = playing()
        changes = ask(session, engine, CreatePedalboard("../\x00 Größe", "for try"))
        assert PedalboardCreated("../\x00 Größe", "floor", "for try") in changes
        assert (session.pedalboard.name, session.pedalboard.effects) == ("../\x00 Größe", ())
        assert engine.effects == {}
        assert names(session) == ("Stage", "../\x00 Größe")
        taken, changes = filed(session)
        assert [type(each) for each in taken] == [KeepBoard]
        assert changes == [PedalboardSaved("../\x00 Größe", State.CONFIRMED, "floor")]
        ask(session, engine, Undo())
        assert session.pedalboard == board()
        assert names(session) == ("Stage", "../\x00 Größe")

    def test_what_is_played_becomes_the_board(self) -> None:
        """With values, tempo and effects; loaded again it is the same, and the person's file lies under it."""
        session, engine = playing(OWN)
        ask(session, engine, gain(0.9), ACTIVE, SetTempo(99.0), CreateEffect(DELAY.uri, "echo"), SavePedalboard())
        (kept,), changes = filed(session)
        assert isinstance(kept, KeepBoard)
        assert kept.written == fingerprint(board())
        assert changes == [PedalboardSaved("Stage", State.CONFIRMED, "floor")]
        assert kept.board.effects[0].parameters["gain"] == Level(0.9)
        ask(session, engine, LoadPedalboard("Own"), LoadPedalboard("Stage"))
        drive = engine.effects[session._executor.rig.effects["drive"].instance]
        assert drive.values["gain"] == 0.9
        assert not drive.bypassed  # as it was saved, not as the snapshot has it that it was saved in
        assert session.snapshot == "Clean"
        assert session.pedalboard.effect_names() == ("drive", "delay", "echo")
        assert session.pedalboard.tempo_bpm == 99.0
        again = Session([board()], Outbox())
        again.open_library(stored(kept.board, written=kept.written))
        assert again._boards.named("Stage") == kept.board

    def test_an_edited_file_wins(self) -> None:
        """What was kept over it is set aside."""
        session = Session([board()], Outbox())
        session.open_library(stored(board(), written="of another"))
        assert session.take_filing() == [DropBoard("Stage", aside=True)]
        assert session._boards.named("Stage") == board()

    def test_a_file_that_is_edited_while_it_runs_wins(self) -> None:
        """The same on a reload; an unchanged one changes nothing."""
        session, engine = playing()
        ask(session, engine, gain(0.9), SavePedalboard())
        filed(session)
        saved = session.pedalboard
        session.replace_pedalboards([board()])
        assert session.pedalboard == saved
        assert session.take_filing() == []
        other = board(uri=DELAY.uri)
        session.replace_pedalboards([other])
        assert session.pedalboard == other
        assert session.take_filing() == [DropBoard("Stage", aside=True)]

    def test_edits_outlive_a_reload_of_other_files(self) -> None:
        """The board itself was not changed in its file."""
        session, engine = playing()
        ask(session, engine, CreateEffect(DELAY.uri, "echo"))
        session.replace_pedalboards([board(), Pedalboard("New")])
        assert session.pedalboard.effect_names() == ("drive", "delay", "echo")
        session.replace_pedalboards([Pedalboard("Stage", board().effects, board().connections, (Snapshot("Only"),))])
        assert session.pedalboard.effect_names() == ("drive", "delay", "echo")
        assert session.pedalboard.snapshot_names() == ("Only",)

    def test_a_disk_that_refuses_is_told_and_playing_goes_on(self) -> None:
        """The board counts as it was kept, for as long as this runs."""
        session, engine = playing()
        ask(session, engine, gain(0.9), SavePedalboard())
        _, changes = filed(session, "No space left on device")
        assert changes[-1] == PedalboardSaved("Stage", State.FAILED, "floor")
        assert "No space left" in refusals(changes)[0].reason

    def test_save_as_goes_on_with_the_new_one(self) -> None:
        """The old one is as it was; undo still knows what was done before."""
        session, engine = playing()
        changes = ask(session, engine, gain(0.9), SavePedalboardAs("Copy"))
        assert session.pedalboard.name == "Copy"
        assert [c.pedalboard for c in changes if isinstance(c, PedalboardChanged)][-1] == "Copy"
        assert session._boards.named("Stage") == board()
        ask(session, engine, Undo())
        assert engine.effects[1].values["gain"] == 0.2

    def test_a_board_has_another_name(self) -> None:
        """In the banks too; the new one is kept before the old one goes."""
        session, engine = playing(OWN, Pedalboard("Zed"))
        ask(session, engine, SetBanks((Bank("Set", ("Stage", "Own")),)), LoadPedalboard("Own"))
        session.take_filing()
        changes = ask(session, engine, RenamePedalboard("Own", "Mine"))
        assert PedalboardRenamed("Mine", "Own", "floor") in changes
        assert session.pedalboard.name == "Mine"
        assert [type(each) for each in session.take_filing()] == [KeepBoard, KeepBanks, DropBoard]
        bank = next(fact for fact in session.report() if isinstance(fact, BankChanged))
        assert bank.pedalboards == ("Stage", "Mine")
        ask(session, engine, Undo())
        assert session.pedalboard.name == "Stage"

    def test_a_copy_stays_behind(self) -> None:
        """What plays goes on."""
        session, engine = playing(OWN)
        ask(session, engine, DuplicatePedalboard("Own", "Other"))
        assert session.pedalboard.name == "Stage"
        assert names(session) == ("Stage", "Other", "Own")
        ask(session, engine, LoadPedalboard("Other"))
        assert session.pedalboard == Pedalboard("Other", OWN.effects)

    def test_a_board_is_removed(self) -> None:
        """One that plays goes on; one of a file is as its file has it."""
        session, engine = playing(OWN)
        ask(session, engine, SetBanks((Bank("Set", ("Own",)),)), LoadPedalboard("Own"))
        changes = ask(session, engine, DeletePedalboard("Own"))
        assert PedalboardRemoved("Own", "floor") in changes
        assert BanksChanged((("Set", ()),), "floor") in changes
        assert session.pedalboard.name == "Own"
        ask(session, engine, LoadPedalboard("Stage"), gain(0.9), SavePedalboard(), DeletePedalboard("Stage"))
        assert session._boards.named("Stage") == board()

    def test_a_reset_is_taken_back(self) -> None:
        """To the board as it was edited and played."""
        session, engine = playing()
        ask(session, engine, CreateEffect(DELAY.uri, "echo"), gain(0.9), ResetPedalboard())
        assert session.pedalboard == board()
        assert engine.effects[1].values["gain"] == 0.2
        ask(session, engine, Undo())
        assert session.pedalboard.effect_names() == ("drive", "delay", "echo")
        assert engine.effects[1].values["gain"] == 0.9

    def test_an_import_has_a_name_of_its_own(self) -> None:
        """One that is taken gets a number."""
        session, engine = playing()
        for expected in ("Own", "Own 2", "Own 3"):
            ask(session, engine, ImportPedalboard(OWN))
            assert expected in names(session)

    def test_snapshots_are_kept_at_once(self) -> None:
        """Without what else was edited; those that were saved by themselves go with them."""
        session, engine = playing()
        ask(session, engine, gain(0.9), SaveSnapshot("Lead"))
        assert session.take_filing() == []
        assert set(session.saved) == {("Stage", "Lead")}
        ask(session, engine, CreateEffect(DELAY.uri, "echo"), CreateSnapshot("New"))
        kept = session.take_filing()[0]
        assert isinstance(kept, KeepBoard)
        assert kept.board.effects == board().effects
        assert kept.board.snapshot_names() == ("Clean", "Crunch", "Lead", "New")
        assert kept.board.snapshots[2] == session.pedalboard.snapshots[2]
        assert kept.written == fingerprint(board())
        assert session.saved == {}
        ask(session, engine, gain(0.1), SaveSnapshot("Clean"))
        assert session.saved == {}
        assert [type(each) for each in session.take_filing()] == [KeepBoard]

    def test_one_that_cannot_be_read_is_refused(self) -> None:
        """What plays goes on."""

        def broken() -> Pedalboard:
            message = "line 1 column 1"
            raise UnreadableBoard(message)

        session, engine = playing()
        session.open_library([Stored("Bad", broken)])
        changes = ask(session, engine, LoadPedalboard("Bad"))
        assert "cannot be read: line 1" in refusals(changes)[0].reason
        assert session.pedalboard == board()

    def test_what_cannot_be_is_refused(self) -> None:
        """Each with one reason, and nothing else."""
        session, _engine = playing(OWN, banks=(Bank("Set", ("Stage",)),))
        wishes: list[tuple[Edit, str]] = [
            (CreatePedalboard("Own"), "there is a pedalboard `Own` already"),
            (CreatePedalboard(" \n"), "needs a name"),
            (CreatePedalboard("x" * 1001), "at most 1000"),
            (CreatePedalboard("\udc80"), "half of a character"),
            (SavePedalboardAs("Stage"), "already"),
            (RenamePedalboard("Stage", "X"), "is written in a file: rename it there"),
            (RenamePedalboard("Owm", "X"), "did you mean `Own`?"),
            (RenamePedalboard("Own", "Stage"), "already"),
            (DuplicatePedalboard("Owm", "X"), "did you mean `Own`?"),
            (DeletePedalboard("Stage"), "remove it there"),
            (DeletePedalboard("Owm"), "did you mean `Own`?"),
            (ImportPedalboard(Pedalboard("")), "needs a name"),
            (ImportPedalboard(Pedalboard("A", (EffectSetup("a/b", DELAY.uri),))), "expected the name of an effect"),
            (ImportPedalboard(Pedalboard("A", (OWN.effects[0],) * 2)), "two effects"),
            (SetBanks((Bank("A", ("Owm",)),)), "did you mean `Own`?"),
            (SetBanks((Bank("A", ()), Bank("A", ()))), "two banks"),
            (SetBanks((Bank("", ()),)), "needs a name"),
            (AddToBank("Set", "Stage"), "in `Set` already"),
            (AddToBank("Set", "Nobody"), "there is no pedalboard"),
            (RemoveFromBank("Sat", "Stage"), "did you mean `Set`?"),
            (RemoveFromBank("Set", "Own"), "has no pedalboard"),
            (AddFavourite("nothing"), "expected the URI"),
            (RemoveFavourite("urn:x"), "is no favourite"),
        ]
        before = names(session)
        for wish, reason in wishes:
            changes = session.receive(wish, "rpc")
            assert [type(change) for change in changes] == [Refused], wish
            assert reason in refusals(changes)[0].reason
        assert names(session) == before
        assert session.take_filing() == []


class TestBanks:
    """Banks and favourites."""

    def test_banks_are_set_and_kept(self) -> None:
        """The current one stays, by name; they are in place of those of the file as long as that is as it was."""
        session, engine = playing(OWN, banks=(Bank("A", ("Stage",)), Bank("B", ())))
        ask(session, engine, SelectBank("B"))
        changes = ask(session, engine, AddToBank("C", "Own"), RemoveFromBank("A", "Stage"))
        assert BanksChanged((("A", ()), ("B", ()), ("C", ("Own",))), "floor") in changes
        bank = next(fact for fact in session.report() if isinstance(fact, BankChanged))
        assert (bank.bank, bank.banks) == ("B", ("A", "B", "C"))
        kept = session.take_filing()[-1]
        assert isinstance(kept, KeepBanks)
        assert kept.banks is not None
        again = Session([board()], Outbox(), banks=(Bank("A", ("Stage",)), Bank("B", ())))
        again.open_library([], StoredBanks(kept.banks, kept.written))
        assert again._boards.shelf.banks == kept.banks
        again.replace_pedalboards([board()], (Bank("A", ()),))
        assert again._boards.shelf.banks == (Bank("A", ()),)
        assert again.take_filing() == [KeepBanks(None)]

    def test_favourites(self) -> None:
        """Each once, the newest last."""
        session, engine = playing()
        changes = ask(session, engine, AddFavourite("urn:a"), AddFavourite("urn:b"), AddFavourite("urn:a"))
        assert changes[-1] == FavouritesChanged(("urn:b", "urn:a"), "floor")
        assert ask(session, engine, RemoveFavourite("urn:b")) == [FavouritesChanged(("urn:a",), "floor")]
        assert session.take_filing()[-1] == KeepFavourites(("urn:a",))
