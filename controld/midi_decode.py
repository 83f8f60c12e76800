"""What one control makes of the values it hears: raw values to events.

Pure; `now` is handed in, in seconds (monotonic). Everything a control remembers between two messages is here: halves of
14-bit values, and steps of an encoder that do not make a click yet.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from controld.events import ControlEvent, ControlMoved, ControlTouched, ControlTurned, ProgramChosen
from controld.mappings.profile import MAX_7, Control, Source, SourceType
from controld.midi_values import detents_of, is_program, is_relative, is_switch, position_of, source_of

# In seconds: a coarse part this soon after a lone fine part belongs to it, for the device sends the fine part first.
LSB_FIRST_S = 0.005
_TOUCHED_FROM = 64  # a CC that says whether a hand is on a control is a switch like any other

Event = ControlEvent | ControlTouched
Events = Event | tuple[Event, ...] | None  # what one message means: nearly always one event, or none
Decode = Callable[[int, float], Events]


def gathered(found: Iterable[Events]) -> Events:
    """Return what several made of one message as one answer, in that order."""
    events: list[Event] = []
    for each in found:
        if isinstance(each, tuple):
            events += each
        elif each is not None:
            events.append(each)
    return tuple(events) if len(events) > 1 else events[0] if events else None


class Clicks:
    """An encoder that sends several steps for one click: what does not make a click waits for more.

    What waits is dropped when the direction turns: the wheel fell back into the click it came from.
    """

    __slots__ = ("_detent", "_name", "_rest")

    def __init__(self, name: str, control: Control) -> None:
        self._name, self._detent = name, control.detent
        self._rest = 0

    def turn(self, steps: int, now: float) -> Events:
        """Take signed steps."""
        if steps * self._rest < 0:
            self._rest = 0
        steps += self._rest
        clicks = math.trunc(steps / self._detent)
        self._rest = steps - clicks * self._detent
        return ControlTurned(self._name, clicks, now) if clicks else None


class FinePair:
    """The two halves of one 14-bit value on one channel.

    A coarse part sets the fine part to zero, and either part alone is a whole message, as the specification has it; a
    device that sends the fine part first is known by a fine part that followed no coarse one.
    """

    __slots__ = ("_coarse", "_control", "_fine", "_known", "_lone_fine_s", "_name", "_open")

    def __init__(self, name: str, control: Control) -> None:
        self._name, self._control = name, control
        self._coarse = self._fine = 0
        self._known = self._open = False
        self._lone_fine_s = float("-inf")

    def receive_coarse(self, value: int, now: float) -> Events:
        """Take the upper 7 bits."""
        self._open = now - self._lone_fine_s > LSB_FIRST_S
        self._coarse, self._fine = value, 0 if self._open else self._fine
        self._lone_fine_s = float("-inf")
        return self._event(now)

    def receive_fine(self, value: int, now: float) -> Events:
        """Take the lower 7 bits."""
        if not self._open:
            self._lone_fine_s = now
        self._open, self._fine = False, value
        return self._event(now)

    def step(self, steps: int, now: float) -> Events:
        """Take steps up or down from where it stands; nothing where that was never told."""
        if not self._known:
            return None
        raw = max(0, min((self._coarse << 7 | self._fine) + steps, source_of(self._control).highest))
        self._coarse, self._fine = raw >> 7, raw & MAX_7
        return self._event(now)

    def _event(self, now: float) -> Events:
        self._known = True
        return ControlMoved(self._name, position_of(self._control, self._coarse << 7 | self._fine), now)


class Single:
    """A 7-bit value that is remembered, so that it can be stepped."""

    __slots__ = ("_decode", "_value")

    def __init__(self, name: str, control: Control) -> None:
        self._decode = decoder_for(name, control)
        self._value: int | None = None

    def receive(self, value: int, now: float) -> Events:
        """Take the value."""
        self._value = value
        return self._decode(value, now)

    def step(self, steps: int, now: float) -> Events:
        """Take steps up or down from where it stands; nothing where that was never told."""
        return None if self._value is None else self.receive(max(0, min(self._value + steps, MAX_7)), now)


@dataclass(frozen=True, slots=True)
class Parameter:
    """How a control hears its NRPN or RPN: the two halves of data entries, and data increments (signed)."""

    coarse: Decode
    fine: Decode
    step: Decode


def parameter_for(name: str, control: Control) -> Parameter:
    """Return how a control called `name` hears a numbered parameter on one channel."""
    if is_relative(control):
        clicks = Clicks(name, control)
        return Parameter(_steps_decoder(control, clicks), _ignore, clicks.turn)
    if source_of(control).is_pair:
        pair = FinePair(name, control)
        return Parameter(pair.receive_coarse, pair.receive_fine, pair.step)
    single = Single(name, control)
    return Parameter(single.receive, _ignore, _ignore if is_switch(control) else single.step)


def decoder_for(name: str, control: Control) -> Decode:
    """Return what a control called `name` makes of a value of its message; pairs of CCs are for `FinePair`."""
    source = source_of(control)
    if is_program(control):
        return partial(ProgramChosen, name)
    if is_relative(control):
        if control.detent > 1:
            return _steps_decoder(control, Clicks(name, control))
        detents = _detents(control)
        return lambda value, now: ControlTurned(name, detents[value], now) if detents[value] else None
    if source.highest == 0:  # the message says only that it came
        return lambda _value, now: (ControlMoved(name, 1.0, now), ControlMoved(name, 0.0, now))
    if source.highest > MAX_7:
        return lambda value, now: ControlMoved(name, position_of(control, value), now)
    positions = tuple(position_of(control, value) for value in range(128))
    return lambda value, now: ControlMoved(name, positions[value], now)


def touch_decoder(name: str, touch: Source) -> Decode:
    """Return what the message that tells of a hand on a control called `name` means."""
    least = 1 if touch.type is SourceType.NOTE else _TOUCHED_FROM
    return lambda value, now: ControlTouched(name, value >= least, now)


def _detents(control: Control) -> tuple[int, ...]:
    return tuple(detents_of(control.coding, value) for value in range(128))


def _steps_decoder(control: Control, clicks: Clicks) -> Decode:
    detents = _detents(control)
    return lambda value, now: clicks.turn(detents[value], now)


def _ignore(_value: int, _now: float) -> Events:
    return None
