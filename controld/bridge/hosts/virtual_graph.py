"""Ports and what joins them, as JACK keeps them.

Pure. A connection goes from an output to an input of the same kind; nothing here knows of effects or events.
"""

from collections.abc import Iterable
from dataclasses import dataclass

Pair = tuple[str, str]  # source, target


@dataclass(frozen=True, slots=True)
class Port:
    """A JACK port by its full name, "client:port"; an output is what other ports can be fed from."""

    name: str
    is_output: bool
    is_midi: bool = False
    is_hardware: bool = False


class PortGraph:
    """Ports by name in the order they were registered, and the connections between them, oldest first."""

    def __init__(self, ports: Iterable[Port] = ()) -> None:
        self._ports = {port.name: port for port in ports}
        self._pairs: dict[Pair, None] = {}  # a set that keeps its order

    def add(self, port: Port) -> None:
        """Register a port; its name must be free."""
        self._ports[port.name] = port

    def remove(self, name: str) -> list[Pair]:
        """Take a port away and return the connections that went with it."""
        parted = self.part_all(name)
        del self._ports[name]
        return parted

    def __contains__(self, name: str) -> bool:
        """Return whether there is a port of this name."""
        return name in self._ports

    def pairs(self) -> list[Pair]:
        """Return the connections, oldest first."""
        return list(self._pairs)

    def neighbours(self, name: str) -> list[str]:
        """Return the ports a port is connected to, whatever its direction."""
        return [target if source == name else source for source, target in self._pairs if name in (source, target)]

    def targets(self, name: str) -> list[str]:
        """Return the ports that a port feeds."""
        return [target for source, target in self._pairs if source == name]

    def hardware(self, *, is_midi: bool, is_output: bool) -> list[str]:
        """Return the names of the hardware's ports of one kind."""
        kind = (True, is_midi, is_output)
        return [port.name for port in self._ports.values() if (port.is_hardware, port.is_midi, port.is_output) == kind]

    def oriented(self, one: str, other: str) -> Pair | None:
        """Return both names as (source, target), or None where the two cannot be joined."""
        first, second = self._ports.get(one), self._ports.get(other)
        if first is None or second is None or first.is_midi != second.is_midi or first.is_output == second.is_output:
            return None
        return (one, other) if first.is_output else (other, one)

    def join(self, pair: Pair) -> bool:
        """Connect an oriented pair and return whether that was new."""
        new = pair not in self._pairs
        self._pairs[pair] = None
        return new

    def part(self, pair: Pair) -> bool:
        """Disconnect an oriented pair and return whether it was connected."""
        return self._pairs.pop(pair, self) is None

    def part_all(self, name: str) -> list[Pair]:
        """Take all connections from a port and return them."""
        parted = [pair for pair in self._pairs if name in pair]
        for pair in parted:
            del self._pairs[pair]
        return parted
