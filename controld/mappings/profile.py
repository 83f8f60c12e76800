"""Surface profiles, compiled: which controls a device has, what they send and how they show something.

Pure values, made by `mappings.profile_schema` from YAML and read by the decoders and encoders of the shells.
"""

from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum


class Kind(Enum):
    """What a control is."""

    BUTTON = "button"  # momentary
    LATCH = "latch"  # the device toggles by itself: both edges are presses
    PEDAL = "pedal"  # absolute
    KNOB = "knob"  # absolute, and it stays where the hand left it: also a plain slider
    FADER = "fader"  # absolute, and it can be moved by us
    ENCODER = "encoder"  # relative
    PROGRAM = "program"
    DISPLAY = "display"  # feedback only: text
    LIGHT = "light"  # feedback only


class SourceType(Enum):
    """Which message a control sends; the value is the key in YAML."""

    CC = "cc"
    NOTE = "note"
    PROGRAM = "program"
    PITCHBEND = "pitchbend"
    PRESSURE = "pressure"  # of a channel
    POLYPRESSURE = "polypressure"  # of one key
    NRPN = "nrpn"
    RPN = "rpn"
    SYSEX = "sysex"
    CLOCK = "clock"
    START = "start"
    STOP = "stop"
    CONTINUE = "continue"
    OSC = "osc"


NUMBERED_PARAMETERS = frozenset({SourceType.NRPN, SourceType.RPN})
REAL_TIME = frozenset({SourceType.CLOCK, SourceType.START, SourceType.STOP, SourceType.CONTINUE})
SYSTEM = REAL_TIME | {SourceType.SYSEX}  # messages without a channel
MAX_7, MAX_14 = 127, 16_383  # the largest raw values
FINE = 32  # CC n is the coarse part of a 14-bit controller, CC n + 32 its fine part


class Hole(IntEnum):
    """What stands in a SysEx pattern instead of a byte, told from bytes by being negative."""

    ANY = -1  # `??`: whatever it is
    VALUE = -2  # `{value}`: the value, 7 bits
    COARSE = -3  # `{coarse}` and `{fine}`: the value's upper and lower 7 bits
    FINE = -4


class Coding(Enum):
    """How an encoder's CC value says a signed number of detents."""

    TWOS_COMPLEMENT = "twos-complement"  # 1..63 up, 127..65 down
    BINARY_OFFSET = "binary-offset"  # 64 is zero
    SIGN_MAGNITUDE = "sign-magnitude"  # bit 6 is the sign
    RELATIVE_64 = "relative-64"  # 65 up by one, 63 down by one: binary offset by its other name


@dataclass(frozen=True, slots=True)
class Source:
    """What a control listens to.

    For MIDI `channel` is 1-16 (0: any) and `number` (None: any) is the CC, note or program (0-127), or the number of
    an NRPN or RPN (0-16382). With `bits` 14 a CC (numbers 0-31) takes its fine part from `number` + 32, an NRPN or RPN
    from the fine data entry, as the MIDI 1.0 specification has it. `sysex` is a whole message from F0 to F7, with a
    `Hole` where bytes differ. For OSC `address` may be a pattern and `argument` counts from 1.
    """

    type: SourceType
    number: int | None = None
    channel: int = 0
    bits: int = 7
    address: str = ""
    argument: int = 1
    sysex: tuple[int, ...] = ()

    @property
    def is_pair(self) -> bool:
        """Tell whether a value comes in two messages, coarse and fine: only CC 0-31 have a fine part."""
        if self.type is SourceType.CC:
            return self.bits == 14 and self.number is not None and self.number < FINE
        return self.bits == 14 and self.type in NUMBERED_PARAMETERS

    @property
    def highest(self) -> int:
        """The largest raw value: 127 or 16,383; 0 where the message says only that it came."""
        if self.type in REAL_TIME or (self.sysex and min(self.sysex) >= Hole.ANY):
            return 0
        wide = self.is_pair or self.type is SourceType.PITCHBEND or Hole.COARSE in self.sysex
        return MAX_14 if wide else MAX_7


# A MIDI message: bytes, and names where something is filled in ("row", "text", "red").
Template = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Light:
    """How a control shows something over MIDI: the message that is sent and the data values for each look.

    `colors` maps colours (names or "#rrggbb") to data values. Dim, blink and pulse are made by the device where it has
    a value for them, one for each colour (`shades`), or a channel to which the colour's value goes (`channels`, 1-16).
    `rgb` is a SysEx message for any colour: of all looks, or with `colors` of those colours that the palette lacks.
    `messages` are whole messages by style, for devices whose looks are no values of one message. `slot` is the number
    in such messages, where it is not that of the light. A device that `lights_itself` while a switch is down is told
    its look anew after each press and release.

    A ring or motor fader (`continuous`) sends its position as the data value instead, 14-bit where `bits` is 14:
    between the two of `range` where they are given, and `dark` where it has nothing to show.
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
    pulse: int | None = None
    shades: dict[str, dict[str, int]] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)
    rgb: Template = ()
    range: tuple[int, int] | None = None
    dark: int | None = None
    messages: dict[str, Template] = field(default_factory=dict)
    slot: int | None = None
    lights_itself: bool = False


@dataclass(frozen=True, slots=True)
class Display:
    """Text on a device: `rows` of `columns` characters, each row set by one SysEx message.

    The message is told the number of the row, counted from `first_row`, or the place of its first character: `column`
    in the first row, and `row_length` further in each row below. All of them are 0-127.
    """

    sysex: Template
    columns: int
    rows: int = 1
    first_row: int = 0
    column: int = 0
    row_length: int = 0


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a surface; `name` is without the surface's name. `source.address` is where OSC shows it.

    `place` is where it stands on the device: its row, counted from the player, and its column, from the left, both from
    1 (None: nobody said). `touch` says that a hand is on it. A control that is `raw` was written in a rule instead of a
    profile: it hears its message beside whoever else listens to it.
    """

    name: str
    kind: Kind
    source: Source | None
    light: Light | None = None
    coding: Coding = Coding.TWOS_COMPLEMENT
    calibrate: tuple[float, float] | None = None  # raw heel and toe positions
    detent: int = 1  # steps that the device sends for one click of an encoder
    touch: Source | None = None
    raw: bool = False
    display: Display | None = None
    place: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A device: its controls by name. `max_rate` is in bytes a second (default: DIN MIDI's 31,250 baud).

    `setup` are whole messages that the device is sent first, each time it is connected.
    """

    name: str
    description: str
    controls: dict[str, Control]
    channel: int = 1
    max_rate: float = 3125.0
    setup: tuple[bytes, ...] = ()


def sent_of(profile: Profile) -> object:
    """Return what of a profile says how a device is heard: two profiles that are equal in it are heard alike."""
    return profile.channel, {
        name: replace(each, light=None, display=None, place=None) for name, each in profile.controls.items()
    }


def shown_of(profile: Profile) -> object:
    """Return what of a profile says how a device is shown anything."""
    shown = {name: each for name, each in profile.controls.items() if each.light or each.display}
    return profile.max_rate, profile.setup, shown
