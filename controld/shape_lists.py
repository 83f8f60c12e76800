"""Shapes made of shapes: lists, maps by name, one of several forms, and mappings told apart by one key.

Pure; see `shape` for what a shape is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from controld.document import Node, NodeKind
from controld.errors import nearest
from controld.shape import (
    BAD,
    Definitions,
    JsonSchema,
    Leaf,
    Report,
    Shape,
    Table,
    as_yaml,
    expected,
    not_built_yet,
)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list with at least `minimum` and (unless 0) at most `maximum` items."""

    item: Shape
    what: str
    minimum: int = 1
    maximum: int = 0

    def read(self, node: Node, report: Report) -> object:
        """Return a tuple of what could be read; BAD where the node is no list, or too short or long."""
        if node.items is None:
            return expected(node, report, self.what)
        read = tuple(value for each in node.items if (value := self.item.read(each, report)) is not BAD)
        if len(node.items) < self.minimum or (self.maximum and len(node.items) > self.maximum):
            report.error(node, f"expected {self.what}, found a list of {len(node.items)}")
            return BAD
        return read if len(read) == len(node.items) or not self.maximum else BAD

    def schema(self, defs: Definitions) -> JsonSchema:
        """Return the list as JSON Schema."""
        described: JsonSchema = {"type": "array", "items": self.item.schema(defs)}
        if self.minimum:
            described["minItems"] = self.minimum
        if self.maximum:
            described["maxItems"] = self.maximum
        return described


@dataclass(frozen=True, slots=True)
class OneOrMany:
    """A value, or a list of such values; read as a tuple in both cases."""

    item: Shape
    what: str

    def read(self, node: Node, report: Report) -> object:
        """Return a tuple of what could be read; BAD where nothing could."""
        if node.items is not None:
            return ListOf(self.item, self.what).read(node, report)
        value = self.item.read(node, report)
        return BAD if value is BAD else (value,)

    def schema(self, defs: Definitions) -> JsonSchema:
        """Return both forms as JSON Schema."""
        return {"anyOf": [self.item.schema(defs), ListOf(self.item, self.what).schema(defs)]}


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping from names of the author's own to values; `key` judges the names."""

    key: Leaf
    value: Shape
    what: str
    minimum: int = 0

    def read(self, node: Node, report: Report) -> object:
        """Return a dict in the order of the file; BAD where the node is no mapping."""
        if node.entries is None:
            return expected(node, report, self.what)
        if len(node.entries) < self.minimum:
            report.error(node, f"expected {self.what}, found none")
        read: dict[str, object] = {}
        for name, each in node.entries:
            key, value = self.key.read(name, report), self.value.read(each, report)
            if key is not BAD and value is not BAD:
                read[key] = value
        return read

    def schema(self, defs: Definitions) -> JsonSchema:
        """Return the map as JSON Schema."""
        described: JsonSchema = {"type": "object", "additionalProperties": self.value.schema(defs)}
        pattern = self.key.json.get("pattern")
        if pattern is not None:
            template = r"|\{[^{}]+\}" if defs.templated else ""
            described["propertyNames"] = {"pattern": pattern + template}
        if self.minimum:
            described["minProperties"] = self.minimum
        return described


@dataclass(frozen=True, slots=True)
class Either:
    """One of several forms, told apart by what the node is: a single value, a list, or a mapping."""

    forms: Mapping[NodeKind, Shape]
    what: str

    def read(self, node: Node, report: Report) -> object:
        """Return what the fitting form reads; BAD where none fits."""
        form = self.forms.get(node.kind)
        return expected(node, report, self.what) if form is None else form.read(node, report)

    def schema(self, defs: Definitions) -> JsonSchema:
        """Return the forms as JSON Schema."""
        return {"anyOf": [form.schema(defs) for form in self.forms.values()]}


@dataclass(frozen=True, slots=True)
class Variants:
    """A mapping whose one leading key says what it is; the table of that name reads it."""

    name: str
    what: str
    tables: Mapping[str, Table]
    later: frozenset[str] = frozenset()
    foreign: Mapping[str, str] = field(default_factory=dict)  # hints for keys that are none

    def read(self, node: Node, report: Report) -> object:
        """Return the `Record` of the table that fits; BAD where none does."""
        if node.entries is None:
            return self._no_mapping(node, report)
        leading = [key for key, _ in node.entries if key.text in self.tables]
        if len(leading) > 1:
            first, second = leading[:2]
            hint = f"write a list: `- {first.text}: ...` and `- {second.text}: ...`"
            report.error(second, f"{self.what} has one leading key, found `{first.text}` and `{second.text}`", hint)
            return BAD
        if leading:
            return self.tables[leading[0].text].read(node, report)
        self._unknown(node, report)
        return BAD

    def schema(self, defs: Definitions) -> JsonSchema:
        """Return the variants as JSON Schema."""
        tables = self.tables.values()
        return defs.refer(self.name, lambda: {"oneOf": [table.schema(defs) for table in tables]}, self)

    def _no_mapping(self, node: Node, report: Report) -> object:
        """Report a node that is no mapping; `wait 2 s` and `panic` are nearly one."""
        key, _, rest = node.text.partition(" ")
        table = self.tables.get(key)
        hint = ""
        if table is not None and node.kind is NodeKind.SCALAR:
            value = rest.strip() or as_yaml(next(iter(table.fields[key].examples), "..."))
            hint = f"write `{{{key}: {value}}}`"
        wanted = f"{self.what} as a mapping (`{next(iter(self.tables))}: ...`)"
        report.error(node, f"expected {wanted}, found {node.describe()}", hint)
        return BAD

    def _unknown(self, node: Node, report: Report) -> None:
        later = next((key for key, _ in node.entries or () if key.text in self.later), None)
        if later is not None:
            not_built_yet(later, report)
            return
        keys = [key for key, _ in node.entries or ()]
        hint = next((hint for key in keys if (hint := self._hint(key.text))), "")
        place = keys[0] if keys else node
        found = f", found `{place.text}`" if keys else ""
        report.error(place, f"expected {self.what}{found}", hint or f"one of {', '.join(self.tables)}")

    def _hint(self, key: str) -> str:
        return self.foreign.get(key) or nearest(key, self.tables)


@dataclass(frozen=True, slots=True)
class Lazy:
    """A shape that is made when it is needed: for shapes that hold themselves."""

    make: Callable[[], Shape]

    def read(self, node: Node, report: Report) -> object:
        """Read by the shape."""
        return self.make().read(node, report)

    def schema(self, defs: Definitions) -> JsonSchema:
        """Describe the shape."""
        return self.make().schema(defs)


@dataclass(frozen=True, slots=True)
class Deferred:
    """A shape that only the JSON Schema sees: reading returns the node, for the loader expands it first."""

    shape: Shape

    def read(self, node: Node, _report: Report) -> Node:
        """Return the node itself."""
        return node

    def schema(self, defs: Definitions) -> JsonSchema:
        """Describe the shape."""
        return self.shape.schema(defs)
