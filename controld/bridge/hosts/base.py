"""What a bridge drives: the interface every host has, and the few values that cross it.

Pure: a host may open sockets, this file may not. A host is synchronous and used from one thread; it takes mod-host's
command lines and gives mod-host's replies, so that a bridge need not know which host is behind it. Sections named below
are those of the project's notes on the modhost-bridge protocol.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from controld.bridge.hosts.catalogue import Plugin
from controld.errors import EngineError

HostEvent = dict[str, object]
"""An event, flat as the bridge publishes it: {"type": "param_set", "effect_id": 0, "symbol": "gain", "value": 0.5}.

With "client": "" it is nobody's doing, whoever's command it happened to come with.
"""


class AudioError(EngineError):
    """An audio request lacks a field, or has one of the wrong kind; the text is the bridge's own wording."""


@dataclass(frozen=True, slots=True)
class HostEffect:
    """What is loaded as one instance; `values` has every input control by symbol, `preset` is "" for none."""

    uri: str
    bypassed: bool = False
    preset: str = ""
    values: Mapping[str, float] = field(default_factory=dict)


class Host(Protocol):
    """What a bridge drives."""

    name: str  # "virtual", "mod-host"

    def filenos(self) -> Sequence[int]:
        """Return the descriptors that are readable when events can be taken; they may be others at every call."""
        ...

    def execute(self, line: str) -> str | None:
        """Do one mod-host command (no NUL in it) and return its reply as mod-host prints it.

        "resp 0", "resp 0 0.7000", "not found", "few arguments"; None where mod-host gives no reply to this command.
        """
        ...

    def take_events(self) -> list[HostEvent]:
        """Return what happened since the last call, oldest first."""
        ...

    def plugins(self) -> Mapping[str, Plugin]:
        """Return the catalogue of plugins by URI."""
        ...

    def rescan(self) -> None:
        """Have plugins and presets looked for that came or went; `plugins_rescanned` is the event at its end."""
        ...

    def effects(self) -> Mapping[int, HostEffect]:
        """Return what is loaded, by instance, as it is now; later changes do not show in the returned values."""
        ...

    def connections(self) -> list[tuple[str, str]]:
        """Return the audio and MIDI connections as (from, to) port names, in a stable order; empty where unknown."""
        ...

    def audio(self, method: str, fields: Mapping[str, object]) -> dict[str, object]:
        """Answer an audio request (section 5) with the members of its reply.

        Raises:
            AudioError: for an unknown method, a missing field or one of the wrong kind.
        """
        ...

    def healthy(self) -> bool:
        """Return whether commands can be executed now."""
        ...

    def close(self) -> None:
        """Let go of everything; closing twice does no harm."""
        ...
