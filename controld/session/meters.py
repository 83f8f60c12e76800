"""How loud it is, asked ten times a second while somebody has meters.

Pure; time is an argument. The question goes into the outbox's idle lane, only when nothing else is asked, so that a
press never waits for more than the one that is in flight.
"""

from collections.abc import Callable

from controld.engine_figures import LevelsChanged
from controld.session.outbox import Outbox
from controld.session.requests import Denied, Done, EngineLevels, EngineReply, ReadLevels

EVERY_S = 0.1
AGAIN_S = 5.0  # an engine that cannot tell is asked again after this


class Meters:
    """`due_s` is when `tick` wants to be called, None for not at all; `emit` is told what is heard."""

    def __init__(self, outbox: Outbox, emit: Callable[[LevelsChanged], None]) -> None:
        self.due_s: float | None = None
        self._outbox = outbox
        self._emit = emit
        self._wanted = self._offered = False
        self._told = LevelsChanged((), ())

    def want(self, now: float, *, wanted: bool) -> None:
        """Say whether somebody wants to know; what nobody wants to know any more is told to be silent."""
        if wanted is not self._wanted:
            self._wanted = wanted
            self._plan(now)
            if not wanted:
                self._be_silent()

    def offer(self, now: float, *, offered: bool) -> None:
        """Take that there is an engine that can tell, or none: then it is silent."""
        self._offered = offered
        self._plan(now)
        if not offered:
            self._be_silent()

    def tick(self, now: float) -> bool:
        """Ask, where it is due and nothing else is asked; tell whether it was."""
        if self.due_s is None or now < self.due_s:
            return False
        self.due_s = now + EVERY_S
        if self._outbox or self._outbox.unanswered:
            return False
        self._outbox.put_idle([ReadLevels()])
        return True

    def receive(self, reply: EngineReply, now: float) -> None:
        """Take the answer."""
        if isinstance(reply, Denied) and self.due_s is not None:
            self.due_s = now + AGAIN_S
        elif isinstance(reply, Done) and isinstance(reply.answer, EngineLevels) and self._wanted:
            self._tell(LevelsChanged(reply.answer.inputs, reply.answer.outputs))

    def _plan(self, now: float) -> None:
        self.due_s = now if self._wanted and self._offered else None

    def _be_silent(self) -> None:
        inputs, outputs = ((0.0,) * len(levels) for levels in (self._told.inputs, self._told.outputs))
        self._tell(LevelsChanged(inputs, outputs))

    def _tell(self, levels: LevelsChanged) -> None:
        if levels != self._told:
            self._told = levels
            self._emit(levels)
