"""The clock: a tempo from ticks that jitter, go missing and come twice; ticks of our own that never jump."""

import random
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from controld.actions import FollowClock, SetTransport
from controld.midi_clock import CATCH_UP_TICKS, LOST_S, MAX_BPM, MIN_BPM, PPQN, ClockFilter, ClockPlan, ClockReader

TICK, START, CONTINUE, STOP, POSITION = b"\xf8", b"\xfa", b"\xfb", b"\xfc", b"\xf2\x7f\x7f"
TEMPI = st.floats(30.0, 280.0)


def interval_s(bpm: float) -> float:
    return 60.0 / (PPQN * bpm)


def ticks(bpm: float, count: int, begin_s: float = 0.0) -> list[float]:
    return [begin_s + n * interval_s(bpm) for n in range(count)]


def fed(times: list[float], clock: ClockFilter | None = None) -> ClockFilter:
    clock = clock or ClockFilter()
    for tick_s in times:
        clock.tick(tick_s)
    return clock


class TestFilter:
    @settings(deadline=None)
    @given(TEMPI, st.floats(0.0, 0.15), st.randoms(use_true_random=False))
    def test_it_is_bounded_through_any_jitter(self, bpm: float, jitter: float, chance: random.Random) -> None:
        """Every tick up to 15 % of its interval off, all of them against us: the tempo is within 1.2 %.

        The worst is a whole beat early and the next one late: the slope is then off by 3 x 0.15 / 48.
        """
        width = jitter * interval_s(bpm)
        clock = fed([tick_s + chance.uniform(-width, width) for tick_s in ticks(bpm, 4 * PPQN, 1.0)])
        assert clock.bpm == pytest.approx(bpm, rel=0.012)

    @pytest.mark.parametrize("bpm", [40.0, 90.0, 120.0, 174.3, 250.0])
    def test_it_converges_through_jitter_that_is_chance(self, bpm: float) -> None:
        """Off by as much, but not all to one side: two beats tell the tempo to half a percent."""
        width = 0.15 * interval_s(bpm)
        for seed in range(100):
            chance = random.Random(seed)
            clock = fed([tick_s + chance.uniform(-width, width) for tick_s in ticks(bpm, 4 * PPQN, 1.0)])
            assert clock.bpm == pytest.approx(bpm, rel=0.005)

    @settings(deadline=None)
    @given(TEMPI, st.sets(st.integers(0, 4 * PPQN - 1), max_size=12))
    def test_it_survives_missing_ticks(self, bpm: float, missing: set[int]) -> None:
        """Whatever is missing, the tempo is that of those that came, and the count goes on as if none were."""
        assume(len({n % PPQN for n in missing}) < 10)
        assume(all(len({n, n + 1, n + 2} & missing) < 3 for n in range(4 * PPQN)))
        times = [tick_s for n, tick_s in enumerate(ticks(bpm, 6 * PPQN)) if n not in missing or n < 12]
        clock = fed(times)
        assert clock.bpm == pytest.approx(bpm, rel=0.005)

    @settings(deadline=None)
    @given(TEMPI, st.sets(st.integers(PPQN, 3 * PPQN), max_size=8), st.floats(0.0, 0.2))
    def test_a_tick_that_comes_twice_is_one(self, bpm: float, doubled: set[int], apart: float) -> None:
        """Its second time finds no line of its own, and the song goes on no faster."""
        times = sorted(
            tick_s + late
            for n, tick_s in enumerate(ticks(bpm, 4 * PPQN))
            for late in ((0.0, apart * interval_s(bpm)) if n in doubled else (0.0,))
        )
        assume(all((n + 1) not in doubled for n in doubled))
        clock = fed(times)
        assert clock.bpm == pytest.approx(bpm, rel=0.005)
        assert clock.line == 4 * PPQN

    @settings(deadline=None)
    @given(TEMPI, st.integers(2 * PPQN, 3 * PPQN), st.floats(0.5, 1.4))
    def test_a_late_tick_is_no_other_tempo(self, bpm: float, which: int, late: float) -> None:
        """One tick that was held up, even beyond the next, moves nothing that could be heard."""
        times = ticks(bpm, 4 * PPQN)
        times[which] += late * interval_s(bpm)
        assert fed(sorted(times)).bpm == pytest.approx(bpm, rel=0.005)

    @settings(deadline=None)
    @given(TEMPI, TEMPI)
    def test_another_tempo_is_found_within_two_beats(self, before: float, after: float) -> None:
        """From any tempo to any other: nothing of the old one is left after that."""
        clock = fed(ticks(before, 3 * PPQN))
        clock = fed(ticks(after, 3 * PPQN, 3 * PPQN * interval_s(before)), clock)
        assert clock.bpm == pytest.approx(after, rel=0.005)

    @settings(deadline=None)
    @given(st.lists(st.floats(0.0, 2.0), max_size=200))
    def test_it_is_bounded_whatever_comes(self, gaps: list[float]) -> None:
        """Any ticks at all: no exception, a tempo within the limits or none, and a count that never goes back."""
        clock, now = ClockFilter(), 0.0
        for gap in gaps:
            now += gap
            before = clock.line
            step = clock.tick(now)
            assert clock.line == before + step
            assert step >= 0
            assert clock.bpm is None or MIN_BPM <= clock.bpm <= MAX_BPM

    def test_a_clock_that_stops_keeps_its_tempo(self) -> None:
        """After a silence it begins anew, and tells what it was until it knows better."""
        clock = fed(ticks(120.0, 2 * PPQN))
        clock.tick(60.0 + LOST_S)
        assert clock.bpm == pytest.approx(120.0)
        assert fed(ticks(90.0, 2 * PPQN, 61.0), clock).bpm == pytest.approx(90.0, rel=0.005)


def told(reader: ClockReader, times: list[float]) -> list[FollowClock | SetTransport]:
    return [action for tick_s in times for action in reader.receive(TICK, tick_s)]


class TestReader:
    def test_a_steady_clock_is_told_once_a_beat(self) -> None:
        """The tempo as soon as it is known, then where the beats are; no tick in between costs anybody anything."""
        actions = told(ClockReader(), ticks(120.0, 4 * PPQN + 1, 10.0))
        assert actions[0] == FollowClock(120.0, None)
        beats = [action.beat_s for action in actions if isinstance(action, FollowClock) and action.beat_s]
        assert beats == pytest.approx([10.5, 11.0, 11.5, 12.0])
        assert len(actions) == 5

    def test_jitter_is_not_told_as_tempo(self) -> None:
        """A millisecond either way on every tick: after the first two beats one tempo, to the tenth."""
        chance = random.Random(7)
        times = [tick_s + chance.uniform(-0.001, 0.001) for tick_s in ticks(120.0, 40 * PPQN)]
        tempi = [action.bpm for action in told(ClockReader(), times) if isinstance(action, FollowClock)]
        assert len(set(tempi)) <= 4
        assert tempi[-1] == pytest.approx(120.0, abs=0.11)

    def test_start_stop_and_continue_are_the_transport(self) -> None:
        """A start begins the song, so that its first tick is a beat; continue goes on where it was."""
        reader = ClockReader()
        told(reader, ticks(120.0, 30))
        assert reader.receive(START, 1.0) == [SetTransport(rolling=True)]
        first = told(reader, [30 * interval_s(120.0)])
        assert [type(action) for action in first] == [FollowClock]
        assert first[0].beat_s == pytest.approx(30 * interval_s(120.0))  # type: ignore[union-attr]
        assert reader.receive(STOP, 2.0) == [SetTransport(rolling=False)]
        assert reader.receive(CONTINUE, 3.0) == [SetTransport(rolling=True, resume=True)]
        assert reader.receive(b"\x90\x40\x40", 3.0) == []

    def test_a_song_position_says_where_the_beats_are(self) -> None:
        """Two sixteenths into a bar the next beat is twelve ticks away."""
        reader = ClockReader()
        told(reader, ticks(120.0, 30))
        assert reader.receive(b"\xf2\x02\x00", 0.7) == []
        after = ticks(120.0, 14, 30 * interval_s(120.0))
        assert told(reader, after[:12]) == []
        assert [action.beat_s for action in told(reader, after[12:])] == pytest.approx([after[12]])  # type: ignore[union-attr]

    @settings(deadline=None)
    @given(
        st.lists(st.tuples(st.sampled_from([TICK, START, CONTINUE, STOP, b"\xf2\x7f\x7f", b"\xf2"]), st.floats(0, 1)))
    )
    def test_any_messages_are_taken(self, messages: list[tuple[bytes, float]]) -> None:
        """In any order and at any times."""
        reader, now = ClockReader(), 0.0
        for message, gap in messages:
            now += gap
            for action in reader.receive(message, now):
                assert isinstance(action, SetTransport) or MIN_BPM <= action.bpm <= MAX_BPM


class TestPlan:
    def test_ticks_are_due_at_absolute_times(self) -> None:
        """A tick that is sent late makes none of the others late."""
        plan = ClockPlan(120.0, 0.0)
        for n in range(1, 200):
            assert plan.due_s == pytest.approx(n * interval_s(120.0))
            plan.take(plan.due_s + (0.004 if n % 3 else 0.0))

    @settings(deadline=None)
    @given(st.lists(st.tuples(TEMPI, st.floats(0.0, 0.3)), min_size=1, max_size=30))
    def test_a_change_of_tempo_makes_no_jump(self, changes: list[tuple[float, float]]) -> None:
        """Ticks stay in order, none twice or left out, and no gap is longer or shorter than the tempi around it."""
        bpm, now = 120.0, 0.0
        plan, last = ClockPlan(bpm, now), 0.0
        for after, pause in changes:
            until_s, around = now + pause, [bpm]
            while plan.due_s <= until_s:
                due = plan.due_s
                plan.take(due)
                assert due > last
                last = due
            plan.set_tempo(after, until_s)
            around.append(after)
            due = plan.due_s
            assert due >= until_s - 1e-9
            shortest, longest = min(map(interval_s, around)), max(map(interval_s, around))
            if len(changes) == 1 and last:
                assert shortest - 1e-9 <= due - last <= longest + 1e-9
            bpm, now = after, until_s

    def test_a_start_has_its_beat_at_once(self) -> None:
        """The first tick after it follows within a millisecond, the others an interval apart from that."""
        plan = ClockPlan(120.0, 0.0)
        plan.restart(3.0)
        due = []
        for _ in range(3):
            due.append(plan.due_s)
            plan.take(plan.due_s)
        assert due[0] == pytest.approx(3.001)
        assert [b - a for a, b in pairwise(due)] == pytest.approx([interval_s(120.0)] * 2)

    def test_a_machine_that_slept_does_not_make_up_for_it(self) -> None:
        """A beat's worth of ticks is caught up, so that the song keeps its place; an hour is not."""
        plan = ClockPlan(120.0, 0.0)
        plan.take(interval_s(120.0) * CATCH_UP_TICKS)
        assert plan.due_s == pytest.approx(2 * interval_s(120.0))
        plan.take(3600.0)
        assert plan.due_s == pytest.approx(3600.0 + interval_s(120.0))
