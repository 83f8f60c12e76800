"""The methods of the built-in OSC namespace: which addresses exist, what each takes, and the action it comes to.

Pure, and without state: the names of the current pedalboard are known to `osc_namespace`. `METHODS` is the whole table;
matching, refusals, hints and documentation follow it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Final

from controld.actions import (
    DriveParameter,
    EngineAction,
    LoadPedalboard,
    LoadPreset,
    Panic,
    Pick,
    RecallSnapshot,
    Redo,
    Resync,
    SaveSnapshot,
    Seek,
    SelectBank,
    SelectPage,
    SetBypass,
    SetMute,
    SetParameter,
    SetTempo,
    SetTransport,
    SetTuner,
    SetVariable,
    TapTempo,
    ToggleParameter,
    Undo,
)
from controld.errors import nearest
from controld.osc_codec import OscArg
from controld.values import Level, Scale, clamp

# What a message comes to: an action, a refusal in plain words, or nothing (the release of a button).
Reading = EngineAction | SelectPage | SetVariable | str | None

MISFIT: Final = "\0"  # a reader's way to say that the argument is not what the method takes
_ROUNDING: Final = 1e-6  # how far beyond 0 and 1 a normalized value may stray
_MAX_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Method:
    """An address of the namespace: braces stand for names, `takes` says in plain words what may be sent.

    `read` gets the names, the first argument (None: there is none) and the parameter's scale where it is known.
    """

    pattern: str
    takes: str
    read: Callable[[list[str], OscArg, Scale | None], Reading]
    needs_arg: bool = True

    @property
    def only_told(self) -> bool:
        """Whether nothing can be sent there."""
        return self.read is _read_only

    def apply(self, names: list[str], args: tuple[OscArg, ...], scale: Scale | None) -> Reading:
        """Return what a message with these arguments asks for, or why it asks for nothing that can be."""
        if len(args) == 2 and self.pattern in _LISTS and _number(args[1]) is not None:
            if not args[1]:
                return None  # a grid button that sends its number first, and then 1 and 0
        elif len(args) > 1 or (self.needs_arg and not args):
            return f"takes {self.takes}; got {len(args)} arguments"
        reading = self.read(names, args[0] if args else None, scale)
        return f"takes {self.takes}; got {args[0]!r:.40}" if reading == MISFIT else reading


def find_method(address: str) -> tuple[Method, list[str]] | None:
    """Return the method at an address with the names in it, None where the namespace has none."""
    parts = address.split("/")
    for method, segments in _SEGMENTS:
        names = _names(segments, parts)
        if names is not None:
            return method, names
    return None


def address_of(subject: str) -> str:
    """Return the address a refusal speaks of: of "drive/gain", "drive preset", "snapshot", "pedalboard X", "mute"."""
    if subject.startswith("/"):
        return subject
    first, _, rest = subject.partition(" ")
    if first in _ROOMS:
        return f"/{first}"
    if first == "variable":
        return f"/{first}/{rest}"
    return f"/effect/{first}/{rest}" if rest else f"/effect/{first}"


def _names(segments: list[str], parts: list[str]) -> list[str] | None:
    """Return what stands in the braces, or None where the address is another."""
    if len(segments) != len(parts):
        return None
    names: list[str] = []
    for segment, part in zip(segments, parts, strict=True):
        if segment[:1] != "{":
            if segment != part:
                return None
        elif not part or (segment == "{number}" and not _is_ordinal(part)):
            return None
        else:
            names.append(part)
    return names


def _is_ordinal(text: str) -> bool:
    return text.isascii() and text.isdecimal() and text[0] != "0" and len(text) <= _MAX_DIGITS


# Arguments


def _number(arg: OscArg) -> float | None:
    """Return a finite number (booleans are 1 and 0), None for anything else."""
    return float(arg) if isinstance(arg, int | float) and isfinite(arg) else None


def _is_press(arg: OscArg) -> bool | None:
    """Tell a press (no argument, or a number other than 0) from a release; None for what is neither."""
    number = _number(arg)
    if arg is None or number is None:
        return True if arg is None else None
    return number != 0


def _pick(arg: OscArg) -> Pick | None:
    if isinstance(arg, str):
        return _SEEKS.get(arg, arg) if arg else None
    number = None if isinstance(arg, bool) else _number(arg)
    return int(number) if number is not None and number >= 1 and number == int(number) else None


_SEEKS: Final = {seek.value: seek for seek in Seek}


# Readers, one for each row of the table


def _bypass(names: list[str], arg: OscArg, _scale: Scale | None) -> Reading:
    number = _number(arg)
    return MISFIT if number is None else SetBypass((names[0],), number >= 0.5)


def _active(names: list[str], arg: OscArg, _scale: Scale | None) -> Reading:
    number = _number(arg)
    return MISFIT if number is None else SetBypass((names[0],), number < 0.5)


def _preset(names: list[str], arg: OscArg, _scale: Scale | None) -> Reading:
    pick = _pick(arg)
    return MISFIT if pick is None else LoadPreset(names[0], pick)


def _parameter(names: list[str], arg: OscArg, scale: Scale | None) -> Reading:
    if isinstance(arg, str):
        return _named_value(names, arg, scale)
    number = _number(arg)
    return MISFIT if number is None else SetParameter(names[0], names[1], Level(number), continuous=True)


def _named_value(names: list[str], label: str, scale: Scale | None) -> Reading:
    points = {point.label: point.value for point in scale.points} if scale else {}
    if not points:
        return f"takes a number: {names[0]}/{names[1]} has no named values"
    folded = {known.casefold(): value for known, value in points.items()}
    value = points.get(label, folded.get(label.casefold()))
    if value is None:
        return f"`{label:.40}` is none of {', '.join(points)} {nearest(label[:40], points)}".strip()
    return SetParameter(names[0], names[1], Level(value), continuous=True)


def _normalized(names: list[str], arg: OscArg, _scale: Scale | None) -> Reading:
    number = _number(arg)
    if number is None or not -_ROUNDING <= number <= 1 + _ROUNDING:
        return MISFIT
    return DriveParameter(names[0], names[1], clamp(number, 0.0, 1.0))


def _snapshot(_names: list[str], arg: OscArg, _scale: Scale | None) -> Reading:
    pick = _pick(arg)
    return MISFIT if pick is None else RecallSnapshot(pick)


def _pedalboard(_names: list[str], arg: OscArg, _scale: Scale | None) -> Reading:
    pick = _pick(arg)
    return MISFIT if pick is None else LoadPedalboard(pick)


def _bank(_names: list[str], arg: OscArg, _scale: Scale | None) -> Reading:
    pick = _pick(arg)
    return MISFIT if pick is None else SelectBank(pick)


def _page(_names: list[str], arg: OscArg, _scale: Scale | None) -> Reading:
    pick = _pick(arg)
    return MISFIT if pick is None else SelectPage(pick)


def _save(_names: list[str], arg: OscArg, _scale: Scale | None) -> Reading:
    """Read what is to be saved over: a name, or a press for the current one."""
    if isinstance(arg, str):
        return SaveSnapshot(arg) if arg else MISFIT
    pressed = _is_press(arg)
    if pressed is None:
        return MISFIT
    return SaveSnapshot() if pressed else None


def _tempo(_names: list[str], arg: OscArg, _scale: Scale | None) -> Reading:
    number = None if isinstance(arg, bool) else _number(arg)
    return MISFIT if number is None else SetTempo(number)


def _variable(names: list[str], arg: OscArg, _scale: Scale | None) -> Reading:
    if isinstance(arg, str | bool):
        return SetVariable(names[0], arg)
    number = _number(arg)
    return MISFIT if number is None else SetVariable(names[0], number)


def _switch(make: Callable[[bool], EngineAction]) -> Callable[[list[str], OscArg, Scale | None], Reading]:
    """Make the reader of something that is on or off."""

    def read(_names: list[str], arg: OscArg, _scale: Scale | None) -> Reading:
        number = _number(arg)
        return MISFIT if number is None else make(number >= 0.5)

    return read


def _button(make: Callable[[list[str]], EngineAction]) -> Callable[[list[str], OscArg, Scale | None], Reading]:
    """Make the reader of something that happens on a press; its release means nothing."""

    def read(names: list[str], arg: OscArg, _scale: Scale | None) -> Reading:
        pressed = _is_press(arg)
        if pressed is None:
            return MISFIT
        return make(names) if pressed else None

    return read


def _end_to_end(names: list[str]) -> EngineAction:
    """Make the action of a switch that a parameter is: from one end of its range to the other."""
    return ToggleParameter(names[0], names[1], Level(0.0, "%"), Level(100.0, "%"))


def _read_only(_names: list[str], _arg: OscArg, _scale: Scale | None) -> Reading:
    return "is told by controld and cannot be set"


_LISTS: Final = {"/snapshot", "/pedalboard", "/bank"}
# What a refusal may speak of that is not an effect's.
_ROOMS: Final = {
    "snapshot", "pedalboard", "bank", "page", "tempo", "mute", "tuner", "transport", "undo", "redo", "panic",
}  # fmt: skip
_AN_ENTRY: Final = "its name, its number from 1, next or previous"
_ON_OFF: Final = "one number: 1 for on, 0 for off"
_A_PRESS: Final = "nothing or 1 for a press, 0 for a release"

# First match wins, so the words stand before the symbols they hide.
METHODS: Final = (
    Method("/effect/{effect}/bypass", "one number: 1 for bypassed, 0 for active", _bypass),
    Method("/effect/{effect}/active", "one number: 1 for active, 0 for bypassed", _active),
    Method("/effect/{effect}/toggle", _A_PRESS, _button(lambda names: SetBypass((names[0],))), needs_arg=False),
    Method("/effect/{effect}/preset", f"one preset: {_AN_ENTRY}", _preset),
    Method("/effect/{effect}/{symbol}", "one number in the plugin's unit, or a named value", _parameter),
    Method("/effect/{effect}/{symbol}/normalized", "one number from 0 to 1", _normalized),
    Method("/effect/{effect}/{symbol}/toggle", _A_PRESS, _button(_end_to_end), needs_arg=False),
    Method("/effect/{effect}/{symbol}/text", "nothing", _read_only, needs_arg=False),
    Method("/snapshot", f"one snapshot: {_AN_ENTRY}, or last", _snapshot),
    Method("/snapshot/{number}", _A_PRESS, _button(lambda names: RecallSnapshot(int(names[0]))), needs_arg=False),
    Method("/snapshot/{number}/name", "nothing", _read_only, needs_arg=False),
    Method("/snapshot/save", f"one snapshot's name, or {_A_PRESS}", _save, needs_arg=False),
    Method("/pedalboard", f"one pedalboard: {_AN_ENTRY}", _pedalboard),
    Method("/pedalboard/{number}", _A_PRESS, _button(lambda names: LoadPedalboard(int(names[0]))), needs_arg=False),
    Method("/pedalboard/{number}/name", "nothing", _read_only, needs_arg=False),
    Method("/bank", f"one bank: {_AN_ENTRY}", _bank),
    Method("/bank/{number}", _A_PRESS, _button(lambda names: SelectBank(int(names[0]))), needs_arg=False),
    Method("/bank/{number}/name", "nothing", _read_only, needs_arg=False),
    Method("/page", f"one page: {_AN_ENTRY}, or back", _page),
    Method("/tempo", "one number from 20 to 300", _tempo),
    Method("/tempo/text", "nothing", _read_only, needs_arg=False),
    Method("/tempo/tap", _A_PRESS, _button(lambda _names: TapTempo()), needs_arg=False),
    Method("/transport", "one number: 1 to start, 0 to stop", _switch(SetTransport)),
    Method("/transport/toggle", _A_PRESS, _button(lambda _names: SetTransport()), needs_arg=False),
    Method("/mute", _ON_OFF, _switch(SetMute)),
    Method("/mute/toggle", _A_PRESS, _button(lambda _names: SetMute()), needs_arg=False),
    Method("/tuner", _ON_OFF, _switch(SetTuner)),
    Method("/tuner/toggle", _A_PRESS, _button(lambda _names: SetTuner()), needs_arg=False),
    Method("/variable/{name}", "one number or text, as the variable is", _variable),
    Method("/undo", _A_PRESS, _button(lambda _names: Undo()), needs_arg=False),
    Method("/redo", _A_PRESS, _button(lambda _names: Redo()), needs_arg=False),
    Method("/panic", _A_PRESS, _button(lambda _names: Panic()), needs_arg=False),
    Method("/controld/resync", _A_PRESS, _button(lambda _names: Resync()), needs_arg=False),
    Method("/status", "nothing", _read_only, needs_arg=False),
    Method("/status/loading", "nothing", _read_only, needs_arg=False),
    Method("/status/repaired", "nothing", _read_only, needs_arg=False),
    Method("/status/cpu", "nothing", _read_only, needs_arg=False),
    Method("/status/xruns", "nothing", _read_only, needs_arg=False),
    *(
        Method(f"/status/level/{way}/{{number}}{form}", "nothing", _read_only, needs_arg=False)
        for way in ("in", "out")
        for form in ("", "/normalized")
    ),
)
_SEGMENTS: Final = tuple((method, method.pattern.split("/")) for method in METHODS)
