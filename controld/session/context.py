"""What the parts of a session share: the engine's side, the facts to tell, the history and the time.

Pure. Each part (parameters, boards, morphs, tempo, outputs) does its own actions and finds here what they act on.
"""

from collections.abc import Callable, Mapping

from controld.changes import Refused, StateChange
from controld.errors import hinted
from controld.session.executor import Executor
from controld.session.history import History, Key, Wish
from controld.session.lookup import Refusal, unit_refusal
from controld.session.model import Pedalboard
from controld.session.outbox import Outbox
from controld.session.state import BYPASS, Cell, EffectState
from controld.values import Level, Scale


class Context:
    """The common ground; `finished` is told the failures at the end of each reconciliation."""

    def __init__(self, outbox: Outbox, finished: Callable[[list[str]], None]) -> None:
        self.now = 0.0  # in seconds, as it was told last
        self.executor = Executor(outbox, self.tell, finished, lambda: self.now)
        self.rig = self.executor.rig
        self.history = History(lambda: self.rig.pedalboard.name)
        self.bpm = 120.0
        # What holds only while a switch is pressed, by effect and symbol, as it will be after: it is never kept.
        self.resting: Callable[[], Mapping[Key, float]] = dict
        self._changes: list[StateChange] = []

    @property
    def pedalboard(self) -> Pedalboard:
        """The current pedalboard."""
        return self.rig.pedalboard

    @property
    def effects(self) -> dict[str, EffectState]:
        """The effects of the current pedalboard by name."""
        return self.rig.effects

    def tell(self, change: StateChange) -> None:
        """Tell a fact."""
        self._changes.append(change)

    def refuse(self, subject: str, reason: str, origin: str) -> None:
        """Tell that something cannot be."""
        self.tell(Refused(subject, reason, origin))

    def take(self) -> list[StateChange]:
        """Return what was told since, in order."""
        changes, self._changes = self._changes, []
        return changes

    def wishes(self) -> dict[str, Wish]:
        """Return what is wished of every effect, without what only a press holds."""
        wishes = {effect.name: effect.wish for effect in self.effects.values()}
        for (name, symbol), value in self.resting().items():
            if name in wishes:
                wishes[name][1][symbol] = value
        return wishes

    # Lookups, which refuse what is not there

    def effect(self, name: str) -> EffectState:
        """Return an effect. Raises Refusal where the pedalboard has none, or it could not be loaded."""
        effect = self.rig.effects.get(name)
        if effect is None:
            text = f"`{self.pedalboard.name}` has no effect `{name}`"
            raise Refusal(name, hinted(text, name, self.effects))
        if effect.missing:
            raise Refusal(name, f"{name} could not be loaded: {effect.missing}")
        return effect

    def cell(self, name: str, symbol: str) -> tuple[EffectState, Cell]:
        """Return an effect and one of its parameters. Raises Refusal where it has none such."""
        effect = self.effect(name)
        cell = effect.cells.get(symbol)
        if cell is None or symbol == BYPASS:
            known = [known for known in effect.cells if known != BYPASS]
            reason = hinted(f"{name} has no parameter `{symbol}`", symbol, known)
            if effect.plugin is None:
                reason = f"the engine has not told of {name}'s parameters yet"
            raise Refusal(f"{name}/{symbol}", reason)
        return effect, cell

    def resolve(self, effect: str, symbol: str, scale: Scale, level: Level) -> float:
        """Return a written level in the plugin's unit. Raises Refusal where its unit does not fit."""
        value = scale.resolve(level)
        if value is None:
            raise unit_refusal(effect, symbol, scale, level)
        return value
