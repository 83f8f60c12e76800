"""The rig as it should be in the engine, and what is known to be there.

Pure and mutable: effects with their numbers, what of an older pedalboard has to go, and the connections.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from controld.session.model import EffectSetup, Pedalboard
from controld.session.spares import Spares
from controld.session.state import EffectState

# The session's own numbers: what stands there and is not known is replaced or removed. 0 is left to programs that use
# the plugin API of the stock bridge, which knows no other, and those from 1000 to programs that use the one of ours.
NUMBERS = range(1, 1000)


# Of the numbers up to 9990 so many are kept for effects that were removed; then any may be given again.
MAX_SPENT = 5000


@dataclass(slots=True)
class RigState:
    """Everything the engine should hold (`effects`, `connections`) and what is known to be there."""

    pedalboard: Pedalboard
    effects: dict[str, EffectState] = field(default_factory=dict)
    leftovers: list[EffectState] = field(default_factory=list)  # in the engine, but on no board any more
    connections: tuple[tuple[str, str], ...] = ()
    joined: set[tuple[str, str]] = field(default_factory=set)  # confirmed
    touched: set[tuple[str, str]] = field(default_factory=set)  # ours that may be there: asked for, not yet parted
    stuck: set[tuple[str, str]] = field(default_factory=set)  # the engine would not part them, so they may be there
    refused: dict[tuple[str, str], str] = field(default_factory=dict)
    live: bool = False  # it was edited since it was loaded: what changes now is little, and is heard while it changes
    muted: bool = False  # no connection to what is no effect is wished
    spares: Spares = field(default_factory=Spares)
    processing: bool | None = None  # None: not known, it may have been left off
    _spent: set[int] = field(default_factory=set)  # numbers of effects that were removed: not for others
    _numbered: dict[int, EffectState] = field(default_factory=dict)  # the effects by their numbers

    def by_instance(self, instance: int) -> EffectState | None:
        """Return the effect with this number."""
        return self._numbered.get(instance)

    @property
    def used(self) -> set[int]:
        """The numbers that are taken."""
        return {effect.instance for effect in [*self.effects.values(), *self.leftovers]} | self.spares.numbers

    @property
    def free(self) -> int:
        """The lowest number that is not taken."""
        return _free(self.used)

    @property
    def wished(self) -> tuple[tuple[str, str], ...]:
        """The connections that should be there now."""
        return tuple(pair for pair in self.connections if not _is_output(pair)) if self.muted else self.connections

    @property
    def has_outputs(self) -> bool:
        """Tell whether the pedalboard has a connection to the speakers."""
        return any(map(_is_output, self.connections))

    @property
    def audible(self) -> bool:
        """Tell whether something of the pedalboard may be joined to the speakers, as far as is known."""
        ours = tuple(f"effect_{effect.instance}:" for effect in self.effects.values())
        there = self.joined | self.touched | self.stuck
        return any(_is_output(pair) and (pair in self.connections or pair[0].startswith(ours)) for pair in there)

    def mute(self, *, on: bool) -> None:
        """Wish the speakers parted or joined; what would not be parted before is tried again."""
        self.muted = on
        self.touched |= self.stuck
        self.stuck.clear()

    def install(self, pedalboard: Pedalboard, neighbours: Iterable[Pedalboard] = ()) -> None:
        """Make `pedalboard` the wish; effects of the same plugin are kept, and those that a neighbour needs."""
        self.live = False
        self._spent.clear()
        old = dict(self.effects)
        used = self.used
        kept = {setup.name: old.pop(setup.name) for setup in pedalboard.effects if _same(old.get(setup.name), setup)}
        for setup in pedalboard.effects:
            match = next((effect for effect in old.values() if effect.uri == setup.uri), None)
            if setup.name not in kept and match is not None:
                kept[setup.name] = old.pop(match.name)
        for setup in pedalboard.effects:
            spare = self.spares.take(setup.uri) if setup.name not in kept else None
            if spare is not None:
                kept[setup.name] = spare
        self.spares.want(pedalboard, neighbours)
        # One that never came is removed at no cost.
        self.leftovers.extend(effect for effect in old.values() if not self.spares.keep(effect))
        self.pedalboard, self.effects = pedalboard, {}
        for setup in pedalboard.effects:
            effect = kept.get(setup.name) or EffectState(setup.name, setup.uri, _free(used))
            effect.name = setup.name
            used.add(effect.instance)
            effect.set_up(setup)
            effect.untell()
            self.effects[setup.name] = effect
        self._index(pedalboard)
        self.refused.clear()

    def edit(self, pedalboard: Pedalboard, instance: int = 0) -> None:
        """Make an edited pedalboard the wish: what stays is as it is played; an effect that comes is as it is set up.

        One that comes back gets its `instance` again where that is free (0: it never had one).
        """
        self.live = True
        old = dict(self.effects)
        self.pedalboard, self.effects = pedalboard, {}
        for setup in pedalboard.effects:
            effect = old.pop(setup.name, None)
            if effect is None:
                effect = self._add(setup, instance, {each.instance for each in self._numbered.values()})
            self.effects[setup.name] = effect
            self._numbered[effect.instance] = effect
        self.leftovers.extend(old.values())
        self._spent.update(effect.instance for effect in old.values())
        if len(self._spent) > MAX_SPENT:
            self._spent.clear()
        self._index(pedalboard)
        self.refused = {pair: reason for pair, reason in self.refused.items() if pair in self.connections}

    def _add(self, setup: EffectSetup, wanted: int, used: set[int]) -> EffectState:
        """Return a new effect; where another with its number has to go first, that one is known to stand there."""
        others = {effect.instance for effect in self.leftovers}
        used |= self.spares.numbers
        number = wanted if wanted and wanted not in used else _free(used | others | self._spent)
        effect = EffectState(setup.name, setup.uri, number, alien=number in others)
        self.leftovers = [each for each in self.leftovers if each.instance != number]
        effect.set_up(setup)
        return effect

    def rename(self, before: str, after: str) -> None:
        """Give an effect another name; `edit` with the pedalboard that says so afterwards."""
        effect = self.effects.pop(before)
        effect.name = after
        effect.untell()
        self.effects[after] = effect

    def _index(self, pedalboard: Pedalboard) -> None:
        self._numbered = {effect.instance: effect for effect in self.effects.values()}
        self.touched.update(self.joined.intersection(self.connections))  # ours, also where they are wished no more
        self.connections = tuple((self.jack(a), self.jack(b)) for a, b in pedalboard.connections)

    def forget_connections(self, prefix: str) -> None:
        """Forget the connections of a client that is gone: they went with it."""
        for pairs in (self.joined, self.touched, self.stuck):
            pairs -= {pair for pair in pairs if any(end.startswith(prefix) for end in pair)}

    def forget(self) -> None:
        """Forget what the engine was known to hold; every wish stands, and so does what has to be removed."""
        self.live = False
        self.joined.clear()
        self.stuck.clear()
        self.refused.clear()
        self.processing = None
        for effect in (*self.effects.values(), *self.spares.held):
            effect.forget()

    def jack(self, port: str) -> str:
        """Return the JACK name of a port: `effect_<instance>:<symbol>`, as mod-host names its clients."""
        client, _, symbol = port.partition(":")
        effect = self.effects.get(client)
        return f"effect_{effect.instance}:{symbol}" if effect else port


def _same(effect: EffectState | None, setup: EffectSetup) -> bool:
    return effect is not None and effect.uri == setup.uri


def _is_output(pair: tuple[str, str]) -> bool:
    """Tell whether a connection leads out of the effects: to the speakers, or to another program."""
    return not pair[1].startswith("effect_")


def _free(used: set[int]) -> int:
    """Return the lowest of the session's numbers that is not used; beyond them where a thousand are."""
    return next(number for number in range(NUMBERS.start, 9991) if number not in used)
