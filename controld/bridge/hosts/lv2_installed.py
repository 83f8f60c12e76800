"""The plugins installed on this machine, as far as their bundles describe them; kept on disk until a bundle changes.

A shell. The bundles are looked at and read by a process of its own (`lv2_scan`), which nobody waits for but the very
first time; meanwhile what was kept serves.
"""

import logging
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from controld.bridge.hosts.catalogue import Preset, load_catalogue
from controld.bridge.hosts.lv2_cache import Shelf, bundles, cache_path, lv2_folders, parse_document, read_cache

SCAN: Final = (sys.executable, "-m", "controld.bridge.hosts.lv2_scan")
UNCHANGED: Final = 3  # the exit code of `lv2_scan` where the bundles are those that are known
_A_TURN: Final = 2  # plugins taken apart in advance at a time: 0.6 ms

log = logging.getLogger("controld.bridge.lv2")


@dataclass(frozen=True, slots=True)
class Scan:
    """What came of looking at the bundles: the plugins there are, and what came and went."""

    plugins: int
    added: int = 0
    removed: int = 0
    new_bundles: tuple[str, ...] = ()


class Installed:
    """What is installed; the packaged descriptions where nothing is, or nothing can be read.

    `settled` is False until there is something to go by. `pump` goes on, `refresh` looks whether bundles changed.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache or cache_path()
        kept = read_cache(self._cache)
        self.plugins = Shelf(load_catalogue()) if kept is None else kept
        self.settled = kept is not None
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self._again = self._failed = False
        self.refresh()

    def refresh(self) -> None:
        """Have the bundles looked at, and read where they are not what they were; `pump` tells the end of it."""
        if self._process is not None:
            self._again = True  # a bundle may have changed that was looked at already
        elif next(bundles(lv2_folders()), None) is None:
            self.settled = True
        else:
            self._start()

    @property
    def looking(self) -> bool:
        """Whether the end of a look is still to come."""
        return self._process is not None

    def pump(self) -> Scan | None:
        """Go on with what can be done without waiting; returns what a look brought, once it has ended."""
        if self._process is None or self._output is None:
            self.plugins.warm(_A_TURN)
            return None
        if self._process.poll() is None:
            return None
        code = self._process.returncode
        self._output.seek(0)
        text = self._output.read()
        self.close()
        scan = self._take(code, text)
        if self._again:
            self.refresh()
        return scan

    def add_preset(self, plugin_uri: str, preset: Preset) -> None:
        """Know a preset that was saved just now, before its bundle is read."""
        plugin = self.plugins.get(plugin_uri)
        if plugin is not None:
            others = tuple(each for each in plugin.presets if each.uri != preset.uri)
            self.plugins.put(replace(plugin, presets=(*others, preset)))

    def close(self) -> None:
        """Stop looking."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
        output, self._output = self._output, None
        if output is not None:
            output.close()

    def _start(self) -> None:
        self._again = False
        command = [*SCAN, self.plugins.fingerprint, str(self._cache)]
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            self.close()
            self._give_up(str(error))

    def _take(self, code: int, text: bytes) -> Scan:
        old = self.plugins
        found = parse_document(text) if code == 0 else None
        if code == UNCHANGED:
            self.settled = True
        elif found is None:
            self._give_up("liblilv is needed")
        else:
            self.plugins, self.settled, self._failed = found, True, False
            log.info("%d installed LV2 plugins were read", len(found))
            if old.stamps:  # what is known for the first time is no news
                new = tuple(bundle for bundle in found.stamps if bundle not in old.stamps)
                return Scan(len(found), len(found.keys() - old.keys()), len(old.keys() - found.keys()), new)
        return Scan(len(self.plugins))

    def _give_up(self, reason: str) -> None:
        self.settled = True
        if not self._failed:
            self._failed = True
            log.warning("the installed LV2 plugins cannot be read (%s); those that are known are used", reason)
