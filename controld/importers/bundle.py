"""A MOD pedalboard bundle as plain values: what mod-ui saved, before anything is made of it.

Pure. Source of the facts: mod-ui (https://github.com/mod-audio/mod-ui), where `mod/host.py` writes the bundle and
`utils/utils_lilv.cpp` reads it, and mod-host (https://github.com/mod-audio/mod-host) for what a controller does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

BYPASS = ":bypass"
PITCHBEND = 131  # the number of no controller: mod-ui writes it for the pitch bend
TEMPO_BPM = (20.0, 280.0)  # what mod-ui takes for a tempo; other values it ignores


@dataclass(frozen=True, slots=True)
class Binding:
    """A MIDI controller that moves a port.

    `channel` is 1-16 (mod-ui writes 0-15). `controller` is 0-127, or `PITCHBEND`. `low` and `high` are the ends in
    the port's own unit; both None for its whole range.
    """

    channel: int
    controller: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Port:
    """A port of an effect or of the pedalboard. `kind` is audio, cv, midi or control; "" where nothing says it."""

    symbol: str
    kind: str = ""
    value: float | None = None
    binding: Binding | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """An effect. `instance` is its name in MOD, `number` its host's, `preset` a URI or ""."""

    instance: str
    uri: str
    number: int = -1
    enabled: bool = True
    position: tuple[float, float] = (0.0, 0.0)
    preset: str = ""
    ports: tuple[Port, ...] = ()

    def port(self, symbol: str) -> Port | None:
        """Return a port by its symbol."""
        return next((port for port in self.ports if port.symbol == symbol), None)


@dataclass(frozen=True, slots=True)
class SavedEffect:
    """An effect in a snapshot; `properties` are values beyond ports (files, texts) by URI."""

    bypassed: bool | None = None
    ports: Mapping[str, float] = field(default_factory=dict)
    preset: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SavedSnapshot:
    """A snapshot, by instance."""

    name: str
    effects: Mapping[str, SavedEffect] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Addressing:
    """A knob, switch or CV of MOD's own hardware on a port. `momentary`: 1 active while down, 2 while up."""

    actuator: str
    instance: str
    port: str
    label: str = ""
    low: float | None = None
    high: float | None = None
    tempo: bool = False
    page: int | None = None
    group: str = ""
    momentary: int = 0


@dataclass(frozen=True, slots=True)
class Bundle:
    """A pedalboard as saved. `clock` has the ports `:bpm`, `:bpb` and `:rolling`; `system` the hardware's by kind.

    `arcs` go from output to input: `capture_1` is the hardware's, `drive/in` an effect's. `states` are what plugins
    saved beside their ports (files, texts) by URI, for the host's number of the effect.
    """

    folder: str
    title: str
    blocks: tuple[Block, ...] = ()
    arcs: tuple[tuple[str, str], ...] = ()
    clock: Mapping[str, Port] = field(default_factory=dict)
    system: Mapping[str, str] = field(default_factory=dict)
    loopback: bool = False
    snapshots: tuple[SavedSnapshot, ...] = ()
    current: int = 0
    addressings: tuple[Addressing, ...] = ()
    states: Mapping[int, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PluginFacts:
    """What is known of a plugin: ranges by symbol, symbols that only the host sets, labels of presets by URI."""

    ranges: Mapping[str, tuple[float, float]]
    owned: frozenset[str] = frozenset()
    presets: Mapping[str, str] = field(default_factory=dict)


Facts = Mapping[str, PluginFacts]  # by the plugin's URI; one that is absent is not known
