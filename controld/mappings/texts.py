"""Texts with names in braces, as `show` and `feedback: {text: ...}` have them: "{pedalboard} / {snapshot}".

Pure. A name stands for something of the rig (`RIG_NAMES`), of the rule it is written in (`RULE_NAMES`), for a variable,
or for a parameter ("{drive/gain}", also of a role). Doubled braces stand for themselves. What the rig does not have now
reads "-"; a name nobody knows stays as it was written.
"""

import re
from collections.abc import Callable, Mapping

from controld.actions import Value
from controld.changes import ParameterChanged
from controld.mappings.target import Key
from controld.mappings.view import BANK, LOAD, LOADING, PAGE, PEDALBOARD, SNAPSHOT, TEMPO, View
from controld.values import Scale, same_value

MISSING = "-"
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")


def loading_words(view: View) -> str:
    """Return how far a change of pedalboard is that takes its time: "3/8"; "" while there is none."""
    loading = view.loading
    return f"{loading.done}/{loading.total}" if loading is not None and loading.done < loading.total else ""


_RIG: Mapping[str, tuple[Key, Callable[[View], str]]] = {
    "pedalboard": (PEDALBOARD, lambda view: view.pedalboard.pedalboard),
    "snapshot": (SNAPSHOT, lambda view: view.snapshot.snapshot),
    "bank": (BANK, lambda view: view.bank.bank),
    "page": (PAGE, lambda view: view.page.page),
    "tempo": (TEMPO, lambda view: number_words(view.bpm)),
    "cpu": (LOAD, lambda view: f"{view.load.cpu_percent:.0f}" if view.load else ""),
    "xruns": (LOAD, lambda view: f"{view.load.xruns}" if view.load and view.load.xruns is not None else ""),
    "loading": (LOADING, loading_words),
}
RIG_NAMES = frozenset(_RIG)
# What the rule drives: its number, its unit, and the label where it has one; and the rule's own name.
RULE_NAMES = frozenset({"value", "unit", "label", "name"})


class Template:
    """A text taken apart; `keys` says which facts it names."""

    __slots__ = ("_parts", "keys", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts: list[tuple[str, str]] = []  # what stands there as it is, and the name after it
        keys: dict[Key, None] = {}
        end = 0
        for found in _FIELD.finditer(text):
            before, end = text[end : found.start()], found.end()
            name = found[1] or ""
            self._parts.append((before if name else before + found[0][0], name))
            if name:
                keys |= dict.fromkeys(_keys_of(name))
        self._parts.append((text[end:], ""))
        self.keys = tuple(keys)

    def render(self, view: View, own: Mapping[str, str] | None = None) -> str:
        """Return the text as things stand; `own` holds the words of the rule, by `RULE_NAMES`."""
        if not self.keys and len(self._parts) == 1:
            return self._parts[0][0]
        return "".join(before + (_word(name, view, own or {}) if name else "") for before, name in self._parts)


def names_in(text: str) -> tuple[str, ...]:
    """Return the names in braces in a text, in order."""
    return tuple(found[1] for found in _FIELD.finditer(text) if found[1])


def of_rule(text: str, name: str, about: str) -> str:
    """Return a text of `show` with the words of its rule put in.

    `{name}` is the rule's own name, whatever it holds. `{value}`, `{unit}` and `{label}` are of what the rule is
    `about`: "drive/gain", a variable, or "" for nothing.
    """

    def put(found: re.Match[str]) -> str:
        word = found[1]
        if word == "name":
            return name.replace("{", "{{").replace("}", "}}")
        if word not in RULE_NAMES or not about:
            return found[0]
        return f"{{{about}.{word}}}" if "/" in about else f"{{{about}}}" * (word != "unit")

    return _FIELD.sub(put, text)


def number_words(value: float) -> str:
    """Return a number with as many decimals as one reads on a stage: 450, 12.5, 0.71."""
    size = abs(value)
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2
    words = f"{value:.{decimals}f}"
    words = words.rstrip("0").rstrip(".") if "." in words else words
    return "0" if words in {"-0", ""} else words


def level_words(value: float, scale: Scale) -> str:
    """Return where a parameter stands: the name of that value, else on or off, else the number with its unit."""
    label = scale.label_of(value)
    if label or not scale.toggled:
        return label or f"{number_words(value)} {scale.unit}".rstrip()
    return "on" if value > scale.minimum else "off"


def value_words(value: Value) -> str:
    """Return a variable's value in words."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else number_words(value)


def parameter_words(fact: ParameterChanged) -> Mapping[str, str]:
    """Return number, unit and label of where a parameter should stand; the label is that of a scale point there."""
    number = number_words(fact.value)
    label = next((point.label for point in fact.scale.points if same_value(point.value, fact.value)), "")
    return {"value": number, "unit": fact.scale.unit, "label": label or number}


def _keys_of(name: str) -> tuple[Key, ...]:
    if name in _RIG:
        # The name of a pedalboard's snapshot changes with the pedalboard, its tempo too.
        return (_RIG[name][0], PEDALBOARD) if name in {"snapshot", "tempo"} else (_RIG[name][0],)
    if name in RULE_NAMES:
        return ()
    effect, slash, symbol = name.partition("/")
    return (("parameter", effect, symbol.partition(".")[0]), PEDALBOARD) if slash else (("variable", name),)


def _word(name: str, view: View, own: Mapping[str, str]) -> str:
    if name in own:
        return own[name]
    if name in _RIG:
        return _RIG[name][1](view) or MISSING
    effect, slash, symbol = name.partition("/")
    if slash:
        symbol, _, part = symbol.partition(".")  # as `of_rule` writes it; symbols have no dot
        fact = view.parameter(effect, symbol)
        if fact is None:
            return MISSING
        words = parameter_words(fact)
        return words[part] if part in words else _whole(words, labelled=bool(fact.scale.points))
    if name in view.variables:
        return value_words(view.variables[name])
    return MISSING if name in RULE_NAMES else f"{{{name}}}"


def _whole(words: Mapping[str, str], *, labelled: bool) -> str:
    if labelled and words["label"] != words["value"]:
        return words["label"]
    return f"{words['value']} {words['unit']}".rstrip()
