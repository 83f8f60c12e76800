"""What an event costs: the same with ten rules as with thousands, and nothing that stays."""

import gc
import sys
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

import pytest
from played_floor import LIGHT, PAGES, RING

from controld.actions import Seek, SelectPage, SetVariable
from controld.changes import BypassChanged, ParameterChanged, PedalboardChanged, SnapshotChanged, State
from controld.events import ControlMoved
from controld.mappings.mapper import Mapper
from controld.mappings.profile import Control, Kind
from controld.mappings.rule import Condition, Gesture, Look, Mode, Rule, Stage, Trigger
from controld.mappings.shaping import Motion
from controld.mappings.target import BypassTarget, ParameterTarget, ShowTarget, Target, WaitTarget
from controld.values import Duration, Scale

OK = State.CONFIRMED
STAGE = Stage(PAGES.pages, {"x": False, "y": False})


def floor(count: int) -> Mapper:
    """Return a mapper with `count` switches and pedals, each with rules of many kinds on its own effect."""
    controls: dict[str, Control] = {}
    rules: list[Rule] = []

    def add(control: str, gesture: Gesture, *targets: Target, time_s: float = 0.0, **more: object) -> None:
        rule = Rule(f"{len(rules)}", (Trigger(control, gesture, time_s),), targets)
        rules.append(replace(rule, **more))  # type: ignore[arg-type]

    for index in range(count):
        switch, held, pedal, effect = f"f.b{index}", f"f.h{index}", f"f.p{index}", f"e{index}"
        controls[switch] = Control(f"b{index}", Kind.BUTTON, None, LIGHT)
        controls[held] = Control(f"h{index}", Kind.BUTTON, None, LIGHT)
        controls[pedal] = Control(f"p{index}", Kind.PEDAL, None, RING)
        add(switch, Gesture.PRESS, BypassTarget((effect,)), look=Look(text="{value}"))
        add(switch, Gesture.RELEASE, BypassTarget((f"{effect}x",)), condition=Condition(variables=(("y", True),)))
        add(held, Gesture.HOLD, BypassTarget((effect,), returns=True), time_s=0.5, page="solo")
        add(held, Gesture.PRESS, WaitTarget(Duration(0.1)), BypassTarget((effect,)), mode=Mode.QUEUE)
        add(pedal, Gesture.MOVE, ParameterTarget(effect, "gain", motion=Motion(deadzone=0.1)))
    return Mapper(rules, controls, STAGE)


def calls(play: Callable[[], object]) -> int:
    """Return how many calls of functions, Python's and the interpreter's own, something takes."""
    count = 0

    def note(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        play()
    finally:
        sys.setprofile(None)
    return count


def changed(mapper: Mapper, index: int) -> object:
    """Tell the mapper facts about one effect, and return what follows."""
    scale = Scale(0.0, 1.0)
    return mapper.receive_changes(
        [
            BypassChanged(f"e{index}", False, False, OK),
            ParameterChanged(f"e{index}", "gain", 0.5, 0.4, State.ASKED, scale, "f"),
            ParameterChanged(f"e{index}", "gain", 0.5, 0.5, OK, scale, "f"),
        ],
        1.0,
    )


@pytest.mark.parametrize(
    "play",
    [
        lambda mapper: mapper.receive(ControlMoved("f.b3", 1.0, 1.0)) + mapper.receive(ControlMoved("f.b3", 0.0, 1.1)),
        lambda mapper: mapper.receive(ControlMoved("f.p3", 0.5, 1.0)),
        lambda mapper: (mapper.receive(ControlMoved("f.h3", 1.0, 1.0)), mapper.tick(2.0)),
        lambda mapper: changed(mapper, 3),
        lambda mapper: mapper.act(SetVariable("x", toggle=True), "", 1.0),
        lambda mapper: mapper.next_deadline(),
        lambda mapper: mapper.receive_changes([SnapshotChanged("Lead", 1, OK)], 1.0),
    ],
)
def test_an_event_costs_the_same_with_ten_rules_and_thousands(play: Callable[[Mapper], object]) -> None:
    """Counted in calls, which is what it does, not how fast the machine is."""
    few, many = floor(4), floor(500)
    for mapper in (few, many):
        mapper.receive_changes([PedalboardChanged("A", 1, OK, ("e3",)), BypassChanged("e3", True, True, OK)], 0.0)
        play(mapper)
    assert calls(lambda: play(many)) == calls(lambda: play(few))


def test_nothing_grows() -> None:
    """After thousands of presses, lists, texts, pages and facts there are as many objects as after hundreds."""
    mapper = floor(3)
    display = ShowTarget("f.none", "{page}", Duration(0.1)).action(1.0, 0)
    now = 0.0

    def round_of_play() -> None:
        nonlocal now
        for control in ("f.b1", "f.h1", "f.h2"):
            for position in (1.0, 0.0):
                now += 0.3
                mapper.receive(ControlMoved(control, position, now))
                mapper.tick(now)
        mapper.receive(ControlMoved("f.p1", (now * 7) % 1.0, now))
        for action in (SelectPage(Seek.NEXT), SelectPage("solo"), SelectPage(Seek.BACK), display):
            changes, _ = mapper.act(action, "f", now)  # type: ignore[arg-type]
            mapper.receive_changes(changes, now)
        board = PedalboardChanged(f"B{int(now) % 3}", 1, OK, ("e1",))
        value = ParameterChanged("e1", "gain", now % 1, now % 1, OK, Scale())
        mapper.receive_changes([board, BypassChanged("e1", True, True, OK), value], now)
        mapper.release_surface("f", now)

    def objects() -> int:
        gc.collect()
        return len(gc.get_objects())

    for _ in range(200):
        round_of_play()
    before = objects()
    for _ in range(2000):
        round_of_play()
    assert objects() - before < 20
    assert mapper.take_refusals() == []
