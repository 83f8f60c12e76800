"""A card as a picture: SVG with the proportions of a sheet of A4 or A5 that lies.

Pure. White paper, dark letters and few large areas of colour, so that it can be read on stage and printed anywhere.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from controld.cards.drawing import FAINT, FONT, INK, PAPER, SOFT, box, circle, text, width_of, wrapped
from controld.cards.model import Card, Line, Spot
from controld.mappings.labels import cut
from controld.mappings.profile import Kind
from controld.screen_colors import ink_on

WIDTH, HEIGHT = 1120.0, 792.0  # 297 by 210 millimetres
_MARGIN: Final = 36.0
_GAP: Final = 14.0
_BOARD: Final = "#eef0f4"
_LEAST: Final = 10.0  # the smallest letters


def card_svg(card: Card) -> str:
    """Return the picture of a card, complete with its namespace."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" font-family="{FONT}">',
        box(0, 0, WIDTH, HEIGHT),
        *_title(card),
        *_floor(card),
        "</svg>\n",
    ])  # fmt: skip


def _title(card: Card) -> Iterator[str]:
    """Yield what the card is for: the page, or the pedalboards where there are no pages."""
    boards = ", ".join(card.boards)
    main = card.page or boards
    beside = boards if card.page else ""
    yield text(_MARGIN, 66, cut(main, 34), 40, weight=700)
    if beside:
        yield text(_MARGIN + width_of(cut(main, 34), 40, bold=True) + 18, 66, cut(beside, 60), 20, fill=SOFT)
    yield text(WIDTH - _MARGIN, 66, card.surface, 20, weight=600, anchor="end")
    yield text(_MARGIN, 92, cut(card.device, 130), 13, fill=SOFT)
    if card.color:
        yield box(_MARGIN, 102, WIDTH - 2 * _MARGIN, 4, fill=card.color, round_=2)


def _floor(card: Card) -> Iterator[str]:
    """Yield the board with all that stands on it."""
    top = 116.0
    foot = 34.0 * -(-len(card.others) // 3) + (14 if card.others else 0)
    high = HEIGHT - _MARGIN - top - foot
    wide = WIDTH - 2 * _MARGIN
    yield box(_MARGIN, top, wide, high, fill=_BOARD, stroke=FAINT, round_=22)
    inner_x, inner_y, inner_h = _MARGIN + _GAP, top + _GAP, high - 2 * _GAP
    pedals = _pedal_width(len(card.pedals))
    switches = wide - 2 * _GAP - pedals
    knobs = 84.0 if card.knobs else 0.0
    yield from _knobs(card.knobs, inner_x, inner_y, switches)
    yield from _rows(card.rows, inner_x, inner_y + knobs, switches, inner_h - knobs)
    for number, pedal in enumerate(card.pedals):
        each = (pedals - _GAP) / max(len(card.pedals), 1)
        x = inner_x + switches + _GAP + number * each
        yield from _pedal(pedal, x, inner_y, each - (_GAP if number < len(card.pedals) - 1 else 0), inner_h)
    yield from _others(card.others, top + high + 14)


def _pedal_width(count: int) -> float:
    return 0.0 if not count else _GAP + min(count * 130.0, 330.0)


def _rows(rows: Sequence[Sequence[Spot | None]], x: float, y: float, w: float, h: float) -> Iterator[str]:
    for number, row in enumerate(rows):
        high = (h - _GAP * (len(rows) - 1)) / len(rows)
        wide = (w - _GAP * (len(row) - 1)) / len(row)
        for place, spot in enumerate(row):
            if spot is not None:
                yield from _switch(spot, x + place * (wide + _GAP), y + number * (high + _GAP), wide, high)


def _switch(spot: Spot, x: float, y: float, w: float, h: float) -> Iterator[str]:
    """Yield a switch: a band in the colour of its light with what a press does, then its other gestures."""
    main, rest = _main(spot.lines)
    lit = spot.color or "#ffffff"
    ink = ink_on(lit) if spot.color else (INK if main else SOFT)
    band = min(max(h * 0.46, 66.0), 118.0)
    yield box(x, y, w, h, stroke=FAINT, round_=14, thick=1.5)
    if main is not None or spot.color:
        yield box(x, y, w, band, fill=lit, stroke=FAINT if lit == "#ffffff" else "none", round_=14)
        yield box(x, y + band - 14, w, 14, fill=lit)
    yield text(x + 14, y + 24, spot.name, 13, fill=ink, weight=600)
    rim = ink if spot.color else FAINT
    yield circle(x + w - 20, y + 19, 6, fill=PAPER if spot.color else "none", stroke=rim, thick=1.5)
    if main is not None:
        yield from _centred(main.label, x + w / 2, y + band / 2 + 16, w - 24, min(band * 0.3, 34), ink)
        if main.condition:
            yield text(x + w / 2, y + band - 9, f"if {main.condition}", 11, fill=ink, anchor="middle")
    yield from _gestures(rest, x, y + band + 8, w, h - band - 12)


def _main(lines: Sequence[Line]) -> tuple[Line | None, list[Line]]:
    """Return what a plain press does, and the rest."""
    main = next((line for line in lines if not line.gesture), None)
    return main, [line for line in lines if line is not main]


def _gestures(lines: Sequence[Line], x: float, y: float, w: float, h: float) -> Iterator[str]:
    """Yield what the other gestures do, each with its word before."""
    size = 19.0
    each = min(h / max(len(lines), 1), 54.0)
    for number, line in enumerate(lines):
        at = y + number * each
        word = line.gesture or "or"
        yield text(x + 14, at + 14, word, 12, fill=SOFT, weight=500)
        beside = each < 40  # no room for a line of its own
        left = x + 14 + (width_of(word, 12) + 8 if beside else 0)
        (said,), fitted = wrapped(line.label, x + w - 12 - left, size, _LEAST, lines=1)
        yield text(left, at + (14 if beside else 34), said, fitted, weight=600)
        if line.condition and not beside:
            yield text(x + 14, at + 48, cut(f"if {line.condition}", int(w / 6)), 10.5, fill=SOFT)


def _centred(said: str, x: float, y: float, w: float, size: float, fill: str) -> Iterator[str]:
    lines, fitted = wrapped(said, w, size, _LEAST + 3)
    first = y - (len(lines) - 1) * fitted * 0.58
    for number, line in enumerate(lines):
        yield text(x, first + number * fitted * 1.16, line, fitted, fill=fill, weight=700, anchor="middle")


def _pedal(spot: Spot, x: float, y: float, w: float, h: float) -> Iterator[str]:
    """Yield a treadle, narrower at the toe, with what it moves and what its ends do."""
    color = spot.color or "#aab1bd"
    taper = w * 0.09
    points = f"{x + taper:.1f},{y:.1f} {x + w - taper:.1f},{y:.1f} {x + w:.1f},{y + h:.1f} {x:.1f},{y + h:.1f}"
    yield f'<polygon points="{points}" fill="{PAPER}" stroke="{color}" stroke-width="3" stroke-linejoin="round"/>'
    for number in range(5):
        at = y + h * (0.08 + number * 0.045)
        yield box(x + w * 0.22, at, w * 0.56, 5, fill=FAINT, round_=2.5)
    yield text(x + w / 2, y + h * 0.36, spot.name, 13, fill=SOFT, weight=600, anchor="middle")
    main, rest = _main(spot.lines)
    if main is not None:
        yield from _centred(main.label, x + w / 2, y + h * 0.47, w - 26, 21, INK)
    for number, line in enumerate(rest):
        at = y + h * 0.6 + number * 44
        yield text(x + w / 2, at, line.gesture, 12, fill=SOFT, anchor="middle")
        yield from _centred(line.label, x + w / 2, at + 20, w - 20, 16, INK)
    yield box(x + w * 0.2, y + h - 24, w * 0.6, 8, fill=color, round_=4)


def _knobs(spots: Sequence[Spot], x: float, y: float, w: float) -> Iterator[str]:
    """Yield knobs, encoders and faders in a row above the switches."""
    each = min(w / max(len(spots), 1), 240.0)
    for number, spot in enumerate(spots):
        left = x + number * each
        color = spot.color or "#aab1bd"
        yield circle(left + 34, y + 34, 27, fill=PAPER, stroke=color, thick=4)
        if spot.kind is Kind.FADER:
            yield box(left + 31, y + 17, 6, 34, fill=color, round_=3)
        else:
            yield box(left + 32, y + 12, 4, 22, fill=INK, round_=2)
        yield text(left + 72, y + 24, spot.name, 13, fill=SOFT, weight=600)
        main = next(iter(spot.lines), None)
        said, size = wrapped(main.label if main else "", each - 84, 18, _LEAST)
        for place, line in enumerate(said):
            yield text(left + 72, y + 46 + place * size, line, size, weight=600)


def _others(others: Sequence[tuple[str, str]], y: float) -> Iterator[str]:
    """Yield chords and programs, three side by side below the board."""
    wide = (WIDTH - 2 * _MARGIN) / 3
    for number, (what, does) in enumerate(others):
        x, at = _MARGIN + (number % 3) * wide, y + (number // 3) * 34
        (named,), small = wrapped(what, wide * 0.55, 13, _LEAST, lines=1)
        chip = width_of(named, small, bold=True) + 18
        yield box(x, at, chip, 24, fill=_BOARD, stroke=FAINT, round_=12)
        yield text(x + chip / 2, at + 16.5, named, small, weight=500, anchor="middle")
        (said,), size = wrapped(does, wide - chip - 22, 16, _LEAST, lines=1)
        yield text(x + chip + 10, at + 17.5, said, size, weight=600)
