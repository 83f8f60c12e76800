"""The virtual host: mod-host as a simulation, with real plugins' descriptions and no sound.

Pure and deterministic: no clock, no chance, no files. It reads command lines as mod-host does and answers with the
same text, so that everything above it can be used and tested on a machine with neither JACK nor LV2. What each command
does is in `virtual_effects`, `virtual_presets`, `virtual_connections`, `virtual_midi` and `virtual_system`; here they
are one table. It differs from mod-host in two things: every change becomes an event at once, and no line crashes it.
"""

from collections import ChainMap
from collections.abc import Mapping
from typing import cast

from controld.bridge.hosts import (
    virtual_connections,
    virtual_effects,
    virtual_midi,
    virtual_presets,
    virtual_system,
)
from controld.bridge.hosts.base import HostEffect, HostEvent
from controld.bridge.hosts.catalogue import Plugin, load_catalogue
from controld.bridge.hosts.virtual_audio import Audio
from controld.bridge.hosts.virtual_rig import BYPASS, Command, Effect, Rig
from controld.bridge.modhost_protocol import FEW_ARGUMENTS, MANY_ARGUMENTS, NOT_FOUND, tokenize

COMMANDS: Mapping[str, Command] = {
    **virtual_effects.COMMANDS,
    **virtual_presets.COMMANDS,
    **virtual_connections.COMMANDS,
    **virtual_midi.COMMANDS,
    **virtual_system.COMMANDS,
}


class VirtualHost:
    """A simulated mod-host; a `Host`. `plugins` are what can be loaded, the packaged catalogue where None.

    Of `more` those can be loaded too that are not among them; nothing is asked of it before somebody names one.
    """

    name = "virtual"

    def __init__(self, plugins: Mapping[str, Plugin] | None = None, more: Mapping[str, Plugin] | None = None) -> None:
        self._rig = Rig(load_catalogue() if plugins is None else plugins, more or {})
        self._audio = Audio(self._rig)

    def execute(self, line: str) -> str | None:
        """Do one command and return mod-host's reply; None for what gets none, and for everything after `quit`."""
        if not line or not self._rig.running:
            return None
        name, *words = tokenize(line)
        command = COMMANDS.get(name)
        if command is None:
            return NOT_FOUND
        if len(words) < command.least:
            return FEW_ARGUMENTS
        if command.most is not None and len(words) > command.most:
            return MANY_ARGUMENTS
        outcome = command.run(self._rig, words)
        return f"resp {outcome}" if isinstance(outcome, int) else outcome

    def receive_midi(self, data: bytes) -> None:
        """Take MIDI messages as if they arrived at "mod-host:midi_in"; what they move becomes events."""
        if self._rig.running:
            virtual_midi.receive(self._rig, data)

    def filenos(self) -> list[int]:
        """Return none: nothing happens in it that was not asked for."""
        return []

    def take_events(self) -> list[HostEvent]:
        """Return what happened since the last call, oldest first."""
        return self._rig.take_events()

    def plugins(self) -> Mapping[str, Plugin]:
        """Return the catalogue by URI, with the presets that were saved and added since the start."""
        rig = self._rig
        return ChainMap(rig.plugins, cast("dict[str, Plugin]", rig.more)) if rig.more else rig.plugins

    def rescan(self) -> None:
        """Look for plugins that came or went: there are none."""
        self._rig.emit("plugins_rescanned", plugin_count=len(self.plugins()), plugins_added=0, plugins_removed=0)

    def effects(self) -> Mapping[int, HostEffect]:
        """Return what is loaded, by instance, as it is now."""
        return {number: _shown(effect) for number, effect in self._rig.effects.items()}

    def connections(self) -> list[tuple[str, str]]:
        """Return the connections as (from, to) port names, oldest first."""
        return self._rig.graph.pairs()

    def audio(self, method: str, fields: Mapping[str, object]) -> dict[str, object]:
        """Answer an audio request.

        Raises:
            AudioError: for an unknown method, a missing field or one of the wrong kind.
        """
        return self._audio.answer(method, fields)

    def healthy(self) -> bool:
        """Return whether it runs; only `quit` and `close` end that."""
        return self._rig.running

    def close(self) -> None:
        """Stop; nothing is executed any more."""
        self._rig.running = False


def _shown(effect: Effect) -> HostEffect:
    values = {symbol: value for symbol, value in effect.values.items() if symbol != BYPASS.symbol}
    return HostEffect(effect.plugin.uri, effect.bypassed, effect.preset, values)
