"""The tables of actions: every key that may stand under `do`.

Pure. What the values mean for a rule is in `schema_do`, what they need of a control in `schema_judge`.
"""

from dataclasses import replace
from typing import Any

from controld.document import NodeKind
from controld.mappings import schema_hints as hints
from controld.mappings.defaults import TAKEOVERS
from controld.mappings.schema_leaves import (
    ACCELERATION,
    ANY_SCALAR,
    CONTROL_NAME,
    CURVE,
    DEADZONE,
    EFFECT,
    PAIR,
    PARAMETER,
    PLAIN_ADDRESS,
    STEP,
    STOPS,
    SYSEX,
    TEMPO,
    VARIABLE_NAME,
    any_of_words,
    pick,
    short_time,
)
from controld.mappings.schema_words import NOT_BUILT_YET
from controld.shape import Field, Shape, Table
from controld.shape_leaves import boolean, choice, duration, integer, level, name, note, number, number_cut_off, text
from controld.shape_lists import Either, ListOf, OneOrMany, Variants

SETTERS = ("to", "by", "toggle", "cycle")
MOTION = ("deadzone", "smooth", "takeover")
SHAPING = ("range", "curve", "steps", "values", *MOTION)
_SWITCH = ("on", "off", "toggle")
_ON_OR_OFF = choice("a way", _SWITCH, hints.SWITCH)
_OF_RULES = frozenset({"mode", "if", "feedback", "tags"})

MIDI_MESSAGE = Table(
    "midi_message", "a MIDI message",
    {
        "program": Field(integer(0, 127, "a program"), "A program change, 0 to 127 as on the wire.", examples=(3,)),
        "cc": Field(integer(0, 127, "a controller number"), "A control change.", examples=(80,)),
        "value": Field(integer(0, 127, "a value"), "The value of the control change."),
        "note": Field(note(), "A note on; velocity 0 is its end.", examples=("C3",)),
        "velocity": Field(integer(0, 127, "a velocity"), "The velocity of the note.", default=127),
        "sysex": Field(SYSEX, "A system exclusive message, F0 to F7."),
        "channel": Field(integer(1, 16, "a channel"), "The MIDI channel; the surface's own where not given."),
    },
    doc="A message to other gear.",
    one_of=(("program", "cc", "note", "sysex"),),
    needs={"value": "cc", "cc": "value", "velocity": "note"},
)  # fmt: skip


def _action(key: str, shape_field: Field, doc: str, modifiers: dict[str, Field] | None = None, **more: Any) -> Table:
    fields = {key: replace(shape_field, required=True)} | (modifiers or {})
    later = NOT_BUILT_YET.get(key, frozenset())
    return Table(key, f"the action `{key}`", fields, doc=doc, later=later, foreign=_belongs, **more)


def _belongs(key: str) -> str:
    """Return where a modifier belongs, for the hint at an action that does not have it."""
    owners = [f"`{action}`" for action, table in ACTIONS.items() if key in table.fields or key in table.later]
    if key in _OF_RULES:
        return f"`{key}` belongs to the rule, beside `when` and `do`"
    return f"`{key}` belongs to {' and '.join(owners)}" if owners else number_cut_off(key)


def _release(what: str) -> Field:
    return Field(choice("what its release does", ("return",)), f"return: {what}", examples=("return",))


_CURVE = Field(CURVE, "How the way between the ends is shaped.", default="linear")
_MOTION = {
    "deadzone": Field(DEADZONE, "How much at either end of the way counts as the end.", examples=("2 %",)),
    "smooth": Field(short_time("`smooth`"), "In what time a jump is mostly followed.", examples=("20 ms",)),
    "takeover": Field(choice("a takeover", TAKEOVERS),
                      "What a control does whose position is not the parameter's: jump (take its own at once), pickup "
                      "(wait until it crosses the parameter's), scale (come nearer to it with each movement).",
                      examples=("pickup",)),
}  # fmt: skip
_DO_PARAMETER = _action(
    "parameter",
    Field(PARAMETER, "The parameter, as `effect/symbol`; driven by the control unless `to`, `by`, `toggle` or `cycle` "
          "says otherwise.", examples=("drive/gain",)),
    "Move or set a parameter of an effect.",
    {
        "to": Field(level(), "Set it to this.", examples=("-6 dB", 0.7)),
        "by": Field(STEP, "Step it by this; an encoder steps once for each detent.", examples=("+3 dB", "-5 %")),
        "toggle": Field(PAIR, "Change between two levels.", examples=([0.2, 0.8],)),
        "cycle": Field(ListOf(level(), "two levels or more", 2), "Go on to the next of these levels.",
                       examples=([0.2, 0.5, 0.8],)),
        "over": Field(duration(), "How long it takes to get there.", examples=("2 s", "1 bar")),
        "range": Field(PAIR, "Where the control's ends lie; may be reversed.", examples=(["20 %", "80 %"],)),
        "curve": _CURVE,
        "steps": Field(integer(2, 1000, "a count"), "Only so many evenly spaced positions."),
        "values": Field(ListOf(level(), "two levels or more", 2), "Only these levels.",
                        examples=(["-20 dB", "-12 dB", "0 dB"],)),
        **_MOTION,
        "acceleration": Field(ACCELERATION, "By how much a fast turn of an encoder counts more than a slow one.",
                              examples=("1..8",)),
        "release": _release("the release of the switch takes it back."),
    },
    exclusive=(SETTERS, ("values", "steps"), ("values", "range"),
               *((setter, shaping) for setter in SETTERS for shaping in SHAPING),
               ("to", "acceleration"), ("toggle", "acceleration"), ("cycle", "acceleration")),
    needs={"over": SETTERS, "release": SETTERS},
)  # fmt: skip
_STOPS: dict[NodeKind, Shape] = {
    NodeKind.SEQUENCE: ListOf(pick("a snapshot"), "two snapshots or more, as in `[Clean, Lead]`", 2),
    NodeKind.MAPPING: STOPS,
}

ACTIONS: dict[str, Table] = {
    "bypass": _action(
        "bypass", Field(OneOrMany(EFFECT, "names of effects"), "The effect, or several at once.", examples=("drive",)),
        "Toggle effects, or make them active or bypassed.",
        {"to": Field(choice("a way", ("active", "bypassed", "control", "toggle"), hints.BYPASS),
                     "What becomes of them; `control`: active at or above half.", default="toggle"),
         "release": _release("the release of the switch takes it back.")},
        fits={"release": ("to", ("active", "bypassed", "toggle"))},
    ),
    "parameter": _DO_PARAMETER,
    "preset": _action(
        "preset", Field(EFFECT, "The effect.", examples=("drive",)), "Load a preset of an effect.",
        {"to": Field(pick("a preset"), "Its name, its number from 1, next or previous.", required=True,
                     examples=("Crunch",))},
    ),
    "snapshot": _action(
        "snapshot", Field(pick("a snapshot"), "Its name, its number from 1, next, previous, last (the one before), or "
                          "current (to be saved).", examples=("Lead",)),
        "Recall a snapshot of the current pedalboard, or save what is played as one.",
        {"save": Field(boolean(), "true: what is played becomes this snapshot.", default=False, examples=(True,))},
        demands={"snapshot": ("current", "save")},
    ),
    "pedalboard": _action(
        "pedalboard", Field(pick("a pedalboard"), "Its name, its number from 1, next or previous.",
                            examples=("next",)),
        "Change to another pedalboard.",
    ),
    "bank": _action(
        "bank", Field(pick("a bank"), "Its name, its number from 1, next or previous.", examples=("next",)),
        "Change to another bank, in which pedalboards are then counted.",
    ),
    "morph": _action(
        "morph", Field(Either(_STOPS, "snapshots, as in `[Clean, Lead]` or `{0 %: Clean, 100 %: Lead}`"),
                       "The snapshots, evenly spaced or each at its place of the way.",
                       examples=(["Clean", "Lead"], {"0 %": "Clean", "40 %": "Crunch", "100 %": "Lead"})),
        "Blend every parameter in which snapshots differ, with a control that moves.",
        {"curve": _CURVE, **_MOTION},
    ),
    "page": _action(
        "page", Field(pick("a page"), "Its name, its number from 1, next, previous, or back (where one came from).",
                      examples=("solo",)),
        "Change to another page.",
        {"hold": Field(boolean(), "true: only while the switch is held.", default=False)},
    ),
    "tempo": _action(
        "tempo", Field(TEMPO, "tap, beats a minute from 20 to 300, or current with `by`.", examples=("tap", 120)),
        "Tap the tempo, set it, or change it.",
        {"by": Field(number("beats a minute from -280 to 280", -280, 280), "Change it by this; an encoder does so "
                     "for each detent.", examples=(-1,))},
        fits={"by": ("tempo", ("current",))}, demands={"tempo": ("current", "by")},
    ),
    "transport": _action(
        "transport", Field(choice("a way", ("start", "stop", "continue", "toggle"), hints.TRANSPORT),
                           "start: from the beginning. continue: from where it stopped.",
                           examples=("toggle",)),
        "Start or stop the transport.",
    ),
    "send": _action(
        "send", Field(name("the name of a surface"), "The surface to send to.", examples=("floor",)),
        "Send a message to other gear.",
        {
            "midi": Field(MIDI_MESSAGE, "A MIDI message.", examples=({"program": 3},)),
            "osc": Field(PLAIN_ADDRESS, "The address of an OSC message.", examples=("/page/2",)),
            "args": Field(ListOf(ANY_SCALAR, "a list of values", 0), "The arguments of the OSC message.", default=(),
                          examples=([1],)),
            "release": _release("the release of the switch ends the note, or sends the value 0."),
        },
        one_of=(("midi", "osc"),), needs={"args": "osc"},
    ),
    "show": _action(
        "show", Field(CONTROL_NAME, "The display, as `surface.control`.", examples=("floor.screen",)),
        "Show a text on a display.",
        {"text": Field(text("a text", empty=True), "The text; `{pedalboard}`, `{snapshot}` and other names in braces "
                       "stand for the rig's state.", required=True, examples=("{pedalboard} / {snapshot}",)),
         "for": Field(short_time("`for`", longest_s=3600.0), "How long; then the standing text returns.",
                      examples=("2 s",))},
    ),
    "tuner": _action("tuner", Field(_ON_OR_OFF, "What becomes of it.", examples=("toggle",)),
                     "Show the tuner or put it away."),
    "mute": _action("mute", Field(_ON_OR_OFF, "What becomes of it.", examples=("toggle",)),
                    "Part the outputs from the speakers, or join them again."),
    "set": _action(
        "set", Field(VARIABLE_NAME, "The variable, declared under `variables`.", examples=("solo",)),
        "Change a variable.",
        {
            "to": Field(ANY_SCALAR, "Set it to this.", examples=(True,)),
            "by": Field(number("a number"), "Change a number by this; an encoder does so for each detent.",
                        examples=(1,)),
            "cycle": Field(ListOf(ANY_SCALAR, "two values or more", 2), "Go on to the next of these values.",
                           examples=([1, 2, 3],)),
            "toggle": Field(any_of_words("true", (True,)), "true: change between true and false.", examples=(True,)),
        },
        one_of=(SETTERS,),
    ),
    "wait": _action(
        "wait", Field(duration(), "How long.", examples=("50 ms", "2 beats")), "Wait before what follows in the list.",
    ),
    "undo": _action("undo", Field(any_of_words("`last`", ("last", True)), "last: the last change by a player.",
                                  examples=("last",)), "Take back what was done last."),
    "redo": _action("redo", Field(any_of_words("`last`", ("last", True)), "last: what was taken back last.",
                                  examples=("last",)), "Do again what was taken back."),
    "panic": _action("panic", Field(any_of_words("true", (True,)), "true: do it.", examples=(True,)),
                     "Make all safe: what runs ends, and what `panic` of a file lists is done."),
    "resync": _action("resync", Field(name("`all`, or the name of a surface"), "all, or one surface.",
                                      examples=("all",)), "Send a surface its whole state again."),
    "rollback": _action("rollback", Field(any_of_words("`last`", ("last", True)), "last: the set before this one.",
                                          examples=("last",)), "Return to the last good set of files."),
}  # fmt: skip
ACTION = Variants("action", "an action", ACTIONS, later=NOT_BUILT_YET.get("action", frozenset()), foreign=hints.ACTIONS)
