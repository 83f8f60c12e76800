"""The pure core as it is measured: a rig read from its files, the time it lives in, and what is played on it.

Each play is one thing that a person does, from the first event to the reply of the engine that confirms it, lights
included. `Core.events` counts what was received, so that a play's cost can be told per event.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.core_files import CoreFiles
from bench.wire import PARAMETERS_PER_EFFECT, value_of
from controld.config import load_rig
from controld.config_values import RigConfig
from controld.events import ControlMoved, ControlTurned, SurfaceEvent
from controld.rig import Rig
from controld.session.engine_events import EngineConnected
from controld.session.model import Plugin
from controld.session.requests import Done, EngineReply, EngineRequest, ReadPlugin
from controld.values import Scale

# More steps than a rig of 100 effects needs to be loaded.
_MAX_STEPS = 100_000
_GAP_S = 0.002  # between two events
_REST_S = 0.2


def read(rules: int) -> RigConfig:
    """Write a rig of so many rules, and load it as users do."""
    with TemporaryDirectory(prefix="controld-core-") as folder:
        return load_rig(CoreFiles(rules).write(Path(folder)))


class Core:
    """A rig whose effects are loaded, on an engine that does everything at once; `now` is its time in seconds."""

    def __init__(self, config: RigConfig) -> None:
        self.now = 0.0
        self.events = 0
        self.rules = len(config.rules)
        self.rig = Rig(
            config.rules, config.controls, config.pedalboards, config.startup.pedalboard,
            stage=config.stage, banks=config.banks,
        )  # fmt: skip
        self.rig.receive_engine_event(EngineConnected(frozenset({"batch", "events"})), 0.0)
        self.settle()

    def move(self, control: str, position: float) -> None:
        """Move a control, or press (1.0) or release (0.0) a switch."""
        self._receive(ControlMoved(f"t.{control}", position, self.now))

    def turn(self, control: str, detents: int) -> None:
        """Turn an encoder."""
        self._receive(ControlTurned(f"t.{control}", detents, self.now))

    def press(self, control: str) -> None:
        """Press a switch and let it go."""
        self.move(control, 1.0)
        self.move(control, 0.0)

    def wait(self, seconds: float) -> None:
        """Let time pass, with everything that is due on the way."""
        until = self.now + seconds
        while (due := self.rig.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.rig.tick(self.now)
            self.settle()
        self.now = until

    def settle(self) -> None:
        """Do what waits for the engine."""
        rig = self.rig
        for _ in range(_MAX_STEPS):
            requests = rig.outbox.take(64)
            if not requests:
                return
            for request in requests:
                rig.receive_reply(request, _reply(request), self.now)
        raise AssertionError("the rig does not come to rest")

    def _receive(self, event: SurfaceEvent) -> None:
        self.now += _GAP_S
        event.time_s = self.now  # type: ignore[misc]
        self.events += 1
        self.rig.receive(event, self.now)
        self.settle()


def _reply(request: EngineRequest) -> EngineReply:
    if isinstance(request, ReadPlugin):
        scales = {f"p{index}": Scale() for index in range(PARAMETERS_PER_EFFECT)}
        return Done(Plugin(request.uri, request.uri, scales))
    return Done()


Play = Callable[[Core, int], None]


def _presses(control: str) -> Play:
    return lambda core, _index: core.press(control)


def _moves(control: str) -> Play:
    return lambda core, index: core.move(control, value_of(index + 1))


def _sweeps(core: Core, index: int) -> None:
    """Sweep up and down in steps of one hundredth, as fast as a pedal that sends every 10 ms."""
    core.wait(0.008)
    core.move("shaped", abs(index % 200 - 100) / 100)


def _turns(core: Core, index: int) -> None:
    """Turn hastily, ten clicks up and ten down."""
    core.wait(0.018)
    core.turn("wheel", 1 if index % 20 < 10 else -1)


def _holds(core: Core, _index: int) -> None:
    core.move("held", 1.0)
    core.wait(0.6)
    core.move("held", 0.0)


def _chord(core: Core, _index: int) -> None:
    core.move("left", 1.0)
    core.move("right", 1.0)
    core.move("left", 0.0)
    core.move("right", 0.0)


def _alone(core: Core, _index: int) -> None:
    core.move("left", 1.0)
    core.wait(0.06)
    core.move("left", 0.0)


def _alternates(first: str, second: str) -> Play:
    """Press one of two switches after the other, no faster than rules of events may be called."""

    def alternate(core: Core, index: int) -> None:
        core.wait(_REST_S)
        core.press(second if index % 2 else first)

    return alternate


# What one event costs must not depend on how many rules there are.
PLAYS: dict[str, Play] = {
    "press": _presses("press"),
    "press, with a hold beside it": _presses("held"),
    "hold": _holds,
    "chord": _chord,
    "chord's switch alone": _alone,
    "pedal": _moves("plain"),
    "pedal: range, curve, pickup, smooth": _sweeps,
    "encoder with acceleration": _turns,
    "rule with conditions": _presses("asked"),
    "page's rule over a global one": _presses("paged"),
    "template, role": _presses("role1"),
    "role of two effects": _presses("role2"),
    "rule of an event": _alternates("slow", "fast"),
    "page without rules, and back": _alternates("quiet", "return"),
}
# What these cost may depend on what the page and the pedalboard have.
CHANGES: dict[str, Play] = {
    "page with a twentieth of the rules, and back": _alternates("turn", "return"),
    "another pedalboard": _alternates("board2", "board1"),
}


def play(core: Core, what: Play, count: int, first: int = 0) -> None:
    """Play one thing so many times."""
    for index in range(first, first + count):
        what(core, index)
