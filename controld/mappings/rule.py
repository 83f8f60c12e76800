"""Rules, compiled: what has to happen, what is done then, and how the control looks meanwhile.

Pure values, made by `mappings.schema` from YAML and run by `mappings.mapper`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from controld.actions import Value
from controld.mappings.target import Key, Target
from controld.values import Level


class Gesture(Enum):
    """What a control did; the value is the word in `when`."""

    PRESS = "press"
    RELEASE = "release"
    HOLD = "hold"
    HOLD_RELEASE = "hold-release"
    DOUBLE = "double"
    REPEAT = "repeat"
    MOVE = "move"  # pedals, faders, knobs, encoders
    CHANGE = "change"  # programs
    TOE = "toe"
    HEEL = "heel"
    EVENT = "event"  # not of a control: something happened in the rig


class Event(Enum):
    """What can happen in the rig; the value is the word after `event:`."""

    PEDALBOARD_LOADED = "pedalboard-loaded"
    SNAPSHOT_RECALLED = "snapshot-recalled"
    SNAPSHOT_SAVED = "snapshot-saved"
    BANK_CHANGED = "bank-changed"
    ENGINE_UP = "engine-up"
    ENGINE_DOWN = "engine-down"
    SURFACE_CONNECTED = "surface-connected"
    SURFACE_LOST = "surface-lost"
    PAGE_ENTERED = "page-entered"
    PAGE_LEFT = "page-left"
    TEMPO_CHANGED = "tempo-changed"
    TRANSPORT_STARTED = "transport-started"
    TRANSPORT_STOPPED = "transport-stopped"
    BEAT = "beat"
    REFUSED = "refused"


class Mode(Enum):
    """What a second trigger does while the list of a rule is still running (waits, ramps)."""

    RESTART = "restart"
    IGNORE = "ignore"
    QUEUE = "queue"
    PARALLEL = "parallel"


# Unless the rule or its file says otherwise, in seconds.
DEFAULT_HOLD_S = 0.5
DEFAULT_DOUBLE_S = 0.3
DEFAULT_CHORD_S = 0.05
DEFAULT_REPEAT_S = (0.5, 0.1)  # until the second time, then between the others
# Positions 0.0-1.0 where the end zones begin, and how far a pedal has to come back before it can enter again.
DEFAULT_TOE = 0.97
DEFAULT_HEEL = 0.03
ZONE_HYSTERESIS = 0.03


@dataclass(frozen=True, slots=True)
class Trigger:
    """One gesture of one control ("floor.fs1").

    `time_s` is the threshold of hold and hold-release, the window of double, and the time to the second firing of
    repeat, which then fires `every_s`. `program` (0-127) belongs to change, `at` (0.0-1.0) to toe and heel.

    A chord names its controls in `chord`, two or more; its `control` is their names joined by "+", and `within_s` how
    soon the last has to follow the first. An event's `control` is "event:" and its word; `subject` restricts it to one
    page, surface, pedalboard, snapshot or bank ("" for any).
    """

    control: str
    gesture: Gesture
    time_s: float = 0.0
    program: int | None = None
    every_s: float = 0.0
    at: float = 0.0
    chord: tuple[str, ...] = ()
    within_s: float = 0.0
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A parameter compared: `operator` is "<", "<=", ">", ">=", "=", "!=" or ".." (between `level` and `high`)."""

    effect: str
    symbol: str
    operator: str
    level: Level
    high: Level | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """What `if` asks; everything given must hold. Empty tuples ask nothing.

    `effects` holds (effect name, must be active), `controls` (control, must be pressed), `variables` (name, value). An
    effect may be "role:dirt". `any_of` holds when one of them does, each of `none_of` must fail.
    """

    snapshots: tuple[str, ...] = ()
    pedalboards: tuple[str, ...] = ()
    effects: tuple[tuple[str, bool], ...] = ()
    any_of: tuple["Condition", ...] = ()
    none_of: tuple["Condition", ...] = ()
    pages: tuple[str, ...] = ()
    banks: tuple[str, ...] = ()
    parameters: tuple[Comparison, ...] = ()
    variables: tuple[tuple[str, Value], ...] = ()
    controls: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """`feedback` of a rule. Styles are "on", "off", "dim", "blink" or "pulse"; a colour stands for "on" in that colour.

    `lit` is shown while the target is active, `idle` while it is not, `pending` while it is asked, `failed` when it was
    refused. "" leaves a state to the default. `shown` is False for `feedback: none`. `value` is followed instead of the
    rule's own target (a parameter's key), `text` is what a display or label of the control shows.
    """

    color: str = ""
    lit: str = ""
    idle: str = ""
    pending: str = ""
    failed: str = ""
    shown: bool = True
    value: Key | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `place` ("mappings/stage.yaml:12") is its identity in messages, `name` is for people.

    On a `page` it counts only while that page is active, and hides those of no page ("") on the same control and
    gesture.
    """

    place: str
    triggers: tuple[Trigger, ...]
    targets: tuple[Target, ...]
    name: str = ""
    condition: Condition | None = None
    look: Look = field(default_factory=Look)
    tags: tuple[str, ...] = ()
    page: str = ""
    mode: Mode = Mode.RESTART


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rules; the one that starts is active at first. Its lights have its `color` where a rule names none."""

    name: str
    start: bool = False
    color: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the rules of a rig share: its pages in order, its variables with their first values, and the safe state."""

    pages: tuple[Page, ...] = ()
    variables: Mapping[str, Value] = field(default_factory=dict)
    panic: tuple[Target, ...] = ()
