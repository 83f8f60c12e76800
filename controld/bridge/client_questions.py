"""Questions of programs to the bridge: what a session need not know, such as JACK's ports or the plugins there are.

A shell. They go by a connection of their own, which is made when the first one is asked. So a slow answer, or none, is
nobody's matter but the asker's: it is no reason to doubt what the engine did for a player. One question is on its way
at a time; a player's request waits for that one at most, as the bridge does one thing after the other.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from controld.bridge.client_connection import Connection
from controld.bridge.client_pace import Patience
from controld.bridge.link import Context
from controld.bridge.protocol import BridgeInfo

# More that wait than this are not asked at all.
MAX_WAITING = 1000

# Gets the reply's bytes; None where none came in time, or the bridge is gone.
Answered = Callable[[bytes | None], None]


@dataclass(slots=True)
class _Asked:
    body: bytes
    until_s: float  # loop time
    answered: Answered
    timer: asyncio.TimerHandle | None = None


class Questions:
    """Asks the bridge at `endpoint`; implements `client_connection.ConnectionUser`."""

    def __init__(self, endpoint: str, patience: Patience) -> None:
        self._endpoint = endpoint
        # Whether the bridge lives is found out by the session's own client.
        self._patience = replace(patience, health_s=0.0)
        self._connection: Connection | None = None
        self._waiting: deque[_Asked] = deque()
        self._asked: _Asked | None = None

    def ask(self, context: Context, body: bytes, deadline_s: float, answered: Answered) -> None:
        """Ask, and have `answered` called once: with the reply, or with None after `deadline_s`; never from within."""
        loop = asyncio.get_running_loop()
        if len(self._waiting) >= MAX_WAITING:
            loop.call_soon(answered, None)
            return
        asked = _Asked(body, loop.time() + deadline_s, answered)
        asked.timer = loop.call_later(deadline_s, self._too_late, asked)
        self._waiting.append(asked)
        if self._connection is None:
            self._connection = Connection(self._endpoint, self, lambda _identity: None, self._patience, quiet=True)
            self._connection.open(context)
        else:
            loop.call_soon(self._next)

    def close(self) -> None:
        """Close the connection; nobody is answered any more."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        for asked in (*self._waiting, *([self._asked] if self._asked else ())):
            if asked.timer is not None:
                asked.timer.cancel()
        self._waiting.clear()
        self._asked = None

    def connection_ready(self, _info: BridgeInfo) -> None:
        """Ask what waits."""
        self._next()

    def connection_replied(self, body: bytes) -> None:
        """Pass on the reply, and ask the next."""
        self._settle(body)
        self._next()

    def connection_broken(self) -> None:
        """Give up what was asked; what waits is asked when the connection is there again, if that is in time."""
        self._settle(None)

    def connection_checked(self) -> None:
        """Go on with what waits."""
        self._next()

    def connection_lost(self, _reason: str) -> None:
        """Nothing: the client of the session tells of it."""

    def _next(self) -> None:
        connection = self._connection
        if self._asked is None and self._waiting and connection is not None and connection.ready:
            self._asked = asked = self._waiting.popleft()
            if asked.timer is not None:
                asked.timer.cancel()  # the link keeps the time from now on
            connection.ask(asked.body, max(0.0, asked.until_s - asyncio.get_running_loop().time()))

    def _settle(self, body: bytes | None) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            asked.answered(body)

    def _too_late(self, asked: _Asked) -> None:
        self._waiting.remove(asked)
        asked.answered(None)
