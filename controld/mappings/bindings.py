"""Bindings: each control with its rules, sorted out once for every page, so that an event asks nothing twice.

Pure. A `Bound` is one trigger with its rule, ready to run; a `Binding` is a control, a chord or nothing but a light,
with the state of its switch and of the press that goes on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from controld.mappings.driving import Drive, drive_of
from controld.mappings.gesture import PLAIN, Switch, Wants, wants_of
from controld.mappings.held import Press
from controld.mappings.lamps import Lamp
from controld.mappings.making import is_momentary, is_timed, names_role
from controld.mappings.pages import on_page
from controld.mappings.profile import Control, Kind, SourceType
from controld.mappings.rule import Gesture, Rule, Stage, Trigger
from controld.mappings.target import (
    ActionTarget,
    ParameterTarget,
    ShowTarget,
    VariableTarget,
    WaitTarget,
)
from controld.mappings.texts import of_rule
from controld.mappings.zone import Zones, zones_of

SWITCHES = frozenset({Kind.BUTTON, Kind.LATCH})
NATURAL = frozenset({Gesture.PRESS, Gesture.MOVE, Gesture.CHANGE})

_ZONED = frozenset({Gesture.TOE, Gesture.HEEL})


@dataclass(slots=True, eq=False)
class Bound:
    """One trigger of one rule.

    `plain` are its targets where each is done at once and for itself, else (). `timed` is a rule that takes its time,
    `momentary` one that does what the end of the press undoes.
    """

    trigger: Trigger
    rule: Rule
    plain: tuple[ActionTarget, ...]
    timed: bool
    momentary: bool
    drives: tuple[Drive | None, ...]  # for each target what the control remembers of it; () for nothing


def bind(trigger: Trigger, rule: Rule, control: Control | None = None) -> Bound:
    """Return a trigger and its rule, ready to run; without a control it is an event or a chord."""
    drives = () if control is None else tuple(drive_of(trigger, target, control) for target in rule.targets)
    drives = drives if any(drives) else ()
    timed = any(is_timed(target) for target in rule.targets)
    momentary = any(is_momentary(target) for target in rule.targets)
    roles = any(names_role(target) for target in rule.targets)
    plain: tuple[ActionTarget, ...] = ()
    if not (drives or timed or momentary or roles):
        plain = tuple(target for target in rule.targets if not isinstance(target, WaitTarget))
    return Bound(trigger, rule, plain, timed, momentary, drives)


def prepared(rule: Rule, colors: Mapping[str, str]) -> Rule:
    """Return a rule with what its page and its name give it: the colour of its light, and `{name}` in its texts."""
    look, targets = rule.look, rule.targets
    if rule.page and not look.color and colors.get(rule.page):
        look = replace(look, color=colors[rule.page])
    if any(isinstance(target, ShowTarget) for target in targets):
        targets = tuple(
            replace(target, text=of_rule(target.text, rule.name, _about(rule)))
            if isinstance(target, ShowTarget)
            else target
            for target in targets
        )
    return rule if look is rule.look and targets is rule.targets else replace(rule, look=look, targets=targets)


def _about(rule: Rule) -> str:
    """Return what the values in a rule's texts are of: the first parameter or variable it sets; "" for nothing."""
    for target in rule.targets:
        if isinstance(target, ParameterTarget):
            return f"{target.effect}/{target.symbol}"
        if isinstance(target, VariableTarget):
            return target.name
    return ""


@dataclass(slots=True)
class _Page:
    """A control's rules on one page: all, those its light may follow, and what is wanted of its switch."""

    rules: list[Bound]
    lamps: list[Lamp]
    wants: Wants | None  # None: it depends on conditions


@dataclass(slots=True, eq=False)
class Binding:
    """A control with its rules on the active page, and what goes on with it."""

    name: str
    surface: str
    control: Control | None  # None for a chord
    order: int = 0  # in its profile
    every: list[Bound] = field(default_factory=list)  # of all pages
    rules: list[Bound] = field(default_factory=list)
    lamps: list[Lamp] = field(default_factory=list)  # natural gestures first
    wants: Wants | None = PLAIN
    switch: Switch = field(default_factory=Switch)
    owned: list[Bound] = field(default_factory=list)  # those the press belongs to
    press: Press | None = None  # while one goes on that has something to undo
    origin: str = ""
    zones: Zones | None = None
    asked: bool = False  # a condition asks whether it is held
    chorded: bool = False  # its presses may be part of a chord
    chords: tuple[str, ...] = ()
    momentary: bool = False
    is_switch: bool = False
    _pages: dict[str, _Page] = field(default_factory=dict)
    _lamps: dict[int, Lamp] = field(default_factory=dict)
    _programs: dict[tuple[str, int], list[Bound]] = field(default_factory=dict)
    _page: str = ""

    @property
    def own_pages(self) -> set[str]:
        """The pages that have rules for it."""
        return {bound.rule.page for bound in self.every if bound.rule.page}

    @property
    def is_used(self) -> bool:
        """Tell whether anybody asks what the control does."""
        return bool(self.every) or self.asked or self.chorded or not self.switch.is_idle

    def add(self, bound: Bound) -> None:
        """Add a rule, before the first `choose`."""
        self.every.append(bound)
        self.momentary |= bound.momentary

    def join(self, chord: str) -> None:
        """Take note of a chord the control is part of."""
        self.chorded = True
        self.chords = tuple(dict.fromkeys((*self.chords, chord)))

    def finish(self) -> None:
        """Sort out what does not depend on pages, after the last `add`."""
        self.zones = zones_of(bound.trigger for bound in self.every)
        if can_show(self.control):
            shown = sorted(self.every, key=lambda bound: bound.trigger.gesture not in NATURAL)
            self._lamps = {id(bound): Lamp(bound.rule) for bound in shown if bound.rule.look.shown}

    def choose(self, page: str) -> None:
        """Take the rules that count on a page."""
        chosen = self._pages.get(page)
        if chosen is None:
            rules = on_page(self.every, page)
            counting = {id(bound) for bound in rules}
            lamps = [lamp for bound, lamp in self._lamps.items() if bound in counting]
            conditional = any(bound.rule.condition is not None for bound in rules)
            wants = None if conditional else wants_of(bound.trigger for bound in rules)
            chosen = self._pages[page] = _Page(rules, lamps, wants)
        self._page, self.rules, self.lamps, self.wants = page, chosen.rules, chosen.lamps, chosen.wants

    def all_lamps(self) -> Iterable[Lamp]:
        """Return what the control may show, on whatever page."""
        return self._lamps.values()

    def of_program(self, program: int) -> list[Bound]:
        """Return the rules that take a program; the page's own hide the others."""
        found = self._programs.get((self._page, program))
        if found is None:
            taking = [bound for bound in self.rules if bound.trigger.program in {None, program}]
            own = [bound for bound in taking if bound.rule.page]
            found = self._programs[self._page, program] = own or taking
        return found

    def drives(self) -> Iterable[Drive]:
        """Return everything the control remembers."""
        return (drive for bound in self.every for drive in bound.drives if drive is not None)

    def is_not(self, old: "Binding") -> bool:
        """Tell whether this control sends other messages, or of another kind, than the one of the same name did."""
        if self.control is None or old.control is None:
            return False
        return (self.control.kind, self.control.source) != (old.control.kind, old.control.source)

    def inherit(self, old: "Binding") -> None:
        """Go on with the press of another, and with what it remembers of targets that both have."""
        self.origin = old.origin
        if not old.switch.is_idle:
            self.switch, self.owned, self.press = old.switch, old.owned, old.press
            self.momentary |= old.momentary
        if self.zones is not None and old.zones is not None and _zoned(self) == _zoned(old):
            self.zones = old.zones
        before = {(bound.rule.place, bound.trigger): bound for bound in old.every if bound.drives}
        for bound in self.every:
            heard = before.get((bound.rule.place, bound.trigger)) if bound.drives else None
            if heard is not None and heard.rule.targets == bound.rule.targets:
                bound.drives = heard.drives


def ghost_of(chord: Binding) -> Binding:
    """Return what is left of a chord that no rule has any more: the press that goes on."""
    ghost = Binding(chord.name, chord.surface, None)
    ghost.inherit(chord)
    return ghost


def _zoned(binding: Binding) -> set[tuple[Gesture, float]]:
    return {(bound.trigger.gesture, bound.trigger.at) for bound in binding.every if bound.trigger.gesture in _ZONED}


def can_show(control: Control | None) -> bool:
    """Tell whether a control shows anything: it has a light or text, or is a widget that shows at its own address."""
    if control is None:
        return False
    if control.light is not None or control.display is not None:
        return True
    return control.source is not None and control.source.type is SourceType.OSC


def bindings_of(rules: Sequence[Rule], controls: Mapping[str, Control], stage: Stage) -> dict[str, Binding]:
    """Return every control and every chord with its rules, in the order of the profiles, for no page yet."""
    colors = {page.name: page.color for page in stage.pages}
    bindings = {
        name: Binding(name, name.partition(".")[0], control, order, is_switch=control.kind in SWITCHES)
        for order, (name, control) in enumerate(controls.items())
    }
    for rule in rules:
        ready = prepared(rule, colors)
        for trigger in rule.triggers:
            if trigger.gesture is Gesture.EVENT:
                continue
            if trigger.chord and trigger.control not in bindings:
                surface = trigger.control.partition(".")[0]
                bindings[trigger.control] = Binding(trigger.control, surface, None, len(bindings))
            binding = bindings[trigger.control]
            binding.add(bind(trigger, ready, binding.control))
            for member in trigger.chord:
                bindings[member].join(trigger.control)
    for binding in bindings.values():
        binding.finish()
    return bindings


def waiting(rules: Sequence[Rule]) -> list[Bound]:
    """Return the rules that wait for an event."""
    events = [(trigger, rule) for rule in rules for trigger in rule.triggers if trigger.gesture is Gesture.EVENT]
    return [bind(trigger, prepared(rule, {})) for trigger, rule in events]
