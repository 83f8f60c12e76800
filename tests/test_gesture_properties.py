"""What no play can break: every press becomes one thing, what began ends, nothing fires early or twice."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from controld.mappings.gesture import Fired, Switch, Wants
from controld.mappings.rule import Gesture

SHORT = st.sampled_from([0.01, 0.05, 0.1, 0.3, 0.5, 0.7, 1.0]) | st.floats(0.0, 2.0)
THRESHOLDS = st.lists(st.floats(0.02, 1.5), max_size=3, unique=True).map(sorted).map(tuple)
REPEATS = st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(0.02, 0.5)), max_size=2, unique=True).map(sorted)
WISHES = st.builds(Wants, THRESHOLDS, st.none() | st.floats(0.05, 0.8), THRESHOLDS, REPEATS.map(tuple))
STALL_S = 30.0


class Play(RuleBasedStateMachine):
    """A switch under a foot, a loose cable, and a clock that is late or read from another thread."""

    def __init__(self) -> None:
        super().__init__()
        self.switch = Switch()
        self.now = 100.0
        self.down_s = 0.0
        self.is_down = False
        self.taps_waiting = 0
        self.fired: list[Fired] = []  # since the press began that is not decided yet

    @initialize(wants=WISHES)
    def begin(self, wants: Wants) -> None:
        self.wants = self.next_wants = wants

    @rule(wants=WISHES)
    def reload(self, wants: Wants) -> None:
        """Other rules count for the presses that come."""
        self.next_wants = wants

    @rule(gap_s=SHORT)
    def down(self, gap_s: float) -> None:
        if self.is_down:
            return
        self.now += gap_s
        idle = self.switch.is_idle
        fired = list(self.switch.down(self.now, self.next_wants))
        second = Fired(Gesture.DOUBLE) in fired
        assert not (idle and second)
        if not second:
            before = [] if idle else fired[: fired.index(Fired(Gesture.RELEASE)) + 1]
            self.take(before)
            self.finish()
            self.wants, self.down_s = self.next_wants, self.now
            fired = fired[len(before) :]
        self.is_down = True
        self.take(fired)

    @rule(gap_s=SHORT)
    def up(self, gap_s: float) -> None:
        self.now += gap_s
        self.take(self.switch.up(self.now))
        self.is_down = False
        self.rest()

    @rule(gap_s=SHORT | st.just(STALL_S))
    def tick(self, gap_s: float) -> None:
        self.now += gap_s
        due_s = self.switch.deadline()
        fired = self.switch.expire(self.now)
        if due_s is None or due_s > self.now:
            assert not fired  # never before its time
        times = [each for each in fired if each.gesture is Gesture.REPEAT]
        assert len(times) == len(set(times))  # no burst
        following = self.switch.deadline()
        assert following is None or following > self.now  # never after the first look at the clock
        self.take(fired)
        self.rest()

    @rule(gap_s=SHORT)
    def late_stamp(self, gap_s: float) -> None:
        """Something was stamped before the last look at the clock: nothing is due then."""
        assert not self.switch.expire(self.now - gap_s)

    @rule()
    def lose(self) -> None:
        fired = list(self.switch.lose())
        assert not any(each.gesture in {Gesture.HOLD, Gesture.DOUBLE} for each in fired)
        self.take(fired)
        self.is_down = False
        assert self.switch.is_idle
        self.finish(lost=True)

    def take(self, fired: Sequence[Fired]) -> None:
        """Check what fired against what this press may become."""
        for each in fired:
            if each.gesture in {Gesture.HOLD, Gesture.HOLD_RELEASE}:
                assert self.now >= self.down_s + each.time_s
        self.fired += fired

    def rest(self) -> None:
        if self.switch.is_idle:
            self.finish()

    def finish(self, *, lost: bool = False) -> None:
        """Check a whole press, from going down to being decided and up."""
        kinds = [each.gesture for each in self.fired]
        count = kinds.count
        assert count(Gesture.PRESS) == count(Gesture.RELEASE) <= 1
        assert count(Gesture.DOUBLE) <= 1
        holds = [each.time_s for each in self.fired if each.gesture is Gesture.HOLD]
        ends = [each.time_s for each in self.fired if each.gesture is Gesture.HOLD_RELEASE]
        assert all(one < other for one, other in pairwise(holds))
        assert all(one > other for one, other in pairwise(ends))
        assert bool(count(Gesture.PRESS)) + bool(count(Gesture.DOUBLE)) + bool(holds or ends) <= 1
        assert count(Gesture.REPEAT) == 0 or (kinds[0] is Gesture.PRESS and kinds[-1] is Gesture.RELEASE)
        # Every hold that was reached is ended by the hold-releases of its threshold and of those below.
        assert [time_s for time_s in reversed(self.wants.releases_s) if ends and time_s <= ends[0]] == ends
        assert set(ends) >= {time_s for time_s in self.wants.releases_s if time_s <= max(holds, default=0.0)}
        if self.fired and not lost and kinds[0] is Gesture.PRESS:
            assert {(each.time_s, each.every_s) for each in self.fired if each.gesture is Gesture.REPEAT} == set(
                self.wants.repeats
            )
        self.fired = []

    @invariant()
    def it_knows_whether_it_is_down(self) -> None:
        assert self.switch.is_down is self.is_down
        if self.switch.is_idle:
            assert self.switch.deadline() is None
            assert not self.switch.is_down


TestPlay = Play.TestCase


@given(WISHES, st.lists(SHORT, min_size=1, max_size=12), st.lists(st.floats(0.0, 20.0), max_size=12))
def test_looks_at_the_clock_change_nothing(wants: Wants, gaps: list[float], looks: list[float]) -> None:
    """With a look at the clock here and there, or none but the edges: the same gestures in the same order."""
    wants = Wants(wants.holds_s, wants.double_s, wants.releases_s)  # how often one repeats does depend on the clock
    edges = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    plain, watched = Switch(), Switch()
    fired: list[Fired] = []
    seen: list[Fired] = []
    times = sorted([(at_s, True) for at_s in edges] + [(at_s, False) for at_s in looks])
    for at_s, is_edge in times:
        if not is_edge:
            seen += watched.expire(at_s)
            continue
        if plain.is_down:
            fired += plain.up(at_s)
            seen += watched.up(at_s)
        else:
            fired += plain.down(at_s, wants)
            seen += watched.down(at_s, wants)
    assert [*fired, *plain.expire(100.0)] == [*seen, *watched.expire(100.0)]
