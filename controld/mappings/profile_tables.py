"""The tables of a surface profile: every key a control, a light or a profile can have.

Pure. What the values mean together is judged by `profile_schema`; what is not built yet stands in `schema_words`.
"""

from dataclasses import replace
from typing import Any

from controld.document import Node
from controld.mappings.profile import Coding, Kind
from controld.mappings.profile_lights import DISPLAY, LED, RING, SETUP_MESSAGE
from controld.mappings.sources import ADDRESS, BITS_FIELD, CHANNEL, MIDI_FIELDS, SOURCES, osc_address
from controld.shape import Definitions, Field, JsonSchema, Report, Table
from controld.shape_leaves import choice, integer, name, note, number, pattern, text, version
from controld.shape_lists import Deferred, ListOf, MapOf, OneOrMany

__all__ = [
    "ADDRESS", "ANY_CONTROL", "CONTROL", "CONTROL_NAME", "LED", "LIGHT", "PROFILE", "RING", "SOURCES", "TOUCH",
    "osc_address",
]  # fmt: skip

_ONE_CHANNEL = integer(1, 16, "a channel")

PLACE = ListOf(integer(1, 64, "a row and a column"), "row and column, as in `[1, 3]`", 2, 2)
TOUCH = Table(
    "touch", "`touch`",
    {
        "cc": Field(integer(0, 127, "a controller number"), "The control change: from 64 up a hand is on it.",
                    examples=(20,)),
        "note": Field(note(), "The note that sounds while a hand is on it.", examples=(104,)),
        "channel": Field(_ONE_CHANNEL, "The MIDI channel, 1 to 16; the control's own where not given."),
    },
    doc="The message that says whether a hand is on the control.",
    one_of=(("cc", "note"),),
)  # fmt: skip
CONTROL = Table(
    "control", "a control",
    {
        "kind": Field(
            # Displays are read by a table of their own; here the word is only told of.
            replace(choice("a kind of control", [kind.value for kind in Kind]),
                    json={"enum": [kind.value for kind in Kind if kind is not Kind.DISPLAY]}),
            "What it is: button (momentary), latch (the device toggles by itself), pedal (absolute), knob (absolute, "
            "also a slider; it stays where the hand left it), fader (absolute, and it can be moved by us), encoder "
            "(relative), program, display (feedback only: text), light (feedback only).",
            required=True, examples=("button",),
        ),
        **MIDI_FIELDS,
        "osc": Field(ADDRESS, "The OSC address (or pattern) it sends to.", examples=("/drive/level",)),
        "channel": Field(CHANNEL, "The MIDI channel, 1 to 16, or any; the profile's where not given."),
        "bits": BITS_FIELD,
        "coding": Field(choice("a coding", [coding.value for coding in Coding]), "How an encoder says its steps.",
                        default=Coding.TWOS_COMPLEMENT.value),
        "detent": Field(integer(1, 16, "a count of steps"), "How many steps an encoder sends for one click.",
                        default=1, examples=(4,)),
        "touch": Field(TOUCH, "The message that says whether a hand is on it.", examples=({"note": 104},)),
        "calibrate": Field(ListOf(number("a raw reading"), "the readings at heel and toe, as in `[4, 122]`", 2, 2),
                           "The raw readings at heel and toe; outside is clamped.", examples=([4, 122],)),
        "led": Field(LED, "Its light."),
        "ring": Field(RING, "Its ring of lights, or motor."),
        "argument": Field(integer(1, 64, "the number of an argument,"), "Which argument of the OSC message counts.",
                          default=1),
        "place": Field(PLACE, "Where it stands on the device, for drawings: its row, counted from the player, and its "
                       "column, from the left.", examples=([1, 3],)),
        "description": Field(text("a description"), "For people.", default=""),
    },
    doc="One knob, switch, pedal or light.",
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
    """A control by its own message, a light by its led, or a display."""

    def read(self, node: Node, report: Report) -> Any:
        kind = node.get("kind")
        if kind is not None and kind.text == Kind.DISPLAY.value:
            return DISPLAY.read(node, report)
        alone = kind is not None and kind.text == Kind.LIGHT.value and not set(node.names()) & set(SOURCES)
        return (LIGHT if alone and node.get("led") else CONTROL).read(node, report)

    def schema(self, defs: Definitions) -> JsonSchema:
        return {"anyOf": [CONTROL.schema(defs), LIGHT.schema(defs), DISPLAY.schema(defs)]}


ANY_CONTROL = _AnyControl()
PROFILE = Table(
    "profile", "a surface profile",
    {
        "version": Field(version(), "The version of the language: 1.", required=True, examples=(1,)),
        "description": Field(text("a description"), "What the device is, for people.", default=""),
        "includes": Field(OneOrMany(pattern("the name of a profile", r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"),
                                    "a list of profiles"),
                          "Other profiles whose controls this one has too; its own take the place of those of the same "
                          "name.", default=(), examples=(["generic-6fs-2exp"],)),
        "channel": Field(CHANNEL, "The MIDI channel of all controls that do not say their own: 1 to 16, or any.",
                         default=1),
        "max_rate": Field(number("a number of bytes a second", 1.0), "How many bytes a second the device takes.",
                          default=3125.0),
        "setup": Field(ListOf(SETUP_MESSAGE, "a list of MIDI messages"), "Messages in hexadecimal that the device is "
                       "sent first, each time it is connected.", default=(), examples=(["B0 01 02"],)),
        "controls": Field(
            Deferred(MapOf(pattern("the name of a control", r"^[A-Za-z][A-Za-z0-9_{}.-]*$"), ANY_CONTROL,
                           "controls by name", 1)),
            "The controls by name; a range in a name, as in `fs{1..6}`, makes several, in step with the ranges below.",
            required=True,
        ),
    },
    doc="A surface profile: what a device can send and show.",
)  # fmt: skip
CONTROL_NAME = name("the name of a control")
