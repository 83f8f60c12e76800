"""The built-in OSC namespace, both ways: all of the rig is addressable without any rule.

Pure. A `Namespace` mirrors what the session tells: it reads messages into actions (by the table in `osc_methods`) with
the names and scales of the current pedalboard, and says as facts what clients are told. Only confirmed truth becomes a
fact; a wish on its way is never told.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Final, NamedTuple

from controld.actions import SetVariable
from controld.changes import (
    BankChanged,
    BypassChanged,
    EngineChanged,
    LoadProgressed,
    MuteChanged,
    PageChanged,
    ParameterChanged,
    PedalboardChanged,
    PresetChanged,
    Refused,
    Repaired,
    SnapshotChanged,
    State,
    StateChange,
    TempoChanged,
    TunerChanged,
    VariableChanged,
)
from controld.engine_figures import EngineLoadChanged, LevelsChanged
from controld.errors import nearest
from controld.osc_codec import OscArg
from controld.osc_facts import Echo, Fact, Topic
from controld.osc_hints import near_address
from controld.osc_methods import METHODS, Method, Reading, find_method
from controld.osc_requests import ANSWERS, REQUESTS
from controld.osc_telling import in_words, level_facts, load_facts, tempo_in_words
from controld.values import Scale

MAX_ROUTES: Final = 4096  # addresses remembered before all are forgotten: many times a pedalboard's
MAX_HINTS: Final = 256  # unknown addresses that get a hint, for one costs a millisecond and a sender may be mad
MAX_HINTED: Final = 100  # characters of an address that is worth a hint

_Route = tuple[Method, list[str], Scale | None]


class News(NamedTuple):
    """What a change comes to; `settled` says that the wish behind it is no longer on its way."""

    facts: list[Fact]
    origin: str = ""
    settled: bool = True


class _Place(NamedTuple):
    """Where a parameter is told: in its own unit, and as a share of its range ("": not so)."""

    scale: Scale
    address: str
    share_address: str


class Namespace:
    """The current pedalboard's addresses, with their true values as far as the session told them."""

    def __init__(self) -> None:
        self._board: dict[str, Fact] = {}
        self._effects: dict[str, dict[str, Fact]] = {}  # effect -> address -> fact
        self._places: dict[str, dict[str, _Place]] = {}  # effect -> symbol -> place
        self._name = ""
        self._snapshot = 0  # current and confirmed, from 1
        self._lit: dict[str, int] = {}  # room -> how many lights are told
        self._lists: dict[str, Sequence[str]] = {}  # room -> the names of its entries
        self._worded = False  # whether anybody reads names, and values in words
        self._routes: dict[str, _Route | str] = {}
        self._hints_left = MAX_HINTS
        self.shape = 0  # counts up whenever addresses, ranges or the names of lists become others

    # In

    def read(self, address: str, args: tuple[OscArg, ...]) -> Reading:
        """Return what a message asks for; a str is the reason why that cannot be, None a button's release."""
        route = self._routes.get(address)
        if route is None:
            route = self._route(address)
        if isinstance(route, str):
            return None if address in ANSWERS else route
        method, names, scale = route
        reading = method.apply(names, args, scale)
        return self._suited(reading, address) if type(reading) is SetVariable else reading

    def fact(self, address: str) -> Fact | None:
        """Return what is true at an address, None where nothing is known."""
        parts = address.split("/", 3)
        facts = self._effects.get(parts[2], {}) if len(parts) > 3 and parts[1] == "effect" else self._board
        return facts.get(address)

    def facts_at(self, address: str) -> list[Fact]:
        """Return what is true at an address and below it."""
        parts = address.split("/", 3)
        facts = self._effects.get(parts[2], {}) if len(parts) > 2 and parts[1] == "effect" else self._board
        below = address + "/"
        return [fact for name, fact in facts.items() if name == address or name.startswith(below)]

    # For those who describe it

    def facts(self) -> dict[str, Fact]:
        """Return everything that is true, by address."""
        return {**self._board, **{address: fact for held in self._effects.values() for address, fact in held.items()}}

    def scales(self) -> dict[str, dict[str, Scale]]:
        """Return the scales of parameters by effect and symbol, of the effects as on the board."""
        return {effect: {name: place.scale for name, place in self._of(effect).items()} for effect in self._effects}

    def _of(self, effect: str) -> Mapping[str, _Place]:
        return self._places.get(effect, {})

    def names(self) -> dict[str, Sequence[str]]:
        """Return the names of the entries of lists: of "snapshot", "pedalboard" and "bank"."""
        return dict(self._lists)

    # Out

    def want_words(self) -> None:
        """Say names, and values in words, as well from now on; they are in the next `dump`."""
        if self._worded:
            return
        self._worded = True
        for room, names in self._lists.items():
            self._tell_names(room, names)
        tempo = self.fact("/tempo")
        if tempo is not None and isinstance(tempo.value, float | int):
            self._keep(tempo_in_words(tempo.value))
        for effect, places in self._places.items():
            for place in places.values():
                fact = self.fact(place.address)
                if fact is not None and isinstance(fact.value, float):
                    self._keep_of(effect, [in_words(fact.address, fact.value, place.scale)])

    def receive(self, change: StateChange) -> News:
        """Take a change; return what clients are to be told of it."""
        match change:
            case ParameterChanged():
                facts = self._take_parameter(change)
            case BypassChanged():
                facts = self._take_bypass(change)
            case PresetChanged():
                facts = self._take_preset(change)
            case SnapshotChanged():
                facts = self._take_snapshot(change)
            case PedalboardChanged():
                facts = self._take_pedalboard(change)
            case MuteChanged():
                facts = self._take_mute(change)
            case EngineChanged():
                return News([self._keep(Fact("/status", change.state.value, rest=(change.reason,)))])
            case Refused():
                return News([], change.origin)
            case _:
                return self._take_own(change)
        return News(facts, change.origin, change.state is not State.ASKED)

    def _take_own(self, change: StateChange) -> News:
        """Take what is the rig's own, so that it is true as soon as it is told."""
        match change:
            case TempoChanged():
                facts = [Fact("/tempo", change.bpm, Echo.CONTINUOUS), Fact("/transport", change.rolling)]
                facts += [tempo_in_words(change.bpm)] * self._worded
            case TunerChanged():
                facts = [Fact("/tuner", change.on)]
            case BankChanged():
                return News(self._take_bank(change), change.origin)
            case PageChanged():
                facts = [Fact("/page", change.page, other=float(change.index))]
            case VariableChanged():
                number = isinstance(change.value, float | int) and not isinstance(change.value, bool)
                facts = [Fact(f"/variable/{change.name}", change.value, Echo.CONTINUOUS if number else Echo.SWITCH)]
            case EngineLoadChanged():
                return News(list(map(self._keep, load_facts(change))))
            case LevelsChanged():
                return News(list(map(self._keep, level_facts(change))))
            case LoadProgressed():
                share = change.done / change.total if change.total else 1.0
                return News([self._keep(Fact("/status/loading", share, rest=(change.pedalboard,)))], change.origin)
            case Repaired():
                return News([Fact("/status/repaired", "; ".join(change.what))])  # it happened, it is no state
            case _:
                return News([])
        return News([self._keep(fact) for fact in facts], change.origin)

    def dump(self) -> list[Fact]:
        """Return the full state, in one fixed order: the rig's, by room, then the effects as on the board."""
        facts = sorted(self._board.values(), key=_board_order)
        for effect, held in self._effects.items():
            facts += _in_order(held, self._of(effect))
        return facts

    def _take_parameter(self, change: ParameterChanged) -> list[Fact]:
        effect, scale = change.effect, change.scale
        places = self._places.get(effect)
        place = places.get(change.symbol) if places is not None else None
        if place is None or place.scale is not scale:
            place = self._new_place(effect, change.symbol, scale)
        value = change.confirmed
        if value is None or not isfinite(value):
            return []
        held, address = self._effects[effect], place.address
        if change.state is State.CONFIRMED:
            value = change.value  # the same within what the engine prints, but with all its digits
        elif change.state is State.ASKED:
            known = held.get(address)
            if known is not None and known.value == value:
                return []  # nothing is true now that was not before
        facts: list[Fact] = []
        if change.symbol not in _WORDS:  # a plugin's own `bypass` is hidden by ours, and reached as a share only
            label = scale.label_of(value) if scale.points else ""
            facts.append(Fact(address, float(value), Echo.CONTINUOUS, label or None))
        if place.share_address:
            facts.append(Fact(place.share_address, float(scale.share_of(value)), Echo.CONTINUOUS))
        if self._worded:
            facts.append(in_words(address, value, scale))
        for fact in facts:
            held[fact.address] = fact
        return facts

    def _new_place(self, effect: str, symbol: str, scale: Scale) -> _Place:
        self._routes.clear()
        self.shape += 1
        address = f"/effect/{effect}/{symbol}"
        share_address = address + "/normalized" if isfinite(scale.maximum - scale.minimum) else ""
        self._effects.setdefault(effect, {})
        place = self._places.setdefault(effect, {})[symbol] = _Place(scale, address, share_address)
        return place

    def _take_bypass(self, change: BypassChanged) -> list[Fact]:
        if change.confirmed is None:
            return self._keep_of(change.effect, [])
        address = f"/effect/{change.effect}"
        facts = [Fact(address + "/active", not change.confirmed), Fact(address + "/bypass", change.confirmed)]
        return self._keep_of(change.effect, facts)

    def _take_preset(self, change: PresetChanged) -> list[Fact]:
        """Take a preset; where it could not be loaded, the one that was loaded before is told again."""
        address = f"/effect/{change.effect}/preset"
        if change.state is State.CONFIRMED:
            return self._keep_of(change.effect, [Fact(address, change.preset)])
        held = self.fact(address)
        return [held] if held and change.state is State.FAILED else []

    def _take_snapshot(self, change: SnapshotChanged) -> list[Fact]:
        if change.state is State.ASKED:
            return []
        self._snapshot = change.index
        count = self._lit["snapshot"] = max(self._lit.get("snapshot", 0), change.index)
        name = self._keep(Fact("/snapshot", change.snapshot, other=float(change.index)))
        return [name, *self._lights("snapshot", count, change.index)]

    def _take_mute(self, change: MuteChanged) -> list[Fact]:
        """Take a mute; where it failed things are as they were."""
        if change.state is State.ASKED:
            return []
        return [self._keep(Fact("/mute", change.on is (change.state is State.CONFIRMED)))]

    def _take_bank(self, change: BankChanged) -> list[Fact]:
        """Take a bank; a rig without banks is told of none."""
        if not change.banks and "/bank" not in self._board:
            return []
        name = self._keep(Fact("/bank", change.bank, other=float(change.index)))
        lights = self._resize("bank", len(change.banks), change.index)
        return [name, *lights, *self._tell_names("bank", change.banks)]

    def _take_pedalboard(self, change: PedalboardChanged) -> list[Fact]:
        """Take a pedalboard; another one brings its own effects, and those of the same name may be other plugins."""
        if change.pedalboard != self._name:
            self._name = change.pedalboard
            self._effects.clear()
            self._places.clear()
        self._effects = {effect: self._effects.get(effect, {}) for effect in change.effects}
        self._places = {effect: self._places.get(effect, {}) for effect in change.effects}
        self._routes.clear()
        self.shape += 1
        self._hints_left = MAX_HINTS
        if change.state is State.ASKED:
            return []
        name = self._keep(Fact("/pedalboard", change.pedalboard, other=float(change.index)))
        lights = self._resize("pedalboard", max(change.index, len(change.pedalboards)), change.index)
        lights += self._resize("snapshot", len(change.snapshots), self._snapshot)
        names = self._tell_names("pedalboard", change.pedalboards) + self._tell_names("snapshot", change.snapshots)
        return [name, *lights, *names]

    def _resize(self, room: str, count: int, current: int) -> list[Fact]:
        """Tell a light for each entry of a list, and turn off those of entries that are gone for the last time."""
        lights = self._lights(room, max(count, self._lit.get(room, 0)), current if current <= count else 0)
        for light in lights[count:]:
            del self._board[light.address]
        self._lit[room] = count
        return lights

    def _lights(self, room: str, count: int, current: int) -> list[Fact]:
        numbers = range(1, count + 1)
        return [self._keep(Fact(f"/{room}/{number}", number == current, Echo.TRIGGER)) for number in numbers]

    def _tell_names(self, room: str, names: Sequence[str]) -> list[Fact]:
        """Tell the name of each entry of a list, and none for the last time of those that are gone."""
        before, self._lists[room] = self._lists.get(room, ()), names
        self.shape += before != names
        if not self._worded:
            return []
        said = [*names, *("" for _ in before[len(names) :])]
        facts = [Fact(f"/{room}/{number}/name", name, topic=Topic.WORDS) for number, name in enumerate(said, 1)]
        for fact in facts[len(names) :]:
            self._board.pop(fact.address, None)
        return [*map(self._keep, facts[: len(names)]), *facts[len(names) :]]

    def _suited(self, action: SetVariable, address: str) -> SetVariable:
        """Return a variable's value in its type: programs say true and false as 1 and 0."""
        held = self._board.get(address)
        if held is not None and isinstance(held.value, bool) and isinstance(action.to, float):
            return SetVariable(action.name, action.to != 0)
        return action

    def _keep(self, fact: Fact) -> Fact:
        self._board[fact.address] = fact
        return fact

    def _keep_of(self, effect: str, facts: list[Fact]) -> list[Fact]:
        held = self._effects.setdefault(effect, {})
        for fact in facts:
            held[fact.address] = fact
        return facts

    # Finding methods

    def _route(self, address: str) -> _Route | str:
        if len(self._routes) >= MAX_ROUTES:
            self._routes.clear()
        found = find_method(address)
        if found is None or not self._has(address, found[1]):
            route: _Route | str = self._unknown(address)
        else:
            method, names = found
            place = self._of(names[0]).get(names[1]) if len(names) > 1 else None
            route = (method, names, place.scale if place is not None else None)
        self._routes[address] = route
        return route

    def _has(self, address: str, names: list[str]) -> bool:
        """Tell whether these names may exist; of what is not told yet, the session is the judge."""
        if not address.startswith("/effect/") or not self._effects:
            return True
        places = self._of(names[0])
        return names[0] in self._effects and (len(names) < 2 or not places or names[1] in places)

    def _unknown(self, address: str) -> str:
        self._hints_left -= 1
        if self._hints_left < 0 or len(address) > MAX_HINTED:
            return "no such address"
        _, room, effect, *rest = [*address.split("/"), ""]
        symbols = [*_WORDS, *self._of(effect)]
        if room == "effect" and effect in self._effects:
            return f"no such address: {nearest(rest[0], symbols) or f'{effect} has ' + ', '.join(symbols)}"
        effects = {name: [*_WORDS, *self._of(name)] for name in self._effects}
        others = [*_PLAIN_ADDRESSES, *(known for known in self._board if not known[-1].isdigit())]
        near = near_address(address, effects, others)
        return f"no such address: did you mean `{near}`?" if near else "no such address"


_PLAIN_ADDRESSES: Final = (*(method.pattern for method in METHODS if "{" not in method.pattern), *REQUESTS)
_WORDS: Final = ("active", "bypass", "toggle", "preset")
_ROOMS: Final = (
    "status", "pedalboard", "snapshot", "bank", "page", "tempo", "transport", "mute", "tuner", "variable",
)  # fmt: skip


def _board_order(fact: Fact) -> tuple[int, int, str]:
    _, room, *rest = fact.address.split("/", 2)
    name = rest[0] if rest else ""
    return _ROOMS.index(room), int(name) if name.isdecimal() else 0, name


def _in_order(held: dict[str, Fact], scales: Iterable[str]) -> list[Fact]:
    """Return an effect's facts: the words first, then the parameters as the plugin has them."""
    symbols = {symbol: place for place, symbol in enumerate(dict.fromkeys([*_WORDS, *scales]))}
    return sorted(held.values(), key=lambda fact: symbols[fact.address.split("/")[3]])
