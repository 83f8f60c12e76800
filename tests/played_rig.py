"""A rig under a virtual clock with rules for a small stage, an engine in a dictionary, and what was told and shown."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from fake_engine import FakeEngine, board

from controld.changes import (
    StateChange,
)
from controld.events import ControlMoved, OscArrived
from controld.feedback import Feedback
from controld.mappings.profile import Control, Kind, Light, Source, SourceType
from controld.mappings.rule import Gesture, Rule, Trigger
from controld.mappings.target import (
    BypassTarget,
    ParameterTarget,
    PedalboardTarget,
    SnapshotTarget,
    Target,
    WaitTarget,
)
from controld.rig import Output, Rig
from controld.session.engine_events import EngineConnected
from controld.session.model import Pedalboard
from controld.session.requests import Denied
from controld.values import Duration

LIGHT = Light(SourceType.CC, 20, dim=1, colors={"red": 5})
SWITCHES = ("drive", "delay", "clean", "crunch", "lead", "solo", "stage", "a", "b")
CONTROLS = {
    **{f"floor.{name}": Control(name, Kind.BUTTON, None, LIGHT) for name in SWITCHES},
    "floor.latch": Control("latch", Kind.LATCH, None, LIGHT),
    "floor.exp": Control("exp", Kind.FADER, None, Light(SourceType.CC, 7, continuous=True)),
    "tablet.gain": Control("gain", Kind.FADER, Source(SourceType.OSC, address="/gain")),
}


def rule(control: str, *targets: Target, gesture: Gesture = Gesture.PRESS, time_s: float = 0.0) -> Rule:
    """Return a rule of one control."""
    return Rule(f"stage.yaml:{control}:{gesture.value}", (Trigger(control, gesture, time_s),), targets)


GAIN = ParameterTarget("drive", "gain")
RULES = (
    rule("floor.drive", BypassTarget(("drive",))),
    rule("floor.delay", BypassTarget(("delay",))),
    rule("floor.clean", SnapshotTarget("Clean")),
    rule("floor.crunch", SnapshotTarget("Crunch")),
    rule("floor.lead", SnapshotTarget("Lead")),
    rule("floor.solo", PedalboardTarget("Solo")),
    rule("floor.stage", PedalboardTarget("Stage")),
    rule("floor.exp", GAIN, gesture=Gesture.MOVE),
    rule("tablet.gain", GAIN, gesture=Gesture.MOVE),
)


@dataclass
class Stage:
    """A rig with an engine that answers at once, and everything that was told and shown."""

    rig: Rig
    engine: FakeEngine = field(default_factory=FakeEngine)
    changes: list[StateChange] = field(default_factory=list)
    looks: dict[str, Feedback] = field(default_factory=dict)  # by control, the newest

    def take(self, output: Output, now: float = 0.0) -> Output:
        """Take what follows from something, and let the engine do what is wanted of it."""
        self.note(output)
        while self.rig.outbox:
            for request in self.rig.outbox.take(1):
                self.note(self.rig.receive_reply(request, self.engine.execute(request), now))
        return output

    def note(self, output: Output) -> None:
        """Keep what was told and shown."""
        self.changes += output.changes
        self.looks |= {look.control: look for look in output.feedback}

    def move(self, control: str, position: float, now: float = 0.0) -> Output:
        """Move a control."""
        return self.take(self.rig.receive(ControlMoved(control, position, now), now), now)

    def tap(self, control: str, now: float = 0.0) -> Output:
        """Press a switch and let it go."""
        output = self.move(control, 1.0, now)
        self.move(control, 0.0, now)
        return output

    def osc(self, address: str, *args: str | float | bool) -> Output:
        """Let a client of the tablet speak to the rig's own namespace."""
        return self.take(self.rig.receive(OscArrived("tablet", "host:9", address, args, 0.0), 0.0))

    def tick(self, now: float) -> Output:
        """Let time pass until `now`, with one look at the clock."""
        return self.take(self.rig.tick(now), now)

    def told(self, kind: type) -> list[StateChange]:
        """Return the facts of a kind, and forget them all."""
        found = [change for change in self.changes if isinstance(change, kind)]
        self.changes.clear()
        return found


def play(*boards: Pedalboard, rules: Iterable[Rule] = RULES, engine: FakeEngine | None = None) -> Stage:
    """Return a rig whose engine is up and holds the first pedalboard."""
    stage = Stage(Rig(tuple(rules), CONTROLS, boards or (board(),)), engine or FakeEngine())
    stage.take(stage.rig.receive_engine_event(EngineConnected(frozenset({"events", "effects", "presets"})), 0.0))
    stage.changes.clear()
    return stage


def refuse(engine: FakeEngine, kind: type) -> None:
    """Have the engine refuse every request of a kind from now on."""
    engine.deny = lambda request: Denied("it hurts") if isinstance(request, kind) else None


def wait(seconds: float) -> WaitTarget:
    """Return a wait."""
    return WaitTarget(Duration(seconds))
