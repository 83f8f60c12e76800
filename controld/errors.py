"""The errors of controld, split by who must act.

    ControldError
    ├── ConfigError              the author of a YAML file
    ├── EngineError              whoever looks after bridge and host
    │   ├── EngineUnavailable
    │   └── BridgeStartError
    └── SurfaceError             whoever looks after devices and the network
        ├── PortUnavailable
        └── AddressInUse

Pure: nothing here knows of files, sockets or time. A refused *input* is never an exception (it is a `changes.Refused`);
exceptions are for what stops a start or a load.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class ControldError(Exception):
    """Base of all errors that controld raises on purpose; its text is one sentence fit for a terminal."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a file, with its place. Lines and columns count from 1; 0 means the file as a whole."""

    path: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Return `path:line:column: message (hint)`, the form editors and terminals can jump to."""
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{place}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class ConfigError(ControldError):
    """Files with mistakes; `problems` holds all of them, in order of file, line and column.

    `advice` is a sentence on what can be done meanwhile, "" for none.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        self.advice = ""
        super().__init__("\n".join(map(str, self.problems)))


class EngineError(ControldError):
    """The engine, or the bridge before it, cannot do its part."""


class EngineUnavailable(EngineError):
    """No bridge answers at the endpoint."""


class BridgeStartError(EngineError):
    """Our own bridge could not be started as a child."""


class SurfaceError(ControldError):
    """A port or a socket of a surface cannot be had."""


class PortUnavailable(SurfaceError):
    """The MIDI system, or one of its ports, cannot be opened."""


class AddressInUse(SurfaceError):
    """A network address is taken by another program."""


def to_install(extra: str) -> str:
    """Return how an extra of this package ("web", "layouts" ...) is had, from wherever the program came."""
    return f"pip install 'controld[{extra}]', or in a clone: python3 -m controld.bootstrap setup {extra}"


def hinted(text: str, name: str, candidates: Iterable[str]) -> str:
    """Return a sentence with the nearest valid choice behind it, where there is one."""
    hint = nearest(name, candidates)
    return f"{text} ({hint})" if hint else text


def nearest(name: str, candidates: Iterable[str]) -> str:
    """Return the hint "did you mean `x`?" for the candidate nearest to `name` in any case, "" where none is near."""
    spelt = {candidate.casefold(): candidate for candidate in candidates}
    close = get_close_matches(name.casefold(), spelt, n=1, cutoff=0.6)
    return f"did you mean `{spelt[close[0]]}`?" if close else ""
