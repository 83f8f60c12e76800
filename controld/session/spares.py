"""Effects that are loaded beforehand, so that a change to a neighbouring pedalboard is only a reconnect.

Pure and mutable. A spare is bypassed, joined to nothing and on no board. There are as many of each plugin as the
hungriest neighbour lacks beside what the current board has itself; more than `MOST` are never held. They are loaded and
removed one step at a time, when nobody plays: see `patrol`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from controld.session.model import Pedalboard, Plugin
from controld.session.requests import (
    CODE_INSTANCE_EXISTS,
    AddEffect,
    Denied,
    Done,
    EngineReply,
    EngineRequest,
    Found,
    RemoveEffect,
    WriteBypass,
)
from controld.session.state import BYPASS, EffectState

# Each may take tens of megabytes, and even bypassed a little of the processor.
MOST = 32


class Spares:
    """`held` are there or on their way, `unwanted` have to go."""

    def __init__(self) -> None:
        self.held: list[EffectState] = []
        self.unwanted: list[EffectState] = []
        self._wanted: Counter[str] = Counter()  # by URI
        self._refused: set[str] = set()  # URIs that could not be loaded: the board itself will say why

    @property
    def numbers(self) -> set[int]:
        """The numbers that are taken."""
        return {effect.instance for effect in (*self.held, *self.unwanted)}

    def want(self, current: Pedalboard, neighbours: Iterable[Pedalboard]) -> None:
        """Take which boards may be next; what none of them needs has to go."""
        own = Counter(effect.uri for effect in current.effects)
        self._wanted = Counter()
        for board in neighbours:
            self._wanted |= Counter(effect.uri for effect in board.effects) - own
        self._refused &= self._wanted.keys()
        kept: Counter[str] = Counter()
        for effect in tuple(self.held):
            kept[effect.uri] += 1
            if kept[effect.uri] > self._wanted[effect.uri]:
                self._discard(effect)

    def take(self, uri: str) -> EffectState | None:
        """Hand out a spare of a plugin for a board; None where there is none."""
        spare = next((effect for effect in self.held if effect.uri == uri), None)
        if spare is not None:
            self.held.remove(spare)
        return spare

    def keep(self, effect: EffectState) -> bool:
        """Take an effect that is on no board any more as a spare; False where none such is needed."""
        count = sum(spare.uri == effect.uri for spare in self.held)
        if not effect.present or count >= self._wanted[effect.uri] or len(self.held) >= MOST:
            return False
        effect.cells[BYPASS].ask(1.0, "")
        self.held.append(effect)
        return True

    def step(self, plugins: Mapping[str, Plugin], free: int) -> EngineRequest | None:
        """Return what is to be done next, a new spare as number `free`; None where all is as it should be."""
        if self.unwanted:
            return RemoveEffect(self.unwanted[0].instance)
        for effect in self.held:
            cell = effect.cells[BYPASS]
            if effect.present and cell.confirmed != 1.0:
                return WriteBypass(effect.instance, bypassed=True)
        known = next((uri for uri in self._lacking if uri in plugins), None)
        if known is None:
            return None
        spare = EffectState("", known, free)
        spare.learn(plugins[known])
        self.held.append(spare)
        return AddEffect(free, known)

    @property
    def settled(self) -> bool:
        """Tell whether nothing is left to do."""
        rest = all(effect.present and effect.cells[BYPASS].confirmed == 1.0 for effect in self.held)
        return rest and not self.unwanted and not self._lacking

    @property
    def _lacking(self) -> list[str]:
        """The plugins of which there are too few; none where there is room for no more."""
        if len(self.held) >= MOST:
            return []
        count = Counter(effect.uri for effect in self.held)
        return [uri for uri in self._wanted if count[uri] < self._wanted[uri] and uri not in self._refused]

    def receive(self, request: EngineRequest, reply: EngineReply) -> bool:
        """Take a reply; False where it is about no spare."""
        if not isinstance(request, AddEffect | RemoveEffect | WriteBypass):
            return False
        effect = next((each for each in (*self.held, *self.unwanted) if each.instance == request.instance), None)
        if effect is None:
            return False
        if isinstance(reply, Done):
            self._done(effect, request)
        elif isinstance(reply, Denied):
            self._denied(effect, request, reply)
        return True

    def _done(self, effect: EffectState, request: AddEffect | RemoveEffect | WriteBypass) -> None:
        match request:
            case AddEffect():
                effect.added()
                effect.cells[BYPASS].ask(1.0, "")
            case RemoveEffect():
                self._forget(effect)
            case WriteBypass(_, bypassed):
                effect.cells[BYPASS].confirm(float(bypassed))

    def _denied(self, effect: EffectState, request: AddEffect | RemoveEffect | WriteBypass, reply: Denied) -> None:
        self._forget(effect)
        if isinstance(request, AddEffect):
            if reply.code == CODE_INSTANCE_EXISTS:
                self.unwanted.append(effect)  # an unknown one, under a number of ours
            else:
                self._refused.add(effect.uri)

    def dropped(self, requests: Iterable[EngineRequest]) -> None:
        """Take that these were never sent."""
        instances = {request.instance for request in requests if isinstance(request, AddEffect)}
        self.held = [effect for effect in self.held if effect.instance not in instances]

    def gone(self, instance: int) -> bool:
        """Take that the engine has lost an effect; False where it was no spare."""
        effect = next((each for each in self.held if each.instance == instance), None)
        if effect is not None:
            self._forget(effect)
        return effect is not None

    def compare(self, found: Found) -> None:
        """Take what the engine really has: what is not there is no spare."""
        self.unwanted = [effect for effect in self.unwanted if effect.instance in found.effects]
        for effect in tuple(self.held):
            there = found.effects.get(effect.instance)
            if there is None or there.uri != effect.uri:
                self.held.remove(effect)
                continue
            effect.present = True
            for symbol, value in [*there.values.items(), (BYPASS, float(there.bypassed))]:
                if symbol in effect.cells:
                    effect.cells[symbol].confirmed = value

    def distrust(self) -> None:
        """Take that nobody can tell which of them are there, and what they hold: they have to go."""
        for effect in tuple(self.held):
            self._discard(effect)

    def _discard(self, effect: EffectState) -> None:
        self.held.remove(effect)
        self.unwanted.append(effect)

    def _forget(self, effect: EffectState) -> None:
        for effects in (self.held, self.unwanted):
            if effect in effects:
                effects.remove(effect)
