"""What a rig's file says of its devices among each other: `clock`, and the `thru` of a surface.

Pure: tables, and what is checked against the surfaces there are.
"""

from collections.abc import Mapping

from controld.config_values import ClockConfig, MidiPorts
from controld.document import Node, NodeKind
from controld.errors import nearest
from controld.midi_thru import EVERYTHING, THRU_KINDS, Thru
from controld.shape import Field, Record, Report, Table
from controld.shape_leaves import choice, integer, name
from controld.shape_lists import Either, OneOrMany
from controld.shape_parameters import known

_SURFACE = name("the name of a surface")
CLOCK = Table(
    "clock", "`clock`",
    {
        "in": Field(_SURFACE, "Whose MIDI clock is followed: its ticks are the tempo, its start, stop and continue the "
                    "transport.", examples=("drums",)),
        "out": Field(OneOrMany(_SURFACE, "a list of surfaces"), "Which devices are sent a MIDI clock.", default=(),
                     examples=(["synth"],)),
    },
    doc="MIDI clock.",
)  # fmt: skip
THRU = Table(
    "thru", "a thru",
    {
        "to": Field(_SURFACE, "The surface whose device gets the messages.", required=True, examples=("synth",)),
        "only": Field(OneOrMany(choice("a kind of message", tuple(THRU_KINDS)), "a list of kinds"),
                      "Which kinds of messages go on; all where nothing is said.", default=(),
                      examples=(["note", "pitchbend"],)),
        "channel": Field(OneOrMany(integer(1, 16, "a channel from 1 to 16"), "a list of channels"),
                         "Which channels go on; all where nothing is said.", default=(), examples=(1,)),
    },
    doc="Messages that go on to another device as they are.",
)  # fmt: skip
THRUS = OneOrMany(
    Either({NodeKind.SCALAR: _SURFACE, NodeKind.MAPPING: THRU}, "a surface, or a mapping with `to`"),
    "where its messages go on to",
)


def thru_of(record: Record) -> tuple[Thru, ...]:
    """Return where the messages of a surface go on to, by its record."""
    return tuple(_thru(each) for each in record["thru"] or ())


def _thru(written: str | Record) -> Thru:
    if isinstance(written, str):
        return Thru(written)
    kinds = [THRU_KINDS[each] for each in written["only"]]
    statuses = frozenset[int]().union(*kinds) if kinds else EVERYTHING
    channels = frozenset(written["channel"])
    return Thru(written["to"], statuses, channels) if channels else Thru(written["to"], statuses)


def check_thru(record: Record, surface: str, ports: Mapping[str, MidiPorts | None], report: Report) -> None:
    """Report what cannot be of a surface's `thru`; `ports` are those of all surfaces."""
    if not record["thru"]:
        return
    node = record.at("thru")
    mine = ports.get(surface)
    if mine is not None and not mine.input:
        report.error(node, f"`{surface}` has no `in`, so nothing of it can go on")
    for each in node.each():
        place = each.get("to") or each
        if place.text == surface:
            report.error(place, f"`{surface}` cannot go on to itself: that is a loop", "name another surface")
        else:
            _check_output(place, ports, report)


def clock_of(record: Record, ports: Mapping[str, MidiPorts | None], report: Report) -> ClockConfig:
    """Return the clock of a rig's record, and report what cannot be of it."""
    clock: Record | None = record["clock"]
    if clock is None:
        return ClockConfig()
    source = clock["in"] or ""
    if source:
        place = clock.at("in")
        _check_known(place, ports, report)
        if (mine := ports.get(source)) is not None and not mine.input:
            report.error(place, f"`{source}` has no `in`, so its clock cannot be heard")
    for place in clock.at("out").each() if clock["out"] else ():
        if place.text == source:
            report.error(place, f"`{source}` is the clock that is followed; it cannot be sent it back", "leave it out")
        else:
            _check_output(place, ports, report)
    return ClockConfig(source, clock["out"])


def _check_known(place: Node, ports: Mapping[str, MidiPorts | None], report: Report) -> bool:
    if place.text not in ports:
        report.error(place, f"there is no surface `{place.text}`", nearest(place.text, ports) or known(tuple(ports)))
        return False
    if ports[place.text] is None:
        report.error(place, f"`{place.text}` has no `midi`")
        return False
    return True


def _check_output(place: Node, ports: Mapping[str, MidiPorts | None], report: Report) -> None:
    midi = ports.get(place.text)
    if _check_known(place, ports, report) and midi is not None and not midi.output:
        report.error(place, f"`{place.text}` has no `out`, so nothing can be sent to it")
