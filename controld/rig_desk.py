"""What the daemon is to services that describe the rig's own files: a desk with the configuration on it.

Pure.
"""

from typing import Protocol

from controld.config_values import RigConfig
from controld.events import SurfaceEvent
from controld.service import Desk


class RigDesk(Desk, Protocol):
    """A `Desk` that knows the configuration, and takes events as from a surface."""

    @property
    def config(self) -> RigConfig:
        """The files of the rig as they are played; another object once they were read again."""

    def receive(self, event: SurfaceEvent) -> None:
        """Take what a player did by way of a service; what follows comes by `Service.tell`, from within this call."""
