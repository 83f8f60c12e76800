"""The blends of a pi-Stomp: snapshots that a pedal or knob goes through, as a `morph`.

Pure. Source of the facts: pi-stomp's `blend/`: `manager.py` (a blend is active while the snapshot of its name is
current, and takes four stops at most), `easing.py`, and `stop.py` (what is 1 at a stop, as a bypass, is 1 beside it).
"""

import math
from collections.abc import Callable, Mapping, Sequence

from controld.importers.board import Board
from controld.importers.emit import remark
from controld.importers.names import clean
from controld.importers.pistomp_controls import SURFACE, Panel
from controld.importers.pistomp_values import Blend, PiStomp
from controld.importers.rules import proposal, rule

_MOST_STOPS = 4
_EASINGS: Mapping[str, Callable[[float], float]] = {  # as in `blend/easing.py`
    "build": lambda t: t**3,
    "drop": lambda t: 1 - (1 - t) ** 3,
    "snap": lambda t: (2 ** (10 * t) - 1) / (2**10 - 1),
    "bloom": math.sqrt,
    "smooth": lambda t: 4 * t**3 if t < 0.5 else 1 - 4 * (1 - t) ** 3,
}


def blend_rule(blend: Blend, config: PiStomp, panel: Panel, board: Board | None) -> list[str]:
    """Return the rule that blends snapshots; as a comment where the pedalboard, or one of them, is not known."""
    name = clean(blend.name, "Blend")
    what, control = f"the blend `{name}`", panel.by_input.get(blend.input)
    if control is None:
        config.notes.miss(what, f"no pedal, knob or encoder has the id {blend.input}")
        return []
    if len(blend.stops) > _MOST_STOPS:
        config.notes.change(f"{what} has {len(blend.stops)} stops; pi-Stomp itself would take the first four")
    stops = {f"{position * 100:g} %": _stop(stop, board) for position, stop in blend.stops}
    action = {"morph": {place: stop or "SNAPSHOT" for place, stop in stops.items()}, **_curve(blend, config)}
    lines = rule(f"{SURFACE}.{control}", [action], condition={"snapshot": name})
    if board is None or not all(stops.values()):
        why = "one of its snapshots is not in the pedalboard" if board is not None else "its pedalboard is not known"
        config.notes.miss(what, f"{why}; its rule waits as a comment")
        return ["", *proposal(lines)]
    board.snapshots.setdefault(name, -1)
    config.notes.change(f"{what}: an effect changes at the nearer stop; pi-Stomp bypasses it between two unlike ones")
    return [
        "",
        *remark("It blends while the snapshot of this name is current, which changes nothing by itself.", 2),
        *lines,
    ]


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
