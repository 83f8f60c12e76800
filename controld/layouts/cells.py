"""Cells: switches, faders with their caption and value, and how they are put on pages.

Pure. A cell is a thing that can be given a room and then is one widget or a few; pages are filled with rows of cells.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from controld.layouts.grid import GAP, Measures, rows_of, split
from controld.layouts.ground import Knob
from controld.layouts.model import Frame, Kind, Widget
from controld.mappings.texts import level_words
from controld.values import Scale

# Makes the widgets of a cell in its room.
Cell = Callable[[Frame, Measures], list[Widget]]

_LETTER: Final = 0.56  # the mean width of a letter, of its height
_SMALLEST, _LARGEST = 11, 60
_TALLEST: Final = 2.4  # of the least height of a switch: beyond that a page is left empty below
_WIDEST: Final = 2.0  # of the least width of a fader's strip
_SMALLER: Final = 0.6  # how much smaller than they could be letters become for a neighbour's sake
_MAX_MARKS: Final = 6  # names beside a fader; the value below it tells where there are more
_MAX_STEPS: Final = 24


@dataclass(frozen=True, slots=True)
class Section:
    """Cells that belong together: they begin a row of their own."""

    cells: tuple[Cell, ...]


def fitting(text: str, room: Frame, share: float = 0.34) -> int:
    """Return the size in pixels in which a text fits into a room, at most a `share` of its height."""
    across = room.w * 0.9 / max(len(text), 3) / _LETTER
    return int(min(max(min(across, room.h * share), _SMALLEST), _LARGEST))


def button(
    kind: Kind,
    label: str,
    *,
    address: str = "",
    sends: str = "",
    value: float | str = 1,
    label_address: str = "",
    note: str = "",
    color: str,
) -> Cell:
    """Return a cell that is one switch."""

    def make(room: Frame, _measures: Measures) -> list[Widget]:
        frame = room.inset(GAP // 2)
        size = fitting(label, frame, 0.3)
        return [Widget(kind, frame, label, note, address, sends, value, label_address, color, size)]

    return make


def fader(knob: Knob, color: str, *, with_effect: bool = False) -> Cell:
    """Return a cell for a parameter: a switch where it is one, else a fader with its name and its value in words."""
    scale, address = knob.scale, knob.address
    note = knob.effect if with_effect else ""
    if scale is not None and scale.trigger:
        return button(Kind.PRESS, knob.name, sends=address, value=scale.maximum, note=note, color=color)
    if scale is not None and scale.toggled:
        lamp, sends = f"{address}/normalized", f"{address}/toggle"
        return button(Kind.TOGGLE, knob.name, address=lamp, sends=sends, note=note, color=color)
    start = _start(knob)
    return strip(knob.name, note, f"{address}/normalized", f"{address}/text", color, scale, start)


def strip(
    name: str, note: str, address: str, text_address: str, color: str, scale: Scale | None, start: float = 0.0
) -> Cell:
    """Return a cell of a fader; without a scale it has no marks."""

    def make(room: Frame, measures: Measures) -> list[Widget]:
        frame = room.inset(GAP // 2)
        words = level_words(scale.value_at(start), scale) if scale is not None else ""
        shares = (2, 5, 1.6) if measures.upright else (1.1 + 0.5 * bool(note), 6, 1)
        head, body, foot = split(frame, shares, down=not measures.upright)
        least = measures.text_px
        caption = Widget(Kind.TEXT, head, name, note, color=color, text_px=min(fitting(name, head, 0.5), least + 4))
        value = Widget(Kind.TEXT, foot, words, address=text_address, color=color,
                       text_px=min(fitting("20.5 kHz", foot, 0.6), least + 6))  # fmt: skip
        control = Widget(
            Kind.FADER, body, name, address=address, color=color, text_px=_SMALLEST, marks=_marks(scale),
            steps=_steps(scale), start=start, upright=not measures.upright,
        )  # fmt: skip
        return [caption, control, value]

    return make


def _start(knob: Knob) -> float:
    """Return the share a parameter stands at when its pedalboard is loaded."""
    if knob.scale is None:
        return 0.0
    value = knob.scale.resolve(knob.level) if knob.level is not None else None
    return knob.scale.share_of(knob.scale.default if value is None else value)


def _steps(scale: Scale | None) -> int:
    if scale is None or not scale.stepped:
        return 0
    steps = len(scale.points) if scale.enumeration and scale.points else int(scale.maximum - scale.minimum) + 1
    return steps if 2 <= steps <= _MAX_STEPS else 0


def _marks(scale: Scale | None) -> tuple[tuple[float, str], ...]:
    """Return where words stand beside a fader: at its named values, else at both ends and in the middle."""
    steps = _steps(scale)
    if scale is None or (scale.enumeration and not 2 <= steps <= _MAX_MARKS):
        return ()
    shares = [index / (steps - 1) for index in range(steps)] if 2 <= steps <= _MAX_MARKS else [0.0, 0.5, 1.0]
    return tuple((share, level_words(scale.value_at(share), scale)) for share in shares)


# Filling pages


def in_rows(sections: Sequence[Section], room: Frame, measures: Measures) -> list[list[Widget]]:
    """Return the widgets of as many pages as the sections need; rows of a page are equally high."""
    least, height = measures.switch
    rows: list[Sequence[Cell]] = []
    for section in sections:
        cells = iter(section.cells)
        rows += [[next(cells) for _ in range(count)] for count in rows_of(len(section.cells), room.w, least)]
    most = max(room.h // height, 1)
    pages = rows_of(len(rows), most, 1)  # rows to pages, as evenly as can be
    taken, filled = iter(rows), []
    for count in pages:
        tall = min(room.h, int(count * height * _TALLEST))
        places = split(Frame(room.x, room.y, room.w, tall), [1] * count, down=True)
        filled.append([widget for place in places for widget in _alike(_row(next(taken), place, measures))])
    return filled


def _alike(row: Sequence[Widget]) -> list[Widget]:
    """Return switches side by side with letters of one size, unless a long name would make them all small."""
    least = min(widget.text_px for widget in row)
    size = max(least, int(max(widget.text_px for widget in row) * _SMALLER))
    return [replace(widget, text_px=min(widget.text_px, size)) for widget in row]


def in_strips(cells: Sequence[Cell], room: Frame, measures: Measures) -> list[Widget]:
    """Return the widgets of one page of faders side by side, or one below the other on an upright device."""
    length, whole = measures.strip, (room.h if measures.upright else room.w)
    used = min(whole, int(len(cells) * length * _WIDEST))
    taken = Frame(room.x, room.y, room.w, used) if measures.upright else Frame(room.x, room.y, used, room.h)
    return _row(cells, taken, measures, down=measures.upright)


def strips_in(room: Frame, measures: Measures) -> int:
    """Return how many strips find room on a page."""
    return max((room.h if measures.upright else room.w) // measures.strip, 2)


def _row(cells: Sequence[Cell], room: Frame, measures: Measures, *, down: bool = False) -> list[Widget]:
    places = split(room, [1] * len(cells), down=down)
    return [widget for cell, place in zip(cells, places, strict=True) for widget in cell(place, measures)]
