"""Single values: words, names, numbers, and what musicians write (levels, durations, notes, channels).

Pure. Each function returns a `Leaf`: how the value is parsed, and the JSON Schema that says the same.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from controld.document import Node
from controld.errors import nearest
from controld.shape import JsonSchema, Leaf, Mistake, listed
from controld.values import Duration, Level, known_units

NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_-]*$"
_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_LEVEL = re.compile(rf"({_NUMBER})\s*(\S*)")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)")
_COMMA = re.compile(r",[0-9]")
_PERCENT = frozenset({"percent", "pct", "per"})
POINT_HINT = "a fraction is written with a point, as in `0.5`"
# A bare number up to here is meant in seconds, a larger one in milliseconds.
_MOST_SECONDS = 20.0
_NOTE = re.compile(r"([A-Ga-g])(#|b|)(-?[0-9]{1,2})")
_SEMITONES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTALS = {"#": 1, "b": -1, "": 0}
# Each unit of a duration: whether it counts beats, and how many of the base unit it is (a bar has four beats).
_DURATION_UNITS = {
    "ms": (False, 0.001), "s": (False, 1.0), "min": (False, 60.0),
    "beat": (True, 1.0), "beats": (True, 1.0), "bar": (True, 4.0), "bars": (True, 4.0),
}  # fmt: skip


def text(what: str = "a text", *, empty: bool = False) -> Leaf:
    """Return the leaf of free text; numbers and booleans are taken as they are written."""

    def parse(node: Node) -> str:
        if node.value is None and not node.quoted:
            raise Mistake(f"expected {what}, found nothing")
        if not node.text.strip() and not empty:
            raise Mistake(f"expected {what}, found an empty text")
        return node.text

    return Leaf(parse, {"type": ["string", "number", "boolean"]} | ({} if empty else {"pattern": r"\S"}), what)


def pattern(what: str, regex: str, hint: str = "", mend: Callable[[str], str] | None = None) -> Leaf:
    """Return the leaf of a text that matches all of a regular expression (with `^` and `$`).

    `mend` makes of a text that does not what may be meant; it is offered where that matches.
    """
    compiled = re.compile(regex)

    def parse(node: Node) -> str:
        if not isinstance(node.value, str) or not compiled.search(node.value):
            other = mend(node.text) if mend else ""
            near = f"did you mean `{other}`?" if compiled.search(other) else hint
            raise Mistake(f"expected {what}, found {node.describe()}", near)
        return node.value

    return Leaf(parse, {"type": "string", "pattern": regex}, what)


def name(what: str) -> Leaf:
    """Return the leaf of a name in the author's own vocabulary, fit for `surface.control` and OSC addresses."""
    return pattern(what, NAME_PATTERN, "a letter first, then letters, digits, `-` and `_`")


def choice(what: str, words: Iterable[str], meant: Mapping[str, str] | None = None, hint: str = "") -> Leaf:
    """Return the leaf of one of some words; `meant` are those that people write instead, with the word itself.

    `hint` is for what is near to none of them.
    """
    known, others = tuple(words), meant or {}

    def parse(node: Node) -> str:
        if node.text in known and isinstance(node.value, str):
            return node.text
        other = others.get(node.text.casefold())
        near = f"did you mean `{other}`?" if other else nearest(node.text, known)
        raise Mistake(f"expected {what} ({listed(known)}), found {node.describe()}", near or hint)

    return Leaf(parse, {"enum": list(known)}, what)


def integer(low: int, high: int, what: str = "a whole number", words: Mapping[str, Any] | None = None) -> Leaf:
    """Return the leaf of a whole number in a range; a text of digits is one too, for templates make texts.

    `words` may stand instead of a number, for the value they map to.
    """
    also = dict(words or {})
    wanted = f"{what} from {low} to {high}" + "".join(f" or `{word}`" for word in also)

    def parse(node: Node) -> Any:
        if node.text in also and isinstance(node.value, str):
            return also[node.text]
        number = whole(node)
        if number is None or not low <= number <= high:
            raise Mistake(f"expected {wanted}, found {node.describe()}")
        return number

    digits = {"type": "string", "pattern": r"^[0-9]+$"}
    forms: list[JsonSchema] = [{"type": "integer", "minimum": low, "maximum": high}, digits]
    if also:
        forms.append({"enum": list(also)})
    return Leaf(parse, {"anyOf": forms}, wanted)


def whole(node: Node) -> int | None:
    """Return a node as a whole number; None where it is none."""
    if isinstance(node.value, str):
        return int(node.value) if re.fullmatch(r"[0-9]{1,9}", node.value) else None
    is_int = isinstance(node.value, int) and not isinstance(node.value, bool)
    return node.value if is_int else None  # type: ignore[return-value] # told by is_int


def number(what: str, low: float = -math.inf, high: float = math.inf) -> Leaf:
    """Return the leaf of a finite number in a range."""
    limits: JsonSchema = {"minimum": low} if math.isfinite(low) else {}
    limits |= {"maximum": high} if math.isfinite(high) else {}

    def parse(node: Node) -> float:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise Mistake(f"expected {what}, found {node.describe()}")
        return _finite(float(value), what)

    return Leaf(parse, {"type": "number"} | limits, what)


def boolean(what: str = "true or false") -> Leaf:
    """Return the leaf of `true` or `false`, the only booleans there are."""

    def parse(node: Node) -> bool:
        if not isinstance(node.value, bool):
            words = {"on": "true", "yes": "true", "off": "false", "no": "false"}
            meant = words.get(node.text.lower(), "") if isinstance(node.value, str) else ""
            raise Mistake(f"expected {what}, found {node.describe()}", f"write `{meant}`" if meant else "")
        return node.value

    return Leaf(parse, {"type": "boolean"}, what)


def level(what: str = "a level", share: tuple[float, float] = (0.0, 100.0)) -> Leaf:
    """Return the leaf of a number in the plugin's unit or with its own: `0.7`, `-6 dB`, `30 %` (within `share`)."""
    wanted = f"{what}: a number, alone or with a unit such as `-6 dB`, `450 Hz`, `30 %`"

    def parse(node: Node) -> Level:
        if isinstance(node.value, bool) or node.value is None:
            raise Mistake(f"expected {wanted}, found {node.describe()}")
        if not isinstance(node.value, str):
            return Level(_finite(float(node.value), wanted))
        found = _LEVEL.fullmatch(node.value.strip())
        if found is None:
            raise Mistake(f"expected {wanted}, found {node.describe()}")
        value, unit = _finite(float(found[1]), wanted), found[2]
        if _COMMA.match(unit):
            raise Mistake(f"expected {wanted}, found {node.describe()}", POINT_HINT)
        if unit.lower() in _PERCENT:
            raise Mistake(f"unknown unit `{unit}`", f"a share of the range is `{found[1]} %`")
        if unit and unit.lower() not in known_units():
            raise Mistake(f"unknown unit `{unit}`", nearest(unit.lower(), known_units()) or _units_hint())
        if unit == "%" and not share[0] <= value <= share[1]:
            raise Mistake(f"`{node.text}` is outside the range of the parameter", f"{share[0]:g} % to {share[1]:g} %")
        return Level(value, unit)

    either_case = "|".join("".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in u) for u in sorted(known_units()))
    texts = {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*({either_case})?\s*$"}
    return Leaf(parse, {"anyOf": [{"type": "number"}, texts]}, wanted)


def number_cut_off(key: str) -> str:
    """Return the hint for a key that is the rest of a number: between braces `0,5` is 0 and a key 5."""
    return POINT_HINT if key.isdigit() else ""


def parse_duration(words: str) -> Duration:
    """Return a length of time as written ("300 ms", "2 beats"). Raises Mistake."""
    found = _DURATION.fullmatch(words.strip())
    if found is not None and not found[2]:
        unit_meant = "s" if float(found[1]) <= _MOST_SECONDS else "ms"
        raise Mistake(f"a duration needs a unit, found `{words}`", f"for example `{found[1]} {unit_meant}`")
    unit = _DURATION_UNITS.get(found[2].lower()) if found else None
    if found is None or unit is None:
        hint = nearest(found[2].lower(), _DURATION_UNITS) if found else ""
        raise Mistake(f"expected a duration such as `300 ms`, `1.5 s`, `2 beats` or `1 bar`, found `{words}`", hint)
    counts_beats, factor = unit
    amount = round(_finite(float(found[1]) * factor, "a duration"), 9)
    return Duration(beats=amount) if counts_beats else Duration(seconds=amount)


def duration(what: str = "a duration") -> Leaf:
    """Return the leaf of a length of time."""
    units = "|".join(_DURATION_UNITS)
    schema = {"type": "string", "pattern": rf"^\s*[0-9]+(\.[0-9]+)?\s*({units})\s*$"}
    return Leaf(lambda node: parse_duration(node.text), schema, what)


def parse_note(words: str) -> int | None:
    """Return a note name (C4 = 60, `F#3`, `Bb-1`) as 0-127; None where it is none."""
    found = _NOTE.fullmatch(words)
    if found is None:
        return None
    number = _SEMITONES[found[1].lower()] + _ACCIDENTALS[found[2]] + 12 * (int(found[3]) + 1)
    return number if 0 <= number <= 127 else None


def note(words: Mapping[str, Any] | None = None) -> Leaf:
    """Return the leaf of a MIDI note: a name or 0-127."""
    also = dict(words or {})

    def parse(node: Node) -> Any:
        if node.text in also:
            return also[node.text]
        number = whole(node)
        number = parse_note(node.text) if number is None and isinstance(node.value, str) else number
        if number is None or not 0 <= number <= 127:
            raise Mistake(f"expected a note from C-1 to G9 (C4 = 60) or from 0 to 127, found {node.describe()}")
        return number

    names = {"type": "string", "pattern": r"^([A-Ga-g][#b]?-?[0-9]{1,2}|[0-9]{1,3})$"}
    forms: list[JsonSchema] = [{"type": "integer", "minimum": 0, "maximum": 127}, names]
    return Leaf(parse, {"anyOf": forms + ([{"enum": list(also)}] if also else [])}, "a note")


def custom(what: str, parse: Callable[[str], Any], json: JsonSchema | None = None) -> Leaf:
    """Return the leaf of a text that `parse` turns into a value, or refuses with `Mistake`."""

    def read(node: Node) -> Any:
        if not isinstance(node.value, str) or not node.value:
            raise Mistake(f"expected {what}, found {node.describe()}")
        return parse(node.value)

    return Leaf(read, json or {"type": "string"}, what)


def version() -> Leaf:
    """Return the leaf of a file's version: this program knows version 1."""

    def parse(node: Node) -> int:
        if node.value != 1 or isinstance(node.value, bool):
            raise Mistake(f"this program reads `version: 1`, found {node.describe()}")
        return 1

    return Leaf(parse, {"const": 1}, "the version 1", replaced=False)


def _finite(value: float, what: str) -> float:
    if not math.isfinite(value):
        raise Mistake(f"expected {what}, found no finite number")
    return value


def _units_hint() -> str:
    return f"known: {', '.join(sorted(known_units()))}"
