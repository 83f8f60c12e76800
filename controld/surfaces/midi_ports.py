"""What a surface wants of a MIDI system and what it gets: wishes, links, and the pattern a port is known by.

Values and contracts only; the systems themselves are in `midi_jack` and `midi_alsa`.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from typing import Protocol

from controld.errors import PortUnavailable


class Direction(Enum):
    """Seen from us: IN is what a device sends."""

    IN = "in"
    OUT = "out"


class PortPattern:
    """A glob, or a regular expression between slashes, over a port's names; upper and lower case are the same.

    A name that is written out in full matches itself, whatever brackets are in it.
    """

    __slots__ = ("_glob", "_regex", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._glob = text.casefold()
        self._regex: re.Pattern[str] | None = None
        if len(text) > 1 and text.startswith("/") and text.endswith("/"):
            try:
                self._regex = re.compile(text[1:-1], re.IGNORECASE)
            except re.error as error:
                raise PortUnavailable(f"the port pattern {text} is no regular expression: {error}") from error

    def matches(self, names: Iterable[str]) -> bool:
        """Tell whether any of a port's names fits."""
        if self._regex is not None:
            return any(self._regex.search(name) for name in names)
        folded = [name.casefold() for name in names]
        return self._glob in folded or any(fnmatchcase(name, self._glob) for name in folded)


WishKey = tuple[str, Direction]


@dataclass(frozen=True, slots=True)
class Wish:
    """A surface wants to be linked with the first port that fits; `receive` gets bytes and time on a foreign thread."""

    surface: str
    direction: Direction
    pattern: PortPattern
    receive: Callable[[bytes, float], None]

    @property
    def key(self) -> WishKey:
        """What tells this wish from all others."""
        return self.surface, self.direction


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

    @property
    def runs(self) -> bool:
        """Tell whether the system was there at the last `refresh` or `list_ports`."""

    def refresh(self, wishes: Sequence[Wish], publish: Callable[[Links], None]) -> float | None:
        """Bring links in line with wishes and ports; `publish` what is lost before anything that may take long.

        Returns in how many seconds to ask again, or None where the backend itself calls for it.
        """

    def list_ports(self) -> PortList | None:
        """Return the ports there are; None where the system does not run."""

    def close(self) -> None:
        """Close all ports; a later `refresh` would begin anew."""
