"""Finding surface profiles by name, and those they include: yours first, then the ones that are shipped.

Shell: it reads files, by the functions it is given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files as package_files
from pathlib import Path

from controld.document import Node
from controld.errors import nearest
from controld.mappings.profile import Profile
from controld.mappings.profile_schema import compile_profile
from controld.shape import Report
from controld.shape_parameters import known


def profile_folders(own: Path) -> tuple[Path, Path]:
    """Return where profiles are looked for: in the folder `own`, then among those that are shipped."""
    return own, Path(str(package_files("controld.surfaces") / "profiles"))


@dataclass(slots=True)
class ProfileShelf:
    """The profiles of some folders, each read once. Mistakes go to `report`; `read` returns None after telling its own.

    `profile` of a name is None where it, or one that it includes, is not right.
    """

    folders: Sequence[Path]
    read: Callable[[Path], Node | None]
    is_file: Callable[[Path], bool]
    report: Report
    _read: dict[Path, Profile | None] = field(default_factory=dict)
    _open: list[Path] = field(default_factory=list)  # those that are being read, each included by the one before
    _incomplete: set[Path] = field(default_factory=set)

    def profile(self, place: Node, name: str) -> Profile | None:
        """Return the profile called `name`; that there is none, or that it includes itself, is reported at `place`."""
        path = self._find(place, name)
        profile = None
        if path is not None:
            if path not in self._read:
                self._read[path] = self._load(path)
            profile = self._read[path]
        if profile is None:
            self._incomplete.update(self._open[-1:])
        return profile

    def compiled(self, node: Node, path: Path) -> Profile | None:
        """Return the profile a node of the file `path` describes, as far as it can be read, with what it includes."""
        self._open.append(path)
        profile = compile_profile(node, path.stem, self.report, self.profile)
        self._open.pop()
        return profile

    def _load(self, path: Path) -> Profile | None:
        before = len(self.report.problems)
        node = self.read(path)
        profile = None if node is None else self.compiled(node, path)
        return profile if len(self.report.problems) == before and path not in self._incomplete else None

    def _find(self, place: Node, name: str) -> Path | None:
        includer = self._open[-1:]
        # A profile may include the one whose name it took.
        paths = [each for each in (folder / f"{name}.yaml" for folder in self.folders) if each not in includer]
        path = next(filter(self.is_file, paths), None)
        if path is None:
            names = {each.stem for folder in self.folders for each in folder.glob("*.yaml")} - {name}
            what = "other profile" if len(paths) < len(self.folders) else "profile"
            self.report.error(place, f"there is no {what} `{name}`", nearest(name, names) or known(names))
        elif path in self._open:
            chain = [*(each.stem for each in self._open[self._open.index(path) :]), name]
            self.report.error(place, f"the profile `{name}` includes itself", " -> ".join(chain))
            return None
        return path
