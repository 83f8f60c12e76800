"""What a switch card shows: a floorboard's controls in their places, each with what its gestures do.

Pure. There is a card for each page of the rules and each pedalboard, and one for all pedalboards where they are alike.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from controld.mappings.labels import MAX_LABEL, cut, target_label
from controld.mappings.lint_pages import Claims, rules_on
from controld.mappings.profile import Control, Kind, Profile
from controld.mappings.rule import Condition, Gesture, Page, Rule, Trigger
from controld.mappings.target import ROLE, BypassTarget, ParameterTarget, Target
from controld.mappings.words import condition_words
from controld.screen_colors import screen_color
from controld.session.model import Pedalboard

MAX_ACROSS: Final = 5  # switches in a row, where the profile does not say how they stand
SWITCHES: Final = frozenset({Kind.BUTTON, Kind.LATCH, Kind.PROGRAM})
# What stands before what a gesture does; a plain press or move needs no word.
GESTURES: Final[Mapping[Gesture, str]] = {
    Gesture.PRESS: "", Gesture.MOVE: "", Gesture.CHANGE: "", Gesture.EVENT: "",
    Gesture.RELEASE: "release", Gesture.HOLD: "hold", Gesture.HOLD_RELEASE: "held, let go", Gesture.DOUBLE: "double",
    Gesture.REPEAT: "repeats", Gesture.TOE: "toe", Gesture.HEEL: "heel",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """What one gesture of a control does; `gesture` is "" for a plain press or move, `condition` "" for always."""

    gesture: str
    label: str
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """A control on the card, what it does, and the colour of its light ("": it has none that shows anything)."""

    name: str
    kind: Kind
    lines: tuple[Line, ...] = ()
    color: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A floorboard on one page of the rules.

    `rows` are its switches as one sees them: the row next to the player is the last. `others` are chords, programs and
    what else has no place of its own, as pairs of what and does.
    """

    surface: str
    device: str
    page: str
    color: str
    boards: tuple[str, ...]
    rows: tuple[tuple[Spot | None, ...], ...]
    pedals: tuple[Spot, ...] = ()
    knobs: tuple[Spot, ...] = ()
    others: tuple[tuple[str, str], ...] = ()


def build_cards(
    surface: str, profile: Profile, rules: Sequence[Rule], pages: Sequence[Page], boards: Sequence[Pedalboard]
) -> list[Card]:
    """Return the cards of a floorboard, page by page; those that differ only in the pedalboard are one."""
    cards: list[Card] = []
    for page in pages or [Page("")]:
        by_content: dict[Card, list[str]] = {}
        for board in boards:
            by_content.setdefault(_card(surface, profile, rules, page, board), []).append(board.name)
        cards += [replace(card, boards=tuple(names)) for card, names in by_content.items()]
    return cards


def _card(surface: str, profile: Profile, rules: Sequence[Rule], page: Page, board: Pedalboard) -> Card:
    counting = [claim for claim in rules_on(rules, page.name) if _is_of(claim.rule.condition, page, board)]
    colors = _effect_colors(rules, board)
    paint = _Painter(surface, counting, board, colors, screen_color(page.color, ""))
    spots = {name: paint.spot(name, control) for name, control in profile.controls.items()}
    switches = [name for name, control in profile.controls.items() if is_switch(control)]
    pedals = [name for name, control in profile.controls.items() if control.kind is Kind.PEDAL]
    knobs = [name for name, control in profile.controls.items() if control.kind in _TURNED]
    return Card(
        surface,
        profile.description,
        page.name,
        screen_color(page.color, ""),
        (),
        _standing([(spots[name], profile.controls[name].place) for name in switches]),
        tuple(spots[name] for name in pedals),
        tuple(spots[name] for name in knobs if spots[name].lines or len(knobs) <= MAX_ACROSS),
        tuple(paint.others(profile.controls)),
    )


_TURNED: Final = frozenset({Kind.ENCODER, Kind.KNOB, Kind.FADER})


def is_switch(control: Control) -> bool:
    """Tell whether a control is stepped on: also one that sends a program of its own."""
    numbered = control.source is not None and control.source.number is not None
    return control.kind in SWITCHES and (control.kind is not Kind.PROGRAM or numbered)


def _is_of(condition: Condition | None, page: Page, board: Pedalboard) -> bool:
    """Tell whether a rule can count on a page and a pedalboard."""
    if condition is None:
        return True
    named = (condition.pedalboards, board.name), (condition.pages, page.name)
    return all(not wanted or here in wanted for wanted, here in named)


def _effect_colors(rules: Iterable[Rule], board: Pedalboard) -> dict[str, str]:
    """Return the colours of effects, by the rules that toggle them."""
    colors: dict[str, str] = {}
    for rule in rules:
        for target in rule.targets:
            if isinstance(target, BypassTarget) and rule.look.color:
                for effect in target.effects:
                    colors.setdefault(effect, screen_color(rule.look.color))
                    for each in board.roles.get(effect.removeprefix(ROLE), ()):
                        colors.setdefault(each, screen_color(rule.look.color))
    return colors


@dataclass(frozen=True, slots=True)
class _Painter:
    """Looks up what the controls of a surface do, among the rules that count."""

    surface: str
    claims: Claims
    board: Pedalboard
    effects: Mapping[str, str]
    page_color: str

    def spot(self, name: str, control: Control) -> Spot:
        own = [claim for claim in self.claims if claim.trigger.control == f"{self.surface}.{name}"]
        own.sort(key=lambda claim: list(Gesture).index(claim.trigger.gesture))
        plain = [claim for claim in own if claim.trigger.program is None]
        lines = tuple(self._line(trigger, rule) for trigger, rule in plain)
        return Spot(name, control.kind, tuple(line for line in lines if line.label), self._color(own, control))

    def others(self, controls: Mapping[str, Control]) -> Iterator[tuple[str, str]]:
        """Yield chords and single programs, which belong to no control alone."""
        for trigger, rule in self.claims:
            members = [name.removeprefix(f"{self.surface}.") for name in trigger.chord]
            if members and set(members) <= set(controls):
                line = self._line(trigger, rule)
                yield f"{' + '.join(members)} {line.gesture}".strip(), _with_condition(line)
            elif trigger.program is not None and trigger.control.partition(".")[0] == self.surface:
                yield f"program {trigger.program}", _with_condition(self._line(trigger, rule))

    def _line(self, trigger: Trigger, rule: Rule) -> Line:
        asked = replace(rule.condition, pedalboards=(), pages=()) if rule.condition is not None else None
        words = condition_words(asked) if asked is not None and asked != Condition() else ""
        labels = dict.fromkeys(filter(None, map(self._label, rule.targets)))
        return Line(GESTURES[trigger.gesture], cut(rule.name or ", ".join(labels)), cut(words, MAX_LABEL))

    def _label(self, target: Target) -> str:
        """Return a target's label, with the effects that a role stands for on this pedalboard."""
        if isinstance(target, BypassTarget):
            found = (self.board.roles.get(name.removeprefix(ROLE), (name,)) if name.startswith(ROLE) else (name,)
                     for name in target.effects)  # fmt: skip
            target = replace(target, effects=tuple(each for names in found for each in names))
        return target_label(target)

    def _color(self, claims: Claims, control: Control) -> str:
        """Return the colour of the first rule that shows something there; of a pedal that of what it moves."""
        for _, rule in claims:
            if rule.look.color:
                return screen_color(rule.look.color)
            for target in rule.targets:
                if isinstance(target, ParameterTarget) and target.effect in self.effects:
                    return self.effects[target.effect]
        lit = control.light is not None and any(target.follows() for _, rule in claims for target in rule.targets)
        return (self.page_color or screen_color("white")) if lit else ""


def _with_condition(line: Line) -> str:
    return f"{line.label} (if {line.condition})" if line.condition else line.label


def _standing(spots: Sequence[tuple[Spot, tuple[int, int] | None]]) -> tuple[tuple[Spot | None, ...], ...]:
    """Return switches in rows as they stand, the farthest row first.

    Those that have a place stand there; the others in rows of equal length behind, the first of them next to the
    player, as boards are numbered.
    """
    placed = {place: spot for spot, place in spots if place is not None}
    rows: list[tuple[Spot | None, ...]] = []
    if placed:
        wide = max(column for _, column in placed)
        high = max(row for row, _ in placed)
        rows = [tuple(placed.get((row, column)) for column in range(1, wide + 1)) for row in range(1, high + 1)]
    loose = sorted((spot for spot, place in spots if place is None), key=lambda spot: _natural(spot.name))
    count = -(-len(loose) // MAX_ACROSS)
    across = -(-len(loose) // count) if count else 1
    rows += [tuple(loose[start : start + across]) for start in range(0, len(loose), across)]
    return tuple(reversed(rows))


def _natural(name: str) -> tuple[object, ...]:
    """Order names as people do: fs2 before fs10."""
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"([0-9]+)", name) if part
    )
