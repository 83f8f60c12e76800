"""A host around another, which does what that one does; who builds on it changes what is to be otherwise."""

from collections.abc import Mapping, Sequence

from controld.bridge.hosts.base import Host, HostEffect, HostEvent
from controld.bridge.hosts.catalogue import Plugin


class HostAround:
    """A `Host` that passes everything on."""

    def __init__(self, host: Host) -> None:
        self.name = host.name
        self._host = host

    def filenos(self) -> Sequence[int]:
        """Return the host's descriptors."""
        return self._host.filenos()

    def execute(self, line: str) -> str | None:
        """Have the host do one command."""
        return self._host.execute(line)

    def take_events(self) -> list[HostEvent]:
        """Return the host's events."""
        return self._host.take_events()

    def plugins(self) -> Mapping[str, Plugin]:
        """Return the host's catalogue."""
        return self._host.plugins()

    def rescan(self) -> None:
        """Have the host look for plugins."""
        self._host.rescan()

    def effects(self) -> Mapping[int, HostEffect]:
        """Return the host's effects."""
        return self._host.effects()

    def connections(self) -> list[tuple[str, str]]:
        """Return the host's connections."""
        return self._host.connections()

    def audio(self, method: str, fields: Mapping[str, object]) -> dict[str, object]:
        """Have the host answer an audio request."""
        return self._host.audio(method, fields)

    def healthy(self) -> bool:
        """Return the host's health."""
        return self._host.healthy()

    def close(self) -> None:
        """Close the host."""
        self._host.close()
