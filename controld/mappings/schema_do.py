"""`do`: from the records of actions to targets, and what each needs of the control that triggers it.

Pure. Every action of `schema_tables.ACTIONS` has its compiler here; the table `_COMPILERS` joins them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from controld.actions import Seek, SendMidi, SendOsc
from controld.document import Node
from controld.errors import nearest
from controld.mappings.profile import Kind
from controld.mappings.rule import Gesture
from controld.mappings.schema_known import Known, pick_of
from controld.mappings.schema_tables import SETTERS, SHAPING
from controld.mappings.schema_when import Heard
from controld.mappings.shaping import Shaping
from controld.mappings.target import (
    BypassTarget,
    ParameterTarget,
    PedalboardTarget,
    PresetTarget,
    SendTarget,
    SnapshotTarget,
    Target,
    WaitTarget,
)
from controld.midi_stream import CC, NOTE_ON, PROGRAM
from controld.shape import Record, Report
from controld.shape_parameters import known as known_names
from controld.values import CURVES, Curve, Level, points_curve


@dataclass(frozen=True, slots=True)
class Planned:
    """A target with the record it came from, for messages."""

    target: Target
    record: Record

    @property
    def follows_position(self) -> bool:
        """Tell whether the target needs a control that moves: a driven parameter, a bypass by position."""
        target = self.target
        if isinstance(target, BypassTarget):
            return target.to == "control"
        return isinstance(target, ParameterTarget) and not self.record.written(SETTERS)


def plan(record: Record, known: Known, report: Report) -> Planned | None:
    """Return the target of an action; None where too much of it is wrong."""
    target = _COMPILERS[record.name](record, known, report)
    return None if target is None else Planned(target, record)


def _bypass(record: Record, known: Known, report: Report) -> Target | None:
    if record["bypass"] is None:
        return None
    for node in record.at("bypass").each():
        known.check_effect(node, node.text, report)
    return BypassTarget(record["bypass"], record["to"])


def _parameter(record: Record, known: Known, report: Report) -> Target | None:
    if record["parameter"] is None:
        return None
    effect, _, symbol = record["parameter"].partition("/")
    known.check_parameter(record.at("parameter"), effect, symbol, report)
    for key in ("to", "by"):
        if record[key] is not None:
            known.check_level(record.at(key), record[key], effect, symbol, report)
    for key in ("toggle", "range", "values"):
        for node, level in zip(record.at(key).each(), record[key] or (), strict=False):
            known.check_level(node, level, effect, symbol, report)
    shaping = _shaping(record, report)
    return ParameterTarget(effect, symbol, shaping, record["to"], record["by"], record["toggle"])


def _shaping(record: Record, report: Report) -> Shaping:
    low: Level | None
    high: Level | None
    low, high = record["range"] or (None, None)
    return Shaping(low, high, _curve(record, report), record["steps"] or 0, record["values"] or ())


def _curve(record: Record, report: Report) -> tuple[Curve, Curve]:
    curve = record["curve"]
    if isinstance(curve, str):
        return CURVES[curve]
    points: list[tuple[float, float]] = list(curve)
    pairs = pairwise(points)
    if any(x1 <= x0 or y1 <= y0 for (x0, y0), (x1, y1) in pairs):
        report.error(record.at("curve"), "the points of a curve must rise, from left to right and from low to high")
        return CURVES["linear"]
    return points_curve(points)


def _preset(record: Record, known: Known, report: Report) -> Target | None:
    if record["preset"] is None or record["to"] is None:
        return None
    known.check_effect(record.at("preset"), record["preset"], report)
    return PresetTarget(record["preset"], pick_of(record["to"], (), (Seek.NEXT, Seek.PREVIOUS)))


def _snapshot(record: Record, known: Known, report: Report) -> Target | None:
    node = record.at("snapshot")
    if record["snapshot"] == "current" and "current" not in known.snapshots:
        report.error(node, "`snapshot: current` is part of the language but not built yet")
        return None
    return None if record["snapshot"] is None else SnapshotTarget(known.snapshot(node, report))


def _pedalboard(record: Record, known: Known, report: Report) -> Target | None:
    if record["pedalboard"] is None:
        return None
    return PedalboardTarget(known.pedalboard(record.at("pedalboard"), report))


def _wait(record: Record, _known: Known, _report: Report) -> Target | None:
    return None if record["wait"] is None else WaitTarget(record["wait"])


def _send(record: Record, known: Known, report: Report) -> Target | None:
    surface = record["send"]
    if surface is None:
        return None
    for medium, able in (("midi", known.midi), ("osc", known.osc)):
        if medium in record and known.surfaces is not None and surface not in able:
            _report_deaf(record.at("send"), surface, medium, known, report)
    if record["osc"] is not None:
        return SendTarget(SendOsc(surface, record["osc"], record["args"]))
    if record["midi"] is None:
        return None
    profile = (known.surfaces or {}).get(surface)
    data = _midi_bytes(record["midi"], 1 if profile is None else profile.channel)
    return None if data is None else SendTarget(SendMidi(surface, data))


def _report_deaf(node: Node, surface: str, medium: str, known: Known, report: Report) -> None:
    surfaces = known.surfaces or {}
    if surface in surfaces:
        report.error(node, f"the surface `{surface}` has no `{medium}:`, so it cannot be sent such a message")
    else:
        report.error(node, f"there is no surface `{surface}`", nearest(surface, surfaces) or known_names(surfaces))


def _midi_bytes(message: Record, default_channel: int) -> bytes | None:
    channel = (message["channel"] or default_channel) - 1
    if message["sysex"] is not None:
        return bytes(message["sysex"])
    if message["program"] is not None:
        return bytes((PROGRAM | channel, message["program"]))
    if message["note"] is not None:
        return bytes((NOTE_ON | channel, message["note"], message["velocity"]))
    if message["cc"] is not None and message["value"] is not None:
        return bytes((CC | channel, message["cc"], message["value"]))
    return None


_COMPILERS: Mapping[str, Callable[[Record, Known, Report], Target | None]] = {
    "bypass": _bypass, "parameter": _parameter, "preset": _preset, "snapshot": _snapshot, "pedalboard": _pedalboard,
    "send": _send, "wait": _wait,
}  # fmt: skip


def judge(planned: Planned, heard: Heard, report: Report) -> None:
    """Report an action that the control cannot give what it needs, and warn where it can hardly be meant."""
    if heard.kind is None:
        return
    control, node = heard.trigger.control, planned.record.node
    if heard.trigger.gesture is not Gesture.MOVE:
        if planned.follows_position and isinstance(planned.target, ParameterTarget):
            what = f"`{control}` is a {heard.kind.value}, and a parameter alone follows a control that moves"
            report.error(node, what, "add `to: 0.7`, `by: 5 %` or `toggle: [0.2, 0.8]`")
    elif heard.kind is Kind.ENCODER:
        _judge_encoder(planned, control, report)
    elif not planned.follows_position and not isinstance(planned.target, SendTarget | WaitTarget):
        hint = "`to: control` follows its position" if isinstance(planned.target, BypassTarget) else ""
        what = f"`{control}` is a {heard.kind.value}, and every movement of it does this again"
        report.warn(node, what, hint)


def _judge_encoder(planned: Planned, control: str, report: Report) -> None:
    record = planned.record
    if isinstance(planned.target, BypassTarget) and planned.target.to == "control":
        report.error(record.at("to"), f"`{control}` is an encoder and has no position to follow")
    if isinstance(planned.target, ParameterTarget):
        for key in record.written(SHAPING):
            what = f"`{key}` shapes a position, and `{control}` is an encoder, which only steps"
            report.error(record.at(key), what, "say the size of a step with `by: 1 %`")
