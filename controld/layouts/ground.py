"""What a layout is made from: a rig's pedalboards, rules and plugins, and how these are named and coloured.

Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from controld.mappings.labels import effect_label, symbol_label
from controld.mappings.profile import Control
from controld.mappings.rule import Rule
from controld.mappings.target import ROLE, BypassTarget, ParameterTarget, SnapshotTarget, Target
from controld.screen_colors import screen_color, spare_color
from controld.session.model import EffectSetup, Pedalboard, Plugin
from controld.values import Level, Scale

T = TypeVar("T", bound=Target)
MAX_NAME = 18  # characters of a parameter's name that are better than its symbol


class Knob(NamedTuple):
    """A parameter of an effect; the scale is None where nothing is known of its plugin."""

    effect: str
    symbol: str
    name: str
    scale: Scale | None
    level: Level | None  # as the pedalboard sets it

    @property
    def address(self) -> str:
        """Its address in the OSC namespace."""
        return f"/effect/{self.effect}/{self.symbol}"


@dataclass(frozen=True)
class Ground:
    """A rig, as a layout needs it.

    `pedalboards` are in playing order; `numbered` are the names that stand behind their numbers, those of the first
    bank where there are banks. `plugins` is what is known of plugins by URI, `names` of their parameters (URI ->
    symbol -> name). `controls` are those of OSC surfaces, by full name, `pages` and `banks` are names.
    """

    pedalboards: tuple[Pedalboard, ...]
    rules: tuple[Rule, ...] = ()
    plugins: Mapping[str, Plugin] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    numbered: tuple[str, ...] = ()
    banks: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    controls: Mapping[str, Control] = field(default_factory=dict)

    def effect_color(self, board: Pedalboard, effect: str) -> str:
        """Return the colour of an effect: that of the rule that toggles it, so that floor and tablet agree."""
        for rule, target in self._targets(BypassTarget):
            if rule.look.color and any(effect in effects_of(board, name) for name in target.effects):
                return screen_color(rule.look.color)
        return spare_color(board.effect_names().index(effect))

    def snapshot_color(self, board: Pedalboard, number: int) -> str:
        """Return the colour of a snapshot, counted from 1."""
        names = board.snapshot_names()
        for rule, target in self._targets(SnapshotTarget):
            if rule.look.color and target.snapshot in {number, names[number - 1]}:
                return screen_color(rule.look.color)
        return screen_color("white")

    def knobs(self, effect: EffectSetup) -> list[Knob]:
        """Return an effect's parameters in the plugin's order; of an unknown plugin those that the files name."""
        plugin = self.plugins.get(effect.uri)
        named = self.names.get(effect.uri, {})
        if plugin is None:
            symbols = dict.fromkeys([*effect.parameters, *sorted(self._driven(effect.name))])
            return [_knob(effect, symbol, None, named) for symbol in symbols]
        return [_knob(effect, symbol, scale, named) for symbol, scale in plugin.parameters.items()]

    def chosen(self, board: Pedalboard) -> list[Knob]:
        """Return the parameters that the files speak of: those that pedalboard, snapshots and rules set or drive."""
        spoken = {(effect.name, symbol) for effect in board.effects for symbol in effect.parameters}
        for snapshot in board.snapshots:
            spoken |= {(name, symbol) for name, recall in snapshot.effects.items() for symbol in recall.parameters}
        for _, target in self._targets(ParameterTarget):
            spoken |= {(name, target.symbol) for name in effects_of(board, target.effect)}
        knobs = [knob for effect in board.effects for knob in self.knobs(effect)]
        return [knob for knob in knobs if (knob.effect, knob.symbol) in spoken]

    def _driven(self, effect: str) -> set[str]:
        return {target.symbol for _, target in self._targets(ParameterTarget) if target.effect == effect}

    def _targets(self, kind: type[T]) -> Iterator[tuple[Rule, T]]:
        for rule in self.rules:
            for target in rule.targets:
                if isinstance(target, kind):
                    yield rule, target


def effects_of(board: Pedalboard, name: str) -> tuple[str, ...]:
    """Return the effects that a name or a role ("role:dirt") stands for on a pedalboard; none where it has none."""
    if name.startswith(ROLE):
        return board.roles.get(effect_label(name), ())
    return (name,) if name in board.effect_names() else ()


def _knob(effect: EffectSetup, symbol: str, scale: Scale | None, named: Mapping[str, str]) -> Knob:
    name = named.get(symbol, "").strip()
    told = name if 0 < len(name) <= MAX_NAME else symbol_label(symbol)
    return Knob(effect.name, symbol, told, scale, effect.parameters.get(symbol))
