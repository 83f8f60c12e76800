"""What a MIDI device shows: feedback to bytes, only where they differ, at the pace the device can take.

Pure; `now` is handed in, in seconds (monotonic). Per light the panel knows what the device *shows* and what *waits* to
be sent. A newer look replaces a waiting one in its place in the queue, so a swept pedal never piles up, nothing
overtakes for ever, and the last value always arrives. Raw messages (SysEx, `send` rules) go through the same queue in
order and are never replaced.

The pace is a bucket of bytes that fills at the profile's `max_rate`: a few messages go at once, more are spread. A
message longer than the bucket waits until it is full and leaves it in debt.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from controld.feedback import Feedback
from controld.mappings.profile import Control, Kind, Light, Profile, SourceType
from controld.midi_colors import nearest_color
from controld.midi_stream import BEND, CC, MAX_DATA, NOTE_ON, PROGRAM
from controld.midi_values import FINE, MAX_14, bend_raw, highest, raw_of
from controld.values import clamp

BURST_BYTES = 12.0  # four messages at once: about 4 ms of a DIN cable
BLINK_S = 0.25  # half a period: 2 Hz, for devices that cannot blink by themselves
_ROUNDING = 1e-6  # in bytes: a deadline computed from the bucket must find it full
_ON_FROM = 0.5  # a plain light is on from half of its value up

_STATUS = {SourceType.CC: CC, SourceType.NOTE: NOTE_ON, SourceType.PROGRAM: PROGRAM, SourceType.PITCHBEND: BEND}


@dataclass(frozen=True, slots=True)
class _Lamp:
    """A light as the queue knows it: `key` is the same for all that the device holds to be one light."""

    control: Control
    light: Light
    place: int

    @property
    def key(self) -> tuple[int, int]:
        number = self.light.number if self.light.type in {SourceType.CC, SourceType.NOTE} else 0
        return _STATUS[self.light.type] | (self.light.channel - 1), number


@dataclass(slots=True)
class _Blink:
    lit: int
    dark: int


class MidiPanel:
    """The lights, rings and motor faders of one device. Feedback names controls as `surface.control`."""

    def __init__(self, surface: str, profile: Profile) -> None:
        lit = (control for control in profile.controls.values() if control.light and control.light.type in _STATUS)
        self._lamps = {
            f"{surface}.{control.name}": _Lamp(control, control.light, place)
            for place, control in enumerate(lit)
            if control.light
        }
        self._by_key = {lamp.key: lamp for lamp in self._lamps.values()}
        self._rate = profile.max_rate
        self._bucket, self._filled_s = BURST_BYTES, float("-inf")
        self.forget()

    def forget(self) -> None:
        """Begin anew with a device that was just connected: what it shows is unknown, and nothing waits."""
        self._shown: dict[tuple[int, int], int] = {}
        self._waiting: dict[tuple[int, int] | int, int | bytes] = {}
        self._blinking: dict[tuple[int, int], _Blink] = {}
        self._serial = 0
        self._lit = True
        self._toggle_s: float | None = None

    @property
    def waiting(self) -> int:
        """How many messages wait to be sent."""
        return len(self._waiting)

    def show_all(self, feedbacks: Iterable[Feedback]) -> None:
        """Show several looks, in the profile's order whatever order they came in."""
        for feedback in sorted(feedbacks, key=self._place):
            self.show(feedback)

    def show(self, feedback: Feedback) -> None:
        """Queue a look; nothing is sent where the device shows it already, unless `force` is set.

        Controls without a light are left alone.
        """
        lamp = self._lamps.get(feedback.control)
        if lamp is None:
            return
        if feedback.force:
            self._shown.pop(lamp.key, None)
        if feedback.style == "blink" and lamp.light.blink is None and not lamp.light.continuous:
            self._want(lamp.key, self._blink(lamp, _Blink(_lit_value(lamp.light, feedback.color), lamp.light.off)))
        else:
            self._blinking.pop(lamp.key, None)
            self._want(lamp.key, look_value(lamp.control, lamp.light, feedback))

    def send(self, data: bytes) -> None:
        """Queue one raw message behind what waits; it is never dropped while the device is there."""
        self._serial += 1
        self._waiting[self._serial] = data

    def saw_input(self, control: str, position: float) -> None:
        """Note that a control moved by itself to `position`, so it shows that now and is not told its own position.

        Holds for what moves with the finger (faders, pedals with a light of their own) and for latches, which switch
        their light themselves; what the rig shows next is compared with that.
        """
        lamp = self._lamps.get(control)
        if lamp is None:
            return
        if lamp.control.kind is Kind.LATCH:
            value = lamp.light.on if position >= _ON_FROM else lamp.light.off
        elif lamp.control.kind in {Kind.FADER, Kind.PEDAL} and lamp.light.continuous:
            value = _continuous(lamp.control, lamp.light, position)
        else:
            return
        self._shown[lamp.key] = value
        if self._waiting.get(lamp.key) == value:
            del self._waiting[lamp.key]

    def tick(self, now: float) -> None:
        """Turn the lights that we make blink, where it is time; all of them together."""
        if not self._blinking:
            return
        if self._toggle_s is None:
            self._toggle_s = now + BLINK_S
        if now < self._toggle_s:
            return
        self._lit = not self._lit
        # From now on, not from when it was due: a late tick must not be followed by a burst of them.
        self._toggle_s = now + BLINK_S
        for key, blink in self._blinking.items():
            self._want(key, blink.lit if self._lit else blink.dark)

    def take(self, now: float, budget: int | None = None) -> list[bytes]:
        """Return the messages to send now, at most about `budget` bytes of them (None: what the pace allows)."""
        self.tick(now)
        self._fill(now)
        messages: list[bytes] = []
        spent = 0
        while self._waiting and (budget is None or spent < budget):
            key, value = next(iter(self._waiting.items()))
            portion = [value] if isinstance(value, bytes) else self._messages(key, value)
            size = sum(map(len, portion))
            if self._bucket + _ROUNDING < min(size, BURST_BYTES):
                break
            del self._waiting[key]
            self._bucket -= size
            spent += size
            messages += portion
            self._note_shown(key, value)
        return messages

    def next_deadline(self, now: float) -> float | None:
        """Return when `take` will have something to do, in seconds (`now` or later), or None where nothing waits."""
        deadlines = []
        if self._blinking:
            deadlines.append(max(now, self._toggle_s) if self._toggle_s is not None else now)
        if self._waiting:
            self._fill(now)
            key, value = next(iter(self._waiting.items()))
            size = len(value) if isinstance(value, bytes) else sum(map(len, self._messages(key, value)))
            deadlines.append(now + max(0.0, min(size, BURST_BYTES) - self._bucket) / self._rate)
        return min(deadlines, default=None)

    def _place(self, feedback: Feedback) -> int:
        lamp = self._lamps.get(feedback.control)
        return lamp.place if lamp else len(self._lamps)

    def _blink(self, lamp: _Lamp, blink: _Blink) -> int:
        """Return the value to show now: a new blinker is lit at once, and all others with it, so they stay together."""
        if self._blinking.get(lamp.key) == blink:
            return blink.lit if self._lit else blink.dark
        if not self._blinking or not self._lit:
            self._lit, self._toggle_s = True, None
            for key, other in self._blinking.items():
                self._want(key, other.lit)
        self._blinking[lamp.key] = blink
        return blink.lit

    def _want(self, key: tuple[int, int], value: int) -> None:
        if self._shown.get(key) == value:
            self._waiting.pop(key, None)
        else:
            self._waiting[key] = value

    def _fill(self, now: float) -> None:
        elapsed = max(0.0, now - self._filled_s)
        self._bucket = min(BURST_BYTES, self._bucket + elapsed * self._rate)
        self._filled_s = max(self._filled_s, now)

    def _messages(self, key: tuple[int, int] | int, value: int) -> list[bytes]:
        assert isinstance(key, tuple)
        status, number = key
        if status & 0xF0 == BEND:
            return [bytes((status, value & MAX_DATA, value >> 7))]
        if status & 0xF0 == PROGRAM:
            return [bytes((status, value))]
        if _is_pair(self._by_key[key].light):
            return [bytes((status, number, value >> 7)), bytes((status, number + FINE, value & MAX_DATA))]
        return [bytes((status, number, value))]

    def _note_shown(self, key: tuple[int, int] | int, value: int | bytes) -> None:
        if isinstance(key, tuple) and isinstance(value, int):
            self._shown[key] = value
        elif isinstance(value, bytes) and len(value) > 1:
            # A raw message may have set a light; what it shows is asked for anew by the next look.
            self._shown.pop((value[0], 0 if value[0] & 0xF0 in {BEND, PROGRAM} else value[1]), None)


def look_value(control: Control, light: Light, feedback: Feedback) -> int:
    """Return the data value (7 bits, or 14 for pairs and bends) by which a light takes on a look."""
    if light.continuous:
        return _continuous(control, light, feedback.value)
    lit = _lit_value(light, feedback.color)
    match feedback.style:
        case "off":
            return light.off
        case "on":
            return lit
        case "blink":
            return light.off if light.blink is None else light.blink
        case "dim" if light.dim is not None:
            return light.dim
        case "dim":
            return light.off if feedback.value == 0 else lit
        case _:
            return lit if feedback.value >= _ON_FROM else light.off


def _lit_value(light: Light, color: str) -> int:
    name = nearest_color(color, light.colors) if color else ""
    return light.colors[name] if name else light.on


def _is_pair(light: Light) -> bool:
    return light.type is SourceType.CC and light.bits == 14 and light.number < FINE


def _continuous(control: Control, light: Light, position: float) -> int:
    """Return the data value of a ring or motor fader; a motor stands where the control itself would send from."""
    position = clamp(position, 0.0, 1.0)
    top = MAX_14 if _is_pair(light) or light.type is SourceType.PITCHBEND else MAX_DATA
    if control.calibrate and control.source and control.source.type in _STATUS and highest(control.source) == top:
        return raw_of(control, position)
    return bend_raw(position) if light.type is SourceType.PITCHBEND else round(position * top)
