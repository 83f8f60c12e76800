"""The messages a control can listen to: the keys that name them, and what they become.

Pure. One vocabulary for both places where it is written: a control of a surface profile (`profile_tables`) and a rule
without a profile (`raw_midi`).
"""

import re
from collections import Counter
from collections.abc import Mapping

from controld.document import Node
from controld.mappings.profile import FINE, NUMBERED_PARAMETERS, REAL_TIME, Hole, Source, SourceType
from controld.midi_stream import MAX_SYSEX
from controld.osc_pattern import OscPatternError, compile_pattern
from controld.shape import Field, Leaf, Mistake, Record, Report
from controld.shape_leaves import choice, custom, integer, note, whole

ANY_CHANNEL = 0
_ANY = {"any": -1}
HIGHEST_PARAMETER = 16_382  # 16,383 (127 and 127) is the null function, which selects nothing

_HOLES: Mapping[str, Hole] = {
    "??": Hole.ANY, "{value}": Hole.VALUE, "{coarse}": Hole.COARSE, "{fine}": Hole.FINE,
}  # fmt: skip
WRITTEN: Mapping[int, str] = {hole: written for written, hole in _HOLES.items()}
_PART = re.compile(r"[0-7][0-9A-Fa-f]|\?\?|\{(?:value|coarse|fine)\}")
_SYSEX_JSON = rf"^\s*[Ff]0(\s*({_PART.pattern}))+\s*[Ff]7\s*$"
_SYSEX = re.compile(_SYSEX_JSON)
_SYSEX_FORM = "bytes in hexadecimal from F0 to F7, with `??` for any byte and `{value}` for the value"


def _bits(node: Node) -> int:
    number = whole(node)
    if number not in {7, 14}:
        raise Mistake(f"expected 7 or 14 bits, found {node.describe()}")
    return number


def parse_sysex(written: str) -> tuple[int, ...]:
    """Return a SysEx pattern as bytes and `Hole`s, F0 and F7 included.

    The value is one `{value}` (7 bits), or a `{coarse}` and a `{fine}` in either order (14 bits), or absent.

    Raises:
        Mistake: it is no such pattern, or longer than any message that is taken.
    """
    if not _SYSEX.match(written):
        raise Mistake(f"expected {_SYSEX_FORM}, found `{written}`", "as in `F0 00 20 7A 01 ?? {value} F7`")
    inner = _PART.findall(written.strip()[2:-2])
    count = Counter(part for part in inner if part.startswith("{"))
    if count and count not in ({"{value}": 1}, {"{coarse}": 1, "{fine}": 1}):
        raise Mistake("a message has one value", "one `{value}` for 7 bits, or one `{coarse}` and one `{fine}` for 14")
    if len(inner) + 2 > MAX_SYSEX:
        raise Mistake(f"expected at most {MAX_SYSEX:,} bytes, found {len(inner) + 2:,}")
    return (0xF0, *(_HOLES[part] if part in _HOLES else int(part, 16) for part in inner), 0xF7)


def osc_address(written: str) -> str:
    """Return an OSC address or pattern that is well formed. Raises Mistake."""
    try:
        compile_pattern(written)
    except OscPatternError as error:
        raise Mistake(f"no OSC address: {error.reason} (character {error.position + 1})") from error
    return written


ADDRESS = custom("an OSC address such as `/drive/level`", osc_address, {"type": "string", "pattern": "^/"})
CHANNEL = integer(1, 16, "a channel", {"any": ANY_CHANNEL})
BITS = Leaf(_bits, {"enum": [7, 14]}, "7 or 14")
_PARAMETER_NUMBER = integer(0, HIGHEST_PARAMETER, "a parameter number", _ANY)
_ALWAYS = choice("the word", ["any"])

MIDI_FIELDS: Mapping[str, Field] = {
    "cc": Field(integer(0, 127, "a controller number", _ANY), "The control change it sends.", examples=(20,)),
    "note": Field(note(_ANY), "The note it sends: a name (C4 = 60) or 0-127.", examples=("C1",)),
    "program": Field(integer(0, 127, "a program", _ANY), "The program change it sends.", examples=("any",)),
    "pitchbend": Field(choice("the bend", ["any"]), "It sends the pitch bend.", examples=("any",)),
    "pressure": Field(choice("the pressure", ["any"]), "It sends the pressure of the channel.", examples=("any",)),
    "polypressure": Field(note(_ANY), "It sends the pressure of this key: a name (C4 = 60) or 0-127.",
                          examples=("C1",)),
    "nrpn": Field(_PARAMETER_NUMBER, "The non-registered parameter it sends: 128 * CC 99 + CC 98.", examples=(1021,)),
    "rpn": Field(_PARAMETER_NUMBER, "The registered parameter it sends: 128 * CC 101 + CC 100.", examples=(0,)),
    "sysex": Field(custom(_SYSEX_FORM, parse_sysex, {"type": "string", "pattern": _SYSEX_JSON}),
                   "The system exclusive message it sends, with `??` for any byte and `{value}` for its value; "
                   "`{coarse}` and `{fine}` for a value in two bytes.", examples=("F0 00 20 7A 01 ?? {value} F7",)),
    "clock": Field(_ALWAYS, "It sends the MIDI clock, 24 times a beat.", examples=("any",)),
    "start": Field(_ALWAYS, "It sends the MIDI message Start.", examples=("any",)),
    "stop": Field(_ALWAYS, "It sends the MIDI message Stop.", examples=("any",)),
    "continue": Field(_ALWAYS, "It sends the MIDI message Continue.", examples=("any",)),
}  # fmt: skip
MIDI_SOURCES = tuple(MIDI_FIELDS)
SOURCES = tuple(each.value for each in SourceType)
BITS_FIELD = Field(BITS, "14: a fine part comes too, on the controller 32 above or as the fine data entry of an NRPN "
                   "or RPN.", default=7)  # fmt: skip


def compile_source(record: Record, medium: SourceType, channel: int, report: Report) -> Source:
    """Return the source that `medium` names in a record of these fields; `channel` is 1-16 or 0 for any.

    A fine part that cannot be is reported.
    """
    if medium is SourceType.OSC:
        return Source(medium, address=record["osc"] or "/", argument=record["argument"])
    if medium is SourceType.SYSEX:
        return Source(medium, sysex=record["sysex"] or (0xF0, 0xF7))
    if medium in REAL_TIME:
        return Source(medium)
    number = record[medium.value]
    exact = isinstance(number, int) and number >= 0
    bits = record["bits"] if medium is SourceType.CC or medium in NUMBERED_PARAMETERS else 7
    if medium is SourceType.CC and bits == 14 and number is not None and not 0 <= number < FINE:
        report.error(record.at("cc"), "14 bits need a controller from 0 to 31", "its fine part is the one 32 above")
    return Source(medium, number if exact else None, channel, bits)
