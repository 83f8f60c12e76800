"""Finding the mapping files of a rig: those it names, those that belong to a pedalboard, and those they include.

Shell: it reads files, by the functions it is given.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from controld.document import Node
from controld.shape import Report


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A file of rules; with `pedalboards` they count only while one of these is loaded."""

    path: Path
    node: Node
    pedalboards: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    node: Node | None  # None where it could not be read, which is told
    everywhere: bool = False
    pedalboards: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class MappingFiles:
    """The mapping files of a rig, each read once, however often it is named; what is included comes first."""

    read: Callable[[Path], Node | None]
    is_file: Callable[[Path], bool]
    report: Report
    _found: dict[Path, _Found] = field(default_factory=dict)
    _order: list[Path] = field(default_factory=list)

    def add(self, path: Path, pedalboard: str = "") -> None:
        """Take a file and all it includes; with `pedalboard` for that one alone, else for all."""
        self._add(path, pedalboard, ())

    def add_read(self, path: Path, node: Node) -> None:
        """Take a file that is read already, and all it includes."""
        self._found[_key(path)] = _Found(node)
        self._add(path, "", ())

    def counts_everywhere(self, path: Path) -> bool:
        """Tell whether a file was taken for all pedalboards."""
        found = self._found.get(_key(path))
        return found is not None and found.everywhere

    @property
    def files(self) -> list[MappingFile]:
        """All files that could be read, in order."""
        taken = [(path, self._found[path]) for path in self._order]
        return [
            MappingFile(path, found.node, () if found.everywhere else tuple(found.pedalboards))
            for path, found in taken
            if found.node is not None
        ]

    def _add(self, path: Path, pedalboard: str, includers: tuple[Path, ...]) -> None:
        key = _key(path)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = _Found(self.read(key))
        if pedalboard:
            found.pedalboards[pedalboard] = None
        else:
            found.everywhere = True
        written = found.node.get("includes") if found.node is not None else None
        for each in written.each() if written is not None else ():
            self._include(each, key, pedalboard, (*includers, key))
        if key not in self._order:
            self._order.append(key)

    def _include(self, node: Node, includer: Path, pedalboard: str, includers: tuple[Path, ...]) -> None:
        if node.value is None or not node.text.strip():
            return  # its shape is told by the table
        path = _key(includer.parent / Path(node.text).expanduser())
        if path in includers:
            way = " -> ".join(each.name for each in (*includers[includers.index(path) :], path))
            self.report.error(node, f"`{node.text}` includes itself", way)
        elif path not in self._found and not self._exists(path):
            self.report.error(node, f"`{node.text}` is no file in {includer.parent}")
        else:
            self._add(path, pedalboard, includers)

    def _exists(self, path: Path) -> bool:
        try:
            return self.is_file(path)
        except (OSError, ValueError):
            return False


def _key(path: Path) -> Path:
    """Return a path without detours, so that a file is one whatever way leads to it."""
    return Path(os.path.normpath(path))
