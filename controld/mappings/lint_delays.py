"""How much later a press acts because of the other gestures of its switch, and which rule is the reason.

Pure: the timing contract of `mappings.gesture`, told in advance.
"""

from collections.abc import Iterator

from controld.mappings.lint_pages import Claim, Claims, rules_on
from controld.mappings.lint_values import Finding, Grounds
from controld.mappings.rule import Gesture, Rule, Trigger
from controld.mappings.words import seconds

_TAPS = frozenset({Gesture.PRESS, Gesture.RELEASE, Gesture.REPEAT})


def delays(grounds: Grounds) -> Iterator[Finding]:
    """Yield a note for each control whose press has to wait, on each page where that is another wait."""
    told: set[tuple[str, str, str]] = set()
    for page in grounds.pages or ("",):
        by_control: dict[str, Claims] = {}
        for trigger, rule in rules_on(grounds.rules, page):
            for control in trigger.chord or (trigger.control,):
                by_control.setdefault(control, []).append(Claim(trigger, rule))
        for control, claims in by_control.items():
            for message, reason in waits(control, claims):
                if (control, message, reason.place) in told:
                    continue
                told.add((control, message, reason.place))
                where = f" on page {page}" if len(grounds.pages) > 1 else ""
                yield Finding("delay", "note", reason.place, f"a press of {control}{where} {message}")


def waits(control: str, claims: Claims) -> Iterator[tuple[str, Rule]]:
    """Yield how a control's press has to wait where these claims count, each with the rule that is the reason."""
    if not any(trigger.gesture in _TAPS and not trigger.chord for trigger, _ in claims):
        return
    holds = [(trigger, rule) for trigger, rule in claims if _is(trigger, Gesture.HOLD, Gesture.HOLD_RELEASE)]
    doubles = [(trigger, rule) for trigger, rule in claims if _is(trigger, Gesture.DOUBLE)]
    chords = [(trigger, rule) for trigger, rule in claims if trigger.chord]
    if doubles:
        trigger, rule = max(doubles, key=lambda claim: claim[0].time_s)
        yield f"waits {seconds(trigger.time_s)}, whether a second one makes it a double", rule
    if holds:
        trigger, rule = min(holds, key=lambda claim: claim[0].time_s)
        yield f"acts when it comes up, within {seconds(trigger.time_s)}: longer is a hold", rule
    if chords:
        trigger, rule = max(chords, key=lambda claim: claim[0].within_s)
        others = " and ".join(name for name in trigger.chord if name != control)
        yield f"waits up to {seconds(trigger.within_s)} for {others}", rule


def _is(trigger: Trigger, *gestures: Gesture) -> bool:
    return trigger.gesture in gestures and not trigger.chord
