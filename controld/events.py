"""What happened outside: the events that enter the core, each with its time in seconds (monotonic).

Pure values. Slotted, not frozen, where one is made per message: a frozen dataclass costs three times as much to build,
and nobody keeps an event after it was handled.
"""

from dataclasses import dataclass
from typing import Union

from controld.actions import Action

# What an OSC argument is in Python; arrays are tuples.
OscArg = Union[str, int, float, bool, bytes, None, tuple["OscArg", ...]]  # noqa: UP007 - it names itself


@dataclass(slots=True)
class ControlMoved:
    """An absolute control stands at `position` (0.0-1.0); a switch is 1.0 when down and 0.0 when up.

    `client` names who moved it where a surface has several clients ("host:port"), else it is "".
    """

    control: str
    position: float
    time_s: float
    client: str = ""


@dataclass(slots=True)
class ControlTurned:
    """A relative control moved by `detents` (signed, never zero)."""

    control: str
    detents: int
    time_s: float


@dataclass(slots=True)
class ProgramChosen:
    """A program control chose `program` (0-127)."""

    control: str
    program: int
    time_s: float


@dataclass(slots=True)
class ControlTouched:
    """A hand was laid on a control, or taken from it; the control did not move by that."""

    control: str
    touched: bool
    time_s: float


@dataclass(slots=True)
class OscArrived:
    """An OSC message that no control of the surface's profile took: it may speak of the rig's own namespace."""

    surface: str
    client: str
    address: str
    args: tuple[OscArg, ...]
    time_s: float


@dataclass(frozen=True, slots=True)
class SurfaceConnected:
    """A device, or a new OSC client, is there and shows nothing yet; `client` is "" for a device."""

    surface: str
    time_s: float
    client: str = ""


@dataclass(frozen=True, slots=True)
class SurfaceLost:
    """A device is gone; what it held is released."""

    surface: str
    time_s: float
    client: str = ""


@dataclass(frozen=True, slots=True)
class LevelsWanted:
    """A client has meters, or has none any more."""

    surface: str
    client: str
    wanted: bool
    time_s: float


@dataclass(slots=True)
class SurfaceAsked:
    """A surface asks for an action by itself, without any rule: a clock tells its tempo, its start and its stop."""

    surface: str
    action: Action
    time_s: float


ControlEvent = ControlMoved | ControlTurned | ProgramChosen
SurfaceEvent = ControlEvent | ControlTouched | OscArrived | LevelsWanted | SurfaceAsked | SurfaceConnected | SurfaceLost


def surface_of(event: SurfaceEvent) -> str:
    """Return the name of the surface an event came from."""
    if isinstance(event, OscArrived | LevelsWanted | SurfaceAsked | SurfaceConnected | SurfaceLost):
        return event.surface
    return event.control.partition(".")[0]
