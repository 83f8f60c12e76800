"""What a look at the engine found amiss of a pedalboard that had been whole, and what was done about it.

Pure. The steps of the plans that follow such a look are collected, and told once, in a player's words, when the engine
holds what it should. What a player asked for while the engine was away is no repair, nor is what could not be done.
"""

from collections.abc import Iterable

from controld.changes import Repaired
from controld.session.requests import (
    AddEffect,
    ConnectPorts,
    EngineRequest,
    RemoveEffect,
    WriteBypass,
    WriteParameters,
)
from controld.session.rig_state import RigState
from controld.session.state import BYPASS, EffectState
from controld.values import same_value

# More values of one effect, or more connections, are told by their number.
MOST_NAMED = 3


class Repairs:
    """Collects while `watching`; strays, which belong to nobody, are told at all times."""

    def __init__(self, rig: RigState) -> None:
        self.watching = False
        self._sees_connections = False
        self._rig = rig
        self._loaded: dict[str, str] = {}  # by effect, what was there in its stead
        self._values: dict[tuple[str, str], float] = {}  # by effect and symbol, what it was
        self._pairs: dict[tuple[str, str], None] = {}
        self._strays: dict[int, None] = {}

    def begin(self, *, whole: bool, sees_connections: bool) -> None:
        """Take that the engine is looked at, where the pedalboard was `whole` before or a repair goes on.

        A bridge that does not list connections has all of them made again, and that says nothing.
        """
        self.watching = self.watching or whole
        self._sees_connections = sees_connections

    def forget(self) -> None:
        """Collect anew: another pedalboard is wished."""
        self.watching = False
        for found in (self._loaded, self._values, self._pairs, self._strays):
            found.clear()

    def note(self, steps: Iterable[EngineRequest]) -> None:
        """Take the steps of a plan, before they are sent."""
        for step in steps:
            if isinstance(step, RemoveEffect):
                self._note_stray(step.instance)
            elif not self.watching:
                continue
            elif isinstance(step, ConnectPorts) and self._sees_connections:
                self._pairs[step.source, step.target] = None
            elif isinstance(step, AddEffect | WriteBypass | WriteParameters):
                effect = self._rig.by_instance(step.instance)
                if effect is not None:
                    self._note_effect(effect, step)

    def _note_stray(self, instance: int) -> None:
        if any(effect.instance == instance and not effect.name for effect in self._rig.leftovers):
            self._strays[instance] = None

    def _note_effect(self, effect: EffectState, step: AddEffect | WriteBypass | WriteParameters) -> None:
        if isinstance(step, AddEffect):
            self._loaded[effect.name] = "another plugin stood in its place" if effect.alien else "was missing"
            return
        for symbol in step.values if isinstance(step, WriteParameters) else (BYPASS,):
            cell = effect.cells[symbol]
            believed, held = cell.believed, cell.confirmed
            untouched = believed is not None and same_value(believed, cell.asked)
            if effect.present and held is not None and untouched and effect.name not in self._loaded:
                self._values.setdefault((effect.name, symbol), held)

    def take(self) -> Repaired | None:
        """Return what was repaired, now that it is done; None where nothing was amiss."""
        what = (*self._loaded_words(), *self._value_words(), *self._pair_words(), *self._stray_words())
        self.forget()
        return Repaired(what) if what else None

    def _loaded_words(self) -> list[str]:
        effects = self._rig.effects
        loaded = [name for name in self._loaded if name in effects and effects[name].present]
        if len(loaded) > 1 and len(loaded) == len(effects):
            return [f"all {len(loaded)} effects were missing and were loaded again"]
        return [f"{name} {_missing(self._loaded[name])} and was loaded again" for name in loaded]

    def _value_words(self) -> list[str]:
        words: dict[str, list[str]] = {}
        for (name, symbol), was in self._values.items():
            effect = self._rig.effects.get(name)
            cell = effect.cells.get(symbol) if effect else None
            if effect is not None and cell is not None and cell.confirmed is not None and not cell.failure:
                words.setdefault(name, []).append(_value_words(effect, symbol, was, cell.confirmed))
        return [
            each
            for name, said in words.items()
            for each in (
                said if len(said) <= MOST_NAMED else [f"{len(said)} values of {name} were others and are set again"]
            )
        ]

    def _pair_words(self) -> list[str]:
        again = {f"effect_{effect.instance}" for name, effect in self._rig.effects.items() if name in self._loaded}
        pairs = [pair for pair in self._pairs if pair in self._rig.joined and again.isdisjoint(map(_client, pair))]
        if len(pairs) > MOST_NAMED:
            return [f"{len(pairs)} connections were parted and are joined again"]
        return [f"{self._port(a)} -> {self._port(b)} was parted and is joined again" for a, b in pairs]

    def _stray_words(self) -> list[str]:
        gone = [number for number in self._strays if number not in self._rig.used]
        if not gone:
            return []
        numbers = ", ".join(map(str, gone))
        what, were = ("an effect", "was") if len(gone) == 1 else (f"{len(gone)} effects", "were")
        return [f"{what} of an earlier run ({numbers} in the engine) {were} removed"]

    def _port(self, port: str) -> str:
        """Return a port as the pedalboard calls it."""
        client, _, symbol = port.partition(":")
        name = next((each.name for each in self._rig.effects.values() if client == f"effect_{each.instance}"), client)
        return f"{name}:{symbol}"


def _missing(how: str) -> str:
    return how if how.startswith("was") else f"was not there, {how},"


def _client(port: str) -> str:
    return port.partition(":")[0]


def _value_words(effect: EffectState, symbol: str, was: float, now: float) -> str:
    if symbol == BYPASS:
        return f"{effect.name} was {'bypassed' if was else 'active'} and is {'bypassed' if now else 'active'} again"
    return f"{effect.subject(symbol)} was {was:g} and is {now:g} again"
