"""What `lint` looks at, and what it finds.

Pure values.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from controld.mappings.profile import Control
from controld.mappings.rule import Rule
from controld.mappings.target import Target

_PLACE = re.compile(r"^(.*?):([0-9]+)(?::([0-9]+))?(.*)$")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say: its `kind` (one word), "warning" or "note", and the place of the rule that causes it."""

    kind: str
    level: str
    place: str
    message: str
    hint: str = ""

    @property
    def order(self) -> tuple[str, int, int, str]:
        """Where it stands in a list: by file, line and column; what has no place comes last."""
        found = _PLACE.match(self.place)
        if found is None:
            return ("\uffff", 0, 0, self.message)
        return (found[1], int(found[2]), int(found[3] or 0), self.message)


@dataclass(frozen=True, slots=True)
class Grounds:
    """A rig's rules and controls, its pages in order (`start` is the first one, "" for none), and its names.

    `effects` and `roles` are those of any pedalboard; empty where none is known.
    """

    rules: tuple[Rule, ...]
    controls: Mapping[str, Control]
    pages: tuple[str, ...] = ()
    start: str = ""
    panic: tuple[Target, ...] = ()
    effects: frozenset[str] = field(default_factory=frozenset)
    roles: frozenset[str] = field(default_factory=frozenset)
