"""Mapping files: from YAML nodes to the rules the mapper runs.

Pure. One pass over each rule: templates are expanded (`schema_copies`), a table reads it (`schema_tables`), actions and
triggers are compiled against the names of the rig (`schema_do`, `schema_when`, `schema_known`), and what fits badly
together is reported (`schema_judge`). A rule with mistakes is left out; whoever loads a file refuses it when anything
was reported.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from controld.document import Node
from controld.mappings.defaults import Defaults, defaults_of
from controld.mappings.map_test import MapTest
from controld.mappings.profile import Control
from controld.mappings.rule import Condition, Mode, Rule, Stage, Trigger
from controld.mappings.schema_copies import copies
from controld.mappings.schema_do import Planned, plan
from controld.mappings.schema_forms import form_of
from controld.mappings.schema_if import condition_of
from controld.mappings.schema_judge import judge
from controld.mappings.schema_known import Known
from controld.mappings.schema_look import look_of
from controld.mappings.schema_stage import StageBuilder
from controld.mappings.schema_tables import MAPPING, RULE
from controld.mappings.schema_tests import test_of
from controld.mappings.schema_when import Heard, Listener
from controld.mappings.shaping import Takeover
from controld.mappings.target import MorphTarget, ParameterTarget, Target, WaitTarget
from controld.shape import BAD, Record, Report


@dataclass(slots=True)
class RuleCompiler:
    """Compiles mapping files of one rig; `defaults` are those of the rig's own file."""

    known: Known
    report: Report
    defaults: Defaults = field(default_factory=Defaults)
    _listener: Listener = field(init=False)
    _stage: StageBuilder = field(init=False)
    _places: set[str] = field(default_factory=set)
    _tests: list[tuple[Record, str, Defaults]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = Listener(self.known, self.report, self.defaults)
        self._stage = StageBuilder(self.known, self.report)

    @property
    def implicit(self) -> Mapping[str, Mapping[str, Control]]:
        """The controls that rules named without a profile so far, by surface and name.

        The loader adds them to the profiles of these surfaces.
        """
        return self._listener.implicit

    @property
    def stage(self) -> Stage:
        """Return what the files compiled so far share."""
        return self._stage.stage()

    def tests(self) -> list[MapTest]:
        """Return the tests of the files compiled so far; to be asked when all are, for they may use any of them."""
        found = [
            test_of(record, shown_as, self.known, self.implicit, defaults, self.report)
            for record, shown_as, defaults in self._tests
        ]
        return [test for test in found if test is not None]

    def take_rig(self, record: Record) -> None:
        """Take `variables` and `panic` of the rig's own file, read by a table that has both."""
        self._stage.add_variables(record)
        self._stage.add_panic(record)

    def compile(self, node: Node, shown_as: str, pedalboards: tuple[str, ...] = ()) -> list[Rule]:
        """Return the rules of a file that are right; `shown_as` is its path in the rules' places.

        With `pedalboards` they count only while one of these is loaded.
        """
        record = MAPPING.read(node, self.report)
        if record is BAD:
            return []
        self._stage.add(record)
        self._listener.defaults = defaults_of(record["defaults"], self.defaults)
        self._tests += [(each, shown_as, self._listener.defaults) for each in record["tests"] or ()]
        written: list[tuple[str, Node]] = [("", each) for each in record["rules"] or ()]
        for name, page in record["pages"].items():
            written += [(name, each) for each in page["rules"] or ()]
        rules = [rule for page, each in written for rule in self._rules(each, shown_as, page)]
        return [replace(rule, condition=_on(pedalboards, rule)) for rule in rules] if pedalboards else rules

    def _rules(self, node: Node, shown_as: str, page: str) -> Iterator[Rule]:
        place = f"{shown_as}:{node.line}"
        if place in self._places:  # several rules in one line
            place = f"{place}:{node.column}"
        self._places.add(place)
        for copy, suffix in copies(node, self.report):
            yield from self._rule(copy, place + suffix, page)

    def _rule(self, node: Node, place: str, page: str) -> Iterator[Rule]:
        record = RULE.read(node, self.report)
        if record is BAD:
            return
        plans = [each for action in record["do"] or () if (each := plan(action, self.known, self.report))]
        self._judge_waits(record, plans)
        heard = self._heard(record, plans)
        for one in heard:
            for planned in plans:
                judge(planned, one, self.report)
        condition = None if record["if"] is None else condition_of(record["if"], self.known, self.report)
        look = look_of(record["feedback"], self.known, self.report)
        mode = self._listener.defaults.mode if record["mode"] is None else Mode(record["mode"])
        if not heard or not plans:
            return
        for triggers, targets, suffix in self._taken_over(heard, plans):
            yield Rule(place + suffix, triggers, targets, record["name"], condition, look, record["tags"], page, mode)

    def _heard(self, record: Record, plans: list[Planned]) -> list[Heard]:
        written = record["when"] or ()
        forms = [form_of(each) for each in (written if isinstance(written, tuple) else (written,))]
        moves = any(each.follows_position for each in plans)
        return [one for form in forms for one in self._listener.hear(form, moves=moves)]

    def _judge_waits(self, record: Record, plans: list[Planned]) -> None:
        if plans and isinstance(plans[-1].target, WaitTarget) and len(plans) == len(record["do"]):
            self.report.error(
                plans[-1].record.node, "nothing follows this `wait`", "it stands in a list, before an action"
            )

    def _taken_over(
        self, heard: list[Heard], plans: list[Planned]
    ) -> list[tuple[tuple[Trigger, ...], tuple[Target, ...], str]]:
        """Return triggers and targets with the takeover that `defaults` has for the controls' kinds.

        Controls whose kinds have different ones make rules of their own, told apart by the suffix of their place.
        """
        targets = tuple(each.target for each in plans)
        own = self._listener.defaults.takeover
        groups: dict[Takeover | None, list[Trigger]] = {}
        for one in heard:
            groups.setdefault(own.get(one.kind) if one.kind else None, []).append(one.trigger)
        found = []
        for takeover, triggers in groups.items():
            suffix = f" ({triggers[0].control})" if len(groups) > 1 else ""
            unique = tuple(dict.fromkeys(triggers))
            found.append((unique, tuple(_with_takeover(target, takeover) for target in targets), suffix))
        return found


def _with_takeover(target: Target, takeover: Takeover | None) -> Target:
    """Return a target whose control follows `takeover` where its rule says nothing of it."""
    if takeover is None or not isinstance(target, ParameterTarget | MorphTarget) or target.motion.takeover is not None:
        return target
    if isinstance(target, ParameterTarget) and not target.driven:
        return target
    return replace(target, motion=replace(target.motion, takeover=takeover))


def _on(pedalboards: tuple[str, ...], rule: Rule) -> Condition:
    """Return the rule's condition, restricted to pedalboards."""
    own: Iterable[Condition] = () if rule.condition is None else (rule.condition,)
    return Condition(pedalboards=pedalboards, any_of=tuple(own))
