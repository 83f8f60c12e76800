"""What a generated surface is: pages of widgets, each in a place of its own, with the addresses it speaks to.

Pure values, made by `layouts.pages` and written by one module for each app. Places are in pixels of the size the layout
is made for, from the upper left corner of the page (of the header, for what stands in it); apps scale them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle in whole pixels."""

    x: int
    y: int
    w: int
    h: int

    def inset(self, by: int) -> "Frame":
        """Return the rectangle with a margin inside."""
        return Frame(self.x + by, self.y + by, max(self.w - 2 * by, 1), max(self.h - 2 * by, 1))

    def overlaps(self, other: "Frame") -> bool:
        """Tell whether two rectangles share a pixel."""
        return (
            self.x < other.x + other.w and other.x < self.x + self.w
            and self.y < other.y + other.h and other.y < self.y + self.h
        )  # fmt: skip

    def holds(self, other: "Frame") -> bool:
        """Tell whether another rectangle lies within this one."""
        return (
            self.x <= other.x and self.y <= other.y
            and other.x + other.w <= self.x + self.w and other.y + other.h <= self.y + self.h
        )  # fmt: skip


class Kind(Enum):
    """What a widget is."""

    TOGGLE = "toggle"  # a press flips it; it shows what the rig confirmed
    PRESS = "press"  # something happens on a press; its lamp, where it has one, shows what the rig confirmed
    FADER = "fader"
    TEXT = "text"  # shown only


@dataclass(frozen=True, slots=True)
class Widget:
    """One thing on a page.

    `address` is where the rig tells what it shows, and where a fader sends its share, 0.0-1.0 ("": it shows nothing
    that changes). `sends` is where a press goes ("": to `address`), with the argument `value`. Where `label_address` is
    given, what stands there takes the place of `label`. `marks` are places of a fader's scale (0.0-1.0) with their
    words, `steps` how many positions it has (0: any), `start` where it stands before the rig has told.
    """

    kind: Kind
    frame: Frame
    label: str = ""
    note: str = ""
    address: str = ""
    sends: str = ""
    value: float | str = 1
    label_address: str = ""
    color: str = "#98a1b0"
    text_px: int = 16
    marks: tuple[tuple[float, str], ...] = ()
    steps: int = 0
    start: float = 0.0
    upright: bool = True  # a fader

    @property
    def target(self) -> str:
        """The address a press or a move is sent to, "" for what is shown only."""
        return "" if self.kind is Kind.TEXT else self.sends or self.address


@dataclass(frozen=True, slots=True)
class Page:
    """Widgets that are seen at once, and the name and colour of their tab.

    Neighbours of one `group` share a tab of that name where there are too many for one bar.
    """

    name: str
    widgets: tuple[Widget, ...]
    color: str = "#98a1b0"
    group: str = ""


@dataclass(frozen=True, slots=True)
class Tabs:
    """Pages, or more tabs, of which one is seen at a time, and the name and colour of their own tab.

    `follows` is an address below which the rig tells by number which of them is current ("/pedalboard": the first is
    shown when `/pedalboard/1` is 1).
    """

    name: str
    entries: "tuple[Page | Tabs, ...]"
    color: str = "#98a1b0"
    follows: str = ""

    def pages(self) -> Iterator[Page]:
        """Go through all pages."""
        for entry in self.entries:
            if isinstance(entry, Page):
                yield entry
            else:
                yield from entry.pages()


@dataclass(frozen=True, slots=True)
class Layout:
    """A surface of `width` by `height` pixels: a header that is always seen, and tabs below it.

    A bar of tabs is `bar` high; `page` is the room that is left for a page.
    """

    title: str
    width: int
    height: int
    header_height: int
    bar: int
    header: tuple[Widget, ...]
    tabs: Tabs
    page: Frame

    def widgets(self) -> Iterator[Widget]:
        """Go through all widgets."""
        yield from self.header
        for page in self.tabs.pages():
            yield from page.widgets
