"""Audio requests: what the bridge's own JACK client would say, here of a sound card that makes no sound.

Pure. Unlike the stock bridge, this one needs no `init_jack` first: the figures are there from the start.
"""

from controld.bridge.hosts.audio_fields import (
    Fields,
    Members,
    as_boolean,
    as_text_field,
    as_unsigned,
    checked,
    methods_of,
)
from controld.bridge.hosts.virtual_levels import input_levels, output_levels
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

    def reset_xruns(self, _fields: Fields) -> Members:
        """Do nothing: a simulation has no xruns."""
        return {"success": True}

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

    def levels(self, _fields: Fields) -> Members:
        """Return how loud it is at the sound card's ports."""
        return {"input_levels": input_levels(self._rig), "output_levels": output_levels(self._rig)}

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


_METHODS = methods_of(Audio)
