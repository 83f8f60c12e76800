"""The clock we send: ticks from a thread of its own, each at its absolute time, whatever the loop is busy with.

Each device that is sent to gets a port of its own for that, beside the one of its lights, so that a tick never waits
behind a display's text. Where another device's clock is followed, its messages are handed on instead, as they come.
"""

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Final

from controld.changes import TempoChanged
from controld.midi_clock import ClockPlan
from controld.midi_stream import CLOCK, CONTINUE, START, STOP
from controld.surfaces.midi_ports import Direction, Link, PortPattern, Wish
from controld.surfaces.midi_system import MidiSystem

_TICK, _START, _CONTINUE, _STOP = (bytes((status,)) for status in (CLOCK, START, CONTINUE, STOP))
JOIN_S: Final = 1.0  # how long the thread is waited for: a tick at the slowest tempo takes 0.125 s


class _Target:
    """One device that is sent a clock: the same unit that its surface has."""

    def __init__(self, clock: "ClockOut", surface: str, pattern: str, kind: str) -> None:
        self._clock = clock
        wish = Wish(f"{surface}-clock", Direction.OUT, PortPattern(pattern), lambda _data, _now: None, kind, surface)
        self.wishes: Sequence[Wish] = (wish,)
        self.link: Link | None = None

    def receive_links(self, links: dict[Direction, Link]) -> None:
        """See `Linked`."""
        self._clock.join(self, links.get(Direction.OUT))


class ClockOut:
    """A clock for devices; each is (surface, pattern of its port, profile). `tell` it of the tempo, on the loop.

    Without `ticks` no thread is made and nothing is sent but what is handed on by `relay`.
    """

    def __init__(
        self, devices: Iterable[tuple[str, str, str]], system: MidiSystem, tempo: TempoChanged, *, ticks: bool = True
    ) -> None:
        self._targets = [_Target(self, *device) for device in devices]
        self._system = system
        self._tempo = tempo
        self._lock = threading.Lock()  # what is due and what is sent belong together: no tick between start and beat
        self._plan = ClockPlan(tempo.bpm, time.monotonic())
        self._links: list[Link] = []
        self._changed, self._stopping = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="controld-clock", daemon=True) if ticks else None

    def start(self) -> None:
        """Wait for the devices, and send. Call on the loop."""
        for target in self._targets:
            self._system.add(target)
        if self._thread is not None:
            self._thread.start()

    async def stop(self) -> None:
        """Send nothing any more, and close the ports."""
        self._stopping = True
        self._changed.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(JOIN_S)
        for target in self._targets:
            await self._system.remove(target)

    def join(self, target: _Target, link: Link | None) -> None:
        """Take note that a device is there, or gone."""
        target.link = link
        with self._lock:
            if not self._links:
                self._plan = ClockPlan(self._tempo.bpm, time.monotonic())
            self._links = [each.link for each in self._targets if each.link is not None]
        self._changed.set()

    def tell(self, tempo: TempoChanged) -> None:
        """Take the tempo and the transport as they are now."""
        if self._thread is None:
            return
        before, self._tempo = self._tempo, tempo
        now = time.monotonic()
        with self._lock:
            if tempo.bpm != before.bpm:
                self._plan.set_tempo(tempo.bpm, now)
            if tempo.rolling != before.rolling:
                self._send(_STOP if not tempo.rolling else _CONTINUE if tempo.resumed else _START)
                if tempo.rolling and not tempo.resumed:
                    self._plan.restart(now)
        self._changed.set()

    def relay(self, message: bytes) -> None:
        """Hand on a message of the clock that is followed."""
        with self._lock:
            self._send(message)

    def _send(self, message: bytes) -> None:
        for link in self._links:
            link.send(message)

    def _run(self) -> None:
        while not self._stopping:
            with self._lock:
                due_s = self._plan.due_s if self._links else None
            if self._changed.wait(None if due_s is None else max(0.0, due_s - time.monotonic())):
                self._changed.clear()
                continue
            with self._lock:
                now = time.monotonic()
                if self._links and self._plan.due_s <= now:
                    self._plan.take(now)
                    self._send(_TICK)
