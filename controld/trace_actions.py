"""The words of actions for `controld monitor`: what somebody wants, as a player would say it.

Pure.
"""

from collections.abc import Callable

from controld.actions import (
    CycleParameter,
    DriveParameter,
    FollowClock,
    LoadPedalboard,
    LoadPreset,
    MorphSnapshots,
    Panic,
    Pick,
    RecallSnapshot,
    Redo,
    Resync,
    RollBack,
    SaveSnapshot,
    Seek,
    SelectBank,
    SelectPage,
    SendMidi,
    SendOsc,
    SetBypass,
    SetMute,
    SetParameter,
    SetTempo,
    SetTransport,
    SetTuner,
    SetVariable,
    ShowText,
    StepParameter,
    TapTempo,
    ToggleParameter,
    Undo,
    Value,
)
from controld.values import Duration


def _pick(pick: Pick) -> str:
    return pick.value if isinstance(pick, Seek) else str(pick)


def _bypass(action: SetBypass) -> str:
    effects = " and ".join(action.effects)
    return (
        f"toggle {effects}" if action.bypassed is None else f"{effects} {'bypassed' if action.bypassed else 'active'}"
    )


def _drive(action: DriveParameter) -> str:
    between = f" between {action.low} and {action.high}" if action.low is not None else ""
    return f"{action.effect}/{action.symbol} to {action.position:.1%} of its scale{between}"


def _over(time: Duration | None) -> str:
    return f" over {_time(time)}" if time is not None else ""


def _time(time: Duration) -> str:
    if not time.beats:
        return f"{time.seconds:g} s"
    return f"{time.beats:g} {'beat' if time.beats == 1 else 'beats'}"


def switched(what: str, on: bool | None, words: tuple[str, str] = ("on", "off")) -> str:
    """Return what is on, off or toggled (None)."""
    return f"{what} {'toggle' if on is None else words[0] if on else words[1]}"


def _morph(action: MorphSnapshots) -> str:
    stops = ", ".join(_pick(snapshot) for _, snapshot in action.stops)
    return f"morph of {stops} at {action.position:.1%}"


def _tempo(action: SetTempo) -> str:
    return f"tempo by {action.by:+g} bpm" if action.bpm is None else f"tempo {action.bpm:g} bpm"


def value_words(value: Value) -> str:
    """Return a variable's value as it is written."""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, int | float) else value


def _variable(action: SetVariable) -> str:
    if action.toggle:
        return f"variable {action.name} toggle"
    if action.cycle:
        return f"variable {action.name} to the next of {', '.join(map(value_words, action.cycle))}"
    return f"variable {action.name} " + (f"by {action.by:+g}" if action.to is None else f"to {value_words(action.to)}")


def _show(action: ShowText) -> str:
    return f"show `{action.text}` on {action.control}" + (f" for {_time(action.time)}" if action.time else "")


ACTION_WORDS: dict[type, Callable[..., str]] = {
    SetBypass: _bypass,
    DriveParameter: _drive,
    SetParameter: lambda action: f"{action.effect}/{action.symbol} to {action.level}{_over(action.over)}",
    StepParameter: lambda action: (
        f"{action.effect}/{action.symbol} by {action.count} x {action.by}{_over(action.over)}"
    ),
    ToggleParameter: lambda action: (
        f"{action.effect}/{action.symbol} between {action.first} and {action.second}{_over(action.over)}"
    ),
    CycleParameter: lambda action: (
        f"{action.effect}/{action.symbol} to the next of {', '.join(map(str, action.levels))}{_over(action.over)}"
    ),
    LoadPreset: lambda action: f"preset of {action.effect} to {_pick(action.preset)}",
    RecallSnapshot: lambda action: f"snapshot {_pick(action.snapshot)}",
    SaveSnapshot: lambda action: f"save snapshot {_pick(action.snapshot)}",
    MorphSnapshots: _morph,
    LoadPedalboard: lambda action: f"pedalboard {_pick(action.pedalboard)}",
    SelectBank: lambda action: f"bank {_pick(action.bank)}",
    SelectPage: lambda action: f"page {_pick(action.page)}",
    SetTempo: _tempo,
    TapTempo: lambda _action: "tap tempo",
    FollowClock: lambda action: f"tempo {action.bpm:g} bpm, from the clock",
    SetTransport: lambda action: switched(
        "transport", action.rolling, ("continue" if action.resume else "start", "stop")
    ),
    SetMute: lambda action: switched("mute", action.on),
    SetTuner: lambda action: switched("tuner", action.on),
    SetVariable: _variable,
    ShowText: _show,
    Undo: lambda _action: "undo",
    Redo: lambda _action: "redo",
    Panic: lambda _action: "panic",
    RollBack: lambda _action: "roll back to the last good files",
    SendMidi: lambda action: f"send {action.data.hex(' ')} to {action.surface}",
    SendOsc: lambda action: f"send {action.address} to {action.surface}",
    Resync: lambda action: f"resync {action.surface}".rstrip(),
}
