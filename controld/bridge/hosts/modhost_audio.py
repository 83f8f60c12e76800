"""Audio requests before a mod-host: what its JACK server says, and what mod-host says where that cannot be asked.

No `init_jack` is needed: the server is joined as soon as it is there. Without one the figures are 0 and the lists
empty, as the stock bridge has it.
"""

import time
from collections.abc import Callable, Iterable
from typing import Protocol

from controld.bridge.hosts.audio_fields import (
    Fields,
    Members,
    as_boolean,
    as_text_field,
    as_unsigned,
    checked,
    methods_of,
)
from controld.bridge.hosts.base import AudioError, HostEvent
from controld.bridge.hosts.modhost_jack import JackView, Pair
from controld.bridge.hosts.modhost_levels import Levels
from controld.bridge.modhost_protocol import format_command, parse_reply, verdict


class Book(Protocol):
    """Who knows the transport, and is told of connections that came and went."""

    transport: dict[str, object]

    def join(self, one: str, other: str) -> None:
        """Take note of a connection."""
        ...

    def part(self, pairs: Iterable[Pair]) -> None:
        """Take note of connections that are gone."""
        ...


class Audio:
    """Answers for a mod-host; `execute` does one of its commands, `book` keeps what is known of it."""

    def __init__(self, jack: JackView, execute: Callable[[str], str | None], book: Book, levels: Levels) -> None:
        self._jack = jack
        self._levels = levels
        self._execute = execute
        self._book = book
        self._xruns = self._forgiven = 0

    def hear(self, event: HostEvent) -> None:
        """Take note of feedback about the load."""
        if event["type"] == "cpu_load":
            self._xruns = _whole(event.get("xruns"))

    def answer(self, method: str, fields: Fields) -> Members:
        """Return the members of the reply.

        Raises:
            AudioError: for an unknown method, a missing field or one of the wrong kind.
        """
        return checked(_METHODS, method, fields)(self, fields)

    def data(self, _fields: Fields) -> Members:
        """Return load and transport; xruns are counted where mod-host tells its load."""
        return {**self._book.transport, "cpu_load": self._load(), "xruns": max(0, self._xruns - self._forgiven)}

    def levels(self, _fields: Fields) -> Members:
        """Return how loud it is at the sound card's ports.

        Raises:
            AudioError: where mod-host's ports cannot be seen.
        """
        if not self._jack.connected:
            message = "levels are heard at mod-host's JACK ports, which cannot be seen from here"
            raise AudioError(message)
        inputs, outputs = self._levels.read(time.monotonic())
        return {"input_levels": inputs, "output_levels": outputs}

    def reset_xruns(self, _fields: Fields) -> Members:
        """Count from here."""
        self._forgiven = self._xruns
        return {"success": True}

    def buffer_size(self, _fields: Fields) -> Members:
        """Return the frames of a buffer."""
        return {"buffer_size": int(self._jack.figures().get("buffer", 0))}

    def set_buffer_size(self, fields: Fields) -> Members:
        """Set the frames of a buffer, and return what they are then."""
        self._jack.set_buffer(as_unsigned(fields["size"]))
        return self.buffer_size(fields)

    def sample_rate(self, _fields: Fields) -> Members:
        """Return the frames per second."""
        return {"sample_rate": float(self._jack.figures().get("rate", 0))}

    def hardware_ports(self, fields: Fields) -> Members:
        """Return the sound card's ports. "Output" is what one plays to, which for JACK is an input."""
        kind = "is_audio" if as_boolean(fields["is_audio"]) else "is_midi"
        side = "is_input" if as_boolean(fields["is_output"]) else "is_output"
        return {"ports": self._jack.ports(**{kind: True, side: True, "is_physical": True})}

    def port_alias(self, fields: Fields) -> Members:
        """Return the alias of a port, "" for none."""
        return {"alias": self._jack.alias(as_text_field(fields["port_name"]))}

    def connect(self, fields: Fields) -> Members:
        """Join two ports, in whichever direction fits."""
        return {"success": self._join(as_text_field(fields["port1"]), as_text_field(fields["port2"]))}

    def connect_midi_outputs(self, fields: Fields) -> Members:
        """Join a port to every MIDI output of the hardware."""
        port = as_text_field(fields["port"])
        outputs = self._jack.ports(is_midi=True, is_input=True, is_physical=True)
        joined = [self._join(port, output) for output in outputs]
        return {"success": all(joined)}

    def disconnect(self, fields: Fields) -> Members:
        """Part two ports."""
        pair = as_text_field(fields["port1"]), as_text_field(fields["port2"])
        if not self._jack.connected:
            return {"success": self._asks("disconnect", *pair)}
        done = self._jack.part(*pair)
        self._book.part([pair] if done else [])
        return {"success": done}

    def disconnect_all(self, fields: Fields) -> Members:
        """Part a port from all others."""
        return {"success": self._asks("disconnect_all", as_text_field(fields["port"]))}

    def _join(self, one: str, other: str) -> bool:
        if not self._jack.connected:
            return self._asks("connect", one, other)
        done = self._jack.join(one, other)
        if done:
            self._book.join(one, other)
        return done

    def _asks(self, name: str, *args: str) -> bool:
        try:
            line = format_command(name, *args)
        except ValueError:
            return False
        reply = self._execute(line)
        return reply is not None and verdict(name, reply).ok

    def _load(self) -> float:
        load = self._jack.figures().get("load")
        if load is not None:
            return float(load)
        reply = parse_reply(self._execute("cpu_load") or "")
        try:
            return float(reply.text) if reply.code == 0 else 0.0
        except ValueError:
            return 0.0


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


_METHODS = methods_of(Audio)
