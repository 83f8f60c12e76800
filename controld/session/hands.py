"""What other hands did to the engine, told by an event or found by asking, and what becomes of it.

Pure. One rule: values (bypasses and parameters) that another hand set are a wish like a player's, and are taken over;
effects and connections are the pedalboard's, and are repaired.
"""

from collections import Counter
from collections.abc import Callable

from controld.changes import StateChange
from controld.session.engine_events import ConnectionReported, ParameterReported
from controld.session.requests import (
    CODE_NO_INSTANCE,
    CODE_NO_SYMBOL,
    Denied,
    Done,
    EngineReply,
    Found,
    ReadBypass,
    ReadParameter,
)
from controld.session.rig_state import RigState
from controld.session.state import BYPASS
from controld.values import same_value

# A connection that another program parts again and again is left parted, until something else is loaded or recalled.
MAX_JOINS = 3


class Hands:
    """Takes what others did; `inspect` is called where effects are amiss, `rejoin` where a connection is."""

    def __init__(
        self,
        rig: RigState,
        emit: Callable[[StateChange], None],
        inspect: Callable[[], None],
        rejoin: Callable[[], None],
    ) -> None:
        self._rig = rig
        self._emit = emit
        self._inspect = inspect
        self._rejoin = rejoin
        self._joins: Counter[tuple[str, str]] = Counter()  # how often another hand parted what is wished joined

    def forget(self) -> None:
        """Begin anew: another pedalboard is wished."""
        self._joins.clear()

    def parameter(self, event: ParameterReported) -> None:
        """Take a value that another hand set."""
        effect = self._rig.by_instance(event.instance)
        cell = effect.cells.get(event.symbol) if effect else None
        if effect is None or cell is None:
            return
        newer_wish = cell.sent is not None and not same_value(cell.sent, event.value)
        cell.confirmed = event.value
        if not newer_wish:
            cell.ask(event.value, "")
        self._emit(effect.change(event.symbol))

    def connection(self, event: ConnectionReported, *, rests: bool) -> None:
        """Take that another hand joined or parted two ports; `rests` says that no plan is under way."""
        pair = (event.source, event.target)
        change = self._rig.joined.add if event.connected else self._rig.joined.discard
        change(pair)
        if not event.connected and rests and pair in self._rig.wished:
            self._joins[pair] += 1
            if self._joins[pair] <= MAX_JOINS:
                self._rejoin()

    def answer(self, request: ReadBypass | ReadParameter, reply: EngineReply) -> None:
        """Compare one value, as the engine was asked for it, with what was known."""
        if isinstance(reply, Denied) and reply.code in {CODE_NO_INSTANCE, CODE_NO_SYMBOL}:
            effect = self._rig.by_instance(request.instance)
            if effect is not None and effect.present:
                self._inspect()
        elif isinstance(reply, Done) and isinstance(reply.answer, bool | float):
            symbol = BYPASS if isinstance(request, ReadBypass) else request.symbol
            self._compare(request.instance, symbol, float(reply.answer))

    def answer_all(self, found: Found) -> None:
        """Compare all that the engine has with what was known."""
        for effect in self._rig.effects.values():
            there = found.effects.get(effect.instance)
            if effect.present and (there is None or there.uri != effect.uri):
                self._inspect()
                return
            if there is not None:
                for symbol, value in [*there.values.items(), (BYPASS, float(there.bypassed))]:
                    self._compare(effect.instance, symbol, value)
        parted = set(self._rig.wished) & self._rig.joined - found.connections
        for source, target in sorted(parted):
            self.connection(ConnectionReported(source, target, connected=False), rests=True)

    def _compare(self, instance: int, symbol: str, value: float) -> None:
        """Take a value as another hand's, where it is not what was confirmed and nothing is on its way."""
        effect = self._rig.by_instance(instance)
        cell = effect.cells.get(symbol) if effect else None
        if cell is None or cell.sent is not None or cell.confirmed is None:
            return
        if same_value(cell.confirmed, cell.asked) and not same_value(cell.confirmed, value):
            self.parameter(ParameterReported(instance, symbol, value))
