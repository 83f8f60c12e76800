"""The state of the virtual host, and the few ways it changes; each change becomes one event here and nowhere else.

Pure. The families of commands (`virtual_effects`, `virtual_presets`, `virtual_connections`, `virtual_midi`,
`virtual_system`) read words and return codes; what they change, they change through `Rig`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from controld.bridge.hosts.base import HostEvent
from controld.bridge.hosts.catalogue import ENABLED, Control, Plugin, Preset
from controld.bridge.hosts.virtual_graph import Pair, Port, PortGraph

BYPASS = Control(":bypass", "Bypass", 0.0, 1.0, 0.0, properties=frozenset({"toggled"}))

# What is there before any effect is: the sound card, mod-host's own MIDI input, and the monitor before the speakers.
_PORTS = (
    Port("system:capture_1", is_output=True, is_hardware=True),
    Port("system:capture_2", is_output=True, is_hardware=True),
    Port("system:playback_1", is_output=False, is_hardware=True),
    Port("system:playback_2", is_output=False, is_hardware=True),
    Port("system:midi_capture_1", is_output=True, is_midi=True, is_hardware=True),
    Port("system:midi_playback_1", is_output=False, is_midi=True, is_hardware=True),
    Port("mod-host:midi_in", is_output=False, is_midi=True),
    Port("mod-monitor:in_1", is_output=False),
    Port("mod-monitor:in_2", is_output=False),
    Port("mod-monitor:out_1", is_output=True),
    Port("mod-monitor:out_2", is_output=True),
)
_PAIRS = (("mod-monitor:out_1", "system:playback_1"), ("mod-monitor:out_2", "system:playback_2"))

# Percent of one core, made up: the simulation has no load of its own to tell of.
_IDLE_LOAD = 1.5
_LOAD_PER_EFFECT = 2.25
_FULL_LOAD = 100.0


@dataclass(slots=True)
class Effect:
    """One instance; `values` has every input control by symbol, and the bypass under ":bypass"."""

    plugin: Plugin
    values: dict[str, float]
    active: bool = False
    preset: str = ""
    monitored: set[str] = field(default_factory=set)

    def control(self, symbol: str) -> Control | None:
        """Return the input control, or the bypass, of this symbol."""
        return BYPASS if symbol == BYPASS.symbol else self.plugin.control_by_symbol.get(symbol)

    @property
    def bypassed(self) -> bool:
        """Whether the host takes the plugin out of the way; mod-host rounds a bypass between 0 and 1."""
        return self.values[BYPASS.symbol] > 0.5


@dataclass(slots=True, eq=False)
class MidiMap:
    """A controller (0-127, 131 for the pitch bend) that moves a parameter; channel -1 while it is being learnt."""

    instance: int
    symbol: str
    channel: int
    controller: int
    minimum: float
    maximum: float


@dataclass(slots=True)
class Transport:
    """The transport; `bpb` are beats in a bar, `bpm` beats in a minute."""

    rolling: bool = False
    bpb: float = 4.0
    bpm: float = 120.0


_TIME = "http://lv2plug.in/ns/ext/time#"
# Ports with these designations follow the transport, whatever is written to them in between.
_FOLLOWERS: Mapping[str, Callable[[Transport], float]] = {
    _TIME + "beatsPerMinute": lambda transport: transport.bpm,
    _TIME + "beatsPerBar": lambda transport: transport.bpb,
    _TIME + "speed": lambda transport: float(transport.rolling),
}


def is_owned(control: Control) -> bool:
    """Return whether the host, rather than a preset, decides what the control's value is."""
    return control.designation == ENABLED or control.designation in _FOLLOWERS


@dataclass(frozen=True, slots=True)
class KnownPreset:
    """A preset with the plugin it was made for."""

    plugin_uri: str
    preset: Preset


class Rig:
    """All that a running mod-host would hold."""

    def __init__(self, plugins: Mapping[str, Plugin], more: Mapping[str, Plugin]) -> None:
        """Know `plugins`, and of `more` each one that is named."""
        self.plugins = dict(plugins)
        self.more = more
        self.effects: dict[int, Effect] = {}
        self.graph = PortGraph(_PORTS)
        self.transport = Transport()
        self.maps: list[MidiMap] = []
        self.learning: MidiMap | None = None
        self.monitored_channels: set[int] = set()
        self.level_monitors: list[str] = []  # the ports listened to, in the order that was asked
        self.files: dict[str, dict[str, KnownPreset]] = {}  # presets "on disk": by directory, then file
        self.presets: dict[str, KnownPreset] = {}
        self.processing = True
        self.freewheeling = False
        self.reports_load = False
        self.monitor_address = ""
        self.running = True
        self._events: list[HostEvent] = []
        for plugin in plugins.values():
            self._learn_presets(plugin)
        for pair in _PAIRS:
            self.graph.join(pair)

    def plugin(self, uri: str) -> Plugin | None:
        """Return a plugin that can be loaded, None for none of that URI."""
        found = self.plugins.get(uri)
        if found is None and uri in self.more:
            found = self.plugins[uri] = self.more[uri]
            self._learn_presets(found)
        return found

    def _learn_presets(self, plugin: Plugin) -> None:
        self.presets |= {preset.uri: KnownPreset(plugin.uri, preset) for preset in plugin.presets}

    def emit(self, kind: str, **fields: object) -> None:
        """Add an event."""
        self._events.append({"type": kind, **fields})

    def take_events(self) -> list[HostEvent]:
        """Return the events since the last call, oldest first."""
        events, self._events = self._events, []
        return events

    def write(self, number: int, symbol: str, value: float) -> None:
        """Store a value as it is, and tell it also where it was the same: who showed another learns the true one."""
        self.effects[number].values[symbol] = value
        self.emit("param_set", effect_id=number, symbol=symbol, value=value)

    def write_changed(self, number: int, symbol: str, value: float) -> None:
        """Store a value, and tell it only where it is another."""
        old = self.effects[number].values[symbol]
        if not (value == old or (value != value and old != old)):  # noqa: PLR0124  # NaN is the same as NaN here
            self.write(number, symbol, value)

    def write_bypass(self, number: int, bypassed: bool) -> None:
        """Bypass an effect or make it active, and let its lv2:enabled port follow."""
        self.write(number, BYPASS.symbol, 1.0 if bypassed else 0.0)
        self.write_enabled(number, bypassed)
        self.report_load()

    def write_enabled(self, number: int, bypassed: bool) -> None:
        """Make the lv2:enabled port, where there is one, say whether the effect is active."""
        enabled = self.effects[number].plugin.enabled_control
        if enabled:
            self.write_changed(number, enabled.symbol, 0.0 if bypassed else 1.0)

    def activate(self, number: int, active: bool) -> None:
        """Give an effect its JACK ports, or take them with their connections."""
        effect = self.effects[number]
        if effect.active == active:
            return
        effect.active = active
        for port in _ports(number, effect.plugin):
            if active:
                self.graph.add(port)
            else:
                self.tell_parted(self.graph.remove(port.name))
        self.report_load()

    def remove(self, number: int) -> None:
        """Unload an effect with all that hangs on it."""
        self.activate(number, active=False)
        del self.effects[number]
        self.maps = [midi_map for midi_map in self.maps if midi_map.instance != number]
        if self.learning and self.learning.instance == number:
            self.learning = None
        self.emit("effect_removed", effect_id=number)

    def connect(self, one: str, other: str) -> bool:
        """Join two ports, in whichever direction fits, and return whether they are joined now."""
        pair = self.graph.oriented(one, other)
        if pair and self.graph.join(pair):
            self.emit("connected", source=pair[0], target=pair[1])
        return pair is not None

    def disconnect(self, one: str, other: str) -> bool:
        """Part two ports and return whether they were joined."""
        pair = self.graph.oriented(one, other)
        parted = pair is not None and self.graph.part(pair)
        if pair and parted:
            self.tell_parted([pair])
        return parted

    def tell_parted(self, pairs: Iterable[Pair]) -> None:
        """Tell that connections are gone."""
        for source, target in pairs:
            self.emit("disconnected", source=source, target=target)

    def tell_transport(self) -> None:
        """Tell the transport as it is, and let the effects follow it."""
        transport = self.transport
        self.emit("transport", rolling=transport.rolling, bpb=transport.bpb, bpm=transport.bpm)
        for number in self.effects:
            self.follow_transport(number)

    def follow_transport(self, number: int) -> None:
        """Give an effect's ports for tempo, bar and speed the transport's values."""
        for control in self.effects[number].plugin.controls:
            read = _FOLLOWERS.get(control.designation)
            if read:
                self.write_changed(number, control.symbol, read(self.transport))

    def cpu_load(self) -> float:
        """Return the load in percent: the more effects are active, the higher; nothing where processing is off."""
        busy = sum(effect.active and not effect.bypassed for effect in self.effects.values())
        return min(_IDLE_LOAD + _LOAD_PER_EFFECT * busy, _FULL_LOAD) if self.processing else 0.0

    def report_load(self) -> None:
        """Tell the load, where that was asked for."""
        if self.reports_load:
            self.emit("cpu_load", load=self.cpu_load(), max_load=self.cpu_load(), xruns=0)


def _ports(number: int, plugin: Plugin) -> list[Port]:
    kinds = (
        (plugin.audio_inputs, False, False),
        (plugin.audio_outputs, True, False),
        (plugin.midi_inputs, False, True),
        (plugin.midi_outputs, True, True),
    )
    return [
        Port(f"effect_{number}:{symbol}", is_output=is_output, is_midi=is_midi)
        for symbols, is_output, is_midi in kinds
        for symbol in symbols
    ]


Outcome = str | int | None  # a text as it is, a code for "resp <code>", or no reply at all
Handler = Callable[[Rig, list[str]], Outcome]


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the table: the least and the most arguments it takes (None: any number), and what it does."""

    least: int
    most: int | None
    run: Handler
