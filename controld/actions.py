"""What somebody wants: the intents a mapper, an OSC client or a program hands to the session.

Pure values, in the imperative. Effects are named as on the pedalboard; the session resolves names, toggles and steps
against the rig's true state, never the sender.
"""

from dataclasses import dataclass
from enum import Enum

from controld.values import Level


class Seek(Enum):
    """Ways to point at a list entry other than by name or number."""

    NEXT = "next"
    PREVIOUS = "previous"
    LAST = "last"


# An entry of a list: its name, its number counted from 1, or a way from the current one.
Pick = str | int | Seek


@dataclass(slots=True)
class SetBypass:
    """Bypass effects, make them active, or (None) toggle them together: all active -> all bypassed, else all active."""

    effects: tuple[str, ...]
    bypassed: bool | None = None


@dataclass(slots=True)
class DriveParameter:
    """Move a parameter with a control: `position` 0.0-1.0 between `low` and `high` (None: the whole scale)."""

    effect: str
    symbol: str
    position: float
    low: Level | None = None
    high: Level | None = None


@dataclass(slots=True)
class SetParameter:
    """Set a parameter; `continuous` says that only the newest of many such moves matters."""

    effect: str
    symbol: str
    level: Level
    continuous: bool = False


@dataclass(slots=True)
class StepParameter:
    """Step a parameter from where it stands by `count` times `by` (integers and enumerations: at least one step)."""

    effect: str
    symbol: str
    by: Level
    count: int = 1
    continuous: bool = False


@dataclass(slots=True)
class ToggleParameter:
    """Set a parameter to `second` where it stands at (or nearest to) `first`, else to `first`."""

    effect: str
    symbol: str
    first: Level
    second: Level


@dataclass(slots=True)
class LoadPreset:
    """Load a preset of an effect, by label, URI, number from 1, next or previous."""

    effect: str
    preset: Pick


@dataclass(slots=True)
class RecallSnapshot:
    """Recall a snapshot of the current pedalboard."""

    snapshot: Pick


@dataclass(slots=True)
class LoadPedalboard:
    """Change to a pedalboard of the rig."""

    pedalboard: Pick


@dataclass(frozen=True, slots=True)
class SendMidi:
    """Send bytes to a MIDI surface."""

    surface: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SendOsc:
    """Send a message to every client of an OSC surface."""

    surface: str
    address: str
    args: tuple[str | int | float | bool, ...] = ()


@dataclass(slots=True)
class Resync:
    """Compare the engine with what should be and send every state to every surface again."""


EngineAction = (
    SetBypass | DriveParameter | SetParameter | StepParameter | ToggleParameter
    | LoadPreset | RecallSnapshot | LoadPedalboard | Resync
)  # fmt: skip
Action = EngineAction | SendMidi | SendOsc
