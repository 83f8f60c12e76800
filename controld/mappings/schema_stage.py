"""What the mapping files of a rig share: pages, variables and the safe state; and their names, before any rule is read.

Pure. Several files make one `Stage`: a page may have rules in each, everything else is said once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from controld.actions import Value
from controld.document import Node
from controld.mappings.rule import Page, Stage
from controld.mappings.schema_do import plan
from controld.mappings.schema_known import Known, Variable, type_of
from controld.mappings.schema_look import check_color
from controld.mappings.target import Command, CommandTarget, Target
from controld.shape import Record, Report

_LIKE_BOOLEANS = frozenset({"on", "off", "yes", "no"})


def pages_of(nodes: Iterable[Node]) -> tuple[str, ...]:
    """Return the names of the pages that files write, rightly or not, in order."""
    written = (node.get("pages") for node in nodes)
    return tuple(dict.fromkeys(name for each in written if each is not None for name in each.names()))


def variables_of(nodes: Iterable[Node]) -> dict[str, Variable]:
    """Return the variables that files declare, rightly or not; the first of a name counts."""
    found: dict[str, Variable] = {}
    for node in nodes:
        for key, value in each.entries or () if (each := node.get("variables")) else ():
            found.setdefault(key.text, _variable(key, value))
    return found


def _variable(key: Node, node: Node) -> Variable:
    initial, named = node.get("initial") or node, node.get("type")
    if initial.entries is not None or initial.items is not None or initial.value is None:
        return Variable("", False, key)
    written = initial.value
    type_name = named.text if named is not None else type_of(written)
    if type_name not in {"boolean", "number", "text"}:
        return Variable("", False, key)
    value: Value = initial.text if type_name == "text" else written
    return Variable(type_name, value if isinstance(value, bool | str) else float(value), key)


@dataclass(slots=True)
class StageBuilder:
    """Takes the records of mapping files, one after the other."""

    known: Known
    report: Report
    _pages: dict[str, Page] = field(default_factory=dict)
    _variables: dict[str, tuple[Node, Value]] = field(default_factory=dict)
    _start: Node | None = None
    _colored: dict[str, Node] = field(default_factory=dict)
    _panic: tuple[Node, tuple[Target, ...]] | None = None

    def add(self, record: Record) -> None:
        """Take what a mapping file says of the stage."""
        for name, page in record["pages"].items():
            self._add_page(name, page)
        self.add_variables(record)
        self.add_panic(record)

    def stage(self) -> Stage:
        """Return all of it."""
        variables = {name: value for name, (_, value) in self._variables.items()}
        return Stage(tuple(self._pages.values()), variables, () if self._panic is None else self._panic[1])

    def _add_page(self, name: str, record: Record) -> None:
        page = self._pages.setdefault(name, Page(name))
        if name in {"next", "previous", "back"}:
            self.report.error(record.node, f"a page cannot be called `{name}`", "that is a way to another page")
        if record["start"]:
            if self._start is not None and not page.start:
                what = "another page starts already"
                self.report.error(record.at("start"), what, f"in {_place(self._start)}")
            self._start = self._start or record.at("start")
            page = replace(page, start=True)
        if record["color"]:
            node = record.at("color")
            check_color(node, self.known, self.report)
            other = self._colored.setdefault(name, node)
            if other.text != node.text:
                self.report.error(node, f"the page `{name}` is {other.text} already", f"in {_place(other)}")
            page = replace(page, color=other.text)
        self._pages[name] = page

    def add_variables(self, record: Record) -> None:
        """Take the variables a record declares."""
        for key, node in record.at("variables").entries or () if record["variables"] else ():
            if key.text not in record["variables"]:
                continue
            variable = _variable(key, node)
            written = record["variables"][key.text]
            initial = node.get("initial") if isinstance(written, Record) else node
            value = variable.initial if initial is None else self.known.value(initial, variable, self.report)
            if initial is node and not node.quoted and node.text in _LIKE_BOOLEANS:
                hint = "`true` and `false` are the booleans; quotes say that a text is meant"
                self.report.warn(node, f"`{node.text}` is a text", hint)
            other = self._variables.get(key.text)
            if other is not None:
                what = f"the variable `{key.text}` is declared already"
                self.report.error(key, what, f"in {_place(other[0])}")
            elif value is not None:
                self._variables[key.text] = (key, value)

    def add_panic(self, record: Record) -> None:
        """Take the safe state a record lists."""
        if not record["panic"]:
            return
        place = record.at("panic")
        if self._panic is not None:
            self.report.error(place, "`panic` is said already", f"in {_place(self._panic[0])}")
            return
        plans = [each for action in record["panic"] if (each := plan(action, self.known, self.report))]
        for each in plans:
            if each.follows_position:
                self.report.error(each.record.node, "nothing moves at a panic: say what is set", "for example `to: 0`")
            elif each.target == CommandTarget(Command.PANIC):
                self.report.error(each.record.node, "a panic cannot begin another one")
        self._panic = place, tuple(each.target for each in plans)


def _place(node: Node) -> str:
    return f"{node.path}:{node.line}"
