"""Whether an expectation of a test is so on a rig offline, and how it is instead.

Pure. One table: for each kind of expectation what has to be so, and the words for what is.
"""

from collections.abc import Callable
from typing import Any

from controld.actions import (
    Action,
    CycleParameter,
    DriveParameter,
    SendMidi,
    SendOsc,
    SetBypass,
    SetParameter,
    StepParameter,
    ToggleParameter,
    Value,
)
from controld.changes import BypassChanged, State
from controld.feedback import Feedback
from controld.mappings.map_test import (
    CurrentIs,
    EffectIs,
    Expectation,
    LightIs,
    Nothing,
    ParameterIs,
    PresetIs,
    SentMidi,
    SentOsc,
    Shows,
    SwitchIs,
    TempoIs,
    Touched,
    VariableIs,
)
from controld.mappings.runs import Intent
from controld.offline import OfflineRig
from controld.values import same_value

# A ring or motor stands where a test says within this share.
SHARE_TOLERANCE = 0.01
TEMPO_TOLERANCE = 0.05

ParameterAction = DriveParameter | SetParameter | StepParameter | ToggleParameter | CycleParameter


def is_so(what: Expectation, rig: OfflineRig) -> bool:
    """Tell whether an expectation is so now; what was touched, sent or fired counts since the play began."""
    return _KINDS[type(what)][0](what, rig)


def found_words(what: Expectation, rig: OfflineRig) -> str:
    """Return how it is instead, in the words of the test."""
    return _KINDS[type(what)][1](what, rig)


def _current(what: CurrentIs, rig: OfflineRig) -> tuple[str, State]:
    view = rig.rig.mapper.view
    match what.what:
        case "snapshot":
            return view.snapshot.snapshot, view.snapshot.state
        case "pedalboard":
            return view.pedalboard.pedalboard, view.pedalboard.state
        case "bank":
            return view.bank.bank, State.CONFIRMED
        case _:
            return view.page.page, State.CONFIRMED


def _current_is(what: CurrentIs, rig: OfflineRig) -> bool:
    return _current(what, rig) == (what.name, State.CONFIRMED)


def _current_words(what: CurrentIs, rig: OfflineRig) -> str:
    name, state = _current(what, rig)
    return f"{what.what} {name or 'none'}" + ("" if state is State.CONFIRMED else f", {state.value}")


def _bypasses(what: EffectIs, rig: OfflineRig) -> list[BypassChanged]:
    view = rig.rig.mapper.view
    return [view.bypasses[effect] for effect in view.effects_of(what.effect) if effect in view.bypasses]


def _effect_is(what: EffectIs, rig: OfflineRig) -> bool:
    facts = _bypasses(what, rig)
    return bool(facts) and all(fact.confirmed is (not what.active) for fact in facts)


def _effect_words(what: EffectIs, rig: OfflineRig) -> str:
    facts = _bypasses(what, rig)
    words = {None: "not confirmed", True: "bypassed", False: "active"}
    said = ", ".join(f"{fact.effect} {words[fact.confirmed]}" for fact in facts)
    return said or f"there is no {what.effect} on this pedalboard"


def _parameter_is(what: ParameterIs, rig: OfflineRig) -> bool:
    fact = rig.rig.mapper.view.parameter(what.effect, what.symbol)
    wanted = None if fact is None else fact.scale.resolve(what.level)
    if fact is None or wanted is None or fact.confirmed is None:
        return False
    if what.level.unit == "%":
        return abs(fact.scale.share_of(fact.confirmed) - fact.scale.share_of(wanted)) <= SHARE_TOLERANCE / 2
    return same_value(fact.scale.snap(wanted), fact.confirmed)


def _parameter_words(what: ParameterIs, rig: OfflineRig) -> str:
    fact = rig.rig.mapper.view.parameter(what.effect, what.symbol)
    if fact is None or fact.confirmed is None:
        return f"nothing is known of {what.effect}/{what.symbol}"
    if what.level.unit == "%":
        return f"{what.effect}/{what.symbol} {fact.scale.share_of(fact.confirmed) * 100:.1f} %"
    return f"{what.effect}/{what.symbol} {fact.confirmed:.6g} {fact.scale.unit}".rstrip()


def _preset(what: PresetIs, rig: OfflineRig) -> str:
    fact = rig.rig.mapper.view.presets.get(what.effect)
    return fact.preset if fact is not None and fact.state is State.CONFIRMED else ""


def _switch(what: SwitchIs, rig: OfflineRig) -> bool:
    view = rig.rig.mapper.view
    if what.what == "transport":
        return view.tempo is not None and view.tempo.rolling
    fact = view.mute if what.what == "mute" else view.tuner
    return fact is not None and fact.on


def _variable(what: VariableIs, rig: OfflineRig) -> Value | None:
    return rig.rig.mapper.view.variables.get(what.name)


def _touching(what: Touched, rig: OfflineRig) -> Intent | None:
    """Return the first intent that acts on a bypass or a parameter."""
    effects = rig.rig.mapper.view.effects_of(what.effect)
    return next((intent for intent in rig.happened.intents if _acts_on(intent.action, effects, what.symbol)), None)


def _acts_on(action: Action, effects: tuple[str, ...], symbol: str) -> bool:
    if not symbol:
        return isinstance(action, SetBypass) and not set(effects).isdisjoint(action.effects)
    return isinstance(action, ParameterAction) and action.effect in effects and action.symbol == symbol


def touched_words(what: Touched, rig: OfflineRig) -> str:
    """Return which rule acted on it."""
    intent = _touching(what, rig)
    return f", by {intent.rule.place}" if intent is not None else ""


def _midi_sent(what: SentMidi, rig: OfflineRig) -> bool:
    return SendMidi(what.surface, what.data) in rig.happened.messages


def _osc_sent(what: SentOsc, rig: OfflineRig) -> bool:
    return any(
        isinstance(message, SendOsc)
        and (message.surface, message.address) == (what.surface, what.address)
        and (not what.args or message.args == what.args)
        for message in rig.happened.messages
    )


def _sent_words(what: SentMidi | SentOsc, rig: OfflineRig) -> str:
    said = []
    for message in rig.happened.messages:
        if message.surface == what.surface:
            if isinstance(message, SendMidi):
                said.append(message.data.hex(" ").upper())
            else:
                said.append(" ".join([message.address, *map(str, message.args)]))
    return f"sent to {what.surface}: {', '.join(said) or 'nothing'}"


def _shown(what: Shows, rig: OfflineRig) -> str:
    look = rig.looks.get(what.control)
    return " / ".join(row.strip() for row in look.text.split("\n") if row.strip()) if look is not None else ""


def _shows(what: Shows, rig: OfflineRig) -> bool:
    look = rig.looks.get(what.control)
    return look is not None and what.text in {look.text, _shown(what, rig)}


def _fired_words(_what: Nothing, rig: OfflineRig) -> str:
    rules = dict.fromkeys(intent.rule.place for intent in rig.happened.intents)
    return f"fired: {', '.join(rules)}"


_ON_OFF = {True: "on", False: "off"}
_ROLLS = {True: "start", False: "stop"}

# What has to be so, and how it is instead.
_KINDS: dict[type, tuple[Callable[[Any, OfflineRig], bool], Callable[[Any, OfflineRig], str]]] = {
    CurrentIs: (_current_is, _current_words),
    EffectIs: (_effect_is, _effect_words),
    ParameterIs: (_parameter_is, _parameter_words),
    PresetIs: (
        lambda what, rig: _preset(what, rig) == what.preset,
        lambda what, rig: f"preset {what.effect} {_preset(what, rig) or 'none'}",
    ),
    TempoIs: (
        lambda what, rig: abs(rig.rig.mapper.view.bpm - what.bpm) < TEMPO_TOLERANCE,
        lambda _what, rig: f"tempo {rig.rig.mapper.view.bpm:g}",
    ),
    VariableIs: (
        lambda what, rig: _variable(what, rig) == what.value,
        lambda what, rig: f"variable {what.name} {_variable(what, rig)}",
    ),
    SwitchIs: (
        lambda what, rig: _switch(what, rig) is what.on,
        lambda what, rig: f"{what.what} {(_ROLLS if what.what == 'transport' else _ON_OFF)[_switch(what, rig)]}",
    ),
    Touched: (lambda what, rig: _touching(what, rig) is not None, lambda what, _rig: f"{what.effect} was left alone"),
    SentMidi: (_midi_sent, _sent_words),
    SentOsc: (_osc_sent, _sent_words),
    Shows: (_shows, lambda what, rig: f"show {what.control} {_shown(what, rig) or 'nothing'}"),
    Nothing: (lambda _what, rig: not rig.happened.intents, _fired_words),
}


def light_is_so(wanted: LightIs, look: Feedback | None) -> bool:
    """Tell whether a control looks as it should; one that was never told to show anything is off."""
    if look is None:
        return wanted.style == "off"
    if wanted.value is not None:
        return abs(look.value - wanted.value) <= SHARE_TOLERANCE
    style = look.style or ("on" if look.value >= 0.5 else "off")
    return (not wanted.style or style == wanted.style) and (not wanted.color or look.color == wanted.color)


def light_words(look: Feedback | None) -> str:
    """Return how a control looks."""
    if look is None:
        return "off"
    if not look.style:
        return f"{look.value * 100:.0f} %"
    return f"{look.color} {look.style}".strip() if look.style != "off" else "off"
