"""`if`: from the records of conditions to what a rule asks, every name checked.

Pure.
"""

from controld.actions import Value
from controld.document import Node
from controld.mappings.profile import Kind
from controld.mappings.rule import Comparison, Condition
from controld.mappings.schema_known import Known
from controld.mappings.schema_tables import PRESSED
from controld.shape import Record, Report


def condition_of(record: Record, known: Known, report: Report) -> Condition:
    """Return the condition a record describes."""
    for key, names in (("snapshot", known.snapshots), ("pedalboard", known.pedalboards), ("bank", known.banks)):
        for node in _nodes(record, key):
            known.check_name(node, names, key, report)
    for node in _nodes(record, "page"):
        known.check_page(node, report)
    for effect, _ in _entries(record, "effect"):
        known.check_effect(effect, effect.text, report)
    return Condition(
        record["snapshot"] or (),
        record["pedalboard"] or (),
        tuple((effect, state == "active") for effect, state in (record["effect"] or {}).items()),
        tuple(condition_of(each, known, report) for each in record["any"] or ()),
        tuple(condition_of(each, known, report) for each in record["not"] or ()),
        record["page"] or (),
        record["bank"] or (),
        tuple(_comparisons(record, known, report)),
        tuple(_variables(record, known, report)),
        tuple(_controls(record, known, report)),
    )


def _nodes(record: Record, key: str) -> tuple[Node, ...]:
    return record.at(key).each() if record[key] else ()


def _entries(record: Record, key: str) -> tuple[tuple[Node, Node], ...]:
    return record.at(key).entries or () if record[key] else ()


def _comparisons(record: Record, known: Known, report: Report) -> list[Comparison]:
    found: list[Comparison] = []
    for key, node in _entries(record, "parameter"):
        if key.text not in record["parameter"]:
            continue
        operator, level, high = record["parameter"][key.text]
        effect, _, symbol = key.text.partition("/")
        known.check_parameter(key, effect, symbol, report)
        for each in (level, high):
            if each is not None:
                known.check_level(node, each, effect, symbol, report)
        found.append(Comparison(effect, symbol, operator, level, high))
    return found


def _variables(record: Record, known: Known, report: Report) -> list[tuple[str, Value]]:
    found: list[tuple[str, Value]] = []
    for key, node in _entries(record, "variable"):
        if key.text in record["variable"]:
            value = known.value(node, known.variable(key, report), report)
            if value is not None:
                found.append((key.text, value))
    return found


def _controls(record: Record, known: Known, report: Report) -> list[tuple[str, bool]]:
    for key, _ in _entries(record, "control"):
        control = known.control(key, key.text, report)
        if control is not None and control.kind is not Kind.BUTTON:
            report.error(key, f"`{key.text}` is a {control.kind.value}, and only a button is held", "name a button")
    return [(name, state == PRESSED[0]) for name, state in (record["control"] or {}).items()]
