"""Where a preset is saved; mod-host writes it."""

import re
from dataclasses import dataclass
from pathlib import Path

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class PresetPlace:
    """A bundle's directory, and the file within it that holds the preset."""

    directory: str
    file: str


def preset_place(plugin_name: str, label: str, path: str) -> PresetPlace:
    """Return where a preset goes: `path` names its file (.ttl) or its bundle; "" makes one in the user's LV2 path."""
    file = f"{_slug(label)}.ttl"
    given = Path(path or f"~/.lv2/{_slug(plugin_name)}-{_slug(label)}.preset.lv2").expanduser()
    return PresetPlace(str(given.parent), given.name) if given.suffix == ".ttl" else PresetPlace(str(given), file)


def _slug(text: str) -> str:
    return _UNSAFE.sub("_", text).strip("_.") or "preset"
