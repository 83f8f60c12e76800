"""The words of tests inside a map: "floor.fs1 hold", "wait 600 ms", "drive/gain 50 %", "sent floor C0 05".

Pure. Each line begins with a word that says what it is, or with a control, an effect or a parameter.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from controld.document import Node
from controld.errors import nearest
from controld.mappings.defaults import Defaults
from controld.mappings.lights import STYLES
from controld.mappings.map_test import (
    BEYOND_HOLD_S,
    Choose,
    CurrentIs,
    Device,
    Double,
    Down,
    EffectIs,
    Engine,
    Expectation,
    LightIs,
    MoveTo,
    Nothing,
    ParameterIs,
    PresetIs,
    Press,
    SentMidi,
    SentOsc,
    Shows,
    Step,
    SwitchIs,
    TempoIs,
    Touched,
    Turn,
    Up,
    VariableIs,
    Wait,
)
from controld.mappings.profile import Control, Kind
from controld.mappings.schema_forms import parse_share, parse_time
from controld.mappings.schema_known import Known
from controld.mappings.schema_leaves import EFFECT_PATTERN, PLAIN_ADDRESS
from controld.mappings.schema_look import check_color
from controld.shape import Mistake, Report, listed
from controld.shape_leaves import level, parse_duration

T = TypeVar("T")
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_DETENTS = re.compile(r"[-+][0-9]{1,4}")
_EFFECT = re.compile(EFFECT_PATTERN)
_SWITCHES = frozenset({Kind.BUTTON, Kind.LATCH})
_POSITIONS = frozenset({Kind.PEDAL, Kind.KNOB, Kind.FADER})
_PLAYS = ("down", "up", "press", "hold", "double", "to 50 %", "+3", "program 5")
_LEVEL = level()
_ON_OFF = {"on": True, "off": False}
_TRANSPORT = {"start": True, "stop": False}


@dataclass(slots=True)
class Reader:
    """Reads the lines of one test; mistakes are reported, and make None."""

    known: Known
    implicit: Mapping[str, Mapping[str, Control]]  # controls that rules name without a profile, by surface
    defaults: Defaults
    report: Report

    def step(self, node: Node) -> Step | None:
        """Return what is played."""
        return self._read(node, self._step)

    def expectation(self, node: Node) -> Expectation | None:
        """Return what is expected."""
        return self._read(node, self._expectation)

    def light(self, key: Node, node: Node) -> LightIs | None:
        """Return how the control `key` is to look."""
        return self._read(node, lambda each: self._light(key, each))

    def _read(self, node: Node, read: Callable[[Node], T]) -> T | None:
        try:
            return read(node)
        except Mistake as mistake:
            self.report.error(node, mistake.message, mistake.hint)
            return None

    # Steps

    def _step(self, node: Node) -> Step:
        head, _, rest = node.text.strip().partition(" ")
        rest = rest.strip()
        if head == "wait":
            return Wait(parse_duration(rest))
        if head in {"lose", "connect"}:
            self.known.check_surface(_part(node, rest), self.report)
            return Device(rest, head == "connect")
        if head == "engine":
            return Engine(_word(rest, {"up": True, "down": False}, "`engine`"))
        kind = self._kind(node, head)
        return self._gesture(head, kind, *rest.split(maxsplit=1))

    def _kind(self, node: Node, control: str) -> Kind | None:
        surface, dot, name = control.partition(".")
        if not dot or not name:
            hint = nearest(control, ("wait", "lose", "connect", "engine"))
            raise Mistake(f"expected a control and what it does, as in `floor.fs1 down`, found `{node.text}`", hint)
        raw = self.implicit.get(surface, {}).get(name)
        found = raw or self.known.control(_part(node, control), control, self.report)
        return None if found is None else found.kind

    def _gesture(self, control: str, kind: Kind | None, word: str = "", rest: str = "") -> Step:
        if not word:
            word = "press"
        if _DETENTS.fullmatch(word) and int(word) and not rest:
            _judge(control, kind, {Kind.ENCODER}, word)
            return Turn(control, int(word))
        if word == "to":
            _judge(control, kind, _POSITIONS, word)
            return MoveTo(control, parse_share(rest, "`to`"))
        if word == "program":
            _judge(control, kind, {Kind.PROGRAM}, word)
            if not rest.isascii() or not rest.isdigit() or int(rest) > 127:
                raise Mistake(f"expected a program from 0 to 127, found `{rest}`")
            return Choose(control, int(rest))
        return self._switch(control, kind, word, rest)

    def _switch(self, control: str, kind: Kind | None, word: str, rest: str) -> Step:
        plain: Mapping[str, Callable[[str], Step]] = {"down": Down, "up": Up, "double": Double, "press": Press}
        if word not in {*plain, "hold"} or (rest and word != "hold"):
            written = f"{word} {rest}".strip()
            raise Mistake(f"expected what the control does ({listed(_PLAYS)}), found `{written}`", nearest(word, plain))
        _judge(control, kind, _SWITCHES, word)
        if word == "hold":
            beyond_s = round(self.defaults.hold_s + BEYOND_HOLD_S, 9)
            return Press(control, parse_time(rest, "`hold`") if rest else beyond_s)
        return plain[word](control)

    # Expectations

    def _expectation(self, node: Node) -> Expectation:
        head, _, rest = node.text.strip().partition(" ")
        rest = rest.strip()
        read = _EXPECTATIONS.get(head)
        if read is not None:
            return read(self, node, head, rest)
        if "/" in head and rest:
            effect, _, symbol = head.partition("/")
            self.known.check_parameter(_part(node, head), effect, symbol, self.report)
            wanted = _LEVEL.parse(_typed(node, rest))
            self.known.check_level(node, wanted, effect, symbol, self.report)
            return ParameterIs(effect, symbol, wanted)
        if rest in {"active", "bypassed"} and _EFFECT.match(head):
            self.known.check_effect(node, head, self.report)
            return EffectIs(head, rest == "active")
        if self.known.effects is not None and head in self.known.effects:
            raise Mistake(f"expected `active` or `bypassed` behind `{head}`, found `{rest}`")
        hint = nearest(head, _EXPECTATIONS)
        raise Mistake(f"expected what is so then, as in `snapshot Lead` or `drive active`, found `{node.text}`", hint)

    # Lights

    def _light(self, key: Node, node: Node) -> LightIs:
        self._kind(key, key.text)
        if node.text.strip().endswith("%"):
            return LightIs(key.text, value=parse_share(node.text, "a ring"))
        light = LightIs(key.text)
        for word in node.text.split():
            if word in STYLES and not light.style:
                light = replace(light, style=word)
            elif not light.color:
                check_color(_part(node, word), self.known, self.report, STYLES)
                light = replace(light, color=word)
            else:
                raise Mistake(f"expected a style, a colour, or both, found `{node.text}`", "as in `red blink`")
        return light


def _current(reader: Reader, node: Node, head: str, rest: str) -> Expectation:
    _something(rest, head)
    if head == "page":
        reader.known.check_page(_part(node, rest), reader.report)
    else:
        names = {"pedalboard": reader.known.pedalboards, "snapshot": reader.known.snapshots, "bank": reader.known.banks}
        reader.known.check_name(_part(node, rest), names[head], head, reader.report)
    return CurrentIs(head, rest)


def _touched(reader: Reader, node: Node, head: str, rest: str) -> Expectation:
    _something(rest, head)
    if head == "bypass":
        reader.known.check_effect(node, rest, reader.report)
        return Touched(rest)
    effect, _, symbol = rest.partition("/")
    if not symbol:
        raise Mistake(f"expected an effect and its parameter, as in `drive/gain`, found `{rest}`")
    reader.known.check_parameter(node, effect, symbol, reader.report)
    return Touched(effect, symbol)


def _preset(reader: Reader, node: Node, _head: str, rest: str) -> Expectation:
    effect, _, label = rest.partition(" ")
    _something(label, "preset")
    reader.known.check_effect(node, effect, reader.report)
    return PresetIs(effect, label.strip())


def _tempo(_reader: Reader, _node: Node, _head: str, rest: str) -> Expectation:
    if not _NUMBER.fullmatch(rest) or not 20 <= float(rest) <= 300:
        raise Mistake(f"expected beats a minute from 20 to 300, found `{rest}`")
    return TempoIs(float(rest))


def _variable(reader: Reader, node: Node, _head: str, rest: str) -> Expectation:
    name, _, written = rest.partition(" ")
    _something(written, "variable")
    variable = reader.known.variable(_part(node, name), reader.report)
    value = reader.known.value(_typed(node, written.strip()), variable, reader.report)
    return VariableIs(name, value if value is not None else False)


def _switched(_reader: Reader, _node: Node, head: str, rest: str) -> Expectation:
    return SwitchIs(head, _word(rest, _TRANSPORT if head == "transport" else _ON_OFF, f"`{head}`"))


def _sent(reader: Reader, node: Node, _head: str, rest: str) -> Expectation:
    surface, _, message = rest.partition(" ")
    _something(message, "sent")
    reader.known.check_surface(_part(node, surface), reader.report)
    message = message.strip()
    if message.startswith("/"):
        address, *args = message.split()
        PLAIN_ADDRESS.parse(_part(node, address))
        return SentOsc(surface, address, tuple(_value(each) for each in args))
    try:
        return SentMidi(surface, bytes.fromhex(message))
    except ValueError:
        what = f"expected bytes in hexadecimal as in `C0 05`, or an OSC address, found `{message}`"
        raise Mistake(what) from None


def _shows(reader: Reader, node: Node, _head: str, rest: str) -> Expectation:
    control, _, text = rest.partition(" ")
    reader.known.check_shown(_part(node, control), reader.report)
    return Shows(control, text.strip())


def _nothing(_reader: Reader, _node: Node, _head: str, rest: str) -> Expectation:
    if rest:
        raise Mistake(f"expected nothing behind `nothing`, found `{rest}`")
    return Nothing()


_EXPECTATIONS: Mapping[str, Callable[[Reader, Node, str, str], Expectation]] = {
    "snapshot": _current, "pedalboard": _current, "bank": _current, "page": _current,
    "bypass": _touched, "parameter": _touched, "preset": _preset, "tempo": _tempo,
    "variable": _variable, "mute": _switched, "tuner": _switched, "transport": _switched,
    "sent": _sent, "show": _shows, "nothing": _nothing,
}  # fmt: skip


def _judge(control: str, kind: Kind | None, able: frozenset[Kind] | set[Kind], word: str) -> None:
    if kind is not None and kind not in able:
        raise Mistake(f"`{control}` is a {kind.value} and cannot do `{word}`")


def _word(written: str, words: Mapping[str, bool], what: str) -> bool:
    if written not in words:
        raise Mistake(f"{what} takes {listed(list(words))}, found `{written}`", nearest(written, words))
    return words[written]


def _something(rest: str, head: str) -> None:
    if not rest.strip():
        raise Mistake(f"expected more behind `{head}`")


def _part(node: Node, text: str) -> Node:
    """Return a part of a line, at the line's place."""
    return replace(node, value=text, text=text)


def _typed(node: Node, text: str) -> Node:
    """Return a part of a line with the value it would have in a file."""
    return replace(node, value=_value(text), text=text)


def _value(text: str) -> bool | float | str:
    words = {"true": True, "false": False}
    return words[text] if text in words else float(text) if _NUMBER.fullmatch(text) else text
