"""What the numbers in MIDI messages mean: raw values and positions, encoder codings, bends.

Pure. A *raw* value is as on the wire: 0-127, or 0-16383 where it has 14 bits. CC 0-31 with their fine part
at 32-63 and the bend's rest at 8192 are from the MIDI 1.0 detailed specification.
"""

from controld.mappings.profile import (
    MAX_7,
    MAX_14,
    NUMBERED_PARAMETERS,
    Coding,
    Control,
    Kind,
    Source,
    SourceType,
)
from controld.midi_stream import MAX_DATA
from controld.values import calibrate, clamp

HALF_14 = 8192

_SWITCHES = frozenset({Kind.BUTTON, Kind.LATCH})
_RELATIVE = NUMBERED_PARAMETERS | {SourceType.CC, SourceType.NOTE, SourceType.SYSEX}


def detents_of(coding: Coding, value: int) -> int:
    """Return the signed detents an encoder's CC value (0-127) stands for; 0 where it did not move."""
    if coding is Coding.TWOS_COMPLEMENT:
        return value - 128 if value >= 64 else value
    if coding is Coding.SIGN_MAGNITUDE:
        return -(value & 63) if value & 64 else value
    return value - 64


def value_of_detents(coding: Coding, detents: int) -> int:
    """Return the CC value for -63..63 detents: the reverse of `detents_of`."""
    if coding is Coding.TWOS_COMPLEMENT:
        return detents & MAX_DATA
    if coding is Coding.SIGN_MAGNITUDE:
        return detents if detents >= 0 else 64 - detents
    return detents + 64


def bend_position(raw: int) -> float:
    """Return a bend (0-16383) as a position, so that the wheel at rest (8192) is exactly 0.5 and both ends are reached.

    The way up has one step less than the way down; a plain division by 16383 would put the rest at 0.50003.
    """
    return raw / 16_384 if raw <= HALF_14 else 0.5 + (raw - HALF_14) / (2 * (MAX_14 - HALF_14))


def bend_raw(position: float) -> int:
    """Return a position as a bend, 0-16383: the reverse of `bend_position`."""
    raw = position * 16_384 if position <= 0.5 else HALF_14 + (position - 0.5) * 2 * (MAX_14 - HALF_14)
    return round(raw)


def position_of(control: Control, raw: int) -> float:
    """Return where a control stands, 0.0-1.0, when it sends `raw` (0-127, or 0-16383 for 14 bits and bends).

    A switch is 1.0 or 0.0: a CC from 64 up and a note of any velocity above zero are down, so that a soft hit on a pad
    is a press like any other. `calibrate` gives the raw readings of heel and toe.
    """
    source = source_of(control)
    if control.calibrate:
        position = calibrate(raw, *control.calibrate)
    elif source.type is SourceType.PITCHBEND:
        position = bend_position(raw)
    else:
        position = raw / (source.highest or 1)
    if control.kind not in _SWITCHES:
        return position
    if source.type is SourceType.NOTE and not control.calibrate:
        return 1.0 if raw else 0.0
    return 1.0 if position >= 0.5 else 0.0


def raw_of(control: Control, position: float) -> int:
    """Return what a control sends at a position: the reverse of `position_of`, to the nearest raw step."""
    source, position = source_of(control), clamp(position, 0.0, 1.0)
    if control.kind in _SWITCHES:
        position = 1.0 if position >= 0.5 else 0.0
    if control.calibrate:
        heel, toe = control.calibrate
        return round(clamp(heel + position * (toe - heel), 0, source.highest))
    return bend_raw(position) if source.type is SourceType.PITCHBEND else round(position * source.highest)


def is_relative(control: Control) -> bool:
    """Tell whether a control sends detents: an encoder whose message has a value of 7 bits that can say them."""
    source = control.source
    return control.kind is Kind.ENCODER and source is not None and source.type in _RELATIVE and source.highest == MAX_7


def is_switch(control: Control) -> bool:
    """Tell whether a control is down or up."""
    return control.kind in _SWITCHES


def is_program(control: Control) -> bool:
    """Tell whether a control chooses programs: by program changes, or by values of 7 bits that stand for them."""
    source = control.source
    if source is None or source.highest != MAX_7:
        return False
    return source.type is SourceType.PROGRAM or control.kind is Kind.PROGRAM


def source_of(control: Control) -> Source:
    """Return the source of a control that is known to have one."""
    assert control.source is not None
    return control.source
