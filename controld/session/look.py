"""A window on the session for who tells others of it: everything is there to be read, nothing to be changed.

Pure.
"""

from collections.abc import Mapping

from controld.changes import EngineState
from controld.session.boards import Boards
from controld.session.context import Context
from controld.session.model import Bank, EffectSetup, Pedalboard
from controld.session.outputs import Outputs
from controld.session.state import EffectState
from controld.session.tempo import Tempo


class Look:
    """What is wished, and what the engine is known to hold."""

    def __init__(self, context: Context, boards: Boards, tempo: Tempo, outputs: Outputs) -> None:
        self._context = context
        self._boards = boards
        self._tempo = tempo
        self._outputs = outputs

    @property
    def pedalboard(self) -> Pedalboard:
        """The current pedalboard."""
        return self._context.pedalboard

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all pedalboards, in order."""
        return self._boards.shelf.names

    @property
    def banks(self) -> tuple[Bank, ...]:
        """All banks, in order."""
        return self._boards.shelf.banks

    @property
    def snapshot(self) -> int:
        """The current snapshot's number, from 1; 0 where none is."""
        return self._boards.snapshot

    @property
    def effects(self) -> Mapping[str, EffectState]:
        """The effects of the current pedalboard by name."""
        return self._context.effects

    @property
    def setups(self) -> Mapping[str, EffectSetup]:
        """The effects of the current pedalboard by name, as it describes them."""
        return {setup.name: setup for setup in self.pedalboard.effects}

    @property
    def engine(self) -> tuple[EngineState, str]:
        """The engine's state, and the reason in plain words."""
        executor = self._context.executor
        return executor.state, executor.reason

    @property
    def bpm(self) -> float:
        """The tempo in beats a minute."""
        return self._context.bpm

    @property
    def rolling(self) -> bool:
        """Tell whether the transport rolls."""
        return self._tempo.rolling

    @property
    def muted(self) -> bool:
        """Tell whether the outputs should be parted from the speakers."""
        return self._outputs.muted

    @property
    def favourites(self) -> tuple[str, ...]:
        """The favourite plugins by URI."""
        return self._boards.shelf.favourites

    def board(self, name: str) -> Pedalboard | None:
        """Return a pedalboard as it was kept; None where there is none such. Raises Refusal where it is unreadable."""
        return self._boards.shelf.get(name)

    def peek(self, name: str) -> Pedalboard | None:
        """Return a pedalboard as it was kept, where it was read already."""
        return self._boards.shelf.peek(name)

    def is_in_file(self, name: str) -> bool:
        """Tell whether a pedalboard is written in a file of a person's, which is never changed."""
        return self._boards.shelf.in_file(name) is not None

    def joined(self, source: str, target: str) -> bool:
        """Tell whether two ports are joined in the engine, by their names on the pedalboard."""
        rig = self._context.rig
        return (self.jack_name(source), self.jack_name(target)) in rig.joined

    def jack_name(self, port: str) -> str:
        """Return the JACK name of a port of the pedalboard ("drive:in" -> "effect_1:in")."""
        client, _, symbol = port.partition(":")
        effect = self.effects.get(client)
        return f"effect_{effect.instance}:{symbol}" if effect else port
