"""The USB sockets of MIDI devices, as far as the system's files tell them.

Shell: it reads links of sysfs. Where there are none (no ALSA, a program's port) nothing is known, and names must do.
"""

import re
from pathlib import Path

from controld.midi_places import Seen, alsa_client, card_of

CARDS = Path("/sys/class/sound")
_SOCKET = re.compile(r"(\d+-\d+(?:\.\d+)*):\d+\.\d+$")  # bus and ports of a USB interface, as the kernel names it


def seen(*names: str) -> Seen:
    """Return a port that is there, by its names, with the path of its USB socket where that can be found."""
    client = alsa_client(names[0])
    card = None if client is None else card_of(client)
    return Seen(names, "" if card is None else _socket_of(card))


def _socket_of(card: int) -> str:
    try:
        device = (CARDS / f"card{card}" / "device").resolve(strict=True)
    except OSError:
        return ""
    found = _SOCKET.search(str(device))
    return f"usb {found[1]}" if found else ""
