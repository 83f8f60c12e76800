"""What MIDI devices have to do with each other beside the rules: thru, the clock that is followed, and loops.

Shell, on the loop. Every message of a device passes here before it is decoded, and every one that is sent is noted.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from controld.events import SurfaceAsked, SurfaceEvent
from controld.midi_clock import ClockReader
from controld.midi_loops import Loop, Loops
from controld.midi_stream import CLOCK, SYSEX
from controld.midi_thru import SONG_POSITION, Thru

log = logging.getLogger("controld.midi")

_CLOCK_ONLY = frozenset({CLOCK, SONG_POSITION})  # what no rule is likely to wait for where it is the clock


class Wired(Protocol):
    """A surface as the wires know it."""

    def relay(self, message: bytes) -> None:
        """Send a message of another device on."""

    def send(self, data: bytes) -> None:
        """Send a message of ours."""

    def peer_names(self) -> tuple[str, str]:
        """Return the full names of the ports it is connected to, in and out; "" for none."""

    def hears(self, status: int) -> bool:
        """Tell whether a control of it listens to messages of this one byte."""


class Wires:
    """The wires between all MIDI surfaces. `source` is whose clock is followed, `hand_on` what is sent on of it."""

    def __init__(
        self,
        thru: Mapping[str, Sequence[Thru]],
        source: str,
        receive: Callable[[SurfaceEvent], None],
        hand_on: Callable[[bytes], None],
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._thru = {name: tuple(routes) for name, routes in thru.items() if routes}
        self._source, self._reader = source, ClockReader()
        self._receive, self._hand_on = receive, hand_on
        self._loops = Loops()
        self._surfaces: dict[str, Wired] = {}

    def add(self, name: str, surface: Wired) -> None:
        """Take a surface into the wires."""
        self._surfaces[name] = surface

    def sent(self, name: str, message: bytes, now: float) -> None:
        """Take note of a message that was sent to a device."""
        self._loops.send(message, name, now)

    def heard(self, name: str, message: bytes, now: float) -> bool:
        """Take a message of a device; tell whether it is done with: nothing is to decode it."""
        loops = self._loops
        if message in loops.sent or (message[0] == SYSEX and loops.is_probe(message)):
            is_new = loops.hear(message, name, now)
            if loops.found or loops.probes:
                self._see_to_loops()
            if not is_new:
                self.counters["echoes"] += 1
                return True
        for route in self._thru.get(name, ()):
            if route.wants(message):
                self._surfaces[route.to].relay(message)
        return name == self._source and message[0] > SYSEX and self._follow(message, now)

    def _follow(self, message: bytes, now: float) -> bool:
        for action in self._reader.receive(message, now):
            self._receive(SurfaceAsked(self._source, action, now))
        self._hand_on(message)
        return message[0] in _CLOCK_ONLY and not self._surfaces[self._source].hears(message[0])

    def _see_to_loops(self) -> None:
        loops = self._loops
        while loops.probes:
            out, probe = loops.probes.popleft()
            self._surfaces[out].send(probe)
        while loops.found:
            self._tell(loops.found.popleft())

    def _tell(self, loop: Loop) -> None:
        """Name a loop by both its ports."""
        _, port_out = self._surfaces[loop.out].peer_names()
        port_in, _ = self._surfaces[loop.into].peer_names()
        log.log(
            logging.INFO if loop.again else logging.WARNING,
            '%s: what is sent to "%s" (%s) comes back from "%s" (%s); what comes back is not heard for %g s, then '
            "it is tried again. Look for a thru or an echo between the two",
            "a loop is still there" if loop.again else "a loop", port_out, loop.out, port_in, loop.into, loop.broken_s,
        )  # fmt: skip
