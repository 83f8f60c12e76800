"""Colours by name or as `#rrggbb`, and which of a device's own looks most like the one that was asked for.

Pure. Devices have a handful of colours under names of their own; a mapping asks for one, and a device without it shows
the one nearest to the eye. How far apart colours look is measured in Oklab (Björn Ottosson, "A perceptual color space
for image processing", https://bottosson.github.io/posts/oklab/).
"""

import re
from collections.abc import Iterable
from functools import cache

Rgb = tuple[int, int, int]
Lab = tuple[float, float, float]

WHITE: Rgb = (255, 255, 255)
# Red, green, blue, 0-255, as an LED shows them rather than as a screen does.
COLORS: dict[str, Rgb] = {
    "red": (255, 0, 0), "orange": (255, 100, 0), "amber": (255, 170, 0), "yellow": (255, 255, 0),
    "lime": (160, 255, 0), "green": (0, 255, 0), "teal": (0, 160, 120), "cyan": (0, 255, 255),
    "turquoise": (0, 255, 180), "blue": (0, 0, 255), "indigo": (75, 0, 200), "violet": (140, 0, 255),
    "purple": (160, 0, 255), "magenta": (255, 0, 255), "pink": (255, 80, 170), "rose": (255, 0, 110),
    "white": WHITE, "warm": (255, 200, 140), "grey": (128, 128, 128), "gray": (128, 128, 128),
    "brown": (140, 70, 0), "gold": (255, 200, 0),
}  # fmt: skip
_LIGHTNESS = 0.5  # how much it counts: on a dark stage one LED tells itself from another by its hue
_HEX = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})")


def rgb_of(color: str) -> Rgb | None:
    """Return red, green and blue, each 0-255, of a name or `#rrggbb` in any case; None where nobody knows it."""
    written = color.lower()
    found = _HEX.fullmatch(written)
    return (int(found[1], 16), int(found[2], 16), int(found[3], 16)) if found else COLORS.get(written)


def own_color(color: str, palette: Iterable[str]) -> str:
    """Return the palette's own name for a colour, whatever its case; "" where it has not that very one."""
    wanted = color.lower()
    return next((own for own in palette if own.lower() == wanted), "")


def nearest_color(color: str, palette: Iterable[str]) -> str:
    """Return the palette's name for a colour, else of the one that looks most like it.

    "" where nothing can be compared. Of two equally near colours the palette's first is taken.
    """
    names = tuple(palette)
    own = own_color(color, names)
    wanted = rgb_of(color)
    known = [(rgb, name) for name in names if (rgb := rgb_of(name)) is not None]
    if own or wanted is None or not known:
        return own
    return min(known, key=lambda each: _distance(each[0], wanted))[1]


def dimmed(rgb: Rgb, share: float) -> Rgb:
    """Return a colour at a share (0.0-1.0) of its brightness."""
    red, green, blue = (round(part * share) for part in rgb)
    return red, green, blue


def _distance(one: Rgb, other: Rgb) -> float:
    """Return how unlike two colours look, squared."""
    lightness, *hue = (a - b for a, b in zip(_lab(one), _lab(other), strict=True))
    return (_LIGHTNESS * lightness) ** 2 + sum(part * part for part in hue)


@cache
def _lab(rgb: Rgb) -> Lab:
    """Return a colour in Oklab: lightness, green to red, blue to yellow. The factors are those of its definition.

    The parts are taken as amounts of light, as they are in an LED; a screen would have its gamma first.
    """
    red, green, blue = (part / 255 for part in rgb)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )
