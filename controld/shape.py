"""Shapes: tables that say what a file may hold, from which come both the checks of a loader and the JSON Schema.

Pure. A shape *reads* a `Node` and *describes* itself as JSON Schema (2020-12). Reading never stops at the first
mistake: it reports each with its place and returns `BAD` for what is of no use. A `Table` returns a `Record`, in which
what was wrong stands at its default, so that the caller can go on and find the other mistakes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from controld.document import Node, NodeKind
from controld.errors import Problem, nearest

JsonSchema = dict[str, Any]
BAD: Final = object()  # what reading returns for a value that is of no use; its problem is reported


class Mistake(Exception):
    """Why a single value cannot be read: what was expected, and how to put it right. Becomes a `Problem`."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class Report:
    """What was found wrong so far, each once: `problems` refuse the file, `warnings` do not."""

    __slots__ = ("problems", "warnings")

    def __init__(self) -> None:
        self.problems: dict[Problem, None] = {}
        self.warnings: dict[Problem, None] = {}

    def error(self, node: Node, message: str, hint: str = "") -> None:
        """Report a mistake at a node."""
        self.problems[Problem(node.path, node.line, node.column, message, hint)] = None

    def warn(self, node: Node, message: str, hint: str = "") -> None:
        """Report what is allowed, and yet can hardly be meant."""
        self.warnings[Problem(node.path, node.line, node.column, message, hint)] = None


class Definitions:
    """The `$defs` of a JSON Schema being built; `templated` where texts may hold `{names}` that are replaced first."""

    __slots__ = ("_owners", "schemas", "templated")

    def __init__(self, *, templated: bool = False) -> None:
        self.schemas: JsonSchema = {}
        self.templated = templated
        self._owners: dict[str, object] = {}

    def refer(self, name: str, describe: Callable[[], JsonSchema], owner: object) -> JsonSchema:
        """Return a reference to the definition `name`, described once; so that shapes may hold themselves.

        A name belongs to one `owner`: two shapes of the same name would describe each other.
        """
        assert self._owners.setdefault(name, owner) is owner, f"two shapes are called {name}"
        if name not in self.schemas:
            self.schemas[name] = {}
            self.schemas[name] = describe()
        return {"$ref": f"#/$defs/{name}"}


class Shape(Protocol):
    """What a node may be."""

    def read(self, node: Node, report: Report) -> Any:
        """Return the value, or `BAD` after reporting why not."""
        ...

    def schema(self, defs: Definitions) -> JsonSchema:
        """Return the shape as JSON Schema."""
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a table: its shape, what it says to a reader of the schema, and its value where it is not written."""

    shape: Shape
    doc: str
    required: bool = False
    default: Any = None
    examples: tuple[Any, ...] = ()

    def schema(self, defs: Definitions) -> JsonSchema:
        """Return the field as JSON Schema, with what editors show on hover."""
        described = {**self.shape.schema(defs), "description": self.doc}
        if isinstance(self.default, str | int | float | bool) and self.default != "":
            described["default"] = self.default
        if self.examples:
            described["examples"] = list(self.examples)
        return described


class Record:
    """A mapping that was read by a table. What is absent or was wrong stands at its default."""

    __slots__ = ("_values", "name", "node")

    def __init__(self, node: Node, name: str, values: dict[str, Any]) -> None:
        self.node = node
        self.name = name  # of the table: which variant it is
        self._values = values

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __contains__(self, key: str) -> bool:
        """Tell whether the key is written in the file, rightly or not."""
        return self.node.get(key) is not None

    def at(self, key: str) -> Node:
        """Return the node under `key`, for messages; the whole record's where the key is not written."""
        return self.node.get(key) or self.node

    def written(self, keys: tuple[str, ...]) -> list[str]:
        """Return which of `keys` are written in the file."""
        return [key for key in keys if key in self]


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with known keys. `what` is how messages call it ("a rule"), `name` its place under `$defs`.

    `later` are keys of the language that are not built yet. Of each group in `exclusive` at most one key may be
    written, of each in `one_of` exactly one.
    """

    name: str
    what: str
    fields: Mapping[str, Field]
    doc: str = ""
    later: frozenset[str] = frozenset()
    exclusive: tuple[tuple[str, ...], ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    # A key that has a meaning only beside another (or one of several), and one only beside some values of another.
    needs: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    fits: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    demands: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # a key one of whose values needs another key
    foreign: Callable[[str], str] = field(default=lambda _key: "")  # a hint for a key that belongs elsewhere

    def read(self, node: Node, report: Report) -> Any:
        """Return the `Record`; BAD only where the node is no mapping."""
        if node.entries is None:
            return expected(node, report, f"{self.what} as a mapping (`key: value`)")
        values = {key: each.default for key, each in self.fields.items()}
        for key, value in node.entries:
            known = self.fields.get(key.text)
            if known is None:
                self._unknown(key, report)
                continue
            read = known.shape.read(value, report)
            if read is not BAD:
                values[key.text] = read
        self._judge(node, report)
        return Record(node, self.name, values)

    def schema(self, defs: Definitions) -> JsonSchema:
        """Return a reference to the table's definition."""
        return defs.refer(self.name, lambda: self._describe(defs), self)

    def _unknown(self, key: Node, report: Report) -> None:
        if key.text in self.later:
            not_built_yet(key, report)
            return
        hint = self.foreign(key.text) or nearest(key.text, self.fields)
        hint = hint or f"known here: {', '.join(self.fields)}"
        report.error(key, f"unknown key `{key.text}` in {self.what}", hint)

    def _judge(self, node: Node, report: Report) -> None:
        keys = node.names()
        missing = [key for key, each in self.fields.items() if each.required and key not in keys]
        for key in missing:
            example = next(iter(self.fields[key].examples), "")
            report.error(
                node, f"{self.what} needs `{key}`", f"for example `{key}: {as_yaml(example)}`" if example else ""
            )
        self._judge_company(node, keys, report)
        for group in (*self.exclusive, *self.one_of):
            several = [key for key in keys if key in group]
            if len(several) > 1:
                place = next(key for key, _ in node.entries or () if key.text == several[1])
                report.error(place, f"`{several[0]}` and `{several[1]}` exclude each other in {self.what}")
        for group in self.one_of:
            if not any(key in group or key in self.later for key in keys):
                report.error(node, f"{self.what} needs one of {', '.join(f'`{key}`' for key in group)}")

    def _judge_company(self, node: Node, keys: tuple[str, ...], report: Report) -> None:
        """Report keys that have no meaning beside the others."""
        for key, wanted in self.needs.items():
            others = (wanted,) if isinstance(wanted, str) else wanted
            if key in keys and not set(others) & set(keys):
                what = listed([f"`{other}`" for other in others])
                report.error(_key_at(node, key), f"`{key}` has a meaning only beside {what}")
        for key, (other, values) in self.fits.items():
            value = node.get(other)
            if key in keys and value is not None and value.text not in values:
                what = f"`{key}` has no meaning beside `{other}: {value.text}`"
                report.error(_key_at(node, key), what, f"it is for {listed(values)}")

        for key, (word, wanted) in self.demands.items():
            value = node.get(key)
            if value is not None and value.text == word and wanted not in keys:
                example = as_yaml(next(iter(self.fields[wanted].examples), "..."))
                report.error(value, f"`{key}: {word}` needs `{wanted}`", f"for example `{wanted}: {example}`")

    def _describe(self, defs: Definitions) -> JsonSchema:
        described: JsonSchema = {"type": "object", "additionalProperties": False}
        if self.doc:
            described["description"] = self.doc
        described["properties"] = {key: each.schema(defs) for key, each in self.fields.items()}
        required = [key for key, each in self.fields.items() if each.required]
        if required:
            described["required"] = required
        single = {key: [other] for key, other in self.needs.items() if isinstance(other, str)}
        if single:
            described["dependentRequired"] = single
        rules: list[JsonSchema] = [{"oneOf": [{"required": [key]} for key in group]} for group in self.one_of]
        for group in self.exclusive:
            pairs = [(one, two) for index, one in enumerate(group) for two in group[index + 1 :]]
            rules += [{"not": {"required": list(pair)}} for pair in pairs]
        for key, other in self.needs.items():
            if not isinstance(other, str):
                some = [{"required": [each]} for each in other]
                rules.append({"if": {"required": [key]}, "then": {"anyOf": some}})
        for key, (beside, values) in self.fits.items():
            fitting: JsonSchema = {"enum": list(values)}
            if defs.templated:
                fitting = {"anyOf": [fitting, {"type": "string", "pattern": r"\{[^{}]+\}"}]}
            rules.append({"if": {"required": [key]}, "then": {"properties": {beside: fitting}}})
        for key, (word, wanted) in self.demands.items():
            given = {"properties": {key: {"const": word}}, "required": [key]}
            rules.append({"if": given, "then": {"required": [wanted]}})
        if rules:
            described["allOf"] = rules
        return described


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value: `parse` returns it or raises `Mistake`; `json` describes what may be written."""

    parse: Callable[[Node], Any]
    json: JsonSchema
    what: str
    replaced: bool = True  # False where `{names}` have no meaning even in a templated file

    def read(self, node: Node, report: Report) -> Any:
        """Return the value, or BAD."""
        if node.kind is not NodeKind.SCALAR:
            return expected(node, report, self.what)
        try:
            return self.parse(node)
        except Mistake as mistake:
            report.error(node, mistake.message, mistake.hint)
            return BAD

    def schema(self, defs: Definitions) -> JsonSchema:
        """Return the value as JSON Schema; in a templated file it may also be a text with `{names}`."""
        described = dict(self.json)
        if "pattern" in described:  # editors show this instead of the pattern, which says nothing to a person
            described["patternErrorMessage"] = f"expected {self.what}"
        if defs.templated and self.replaced and self.json != {"type": "string"}:
            return {"anyOf": [described, {"type": "string", "pattern": r"\{[^{}]+\}"}]}
        return described


def _key_at(node: Node, key: str) -> Node:
    return next(name for name, _ in node.entries or () if name.text == key)


def expected(node: Node, report: Report, what: str) -> Any:
    """Report that `what` was expected here, and return BAD."""
    report.error(node, f"expected {what}, found {node.describe()}", _unquoted(node))
    return BAD


def _unquoted(node: Node) -> str:
    """Return the hint for `{index}` without quotes, which YAML takes for a mapping."""
    entries = node.entries or ()
    if len(entries) != 1 or entries[0][1].value is not None or entries[0][1].kind is not NodeKind.SCALAR:
        return ""
    return f'a text with braces needs quotes: "{{{entries[0][0].text}}}"'


def as_yaml(value: object) -> str:
    """Return plain data as one line of YAML, for examples in messages."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {as_yaml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    return "[" + ", ".join(map(as_yaml, value)) + "]" if isinstance(value, list | tuple) else str(value)


def not_built_yet(node: Node, report: Report, word: str = "") -> None:
    """Report a word of the language that a later version will know."""
    report.error(node, f"`{word or node.text}` is part of the language but not built yet")


def listed(words: Iterator[str] | Mapping[str, Any] | tuple[str, ...] | list[str]) -> str:
    """Return words as a sentence lists them: "a, b or c"."""
    *first, last = list(words)
    return f"{', '.join(first)} or {last}" if first else last


def schema_document(title: str, shape: Shape, *, templated: bool = False) -> JsonSchema:
    """Return the whole JSON Schema of a file."""
    defs = Definitions(templated=templated)
    top = shape.schema(defs)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return head | top | {"$defs": defs.schemas}
