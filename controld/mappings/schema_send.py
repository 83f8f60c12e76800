"""`send`: from its record to a message for other gear, and to what ends it.

Pure; one of the actions of `schema_do`.
"""

from controld.actions import Message, SendMidi, SendOsc
from controld.document import Node
from controld.errors import nearest
from controld.mappings.schema_known import Known
from controld.mappings.target import SendTarget
from controld.midi_stream import CC, NOTE_ON, PROGRAM
from controld.shape import Record, Report
from controld.shape_parameters import known as known_names


def send(record: Record, known: Known, report: Report) -> SendTarget | None:
    """Return the target of the action; None where too much of it is wrong."""
    surface = record["send"]
    if surface is None:
        return None
    for medium, able in (("midi", known.midi), ("osc", known.osc)):
        if medium in record and known.surfaces is not None and surface not in able:
            _report_deaf(record.at("send"), surface, medium, known, report)
    if record["osc"] is not None:
        return SendTarget(SendOsc(surface, record["osc"], record["args"]), _ending_osc(record, surface))
    if record["midi"] is None:
        return None
    profile = (known.surfaces or {}).get(surface)
    default_channel = 1 if profile is None else profile.channel
    data = _midi_bytes(record["midi"], default_channel)
    return None if data is None else SendTarget(SendMidi(surface, data), _ending(record, surface, data, report))


def _report_deaf(node: Node, surface: str, medium: str, known: Known, report: Report) -> None:
    surfaces = known.surfaces or {}
    if surface in surfaces:
        report.error(node, f"the surface `{surface}` has no `{medium}:`, so it cannot be sent such a message")
    else:
        report.error(node, f"there is no surface `{surface}`", nearest(surface, surfaces) or known_names(surfaces))


def _midi_bytes(message: Record, default_channel: int) -> bytes | None:
    channel = (message["channel"] or default_channel or 1) - 1
    if message["sysex"] is not None:
        return bytes(message["sysex"])
    if message["program"] is not None:
        return bytes((PROGRAM | channel, message["program"]))
    if message["note"] is not None:
        return bytes((NOTE_ON | channel, message["note"], message["velocity"]))
    if message["cc"] is not None and message["value"] is not None:
        return bytes((CC | channel, message["cc"], message["value"]))
    return None


def _ending(record: Record, surface: str, data: bytes, report: Report) -> Message | None:
    """Return what the release sends: a note's end (a note on with velocity 0, MIDI 1.0), or the value 0."""
    if record["release"] is None:
        return None
    if data[0] & 0xF0 not in {NOTE_ON, CC}:
        what = "only a note, a control change or an OSC message ends with the release of the switch"
        report.error(record.at("release"), what)
        return None
    return SendMidi(surface, bytes((data[0], data[1], 0)))


def _ending_osc(record: Record, surface: str) -> Message | None:
    if record["release"] is None:
        return None
    args = record["args"]
    zero = tuple(type(each)(0) if isinstance(each, int | float) else each for each in args) or (0,)
    return SendOsc(surface, record["osc"], zero)
