"""Variables: what a rule's `set` makes of one. A variable keeps the type of its first value.

Pure.
"""

from collections.abc import Mapping

from controld.actions import SetVariable, Value
from controld.changes import Refused, VariableChanged
from controld.errors import hinted
from controld.values import same_value


def set_variable(action: SetVariable, values: Mapping[str, Value], origin: str) -> list[VariableChanged | Refused]:
    """Return what becomes of a variable; empty where it keeps its value."""
    name = action.name
    value = values.get(name)
    if value is None:
        return [Refused(f"variable {name}", hinted(f"there is no variable `{name}`", name, values), origin)]
    new: Value | None = action.to
    if action.toggle:
        new = not value if isinstance(value, bool) else None
    elif action.cycle:
        new = _after(value, action.cycle)
    elif action.to is None:
        new = value + action.by if same_type(value, 0.0) and not isinstance(value, str) else None
    if new is None or not same_type(value, new):
        return [Refused(f"variable {name}", f"`{name}` is {_TYPES[type(value)]} and stays one", origin)]
    return [] if same(value, new) else [VariableChanged(name, new, origin)]


def carried_over(first: Mapping[str, Value], old: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values of new variables: those they had where they were there with the same type."""
    return {name: old[name] if name in old and same_type(value, old[name]) else value for name, value in first.items()}


def same_type(a: Value, b: Value) -> bool:
    """Tell whether two values are of one type; all numbers are."""
    return _TYPES[type(a)] == _TYPES[type(b)]


def same(a: Value, b: Value) -> bool:
    """Tell whether two values are equal: of one type, and sums of numbers as nearly as they can be."""
    if not same_type(a, b):
        return False
    return a == b if isinstance(a, str) or isinstance(b, str) else same_value(a, b)


def _after(value: Value, cycle: tuple[Value, ...]) -> Value:
    """Return the value after the one that is held; the first where that is none of them."""
    index = next((index for index, each in enumerate(cycle) if same(value, each)), -1)
    return cycle[(index + 1) % len(cycle)]


_TYPES: Mapping[type, str] = {bool: "true or false", int: "a number", float: "a number", str: "a text"}
