"""The rig's OSC addresses as OSCQuery describes them: a tree of what each takes, its range, and what is true there.

Pure. A `Tree` is a view of the namespace and of the controls of one surface, made anew for each question; all it needs
was copied by `Sight`, so that it can be built in another thread. The attributes are those of the OSCQuery proposal
(Vidvox, third revision): TYPE, ACCESS, VALUE, RANGE, UNIT, CLIPMODE and DESCRIPTION.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from controld.mappings.profile import Kind
from controld.osc_facts import Fact, Value
from controld.osc_methods import METHODS, Method, find_method
from controld.osc_namespace import Namespace
from controld.osc_widgets import Widget, Widgets
from controld.values import Scale

NONE, READ, WRITE, BOTH = 0, 1, 2, 3
"""ACCESS: whether a value can be asked for, and set."""

# Attributes that are told, and those of the proposal that are not.
ATTRIBUTES: Final = ("FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "VALUE", "RANGE", "UNIT", "CLIPMODE", "DESCRIPTION")
UNSUPPORTED: Final = ("TAGS", "EXTENDED_TYPE", "CRITICAL", "OVERLOADS", "HTML")
EXTENSIONS: Final = (*ATTRIBUTES[3:], "LISTEN", "PATH_ADDED", "PATH_REMOVED", "PATH_CHANGED")

# Our units as the proposal's list calls them; others are told as they are.
_UNITS: Final = {
    "hz": "time.hz", "db": "gain.db", "ms": "time.ms", "s": "time.second", "bpm": "time.bpm", "ct": "time.cents",
    "cent": "time.cents", "deg": "angle.degree", "m": "distance.m", "cm": "distance.cm",
}  # fmt: skip
# The types of methods that may be described before anything is known there.
_TYPES: Final = {
    "/effect/{effect}/preset": "s", "/snapshot": "s", "/pedalboard": "s", "/bank": "s", "/page": "s", "/tempo": "f",
    "/status/loading": "fs", "/status/repaired": "s", "/status/cpu": "f", "/status/xruns": "f",
}  # fmt: skip
_SHARE: Final = {"MIN": 0.0, "MAX": 1.0}
_TEMPO: Final = {"MIN": 20.0, "MAX": 300.0}


@dataclass(frozen=True, slots=True)
class Node:
    """An address that takes or tells something; `ranges` and `units` have one entry for each letter of `tags`."""

    address: str
    tags: str
    access: int
    description: str
    ranges: tuple[Mapping[str, Any] | None, ...] = ()
    units: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """All that a tree is made from, copied: facts by address, scales by effect and symbol, names of lists by room."""

    facts: Mapping[str, Fact]
    scales: Mapping[str, Mapping[str, Scale]]
    names: Mapping[str, Sequence[str]]
    widgets: Mapping[str, tuple[Widget, ...]]

    @classmethod
    def of(cls, namespace: Namespace, widgets: Widgets | None) -> "Sight":
        """Return what is to be seen now."""
        facts = namespace.facts()
        facts |= {fact.address: fact for fact in widgets.dump()} if widgets else {}
        return cls(facts, namespace.scales(), namespace.names(), widgets.by_address() if widgets else {})

    def node(self, address: str) -> Node | None:
        """Return the node at an address; None where there is none."""
        widgets = self.widgets.get(address)
        if widgets:
            return _widget_node(address, widgets, known=address in self.facts)
        found = find_method(address)
        return self._method_node(address, *found) if found is not None and self._exists(address, *found) else None

    def _exists(self, address: str, method: Method, names: list[str]) -> bool:
        """Tell whether the names in an address are those of something."""
        if "{effect}" in method.pattern:
            return names[0] in self.scales and (len(names) < 2 or names[1] in self.scales[names[0]])
        if "{number}" in method.pattern:
            return int(names[0]) <= len(self.names.get(address.split("/")[1], ()))
        return "{name}" not in method.pattern or address in self.facts

    def addresses(self) -> Iterator[str]:
        """Yield every address that has a node, in the order of the table."""
        for method in METHODS:
            yield from self._expanded(method)
        yield from self.widgets

    def _expanded(self, method: Method) -> Iterator[str]:
        pattern = method.pattern
        if "{effect}" in pattern:
            for effect, scales in self.scales.items():
                below = pattern.replace("{effect}", effect)
                yield from (below.replace("{symbol}", s) for s in scales) if "{symbol}" in below else (below,)
        elif "{number}" in pattern:
            count = len(self.names.get(pattern.split("/")[1], ()))
            yield from (pattern.replace("{number}", str(number)) for number in range(1, count + 1))
        elif "{name}" in pattern:
            yield from [address for address in self.facts if address.startswith(pattern.partition("{")[0])]
        else:
            yield pattern

    def _method_node(self, address: str, method: Method, names: list[str]) -> Node | None:
        fact, pattern = self.facts.get(address), method.pattern
        if method.only_told:
            tags = _tags_of(fact) if fact is not None else _TYPES.get(pattern)
            return None if tags is None else Node(address, tags, READ, _described(method))
        if fact is None and pattern in {"/bank", "/page"}:
            return None  # a rig without banks or pages
        scale = self.scales.get(names[0], {}).get(names[1]) if len(names) > 1 else None
        if pattern == "/effect/{effect}/{symbol}" and scale is not None:
            return _parameter_node(address, scale, known=fact is not None)
        tags = _TYPES.get(pattern) or (_tags_of(fact) if fact else "T" if method.needs_arg else "N")
        access = WRITE if fact is None and tags == "N" else BOTH
        room = address.split("/")[1]
        listed = self.names.get(room) if address == f"/{room}" else None
        ranges: tuple[Mapping[str, Any] | None, ...] = ({"VALS": list(listed)},) if listed else ()
        if pattern == "/tempo":
            return Node(address, tags, access, _described(method), (_TEMPO,), ("time.bpm",))
        if pattern.endswith("/normalized"):
            return Node(address, "f", access, _described(method), (_SHARE,))
        return Node(address, tags, access, _described(method), ranges)


def _described(method: Method) -> str:
    return "told by controld" if method.only_told else f"takes {method.takes}"


def _tags_of(fact: Fact) -> str:
    return "".join("T" if isinstance(arg, bool) else "s" if isinstance(arg, str) else "f" for arg in fact.args)


def _parameter_node(address: str, scale: Scale, *, known: bool) -> Node:
    """Describe a parameter: a list of names is a menu, what is on or off a switch, all else a number."""
    access = BOTH if known else WRITE
    words = ", ".join(f"{point.value:g} is {point.label}" for point in scale.points)
    if scale.enumeration and scale.points:
        menu = {"VALS": [point.label for point in scale.points]}
        return Node(address, "s", access, f"one of its named values: {words}", (menu,))
    if scale.toggled and (scale.minimum, scale.maximum) == (0, 1):
        return Node(address, "T", access, f"on or off{': ' + words if words else ''}")
    limits = {"MIN": scale.minimum, "MAX": scale.maximum}
    finite = {key: value for key, value in limits.items() if isfinite(value)}
    unit = f" in {scale.unit}" if scale.unit else ""
    text = f"a number{unit}{', logarithmic' if scale.logarithmic else ''}{': ' + words if words else ''}"
    tags = "i" if scale.integer else "f"
    return Node(address, tags, access, text, (finite or None,), (_UNITS.get(scale.unit.lower(), scale.unit) or None,))


# A button is an impulse: clients send what they show when they are opened, and a light that comes back as its own press
# would be a press that nobody made.
_BY_KIND: Final = {
    Kind.BUTTON: ("N", WRITE), Kind.LATCH: ("T", BOTH), Kind.PEDAL: ("f", BOTH), Kind.KNOB: ("f", BOTH),
    Kind.FADER: ("f", BOTH), Kind.ENCODER: ("i", WRITE), Kind.PROGRAM: ("i", WRITE), Kind.DISPLAY: ("s", READ),
    Kind.LIGHT: ("T", READ),
}  # fmt: skip


def _widget_node(address: str, widgets: tuple[Widget, ...], *, known: bool) -> Node:
    kinds = [_BY_KIND[widget.kind] for widget in widgets]
    tags = "".join(tag for tag, _ in kinds)
    wanted = kinds[0][1]
    text = ", ".join(f"the {widget.kind.value} {widget.control}" for widget in widgets)
    ranges = tuple(_widget_range(widget) for widget in widgets)
    return Node(address, tags, wanted if known else wanted & WRITE, text, ranges if any(ranges) else ())


def _widget_range(widget: Widget) -> Mapping[str, Any] | None:
    if widget.kind is Kind.PROGRAM:
        return {"MIN": 0, "MAX": 127}
    if _BY_KIND[widget.kind][0] != "f":
        return None
    heel, toe = widget.ends or (0.0, 1.0)
    return {"MIN": min(heel, toe), "MAX": max(heel, toe)}


class Tree:
    """Every node of a sight, by its place."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._root: dict[str, Any] = {"": None}
        for address in sight.addresses():
            node = sight.node(address)
            if node is not None:
                self._place(address)[""] = node

    def _place(self, address: str) -> dict[str, Any]:
        place = self._root
        for part in address.split("/")[1:]:
            place = place.setdefault(part, {"": None})
        return place

    def describe(self, path: str) -> dict[str, Any] | None:
        """Return the description of an address with all below it; None where there is neither node nor container."""
        place: dict[str, Any] | None = self._root
        for part in path.strip("/").split("/") if path.strip("/") else ():
            place = place.get(part) if place is not None and part else None  # "" is where a node itself stands
        return None if place is None else self._described("/" + path.strip("/"), place)

    def _described(self, path: str, place: Mapping[str, Any]) -> dict[str, Any]:
        node: Node | None = place[""]
        told: dict[str, Any] = {"FULL_PATH": path, "ACCESS": NONE}
        if node is not None:
            told = attributes(node, self._sight.facts.get(node.address))
        below = {name: each for name, each in place.items() if name}
        if below:
            base = path.rstrip("/")
            told["CONTENTS"] = {name: self._described(f"{base}/{name}", each) for name, each in below.items()}
        return told


def attributes(node: Node, fact: Fact | None) -> dict[str, Any]:
    """Return the attributes of a node, without what is below it."""
    told: dict[str, Any] = {"FULL_PATH": node.address, "TYPE": node.tags, "ACCESS": node.access}
    if fact is not None and node.access & READ:
        told["VALUE"] = values_of(node, fact)
    if node.ranges:
        told["RANGE"] = [dict(each) if each else None for each in node.ranges]
        limited = ["both" if each and "MIN" in each else "none" for each in node.ranges]
        told["CLIPMODE"] = limited
    if any(node.units):
        told["UNIT"] = list(node.units)
    told["DESCRIPTION"] = node.description
    return told


def values_of(node: Node, fact: Fact) -> list[Value]:
    """Return what is true at a node, in the types it has."""
    return [_typed(tag, arg, fact) for tag, arg in zip(node.tags, fact.args, strict=False)]


def _typed(tag: str, value: Value, fact: Fact) -> Value:
    if tag == "s":
        return value if isinstance(value, str) else str(fact.other if isinstance(fact.other, str) else value)
    if isinstance(value, str):
        return value
    return bool(value) if tag == "T" else int(value) if tag == "i" else float(value)
