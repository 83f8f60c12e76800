"""Which port is which device: names without the numbers of one plug, and the places of identical units.

Pure. A system numbers what is plugged: ALSA and what bridges it (`FCB1010 MIDI 1 20:0`, `a2j:FCB1010 [20] (capture)`),
and JACK a second client of one name (`FCB1010-01`). None of these numbers says which unit it is, for the next plug may
give another; a path of the USB socket does, where it can be had.

Surfaces that ask for the same ports with the same profile are identical *units*: the first of them gets the first unit,
in the order of the ports, and so on. A place is kept for the unit that had it as long as the rig runs: one that comes
back gets it whatever was plugged before it, and while it is away no other takes it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

ALSA_NUMBERS = re.compile(r" (\d+):\d+$")  # client and port, at the end of a name
_A2J_NUMBER = re.compile(r" \[(\d+)\]")
# Of a client whose name was taken (jack.h: JackNameNotUnique). It goes on to -99, but an APC-40 is no second APC.
_JACK_SUFFIX = re.compile(r"-0\d(?=:)")
# Clients in which a bridge or driver has the ports of all devices; each port is taken for a device of its own there.
_SHARED_CLIENTS = frozenset({"a2j", "system", "Midi-Bridge", "alsa_midi", "PipeWire"})
# Cards have four clients each, after the sixteen of the sequencer itself (Linux: sound/core/seq/seq_clientmgr.c).
_FIRST_CARD_CLIENT, _CLIENTS_PER_CARD = 16, 4


def plain_name(name: str) -> str:
    """Return a port's name, or a pattern for one, without what changes with every plug."""
    return _JACK_SUFFIX.sub("", _A2J_NUMBER.sub("", ALSA_NUMBERS.sub("", name)))


def alsa_client(name: str) -> int | None:
    """Return the number of the ALSA client that a port's name tells, None where it tells none."""
    found = ALSA_NUMBERS.search(name) or (_A2J_NUMBER.search(name) if name.startswith("a2j:") else None)
    return int(found[1]) if found else None


def card_of(client: int) -> int | None:
    """Return the number of the sound card an ALSA client belongs to, None for a program's client."""
    card, _ = divmod(client - _FIRST_CARD_CLIENT, _CLIENTS_PER_CARD)
    return card if 0 <= card < 32 else None


@dataclass(frozen=True, slots=True)
class Seen:
    """A port that is there: all its names, the full one first, and the path of its USB socket ("" for unknown)."""

    names: tuple[str, ...]
    path: str = ""

    @property
    def name(self) -> str:
        """The full name."""
        return self.names[0]

    @property
    def unit(self) -> str:
        """What tells the device from others that are there now; also in the other direction, where names are alike."""
        if self.path:
            return self.path
        client = alsa_client(self.name)
        if client is not None:
            return f"ALSA client {client}"
        owner = self.name.partition(":")[0]
        return self.name if owner in _SHARED_CLIENTS else owner


@dataclass(slots=True)
class _Group:
    """The places of identical units: which unit each had last, by direction ("in", "out") and place from 0."""

    had: dict[str, dict[int, str]] = field(default_factory=dict)


class Places:
    """The places of all groups of identical units, as long as the rig runs."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}

    def assign(self, group: str, direction: str, count: int, ports: Sequence[Seen]) -> dict[int, Seen]:
        """Return which port each of `count` places has; a place whose unit is away has none, and none takes its port.

        `ports` are all that fit, the preferred first; of a device with several the first is taken. Ask with all of
        them each time: units that are new take free places, those nobody ever had before those of units that are away.
        """
        units: dict[str, Seen] = {}
        for port in ports:
            units.setdefault(port.unit, port)
        known = self._groups.setdefault(group, _Group()).had
        mine = known.setdefault(direction, {})
        taken = _remembered(mine, units, count)
        others = (places for side, places in known.items() if side != direction)
        for places in others:  # the lights of a device belong where its switches are
            fits = _remembered(places, units, count)
            taken |= {place: unit for place, unit in fits.items() if place not in taken and unit not in taken.values()}
        new = [unit for unit in units if unit not in taken.values()]
        free = sorted((place for place in range(count) if place not in taken), key=lambda place: (place in mine, place))
        taken |= dict(zip(free, new, strict=False))
        mine |= taken
        return {place: units[unit] for place, unit in taken.items()}


def _remembered(had: Mapping[int, str], units: Iterable[str], count: int) -> dict[int, str]:
    present = set(units)
    return {place: unit for place, unit in had.items() if unit in present and place < count}
