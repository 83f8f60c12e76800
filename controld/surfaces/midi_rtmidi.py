"""One port of python-rtmidi, safe to send to from the loop while another thread closes it."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import rtmidi

from controld.surfaces.midi_ports import Direction

log = logging.getLogger("controld.midi")

# How long a callback that has begun may take to get the interpreter and be done with it.
LAST_CALLBACK_S = 0.03

Error = rtmidi.RtMidiError


class RtMidiPort:
    """An input or output with a client of its own (that is how RtMidi works), named `client_name`.

    Raises:
        Error: the MIDI system does not take the client.
    """

    def __init__(
        self, api: int, direction: Direction, client_name: str, receive: Callable[[bytes, float], None]
    ) -> None:
        self._lock = threading.Lock()
        self._closed = False
        self._direction = direction
        self._port: Any = (rtmidi.MidiIn if direction is Direction.IN else rtmidi.MidiOut)(api, client_name)
        if direction is Direction.IN:
            # Active sensing says nothing that hot-plug does not say better, and would wake us three times a second.
            self._port.ignore_types(sysex=False, timing=False, active_sense=True)
            self._port.set_callback(lambda event, _: receive(bytes(event[0]), time.monotonic()))

    def open_virtual(self, name: str) -> None:
        """Open as a port that others connect to."""
        self._port.open_virtual_port(name)

    def open(self, index: int, name: str) -> None:
        """Open as a port connected to the peer at `index` of what the system lists."""
        self._port.open_port(index, name)

    def send(self, data: bytes) -> bool:
        """Hand over one message; False where the port is closed or the system refuses it."""
        with self._lock:
            if self._closed:
                return False
            try:
                self._port.send_message(data)
            except (Error, ValueError) as error:
                log.warning("a MIDI message of %d bytes was not sent: %s", len(data), error)
                return False
            return True

    def close(self) -> None:
        """Close for good. In this order, or the callback may run within the deletion."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        if self._direction is Direction.IN:
            self._port.cancel_callback()
            time.sleep(LAST_CALLBACK_S)  # closing ends the thread that may be within the last callback
        self._port.close_port()
        self._port.delete()
