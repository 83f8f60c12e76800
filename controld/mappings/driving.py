"""Controls that drive something with a memory: dead ends, takeover, smoothing, and encoders that know haste.

Pure; time is an argument. A `Drive` belongs to one control and one target of one rule. Most need none: a pedal without
`motion` moves its parameter at once.
"""

from controld.changes import MorphChanged, ParameterChanged, State
from controld.mappings.claim import Claim
from controld.mappings.lights import standing_of
from controld.mappings.motion import Accelerator, Smoother, without_ends
from controld.mappings.profile import Control, Kind, SourceType
from controld.mappings.rule import Gesture, Trigger
from controld.mappings.shaping import Takeover
from controld.mappings.takeover import Follower, follower
from controld.mappings.target import Key, MorphTarget, ParameterTarget, Target
from controld.mappings.view import MORPH, View

Driven = ParameterTarget | MorphTarget


class Drive:
    """What one control remembers of one target that it drives; `key` is what it moves."""

    __slots__ = ("_accelerator", "_claim", "_deadzone", "_follower", "_smoother", "key", "target")

    def __init__(self, target: Driven, takeover: Takeover) -> None:
        motion = target.motion
        self.target = target
        self.key: Key = MORPH
        if isinstance(target, ParameterTarget):
            self.key = ("parameter", target.effect, target.symbol)
        self._deadzone = motion.deadzone
        self._follower: Follower = follower(takeover)
        self._smoother = Smoother(motion.smooth_s) if motion.smooth_s else None
        self._accelerator = Accelerator(motion.acceleration)
        self._claim: Claim | None = None  # while it has hold of its target

    def move(self, position: float, origin: str, view: View, now: float) -> float | None:
        """Take where the control is; return where its target goes now, None for nowhere."""
        standing = standing_of(self.target, view)
        accepted = self._follower.accept(without_ends(position, self._deadzone), standing, now)
        if accepted is None:
            return None
        step: float | None = accepted
        if self._smoother is not None:
            if self._claim is None:  # somebody else may have moved the target since
                self._smoother.settle(standing)
            step = self._smoother.move(accepted, now)
        self._expect(origin)
        return step

    def turn(self, detents: int, origin: str, now: float) -> int:
        """Take a turn of an encoder; return how many detents it counts for."""
        self._expect(origin)
        return self._accelerator.turn(detents, now)

    def tick(self, now: float) -> float | None:
        """Return the step that is due, None where none is."""
        step = None if self._smoother is None else self._smoother.tick(now)
        if step is not None and self._claim is not None:
            self._expect(self._claim.origin)
        return step

    def deadline(self) -> float | None:
        """Return when the next step is due; None at rest."""
        return None if self._smoother is None else self._smoother.deadline()

    def told(self, fact: ParameterChanged | MorphChanged, view: View, now: float) -> None:
        """Take a fact about the target: when somebody else moved it, the control has lost it."""
        if self._claim is None:
            return
        if isinstance(fact, ParameterChanged):
            if fact is not view.parameter(self.key[1], self.key[2]):
                return  # of another effect that has the same role
            keeps = self._claim.keeps(fact.value, fact.origin, fact.state, now)
        else:
            keeps = fact.position is not None and self._claim.keeps(fact.position, fact.origin, State.ASKED, now)
        if not keeps:
            self.lose(view)

    def lose(self, view: View) -> None:
        """Take note that control and target may have parted."""
        self._claim = None
        self._follower.lost()
        if self._smoother is not None:
            self._smoother.settle(standing_of(self.target, view))

    def _expect(self, origin: str) -> None:
        if self._claim is None:
            self._claim = Claim(origin)
        self._claim.expect(origin)


def drive_of(trigger: Trigger, target: Target, control: Control) -> Drive | None:
    """Return what a control has to remember of a target; None where that is nothing."""
    if trigger.gesture is not Gesture.MOVE or not isinstance(target, ParameterTarget | MorphTarget):
        return None
    motion = target.motion
    if control.kind is Kind.ENCODER:
        return Drive(target, Takeover.JUMP) if motion.acceleration != 1.0 else None
    if isinstance(target, ParameterTarget) and not target.driven:
        return None
    takeover = motion.takeover or default_takeover(control)
    if takeover is Takeover.JUMP and not (motion.deadzone or motion.smooth_s):
        return None
    return Drive(target, takeover)


def default_takeover(control: Control) -> Takeover:
    """Return what a control does by itself: a knob stays where the hand left it, so it picks up; all others jump."""
    is_widget = control.source is not None and control.source.type is SourceType.OSC  # it follows, like a motor
    return Takeover.PICKUP if control.kind is Kind.KNOB and not is_widget else Takeover.JUMP
