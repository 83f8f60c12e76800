"""Which pedalboards the library has, by name: for files that name them.

Shell: it reads, and changes nothing. What a name stands for is seen when it is loaded.
"""

import json
from pathlib import Path


def names_in(folder: Path) -> frozenset[str]:
    """Return the names of a library's pedalboards, by its index where that is true; what cannot be read has none."""
    known = _index(folder)
    found = set()
    try:
        files = [path for path in (folder / "pedalboards").glob("*.json") if not path.name.startswith(".")]
    except OSError:
        return frozenset()
    for path in files:
        name = _name(path, known.get(path.name))
        if name:
            found.add(name)
    return frozenset(found)


def _index(folder: Path) -> dict[str, object]:
    try:
        files = json.loads((folder / "index.json").read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return files if isinstance(files, dict) else {}


def _name(path: Path, known: object) -> str:
    try:
        stat = path.stat()
        if isinstance(known, list) and known[:2] == [stat.st_mtime_ns, stat.st_size]:
            return str(known[2])
        return str(json.loads(path.read_bytes())["name"])
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return ""
