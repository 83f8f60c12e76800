"""Which rules count on which page, which pages can be reached, and which rules never get their turn.

Pure.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from controld.actions import Seek
from controld.mappings.lint_values import Finding, Grounds
from controld.mappings.pages import on_page
from controld.mappings.rule import Rule, Trigger
from controld.mappings.target import PageTarget


class Claim(NamedTuple):
    """A trigger with its rule."""

    trigger: Trigger
    rule: Rule


Claims = list[Claim]


def rules_on(rules: Iterable[Rule], page: str) -> Claims:
    """Return the triggers that count on a page ("" for none), each with its rule, control by control."""
    by_control: dict[str, Claims] = {}
    for rule in rules:
        for trigger in rule.triggers:
            by_control.setdefault(trigger.control, []).append(Claim(trigger, rule))
    return [claim for claims in by_control.values() for claim in on_page(claims, page)]


def page_findings(grounds: Grounds) -> Iterator[Finding]:
    """Yield pages that no rule leads to or away from, and rules that every page hides."""
    if not grounds.pages:
        return
    reached = _reached(grounds)
    for page in grounds.pages:
        place = next((rule.place for rule in grounds.rules if rule.page == page), "")
        if page not in reached:
            yield Finding("unreachable", "warning", place, f"no rule leads to page `{page}`", f"`do: {{page: {page}}}`")
        elif page != grounds.start and reached[page] and not _leads_away(grounds, page):
            message = f"no rule leads away from page `{page}`"
            yield Finding("trap", "warning", place, message, "`do: {page: back}`, or enter it with `hold: true`")
    yield from _hidden(grounds, [page for page in grounds.pages if page in reached])


def _reached(grounds: Grounds) -> dict[str, bool]:
    """Return the pages that can be reached from the start, each with whether one stays there."""
    reached = {grounds.start: True}
    waiting = [grounds.start]
    while waiting:
        page = waiting.pop()
        for target in _page_targets(grounds, page):
            for name in _leads_to(target, page, grounds.pages):
                if name not in reached:
                    waiting.append(name)
                reached[name] = reached.get(name, False) or not target.hold
    return reached


def _page_targets(grounds: Grounds, page: str) -> list[PageTarget]:
    claims = rules_on(grounds.rules, page)
    return [target for _, rule in claims for target in rule.targets if isinstance(target, PageTarget)]


def _leads_to(target: PageTarget, page: str, pages: tuple[str, ...]) -> list[str]:
    match target.page:
        case Seek.NEXT | Seek.PREVIOUS:
            step = 1 if target.page is Seek.NEXT else -1
            index = pages.index(page) if page in pages else (-1 if step == 1 else 0)
            return [pages[(index + step) % len(pages)]]
        case int() as number:
            return [pages[number - 1]] if 1 <= number <= len(pages) else []
        case str() as name:
            return [name]
    return []  # back: to where one was before


def _leads_away(grounds: Grounds, page: str) -> bool:
    return any(
        target.page is Seek.BACK or [name for name in _leads_to(target, page, grounds.pages) if name != page]
        for target in _page_targets(grounds, page)
        if not target.hold
    )


def _hidden(grounds: Grounds, pages: list[str]) -> Iterator[Finding]:
    """Yield the rules of no page that are hidden wherever one can be."""
    if not grounds.start:
        return
    shown = {id(rule) for page in pages for _, rule in rules_on(grounds.rules, page)}
    for rule in grounds.rules:
        if not rule.page and id(rule) not in shown:
            message = "it never counts: every page has a rule of its own for the same control and gesture"
            yield Finding("shadowed", "warning", rule.place, message)
