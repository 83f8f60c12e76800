"""Running a test of a map: its steps on a rig offline, then what it expects beside what became of it.

Pure. Each test begins on a rig of its own. What must not happen is looked at after everything that does, not only at
the end; what is expected is looked at when all is played and no press is undecided any more.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from controld.actions import (
    Action,
    LoadPedalboard,
    RecallSnapshot,
    SelectBank,
    SelectPage,
    SetBypass,
    SetParameter,
    SetTempo,
    SetVariable,
)
from controld.events import ControlEvent, ControlMoved, ControlTurned, ProgramChosen
from controld.mappings.map_test import (
    GAP_S,
    Choose,
    Device,
    Double,
    Down,
    Engine,
    Expected,
    Given,
    MapTest,
    MoveTo,
    Press,
    Step,
    Touched,
    Turn,
    Up,
    Wait,
)
from controld.mappings.profile import Control, Kind
from controld.mappings.rule import Gesture, Rule
from controld.offline import OfflineRig
from controld.trial_looks import found_words, is_so, light_is_so, light_words, touched_words


@dataclass(frozen=True, slots=True)
class Failure:
    """What is not as it should be: as it was written, where, and how it is instead."""

    expected: str
    place: str
    found: str


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired: when in the play, in seconds, and what it did."""

    at_s: float
    rule: Rule
    action: Action


@dataclass(slots=True)
class Verdict:
    """What became of a test; without failures it passed."""

    test: MapTest
    failures: list[Failure] = field(default_factory=list)
    fired: list[Fired] = field(default_factory=list)


class Trial:
    """One test on one rig."""

    def __init__(self, test: MapTest, rig: OfflineRig, controls: dict[str, Control], rules: Iterable[Rule]) -> None:
        self._test, self._rig, self._controls = test, rig, controls
        self._verdict = Verdict(test)
        self._settle_s = _longest_doubt(rules)
        self._held: set[str] = set()
        self._latched: set[str] = set()
        self._started_s = 0.0
        self._was: dict[int, bool] = {}
        self._reported: set[int] = set()

    def run(self) -> Verdict:
        """Play the test to its end, and judge."""
        rig = self._rig
        for action in given_actions(self._test.given):
            rig.do(action)
        rig.forget()
        self._started_s = rig.now
        self._was = {index: is_so(each.what, rig) for index, each in enumerate(self._test.unwanted)}
        rig.watch = self._look
        for played in self._test.play:
            self._step(played.step)
        if not self._held:
            rig.wait(self._settle_s)
        self._judge()
        return self._verdict

    # Playing

    def _step(self, step: Step) -> None:
        rig = self._rig
        match step:
            case Down(control):
                self._move(control, 1.0)
            case Up(control):
                self._move(control, 0.0)
            case Press(control, time_s):
                self._press(control, time_s)
            case Double(control):
                self._press(control, GAP_S / 2)
                rig.wait(GAP_S)
                self._press(control, GAP_S / 2)
            case MoveTo(control, position):
                self._receive(ControlMoved(control, position, rig.now))
            case Turn(control, detents):
                self._receive(ControlTurned(control, detents, rig.now))
            case Choose(control, program):
                self._receive(ProgramChosen(control, program, rig.now))
            case Wait(duration):
                rig.wait(duration.in_s(rig.rig.mapper.view.bpm))
            case Device(surface, connected):
                self._device(surface, connected=connected)
            case Engine(up):
                (rig.start_engine if up else rig.stop_engine)()

    def _press(self, control: str, time_s: float) -> None:
        """Press and let go; of a latch each press is one edge, for the device toggles by itself."""
        known = self._controls.get(control)
        if known is not None and known.kind is Kind.LATCH:
            self._latched ^= {control}
            self._receive(ControlMoved(control, float(control in self._latched), self._rig.now))
            self._rig.wait(time_s)
            return
        self._move(control, 1.0)
        self._rig.wait(time_s)
        self._move(control, 0.0)

    def _move(self, control: str, position: float) -> None:
        (self._held.add if position else self._held.discard)(control)
        self._receive(ControlMoved(control, position, self._rig.now))

    def _receive(self, event: ControlEvent) -> None:
        self._rig.receive(event)

    def _device(self, surface: str, *, connected: bool) -> None:
        if connected:
            self._rig.connect(surface)
        else:
            self._held = {name for name in self._held if not name.startswith(f"{surface}.")}
            self._rig.lose(surface)

    # Judging

    def _look(self) -> None:
        """Look whether something became so that must not."""
        for index, each in enumerate(self._test.unwanted):
            now = is_so(each.what, self._rig)
            if now and not self._was[index] and index not in self._reported:
                self._reported.add(index)
                self._fail(Expected(f"not {each.words}", each.place, each.what), self._when(each))
            self._was[index] = now

    def _when(self, each: Expected) -> str:
        at_s = self._rig.now - self._started_s
        what = touched_words(each.what, self._rig) if isinstance(each.what, Touched) else ""
        return f"it became so after {at_s:.2f} s{what}"

    def _judge(self) -> None:
        rig = self._rig
        for each in self._test.expect:
            if not is_so(each.what, rig):
                self._fail(each, found_words(each.what, rig))
        for light in self._test.lights:
            look = rig.looks.get(light.light.control)
            if not light_is_so(light.light, look):
                text = f"{light.light.control}: {light.words}"
                self._verdict.failures.append(Failure(text, light.place, light_words(look)))
        self._verdict.fired = [
            Fired(at_s - self._started_s, intent.rule, intent.action)
            for at_s, intent in zip(rig.happened.fired_s, rig.happened.intents, strict=True)
        ]

    def _fail(self, expected: Expected, found: str) -> None:
        self._verdict.failures.append(Failure(expected.words, expected.place, found))


def given_actions(given: Given) -> list[Action]:
    """Return what brings a rig into the state a test begins in, in the order in which one thing needs another."""
    actions: list[Action] = []
    for name, make in _CHOICES:
        chosen: str = getattr(given, name)
        if chosen:
            actions.append(make(chosen))
    if given.tempo_bpm is not None:
        actions.append(SetTempo(given.tempo_bpm))
    actions += [SetBypass((effect,), not active) for effect, active in given.effects]
    actions += [SetParameter(effect, symbol, level) for effect, symbol, level in given.parameters]
    actions += [SetVariable(name, value) for name, value in given.variables]
    if given.page:
        actions.append(SelectPage(given.page))
    return actions


_CHOICES: tuple[tuple[str, Callable[[str], Action]], ...] = (
    ("bank", SelectBank), ("pedalboard", LoadPedalboard), ("snapshot", RecallSnapshot),
)  # fmt: skip


def _longest_doubt(rules: Iterable[Rule]) -> float:
    """Return how long after its release a press may still become something else, in seconds."""
    triggers = [trigger for rule in rules for trigger in rule.triggers]
    doubles = [trigger.time_s for trigger in triggers if trigger.gesture is Gesture.DOUBLE]
    return max([*doubles, *(trigger.within_s for trigger in triggers)], default=0.0)
