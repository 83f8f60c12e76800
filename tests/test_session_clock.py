"""A clock that is followed: its tempo is nobody's wish, its beats are ours, and a continue is no start."""

import pytest
from fake_engine import started
from hypothesis import given, settings
from hypothesis import strategies as st
from test_session_tempo import beats, tempos

from controld.actions import FollowClock, SetTempo, SetTransport, Undo
from controld.changes import TempoChanged


def test_its_tempo_is_told_and_not_undone() -> None:
    """The player's own change before it is what undo takes back."""
    session, _, _ = started()
    session.receive(SetTempo(100.0), "floor", 1.0)
    assert tempos(session.receive(FollowClock(140.0), "drums", 2.0)) == [140.0]
    assert tempos(session.receive(FollowClock(140.0), "drums", 3.0)) == []
    assert 140.0 not in tempos(session.receive(Undo(), "floor", 4.0))
    assert tempos(session.receive(FollowClock(5.0), "drums", 5.0)) == [20.0]


def test_a_beat_goes_where_the_clock_has_it() -> None:
    """The nearest one of ours, early or late, and those after it with it."""
    for beat_s, due_s in ((11.02, 11.02), (10.98, 10.98), (10.52, 11.02)):
        session, _, _ = started()
        session.wants_beats = True
        session.receive(SetTempo(120.0), "floor", 10.0)
        session.tick(10.5)
        session.receive(FollowClock(120.0, beat_s), "drums", 10.6)
        assert session.next_deadline() == pytest.approx(due_s)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 0.6), st.floats(-0.04, 0.04), st.floats(60, 200)), max_size=40))
def test_no_beat_is_told_twice_or_out_of_order(steps: list[tuple[float, float, float]]) -> None:
    """However the clock wavers."""
    session, _, _ = started()
    session.wants_beats = True
    told, now = beats(session.receive(SetTempo(120.0), "floor", 5.0)), 5.0
    for wait, off, bpm in steps:
        now += wait
        told += beats(session.tick(now))
        told += beats(session.receive(FollowClock(round(bpm, 1), now + off), "drums", now))
    assert told == sorted(set(told))


def test_continue_goes_on_where_it_was() -> None:
    """The beats are not begun anew, and whoever sends a clock is told that it is no start."""
    session, _, _ = started()
    session.wants_beats = True
    session.receive(SetTempo(60.0), "floor", 10.0)
    (change,) = session.receive(SetTransport(rolling=True, resume=True), "drums", 10.3)
    assert change == TempoChanged(60.0, rolling=True, origin="drums", resumed=True)
    assert session.next_deadline() == pytest.approx(11.0)
    session.receive(SetTransport(rolling=False), "drums", 10.4)
    started_again = session.receive(SetTransport(rolling=True), "drums", 10.6)
    assert TempoChanged(60.0, rolling=True, origin="drums") in started_again
    assert session.next_deadline() == pytest.approx(11.6)
