"""The last good sets of files: every configuration that was loaded is kept, the newest ten of them.

Shell: it reads and writes one file in the user's state folder, beside the rig's standing. That holds each text once,
compressed, however many sets it belongs to: ten sets of a rig of 2,000 rules are some 100 kB. A rig's files are kept by
their paths below its own folder, so that a folder that was moved takes its history along.
"""

import gzip
import hashlib
import json
import logging
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

from controld.config_files import FileSet
from controld.store import state_path
from controld.store_files import replace_file

KEPT = 10
VERSION = 1
_PACKAGE = Path(str(package_files("controld")))
# How a path is written: below the rig's folder, below this package (shipped profiles), or as it is.
_OWN, _SHIPPED = "rig:", "controld:"

log = logging.getLogger("controld.store")


@dataclass(frozen=True, slots=True)
class Generation:
    """A set that was loaded at a time (Unix seconds); `change` says what was new in it then, in a few words."""

    at_s: float
    files: FileSet
    change: str = ""

    @property
    def own(self) -> dict[Path, bytes]:
        """The files that are the user's; shipped ones belong to the program."""
        return {path: text for path, text in self.files.texts.items() if not path.is_relative_to(_PACKAGE)}


class Generations:
    """The good sets of one rig, oldest first. Nothing is written before `keep`."""

    def __init__(self, config: Path, path: Path | None = None) -> None:
        self._base = config.parent
        self.path = path or state_path(config, "good", ".json.gz")
        self.sets: list[Generation] = _read(self.path, self._path_of)

    def keep(self, files: FileSet, change: str = "", now_s: float | None = None) -> None:
        """Make a set the newest; the same set is kept once. It is on the disk after `save`."""
        others = [each for each in self.sets if self.digest(each.files) != self.digest(files)]
        fresh = Generation(time.time() if now_s is None else now_s, files, change)
        self.sets = [*others, fresh][-KEPT:]

    def save(self) -> None:
        """Write what is kept. Raises OSError where the disk does not take it; what was written before is there then."""
        sets = self.sets  # as they are now: this may run in a thread
        texts = {_digest(text): text.decode() for each in sets for text in each.files.texts.values()}
        content = json.dumps({"version": VERSION, "sets": list(map(self._as_data, sets)), "texts": texts})
        replace_file(self.path, gzip.compress(content.encode(), mtime=0))

    def digest(self, files: FileSet) -> str:
        """Return what tells a set from others, however the rig's folder is named: for other programs."""
        named = sorted(f"{self._name_of(path)}\0{each}" for path, each in files.hashes.items())
        return hashlib.sha256("\n".join(named).encode()).hexdigest()

    def place(self, files: FileSet | None) -> int:
        """Return the place of a set among `sets`; their number where it is none of them."""
        return self.place_of(self.digest(files) if files is not None else "")

    def place_of(self, digest: str) -> int:
        """Return the place of the set with a digest among `sets`; their number where it is none of them."""
        digests = [self.digest(each.files) for each in self.sets]
        return digests.index(digest) if digest in digests else len(digests)

    def before(self, files: FileSet | None, number: int = 1) -> Generation | None:
        """Return the set `number` before another (negative: after it); 1 is the newest for one that was not kept."""
        place = self.place(files) - number
        return self.sets[place] if number and 0 <= place < len(self.sets) else None

    def shortage(self, files: FileSet | None, number: int) -> str:
        """Return why there is no set so far back."""
        older = self.place(files)
        have, side = (older, "before") if number > 0 else (max(len(self.sets) - older - 1, 0), "after")
        if number == 0:
            return "set 0 is what runs: those before it count from 1"
        return f"there is no set {number}: {have or 'none'} {'was' if have < 2 else 'were'} kept {side} what runs"

    def time_of(self, files: FileSet) -> str:
        """Return when a set was loaded, in words."""
        place = self.place(files)
        return said_time(self.sets[place].at_s) if place < len(self.sets) else "an earlier time"

    def _as_data(self, kept: Generation) -> Mapping[str, object]:
        return {
            "at": kept.at_s,
            "change": kept.change,
            "files": {self._name_of(path): _digest(text) for path, text in kept.files.texts.items()},
            "globs": [
                [self._name_of(folder), pattern, [self._name_of(path) for path in found]]
                for (folder, pattern), found in kept.files.globs.items()
            ],
        }

    def _name_of(self, path: Path) -> str:
        if path.is_relative_to(_PACKAGE):
            return _SHIPPED + str(path.relative_to(_PACKAGE))
        return _OWN + str(path.relative_to(self._base)) if path.is_relative_to(self._base) else str(path)

    def _path_of(self, name: str) -> Path:
        if name.startswith(_OWN):
            return self._base / name.removeprefix(_OWN)
        return _PACKAGE / name.removeprefix(_SHIPPED) if name.startswith(_SHIPPED) else Path(name)


def said_time(at_s: float) -> str:
    """Return a time (Unix seconds) as this machine's clock says it: the day is left out where it is today."""
    then = time.localtime(at_s)
    today = then[:3] == time.localtime()[:3]
    return time.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M", then)


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]


def _read(path: Path, path_of: Callable[[str], Path]) -> list[Generation]:
    """Return what was kept; nothing where there is no file, and a strange one is set aside with its name logged."""
    try:
        kept = json.loads(gzip.decompress(path.read_bytes()))
        if kept["version"] != VERSION:
            raise ValueError(kept["version"])  # noqa: TRY301 - as strange as any other
        texts = {key: text.encode() for key, text in kept["texts"].items()}
        return [_generation(each, texts, path_of) for each in kept["sets"]]
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zlib.error, gzip.BadGzipFile):
        aside = path.with_suffix(".damaged")
        log.warning("%s is damaged, or of another version; it is set aside as %s", path, aside.name)
        path.replace(aside)
    except OSError as error:
        log.warning("the last good files cannot be read: %s", error)
    return []


def _generation(data: Mapping[str, Any], texts: Mapping[str, bytes], path_of: Callable[[str], Path]) -> Generation:
    files = {path_of(name): texts[digest] for name, digest in data["files"].items()}
    globs = {(path_of(folder), str(pattern)): tuple(map(path_of, found)) for folder, pattern, found in data["globs"]}
    return Generation(float(data["at"]), FileSet(files, globs), str(data["change"]))
