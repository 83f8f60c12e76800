"""What a surface should show.

Pure values. A feedback names a control and its look; the surface's profile says how the device can show it. Shells send
only what differs from what the device already shows.
"""

from dataclasses import dataclass

from controld.changes import State


@dataclass(slots=True)
class Feedback:
    """A control's look: `value` 0.0-1.0 (a light: 0 off, 1 lit), the state behind it, and how to draw it.

    `style` is "on", "off", "dim", "blink" or "pulse" for lights and "" where only the value counts. `color` is a name
    or "#rrggbb", or "". `text` is for displays, its rows parted by line feeds. `origin` is who caused the change
    ("surface" or "surface/client"); `force` asks to send even what the device is thought to show already, because the
    device may have lit it by itself.
    """

    control: str
    value: float
    state: State
    style: str = ""
    color: str = ""
    text: str = ""
    origin: str = ""
    force: bool = False
