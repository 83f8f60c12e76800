"""What an action needs of the control that triggers it, and what can hardly be meant.

Pure. Each rule of judgement is one function; `judge` puts an action and a trigger before all of them.
"""

from controld.mappings.profile import Kind
from controld.mappings.rule import Gesture
from controld.mappings.schema_actions import MOTION, SHAPING
from controld.mappings.schema_do import Planned
from controld.mappings.schema_when import Heard
from controld.mappings.target import (
    BypassTarget,
    MorphTarget,
    PageTarget,
    ParameterTarget,
    SendTarget,
    ShowTarget,
    WaitTarget,
)
from controld.shape import Report

# What may be done again and again while a pedal moves.
_HARMLESS = SendTarget | ShowTarget | WaitTarget


def judge(planned: Planned, heard: Heard, report: Report) -> None:
    """Report an action that the control cannot give what it needs, and warn where it can hardly be meant."""
    if heard.kind is None and heard.trigger.gesture is not Gesture.EVENT:
        return  # nothing is known of the control
    _judge_return(planned, heard, report)
    if heard.kind is Kind.ENCODER:
        _judge_encoder(planned, heard.trigger.control, report)
        return
    _judge_acceleration(planned, heard, report)
    if heard.trigger.gesture is not Gesture.MOVE:
        _judge_switch(planned, heard, report)
    elif not planned.follows_position and not isinstance(planned.target, _HARMLESS):
        what = f"`{heard.trigger.control}` is {_kind(heard)}, and every movement of it does this again"
        follow, once = "`to: control` follows its position", "`toe` and `heel` happen once"
        hint = follow if isinstance(planned.target, BypassTarget) else once
        report.warn(planned.record.node, what, hint)


def _kind(heard: Heard) -> str:
    if heard.kind is None:
        return "an event"
    return f"{'an' if heard.kind is Kind.ENCODER else 'a'} {heard.kind.value}"


def _judge_switch(planned: Planned, heard: Heard, report: Report) -> None:
    """Report what follows a position where the trigger has none."""
    record, named = planned.record, f"`{heard.trigger.control}` is {_kind(heard)}"
    if isinstance(planned.target, ParameterTarget) and planned.follows_position:
        what = f"{named}, and a parameter alone follows a control that moves"
        report.error(record.node, what, "add `to: 0.7`, `by: 5 %` or `toggle: [0.2, 0.8]`")
    elif isinstance(planned.target, MorphTarget):
        report.error(record.node, f"{named}, and a morph follows a control that moves", "a pedal, knob or fader")
    elif planned.follows_position and heard.kind is None:
        report.error(record.at("to"), f"{named}, which has no position to follow")


def _judge_encoder(planned: Planned, control: str, report: Report) -> None:
    """Report what needs a position, for an encoder has steps alone."""
    record, target = planned.record, planned.target
    if isinstance(target, BypassTarget) and target.to == "control":
        report.error(record.at("to"), f"`{control}` is an encoder and has no position to follow")
    elif isinstance(target, MorphTarget):
        what = f"`{control}` is an encoder, and a morph follows a position"
        report.error(record.node, what, "a pedal, knob or fader")
    elif isinstance(target, ParameterTarget):
        for key in record.written(SHAPING):
            what = f"`{key}` shapes a position, and `{control}` is an encoder, which only steps"
            report.error(record.at(key), what, "" if key in MOTION else "say the size of a step with `by: 1 %`")


def _judge_acceleration(planned: Planned, heard: Heard, report: Report) -> None:
    if isinstance(planned.target, ParameterTarget) and "acceleration" in planned.record:
        what = f"`acceleration` is for encoders, and `{heard.trigger.control}` is {_kind(heard)}"
        report.error(planned.record.at("acceleration"), what)


def _judge_return(planned: Planned, heard: Heard, report: Report) -> None:
    """Report what a release takes back where the trigger is no press that will be released."""
    trigger, record = heard.trigger, planned.record
    key = _lasting(planned)
    if not key or (trigger.gesture is Gesture.PRESS and heard.kind is Kind.BUTTON):
        return
    what = f"`{key}: {record.at(key).text}` lasts as long as a press, and "
    if heard.kind is Kind.BUTTON:
        report.error(record.at(key), f"{what}`{trigger.gesture.value}` is none", "write it without a gesture")
    else:
        report.error(record.at(key), f"{what}`{trigger.control}` is {_kind(heard)}", "a button is pressed and released")


def _lasting(planned: Planned) -> str:
    """Return the modifier that makes an action last as long as the press; "" where none does."""
    match planned.target:
        case PageTarget(hold=True):
            return "hold"
        case BypassTarget(returns=True) | ParameterTarget(returns=True):
            return "release"
        case SendTarget(ending=ending) if ending is not None:
            return "release"
        case _:
            return ""
