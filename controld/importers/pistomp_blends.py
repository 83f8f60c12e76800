"""The blends of a pi-Stomp: snapshots that a pedal or knob goes through, as a `morph`.

Pure. Source of the facts: pi-stomp's `blend/`: `manager.py` (a blend is active while the snapshot of its name is
current, and takes four stops at most), `easing.py`, and `stop.py` (what is 1 at a stop, as a bypass, is 1 beside it).
"""

import math
from collections.abc import Callable, Mapping, Sequence

from controld.importers.board import Board
from controld.importers.emit import entry, remark
from controld.importers.names import clean
from controld.importers.pistomp_controls import SURFACE, Panel
from controld.importers.pistomp_values import Blend, PiStomp
from controld.importers.rules import proposal, rule

VARIABLE = "blend"
_MOST_STOPS = 4
_EASINGS: Mapping[str, Callable[[float], float]] = {  # as in `blend/easing.py`
    "build": lambda t: t**3,
    "drop": lambda t: 1 - (1 - t) ** 3,
    "snap": lambda t: (2 ** (10 * t) - 1) / (2**10 - 1),
    "bloom": math.sqrt,
    "smooth": lambda t: 4 * t**3 if t < 0.5 else 1 - 4 * (1 - t) ** 3,
}


def blend_rules(config: PiStomp, panel: Panel, board: Board | None) -> tuple[list[str], list[str]]:
    """Return the rules that blend snapshots, and the variables they need.

    A blend stands as a comment where the pedalboard, or one of its snapshots, is not known.
    """
    lines: list[str] = []
    found: dict[str, list[str | int]] = {}
    for blend in config.blends:
        name = clean(blend.name, "Blend")
        control = panel.by_input.get(blend.input)
        if control is None:
            config.notes.miss(f"the blend `{name}`", f"no pedal, knob or encoder has the id {blend.input}")
            continue
        stops = {f"{position * 100:g} %": _stop(stop, board) for position, stop in blend.stops}
        action = {"morph": {place: stop or "SNAPSHOT" for place, stop in stops.items()}, **_curve(blend, config)}
        if board is None or not all(stops.values()):
            why = "its pedalboard is not known" if board is None else "one of its snapshots is not in the pedalboard"
            config.notes.miss(f"the blend `{name}`", f"{why}; its rule waits as a comment")
            lines += proposal(rule(f"{SURFACE}.{control}", [action]))
            continue
        found[name] = list(stops.values())
        board.snapshots.setdefault(name, -1)
        _tell(blend, name, config)
        lines += rule(f"{SURFACE}.{control}", [action], condition={"variable": {VARIABLE: name}})
    if lines:
        lines = ["", *remark("-- blends " + "-" * 42, 2), *lines]
    if board is None or not found:
        return lines, []
    told = "Which blend is on: recalling the snapshot of its name turns it on, another one off."
    return [*lines, *_switching(found, list(board.snapshots))], [*remark(told), *_declared(next(iter(found)))]


def _declared(first: str) -> list[str]:
    return [
        "variables:",
        *entry(2, VARIABLE, first, "as in pi-Stomp, the first is on when the pedalboard is loaded"),
        "",
    ]


def _switching(found: Mapping[str, Sequence[str | int]], snapshots: Sequence[str]) -> list[str]:
    """Return the rules that turn blends on and off.

    A pedal at a stop has that snapshot recalled, so a blend's own stops do not turn it off.
    """
    lines: list[str] = []
    for name, stops in found.items():
        others = [each for each in snapshots if each not in stops and each not in found]
        lines += rule([_recalled(name)], [{"set": VARIABLE, "to": name}])
        if others:
            events = [_recalled(each) for each in others]
            lines += rule(events, [{"set": VARIABLE, "to": "none"}], condition={"variable": {VARIABLE: name}})
    return lines


def _recalled(snapshot: str) -> dict[str, object]:
    return {"event": "snapshot-recalled", "snapshot": snapshot}


def _tell(blend: Blend, name: str, config: PiStomp) -> None:
    changed = f"the blend `{name}`: an effect changes at the nearer stop; pi-Stomp bypasses it between two unlike ones"
    config.notes.change(changed)
    config.notes.change(f"the blend `{name}` stays on while one of its own stops is recalled; pi-Stomp turns it off")
    if len(blend.stops) > _MOST_STOPS:
        config.notes.change(
            f"the blend `{name}` has {len(blend.stops)} stops; pi-Stomp itself would take the first four"
        )


def _stop(stop: int | str, board: Board | None) -> str | int:
    """Return a stop's snapshot: its name, or its number from 1 where there is no pedalboard; "" where it is missing."""
    if board is None:
        return stop + 1 if isinstance(stop, int) else clean(stop, "?")
    names = list(board.snapshots)
    if isinstance(stop, int):
        return names[stop] if stop < len(names) else ""
    wanted = clean(stop, "").casefold()
    return next((name for name in names if name.casefold() == wanted), "")


def _curve(blend: Blend, config: PiStomp) -> dict[str, object]:
    if blend.easing == "linear":
        return {}
    shape = _EASINGS.get(blend.easing)
    if shape is None:
        config.notes.miss(f"the interpolation `{clean(blend.easing, '?')}`", "pi-Stomp has none of that name")
        return {}
    return {"curve": curve_points(shape)}


def curve_points(shape: Callable[[float], float]) -> Sequence[Sequence[float]]:
    """Return eight straight pieces of a curve from 0 to 1."""
    return [[round(index / 8, 3), round(shape(index / 8), 4)] for index in range(9)]
