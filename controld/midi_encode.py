"""What a device would send when a control is moved: the reverse of `midi_decode`, for playing without hardware.

Pure.
"""

from controld.mappings.profile import FINE, MAX_7, NUMBERED_PARAMETERS, Control, Hole, Source, SourceType
from controld.midi_parameters import DATA_COARSE, DATA_FINE, DECREMENT, INCREMENT, SELECTORS
from controld.midi_stream import (
    BEND,
    CC,
    CLOCK,
    CONTINUE,
    NOTE_ON,
    POLY_PRESSURE,
    PRESSURE,
    PROGRAM,
    START,
    STOP,
)
from controld.midi_values import is_program, is_relative, raw_of, source_of, value_of_detents

# The status byte of each message that has one of its own; numbered parameters and SysEx are made of others.
STATUS = {
    SourceType.CC: CC, SourceType.NOTE: NOTE_ON, SourceType.PROGRAM: PROGRAM, SourceType.PITCHBEND: BEND,
    SourceType.PRESSURE: PRESSURE, SourceType.POLYPRESSURE: POLY_PRESSURE, SourceType.CLOCK: CLOCK,
    SourceType.START: START, SourceType.STOP: STOP, SourceType.CONTINUE: CONTINUE,
}  # fmt: skip
_ON_FROM = 0.5


def position_messages(control: Control, channel: int, position: float) -> list[bytes] | None:
    """Return what a control on `channel` (0-15) sends at a position (0.0-1.0); None where it has none.

    A message that is a press and its release at once is sent by the press.
    """
    source = source_of(control)
    if is_relative(control) or is_program(control):
        return None
    if source.highest == 0 and position < _ON_FROM:
        return []
    return value_messages(source, channel, raw_of(control, position))


def detent_messages(control: Control, channel: int, detents: int) -> list[bytes] | None:
    """Return what an encoder sends for clicks, as many steps for each as it has; None where it is no encoder.

    More than 63 steps take several messages, and steps of numbered parameters one each.
    """
    if not is_relative(control):
        return None
    source, steps = source_of(control), detents * control.detent
    if source.type in NUMBERED_PARAMETERS:
        move = bytes((CC | channel, INCREMENT if steps > 0 else DECREMENT, 0))
        return [*_selected(source, channel), *[move] * abs(steps)]
    values = [value_of_detents(control.coding, portion) for portion in _portions(steps)]
    return [message for value in values for message in value_messages(source, channel, value)]


def program_messages(control: Control, channel: int, program: int) -> list[bytes] | None:
    """Return what a control sends to choose a program (0-127); None where it cannot choose this one."""
    source = source_of(control)
    if not is_program(control):
        return None
    if source.type is SourceType.PROGRAM and source.number not in {None, program}:
        return None
    return value_messages(source, channel, program & MAX_7)


def touch_messages(control: Control, channel: int, *, touched: bool) -> list[bytes] | None:
    """Return what a control sends when a hand is laid on it or taken off; None where it does not feel that."""
    if control.touch is None:
        return None
    channel = control.touch.channel - 1 if control.touch.channel else channel
    return value_messages(control.touch, channel, MAX_7 if touched else 0)


def value_messages(source: Source, channel: int, raw: int) -> list[bytes]:
    """Return the messages that tell a raw value; any number is the number 0, any byte is 0."""
    number = source.number or 0
    if source.type is SourceType.SYSEX:
        parts = {Hole.ANY: 0, Hole.VALUE: raw & MAX_7, Hole.COARSE: raw >> 7, Hole.FINE: raw & MAX_7}
        return [bytes(parts[Hole(each)] if each < 0 else each for each in source.sysex)]
    if source.type in NUMBERED_PARAMETERS:
        halves = ((DATA_COARSE, raw >> 7), (DATA_FINE, raw & MAX_7)) if source.is_pair else ((DATA_COARSE, raw),)
        return [*_selected(source, channel), *(bytes((CC | channel, part, value)) for part, value in halves)]
    status = STATUS[source.type]
    if status >= CLOCK:
        return [bytes((status,))]
    if source.is_pair:
        return [bytes((CC | channel, number, raw >> 7)), bytes((CC | channel, number + FINE, raw & MAX_7))]
    if source.type is SourceType.PITCHBEND:
        return [bytes((BEND | channel, raw & MAX_7, raw >> 7))]
    if source.type in {SourceType.PROGRAM, SourceType.PRESSURE}:
        return [bytes((status | channel, raw))]
    return [bytes((status | channel, number, raw))]


def _selected(source: Source, channel: int) -> list[bytes]:
    number = source.number or 0
    coarse, fine = SELECTORS[source.type]
    return [bytes((CC | channel, coarse, number >> 7)), bytes((CC | channel, fine, number & MAX_7))]


def _portions(steps: int) -> list[int]:
    """Return steps cut into portions of -63..63, what every coding can say in one message."""
    most = 63 if steps > 0 else -63
    return [most] * (steps // most) + [steps % most] * (steps % most != 0)
