"""How a light takes on a look: from feedback to the messages that a device needs for it.

Pure. What a device can do by itself (blink, pulse, dim, any colour) its profile says; what it cannot is made of what it
can, as a few *frames* that are sent in turn.
"""

from controld.feedback import Feedback
from controld.mappings.profile import FINE, MAX_14, Control, Light, SourceType
from controld.midi_colors import WHITE, Rgb, dimmed, nearest_color, own_color, rgb_of
from controld.midi_display import filled
from controld.midi_stream import BEND, CC, MAX_DATA, NOTE_ON, PROGRAM
from controld.midi_values import bend_raw, raw_of
from controld.values import clamp

STATUS = {SourceType.CC: CC, SourceType.NOTE: NOTE_ON, SourceType.PROGRAM: PROGRAM, SourceType.PITCHBEND: BEND}
ON_FROM = 0.5  # a plain light is on from half of its value up
DIM_SHARE = 0.2  # of the brightness, for lights that take any colour
PULSE_TURNS = 4  # a pulse that we make is lit for so many turns, then dim or dark for as many
# A pulse that we make of brightness: one share of it each turn.
_BREATH = (1.0, 0.8, 0.5, 0.25, 0.12, 0.25, 0.5, 0.8)

Frame = tuple[bytes, ...]  # whole messages that go together
Frames = tuple[Frame, ...]  # sent in turn, over and over; a single one stands


def frames_of(control: Control, light: Light, look: Feedback) -> Frames:
    """Return what shows a look on a light.

    A position (`light.continuous`) has one frame, and so has what the device can show by itself.
    """
    if light.continuous:
        dark = look.style == "off" and light.dark is not None
        return (_value_frame(light, light.dark or 0) if dark else position_frame(control, light, look.value),)
    lit, off = _lit(light, look.color), _off(light)
    match look.style:
        case "on":
            return (lit,)
        case "off":
            return (off,)
        case "dim":
            # One that is lit or dark and nothing between shows what is true, and not what is only asked for.
            return (_own(light, "dim", look.color) or (off if look.value == 0 else lit),)
        case "blink":
            own = _own(light, "blink", look.color)
            return (own,) if own else (lit, off)
        case "pulse":
            own = _own(light, "pulse", look.color)
            return (own,) if own else _pulse(light, look.color, lit, off)
        case _:
            return (lit if look.value >= ON_FROM else off,)


def position_frame(control: Control, light: Light, position: float) -> Frame:
    """Return what moves a ring or motor to a position, 0.0-1.0; a motor stands where the control itself sends from."""
    position = clamp(position, 0.0, 1.0)
    if light.range is not None:
        low, high = light.range
        return _value_frame(light, low + round(position * (high - low)))
    if control.calibrate and moves_by_itself(control, light):
        return _value_frame(light, raw_of(control, position))
    top = MAX_14 if _is_pair(light) or light.type is SourceType.PITCHBEND else MAX_DATA
    return _value_frame(light, bend_raw(position) if light.type is SourceType.PITCHBEND else round(position * top))


def moves_by_itself(control: Control, light: Light) -> bool:
    """Tell whether a light is the control's own position, so that it follows the hand without us."""
    source = control.source
    if source is None or source.type is not light.type:
        return False
    return light.type is SourceType.PITCHBEND or source.number == light.number


def _lit(light: Light, color: str) -> Frame:
    """Return the frame of a colour, "" for the light's usual one."""
    own = own_color(color, light.colors) if color else ""
    rgb = rgb_of(color) if color else None
    if light.rgb and not own and (rgb is not None or not light.colors):
        return _rgb_frame(light, rgb or WHITE)
    if "on" in light.messages and not own:
        return _message_frame(light, "on")
    name = own or (nearest_color(color, light.colors) if color else "")
    return _value_frame(light, light.colors[name] if name else light.on)


def _mixed(light: Light, color: str, share: float) -> Frame:
    """Return the frame of a colour at a share of its brightness; only for lights with rgb."""
    usual = next((name for name, value in light.colors.items() if value == light.on), "")
    return _rgb_frame(light, dimmed(rgb_of(color) or rgb_of(usual) or WHITE, share))


def _off(light: Light) -> Frame:
    if "off" in light.messages:
        return _message_frame(light, "off")
    return _rgb_frame(light, (0, 0, 0)) if light.rgb and not light.colors else _value_frame(light, light.off)


def _own(light: Light, style: str, color: str) -> Frame | None:
    """Return how the device itself shows a style; None where it cannot."""
    if style in light.messages:
        return _message_frame(light, style)
    shades = light.shades.get(style)
    value = {"dim": light.dim, "blink": light.blink, "pulse": light.pulse}[style]
    if shades:
        name = nearest_color(color, shades) if color else ""
        value = shades[name] if name else next(iter(shades.values()))
    channel = light.channels.get(style)
    if value is None and channel is not None:
        name = nearest_color(color, light.colors) if color else ""
        value = light.colors[name] if name else light.on
    if value is not None:
        shown = _value_frame(light, value, channel)
        # On a channel of its own a colour blinks with the one that stood there before, so that one has to be dark.
        return (*_off(light), *shown) if style == "blink" and channel is not None else shown
    return _mixed(light, color, DIM_SHARE) if light.rgb and style == "dim" else None


def _pulse(light: Light, color: str, lit: Frame, off: Frame) -> Frames:
    if light.rgb:
        return tuple(_mixed(light, color, share) for share in _BREATH)
    return (lit,) * PULSE_TURNS + (_own(light, "dim", color) or off,) * PULSE_TURNS


def _value_frame(light: Light, value: int, channel: int | None = None) -> Frame:
    status = STATUS[light.type] | ((channel or light.channel) - 1)
    if light.type is SourceType.PITCHBEND:
        return (bytes((status, value & MAX_DATA, value >> 7)),)
    if light.type is SourceType.PROGRAM:
        return (bytes((status, value)),)
    if _is_pair(light):
        return bytes((status, light.number, value >> 7)), bytes((status, light.number + FINE, value & MAX_DATA))
    return (bytes((status, light.number, value)),)


def _rgb_frame(light: Light, rgb: Rgb) -> Frame:
    red, green, blue = (part >> 1 for part in rgb)  # 8 bits to 7
    return (filled(light.rgb, number=_slot(light), red=red, green=green, blue=blue),)


def _message_frame(light: Light, style: str) -> Frame:
    return (filled(light.messages[style], number=_slot(light)),)


def _is_pair(light: Light) -> bool:
    return light.type is SourceType.CC and light.bits == 14 and light.number < FINE


def _slot(light: Light) -> int:
    return light.number if light.slot is None else light.slot
