"""How far a change of pedalboard is: told of one that takes its time, and ended whatever comes of it."""

from fake_engine import DELAY, DRIVE, FakeEngine, board, started

from controld.actions import LoadPedalboard, RecallSnapshot
from controld.changes import LoadProgressed, State, StateChange
from controld.session.engine_events import EngineLost
from controld.session.model import EffectSetup, Pedalboard
from controld.session.session import Session

BIG = Pedalboard("Big", tuple(EffectSetup(f"d{n}", DRIVE.uri, bypassed=True) for n in range(4)))
BROKEN = Pedalboard("Broken", (EffectSetup("x", "urn:nowhere"),))


def told(changes: list[StateChange]) -> list[LoadProgressed]:
    return [change for change in changes if isinstance(change, LoadProgressed)]


def load(session: Session, engine: FakeEngine, name: str, step_s: float, start: float = 100.0) -> list[StateChange]:
    """Load a pedalboard on an engine that needs `step_s` for each request."""
    now = start
    changes = session.receive(LoadPedalboard(name), "floor", now)
    while session._executor.outbox:
        now += step_s
        changes += engine.step(session, now=now)
    return changes


class TestProgress:
    def test_a_load_that_takes_its_time_says_how_far_it_is(self) -> None:
        """Never backwards, never all before it is, all at the end; told before the pedalboard is confirmed."""
        session, engine, _ = started(board(), BIG)
        changes = load(session, engine, "Big", 0.11)
        facts = told(changes)
        assert len(facts) > 3
        assert {(fact.pedalboard, fact.origin) for fact in facts} == {("Big", "floor")}
        assert [fact.done for fact in facts] == sorted({fact.done for fact in facts})
        assert [fact.done == fact.total for fact in facts] == [False] * (len(facts) - 1) + [True]

    def test_a_quick_one_says_nothing(self) -> None:
        """Nobody could read it."""
        session, engine, _ = started(board(), BIG)
        assert told(load(session, engine, "Big", 0.001)) == []

    def test_it_is_told_ten_times_a_second_at_most(self) -> None:
        """However quickly the steps are done."""
        many = Pedalboard("Many", tuple(EffectSetup(f"d{n}", DRIVE.uri, bypassed=True) for n in range(100)))
        session, engine, _ = started(board(), many)
        facts = told(load(session, engine, "Many", 0.01))
        assert 10 <= len(facts) <= 25

    def test_one_slow_step_is_told_by_the_clock(self) -> None:
        """While an effect is loaded for seconds no reply comes."""
        session, engine, _ = started(board(), BIG)
        session.receive(LoadPedalboard("Big"), "floor", 100.0)
        session._executor.outbox.take(1)
        engine.step(session, now=100.0)
        deadline = session.next_deadline()
        assert deadline is not None
        (fact,) = told(session.tick(deadline))
        assert 0 <= fact.done < fact.total

    def test_a_load_that_fails_ends_as_well(self) -> None:
        """The pedalboard's own fact says how; going back is a change of its own."""
        session, engine, _ = started(board(), BROKEN)
        facts = told(load(session, engine, "Broken", 0.2))
        assert [fact.pedalboard for fact in facts if fact.done == fact.total][:1] == ["Broken"]
        assert session.pedalboard.name == "Stage"

    def test_another_one_meanwhile_takes_its_place(self) -> None:
        """From then on it is the newer one that is told."""
        session, engine, _ = started(board(), BIG, Pedalboard("Third", (EffectSetup("delay", DELAY.uri),)))
        session.receive(LoadPedalboard("Big"), "floor", 100.0)
        engine.step(session, now=100.2)
        changes = load(session, engine, "Third", 0.2, 100.3)
        assert [fact.pedalboard for fact in told(changes)][:1] == ["Big"]
        assert {fact.pedalboard for fact in told(changes)[1:]} == {"Third"}
        assert told(changes)[0].done == told(changes)[0].total
        assert session.pedalboard.name == "Third"

    def test_a_recall_is_no_load(self) -> None:
        """However long it takes."""
        session, engine, _ = started()
        changes = session.receive(RecallSnapshot("Lead"), "floor", 100.0)
        for now in range(101, 120):
            changes += engine.step(session, now=now)
        assert told(changes) == []

    def test_it_ends_with_the_engine(self) -> None:
        """Nobody is woken for it while the engine is gone."""
        session, engine, _ = started(board(), BIG)
        session.receive(LoadPedalboard("Big"), "floor", 100.0)
        engine.step(session, now=100.2)
        session.receive_event(EngineLost("gone"))
        session.tick(200.0)
        assert session.next_deadline() is None

    def test_the_last_word_comes_before_the_pedalboards(self) -> None:
        """A display shows the name without a number from then on."""
        session, engine, _ = started(board(), BIG)
        changes = load(session, engine, "Big", 0.2)
        kinds = [getattr(change, "state", None) is State.CONFIRMED for change in changes if hasattr(change, "effects")]
        assert kinds[-1]
        assert changes.index(told(changes)[-1]) < max(
            index for index, change in enumerate(changes) if hasattr(change, "effects")
        )
