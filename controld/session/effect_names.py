"""Names: what an effect may be called, and good ones made of what there is.

Pure.
"""

import re
from collections.abc import Collection

from controld.session.lookup import Refusal

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_OTHER = re.compile(r"[^A-Za-z0-9_-]+")
MAX_EFFECT_NAME = 64
MAX_NAME = 1000
# The sound card's client in JACK.
_SYSTEM = "system"


def is_effect_name(name: str) -> bool:
    """Tell whether an effect can be called so."""
    return _NAME.fullmatch(name) is not None and len(name) <= MAX_EFFECT_NAME and name != _SYSTEM


def check_effect_name(name: str) -> None:
    """Raise Refusal where an effect cannot be called so."""
    if not is_effect_name(name) and name != _SYSTEM:
        wanted = f"a letter first, then letters, digits, `-` and `_`, at most {MAX_EFFECT_NAME} of them"
        raise Refusal(name or "effect", f"expected the name of an effect ({wanted}), found `{name[:80]}`")
    if name == _SYSTEM:
        raise Refusal(name, "an effect cannot be called `system`: that is the sound card")


def check_title(name: str, what: str) -> None:
    """Raise Refusal where a pedalboard, bank or snapshot cannot be called so: any text does that can be seen."""
    if not name.strip():
        raise Refusal(what, f"a {what} needs a name")
    if len(name) > MAX_NAME:
        raise Refusal(what, f"the name of a {what} has at most {MAX_NAME} characters, this one has {len(name)}")
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        raise Refusal(what, f"the name of the {what} is no Unicode: it has half of a character")


def derived_name(words: str, taken: Collection[str]) -> str:
    """Return a name for an effect made of some words or a URI, that is not taken."""
    tail = re.split(r"[/#:]", words.rstrip("/#:"))[-1] or words
    plain = _OTHER.sub("-", tail).strip("-_")
    name = plain if plain[:1].isascii() and plain[:1].isalpha() else f"fx-{plain}".rstrip("-")
    return unique(_shortened(name), {*taken, _SYSTEM})


def _shortened(name: str) -> str:
    return name[: MAX_EFFECT_NAME - 8]


def unique(wanted: str, taken: Collection[str], joint: str = "-") -> str:
    """Return a name that is not taken: the wanted one, or with a number from 2 behind it."""
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}{joint}{number}"
    return name
