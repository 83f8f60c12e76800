"""The stock bridge's faults on request (`--faults`), so that survival is tested without the C++ program.

Faults come by count, never by chance: a test that failed fails again. Sleeping blocks the whole bridge, because the
stock one is strictly sequential too. Times and habits are those seen on modhost-bridge of mebaxyz/marlise, October
2025.
"""

import os
import resource
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Final, NoReturn

from controld.bridge.hosts.around import HostAround
from controld.bridge.hosts.base import Host, HostEvent
from controld.errors import nearest

PAIRING_S: Final = 0.1  # the stock bridge's feedback reader sleeps this long before it lets the next command in
TIMEOUT_S: Final = 1.01  # how long the stock bridge waits for mod-host
ZOMBIE_S: Final = 0.3  # after this time at the latest a command that was given up is done after all
LATE_EVERY: Final = 5  # replies

# Commands that leave an event pending, and those within which mod-host flushes pending events: then the stock bridge
# dies.
_LEAVE_PENDING = frozenset(
    {"monitor_output", "transport", "set_bpm", "set_bpb", "midi_map", "midi_learn", "feature_enable"}
)
_FLUSH_PENDING = frozenset({"remove", "monitor_output_off"})

_JUNK_REPLIES = (
    b"null",
    b"\xff\xfe\x00\x80 no JSON",
    b"",
    b'{\n\t"raw" : "resp 0",\n\t"stat',
    b'{\n\t"success" : true\n}',
    b'{"raw" : "\\udb25", "status" : "resp \\udb25", "success" : true}',
)
_JUNK_EVENTS = (
    b'{"type":"plugin_unloaded","timestamp":1,"data":{"instance_id":"plugin_0_00000000","uri":"\\udb25\\ude9f\\u0000"}}',
    b"\xff\xfe\x00\x80",
    b"null",
    b'{"type":"plugin_unloaded","timestamp":1,"data":{"instance_id":"plugin_0_00000000","uri":"\\udb25"}}',
    b'{"type":"param_set","effect_id":"x","symbol":null,"value":2.96e-323}',
    b"",
    b'{"type":"unknown","raw":"state_of_mind 1 2 3"}',
)


@dataclass(frozen=True, slots=True)
class _Fault:
    """The number a fault has where none is given, and what the number counts."""

    default: int
    meaning: str


FAULTS: Mapping[str, _Fault] = {
    "pairing": _Fault(100, "a command waits until so many ms after the one before it"),
    "zombie": _Fault(7, "every so many commands one fails after 1 s, and is done later"),
    "crash": _Fault(0, "dies at every so many commands; 0: at a `remove` with an event pending"),
    "late": _Fault(1500, f"every {LATE_EVERY}th reply comes so many ms late"),
    "garbage": _Fault(5, "every so many replies and events one is garbage"),
    "silent": _Fault(7, "every so many requests one is done but not answered"),
    "error": _Fault(5, "every so many commands one fails at once and is not done"),
    "twice": _Fault(1, "every so many requests one is answered twice"),
    "slow": _Fault(5, "a command takes so many ms"),
    "stock": _Fault(1, "answers as the stock bridge, lies included"),
}


def parse_faults(text: str) -> Mapping[str, int]:
    """Return the faults of a list such as "pairing,zombie=7", each with its number.

    Raises:
        ValueError: for an unknown fault and for a number that is none; the text is one sentence.
    """
    return dict(_parse_fault(item.strip()) for item in text.split(",") if item.strip())


def _parse_fault(item: str) -> tuple[str, int]:
    name, equals, number = item.partition("=")
    if name not in FAULTS:
        hint = nearest(name, FAULTS) or f"there are {', '.join(FAULTS)}"
        message = f"unknown fault {name!r}; {hint}"
        raise ValueError(message)
    if equals and not (number.isascii() and number.isdecimal()):
        message = f"the number of fault {item!r} is not a whole number"
        raise ValueError(message)
    return name, int(number) if equals else FAULTS[name].default


class _Counter:
    """Says of each occasion whether it is the turn of a fault."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers
        self._count = 0

    def step(self) -> None:
        self._count += 1

    def due(self, fault: str, every: int = 0) -> bool:
        """Return whether this occasion is one of every `every` (by default the fault's own number)."""
        number = self._numbers.get(fault, 0)
        return number > 0 and self._count % (every or number) == 0


class WireFaults:
    """What happens to replies and events on their way out; without faults nothing does."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers
        self._replies, self._events = _Counter(numbers), _Counter(numbers)
        self._junk_replies, self._junk_events = cycle(_JUNK_REPLIES), cycle(_JUNK_EVENTS)

    def __bool__(self) -> bool:
        return bool(self._numbers)

    def replies(self, reply: str) -> list[bytes]:
        """Return what is sent as reply: one frame each, none for silence."""
        self._replies.step()
        if self._replies.due("late", LATE_EVERY):
            time.sleep(self._numbers["late"] / 1000)
        if self._replies.due("silent"):
            return []
        frame = next(self._junk_replies) if self._replies.due("garbage") else reply.encode()
        return [frame, frame] if self._replies.due("twice") else [frame]

    def events(self, event: str) -> list[bytes]:
        """Return what is published: the event, now and then after a garbage one."""
        self._events.step()
        junk = [next(self._junk_events)] if self._events.due("garbage") else []
        return [*junk, event.encode()]


class FaultyHost(HostAround):
    """A host whose commands suffer what mod-host's suffer at the hands of the stock bridge."""

    def __init__(self, host: Host, numbers: Mapping[str, int]) -> None:
        super().__init__(host)
        self._numbers = numbers
        self._counter = _Counter(numbers)
        self._last_end = 0.0
        self._event_pending = False
        self._zombies: list[tuple[float, str]] = []  # when each is done at the latest (monotonic seconds), and the line

    def execute(self, line: str) -> str | None:
        """Do one command, or fail to, as the faults have it."""
        self._raise_zombies(float("inf"))  # what was sent before is read before
        self._wait_turn()
        self._counter.step()
        try:
            if self._counter.due("zombie"):
                time.sleep(TIMEOUT_S)
                self._zombies.append((time.monotonic() + ZOMBIE_S, line))
                return None
            if self._counter.due("error"):
                return None
            reply = self._host.execute(line)
            self._crash_if_due(line)
            return reply
        finally:
            self._last_end = time.monotonic()

    def _wait_turn(self) -> None:
        if "pairing" in self._numbers:
            time.sleep(max(0.0, self._last_end + self._numbers["pairing"] / 1000 - time.monotonic()))
        time.sleep(self._numbers.get("slow", 0) / 1000)

    def _crash_if_due(self, line: str) -> None:
        command = line.partition(" ")[0]
        if "crash" in self._numbers and command in _FLUSH_PENDING and self._event_pending:
            _crash()
        if self._counter.due("crash"):
            _crash()
        self._event_pending = (self._event_pending or command in _LEAVE_PENDING) and command not in _FLUSH_PENDING

    def _raise_zombies(self, now: float) -> None:
        while self._zombies and self._zombies[0][0] <= now:
            self._host.execute(self._zombies.pop(0)[1])

    def take_events(self) -> list[HostEvent]:
        """Return the host's events; given up commands whose time has come are done first."""
        self._raise_zombies(time.monotonic())
        return self._host.take_events()


def _crash() -> NoReturn:
    """Die of SIGSEGV, as the stock bridge does, without leaving a core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), signal.SIGSEGV)
    raise SystemExit(-signal.SIGSEGV)
