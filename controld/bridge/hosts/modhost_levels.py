"""Meters: how loud it is at the sound card's ports, as mod-host hears it.

mod-host listens at JACK ports that `monitor_audio_levels` makes ("mod-host:monitor_1" and so on). Of each it tells the
highest amplitude since it told last, as often as it is let, and nothing of silence. We have one for each port of the
card, under a name of ours that no port has: it hears what the card's port is joined to. They are made one at a time, so
that no command waits long behind it, when levels are asked for, and given up when nobody asks any more. Only the one
that was made last can be given up, and they are numbered in the order they were made, those of other programs included.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from controld.bridge.hosts.base import HostEvent
from controld.bridge.hosts.modhost_jack import MONITOR, JackView
from controld.bridge.modhost_protocol import verdict

LEASE_S: Final = 3.0  # how long after a question it is listened on
HOLD_S: Final = 0.2  # what was told so long ago is not so any more
FOLLOW_S: Final = 0.25  # how often it is looked at what the card's ports are joined to
MOST: Final = 8  # ports of the card each way
_COMMAND: Final = "monitor_audio_levels"


@dataclass(slots=True)
class _Monitor:
    """One that is made: its name, which mod-host counts as, and what was told of late, as (seconds, amplitude)."""

    name: str
    index: int
    told: deque[tuple[float, float]] = field(default_factory=deque)

    @property
    def port(self) -> str:
        return f"{MONITOR}{self.index + 1}"

    def level(self, now: float) -> float:
        while self.told and now - self.told[0][0] > HOLD_S:
            self.told.popleft()
        return max((amplitude for _, amplitude in self.told), default=0.0)


class Levels:
    """The meters of a mod-host; `ask` does one of its commands, and `jack` sees its ports."""

    def __init__(self, jack: JackView, ask: Callable[[str], str | None]) -> None:
        self._jack = jack
        self._ask = ask
        self._monitors: dict[str, _Monitor] = {}  # by the card's port, in the order they were made
        self._serial = 0
        self._swept = False  # it is known that none of an earlier bridge's is there
        self._wanted_until_s = self._follow_s = 0.0

    def read(self, now: float) -> tuple[list[float], list[float]]:
        """Return how loud it is at the inputs and at the outputs; 0.0 where that is not known yet."""
        captures = self._jack.ports(is_audio=True, is_output=True, is_physical=True)[:MOST]
        playbacks = self._jack.ports(is_audio=True, is_input=True, is_physical=True)[:MOST]
        self._wanted_until_s = now + LEASE_S
        card = [*captures, *playbacks]
        if any(port not in card for port in self._monitors):
            self.give_up()  # another card, or another mod-host
        missing = next((port for port in card if port not in self._monitors), None)
        if missing is not None:
            self._make(missing)
        if now >= self._follow_s:
            self._follow_s = now + FOLLOW_S
            self._follow(captures)
        return self._levels(captures, now), self._levels(playbacks, now)

    def hear(self, event: HostEvent, now: float) -> bool:
        """Take feedback; tell whether it is of a monitor of ours."""
        index, amplitude = event.get("index"), event.get("value")
        monitor = next((each for each in self._monitors.values() if each.index == index), None)
        if monitor is None or not isinstance(amplitude, float):
            return False
        monitor.told.append((now, amplitude))
        return True

    def rest(self, now: float) -> None:
        """Listen no more where nobody asked lately."""
        if self._monitors and now > self._wanted_until_s:
            self.give_up()

    def give_up(self) -> None:
        """Give up every monitor; one that lies under another program's stays until that one is gone."""
        for monitor in reversed(self._monitors.values()):
            self._does(f"{_COMMAND} {monitor.name} 0")
        self._monitors.clear()

    def forget(self) -> None:
        """Take it that nobody knows which are there: this is another mod-host, or we are another bridge."""
        self._monitors.clear()
        self._swept = False

    def _make(self, port: str) -> None:
        if not self._monitors and not self._swept:
            self._sweep()
        index, name = self._count(), _name(self._serial)
        done = self._does(f"{_COMMAND} {name} 1")
        self._serial = (self._serial + 1) % (2 * MOST)
        # Where there is no more than before, the name was taken: by one that could not be given up.
        if done and self._count() == index + 1:
            self._monitors[port] = _Monitor(name, index)
            self._follow_s = 0.0

    def _sweep(self) -> None:
        """Give up what nobody knows of any more: of a bridge that was killed, or because an answer came too late."""
        self._swept = True
        before = -1
        while before != (before := self._count()):  # they lie in the order they were made, and serials begin anew
            for serial in reversed(range(2 * MOST)):
                self._ask(f"{_COMMAND} {_name(serial)} 0")

    def _does(self, line: str) -> bool:
        """Do a command; where that is not sure, or one could not be given up, there is something to be swept."""
        reply = self._ask(line)
        done = reply is not None and verdict(_COMMAND, reply).ok
        if reply is None or (not done and line.endswith(" 0")):
            self._swept = False
        return done

    def _follow(self, captures: Iterable[str]) -> None:
        """Join each monitor to what it is to hear, and to nothing else."""
        for port, monitor in self._monitors.items():
            wanted = {port} if port in captures else set(self._jack.neighbours(port))
            joined = set(self._jack.neighbours(monitor.port))
            for source in sorted(joined - wanted):
                self._jack.part(source, monitor.port)
            for source in sorted(wanted - joined):
                self._jack.join(source, monitor.port)

    def _levels(self, ports: Iterable[str], now: float) -> list[float]:
        return [self._monitors[port].level(now) if port in self._monitors else 0.0 for port in ports]

    def _count(self) -> int:
        return len(self._jack.ports(MONITOR))


def _name(serial: int) -> str:
    return f"controld:level_{serial}"
