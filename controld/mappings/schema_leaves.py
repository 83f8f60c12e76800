"""Single values of the mapping language: effects and parameters by name, levels, curves, stops, picks.

Pure. Leaves that every kind of file needs are in `shape_leaves`.
"""

import math
import re
from typing import Any

from controld.document import Node, NodeKind
from controld.mappings.schema_forms import CONTROL_PATTERN, parse_share
from controld.osc_pattern import valid_address
from controld.shape import JsonSchema, Leaf, Mistake
from controld.shape_leaves import choice, custom, level, name, number, parse_duration, pattern
from controld.shape_lists import Either, ListOf, MapOf
from controld.values import CURVES

EFFECT_PATTERN = r"^(role:)?[A-Za-z][A-Za-z0-9_-]*$"
EFFECT = pattern("the name of an effect", EFFECT_PATTERN,
                 "a letter first, then letters, digits, `-` and `_`; or `role:` and the name of a role")  # fmt: skip
PARAMETER = pattern("an effect and its parameter, as in `drive/gain`",
                    r"^(role:)?[A-Za-z][A-Za-z0-9_-]*/[A-Za-z_][A-Za-z0-9_]*$",
                    mend=lambda written: re.sub(r"\s*[.:\s]\s*", "/", written, count=1))  # fmt: skip
CONTROL_NAME = pattern("a control, as in `floor.fs1`", CONTROL_PATTERN)
VARIABLE_NAME = name("the name of a variable")

PAIR = ListOf(level(), "two levels, as in `[20 %, 80 %]`", 2, 2)
STEP = level("a step", share=(-100.0, 100.0))
_POINT = ListOf(number("a number from 0 to 1", 0.0, 1.0), "a point `[x, y]`", 2, 2)
CURVE = Either(
    {
        NodeKind.SCALAR: choice("a curve", CURVES),
        NodeKind.SEQUENCE: ListOf(_POINT, "two points or more, as in `[[0, 0], [0.5, 0.2], [1, 1]]`", 2),
    },
    "the name of a curve, or points",
)
MAX_ACCELERATION = 32.0
_ACCELERATION = re.compile(r"\s*1\s*\.\.\s*([0-9]+(?:\.[0-9]+)?)\s*")
_SHARE_PATTERN = r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$"


def pick(what: str) -> Leaf:
    """Return the leaf of an entry of a list: its name, its number from 1, or a way such as `next`."""
    wanted = f"{what}: its name, its number from 1, `next` or `previous`"

    def parse(node: Node) -> str:
        is_number = isinstance(node.value, int) and not isinstance(node.value, bool) and node.value > 0
        if not is_number and not (isinstance(node.value, str) and node.value.strip()):
            raise Mistake(f"expected {wanted}, found {node.describe()}")
        return node.text

    json = {"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": "integer", "minimum": 1}]}
    return Leaf(parse, json, wanted)


def any_of_words(what: str, values: tuple[str | bool, ...]) -> Leaf:
    """Return the leaf of one of a few words and booleans, for keys whose value says only that they are meant."""

    def parse(node: Node) -> object:
        if not any(node.value is value or node.value == value for value in values if type(value) is type(node.value)):
            raise Mistake(f"expected {what}, found {node.describe()}")
        return node.value

    return Leaf(parse, {"enum": list(values)}, what)


def short_time(what: str, longest_s: float = 10.0) -> Leaf:
    """Return the leaf of a time in seconds, above 0 and not in beats."""

    def parse(node: Node) -> float:
        found = parse_duration(node.text)
        if found.beats or not 0 < found.seconds <= longest_s:
            raise Mistake(f"{what} takes a time above 0 and up to {longest_s:g} s, found `{node.text}`")
        return found.seconds

    return Leaf(parse, {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|min)\s*$"}, "a time as in `20 ms`")


def _deadzone(node: Node) -> float:
    share = parse_share(node.text, "`deadzone`")
    if share >= 0.5:
        raise Mistake(f"`deadzone` lies at both ends, so each takes less than 50 %, found `{node.text}`")
    return share


DEADZONE = Leaf(_deadzone, {"type": "string", "pattern": r"^\s*[0-4]?[0-9](\.[0-9]+)?\s*%\s*$"},
                "a share of the way, as in `2 %`")  # fmt: skip


def _acceleration(node: Node) -> float:
    value = node.value
    if isinstance(value, str):
        found = _ACCELERATION.fullmatch(value)
        value = float(found[1]) if found else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MAX_ACCELERATION:
        wanted = f"`1..8`, or a number from 1 to {MAX_ACCELERATION:g}"
        raise Mistake(f"expected how much faster a fast turn counts: {wanted}; found {node.describe()}")
    return float(value)


ACCELERATION = Leaf(
    _acceleration,
    {"anyOf": [{"type": "number", "minimum": 1, "maximum": MAX_ACCELERATION},
               {"type": "string", "pattern": r"^\s*1\s*\.\.\s*([1-9]|[12][0-9]|3[0-2])(\.[0-9]+)?\s*$"}]},
    "by how much a fast turn counts more, as in `1..8`",
)  # fmt: skip


def _tempo(node: Node) -> str | float:
    if node.text in {"tap", "current"} and isinstance(node.value, str):
        return node.text
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 20 <= value <= 300:
        raise Mistake(f"expected `tap`, beats a minute from 20 to 300, or `current`; found {node.describe()}")
    return float(value)


TEMPO = Leaf(
    _tempo, {"anyOf": [{"enum": ["tap", "current"]}, {"type": "number", "minimum": 20, "maximum": 300}]},
    "`tap`, beats a minute, or `current`",
)  # fmt: skip


def _stop(node: Node) -> float:
    return parse_share(node.text, "a stop")


def share_of(node: Node) -> float | None:
    """Return a written share ("40 %") as 0.0-1.0; None where it is none."""
    try:
        return parse_share(node.text, "")
    except Mistake:
        return None


STOPS = MapOf(
    Leaf(_stop, {"type": "string", "pattern": _SHARE_PATTERN}, "a share of the way, as in `40 %`"),
    pick("a snapshot"),
    "two snapshots or more by their place, as in `{0 %: Clean, 100 %: Lead}`",
    2,
)


def _plain_address(written: str) -> str:
    reason = valid_address(written)
    if reason:
        raise Mistake(reason)
    return written


PLAIN_ADDRESS = custom("an OSC address", _plain_address, {"type": "string", "pattern": "^/"})


def _sysex(written: str) -> bytes:
    try:
        data = bytes.fromhex(written)
    except ValueError:
        data = b""
    if len(data) < 3 or data[0] != 0xF0 or data[-1] != 0xF7 or max(data[1:-1]) > 0x7F:
        raise Mistake("expected bytes in hexadecimal from F0 to F7, as in `F0 7E 7F 06 01 F7`")
    return data


_HEX: JsonSchema = {"type": "string", "pattern": r"^[Ff]0( ?[0-7][0-9A-Fa-f])+ ?[Ff]7$"}
SYSEX = custom("bytes in hexadecimal", _sysex, _HEX)


def _any_scalar(node: Node) -> Any:
    if node.value is None or (isinstance(node.value, float) and not math.isfinite(node.value)):
        raise Mistake(f"expected a text, a number, true or false; found {node.describe()}")
    return node.value


ANY_SCALAR = Leaf(_any_scalar, {"type": ["string", "number", "boolean"]}, "a value")
