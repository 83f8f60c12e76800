"""Commands that mod-host does not survive, and what it would say to them if it did.

Pure. Seen with mod-host of April 2026: it believes the count that a list of arguments begins with, and reads beyond
what is there; and one of the instances it keeps for itself cannot be removed. A bridge that passes such a line on costs
the player all sound, so that they are answered here.
"""

from collections.abc import Callable, Mapping
from typing import Final

from controld.bridge.hosts.virtual_numbers import atoi
from controld.bridge.modhost_protocol import FEW_ARGUMENTS

OWN_INSTANCES: Final = range(9990, 10_000)
"""The instances mod-host keeps for itself; 9995 is there from the beginning, and its removal is the end."""
_INVALID: Final = "resp -1"


def vet(name: str, words: list[str]) -> str | None:
    """Return the reply to a command that must not reach mod-host; None for all others."""
    removed = _removed(name, words)
    if any(atoi(word) in OWN_INSTANCES for word in removed):
        return _INVALID
    missing = _LISTS.get(name)
    return FEW_ARGUMENTS if missing is not None and missing(words) else None


def _removed(name: str, words: list[str]) -> list[str]:
    if name == "remove":
        return words[:1]
    return words[1:] if name == "multi_remove" else []


def _list(at: int, items: int) -> Callable[[list[str]], bool]:
    """Return what tells that words are missing behind the count at `at`, for a list of so many words an item."""

    def missing(words: list[str]) -> bool:
        return len(words) > at and len(words) - at - 1 < items * atoi(words[at])

    return missing


def _two_lists(words: list[str]) -> bool:
    """Tell whether words are missing in "<reset> <count> <instance>... <count> <symbol> <value>...".

    What stands behind the instances is required too, though mod-host itself asks for it in some cases only.
    """
    if _list(1, 1)(words):
        return True
    behind = words[2 + max(0, atoi(words[1])) :] if len(words) > 1 else []
    return not behind or _list(0, 2)(behind)


_LISTS: Final[Mapping[str, Callable[[list[str]], bool]]] = {
    "params_flush": _list(2, 2),
    "pre_run": _list(2, 2),
    "multi_add": _list(0, 2),
    "multi_preload": _list(0, 2),
    "multi_remove": _list(0, 1),
    "multi_activate": _list(1, 1),
    "multi_bypass": _list(1, 1),
    "multi_param_set": _list(2, 1),
    "multi_params_flush": _two_lists,
    "multi_pre_run": _two_lists,
}
