"""Surface profiles: from YAML nodes to `mappings.profile` values.

Pure. The keys stand in `profile_tables`; what a kind of control can be made of stands in `_MEDIA`, `_LED_KINDS` and
`_RING_KINDS`.
"""

from collections.abc import Callable, Mapping

from controld.document import Node
from controld.mappings.expand import expand_entry
from controld.mappings.profile import (
    MAX_7,
    NUMBERED_PARAMETERS,
    REAL_TIME,
    SYSTEM,
    Coding,
    Control,
    Kind,
    Profile,
    Source,
    SourceType,
)
from controld.mappings.profile_lights import DISPLAY, display_of, led_of, light_of
from controld.mappings.profile_tables import ANY_CONTROL, CONTROL_NAME, LIGHT, PROFILE, SOURCES
from controld.mappings.sources import compile_source
from controld.shape import BAD, Record, Report, listed

# Finds a profile by name for `includes`; reports at the node what is wrong with it, and returns None then.
Include = Callable[[Node, str], Profile | None]

_SWITCH_MEDIA = frozenset({SourceType.CC, SourceType.NOTE, SourceType.SYSEX, SourceType.OSC}) | NUMBERED_PARAMETERS
_POSITION_MEDIA = NUMBERED_PARAMETERS | frozenset({
    SourceType.CC, SourceType.PITCHBEND, SourceType.PRESSURE, SourceType.POLYPRESSURE, SourceType.SYSEX, SourceType.OSC,
})  # fmt: skip
# Which messages can carry which kind of control.
_MEDIA: Mapping[Kind, frozenset[SourceType]] = {
    Kind.BUTTON: _SWITCH_MEDIA | REAL_TIME,
    Kind.LATCH: _SWITCH_MEDIA,
    Kind.PEDAL: _POSITION_MEDIA,
    Kind.KNOB: _POSITION_MEDIA,
    Kind.FADER: _POSITION_MEDIA,
    Kind.ENCODER: NUMBERED_PARAMETERS | {SourceType.CC, SourceType.SYSEX, SourceType.OSC},
    Kind.PROGRAM: frozenset({SourceType.CC, SourceType.PROGRAM, SourceType.SYSEX, SourceType.OSC}),
    Kind.DISPLAY: frozenset(),
    Kind.LIGHT: frozenset({SourceType.CC, SourceType.NOTE, SourceType.OSC}),
}
_LED_KINDS = frozenset({Kind.BUTTON, Kind.LATCH, Kind.LIGHT, Kind.PROGRAM})
_RING_KINDS = frozenset({Kind.ENCODER, Kind.FADER, Kind.KNOB, Kind.PEDAL})
_POSITION_KINDS = frozenset({Kind.PEDAL, Kind.KNOB, Kind.FADER})
_TOUCH_KINDS = frozenset({Kind.ENCODER, Kind.FADER, Kind.KNOB})


def compile_profile(node: Node, name: str, report: Report, include: Include | None = None) -> Profile | None:
    """Return the profile a file describes, as far as it can be read; None where it is no profile at all.

    Without `include` the profiles it includes are left out.
    """
    record = PROFILE.read(node, report)
    if record is BAD:
        return None
    places: dict[str, Node] = {}
    own: dict[str, Control] = {}
    for key, value in _entries(record, report):
        control_name = CONTROL_NAME.read(key, report)
        if control_name is not BAD and control_name in own:
            report.error(key, f"the control `{control_name}` is described twice")
        control = compile_control(value, control_name, record["channel"], report)
        if control is not None and control_name is not BAD:
            own[control_name], places[control_name] = control, key
    included = _included(record, include)
    inherited = {key: control for each in included for key, control in each.controls.items()}
    controls = inherited | own
    _warn_of_twins(places, controls, report)
    rate = record["max_rate"]
    if included and "max_rate" not in record:
        rate = min(each.max_rate for each in included)
    setup = tuple(dict.fromkeys([*(message for each in included for message in each.setup), *record["setup"]]))
    return Profile(name, record["description"], controls, record["channel"] or 1, rate, setup)


def _included(record: Record, include: Include | None) -> list[Profile]:
    places = record.at("includes").each() if record["includes"] and include is not None else ()
    found = [include(place, place.text) for place in places] if include is not None else []
    return [each for each in found if each is not None]


def _entries(record: Record, report: Report) -> list[tuple[Node, Node]]:
    node: Node | None = record["controls"]
    if node is None:
        return []
    if not node.entries:
        report.error(node, f"expected controls by name, found {node.describe()}", "as in `fs1: {cc: 20, kind: button}`")
        return []
    return [pair for key, value in node.entries for pair in expand_entry(key, value, report)]


def _warn_of_twins(places: Mapping[str, Node], controls: Mapping[str, Control], report: Report) -> None:
    """Warn of own controls (those with `places`) that listen to what an included or an earlier one listens to."""
    first: dict[Source, str] = {}
    for name in sorted(controls, key=lambda each: each in places):
        source = controls[name].source
        twin = name if source is None else first.setdefault(source, name)
        if twin != name and name in places:
            hint = "only the first will move" if twin in places else f"call it `{twin}` to take its place"
            report.warn(places[name], f"`{name}` listens to the same message as `{twin}`", hint)


def compile_control(node: Node, name: str, default_channel: int, report: Report) -> Control | None:
    """Return the control a node describes; None where its kind or message is not known.

    `default_channel` is the profile's, 1-16 or 0 for any.
    """
    record = ANY_CONTROL.read(node, report)
    if record is BAD or record["kind"] is None:
        return None
    kind = Kind(record["kind"])
    if record.name == DISPLAY.name:
        return Control(name, kind, None, display=display_of(record, report))
    channel = record["channel"] if record["channel"] is not None else default_channel
    if record.name == LIGHT.name:
        return Control(name, kind, None, led_of(record, None, channel or default_channel or 1, report))
    written = record.written(SOURCES)
    if len(written) != 1:
        return None
    medium = SourceType(written[0])
    if medium not in _MEDIA[kind]:
        fits = listed([each.value for each in SourceType if each in _MEDIA[kind]])
        report.error(record.at(medium.value), f"{_a(kind)} cannot come from `{medium.value}`", f"it takes {fits}")
        return None
    _judge(record, kind, medium, report)
    source = compile_source(record, medium, channel, report)
    _judge_values(record, kind, source, report)
    light = light_of(record, kind, source, channel or default_channel or 1, report)
    shown_only = kind is Kind.LIGHT and medium is not SourceType.OSC
    return Control(
        name, kind, None if shown_only else source, light, Coding(record["coding"]), record["calibrate"],
        detent=record["detent"], touch=_touch(record, channel), place=_place(record),
    )  # fmt: skip


def _place(record: Record) -> tuple[int, int] | None:
    written = record["place"]
    return (written[0], written[1]) if written and len(written) == 2 else None


def _judge(record: Record, kind: Kind, medium: SourceType, report: Report) -> None:
    """Report keys that have no meaning for this kind of control."""
    is_osc, has_position = medium is SourceType.OSC, kind in _POSITION_KINDS
    has_bits = has_position and (medium in {SourceType.CC, SourceType.PITCHBEND} or medium in NUMBERED_PARAMETERS)
    meaningless = {
        "channel": (is_osc and "OSC has no channels") or (medium in SYSTEM and f"`{medium.value}` has no channel"),
        "argument": not is_osc and "it numbers the arguments of an OSC message",
        "bits": not has_bits and "it is for pedals, knobs and faders on `cc`, `nrpn` or `rpn`",
        "coding": (is_osc or kind is not Kind.ENCODER) and "it is for encoders on MIDI",
        "detent": (is_osc or kind is not Kind.ENCODER) and "it is for encoders on MIDI",
        "calibrate": not has_position and "it is for pedals, knobs and faders",
        "touch": (is_osc or kind not in _TOUCH_KINDS) and "it is for faders, knobs and encoders on MIDI",
        "led": (is_osc or kind not in _LED_KINDS) and "it is for buttons, latches, programs and lights on MIDI",
        "ring": (is_osc or kind not in _RING_KINDS) and "it is for encoders, faders, knobs and pedals on MIDI",
    }
    for key, why in meaningless.items():
        if why and key in record:
            report.error(record.at(key), f"`{key}` has no meaning here", why)


def _judge_values(record: Record, kind: Kind, source: Source, report: Report) -> None:
    """Report numbers that do not fit each other."""
    if source.type is SourceType.PITCHBEND and "bits" in record and record["bits"] == 7:
        report.error(record.at("bits"), "a bend always has 14 bits")
    if record["sysex"] and kind is not Kind.BUTTON and source.highest == 0:
        hint = "write `{value}` where it stands, as in `F0 00 20 7A 01 {value} F7`"
        report.error(record.at("sysex"), f"{_a(kind)} needs a value", hint)
    elif record["sysex"] and kind not in _POSITION_KINDS and source.highest > MAX_7:
        report.error(record.at("sysex"), f"{_a(kind)} takes a value of 7 bits", "write `{value}` where it stands")
    if record["calibrate"] is None:
        return
    heel, toe = record["calibrate"]
    if heel == toe:
        report.error(record.at("calibrate"), "heel and toe cannot stand at the same reading")
    elif source.type is not SourceType.OSC and not (0 <= heel <= source.highest and 0 <= toe <= source.highest):
        report.error(record.at("calibrate"), f"expected readings from 0 to {source.highest}")


def _a(kind: Kind) -> str:
    return f"an {kind.value}" if kind is Kind.ENCODER else f"a {kind.value}"


def _touch(record: Record, channel: int) -> Source | None:
    touch: Record | None = record["touch"]
    written = [] if touch is None else touch.written(("cc", "note"))
    if touch is None or len(written) != 1 or touch[written[0]] is None:
        return None
    return Source(SourceType(written[0]), touch[written[0]], touch["channel"] or channel)
