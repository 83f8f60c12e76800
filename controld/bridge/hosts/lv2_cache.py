"""What was read of the installed LV2 plugins, as it is kept on disk, and how it is seen that a bundle changed.

A shell: it looks at folders and reads and writes one file. That has a line of JSON about all, and one for each plugin,
which is only taken apart when somebody asks for that plugin: some hundred of them take a tenth of a second.
"""

import hashlib
import json
import os
import sysconfig
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from controld.bridge.hosts.catalogue import Plugin, parse_plugin

VERSION: Final = 2
_BUNDLE: Final = ".lv2"
_DESCRIPTION: Final = ".ttl"
_NOT_SO: Final = (ValueError, TypeError, KeyError, AttributeError)  # what a file that is none of ours ends in
_NONE: Final[Mapping[str, Any]] = {}

Stamps = Mapping[str, str]
"""A bundle's path -> a text that is another one when the bundle is."""


def lv2_folders() -> list[Path]:
    """Return where bundles are looked for: `LV2_PATH`, else where lilv looks by itself."""
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    usual = f"~/.lv2:/usr/local/lib/lv2:/usr/lib/lv2:/usr/lib/{multiarch}/lv2"
    return [Path(part).expanduser() for part in (os.environ.get("LV2_PATH") or usual).split(":") if part]


def bundles(folders: Iterable[Path]) -> Iterator[str]:
    """Yield the paths of the bundles in some folders; a folder that is not there has none."""
    for folder in folders:
        with suppress(OSError), os.scandir(folder) as entries:
            yield from (entry.path for entry in entries if entry.name.endswith(_BUNDLE))


def stamp(bundle: str) -> str:
    """Return a text that is another one when a bundle or one of its descriptions is replaced or written to."""
    found: list[tuple[str, int, int, int]] = []
    with suppress(OSError), os.scandir(bundle) as entries:
        found = sorted(_seen(entry.name, entry.stat()) for entry in entries if entry.name.endswith(_DESCRIPTION))
    with suppress(OSError):
        found.append(_seen("", Path(bundle).stat()))
    return hashlib.blake2b(repr(found).encode(), digest_size=8).hexdigest()


def _seen(name: str, stat: os.stat_result) -> tuple[str, int, int, int]:
    return name, stat.st_ino, stat.st_mtime_ns, stat.st_size


def stamps(folders: Iterable[Path]) -> Stamps:
    """Return the stamps of all bundles in some folders; 25 ms for two hundred of them."""
    return {bundle: stamp(bundle) for bundle in bundles(folders)}


def fingerprint(of: Stamps) -> str:
    """Return a text that is another one when a bundle came, went or was changed; "" where there are none."""
    return hashlib.blake2b(json.dumps(sorted(of.items())).encode(), digest_size=16).hexdigest() if of else ""


def cache_path() -> Path:
    """Return the file for the present `LV2_PATH`: in `XDG_CACHE_HOME` (default ~/.cache)."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    name = hashlib.sha256(os.environ.get("LV2_PATH", "").encode()).hexdigest()[:12]
    return base / "controld" / f"lv2-{name}.json"


class Shelf(Mapping[str, Plugin]):
    """Plugins by URI in order of URI, each taken apart when it is asked for first; `known` are so already."""

    def __init__(self, known: Mapping[str, Plugin], lines: Mapping[str, bytes] = _NONE, of: Stamps = _NONE) -> None:
        self.stamps = of
        self._lines = dict(lines)
        self._known = dict(known)
        self._order = sorted({*self._known, *self._lines})

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the bundles these were read from; "" for plugins that were not read from any."""
        return fingerprint(self.stamps)

    def __getitem__(self, uri: str) -> Plugin:
        """Return a plugin.

        Raises:
            KeyError: where there is none of that URI, or its line says nothing.
        """
        found = self._known.get(uri)
        if found is None:
            line = self._lines[uri]
            try:
                found = self._known[uri] = parse_plugin(json.loads(line))
            except _NOT_SO as error:
                raise KeyError(uri) from error
        return found

    def __iter__(self) -> Iterator[str]:
        """Yield the URIs in their order."""
        return iter(self._order)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._order)

    def warm(self, count: int) -> None:
        """Take a few more plugins apart, so that whoever asks for all has not to wait for all."""
        for uri in list(islice((uri for uri in self._lines if uri not in self._known), count)):
            with suppress(KeyError):
                self[uri]

    def put(self, plugin: Plugin) -> None:
        """Have a plugin be another than it was read as."""
        self._known[plugin.uri] = plugin


def document(plugins: Iterable[dict[str, Any]], of: Stamps) -> bytes:
    """Return the text to keep: what is known of plugins, in the form of the catalogue, and of all bundles."""
    lines = {str(entry["uri"]): json.dumps(entry).encode() for entry in plugins}
    body = b"\n".join(lines.values())
    head = {"version": VERSION, "bundles": dict(of), "plugins": list(lines), "check": zlib.crc32(body)}
    return json.dumps(head).encode() + b"\n" + body


def parse_document(text: bytes) -> Shelf | None:
    """Return what `document` wrote; None where it is damaged, another version's, or has no plugins."""
    head_text, _, body = text.partition(b"\n")
    try:
        head = json.loads(head_text)
        uris = head["plugins"]
        if head["version"] != VERSION or head["check"] != zlib.crc32(body) or not uris:
            return None
        lines = dict(zip(map(str, uris), body.split(b"\n"), strict=True))
        return Shelf({}, lines, {str(path): str(each) for path, each in head["bundles"].items()})
    except _NOT_SO:
        return None


def read_cache(path: Path) -> Shelf | None:
    """Return what is kept in a file; None where there is none, or nothing that can be used."""
    try:
        return parse_document(path.read_bytes())
    except OSError:
        return None


def write_cache(path: Path, text: bytes) -> None:
    """Keep it; whoever reads meanwhile gets the old text or the new one, whole.

    Raises:
        OSError: the disk does not take it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as fresh:
        try:
            fresh.write(text)
            fresh.flush()
            os.fsync(fresh.fileno())
            Path(fresh.name).replace(path)
        except OSError:
            Path(fresh.name).unlink(missing_ok=True)
            raise
