"""What became of it: the facts a session tells, in the past tense.

Pure values. A change names the state a thing *stands in*: asked (sent, not yet confirmed), confirmed, or failed;
surfaces show the three apart. `origin` is who caused it ("surface" or "surface/client"; "" for the rig itself).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from controld.actions import Value
from controld.engine_figures import EngineLoadChanged, LevelsChanged
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
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # role -> its effects on this pedalboard


@dataclass(slots=True)
class SnapshotSaved:
    """A snapshot of the current pedalboard holds now what is played."""

    snapshot: str
    index: int
    origin: str = ""


@dataclass(slots=True)
class MorphChanged:
    """A morph between snapshots (by name, in order) stands at `position`; None where it stands nowhere any more."""

    snapshots: tuple[str, ...]
    position: float | None
    origin: str = ""


@dataclass(slots=True)
class BankChanged:
    """The current bank, `index` from 1, with its pedalboards; `banks` are all there are, in order."""

    bank: str
    index: int
    pedalboards: tuple[str, ...] = ()
    banks: tuple[str, ...] = ()
    origin: str = ""


@dataclass(slots=True)
class TempoChanged:
    """The tempo in beats a minute, whether the transport rolls, and whether it `resumed` from where it stood."""

    bpm: float
    rolling: bool
    origin: str = ""
    resumed: bool = False


@dataclass(slots=True)
class BeatPassed:
    """A beat of the tempo, counted from 1 since it was last set or tapped; told only where it is wanted."""

    beat: int


@dataclass(slots=True)
class MuteChanged:
    """Whether the outputs are parted from the speakers."""

    on: bool
    state: State
    origin: str = ""


@dataclass(slots=True)
class TunerChanged:
    """Whether the tuner is shown, and what it hears: a note such as "A2" ("" for none) and cents from it."""

    on: bool
    state: State
    note: str = ""
    cents: float = 0.0
    origin: str = ""


@dataclass(slots=True)
class PageChanged:
    """The page that is active now, `index` from 1, and the one before; "" (0) is no page."""

    page: str
    index: int
    before: str = ""
    pages: tuple[str, ...] = ()
    origin: str = ""


@dataclass(slots=True)
class VariableChanged:
    """A variable's value."""

    name: str
    value: Value
    origin: str = ""


@dataclass(slots=True)
class SurfaceChanged:
    """A surface's device is there, or gone."""

    surface: str
    connected: bool


@dataclass(slots=True)
class EngineChanged:
    """The engine's state, with the reason in plain words."""

    state: EngineState
    reason: str = ""


@dataclass(slots=True)
class LoadProgressed:
    """So many steps of a change of pedalboard are done, of one that takes over 100 ms; `done` is `total` at its end."""

    pedalboard: str
    done: int
    total: int
    origin: str = ""


@dataclass(slots=True)
class Repaired:
    """The engine did not hold what it should, and does again: what was done about it, in a player's words."""

    what: tuple[str, ...]


@dataclass(slots=True)
class EffectAdded:
    """A plugin is on the pedalboard as `effect`, with its number in the engine; failed: it is not, and why was said."""

    effect: str
    uri: str
    instance: int
    state: State
    origin: str = ""
    position: tuple[float, float] = (0.0, 0.0)


@dataclass(slots=True)
class EffectRemoved:
    """An effect is no longer on the pedalboard; failed: the engine would not remove it, so it holds it yet."""

    effect: str
    uri: str
    instance: int
    state: State
    origin: str = ""


@dataclass(slots=True)
class EffectRenamed:
    """An effect has another name; `before` is the one it had."""

    effect: str
    before: str
    origin: str = ""


@dataclass(slots=True)
class EffectMoved:
    """An effect stands elsewhere in the drawing of the pedalboard, at x and y."""

    effect: str
    position: tuple[float, float]
    origin: str = ""


@dataclass(slots=True)
class ConnectionMade:
    """Two ports are joined, named as on the pedalboard; failed: they are not, and the wish was taken back."""

    source: str
    target: str
    state: State
    origin: str = ""


@dataclass(slots=True)
class ConnectionRemoved:
    """Two ports are parted."""

    source: str
    target: str
    state: State
    origin: str = ""


@dataclass(slots=True)
class PresetSaved:
    """How an effect is played is a preset of its plugin; failed: the engine would not keep it."""

    effect: str
    preset: str
    state: State
    origin: str = ""


@dataclass(slots=True)
class SnapshotCreated:
    """The current pedalboard has a new snapshot, `index` from 1, and it is kept."""

    snapshot: str
    index: int
    origin: str = ""


@dataclass(slots=True)
class SnapshotRenamed:
    """A snapshot has another name; `before` is the one it had."""

    snapshot: str
    before: str
    origin: str = ""


@dataclass(slots=True)
class SnapshotRemoved:
    """The current pedalboard has a snapshot less."""

    snapshot: str
    origin: str = ""


@dataclass(slots=True)
class SnapshotsOrdered:
    """The snapshots of the current pedalboard are in this order."""

    snapshots: tuple[str, ...]
    origin: str = ""


@dataclass(slots=True)
class GlobalsChanged:
    """The parameters (effect, symbol) of the current pedalboard that no snapshot recalls: all of them."""

    parameters: frozenset[tuple[str, str]]
    origin: str = ""


@dataclass(slots=True)
class PedalboardCreated:
    """There is a new pedalboard; that it is kept on the disk is told as `PedalboardSaved`."""

    pedalboard: str
    origin: str = ""
    description: str = ""


@dataclass(slots=True)
class PedalboardSaved:
    """A pedalboard is kept in the library: asked, then on the disk; failed: not now, but it is tried again."""

    pedalboard: str
    state: State
    origin: str = ""


@dataclass(slots=True)
class PedalboardRenamed:
    """A pedalboard has another name; `before` is the one it had."""

    pedalboard: str
    before: str
    origin: str = ""


@dataclass(slots=True)
class PedalboardRemoved:
    """A pedalboard is not there any more."""

    pedalboard: str
    origin: str = ""


@dataclass(slots=True)
class BanksChanged:
    """The banks that there are, in order, each with the names of its pedalboards."""

    banks: tuple[tuple[str, tuple[str, ...]], ...]
    origin: str = ""


@dataclass(slots=True)
class FavouritesChanged:
    """The plugins that are favourites, by URI, in the order in which they became so."""

    favourites: tuple[str, ...]
    origin: str = ""


@dataclass(slots=True)
class Refused:
    """Something was asked that cannot be; nothing changed. `subject` is what was asked for ("drive/gain")."""

    subject: str
    reason: str
    origin: str = ""


# What editing and keeping pedalboards comes to.
EditChange = (
    EffectAdded | EffectRemoved | EffectRenamed | EffectMoved | ConnectionMade | ConnectionRemoved | PresetSaved
    | SnapshotCreated | SnapshotRenamed | SnapshotRemoved | SnapshotsOrdered | GlobalsChanged | PedalboardCreated
    | PedalboardSaved | PedalboardRenamed | PedalboardRemoved | BanksChanged | FavouritesChanged
)  # fmt: skip
StateChange = (
    BypassChanged | ParameterChanged | PresetChanged | SnapshotChanged | SnapshotSaved | MorphChanged | BankChanged
    | PedalboardChanged | TempoChanged | BeatPassed | MuteChanged | TunerChanged | PageChanged | VariableChanged
    | SurfaceChanged | EngineChanged | EngineLoadChanged | LevelsChanged | LoadProgressed | Repaired | Refused
    | EditChange
)  # fmt: skip
