"""Inputs: what is played, to the rules it is played for.

Pure; time is an argument. A rule is found by its control's name in one look-up, so a thousand rules cost no more than
ten. A switch goes through its chords (`mappings.chord`) and its gestures (`mappings.gesture`), a pedal through its end
zones (`mappings.zone`); the rules that count when a press begins are those it belongs to until it is over.
"""

from collections.abc import Iterable, Iterator

from controld.events import ControlMoved, ControlTouched, ControlTurned, ProgramChosen
from controld.mappings.bindings import Binding, Bound, ghost_of
from controld.mappings.chord import Edge, Route, Router, chords_of
from controld.mappings.gesture import Fired, wants_of
from controld.mappings.held import Press
from controld.mappings.profile import Control, Kind
from controld.mappings.rule import Gesture
from controld.mappings.runs import Intent, Runs
from controld.mappings.view import View
from controld.mappings.zone import Zones

_ENDS = frozenset({Gesture.RELEASE, Gesture.HOLD_RELEASE})
_OVER = Press("", "", over=True)  # of a tap that is decided when it is up already


class Inputs:
    """The controls and chords of all surfaces, and what their rules do."""

    def __init__(self, bindings: dict[str, Binding], view: View) -> None:
        self.bindings = bindings
        self.view = view
        self.runs = Runs(view)
        self.unmapped = 0  # events of controls that no rule uses
        self.pressed: set[str] = set()  # controls a condition asks for, that went down or up since this was cleared
        self.by_itself: set[str] = set()  # what its device may show otherwise than it is told, since this was cleared
        self._undecided: dict[str, Binding] = {}
        triggers = (bound.trigger for binding in bindings.values() for bound in binding.every)
        self._router = Router(chords_of(triggers))
        self._has_chords = any(binding.chorded for binding in bindings.values())
        self._page = view.page.page
        self._paged: dict[str, list[Binding]] = {}  # by each page that has rules for them
        for binding in bindings.values():
            for page in binding.own_pages:
                self._paged.setdefault(page, []).append(binding)
            binding.choose(self._page)

    def receive(self, event: ControlMoved | ControlTurned | ProgramChosen | ControlTouched) -> list[Intent]:
        """Return what the rules make of an event, in the order of the rules."""
        binding = self.bindings.get(event.control)
        if binding is None or not (binding.rules or binding.is_used):
            self.unmapped += type(event) is not ControlTouched
            if binding is not None and is_latch(binding.control):
                self.by_itself.add(binding.name)
            return []
        intents: list[Intent] = []
        if type(event) is ControlMoved:
            origin = f"{binding.surface}/{event.client}" if event.client else binding.surface
            if binding.asked:
                self._ask(binding, is_pressed=event.position >= 0.5)
            if binding.is_switch:
                self._switched(binding, event, origin, intents)
            else:
                self._moved(binding, event, origin, intents)
        elif type(event) is ControlTurned:
            for bound in binding.rules:
                self._begin(bound, 0.0, event.detents, binding.surface, event.time_s, intents)
        elif type(event) is ProgramChosen:
            for bound in binding.of_program(event.program):
                self._begin(bound, 1.0, 0, binding.surface, event.time_s, intents)
        return intents

    def release_surface(self, surface: str, now: float, client: str = "") -> list[Intent]:
        """Release what a lost surface held; see `Mapper.release_surface`."""
        intents: list[Intent] = []
        origin = f"{surface}/{client}" if client else ""
        gone = [each for each in self.bindings.values() if each.surface == surface and origin in {"", each.origin}]
        for binding in gone:
            if binding.asked:
                self._ask(binding, is_pressed=False)
            if binding.control is not None and not binding.switch.is_idle and not binding.chorded:
                self._lose(binding, now, intents)
            if not client:
                self._part(binding)
        chorded = [binding.name for binding in gone if binding.chorded]
        self._follow(self._router.lose(chorded, now) if chorded else [], intents)
        for binding in gone:
            if binding.chorded and not binding.switch.is_idle:  # it waited for the second press of a double
                self._lose(binding, now, intents)
        return intents

    def release_all(self, now: float) -> list[Intent]:
        """End every press, list and movement that goes on; nothing of it comes later."""
        intents: list[Intent] = []
        self.runs.cancel(intents)
        self._router.lose([name for name, binding in self.bindings.items() if binding.chorded], now)
        for binding in self.bindings.values():
            if not binding.switch.is_idle:
                self._lose(binding, now, intents)
        self.runs.cancel(intents)  # what a release has begun
        return intents

    def deadlines(self) -> Iterator[tuple[float, int, object]]:
        """Yield when something is to be decided or done: seconds, in which order of equals, and what."""
        chord_s = self._router.deadline() if self._has_chords else None
        if chord_s is not None:
            yield chord_s, 0, self._router
        for binding in self._undecided.values():
            deadline = binding.switch.deadline()
            if deadline is not None:
                yield deadline, 1, binding
        if self.runs:
            for at_s, thing in self.runs.deadlines():
                yield at_s, 2, thing

    def deadline(self) -> float | None:
        """Return when `tick` should be called, in seconds."""
        if not (self._undecided or self._has_chords or self.runs):
            return None
        return min((due[0] for due in self.deadlines()), default=None)

    def tick(self, now: float) -> list[Intent]:
        """Return what time alone brings: chords, holds, decided presses, and what comes after waits."""
        intents: list[Intent] = []
        while (due := min(self.deadlines(), key=_first, default=None)) is not None and due[0] <= now:
            at_s, _, thing = due  # one at a time: what one of them starts may be due as well
            if isinstance(thing, Binding):
                self._fire(thing, thing.switch.expire(at_s, now), at_s, intents)
                self._watch(thing)
            elif isinstance(thing, Router):
                self._follow(thing.expire(at_s), intents)
            else:
                self.runs.go_on(thing, at_s, intents)  # type: ignore[arg-type]
        return intents

    def turn_page(self, page: str) -> None:
        """Take the rules of another page; a control may be moved there without moving what it drives here."""
        touched = (*self._paged.get(self._page, ()), *self._paged.get(page, ()))  # all others do here what they did
        self._page = page
        for binding in touched:
            before = binding.rules
            binding.choose(page)
            if binding.rules is not before:
                for bound in before:
                    for drive in bound.drives:
                        if drive is not None and bound not in binding.rules:
                            drive.lose(self.view)

    def take_over(self, old: "Inputs", now: float) -> list[Intent]:
        """Go on where another was; return what is released because its control is gone.

        What is held stays held, and belongs to the rules that took it.
        """
        self.runs.take_over(old.runs)
        self._router.take_over(old._router)  # noqa: SLF001 - its own kind
        self.unmapped = old.unmapped
        gone = [binding for name, binding in old.bindings.items() if name not in self.bindings]
        for binding in gone:
            if binding.control is None and not binding.switch.is_idle:  # a chord no rule has any more, until it is up
                self.bindings[binding.name] = ghost_of(binding)
        for name, heir in self.bindings.items():
            if name in old.bindings:
                heir.inherit(old.bindings[name])
            if not heir.asked:
                self.view.pressed.discard(name)
            elif heir.switch.is_down:
                self.view.pressed.add(name)
            heir.chorded |= name in self._router
            self._has_chords |= heir.chorded
            self._watch(heir)
        # Nor will a control be heard to come up that sends something else now.
        both = [(heir, old.bindings[name]) for name, heir in self.bindings.items() if name in old.bindings]
        gone += [heir for heir, before in both if heir.is_not(before)]
        intents: list[Intent] = []
        self._follow(self._router.lose([binding.name for binding in gone if binding.chorded], now), intents)
        for binding in gone:
            self.view.pressed.discard(binding.name)
            if binding.control is not None and not binding.switch.is_idle:
                self._lose(binding, now, intents)
        return intents

    # Switches

    def _switched(self, binding: Binding, event: ControlMoved, origin: str, intents: list[Intent]) -> None:
        """Take an edge of a switch; each edge of a latch is a press, because the device toggles it by itself."""
        now = event.time_s
        both = is_latch(binding.control)
        if both:
            self.by_itself.add(binding.name)
        if event.position >= 0.5 or both:
            if binding.chorded:
                binding.origin = origin
                self._follow(self._router.down(binding.name, now, self._chords_now(binding)), intents)
            else:
                self._down(binding, now, origin, intents)
        if event.position < 0.5 or both:
            if binding.chorded:
                self._follow(self._router.up(binding.name, now), intents)
            else:
                self._up(binding, now, intents)

    def _down(self, binding: Binding, now: float, origin: str, intents: list[Intent]) -> None:
        switch = binding.switch
        if not switch.is_idle:
            self._fire(binding, switch.expire(now), now, intents)
            if switch.is_down:  # a device that sends no release
                self._up(binding, now, intents)
        if switch.is_idle:
            wants = binding.wants
            if wants is None:
                binding.owned = [bound for bound in binding.rules if self._holds(bound)]
                wants = wants_of(bound.trigger for bound in binding.owned)
            else:
                binding.owned = binding.rules
        else:
            wants = wants_of(())  # the second press of a double wants nothing of its own
        binding.origin = origin
        if binding.momentary:
            binding.press = Press(binding.name, origin)
        self._fire(binding, switch.down(now, wants), now, intents)
        self._watch(binding)

    def _up(self, binding: Binding, now: float, intents: list[Intent]) -> None:
        self._fire(binding, binding.switch.up(now), now, intents)
        self._end_press(binding, intents)
        self._watch(binding)

    def _lose(self, binding: Binding, now: float, intents: list[Intent]) -> None:
        self._fire(binding, binding.switch.lose(), now, intents)
        self._end_press(binding, intents)
        self._watch(binding)

    def _end_press(self, binding: Binding, intents: list[Intent]) -> None:
        if binding.press is not None:
            self.runs.end(binding.press, intents)
            binding.press = None

    def _fire(self, binding: Binding, fired: Iterable[Fired], now: float, intents: list[Intent]) -> None:
        for each in fired:
            gesture = each.gesture
            for bound in binding.owned:
                if bound.trigger.gesture is gesture and each.is_of(bound.trigger):
                    position = 0.0 if gesture in _ENDS else 1.0
                    press = (binding.press or _OVER) if bound.momentary else None
                    self.runs.begin(bound, position, 0, binding.origin, now, intents, press)

    def _watch(self, binding: Binding) -> None:
        if binding.switch.deadline() is None:
            if self._undecided:
                self._undecided.pop(binding.name, None)
        else:
            self._undecided[binding.name] = binding

    # Chords

    def _follow(self, routes: Iterable[Route], intents: list[Intent]) -> None:
        """Pass on what became of presses that may have been part of a chord."""
        for route in routes:
            binding = self.bindings.get(route.switch)
            if binding is None:
                continue  # a chord or a control that a reload took away
            if route.edge is Edge.DOWN:
                self._down(binding, route.time_s, self._origin_of(binding), intents)
            elif route.edge is Edge.UP:
                self._up(binding, route.time_s, intents)
            else:
                self._lose(binding, route.time_s, intents)

    def _origin_of(self, binding: Binding) -> str:
        """Return who pressed; of a chord who pressed the control it is named after first."""
        if binding.control is not None:
            return binding.origin
        members = (self.bindings[name] for bound in binding.every for name in bound.trigger.chord)
        return next((member.origin for member in members), "")

    def _chords_now(self, binding: Binding) -> set[str]:
        """Return the chords of a control that count now."""
        chords = (self.bindings[name] for name in binding.chords)
        return {chord.name for chord in chords if any(self._holds(bound) for bound in chord.rules)}

    # Everything else

    def _moved(self, binding: Binding, event: ControlMoved, origin: str, intents: list[Intent]) -> None:
        zones: Zones | None = binding.zones
        entered = () if zones is None else zones.move(event.position)
        for bound in binding.rules:
            gesture = bound.trigger.gesture
            if gesture is Gesture.MOVE or any(zone.is_of(bound.trigger) for zone in entered):
                self._begin(bound, event.position, 0, origin, event.time_s, intents)
        if not intents and binding.lamps and binding.control is not None and binding.control.kind is Kind.FADER:
            self.by_itself.add(binding.name)  # the hand moved it for nothing

    def _begin(
        self, bound: Bound, position: float, detents: int, origin: str, now: float, intents: list[Intent]
    ) -> None:
        if bound.rule.condition is None or self.view.holds(bound.rule.condition):
            self.runs.begin(bound, position, detents, origin, now, intents)
        else:
            for drive in bound.drives:
                if drive is not None:
                    drive.lose(self.view)  # it moves while its target does not

    def _holds(self, bound: Bound) -> bool:
        return bound.rule.condition is None or self.view.holds(bound.rule.condition)

    def _ask(self, binding: Binding, *, is_pressed: bool) -> None:
        """Note that a control a condition asks for is pressed, or not any more."""
        if (binding.name in self.view.pressed) is not is_pressed:
            (self.view.pressed.add if is_pressed else self.view.pressed.discard)(binding.name)
            self.pressed.add(binding.name)

    def _part(self, binding: Binding) -> None:
        """Take a device going away: where its controls stand is not known any more."""
        if binding.zones is not None:
            binding.zones.forget()
        for drive in binding.drives():
            drive.lose(self.view)


def is_latch(control: Control | None) -> bool:
    """Tell whether a control is a switch that its device toggles, and lights, by itself."""
    return control is not None and control.kind is Kind.LATCH


def _first(due: tuple[float, int, object]) -> tuple[float, int]:
    return due[:2]
