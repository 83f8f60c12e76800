"""Bringing a kept set of files back to the disk, with what is there now kept beside.

Shell. Everything that will be replaced or moved is copied first, to a folder beside the rig's own: not into it, where a
glob could find it. Only then is anything written, each file in one step.
"""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from controld.errors import ControldError
from controld.generations import Generation
from controld.store_files import replace_file


class RestoreError(ControldError):
    """Files could not be brought back; the text says how far it went, and where the present ones are."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done: `written` have their old content again, `moved` did not exist then; `backup` holds what was."""

    written: tuple[Path, ...]
    moved: tuple[Path, ...]
    backup: Path | None


def restore(kept: Generation, config: Path, now_s: float | None = None) -> Restored:
    """Write a set's files back; files that its globs would find besides are moved away. Links stay links.

    Raises:
        RestoreError: the disk does not take it. What was there is in the backup then.
    """
    folder = config.parent.resolve()
    own = {path.resolve(): text for path, text in kept.own.items()}
    changed = [path for path, text in own.items() if not path.is_file() or path.read_bytes() != text]
    surplus = [path for path in _found_besides(kept, config) if path.resolve() not in own]
    present = [path for path in changed if path.is_file()] + surplus
    backup = None
    try:
        if present:
            backup = _backup(present, folder, time.time() if now_s is None else now_s)
        for path in changed:
            replace_file(path, own[path])
        for path in surplus:
            path.unlink()
    except OSError as error:
        where = f"; what was there is in {backup}" if backup else "; nothing was changed"
        raise RestoreError(f"the files cannot be brought back: {error}{where}") from error
    return Restored(tuple(changed), tuple(surplus), backup)


def _found_besides(kept: Generation, config: Path) -> list[Path]:
    """Return the files that would belong to the rig now and did not then."""
    found = [path for folder, pattern in kept.files.globs for path in folder.glob(pattern)]
    shipped = [path.name for path in kept.files.texts if path not in kept.own]
    found += [config.parent / "surfaces" / name for name in shipped]  # would take the shipped one's place
    return [path for path in dict.fromkeys(found) if path.is_file() and path not in kept.files.texts]


def _backup(paths: list[Path], folder: Path, now_s: float) -> Path:
    """Copy files into a new folder beside the rig's; return it."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now_s))
    name = f"{folder.name or 'config'}.before-{stamp}"
    taken = (folder.parent / (name if not count else f"{name}-{count}") for count in range(1000))
    backup = next(path for path in taken if not path.exists())
    for path in paths:
        inside = (
            path.relative_to(folder) if path.is_relative_to(folder) else Path("elsewhere", *path.resolve().parts[1:])
        )
        (backup / inside).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, backup / inside)
    return backup
