"""An engine that stands in for a real one: it does at once what it is asked, and remembers it.

Pure. Tests inside the map, `explain` and `simulate` play a rig on it, with no bridge and no sound. It knows the plugins
it is given; of others it knows what the pedalboards and rules say of them, with a range that has room for every value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from controld.session.model import Pedalboard, Plugin
from controld.session.requests import (
    CODE_INSTANCE_EXISTS,
    CODE_NO_INSTANCE,
    CODE_NO_SYMBOL,
    AddEffect,
    Answer,
    ConnectPorts,
    Denied,
    DisconnectPorts,
    Done,
    EngineReply,
    EngineRequest,
    Found,
    FoundEffect,
    ReadBypass,
    ReadEffects,
    ReadParameter,
    ReadPlugin,
    ReadPresets,
    RemoveEffect,
    WriteBypass,
    WriteParameters,
    WritePreset,
)
from controld.values import Level, Scale


@dataclass(slots=True)
class StandIn:
    """What is loaded, and what is joined; `preset_values` are those a preset sets, by its URI."""

    plugins: Mapping[str, Plugin]
    preset_values: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    effects: dict[int, FoundEffect] = field(default_factory=dict)
    connections: set[tuple[str, str]] = field(default_factory=set)

    def execute(self, request: EngineRequest) -> EngineReply:
        """Do a request and say what came of it; what it does not know of, it does gladly."""
        match request:
            case ReadPlugin(uri):
                plugin = self.plugins.get(uri)
                return Denied(f"Plugin not found: {uri}") if plugin is None else Done(plugin)
            case ReadPresets(uri):
                return Done(self.plugins[uri].presets if uri in self.plugins else ())
            case ReadEffects():
                return Done(Found(dict(self.effects), frozenset(self.connections)))
            case AddEffect(instance, uri):
                return self._add(instance, uri)
            case RemoveEffect(instance):
                self._remove(instance)
            case ConnectPorts(source, target):
                self.connections.add((source, target))
            case DisconnectPorts(source, target):
                self.connections.discard((source, target))
            case WriteBypass() | WriteParameters() | WritePreset() | ReadBypass() | ReadParameter():
                return self._on_effect(request)
        return Done()

    def _add(self, instance: int, uri: str) -> EngineReply:
        if instance in self.effects:
            return Denied("the instance exists already", CODE_INSTANCE_EXISTS)
        if uri not in self.plugins:
            return Denied(f"there is no plugin {uri}")
        defaults = {symbol: scale.default for symbol, scale in self.plugins[uri].parameters.items()}
        self.effects[instance] = FoundEffect(uri, bypassed=False, values=defaults)
        return Done()

    def _remove(self, instance: int) -> None:
        self.effects.pop(instance, None)
        mine = f"effect_{instance}:"
        self.connections = {pair for pair in self.connections if not any(end.startswith(mine) for end in pair)}

    def _on_effect(
        self, request: WriteBypass | WriteParameters | WritePreset | ReadBypass | ReadParameter
    ) -> EngineReply:
        effect = self.effects.get(request.instance)
        if effect is None:
            return Denied("there is no such instance", CODE_NO_INSTANCE)
        answer: Answer = None
        match request:
            case WriteBypass(instance, bypassed):
                self.effects[instance] = replace(effect, bypassed=bypassed)
            case WriteParameters(_, values):
                effect.values.update(values)
            case WritePreset(instance, uri):
                effect.values.update(self.preset_values.get(uri, {}))
                self.effects[instance] = replace(effect, preset=uri)
            case ReadBypass():
                answer = effect.bypassed
            case ReadParameter(_, symbol):
                if symbol not in effect.values:
                    return Denied(f"there is no parameter {symbol}", CODE_NO_SYMBOL)
                answer = effect.values[symbol]
        return Done(answer)


def guessed_plugins(pedalboards: Iterable[Pedalboard], named: Iterable[tuple[str, str]] = ()) -> dict[str, Plugin]:
    """Return a plugin for every URI of the pedalboards, with the parameters that they, or `named`, speak of.

    `named` are (effect, symbol) pairs that rules use. Each range begins at 0, ends at 1, or lies around the values.
    """
    values: dict[str, dict[str, list[float]]] = {}
    symbols = tuple(named)
    for board in pedalboards:
        plugins = {effect.name: values.setdefault(effect.uri, {}) for effect in board.effects}
        levels = [(effect.name, effect.parameters) for effect in board.effects]
        levels += [(name, recall.parameters) for each in board.snapshots for name, recall in each.effects.items()]
        for name, parameters in levels:
            for symbol, level in parameters.items() if name in plugins else ():
                plugins[name].setdefault(symbol, []).extend(_plain(level))
        for effect, symbol in symbols:
            if effect in plugins:
                plugins[effect].setdefault(symbol, [])
    return {
        uri: Plugin(uri, uri, {symbol: _scale_around(found) for symbol, found in parameters.items()})
        for uri, parameters in values.items()
    }


def _plain(level: Level) -> list[float]:
    return [] if level.unit == "%" else [level.value]


def _scale_around(values: list[float]) -> Scale:
    return Scale(min(0.0, *values, 0.0), max(1.0, *values, 1.0))
