"""Sizes: which devices there are, and how a room is divided into cells that a finger finds.

Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from controld.errors import ControldError, nearest
from controld.layouts.model import Frame

# In pixels as the apps count them (points), held across but for those that say otherwise.
SIZES: Final = {
    "tablet": (1280, 800),
    "ipad": (1024, 768),
    "tablet-upright": (800, 1280),
    "phone": (844, 390),
    "phone-upright": (390, 844),
}
SMALLEST, LARGEST = 320, 4096
GAP: Final = 8


@dataclass(frozen=True, slots=True)
class Measures:
    """How large things are on a device: the least width and height of a switch, of a fader's strip, and of bars."""

    width: int
    height: int
    switch: tuple[int, int]
    strip: int
    header: int
    bar: int
    text_px: int
    tabs: int  # how many in a bar

    @property
    def upright(self) -> bool:
        """Tell whether the device is held upright: faders lie then."""
        return self.height > self.width


def parse_size(written: str) -> tuple[int, int]:
    """Return width and height of one of `SIZES`, or of "1280x800".

    Raises:
        ControldError: it is neither, or too small or large for anybody; the text says what was expected.
    """
    if written in SIZES:
        return SIZES[written]
    found = re.fullmatch(r"([0-9]{3,4})x([0-9]{3,4})", written)
    if found is None:
        wanted = f"one of {', '.join(SIZES)}, or width and height as in `1280x800`"
        raise ControldError(f"`{written}` is no size: expected {wanted} {nearest(written, SIZES)}".rstrip())
    size = int(found[1]), int(found[2])
    if not all(SMALLEST <= side <= LARGEST for side in size):
        raise ControldError(f"`{written}` is no size: each side has {SMALLEST} to {LARGEST} pixels")
    return size


def measures_of(size: tuple[int, int]) -> Measures:
    """Return how large things are at a size."""
    width, height = size
    if min(size) < 600:
        return Measures(width, height, (108, 76), 84, 48, 36, 15, max(width // 76, 4))
    return Measures(width, height, (176, 128), 104, 84, 52, 20, max(width // 112, 4))


def rows_of(count: int, width: int, least: int) -> list[int]:
    """Return how many cells stand in each row so that each is at least `least` wide, as evenly as can be."""
    if count <= 0:
        return []
    across = max(width // least, 1)
    rows = -(-count // across)
    fewer, more = divmod(count, rows)
    return [fewer + 1] * more + [fewer] * (rows - more)


def split(room: Frame, shares: Sequence[float], *, down: bool = False) -> list[Frame]:
    """Divide a room into parts side by side (or one below the other) that fill it to the pixel."""
    whole, total = (room.h if down else room.w), sum(shares)
    ends = [round(sum(shares[:count]) / total * whole) for count in range(len(shares) + 1)]
    parts = [(start, end - start) for start, end in pairwise(ends)]
    if down:
        return [Frame(room.x, room.y + start, room.w, length) for start, length in parts]
    return [Frame(room.x + start, room.y, length, room.h) for start, length in parts]
