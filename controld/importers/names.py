"""Names of other programs, made fit for ours: effects, snapshots, pedalboards, files.

Pure. What a player sees is changed as little as possible; what is changed is told by whoever asks.
"""

import re
from collections.abc import Iterable
from unicodedata import normalize

from controld.importers.emit import printable
from controld.mappings.expand import PLACEHOLDER

_RESERVED = frozenset({"system"})  # the sound card, in connections


def clean(text: str, fallback: str) -> str:
    """Return a free name: printable, on one line, without the braces that rules would fill in; never empty."""
    return PLACEHOLDER.sub(lambda found: f"({found[1]})", printable(text)) or fallback


def slug(text: str, fallback: str) -> str:
    """Return a name for a file: small ASCII letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", _ascii(text).lower()).strip("-") or fallback


def effect_name(text: str) -> str:
    """Return a name for an effect: a letter, then letters, digits, `-` and `_`."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", _ascii(text))
    name = re.sub(r"^[^A-Za-z]+", "", name).rstrip("_-") or "effect"
    return f"{name}_1" if name.lower() in _RESERVED else name


def _ascii(text: str) -> str:
    return normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


def effect_names(instances: Iterable[str]) -> dict[str, str]:
    """Return a name for each instance, all different."""
    found: dict[str, str] = {}
    for instance in instances:
        name = wanted = effect_name(instance)
        count = 2
        while name in found.values():
            name = f"{wanted}_{count}"
            count += 1
        found[instance] = name
    return found


def unique(name: str, taken: Iterable[str]) -> str:
    """Return a free name that is not taken, numbered as MOD does it: `Lead (2)`."""
    names, count, found = set(taken), 2, name
    while found in names:
        found = f"{name} ({count})"
        count += 1
    return found
