"""The hub with a clock that stands still: what enters, in which order, what leaves first, and when it is woken up."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import pytest
from fake_engine import FakeEngine, board

from controld.changes import SurfaceChanged
from controld.events import SurfaceConnected
from controld.hub import Hub
from controld.rig import Output, Rig
from controld.session.engine_events import EngineConnected
from controld.session.requests import WriteBypass


class StillLoop:
    """A loop whose time is set by hand; it keeps the wake-ups that were planned."""

    def __init__(self) -> None:
        self.now = 0.0
        self.planned: list[asyncio.TimerHandle] = []

    def time(self) -> float:
        return self.now

    def get_debug(self) -> bool:
        return False

    @property
    def itself(self) -> asyncio.AbstractEventLoop:
        """The loop as the hub knows it: all that it asks of a loop is here."""
        return cast("asyncio.AbstractEventLoop", self)

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self.itself)
        self.planned.append(handle)
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        self.planned.remove(handle)

    @property
    def wake_ups(self) -> list[float]:
        """When it will be woken up."""
        return [handle.when() for handle in self.planned]

    def run_until(self, now: float) -> None:
        """Let time pass, and call what is due."""
        self.now = now
        for handle in [handle for handle in self.planned if handle.when() <= now]:
            self.planned.remove(handle)
            handle._run()


class Alarmed(Rig):
    """A rig whose deadlines are set by hand."""

    due_s: float | None = None

    def __init__(self) -> None:
        super().__init__((), {}, (board(),))
        self.ticks: list[float] = []

    def next_deadline(self) -> float | None:
        return self.due_s

    def tick(self, now: float) -> Output:
        self.ticks.append(now)
        self.due_s = None
        return Output()


@dataclass
class Exits:
    """Where results leave: what left, in order; `during` is called at each delivery."""

    rig: Rig
    left: list[object] = field(default_factory=list)
    during: list[Callable[[], None]] = field(default_factory=list)

    def pump(self) -> None:
        self.left.append([*self.rig.outbox.take(9)])

    attend = pump  # nothing comes back from this engine

    def deliver(self, output: Output) -> None:
        self.left.append(output)
        while self.during:
            self.during.pop(0)()


def hub_of(rig: Rig | None = None) -> tuple[Hub, Exits, StillLoop]:
    """Return a hub with its exits and its clock."""
    rig, loop = rig or Alarmed(), StillLoop()
    exits = Exits(rig)
    return Hub(rig, exits, loop.itself), exits, loop


def noted(seen: list[object], name: object, output: Output | None = None) -> Callable[..., Output]:
    """Return a handler that notes its name and what it was called with."""

    def handle(*args: object) -> Output:
        seen.append((name, *args))
        return output or Output()

    return handle


class TestQueue:
    def test_at_rest_it_runs_at_once_with_the_time(self) -> None:
        """No turn of the loop lies between an event and what follows from it."""
        hub, exits, loop = hub_of()
        loop.now = 7.0
        seen: list[object] = []
        output = Output()
        hub.enter(noted(seen, "a", output), 1, "x")
        assert seen == [("a", 1, "x", 7.0)]
        assert exits.left == [output]

    @pytest.mark.parametrize("where", ["in the handler", "in the delivery"])
    def test_what_enters_meanwhile_runs_after(self, where: str) -> None:
        """The core is never entered twice: what comes in between waits, in its order, until all of this has left."""
        hub, exits, _ = hub_of()
        seen: list[object] = []

        def enter_two() -> None:
            hub.enter(noted(seen, "second"))
            hub.enter(noted(seen, "third"))
            seen.append("first is still at it")

        def first(_now: float) -> Output:
            if where == "in the handler":
                enter_two()
            return Output()

        if where == "in the delivery":
            exits.during.append(enter_two)
        hub.enter(first)
        assert seen == ["first is still at it", ("second", 0.0), ("third", 0.0)]
        assert len(exits.left) == 3

    @pytest.mark.parametrize("where", ["in the handler", "in the delivery"])
    def test_an_error_in_one_event_does_not_end_the_rig(self, where: str, caplog: pytest.LogCaptureFixture) -> None:
        """It is counted and logged with its event, and what waited behind it is done; so is what comes later."""
        rig = Alarmed()
        hub, exits, loop = hub_of(rig)
        seen: list[object] = []

        def break_down() -> None:
            raise ValueError("broken")

        def bad(_event: str, _now: float) -> Output:
            hub.enter(noted(seen, "behind"))
            if where == "in the handler":
                break_down()
            return Output()

        if where == "in the delivery":
            exits.during.append(break_down)
        rig.due_s = 3.0
        with caplog.at_level(logging.ERROR, "controld.core"):
            hub.enter(bad, "the event")
        hub.enter(noted(seen, "later"))
        assert seen == [("behind", 0.0), ("later", 0.0)]
        assert hub.errors == 1
        assert ["the event" in record.getMessage() and bool(record.exc_info) for record in caplog.records] == [True]
        assert loop.wake_ups == [3.0]

    def test_whoever_ends_the_program_is_not_held_up(self) -> None:
        """The guard is for errors; an interrupt goes through, and leaves the hub fit to run again."""
        hub, _, _ = hub_of()
        seen: list[object] = []

        def interrupted(_now: float) -> Output:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            hub.enter(interrupted)
        hub.enter(noted(seen, "after"))
        assert seen == [("after", 0.0)]
        assert hub.errors == 0

    def test_stopping_forgets_what_waits(self) -> None:
        """Neither an event nor a wake-up comes after it."""
        rig = Alarmed()
        hub, exits, loop = hub_of(rig)
        seen: list[object] = []
        rig.due_s = 5.0

        def stopping(_now: float) -> Output:
            hub.enter(noted(seen, "too late"))
            hub.stop()
            return Output()

        hub.enter(noted(seen, "before"))
        hub.enter(stopping)
        assert seen == [("before", 0.0)]
        assert loop.wake_ups == []
        assert len(exits.left) == 2


class TestOrder:
    def test_engine_requests_leave_before_lights(self) -> None:
        """The sound is what the player waits for."""
        hub, exits, _ = hub_of()
        output = Output()

        def ask(_now: float) -> Output:
            hub.rig.outbox.put_discrete(WriteBypass(1, bypassed=True))
            return output

        hub.enter(ask)
        assert exits.left == [[WriteBypass(1, bypassed=True)], output]

    def test_nothing_is_pumped_where_nothing_waits(self) -> None:
        """An event without a request costs the engine's side nothing."""
        hub, exits, _ = hub_of()
        hub.enter(hub.rig.receive, SurfaceConnected("floor", 0.0))
        (output,) = exits.left
        assert isinstance(output, Output)
        assert not output.feedback

    def test_the_rig_itself_urges_the_pump(self) -> None:
        """Within one event, as soon as something waits."""
        hub, exits, _ = hub_of()
        assert hub.rig.urge is not None
        hub.enter(hub.rig.receive_engine_event, EngineConnected(frozenset({"events", "effects", "presets"})))
        engine = FakeEngine()
        (requests, output) = exits.left
        assert isinstance(requests, list)
        assert isinstance(output, Output)
        hub.enter(hub.rig.receive_reply, requests[0], engine.execute(requests[0]))
        assert len(exits.left) == 3


class TestAsking:
    def test_what_came_meanwhile_is_among_the_facts(self) -> None:
        """Whoever waits for what the engine makes of it would else never hear of a reply that came that soon."""
        hub, _exits, _ = hub_of()
        first, second, late = (SurfaceChanged(name, connected=True) for name in ("a", "b", "c"))

        def ask(_now: float) -> Output:
            hub.enter(lambda _now: Output([second]))  # the engine's reply, taken while much is told
            return Output([first])

        assert hub.ask(ask) == [first, second]
        hub.enter(lambda _now: Output([late]))
        assert hub.ask(lambda _now: Output()) == []

    def test_from_within_nothing_is_known_yet(self) -> None:
        """It is done after what runs, and who asked outside hears of it."""
        hub, _exits, _ = hub_of()
        fact = SurfaceChanged("a", connected=True)
        inner: list[object] = []

        def ask(_now: float) -> Output:
            inner.append(hub.ask(lambda _now: Output([fact])))
            return Output()

        assert hub.ask(ask) == [fact]
        assert inner == [[]]


class TestWakeUps:
    @pytest.mark.parametrize(
        ("deadlines", "expected"),
        [
            ([None], []),
            ([5.0], [5.0]),
            ([5.0, 5.0], [5.0]),
            ([5.0, 3.0], [3.0]),
            ([5.0, 8.0], [8.0]),
            ([5.0, None], []),
            ([5.0, None, 5.0], [5.0]),
        ],
    )
    def test_there_is_one_at_the_next_deadline(self, deadlines: list[float | None], expected: list[float]) -> None:
        """Each row: the deadline after each event, and the wake-ups that are planned in the end."""
        rig = Alarmed()
        hub, _, loop = hub_of(rig)
        for deadline in deadlines:
            rig.due_s = deadline
            hub.enter(noted([], "x"))
        assert loop.wake_ups == expected

    def test_an_unchanged_deadline_keeps_its_timer(self) -> None:
        """A sweep must not plan a timer a thousand times a second."""
        rig = Alarmed()
        hub, _, loop = hub_of(rig)
        rig.due_s = 5.0
        hub.enter(noted([], "x"))
        (timer,) = loop.planned
        hub.enter(noted([], "x"))
        assert loop.planned == [timer]

    def test_a_wake_up_ticks_the_rig_and_plans_the_next(self) -> None:
        """Also one for the same time again, where the rig is not done yet."""
        rig = Alarmed()
        hub, exits, loop = hub_of(rig)
        rig.due_s = 5.0
        hub.enter(noted([], "x"))

        def not_done() -> None:
            rig.due_s = 5.0

        exits.during.append(not_done)
        loop.run_until(5.25)
        assert rig.ticks == [5.25]
        assert loop.wake_ups == [5.0]
        loop.run_until(5.5)
        assert rig.ticks == [5.25, 5.5]
        assert loop.wake_ups == []
