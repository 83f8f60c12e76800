"""`do`: from the records of actions to targets.

Pure. Every action of `schema_actions.ACTIONS` has its compiler here; the table `_COMPILERS` joins them. What an action
needs of the control that triggers it is judged by `schema_judge`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from controld.actions import Seek, Value
from controld.document import Node
from controld.errors import nearest
from controld.mappings.schema_actions import SETTERS
from controld.mappings.schema_known import Known, Variable, pick_of
from controld.mappings.schema_leaves import share_of
from controld.mappings.schema_send import send
from controld.mappings.shaping import PLAIN_MOTION, Motion, Shaping, Takeover
from controld.mappings.target import (
    BankTarget,
    BypassTarget,
    Command,
    CommandTarget,
    MorphTarget,
    PageTarget,
    ParameterTarget,
    PedalboardTarget,
    PresetTarget,
    ShowTarget,
    SnapshotTarget,
    SwitchTarget,
    Target,
    TempoTarget,
    VariableTarget,
    WaitTarget,
)
from controld.shape import Record, Report
from controld.shape_parameters import known as known_names
from controld.values import CURVES, Curve, Duration, Level, points_curve


@dataclass(frozen=True, slots=True)
class Planned:
    """A target with the record it came from, for messages."""

    target: Target
    record: Record

    @property
    def follows_position(self) -> bool:
        """Tell whether the target needs a control that moves: a driven parameter, a morph, a bypass by position."""
        target = self.target
        if isinstance(target, BypassTarget):
            return target.to == "control"
        return isinstance(target, MorphTarget) or (
            isinstance(target, ParameterTarget) and not self.record.written(SETTERS)
        )


def plan(record: Record, known: Known, report: Report) -> Planned | None:
    """Return the target of an action; None where too much of it is wrong."""
    target = _COMPILERS[record.name](record, known, report)
    return None if target is None else Planned(target, record)


def _bypass(record: Record, known: Known, report: Report) -> Target | None:
    if record["bypass"] is None:
        return None
    for node in record.at("bypass").each():
        known.check_effect(node, node.text, report)
    return BypassTarget(record["bypass"], record["to"], bool(record["release"]))


def _parameter(record: Record, known: Known, report: Report) -> Target | None:
    if record["parameter"] is None:
        return None
    effect, _, symbol = record["parameter"].partition("/")
    known.check_parameter(record.at("parameter"), effect, symbol, report)
    if record["to"] is not None:
        known.check_level(record.at("to"), record["to"], effect, symbol, report)
    if record["by"] is not None:
        known.check_step(record.at("by"), record["by"], effect, symbol, report)
    for key in ("toggle", "cycle", "range", "values"):
        for node, level in zip(record.at(key).each(), record[key] or (), strict=False):
            known.check_level(node, level, effect, symbol, report)
    return ParameterTarget(
        effect, symbol, _shaping(record, report), record["to"], record["by"], record["toggle"], record["cycle"] or (),
        record["over"], _motion(record), bool(record["release"]),
    )  # fmt: skip


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


def _motion(record: Record, acceleration: float = 1.0) -> Motion:
    takeover = Takeover(record["takeover"]) if record["takeover"] else None
    if record.name == "parameter":
        acceleration = record["acceleration"] or 1.0
    motion = Motion(record["deadzone"] or 0.0, record["smooth"] or 0.0, takeover, acceleration)
    return PLAIN_MOTION if motion == PLAIN_MOTION else motion


def _preset(record: Record, known: Known, report: Report) -> Target | None:
    if record["preset"] is None or record["to"] is None:
        return None
    known.check_effect(record.at("preset"), record["preset"], report)
    return PresetTarget(record["preset"], pick_of(record["to"], (), (Seek.NEXT, Seek.PREVIOUS)))


def _snapshot(record: Record, known: Known, report: Report) -> Target | None:
    if record["snapshot"] is None:
        return None
    node, save = record.at("snapshot"), record["save"]
    pick = known.snapshot(node, report)
    if save and pick in {Seek.NEXT, Seek.PREVIOUS, Seek.LAST}:
        report.error(node, f"`{node.text}` cannot be saved", "save `current`, or a snapshot by its name or number")
    elif pick is Seek.CURRENT and not save and "save" in record:
        report.error(record.at("save"), "the current snapshot is recalled already, and can only be saved")
    return SnapshotTarget(pick, save)


def _morph(record: Record, known: Known, report: Report) -> Target | None:
    written = record["morph"]
    if written is None:
        return None
    node = record.at("morph")
    names = [value for _, value in node.entries] if node.entries is not None else list(node.items or ())
    picks = [known.stop(each, report) for each in names]
    places = _places(node)
    if len(picks) < 2 or len(places) != len(picks):
        return None  # what is wrong with them is reported
    if any(after <= before for before, after in pairwise(places)):
        report.error(node, "the places of a morph must rise, as in `{0 %: Clean, 40 %: Crunch, 100 %: Lead}`")
    return MorphTarget(tuple(zip(places, picks, strict=True)), Shaping(curve=_curve(record, report)), _motion(record))


def _places(node: Node) -> list[float]:
    """Return where the stops of a morph stand, 0.0-1.0; without those that are no places."""
    if node.entries is None:
        count = len(node.items or ())
        return [index / max(count - 1, 1) for index in range(count)]
    found = [share_of(key) for key, _ in node.entries]
    return [share for share in found if share is not None]


def _pedalboard(record: Record, known: Known, report: Report) -> Target | None:
    if record["pedalboard"] is None:
        return None
    return PedalboardTarget(known.pedalboard(record.at("pedalboard"), report))


def _bank(record: Record, known: Known, report: Report) -> Target | None:
    return None if record["bank"] is None else BankTarget(known.bank(record.at("bank"), report))


def _page(record: Record, known: Known, report: Report) -> Target | None:
    if record["page"] is None:
        return None
    pick = known.page(record.at("page"), report)
    if pick is Seek.BACK and record["hold"]:
        report.error(record.at("hold"), "`hold` has no meaning beside `page: back`")
    return PageTarget(pick, record["hold"])


def _tempo(record: Record, _known: Known, _report: Report) -> Target | None:
    tempo = record["tempo"]
    if tempo in {None, "tap"}:
        return TempoTarget(tap=True) if tempo else None
    return TempoTarget(by=record["by"] or 0.0) if tempo == "current" else TempoTarget(bpm=tempo)


_SWITCH_WORDS = {"on": True, "off": False, "start": True, "continue": True, "stop": False, "toggle": None}


def _switch(record: Record, _known: Known, _report: Report) -> Target | None:
    written = record[record.name]
    if written is None:
        return None
    return SwitchTarget(record.name, _SWITCH_WORDS[written], resume=written == "continue")


def _show(record: Record, known: Known, report: Report) -> Target | None:
    control = record["show"]
    if control is None or record["text"] is None:
        return None
    known.check_shown(record.at("show"), report)
    known.check_text(record.at("text"), report)
    time_s = record["for"]
    return ShowTarget(control, record["text"], None if time_s is None else Duration(seconds=time_s))


def _set(record: Record, known: Known, report: Report) -> Target | None:
    if record["set"] is None:
        return None
    name: str = record["set"]
    variable = known.variable(record.at("set"), report)
    values = [known.value(node, variable, report) for key in ("to", "cycle") if key in record
              for node in record.at(key).each()]  # fmt: skip
    _judge_variable(record, name, variable, report)
    if any(value is None for value in values) or not record.written(("to", "by", "cycle", "toggle")):
        return None
    found: list[Value] = [value for value in values if value is not None]
    is_cycle = record["cycle"] is not None
    return VariableTarget(
        name,
        None if is_cycle or not found else found[0],
        record["by"] or 0.0,
        tuple(found) if is_cycle else (),
        bool(record["toggle"]),
    )


def _judge_variable(record: Record, name: str, variable: Variable | None, report: Report) -> None:
    """Report a change that a variable of this type cannot have."""
    for key, type_name in (("by", "number"), ("toggle", "boolean")):
        if key in record and variable is not None and variable.type != type_name:
            report.error(record.at(key), f"`{key}` is for a {type_name}, and `{name}` is a {variable.type}")


def _wait(record: Record, _known: Known, _report: Report) -> Target | None:
    return None if record["wait"] is None else WaitTarget(record["wait"])


def _command(record: Record, _known: Known, _report: Report) -> Target | None:
    return None if record[record.name] is None else CommandTarget(Command(record.name))


def _resync(record: Record, known: Known, report: Report) -> Target | None:
    surface = record["resync"]
    if surface is None:
        return None
    surfaces = known.surfaces
    if surface != "all" and surfaces is not None and surface not in surfaces:
        hint = nearest(surface, [*surfaces, "all"]) or known_names([*surfaces, "all"])
        report.error(record.at("resync"), f"there is no surface `{surface}`", hint)
    return CommandTarget(Command.RESYNC, "" if surface == "all" else surface)


_COMPILERS: Mapping[str, Callable[[Record, Known, Report], Target | None]] = {
    "bypass": _bypass, "parameter": _parameter, "preset": _preset, "snapshot": _snapshot, "morph": _morph,
    "pedalboard": _pedalboard, "bank": _bank, "page": _page, "tempo": _tempo, "transport": _switch, "tuner": _switch,
    "mute": _switch, "send": send, "show": _show, "set": _set, "wait": _wait, "undo": _command, "redo": _command,
    "panic": _command, "rollback": _command, "resync": _resync,
}  # fmt: skip
