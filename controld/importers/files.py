"""The files of an import: what is read, and what is written all together or not at all.

Shell.
"""

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from controld.errors import ConfigError, ControldError, Problem
from controld.importers.mod_ui import ADDRESSINGS, SNAPSHOTS
from controld.importers.outcome import Made

MAX_BYTES = 8 << 20  # the largest pedalboards take 0.3 MB


def read_text(path: Path) -> str:
    """Return a file's text.

    Raises:
        ConfigError: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError([Problem(str(path), 0, 0, f"larger than {MAX_BYTES >> 20} MB, and so not read")])
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigError([Problem(str(path), 0, 0, f"cannot be read: {error.strerror or error}")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(str(path), 0, 0, "not UTF-8 text")]) from error
    except ValueError as error:  # a NUL in the path
        raise ConfigError([Problem(str(path), 0, 0, "cannot be read: no such file can exist")]) from error


def read_folder(folder: Path) -> dict[str, str]:
    """Return the texts of a pedalboard bundle's files, by name.

    Raises:
        ConfigError: it is no folder, or one of its files cannot be read.
    """
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "there is no such folder"
        hint = "a bundle is a folder NAME.pedalboard that mod-ui saved"
        raise ConfigError([Problem(str(folder), 0, 0, what, hint)])
    wanted = [*folder.glob("*.ttl"), *folder.glob("effect-*/effect.ttl")]
    wanted += [folder / name for name in (*SNAPSHOTS, ADDRESSINGS)]
    return {path.relative_to(folder).as_posix(): read_text(path) for path in sorted(wanted) if path.is_file()}


def refuse_to_overwrite(folder: Path, files: Iterable[Made]) -> None:
    """Refuse to write over files that are there. Raises ControldError, naming all of them."""
    there = [str(path) for made in files if (path := folder / made.path).exists()]
    if there:
        raise ControldError(f"{', '.join(there)}: already there; nothing was written (--force writes over them)")


def write_all(folder: Path, files: Iterable[Made]) -> None:
    """Write files below a folder: all are complete beside their places before the first is put there.

    Raises:
        ControldError: the disk does not take them; what was new is taken away again.
    """
    staged: list[tuple[Path, Path]] = []
    placed: list[Path] = []
    try:
        for made in files:
            path = folder / made.path
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            staged.append((Path(name), path))
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(made.text)
            Path(name).chmod(0o644)
        for fresh, path in staged:
            is_new = not path.exists()
            fresh.replace(path)
            placed += [path] if is_new else []
    except OSError as error:
        _take_away([*(fresh for fresh, _ in staged), *placed])
        raise ControldError(f"{error.filename or folder}: cannot be written: {error.strerror or error}") from error
    except BaseException:
        _take_away([*(fresh for fresh, _ in staged), *placed])
        raise


def _take_away(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()
