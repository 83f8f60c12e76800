"""What the mappings know of the rig: the newest fact of each thing, taken from the session's changes.

Pure. Conditions and lights read it; nothing else decides by it (toggles are the session's).
"""

from controld.changes import (
    BypassChanged,
    EngineChanged,
    EngineState,
    ParameterChanged,
    PedalboardChanged,
    PresetChanged,
    SnapshotChanged,
    State,
    StateChange,
)
from controld.mappings.rule import Condition
from controld.mappings.target import Key

PEDALBOARD: Key = ("pedalboard",)
SNAPSHOT: Key = ("snapshot",)


class View:
    """The rig as the session last told it."""

    __slots__ = ("bypasses", "engine", "parameters", "pedalboard", "presets", "snapshot")

    def __init__(self) -> None:
        self.engine = EngineState.DOWN
        self.pedalboard = PedalboardChanged("", 0, State.ASKED)
        self.snapshot = SnapshotChanged("", 0, State.CONFIRMED)
        self.bypasses: dict[str, BypassChanged] = {}
        self.parameters: dict[tuple[str, str], ParameterChanged] = {}
        self.presets: dict[str, PresetChanged] = {}

    def receive(self, change: StateChange) -> Key | None:
        """Take a fact; return the key of what it is about, None where no light can follow it."""
        match change:
            case ParameterChanged():
                self.parameters[change.effect, change.symbol] = change
                return ("parameter", change.effect, change.symbol)
            case BypassChanged():
                self.bypasses[change.effect] = change
                return ("bypass", change.effect)
            case PresetChanged():
                self.presets[change.effect] = change
                return ("preset", change.effect)
            case SnapshotChanged():
                self.snapshot = change
                return SNAPSHOT
            case PedalboardChanged():
                self._take_pedalboard(change)
                return PEDALBOARD
            case EngineChanged():
                self.engine = change.state
                return None
            case _:
                return None

    def _take_pedalboard(self, change: PedalboardChanged) -> None:
        """Take a pedalboard; on another one an effect of the same name is another effect, and is told of anew."""
        if change.pedalboard != self.pedalboard.pedalboard:
            self.bypasses.clear()
            self.presets.clear()
            self.parameters.clear()
        self.pedalboard = change
        for effect in set(self.bypasses) - set(change.effects):
            del self.bypasses[effect]
            self.presets.pop(effect, None)
            self.parameters = {key: fact for key, fact in self.parameters.items() if key[0] != effect}

    def holds(self, condition: Condition) -> bool:
        """Tell whether everything a condition asks is so; an effect the pedalboard lacks is neither active nor not."""
        return (
            (not condition.snapshots or self.snapshot.snapshot in condition.snapshots)
            and (not condition.pedalboards or self.pedalboard.pedalboard in condition.pedalboards)
            and all(self._is_active(effect) is active for effect, active in condition.effects)
            and (not condition.any_of or any(self.holds(each) for each in condition.any_of))
            and not any(self.holds(each) for each in condition.none_of)
        )

    def _is_active(self, effect: str) -> bool | None:
        fact = self.bypasses.get(effect)
        if fact is None:
            return None
        return not (fact.bypassed if fact.confirmed is None else fact.confirmed)
