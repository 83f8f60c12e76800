"""A whole rig without hardware, engine or clock: what a test inside the map, or a script, plays.

Pure. The very core that the daemon runs, on a stand-in engine that confirms at once, under a clock that goes only when
it is told to. Everything that followed is kept: actions with the rule that took them, facts, looks, messages.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from controld.actions import Action, Message
from controld.changes import StateChange
from controld.events import OscArg, OscArrived, SurfaceConnected, SurfaceEvent, SurfaceLost
from controld.feedback import Feedback
from controld.mappings.mapper import Intent
from controld.rig import Output, Rig
from controld.session.engine_events import EngineConnected, EngineLost
from controld.standin import StandIn

# The words of a bridge of ours: everything can be listed at once.
CAPABILITIES = frozenset({"batch", "effects", "events", "presets"})
# A rule that never comes to rest must not keep a script running for ever: this many steps of time in one wait.
MOST_STEPS = 100_000


@dataclass(slots=True)
class Happened:
    """Everything that followed since `OfflineRig.forget`, in order."""

    intents: list[Intent] = field(default_factory=list)
    fired_s: list[float] = field(default_factory=list)  # when each of them
    changes: list[StateChange] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    unused: list[SurfaceEvent] = field(default_factory=list)  # events that no rule took


class OfflineRig:
    """A rig under a virtual clock, `now` in seconds; its surfaces are there and its engine is up from the start.

    `looks` has the newest look of every control that shows anything.
    """

    def __init__(self, rig: Rig, engine: StandIn, surfaces: Iterable[str]) -> None:
        self.rig = rig
        self.engine = engine
        self.now = 0.0
        self.happened = Happened()
        self.looks: dict[str, Feedback] = {}
        self.watch: Callable[[], None] | None = None  # called after everything that happened
        self._up = False
        rig.trace = self._trace
        for surface in surfaces:
            self.connect(surface)
        self.start_engine()

    # What happens

    def receive(self, event: SurfaceEvent) -> None:
        """Take what a surface did; its time has to be `now`."""
        before = len(self.happened.intents)
        self._take(self.rig.receive(event, self.now))
        if len(self.happened.intents) == before:
            self.happened.unused.append(event)

    def osc(self, surface: str, address: str, args: tuple[OscArg, ...] = ()) -> None:
        """Take a message for the rig's own namespace."""
        self.receive(OscArrived(surface, "script", address, args, self.now))

    def do(self, action: Action) -> None:
        """Have an action done by nobody in particular."""
        self._take(self.rig.act(action, "", self.now))

    def connect(self, surface: str) -> None:
        """Have a surface's device appear."""
        self._take(self.rig.receive(SurfaceConnected(surface, self.now), self.now))

    def lose(self, surface: str) -> None:
        """Have a surface's device disappear."""
        self._take(self.rig.receive(SurfaceLost(surface, self.now), self.now))

    def start_engine(self) -> None:
        """Have the engine appear, as it was."""
        if not self._up:
            self._up = True
            self._take(self.rig.receive_engine_event(EngineConnected(CAPABILITIES, "the stand-in engine"), self.now))

    def stop_engine(self) -> None:
        """Have the engine disappear, with all that it held."""
        if self._up:
            self._up = False
            self.engine.effects.clear()
            self.engine.connections.clear()
            self._take(self.rig.receive_engine_event(EngineLost("the stand-in engine was stopped"), self.now))

    def wait(self, seconds: float) -> None:
        """Let time pass; whatever is due on the way happens at its time."""
        until = self.now + seconds
        for _ in range(MOST_STEPS):
            due = self.rig.next_deadline()
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            self._take(self.rig.tick(self.now))
        self.now = until
        self._take(self.rig.tick(until))

    def forget(self) -> None:
        """Forget what happened; how everything looks stays."""
        self.happened = Happened()

    # What followed

    def _take(self, output: Output) -> None:
        self._note(output)
        while self._up and self.rig.outbox:
            for request in self.rig.outbox.take(1):
                self._note(self.rig.receive_reply(request, self.engine.execute(request), self.now))

    def _note(self, output: Output) -> None:
        self.happened.changes += output.changes
        self.happened.messages += output.messages
        self.looks.update((look.control, look) for look in output.feedback)
        if self.watch is not None:
            self.watch()

    def _trace(self, kind: str, step: object) -> None:
        if kind == "rule" and isinstance(step, Intent):
            self.happened.intents.append(step)
            self.happened.fired_s.append(self.now)
