"""Mapping files: from YAML nodes to the rules the mapper runs.

Pure. One pass over each rule: templates are expanded (`expand`), a table reads it (`schema_tables`), actions and
triggers are compiled against the names of the rig (`schema_do`, `schema_when`, `schema_known`), and what fits badly
together is reported. A rule with mistakes is left out; whoever loads a file refuses it when anything was reported.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from controld.document import Node
from controld.errors import nearest
from controld.mappings.expand import combinations, fill, has_placeholder, numbers
from controld.mappings.lights import STYLES
from controld.mappings.profile import Control
from controld.mappings.rule import Condition, Look, Rule
from controld.mappings.schema_do import Planned, judge, plan
from controld.mappings.schema_known import Known
from controld.mappings.schema_tables import MAPPING, RULE
from controld.mappings.schema_when import PROGRAM_RANGE, Listener, form_of
from controld.mappings.target import WaitTarget
from controld.shape import BAD, Record, Report, listed

_STATES = ("lit", "idle", "pending", "failed")


@dataclass(slots=True)
class RuleCompiler:
    """Compiles mapping files of one rig. `implicit` are the controls that raw OSC addresses stand for, by name.

    They belong to every OSC surface; the loader adds them to their profiles.
    """

    known: Known
    report: Report
    _listener: Listener = field(init=False)
    _places: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._listener = Listener(self.known, self.report)

    @property
    def implicit(self) -> dict[str, Control]:
        """The controls of raw OSC addresses met so far."""
        return self._listener.implicit

    def compile(self, node: Node, shown_as: str) -> list[Rule]:
        """Return the rules of a file that are right; `shown_as` is its path in the rules' places."""
        record = MAPPING.read(node, self.report)
        if record is BAD:
            return []
        nodes: tuple[Node, ...] = record["rules"] or ()
        return [rule for each in nodes for rule in self._rules(each, shown_as)]

    def _rules(self, node: Node, shown_as: str) -> Iterator[Rule]:
        place = f"{shown_as}:{node.line}"
        if place in self._places:  # several rules in one line
            place = f"{place}:{node.column}"
        self._places.add(place)
        for copy, suffix in _copies(node, self.report):
            rule = self._rule(copy, place + suffix)
            if rule is not None:
                yield rule

    def _rule(self, node: Node, place: str) -> Rule | None:
        record = RULE.read(node, self.report)
        if record is BAD:
            return None
        plans = [each for action in record["do"] or () if (each := plan(action, self.known, self.report))]
        self._judge_waits(record, plans)
        written = record["when"] or ()
        forms = [form_of(each) for each in (written if isinstance(written, tuple) else (written,))]
        moves = any(each.follows_position for each in plans)
        heard = [one for form in forms for one in self._listener.hear(form, moves=moves)]
        for one in heard:
            for planned in plans:
                judge(planned, one, self.report)
        condition = None if record["if"] is None else self._condition(record["if"])
        look = self._look(record)
        triggers, targets = tuple(dict.fromkeys(one.trigger for one in heard)), tuple(each.target for each in plans)
        if not triggers or not targets:
            return None
        return Rule(place, triggers, targets, record["name"], condition, look, record["tags"])

    def _judge_waits(self, record: Record, plans: list[Planned]) -> None:
        if plans and isinstance(plans[-1].target, WaitTarget) and len(plans) == len(record["do"]):
            self.report.error(
                plans[-1].record.node, "nothing follows this `wait`", "it stands in a list, before an action"
            )

    def _condition(self, record: Record) -> Condition:
        for key, names in (("snapshot", self.known.snapshots), ("pedalboard", self.known.pedalboards)):
            for node in record.at(key).each() if record[key] else ():
                self.known.check_name(node, names, key, self.report)
        for effect, _ in record.at("effect").entries or () if record["effect"] else ():
            self.known.check_effect(effect, effect.text, self.report)
        return Condition(
            record["snapshot"] or (),
            record["pedalboard"] or (),
            tuple((effect, state == "active") for effect, state in (record["effect"] or {}).items()),
            tuple(self._condition(each) for each in record["any"] or ()),
            tuple(self._condition(each) for each in record["not"] or ()),
        )

    def _look(self, record: Record) -> Look:
        look = record["feedback"]
        if not isinstance(look, Record):
            return Look(shown=look is None)
        self._check_color(look, "color", self.known.colors)
        for key in _STATES:
            self._check_color(look, key, self.known.colors | STYLES)
        return Look(look["color"], *(look[key] for key in _STATES))

    def _check_color(self, look: Record, key: str, words: frozenset[str]) -> None:
        if look[key] and look[key] not in words:
            hint = nearest(look[key], words) or f"{listed(sorted(words))}"
            what = "colour" if key == "color" else "style or colour"
            self.report.error(look.at(key), f"no device has a {what} `{look[key]}`", hint)


def _copies(node: Node, report: Report) -> Iterator[tuple[Node, str]]:
    """Yield the rules one written rule stands for, each with what tells it from the others (" (n=3)")."""
    template = node.get("for")
    if template is None:
        yield from _indexed(node, "", report, "the rule has no `for`")
        return
    body = replace(node, entries=tuple(pair for pair in node.entries or () if pair[0].text != "for"))
    names = f"`for` gives {', '.join(template.names())}"
    for values in combinations(template, report):
        suffix = " (" + ", ".join(f"{name}={value}" for name, value in values.items()) + ")"
        passed_on = {"index": "{index}"} if _ranges(body) else {}
        yield from _indexed(fill(body, values | passed_on, report, names), suffix, report, names)


def _ranges(node: Node) -> bool:
    when = node.get("when")
    return when is not None and any(PROGRAM_RANGE.match(each.text) for each in when.each())


def _indexed(node: Node, suffix: str, report: Report, missing: str) -> Iterator[tuple[Node, str]]:
    """Yield a copy for each program of `floor.patch 0..7` where the rule uses `{index}`, else the rule itself."""
    if not has_placeholder(node):
        yield node, suffix
        return
    when = node.get("when")
    if when is None or not has_placeholder(node, "index") or not _ranges(node):
        yield fill(node, {}, report, missing), suffix
        return
    for each in when.each():
        found = PROGRAM_RANGE.match(each.text)
        if found is None:
            report.error(each, "`{index}` has a meaning only where every form is a range of programs")
            continue
        for index, program in enumerate(numbers(found[2], found[3])[:128], start=1):
            text = f"{found[1]} {program}"
            one = replace(each, value=text, text=text)
            entries = tuple((key, one if key.text == "when" else value) for key, value in node.entries or ())
            copy = fill(replace(node, entries=entries), {"index": str(index)}, report, missing)
            yield copy, f"{suffix} (program {program})"
