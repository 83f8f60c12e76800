"""MIDI: commands that map controllers to parameters or watch channels, and what incoming messages do then.

Pure. The commands that map answer 1 for done and 0 for refused, as mod-host's do. Message lengths and status bytes are
those of the MIDI 1.0 specification.
"""

import math
from collections.abc import Iterator, Mapping

from controld.bridge.hosts.catalogue import Control
from controld.bridge.hosts.virtual_effects import INVALID, OK
from controld.bridge.hosts.virtual_numbers import atof, atoi, single
from controld.bridge.hosts.virtual_rig import BYPASS, Command, MidiMap, Outcome, Rig

DONE, REFUSED = 1, 0
PITCH_BEND = 131  # the controller number mod-host has for the pitch bend
CHANNELS = range(16)

_UNLEARNT = -1
_PROGRAM_CHANGE, _CONTROL_CHANGE, _BEND = 0xC0, 0xB0, 0xE0
_SYSTEM, _REAL_TIME = 0xF0, 0xF8
_SHORT = {0xC0, 0xD0}  # these have one data byte; all other channel messages have two


def _map(rig: Rig, words: list[str]) -> Outcome:
    """Map a controller; the channel and the number are not checked, as in mod-host."""
    found = _mapping(rig, words[0], words[1], words[4:6])
    if found is None:
        return REFUSED
    found.channel, found.controller = atoi(words[2]), atoi(words[3])
    _tell_mapped(rig, found)
    return DONE


def _learn(rig: Rig, words: list[str]) -> Outcome:
    """Wait for the first controller that is not mapped yet; only one parameter waits at a time."""
    if atoi(words[0]) not in rig.effects:
        return REFUSED
    if rig.learning:
        rig.maps.remove(rig.learning)
        rig.learning = None
    found = _mapping(rig, words[0], words[1], words[2:4])
    if found is None:
        return REFUSED
    found.channel, found.controller = _UNLEARNT, 0
    rig.learning = found
    return DONE


def _unmap(rig: Rig, words: list[str]) -> Outcome:
    found = _find(rig, atoi(words[0]), words[1])
    if found is None:
        return REFUSED
    rig.maps.remove(found)
    if rig.learning is found:
        rig.learning = None
    rig.emit("midi_unmapped", effect_id=found.instance, symbol=found.symbol)
    return DONE


def _mapping(rig: Rig, instance: str, symbol: str, limits: list[str]) -> MidiMap | None:
    """Return the map of a parameter, new or with new limits, or None where there is no such parameter."""
    number = atoi(instance)
    if number not in rig.effects or rig.effects[number].control(symbol) is None:
        return None
    found = _find(rig, number, symbol)
    if found is None:
        found = MidiMap(number, symbol, _UNLEARNT, 0, 0.0, 1.0)
        rig.maps.append(found)
    found.minimum, found.maximum = (single(atof(limit)) for limit in limits)
    return found


def _find(rig: Rig, number: int, symbol: str) -> MidiMap | None:
    return next((each for each in rig.maps if (each.instance, each.symbol) == (number, symbol)), None)


def _tell_mapped(rig: Rig, found: MidiMap) -> None:
    rig.emit(
        "midi_mapped",
        effect_id=found.instance,
        symbol=found.symbol,
        channel=found.channel,
        controller=found.controller,
    )


def _watch_programs(rig: Rig, words: list[str]) -> Outcome:
    """Report program changes of a channel, and its controllers that are not mapped, or do so no more."""
    channel = atoi(words[0])
    if channel not in CHANNELS:
        return INVALID
    if atoi(words[1]):
        rig.monitored_channels.add(channel)
    else:
        rig.monitored_channels.discard(channel)
    return OK


def _watch_controls(_rig: Rig, words: list[str]) -> Outcome:
    """Check the channel and do nothing, as mod-host does."""
    return OK if atoi(words[0]) in CHANNELS else INVALID


def receive(rig: Rig, data: bytes) -> None:
    """Do what MIDI messages that arrive at mod-host's input do; what is cut short or not understood is passed over."""
    for status, first, second in _messages(data):
        kind, channel = status & 0xF0, status & 0x0F
        if kind == _CONTROL_CHANGE:
            _controller_moved(rig, channel, first, second, 127)
        elif kind == _BEND:
            _controller_moved(rig, channel, PITCH_BEND, first | second << 7, 16383)
        elif kind == _PROGRAM_CHANGE and channel in rig.monitored_channels:
            rig.emit("midi_program_change", program=first, channel=channel)


def _messages(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield channel messages as (status, first, second); understands running status, passes over system messages."""
    status = 0
    waiting: list[int] = []
    for byte in data:
        if byte >= _REAL_TIME:
            continue  # may come between the bytes of any message
        if byte & 0x80:
            status = byte if byte < _SYSTEM else 0
            waiting = []
        elif status:
            waiting.append(byte)
            if len(waiting) == 2 or status & 0xF0 in _SHORT:
                yield status, waiting[0], waiting[-1]
                waiting = []


def _controller_moved(rig: Rig, channel: int, controller: int, value: int, top: int) -> None:
    mapped = [each for each in rig.maps if (each.channel, each.controller) == (channel, controller)]
    if not mapped and rig.learning:
        mapped, rig.learning = [rig.learning], None
        mapped[0].channel, mapped[0].controller = channel, controller
        _tell_mapped(rig, mapped[0])
    for each in mapped:
        _move(rig, each, value, top)
    if not mapped and controller != PITCH_BEND and channel in rig.monitored_channels:
        rig.emit("midi_control_change", channel=channel, control=controller, value=value)


def _move(rig: Rig, midi_map: MidiMap, value: int, top: int) -> None:
    on = value > top // 2
    if midi_map.symbol == BYPASS.symbol:
        rig.write_bypass(midi_map.instance, not on)  # a pedal pressed means an effect heard
        return
    control = rig.effects[midi_map.instance].plugin.control_by_symbol[midi_map.symbol]
    rig.write(midi_map.instance, midi_map.symbol, single(_scaled(control, midi_map, value / top, on)))


def _scaled(control: Control, midi_map: MidiMap, share: float, on: bool) -> float:
    """Return the value for a position from 0 to 1: the map's limits at the ends, and even steps or ratios between."""
    low, high = midi_map.minimum, midi_map.maximum
    if "trigger" in control.properties:
        return control.maximum
    if "toggled" in control.properties:
        return control.maximum if on else control.minimum
    if share in (0.0, 1.0):
        return high if share else low
    even_ratios = "logarithmic" in control.properties and low * high > 0
    value = low * (high / low) ** share if even_ratios else low + (high - low) * share
    return float(round(value)) if "integer" in control.properties and math.isfinite(value) else value


COMMANDS: Mapping[str, Command] = {
    "midi_map": Command(6, 6, _map),
    "midi_learn": Command(4, 4, _learn),
    "midi_unmap": Command(2, 2, _unmap),
    "monitor_midi_program": Command(2, 2, _watch_programs),
    "monitor_midi_control": Command(2, 2, _watch_controls),
}
