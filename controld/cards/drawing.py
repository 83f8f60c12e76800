"""Shapes and texts of SVG, and how much text finds room.

Pure. Lengths are in pixels of the drawing. SVG cannot be asked how wide a text is, so widths are estimated by kinds of
letters, a little on the wide side; what does not fit is made smaller, put on two lines, and cut at last.
"""

import unicodedata
from typing import Final
from xml.sax.saxutils import escape

from controld.mappings.labels import cut, in_xml

FONT: Final = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', sans-serif"
INK, SOFT, FAINT, PAPER = "#14171c", "#5b6472", "#d5d9e0", "#ffffff"
_NARROW: Final = frozenset("iljtfrI.,:;'|!()[]/ ")
_WIDE: Final = frozenset("mwMW@%—…")


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a text is, about, in a usual sans serif font."""
    return sum(map(_letter, text)) * size * (1.06 if bold else 1.0)


def _letter(char: str) -> float:
    if unicodedata.combining(char):
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    if char in _NARROW:
        return 0.33
    if char in _WIDE:
        return 0.9
    return 0.68 if char.isupper() else 0.57


def wrapped(said: str, width: float, size: float, least: float, *, lines: int = 2) -> tuple[list[str], float]:
    """Return a bold text on one or two lines and the size in which it fits; cut where it is too wide at `least`."""
    while True:
        if width_of(said, size, bold=True) <= width:
            return [said], size
        halves = _halves(said, width, size) if lines > 1 else []
        if halves:
            return halves, size
        if size <= least:
            return [_shortened(said, width, size)], size
        size = max(size - 1, least)


def _halves(said: str, width: float, size: float) -> list[str]:
    """Return the most even two lines that fit; [] where there are none."""
    words = said.split(" ")
    pairs = [[" ".join(words[:place]), " ".join(words[place:])] for place in range(1, len(words))]
    fitting = [pair for pair in pairs if max(width_of(part, size, bold=True) for part in pair) <= width]
    return min(fitting, key=lambda pair: abs(len(pair[0]) - len(pair[1]))) if fitting else []


def _shortened(said: str, width: float, size: float) -> str:
    shorter = (cut(said, length) for length in range(len(said), 1, -1))
    return next((each for each in shorter if width_of(each, size, bold=True) <= width), said[:1])


def text(
    x: float, y: float, said: str, size: float, *, fill: str = INK, weight: int = 400, anchor: str = "start"
) -> str:
    """Return a line of text with its baseline at `y`."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" font-weight="{weight}" fill="{fill}"'
        f' text-anchor="{anchor}">{escape(in_xml(said))}</text>'
    )


def box(x: float, y: float, w: float, h: float, *, fill: str = PAPER, stroke: str = "none", round_: float = 0.0,
        thick: float = 1.0) -> str:  # fmt: skip
    """Return a rectangle."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{round_:g}" fill="{fill}"'
        f' stroke="{stroke}" stroke-width="{thick:g}"/>'
    )


def circle(x: float, y: float, radius: float, *, fill: str, stroke: str = "none", thick: float = 1.0) -> str:
    """Return a circle."""
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}" stroke="{stroke}" stroke-width="{thick:g}"/>'
    )
