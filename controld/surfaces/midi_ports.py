"""What a surface wants of a MIDI system and what it gets: wishes, links, and the pattern a port is known by.

Values and contracts only; the systems themselves are in `midi_jack` and `midi_alsa`.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fnmatch import fnmatchcase
from typing import Protocol

from controld.errors import PortUnavailable
from controld.midi_places import Places, Seen, plain_name


class Direction(Enum):
    """Seen from us: IN is what a device sends."""

    IN = "in"
    OUT = "out"


class PortPattern:
    """A glob, or a regular expression between slashes, over a port's names; upper and lower case are the same.

    A name that is written out in full matches itself, whatever brackets are in it, and what it was when the device was
    plugged another time.
    """

    __slots__ = ("_glob", "_plain", "_regex", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._glob, self._plain = text.casefold(), plain_name(text).casefold()
        self._regex: re.Pattern[str] | None = None
        if len(text) > 1 and text.startswith("/") and text.endswith("/"):
            try:
                self._regex = re.compile(text[1:-1], re.IGNORECASE)
            except re.error as error:
                raise PortUnavailable(f"the port pattern {text} is no regular expression: {error}") from error

    def matches(self, names: Iterable[str]) -> bool:
        """Tell whether any of a port's names fits."""
        return self.misfit(names) is not None

    def misfit(self, names: Iterable[str]) -> int | None:
        """Return how far a port is from what is written; None where it does not fit.

        0: a name of it is exactly that; 1: the pattern fits; 2: it fits but for the numbers of another plug.
        """
        names = list(names)
        plain = [plain_name(name) for name in names]
        if self._regex is not None:
            return next((n for n, each in ((1, names), (2, plain)) if any(map(self._regex.search, each))), None)
        folded, folded_plain = ([name.casefold() for name in each] for each in (names, plain))
        if self._glob in folded:
            return 0
        if any(fnmatchcase(name, self._glob) for name in folded):
            return 1
        fits = self._plain in folded_plain or any(fnmatchcase(name, self._plain) for name in folded_plain)
        return 2 if fits else None

    def fitting(self, ports: Iterable[Seen]) -> list[Seen]:
        """Return the ports that fit, the nearest to what is written first, else in their order."""
        found = ((self.misfit(port.names), port) for port in ports)
        return [port for _, port in sorted(((far, port) for far, port in found if far is not None), key=_farness)]


def _farness(found: tuple[int, Seen]) -> int:
    return found[0]


WishKey = tuple[str, Direction]


@dataclass(frozen=True, slots=True)
class Wish:
    """A surface wants to be linked with the first port that fits; `receive` gets bytes and time on a foreign thread.

    `kind` is its profile: surfaces with one pattern and one kind are `siblings` identical units, this is number `place`
    of them (from 0). `unit` is the surface whose device it is about, "" for `surface` itself.
    """

    surface: str
    direction: Direction
    pattern: PortPattern
    receive: Callable[[bytes, float], None]
    kind: str = ""
    unit: str = ""
    place: int = 0
    siblings: int = 1

    @property
    def key(self) -> WishKey:
        """What tells this wish from all others."""
        return self.surface, self.direction

    @property
    def group(self) -> str:
        """What identical units have in common."""
        return f"{self.kind} {self.pattern.text}"


def with_places(wishes: Sequence[Wish]) -> list[Wish]:
    """Return wishes with their places among identical units, in the order in which surfaces are listed."""
    units: dict[tuple[str, Direction], list[str]] = {}
    for wish in wishes:
        known = units.setdefault((wish.group, wish.direction), [])
        if (wish.unit or wish.surface) not in known:
            known.append(wish.unit or wish.surface)
    placed: list[Wish] = []
    for wish in wishes:
        known = units[wish.group, wish.direction]
        placed.append(replace(wish, place=known.index(wish.unit or wish.surface), siblings=len(known)))
    return placed


def choices(wish: Wish, ports: Sequence[Seen], places: Places) -> list[Seen]:
    """Return the ports to try for a wish, in order: all that fit, or the one unit whose place it is."""
    fitting = wish.pattern.fitting(ports)
    if wish.siblings == 1:
        return fitting
    port = places.assign(wish.group, wish.direction.value, wish.siblings, fitting).get(wish.place)
    return [] if port is None else [port]


@dataclass(frozen=True, slots=True)
class Link:
    """A wish come true. `serial` is another number whenever the connection was made anew, `peer` the port's full name.

    `send` hands over one message without waiting and tells whether the system took it.
    """

    peer: str
    serial: int
    send: Callable[[bytes], bool]


Links = dict[WishKey, Link]


@dataclass(frozen=True, slots=True)
class PortList:
    """The ports of a system by their full names: inputs are what devices send from, outputs what they listen at."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Backend(Protocol):
    """A MIDI system. All methods may take their time and are called from one thread only, which is not the loop's."""

    name: str
    absent: str  # what to say where it does not run

    @property
    def runs(self) -> bool:
        """Tell whether the system was there at the last `refresh` or `list_ports`."""

    def refresh(self, wishes: Sequence[Wish], publish: Callable[[Links], None]) -> float | None:
        """Bring links in line with wishes and ports; `publish` what is lost before anything that may take long.

        Returns in how many seconds to ask again, or None where the backend itself calls for it.
        """

    def pulse(self) -> None:
        """Do what is to be done twice a second; on the loop, so at once."""

    def list_ports(self) -> PortList | None:
        """Return the ports there are; None where the system does not run."""

    def close(self) -> None:
        """Close all ports; a later `refresh` would begin anew."""
