"""Through the whole mapper: no play leaves a note, a hold or a chord stuck, or begins one twice.

Rules come in pairs, of which one begins what the other ends: press and release, hold and hold-release. Whatever pages,
snapshots, files and cables do meanwhile, every beginning is followed by its end, once, and at the latest when the foot
is up or the device gone.
"""

from collections.abc import Iterable
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from controld.actions import SelectPage, SetBypass
from controld.changes import SnapshotChanged, State
from controld.events import ControlMoved
from controld.mappings.mapper import Mapper
from controld.mappings.profile import Control, Kind
from controld.mappings.rule import Condition, Gesture, Page, Rule, Stage, Trigger
from controld.mappings.runs import Intent
from controld.mappings.target import BypassTarget

SWITCHES = ("floor.a", "floor.b", "hands.c")
CONTROLS = {name: Control(name.partition(".")[2], Kind.BUTTON, None) for name in SWITCHES}
STAGE = Stage((Page("main", start=True), Page("solo")))
PAIRS = {Gesture.PRESS: Gesture.RELEASE, Gesture.HOLD: Gesture.HOLD_RELEASE}
TIMES = {Gesture.HOLD: 0.5, Gesture.HOLD_RELEASE: 0.5, Gesture.DOUBLE: 0.3, Gesture.REPEAT: 0.4}
NAMES = count()
GAPS = st.sampled_from([0.0, 0.01, 0.02, 0.049, 0.05, 0.1, 0.2, 0.3, 0.5, 0.6, 3.0])
EDGES = st.lists(st.tuples(st.sampled_from(SWITCHES), GAPS, st.booleans()), min_size=2, max_size=8)

# What stands on a switch or a chord: its controls, its gestures (each pair as its first), its page and its snapshot.
CLAIMS = st.tuples(
    st.sets(st.sampled_from(SWITCHES), min_size=1).map(sorted).map(tuple),
    st.sets(st.sampled_from([Gesture.PRESS, Gesture.HOLD, Gesture.DOUBLE, Gesture.REPEAT]), min_size=1),
    st.sampled_from(["", "", "", "main", "solo"]),
    st.sampled_from(["", "", "", "Lead"]),
)
FILES = st.lists(CLAIMS, min_size=2, max_size=6)
Claim = tuple[tuple[str, ...], set[Gesture], str, str]


def rules_of(claims: Iterable[Claim]) -> list[Rule]:
    """Return the rules of a file; the effect that one switches on is "controls,pair,+ or -"."""
    rules: list[Rule] = []
    for controls, gestures, page, snapshot in claims:
        condition = Condition(snapshots=(snapshot,)) if snapshot else None
        chord, within_s = (controls, 0.05) if len(controls) > 1 else ((), 0.0)
        for gesture in sorted(gestures, key=lambda each: each.value):
            name = f"{'+'.join(controls)},{next(NAMES)}"
            for each, sign in ((gesture, "+"), (PAIRS.get(gesture), "-")):
                if each is not None:
                    every_s = 0.1 if each is Gesture.REPEAT else 0.0
                    trigger = Trigger(
                        "+".join(controls), each, TIMES.get(each, 0.0), every_s=every_s, chord=chord, within_s=within_s
                    )
                    effect = f"{name},{sign if gesture in PAIRS else '='}"
                    target = BypassTarget((effect,), "active")
                    rules.append(Rule(f"{effect}", (trigger,), (target,), condition=condition, page=page))
    return rules


class Play(RuleBasedStateMachine):
    """Two devices, two pages, two snapshots, and files that are saved while somebody plays."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.down: set[str] = set()
        self.begun: set[str] = set()

    @initialize(files=st.tuples(FILES, FILES))
    def begin(self, files: tuple[list[Claim], list[Claim]]) -> None:
        self.files = files
        self.mapper = Mapper(rules_of(files[0]), CONTROLS, STAGE)

    def take(self, intents: Iterable[Intent]) -> None:
        """Every end has its beginning, and no beginning comes again before its end."""
        for intent in intents:
            assert isinstance(intent.action, SetBypass)
            name, _, sign = intent.action.effects[0].rpartition(",")
            if sign == "+":
                assert name not in self.begun
                self.begun.add(name)
            elif sign == "-":
                self.begun.remove(name)

    def wait(self, gap_s: float) -> None:
        self.now += gap_s
        self.take(self.mapper.tick(self.now)[0])
        deadline = self.mapper.next_deadline()
        assert deadline is None or deadline > self.now

    def of(self, controls: Iterable[str]) -> set[str]:
        """Return what has begun on any of these controls."""
        return {name for name in self.begun if not set(controls).isdisjoint(name.partition(",")[0].split("+"))}

    @rule(edges=EDGES)
    def play(self, edges: list[tuple[str, float, bool]]) -> None:
        """Switches go down and up; now and then the clock was not looked at before."""
        for control, gap_s, look in edges:
            self.edge(control, gap_s, look=look, is_down=control not in self.down)

    @rule(control=st.sampled_from(SWITCHES), gap_s=GAPS, is_down=st.booleans())
    def stutter(self, control: str, gap_s: float, is_down: bool) -> None:
        """Some devices send the same edge twice, or no release."""
        self.edge(control, gap_s, look=True, is_down=is_down)

    def edge(self, control: str, gap_s: float, *, look: bool, is_down: bool) -> None:
        if look:
            self.wait(gap_s)
        else:
            self.now += gap_s
        self.take(self.mapper.receive(ControlMoved(control, float(is_down), self.now)))
        if is_down:
            self.down.add(control)
        else:
            self.down.discard(control)
            assert not self.of([control])

    @rule(surface=st.sampled_from(["floor", "hands"]))
    def lose(self, surface: str) -> None:
        self.take(self.mapper.release_surface(surface, self.now))
        gone = [control for control in SWITCHES if control.startswith(surface)]
        self.down -= set(gone)
        assert not self.of(gone)

    @rule(index=st.integers(0, 1), fewer=st.sampled_from([False, False, True]))
    def save(self, index: int, fewer: bool) -> None:
        """Other rules; perhaps a device fewer, whose switches are released."""
        controls = {name: each for name, each in CONTROLS.items() if not fewer or name.startswith("floor")}
        kept = [claim for claim in self.files[index] if set(claim[0]) <= controls.keys()]
        mapper = Mapper(rules_of(kept), controls, STAGE)
        self.take(mapper.take_over(self.mapper, self.now)[0])
        self.mapper = mapper
        self.down &= controls.keys()
        assert not self.of(CONTROLS.keys() - controls.keys())

    @rule(page=st.sampled_from(["main", "solo"]))
    def turn(self, page: str) -> None:
        self.mapper.act(SelectPage(page), "floor", self.now)

    @rule(name=st.sampled_from(["Clean", "Lead"]))
    def recall(self, name: str) -> None:
        self.mapper.receive_changes([SnapshotChanged(name, 1, State.CONFIRMED)], self.now)

    @rule()
    def panic(self) -> None:
        self.take(self.mapper.panic("floor", self.now))
        assert not self.begun

    @invariant()
    def nothing_is_stuck(self) -> None:
        """What has begun, has all its controls held."""
        for name in self.begun:
            assert set(name.partition(",")[0].split("+")) <= self.down

    def teardown(self) -> None:
        if not hasattr(self, "mapper"):
            return
        for control in SWITCHES:
            self.edge(control, 0.01, look=True, is_down=False)
        self.wait(10.0)
        assert not self.begun
        assert self.mapper.next_deadline() is None


TestPlay = Play.TestCase
