"""What only the machine knows: the daemon's own figures, load, memory and disk; and the files of exports.

Shell: reads the system's files as Linux has them.
"""

import json
import os
import platform
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from controld.errors import ControldError
from controld.figures import Facts
from controld.places import data_folder
from controld.rpc.answers import CallFailed, Code, Result

MAX_FILE_BYTES = 16 << 20  # a pedalboard is some 50 kB


Settings = Callable[[], Mapping[str, object]]


class LocalMachine:
    """The machine that the daemon runs on; implements `call.Machine`. `own` are the service's own figures."""

    def __init__(self, own: Callable[[], Result], facts: Callable[[], Facts], settings: Settings) -> None:
        self._own = own
        self._facts = facts
        self._settings = settings
        self._words: Mapping[str, Callable[[], Result]] = {
            "process": self._process, "system": self._system, "info": _info, "cpu": _cpu, "memory": _memory,
            "disk": _disk,
        }  # fmt: skip

    def figures(self, what: str) -> Result:
        """Return figures by a word for them."""
        return self._words[what]()

    def settings(self) -> Mapping[str, object]:
        """Return the settings in force by key. Raises CallFailed where the files cannot be read now."""
        try:
            return self._settings()
        except ControldError as error:
            raise CallFailed(Code.INVALID_PARAMETERS, f"the settings cannot be read now: {error}") from error

    def read_json(self, filename: str) -> object:
        """Return what is in a JSON file. Raises CallFailed where there is none."""
        path = _path(filename)
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise CallFailed(Code.INVALID_PARAMETERS, f"{path} is too large for a pedalboard", filename=filename)
            found: object = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            text = f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
            raise CallFailed(Code.INVALID_PARAMETERS, text, filename=filename) from error
        return found

    def write_json(self, filename: str, data: Result) -> str:
        """Write a JSON file whole or not at all, and return its path. Raises CallFailed where it cannot be."""
        path = _path(filename)
        beside = path.with_name(f".{path.name}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            text = f"{path} cannot be written: {error.strerror}"
            raise CallFailed(Code.INVALID_PARAMETERS, text, filename=filename) from error
        return str(path)

    def _process(self) -> Result:
        facts = self._facts()
        return {
            "uptime_seconds": round(facts.uptime_s, 3),
            "memory_mb": round(facts.memory_bytes / 2**20, 2),
            "cpu_percent": round(facts.cpu_percent, 2),
            "num_threads": facts.threads,
            **self._own(),
        }

    def _system(self) -> Result:
        uptime_s = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
        return {
            "uptime": uptime_s,
            "load_avg": list(os.getloadavg()),
            "memory": _memory(),
            "disk": _disk()["/"],
            "cpu_percent": _cpu()["estimated_percent"],
            "timestamp": datetime.now().isoformat(),  # local, without a zone, as elsewhere
        }


def _info() -> Result:
    return {
        "system": platform.system(),
        "release": platform.release(),
        "version": platform.version(),
        "machine": platform.machine(),
        "processor": platform.processor(),
        "hostname": platform.node(),
        "python_version": platform.python_version(),
        "cpu_count": os.cpu_count(),
    }


def _cpu() -> Result:
    load, processors = os.getloadavg(), os.cpu_count() or 1
    return {"load_avg": list(load), "estimated_percent": round(min(100.0, 100 * load[0] / processors), 2)}


def _memory() -> Result:
    found: dict[str, int] = {}
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        name, _, rest = line.partition(":")
        found[name] = int(rest.split()[0]) * 1024  # "kB"
    total, available = found.get("MemTotal", 0), found.get("MemAvailable", 0)
    percent = round(100 * (total - available) / total, 2) if total else 0.0
    return {"total": total, "available": available, "used": total - available, "percent": percent}


def _disk() -> Result:
    usage = shutil.disk_usage("/")
    percent = round(100 * usage.used / usage.total, 2) if usage.total else 0.0
    return {"/": {"total": usage.total, "used": usage.used, "free": usage.free, "percent": percent}}


def _path(filename: str) -> Path:
    """Return where a file is: as it is named, or in `exports` beside the library; always one of JSON.

    Raises CallFailed where it cannot be the name of a file.
    """
    if "\0" in filename or not filename.strip():
        raise CallFailed(Code.INVALID_PARAMETERS, "this cannot be the name of a file", filename=filename)
    path = Path(filename).expanduser()
    if path.suffix.lower() != ".json":
        path = path.with_name(f"{path.name}.json")
    return path if path.is_absolute() else data_folder() / "exports" / path
