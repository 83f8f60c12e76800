"""What a control shows, in a surface profile: the tables of `led`, `ring` and displays, and what they become.

Pure. The tables say every key there is; the functions make `mappings.profile` values of what was read.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from controld.document import NodeKind
from controld.mappings.lights import STYLES
from controld.mappings.profile import Display, Kind, Light, Source, SourceType, Template
from controld.midi_stream import MAX_DATA
from controld.shape import Field, Leaf, Mistake, Record, Report, Shape, Table, listed
from controld.shape_leaves import boolean, choice, custom, integer, note, pattern, text
from controld.shape_lists import Either, ListOf, MapOf

# How a ring that is told so draws a position, by what is added to its value, as Mackie Control's rings have it
# (https://github.com/NicoG60/TouchMCU/blob/main/doc/mackie_control_protocol.md, "vPots LED Ring").
RING_MODES: Mapping[str, int] = {"dot": 0, "pan": 16, "fill": 32, "spread": 48}
_RING_RANGES: Mapping[str, tuple[int, int]] = {"dot": (1, 11), "pan": (1, 11), "fill": (1, 11), "spread": (1, 6)}
_MOVING = frozenset({SourceType.CC, SourceType.PITCHBEND})
_SHADED = ("dim", "blink", "pulse")

_DATA = integer(0, 127)
_CHANNEL = integer(1, 16, "a channel")


def _template(what: str, needed: tuple[str, ...], others: tuple[str, ...], example: str) -> Leaf:
    """Return the leaf of a SysEx message with names in braces; those that are `needed` have to be there."""
    part = rf"[0-7][0-9A-Fa-f]|\{{(?:{'|'.join((*needed, *others))})\}}"
    has_all = "".join(rf"(?=.*\{{{name}\}})" for name in needed)
    regex = rf"^{has_all}\s*[Ff]0(\s*({part}))*\s*[Ff]7\s*$"
    form = f"{what}: bytes in hexadecimal from F0 to F7, with {listed([f'`{{{name}}}`' for name in needed])}"
    parse = partial(_parse_template, form, regex, part, example)
    return _exact(custom(form, parse, {"type": "string", "pattern": regex}))


def _exact(leaf: Leaf) -> Leaf:
    """Return a leaf whose names in braces are its own, and no ranges or templates."""
    return replace(leaf, replaced=False)


def _parse_template(form: str, regex: str, part: str, example: str, written: str) -> Template:
    if not re.match(regex, written):
        raise Mistake(f"expected {form}, found `{written}`", f"as in `{example}`")
    inner = re.findall(part, written.strip()[2:-2])
    return (0xF0, *(each.strip("{}") if each.startswith("{") else int(each, 16) for each in inner), 0xF7)


def _message_regex(data: str) -> str:
    """Return what one whole MIDI message is in hexadecimal: as many data bytes as its status byte asks for."""
    two, one, none = r"[89ABEabe][0-9A-Fa-f]|[Ff]2", r"[CDcd][0-9A-Fa-f]|[Ff][13]", r"[Ff][68ABCEFabcef]"
    byte = rf"\s*({data})"
    return rf"^\s*(({two}){byte}{byte}|({one}){byte}|{none}|[Ff]0({byte})*\s*[Ff]7)\s*$"


_PLAIN_MESSAGE = _message_regex(r"[0-7][0-9A-Fa-f]")
_NUMBERED_MESSAGE = _message_regex(r"[0-7][0-9A-Fa-f]|\{number\}")


def _message_template(written: str, regex: str = _NUMBERED_MESSAGE) -> Template:
    """Return one whole MIDI message, in which data bytes may be `{number}`. Raises Mistake."""
    if not re.match(regex, written):
        raise Mistake(f"expected one whole MIDI message in hexadecimal, found `{written}`", "as in `B0 01 02`")
    parts = re.findall(r"\{number\}|[0-9A-Fa-f]{2}", written)
    return tuple("number" if part == "{number}" else int(part, 16) for part in parts)


def _message(written: str) -> bytes:
    """Return one whole MIDI message. Raises Mistake."""
    return bytes(int(part) for part in _message_template(written, _PLAIN_MESSAGE))


def _color(written: str) -> str:
    if written in STYLES:
        raise Mistake(f"`{written}` is a style, not a colour", "its value stands beside `colors`, not under it")
    return written


_PALETTE = MapOf(custom("the name of a colour", _color), _DATA, "colours with their values")
_VALUE_OR_PALETTE: Shape = Either(
    {NodeKind.SCALAR: _DATA, NodeKind.MAPPING: _PALETTE}, "a whole number from 0 to 127, or one for each colour"
)
_RGB = _template(
    "a message for any colour", ("red", "green", "blue"), ("number",), "F0 00 20 7A 02 {number} {red} {green} {blue} F7"
)
_ROW = _template("a message for a row", ("text",), ("row", "column", "offset"), "F0 00 20 7A 01 {row} {text} F7")
_STYLE_MESSAGE = _exact(
    custom("a whole MIDI message", _message_template, {"type": "string", "pattern": _NUMBERED_MESSAGE})
)
SETUP_MESSAGE = _exact(custom("a whole MIDI message", _message, {"type": "string", "pattern": _PLAIN_MESSAGE}))
_STYLE = pattern(f"a style ({listed(sorted(STYLES))})", rf"^({'|'.join(sorted(STYLES))})$")

_SET_BY = {
    "cc": Field(integer(0, 127, "a controller number"), "The control change that sets it.", examples=(20,)),
    "note": Field(note(), "The note whose velocity sets it.", examples=("C1",)),
    "channel": Field(_CHANNEL, "The MIDI channel, 1 to 16; the control's own where not given."),
}
LED = Table(
    "led", "a led",
    _SET_BY | {
        "off": Field(_DATA, "The value for dark.", default=0),
        "on": Field(_DATA, "The value for lit.", default=127),
        "dim": Field(_VALUE_OR_PALETTE, "The value for half lit, or one for each colour, where the device can.",
                     examples=(1,)),
        "blink": Field(_VALUE_OR_PALETTE, "The value for blinking, or one for each colour, where the device can.",
                       examples=(2,)),
        "pulse": Field(_VALUE_OR_PALETTE, "The value for slowly pulsing, or one for each colour, where the device can.",
                       examples=(3,)),
        "dim_channel": Field(_CHANNEL, "The channel on which the value of a colour makes it half lit.", examples=(4,)),
        "blink_channel": Field(_CHANNEL, "The channel on which the value of a colour makes it blink.", examples=(2,)),
        "pulse_channel": Field(_CHANNEL, "The channel on which the value of a colour makes it pulse.", examples=(3,)),
        "colors": Field(_PALETTE, "The device's palette: a value for each colour, by name or `#rrggbb`.", default={},
                        examples=({"red": 5, "green": 20},)),
        "rgb": Field(_RGB, "The message for any colour, each part from 0 to 127. Beside `colors` it is for those "
                     "that are not among them.", examples=("F0 00 20 7A 02 {number} {red} {green} {blue} F7",)),
        "messages": Field(
            MapOf(_STYLE, _STYLE_MESSAGE, "styles with their messages"),
            "Whole messages for styles, where they are no values of one message.", default={},
            examples=({"on": "B0 02 {number}", "off": "B0 03 {number}"},),
        ),
        "number": Field(_DATA, "What `{number}` is in `rgb` and `messages`; that of `cc` or `note` where not given.",
                        examples=(0,)),
        "lights_itself": Field(boolean(), "Whether the device lights it by itself while the switch is down, so that it "
                               "has to be told its look after each press and release.", default=False),
    },
    doc="How the control lights up. Without `cc` or `note` it is the message the control itself sends.",
    exclusive=(("cc", "note"),),
)  # fmt: skip
RING = Table(
    "ring", "a ring",
    {
        "cc": _SET_BY["cc"],
        "channel": _SET_BY["channel"],
        "mode": Field(choice("a way to draw", RING_MODES), "How a ring of Mackie Control's kind draws it: a "
                      "dot, from the middle (pan), from the left (fill), or to both sides (spread).",
                      examples=("fill",)),
        "range": Field(ListOf(_DATA, "the values at both ends, as in `[1, 11]`", 2, 2), "The values at both ends of "
                       "the way.", examples=([1, 11],)),
        "off": Field(_DATA, "The value for dark, where nothing is to be shown."),
    },
    doc="A ring of lights or a motor that shows a position. Without `cc` it is the message the control itself sends.",
)  # fmt: skip
DISPLAY = Table(
    "display", "a display",
    {
        "kind": Field(choice("a kind of control", [Kind.DISPLAY.value]), "Text on the device.", required=True),
        "sysex": Field(_ROW, "The message that sets one row: `{text}` are its characters, filled with spaces; `{row}` "
                       "is its number, or `{offset}` the place of its first character, or `{column}` that in its row.",
                       required=True, examples=("F0 00 20 7A 01 {row} {text} F7",)),
        "columns": Field(integer(1, 127, "a number of characters"), "How many characters a row has.", required=True,
                         examples=(16,)),
        "rows": Field(integer(1, 16, "a number of rows"), "How many rows it has.", default=1),
        "first_row": Field(_DATA, "What `{row}` is for the top row.", default=0),
        "column": Field(_DATA, "Where in a larger row its first character stands, counted from 0.", default=0),
        "row_length": Field(integer(1, 127, "a number of characters"), "What `{offset}` grows by from row to row; as "
                            "many as the display has columns where not given.", examples=(56,)),
        "description": Field(text("a description"), "For people.", default=""),
    },
    doc="Text on a device, set by system exclusive messages.",
)  # fmt: skip


def light_of(record: Record, kind: Kind, source: Source, channel: int, report: Report) -> Light | None:
    """Return how a control with a message of its own shows something; None where it does not.

    `channel` (1-16) is where its lights listen unless they say otherwise.
    """
    if source.type is SourceType.OSC:
        return None  # an OSC widget shows the value at its own address
    if "led" in record:
        return led_of(record, source, channel, report)
    if "ring" in record and record["ring"] is not None:
        return _ring_of(record["ring"], source, channel, report)
    if kind is Kind.LIGHT:
        return Light(source.type, source.number or 0, channel)
    return _moving(source, channel) if kind is Kind.FADER else None


def _moving(source: Source, channel: int) -> Light | None:
    """Return a motor that is moved by the message it sends; None where that message cannot move it."""
    if source.type not in _MOVING or (source.type is SourceType.CC and source.number is None):
        return None
    bits = 14 if source.type is SourceType.PITCHBEND else source.bits
    return Light(source.type, source.number or 0, channel, continuous=True, bits=bits)


def _ring_of(ring: Record, source: Source, channel: int, report: Report) -> Light | None:
    own: int | None = ring["cc"]
    light = _moving(source if own is None else Source(SourceType.CC, own), ring["channel"] or channel)
    if light is None:
        report.error(ring.node, "`ring` needs `cc`", "the control itself sends no message that could set it")
        return None
    mode, ends, dark = ring["mode"], ring["range"], ring["off"]
    if light.bits == 14 and ring.written(("mode", "range", "off")):
        report.error(ring.node, "`mode`, `range` and `off` are for values of 7 bits")
        return light
    if mode is not None:
        ends, dark = ends or _RING_RANGES[mode], 0 if dark is None else dark
        if max(ends) > 15:
            report.error(ring.at("range"), "beside `mode` the values are from 0 to 15", "the mode is added to them")
            return light
        ends = (ends[0] + RING_MODES[mode], ends[1] + RING_MODES[mode])
    if ends is not None and ends[0] == ends[1]:
        report.error(ring.at("range"), "both ends cannot have the same value")
    return Light(light.type, light.number, light.channel, continuous=True, range=ends, dark=dark)


def led_of(record: Record, source: Source | None, channel: int, report: Report) -> Light | None:
    """Return the light of `led`; its message is the control's own where it does not say another."""
    led: Record | None = record["led"]
    if led is None:
        return None
    written = led.written(("cc", "note"))
    if written:
        medium, number = SourceType(written[0]), led[written[0]]
    elif source is not None and source.type in {SourceType.CC, SourceType.NOTE} and source.number is not None:
        medium, number = source.type, source.number
    elif led["messages"] or led["rgb"]:
        medium, number = SourceType.CC, None  # a name for the light; nothing of it is sent
    else:
        report.error(led.node, "`led` needs `cc` or `note`", "the control itself sends no message that could set it")
        return None
    plain = {style: led[style] for style in _SHADED if isinstance(led[style], int)}
    return Light(
        medium, number or 0, led["channel"] or channel, off=led["off"], on=led["on"], colors=led["colors"],
        dim=plain.get("dim"), blink=plain.get("blink"), pulse=plain.get("pulse"),
        shades={style: led[style] for style in _SHADED if isinstance(led[style], dict)},
        channels={style: led[f"{style}_channel"] for style in _SHADED if led[f"{style}_channel"] is not None},
        rgb=led["rgb"] or (), messages=led["messages"], slot=led["number"],
        lights_itself=led["lights_itself"],
    )  # fmt: skip


def display_of(record: Record, report: Report) -> Display | None:
    """Return a display; None where its message or its size could not be read."""
    template, columns, rows = record["sysex"], record["columns"], record["rows"]
    if template is None or columns is None:
        return None
    if rows > 1 and not {"row", "offset"} & set(template):
        report.error(record.at("sysex"), "a display of several rows needs `{row}` or `{offset}` in its message")
    last_row = record["first_row"] + rows - 1
    length = record["row_length"] or columns
    if "row" in template and last_row > MAX_DATA:
        report.error(record.at("first_row"), f"the last row would have the number {last_row}", "at most 127")
    if "offset" in template and record["column"] + (rows - 1) * length > MAX_DATA:
        report.error(record.at("sysex"), "the last row would begin beyond place 127", "`{offset}` is a single byte")
    return Display(template, columns, rows, record["first_row"], record["column"], length)
