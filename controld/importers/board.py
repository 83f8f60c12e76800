"""A MOD pedalboard in our words: names that fit, and the values that can be written.

Pure. How it is written as YAML is in `board_text`.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from controld.importers.bundle import BYPASS, Block, Bundle, Facts, PluginFacts
from controld.importers.names import clean, effect_names, slug, unique
from controld.importers.outcome import Notes
from controld.importers.wiring import in_order

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Ports by which plugins of the LV2 world are switched on, where nothing better is known of them (lv2:enabled).
_SWITCHES = frozenset({"enable", "enabled", "lv2_enabled", "bypass", "on", "active"})


@dataclass(slots=True)
class Board:
    """A pedalboard in our words. `names` are those of its effects by MOD's instance; `roles` go into its file."""

    bundle: Bundle
    facts: Facts
    name: str
    names: dict[str, str]
    snapshots: dict[str, int]  # name -> its number in the bundle, or -1 for one that is empty on purpose
    roles: dict[str, list[str]] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)

    @property
    def slug(self) -> str:
        """The name of its file, without `.yaml`."""
        return slug(self.name, "pedalboard")

    def block(self, instance: str) -> Block | None:
        """Return an effect that was taken over, by MOD's name."""
        found = next((block for block in self.bundle.blocks if block.instance == instance), None)
        return found if instance in self.names else None

    def known(self, instance: str) -> PluginFacts | None:
        """Return what is known of an effect's plugin."""
        block = self.block(instance)
        return None if block is None else self.facts.get(block.uri)

    def has(self, instance: str, symbol: str) -> bool:
        """Tell whether a rule can name a parameter: the effect was taken over, its plugin not known to lack it."""
        known = self.known(instance)
        fits = instance in self.names and bool(_SYMBOL.fullmatch(symbol))
        return fits and (known is None or (symbol in known.ranges and symbol not in known.owned))


def board_of(bundle: Bundle, facts: Facts) -> Board:
    """Return a bundle's pedalboard with its names settled."""
    notes = Notes()
    title = clean(bundle.title, clean(bundle.folder.removesuffix(".pedalboard"), "Pedalboard"))
    if bundle.title and title != bundle.title:
        notes.change(f"the pedalboard is called `{title}` here: names are printable and on one line")
    blocks = []
    for block in bundle.blocks:
        if _URI.fullmatch(block.uri):
            blocks.append(block)
        else:
            notes.miss(f"the effect `{clean(block.instance, '?')}`", "the bundle does not say which plugin it is")
    names = effect_names(block.instance for block in in_order(blocks, bundle.arcs))
    for instance, name in names.items():
        if name != instance:
            notes.change(f"the effect `{clean(instance, '?')}` is called `{name}` here: a letter, then letters, digits")
    return Board(bundle, facts, title, names, _snapshot_names(bundle, notes), notes=notes)


def _snapshot_names(bundle: Bundle, notes: Notes) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, snapshot in enumerate(bundle.snapshots):
        name = unique(clean(snapshot.name, f"Snapshot {index + 1}"), found)
        if name != snapshot.name:
            notes.change(f"snapshot {index + 1} is called `{name}` here, as names are different and printable")
        found[name] = index
    return found


def preset_label(facts: Facts, plugin: str, uri: str) -> str:
    """Return what a preset is called; "" where that is not known."""
    known = facts.get(plugin)
    return known.presets.get(uri, "") if known else ""


def start_values(board: Board, block: Block) -> dict[str, float]:
    """Return the parameters an effect starts with, by symbol."""
    values = {port.symbol: port.value for port in block.ports if port.value is not None and port.symbol != BYPASS}
    return fitting(board, block, values)


def fitting(board: Board, block: Block, values: Mapping[str, float]) -> dict[str, float]:
    """Return those values that can be written, within the plugin's ranges; tell of the others."""
    found: dict[str, float] = {}
    name, known, switches = board.names[block.instance], board.known(block.instance), _switches(board, block)
    for symbol, value in values.items():
        where = f"{name}/{symbol}"
        if symbol == BYPASS or symbol in switches:
            continue
        if not _SYMBOL.fullmatch(symbol):
            board.notes.miss(f"the parameter `{clean(where, '?')}`", "its symbol is none that LV2 allows")
        elif not math.isfinite(value):
            board.notes.miss(f"a value of {where}", "it is no finite number")
        elif known is not None and symbol not in known.ranges:
            board.notes.miss(f"the parameter {where}", "the version of the plugin known here does not have it")
        else:
            found[symbol] = _clamped(board, where, value, known.ranges[symbol] if known else None)
    return found


def _clamped(board: Board, where: str, value: float, ends: tuple[float, float] | None) -> float:
    if ends is None or ends[0] <= value <= ends[1]:
        return value
    inside = min(max(value, ends[0]), ends[1])
    if abs(inside - value) > 1e-4 * max(1.0, abs(value)):  # mod-ui writes six decimals, and so overshoots a little
        board.notes.change(f"{where} is {inside:g} instead of {value:g}: its range is {ends[0]:g} to {ends[1]:g}")
    return inside


def _switches(board: Board, block: Block) -> frozenset[str]:
    """Return the ports that switch the plugin on: our `bypassed` does that, and both would get into a fight.

    Of a plugin that is not known, a port counts whose name says so and whose value goes with the bypass wherever it
    was saved.
    """
    known = board.facts.get(block.uri)
    if known is not None:
        return known.owned
    saved = [each.effects[block.instance] for each in board.bundle.snapshots if block.instance in each.effects]
    found = set()
    for port in block.ports:
        pairs = [(block.enabled, port.value), *((not each.bypassed, each.ports.get(port.symbol)) for each in saved)]
        if port.symbol.lower() in _SWITCHES and all(value == active for active, value in pairs):
            found.add(port.symbol)
    return frozenset(found)
