"""How a control's movement becomes a position on its target: ends, curves and steps, and what needs a memory.

Pure values. `Shaping` is done by the target itself; `Motion` by the mapper before it, which remembers what came before.
"""

from dataclasses import dataclass
from enum import Enum

from controld.values import CURVES, Curve, Level, clamp, quantize


class Takeover(Enum):
    """What a control does whose position is not the parameter's."""

    JUMP = "jump"
    PICKUP = "pickup"
    SCALE = "scale"


@dataclass(frozen=True, slots=True)
class Shaping:
    """How a position on the control becomes a position on the target; `low` and `high` may be reversed.

    `curve` is a curve with its inverse. `steps` (2 or more; 0: none) evenly spaced positions, or `values` to choose.
    """

    low: Level | None = None
    high: Level | None = None
    curve: tuple[Curve, Curve] = CURVES["linear"]
    steps: int = 0
    values: tuple[Level, ...] = ()

    def shape(self, position: float) -> float:
        """Return the position on the target, 0.0-1.0, for one on the control."""
        position = clamp(self.curve[0](clamp(position, 0.0, 1.0)), 0.0, 1.0)
        return quantize(position, self.steps) if self.steps else position

    def unshape(self, position: float) -> float:
        """Return where the control should stand for a position on the target; the reverse of `shape` up to steps."""
        return clamp(self.curve[1](clamp(position, 0.0, 1.0)), 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Motion:
    """What is made of a control's movement before it is shaped, by the mapper, which has the memory for it.

    `deadzone` (0.0 to below 0.5) is the share at either end that counts as the end. `smooth_s` is the time in which a
    jump is mostly followed. `takeover` None is the default of the control's kind. `acceleration` (1.0-32.0) is by how
    much a fast turn of an encoder counts more than a slow one.
    """

    deadzone: float = 0.0
    smooth_s: float = 0.0
    takeover: Takeover | None = None
    acceleration: float = 1.0


PLAIN_MOTION = Motion()
