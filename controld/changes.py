"""What became of it: the facts a session tells, in the past tense.

Pure values. A change names the state a thing *stands in*: asked (sent, not yet confirmed), confirmed, or failed;
surfaces show the three apart. `origin` is who caused it ("surface" or "surface/client"; "" for the rig itself).
"""

from dataclasses import dataclass
from enum import Enum

from controld.values import Scale


class State(Enum):
    """Where a wish stands."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class EngineState(Enum):
    """What can be said of the engine: gone, being repaired to the wished state, or doing what it is told."""

    DOWN = "down"
    REPAIRING = "repairing"
    UP = "up"


@dataclass(slots=True)
class BypassChanged:
    """An effect's bypass; `bypassed` is what is wished, `confirmed` what the engine last said (None: unknown)."""

    effect: str
    bypassed: bool
    confirmed: bool | None
    state: State
    origin: str = ""


@dataclass(slots=True)
class ParameterChanged:
    """A parameter in the plugin's unit; `value` is wished, `confirmed` what the engine last said (None: unknown)."""

    effect: str
    symbol: str
    value: float
    confirmed: float | None
    state: State
    scale: Scale
    origin: str = ""


@dataclass(slots=True)
class PresetChanged:
    """An effect's preset by label; "" where none was loaded."""

    effect: str
    preset: str
    state: State
    origin: str = ""


@dataclass(slots=True)
class SnapshotChanged:
    """The current snapshot; `index` counts from 1, both are empty (0) when none is current."""

    snapshot: str
    index: int
    state: State
    origin: str = ""


@dataclass(slots=True)
class PedalboardChanged:
    """The current pedalboard, `index` from 1, with what it has; what is not listed is gone."""

    pedalboard: str
    index: int
    state: State
    effects: tuple[str, ...] = ()
    snapshots: tuple[str, ...] = ()
    origin: str = ""
    tempo_bpm: float = 120.0
    pedalboards: tuple[str, ...] = ()  # all there are, in order


@dataclass(slots=True)
class EngineChanged:
    """The engine's state, with the reason in plain words."""

    state: EngineState
    reason: str = ""


@dataclass(slots=True)
class Refused:
    """Something was asked that cannot be; nothing changed. `subject` is what was asked for ("drive/gain")."""

    subject: str
    reason: str
    origin: str = ""


StateChange = (
    BypassChanged | ParameterChanged | PresetChanged | SnapshotChanged | PedalboardChanged | EngineChanged | Refused
)
