"""Editing the current pedalboard while it is played: effects, connections, snapshots and globals.

Pure. An edit is a step (`steps`) done on the pedalboard, whose difference the executor makes so in the engine. Where
the engine has a say it is told as asked, then as confirmed or failed once the reconciliation has ended; what failed is
taken back, and is no change that can be undone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite

from controld.changes import (
    ConnectionMade,
    ConnectionRemoved,
    EffectAdded,
    EffectMoved,
    EffectRemoved,
    EffectRenamed,
    GlobalsChanged,
    State,
)
from controld.errors import hinted
from controld.session.boards import Boards
from controld.session.context import Context
from controld.session.edits import (
    CreateEffect,
    DeleteEffect,
    MakeConnection,
    MoveEffect,
    RemoveConnection,
    RenameEffect,
    SetGlobals,
)
from controld.session.effect_names import check_effect_name, derived_name
from controld.session.history import Change, Step
from controld.session.lookup import Refusal, unit_refusal
from controld.session.model import EffectSetup, Plugin
from controld.session.parameters import Parameters
from controld.session.ports import check_pair
from controld.session.schema import is_uri
from controld.session.snapshot_edits import SnapshotEdits
from controld.session.steps import (
    EffectIn,
    EffectName,
    EffectOut,
    EffectPlace,
    Globals,
    Joined,
    Pair,
    Parted,
    renamed_pair,
    touches,
)

Asked = EffectAdded | EffectRemoved | ConnectionMade | ConnectionRemoved


@dataclass(slots=True)
class _Pending:
    """An edit that the engine has not answered; `ports` are a connection's JACK names, `change` the one it is of.

    `back` takes it back; `noted` is that step as it was noted in the change.
    """

    fact: Asked
    ports: Pair | None = None
    change: Change | None = None
    back: Step | None = None
    noted: Step | None = None

    def rename(self, before: str, after: str) -> None:
        """Take that an effect has another name."""
        fact = self.fact
        if isinstance(fact, ConnectionMade | ConnectionRemoved):
            pair = renamed_pair((fact.source, fact.target), before, after)
            self.fact = replace(fact, source=pair[0], target=pair[1])
            self.back = Parted(pair) if isinstance(self.back, Parted) else self.back
        elif isinstance(fact, EffectAdded) and fact.effect == before:
            self.fact = replace(fact, effect=after)
            self.back = EffectOut(after) if self.back is not None else None


class Editing:
    """Edits the pedalboard, and tells what the engine made of it."""

    def __init__(self, context: Context, parameters: Parameters, boards: Boards) -> None:
        self.today: Callable[[], str] = str  # the date and time as text; "" where nobody told
        self._context = context
        self._parameters = parameters
        self._boards = boards
        self.snapshots = SnapshotEdits(context, boards, self.do)
        self._pending: list[_Pending] = []

    # Actions

    def create_effect(self, action: CreateEffect, origin: str) -> None:
        """Add an effect."""
        if not is_uri(action.uri):
            raise Refusal(action.name or "effect", f"expected the URI of an LV2 plugin, found `{action.uri[:200]}`")
        names = self._context.effects
        plugin = self._context.executor.ledger.plugins.get(action.uri)
        if action.name:
            check_effect_name(action.name)
        name = action.name or derived_name((plugin.name if plugin else "") or action.uri, names)
        _check_position(name, action.position)
        if plugin is not None and plugin.parameters:
            _check_parameters(name, action, plugin)
        setup = EffectSetup(
            name,
            action.uri,
            action.bypassed,
            action.preset,
            dict(action.parameters),
            action.position,
            action.created_at or self.today(),
        )
        self.do(EffectIn(setup), origin)

    def delete_effect(self, action: DeleteEffect, origin: str) -> None:
        """Remove an effect."""
        self.do(EffectOut(action.effect), origin)

    def rename_effect(self, action: RenameEffect, origin: str) -> None:
        """Give an effect another name."""
        check_effect_name(action.name)
        self.do(EffectName(action.effect, action.name), origin)

    def move_effect(self, action: MoveEffect, origin: str) -> None:
        """Place an effect in the drawing."""
        _check_position(action.effect, action.position)
        self.do(EffectPlace(action.effect, action.position), origin)

    def connect(self, action: MakeConnection, origin: str) -> None:
        """Join two ports."""
        pair = self._pair(action)
        check_pair(pair, self._context.pedalboard)
        self.do(Joined(pair), origin)

    def disconnect(self, action: RemoveConnection, origin: str) -> None:
        """Part two ports."""
        self.do(Parted(self._pair(action)), origin)

    def set_globals(self, action: SetGlobals, origin: str) -> None:
        """Say which parameters no snapshot recalls."""
        for name, symbol in sorted(action.parameters):
            effect = self._context.effects.get(name)
            if effect is not None and effect.plugin is not None:
                self._context.cell(name, symbol)
        self.do(Globals(action.parameters), origin)

    def _pair(self, action: MakeConnection | RemoveConnection) -> Pair:
        """Return two ports as the pedalboard names them: an effect's JACK name becomes the effect's own."""
        return self._port(action.source), self._port(action.target)

    def _port(self, port: str) -> str:
        client, _, symbol = port.partition(":")
        number = client.removeprefix("effect_")
        effect = self._context.rig.by_instance(int(number)) if number != client and number.isdecimal() else None
        return f"{effect.name}:{symbol}" if effect is not None else port

    # Steps

    def do(self, step: Step, origin: str) -> Step:
        """Do a step; return the one that takes it back. Raises Refusal, and nothing was done then."""
        context = self._context
        step = self._complete(step)
        heir, back = step.apply(context.pedalboard)
        if isinstance(step, EffectName):
            self._parameters.ramps.end_all(step.before)
            context.rig.rename(step.before, step.after)
            for pending in self._pending:
                pending.rename(step.before, step.after)
        elif isinstance(step, EffectOut):
            self._parameters.ramps.end_all(step.name)
        self._boards.adopt(heir)
        shapes = isinstance(step, EffectIn | EffectOut | EffectName | Joined | Parted)
        if shapes:
            context.executor.edit(heir, step.instance if isinstance(step, EffectIn) else 0)
        change = context.history.note_step(back)
        self._tell(step, back, change, origin)
        if shapes:
            context.executor.reconcile()
        return back

    def _complete(self, step: Step) -> Step:
        """Have an effect that goes take with it how it is played, and the number it may come back with."""
        effect = self._context.effects.get(step.name) if isinstance(step, EffectOut) else None
        if not isinstance(step, EffectOut) or effect is None:
            return step
        wish = self._context.wishes()[effect.name] if effect.plugin is not None else None
        return replace(step, wish=wish, instance=effect.instance)

    def _tell(self, step: Step, back: Step, change: Change | None, origin: str) -> None:
        match step:
            case EffectIn():
                self._tell_added(step, back, change, origin)
            case EffectOut() if isinstance(back, EffectIn):
                self._fail_beside(step.name)
                fact = EffectRemoved(step.name, back.setup.uri, step.instance, State.ASKED, origin)
                self._ask(_Pending(fact))
            case EffectName():
                self._context.tell(EffectRenamed(step.after, step.before, origin))
            case EffectPlace():
                self._context.tell(EffectMoved(step.name, step.position, origin))
            case Joined():
                self._ask(
                    _Pending(ConnectionMade(*step.pair, State.ASKED, origin), self._jack(step.pair), change, back)
                )
            case Parted():
                self._drop(step.pair)
                self._ask(_Pending(ConnectionRemoved(*step.pair, State.ASKED, origin), self._jack(step.pair)))
            case Globals():
                self._context.tell(GlobalsChanged(step.parameters, origin))
            case _:
                self.snapshots.tell(step, origin)
        if not isinstance(step, EffectPlace | Globals | Joined | Parted):
            self._context.tell(self._boards.board_change())
            self._context.executor.tell_news()

    def _tell_added(self, step: EffectIn, back: Step, change: Change | None, origin: str) -> None:
        effect = self._context.effects[step.setup.name]
        if step.wish is not None:
            effect.restore(*step.wish)
        fact = EffectAdded(effect.name, effect.uri, effect.instance, State.ASKED, origin, step.setup.position)
        self._ask(_Pending(fact, None, change, back))
        for _place, pair in step.connections:
            self._ask(_Pending(ConnectionMade(*pair, State.ASKED, origin), self._jack(pair), change))

    def _ask(self, pending: _Pending) -> None:
        pending.noted = pending.back
        self._pending.append(pending)
        self._context.tell(pending.fact)

    def _jack(self, pair: Pair) -> Pair:
        rig = self._context.rig
        return rig.jack(pair[0]), rig.jack(pair[1])

    # What becomes of it

    def settle(self, failures: list[str]) -> list[str]:
        """Take that a reconciliation ended; return the failures that are none of an edit."""
        waiting, self._pending = self._pending, []
        failed: list[_Pending] = []
        for pending in waiting:
            state = self._state(pending)
            if state is State.ASKED:
                self._pending.append(pending)
                continue
            self._context.tell(replace(pending.fact, state=state))
            if state is State.FAILED and pending.back is not None:
                failed.append(pending)
        names = {pending.fact.effect for pending in failed if isinstance(pending.fact, EffectAdded)}
        for pending in failed:
            self._take_back(pending, failures)
        return [each for each in failures if each.partition(":")[0] not in names]

    def _state(self, pending: _Pending) -> State:
        """Return what became of an edit; ASKED where that is not known yet."""
        rig, fact = self._context.rig, pending.fact
        match fact:
            case EffectAdded():
                effect = rig.by_instance(fact.instance)
                if effect is None or effect.missing:
                    return State.FAILED
                return State.CONFIRMED if effect.present else State.ASKED
            case EffectRemoved():
                stands = any(effect.instance == fact.instance for effect in rig.leftovers)
                return State.FAILED if stands else State.CONFIRMED
        pair = pending.ports
        if pair is None or isinstance(fact, ConnectionRemoved):
            return State.FAILED if pair in rig.joined and pair not in rig.connections else State.CONFIRMED
        if pair in rig.refused or pair not in rig.connections or self._lacks_an_end(fact):
            return State.FAILED
        return State.CONFIRMED if pair in rig.joined else State.ASKED

    def _lacks_an_end(self, fact: Asked) -> bool:
        """Tell whether a connection ends at an effect that could not be loaded."""
        return any(effect.missing and _concerns(fact, effect.name) for effect in self._context.effects.values())

    def _take_back(self, pending: _Pending, failures: list[str]) -> None:
        """Take back what the engine would not do; why is told as a refusal."""
        context, back = self._context, pending.back
        if back is None:
            return
        if pending.change is not None and pending.noted in pending.change.steps:
            pending.change.steps.remove(pending.noted)
        if isinstance(back, EffectOut):
            reasons = [each for each in failures if each.startswith(f"{back.name}: ")]
            context.refuse(back.name, "; ".join(reasons) or "the engine does not load it", pending.fact.origin)
            self._fail_beside(back.name)
        try:
            heir, _again = back.apply(context.pedalboard)
        except Refusal:
            return  # it is not there any more: somebody was quicker
        self._boards.adopt(heir)
        context.executor.edit(heir)
        context.tell(self._boards.board_change())
        context.executor.reconcile()

    def _drop(self, pair: Pair) -> None:
        """Take that two ports which were to be joined are to be parted instead."""
        self._pending = [
            each
            for each in self._pending
            if not (isinstance(each.fact, ConnectionMade) and (each.fact.source, each.fact.target) == pair)
        ]

    def _fail_beside(self, effect: str) -> None:
        """Take that what was asked with an effect that goes will not be."""
        going = [each for each in self._pending if _concerns(each.fact, effect)]
        self._pending = [each for each in self._pending if each not in going]
        for pending in going:
            self._context.tell(replace(pending.fact, state=State.FAILED))

    def forget(self) -> None:
        """Take that the pedalboard is left for another: what was asked of it will not be, what was removed is."""
        going = [each for each in self._pending if not isinstance(each.fact, EffectRemoved | ConnectionRemoved)]
        self._pending = [each for each in self._pending if each not in going]
        for pending in going:
            self._context.tell(replace(pending.fact, state=State.FAILED))


def _concerns(fact: Asked, effect: str) -> bool:
    if isinstance(fact, EffectAdded):
        return fact.effect == effect
    return isinstance(fact, ConnectionMade) and touches((fact.source, fact.target), effect)


def _check_position(subject: str, position: tuple[float, float]) -> None:
    if len(position) != 2 or not all(map(isfinite, position)):
        raise Refusal(subject, f"expected a position as two numbers, found {position}")


def _check_parameters(name: str, action: CreateEffect, plugin: Plugin) -> None:
    for symbol, level in action.parameters.items():
        scale = plugin.parameters.get(symbol)
        if scale is None:
            raise Refusal(f"{name}/{symbol}", hinted(f"{name} has no parameter `{symbol}`", symbol, plugin.parameters))
        if scale.resolve(level) is None:
            raise unit_refusal(name, symbol, scale, level)
