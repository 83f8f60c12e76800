"""A small rig in a folder, for the tests of reloading and of what is kept."""

from pathlib import Path

RIG = """\
version: 1
surfaces:
  floor: {profile: floor, midi: {in: "*floor*"}}
pedalboards: [boards/*.yaml]
mappings: [mappings/*.yaml]
"""
FLOOR = "version: 1\ncontrols:\n  fs{1..4}: {cc: '{20..23}', kind: button}\n"
BOARD = """\
version: 1
name: Stage
effects: {drive: {plugin: "http://example.org/drive"}}
snapshots: {Clean: {drive: {bypassed: true}}, Lead: {drive: {bypassed: false}}}
"""
MAP = "version: 1\nrules:\n  - when: floor.fs1\n    do: {bypass: drive}\n"


def save(path: Path, text: str) -> None:
    """Save a file as careful editors do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}~")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def write_rig(folder: Path) -> Path:
    """Write a rig; return its `controld.yaml`."""
    save(folder / "controld.yaml", RIG)
    save(folder / "surfaces" / "floor.yaml", FLOOR)
    save(folder / "boards" / "stage.yaml", BOARD)
    save(folder / "mappings" / "stage.yaml", MAP)
    return folder / "controld.yaml"


def with_action(action: str) -> str:
    """Return the mapping with another action on the switch."""
    return MAP.replace("{bypass: drive}", action)
