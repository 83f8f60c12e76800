"""Surface profiles: from YAML nodes to `mappings.profile` values.

Pure. The tables below are the vocabulary of a profile file; what a kind of control can be made of stands in `_MEDIA`,
`_LED_KINDS` and `_RING_KINDS`.
"""

from collections.abc import Mapping
from typing import Any

from controld.document import Node
from controld.mappings.expand import expand_entry
from controld.mappings.lights import STYLES
from controld.mappings.profile import Coding, Control, Kind, Light, Profile, Source, SourceType
from controld.mappings.schema_words import NOT_BUILT_YET
from controld.osc_pattern import OscPatternError, compile_pattern
from controld.shape import BAD, Definitions, Field, JsonSchema, Leaf, Mistake, Record, Report, Table, listed
from controld.shape_leaves import choice, custom, integer, note, number, pattern, text, version, whole
from controld.shape_leaves import name as name_leaf
from controld.shape_lists import Deferred, ListOf, MapOf

ANY_CHANNEL = 0
_SOURCES = tuple(each.value for each in SourceType)

# Which messages can carry which kind of control.
_MEDIA: Mapping[Kind, frozenset[SourceType]] = {
    Kind.BUTTON: frozenset({SourceType.CC, SourceType.NOTE, SourceType.OSC}),
    Kind.LATCH: frozenset({SourceType.CC, SourceType.NOTE, SourceType.OSC}),
    Kind.PEDAL: frozenset({SourceType.CC, SourceType.PITCHBEND, SourceType.OSC}),
    Kind.FADER: frozenset({SourceType.CC, SourceType.PITCHBEND, SourceType.OSC}),
    Kind.ENCODER: frozenset({SourceType.CC}),
    Kind.PROGRAM: frozenset({SourceType.PROGRAM}),
    Kind.LIGHT: frozenset({SourceType.CC, SourceType.NOTE, SourceType.OSC}),
}
_LED_KINDS = frozenset({Kind.BUTTON, Kind.LATCH, Kind.LIGHT, Kind.PROGRAM})
_RING_KINDS = frozenset({Kind.ENCODER, Kind.FADER, Kind.PEDAL})
_POSITION_KINDS = frozenset({Kind.PEDAL, Kind.FADER})

_DATA = integer(0, 127)
_CHANNEL = integer(1, 16, "a channel", {"any": ANY_CHANNEL})
_ONE_CHANNEL = integer(1, 16, "a channel")
_ANY = {"any": -1}


def _bits(node: Node) -> int:
    number = whole(node)
    if number not in {7, 14}:
        raise Mistake(f"expected 7 or 14 bits, found {node.describe()}")
    return number


_BITS = Leaf(_bits, {"enum": [7, 14]}, "7 or 14")


def _address(written: str) -> str:
    try:
        compile_pattern(written)
    except OscPatternError as error:
        raise Mistake(f"no OSC address: {error.reason} (character {error.position + 1})") from error
    return written


def _color(written: str) -> str:
    if written in STYLES:
        raise Mistake(f"`{written}` is a style, not a colour", "its value stands beside `colors`, not under it")
    return written


ADDRESS = custom("an OSC address such as `/drive/level`", _address, {"type": "string", "pattern": "^/"})

_MESSAGE = {
    "cc": Field(integer(0, 127, "a controller number"), "The control change that sets it.", examples=(20,)),
    "note": Field(note(), "The note whose velocity sets it.", examples=("C1",)),
    "channel": Field(_ONE_CHANNEL, "The MIDI channel, 1 to 16; the control's own where not given."),
}
LED = Table(
    "led", "a led",
    _MESSAGE | {
        "off": Field(_DATA, "The value for dark.", default=0),
        "on": Field(_DATA, "The value for lit.", default=127),
        "dim": Field(_DATA, "The value for half lit, where the device can."),
        "blink": Field(_DATA, "The value for blinking, where the device can."),
        "colors": Field(
            MapOf(custom("the name of a colour", _color), _DATA, "colours with their values"),
            "The device's palette: a value for each colour.", default={}, examples=({"red": 5, "green": 20},),
        ),
    },
    doc="How the control lights up. Without `cc` or `note` it is the message the control itself sends.",
    exclusive=(("cc", "note"),),
)  # fmt: skip
RING = Table(
    "ring", "a ring", {"cc": _MESSAGE["cc"], "channel": _MESSAGE["channel"]},
    doc="A ring of lights or a motor that shows a position. Without `cc` it is the message the control itself sends.",
)  # fmt: skip

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
    one_of=(_SOURCES,),
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
        alone = kind is not None and kind.text == Kind.LIGHT.value and not set(node.names()) & set(_SOURCES)
        return (LIGHT if alone and node.get("led") else CONTROL).read(node, report)

    def schema(self, defs: Definitions) -> JsonSchema:
        return {"anyOf": [CONTROL.schema(defs), LIGHT.schema(defs)]}


_ANY_CONTROL = _AnyControl()
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
            Deferred(MapOf(pattern("the name of a control", r"^[A-Za-z][A-Za-z0-9_{}.-]*$"), _ANY_CONTROL,
                           "controls by name", 1)),
            "The controls by name; a range in a name, as in `fs{1..6}`, makes several, in step with the ranges below.",
            required=True,
        ),
    },
    doc="A surface profile: what a device can send and show.",
    later=NOT_BUILT_YET["profile"],
)  # fmt: skip
_CONTROL_NAME = name_leaf("the name of a control")


def compile_profile(node: Node, name: str, report: Report) -> Profile | None:
    """Return the profile a file describes, as far as it can be read; None where it is no profile at all."""
    record = PROFILE.read(node, report)
    if record is BAD:
        return None
    controls: dict[str, Control] = {}
    for key, value in _entries(record, report):
        control_name = _CONTROL_NAME.read(key, report)
        if control_name is not BAD and control_name in controls:
            report.error(key, f"the control `{control_name}` is described twice")
        control = compile_control(value, control_name, record["channel"], report)
        if control is not None and control_name is not BAD:
            _warn_of_twin(key, control, controls, report)
            controls[control_name] = control
    return Profile(name, record["description"], controls, record["channel"] or 1, record["max_rate"])


def _entries(record: Record, report: Report) -> list[tuple[Node, Node]]:
    node: Node | None = record["controls"]
    if node is None:
        return []
    if not node.entries:
        report.error(node, f"expected controls by name, found {node.describe()}", "as in `fs1: {cc: 20, kind: button}`")
        return []
    return [pair for key, value in node.entries for pair in expand_entry(key, value, report)]


def _warn_of_twin(key: Node, control: Control, others: Mapping[str, Control], report: Report) -> None:
    twin = next((other for other in others.values() if other.source and other.source == control.source), None)
    if twin is not None:
        report.warn(key, f"`{control.name}` listens to the same message as `{twin.name}`", "only the first will move")


def compile_control(node: Node, name: str, default_channel: int, report: Report) -> Control | None:
    """Return the control a node describes; None where its kind or message is not known.

    `default_channel` is the profile's, 1-16 or 0 for any.
    """
    record = _ANY_CONTROL.read(node, report)
    if record is BAD or record["kind"] is None:
        return None
    kind = Kind(record["kind"])
    channel = record["channel"] if record["channel"] is not None else default_channel
    if record.name == LIGHT.name:
        return Control(name, kind, None, _led(record, None, channel or default_channel or 1, report))
    written = record.written(_SOURCES)
    if len(written) != 1:
        return None
    medium = SourceType(written[0])
    if medium not in _MEDIA[kind]:
        fits = listed([each.value for each in SourceType if each in _MEDIA[kind]])
        report.error(record.at(medium.value), f"a {kind.value} cannot come from `{medium.value}`", f"it takes {fits}")
        return None
    _judge(record, kind, medium, report)
    source = _source(record, medium, channel)
    light = _light(record, kind, source, channel or default_channel or 1, report)
    calibrate = record["calibrate"]
    shown_only = kind is Kind.LIGHT and medium is not SourceType.OSC
    return Control(name, kind, None if shown_only else source, light, Coding(record["coding"]), calibrate)


def _judge(record: Record, kind: Kind, medium: SourceType, report: Report) -> None:
    """Report keys that have no meaning for this kind of control, and numbers that do not fit each other."""
    is_osc, has_position = medium is SourceType.OSC, kind in _POSITION_KINDS
    meaningless = {
        "channel": is_osc and "OSC has no channels",
        "argument": not is_osc and "it numbers the arguments of an OSC message",
        "bits": (medium is not SourceType.CC or not has_position) and "it is for pedals and faders on a `cc`",
        "coding": kind is not Kind.ENCODER and "it is for encoders",
        "calibrate": not has_position and "it is for pedals and faders",
        "led": (is_osc or kind not in _LED_KINDS) and "it is for buttons, latches, programs and lights on MIDI",
        "ring": (is_osc or kind not in _RING_KINDS) and "it is for encoders, faders and pedals on MIDI",
    }
    for key, why in meaningless.items():
        if why and key in record:
            report.error(record.at(key), f"`{key}` has no meaning here", why)
    if record["bits"] == 14 and medium is SourceType.CC and not 0 <= record["cc"] <= 31:
        report.error(record.at("cc"), "14 bits need a controller from 0 to 31", "its fine part is the one 32 above")
    _judge_calibration(record, medium, report)


def _judge_calibration(record: Record, medium: SourceType, report: Report) -> None:
    if record["calibrate"] is None:
        return
    heel, toe = record["calibrate"]
    highest = 16_383 if medium is SourceType.PITCHBEND or record["bits"] == 14 else 127
    if heel == toe:
        report.error(record.at("calibrate"), "heel and toe cannot stand at the same reading")
    elif medium is not SourceType.OSC and not (0 <= heel <= highest and 0 <= toe <= highest):
        report.error(record.at("calibrate"), f"expected readings from 0 to {highest}")


def _source(record: Record, medium: SourceType, channel: int) -> Source:
    if medium is SourceType.OSC:
        return Source(medium, address=record["osc"] or "/", argument=record["argument"])
    number = record[medium.value]
    exact = isinstance(number, int) and number >= 0
    return Source(medium, number if exact else None, channel, record["bits"])


def _light(record: Record, kind: Kind, source: Source, channel: int, report: Report) -> Light | None:
    if source.type is SourceType.OSC:
        return None  # an OSC widget shows the value at its own address
    if "led" in record:
        return _led(record, source, channel, report)
    if "ring" in record and record["ring"] is not None:
        ring: Record = record["ring"]
        own: int | None = ring["cc"]
        return _moving(source if own is None else Source(SourceType.CC, own), ring["channel"] or channel)
    if kind is Kind.LIGHT:
        return Light(source.type, source.number or 0, channel)
    return _moving(source, channel) if kind is Kind.FADER and _is_exact(source) else None


def _is_exact(source: Source) -> bool:
    return source.type is SourceType.PITCHBEND or source.number is not None


def _moving(source: Source, channel: int) -> Light:
    bits = 14 if source.type is SourceType.PITCHBEND else source.bits
    return Light(source.type, source.number or 0, channel, continuous=True, bits=bits)


def _led(record: Record, source: Source | None, channel: int, report: Report) -> Light | None:
    """Return the light of `led`; its message is the control's own where it does not say another."""
    led: Record | None = record["led"]
    if led is None:
        return None
    written = led.written(("cc", "note"))
    if written:
        medium, number = SourceType(written[0]), led[written[0]]
    elif source is not None and source.type in {SourceType.CC, SourceType.NOTE} and source.number is not None:
        medium, number = source.type, source.number
    else:
        report.error(led.node, "`led` needs `cc` or `note`", "the control itself sends no message that could set it")
        return None
    return Light(
        medium, number or 0, led["channel"] or channel,
        off=led["off"], on=led["on"], dim=led["dim"], blink=led["blink"], colors=led["colors"],
    )  # fmt: skip
