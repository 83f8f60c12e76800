"""The tables of a mapping file: every key a rule, an action or a condition can have.

Pure. What is not built yet stands in `schema_words`; what the values mean for a rule is in `schema_when` and
`schema_do`.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

from controld.document import Node, NodeKind
from controld.mappings.profile_tables import ADDRESS
from controld.mappings.schema_when import FORM
from controld.mappings.schema_words import NOT_BUILT_YET
from controld.osc_pattern import valid_address
from controld.shape import Field, JsonSchema, Leaf, Mistake, Shape, Table
from controld.shape_leaves import (
    choice,
    custom,
    duration,
    integer,
    level,
    name,
    note,
    number,
    pattern,
    text,
    version,
)
from controld.shape_lists import Deferred, Either, Lazy, ListOf, MapOf, OneOrMany, Variants
from controld.values import CURVES

EFFECT = name("the name of an effect")
ACTIVITY = ("active", "bypassed")
SHAPING = ("range", "curve", "steps", "values")
SETTERS = ("to", "by", "toggle")

_PAIR = ListOf(level(), "two levels, as in `[20 %, 80 %]`", 2, 2)
_STEP = level("a step", share=(-100.0, 100.0))
_POINT = ListOf(number("a number from 0 to 1", 0.0, 1.0), "a point `[x, y]`", 2, 2)
_CURVE = Either(
    {
        NodeKind.SCALAR: choice("a curve", CURVES),
        NodeKind.SEQUENCE: ListOf(_POINT, "two points or more, as in `[[0, 0], [0.5, 0.2], [1, 1]]`", 2),
    },
    "the name of a curve, or points",
)


def _pick(what: str) -> Leaf:
    wanted = f"{what}: its name, its number from 1, `next` or `previous`"

    def parse(node: Node) -> str:
        is_number = isinstance(node.value, int) and not isinstance(node.value, bool) and node.value > 0
        if not is_number and not (isinstance(node.value, str) and node.value.strip()):
            raise Mistake(f"expected {wanted}, found {node.describe()}")
        return node.text

    json = {"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": "integer", "minimum": 1}]}
    return Leaf(parse, json, wanted)


def _plain_address(written: str) -> str:
    reason = valid_address(written)
    if reason:
        raise Mistake(reason)
    return written


def _sysex(written: str) -> bytes:
    try:
        data = bytes.fromhex(written)
    except ValueError:
        data = b""
    if len(data) < 3 or data[0] != 0xF0 or data[-1] != 0xF7 or max(data[1:-1]) > 0x7F:
        raise Mistake("expected bytes in hexadecimal from F0 to F7, as in `F0 7E 7F 06 01 F7`")
    return data


def _any_scalar(node: Node) -> Any:
    if node.value is None or (isinstance(node.value, float) and not math.isfinite(node.value)):
        raise Mistake(f"expected a text, a number, true or false; found {node.describe()}")
    return node.value


_HEX = {"type": "string", "pattern": r"^[Ff]0( ?[0-7][0-9A-Fa-f])+ ?[Ff]7$"}
MIDI_MESSAGE = Table(
    "midi_message", "a MIDI message",
    {
        "program": Field(integer(0, 127, "a program"), "A program change, 0 to 127 as on the wire.", examples=(3,)),
        "cc": Field(integer(0, 127, "a controller number"), "A control change.", examples=(80,)),
        "value": Field(integer(0, 127, "a value"), "The value of the control change."),
        "note": Field(note(), "A note on; velocity 0 is its end.", examples=("C3",)),
        "velocity": Field(integer(0, 127, "a velocity"), "The velocity of the note.", default=127),
        "sysex": Field(custom("bytes in hexadecimal", _sysex, _HEX), "A system exclusive message, F0 to F7."),
        "channel": Field(integer(1, 16, "a channel"), "The MIDI channel; the surface's own where not given."),
    },
    doc="A message to other gear.",
    one_of=(("program", "cc", "note", "sysex"),),
    needs={"value": "cc", "cc": "value", "velocity": "note"},
)  # fmt: skip


def _action(key: str, shape_field: Field, doc: str, modifiers: dict[str, Field] | None = None, **more: Any) -> Table:
    fields = {key: replace(shape_field, required=True)} | (modifiers or {})
    later = NOT_BUILT_YET.get(key, frozenset())
    return Table(key, f"the action `{key}`", fields, doc=doc, later=later, foreign=_belongs, **more)


def _belongs(key: str) -> str:
    """Return where a modifier belongs, for the hint at an action that does not have it."""
    owners = [f"`{action}`" for action, table in ACTIONS.items() if key in table.fields or key in table.later]
    return f"`{key}` belongs to {' and '.join(owners)}" if owners else ""


_DO_PARAMETER = _action(
    "parameter",
    Field(
        pattern("an effect and its parameter, as in `drive/gain`", r"^[A-Za-z][A-Za-z0-9_-]*/[A-Za-z_][A-Za-z0-9_]*$"),
        "The parameter, as `effect/symbol`; driven by the control unless `to`, `by` or `toggle` says otherwise.",
        examples=("drive/gain",),
    ),
    "Move or set a parameter of an effect.",
    {
        "to": Field(level(), "Set it to this.", examples=("-6 dB", 0.7)),
        "by": Field(_STEP, "Step it by this; an encoder steps once for each detent.", examples=("+3 dB", "-5 %")),
        "toggle": Field(_PAIR, "Change between two levels.", examples=([0.2, 0.8],)),
        "range": Field(_PAIR, "Where the control's ends lie; may be reversed.", examples=(["20 %", "80 %"],)),
        "curve": Field(_CURVE, "How the way between the ends is shaped.", default="linear"),
        "steps": Field(integer(2, 1000, "a count"), "Only so many evenly spaced positions."),
        "values": Field(ListOf(level(), "two levels or more", 2), "Only these levels.",
                        examples=(["-20 dB", "-12 dB", "0 dB"],)),
    },
    exclusive=(SETTERS, ("values", "steps"), ("values", "range"),
               *((setter, shaping) for setter in SETTERS for shaping in SHAPING)),
)  # fmt: skip

ACTIONS: dict[str, Table] = {
    "bypass": _action(
        "bypass", Field(OneOrMany(EFFECT, "names of effects"), "The effect, or several at once.", examples=("drive",)),
        "Toggle effects, or make them active or bypassed.",
        {"to": Field(choice("a way", ("active", "bypassed", "control", "toggle")),
                     "What becomes of them; `control`: active at or above half.", default="toggle")},
    ),
    "parameter": _DO_PARAMETER,
    "preset": _action(
        "preset", Field(EFFECT, "The effect.", examples=("drive",)), "Load a preset of an effect.",
        {"to": Field(_pick("a preset"), "Its name, its number from 1, next or previous.", required=True,
                     examples=("Crunch",))},
    ),
    "snapshot": _action(
        "snapshot", Field(_pick("a snapshot"), "Its name, its number from 1, next, previous, or last (the one before).",
                          examples=("Lead",)),
        "Recall a snapshot of the current pedalboard.",
    ),
    "pedalboard": _action(
        "pedalboard", Field(_pick("a pedalboard"), "Its name, its number from 1, next or previous.",
                            examples=("next",)),
        "Change to another pedalboard.",
    ),
    "send": _action(
        "send", Field(name("the name of a surface"), "The surface to send to.", examples=("floor",)),
        "Send a message to other gear.",
        {
            "midi": Field(MIDI_MESSAGE, "A MIDI message.", examples=({"program": 3},)),
            "osc": Field(custom("an OSC address", _plain_address, {"type": "string", "pattern": "^/"}),
                         "The address of an OSC message.", examples=("/page/2",)),
            "args": Field(ListOf(Leaf(_any_scalar, {"type": ["string", "number", "boolean"]}, "a value"),
                                 "a list of values", 0),
                          "The arguments of the OSC message.", default=(), examples=([1],)),
        },
        one_of=(("midi", "osc"),), needs={"args": "osc"},
    ),
    "wait": _action(
        "wait", Field(duration(), "How long.", examples=("50 ms", "2 beats")), "Wait before what follows in the list.",
    ),
}  # fmt: skip
ACTION = Variants("action", "an action", ACTIONS, later=NOT_BUILT_YET["action"])

RAW = Table("raw", "a raw event", {"osc": Field(ADDRESS, "An OSC address, without a profile.")},
            one_of=(("osc",),), later=NOT_BUILT_YET["when"])  # fmt: skip
_FORMS: dict[NodeKind, Shape] = {NodeKind.SCALAR: FORM, NodeKind.MAPPING: RAW}
_ONE_FORM = Either(_FORMS, "what has to happen, as in `floor.fs1 hold`")
WHEN = Either({**_FORMS, NodeKind.SEQUENCE: ListOf(_ONE_FORM, "a list of what may happen")}, "what has to happen")

_NAMES = OneOrMany(text("a name"), "a list of names")
IF: Table = Table(
    "condition", "a condition",
    {
        "snapshot": Field(_NAMES, "One of these snapshots was recalled last.", examples=(["Clean", "Lead"],)),
        "pedalboard": Field(_NAMES, "One of these pedalboards is loaded."),
        "effect": Field(MapOf(EFFECT, choice("a state", ACTIVITY), "effects with `active` or `bypassed`", 1),
                        "Effects that must be active or bypassed.", examples=({"drive": "active"},)),
        "any": Field(Lazy(lambda: ListOf(IF, "a list of conditions")), "One of these conditions must hold."),
        "not": Field(Lazy(lambda: OneOrMany(IF, "a list of conditions")), "None of these conditions may hold."),
    },
    doc="All that is given must hold.",
    later=NOT_BUILT_YET["if"],
)  # fmt: skip

_STYLE = text("a style (on, off, dim, blink) or a colour")
LOOK = Table(
    "feedback", "`feedback`",
    {
        "color": Field(text("a colour"), "The colour while lit.", default="", examples=("green",)),
        "lit": Field(_STYLE, "How it looks while the target is active.", default="", examples=("on",)),
        "idle": Field(_STYLE, "How it looks while the target is not active.", default="", examples=("dim",)),
        "pending": Field(_STYLE, "How it looks while the engine is asked.", default="", examples=("blink",)),
        "failed": Field(_STYLE, "How it looks when the engine refused.", default="", examples=("red",)),
    },
    doc="How the control shows what its rule drives.",
    later=NOT_BUILT_YET["feedback"],
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
        "feedback": Field(Either({NodeKind.SCALAR: choice("what is shown", ("none",)), NodeKind.MAPPING: LOOK},
                                 "`none`, or how it looks"), "How the control shows it; `none` for not at all."),
        "name": Field(text("a name"), "What the rule is for, for people.", default=""),
        "tags": Field(OneOrMany(text("a tag"), "a list of tags"), "Words to find the rule by.", default=()),
    },
    doc="What happened, and what is done then.",
    later=NOT_BUILT_YET["rule"],
)  # fmt: skip
MAPPING = Table(
    "mapping", "a mapping file",
    {
        "version": Field(version(), "The version of the language: 1.", required=True, examples=(1,)),
        "description": Field(text("a description"), "What the file is for, for people.", default=""),
        "rules": Field(ListOf(Deferred(RULE), "a list of rules", 0), "The rules, in order.", required=True),
    },
    doc="Rules: what a control's movement does.",
    later=NOT_BUILT_YET["file"],
)  # fmt: skip
