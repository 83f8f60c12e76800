"""What the rest of the rig is called: the names a rule may use, and the hint where it uses another.

Pure. A rule is checked against the names while it is read, because only then its mistakes have a place. Where names
are not known (a mapping file checked alone, a profile with mistakes of its own) nothing is refused.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from controld.actions import Pick, Seek, Value
from controld.document import Node
from controld.errors import nearest
from controld.mappings.profile import Control, Kind, Profile
from controld.mappings.schema_words import COLORS
from controld.mappings.target import ROLE
from controld.mappings.texts import RIG_NAMES, RULE_NAMES, names_in
from controld.shape import Report
from controld.shape_parameters import Symbols, check_level, check_step, check_symbol, known
from controld.values import Level, Scale


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable as it is declared: its type ("boolean", "number" or "text"; "" where it is not known) and place."""

    type: str
    initial: Value
    place: Node


@dataclass(frozen=True)
class Known:
    """Names of a rig. None for `surfaces`, `effects` or `pages` says that nothing is known of what has such names.

    A surface whose profile could not be read maps to None; `midi` and `osc` are the surfaces with such ports. Each
    effect has the plugins it is on one pedalboard or another, and so has each role, as "role:dirt"; `most_snapshots` is
    of one pedalboard. `pages` are in order; with them all `variables` are known.
    """

    surfaces: Mapping[str, Profile | None] | None = None
    midi: frozenset[str] = frozenset()
    osc: frozenset[str] = frozenset()
    effects: Mapping[str, frozenset[str]] | None = None
    snapshots: frozenset[str] = frozenset()
    most_snapshots: int = 0
    pedalboards: tuple[str, ...] = ()
    symbols: Symbols = field(default_factory=dict)
    banks: tuple[str, ...] = ()
    pages: tuple[str, ...] | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict)

    @cached_property
    def colors(self) -> frozenset[str]:
        """Every colour some device has, and the usual ones."""
        profiles = [profile for profile in (self.surfaces or {}).values() if profile is not None]
        lights = [control.light for profile in profiles for control in profile.controls.values() if control.light]
        return COLORS.union(*(light.colors for light in lights))

    # Effects and their parameters

    def check_effect(self, node: Node, effect: str, report: Report) -> bool:
        """Report an effect (or role) that no pedalboard has; tell whether it can be looked into further."""
        if self.effects is None:
            return False
        if effect not in self.effects:
            is_role = effect.startswith(ROLE)
            names = [name for name in self.effects if name.startswith(ROLE) is is_role]
            what = f"a role `{effect.removeprefix(ROLE)}`" if is_role else f"an effect `{effect}`"
            other = f"`{ROLE}{effect}` is a role" if f"{ROLE}{effect}" in self.effects else ""
            report.error(node, f"no pedalboard has {what}", other or nearest(effect, names) or known(names))
        return effect in self.effects

    def check_parameter(self, node: Node, effect: str, symbol: str, report: Report) -> None:
        """Report a parameter that its plugin does not have, as far as the plugin is known."""
        if self.effects is None or not self.check_effect(node, effect, report):
            return
        uris = self.effects[effect]
        check_symbol(node, effect, symbol, uris, self.symbols, report)
        without = [uri for uri in sorted(uris) if symbol not in self.symbols.get(uri, {symbol: Scale()})]
        if effect.startswith(ROLE) and 0 < len(without) < len(uris):
            report.warn(node, f"not every effect that `{effect}` can be has a parameter `{symbol}`",
                        f"these plugins lack it: {', '.join(without)}")  # fmt: skip

    def check_level(self, node: Node, level: Level, effect: str, symbol: str, report: Report) -> None:
        """Report a unit that does not fit the parameter's own, and warn of a level out of its range, where known."""
        check_level(node, level, effect, symbol, (self.effects or {}).get(effect, ()), self.symbols, report)

    def check_step(self, node: Node, by: Level, effect: str, symbol: str, report: Report) -> None:
        """Report a step whose unit does not fit the parameter's own, as far as that is known."""
        check_step(node, by, effect, symbol, (self.effects or {}).get(effect, ()), self.symbols, report)

    # Entries of lists

    def snapshot(self, node: Node, report: Report) -> Pick:
        """Return what `snapshot` points at; a text of digits is a number unless a snapshot is called so."""
        pick = pick_of(node.text, self.snapshots, (Seek.NEXT, Seek.PREVIOUS, Seek.LAST, Seek.CURRENT))
        if self.effects is not None:
            _check_pick(node, pick, self.snapshots, self.most_snapshots, "snapshot", report)
        return pick

    def stop(self, node: Node, report: Report) -> Pick:
        """Return a snapshot that a morph goes through, by name or number."""
        pick = pick_of(node.text, self.snapshots, ())
        if self.effects is not None:
            _check_pick(node, pick, self.snapshots, self.most_snapshots, "snapshot", report)
        return pick

    def pedalboard(self, node: Node, report: Report) -> Pick:
        """Return what `pedalboard` points at."""
        pick = pick_of(node.text, self.pedalboards, (Seek.NEXT, Seek.PREVIOUS))
        if self.effects is not None:
            _check_pick(node, pick, self.pedalboards, len(self.pedalboards), "pedalboard", report)
        return pick

    def bank(self, node: Node, report: Report) -> Pick:
        """Return what `bank` points at."""
        pick = pick_of(node.text, self.banks, (Seek.NEXT, Seek.PREVIOUS))
        if self.effects is not None:
            _check_pick(node, pick, self.banks, len(self.banks), "bank", report)
        return pick

    def page(self, node: Node, report: Report) -> Pick:
        """Return what `page` points at."""
        pages = self.pages or ()
        pick = pick_of(node.text, pages, (Seek.NEXT, Seek.PREVIOUS, Seek.BACK))
        if self.pages is not None:
            _check_pick(node, pick, pages, len(pages), "page", report)
        return pick

    # Names

    def check_name(self, node: Node, names: Collection[str], what: str, report: Report) -> None:
        """Report a name that is none of `names`, where the rig's names are known at all."""
        if self.effects is not None and node.text not in names:
            report.error(node, f"there is no {what} `{node.text}`", nearest(node.text, names) or known(names))

    def check_page(self, node: Node, report: Report) -> None:
        """Report a page that no file has, as far as the pages are known."""
        if self.pages is not None and node.text not in self.pages:
            hint = nearest(node.text, self.pages) or known(self.pages)
            report.error(node, f"there is no page `{node.text}`", hint)

    def check_surface(self, node: Node, report: Report) -> None:
        """Report a surface that the rig does not have."""
        if self.surfaces is not None and node.text not in self.surfaces:
            hint = nearest(node.text, self.surfaces) or known(self.surfaces)
            report.error(node, f"there is no surface `{node.text}`", hint)

    def check_subject(self, node: Node, key: str, report: Report) -> None:
        """Report what an event is restricted to, where nothing has that name."""
        names = {"pedalboard": self.pedalboards, "snapshot": self.snapshots, "bank": self.banks}
        if key == "page":
            self.check_page(node, report)
        elif key == "surface":
            self.check_surface(node, report)
        else:
            self.check_name(node, names[key], key, report)

    # Controls

    def control(self, node: Node, full_name: str, report: Report) -> Control | None:
        """Return a control by its full name; None where it is not known, after reporting one that is not there."""
        surface, _, name = full_name.partition(".")
        if self.surfaces is None:
            return None
        if surface not in self.surfaces:
            hint = nearest(surface, self.surfaces) or f"known: {', '.join(self.surfaces) or 'none'}"
            report.error(node, f"there is no surface `{surface}`", hint)
            return None
        profile = self.surfaces[surface]
        if profile is not None and name not in profile.controls:
            hint = nearest(name, profile.controls) or f"it has {', '.join(list(profile.controls)[:12])}"
            report.error(node, f"`{surface}` has no control `{name}`", hint)
        return None if profile is None else profile.controls.get(name)

    def check_shown(self, node: Node, report: Report) -> None:
        """Report a control that cannot show a text: displays can, and whatever an OSC surface draws."""
        control = self.control(node, node.text, report)
        surface = node.text.partition(".")[0]
        if control is not None and control.kind is not Kind.DISPLAY and surface not in self.osc:
            report.error(node, f"`{node.text}` is a {control.kind.value} and cannot show a text", "a display can")

    # Variables and texts

    def variable(self, node: Node, report: Report) -> Variable | None:
        """Return a variable by its name; None where it is not known, after reporting one that no file declares."""
        if self.pages is None:
            return None
        if node.text not in self.variables:
            hint = nearest(node.text, self.variables) or known(self.variables)
            report.error(node, f"no file declares a variable `{node.text}`", hint)
        return self.variables.get(node.text)

    def value(self, node: Node, variable: Variable | None, report: Report) -> Value | None:
        """Return a value for a variable; None where it has another type, which is reported."""
        written = node.value
        if variable is not None and variable.type == "text" and written is not None and not isinstance(written, bool):
            return node.text
        typed = variable is not None and variable.type != ""
        if written is None or (typed and variable is not None and type_of(written) != variable.type):
            _report_type(node, variable, report)
            return None
        return written if isinstance(written, bool | str) else float(written)

    def check_text(self, node: Node, report: Report) -> None:
        """Report a `{name}` in a text that stands for nothing the rig has."""
        names = RIG_NAMES | RULE_NAMES | set(self.variables)
        for name in names_in(node.text):
            effect, slash, symbol = name.partition("/")
            if slash:
                self.check_parameter(node, effect, symbol, report)
            elif name not in names and self.pages is not None:
                hint = nearest(name, names) or f"known: {', '.join(sorted(names))}"
                report.error(node, f"`{{{name}}}` stands for nothing in a text", hint)


def type_of(value: object) -> str:
    """Return the type of a variable with this value."""
    return "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def _report_type(node: Node, variable: Variable | None, report: Report) -> None:
    words = {"boolean": "true or false", "number": "a number", "text": "a text"}
    wanted = words.get(variable.type if variable else "", "a value")
    report.error(node, f"expected {wanted}, found {node.describe()}", "the type is that of its first value")


def _check_pick(node: Node, pick: Pick, names: Collection[str], count: int, what: str, report: Report) -> None:
    if isinstance(pick, str) and pick not in names:
        report.error(node, f"there is no {what} `{pick}`", nearest(pick, names) or known(names))
    elif isinstance(pick, int) and not 0 < pick <= count:
        report.warn(node, f"there is no {what} number {pick}", f"the most there are is {count}")


def pick_of(text: str, names: Collection[str], seeks: Iterable[Seek]) -> Pick:
    """Return a written name, number or way ("next") as a pick; a name wins over a number of the same digits."""
    if text in names:
        return text
    seek = next((seek for seek in seeks if seek.value == text), None)
    if seek is not None:
        return seek
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
