"""What a MIDI device shows: feedback to bytes, only where they differ, at the pace the device can take.

Pure; `now` is handed in, in seconds (monotonic). Per light, and per row of a display, the panel knows what the device
*shows* and what *waits* to be sent. A newer look replaces a waiting one in its place in the queue, so a swept pedal
never piles up, nothing overtakes for ever, and the last value always arrives. Raw messages (SysEx, `send` rules) go
through the same queue in order and are never replaced. What a hand is on is not moved; it is *kept* until it lets go.

The pace is a bucket of bytes that fills at the profile's `max_rate`: a few messages go at once, more are spread. A
message longer than the bucket waits until it is full and leaves it in debt.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from controld.changes import State
from controld.feedback import Feedback
from controld.mappings.profile import Control, Display, Kind, Light, Profile, SourceType
from controld.midi_display import head_of, messages_of
from controld.midi_looks import ON_FROM, STATUS, Frame, Frames, frames_of, moves_by_itself, position_frame
from controld.midi_pace import Bucket, Key, Turns
from controld.midi_stream import BEND, PROGRAM
from controld.midi_thru import newest_wins
from controld.ownership import Ownership

MAX_RELAYED = 1024  # what waits for a device that takes less than another one sends: a second of a DIN cable


@dataclass(frozen=True, slots=True)
class _Lamp:
    """A light as the queue knows it."""

    control: Control
    light: Light
    place: int

    @property
    def key(self) -> Key:
        if self.light.messages or (self.light.rgb and not self.light.colors):
            return self.control.name, 0  # set by whole messages, which have no address
        return self._key(self.light.channel)

    @property
    def addresses(self) -> list[Key]:
        """What messages to it begin with, on all its channels."""
        return [self._key(channel) for channel in (self.light.channel, *self.light.channels.values())]

    def _key(self, channel: int) -> Key:
        number = self.light.number if self.light.type in {SourceType.CC, SourceType.NOTE} else 0
        return STATUS[self.light.type] | (channel - 1), number


@dataclass(frozen=True, slots=True)
class _Screen:
    name: str
    display: Display
    place: int

    def rows(self) -> list[Key]:
        return [(self.name, row) for row in range(self.display.rows)]


class MidiPanel:
    """The lights, rings, motor faders and displays of one device. Feedback names controls as `surface.control`."""

    def __init__(self, surface: str, profile: Profile) -> None:
        self._lamps: dict[str, _Lamp] = {}
        self._screens: dict[str, _Screen] = {}
        for place, control in enumerate(profile.controls.values()):
            name = f"{surface}.{control.name}"
            if control.light is not None and control.light.type in STATUS:
                self._lamps[name] = _Lamp(control, control.light, place)
            if control.display is not None:
                self._screens[name] = _Screen(name, control.display, place)
        self._by_address = {address: lamp.key for lamp in self._lamps.values() for address in lamp.addresses}
        self._made: dict[tuple[int, str, str, bool, bool], Frames] = {}
        self._bucket = Bucket(profile.max_rate)
        self._setup = profile.setup
        self.forget()

    def forget(self) -> None:
        """Begin anew with a device that was just connected: it is set up, what it shows is unknown, nothing waits."""
        self._shown: dict[Key, Frame] = {}
        self._waiting: dict[Key | int, Frame] = {}
        self._turns = Turns()
        self._hands: Ownership[Key, Frame] = Ownership()
        self._serial = 0
        for message in self._setup:
            self.send(message)

    def take_over(self, old: "MidiPanel") -> None:
        """Send first what another panel of this device was still to send as it is: a note that began has its end."""
        behind, self._waiting = self._waiting, {}
        for key, frame in (*old._waiting.items(), *behind.items()):  # noqa: SLF001 - its own kind
            if isinstance(key, int):
                self.send(frame[0])

    @property
    def waiting(self) -> int:
        """How many lights, rows and messages wait to be sent."""
        return len(self._waiting)

    def show_all(self, feedbacks: Iterable[Feedback]) -> None:
        """Show several looks, in the profile's order whatever order they came in."""
        for feedback in sorted(feedbacks, key=self._place):
            self.show(feedback)

    def show(self, feedback: Feedback) -> None:
        """Queue a look; nothing is sent where the device shows it already, unless `force` is set.

        Controls without a light and without a display are left alone.
        """
        lamp = self._lamps.get(feedback.control)
        if lamp is not None:
            if feedback.force:
                self._shown.pop(lamp.key, None)
            self._show_frames(lamp.key, self._frames_of(lamp, feedback))
        screen = self._screens.get(feedback.control)
        if screen is not None:
            for key, message in zip(screen.rows(), messages_of(screen.display, feedback.text), strict=True):
                if feedback.force:
                    self._shown.pop(key, None)
                self._want(key, (message,))

    def send(self, data: bytes) -> None:
        """Queue one raw message behind what waits; it is never dropped while the device is there."""
        self._serial += 1
        self._waiting[self._serial] = (data,)

    def relay(self, data: bytes) -> bool:
        """Queue a message of another device; False where so many wait that it has to be left out.

        Of a controller that sweeps only the newest value waits, in the place of the one before it.
        """
        about = newest_wins(data)
        if about is not None:
            self._waiting[-about] = (data,)  # what is sent as it is counts upwards from 1
        elif len(self._waiting) >= MAX_RELAYED:
            return False
        else:
            self.send(data)
        return True

    def saw_input(self, control: str, position: float, now: float | None = None) -> bool:
        """Note that a control moved by itself to `position`, so it shows that now and is not told its own position.

        Returns whether something has to be sent because of it: to a device that lights a switch by itself.

        Holds for what moves with the finger (faders, pedals that show by their own message) and for latches, which
        switch their light themselves; what the rig shows next is compared with that. With `now` a fader is not moved
        until `OWNED_S` later: the hand may not have felt that it is there.
        """
        lamp = self._lamps.get(control)
        if lamp is None:
            return False
        if lamp.light.lights_itself and lamp.control.kind is Kind.BUTTON:
            shown = self._shown.pop(lamp.key, None)
            if shown is not None:
                self._waiting.setdefault(lamp.key, shown)
            return lamp.key in self._waiting
        if lamp.control.kind is Kind.LATCH:
            style = "on" if position >= ON_FROM else "off"
            frame = frames_of(lamp.control, lamp.light, _plain_look(control, style))[0]
        elif lamp.light.continuous and moves_by_itself(lamp.control, lamp.light):
            frame = position_frame(lamp.control, lamp.light, position)
            if now is not None and lamp.control.kind is Kind.FADER:
                self._hands.move(lamp.key, now)
                self._set_aside(lamp.key)
        else:
            return False
        self._shown[lamp.key] = frame
        if self._waiting.get(lamp.key) == frame:
            del self._waiting[lamp.key]
        return False

    def touched(self, control: str, is_touched: bool, now: float) -> None:
        """Note that a hand is on a motor fader, or has let go; meanwhile it is not moved.

        After it let go it is told where to stand, even where that is where it stands: many motors go back to what they
        were told last. That is `OWNED_S` later, so that what the hand did last is answered first.
        """
        lamp = self._lamps.get(control)
        if lamp is None or lamp.control.kind is not Kind.FADER or not lamp.light.continuous:
            return  # a ring of lights does not disturb a hand
        if is_touched:
            self._hands.touch(lamp.key)
            self._set_aside(lamp.key)
        elif lamp.key in self._hands:
            shown = self._shown.pop(lamp.key, None)
            if shown is not None:
                self._hands.waiting.setdefault(lamp.key, shown)
            self._hands.let_go(lamp.key, now)

    def tick(self, now: float) -> None:
        """Do what is due: the next turn of the lights that we make blink, all together, and what hands let go."""
        for key, frame in self._hands.due(now):
            self._want(key, frame)
        for key, frame in self._turns.tick(now):
            self._want(key, frame)

    def take(self, now: float, budget: int | None = None) -> list[bytes]:
        """Return the messages to send now, at most about `budget` bytes of them (None: what the pace allows)."""
        self.tick(now)
        self._bucket.fill(now)
        messages: list[bytes] = []
        spent = 0
        while self._waiting and (budget is None or spent < budget):
            key, frame = next(iter(self._waiting.items()))
            size = _size(frame)
            if not self._bucket.take(size):
                break
            del self._waiting[key]
            spent += size
            messages += frame
            if isinstance(key, int):
                self._forget_what_it_set(frame[0])
            else:
                self._shown[key] = frame
        return messages

    def next_deadline(self, now: float) -> float | None:
        """Return when `take` will have something to do, in seconds (`now` or later), or None where nothing waits."""
        let_go_s = self._hands.next_s()
        deadlines = [] if let_go_s == inf else [max(now, let_go_s)]
        turn_s = self._turns.deadline(now)
        if turn_s is not None:
            deadlines.append(turn_s)
        if self._waiting:
            self._bucket.fill(now)
            deadlines.append(now + self._bucket.wait_s(_size(next(iter(self._waiting.values())))))
        return min(deadlines, default=None)

    def _place(self, feedback: Feedback) -> int:
        known = self._lamps.get(feedback.control) or self._screens.get(feedback.control)
        return known.place if known else len(self._lamps) + len(self._screens)

    def _frames_of(self, lamp: _Lamp, look: Feedback) -> Frames:
        """Return what shows a look; a light has few of them, and each is made once."""
        if lamp.light.continuous:
            return frames_of(lamp.control, lamp.light, look)
        which = lamp.place, look.style, look.color, look.value == 0, look.value >= ON_FROM
        frames = self._made.get(which)
        if frames is None:
            frames = self._made[which] = frames_of(lamp.control, lamp.light, look)
        return frames

    def _show_frames(self, key: Key, frames: Frames) -> None:
        """Want what a light shows now: the one frame that stands, or the one of those that turn."""
        if len(frames) == 1:
            self._turns.stop(key)
            self._want(key, frames[0])
            return
        for each, frame in self._turns.begin(key, frames):
            self._want(each, frame)

    def _want(self, key: Key, frame: Frame) -> None:
        if key in self._hands:
            self._hands.keep(key, frame)
        elif self._shown.get(key) == frame:
            self._waiting.pop(key, None)
        else:
            self._waiting[key] = frame

    def _set_aside(self, key: Key) -> None:
        """Let what was about to be sent wait for the hand."""
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            self._hands.keep(key, waiting)

    def _forget_what_it_set(self, message: bytes) -> None:
        """After a raw message to a light or a display it is unknown what that shows; the next look is sent anew."""
        for key, head in self._heads():
            if message.startswith(head):
                self._shown.pop(key, None)
        if len(message) > 1:
            number = 0 if message[0] & 0xF0 in {BEND, PROGRAM} else message[1]
            address = self._by_address.get((message[0], number))
            if address is not None:
                self._shown.pop(address, None)

    def _heads(self) -> Iterable[tuple[Key, bytes]]:
        """Yield all that is set by whole messages, with what such a message begins with."""
        for screen in self._screens.values():
            yield from ((key, head_of(screen.display.sysex)) for key in screen.rows())
        for lamp in self._lamps.values():
            for template in (lamp.light.rgb, *lamp.light.messages.values()):
                if template:
                    yield lamp.key, head_of(template)


def _size(frame: Frame) -> int:
    return sum(map(len, frame))


def _plain_look(control: str, style: str) -> Feedback:
    return Feedback(control, float(style == "on"), State.CONFIRMED, style)
