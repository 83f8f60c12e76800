"""Pages: which is active, how one came there, and which rules of a control count on it.

Pure. Under the pages that are held (each by a press) lies the one that was chosen; choosing another ends all holds, and
`back` goes the way back that one came, press by press.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from controld.actions import Seek, SelectPage
from controld.changes import PageChanged, Refused
from controld.errors import hinted
from controld.mappings.rule import Page, Rule, Trigger

# How many pages one can go back.
MAX_WAY_BACK = 64


class Claim(Protocol):
    """A trigger with its rule."""

    @property
    def trigger(self) -> Trigger:
        """What has to happen."""

    @property
    def rule(self) -> Rule:
        """What is done then."""


T = TypeVar("T", bound=Claim)


class Pages:
    """The pages of a rig; `current` is the active one's name, "" for none."""

    __slots__ = ("_held", "_names", "_way", "base")

    def __init__(self, pages: Sequence[Page]) -> None:
        self._names = tuple(page.name for page in pages)
        self.base = next((page.name for page in pages if page.start), "")
        self._held: list[tuple[str, str]] = []  # who holds, and which page; the last is active
        self._way: list[str] = []  # the pages before `base`, the last left last

    @property
    def current(self) -> str:
        """The active page."""
        return self._held[-1][1] if self._held else self.base

    def fact(self, before: str = "", origin: str = "") -> PageChanged:
        """Return the fact of the active page."""
        current = self.current
        index = self._names.index(current) + 1 if current else 0
        return PageChanged(current, index, before, self._names, origin)

    def select(self, action: SelectPage, origin: str) -> list[PageChanged | Refused]:
        """Do what an action asks; empty where the page stays as it is."""
        before = self.current
        if action.held_by and action.page is Seek.BACK:
            self._held = [held for held in self._held if held[0] != action.held_by]
        elif action.page is Seek.BACK:
            self._go_back()
        else:
            found = self._find(action.page)
            if found is None:
                return [_refusal(action, self._names, origin)]
            if action.held_by:
                self._held = [held for held in self._held if held[0] != action.held_by]
                self._held.append((action.held_by, found))
            else:
                self._choose(found)
        return [] if self.current == before else [self.fact(before, origin)]

    def take_over(self, old: "Pages") -> None:
        """Stay on the page that was active, and keep what is held and the way back, where these pages are still."""
        if old.base in self._names:
            self.base = old.base
        self._held = [held for held in old._held if held[1] in self._names]  # noqa: SLF001 - its own kind
        self._way = [name for name in old._way if not name or name in self._names]  # noqa: SLF001 - its own kind

    def _choose(self, page: str) -> None:
        came_from = self.base  # a page that was only held is none to return to
        self._held.clear()
        self.base = page
        if page != came_from:
            self._way = [*self._way, came_from][-MAX_WAY_BACK:]

    def _go_back(self) -> None:
        """Leave the pages that are held; where none is, return to the page before."""
        if self._held:
            self._held.clear()
        elif self._way:
            self.base = self._way.pop()

    def _find(self, pick: object) -> str | None:
        names = self._names
        if isinstance(pick, str):
            return pick if pick in names else None
        if isinstance(pick, int):
            return names[pick - 1] if 1 <= pick <= len(names) else None
        if not names or pick not in {Seek.NEXT, Seek.PREVIOUS}:
            return None
        step = 1 if pick is Seek.NEXT else -1
        index = names.index(self.current) if self.current else (-1 if step == 1 else 0)
        return names[(index + step) % len(names)]


def _refusal(action: SelectPage, names: Sequence[str], origin: str) -> Refused:
    pick = action.page
    if isinstance(pick, str):
        return Refused("page", hinted(f"there is no page `{pick}`", pick, names), origin)
    if isinstance(pick, int) and names:
        return Refused("page", f"there is no page {pick}: they are numbered 1 to {len(names)}", origin)
    return Refused("page", f"`{pick.value}` points at no page" if isinstance(pick, Seek) else "no pages", origin)


def on_page(claims: Iterable[T], page: str) -> list[T]:
    """Return the rules of one control that count on a page, in their order.

    Those of other pages do not; a page's rule hides the ones of no page that have the same gesture: of programs those
    of the same program, or all where the page's takes any, of events those of the same subject.
    """
    counting = [claim for claim in claims if claim.rule.page in {"", page}]
    own = {_slot(claim.trigger) for claim in counting if claim.rule.page}
    if not own:
        return counting
    return [claim for claim in counting if claim.rule.page or not _slots_over(claim.trigger) & own]


def _slot(trigger: Trigger) -> tuple[object, ...]:
    return trigger.gesture, trigger.program, trigger.subject


def _slots_over(trigger: Trigger) -> set[tuple[object, ...]]:
    """Return the slots a page's rule can have that hide this one."""
    return {_slot(trigger), (trigger.gesture, None, trigger.subject)}
