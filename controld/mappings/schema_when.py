"""`when`: from what is written ("floor.fs1 hold 700 ms") to triggers of the rig's controls.

Pure. `FORM` reads the words alone; `Listener` then looks the control up, for only its kind says what it can do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from controld.document import Node
from controld.errors import nearest
from controld.mappings.profile import Control, Kind, Source, SourceType
from controld.mappings.profile_tables import osc_address
from controld.mappings.rule import DEFAULT_DOUBLE_S, DEFAULT_HOLD_S, Gesture, Trigger
from controld.mappings.schema_known import Known
from controld.mappings.schema_words import NOT_BUILT_YET
from controld.shape import Leaf, Mistake, Record, Report, listed
from controld.shape_leaves import parse_duration

# What each kind of control can do; the natural gesture first, which is meant when none is written.
GESTURES: Mapping[Kind, tuple[Gesture, ...]] = {
    Kind.BUTTON: (Gesture.PRESS, Gesture.RELEASE, Gesture.HOLD, Gesture.DOUBLE),
    Kind.LATCH: (Gesture.PRESS, Gesture.DOUBLE),
    Kind.PEDAL: (Gesture.MOVE,),
    Kind.KNOB: (Gesture.MOVE,),
    Kind.FADER: (Gesture.MOVE,),
    Kind.ENCODER: (Gesture.MOVE,),
    Kind.PROGRAM: (Gesture.CHANGE,),
    Kind.DISPLAY: (),
    Kind.LIGHT: (),
}
_DEFAULT_S = {Gesture.HOLD: DEFAULT_HOLD_S, Gesture.DOUBLE: DEFAULT_DOUBLE_S}
_LONGEST_S = 60.0

RAW_OSC = "osc:"
PROGRAM_RANGE = re.compile(r"^\s*(\S+)\s+([0-9]{1,3})\s*\.\.\s*([0-9]{1,3})\s*$")
_CONTROL = re.compile(r"^[A-Za-z][A-Za-z0-9_-]*\.[A-Za-z][A-Za-z0-9_-]*$")
_PROGRAMS = re.compile(r"^([0-9]{1,3})(?:\s*\.\.\s*([0-9]{1,3}))?$")


@dataclass(frozen=True, slots=True)
class Form:
    """What is written: a control or a raw OSC address, and the gesture where one is written."""

    node: Node
    control: str = ""
    address: str = ""
    gesture: Gesture | None = None
    time_s: float = 0.0
    programs: tuple[int, ...] = ()


def _parse(node: Node) -> Form:
    if not isinstance(node.value, str) or not node.text.strip():
        raise Mistake(f"expected a control and what it does, as in `floor.fs1 hold`, found {node.describe()}")
    if " + " in node.text:
        raise Mistake("chords (`+`) are part of the language but not built yet")
    head, _, rest = node.text.strip().partition(" ")
    rest = rest.strip()
    if head.startswith(RAW_OSC):
        gesture, time_s = _gesture(rest)
        return Form(node, address=osc_address(head.removeprefix(RAW_OSC)), gesture=gesture, time_s=time_s)
    if not _CONTROL.match(head):
        raise Mistake(f"expected `surface.control`, as in `floor.fs1`, found `{head}`")
    programs = _PROGRAMS.match(rest)
    if programs:
        return Form(node, head, gesture=Gesture.CHANGE, programs=_programs(programs[1], programs[2] or programs[1]))
    gesture, time_s = _gesture(rest)
    return Form(node, head, gesture=gesture, time_s=time_s)


def _programs(first: str, last: str) -> tuple[int, ...]:
    low, high = int(first), int(last)
    if max(low, high) > 127 or low > high:
        raise Mistake(f"expected programs from 0 to 127 in ascending order, found `{first}..{last}`")
    return tuple(range(low, high + 1))


def _gesture(words: str) -> tuple[Gesture | None, float]:
    if not words:
        return None, 0.0
    word, _, time = words.partition(" ")
    if word in NOT_BUILT_YET["gesture"]:
        raise Mistake(f"`{word}` is part of the language but not built yet")
    gesture = next((gesture for gesture in Gesture if gesture.value == word), None)
    if gesture is None:
        names = [gesture.value for gesture in Gesture]
        raise Mistake(f"expected what the control does ({listed(names)}), found `{word}`", nearest(word, names))
    if not time:
        return gesture, _DEFAULT_S.get(gesture, 0.0)
    if gesture not in _DEFAULT_S:
        raise Mistake(f"`{word}` takes no time, found `{time}`")
    duration = parse_duration(time)
    if duration.beats or not 0 < duration.seconds <= _LONGEST_S:
        raise Mistake(f"`{word}` takes a time above 0 and up to {_LONGEST_S:g} s, found `{time}`")
    return gesture, duration.seconds


FORM = Leaf(_parse, {"type": "string", "pattern": r"^\s*(\S+\.\S|osc:/)"}, "what has to happen")


def form_of(value: object) -> Form:
    """Return a form that `WHEN` read: a text's, or a raw mapping's."""
    if isinstance(value, Record):
        return Form(value.node, address=value["osc"] or "/")
    assert isinstance(value, Form)
    return value


@dataclass(slots=True)
class Heard:
    """A trigger with the kind of its control (None where it is not known) and what was written."""

    form: Form
    trigger: Trigger
    kind: Kind | None


@dataclass(slots=True)
class Listener:
    """Looks up controls; raw OSC addresses become controls of every OSC surface, collected in `implicit`."""

    known: Known
    report: Report
    implicit: dict[str, Control] = field(default_factory=dict)

    def hear(self, form: Form, *, moves: bool) -> list[Heard]:
        """Return the triggers a form stands for; `moves` tells whether the rule follows a position."""
        if form.address:
            return self._hear_raw(form, moves=moves)
        kind = self._kind(form)
        gesture = self._fitting(form, kind)
        if gesture is None:
            return []
        programs: tuple[int | None, ...] = form.programs or (None,)
        triggers = [Trigger(form.control, gesture, form.time_s, program) for program in programs]
        return [Heard(form, trigger, kind) for trigger in triggers]

    def _kind(self, form: Form) -> Kind | None:
        if self.known.surfaces is None:
            return None
        surface, _, name = form.control.partition(".")
        if surface not in self.known.surfaces:
            hint = nearest(surface, self.known.surfaces) or f"known: {', '.join(self.known.surfaces) or 'none'}"
            self.report.error(form.node, f"there is no surface `{surface}`", hint)
            return None
        profile = self.known.surfaces[surface]
        if profile is None:
            return None
        if name not in profile.controls:
            hint = nearest(name, profile.controls) or f"it has {', '.join(list(profile.controls)[:12])}"
            self.report.error(form.node, f"`{surface}` has no control `{name}`", hint)
            return None
        return profile.controls[name].kind

    def _fitting(self, form: Form, kind: Kind | None) -> Gesture | None:
        """Return the gesture meant, where the control has it."""
        if kind is None:
            return form.gesture or Gesture.PRESS
        can = GESTURES[kind]
        if not can:
            self.report.error(form.node, f"`{form.control}` is a light: it shows something, but sends nothing")
            return None
        if form.gesture is None:
            return can[0]
        if form.gesture not in can:
            has = listed([gesture.value for gesture in can])
            what = "programs" if form.programs else f"`{form.gesture.value}`"
            self.report.error(form.node, f"`{form.control}` is a {kind.value} and has no {what}", f"it has {has}")
            return None
        return form.gesture

    def _hear_raw(self, form: Form, *, moves: bool) -> list[Heard]:
        if form.gesture in {Gesture.MOVE, Gesture.CHANGE}:
            self.report.error(form.node, f"an OSC address has no gesture `{form.gesture.value}`")
            return []
        kind = Kind.PEDAL if moves and form.gesture is None else Kind.BUTTON
        if self.known.surfaces is not None and not self.known.osc:
            self.report.error(form.node, "no surface speaks OSC", "give one `osc: {listen: 127.0.0.1:9000}`")
            return []
        name = f"{RAW_OSC}{form.address}"
        control = Control(name, kind, Source(SourceType.OSC, address=form.address))
        other = self.implicit.setdefault(name, control)
        if other.kind is not kind:
            hint = "give it a control of a surface profile"
            self.report.error(form.node, f"`{name}` cannot be both a {other.kind.value} and a {kind.value}", hint)
        gesture = form.gesture or GESTURES[kind][0]
        surfaces = sorted(self.known.osc) or ["osc"]
        return [Heard(form, Trigger(f"{surface}.{name}", gesture, form.time_s), kind) for surface in surfaces]
