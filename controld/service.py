"""What a program may be served by the daemon beside its surfaces: what such a service does, and what it may ask.

Pure. A service (the session manager's RPC, metrics, OSCQuery ...) is opened and closed with the daemon and told what
the core puts out; what it wants done goes through the `Desk`, which is the daemon. Neither knows the other's shell.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from controld.actions import Action
from controld.changes import StateChange
from controld.figures import Facts
from controld.rig import Output, Rig
from controld.session.edits import Edit

# Gets the members of the engine's reply (none where it was no object); None where none came in time.
Answered = Callable[[Mapping[str, object] | None], None]


class Service(Protocol):
    """Something that serves programs."""

    async def start(self) -> None:
        """Open. Raises ControldError where that cannot be."""

    async def stop(self) -> None:
        """Close; nothing where it was not open."""

    def tell(self, output: Output) -> None:
        """Take what the core put out; must return at once, and must not raise."""


class Desk(Protocol):
    """What services may use."""

    @property
    def rig(self) -> Rig:
        """The core, for looking at."""

    def act(self, action: Action | Edit, origin: str) -> list[StateChange]:
        """Do an action for `origin` ("rpc", "rpc/client"; not ""), and return every fact that followed from it at once.

        Services were told of these too. What the engine makes of it later comes by `Service.tell`. To be called in the
        event loop, from outside the core: not from `tell`.
        """

    def facts(self) -> Facts:
        """Return everything that is known at this moment: for health checks and metrics (see `metrics.METRICS`)."""

    def ask_engine(self, question: Mapping[str, object], deadline_s: float, answered: Answered) -> None:
        """Ask the bridge something that the session need not know; a player's press waits for no more than one such.

        `answered` is called later, once, in the event loop, and never from within the core.
        """

    def status(self) -> dict[str, object]:
        """Return what a person would ask first: pedalboard, snapshot, engine, surfaces, counters."""
