"""MIDI over the ALSA sequencer: a port is opened when its device is listed and closed when it is not.

ALSA tells RtMidi nothing of devices that come and go. Two clients are kept only to list ports, once a second: making
a client for every look would leak and cost a thousand times as much.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rtmidi

from controld.midi_places import Places
from controld.surfaces.midi_ports import Direction, Link, Links, PortList, Wish, WishKey, choices
from controld.surfaces.midi_rtmidi import Error, RtMidiPort
from controld.surfaces.midi_usb import seen

log = logging.getLogger("controld.midi.alsa")

POLL_S = 1.0
SEQUENCER = Path("/dev/snd/seq")
_OWN = "controld-"


@dataclass(slots=True)
class _OpenPort:
    port: RtMidiPort
    link: Link


class AlsaBackend:
    """The ALSA sequencer of this machine; without one it waits."""

    name = "ALSA"
    absent = "no ALSA sequencer is there (`modprobe snd-seq` loads it)"

    def __init__(self, _wake: Callable[[], None]) -> None:
        self._listers: dict[Direction, Any] = {}
        self._open: dict[WishKey, _OpenPort] = {}
        self._places = Places()
        self._serial = 0

    @property
    def runs(self) -> bool:
        """See `Backend`."""
        return bool(self._listers)

    def refresh(self, wishes: Sequence[Wish], publish: Callable[[Links], None]) -> float | None:
        """See `Backend`."""
        listed = {direction: self._list(direction) for direction in Direction}
        wished = {wish.key for wish in wishes}
        for key, port in list(self._open.items()):
            if key not in wished or port.link.peer not in listed[key[1]]:
                del self._open[key]
                publish(self._links())
                port.port.close()
        for wish in wishes:
            if wish.key not in self._open:
                self._try_open(wish, listed[wish.direction])
        publish(self._links())
        return POLL_S

    def pulse(self) -> None:
        """See `Backend`; nothing."""

    def list_ports(self) -> PortList | None:
        """See `Backend`."""
        if not SEQUENCER.exists():
            return None
        inputs, outputs = (self._list(direction) for direction in Direction)
        return PortList(tuple(n for n in inputs if _is_foreign(n)), tuple(n for n in outputs if _is_foreign(n)))

    def close(self) -> None:
        """See `Backend`."""
        for port in self._open.values():
            port.port.close()
        self._open.clear()
        for lister in self._listers.values():
            lister.delete()
        self._listers.clear()

    def _list(self, direction: Direction) -> list[str]:
        """Return the listed names in the sequencer's order, our own among them, for a port is opened by its place."""
        if direction not in self._listers:
            if not SEQUENCER.exists():
                return []
            kind = rtmidi.MidiIn if direction is Direction.IN else rtmidi.MidiOut
            try:
                self._listers[direction] = kind(rtmidi.API_LINUX_ALSA, f"{_OWN}list")
            except Error as error:
                log.debug("the ALSA sequencer cannot be used: %s", error)
                return []
        names: list[str] = self._listers[direction].get_ports()
        return names

    def _try_open(self, wish: Wish, names: list[str]) -> None:
        found = choices(wish, [seen(name) for name in names if _is_foreign(name)], self._places)
        if not found:
            return
        peer = found[0].name
        try:
            port = RtMidiPort(
                rtmidi.API_LINUX_ALSA, wish.direction, f"{_OWN}{wish.surface}-{wish.direction.value}", wish.receive
            )
            port.open(names.index(peer), f"{wish.surface} {wish.direction.value}")
        except Error as error:
            log.debug("%s cannot be opened yet: %s", peer, error)
            return
        self._serial += 1
        self._open[wish.key] = _OpenPort(port, Link(peer, self._serial, port.send))

    def _links(self) -> Links:
        return {key: port.link for key, port in self._open.items()}


def _is_foreign(name: str) -> bool:
    """Tell whether a listed port is neither ours nor the sequencer's own announcements."""
    return not name.startswith((_OWN, "System:"))
