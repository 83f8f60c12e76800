"""Reading a rig once more: what its files come to now, what is different from before, and what was kept of them.

Shell: it reads files, and is called in threads.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from controld.config import RigLoader, load_rig
from controld.config_files import DiskFiles, FileSet, Glob, KeptFiles
from controld.config_values import AS_WRITTEN, Overrides, RigConfig, SurfaceConfig
from controld.differences import differences
from controld.document import Node
from controld.errors import ConfigError, ControldError, Problem
from controld.generations import Generation, Generations
from controld.shape_parameters import Symbols
from controld.yaml_reader import compose


class RollbackError(ControldError):
    """There is nothing to return to; the text says why."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Which files belong to a rig, and which could come to belong to it."""

    files: tuple[Path, ...] = ()
    globs: tuple[Glob, ...] = ()

    def look(self) -> object:
        """Return what tells the files as they are from what they were; it is the same as long as none was saved."""
        return [_stamp(path) for path in self.files], [_matches(*glob) for glob in self.globs]

    def places(self) -> set[Path]:
        """Return everything that is worth a watch."""
        found = {path for glob in self.globs for path in _matches(*glob)}
        return {*self.files, *found, *((folder / pattern).parent for folder, pattern in self.globs)}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What reading the files came to: a rig or `problems`; `sight` is what was looked at."""

    config: RigConfig | None
    sight: Sight
    problems: tuple[Problem, ...] = ()


def load_again(path: Path, symbols: Symbols, over: Overrides = AS_WRITTEN) -> Loaded:
    """Return what the files of a rig come to now."""
    loader = RigLoader(path, symbols, disk=DiskFiles(), over=over)
    config = loader.load()
    sight = sight_of(tuple(loader.files), loader.disk.found, path)
    if config is None or loader.report.problems:
        return Loaded(None, sight, tuple(sorted(loader.report.problems)))
    return Loaded(config, sight)


def sight_of(files: tuple[Path, ...], found: FileSet, config: Path) -> Sight:
    """Return what to look at: the files that were read, and where a profile of one's own could appear."""
    return Sight(files, (*found.globs, (config.parent, "surfaces/*.yaml")))


def load_kept(path: Path, symbols: Symbols, kept: Generation, over: Overrides = AS_WRITTEN) -> RigConfig:
    """Return the rig that a kept set describes. Raises ConfigError where this controld finds mistakes in it."""
    return replace(load_rig(path, symbols, KeptFiles(kept.files), over), from_kept=True)


def load_last_good(path: Path, symbols: Symbols, over: Overrides = AS_WRITTEN) -> tuple[RigConfig, Generation]:
    """Return the newest rig that was kept and loads. Raises RollbackError where there is none."""
    for kept in reversed(Generations(path).sets):
        with suppress(ConfigError):
            return load_kept(path, symbols, kept, over), kept
    raise RollbackError(f"no good files of {path} were kept; `controld run` keeps them whenever they load")


def is_on_disk(found: FileSet) -> bool:
    """Tell whether the disk holds exactly these files."""
    with suppress(OSError):
        same = all(path.read_bytes() == text for path, text in found.texts.items())
        return same and all(_matches(*glob) == tuple(sorted(paths)) for glob, paths in found.globs.items())
    return False


def differences_of(before: RigConfig, after: RigConfig) -> list[str]:
    """Return what is different between two configurations, in words; empty where only comments are."""
    old, new = before.found.texts, after.found.texts
    base = after.path.parent
    changed = [path for path in new if old.get(path) != new[path]]
    gone = [path for path in old if path not in new]
    return differences(
        _nodes({path: old[path] for path in (*changed, *gone) if path in old}, base),
        _nodes({path: new[path] for path in changed}, base),
    )


def taken_profile(before: SurfaceConfig, after: SurfaceConfig | None) -> SurfaceConfig:
    """Return an open surface with what can be changed while it is open: its profile, but not its ports."""
    if after is None or (before.midi is None) != (after.midi is None):
        return before
    return replace(before, profile=after.profile)


def needs_restart(running: RigConfig, wanted: RigConfig) -> bool:
    """Tell whether two configurations differ in what is only taken at a start: ports and addresses, the engine."""
    return _opened(running) != _opened(wanted)


def _opened(config: RigConfig) -> object:
    ports = [(each.name, each.midi, each.osc, each.thru) for each in config.surfaces]
    return ports, config.clock, config.engine, config.service, config.web, config.metrics, config.discovery is None


def _nodes(texts: Mapping[Path, bytes], base: Path) -> dict[str, Node]:
    shown = {path: str(path.relative_to(base)) if path.is_relative_to(base) else str(path) for path in texts}
    return {shown[path]: compose(text.decode("utf-8-sig"), shown[path])[0] for path, text in texts.items()}


def _matches(folder: Path, pattern: str) -> tuple[Path, ...]:
    try:
        return tuple(sorted(folder.glob(pattern)))
    except (OSError, ValueError, NotImplementedError):
        return ()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
