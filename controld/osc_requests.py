"""What an OSC client asks of the connection itself: `/controld/hello`, `subscribe`, `words`, `levels`, `ping`, `bye`.

Pure. These never reach the rig; the surface that heard them answers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from controld.osc_codec import OscArg
from controld.osc_facts import Topic

ERROR: Final = "/controld/error"
PONG: Final = "/controld/pong"
# What only we say: a client that sends everything back must not start an argument.
ANSWERS: Final = frozenset({ERROR, PONG})

MAX_SUBSCRIPTION_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Hello:
    """The client wants the full state; at `port` of its host where that is not None."""

    port: int | None = None


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The client wants to be kept for `seconds` after each of its messages; None leaves the time to us."""

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Follow:
    """The client wants to be told of something more, or no more of it: it has labels, or meters."""

    topic: Topic
    on: bool = True


@dataclass(frozen=True, slots=True)
class Ping:
    """The client asks whether we are there; its arguments come back."""

    args: tuple[OscArg, ...] = ()
    tags: str = ""


@dataclass(frozen=True, slots=True)
class Bye:
    """The client ends."""


Request = Hello | Subscribe | Follow | Ping | Bye


def read_request(address: str, args: tuple[OscArg, ...], tags: str) -> Request | str | None:
    """Return the request, the reason why it is none, or None where the address is not one of `REQUESTS`."""
    reader = _READERS.get(address)
    return reader(args, tags) if reader else None


def _hello(args: tuple[OscArg, ...], _tags: str) -> Request | str:
    if not args:
        return Hello()
    port = args[0]
    if isinstance(port, bool) or not isinstance(port, int | float) or port not in range(1, 65_536):
        return f"takes a port from 1 to 65535 to reply to, or nothing; got {port!r}"
    return Hello(int(port))


def _subscribe(args: tuple[OscArg, ...], _tags: str) -> Request | str:
    if not args:
        return Subscribe()
    seconds = args[0]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 1 <= seconds <= MAX_SUBSCRIPTION_S:
        return f"takes 1 to {MAX_SUBSCRIPTION_S:.0f} seconds, or nothing; got {seconds!r}"
    return Subscribe(float(seconds))


def _follow(topic: Topic) -> Callable[[tuple[OscArg, ...], str], Request | str]:
    def read(args: tuple[OscArg, ...], _tags: str) -> Request | str:
        if args and not isinstance(args[0], int | float):
            return f"takes nothing or 1 for yes, 0 for no; got {args[0]!r}"
        return Follow(topic, not args or args[0] != 0)

    return read


_READERS: dict[str, Callable[[tuple[OscArg, ...], str], Request | str]] = {
    "/controld/hello": _hello,
    "/controld/subscribe": _subscribe,
    "/controld/words": _follow(Topic.WORDS),
    "/controld/levels": _follow(Topic.LEVELS),
    "/controld/ping": Ping,
    "/controld/bye": lambda _args, _tags: Bye(),
}
REQUESTS: Final = tuple(_READERS)
