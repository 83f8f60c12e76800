"""Names of colours, and which of a device's own is nearest to the one that was asked for.

Pure. Devices have a handful of colours under names of their own; a mapping asks for one by name, and a device without
it shows what looks most like it.
"""

from collections.abc import Iterable

# Red, green, blue, 0-255, as an LED shows them rather than as a screen does.
COLORS: dict[str, tuple[int, int, int]] = {
    "red": (255, 0, 0), "orange": (255, 100, 0), "amber": (255, 170, 0), "yellow": (255, 255, 0),
    "lime": (160, 255, 0), "green": (0, 255, 0), "teal": (0, 160, 120), "cyan": (0, 255, 255),
    "turquoise": (0, 255, 180), "blue": (0, 0, 255), "indigo": (75, 0, 200), "violet": (140, 0, 255),
    "purple": (160, 0, 255), "magenta": (255, 0, 255), "pink": (255, 80, 170), "rose": (255, 0, 110),
    "white": (255, 255, 255), "warm": (255, 200, 140), "grey": (128, 128, 128), "gray": (128, 128, 128),
    "brown": (140, 70, 0), "gold": (255, 200, 0),
}  # fmt: skip


def nearest_color(name: str, palette: Iterable[str]) -> str:
    """Return the palette's name for the colour `name`, else the nearest known one; "" where nothing can be compared.

    Names are compared without regard to case; of two equally near colours the palette's first is taken.
    """
    names = {own.lower(): own for own in palette}
    wanted = name.lower()
    if wanted in names:
        return names[wanted]
    comparable = [own for own in names if own in COLORS]
    if wanted not in COLORS or not comparable:
        return ""
    return names[min(comparable, key=lambda own: _distance(COLORS[own], COLORS[wanted]))]


def _distance(a: tuple[int, int, int], b: tuple[int, int, int]) -> int:
    """Return how unlike two colours look, squared: the eye is keenest on green and dullest on blue."""
    red, green, blue = (x - y for x, y in zip(a, b, strict=True))
    return 3 * red * red + 4 * green * green + 2 * blue * blue
