"""MIDI messages to control events, and back, by a device's profile.

Pure: no ports, no clock; `now` is handed in, in seconds (monotonic). Every channel message is looked up in one table by
status byte and first data byte, built once per profile; what it finds is nearly always the one control that listens.
Only messages for which several listen cost more. The reverse, `MidiDecoder.message_for`, says what the device would
send for an event.
"""

from collections import Counter

from controld.errors import SurfaceError, nearest
from controld.mappings.profile import Control, Profile, SourceType
from controld.midi_decode import Events, gathered
from controld.midi_encode import detent_messages, position_messages, program_messages, touch_messages
from controld.midi_parameters import Selection
from controld.midi_routes import Routes, receive_sysex
from controld.midi_stream import BEND, MAX_DATA, NOTE_OFF, NOTE_ON, SYSEX, message_kind
from controld.midi_values import source_of

_SYSEX = bytes((SYSEX,))


class MidiDecoder:
    """Whole messages of one device to events of its controls, named `surface.control`.

    Where two controls of the profile listen to the same message, the one that says its channel and number exactly wins,
    then the earlier one. Controls that are `raw`, hands that are felt, and what a message means as a part of a numbered
    parameter are heard beside it. `counters` counts the messages nobody took, by kind.
    """

    __slots__ = ("_parameters", "_profile", "_surface", "_sysex", "_table", "counters")

    def __init__(self, surface: str, profile: Profile) -> None:
        self._surface, self._profile = surface, profile
        self.counters: Counter[str] = Counter()
        self.reset()

    def reset(self) -> None:
        """Forget what the device sent so far (halves of values, steps, selected parameters); its counters stay."""
        routes = Routes(self._surface, self.counters)
        midi = [c for c in self._profile.controls.values() if c.source and c.source.type is not SourceType.OSC]
        for control in sorted(midi, key=_wildness):
            routes.add(control, source_of(control))
        self._table, self._sysex, self._parameters = routes.table(), routes.sysex, routes.parameters

    def take_over(self, old: "MidiDecoder") -> None:
        """Go on where the decoder of another profile of this device was: what was selected stays selected."""
        for channel, selection in old.selections.items():
            if channel in self._parameters:
                self._parameters[channel].take_over(selection)

    @property
    def selections(self) -> dict[int, Selection]:
        """What is selected on each channel (0-15) that has numbered parameters."""
        return {channel: parameters.selection for channel, parameters in self._parameters.items()}

    def hears(self, status: int) -> bool:
        """Tell whether a control listens to messages of one byte, `status`."""
        return status << 7 in self._table

    def receive(self, data: bytes, now: float) -> Events:
        """Return what one whole message means, several events where it means several.

        None where no control sends it or an encoder stood still.
        """
        decode = None
        number = value = 0
        if len(data) == 3:
            status, number, value = data
            if status & 0xF0 == BEND:
                number, value = 0, value << 7 | number
            elif status & 0xF0 == NOTE_OFF:
                status, value = status | NOTE_ON, 0  # a note on with velocity 0 is a note off
            decode = self._table.get(status << 7 | number)
        elif len(data) == 2:
            status, value = data
            decode = self._table.get(status << 7 | value)
        if decode is None or max(data[1:]) > MAX_DATA:
            return self._receive_system(data, now)
        return decode(value, now)

    def message_for(
        self,
        control: str,
        *,
        position: float | None = None,
        detents: int | None = None,
        program: int | None = None,
        touched: bool | None = None,
    ) -> list[bytes]:
        """Return the messages the device would send; exactly one of the four may be given, one the control has.

        `control` is named with or without its surface; `position` is 0.0-1.0.

        Raises:
            SurfaceError: no such control, or one that cannot do this.
        """
        name = control.removeprefix(f"{self._surface}.")
        known = self._profile.controls.get(name)
        if known is None:
            hint = nearest(name, self._profile.controls)
            raise SurfaceError(f"{self._surface} has no control `{name}`" + (f"; {hint}" if hint else ""))
        messages = None
        if known.source is not None and known.source.type is not SourceType.OSC:
            channel = (known.source.channel or self._profile.channel) - 1
            if program is not None:
                messages = program_messages(known, channel, program)
            elif detents is not None:
                messages = detent_messages(known, channel, detents)
            elif position is not None:
                messages = position_messages(known, channel, position)
            elif touched is not None:
                messages = touch_messages(known, channel, touched=touched)
        if messages is None:
            raise SurfaceError(f"`{name}` does not send this; its kind is {known.kind.value}")
        return messages

    def _receive_system(self, data: bytes, now: float) -> Events:
        """Take what is no channel message, or one that no control sends."""
        heard: list[Events] = []
        if len(data) == 1:
            decode = self._table.get(data[0] << 7)
            heard = [] if decode is None else [decode(0, now)]
        elif data[:1] == _SYSEX:
            heard = receive_sysex(self._sysex, data, now)
        if not heard:
            self.counters[message_kind(data)] += 1
        return gathered(heard)


def _wildness(control: Control) -> tuple[int, int]:
    source = source_of(control)
    holes = sum(each < 0 for each in source.sysex)
    return (source.channel == 0) + 2 * (source.number is None), holes
