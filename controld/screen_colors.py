"""Colours as a screen or paper shows them, for what stands in the rules as the colour of an LED.

Pure. An LED's pure blue is too dark to read on a screen and its yellow too pale to print, so every name has a shade of
its own here, all of about the same lightness.
"""

from typing import Final

from controld.midi_colors import rgb_of

SHADES: Final = {
    "red": "#f0524f", "orange": "#f5833a", "amber": "#f2a71b", "yellow": "#e8c51c",
    "lime": "#a5cf2d", "green": "#3fbf5f", "teal": "#1fae96", "cyan": "#22b8cf",
    "turquoise": "#20c0ae", "blue": "#4b8df8", "indigo": "#7178f2", "violet": "#9a6bf0",
    "purple": "#b062e6", "magenta": "#e056c8", "pink": "#f06ba8", "rose": "#f2557f",
    "white": "#e6e9ef", "warm": "#eccfa3", "grey": "#98a1b0", "gray": "#98a1b0",
    "brown": "#b07a4a", "gold": "#dcb22a",
}  # fmt: skip
# For what nobody gave a colour, in an order that keeps neighbours apart.
SPARE: Final = ("blue", "amber", "green", "magenta", "cyan", "orange", "violet", "lime", "rose", "teal")
NEUTRAL: Final = SHADES["grey"]


def screen_color(color: str, otherwise: str = NEUTRAL) -> str:
    """Return a colour of the rules (a name, `#rrggbb`, or "") as `#rrggbb` for a screen."""
    if not color:
        return otherwise
    shade = SHADES.get(color.lower())
    if shade is None:
        rgb = rgb_of(color)
        shade = "#{:02x}{:02x}{:02x}".format(*rgb) if rgb is not None else otherwise
    return shade


def spare_color(index: int) -> str:
    """Return the colour of the `index`th thing (from 0) that has none of its own."""
    return SHADES[SPARE[index % len(SPARE)]]


def ink_on(color: str) -> str:
    """Return black or white, whichever is easier to read on `#rrggbb`, by relative luminance (WCAG 2.1)."""
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    light = sum(
        weight * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
        for weight, part in zip((0.2126, 0.7152, 0.0722), (red, green, blue), strict=True)
    )
    return "#000000" if light > 0.179 else "#ffffff"
