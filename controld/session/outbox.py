"""What waits on its way to the engine, in the one order that is right on stage.

Pure. Three lanes: *discrete* (a player's switches: in order, never merged, never lost), *plan* (the steps of a recall,
a load or a repair: in order), *continuous* (a player's sweeps: per instance and symbol only the newest value waits).
They are served in this order, so a swept pedal can never delay a stomp, and what waits is bounded by the number of
parameters. The tempo is a sweep of its own: one place, served before the others of its lane. Behind all of them is the
*idle* lane, for what nobody waits for; who puts something there looks first whether there is anything else to do.

Order holds per target: a newer write takes the place of an older one that still waits in another lane, and a switch
whose effect is about to be added, removed or given a preset by the plan waits for that step behind it.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from controld.session.requests import (
    AddEffect,
    EngineRequest,
    RemoveEffect,
    WriteBypass,
    WriteParameters,
    WritePreset,
    WriteTransport,
)
from controld.session.state import BYPASS

DiscreteWrite = WriteBypass | WriteParameters | WritePreset


class Outbox:
    """The three lanes; `take` empties them from the front."""

    __slots__ = ("_continuous", "_discrete", "_idle", "_plan", "_transport", "answered", "taken")

    def __init__(self) -> None:
        self._discrete: deque[EngineRequest] = deque()
        self._plan: deque[EngineRequest] = deque()
        self._continuous: dict[int, dict[str, float]] = {}
        self._transport: WriteTransport | None = None
        self._idle: deque[EngineRequest] = deque()
        self.taken = self.answered = 0  # requests, since the start

    def __bool__(self) -> bool:
        """Tell whether anything waits."""
        return bool(self._discrete or self._continuous or self._plan or self._transport or self._idle)

    @property
    def unanswered(self) -> int:
        """How many requests were taken, and not yet settled."""
        return self.taken - self.answered

    @property
    def plan_done(self) -> bool:
        """Tell whether every step of the plan was taken and everything that was taken got its reply."""
        return not self._plan and self.taken == self.answered

    @property
    def plan_left(self) -> int:
        """How many steps of the plan were not taken yet, or are not answered."""
        return len(self._plan) + self.taken - self.answered

    def put_discrete(self, request: DiscreteWrite) -> None:
        """Add a player's switch; it overtakes everything but other switches and the plan's steps it depends on."""
        self._forget_continuous(request)
        if any(_shapes(step, request.instance) for step in self._plan):
            self._plan.append(request)
            return
        self._supersede_in_plan(request)
        self._discrete.append(request)

    def put_other(self, request: EngineRequest) -> None:
        """Add what changes no state that is played: after the switches that wait, and never lost to a newer plan."""
        self._discrete.append(request)

    def put_plan(self, requests: Iterable[EngineRequest]) -> None:
        """Add the steps of a plan; sweeps of the same targets that still wait are older, and are dropped."""
        for request in requests:
            self._plan.append(request)
            if isinstance(request, (WriteParameters, WritePreset, RemoveEffect)):
                self._forget_continuous(request)

    def put_continuous(self, instance: int, symbol: str, value: float) -> None:
        """Add a move of a sweep; it replaces the one of the same parameter that still waits."""
        waiting = self._continuous.get(instance)
        if waiting is None:
            self._continuous[instance] = {symbol: value}
        else:
            waiting[symbol] = value

    def put_transport(self, request: WriteTransport) -> None:
        """Add a tempo; it replaces the one that still waits."""
        self._transport = request

    def put_idle(self, requests: Iterable[EngineRequest]) -> None:
        """Add what nobody waits for."""
        self._idle.extend(requests)

    def clear_idle(self) -> list[EngineRequest]:
        """Forget what nobody waits for, and return it."""
        forgotten = list(self._idle)
        self._idle.clear()
        return forgotten

    def take(self, limit: int) -> list[EngineRequest]:
        """Remove and return up to `limit` (1 or more) requests, in the order in which they must be sent."""
        taken: list[EngineRequest] = []
        for lane in (self._discrete, self._plan):
            while lane and len(taken) < limit:
                taken.append(lane.popleft())
        if self._transport is not None and len(taken) < limit:
            taken.append(self._transport)
            self._transport = None
        while self._continuous and len(taken) < limit:
            instance = next(iter(self._continuous))
            taken.append(WriteParameters(instance, self._continuous.pop(instance)))
        while self._idle and len(taken) < limit:
            taken.append(self._idle.popleft())
        self.taken += len(taken)
        return taken

    def settle(self) -> None:
        """Note that one of the requests that were taken got its reply (a timeout is one too)."""
        self.answered += 1

    def waiting(self) -> Iterator[tuple[int, str, float]]:
        """Yield a player's writes that still wait, as instance, symbol and value, in the order of their lane."""
        for request in self._discrete:
            if isinstance(request, WriteBypass):
                yield request.instance, BYPASS, float(request.bypassed)
            elif isinstance(request, WriteParameters):
                for symbol, value in request.values.items():
                    yield request.instance, symbol, value
        for instance, values in self._continuous.items():
            for symbol, value in values.items():
                yield instance, symbol, value

    def clear_plan(self) -> list[EngineRequest]:
        """Forget the steps that wait, for a newer plan takes their place, and return them."""
        forgotten = list(self._plan)
        self._plan.clear()
        return forgotten

    def clear(self) -> None:
        """Forget everything: the engine is gone, and nothing stale may reach it when it comes back."""
        self._discrete.clear()
        self._plan.clear()
        self._continuous.clear()
        self._transport = None
        self._idle.clear()

    def _forget_continuous(self, request: WriteBypass | WriteParameters | WritePreset | RemoveEffect) -> None:
        waiting = self._continuous.get(request.instance)
        if waiting is None or isinstance(request, WriteBypass):
            return
        if isinstance(request, WriteParameters):
            for symbol in request.values:
                waiting.pop(symbol, None)
        if not waiting or not isinstance(request, WriteParameters):
            del self._continuous[request.instance]

    def _supersede_in_plan(self, request: DiscreteWrite) -> None:
        """Take the older write of the same target out of the plan; a step may be left without values (a no-op)."""
        for index, step in enumerate(self._plan):
            if isinstance(step, WriteParameters) and isinstance(request, WriteParameters):
                if step.instance == request.instance:
                    for symbol in request.values:
                        step.values.pop(symbol, None)
            elif isinstance(step, WriteBypass) and isinstance(request, WriteBypass):
                self._plan[index] = request if step.instance == request.instance else step


def _shapes(step: EngineRequest, instance: int) -> bool:
    return isinstance(step, (AddEffect, RemoveEffect, WritePreset)) and step.instance == instance
