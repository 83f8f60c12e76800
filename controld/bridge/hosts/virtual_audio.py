"""Audio requests: what the bridge's own JACK client would say, here of a sound card that makes no sound.

Pure. Unlike the stock bridge, this one needs no `init_jack` first: the figures are there from the start.
"""

from collections.abc import Callable, Mapping

from controld.bridge.hosts.audio_fields import Entry, Fields, Members, as_boolean, as_text_field, as_unsigned, checked
from controld.bridge.hosts.virtual_rig import Rig


class Audio:
    """The simulated JACK server, over the ports of a rig."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._buffer_size = 128  # frames
        self._sample_rate = 48000.0  # frames per second

    def answer(self, method: str, fields: Fields) -> Members:
        """Return the members of the reply.

        Raises:
            AudioError: for an unknown method, a missing field or one of the wrong kind.
        """
        return checked(_METHODS, method, fields)(self, fields)

    def data(self, _fields: Fields) -> Members:
        """Return load and transport; there are no xruns where nothing runs."""
        transport = self._rig.transport
        return {
            "bpb": transport.bpb,
            "bpm": transport.bpm,
            "cpu_load": self._rig.cpu_load(),
            "rolling": transport.rolling,
            "xruns": 0,
        }

    def buffer_size(self, _fields: Fields) -> Members:
        """Return the frames of a buffer."""
        return {"buffer_size": self._buffer_size}

    def set_buffer_size(self, fields: Fields) -> Members:
        """Set the frames of a buffer; as JACK, it takes any number."""
        self._buffer_size = as_unsigned(fields["size"])
        return {"buffer_size": self._buffer_size}

    def sample_rate(self, _fields: Fields) -> Members:
        """Return the frames per second."""
        return {"sample_rate": self._sample_rate}

    def hardware_ports(self, fields: Fields) -> Members:
        """Return the sound card's ports. "Output" is what one plays to, which for JACK is an input."""
        is_midi = not as_boolean(fields["is_audio"])
        return {"ports": self._rig.graph.hardware(is_midi=is_midi, is_output=not as_boolean(fields["is_output"]))}

    def port_alias(self, fields: Fields) -> Members:
        """Return "": no port has an alias."""
        as_text_field(fields["port_name"])
        return {"alias": ""}

    def connect(self, fields: Fields) -> Members:
        """Join two ports, in whichever direction fits."""
        return {"success": self._rig.connect(as_text_field(fields["port1"]), as_text_field(fields["port2"]))}

    def connect_midi_outputs(self, fields: Fields) -> Members:
        """Join a port to every MIDI output of the hardware."""
        port = as_text_field(fields["port"])
        joined = [self._rig.connect(port, output) for output in self._rig.graph.hardware(is_midi=True, is_output=False)]
        return {"success": all(joined)}

    def disconnect(self, fields: Fields) -> Members:
        """Part two ports."""
        return {"success": self._rig.disconnect(as_text_field(fields["port1"]), as_text_field(fields["port2"]))}

    def disconnect_all(self, fields: Fields) -> Members:
        """Part a port from all others."""
        port = as_text_field(fields["port"])
        known = port in self._rig.graph
        self._rig.tell_parted(self._rig.graph.part_all(port))
        return {"success": known}


def _always(name: str, value: object) -> Callable[[Audio, Fields], Members]:
    return lambda _audio, _fields: {name: value}


# Each method with the fields it must have.
_METHODS: Mapping[str, Entry[Audio]] = {
    "init_jack": ((), _always("success", True)),
    "close_jack": ((), _always("success", True)),
    "reset_xruns": ((), _always("success", True)),
    "get_jack_data": ((), Audio.data),
    "get_jack_buffer_size": ((), Audio.buffer_size),
    "set_jack_buffer_size": (("size",), Audio.set_buffer_size),
    "get_jack_sample_rate": ((), Audio.sample_rate),
    "get_jack_hardware_ports": (("is_audio", "is_output"), Audio.hardware_ports),
    "get_jack_port_alias": (("port_name",), Audio.port_alias),
    "connect_jack_ports": (("port1", "port2"), Audio.connect),
    "connect_jack_midi_output_ports": (("port",), Audio.connect_midi_outputs),
    "disconnect_jack_ports": (("port1", "port2"), Audio.disconnect),
    "disconnect_all_jack_ports": (("port",), Audio.disconnect_all),
    "has_midi_beat_clock_sender_port": ((), _always("has_port", False)),
    "has_serial_midi_input_port": ((), _always("has_port", False)),
    "has_serial_midi_output_port": ((), _always("has_port", False)),
    "has_midi_merger_output_port": ((), _always("has_port", False)),
    "has_midi_broadcaster_input_port": ((), _always("has_port", False)),
    "has_duox_split_spdif": ((), _always("has_feature", False)),
}
