"""Rules, compiled: what has to happen, what is done then, and how the control looks meanwhile.

Pure values, made by `mappings.schema` from YAML and run by `mappings.mapper`.
"""

from dataclasses import dataclass, field
from enum import Enum

from controld.mappings.target import Target


class Gesture(Enum):
    """What a control did; the value is the word in `when`."""

    PRESS = "press"
    RELEASE = "release"
    HOLD = "hold"
    DOUBLE = "double"
    MOVE = "move"  # pedals, faders, encoders
    CHANGE = "change"  # programs


# Unless the rule says otherwise: `hold` and `double` times in seconds.
DEFAULT_HOLD_S = 0.5
DEFAULT_DOUBLE_S = 0.3


@dataclass(frozen=True, slots=True)
class Trigger:
    """One gesture of one control ("floor.fs1"). `time_s` belongs to hold and double, `program` (0-127) to change."""

    control: str
    gesture: Gesture
    time_s: float = 0.0
    program: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """What `if` asks; everything given must hold. Empty tuples ask nothing.

    `effects` holds (effect name, must be active). `any_of` holds when one of them does, each of `none_of` must fail.
    """

    snapshots: tuple[str, ...] = ()
    pedalboards: tuple[str, ...] = ()
    effects: tuple[tuple[str, bool], ...] = ()
    any_of: tuple["Condition", ...] = ()
    none_of: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """`feedback` of a rule. Styles are "on", "off", "dim" or "blink"; a colour name stands for "on" in that colour.

    `lit` is shown while the target is active, `idle` while it is not, `pending` while it is asked, `failed` when it was
    refused. "" leaves a state to the default. `shown` is False for `feedback: none`.
    """

    color: str = ""
    lit: str = ""
    idle: str = ""
    pending: str = ""
    failed: str = ""
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `place` ("mappings/stage.yaml:12") is its identity in messages, `name` is for people."""

    place: str
    triggers: tuple[Trigger, ...]
    targets: tuple[Target, ...]
    name: str = ""
    condition: Condition | None = None
    look: Look = field(default_factory=Look)
    tags: tuple[str, ...] = ()
