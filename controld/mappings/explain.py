"""What a control does, on each page, and what its light says: for a person who wonders.

Pure: from compiled rules, and what is known of the rig now, to plain words with the places they come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from controld.mappings.lint_delays import waits
from controld.mappings.lint_pages import Claims, rules_on
from controld.mappings.lint_values import Grounds
from controld.mappings.profile import Control, Source, SourceType
from controld.mappings.rule import Gesture, Look, Rule
from controld.mappings.target import ShowTarget
from controld.mappings.view import View
from controld.mappings.words import condition_words, rule_words, target_words, trigger_words


@dataclass(frozen=True, slots=True)
class Line:
    """One rule of a control: the gesture, what is done, where that is written, and what it asks for besides.

    `holds` tells whether the condition holds now; None where there is none.
    """

    gesture: str
    does: str
    place: str
    name: str = ""
    condition: str = ""
    holds: bool | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """Everything there is to say of a control; `pages` are (page, its lines), "" for the rules of no page."""

    control: str
    device: str
    pages: tuple[tuple[str, tuple[Line, ...]], ...]
    active: str = ""
    light: str = ""
    remarks: tuple[str, ...] = ()


def explain(control: str, grounds: Grounds, view: View | None = None, page: str = "") -> Explained:
    """Return what a control does; with a `view` also what of that holds now, on the active `page`."""
    pages = []
    plain = _of(control, rules_on(grounds.rules, ""))
    if plain or not grounds.pages:
        pages.append(("", _lines(control, plain, view)))
    for name in grounds.pages:
        own = [claim for claim in _of(control, rules_on(grounds.rules, name)) if claim.rule.page]
        if own:
            pages.append((name, _lines(control, own, view)))
    active = _of(control, rules_on(grounds.rules, page))
    remarks = tuple(f"a press {message} ({rule.place})" for message, rule in waits(control, active))
    device = device_words(grounds.controls[control])
    return Explained(
        control,
        device,
        tuple(pages),
        page,
        light_words(grounds.controls[control], [rule for _, rule in active]),
        remarks,
    )


def _of(control: str, claims: Claims) -> Claims:
    """Return the rules that a control takes part in; of a display those that show something on it."""
    return [
        claim
        for claim in claims
        if control == claim.trigger.control or control in claim.trigger.chord or _shows_on(claim.rule, control)
    ]


def _shows_on(rule: Rule, display: str) -> bool:
    return any(isinstance(target, ShowTarget) and target.control == display for target in rule.targets)


def _lines(control: str, claims: Claims, view: View | None) -> tuple[Line, ...]:
    lines = []
    for trigger, rule in sorted(claims, key=lambda claim: list(Gesture).index(claim[0].gesture)):
        does = ", then ".join(map(target_words, rule.targets))
        asked, holds = "", None
        if rule.condition is not None:
            asked = condition_words(rule.condition)
            holds = view.holds(rule.condition) if view is not None else None
        said = trigger_words(trigger, control)
        if control not in {trigger.control, *trigger.chord}:  # a display, and who shows something on it
            said = f"{trigger.control.removeprefix('event:')} {said}" if trigger.gesture is not Gesture.EVENT else said
        lines.append(Line(said, does, rule.place, rule.name, asked, holds))
    return tuple(lines)


def device_words(control: Control) -> str:
    """Return what a control is and sends, as in "button, CC 20 on channel 1"."""
    source = control.source
    return control.kind.value if source is None else f"{control.kind.value}, {source_words(source)}"


def source_words(source: Source) -> str:
    """Return what a source listens to, as in "CC 20 on channel 1" or "/drive/level"."""
    if source.type is SourceType.OSC:
        return source.address if source.argument == 1 else f"{source.address}, argument {source.argument}"
    number = "" if source.number is None else f" {source.number}"
    word = source.type.value.upper() if source.type is SourceType.CC else source.type.value
    return f"{word}{number} on {f'channel {source.channel}' if source.channel else 'any channel'}"


def light_words(control: Control, rules: Sequence[Rule]) -> str:
    """Return what a control's light shows; "" for one without light."""
    if control.light is None and (control.source is None or control.source.type is not SourceType.OSC):
        return ""
    shown = next((rule for rule in rules if rule.look.shown and any(target.follows() for target in rule.targets)), None)
    if shown is None:
        return "dark: no rule gives it something to show"
    keys = (shown.look.value,) if shown.look.value else next(filter(None, (each.follows() for each in shown.targets)))
    what = " and ".join("/".join(key[1:]) or key[0] for key in keys)
    return f"follows {what}{_look_words(shown.look)} ({shown.place}: {rule_words(shown)})"


def _look_words(look: Look) -> str:
    words = {"color": look.color, "lit": look.lit, "idle": look.idle, "pending": look.pending, "failed": look.failed}
    said = ", ".join(f"{key} {word}" for key, word in words.items() if word)
    return f", {said}" if said else ""
