"""MIDI messages that a rule names without a profile: `when: {midi: {cc: 20, channel: any, port: "*"}}`.

Pure. Such a message becomes a control of the surfaces it may come from, like any other but for `Control.raw`: it hears
its message beside the control of the profile that has the same, and beside other rules.
"""

from fnmatch import fnmatchcase

from controld.mappings.profile import NUMBERED_PARAMETERS, SYSTEM, Control, Kind, Source, SourceType
from controld.mappings.sources import (
    ANY_CHANNEL,
    BITS_FIELD,
    CHANNEL,
    MIDI_FIELDS,
    MIDI_SOURCES,
    WRITTEN,
    compile_source,
)
from controld.shape import Field, Record, Report, Table
from controld.shape_leaves import text

PREFIX = "midi:"

_ALWAYS_MOVES = frozenset({SourceType.PITCHBEND, SourceType.PRESSURE, SourceType.POLYPRESSURE})
_WITH_BITS = NUMBERED_PARAMETERS | {SourceType.CC}

RAW_MIDI = Table(
    "raw_midi", "a raw MIDI message",
    {
        **MIDI_FIELDS,
        "channel": Field(CHANNEL, "The MIDI channel, 1 to 16, or any.", default=ANY_CHANNEL, examples=("any",)),
        "bits": BITS_FIELD,
        "port": Field(text("the name of a surface"), "The surface it comes from; `*` stands for any name or the rest "
                      "of one.", default="*", examples=("floor",)),
    },
    doc="A MIDI message as it is on the wire, without a profile.",
    one_of=(MIDI_SOURCES,),
)  # fmt: skip


def raw_source(record: Record, report: Report) -> Source | None:
    """Return the source a record of `RAW_MIDI` describes; None where it was refused.

    Keys without a meaning for the message are reported.
    """
    written = record.written(MIDI_SOURCES)
    if len(written) != 1 or record[written[0]] is None:
        return None
    medium = SourceType(written[0])
    if medium in SYSTEM and "channel" in record:
        report.error(record.at("channel"), "`channel` has no meaning here", f"`{medium.value}` has no channel")
    if medium not in _WITH_BITS and "bits" in record:
        report.error(record.at("bits"), "`bits` has no meaning here", "it is for `cc`, `nrpn` and `rpn`")
    return compile_source(record, medium, record["channel"], report)


def raw_kind(source: Source, *, moves: bool) -> Kind:
    """Return what a raw message is; `moves` tells whether its rule follows a position.

    Programs are programs. Bends, pressures and values of 14 bits are always positions; everything else is a button
    unless its rule follows a position and the message has one.
    """
    if source.type is SourceType.PROGRAM:
        return Kind.PROGRAM
    if source.type in _ALWAYS_MOVES or source.highest > 127:
        return Kind.PEDAL
    return Kind.PEDAL if moves and source.highest else Kind.BUTTON


def raw_control(source: Source, *, moves: bool = False) -> Control:
    """Return the control a raw message stands for, to be added to the profile of each surface it may come from.

    Its name tells the message: `midi:cc20@any`, `midi:note60@1`, `midi:nrpn1021-14bit@3`, `midi:pitchbend@any`,
    `midi:cc@any` (any number), `midi:clock`, `midi:sysexF07F??F7`. The position of a message that is a button to other
    rules ends in `:pedal`, so that both may be had of one message.
    """
    kind = raw_kind(source, moves=moves)
    suffix = "" if kind is raw_kind(source, moves=False) else f":{kind.value}"
    return Control(f"{PREFIX}{_words(source)}{suffix}", kind, source, raw=True)


def _words(source: Source) -> str:
    if source.type is SourceType.SYSEX:
        return "sysex" + "".join(WRITTEN.get(each) or f"{each:02X}" for each in source.sysex)
    if source.type in SYSTEM:
        return str(source.type.value)
    number = "" if source.number is None else str(source.number)
    return f"{source.type.value}{number}{'-14bit' if source.is_pair else ''}@{source.channel or 'any'}"


def comes_from(port: str, surface: str) -> bool:
    """Tell whether `port` of a raw message, in which `*` and `?` stand for the rest, names a surface."""
    return fnmatchcase(surface.casefold(), port.casefold())
