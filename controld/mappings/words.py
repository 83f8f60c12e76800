"""Rules in plain words: what `explain`, `lint` and a failed test of a map say of triggers, targets and conditions.

Pure. Every target and gesture has its sentence here; a test walks the vocabulary so that none is forgotten.
"""

from collections.abc import Callable, Iterable

from controld.actions import Pick, Seek, SendMidi, Value
from controld.mappings.rule import Comparison, Condition, Gesture, Rule, Trigger
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
    SendTarget,
    ShowTarget,
    SnapshotTarget,
    SwitchTarget,
    Target,
    TempoTarget,
    VariableTarget,
    WaitTarget,
)
from controld.values import Duration, Level


def seconds(value: float) -> str:
    """Return a time in seconds as one writes it: "700 ms", "1.5 s"."""
    return f"{value * 1000:g} ms" if value < 1 else f"{value:g} s"


def trigger_words(trigger: Trigger, control: str = "") -> str:
    """Return what has to happen, without the control: "press", "hold 700 ms", "program 5", "page-entered solo".

    Of a chord it is told with whom; `control` is the member that is spoken of.
    """
    word = trigger.gesture.value
    match trigger.gesture:
        case Gesture.EVENT:
            word = f"{trigger.control.removeprefix('event:')} {trigger.subject}".strip()
        case Gesture.HOLD | Gesture.HOLD_RELEASE | Gesture.DOUBLE:
            word = f"{word} {seconds(trigger.time_s)}"
        case Gesture.REPEAT:
            word = f"{word} {seconds(trigger.time_s)}, {seconds(trigger.every_s)}"
        case Gesture.TOE | Gesture.HEEL:
            word = f"{word} {trigger.at:.0%}"
        case Gesture.CHANGE:
            word = "any program" if trigger.program is None else f"program {trigger.program}"
        case _:
            pass
    others = [name for name in trigger.chord if name != control]
    return f"with {' and '.join(others)} {word}" if others else word


def rule_words(rule: Rule) -> str:
    """Return what a rule does, as in "snapshot Lead, then wait 50 ms, if page solo"."""
    does = ", then ".join(map(target_words, rule.targets))
    condition = f", if {condition_words(rule.condition)}" if rule.condition is not None else ""
    return f"{does}{condition}"


def target_words(target: Target) -> str:
    """Return what a target does."""
    return _WORDS[type(target)](target)


def pick_words(pick: Pick) -> str:
    """Return a name, a number as "number 3", or a way."""
    match pick:
        case Seek():
            return pick.value
        case int():
            return f"number {pick}"
    return pick


def _bypass(target: BypassTarget) -> str:
    effects = " and ".join(target.effects)
    said = {"toggle": f"toggle {effects}", "control": f"{effects} active from half way up"}
    words = said.get(target.to, f"{effects} {target.to}")
    return f"{words}, until released" if target.returns else words


def _parameter(target: ParameterTarget) -> str:
    name = f"{target.effect}/{target.symbol}"
    if target.to is not None:
        words = f"{name} to {target.to}"
    elif target.by is not None:
        words = f"{name} by {_signed(target.by)}"
    elif target.toggle is not None:
        words = f"{name} between {target.toggle[0]} and {target.toggle[1]}"
    elif target.cycle:
        words = f"{name} through {', '.join(map(str, target.cycle))}"
    else:
        words = f"{name} follows{_between(target)}"
    words += f" in {_duration(target.over)}" if target.over is not None else ""
    return f"{words}, until released" if target.returns else words


def _between(target: ParameterTarget) -> str:
    low, high = target.shaping.low, target.shaping.high
    return f" from {low} to {high}" if low is not None and high is not None else ""


def _signed(level: Level) -> str:
    return f"+{level}" if level.value >= 0 else str(level)


def _duration(duration: Duration | None) -> str:
    if duration is None:
        return ""
    if not duration.beats:
        return seconds(duration.seconds)
    return "1 beat" if duration.beats == 1 else f"{duration.beats:g} beats"


def _tempo(target: TempoTarget) -> str:
    if target.tap:
        return "tap the tempo"
    return f"tempo by {target.by:+g}" if target.bpm is None else f"tempo {target.bpm:g}"


def _variable(target: VariableTarget) -> str:
    if target.toggle:
        return f"toggle {target.name}"
    if target.cycle:
        return f"{target.name} through {', '.join(map(_value, target.cycle))}"
    return f"{target.name} by {target.by:+g}" if target.to is None else f"{target.name} = {_value(target.to)}"


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float | int) else value


def _send(target: SendTarget) -> str:
    message = target.message
    if isinstance(message, SendMidi):
        return f"send {message.data.hex(' ').upper()} to {message.surface}"
    return f"send {message.address} to {message.surface}"


def _morph(target: MorphTarget) -> str:
    return f"morph {', '.join(f'{position:.0%} {pick_words(pick)}' for position, pick in target.stops)}"


def _show(target: ShowTarget) -> str:
    time = f" for {_duration(target.time)}" if target.time is not None else ""
    return f"show `{target.text}` on {target.control}{time}"


def _command(target: CommandTarget) -> str:
    return f"resync {target.surface or 'all'}" if target.command is Command.RESYNC else target.command.value


_STATES = {None: "toggle", True: "on", False: "off"}
_WORDS: dict[type, Callable[..., str]] = {
    BypassTarget: _bypass,
    ParameterTarget: _parameter,
    PresetTarget: lambda target: f"preset {pick_words(target.preset)} of {target.effect}",
    SnapshotTarget: lambda target: f"{'save ' if target.save else ''}snapshot {pick_words(target.snapshot)}",
    MorphTarget: _morph,
    PedalboardTarget: lambda target: f"pedalboard {pick_words(target.pedalboard)}",
    BankTarget: lambda target: f"bank {pick_words(target.bank)}",
    PageTarget: lambda target: f"page {pick_words(target.page)}{', until released' if target.hold else ''}",
    TempoTarget: _tempo,
    SwitchTarget: lambda target: f"{target.what} {'continue' if target.resume else _STATES[target.on]}",
    VariableTarget: _variable,
    ShowTarget: _show,
    SendTarget: _send,
    CommandTarget: _command,
    WaitTarget: lambda target: f"wait {_duration(target.duration)}",
}


def condition_words(condition: Condition) -> str:
    """Return what a condition asks, as in "page solo and drive active and not snapshot Clean"."""
    parts = [
        *_names("page", condition.pages),
        *_names("bank", condition.banks),
        *_names("pedalboard", condition.pedalboards),
        *_names("snapshot", condition.snapshots),
        *(f"{effect} {'active' if active else 'bypassed'}" for effect, active in condition.effects),
        *map(_comparison, condition.parameters),
        *(f"{name} = {_value(value)}" for name, value in condition.variables),
        *(f"{control} {'pressed' if pressed else 'released'}" for control, pressed in condition.controls),
    ]
    if condition.any_of:
        parts.append("(" + " or ".join(map(condition_words, condition.any_of)) + ")")
    parts += [f"not {condition_words(each)}" for each in condition.none_of]
    return " and ".join(parts) or "always"


def _names(what: str, names: Iterable[str]) -> list[str]:
    listed = " or ".join(names)
    return [f"{what} {listed}"] if listed else []


def _comparison(asked: Comparison) -> str:
    name = f"{asked.effect}/{asked.symbol}"
    if asked.high is not None:
        return f"{name} from {asked.level} to {asked.high}"
    return f"{name} {asked.operator} {asked.level}"
