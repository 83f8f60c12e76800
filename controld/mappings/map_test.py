"""Tests inside a map: what a person wrote under `tests:`, read and checked against the rig's names.

Pure values, made by `mappings.schema_tests` from YAML and run on a virtual clock, without a device and an engine.

A test begins in the state `given` (what it does not name is as at a start) and plays its steps in order; no time passes
between two steps but what they take themselves. When all is played and the engine has confirmed, everything in `expect`
and `lights` has to be so. Nothing in `unwanted` may have become so, or have been asked for, at any time of the play.
"""

from dataclasses import dataclass, field

from controld.actions import Value
from controld.values import Duration, Level

# What a step takes, in seconds: how long a plain press lasts, the gap of a double, and how much longer than the hold of
# its file a `hold` without a time lasts.
PRESS_S = 0.05
GAP_S = 0.1
BEYOND_HOLD_S = 0.15


@dataclass(frozen=True, slots=True)
class Down:
    """`floor.fs1 down`: a switch goes down and stays there."""

    control: str


@dataclass(frozen=True, slots=True)
class Up:
    """`floor.fs1 up`."""

    control: str


@dataclass(frozen=True, slots=True)
class Press:
    """`floor.fs1` or `floor.fs1 press`: down, and up after `PRESS_S`; `hold` is down for longer."""

    control: str
    time_s: float = PRESS_S


@dataclass(frozen=True, slots=True)
class Double:
    """`floor.fs1 double`: two presses with `GAP_S` between them."""

    control: str


@dataclass(frozen=True, slots=True)
class MoveTo:
    """`floor.exp1 to 50 %`: a control with a position stands there at once, 0.0-1.0."""

    control: str
    position: float


@dataclass(frozen=True, slots=True)
class Turn:
    """`floor.wheel +3`: an encoder turns by detents, never zero."""

    control: str
    detents: int


@dataclass(frozen=True, slots=True)
class Choose:
    """`floor.patch program 5`, 0-127."""

    control: str
    program: int


@dataclass(frozen=True, slots=True)
class Wait:
    """`wait 600 ms` or `wait 2 beats`: time passes."""

    duration: Duration


@dataclass(frozen=True, slots=True)
class Device:
    """`lose floor` or `connect floor`: a surface's device goes, or comes."""

    surface: str
    connected: bool


@dataclass(frozen=True, slots=True)
class Engine:
    """`engine down` or `engine up`."""

    up: bool


Step = Down | Up | Press | Double | MoveTo | Turn | Choose | Wait | Device | Engine


@dataclass(frozen=True, slots=True)
class CurrentIs:
    """`snapshot Lead`, `pedalboard Ambient`, `bank Stage` or `page solo` (`what` and `name`)."""

    what: str
    name: str


@dataclass(frozen=True, slots=True)
class EffectIs:
    """`drive active` or `drive bypassed`; the effect may be "role:dirt"."""

    effect: str
    active: bool


@dataclass(frozen=True, slots=True)
class ParameterIs:
    """`drive/gain 0.7` or `drive/gain 50 %`."""

    effect: str
    symbol: str
    level: Level


@dataclass(frozen=True, slots=True)
class PresetIs:
    """`preset drive Crunch`: the preset's label."""

    effect: str
    preset: str


@dataclass(frozen=True, slots=True)
class TempoIs:
    """`tempo 120`, in beats a minute."""

    bpm: float


@dataclass(frozen=True, slots=True)
class VariableIs:
    """`variable solo true`."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class SwitchIs:
    """`mute on`, `tuner off`, `transport start` (it rolls) or `transport stop`."""

    what: str
    on: bool


@dataclass(frozen=True, slots=True)
class Touched:
    """`bypass drive` or `parameter drive/gain`: a rule acted on it; what a snapshot brings along is not that."""

    effect: str
    symbol: str = ""  # "" for its bypass


@dataclass(frozen=True, slots=True)
class SentMidi:
    """`sent floor C0 05`: these bytes went to a surface."""

    surface: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SentOsc:
    """`sent tablet /page/2 1`: this message went to a surface; no arguments stand for any."""

    surface: str
    address: str
    args: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Shows:
    """`show floor.screen Lead`: a display shows this text."""

    control: str
    text: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """`nothing`: no rule fired."""


Expectation = (
    CurrentIs | EffectIs | ParameterIs | PresetIs | TempoIs | VariableIs | SwitchIs | Touched | SentMidi | SentOsc
    | Shows | Nothing
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LightIs:
    """`floor.fs1: off`, `red`, `blink`, `red blink`, or `50 %` of a ring or motor; what is "" or None is not looked at.

    `style` is "on", "off", "dim", "blink" or "pulse"; a colour alone is "on" in that colour.
    """

    control: str
    style: str = ""
    color: str = ""
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """A step as it was written, and where ("mappings/stage.yaml:40:12")."""

    words: str
    place: str
    step: Step


@dataclass(frozen=True, slots=True)
class Expected:
    """An expectation as it was written, and where."""

    words: str
    place: str
    what: Expectation


@dataclass(frozen=True, slots=True)
class ExpectedLight:
    """A light as it was written, and where."""

    words: str
    place: str
    light: LightIs


@dataclass(frozen=True, slots=True)
class Given:
    """Where a test begins; "", None and what is not listed are as at a start."""

    pedalboard: str = ""
    snapshot: str = ""
    page: str = ""
    bank: str = ""
    tempo_bpm: float | None = None
    effects: tuple[tuple[str, bool], ...] = ()  # (effect, is active)
    parameters: tuple[tuple[str, str, Level], ...] = ()  # (effect, symbol, level)
    variables: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class MapTest:
    """One test; `place` is "mappings/stage.yaml:38"."""

    place: str
    name: str
    play: tuple[Played, ...]
    given: Given = field(default_factory=Given)
    expect: tuple[Expected, ...] = ()
    unwanted: tuple[Expected, ...] = ()
    lights: tuple[ExpectedLight, ...] = ()
