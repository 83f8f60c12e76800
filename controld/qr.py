"""A QR code on a terminal, dark or light.

Shell only in that it needs segno (of the extra `layouts`), which is imported when a code is drawn.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby, zip_longest

# Black on white in colours of their own, so that neither the terminal's nor the room's darkness matters.
_COLORS = "\x1b[38;5;{above};48;5;{below}m"
_DARK, _LIGHT = 16, 231
_END = "\x1b[0m"
QUIET_ZONE = 3  # modules of white around; four by the standard, and phones read three


def qr_lines(said: str) -> list[str]:
    """Return the lines of a QR code of a text, two rows of modules in each.

    Raises:
        ImportError: segno is not installed.
        ValueError: the text is too long for any code.
    """
    rows = [*modules(said)]
    pairs = zip_longest(rows[::2], rows[1::2], fillvalue=[False] * len(rows[0]))
    return ["".join(_painted(zip(above, below, strict=True))) + _END for above, below in pairs]


def modules(said: str) -> Iterator[list[bool]]:
    """Yield the rows of the code with the white around it; True is dark."""
    import segno

    code = segno.make_qr(said, error="m")
    for row in code.matrix_iter(border=QUIET_ZONE):
        yield [bool(module) for module in row]


def _painted(cells: Iterable[tuple[bool, bool]]) -> Iterator[str]:
    for (above, below), run in groupby(cells):
        colors = _COLORS.format(above=_DARK if above else _LIGHT, below=_DARK if below else _LIGHT)
        yield colors + "▀" * len([*run])
