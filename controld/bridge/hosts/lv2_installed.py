"""The plugins installed on this machine, as far as their bundles describe them; kept on disk until a bundle changes.

A shell. The bundles are read by a process of its own (`lv2_scan`), which nobody waits for but the very first time.
"""

import hashlib
import json
import logging
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

from controld.bridge.hosts.catalogue import Plugin, Preset, load_catalogue, parse_plugin

VERSION: Final = 1
SCAN: Final = (sys.executable, "-m", "controld.bridge.hosts.lv2_scan")

log = logging.getLogger("controld.bridge.lv2")


def lv2_folders() -> list[Path]:
    """Return where bundles are looked for: `LV2_PATH`, else where lilv looks by itself."""
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    usual = f"~/.lv2:/usr/local/lib/lv2:/usr/lib/lv2:/usr/lib/{multiarch}/lv2"
    return [Path(part).expanduser() for part in (os.environ.get("LV2_PATH") or usual).split(":") if part]


def fingerprint(folders: list[Path]) -> str:
    """Return a text that is another one when a bundle came, went or was changed; "" where there are none."""
    found = sorted(_bundles(folders))
    return hashlib.sha256(json.dumps(found).encode()).hexdigest() if found else ""


def _bundles(folders: list[Path]) -> Iterator[tuple[str, int]]:
    for folder in folders:
        with suppress(OSError):
            for entry in os.scandir(folder):
                if entry.name.endswith(".lv2"):
                    with suppress(OSError):
                        yield entry.path, max(entry.stat().st_mtime_ns, _changed(Path(entry.path, "manifest.ttl")))


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def cache_path() -> Path:
    """Return the file for the present `LV2_PATH`: in `XDG_CACHE_HOME` (default ~/.cache)."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    name = hashlib.sha256(os.environ.get("LV2_PATH", "").encode()).hexdigest()[:12]
    return base / "controld" / f"lv2-{name}.json"


class Installed:
    """What is installed; the packaged descriptions where nothing is, or nothing can be read.

    `settled` is False until there is something to go by. `pump` goes on, `refresh` looks whether bundles changed.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self.plugins: Mapping[str, Plugin] = load_catalogue()
        self.settled = False
        self._cache = cache or cache_path()
        self._read = ""  # the fingerprint of what `plugins` are
        self._wanted = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self._take(_read_cache(self._cache), "")
        self.refresh()

    def refresh(self) -> None:
        """Have the bundles read again where they are not what they were."""
        found = fingerprint(lv2_folders())
        if not found or found == self._read:
            self.settled = True
        elif found != self._wanted:
            self._abandon()
            self._start(found)

    def pump(self) -> None:
        """Take what was read, once it was."""
        if self._process is None or self._output is None or self._process.poll() is None:
            return
        code = self._process.returncode
        self._output.seek(0)
        text = self._output.read()
        wanted = self._wanted
        self._abandon()
        self._wanted = wanted  # it is not read again before it changes
        self.settled = True
        if code == 0 and self._take(text, wanted):
            log.info("%d installed LV2 plugins were read", len(self.plugins))
            _write_cache(self._cache, wanted, text)
        else:
            log.warning("the installed LV2 plugins cannot be read (liblilv is needed); those that are known are used")

    def add_preset(self, plugin_uri: str, preset: Preset) -> None:
        """Know a preset that was saved just now, before its bundle is read."""
        plugin = self.plugins.get(plugin_uri)
        if plugin is not None:
            others = tuple(each for each in plugin.presets if each.uri != preset.uri)
            self.plugins = {**self.plugins, plugin_uri: replace(plugin, presets=(*others, preset))}

    def close(self) -> None:
        """Stop reading."""
        self._abandon()

    def _start(self, wanted: str) -> None:
        self._wanted = wanted
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `_abandon`
        try:
            self._process = subprocess.Popen(
                SCAN, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            log.warning("the installed LV2 plugins cannot be read: %s", error)
            self._abandon()
            self.settled = True

    def _abandon(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
        output, self._output = self._output, None
        if output is not None:
            output.close()
        self._wanted = ""

    def _take(self, text: bytes, wanted: str) -> bool:
        """Take a list of plugins, or what the cache keeps (with its own fingerprint); False where it is neither."""
        try:
            found = json.loads(text)
            if not wanted:
                if found["version"] != VERSION:
                    return False
                wanted, found = str(found["fingerprint"]), found["plugins"]
            plugins = {entry["uri"]: parse_plugin(entry) for entry in found}
        except (ValueError, TypeError, KeyError, AttributeError):
            return False
        if plugins:
            self.plugins, self._read, self.settled = dict(sorted(plugins.items())), wanted, True
        return bool(plugins)


def _read_cache(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _write_cache(path: Path, wanted: str, text: bytes) -> None:
    head = json.dumps({"version": VERSION, "fingerprint": wanted})[:-1].encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(head + b', "plugins": ' + text + b"}")
        fresh.replace(path)
    except OSError as error:
        log.debug("what was read of the LV2 plugins cannot be kept: %s", error)
