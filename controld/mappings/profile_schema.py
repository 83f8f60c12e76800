"""Surface profiles: from YAML nodes to `mappings.profile` values.

Pure. The keys stand in `profile_tables`; what a kind of control can be made of stands in `_MEDIA`, `_LED_KINDS` and
`_RING_KINDS`.
"""

from collections.abc import Mapping

from controld.document import Node
from controld.mappings.expand import expand_entry
from controld.mappings.profile import Coding, Control, Kind, Profile, Source, SourceType
from controld.mappings.profile_lights import led_of, light_of
from controld.mappings.profile_tables import ANY_CONTROL, CONTROL_NAME, LIGHT, PROFILE, SOURCES
from controld.shape import BAD, Record, Report, listed

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


def compile_profile(node: Node, name: str, report: Report) -> Profile | None:
    """Return the profile a file describes, as far as it can be read; None where it is no profile at all."""
    record = PROFILE.read(node, report)
    if record is BAD:
        return None
    controls: dict[str, Control] = {}
    for key, value in _entries(record, report):
        control_name = CONTROL_NAME.read(key, report)
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
    record = ANY_CONTROL.read(node, report)
    if record is BAD or record["kind"] is None:
        return None
    kind = Kind(record["kind"])
    channel = record["channel"] if record["channel"] is not None else default_channel
    if record.name == LIGHT.name:
        return Control(name, kind, None, led_of(record, None, channel or default_channel or 1, report))
    written = record.written(SOURCES)
    if len(written) != 1:
        return None
    medium = SourceType(written[0])
    if medium not in _MEDIA[kind]:
        fits = listed([each.value for each in SourceType if each in _MEDIA[kind]])
        report.error(record.at(medium.value), f"a {kind.value} cannot come from `{medium.value}`", f"it takes {fits}")
        return None
    _judge(record, kind, medium, report)
    source = _source(record, medium, channel)
    light = light_of(record, kind, source, channel or default_channel or 1, report)
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
