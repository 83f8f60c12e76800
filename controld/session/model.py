"""What a rig is made of: pedalboards with effects, connections and snapshots, and what is known of plugins.

Pure values, made by `session.schema` from YAML or learnt from the engine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controld.values import Level, Scale


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset of a plugin, as the engine lists it."""

    uri: str
    label: str


@dataclass(frozen=True, slots=True)
class Plugin:
    """What the engine tells of an LV2 plugin: its input parameters by symbol, and its presets in the engine's order."""

    uri: str
    name: str = ""
    parameters: dict[str, Scale] = field(default_factory=dict)
    presets: tuple[Preset, ...] = ()


@dataclass(frozen=True, slots=True)
class EffectSetup:
    """An effect as a pedalboard has it at start: what is not listed in `parameters` stands at the plugin's default."""

    name: str
    uri: str
    bypassed: bool = False
    preset: str = ""
    parameters: dict[str, Level] = field(default_factory=dict)
    position: tuple[float, float] = (0.0, 0.0)
    created_at: str = ""  # ISO 8601; "" where nobody knows
    extra: Mapping[str, object] = field(
        default_factory=dict, compare=False
    )  # the JSON it came from, with what is not understood


@dataclass(frozen=True, slots=True)
class EffectRecall:
    """What a snapshot says of one effect; None and absent parameters are left as they are."""

    bypassed: bool | None = None
    preset: str | None = None
    parameters: dict[str, Level] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state of a pedalboard to go back to, by effect name."""

    name: str
    effects: dict[str, EffectRecall] = field(default_factory=dict)
    extra: Mapping[str, object] = field(
        default_factory=dict, compare=False
    )  # the JSON it came from, with what is not understood


@dataclass(frozen=True, slots=True)
class Bank:
    """An ordered list of pedalboards, by name."""

    name: str
    pedalboards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pedalboard:
    """A rig of effects. Connections join ports: "system:capture_1", or "drive:in" by an effect's LV2 symbol."""

    name: str
    effects: tuple[EffectSetup, ...] = ()
    connections: tuple[tuple[str, str], ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    description: str = ""
    tempo_bpm: float = 120.0
    path: str = ""  # the file it came from, for messages
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)  # role -> its effects, in order
    global_parameters: frozenset[tuple[str, str]] = frozenset()  # (effect, symbol) that no snapshot recalls
    extra: Mapping[str, object] = field(
        default_factory=dict, compare=False
    )  # the JSON it came from, with what is not understood
    saved_in: str | None = (
        None  # the snapshot it was saved in: it starts as it is, with that the current one ("": none)
    )
    # The connections in that JSON, by what they join. They say no more than `connections` to us.
    links: Mapping[tuple[str, str], tuple[Mapping[str, object], ...]] = field(default_factory=dict, compare=False)
    as_written: "Pedalboard | None" = field(default=None, compare=False, repr=False)  # its file's, where this is not

    def effect_names(self) -> tuple[str, ...]:
        """Return the names of the effects, in order."""
        return tuple(effect.name for effect in self.effects)

    def snapshot_names(self) -> tuple[str, ...]:
        """Return the names of the snapshots, in order."""
        return tuple(snapshot.name for snapshot in self.snapshots)
