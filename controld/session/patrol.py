"""What is asked and done when there is nothing else to do: once a second, and never in the way of a press.

Pure; time is an argument. It goes into the outbox's idle lane, behind everything, only when all else is answered,
and, but for the quick question after the load, only when nothing was sent for a second. A press that comes meanwhile
waits for the one request in flight, as behind any other. In turn: spares are loaded and removed (`spares`); a bridge
that tells no events is asked what it holds, one effect at a time; JACK is asked after (`jack_watch`).
"""

from collections.abc import Iterator

from controld.session.jack_watch import JackWatch
from controld.session.outbox import Outbox
from controld.session.replies import Ledger
from controld.session.requests import (
    EngineRequest,
    Probe,
    ReadBypass,
    ReadEffects,
    ReadLoad,
    ReadParameter,
)
from controld.session.state import BYPASS

EVERY_S = 1.0
# The next step of loading spares comes so long after the last one.
NEXT_STEP_S = 0.05
# How often it is asked whether JACK is back.
JACK_EVERY_S = 2.0
# A bridge that lists everything at once is asked so often before JACK is asked after.
_LISTS = 4


class Patrol:
    """`due_s` is when `tick` wants to be called; None: not at all. `wants_load`: somebody wants to know the load."""

    def __init__(self, outbox: Outbox, ledger: Ledger, jack: JackWatch) -> None:
        self.due_s: float | None = None
        self.wants_load = False
        self.asked: list[EngineRequest] = []  # on their way, or waiting; compared by identity
        self._outbox = outbox
        self._ledger = ledger
        self._jack = jack
        self._capabilities: frozenset[str] = frozenset()
        self._rounds: Iterator[EngineRequest] = iter(())
        self._nth = -1  # of the rounds
        self._expected = -1  # so many requests will have been taken if nobody else wants anything

    def begin(self, capabilities: frozenset[str], now: float) -> None:
        """Take that the engine holds what it should, behind a bridge with these capabilities."""
        self._capabilities = capabilities
        self.wake(now + EVERY_S)

    def wake(self, due_s: float) -> None:
        """Look at `due_s` at the latest whether there is something to do."""
        if self._wanted:
            self.due_s = due_s if self.due_s is None else min(self.due_s, due_s)

    def stop(self) -> None:
        """Ask nothing more: the engine is gone."""
        self.due_s = None
        self.asked.clear()

    def watch_jack(self, now: float) -> None:
        """Ask for JACK, which is gone, until it is back."""
        self.asked.clear()
        self.due_s = now + JACK_EVERY_S

    @property
    def _wanted(self) -> bool:
        return self.wants_load or "events" not in self._capabilities or not self._ledger.rig.spares.settled

    def tick(self, now: float, *, rests: bool) -> None:
        """Put what is due into the outbox; `rests` says that no plan is under way."""
        if self.due_s is None or now < self.due_s:
            return
        self.due_s = now + (JACK_EVERY_S if self._jack.reason else EVERY_S)
        idle = not self._outbox and not self._outbox.unanswered
        quiet = idle and self._outbox.taken == self._expected
        self._expected = self._outbox.taken
        if self._jack.reason:
            if idle:
                self._ask(self._jack.poll(next((e.instance for e in self._ledger.rig.effects.values()), None)))
        elif not self._wanted:
            self.due_s = None
        elif idle and rests:
            self._ask([*self._load_question(quiet=quiet), *(self._turn() if quiet else ())])

    def _load_question(self, *, quiet: bool) -> Iterator[EngineRequest]:
        if self.wants_load:
            if "effects" in self._capabilities:
                yield ReadLoad()
            elif quiet:  # this bridge may take a tenth of a second for it
                yield Probe()

    def _turn(self) -> Iterator[EngineRequest]:
        rig = self._ledger.rig
        step = rig.spares.step(self._ledger.plugins, rig.free)
        if step is not None:
            yield step
        elif "events" not in self._capabilities:
            question = next(self._rounds, None)
            if question is None:
                self._rounds = self._round()
                question = next(self._rounds)
            yield question

    def _round(self) -> Iterator[EngineRequest]:
        """Yield a question for each turn: every bypass, then one parameter of each effect, in each round another one.

        A bypass that cannot be read is how an effect that is missing is found.
        """
        if "effects" in self._capabilities:
            yield from (ReadEffects() for _ in range(_LISTS))
        else:
            self._nth += 1
            effects = tuple(self._ledger.rig.effects.values())
            yield from (ReadBypass(effect.instance) for effect in effects if effect.present)
            for effect in effects:
                symbols = [symbol for symbol in effect.cells if symbol != BYPASS]
                if effect.present and symbols:
                    yield ReadParameter(effect.instance, symbols[self._nth % len(symbols)])
        yield from self._jack.questions()

    def _ask(self, requests: list[EngineRequest]) -> None:
        self.asked = requests
        self._expected += len(requests)
        self._outbox.put_idle(requests)

    def overlook(self) -> None:
        """Take it that one more request is put into the outbox that is no sign of somebody playing."""
        self._expected += 1

    def take(self, request: EngineRequest) -> bool:
        """Tell whether it was this that asked; what is answered is asked no more."""
        for index, each in enumerate(self.asked):
            if each is request:
                del self.asked[index]
                return True
        return False
