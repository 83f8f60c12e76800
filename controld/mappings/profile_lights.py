"""What a control shows, in a surface profile: the tables of `led` and `ring`, and the lights they become.

Pure. The tables say every key a light can have; the functions make `mappings.profile` values of what was read.
"""

from controld.mappings.lights import STYLES
from controld.mappings.profile import Kind, Light, Source, SourceType
from controld.shape import Field, Mistake, Record, Report, Table
from controld.shape_leaves import custom, integer, note
from controld.shape_lists import MapOf

_DATA = integer(0, 127)


def _color(written: str) -> str:
    if written in STYLES:
        raise Mistake(f"`{written}` is a style, not a colour", "its value stands beside `colors`, not under it")
    return written


_MESSAGE = {
    "cc": Field(integer(0, 127, "a controller number"), "The control change that sets it.", examples=(20,)),
    "note": Field(note(), "The note whose velocity sets it.", examples=("C1",)),
    "channel": Field(integer(1, 16, "a channel"), "The MIDI channel, 1 to 16; the control's own where not given."),
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


def light_of(record: Record, kind: Kind, source: Source, channel: int, report: Report) -> Light | None:
    """Return how a control with a message of its own shows something; None where it does not.

    `channel` (1-16) is where its lights listen unless they say otherwise.
    """
    if source.type is SourceType.OSC:
        return None  # an OSC widget shows the value at its own address
    if "led" in record:
        return led_of(record, source, channel, report)
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
    else:
        report.error(led.node, "`led` needs `cc` or `note`", "the control itself sends no message that could set it")
        return None
    return Light(
        medium, number or 0, led["channel"] or channel,
        off=led["off"], on=led["on"], dim=led["dim"], blink=led["blink"], colors=led["colors"],
    )  # fmt: skip
