"""What is written rightly and yet will surprise: delays, rules that fight or never fire, pages without a way.

Pure. `lint` looks at the compiled rules of a rig and at the names it has; every finding names the rule that causes it.
A finding is a *warning* where something cannot be meant, a *note* where it is worth knowing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

from controld.mappings.lint_delays import delays
from controld.mappings.lint_pages import Claim, Claims, page_findings, rules_on
from controld.mappings.lint_values import Finding, Grounds
from controld.mappings.notes import begun_note, ended_note
from controld.mappings.profile import Kind
from controld.mappings.rule import Condition, Rule
from controld.mappings.target import ROLE, Key, SendTarget, VariableTarget, WaitTarget
from controld.mappings.words import rule_words, trigger_words

__all__ = ["Finding", "Grounds", "lint"]

MOST_NAMED = 12  # controls that are named one by one; of the others their count says enough


def lint(grounds: Grounds) -> list[Finding]:
    """Return what there is to say of a rig, warnings first, then in the order of the files."""
    found = [finding for check in _CHECKS for finding in check(grounds)]
    return sorted(dict.fromkeys(found), key=lambda finding: (finding.level != "warning", finding.order))


# Two rules at once


def _fights(grounds: Grounds) -> Iterator[Finding]:
    """Two rules of one gesture that move the same thing: a toggle twice is no toggle."""
    for page in grounds.pages or ("",):
        claims: dict[tuple[object, ...], Claims] = {}
        for claim in rules_on(grounds.rules, page):
            trigger = claim.trigger
            slot = (trigger.control, trigger.gesture, trigger.time_s, trigger.program, trigger.at, trigger.subject)
            claims.setdefault(slot, []).append(claim)
        for group in claims.values():
            for first, second in combinations(group, 2):
                yield from _fight(first, second)


def _fight(first: Claim, second: Claim) -> Iterator[Finding]:
    if first.rule is second.rule or _exclude(first.rule.condition, second.rule.condition):
        return
    shared = _driven(first.rule) & _driven(second.rule)
    if shared:
        what = ", ".join(sorted(" ".join(key) for key in shared))
        gesture = f"{second.trigger.control} {trigger_words(second.trigger)}"
        message = f"{gesture}: this rule and {first.rule.place} both move {what}"
        yield Finding("fight", "warning", second.rule.place, message, f"the other does: {rule_words(first.rule)}")


def _driven(rule: Rule) -> frozenset[Key]:
    return frozenset(key for target in rule.targets for key in target.follows())


def _exclude(first: Condition | None, second: Condition | None) -> bool:
    """Tell whether two conditions may be meant for different moments; any condition that differs is taken for that."""
    return first != second


# Names and values


def _absent(grounds: Grounds) -> Iterator[Finding]:
    """Targets that no pedalboard has."""
    if not grounds.effects:
        return
    known = grounds.effects | {ROLE + role for role in grounds.roles}
    for rule in grounds.rules:
        for key in sorted({key for target in rule.targets for key in target.follows()}):
            if key[0] in {"bypass", "parameter", "preset"} and key[1] not in known:
                yield Finding("absent", "warning", rule.place, f"no pedalboard has `{key[1]}`")


def _impossible(grounds: Grounds) -> Iterator[Finding]:
    """Conditions that cannot hold."""
    for rule in grounds.rules:
        if rule.condition is None:
            continue
        reason = _why_never(rule.condition, rule.page)
        if reason:
            yield Finding("impossible", "warning", rule.place, f"its condition can never hold: {reason}")


def _why_never(condition: Condition, page: str) -> str:
    states: dict[str, bool] = {}
    for effect, active in condition.effects:
        if states.setdefault(effect, active) is not active:
            return f"{effect} cannot be active and bypassed"
    if page and condition.pages and page not in condition.pages:
        return f"it stands on page {page}"
    for each in condition.none_of:
        if each == Condition() or (each.any_of == () and each == _bare(condition)):
            return "what it asks is also what it excludes"
    return ""


def _bare(condition: Condition) -> Condition:
    return Condition(condition.snapshots, condition.pedalboards, condition.effects, pages=condition.pages)


def _variables(grounds: Grounds) -> Iterator[Finding]:
    """Variables that are read but never set keep their first value for ever."""
    targets = [target for rule in grounds.rules for target in rule.targets]
    written = {target.name for target in [*targets, *grounds.panic] if isinstance(target, VariableTarget)}
    for rule in grounds.rules:
        for name in sorted(_read(rule.condition) - written):
            message = f"no rule sets the variable `{name}`, so it keeps its first value"
            yield Finding("variable", "warning", rule.place, message)


def _read(condition: Condition | None) -> set[str]:
    if condition is None:
        return set()
    inner = [_read(each) for each in (*condition.any_of, *condition.none_of)]
    return {name for name, _ in condition.variables}.union(*inner)


def _endless_notes(grounds: Grounds) -> Iterator[Finding]:
    """A note that is begun and never ended sounds for ever."""
    messages = [(rule, target) for rule in grounds.rules for target in rule.targets if isinstance(target, SendTarget)]
    ended = {note for _, target in messages if (note := ended_note(target))}
    for rule, target in messages:
        begun = begun_note(target)
        if begun and target.ending is None and begun not in ended:
            message = f"the note {begun[2]} is sent and never ended"
            yield Finding("endless", "warning", rule.place, message, "add `release: return`, or a rule with velocity 0")


def _last_waits(grounds: Grounds) -> Iterator[Finding]:
    """A list that ends by waiting."""
    for rule in grounds.rules:
        if rule.targets and isinstance(rule.targets[-1], WaitTarget):
            yield Finding("wait", "warning", rule.place, "the list ends with a wait: nothing follows it")


# Controls


def _unused(grounds: Grounds) -> Iterator[Finding]:
    """Controls that no rule uses, told for each surface at once."""
    used = {trigger.control for rule in grounds.rules for trigger in rule.triggers}
    used |= {control for rule in grounds.rules for trigger in rule.triggers for control in trigger.chord}
    idle: dict[str, list[str]] = {}
    for name, control in grounds.controls.items():
        if name not in used and control.kind not in {Kind.DISPLAY, Kind.LIGHT} and not control.raw:
            surface, _, own = name.partition(".")
            idle.setdefault(surface, []).append(own)
    for surface, names in idle.items():
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        yield Finding("unused", "note", "", f"{surface}: no rule uses {', '.join(names[:MOST_NAMED])}{more}")


def _colors(grounds: Grounds) -> Iterator[Finding]:
    """Colours on lights that have none."""
    for rule in grounds.rules:
        for trigger in rule.triggers:
            control = grounds.controls.get(trigger.control)
            light = control.light if control is not None else None
            if rule.look.color and light is not None and not (light.colors or light.rgb or light.continuous):
                message = f"{trigger.control} has no colours: `{rule.look.color}` is shown as plain light"
                yield Finding("colour", "note", rule.place, message)


_CHECKS: Sequence[Callable[[Grounds], Iterable[Finding]]] = (
    _fights, page_findings, _absent, _impossible, _variables, _endless_notes, _last_waits, _unused, _colors, delays,
)  # fmt: skip
