"""The tables of a mapping file: every key a rule, a condition, a page or the file itself can have.

Pure. Actions have tables of their own in `schema_actions`; what the values mean for a rule is in `schema_when`,
`schema_do`, `schema_if` and `schema_look`.
"""

import re
from dataclasses import dataclass

from controld.document import Node, NodeKind
from controld.mappings.defaults import DEFAULTS, MODES
from controld.mappings.profile_tables import ADDRESS
from controld.mappings.raw_midi import RAW_MIDI
from controld.mappings.rule import Event
from controld.mappings.schema_actions import ACTION, ACTIONS, MIDI_MESSAGE, SETTERS, SHAPING
from controld.mappings.schema_forms import FORM, SUBJECTS
from controld.mappings.schema_hints import BYPASS, RULE_KEYS
from controld.mappings.schema_leaves import ANY_SCALAR, CONTROL_NAME, EFFECT, PARAMETER, VARIABLE_NAME
from controld.mappings.schema_tests import TEST
from controld.shape import Field, JsonSchema, Leaf, Mistake, Shape, Table
from controld.shape_leaves import boolean, choice, integer, level, name, pattern, text, version
from controld.shape_lists import Deferred, Either, Lazy, ListOf, MapOf, OneOrMany, Variants
from controld.values import Level

__all__ = [
    "ACTION", "ACTIONS", "IF", "LOOK", "MAPPING", "MIDI_MESSAGE", "PAGE", "PANIC", "PRESSED", "RAW", "RULE", "SETTERS",
    "SHAPING", "VARIABLE", "VARIABLES", "WHEN",
]  # fmt: skip

ACTIVITY = ("active", "bypassed")
PRESSED = ("pressed", "released")
VARIABLE_TYPES = ("boolean", "number", "text")

# When

_EVENT = Table(
    "raw_event", "an event",
    {
        "event": Field(choice("an event", [event.value for event in Event]), "What happened in the rig.",
                       required=True, examples=("pedalboard-loaded",)),
        **{key: Field(text(f"the name of a {key}"), f"Only of this {key}.") for key in SUBJECTS},
    },
    doc="Something that happened in the rig, rather than on a control.",
    exclusive=(tuple(SUBJECTS),),
    fits={key: ("event", tuple(event.value for event in events)) for key, events in SUBJECTS.items()},
)  # fmt: skip
_OSC = Table(
    "raw_osc", "an OSC message",
    {
        "osc": Field(ADDRESS, "An OSC address or pattern, without a profile.", required=True, examples=("/fx/*",)),
        "argument": Field(integer(1, 64, "the number of an argument,"), "Which argument of the message counts.",
                          default=1, examples=(2,)),
    },
    doc="An OSC message, without a profile.",
)  # fmt: skip
_MIDI = Table(
    "raw_midi_form", "a MIDI message",
    {"midi": Field(RAW_MIDI, "The message, without a profile.", required=True, examples=({"cc": 20},))},
    doc="A MIDI message, without a profile.",
)  # fmt: skip
RAW = Variants(
    "raw", "what has to happen", {"osc": _OSC, "midi": _MIDI, "event": _EVENT},
    foreign=dict.fromkeys(("control", "surface", "gesture"), "a control stands alone, as in `when: floor.fs1 hold`"),
)  # fmt: skip
_FORMS: dict[NodeKind, Shape] = {NodeKind.SCALAR: FORM, NodeKind.MAPPING: RAW}
_ONE_FORM = Either(_FORMS, "what has to happen, as in `floor.fs1 hold`")
WHEN = Either({**_FORMS, NodeKind.SEQUENCE: ListOf(_ONE_FORM, "a list of what may happen")}, "what has to happen")

# If

_LEVEL = level()
_COMPARISON = re.compile(r"\s*(<=|>=|!=|<|>|=)\s*(.*?)\s*")
_BETWEEN = re.compile(r"\s*(.*?)\s*\.\.\s*(.*?)\s*")


def _level_of(node: Node, words: str) -> Level:
    found = Node(node.path, node.line, node.column, words, words)
    level_read: Level = _LEVEL.parse(found)
    return level_read


def _compare(node: Node) -> tuple[str, Level, Level | None]:
    """Return operator, level and, for "..", the higher level."""
    if isinstance(node.value, str):
        between, compared = _BETWEEN.fullmatch(node.value), _COMPARISON.fullmatch(node.value)
        if between is not None:
            return "..", _level_of(node, between[1]), _level_of(node, between[2])
        if compared is not None:
            return compared[1], _level_of(node, compared[2]), None
    try:
        return "=", _LEVEL.parse(node), None
    except Mistake as mistake:
        wanted = "a comparison such as `> 50 %`, `20 % .. 80 %` or a level"
        raise Mistake(f"expected {wanted}, found {node.describe()}", mistake.hint) from mistake


_ANY_LEVEL = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\s*[A-Za-z%°]*"
_COMPARISON_JSON: JsonSchema = {"anyOf": [
    {"type": "number"},
    {"type": "string", "pattern": rf"^\s*((<=|>=|!=|<|>|=)?\s*{_ANY_LEVEL}|{_ANY_LEVEL}\s*\.\.\s*{_ANY_LEVEL})\s*$"},
]}  # fmt: skip
COMPARISON = Leaf(_compare, _COMPARISON_JSON, "a comparison such as `> 50 %`, `20 % .. 80 %` or a level")

_NAMES = OneOrMany(text("a name"), "a list of names")
IF: Table = Table(
    "condition", "a condition",
    {
        "page": Field(_NAMES, "One of these pages is active.", examples=("solo",)),
        "snapshot": Field(_NAMES, "One of these snapshots was recalled last.", examples=(["Clean", "Lead"],)),
        "pedalboard": Field(_NAMES, "One of these pedalboards is loaded."),
        "bank": Field(_NAMES, "One of these banks is chosen."),
        "effect": Field(MapOf(EFFECT, choice("a state", ACTIVITY, BYPASS), "effects with `active` or `bypassed`", 1),
                        "Effects that must be active or bypassed.", examples=({"drive": "active"},)),
        "parameter": Field(MapOf(PARAMETER, COMPARISON, "parameters with comparisons, as in `{drive/gain: > 50 %}`", 1),
                           "Parameters compared: <, <=, >, >=, =, != and a level, two levels with .. between, or a "
                           "level alone.", examples=({"drive/gain": "> 50 %"},)),
        "variable": Field(MapOf(VARIABLE_NAME, ANY_SCALAR, "variables with their values", 1),
                          "Variables that must have these values.", examples=({"solo": True},)),
        "control": Field(MapOf(CONTROL_NAME, choice("a state", PRESSED), "controls with `pressed` or `released`", 1),
                         "Switches that must be held, or not.", examples=({"floor.fs2": "pressed"},)),
        "any": Field(Lazy(lambda: ListOf(IF, "a list of conditions")), "One of these conditions must hold."),
        "not": Field(Lazy(lambda: OneOrMany(IF, "a list of conditions")), "None of these conditions may hold."),
    },
    doc="All that is given must hold.",
)  # fmt: skip

# Feedback

_STYLE = text("a style (on, off, dim, blink, pulse) or a colour")
LOOK = Table(
    "feedback", "`feedback`",
    {
        "color": Field(text("a colour"), "The colour while lit: a name, or #rrggbb.", default="", examples=("green",)),
        "lit": Field(_STYLE, "How it looks while the target is active.", default="", examples=("on",)),
        "idle": Field(_STYLE, "How it looks while the target is not active.", default="", examples=("dim",)),
        "pending": Field(_STYLE, "How it looks while the engine is asked.", default="", examples=("blink",)),
        "failed": Field(_STYLE, "How it looks when the engine refused.", default="", examples=("red",)),
        "value": Field(PARAMETER, "A parameter to follow instead of what the rule drives.", examples=("delay/time",)),
        "text": Field(text("a text"), "What its display or label shows; names in braces stand for values.", default="",
                      examples=("{value} ms",)),
    },
    doc="How the control shows what its rule drives.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _ForValues:
    """The values of a name under `for`, for the JSON Schema; `expand.combinations` reads them."""

    def read(self, node: Node, _report: object) -> Node:
        return node

    def schema(self, _defs: object) -> JsonSchema:
        ranges = {"type": "string", "pattern": r"^-?[0-9]{1,6}\s*\.\.\s*-?[0-9]{1,6}$"}
        values = {"type": "array", "minItems": 1, "items": {"type": ["string", "number", "boolean"]}}
        return {"anyOf": [ranges, values]}


def _foreign(key: str) -> str:
    """Return the hint for a key of no rule; in `{when: floor.fs1 repeat 400 ms, 80 ms}` a comma begins one."""
    if key[:1].isdigit():
        return "between braces a comma ends the value before: put that in quotes"
    return RULE_KEYS.get(key) or (f"an action stands under `do`, as in `do: {{{key}: ...}}`" if key in ACTIONS else "")


_NO_LOOK = choice("what is shown", ("none",), hint="or how it looks, as in `feedback: {color: red}`")
RULE = Table(
    "rule", "a rule",
    {
        "for": Field(Deferred(MapOf(pattern("a name", r"^[A-Za-z_][A-Za-z0-9_]*$"), _ForValues(), "names", 1)),
                     "Names with values: the rule is repeated, each `{name}` replaced.", examples=({"n": "1..4"},)),
        "when": Field(WHEN, "What has to happen: a control, and a gesture where it is not the natural one.",
                      required=True, examples=("floor.fs1", "floor.fs1 hold")),
        "do": Field(OneOrMany(ACTION, "a list of actions"), "What is done then: an action, or a list of them in order.",
                    required=True, examples=({"bypass": "drive"},)),
        "if": Field(IF, "What must be so besides."),
        "mode": Field(choice("a mode", MODES), "What a second trigger does while the list still runs: restart it, "
                      "ignore the trigger, queue it, or run in parallel.", examples=("queue",)),
        "feedback": Field(Either({NodeKind.SCALAR: _NO_LOOK, NodeKind.MAPPING: LOOK}, "`none`, or how it looks"),
                          "How the control shows it; `none` for not at all."),
        "name": Field(text("a name"), "What the rule is for, for people.", default=""),
        "tags": Field(OneOrMany(text("a tag"), "a list of tags"), "Words to find the rule by.", default=()),
    },
    doc="What happened, and what is done then.",
    foreign=_foreign,
)  # fmt: skip

# The file

_RULES = ListOf(Deferred(RULE), "a list of rules", 0)
PAGE = Table(
    "page_of_rules", "a page",
    {
        "start": Field(boolean(), "true: the page that is active at first.", default=False),
        "color": Field(text("a colour"), "The colour of its lights where a rule names none.", default="",
                       examples=("red",)),
        "rules": Field(_RULES, "The rules that count while the page is active.", default=()),
    },
    doc="A page of rules; they hide those outside of pages on the same control and gesture.",
)  # fmt: skip
VARIABLE = Table(
    "declared_variable", "a variable",
    {
        "type": Field(choice("a type", VARIABLE_TYPES), "What it holds: boolean, number or text.", required=True,
                      examples=("boolean",)),
        "initial": Field(ANY_SCALAR, "Its first value.", required=True, examples=(False,)),
    },
    doc="A value of your own, for conditions.",
)  # fmt: skip
VARIABLES = MapOf(
    VARIABLE_NAME,
    Either({NodeKind.SCALAR: ANY_SCALAR, NodeKind.MAPPING: VARIABLE}, "a first value, or type and initial value"),
    "variables by name",
)
PANIC = OneOrMany(ACTION, "a list of actions")
MAPPING = Table(
    "mapping", "a mapping file",
    {
        "version": Field(version(), "The version of the language: 1.", required=True, examples=(1,)),
        "description": Field(text("a description"), "What the file is for, for people.", default=""),
        "includes": Field(OneOrMany(text("a path"), "a list of paths"),
                          "Other files of rules, from this one's folder; their rules come first.", default=(),
                          examples=(["common.yaml"],)),
        "defaults": Field(DEFAULTS, "What holds in this file where a rule does not say it.",
                          examples=({"hold": "400 ms"},)),
        "variables": Field(VARIABLES, "Values of your own, each with its first value.", default={},
                           examples=({"solo": False},)),
        "pages": Field(MapOf(name("the name of a page"), PAGE, "pages by name"),
                       "Pages of rules; one of them is active at any time.", default={},
                       examples=({"main": {"start": True}},)),
        "rules": Field(_RULES, "The rules that always count, in order.", default=()),
        "tests": Field(ListOf(TEST, "a list of tests", 0), "Tests of these rules: what is played, and what follows.",
                       default=()),
        "panic": Field(PANIC, "What `panic: true` does after it has ended what runs.", default=(),
                       examples=([{"mute": "on"}],)),
    },
    doc="Rules: what a control's movement does.",
)  # fmt: skip
