"""What the mappings know of the rig: the newest fact of each thing, taken from the session's changes.

Pure. Conditions, lights and texts read it; nothing else decides by it (toggles are the session's). Effects may be named
by their role on the pedalboard ("role:dirt"); here is where a role becomes the effects that have it.
"""

from collections.abc import Callable, Iterator, Mapping

from controld.actions import Value
from controld.changes import (
    BankChanged,
    BeatPassed,
    BypassChanged,
    EngineChanged,
    EngineState,
    LoadProgressed,
    MorphChanged,
    MuteChanged,
    PageChanged,
    ParameterChanged,
    PedalboardChanged,
    PresetChanged,
    SnapshotChanged,
    State,
    StateChange,
    TempoChanged,
    TunerChanged,
    VariableChanged,
)
from controld.engine_figures import EngineLoadChanged
from controld.mappings.rule import Comparison, Condition
from controld.mappings.target import ROLE, Key
from controld.mappings.variables import carried_over, same
from controld.values import same_value

PEDALBOARD: Key = ("pedalboard",)
SNAPSHOT: Key = ("snapshot",)
BANK: Key = ("bank",)
PAGE: Key = ("page",)
TEMPO: Key = ("tempo",)
MUTE: Key = ("mute",)
TUNER: Key = ("tuner",)
MORPH: Key = ("morph",)
BEAT: Key = ("beat",)
LOAD: Key = ("load",)
LOADING: Key = ("loading",)


class View:
    """The rig as the session last told it; `first` are the variables' first values."""

    __slots__ = (
        "bank", "beat", "bypasses", "engine", "first", "load", "loading", "morph", "mute", "page", "parameters",
        "pedalboard", "presets", "pressed", "snapshot", "tempo", "tuner", "variables",
    )  # fmt: skip

    def __init__(self, variables: Mapping[str, Value] | None = None) -> None:
        self.engine = EngineState.DOWN
        self.pedalboard = PedalboardChanged("", 0, State.ASKED)
        self.snapshot = SnapshotChanged("", 0, State.CONFIRMED)
        self.bank = BankChanged("", 0)
        self.page = PageChanged("", 0)
        self.tempo: TempoChanged | None = None
        self.mute: MuteChanged | None = None
        self.tuner: TunerChanged | None = None
        self.morph: MorphChanged | None = None
        self.load: EngineLoadChanged | None = None
        self.loading: LoadProgressed | None = None
        self.beat = 0  # the beat whose flash lasts; 0 between two
        self.bypasses: dict[str, BypassChanged] = {}
        self.parameters: dict[tuple[str, str], ParameterChanged] = {}
        self.presets: dict[str, PresetChanged] = {}
        self.first: Mapping[str, Value] = dict(variables or {})
        self.variables: dict[str, Value] = dict(self.first)
        self.pressed: set[str] = set()  # controls that are held, of those a condition asks for

    def go_on_from(self, old: "View") -> None:
        """Know what another view knew; variables keep their values where they are still there with the same type."""
        first = self.first
        for name in self.__slots__:
            setattr(self, name, getattr(old, name))
        self.first, self.variables = first, carried_over(first, old.variables)

    @property
    def bpm(self) -> float:
        """The tempo in beats a minute: the rig's, else the pedalboard's own."""
        return self.pedalboard.tempo_bpm if self.tempo is None else self.tempo.bpm

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
            case PedalboardChanged():
                self._take_pedalboard(change)
                return PEDALBOARD
            case VariableChanged():
                self.variables[change.name] = change.value
                return ("variable", change.name)
            case BeatPassed():
                self.beat = change.beat
                return BEAT
            case EngineChanged():
                self.engine = change.state
        name, key = _WHOLE.get(type(change), ("", None))
        if name:
            setattr(self, name, change)
        return key

    def effects_of(self, name: str) -> tuple[str, ...]:
        """Return the effects a name stands for: itself, or those that have the role on this pedalboard."""
        if not name.startswith(ROLE):
            return (name,)
        return tuple(self.pedalboard.roles.get(name.removeprefix(ROLE), ()))

    def all_of(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the effects that several names stand for, each once."""
        if len(names) == 1 and not names[0].startswith(ROLE):
            return names
        return tuple(dict.fromkeys(effect for name in names for effect in self.effects_of(name)))

    def parameter(self, effect: str, symbol: str) -> ParameterChanged | None:
        """Return what is known of a parameter; of a role's the first effect that has it."""
        if not effect.startswith(ROLE):
            return self.parameters.get((effect, symbol))
        facts = (self.parameters.get((each, symbol)) for each in self.effects_of(effect))
        return next((fact for fact in facts if fact is not None), None)

    def holds(self, condition: Condition) -> bool:
        """Tell whether everything a condition asks is so; an effect the pedalboard lacks is neither active nor not."""
        return (
            (not condition.pages or self.page.page in condition.pages)
            and (not condition.snapshots or self.snapshot.snapshot in condition.snapshots)
            and (not condition.pedalboards or self.pedalboard.pedalboard in condition.pedalboards)
            and (not condition.banks or self.bank.bank in condition.banks)
            and all(self._is_active(effect) is active for effect, active in condition.effects)
            and all(self._is_set(name, value) for name, value in condition.variables)
            and all((control in self.pressed) is pressed for control, pressed in condition.controls)
            and all(self._compares(comparison) for comparison in condition.parameters)
            and (not condition.any_of or any(self.holds(each) for each in condition.any_of))
            and not any(self.holds(each) for each in condition.none_of)
        )

    def _is_active(self, name: str) -> bool | None:
        """Tell whether an effect, or every effect of a role, is active; None where they differ or none is known."""
        facts = [self.bypasses[effect] for effect in self.effects_of(name) if effect in self.bypasses]
        states = {not (fact.bypassed if fact.confirmed is None else fact.confirmed) for fact in facts}
        return states.pop() if len(states) == 1 else None

    def _is_set(self, name: str, value: Value) -> bool:
        return name in self.variables and same(self.variables[name], value)

    def _compares(self, comparison: Comparison) -> bool:
        fact = self.parameter(comparison.effect, comparison.symbol)
        if fact is None:
            return False
        stands = fact.value if fact.confirmed is None else fact.confirmed
        level = fact.scale.resolve(comparison.level)
        if level is None:
            return False
        if comparison.operator == "..":
            high = None if comparison.high is None else fact.scale.resolve(comparison.high)
            return high is not None and min(level, high) <= stands <= max(level, high)
        return _OPERATORS[comparison.operator](stands, level)

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


# Facts that are kept as they came: under which name, and the key of what they are about.
_WHOLE: Mapping[type, tuple[str, Key]] = {
    SnapshotChanged: ("snapshot", SNAPSHOT), BankChanged: ("bank", BANK), PageChanged: ("page", PAGE),
    TempoChanged: ("tempo", TEMPO), MuteChanged: ("mute", MUTE), TunerChanged: ("tuner", TUNER),
    MorphChanged: ("morph", MORPH), EngineLoadChanged: ("load", LOAD), LoadProgressed: ("loading", LOADING),
}  # fmt: skip
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda stands, level: stands < level and not same_value(stands, level),
    "<=": lambda stands, level: stands < level or same_value(stands, level),
    ">": lambda stands, level: stands > level and not same_value(stands, level),
    ">=": lambda stands, level: stands > level or same_value(stands, level),
    "=": same_value,
    "!=": lambda stands, level: not same_value(stands, level),
}


def keys_of(condition: Condition) -> Iterator[Key]:
    """Yield what a condition reads; ("control", name) for the controls it asks for."""
    whole = {PAGE: condition.pages, SNAPSHOT: condition.snapshots, PEDALBOARD: condition.pedalboards}
    whole[BANK] = condition.banks
    yield from (key for key, names in whole.items() if names)
    yield from (("bypass", effect) for effect, _ in condition.effects)
    yield from (("variable", name) for name, _ in condition.variables)
    yield from (("control", name) for name, _ in condition.controls)
    yield from (("parameter", each.effect, each.symbol) for each in condition.parameters)
    for part in (*condition.any_of, *condition.none_of):
        yield from keys_of(part)
