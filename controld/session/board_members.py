"""Members of JSON objects: read with a reason where they are not what was expected, written only where they differ.

Pure.
"""

from collections.abc import Mapping
from math import isfinite

from controld.values import Level

# The member that holds what is ours.
OWN = "controld"
Members = Mapping[str, object]
# What a member holds that is not there.
UNSAID = object()


class BoardFormError(ValueError):
    """JSON that is no pedalboard: `at` is the place in it ("plugins[2].uri", "" for the whole)."""

    def __init__(self, at: str, wanted: str, found: object) -> None:
        self.at = at
        shown = repr(found)
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        super().__init__(f"{at}: expected {wanted}, found {shown}" if at else f"expected {wanted}, found {shown}")


def _at(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def text_at(members: Members, key: str, at: str, *, required: bool = False) -> str:
    """Return a text; "" where it is absent or null, unless it is required."""
    value = members.get(key)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise BoardFormError(_at(at, key), "a text", value)
    return value


def number_at(members: Members, key: str, at: str, absent: float) -> float:
    """Return a finite number."""
    value = members.get(key)
    if value is None:
        return absent
    number = _number(value)
    if number is None:
        raise BoardFormError(_at(at, key), "a number", value)
    return number


def _number(value: object) -> float | None:
    """Return a finite number, true and false as 1 and 0; None where it is none."""
    try:
        number = float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return None
    return number if number is not None and isfinite(number) else None


def mapping_at(members: Members, key: str, at: str) -> Members:
    """Return an object; an empty one where it is absent or null."""
    value = members.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BoardFormError(_at(at, key), "an object", value)
    return value


def own_of(members: Members, at: str) -> Members:
    """Return the member that holds what is ours."""
    return mapping_at(members, OWN, at)


def items_of(members: Members, key: str) -> list[Members]:
    """Return a list of objects; an empty one where it is absent or null."""
    value = members.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BoardFormError(key, "a list", value)
    for place, item in enumerate(value):
        if not isinstance(item, dict):
            raise BoardFormError(f"{key}[{place}]", "an object", item)
    return value


def levels_of(members: Members, key: str, at: str) -> dict[str, Level]:
    """Return parameters: numbers in the plugin's unit, or [number, unit]; what is neither is no parameter of ours."""
    levels: dict[str, Level] = {}
    for symbol, value in mapping_at(members, key, at).items():
        pair = value if isinstance(value, list) and len(value) == 2 else [value, ""]
        number = _number(pair[0])
        if number is not None and isinstance(pair[1], str):
            levels[symbol] = Level(number, pair[1])
    return levels


def levels_to(members: dict[str, object], key: str, levels: Mapping[str, Level], *, fresh: bool) -> None:
    """Write parameters where they differ: plain numbers as the member itself, those with a unit in our own."""
    own = dict(own_of(members, ""))
    if not fresh and levels_of(members, key, "") | levels_of(own, key, "") == levels:
        return
    others = {
        symbol: value
        for symbol, value in mapping_at(members, key, "").items()
        if symbol not in levels_of(members, key, "")
    }
    members[key] = others | {symbol: level.value for symbol, level in levels.items() if not level.unit}
    units = {symbol: [level.value, level.unit] for symbol, level in levels.items() if level.unit}
    own.pop(key, None)
    put_own(members, own | ({key: units} if units else {}))


def put(members: dict[str, object], key: str, value: object, held: object) -> None:
    """Write a member unless what is held there (UNSAID: nothing) comes to the same."""
    if held is UNSAID or held != value:
        members[key] = value


def put_own(members: dict[str, object], own: Members) -> None:
    """Write what is ours, where there is something."""
    if own or OWN in members:
        members[OWN] = dict(own)
