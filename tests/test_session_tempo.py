"""Tempo: taps and what drops out of them, beats on time, and the engine's transport."""

from itertools import pairwise

import pytest
from fake_engine import board, started
from hypothesis import given
from hypothesis import strategies as st
from session_play import ask

from controld.actions import EngineAction, LoadPedalboard, SetTempo, SetTransport, TapTempo
from controld.bridge.protocol import command_line
from controld.changes import BeatPassed, StateChange, TempoChanged
from controld.session.engine_events import EngineConnected, EngineLost
from controld.session.model import Pedalboard
from controld.session.requests import WriteTransport
from controld.session.session import Session


def tap(session: Session, *times_s: float) -> list[float]:
    """Tap at times; return the tempos that were told."""
    changes = [change for time_s in times_s for change in session.receive(TapTempo(), "floor", time_s)]
    return tempos(changes)


def tempos(changes: list[StateChange]) -> list[float]:
    return [change.bpm for change in changes if isinstance(change, TempoChanged)]


def beats(changes: list[StateChange]) -> list[int]:
    return [change.beat for change in changes if isinstance(change, BeatPassed)]


class TestTaps:
    def test_two_taps_are_a_tempo_and_one_is_none(self) -> None:
        """At 100 s, so that nothing rests on a clock that begins at zero."""
        session, _, _ = started()
        assert tap(session, 100.0) == []
        assert tap(session, 100.6) == [100.0]

    def test_it_is_told_once_per_real_change_and_rounded(self) -> None:
        """Steady taps tell nothing new; the sixth decimal of a foot is none."""
        session, _, _ = started()
        assert tap(session, 0.0, 0.4321, 0.8642, 1.2963) == [138.9]

    def test_the_median_of_the_last_eight_counts(self) -> None:
        """One late and one early beat do not shift it; what is older than eight is forgotten."""
        session, _, _ = started()
        assert tap(session, 0.0, 0.5, 1.0, 1.6, 2.0, 2.5)[-1:] == []
        assert tap(session, 3.0, 3.5) == []
        session, _, _ = started()
        times = [beat * 0.5 for beat in range(9)]
        times += [times[-1] + beat * 0.4 for beat in range(1, 9)]
        assert tap(session, *times)[-1] == 150.0

    def test_a_missed_beat_drops_out(self) -> None:
        """Twice as long as the others, once: ignored."""
        session, _, _ = started()
        assert tap(session, 0.0, 0.6, 1.2, 2.4, 3.0, 3.6) == [100.0]

    def test_two_outliers_that_agree_are_a_new_tempo(self) -> None:
        """Half the time, from the second on."""
        session, _, _ = started()
        assert tap(session, 0.0, 0.6, 1.2, 1.8) == [100.0]
        assert tap(session, 2.1) == []
        assert tap(session, 2.4) == [200.0]

    def test_two_outliers_that_do_not_agree_are_none(self) -> None:
        """A stumble: too long, then too short."""
        session, _, _ = started()
        assert tap(session, 0.0, 0.6, 1.2, 2.4, 2.7, 3.3) == [100.0]

    def test_a_pause_begins_anew(self) -> None:
        """The first tap after it changes nothing, the second is a tempo of its own."""
        session, _, _ = started()
        assert tap(session, 0.0, 0.6, 1.2) == [100.0]
        assert tap(session, 4.0) == []
        assert tap(session, 5.0) == [60.0]

    def test_a_bounce_is_no_tap(self) -> None:
        """Two edges of one press within a tenth of a second."""
        session, _, _ = started()
        assert tap(session, 0.0, 0.02, 0.6, 0.65, 1.2) == [100.0]

    @given(st.lists(st.floats(0.0, 4.0), min_size=1, max_size=40))
    def test_any_taps_stay_within_the_limits(self, gaps: list[float]) -> None:
        """20 to 300, told only when it is another than before."""
        session, _, _ = started()
        times = [sum(gaps[: count + 1]) for count in range(len(gaps))]
        told = [120.0, *tap(session, *times)]
        assert all(20 <= bpm <= 300 and bpm == round(bpm, 1) for bpm in told)
        assert all(a != b for a, b in pairwise(told))


class TestTempo:
    @pytest.mark.parametrize(
        ("action", "told"),
        [
            (SetTempo(90.0), [90.0]),
            (SetTempo(120.0), []),
            (SetTempo(by=-1.0), [119.0]),
            (SetTempo(5.0), [20.0]),
            (SetTempo(by=1000.0), [300.0]),
        ],
    )
    def test_it_is_set_and_changed_within_limits(self, action: SetTempo, told: list[float]) -> None:
        """20 and 300 are the ends."""
        session, _, _ = started()
        assert tempos(session.receive(action, "floor")) == told

    def test_a_pedalboard_brings_its_own(self) -> None:
        """And it is reported."""
        session, engine, _ = started(board(), Pedalboard("Slow", tempo_bpm=72.0))
        assert tempos(session.receive(LoadPedalboard("Slow"), "floor")) == [72.0]
        engine.run(session)
        assert tempos(session.report()) == [72.0]

    def test_the_transport_rolls_and_stops(self) -> None:
        """Toggled from how it stands; asking for what is tells nothing."""
        session, _, _ = started()
        for action, rolling in [(SetTransport(), True), (SetTransport(rolling=True), None), (SetTransport(), False)]:
            told = [c.rolling for c in session.receive(action, "floor") if isinstance(c, TempoChanged)]
            assert told == ([] if rolling is None else [rolling])


class TestBeats:
    def test_they_come_on_time_from_the_last_tap(self) -> None:
        """The tap is the first; each wake-up is the next beat's time."""
        session, _, _ = started()
        session.wants_beats = True
        tap(session, 10.0)
        assert beats(session.receive(TapTempo(), "floor", 10.5)) == [1]
        due = []
        for number in (2, 3, 4):
            deadline = session.next_deadline()
            assert deadline is not None
            due.append(deadline)
            assert beats(session.tick(deadline - 0.001)) == []
            assert beats(session.tick(deadline)) == [number]
        assert due == [pytest.approx(at) for at in (11.0, 11.5, 12.0)]

    def test_what_was_missed_is_not_told_in_a_burst(self) -> None:
        """After a stall the next one is told on its time, with its number."""
        session, _, _ = started()
        session.wants_beats = True
        session.receive(SetTempo(60.0), "floor", 10.0)
        assert beats(session.tick(14.6)) == []
        assert session.next_deadline() == pytest.approx(15.0)
        assert beats(session.tick(15.1)) == [6]

    def test_they_are_told_only_while_they_are_wanted(self) -> None:
        """No wake-ups otherwise; wanted again, they go on in the same time."""
        session, _, _ = started()
        session.receive(SetTempo(60.0), "floor", 10.0)
        assert session.next_deadline() is None
        session.wants_beats = True
        assert beats(session.tick(10.4)) == []
        assert session.next_deadline() == pytest.approx(11.0)
        session.wants_beats = False
        assert session.next_deadline() is None
        session.wants_beats = True
        assert beats(session.tick(13.5)) == []
        assert session.next_deadline() == pytest.approx(14.0)

    def test_beats_begin_when_they_are_first_wanted(self) -> None:
        """Whatever the clock says then: it counts from the start of the machine."""
        session, _, _ = started()
        session.wants_beats = True
        assert beats(session.tick(5000.2)) == [1]
        assert session.next_deadline() == 5000.7
        assert beats(session.tick(5000.7)) == [2]

    def test_another_pedalboards_tempo_leaves_the_next_beat_where_it_is(self) -> None:
        """Those after it follow the new tempo."""
        session, _, _ = started(board(), Pedalboard("Slow", tempo_bpm=60.0))
        session.wants_beats = True
        session.receive(SetTempo(120.0), "floor", 10.0)
        session.receive(LoadPedalboard("Slow"), "floor", 10.2)
        assert session._tempo.next_deadline() == pytest.approx(10.5)
        assert beats(session.tick(10.5)) == [2]
        assert session._tempo.next_deadline() == pytest.approx(11.5)

    @given(st.lists(st.floats(0.001, 3.0), min_size=1, max_size=60), st.floats(20, 300))
    def test_whatever_the_wake_ups_each_beat_is_told_once_and_in_order(self, waits: list[float], bpm: float) -> None:
        """At its time or up to a quarter of a beat late."""
        session, _, _ = started()
        session.wants_beats = True
        told, now = beats(session.receive(SetTempo(bpm), "floor", 5.0)), 5.0
        for wait in waits:
            now += wait
            for beat in beats(session.tick(now)):
                assert 0 <= now - (5.0 + (beat - 1) * 60 / bpm) <= 15 / bpm + 1e-6
                told.append(beat)
        assert told == sorted(set(told))


class TestEngine:
    def test_one_that_offers_it_is_told_every_change(self) -> None:
        """At once when it connects, and the newest of many that wait."""
        session, engine, _ = started(offers=("transport",))
        assert engine.transport == WriteTransport(rolling=False, bpb=4.0, bpm=120.0)
        ask(session, engine, SetTempo(90.0), SetTempo(95.0), SetTransport())
        assert [each for each in engine.log if isinstance(each, WriteTransport)][1:] == [engine.transport]
        assert engine.transport == WriteTransport(rolling=True, bpb=4.0, bpm=95.0)

    @pytest.mark.parametrize("action", [SetTempo(90.0), SetTransport()])
    def test_one_that_does_not_is_told_nothing(self, action: EngineAction) -> None:
        """The stock bridge may die of it."""
        session, engine, _ = started()
        ask(session, engine, action)
        assert not any(isinstance(request, WriteTransport) for request in engine.log)

    def test_what_changed_while_it_was_away_is_told_when_it_is_back(self) -> None:
        """Once, and nothing stale before it."""
        session, engine, _ = started(offers=("transport",))
        session.receive_event(EngineLost("gone"))
        ask(session, engine, SetTempo(80.0), SetTempo(85.0))
        engine.log.clear()
        session.receive_event(EngineConnected(frozenset({"events", "effects", "transport"})))
        engine.run(session)
        assert [each for each in engine.log if isinstance(each, WriteTransport)] == [WriteTransport(False, 4.0, 85.0)]

    def test_the_command_is_mod_hosts_own(self) -> None:
        """Rolling, beats in a bar, beats a minute."""
        assert command_line(WriteTransport(rolling=True, bpb=4.0, bpm=97.5)) == "transport 1 4 97.5"
