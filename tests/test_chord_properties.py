"""What no play can break: each press reaches one switch, with its true time, in time, and its end reaches the same."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from controld.mappings.chord import Chord, Edge, Route, Router

CONTROLS = ("a", "b", "c", "d")
CHORDS = st.lists(
    st.builds(
        lambda names, within_s: Chord("+".join(sorted(names)), tuple(sorted(names)), within_s),
        st.sets(st.sampled_from(CONTROLS), min_size=2),
        st.sampled_from([0.03, 0.05, 0.1]),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda chord: chord.name,
)
GAPS = st.sampled_from([0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.5])
LONGEST_S = 0.1


class Play(RuleBasedStateMachine):
    """Four switches under a band of feet."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.pressed: dict[str, float] = {}  # controls that are down, since when
        self.untold: dict[str, float] = {}  # presses that no switch was told
        self.switches: dict[str, float] = {}  # switches that were told that they are down
        self.swallowed: set[str] = set()  # controls whose release belongs to a chord

    @initialize(chords=CHORDS)
    def begin(self, chords: list[Chord]) -> None:
        self.chords = {chord.name: chord for chord in chords}
        self.router = Router(chords)

    def take(self, routes: list[Route]) -> None:
        for route in routes:
            assert route.time_s <= self.now
            if route.edge is not Edge.DOWN:
                since = self.switches.pop(route.switch)
                assert route.time_s == self.now >= since
                continue
            assert route.switch not in self.switches
            self.switches[route.switch] = route.time_s
            if route.switch in CONTROLS:
                assert self.untold.pop(route.switch) == route.time_s
                continue
            chord = self.chords[route.switch]
            downs = [self.untold.pop(control) for control in chord.controls]
            assert route.time_s == max(downs) < min(downs) + chord.within_s
            self.swallowed |= set(chord.controls)

    @rule(control=st.sampled_from(CONTROLS), gap_s=GAPS, refused=st.sets(st.integers(0, 4), max_size=2))
    def down(self, control: str, gap_s: float, refused: set[int]) -> None:
        if control in self.pressed:
            return
        self.now += gap_s
        wanted = {name for index, name in enumerate(self.chords) if index not in refused}
        self.pressed[control] = self.untold[control] = self.now
        self.take(self.router.down(control, self.now, wanted))
        if not any(control in chord.controls for chord in self.chords.values()):
            assert control not in self.untold  # no delay without a reason

    @rule(control=st.sampled_from(CONTROLS), gap_s=GAPS)
    def up(self, control: str, gap_s: float) -> None:
        if control not in self.pressed:
            return
        self.now += gap_s
        self.take(self.router.up(control, self.now))
        del self.pressed[control]
        assert control not in self.untold  # a tap is never lost
        assert control not in self.switches
        self.swallowed.discard(control)

    @rule(gap_s=GAPS)
    def tick(self, gap_s: float) -> None:
        self.now += gap_s
        due_s = self.router.deadline()
        routes = self.router.expire(self.now)
        assert due_s is None or due_s <= self.now or not routes  # never before its time
        self.take(routes)
        following = self.router.deadline()
        assert following is None or following > self.now
        assert all(self.now - down_s < LONGEST_S for down_s in self.untold.values())

    @rule(controls=st.sets(st.sampled_from(CONTROLS), min_size=1), gap_s=GAPS)
    def lose(self, controls: set[str], gap_s: float) -> None:
        self.now += gap_s
        for control in controls:
            self.pressed.pop(control, None)
            self.untold.pop(control, None)
            self.swallowed.discard(control)
        self.take(self.router.lose(controls, self.now))
        assert controls.isdisjoint(self.switches)

    @rule()
    def reload(self) -> None:
        """The same chords again; what waits or is held stays so."""
        router = Router(self.chords.values())
        router.take_over(self.router)
        self.router = router

    @invariant()
    def what_is_down_is_down(self) -> None:
        """A switch is down exactly while what it stands for is: no press hangs, none is told to two."""
        for switch in self.switches:
            controls = [switch] if switch in CONTROLS else self.chords[switch].controls
            assert all(control in self.pressed for control in controls)
        for control in self.pressed:
            owners = [name for name in self.switches if control in name.split("+")]
            owners += ["nobody yet"] * (control in self.untold)
            assert len(owners) == 1 or (control in self.swallowed and not owners)
        assert (self.router.deadline() is None) is (not self.untold)


TestPlay = Play.TestCase
