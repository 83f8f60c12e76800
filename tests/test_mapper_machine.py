"""The mapper as a state machine: whatever is played, turned, reloaded and lost, nothing stays stuck or fires twice.

Rules are drawn at random: gestures and chords on pages and under conditions, with momentary values, held pages, notes,
waits and modes. Each rule also sends a message of its own, by which it is counted.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition
from hypothesis.stateful import rule as step
from played_floor import CONTROLS, HOLD, PAGES, PRESS, RELEASE, Floor

from controld.actions import RecallSnapshot, Seek, SelectPage, SendMidi, SetVariable
from controld.feedback import Feedback
from controld.mappings.rule import Condition, Event, Gesture, Look, Mode, Rule, Stage, Trigger
from controld.mappings.shaping import Motion, Takeover
from controld.mappings.target import (
    BypassTarget,
    Command,
    CommandTarget,
    MorphTarget,
    PageTarget,
    ParameterTarget,
    PedalboardTarget,
    SendTarget,
    ShowTarget,
    SnapshotTarget,
    Target,
    TempoTarget,
    VariableTarget,
    WaitTarget,
)
from controld.values import Duration, Level

SWITCHES = ("fs1", "fs2", "fs3", "latch", "tablet.button")
STAGE = Stage(PAGES.pages, {"solo": False, "count": 0.0}, (BypassTarget(("delay",), "bypassed"),))
TIMES = {HOLD: 0.4, Gesture.DOUBLE: 0.25, Gesture.HOLD_RELEASE: 0.4, Gesture.REPEAT: 0.3}
# What nobody but momentary rules (and the pedalboards, which agree) ever does to the delay.
RESTING = {"delay": True}
HALF = Duration(0.5)
ON, OFF = b"\x90\x40\x7f", b"\x90\x40\x00"
# A list that plays a note by itself.
NOTE = (SendTarget(SendMidi("tablet", ON)), WaitTarget(Duration(0.2)), SendTarget(SendMidi("tablet", OFF)))
TARGETS: list[Target] = [
    BypassTarget(("delay",), "active", returns=True),
    BypassTarget(("role:wet",), "active", returns=True),
    ParameterTarget("delay", "mix", to=Level(0.9), returns=True),
    ParameterTarget("delay", "mix", by=Level(10, "%"), over=HALF, returns=True),
    SendTarget(SendMidi("tablet", ON), SendMidi("tablet", OFF)),
    PageTarget("solo", hold=True),
    PageTarget("fx", hold=True),
    PageTarget(Seek.NEXT),
    PageTarget(Seek.BACK),
    WaitTarget(Duration(0.2)),
    WaitTarget(Duration(beats=1)),
    BypassTarget(("drive",)),
    BypassTarget(("role:dirt",)),
    SnapshotTarget("Crunch"),
    SnapshotTarget("Clean"),
    PedalboardTarget(Seek.NEXT),
    VariableTarget("solo", toggle=True),
    VariableTarget("count", by=1.0),
    ParameterTarget("drive", "gain", toggle=(Level(0.2), Level(0.8)), over=HALF),
    ShowTarget("floor.screen", "{page} {drive/gain} {solo}", HALF),
    ShowTarget("floor.strip", "{snapshot}"),
    TempoTarget(tap=True),
    CommandTarget(Command.PANIC),
]
CONDITIONS = [
    None,
    None,
    Condition(snapshots=("Clean",)),
    Condition(pages=("solo", "fx")),
    Condition(variables=(("solo", True),)),
    Condition(none_of=(Condition(effects=(("role:dirt", True),)),)),
    Condition(controls=(("floor.fs4", True),)),
]
PAGE_NAMES = st.sampled_from(["", "", "main", "solo", "fx"])
LOOKS = st.sampled_from([Look(), Look(idle="dim", color="green"), Look(text="{page} {value}"), Look(shown=False)])


def full(name: str) -> str:
    """Return a control's full name."""
    return name if "." in name else f"floor.{name}"


@st.composite
def switch_rules(draw: st.DrawFn) -> Rule:
    """Return a rule of a switch or a chord, without its place."""
    gestures = [PRESS, PRESS, RELEASE, *TIMES]
    gesture = draw(st.sampled_from(gestures))
    names = draw(st.sampled_from([(name,) for name in SWITCHES] * 2 + [("fs1", "fs2"), ("fs1", "tablet.button")]))
    controls = tuple(full(name) for name in names)
    trigger = Trigger("+".join(controls), gesture, TIMES.get(gesture, 0.0), every_s=0.1 * (gesture is Gesture.REPEAT))
    if len(controls) > 1:
        trigger = replace(trigger, chord=controls, within_s=0.05)
    targets = tuple(draw(st.lists(st.sampled_from(TARGETS), max_size=3)))
    if draw(st.integers(0, 4)) == 0:
        targets += NOTE
    return Rule(
        "", (trigger,), targets, "", draw(st.sampled_from(CONDITIONS)), draw(LOOKS), page=draw(PAGE_NAMES),
        mode=draw(st.sampled_from(list(Mode))),
    )  # fmt: skip


@st.composite
def other_rules(draw: st.DrawFn) -> Rule:
    """Return a rule of something that moves, or of an event."""
    motions = [Motion(), Motion(takeover=Takeover.PICKUP), Motion(smooth_s=0.2), Motion(deadzone=0.1)]
    motion = draw(st.sampled_from(motions))
    targets: list[Target] = [
        ParameterTarget("drive", "gain", motion=motion),
        ParameterTarget("role:wet", "mix", motion=motion),
        MorphTarget(((0.0, "Clean"), (1.0, "Crunch")), motion=motion),
    ]
    triggers = [
        Trigger("floor.exp", Gesture.MOVE),
        Trigger("floor.knob", Gesture.MOVE),
        Trigger("tablet.level", Gesture.MOVE),
    ]
    if draw(st.booleans()):
        zones = [Trigger("floor.exp", Gesture.TOE, at=0.9), Trigger("floor.exp", Gesture.HEEL, at=0.1)]
        events = [Event.PAGE_ENTERED, Event.SNAPSHOT_RECALLED, Event.PEDALBOARD_LOADED, Event.SURFACE_CONNECTED]
        triggers = zones + [Trigger(f"event:{event.value}", Gesture.EVENT) for event in events]
        # What a rule does must not be what it waits for, or it would never come to rest.
        loud = PageTarget | SnapshotTarget | PedalboardTarget | CommandTarget
        targets = [each for each in TARGETS if not isinstance(each, loud)]
    page = draw(PAGE_NAMES)
    trigger, target = draw(st.sampled_from(triggers)), draw(st.sampled_from(targets))
    return Rule("", (trigger,), (target,), "", draw(st.sampled_from(CONDITIONS)), draw(LOOKS), page=page)


def placed(drawn: Sequence[Rule], generation: int) -> dict[bytes, Rule]:
    """Return the rules with their places, by the message of its own that each of a switch sends."""
    rules = {}
    for index, each in enumerate(drawn):
        data = bytes((0xF0, generation, index, 0xF7))
        count = SendTarget(SendMidi("floor", data))
        counted = (count, *each.targets) if each.triggers[0].gesture in {PRESS, RELEASE, *TIMES} else each.targets
        rules[data] = replace(each, place=f"{generation}:{index}", targets=counted)
    return rules


RULES = st.lists(switch_rules() | switch_rules() | other_rules(), min_size=1, max_size=14)


class MapperMachine(RuleBasedStateMachine):
    """The floor under random hands and files."""

    @initialize(rules=RULES)
    def begin(self, rules: list[Rule]) -> None:
        """Begin with some rules."""
        self.known = placed(rules, 0)
        self.floor = Floor(*self.known.values(), stage=STAGE)
        self.generation = 0
        self.presses: Counter[str] = Counter()
        self.fired: Counter[tuple[str, Gesture, str]] = Counter()
        self.notes = 0
        self.there = {"floor", "tablet"}

    def count(self) -> None:
        """Take what was sent: which rule fired, and notes that begin and end."""
        for message in self.floor.happened.messages:
            assert isinstance(message, SendMidi)
            if message.data in self.known:
                rule = self.known[message.data]
                (trigger,) = rule.triggers
                for control in trigger.chord or (trigger.control,):
                    self.fired[control, trigger.gesture, rule.place] += 1
            else:
                self.notes += 1 if message.data == ON else -1
        self.floor.forget()

    @step(on=st.sampled_from([*SWITCHES, "fs4"]))
    def press(self, on: str) -> None:
        """A foot comes down, or a finger."""
        if full(on).partition(".")[0] in self.there:
            self.presses[full(on)] += 1
            self.floor.press(on)

    @step(on=st.sampled_from([*SWITCHES, "fs4"]))
    def let_go(self, on: str) -> None:
        """It comes up; each edge of a latch is a press."""
        if full(on).partition(".")[0] in self.there:
            self.presses[full(on)] += on == "latch"
            self.floor.let_go(on)

    @step(on=st.sampled_from(["exp", "knob", "tablet.level"]), position=st.sampled_from([0.0, 0.2, 0.5, 0.93, 1.0]))
    def move(self, on: str, position: float) -> None:
        """A pedal, a knob, a fader on a screen."""
        if full(on).partition(".")[0] in self.there:
            self.floor.move(on, position)

    @step(seconds=st.sampled_from([0.01, 0.04, 0.1, 0.3, 1.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.floor.wait(seconds)

    @step(page=st.sampled_from(["main", "solo", "fx", Seek.NEXT, Seek.BACK]))
    def turn(self, page: str | Seek) -> None:
        """Somebody changes the page."""
        self.floor.do(SelectPage(page))

    @step(snapshot=st.sampled_from(["Clean", "Crunch"]))
    def recall(self, snapshot: str) -> None:
        """Somebody recalls a snapshot."""
        self.floor.do(RecallSnapshot(snapshot))

    @step()
    def set_variable(self) -> None:
        """Somebody sets a variable."""
        self.floor.do(SetVariable("solo", toggle=True))

    @step(rules=RULES, fewer=st.booleans())
    def reload(self, rules: list[Rule], fewer: bool) -> None:
        """The files are saved, sometimes without a switch of the profile."""
        self.generation += 1
        new = placed(rules, self.generation)
        self.known |= new
        controls = {name: control for name, control in CONTROLS.items() if not fewer or name != "floor.fs3"}
        used = [each for each in new.values() if not fewer or "floor.fs3" not in each.triggers[0].control]
        self.floor.reload(*used, stage=STAGE, controls=controls)

    @step(surface=st.sampled_from(["floor", "tablet"]))
    def lose(self, surface: str) -> None:
        """A cable goes."""
        if surface in self.there:
            self.there.discard(surface)
            self.floor.lose(surface)

    @step(surface=st.sampled_from(["floor", "tablet"]))
    def connect(self, surface: str) -> None:
        """And comes again."""
        if surface not in self.there:
            self.there.add(surface)
            self.floor.connect(surface)

    @step()
    def panic(self) -> None:
        """Somebody makes all safe."""
        self.floor.do(CommandTarget(Command.PANIC).action(1.0, 0))
        mapper = self.floor.rig.mapper
        assert not mapper._inputs.runs.held.holds
        assert not mapper._pages._held

    @invariant()
    @precondition(lambda self: hasattr(self, "floor"))
    def no_gesture_fires_twice(self) -> None:
        """Every press is at most one of press, hold and double; nothing is released that was not pressed."""
        self.count()
        most: dict[str, Counter[Gesture]] = {}
        for (control, gesture, _), times in self.fired.items():
            counts = most.setdefault(control, Counter())
            counts[gesture] = max(counts[gesture], times)
        for control, counts in most.items():
            presses = self.presses[control]
            assert counts[PRESS] + counts[HOLD] + 2 * counts[Gesture.DOUBLE] <= presses
            assert max(counts[RELEASE], counts[Gesture.HOLD_RELEASE]) <= presses

    @step()
    def all_let_go(self) -> None:
        """Every device goes, and all that takes its time ends: nothing is held, nothing sounds, nothing waits."""
        for surface in sorted(self.there):
            self.floor.lose(surface)
        self.floor.wait(30.0)
        self.count()
        mapper = self.floor.rig.mapper
        assert self.notes == 0
        assert not mapper._inputs.runs.held.holds
        assert not mapper._pages._held
        assert mapper.view.pressed == set()
        assert mapper._inputs.deadline() is None
        if "delay" in mapper.view.bypasses:
            assert mapper.view.bypasses["delay"].bypassed is RESTING["delay"]
        for surface in sorted(self.there):
            self.floor.connect(surface)

    @step()
    def lights_tell_the_truth(self) -> None:
        """Once the dust has settled each light is as one would draw it anew, and no display says anything else."""
        self.floor.wait(3.0)
        mapper = self.floor.rig.mapper
        for surface in sorted(self.there):
            for look in mapper.full_feedback(surface):
                assert _drawn(self.floor.looks[look.control]) == _drawn(look), (self.floor.looks[look.control], look)

    def teardown(self) -> None:
        """At the end as well."""
        if hasattr(self, "floor"):
            self.lights_tell_the_truth()
            self.all_let_go()


def _drawn(look: Feedback) -> tuple[str, float, str, str, str]:
    return look.control, round(look.value, 6), look.style, look.color, look.text


TestMapperMachine = MapperMachine.TestCase
TestMapperMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
