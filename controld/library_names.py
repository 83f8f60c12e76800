"""Which pedalboards the library has, and what they call their parts: for files that name them.

Shell: it reads, and changes nothing. What a name stands for is seen when it is loaded.
"""

import json
from pathlib import Path

from controld.session.board_names import BoardNames, board_names, from_plain


def names_in(folder: Path) -> dict[str, BoardNames]:
    """Return the pedalboards of a library by name, by its index where that is true; what cannot be read has none."""
    known = _index(folder)
    try:
        files = sorted(path for path in (folder / "pedalboards").glob("*.json") if not path.name.startswith("."))
    except OSError:
        return {}
    found = (_names(path, known.get(path.name)) for path in files)
    return dict(each for each in found if each is not None)


def _index(folder: Path) -> dict[str, object]:
    try:
        files = json.loads((folder / "index.json").read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return files if isinstance(files, dict) else {}


def _names(path: Path, known: object) -> tuple[str, BoardNames] | None:
    try:
        stat = path.stat()
        if isinstance(known, list) and known[:2] == [stat.st_mtime_ns, stat.st_size] and len(known) == 5:
            return str(known[2]), from_plain(known[4])
        members = json.loads(path.read_bytes())
        return str(members["name"]), board_names(members)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
