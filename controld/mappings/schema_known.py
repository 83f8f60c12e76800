"""What the rest of the rig is called: the names a rule may use, and the hint where it uses another.

Pure. A rule is checked against the names while it is read, because only then its mistakes have a place. Where names
are not known (a mapping file checked alone, a profile with mistakes of its own) nothing is refused.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from controld.actions import Pick, Seek
from controld.document import Node
from controld.errors import nearest
from controld.mappings.profile import Profile
from controld.mappings.schema_words import COLORS
from controld.shape import Report
from controld.shape_parameters import Symbols, check_symbol, check_unit, known
from controld.values import Level


@dataclass(frozen=True)
class Known:
    """Names of a rig. None for `surfaces` or `effects` says that nothing is known of surfaces, or of pedalboards.

    A surface whose profile could not be read maps to None; `midi` and `osc` are the surfaces with such ports. Each
    effect has the plugins it is on one pedalboard or another; `most_snapshots` is of one pedalboard.
    """

    surfaces: Mapping[str, Profile | None] | None = None
    midi: frozenset[str] = frozenset()
    osc: frozenset[str] = frozenset()
    effects: Mapping[str, frozenset[str]] | None = None
    snapshots: frozenset[str] = frozenset()
    most_snapshots: int = 0
    pedalboards: tuple[str, ...] = ()
    symbols: Symbols = field(default_factory=dict)

    @cached_property
    def colors(self) -> frozenset[str]:
        """Every colour some device has, and the usual ones."""
        profiles = [profile for profile in (self.surfaces or {}).values() if profile is not None]
        lights = [control.light for profile in profiles for control in profile.controls.values() if control.light]
        return COLORS.union(*(light.colors for light in lights))

    def check_effect(self, node: Node, effect: str, report: Report) -> bool:
        """Report an effect that no pedalboard has; tell whether it can be looked into further."""
        if self.effects is None:
            return False
        if effect not in self.effects:
            report.error(
                node, f"no pedalboard has an effect `{effect}`", nearest(effect, self.effects) or known(self.effects)
            )
        return effect in self.effects

    def check_parameter(self, node: Node, effect: str, symbol: str, report: Report) -> None:
        """Report a parameter that its plugin does not have, as far as the plugin is known."""
        if self.effects is not None and self.check_effect(node, effect, report):
            check_symbol(node, effect, symbol, self.effects[effect], self.symbols, report)

    def check_level(self, node: Node, level: Level, effect: str, symbol: str, report: Report) -> None:
        """Report a unit that does not fit the parameter's own, as far as that is known."""
        check_unit(node, level, effect, symbol, (self.effects or {}).get(effect, ()), self.symbols, report)

    def snapshot(self, node: Node, report: Report) -> Pick:
        """Return what `snapshot` points at; a text of digits is a number unless a snapshot is called so."""
        pick = pick_of(node.text, self.snapshots, (Seek.NEXT, Seek.PREVIOUS, Seek.LAST))
        if self.effects is not None:
            _check_pick(node, pick, self.snapshots, self.most_snapshots, "snapshot", report)
        return pick

    def pedalboard(self, node: Node, report: Report) -> Pick:
        """Return what `pedalboard` points at."""
        pick = pick_of(node.text, self.pedalboards, (Seek.NEXT, Seek.PREVIOUS))
        if self.effects is not None:
            _check_pick(node, pick, self.pedalboards, len(self.pedalboards), "pedalboard", report)
        return pick

    def check_name(self, node: Node, names: Collection[str], what: str, report: Report) -> None:
        """Report a name that is none of `names`, where the rig's names are known at all."""
        if self.effects is not None and node.text not in names:
            report.error(node, f"there is no {what} `{node.text}`", nearest(node.text, names) or known(names))


def _check_pick(node: Node, pick: Pick, names: Collection[str], count: int, what: str, report: Report) -> None:
    if isinstance(pick, str) and pick not in names:
        report.error(node, f"there is no {what} `{pick}`", nearest(pick, names) or known(names))
    elif isinstance(pick, int) and pick > count:
        report.warn(node, f"there is no {what} number {pick}", f"the most there are is {count}")


def pick_of(text: str, names: Collection[str], seeks: Iterable[Seek]) -> Pick:
    """Return a written name, number or way ("next") as a pick; a name wins over a number of the same digits."""
    if text in names:
        return text
    seek = next((seek for seek in seeks if seek.value == text), None)
    if seek is not None:
        return seek
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
