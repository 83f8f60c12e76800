"""One queue, one consumer: the place where everything that happens meets the core.

Shell, in the event loop's thread only. Whoever has something to tell calls `enter`; if the core is at rest it runs at
once, to the end, else after what came before. What follows from it leaves in a fixed order: engine requests first, for
they are what the player waits for, then lights, then facts.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

from controld.changes import StateChange
from controld.rig import Output, Rig

log = logging.getLogger("controld.core")

# Takes its arguments and the time, like every `receive_*` of the rig.
Handler = Callable[..., Output]


class Exits(Protocol):
    """Where the core's results leave."""

    def pump(self) -> None:
        """Send what waits for the engine."""

    def attend(self) -> None:
        """Let the engine go on while the core is at something long: take its reply, and send what waits."""

    def deliver(self, output: Output) -> None:
        """Show lights, tell facts and send messages."""


class Hub:
    """The queue before a rig."""

    def __init__(self, rig: Rig, exits: Exits, loop: asyncio.AbstractEventLoop) -> None:
        self.rig = rig
        rig.urge, rig.attend = exits.pump, exits.attend
        self.errors = 0
        self._exits = exits
        self._loop = loop
        self._queue: deque[tuple[Handler, tuple[object, ...]]] = deque()
        self._running = False
        self._told: list[StateChange] | None = None  # while somebody waits for what follows
        self._timer: asyncio.TimerHandle | None = None
        self._timer_s: float | None = None

    def enter(self, handler: Handler, *args: object) -> None:
        """Have `handler(*args, now)` run by the core, after everything that was entered before."""
        self._queue.append((handler, args))
        if not self._running:
            self._run()

    def ask(self, handler: Handler, *args: object) -> list[StateChange]:
        """Have a handler run, and return every fact that is told until the core is at rest again.

        What the engine answered meanwhile is among them. Empty where the core runs already: then it is told later.
        """
        if self._running:
            self.enter(handler, *args)
            return []
        told: list[StateChange] = []
        self._told = told
        try:
            self.enter(handler, *args)
        finally:
            self._told = None
        return told

    def stop(self) -> None:
        """Forget what waits and wake up no more."""
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        self._running = True
        queue, outbox = self._queue, self.rig.outbox
        try:
            while queue:
                handler, args = queue.popleft()
                try:
                    output = handler(*args, self._loop.time())
                    if outbox:
                        self._exits.attend()
                    if self._told is not None:
                        self._told += output.changes
                    self._exits.deliver(output)
                except Exception:  # the one guard: an error in one event must not end the rig
                    self.errors += 1
                    log.exception("an event could not be handled: %s", args)
        finally:
            self._running = False
        self._plan_wake_up()

    def _plan_wake_up(self) -> None:
        deadline_s = self.rig.next_deadline()
        if deadline_s == self._timer_s:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_s = deadline_s
        self._timer = None if deadline_s is None else self._loop.call_at(deadline_s, self._wake_up)

    def _wake_up(self) -> None:
        self._timer = self._timer_s = None
        self.enter(self.rig.tick)
