"""Event rules: what happens in the rig, to the rules that wait for it.

Pure. Facts tell how things stand, and tell it again whenever they like; an event is that something became so. What was
seen last is therefore remembered, and only what is new happens.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from controld.changes import (
    BankChanged,
    BeatPassed,
    EngineChanged,
    EngineState,
    PageChanged,
    PedalboardChanged,
    Refused,
    SnapshotChanged,
    SnapshotSaved,
    State,
    StateChange,
    SurfaceChanged,
    TempoChanged,
)
from controld.mappings.bindings import Bound
from controld.mappings.pages import on_page
from controld.mappings.rule import Event
from controld.mappings.view import View

# How often a rule may be called within a second. What a rule does may bring about what it waits for, by way of the
# engine and so one after the other: that must come to rest. Nothing a player does is told more often.
MAX_CALLS = 100


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, whom it is about ("" for nobody), and the page whose rules it is for (None: the active one)."""

    event: Event
    subject: str = ""
    page: str | None = None


class _Arrival:
    """Something that is asked for and then there: it arrives once for each time that it was asked for."""

    __slots__ = ("is_asked", "name")

    def __init__(self, name: str, state: State) -> None:
        self.name = name if state is State.CONFIRMED else ""
        self.is_asked = state is State.ASKED

    def arrives(self, name: str, state: State) -> bool:
        """Take how it stands now; tell whether it has arrived by that."""
        if state is State.ASKED:
            self.is_asked = True
            return False
        arrived = state is State.CONFIRMED and bool(name) and (self.is_asked or name != self.name)
        self.is_asked = False
        self.name = name
        return arrived


class Watch:
    """What was seen last of everything that can happen, at first what a view knows."""

    __slots__ = ("_bank", "_is_up", "_pedalboard", "_snapshot", "_tempo")

    def __init__(self, view: View) -> None:
        self._pedalboard = _Arrival(view.pedalboard.pedalboard, view.pedalboard.state)
        self._snapshot = _Arrival(view.snapshot.snapshot, view.snapshot.state)
        self._bank = view.bank.bank
        self._tempo = view.tempo
        self._is_up = view.engine is EngineState.UP

    def take(self, change: StateChange) -> Iterator[Happened]:
        """Yield what happened by a fact."""
        match change:
            case BeatPassed():
                yield Happened(Event.BEAT)
            case PedalboardChanged():
                if self._pedalboard.name != change.pedalboard:
                    self._snapshot.name = ""  # of the same name, but another
                if self._pedalboard.arrives(change.pedalboard, change.state):
                    yield Happened(Event.PEDALBOARD_LOADED, change.pedalboard)
            case SnapshotChanged():
                if self._snapshot.arrives(change.snapshot, change.state):
                    yield Happened(Event.SNAPSHOT_RECALLED, change.snapshot)
            case SnapshotSaved():
                yield Happened(Event.SNAPSHOT_SAVED, change.snapshot)
            case BankChanged():
                before, self._bank = self._bank, change.bank
                if before and before != change.bank:
                    yield Happened(Event.BANK_CHANGED, change.bank)
            case EngineChanged():
                yield from self._engine(change.state)
            case SurfaceChanged():
                event = Event.SURFACE_CONNECTED if change.connected else Event.SURFACE_LOST
                yield Happened(event, change.surface)
            case PageChanged():
                yield from _turned(change)
            case TempoChanged():
                yield from self._tempo_changed(change)
            case Refused() if change.origin:  # what an event's own rule asked for in vain must not call it again
                yield Happened(Event.REFUSED, change.subject)

    def _engine(self, state: EngineState) -> Iterator[Happened]:
        """Repairing is neither up nor down."""
        if state is EngineState.UP and not self._is_up:
            self._is_up = True
            yield Happened(Event.ENGINE_UP)
        elif state is EngineState.DOWN and self._is_up:
            self._is_up = False
            yield Happened(Event.ENGINE_DOWN)

    def _tempo_changed(self, change: TempoChanged) -> Iterator[Happened]:
        before, self._tempo = self._tempo, change
        if before is not None and before.bpm != change.bpm:
            yield Happened(Event.TEMPO_CHANGED)
        if change.rolling and (before is None or not before.rolling):
            yield Happened(Event.TRANSPORT_STARTED)
        elif before is not None and before.rolling and not change.rolling:
            yield Happened(Event.TRANSPORT_STOPPED)


def _turned(change: PageChanged) -> Iterator[Happened]:
    """A page that is left still has its own rules for that."""
    if change.before:
        yield Happened(Event.PAGE_LEFT, change.before, change.before)
    if change.page:
        yield Happened(Event.PAGE_ENTERED, change.page)


class EventRules:
    """The rules that wait for events, by event and by whom it has to be about, each with its place in their order."""

    def __init__(self, bounds: Iterable[Bound], view: View) -> None:
        self._by_event: dict[str, dict[str, list[tuple[int, Bound]]]] = {}
        for place, bound in enumerate(bounds):
            by_subject = self._by_event.setdefault(bound.trigger.control.removeprefix("event:"), {})
            by_subject.setdefault(bound.trigger.subject, []).append((place, bound))
        self._view = view
        self._watch = Watch(view)
        self._calls: dict[Bound, tuple[float, int]] = {}  # since when, and how often
        self.refused: list[Refused] = []

    def __bool__(self) -> bool:
        """Tell whether any rule waits."""
        return bool(self._by_event)

    def waits_for(self, event: Event) -> bool:
        """Tell whether a rule waits for an event."""
        return event.value in self._by_event

    def called_by(self, changes: Sequence[StateChange], now: float) -> Iterator[Bound]:
        """Yield the rules that facts call, in the order of the facts and then of the rules."""
        for change in changes:
            for happened in self._watch.take(change):
                waiting = self._by_event.get(happened.event.value)
                if waiting:
                    yield from (bound for bound in self._called(waiting, happened) if self._may_call(bound, now))

    def take_over(self, old: "EventRules") -> None:
        """Go on with what another has seen, where it looked."""
        self._watch = old._watch if old else Watch(self._view)  # noqa: SLF001 - its own kind

    def _may_call(self, bound: Bound, now: float) -> bool:
        since_s, count = self._calls.get(bound, (now, 0))
        if now - since_s >= 1.0:
            since_s, count = now, 0
        self._calls[bound] = since_s, count + 1
        if count == MAX_CALLS:
            what = f"what it does brings about `{bound.trigger.control}` again and again"
            self.refused.append(Refused(bound.rule.name or bound.rule.place, what))
        return count < MAX_CALLS

    def _called(self, waiting: Mapping[str, Sequence[tuple[int, Bound]]], happened: Happened) -> Iterator[Bound]:
        page = self._view.page.page if happened.page is None else happened.page
        whoever, own = waiting.get("", ()), waiting.get(happened.subject, ()) if happened.subject else ()
        in_order = sorted((*whoever, *own), key=_place) if whoever and own else whoever or own
        for bound in on_page([bound for _, bound in in_order], page):
            condition = bound.rule.condition
            if condition is None or self._view.holds(condition):
                yield bound


def _place(waiting: tuple[int, Bound]) -> int:
    return waiting[0]
