"""A surface that speaks MIDI: ports <-> events and feedback.

Bytes arrive on a foreign thread, get their time there, and hop once to the loop, where tokenizer and decoder make
events of them. Feedback goes through the panel, which knows what the device shows and how fast it may be told.
Everything that is decided is decided in the pure parts; here are only the hop, the timer and the coming and going.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence

from controld.events import ControlMoved, ControlTouched, SurfaceConnected, SurfaceEvent, SurfaceLost
from controld.feedback import Feedback
from controld.mappings.profile import Profile, sent_of, shown_of
from controld.midi_codec import MidiDecoder
from controld.midi_decode import Event
from controld.midi_panel import MidiPanel
from controld.midi_stream import MidiStream
from controld.surfaces.midi_ports import Direction, Link, PortPattern, Wish
from controld.surfaces.midi_system import MidiSystem
from controld.surfaces.midi_wires import Wires

__all__ = ["MidiSurface", "MidiSystem"]

log = logging.getLogger("controld.midi")

# A device's two ports appear within milliseconds of each other; one that has only one of them is taken as it is then.
GRACE_S = 0.25
# A port takes what is sent only some periods after it was connected (JACK's new order of the graph counts from the next
# one on, and a period may last 43 ms): sooner, the first lights of a device would be lost.
SETTLE_S = 0.1
# What a device sent last may wait for the interpreter longer than the news that it is gone. A press that is heard after
# that would be held for ever.
LATE_S = 0.5
# RtMidi's JACK output takes 16,384 bytes with its own framing and drops what is longer without a word.
MAX_OUT = 16_300

Observer = Callable[[str, bytes, float], None]


class MidiSurface:
    """One device. `receive` gets its events on the loop, `observe` (if any) every message as ("in" | "out", bytes, s).

    A pattern is a glob or `/regex/` over port names, "" for no such port. Absent ports are waited for. When the device
    is there, `SurfaceConnected` asks for its full state; a device whose second port comes late is told connected once
    more, for that port shows nothing yet.

    Raises:
        PortUnavailable: a pattern is no regular expression.
    """

    def __init__(
        self,
        name: str,
        profile: Profile,
        input_pattern: str,
        output_pattern: str,
        system: MidiSystem,
        receive: Callable[[SurfaceEvent], None],
        loop: asyncio.AbstractEventLoop | None = None,
        observe: Observer | None = None,
        wires: Wires | None = None,
    ) -> None:
        self.name = name
        self._patterns = {Direction.IN: input_pattern, Direction.OUT: output_pattern}
        self.wishes: Sequence[Wish] = tuple(
            Wish(name, direction, PortPattern(text), self._arrive, kind=profile.name)
            for direction, text in self._patterns.items()
            if text
        )
        self._profile = profile
        self.decoder = MidiDecoder(name, profile)
        self._stream, self._panel = MidiStream(), MidiPanel(name, profile)
        self._system, self._receive, self._observe, self._loop = system, receive, observe, loop
        self._wires = wires
        if wires is not None:
            wires.add(name, self)
        self._links: dict[Direction, Link] = {}
        self._announced = False
        self._grace: asyncio.TimerHandle | None = None
        self._settled_s = 0.0  # nothing is sent before
        self._deaf_until_s = 0.0  # what arrives before is of a device that is gone
        self._pace: asyncio.TimerHandle | None = None
        self._arrived: deque[tuple[bytes, float]] = deque()
        self._woken = False
        self._counts: Counter[str] = Counter()
        self._said: set[str] = set()

    def start(self) -> None:
        """Begin to wait for the device. Call on the loop."""
        self._loop = self._loop or asyncio.get_running_loop()
        self._system.add(self)

    async def stop(self) -> None:
        """Close the ports; what waits to be shown is dropped. Safe to call twice."""
        await self._system.remove(self)
        self._links = {}
        self._announced = False
        self._cancel_timers()

    def show(self, feedbacks: Iterable[Feedback]) -> None:
        """Show looks, as far as the device differs; without a device nothing is kept, for it gets all on connect."""
        if Direction.OUT in self._links:
            self._panel.show_all(feedbacks)
            self._pump()

    def send(self, data: bytes) -> None:
        """Send one raw message in order with the feedback; counted as "not sent" where no device is there."""
        if Direction.OUT not in self._links or len(data) > MAX_OUT:
            self._counts["not sent"] += 1
            level = logging.WARNING if self._counts["not sent"] == 1 else logging.DEBUG
            log.log(level, "%s: a message of %d bytes cannot be sent (%s)", self.name, len(data), self.status())
            return
        self._panel.send(data)
        self._pump()

    def relay(self, message: bytes) -> None:
        """Send a message of another device on, at this one's pace; what no device is there for is left out.

        One of a single byte is a clock's and goes at once. Counted as "not relayed" where too many wait.
        """
        link = self._links.get(Direction.OUT)
        if link is None:
            return
        if len(message) == 1:
            self._transmit(link, message, time.monotonic())
        elif self._panel.relay(message):
            self._pump()
        else:
            self._counts["not relayed"] += 1

    def peer_names(self) -> tuple[str, str]:
        """Return the full names of the ports it is connected to, in and out; "" for none."""
        port_in, port_out = (self._links.get(each) for each in (Direction.IN, Direction.OUT))
        return port_in.peer if port_in else "", port_out.peer if port_out else ""

    def hears(self, status: int) -> bool:
        """Tell whether a control listens to messages of this one byte."""
        return self.decoder.hears(status)

    def inject(self, data: bytes) -> None:
        """Take `data` as if the device had sent it now; from any thread."""
        self._arrive(data, time.monotonic())

    @property
    def control_names(self) -> tuple[str, ...]:
        """The controls, without the surface's name."""
        return tuple(self._profile.controls)

    def play(
        self, control: str, *, position: float | None = None, detents: int | None = None, program: int | None = None
    ) -> None:
        """Take what the device would send for a move of `control`. Raises SurfaceError where it cannot send that."""
        for message in self.decoder.message_for(control, position=position, detents=detents, program=program):
            self.inject(message)

    def watch(self, observe: Observer | None) -> None:
        """Have messages observed from now on, or not any more."""
        self._observe = observe

    def take_profile(self, profile: Profile) -> None:
        """Be another device from now on, or the same with other lights; whoever calls shows its full state next.

        What is not described otherwise goes on as it was: halves of values, selected parameters, what lights show.
        """
        before, self._profile = self._profile, profile
        if sent_of(profile) != sent_of(before):
            self._counts += self.decoder.counters
            old, self.decoder = self.decoder, MidiDecoder(self.name, profile)
            self.decoder.take_over(old)
        if shown_of(profile) != shown_of(before):
            panel, self._panel = self._panel, MidiPanel(self.name, profile)
            self._panel.take_over(panel)

    @property
    def connected(self) -> bool:
        """Tell whether the device is there."""
        return self._announced

    @property
    def counters(self) -> Counter[str]:
        """How many messages came and went, and by kind those that no control sent or that were broken."""
        return self._counts + self.decoder.counters + self._stream.dropped

    def status(self) -> str:
        """Return in words what is connected and what is waited for."""
        peers = list(dict.fromkeys(link.peer for link in self._links.values()))
        waiting = [f'"{text}"' for text in self.waits_for]
        parts = [f"connected to {', '.join(peers)}"] if peers else []
        return "; ".join(parts + ([f"waiting for {', '.join(waiting)}"] if waiting else []))

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The names of ports, as they are configured, that are not there."""
        return tuple(dict.fromkeys(text for d, text in self._patterns.items() if text and d not in self._links))

    def receive_links(self, links: dict[Direction, Link]) -> None:
        """Take note of what is connected now, and tell the core when that changes."""
        before, self._links = self._links, links
        if links == before:
            return
        if self._announced and any(links.get(direction) != link for direction, link in before.items()):
            self._tell_lost()
        if len(links) == len(self.wishes):
            self._tell_connected()
        elif not links:
            self._cancel_timers()
        elif any(before.get(direction) != link for direction, link in links.items()) and self._loop is not None:
            # Only for what is new: the half of a device that is just going is no device that comes.
            self._grace = self._grace or self._loop.call_later(GRACE_S, self._tell_connected)

    def _arrive(self, data: bytes, time_s: float) -> None:
        """Hop to the loop; a burst wakes it once, not once a message. Any thread."""
        self._arrived.append((data, time_s))
        if not self._woken and self._loop is not None:
            self._woken = True
            self._loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        # Before the queue is read: what arrives from here on wakes the loop again.
        self._woken = False
        while self._arrived:
            data, time_s = self._arrived.popleft()
            if time_s < self._deaf_until_s:
                self._counts["late"] += 1
                continue
            self._counts["received"] += 1
            if self._observe is not None:
                self._observe("in", data, time_s)
            for message in self._stream.receive(data):
                if self._wires is not None and self._wires.heard(self.name, message, time_s):
                    continue
                events = self.decoder.receive(message, time_s)
                if isinstance(events, tuple):
                    for event in events:
                        self._take(event)
                elif events is not None:
                    self._take(events)
        self._say_strange()

    def _take(self, event: Event) -> None:
        if isinstance(event, ControlMoved):
            if self._panel.saw_input(event.control, event.position, event.time_s):
                self._pump()
        elif isinstance(event, ControlTouched):
            self._panel.touched(event.control, event.touched, event.time_s)
            self._pump()  # what waited for the hand has a time now
        self._receive(event)

    def _say_strange(self) -> None:
        """Say once for each kind what the device sends and nothing here takes."""
        kinds = self._stream.dropped.keys() | self.decoder.counters.keys()
        for kind in sorted(kinds - self._said):
            self._said.add(kind)
            log.info("%s: nothing takes what the device sends: %s (said once, counted)", self.name, kind)

    def _tell_connected(self) -> None:
        self._cancel_timers()
        self._announced = True
        self._deaf_until_s = 0.0
        self._panel.forget()
        log.info("%s: %s", self.name, self.status())
        now = time.monotonic()
        self._settled_s = now + SETTLE_S
        self._receive(SurfaceConnected(self.name, now))

    def _tell_lost(self) -> None:
        self._drain()  # what the device still sent comes before its end
        self._cancel_timers()
        self._announced = False
        self._stream.reset()
        self.decoder.reset()
        log.info("%s: the device is gone", self.name)
        now = time.monotonic()
        self._deaf_until_s = now + LATE_S
        self._receive(SurfaceLost(self.name, now))

    def _pump(self) -> None:
        """Send what the pace allows now, and come back for the rest."""
        if self._pace is not None:
            self._pace.cancel()
            self._pace = None
        link = self._links.get(Direction.OUT)
        if link is None or self._loop is None:
            return
        now = time.monotonic()
        if now < self._settled_s:
            self._pace = self._loop.call_later(self._settled_s - now, self._pump)
            return
        for message in self._panel.take(now):
            self._transmit(link, message, now)
        deadline = self._panel.next_deadline(now)
        if deadline is not None:
            self._pace = self._loop.call_later(deadline - now, self._pump)

    def _transmit(self, link: Link, message: bytes, now: float) -> None:
        self._counts["sent" if link.send(message) else "not sent"] += 1
        if self._wires is not None:
            self._wires.sent(self.name, message, now)
        if self._observe is not None:
            self._observe("out", message, now)

    def _cancel_timers(self) -> None:
        for timer in (self._grace, self._pace):
            if timer is not None:
                timer.cancel()
        self._grace = self._pace = None
