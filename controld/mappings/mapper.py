"""The mapper: control events in, actions out; the session's changes in, feedback out.

Pure and synchronous; time is an argument. It joins what has one task each: `inputs` (what is played, to rules), `runs`
(what rules do), `event_rules` (what happens in the rig, to rules), `pages` and `variables` (what the mapper changes by
itself), and `showing` (facts, to lights and displays). Waits inside a rule's list, undecided gestures, soft movements
and looks that are to come have deadlines: `next_deadline` says when `tick` should be called.
"""

from collections.abc import Iterable, Mapping, Sequence

from controld.actions import MapperAction, SelectPage, SetVariable, ShowText
from controld.changes import (
    BypassChanged,
    MorphChanged,
    ParameterChanged,
    Refused,
    StateChange,
    VariableChanged,
)
from controld.events import ControlMoved, ControlTouched, ControlTurned, ProgramChosen
from controld.feedback import Feedback
from controld.mappings.bindings import bind, bindings_of, waiting
from controld.mappings.driving import Drive
from controld.mappings.event_rules import EventRules
from controld.mappings.index import Index
from controld.mappings.inputs import Inputs
from controld.mappings.pages import Pages
from controld.mappings.profile import Control
from controld.mappings.rule import Event, Gesture, Rule, Stage, Trigger
from controld.mappings.runs import Intent
from controld.mappings.showing import PENDING_AFTER_S, Showing
from controld.mappings.target import Key
from controld.mappings.variables import set_variable
from controld.mappings.view import View, keys_of
from controld.mappings.why import why_none

__all__ = ["PENDING_AFTER_S", "Intent", "Mapper"]

# What the declared safe state is done for.
PANIC_PLACE = "panic"
_PANIC = Trigger(PANIC_PLACE, Gesture.EVENT)
# Facts about what can be held, and about what a control can drive. (As tuples: a union is made anew each time.)
_HOLDABLE = (ParameterChanged, BypassChanged)
_DRIVEN = (ParameterChanged, MorphChanged)


class Mapper:
    """Rules over the controls of all surfaces; `controls` is by full name ("floor.fs1")."""

    def __init__(
        self,
        rules: Sequence[Rule],
        controls: Mapping[str, Control],
        stage: Stage = Stage(),  # noqa: B008 - frozen
    ) -> None:
        self.stage = stage
        self._pages = Pages(stage.pages)
        self.view = View(stage.variables)
        self.view.page = self._pages.fact()
        bindings = bindings_of(rules, controls, stage)
        for condition in (rule.condition for rule in rules if rule.condition is not None):
            for key in keys_of(condition):
                if key[0] == "control" and key[1] in bindings:
                    bindings[key[1]].asked = True
        self._inputs = Inputs(bindings, self.view)
        self._showing = Showing(bindings, self.view)
        self._events = EventRules(waiting(rules), self.view)
        self._list_drives()

    def _list_drives(self) -> None:
        self._drives: Index[Drive] = Index()
        self._has_drives = False
        for binding in self._inputs.bindings.values():
            for drive in binding.drives():
                self._drives.add(drive.key, drive)
                self._has_drives = True
        self._drives.settle(self.view)

    @property
    def unmapped(self) -> int:
        """How many events came from controls that no rule uses."""
        return self._inputs.unmapped

    @property
    def wants_beats(self) -> bool:
        """Tell whether a rule waits for the beat, or a light flashes with it."""
        return self._events.waits_for(Event.BEAT) or self._showing.wants_beats

    @property
    def wants_load(self) -> bool:
        """Tell whether a text names what the engine needs of the processor."""
        return self._showing.wants_load

    def report(self) -> list[StateChange]:
        """Return how things stand that the mapper itself keeps: the page, where there are any, and every variable."""
        variables = [VariableChanged(name, value) for name, value in self.view.variables.items()]
        return [self.view.page, *variables] if self.stage.pages else [*variables]

    @property
    def settled(self) -> bool:
        """Tell whether nothing is undecided, half done or still to be shown; what displays show may yet end."""
        return self._inputs.deadline() is None and not self._showing.waits

    # Events to actions

    def receive(self, event: ControlMoved | ControlTurned | ProgramChosen | ControlTouched) -> list[Intent]:
        """Return what the rules make of an event, in the order of the rules."""
        inputs = self._inputs
        intents = inputs.receive(event)
        if inputs.pressed:
            self._tell_pressed(event.time_s)
        if inputs.by_itself:
            self._showing.look_again(inputs.by_itself, event.time_s)
            inputs.by_itself.clear()
        return intents

    def why_none(self, event: ControlMoved | ControlTurned | ProgramChosen) -> str:
        """Return why an event that was just received led to nothing; "" where nothing was to be expected."""
        return why_none(event, self._inputs.bindings.get(event.control), self.view)

    def release_surface(self, surface: str, now: float, client: str = "") -> list[Intent]:
        """Release what a lost surface held: a rule that was pressed sees its release, an undecided press never was.

        With `client` only what that one of the surface's clients held.
        """
        intents = self._inputs.release_surface(surface, now, client)
        self._tell_pressed(now)
        return intents

    def tick(self, now: float) -> tuple[list[Intent], list[Feedback]]:
        """Return what time alone brings: what is decided or goes on, and what looks otherwise."""
        return self._inputs.tick(now), self._showing.tick(now)

    def next_deadline(self) -> float | None:
        """Return when `tick` should be called, in seconds; None for not at all."""
        inputs, showing = self._inputs.deadline(), self._showing.deadline()
        if inputs is None or showing is None:
            return showing if inputs is None else inputs
        return min(inputs, showing)

    def take_refusals(self) -> list[Refused]:
        """Return what had to be refused since the last time, of lists that run too often and events without end."""
        runs, events = self._inputs.runs, self._events
        if not (runs.refused or events.refused):
            return []
        refused = runs.refused + events.refused
        runs.refused, events.refused = [], []
        return refused

    def take_over(self, old: "Mapper", now: float = 0.0) -> tuple[list[Intent], list[StateChange]]:
        """Go on where another mapper was: what is held stays held, and belongs to the rules that took it.

        Returns what is released because its control is gone, and what is not as it was: a page that is gone, variables
        that are new.
        """
        before = old.view.page
        self._pages.take_over(old._pages)  # noqa: SLF001 - its own kind
        self.view.go_on_from(old.view)
        self.view.page = page = self._pages.fact(before.page)
        self._inputs.turn_page(page.page)
        intents = self._inputs.take_over(old._inputs, now)  # noqa: SLF001 - its own kind
        self._showing.take_over(old._showing)  # noqa: SLF001 - its own kind
        self._events.take_over(old._events)  # noqa: SLF001 - its own kind
        self._list_drives()
        kept = old.view.variables
        new = [(name, value) for name, value in self.view.variables.items() if name not in kept or kept[name] != value]
        changes: list[StateChange] = [page] if (page.page, page.pages) != (before.page, before.pages) else []
        return intents, changes + [VariableChanged(name, value) for name, value in new]

    # What the mapper does itself, and what the rig tells it

    def act(self, action: MapperAction, origin: str, now: float) -> tuple[list[StateChange], list[Feedback]]:
        """Change page or variable, or show a text; returns what changed, and what displays show then."""
        changes: list[StateChange]
        if isinstance(action, ShowText):
            return self._show(action, origin, now)
        if isinstance(action, SetVariable):
            changes = [*set_variable(action, self.view.variables, origin)]
        else:
            changes = [*self._pages.select(action, origin)]
        for change in changes:
            self.view.receive(change)
        if isinstance(action, SelectPage) and changes:
            self._inputs.turn_page(self._pages.current)
        return changes, []

    def _show(self, action: ShowText, origin: str, now: float) -> tuple[list[StateChange], list[Feedback]]:
        if not self._showing.has_text(action.control):
            return [Refused(action.control, f"`{action.control}` cannot show a text", origin)], []
        until_s = None if action.time is None else now + action.time.in_s(self.view.bpm)
        return [], self._showing.show(action.control, action.text, until_s)

    @property
    def reacts(self) -> bool:
        """Tell whether a rule waits for something that happens in the rig."""
        return bool(self._events)

    def react(self, changes: Sequence[StateChange], now: float) -> list[Intent]:
        """Return what the rules make of what happened; it is the rig's own doing."""
        intents: list[Intent] = []
        for bound in self._events.called_by(changes, now):
            self._inputs.runs.begin(bound, 1.0, 0, "", now, intents)
        return intents

    def panic(self, origin: str, now: float) -> list[Intent]:
        """End everything that runs or is held, and return what that undoes, then the declared safe state."""
        intents = self._inputs.release_all(now)
        safe = Rule(PANIC_PLACE, (), self.stage.panic)
        self._inputs.runs.begin(bind(_PANIC, safe), 1.0, 0, origin, now, intents)
        return intents

    @property
    def forgotten(self) -> int:
        """How often another pedalboard took away what presses held."""
        return self._inputs.runs.held.forgotten

    def resting(self) -> dict[Key, float]:
        """Return what is held by presses, as it is when they end: bypasses (1.0: bypassed) and parameters, by key."""
        return self._inputs.runs.held.resting()

    def notice(self, text: str, now: float) -> list[Feedback]:
        """Show a text on every display for a while; "" ends that."""
        return self._showing.notice(text, now)

    # Changes to feedback

    def receive_changes(self, changes: Iterable[StateChange], now: float) -> list[Feedback]:
        """Return how the controls that follow these facts should look; each once, with the newest of all facts."""
        view, held = self.view, self._inputs.runs.held
        facts: list[tuple[Key, StateChange]] = []
        for change in changes:
            board = view.pedalboard
            key = view.receive(change)
            if key is None:
                continue
            facts.append((key, change))
            if board is not view.pedalboard:
                self._change_pedalboard(is_other=board.pedalboard != view.pedalboard.pedalboard)
            elif self._has_drives or held.holds or held.returning:
                self._tell(key, change, now)
        return self._showing.follow(facts, now) if facts else []

    def full_feedback(self, surface: str) -> list[Feedback]:
        """Return how every control of a surface should look, in the order of its profile."""
        return self._showing.full(surface)

    def correction(self, control: str) -> list[Feedback]:
        """Return the true look of a control that may have changed by itself; empty where it shows nothing."""
        return self._showing.correction(control)

    def _tell(self, key: Key, change: StateChange, now: float) -> None:
        """Tell a fact to those that hold or drive what it is about."""
        if isinstance(change, _HOLDABLE):
            self._inputs.runs.held.told(key, change, now)
        if isinstance(change, _DRIVEN):
            for drive in self._drives.of(key):
                drive.told(change, self.view, now)

    def _change_pedalboard(self, *, is_other: bool) -> None:
        self._drives.settle(self.view)
        if is_other:
            self._inputs.runs.held.forget_all()
            for binding in self._inputs.bindings.values() if self._has_drives else ():
                for drive in binding.drives():
                    drive.lose(self.view)

    def _tell_pressed(self, now: float) -> None:
        self._showing.control_pressed(self._inputs.pressed, now)
        self._inputs.pressed.clear()
