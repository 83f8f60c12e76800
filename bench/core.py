"""`python -m bench.core`: what the pure core costs per event, with no socket and no process around it.

The same rig with 10, 1000 and 10,000 rules, moving ten controls; beside it one dictionary look-up and a call, which is
the least any dispatch can cost, so that the figures mean something on another machine too.
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable

from bench.results import Row, rounded, table
from bench.wire import PARAMETERS_PER_EFFECT, place_of, value_of
from controld.events import ControlMoved
from controld.mappings.profile import Control, Kind
from controld.mappings.rule import Gesture, Rule, Trigger
from controld.mappings.target import BypassTarget, ParameterTarget, Target
from controld.rig import Rig
from controld.session.engine_events import EngineConnected
from controld.session.model import EffectSetup, Pedalboard, Plugin
from controld.session.requests import Done, EngineReply, EngineRequest, ReadPlugin
from controld.values import Scale

MOVED = 10
EVENTS = 20_000
REPEATS = 5
# More steps than a rig of 100 effects needs to be loaded.
_MAX_STEPS = 100_000


def build(rules: int) -> Rig:
    """Return a rig of so many rules whose effects are loaded: faders t.m<i>, and switches t.s<i> on the first ten."""
    effects = -(-rules // PARAMETERS_PER_EFFECT)
    controls: dict[str, Control] = {}
    compiled: list[Rule] = []
    for index in range(rules):
        effect, symbol = place_of(index)
        _bind(f"m{index}", Kind.FADER, Gesture.MOVE, ParameterTarget(f"fx{effect}", symbol), (controls, compiled))
    for index in range(min(effects, MOVED)):
        _bind(f"s{index}", Kind.BUTTON, Gesture.PRESS, BypassTarget((f"fx{index}",)), (controls, compiled))
    board = Pedalboard("Bench", tuple(EffectSetup(f"fx{index}", f"urn:bench:{index}") for index in range(effects)))
    rig = Rig(compiled, controls, [board])
    rig.receive_engine_event(EngineConnected(), 0.0)
    for _ in range(_MAX_STEPS):
        if not settle(rig):
            break
    return rig


def _bind(name: str, kind: Kind, gesture: Gesture, target: Target, into: tuple[dict[str, Control], list[Rule]]) -> None:
    controls, compiled = into
    controls[f"t.{name}"] = Control(name, kind, None)
    compiled.append(Rule(f"bench:{name}", (Trigger(f"t.{name}", gesture),), (target,)))


def settle(rig: Rig) -> bool:
    """Do what waits in the outbox as a willing engine would; tell whether anything waited."""
    requests = rig.outbox.take(64)
    for request in requests:
        rig.receive_reply(request, _reply(request), 0.0)
    return bool(requests)


def _reply(request: EngineRequest) -> EngineReply:
    if isinstance(request, ReadPlugin):
        scales = {f"p{index}": Scale() for index in range(PARAMETERS_PER_EFFECT)}
        return Done(Plugin(request.uri, request.uri, scales))
    return Done()


def ns_per_call(do: Callable[[int], object]) -> float:
    """Return the median over repeats of the mean time of a call, in nanoseconds."""
    figures = []
    for repeat in range(REPEATS):
        start = time.perf_counter_ns()
        for index in range(repeat * EVENTS, (repeat + 1) * EVENTS):
            do(index)
        figures.append((time.perf_counter_ns() - start) / EVENTS)
    return statistics.median(figures)


def measure(rules: int) -> Row:
    """Return a row: nanoseconds for an event alone, and for an event with the reply that confirms it."""
    rig = build(rules)
    gc.collect()
    gc.freeze()

    def move(index: int) -> None:
        rig.receive(ControlMoved(f"t.m{index % MOVED}", value_of(index + 1), 0.0), 0.0)

    def moved_and_taken(index: int) -> None:
        move(index)
        rig.outbox.take(1)

    def whole(index: int) -> None:
        move(index)
        settle(rig)

    def stomp(index: int) -> None:
        rig.receive(ControlMoved("t.s0", 1.0 - index % 2, 0.0), 0.0)
        settle(rig)

    floor = ns_per_call(_lookup())
    figures = {
        "event": ns_per_call(moved_and_taken),
        "event + reply": ns_per_call(whole),
        "switch edge + reply": ns_per_call(stomp),
    }
    ratios = {f"{name} x floor": rounded(figure / floor) for name, figure in figures.items()}
    return {
        "rules": rules,
        "floor ns": rounded(floor),
        **{f"{name} ns": rounded(figure) for name, figure in figures.items()},
        **ratios,
    }


def _lookup() -> Callable[[int], object]:
    handlers = {f"t.m{index}": float for index in range(MOVED)}

    def look_up(index: int) -> object:
        return handlers[f"t.m{index % MOVED}"](value_of(index + 1))

    return look_up


def main() -> int:
    """Print the table."""
    print(table([measure(rules) for rules in (10, 1000, 10_000)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
