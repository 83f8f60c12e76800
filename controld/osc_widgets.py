"""The controls of an OSC profile: messages become control events, and feedback becomes what clients are told.

Pure. An address that is written out is found by one look-up, a pattern by trying, once for each address. Positions on
the wire are 0.0 to 1.0, or from heel to toe where the profile calibrates; a switch is down from 0.5 on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Final

from controld.changes import State
from controld.events import ControlEvent, ControlMoved, ControlTurned, ProgramChosen
from controld.feedback import Feedback
from controld.mappings.profile import Control, Kind, Profile, Source
from controld.osc_codec import OscArg
from controld.osc_facts import NUMBERS, Echo, Fact, Value
from controld.osc_pattern import OscPattern, compile_pattern, is_pattern
from controld.values import calibrate, clamp

MAX_FOUND: Final = 1024  # addresses remembered with the patterns they match; then all are forgotten
MAX_DETENTS: Final = 127  # in one message: what a MIDI encoder could say with a whole byte

_Args = tuple[OscArg, ...]


@dataclass(frozen=True, slots=True)
class Widget:
    """A control as OSC knows it; `control` is its full name, `index` which argument is its own (from 0).

    `traits` are those of its kind, which is looked up once: a member of an enumeration is slow to look up by.
    """

    control: str
    kind: Kind
    address: str
    index: int
    ends: tuple[float, float] | None  # raw heel and toe
    exact: bool
    traits: "_Traits"

    def read(self, args: _Args, client: str, now: float) -> list[ControlEvent] | str:
        """Return what a message to the widget's address says, or why it says nothing."""
        return self.traits.read(self, args, client, now)

    def position_of(self, raw: float) -> float:
        """Return the position 0.0-1.0 of a number on the wire; what is beyond an end is at it."""
        return clamp(raw, 0.0, 1.0) if self.ends is None else calibrate(raw, *self.ends)

    def raw_of(self, position: float) -> float:
        """Return the number on the wire for a position, the reverse of `position_of`."""
        heel, toe = self.ends or (0.0, 1.0)
        return heel + (toe - heel) * position


class Widgets:
    """All OSC controls of one surface and what they show.

    Controls that share an address, each with its own argument, are told together, once all of them have something to
    show. Controls known by a pattern show nothing, for nobody knows where.
    """

    def __init__(self, surface: str, profile: Profile) -> None:
        """Take a profile.

        Raises:
            OscPatternError: an address is a malformed pattern.
        """
        self.surface = surface
        widgets = [_widget(surface, control, control.source) for control in profile.controls.values() if control.source]
        self._by_control = {widget.control: widget for widget in widgets}
        self._exact: dict[str, tuple[Widget, ...]] = {}
        for widget in sorted(widgets, key=lambda each: each.index):
            if widget.exact:
                self._exact[widget.address] = (*self._exact.get(widget.address, ()), widget)
        self._patterns: list[tuple[OscPattern, Widget]] = [
            (compile_pattern(widget.address), widget) for widget in widgets if not widget.exact
        ]
        self._found: dict[str, tuple[Widget, ...]] = {}
        self._values: dict[str, Value] = {}  # by control
        self._facts: dict[str, Fact] = {}

    # In

    def find(self, address: str) -> tuple[Widget, ...]:
        """Return the widgets at an address; one that is written out hides the patterns that match it too."""
        exact = self._exact.get(address)
        if exact is not None or not self._patterns:
            return exact or ()
        found = self._found.get(address)
        if found is None:
            if len(self._found) >= MAX_FOUND:
                self._found.clear()
            found = tuple(widget for pattern, widget in self._patterns if pattern.matches(address))
            self._found[address] = found
        return found

    def read(self, address: str, args: _Args, client: str, now: float) -> list[ControlEvent] | str | None:
        """Return the events of a message, why it is refused, or None where no control has this address."""
        events: list[ControlEvent] = []
        widgets = self.find(address)
        for widget in widgets:
            read = widget.read(args, client, now)
            if isinstance(read, str):
                return read
            events += read
        return events if widgets else None

    def fact(self, address: str) -> Fact | None:
        """Return what is shown at an address, None where nothing is."""
        return self._facts.get(address)

    def by_address(self) -> dict[str, tuple[Widget, ...]]:
        """Return the controls whose address is written out, by that, in the order of their arguments."""
        return dict(self._exact)

    def message_for(self, control: str, position: float) -> tuple[str, tuple[Value, ...]] | None:
        """Return the message a control of this full name sends at a position; None where that cannot be said.

        A program control takes its program's number for the position, an encoder a number of detents.
        """
        widget = self._by_control.get(control)
        if widget is None or not widget.exact or widget.kind is Kind.LIGHT:
            return None
        plain = widget.kind in {Kind.PROGRAM, Kind.ENCODER}
        value: Value = int(position) if plain else float(widget.raw_of(position))
        sharing = self._exact[widget.address]
        args: list[Value] = [0.0] * (max(other.index for other in sharing) + 1)
        for other in sharing:  # the rest of a pad stays where it is
            args[other.index] = self._values.get(other.control, 0.0)
        args[widget.index] = value
        return widget.address, tuple(args)

    # Out

    def receive(self, feedback: Feedback) -> list[Fact]:
        """Take a control's look; return what clients are to be told of it.

        A switch shows what is confirmed, so a wish on its way changes nothing; a fader follows the wish.
        """
        widget = self._by_control.get(feedback.control)
        if widget is None or not widget.exact or not widget.traits.shown:
            return []
        facts: list[Fact] = []
        if feedback.text:
            facts.append(Fact(f"{widget.address}/label", feedback.text))
        continuous = widget.traits.continuous
        if continuous or feedback.state is not State.ASKED:
            lit = feedback.value >= 0.5
            self._values[widget.control] = float(widget.raw_of(feedback.value)) if continuous else lit
            facts += self._shared(widget)
        self._facts.update((fact.address, fact) for fact in facts)
        return facts

    def dump(self) -> list[Fact]:
        """Return everything shown, in the order of addresses."""
        return [self._facts[address] for address in sorted(self._facts)]

    def _shared(self, widget: Widget) -> list[Fact]:
        sharing = self._exact[widget.address]
        if len(sharing) == 1 and widget.index == 0:
            return [Fact(widget.address, self._values[widget.control], echo_of(widget))]
        if any(other.index != place or other.control not in self._values for place, other in enumerate(sharing)):
            return []
        value, *rest = (self._values[other.control] for other in sharing)
        return [Fact(widget.address, value, echo_of(widget), rest=tuple(rest))]


def echo_of(widget: Widget) -> Echo:
    """Return how a client that moved the widget is answered."""
    return widget.traits.echo


def _widget(surface: str, control: Control, source: Source) -> Widget:
    exact = not is_pattern(source.address)
    name = f"{surface}.{control.name}"
    index, traits = source.argument - 1, _BY_KIND[control.kind]
    return Widget(name, control.kind, source.address, index, control.calibrate, exact, traits)


# Readers, by kind


def _number(widget: Widget, args: _Args) -> float | None:
    arg = args[widget.index] if widget.index < len(args) else None
    return float(arg) if isinstance(arg, NUMBERS) and isfinite(arg) else None


def _misfit(widget: Widget, args: _Args, takes: str) -> str:
    got = f"{args[widget.index]!r:.40}" if widget.index < len(args) else "nothing"
    place = f" as argument {widget.index + 1}" if widget.index else ""
    return f"{widget.control} takes {takes}{place}; got {got}"


def _read_switch(widget: Widget, args: _Args, client: str, now: float) -> list[ControlEvent] | str:
    if not args:  # a momentary button of some programs says only that it was pressed
        return [ControlMoved(widget.control, 1.0, now, client), ControlMoved(widget.control, 0.0, now, client)]
    raw = _number(widget, args)
    if raw is None:
        return _misfit(widget, args, "1 for down and 0 for up")
    return [ControlMoved(widget.control, 1.0 if widget.position_of(raw) >= 0.5 else 0.0, now, client)]


def _read_position(widget: Widget, args: _Args, client: str, now: float) -> list[ControlEvent] | str:
    raw = _number(widget, args)
    if raw is None:
        heel, toe = widget.ends or (0, 1)
        return _misfit(widget, args, f"a number from {heel:g} to {toe:g}")
    return [ControlMoved(widget.control, widget.position_of(raw), now, client)]


def _read_detents(widget: Widget, args: _Args, _client: str, now: float) -> list[ControlEvent] | str:
    raw = _number(widget, args)
    if raw is None:
        return _misfit(widget, args, "a number of detents, negative to the left")
    detents = int(clamp(raw, -MAX_DETENTS, MAX_DETENTS))
    return [ControlTurned(widget.control, detents, now)] if detents else []


def _read_program(widget: Widget, args: _Args, _client: str, now: float) -> list[ControlEvent] | str:
    raw = _number(widget, args)
    if raw is None or raw not in range(128):
        return _misfit(widget, args, "a program from 0 to 127")
    return [ProgramChosen(widget.control, int(raw), now)]


def _read_nothing(_widget: Widget, _args: _Args, _client: str, _now: float) -> list[ControlEvent] | str:
    return []  # a light that is sent back to us says nothing


@dataclass(frozen=True, slots=True)
class _Traits:
    """What a kind of control means to OSC: how it is read, and what it shows."""

    read: Callable[[Widget, _Args, str, float], list[ControlEvent] | str]
    echo: Echo = Echo.SWITCH
    continuous: bool = False
    shown: bool = True


_BY_KIND: Final = {
    Kind.BUTTON: _Traits(_read_switch, Echo.TRIGGER),
    Kind.LATCH: _Traits(_read_switch),
    Kind.PEDAL: _Traits(_read_position, Echo.CONTINUOUS, continuous=True),
    Kind.KNOB: _Traits(_read_position, Echo.CONTINUOUS, continuous=True),
    Kind.FADER: _Traits(_read_position, Echo.CONTINUOUS, continuous=True),
    Kind.ENCODER: _Traits(_read_detents, continuous=True),
    Kind.PROGRAM: _Traits(_read_program, shown=False),
    Kind.DISPLAY: _Traits(_read_nothing),
    Kind.LIGHT: _Traits(_read_nothing),
}
