"""What `controld monitor` tells of each step from a message to the light: one short line in the words of the field.

Pure: from the values that pass through the core to text. One table of kinds, one of the values' own words.
"""

from collections.abc import Callable, Mapping
from typing import get_args

from controld.changes import (
    BankChanged,
    BeatPassed,
    BypassChanged,
    EditChange,
    EngineChanged,
    LoadProgressed,
    MorphChanged,
    MuteChanged,
    PageChanged,
    ParameterChanged,
    PedalboardChanged,
    PresetChanged,
    Refused,
    Repaired,
    SnapshotChanged,
    SnapshotSaved,
    State,
    SurfaceChanged,
    TempoChanged,
    TunerChanged,
    VariableChanged,
)
from controld.engine_figures import EngineLoadChanged, LevelsChanged, decibels
from controld.events import (
    ControlMoved,
    ControlTouched,
    ControlTurned,
    LevelsWanted,
    OscArrived,
    ProgramChosen,
    SurfaceAsked,
    SurfaceConnected,
    SurfaceLost,
)
from controld.feedback import Feedback
from controld.mappings.mapper import Intent
from controld.session.edits import Edit
from controld.session.requests import (
    Denied,
    Done,
    EngineReply,
    EngineRequest,
    TimedOut,
    WriteBypass,
    WriteParameters,
    WriteTransport,
)
from controld.trace_actions import ACTION_WORDS, switched, value_words

# Each step's name as printed, in the order in which a press passes them.
KINDS = ("in", "control", "rule", "action", "request", "reply", "state", "light", "out", "note")


def describe(value: object) -> str:
    """Return a value of the core in words; values without words of their own by their type's name."""
    words = _WORDS.get(type(value))
    return words(value) if words is not None else type(value).__name__


def _edit(value: Edit | EditChange) -> str:
    """Return an edit, or what it came to, in its own words: what it does, and to what."""
    said = {field: getattr(value, field) for field in value.__slots__ if field != "origin"}
    state = said.pop("state", None)
    parts = [_spaced(type(value).__name__), *(str(each) for each in said.values() if isinstance(each, str) and each)]
    return " ".join(parts) + (f", {_state(state)}" if isinstance(state, State) else "")


def _moved(event: ControlMoved) -> str:
    edge = {1.0: "down", 0.0: "up"}.get(event.position, f"at {event.position:.3f}")
    return f"{event.control} {edge}"


def _intent(intent: Intent) -> str:
    name = f" ({intent.rule.name})" if intent.rule.name else ""
    return f"{intent.rule.place}{name}: {describe(intent.action)}"


def _state(state: State) -> str:
    return {State.ASKED: "asked", State.CONFIRMED: "confirmed", State.FAILED: "FAILED"}[state]


def _bypass_changed(change: BypassChanged) -> str:
    return f"{change.effect} {'bypassed' if change.bypassed else 'active'}, {_state(change.state)}"


def _parameter_changed(change: ParameterChanged) -> str:
    unit = f" {change.scale.unit}" if change.scale.unit else ""
    label = change.scale.label_of(change.value)
    shown = f" ({label})" if label else ""
    return f"{change.effect}/{change.symbol} = {change.value:.4g}{unit}{shown}, {_state(change.state)}"


def _morph_changed(change: MorphChanged) -> str:
    where = "nowhere" if change.position is None else f"at {change.position:.1%}"
    return f"morph of {', '.join(change.snapshots)} {where}"


def _tuner_changed(change: TunerChanged) -> str:
    heard = f", {change.note} {change.cents:+.0f} cents" if change.note else ""
    return f"{switched('tuner', change.on)}{heard}, {_state(change.state)}"


def _xruns(change: EngineLoadChanged) -> str:
    return "" if change.xruns is None else f", {change.xruns} xruns"


def _decibels(levels: tuple[float, ...]) -> str:
    return " ".join(f"{decibels(level):.0f}" for level in levels) or "-"


def _feedback(look: Feedback) -> str:
    shown = " ".join(part for part in (look.style, look.color) if part) or f"{look.value:.3f}"
    return f"{look.control} shows {shown} ({_state(look.state)})"


def _reply(reply: EngineReply) -> str:
    match reply:
        case Done():
            return "ok"
        case Denied():
            return f"refused: {reply.reason}"
        case TimedOut():
            return "no answer in time"


def describe_request(
    request: EngineRequest, names: Mapping[int, str], reply: EngineReply | None = None, took_s: float = 0.0
) -> str:
    """Return a request in words, effects by `names`; with its reply and how long that took once it is there."""
    match request:
        case WriteBypass():
            text = f"{_name(request, names)} {'bypassed' if request.bypassed else 'active'}"
        case WriteParameters():
            values = ", ".join(f"{symbol} = {value:.4g}" for symbol, value in request.values.items())
            text = f"{_name(request, names)}: {values}"
        case WriteTransport():
            text = f"{switched('transport', request.rolling, ('rolling', 'stopped'))} at {request.bpm:g} bpm"
        case _:
            fields = (
                _name(request, names) if field == "instance" else str(getattr(request, field))
                for field in request.__slots__
            )
            text = " ".join([_spaced(type(request).__name__), *fields])
    return text if reply is None else f"{text}: {_reply(reply)} after {took_s * 1000:.2f} ms"


def _name(request: EngineRequest, names: Mapping[int, str]) -> str:
    instance = getattr(request, "instance", -1)
    return names.get(instance, f"effect {instance}")


def _spaced(name: str) -> str:
    """Return "ReadBypass" as "read bypass"."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


_WORDS: dict[type, Callable[..., str]] = {
    ControlMoved: _moved,
    ControlTurned: lambda event: f"{event.control} turned by {event.detents:+d}",
    ControlTouched: lambda event: f"{event.control} {'touched' if event.touched else 'let go'}",
    ProgramChosen: lambda event: f"{event.control} program {event.program}",
    OscArrived: lambda event: f"{event.address} {' '.join(map(str, event.args))}".rstrip(),
    SurfaceConnected: lambda event: f"{event.surface} {event.client} is here".replace("  ", " "),
    LevelsWanted: lambda event: f"{event.surface} {event.client} {'has' if event.wanted else 'has no'} meters",
    SurfaceAsked: lambda event: f"{event.surface}: {describe(event.action)}",
    SurfaceLost: lambda event: f"{event.surface} {event.client} is gone".replace("  ", " "),
    Intent: _intent,
    **ACTION_WORDS,
    BypassChanged: _bypass_changed,
    ParameterChanged: _parameter_changed,
    PresetChanged: lambda change: f"{change.effect} preset {change.preset or 'none'}, {_state(change.state)}",
    SnapshotChanged: lambda change: f"snapshot `{change.snapshot}`, {_state(change.state)}",
    SnapshotSaved: lambda change: f"snapshot `{change.snapshot}` saved",
    MorphChanged: _morph_changed,
    PedalboardChanged: lambda change: f"pedalboard `{change.pedalboard}`, {_state(change.state)}",
    BankChanged: lambda change: f"bank `{change.bank}`",
    TempoChanged: lambda change: (
        f"tempo {change.bpm:g} bpm, {switched('transport', change.rolling, ('rolling', 'stopped'))}"
    ),
    BeatPassed: lambda change: f"beat {change.beat}",
    MuteChanged: lambda change: f"{switched('mute', change.on)}, {_state(change.state)}",
    TunerChanged: _tuner_changed,
    PageChanged: lambda change: f"page `{change.page}`",
    VariableChanged: lambda change: f"variable {change.name} = {value_words(change.value)}",
    SurfaceChanged: lambda change: f"surface {change.surface} {'is here' if change.connected else 'is gone'}",
    EngineChanged: lambda change: f"engine {change.state.value}{f': {change.reason}' if change.reason else ''}",
    EngineLoadChanged: lambda change: f"engine needs {change.cpu_percent:.0f} % CPU{_xruns(change)}",
    LevelsChanged: lambda change: f"levels in {_decibels(change.inputs)}, out {_decibels(change.outputs)} dB",
    LoadProgressed: lambda change: f"pedalboard `{change.pedalboard}`: {change.done} of {change.total} steps",
    Repaired: lambda change: f"repaired: {'; '.join(change.what)}",
    Refused: lambda change: f"refused {change.subject}: {change.reason}",
    Feedback: _feedback,
    **dict.fromkeys((*get_args(Edit), *get_args(EditChange)), _edit),
}
