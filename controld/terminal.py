"""Colour on a terminal, and only there: the one place that decides it.

Shell. `NO_COLOR` (any value but "") turns colour off, as https://no-color.org has it.
"""

import os
from collections.abc import Sequence
from typing import TextIO

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}


class Ink:
    """Paints words for a stream, or leaves them as they are."""

    def __init__(self, stream: TextIO) -> None:
        self.on = stream.isatty() and not os.environ.get("NO_COLOR")

    def __call__(self, color: str, text: str) -> str:
        """Return a text in a colour or weight of `_CODES`."""
        return f"\x1b[{_CODES[color]}m{text}\x1b[0m" if self.on and text else text


def columns(rows: Sequence[Sequence[str]], gap: int = 2) -> list[str]:
    """Return rows of cells as lines, each column as wide as its widest cell; the last one is as wide as it is."""
    count = max((len(row) for row in rows), default=0)
    widths = [max((len(row[index]) for row in rows if index < len(row)), default=0) for index in range(count)]
    return [
        (" " * gap).join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows
    ]


def counted(count: int, what: str) -> str:
    """Return "1 rule" or "3 rules"."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
