"""What depends on which facts, found by one look-up.

Pure. Keys may name an effect by its role: then they stand for whatever has that role on the pedalboard.
"""

from collections.abc import Sequence
from typing import Generic, TypeVar

from controld.mappings.target import ROLE, Key
from controld.mappings.view import View

T = TypeVar("T")


class Index(Generic[T]):
    """Things by the keys of the facts they depend on; keys may name an effect by its role."""

    __slots__ = ("_by_key", "_by_role", "_roles")

    def __init__(self) -> None:
        self._by_key: dict[Key, list[T]] = {}
        self._roles: dict[Key, list[T]] = {}  # as they were written
        self._by_role: dict[Key, list[T]] = {}  # as they are on this pedalboard

    def __bool__(self) -> bool:
        """Tell whether there is anything in it."""
        return bool(self._by_key or self._roles)

    def add(self, key: Key, thing: T) -> None:
        """Add a thing that depends on the facts of `key`."""
        names_role = len(key) > 1 and key[1].startswith(ROLE)
        things = (self._roles if names_role else self._by_key).setdefault(key, [])
        if not things or things[-1] is not thing:
            things.append(thing)

    def settle(self, view: View) -> None:
        """Take the roles of another pedalboard."""
        self._by_role = {}
        for key, things in self._roles.items():
            for effect in view.effects_of(key[1]):
                self._by_role.setdefault((key[0], effect, *key[2:]), []).extend(things)

    def of(self, key: Key) -> Sequence[T]:
        """Return what depends on the facts of `key`."""
        found = self._by_key.get(key, ())
        if self._by_role and key in self._by_role:
            return [*found, *self._by_role[key]]
        return found
