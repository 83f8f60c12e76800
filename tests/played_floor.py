"""A floor board and a tablet on two pedalboards, played under a virtual clock, with an engine in a dictionary."""

from dataclasses import replace
from itertools import count

from fake_engine import DELAY, DRIVE, FakeEngine, board

from controld.actions import Action
from controld.changes import StateChange
from controld.events import ControlMoved, ControlTurned, ProgramChosen
from controld.mappings.profile import Control, Display, Kind, Light, Source, SourceType
from controld.mappings.rule import Condition, Event, Gesture, Look, Mode, Page, Rule, Stage, Trigger
from controld.mappings.target import BypassTarget, Target
from controld.offline import OfflineRig
from controld.rig import Rig
from controld.session.model import Bank, EffectSetup, Pedalboard, Snapshot

LIGHT = Light(SourceType.CC, 20, dim=1, colors={"red": 5, "green": 20})
RING = Light(SourceType.CC, 7, continuous=True)
CONTROLS = {
    **{f"floor.fs{number}": Control(f"fs{number}", Kind.BUTTON, None, LIGHT) for number in range(1, 7)},
    "floor.latch": Control("latch", Kind.LATCH, None, LIGHT),
    "floor.exp": Control("exp", Kind.PEDAL, Source(SourceType.CC, 7), RING),
    "floor.knob": Control("knob", Kind.KNOB, Source(SourceType.CC, 8), RING),
    "floor.wheel": Control("wheel", Kind.ENCODER, Source(SourceType.CC, 9)),
    "floor.patch": Control("patch", Kind.PROGRAM, None),
    "floor.screen": Control("screen", Kind.DISPLAY, None, display=Display((0xF0, "text", 0xF7), columns=16, rows=2)),
    "floor.strip": Control("strip", Kind.DISPLAY, None, display=Display((0xF0, "text", 0xF7), columns=12)),
    "tablet.level": Control("level", Kind.KNOB, Source(SourceType.OSC, address="/level")),
    "tablet.button": Control("button", Kind.BUTTON, Source(SourceType.OSC, address="/button")),
}
PRESS, RELEASE, HOLD, DOUBLE, MOVE = Gesture.PRESS, Gesture.RELEASE, Gesture.HOLD, Gesture.DOUBLE, Gesture.MOVE
_TIMES = {HOLD: 0.5, DOUBLE: 0.3, Gesture.HOLD_RELEASE: 0.5}
_LINES = count(1)
STAGE_BOARD = replace(board(), roles={"dirt": ("drive",), "wet": ("delay", "drive")})
JAZZ_BOARD = Pedalboard(
    "Jazz",
    (EffectSetup("echo", DELAY.uri),),
    snapshots=(Snapshot("Clean"),),
    tempo_bpm=60.0,
    roles={"wet": ("echo",)},
)


def rule(
    on: str,
    *targets: Target | str,
    gesture: Gesture | None = None,
    when: Condition | None = None,
    page: str = "",
    mode: Mode = Mode.RESTART,
    look: Look | None = None,
    trigger: Trigger | None = None,
    name: str = "",
) -> Rule:
    """Return a rule of a control of the floor ("fs1"), or of another surface ("tablet.level"); a text is a bypass."""
    control = on if "." in on else f"floor.{on}"
    if gesture is None:
        kind = CONTROLS[control].kind if control in CONTROLS else Kind.BUTTON
        gesture = {Kind.BUTTON: PRESS, Kind.LATCH: PRESS, Kind.PROGRAM: Gesture.CHANGE}.get(kind, MOVE)
    made = tuple(BypassTarget((target,)) if isinstance(target, str) else target for target in targets)
    trigger = trigger or Trigger(control, gesture, _TIMES.get(gesture, 0.0))
    return Rule(f"stage.yaml:{next(_LINES)}", (trigger,), made, name, when, look or Look(), page=page, mode=mode)


def on_event(event: Event, *targets: Target | str, subject: str = "", page: str = "") -> Rule:
    """Return a rule that waits for an event."""
    trigger = Trigger(f"event:{event.value}", Gesture.EVENT, subject=subject)
    return rule("event", *targets, trigger=trigger, page=page)


class Floor(OfflineRig):
    """The rig with these rules; its engine is up and the first pedalboard loaded."""

    def __init__(
        self,
        *rules: Rule,
        stage: Stage = Stage(),  # noqa: B008 - frozen
        controls: dict[str, Control] = CONTROLS,
        forget: bool = True,
    ) -> None:
        self.controls = controls
        boards = (STAGE_BOARD, JAZZ_BOARD)
        rig = Rig(rules, controls, boards, "Stage", "", stage, (Bank("Gig", ("Stage", "Jazz")),))
        super().__init__(rig, FakeEngine(), ("floor", "tablet"))  # type: ignore[arg-type]
        self.wait(1.0)
        if forget:
            self.forget()

    def move(self, on: str, position: float, after: float = 0.0, client: str = "") -> None:
        """Move a control after a while."""
        self.wait(after)
        control = on if "." in on else f"floor.{on}"
        self.receive(ControlMoved(control, position, self.now, client))

    def press(self, *controls: str, after: float = 0.0) -> None:
        """Press switches, one after the other at once."""
        for index, control in enumerate(controls):
            self.move(control, 1.0, 0.0 if index else after)

    def let_go(self, *controls: str, after: float = 0.0) -> None:
        """Release switches."""
        for index, control in enumerate(controls):
            self.move(control, 0.0, 0.0 if index else after)

    def tap(self, *controls: str, after: float = 0.0) -> None:
        """Press and release switches, one after the other."""
        for control in controls:
            self.press(control, after=after)
            self.let_go(control, after=0.05)

    def turn(self, on: str, detents: int, after: float = 0.0) -> None:
        """Turn an encoder."""
        self.wait(after)
        self.receive(ControlTurned(f"floor.{on}", detents, self.now))

    def program(self, program: int) -> None:
        """Choose a program."""
        self.receive(ProgramChosen("floor.patch", program, self.now))

    def reload(self, *rules: Rule, stage: Stage = Stage(), controls: dict[str, Control] | None = None) -> None:  # noqa: B008 - frozen
        """Take other rules."""
        self.controls = self.controls if controls is None else controls
        output = self.rig.replace(
            rules, self.controls, (STAGE_BOARD, JAZZ_BOARD), self.now, stage, (Bank("Gig", ("Stage", "Jazz")),)
        )
        self._take(output)

    def notice(self, text: str) -> None:
        """Show a notice on every display."""
        self._take(self.rig.notice(text, self.now))

    @property
    def done(self) -> list[Action]:
        """The actions since the last look at them."""
        actions = [intent.action for intent in self.happened.intents]
        self.happened.intents.clear()
        return actions

    @property
    def told(self) -> list[StateChange]:
        """The facts since the last look at them."""
        changes = self.happened.changes.copy()
        self.happened.changes.clear()
        return changes

    @property
    def page(self) -> str:
        """The page the rig tells of."""
        return self.rig.mapper.view.page.page

    def active(self, effect: str) -> bool:
        """Tell whether an effect is to be active."""
        return not self.rig.mapper.view.bypasses[effect].bypassed

    def value(self, symbol: str = "gain", effect: str = "drive") -> float:
        """Return where a parameter is to stand."""
        return self.rig.mapper.view.parameters[effect, symbol].value

    def style(self, on: str) -> str:
        """Return how a light looks."""
        return self.looks[on if "." in on else f"floor.{on}"].style

    def text(self, on: str = "screen") -> str:
        """Return what a display shows."""
        return self.looks[f"floor.{on}"].text


PAGES = Stage(pages=(Page("main", start=True), Page("solo", color="red"), Page("fx", color="green")))
__all__ = ["DRIVE", "PAGES"]
