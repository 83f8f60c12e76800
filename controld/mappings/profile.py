"""Surface profiles, compiled: which controls a device has, what they send and how they show something.

Pure values, made by `mappings.profile_schema` from YAML and read by the decoders and encoders of the shells.
"""

from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What a control is."""

    BUTTON = "button"  # momentary
    LATCH = "latch"  # the device toggles by itself: both edges are presses
    PEDAL = "pedal"  # absolute
    FADER = "fader"  # absolute, and it can be moved by us
    ENCODER = "encoder"  # relative
    PROGRAM = "program"
    LIGHT = "light"  # feedback only


class SourceType(Enum):
    """Which message a control sends; the value is the key in YAML."""

    CC = "cc"
    NOTE = "note"
    PROGRAM = "program"
    PITCHBEND = "pitchbend"
    OSC = "osc"


class Coding(Enum):
    """How an encoder's CC value says a signed number of detents."""

    TWOS_COMPLEMENT = "twos-complement"  # 1..63 up, 127..65 down
    BINARY_OFFSET = "binary-offset"  # 64 is zero
    SIGN_MAGNITUDE = "sign-magnitude"  # bit 6 is the sign
    RELATIVE_64 = "relative-64"  # 65 up by one, 63 down by one: binary offset by its other name


@dataclass(frozen=True, slots=True)
class Source:
    """What a control listens to.

    For MIDI `number` is the CC or note (0-127; None: any) and `channel` 1-16 (0: any). A 14-bit CC (`bits` 14, numbers
    0-31) takes its fine part from `number` + 32, as the MIDI 1.0 specification has it. For OSC `address` may be a
    pattern and `argument` counts from 1.
    """

    type: SourceType
    number: int | None = None
    channel: int = 0
    bits: int = 7
    address: str = ""
    argument: int = 1


@dataclass(frozen=True, slots=True)
class Light:
    """How a control shows something over MIDI: the message that is sent and the data values for each look.

    `colors` maps palette names to data values. A `ring` or motor fader sends its position as the data value instead
    (14-bit where `bits` is 14).
    """

    type: SourceType
    number: int = 0
    channel: int = 1
    off: int = 0
    on: int = 127
    dim: int | None = None
    blink: int | None = None
    colors: dict[str, int] = field(default_factory=dict)
    continuous: bool = False
    bits: int = 7


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a surface; `name` is without the surface's name. `address` is where an OSC widget shows it."""

    name: str
    kind: Kind
    source: Source | None
    light: Light | None = None
    coding: Coding = Coding.TWOS_COMPLEMENT
    calibrate: tuple[float, float] | None = None  # raw heel and toe positions


@dataclass(frozen=True, slots=True)
class Profile:
    """A device: its controls by name. `max_rate` is in bytes a second (default: DIN MIDI's 31,250 baud)."""

    name: str
    description: str
    controls: dict[str, Control]
    channel: int = 1
    max_rate: float = 3125.0
