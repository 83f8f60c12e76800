"""Where the files of a rig are read from: the disk, or what was kept of them in memory.

Shell. Whatever a loader reads from the disk is remembered with it, byte by byte, together with what its globs found: so
that a set of files that loaded can be loaded once more, exactly, whatever became of the files since.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

# A glob as it was asked: the folder it began in, and the pattern.
Glob = tuple[Path, str]


@dataclass(frozen=True)
class FileSet:
    """All files of a rig by their paths, and what each glob found: enough to load the rig without the disk."""

    texts: Mapping[Path, bytes] = field(default_factory=dict)
    globs: Mapping[Glob, tuple[Path, ...]] = field(default_factory=dict)

    @cached_property
    def hashes(self) -> dict[Path, str]:
        """The SHA-256 of each file."""
        return {path: hashlib.sha256(text).hexdigest() for path, text in self.texts.items()}

    @cached_property
    def digest(self) -> str:
        """What tells this set from others: the same for the same contents at the same paths."""
        named = sorted(f"{path}\0{each}" for path, each in self.hashes.items())
        return hashlib.sha256("\n".join(named).encode()).hexdigest()


class Files(Protocol):
    """What a loader needs of a file system."""

    def read(self, path: Path) -> bytes:
        """Return a file's content. Raises OSError, or ValueError where no such path can be."""

    def is_file(self, path: Path) -> bool:
        """Tell whether there is such a file."""

    def glob(self, folder: Path, pattern: str) -> Iterable[Path]:
        """Return what a pattern finds. Raises ValueError, NotImplementedError or OSError where it is no pattern."""

    @property
    def found(self) -> FileSet:
        """Return everything that was read so far."""


class DiskFiles:
    """The disk; `found` is what was read so far."""

    def __init__(self) -> None:
        self._texts: dict[Path, bytes] = {}
        self._globs: dict[Glob, tuple[Path, ...]] = {}

    def read(self, path: Path) -> bytes:
        """Return a file's content; a file that is read twice is the same both times."""
        if path not in self._texts:
            self._texts[path] = path.read_bytes()
        return self._texts[path]

    def is_file(self, path: Path) -> bool:
        """Tell whether there is such a file, as far as one may look."""
        try:
            return path.is_file()
        except OSError:
            return False

    def glob(self, folder: Path, pattern: str) -> Iterable[Path]:
        """Return what a pattern finds."""
        found = self._globs[folder, pattern] = tuple(folder.glob(pattern))
        return found

    @property
    def found(self) -> FileSet:
        """Return everything that was read."""
        return FileSet(dict(self._texts), dict(self._globs))


class KeptFiles:
    """A set in memory. Folders that it was not asked for when it was made are empty."""

    def __init__(self, found: FileSet) -> None:
        self._found = found

    def read(self, path: Path) -> bytes:
        """Return a file's content. Raises FileNotFoundError where the set has no such file."""
        try:
            return self._found.texts[path]
        except KeyError:
            raise FileNotFoundError(2, "no such file was kept", str(path)) from None

    def is_file(self, path: Path) -> bool:
        """Tell whether the set has such a file."""
        return path in self._found.texts

    def glob(self, folder: Path, pattern: str) -> Iterable[Path]:
        """Return what a pattern found when the set was made."""
        return self._found.globs.get((folder, pattern), ())

    @property
    def found(self) -> FileSet:
        """Return the set."""
        return self._found
