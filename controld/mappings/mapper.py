"""The mapper: control events in, actions out; the session's changes in, feedback out.

Pure and synchronous; time is an argument. A rule is found by its control's name in one look-up, so a thousand rules
cost no more than ten. Gestures (`mappings.gesture`), conditions (`mappings.view`) and looks (`mappings.lights`) are
asked only where a rule needs them. Waits inside a rule's list, undecided gestures and lights that are pending have
deadlines: `next_deadline` says when `tick` should be called.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from controld.actions import Action, MapperAction
from controld.changes import ParameterChanged, PedalboardChanged, PresetChanged, SnapshotChanged, State, StateChange
from controld.events import ControlEvent, ControlMoved, ControlTurned, ProgramChosen
from controld.feedback import Feedback
from controld.mappings.gesture import Fired, Switch, Wants
from controld.mappings.lamps import Lamp, dark
from controld.mappings.profile import Control, Kind, SourceType
from controld.mappings.rule import Gesture, Rule, Stage, Trigger
from controld.mappings.target import Key, WaitTarget
from controld.mappings.view import PEDALBOARD, View

# A wish that the engine confirms sooner than this is not shown as pending: a light that only flickers tells nothing.
PENDING_AFTER_S = 0.03
SWITCHES = frozenset({Kind.BUTTON, Kind.LATCH})
NATURAL = {Gesture.PRESS, Gesture.MOVE, Gesture.CHANGE}
_PLAIN = Wants()


@dataclass(slots=True)
class Intent:
    """An action with the one who wants it and the rule that says so."""

    action: Action
    origin: str
    rule: Rule


@dataclass(slots=True)
class _Binding:
    """A control with its rules; for switches also the state of the switch and the rules its press belongs to."""

    name: str
    surface: str
    control: Control
    rules: list[tuple[Trigger, Rule]] = field(default_factory=list)
    switch: Switch = field(default_factory=Switch)
    owned: list[tuple[Trigger, Rule]] = field(default_factory=list)
    origin: str = ""
    wants: Wants | None = None  # fixed where no rule has a condition
    shown: list[Rule] = field(default_factory=list)  # those a light may follow, natural gestures first

    @property
    def conditional(self) -> bool:
        return any(rule.condition is not None for _, rule in self.rules)


@dataclass(slots=True)
class _Sequence:
    """The rest of a rule's list, due after a wait."""

    due_s: float
    rule: Rule
    index: int
    position: float
    detents: int
    origin: str


class Mapper:
    """Rules over the controls of all surfaces; `controls` is by full name ("floor.fs1")."""

    def __init__(
        self,
        rules: Sequence[Rule],
        controls: Mapping[str, Control],
        stage: Stage = Stage(),  # noqa: B008 - frozen
    ) -> None:
        self.view = View()
        self.stage = stage
        self.unmapped = 0  # events of controls that no rule uses
        self._bindings = {name: _Binding(name, name.partition(".")[0], control) for name, control in controls.items()}
        self._by_key: dict[Key, list[_Binding]] = {}
        self._conditional: list[_Binding] = []
        self._sequences: dict[str, _Sequence] = {}
        self._undecided: dict[str, _Binding] = {}
        self._pending: dict[str, float] = {}  # control -> when its wish is shown as pending
        for rule in rules:
            self._bind(rule)
        for binding in self._bindings.values():
            self._index(binding)

    def _bind(self, rule: Rule) -> None:
        for trigger in rule.triggers:
            self._bindings[trigger.control].rules.append((trigger, rule))

    def _index(self, binding: _Binding) -> None:
        binding.wants = None if binding.conditional else _wants(binding.rules)
        if not _can_show(binding.control):
            return
        if binding.conditional:
            self._conditional.append(binding)
        shown = sorted(binding.rules, key=lambda pair: pair[0].gesture not in NATURAL)
        binding.shown = [rule for _, rule in shown if rule.look.shown]
        keys = {key: None for rule in binding.shown for target in rule.targets for key in target.follows()}
        for key in keys:
            self._by_key.setdefault(key, []).append(binding)

    # Events to actions

    def receive(self, event: ControlEvent) -> list[Intent]:
        """Return what the rules make of an event, in the order of the rules."""
        binding = self._bindings.get(event.control)
        if binding is None or not (binding.rules or not binding.switch.is_idle):
            self.unmapped += 1
            return []
        intents: list[Intent] = []
        if type(event) is ControlMoved:
            origin = f"{binding.surface}/{event.client}" if event.client else binding.surface
            if binding.control.kind in SWITCHES:
                self._switched(binding, event, origin, intents)
            else:
                for _, rule in binding.rules:
                    self._run(rule, event.position, 0, origin, event.time_s, intents)
        elif type(event) is ControlTurned:
            for _, rule in binding.rules:
                self._run(rule, 0.0, event.detents, binding.surface, event.time_s, intents)
        elif type(event) is ProgramChosen:
            for trigger, rule in binding.rules:
                if trigger.program is None or trigger.program == event.program:
                    self._run(rule, 1.0, 0, binding.surface, event.time_s, intents)
        return intents

    def release_surface(self, surface: str, now: float, client: str = "") -> list[Intent]:
        """Release what a lost surface held: a rule that was pressed sees its release, an undecided press never was.

        With `client` only what that one of the surface's clients held.
        """
        intents: list[Intent] = []
        origin = f"{surface}/{client}" if client else ""
        for binding in self._bindings.values():
            if binding.surface == surface and not binding.switch.is_idle and origin in {"", binding.origin}:
                self._fire(binding, binding.switch.lose(), now, intents)
                self._undecided.pop(binding.name, None)
        return intents

    def tick(self, now: float) -> tuple[list[Intent], list[Feedback]]:
        """Return what time alone brings: holds, decided presses, what comes after waits, and lights still pending."""
        intents: list[Intent] = []
        while (due := min(self._deadlines(), default=None)) is not None and due[0] <= now:
            at_s, is_switch, key = due  # one at a time: what one of them starts may be due as well
            if is_switch:
                binding = self._undecided[key]
                self._fire(binding, binding.switch.expire(at_s), at_s, intents)
                self._watch(binding)
            else:
                self._continue(self._sequences.pop(key), intents)
        shown = [name for name, at_s in self._pending.items() if at_s <= now]
        for name in shown:
            del self._pending[name]
        return intents, [self._look(self._bindings[name]) for name in shown]

    def next_deadline(self) -> float | None:
        """Return when `tick` should be called, in seconds; None for not at all."""
        if not (self._undecided or self._sequences or self._pending):
            return None
        deadlines = [due[0] for due in self._deadlines()]
        return min([*deadlines, *self._pending.values()], default=None)

    def _deadlines(self) -> Iterator[tuple[float, bool, str]]:
        """Yield when something is to be decided or done: seconds, whether by a switch, and its key."""
        for key, sequence in self._sequences.items():
            yield sequence.due_s, False, key
        for name, binding in self._undecided.items():
            deadline = binding.switch.deadline()
            if deadline is not None:
                yield deadline, True, name

    def take_over(self, old: "Mapper") -> None:
        """Go on where another mapper was: what is held stays held, and belongs to the rules that took it."""
        self.view = old.view
        for name, binding in old._bindings.items():  # noqa: SLF001 - its own kind
            heir = self._bindings.get(name)
            if heir is not None and not binding.switch.is_idle:
                heir.switch, heir.owned, heir.origin = binding.switch, binding.owned, binding.origin
                self._watch(heir)
        self._sequences = old._sequences  # noqa: SLF001 - its own kind

    def _switched(self, binding: _Binding, event: ControlMoved, origin: str, intents: list[Intent]) -> None:
        """Take an edge of a switch; each edge of a latch is a press, because the device toggles it by itself."""
        latch = binding.control.kind is Kind.LATCH
        now = event.time_s
        self._fire(binding, binding.switch.expire(now), now, intents)
        if event.position >= 0.5 or latch:
            if binding.switch.is_down:  # a device that sends no release
                self._fire(binding, binding.switch.up(now), now, intents)
            if binding.switch.is_idle:
                binding.owned = [pair for pair in binding.rules if self._holds(pair[1])]
            binding.origin = origin
            fired = binding.switch.down(now, binding.wants or _wants(binding.owned))
            self._fire(binding, fired, now, intents)
        if event.position < 0.5 or latch:
            self._fire(binding, binding.switch.up(now), now, intents)
        self._watch(binding)

    def _fire(self, binding: _Binding, fired: Iterable[Fired], now: float, intents: list[Intent]) -> None:
        for each in fired:
            for trigger, rule in binding.owned:
                if trigger.gesture is each.gesture and (
                    each.gesture is not Gesture.HOLD or trigger.time_s == each.time_s
                ):
                    position = 0.0 if each.gesture is Gesture.RELEASE else 1.0
                    self._run_steps(rule, position, 0, binding.origin, now, intents)

    def _watch(self, binding: _Binding) -> None:
        if binding.switch.deadline() is None:
            self._undecided.pop(binding.name, None)
        else:
            self._undecided[binding.name] = binding

    def _holds(self, rule: Rule) -> bool:
        return rule.condition is None or self.view.holds(rule.condition)

    def _run(self, rule: Rule, position: float, detents: int, origin: str, now: float, intents: list[Intent]) -> None:
        if rule.condition is None or self.view.holds(rule.condition):
            self._run_steps(rule, position, detents, origin, now, intents)

    def _run_steps(
        self, rule: Rule, position: float, detents: int, origin: str, now: float, intents: list[Intent]
    ) -> None:
        if self._sequences:
            self._sequences.pop(rule.place, None)  # a second trigger starts the list again
        self._continue(_Sequence(now, rule, 0, position, detents, origin), intents)

    def _continue(self, sequence: _Sequence, intents: list[Intent]) -> None:
        targets = sequence.rule.targets
        while sequence.index < len(targets):
            target = targets[sequence.index]
            sequence.index += 1
            if isinstance(target, WaitTarget):
                sequence.due_s += target.duration.in_s(self.view.pedalboard.tempo_bpm)
                self._sequences[sequence.rule.place] = sequence
                return
            action = target.action(sequence.position, sequence.detents)
            intents.append(Intent(action, sequence.origin, sequence.rule))

    # What the mapper does itself, and what the rig tells it

    def act(self, action: MapperAction, origin: str, now: float) -> tuple[list[StateChange], list[Feedback]]:
        """Change page or variable, or show a text; returns what changed, and what displays show then."""
        del action, origin, now
        return [], []

    @property
    def reacts(self) -> bool:
        """Tell whether a rule waits for something that happens in the rig."""
        return False

    def react(self, changes: Sequence[StateChange], now: float) -> list[Intent]:
        """Return what the rules make of what happened."""
        del changes, now
        return []

    def panic(self, origin: str, now: float) -> list[Intent]:
        """End everything that runs or is held, and return the declared safe state."""
        del origin, now
        return []

    def notice(self, text: str, now: float) -> list[Feedback]:
        """Show a text on every display for a while."""
        del text, now
        return []

    # Changes to feedback

    def receive_changes(self, changes: Iterable[StateChange], now: float) -> list[Feedback]:
        """Return how the controls that follow these facts should look; each once, with the newest of all facts."""
        touched: dict[str, _Binding] = {}
        failed: set[str] = set()
        for change in changes:
            key = self.view.receive(change)
            if key is None:
                continue
            if isinstance(change, PresetChanged | SnapshotChanged | PedalboardChanged) and change.state is State.FAILED:
                # The device may have lit the switch that asked, which is not the one this fact is about any more.
                failed |= {binding.name for binding in self._by_key.get(key, ())}
            # The hand's own fader is not shown its past while the wish is on its way; a surface with many clients knows
            # whose hand it is, and spares that one by itself.
            hand = change.origin if _is_moving(change) else None
            for binding in self._by_key.get(key, ()):
                if binding.surface != hand or binding.control.kind in SWITCHES:
                    touched[binding.name] = binding
            if key[0] != "parameter":
                for binding in self._bindings.values() if key == PEDALBOARD else self._conditional:
                    if binding.shown:
                        touched[binding.name] = binding
        looks = [self._look(binding) for binding in touched.values()]
        for look in looks:
            look.force |= look.control in failed
        return [look for look in looks if not self._is_too_early(look, now)]

    def full_feedback(self, surface: str) -> list[Feedback]:
        """Return how every control of a surface should look, in the order of its profile."""
        bindings = [each for each in self._bindings.values() if each.surface == surface and _can_show(each.control)]
        return [self._look(binding) for binding in bindings]

    def correction(self, control: str) -> list[Feedback]:
        """Return the true look of a control that may have changed by itself; empty where it shows nothing."""
        binding = self._bindings.get(control)
        if binding is None or not binding.shown:
            return []
        return [replace(self._look(binding), force=True)]

    def _look(self, binding: _Binding) -> Feedback:
        """Return the look by the first rule that applies, natural gestures before others; dark where none does."""
        for rule in binding.shown:
            if rule.condition is None or self.view.holds(rule.condition):
                look = Lamp(rule).feedback(binding.name, binding.control, self.view)
                if look is not None:
                    return look
        return dark(binding.name)

    def _is_too_early(self, look: Feedback, now: float) -> bool:
        """Tell whether a pending look should wait: a light for a moment, the hand's own fader until it is settled."""
        if look.state is not State.ASKED:
            self._pending.pop(look.control, None)
            return False
        if look.style:
            self._pending.setdefault(look.control, now + PENDING_AFTER_S)
            return True
        return look.origin == look.control.partition(".")[0]


def _can_show(control: Control) -> bool:
    """Tell whether a control shows anything: it has a light or text, or is a widget that shows at its own address."""
    if control.light is not None or control.display is not None:
        return True
    return control.source is not None and control.source.type is SourceType.OSC


def _is_moving(change: StateChange) -> TypeGuard[ParameterChanged]:
    return type(change) is ParameterChanged and change.state is State.ASKED


def _wants(rules: Iterable[tuple[Trigger, Rule]]) -> Wants:
    """Return what rules want of their switch."""
    holds = {trigger.time_s for trigger, _ in rules if trigger.gesture is Gesture.HOLD}
    doubles = [trigger.time_s for trigger, _ in rules if trigger.gesture is Gesture.DOUBLE]
    if not holds and not doubles:
        return _PLAIN
    return Wants(tuple(sorted(holds)), max(doubles, default=None))
