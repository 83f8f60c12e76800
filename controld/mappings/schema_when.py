"""`when`: from forms to triggers of the rig's controls.

Pure. `schema_forms` reads the words alone; `Listener` looks the controls up, for only its kind says what each can do.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from controld.document import Node
from controld.mappings.defaults import Defaults
from controld.mappings.profile import Control, Kind, Source, SourceType
from controld.mappings.raw_midi import comes_from, raw_control, raw_source
from controld.mappings.rule import Event, Gesture, Trigger
from controld.mappings.schema_forms import RAW_OSC, Form
from controld.mappings.schema_known import Known
from controld.shape import Report, listed

_SWITCH = (Gesture.PRESS, Gesture.RELEASE, Gesture.HOLD, Gesture.HOLD_RELEASE, Gesture.DOUBLE, Gesture.REPEAT)
_POSITION = (Gesture.MOVE, Gesture.TOE, Gesture.HEEL)
# What each kind of control can do; the natural gesture first, which is meant when none is written.
GESTURES: Mapping[Kind, tuple[Gesture, ...]] = {
    Kind.BUTTON: _SWITCH,
    Kind.LATCH: (Gesture.PRESS, Gesture.DOUBLE),
    Kind.PEDAL: _POSITION,
    Kind.KNOB: _POSITION,
    Kind.FADER: _POSITION,
    Kind.ENCODER: (Gesture.MOVE,),
    Kind.PROGRAM: (Gesture.CHANGE,),
    Kind.DISPLAY: (),
    Kind.LIGHT: (),
}
EVENT_PREFIX = "event:"


@dataclass(slots=True)
class Heard:
    """A trigger with the kind of its control (None where it is not known) and what was written."""

    form: Form
    trigger: Trigger
    kind: Kind | None


@dataclass(slots=True)
class Listener:
    """Looks up controls. What rules name without a profile becomes controls, collected in `implicit` by surface."""

    known: Known
    report: Report
    defaults: Defaults = field(default_factory=Defaults)
    implicit: dict[str, dict[str, Control]] = field(default_factory=dict)

    def hear(self, form: Form, *, moves: bool) -> list[Heard]:
        """Return the triggers a form stands for; `moves` tells whether the rule follows a position."""
        if form.event is not None:
            return self._hear_event(form, form.event)
        if form.raw is not None:
            return self._hear_midi(form, moves=moves)
        if form.address:
            return self._hear_osc(form, moves=moves)
        if form.chord:
            return self._hear_chord(form)
        if not form.control:
            return []  # what it should be is reported
        kind = self._kind(form.node, form.control)
        gesture = self._fitting(form, kind)
        if gesture is None:
            return []
        programs: tuple[int | None, ...] = form.programs or (None,)
        return [Heard(form, self._trigger(form, form.control, gesture, program), kind) for program in programs]

    def _trigger(self, form: Form, control: str, gesture: Gesture, program: int | None = None) -> Trigger:
        """Return the trigger of a gesture, with the defaults for what the form does not say."""
        defaults = self.defaults
        time_s, every_s, at = form.time_s, 0.0, form.at
        if time_s is None:
            time_s = defaults.time_of(gesture)
        if gesture is Gesture.REPEAT:
            every_s = defaults.repeat_s[1] if form.every_s is None else form.every_s
        if at is None:
            at = defaults.toe if gesture is Gesture.TOE else defaults.heel if gesture is Gesture.HEEL else 0.0
        return Trigger(control, gesture, time_s, program, every_s, at)

    def _kind(self, node: Node, control: str) -> Kind | None:
        """Return the kind of a control; None where it is not known, after reporting one that is not there."""
        found = self.known.control(node, control, self.report)
        return None if found is None else found.kind

    def _fitting(self, form: Form, kind: Kind | None) -> Gesture | None:
        """Return the gesture meant, where the control has it."""
        if kind is None:
            return form.gesture or Gesture.PRESS
        can = GESTURES[kind]
        if not can:
            self.report.error(form.node, f"`{form.control}` is a {kind.value}: it shows something, but sends nothing")
            return None
        if form.gesture is None:
            return can[0]
        if form.gesture not in can:
            has = listed([gesture.value for gesture in can])
            what = "programs" if form.programs else f"`{form.gesture.value}`"
            self.report.error(form.node, f"`{form.control}` is a {kind.value} and has no {what}", f"it has {has}")
            return None
        return form.gesture

    # Several controls

    def _hear_chord(self, form: Form) -> list[Heard]:
        kinds = {control: self._kind(form.node, control) for control in form.chord}
        for control, kind in kinds.items():
            if kind is not None and kind is not Kind.BUTTON:
                self.report.error(form.node, f"`{control}` is a {kind.value}, and a chord is made of buttons")
                return []
        controls = tuple(sorted(form.chord, key=self._place))
        gesture = form.gesture or Gesture.PRESS
        plain = self._trigger(form, "+".join(controls), gesture)
        trigger = Trigger(plain.control, gesture, plain.time_s, chord=controls, within_s=self.defaults.chord_s)
        known = all(kind is not None for kind in kinds.values())
        return [Heard(form, trigger, Kind.BUTTON if known else None)]

    def _place(self, control: str) -> tuple[int, int, str]:
        """Return where a control stands in the rig, so that every order of writing a chord is the same chord."""
        surface, _, name = control.partition(".")
        surfaces = self.known.surfaces or {}
        profile = surfaces.get(surface)
        controls = profile.controls if profile is not None else {}
        return _index(surface, surfaces), _index(name, controls), control

    # Without a profile

    def _hear_osc(self, form: Form, *, moves: bool) -> list[Heard]:
        kind = Kind.PEDAL if form.gesture in _POSITION or (moves and form.gesture is None) else Kind.BUTTON
        if form.gesture is Gesture.CHANGE:
            self.report.error(form.node, f"an OSC address has no gesture `{form.gesture.value}`")
            return []
        if self.known.surfaces is not None and not self.known.osc:
            self.report.error(form.node, "no surface speaks OSC", "give one `osc: {listen: 127.0.0.1:9000}`")
            return []
        name = f"{RAW_OSC}{form.address}" + (f"#{form.argument}" if form.argument != 1 else "")
        control = Control(name, kind, Source(SourceType.OSC, address=form.address, argument=form.argument))
        return self._hear_implicit(form, control, sorted(self.known.osc) or ["osc"])

    def _hear_midi(self, form: Form, *, moves: bool) -> list[Heard]:
        assert form.raw is not None
        source = raw_source(form.raw, self.report)
        if source is None:
            return []
        port: str = form.raw["port"]
        surfaces = sorted(surface for surface in self.known.midi if comes_from(port, surface))
        if self.known.surfaces is not None and not surfaces:
            hint = f"those that speak MIDI: {', '.join(sorted(self.known.midi)) or 'none'}"
            self.report.error(form.raw.at("port"), f"`{port}` is no surface that speaks MIDI", hint)
            return []
        return self._hear_implicit(form, raw_control(source, moves=moves), surfaces or ["midi"])

    def _hear_implicit(self, form: Form, control: Control, surfaces: Collection[str]) -> list[Heard]:
        gesture = form.gesture or GESTURES[control.kind][0]
        for surface in surfaces:
            other = self.implicit.setdefault(surface, {}).setdefault(control.name, control)
            if other.kind is not control.kind:
                what = f"`{control.name}` cannot be both a {other.kind.value} and a {control.kind.value}"
                self.report.error(form.node, what, "give it a control of a surface profile")
        names = [f"{surface}.{control.name}" for surface in surfaces]
        return [Heard(form, self._trigger(form, name, gesture), control.kind) for name in names]

    # Without a control

    def _hear_event(self, form: Form, event: Event) -> list[Heard]:
        subject = ""
        if form.subject is not None:
            key, node = form.subject
            subject = node.text
            self.known.check_subject(node, key, self.report)
        trigger = Trigger(f"{EVENT_PREFIX}{event.value}", Gesture.EVENT, subject=subject)
        return [Heard(form, trigger, None)]


def _index(name: str, names: Mapping[str, object]) -> int:
    return next((index for index, each in enumerate(names) if each == name), len(names))
