"""The tables of a surface profile: every key a control, a light or a profile can have.

Pure. What the values mean together is judged by `profile_schema`; what is not built yet stands in `schema_words`.
"""

from typing import Any

from controld.document import Node
from controld.mappings.profile import Coding, Kind, SourceType
from controld.mappings.profile_lights import LED, RING
from controld.mappings.schema_words import NOT_BUILT_YET
from controld.osc_pattern import OscPatternError, compile_pattern
from controld.shape import Definitions, Field, JsonSchema, Leaf, Mistake, Report, Table
from controld.shape_leaves import choice, custom, integer, name, note, number, pattern, text, version, whole
from controld.shape_lists import Deferred, ListOf, MapOf

ANY_CHANNEL = 0
SOURCES = tuple(each.value for each in SourceType)

_CHANNEL = integer(1, 16, "a channel", {"any": ANY_CHANNEL})
_ANY = {"any": -1}


def _bits(node: Node) -> int:
    number = whole(node)
    if number not in {7, 14}:
        raise Mistake(f"expected 7 or 14 bits, found {node.describe()}")
    return number


_BITS = Leaf(_bits, {"enum": [7, 14]}, "7 or 14")


def osc_address(written: str) -> str:
    """Return an OSC address or pattern that is well formed. Raises Mistake."""
    try:
        compile_pattern(written)
    except OscPatternError as error:
        raise Mistake(f"no OSC address: {error.reason} (character {error.position + 1})") from error
    return written


ADDRESS = custom("an OSC address such as `/drive/level`", osc_address, {"type": "string", "pattern": "^/"})

CONTROL = Table(
    "control", "a control",
    {
        "kind": Field(
            choice("a kind of control", [kind.value for kind in Kind], later=NOT_BUILT_YET["kind"]),
            "What it is: button (momentary), latch (the device toggles by itself), pedal (absolute), fader (absolute, "
            "and it can be moved by us), encoder (relative), program, light (feedback only).",
            required=True, examples=("button",),
        ),
        "cc": Field(integer(0, 127, "a controller number", _ANY), "The control change it sends.", examples=(20,)),
        "note": Field(note(_ANY), "The note it sends: a name (C4 = 60) or 0-127.", examples=("C1",)),
        "program": Field(integer(0, 127, "a program", _ANY), "The program change it sends.", examples=("any",)),
        "pitchbend": Field(choice("the bend", ["any"]), "It sends the pitch bend.", examples=("any",)),
        "osc": Field(ADDRESS, "The OSC address (or pattern) it sends to.", examples=("/drive/level",)),
        "channel": Field(_CHANNEL, "The MIDI channel, 1 to 16, or any; the profile's where not given."),
        "bits": Field(_BITS, "14: a fine part comes on the controller 32 above.",
                      default=7),
        "coding": Field(choice("a coding", [coding.value for coding in Coding]), "How an encoder says its steps.",
                        default=Coding.TWOS_COMPLEMENT.value),
        "calibrate": Field(ListOf(number("a raw reading"), "the readings at heel and toe, as in `[4, 122]`", 2, 2),
                           "The raw readings at heel and toe; outside is clamped.", examples=([4, 122],)),
        "led": Field(LED, "Its light."),
        "ring": Field(RING, "Its ring of lights, or motor."),
        "argument": Field(integer(1, 64, "the number of an argument,"), "Which argument of the OSC message counts.",
                          default=1),
        "description": Field(text("a description"), "For people.", default=""),
    },
    doc="One knob, switch, pedal or light.",
    later=NOT_BUILT_YET["control"],
    one_of=(SOURCES,),
    exclusive=(("led", "ring"),),
)  # fmt: skip
LIGHT = Table(
    "light", "a light",
    {key: each for key, each in CONTROL.fields.items() if key in {"channel", "description"}}
    | {
        "kind": Field(choice("a kind of control", [Kind.LIGHT.value]), "A light without a switch.", required=True),
        "led": Field(LED, "Its message and values.", required=True),
    },
    doc="A light without a switch, described by its led alone.",
)  # fmt: skip


class _AnyControl:
    """A control by its own message, or a light by its led."""

    def read(self, node: Node, report: Report) -> Any:
        kind = node.get("kind")
        alone = kind is not None and kind.text == Kind.LIGHT.value and not set(node.names()) & set(SOURCES)
        return (LIGHT if alone and node.get("led") else CONTROL).read(node, report)

    def schema(self, defs: Definitions) -> JsonSchema:
        return {"anyOf": [CONTROL.schema(defs), LIGHT.schema(defs)]}


ANY_CONTROL = _AnyControl()
PROFILE = Table(
    "profile", "a surface profile",
    {
        "version": Field(version(), "The version of the language: 1.", required=True, examples=(1,)),
        "description": Field(text("a description"), "What the device is, for people.", default=""),
        "channel": Field(_CHANNEL, "The MIDI channel of all controls that do not say their own: 1 to 16, or any.",
                         default=1),
        "max_rate": Field(number("a number of bytes a second", 1.0), "How many bytes a second the device takes.",
                          default=3125.0),
        "controls": Field(
            Deferred(MapOf(pattern("the name of a control", r"^[A-Za-z][A-Za-z0-9_{}.-]*$"), ANY_CONTROL,
                           "controls by name", 1)),
            "The controls by name; a range in a name, as in `fs{1..6}`, makes several, in step with the ranges below.",
            required=True,
        ),
    },
    doc="A surface profile: what a device can send and show.",
    later=NOT_BUILT_YET["profile"],
)  # fmt: skip
CONTROL_NAME = name("the name of a control")
