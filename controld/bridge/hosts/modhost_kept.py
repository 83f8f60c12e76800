"""What was loaded in a mod-host, kept on disk: mod-host outlives its bridge and never says what its effects are.

A shell. A hint and no more: whoever reads it asks mod-host whether it is so. One small file for each address.
"""

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from controld.bridge.hosts.base import HostEffect
from controld.places import data_folder

log = logging.getLogger("controld.bridge.mod-host")

Kept = dict[int, tuple[str, str]]
"""URI and preset ("" for none) by instance."""


def kept_path(address: tuple[str, int]) -> Path:
    """Return the file for the mod-host at an address."""
    host, port = address
    return data_folder() / f"mod-host-{host.replace(':', '_').replace('/', '_')}-{port}.json"


def read_kept(path: Path) -> Kept:
    """Return what was kept; nothing where there is no file or it cannot be understood."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        found = json.loads(path.read_text(encoding="utf-8"))["effects"]
        return {int(number): (str(uri), str(preset)) for number, (uri, preset) in found.items()}
    return {}


def write_kept(path: Path, effects: Mapping[int, HostEffect]) -> None:
    """Keep what is loaded; a disk that does not take it costs the hint, and is no reason to stop."""
    found = {number: (effect.uri, effect.preset) for number, effect in effects.items() if effect.uri}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"version": 1, "effects": found}), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        log.debug("what is loaded cannot be kept: %s", error)
