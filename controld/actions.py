"""What somebody wants: the intents a mapper, an OSC client or a program hands to the session.

Pure values, in the imperative. Effects are named as on the pedalboard; the session resolves names, toggles and steps
against the rig's true state, never the sender.
"""

from dataclasses import dataclass
from enum import Enum

from controld.values import Duration, Level


class Seek(Enum):
    """Ways to point at a list entry other than by name or number."""

    NEXT = "next"
    PREVIOUS = "previous"
    LAST = "last"
    CURRENT = "current"
    BACK = "back"  # of pages: where one came from


# What a variable holds; its type never changes.
Value = bool | float | str
# An entry of a list: its name, its number counted from 1, or a way from the current one.
Pick = str | int | Seek


@dataclass(slots=True)
class SetBypass:
    """Bypass effects, make them active, or (None) toggle them together: all active -> all bypassed, else all active."""

    effects: tuple[str, ...]
    bypassed: bool | None = None


@dataclass(slots=True)
class DriveParameter:
    """Move a parameter with a control: `position` 0.0-1.0 between `low` and `high` (None: the whole scale)."""

    effect: str
    symbol: str
    position: float
    low: Level | None = None
    high: Level | None = None


@dataclass(slots=True)
class SetParameter:
    """Set a parameter; `continuous` says that only the newest of many such moves matters.

    `over` (here and below) has it go there in its own scale and in that time, from where it stands.
    """

    effect: str
    symbol: str
    level: Level
    continuous: bool = False
    over: Duration | None = None


@dataclass(slots=True)
class StepParameter:
    """Step a parameter from where it stands by `count` times `by` (integers and enumerations: at least one step)."""

    effect: str
    symbol: str
    by: Level
    count: int = 1
    continuous: bool = False
    over: Duration | None = None


@dataclass(slots=True)
class ToggleParameter:
    """Set a parameter to `second` where it stands at (or nearest to) `first`, else to `first`."""

    effect: str
    symbol: str
    first: Level
    second: Level
    over: Duration | None = None


@dataclass(slots=True)
class CycleParameter:
    """Set a parameter to the level after the one it stands at (or nearest to), `count` places on; goes round."""

    effect: str
    symbol: str
    levels: tuple[Level, ...]
    count: int = 1
    over: Duration | None = None


@dataclass(slots=True)
class LoadPreset:
    """Load a preset of an effect, by label, URI, number from 1, next or previous."""

    effect: str
    preset: Pick


@dataclass(slots=True)
class RecallSnapshot:
    """Recall a snapshot of the current pedalboard."""

    snapshot: Pick


@dataclass(slots=True)
class SaveSnapshot:
    """Keep how the pedalboard is played now as a snapshot: the current one, or another that it has."""

    snapshot: Pick = Seek.CURRENT


@dataclass(slots=True)
class MorphSnapshots:
    """Blend every parameter in which snapshots differ: `stops` are (position 0.0-1.0 ascending, snapshot), two or more.

    Values blend in each parameter's own scale; bypasses, presets and stepped parameters are those of the nearer stop.
    """

    stops: tuple[tuple[float, Pick], ...]
    position: float


@dataclass(slots=True)
class LoadPedalboard:
    """Change to a pedalboard of the rig; numbers, next and previous count in the current bank."""

    pedalboard: Pick


@dataclass(slots=True)
class SelectBank:
    """Choose the bank that pedalboards are counted in; the pedalboard that plays goes on."""

    bank: Pick


@dataclass(slots=True)
class SetTempo:
    """Set the tempo to `bpm` beats a minute, or (None) change it by `by`; the ends are 20 and 300."""

    bpm: float | None = None
    by: float = 0.0


@dataclass(slots=True)
class TapTempo:
    """One tap; when it was is the time the action is given with."""


@dataclass(slots=True)
class FollowClock:
    """Take the tempo of a clock, with a beat at `beat_s` (seconds, monotonic; None: the beats stay where they are).

    Nobody's wish: it is not undone, for the clock would only say it again.
    """

    bpm: float
    beat_s: float | None = None


@dataclass(slots=True)
class SetTransport:
    """Start the transport, stop it, or (None) toggle it; with `resume` the beats go on where they are."""

    rolling: bool | None = None
    resume: bool = False


@dataclass(slots=True)
class SetMute:
    """Part the outputs from the speakers, join them again, or (None) toggle that."""

    on: bool | None = None


@dataclass(slots=True)
class SetTuner:
    """Show the tuner, put it away, or (None) toggle it."""

    on: bool | None = None


@dataclass(slots=True)
class Undo:
    """Take back the last change by a player."""


@dataclass(slots=True)
class Redo:
    """Do again what was taken back last."""


@dataclass(slots=True)
class Panic:
    """Make all safe: what runs (ramps, lists, held momentary values) ends, then the declared actions are done."""


@dataclass(frozen=True, slots=True)
class SendMidi:
    """Send bytes to a MIDI surface."""

    surface: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SendOsc:
    """Send a message to every client of an OSC surface."""

    surface: str
    address: str
    args: tuple[str | int | float | bool, ...] = ()


@dataclass(slots=True)
class Resync:
    """Compare the engine with what should be, and send every state again to every surface, or to `surface` alone."""

    surface: str = ""


@dataclass(slots=True)
class SelectPage:
    """Change to a page: by name, number from 1, next, previous, or back to where one came from.

    With `held_by` it is a press that holds the page for as long as it lasts; `back` then ends what that press holds.
    """

    page: Pick
    held_by: str = ""


@dataclass(slots=True)
class SetVariable:
    """Set a variable `to` a value, change a number `by`, go on in a `cycle`, or `toggle` true and false."""

    name: str
    to: Value | None = None
    by: float = 0.0
    cycle: tuple[Value, ...] = ()
    toggle: bool = False


@dataclass(slots=True)
class ShowText:
    """Show a text on a display, for a time (None: as its standing text). `{names}` in it stand for the rig's state."""

    control: str
    text: str
    time: Duration | None = None


@dataclass(slots=True)
class RollBack:
    """Return to the last good set of files before the one that runs."""


# What the session does, what the mapper does, what goes out as it is, and what the daemon does.
EngineAction = (
    SetBypass | DriveParameter | SetParameter | StepParameter | ToggleParameter | CycleParameter
    | LoadPreset | RecallSnapshot | SaveSnapshot | MorphSnapshots | LoadPedalboard | SelectBank
    | SetTempo | TapTempo | FollowClock | SetTransport | SetMute | SetTuner | Undo | Redo | Panic | Resync
)  # fmt: skip
MapperAction = SelectPage | SetVariable | ShowText
Message = SendMidi | SendOsc
Action = EngineAction | MapperAction | Message | RollBack
