"""Targets: what a rule's `do` says, and how a control's movement becomes an action on it.

Pure. A target knows three things: the action a gesture makes of it (`action`), which facts its light follows
(`follows`), and nothing else; how a fact looks on a control is `mappings.lights`. Conversion from a control's position
to the position on a target happens here (`Shaping`), from there to the plugin's unit in `values.Scale`, by the session.
"""

from dataclasses import dataclass, field

from controld.actions import (
    Action,
    DriveParameter,
    LoadPedalboard,
    LoadPreset,
    Pick,
    RecallSnapshot,
    SendMidi,
    SendOsc,
    SetBypass,
    SetParameter,
    StepParameter,
    ToggleParameter,
)
from controld.values import CURVES, Curve, Duration, Level, clamp, quantize

# What a light follows: ("bypass", effect), ("parameter", effect, symbol), ("preset", effect), ("snapshot",), ...
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shaping:
    """How a position on the control becomes a position on the target; `low` and `high` may be reversed.

    `curve` is a curve with its inverse. `steps` (2 or more; 0: none) evenly spaced positions, or `values` to choose.
    """

    low: Level | None = None
    high: Level | None = None
    curve: tuple[Curve, Curve] = CURVES["linear"]
    steps: int = 0
    values: tuple[Level, ...] = ()

    def shape(self, position: float) -> float:
        """Return the position on the target, 0.0-1.0, for one on the control."""
        position = clamp(self.curve[0](clamp(position, 0.0, 1.0)), 0.0, 1.0)
        return quantize(position, self.steps) if self.steps else position

    def unshape(self, position: float) -> float:
        """Return where the control should stand for a position on the target; the reverse of `shape` up to steps."""
        return clamp(self.curve[1](clamp(position, 0.0, 1.0)), 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class BypassTarget:
    """`bypass`: `to` is "toggle", "active", "bypassed" or "control" (at or above half: active)."""

    effects: tuple[str, ...]
    to: str = "toggle"

    def action(self, position: float, _detents: int) -> Action:
        """Return the action of a gesture at `position`."""
        if self.to == "control":
            return SetBypass(self.effects, bypassed=position < 0.5)
        return SetBypass(self.effects, {"toggle": None, "active": False, "bypassed": True}[self.to])

    def follows(self) -> tuple[Key, ...]:
        """Return what the light follows."""
        return tuple(("bypass", effect) for effect in self.effects)


@dataclass(frozen=True, slots=True)
class ParameterTarget:
    """`parameter`: driven by the control, or `to` a level, `by` a step, or `toggle` between two levels."""

    effect: str
    symbol: str
    shaping: Shaping = field(default_factory=Shaping)
    to: Level | None = None
    by: Level | None = None
    toggle: tuple[Level, Level] | None = None

    def action(self, position: float, detents: int) -> Action:
        """Return the action of a gesture: a position 0.0-1.0 for absolute controls, detents for relative ones."""
        if self.to is not None:
            return SetParameter(self.effect, self.symbol, self.to)
        if self.toggle is not None:
            return ToggleParameter(self.effect, self.symbol, *self.toggle)
        if detents or self.by is not None:
            by = self.by or DEFAULT_STEP
            return StepParameter(self.effect, self.symbol, by, detents or 1, continuous=detents != 0)
        return self._driven(position)

    def _driven(self, position: float) -> Action:
        shaping = self.shaping
        if shaping.values:
            index = min(int(shaping.shape(position) * len(shaping.values)), len(shaping.values) - 1)
            return SetParameter(self.effect, self.symbol, shaping.values[index], continuous=True)
        return DriveParameter(self.effect, self.symbol, shaping.shape(position), shaping.low, shaping.high)

    def follows(self) -> tuple[Key, ...]:
        """Return what the light or ring follows."""
        return (("parameter", self.effect, self.symbol),)


# An encoder without `by` moves one hundredth of the parameter's scale per detent.
DEFAULT_STEP = Level(1.0, "%")


@dataclass(frozen=True, slots=True)
class PresetTarget:
    """`preset` of an effect."""

    effect: str
    preset: Pick

    def action(self, _position: float, _detents: int) -> Action:
        """Return the action of a gesture."""
        return LoadPreset(self.effect, self.preset)

    def follows(self) -> tuple[Key, ...]:
        """Return what the light follows."""
        return (("preset", self.effect),)


@dataclass(frozen=True, slots=True)
class SnapshotTarget:
    """`snapshot`."""

    snapshot: Pick

    def action(self, _position: float, _detents: int) -> Action:
        """Return the action of a gesture."""
        return RecallSnapshot(self.snapshot)

    def follows(self) -> tuple[Key, ...]:
        """Return what the light follows."""
        return (("snapshot",),)


@dataclass(frozen=True, slots=True)
class PedalboardTarget:
    """`pedalboard`."""

    pedalboard: Pick

    def action(self, _position: float, _detents: int) -> Action:
        """Return the action of a gesture."""
        return LoadPedalboard(self.pedalboard)

    def follows(self) -> tuple[Key, ...]:
        """Return what the light follows."""
        return (("pedalboard",),)


@dataclass(frozen=True, slots=True)
class SendTarget:
    """`send` to another surface: a message ready to go."""

    message: SendMidi | SendOsc

    def action(self, _position: float, _detents: int) -> Action:
        """Return the message."""
        return self.message

    def follows(self) -> tuple[Key, ...]:
        """Return nothing: what other gear does is not known."""
        return ()


@dataclass(frozen=True, slots=True)
class WaitTarget:
    """`wait` inside a list: what follows is done later."""

    duration: Duration

    def follows(self) -> tuple[Key, ...]:
        """Return nothing."""
        return ()


ActionTarget = BypassTarget | ParameterTarget | PresetTarget | SnapshotTarget | PedalboardTarget | SendTarget
Target = ActionTarget | WaitTarget
