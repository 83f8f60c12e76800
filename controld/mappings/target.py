"""Targets: what a rule's `do` says, and how a control's movement becomes an action on it.

Pure. A target knows two things: the action a gesture makes of it (`action`), and which facts its light follows
(`follows`); how a fact looks on a control is `mappings.lights`. Conversion from a control's position to the position
on a target happens here (`Shaping`), from there to the plugin's unit in `values.Scale`, by the session. What needs a
memory between two movements (`Motion`) is done by the mapper before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from controld.actions import (
    Action,
    CycleParameter,
    DriveParameter,
    LoadPedalboard,
    LoadPreset,
    Message,
    MorphSnapshots,
    Panic,
    Pick,
    RecallSnapshot,
    Redo,
    Resync,
    RollBack,
    SaveSnapshot,
    SelectBank,
    SelectPage,
    SetBypass,
    SetMute,
    SetParameter,
    SetTempo,
    SetTransport,
    SetTuner,
    SetVariable,
    ShowText,
    StepParameter,
    TapTempo,
    ToggleParameter,
    Undo,
    Value,
)
from controld.mappings.shaping import PLAIN_MOTION, Motion, Shaping
from controld.values import Duration, Level

# What a light follows: ("bypass", effect), ("parameter", effect, symbol), ("preset", effect), ("snapshot",), ("page",),
# ("variable", name), ("morph", *snapshots) ... Instead of an effect's name there may be a role, as "role:dirt".
Key = tuple[str, ...]

ROLE = "role:"
# An encoder without `by` moves one hundredth of the parameter's scale per detent.
DEFAULT_STEP = Level(1.0, "%")


@dataclass(frozen=True, slots=True)
class BypassTarget:
    """`bypass`: `to` is "toggle", "active", "bypassed" or "control" (at or above half: active).

    With `returns` the press's change is taken back by its release.
    """

    effects: tuple[str, ...]
    to: str = "toggle"
    returns: bool = False

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
    """`parameter`: driven by the control, or `to` a level, `by` a step, `toggle` between two levels, or a `cycle`.

    `over` is how long any but a driven one takes to get there. With `returns` the press's change is taken back by its
    release.
    """

    effect: str
    symbol: str
    shaping: Shaping = field(default_factory=Shaping)
    to: Level | None = None
    by: Level | None = None
    toggle: tuple[Level, Level] | None = None
    cycle: tuple[Level, ...] = ()
    over: Duration | None = None
    motion: Motion = PLAIN_MOTION
    returns: bool = False

    @property
    def driven(self) -> bool:
        """Tell whether the control's position is the parameter's (an encoder steps it instead)."""
        return self.to is None and self.by is None and self.toggle is None and not self.cycle

    def action(self, position: float, detents: int) -> Action:
        """Return the action of a gesture: a position 0.0-1.0 for absolute controls, detents for relative ones."""
        if self.to is not None:
            return SetParameter(self.effect, self.symbol, self.to, over=self.over)
        if self.toggle is not None:
            return ToggleParameter(self.effect, self.symbol, *self.toggle, self.over)
        if self.cycle:
            return CycleParameter(self.effect, self.symbol, self.cycle, detents or 1, self.over)
        if detents or self.by is not None:
            by = self.by or DEFAULT_STEP
            return StepParameter(self.effect, self.symbol, by, detents or 1, continuous=detents != 0, over=self.over)
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
    """`snapshot`; with `save` it keeps what is played instead of recalling."""

    snapshot: Pick
    save: bool = False

    def action(self, _position: float, _detents: int) -> Action:
        """Return the action of a gesture."""
        return SaveSnapshot(self.snapshot) if self.save else RecallSnapshot(self.snapshot)

    def follows(self) -> tuple[Key, ...]:
        """Return what the light follows."""
        return (("snapshot",),)


@dataclass(frozen=True, slots=True)
class MorphTarget:
    """`morph`: the control blends snapshots that stand at `stops` (positions 0.0-1.0, ascending)."""

    stops: tuple[tuple[float, Pick], ...]
    shaping: Shaping = field(default_factory=Shaping)
    motion: Motion = PLAIN_MOTION

    def action(self, position: float, _detents: int) -> Action:
        """Return the action of a control at `position`."""
        return MorphSnapshots(self.stops, self.shaping.shape(position))

    def follows(self) -> tuple[Key, ...]:
        """Return what the fader follows."""
        return (("morph", *(str(pick) for _, pick in self.stops)),)


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
class BankTarget:
    """`bank`."""

    bank: Pick

    def action(self, _position: float, _detents: int) -> Action:
        """Return the action of a gesture."""
        return SelectBank(self.bank)

    def follows(self) -> tuple[Key, ...]:
        """Return what the light follows."""
        return (("bank",),)


@dataclass(frozen=True, slots=True)
class PageTarget:
    """`page`; with `hold` the page is left again when the press ends."""

    page: Pick
    hold: bool = False

    def action(self, _position: float, _detents: int) -> Action:
        """Return the action of a gesture."""
        return SelectPage(self.page)

    def follows(self) -> tuple[Key, ...]:
        """Return what the light follows."""
        return (("page",),)


@dataclass(frozen=True, slots=True)
class TempoTarget:
    """`tempo`: a tap, or beats a minute to set, or to change it by."""

    tap: bool = False
    bpm: float | None = None
    by: float = 0.0

    def action(self, _position: float, detents: int) -> Action:
        """Return the action of a gesture; an encoder changes by its detents."""
        if self.tap:
            return TapTempo()
        return SetTempo(self.bpm, self.by * (detents or 1))

    def follows(self) -> tuple[Key, ...]:
        """Return what the light follows."""
        return (("tempo",),)


@dataclass(frozen=True, slots=True)
class SwitchTarget:
    """`transport`, `mute` or `tuner` (`what`): on, off, or (None) toggled; a transport may `resume` where it was."""

    what: str
    on: bool | None = None
    resume: bool = False

    def action(self, _position: float, _detents: int) -> Action:
        """Return the action of a gesture."""
        return SetTransport(self.on, resume=True) if self.resume else _SWITCHES[self.what](self.on)

    def follows(self) -> tuple[Key, ...]:
        """Return what the light follows."""
        return ((self.what,),)


_SWITCHES: Mapping[str, Callable[[bool | None], Action]] = {
    "transport": SetTransport, "mute": SetMute, "tuner": SetTuner,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class VariableTarget:
    """`set` of a variable: `to` a value, `by` a number, on in a `cycle`, or `toggle`."""

    name: str
    to: Value | None = None
    by: float = 0.0
    cycle: tuple[Value, ...] = ()
    toggle: bool = False

    def action(self, _position: float, detents: int) -> Action:
        """Return the action of a gesture; an encoder changes by its detents."""
        return SetVariable(self.name, self.to, self.by * (detents or 1), self.cycle, self.toggle)

    def follows(self) -> tuple[Key, ...]:
        """Return what the light follows."""
        return (("variable", self.name),)


@dataclass(frozen=True, slots=True)
class ShowTarget:
    """`show` a text on a display, for a time (None: until another is shown)."""

    control: str
    text: str
    time: Duration | None = None

    def action(self, _position: float, _detents: int) -> Action:
        """Return the action of a gesture."""
        return ShowText(self.control, self.text, self.time)

    def follows(self) -> tuple[Key, ...]:
        """Return nothing: a text on a display is no state of the switch that asked for it."""
        return ()


@dataclass(frozen=True, slots=True)
class SendTarget:
    """`send` to another surface: a message ready to go, and what ends it when the press does (None: nothing)."""

    message: Message
    ending: Message | None = None

    def action(self, _position: float, _detents: int) -> Action:
        """Return the message."""
        return self.message

    def follows(self) -> tuple[Key, ...]:
        """Return nothing: what other gear does is not known."""
        return ()


class Command(Enum):
    """What has no value of its own; the value is the action key."""

    UNDO = "undo"
    REDO = "redo"
    PANIC = "panic"
    RESYNC = "resync"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class CommandTarget:
    """`undo`, `redo`, `panic`, `rollback`, or `resync` of all surfaces ("") or one."""

    command: Command
    surface: str = ""

    def action(self, _position: float, _detents: int) -> Action:
        """Return the action of a gesture."""
        return Resync(self.surface) if self.command is Command.RESYNC else _COMMANDS[self.command]()

    def follows(self) -> tuple[Key, ...]:
        """Return nothing."""
        return ()


_COMMANDS: Mapping[Command, Callable[[], Action]] = {
    Command.UNDO: Undo, Command.REDO: Redo, Command.PANIC: Panic, Command.ROLLBACK: RollBack,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class WaitTarget:
    """`wait` inside a list: what follows is done later."""

    duration: Duration

    def follows(self) -> tuple[Key, ...]:
        """Return nothing."""
        return ()


ActionTarget = (
    BypassTarget | ParameterTarget | PresetTarget | SnapshotTarget | MorphTarget | PedalboardTarget | BankTarget
    | PageTarget | TempoTarget | SwitchTarget | VariableTarget | ShowTarget | SendTarget | CommandTarget
)  # fmt: skip
Target = ActionTarget | WaitTarget
