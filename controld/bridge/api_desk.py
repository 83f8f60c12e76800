"""The host as the API sees it: commands in, their verdicts out, and every event on its way to the subscribers.

Here too the errors a plugin request can end in. Nothing of sockets, nothing of a request's form.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final

from controld.bridge.hosts.base import Host, HostEvent
from controld.bridge.modhost_protocol import format_command, verdict
from controld.errors import EngineError

Fields = Mapping[str, object]
"""The members of a request."""
Reply = dict[str, object]
"""The members of a reply."""

UNREACHABLE: Final = "Failed to communicate with mod-host"
INVALID: Final = "Invalid request format"
_ENVELOPED: Final = frozenset({"plugins_rescanned"})  # a host's events that the stock bridge makes itself


class PluginError(EngineError):
    """A plugin request cannot be done; the text is the bridge's own wording."""


class Desk:
    """A host with its events: in the order they happened, each with its origin.

    `client` is the ROUTER identity, in hex, of whom the current request is from; events the host has while it is "" are
    the host's own and carry no "client".
    """

    def __init__(self, host: Host, publish: Callable[[Reply], None]) -> None:
        self.host = host
        self.client = ""
        self._publish = publish

    def execute(self, line: str) -> str | None:
        """Do one mod-host command, publish what it changed and return mod-host's reply, None for none."""
        reply = self.host.execute(line)
        self.publish_host_events()
        return reply

    def accepts(self, name: str, *args: str | float) -> bool:
        """Do one mod-host command and return whether it is done: written, answered, and answered with yes."""
        try:
            line = format_command(name, *args)
        except ValueError:
            return False
        reply = self.execute(line)
        return reply is not None and verdict(name, reply).ok

    def publish_host_events(self) -> None:
        """Publish what happened in the host since the last call."""
        for event in self.host.take_events():
            if event["type"] in _ENVELOPED:
                self.announce(str(event["type"]), **{name: each for name, each in event.items() if name != "type"})
            else:
                self._publish(self._signed(event))

    def _signed(self, event: HostEvent) -> Reply:
        if "client" in event:
            return {name: value for name, value in event.items() if name != "client"}
        return {**event, "client": self.client} if self.client else event

    def announce(self, kind: str, **data: object) -> None:
        """Publish a change made through the plugin API, in the envelope the stock bridge has for it."""
        self._publish({"type": kind, "timestamp": time.time_ns() // 1_000_000, "data": data})
