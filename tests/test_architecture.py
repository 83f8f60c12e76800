"""The directions of imports and the sizes of things, read from the source."""

import ast
import sys
from pathlib import Path

import pytest

import controld

ROOT = Path(controld.__file__).parent
IMPURE = {"asyncio", "jack", "logging", "mido", "os", "pathlib", "pythonosc", "random", "rtmidi", "socket"}
IMPURE |= {"subprocess", "threading", "time", "yaml", "zmq"}

# Rooms from the ground up: a module may import what stands in rows before its own, and its own room. Where a room's row
# names a prefix, every module that begins so belongs to it.
ROWS: list[dict[str, tuple[str, ...]]] = [
    {"errors": ("errors",)},
    {
        "values": ("values",),
        "osc patterns": ("osc_pattern",),
        "midi bytes": ("midi_stream",),
        "ownership": ("ownership",),
    },
    {"documents": ("document", "shape")},
    {
        "differences": ("differences",),
        "vocabulary": ("events", "actions", "changes", "engine_figures", "feedback", "figures"),
    },
    {"mappings": ("mappings",), "session": ("session",)},
    {
        "osc codec": ("osc_", "oscquery_"),
        "midi codec": ("midi_",),
        "importers": ("importers",),
        "bridge codec": ("bridge.protocol", "bridge.modhost_protocol", "bridge.jsoncpp"),
    },
    {"screen colours": ("screen_colors",)},
    {
        "core": ("rig", "trace", "standin", "offline", "trial", "service", "metrics"),
        "layouts": ("layouts",),
        "cards": ("cards",),
        "learning": ("learn_hear", "learn_guess", "learn_profile", "learn_lesson", "learn_touch"),
    },
    {
        "calls": (
            "rpc.answers", "rpc.call", "rpc.dispatch", "rpc.events", "rpc.methods", "rpc.page", "rpc.registry",
            "rpc.shapes", "rpc.wire",
        ),
    },
    {"terminal": ("terminal",), "log": ("log_setup",), "places": ("places", "library_names")},
    {
        "surfaces": ("surfaces",),
        "bridge client": ("bridge.client", "bridge.link", "bridge.supervisor"),
        "bridge server": ("bridge.server", "bridge.api_", "bridge.faults", "bridge.hosts", "bridge.main"),
        "configuration": ("config", "yaml_reader", "check", "rehearse"),
        "door": ("control", "watch", "simulate"),
        "file watch": ("file_watch",),
        "store": ("store", "library", "librarian"),
        "hub": ("hub",),
        "health": ("health",),
        "web server": ("web_server",),
        "systemd": ("systemd",),
        "programs": ("rpc.machine", "rpc.service", "rpc.sockets"),
        "ports": ("ports",),
    },
    {
        "reload": ("reload", "generations", "rollback", "restore"),
        "desk": ("rig_desk",),
        "meeting": ("meeting", "own_addresses", "qr"),
    },
    {
        "advice": ("advice",),
        "layout command": ("layouts.command",),
        "card command": ("cards.command",),
        "settings": ("settings", "status", "service_unit"),
        "trials": ("trials", "playing", "keys"),
    },
    {"learn": ("learn",), "programs": ("web_metrics", "web_oscquery", "web_audience", "web_reception", "discovery")},
    {"downloads": ("layouts.downloads",), "pair": ("pair",)},
    {
        "daemon": ("daemon", "memory", "tracer", "run", "services", "surface_set", "engine_start"),
        "import command": ("importers.command", "importers.files"),
    },
    {"command line": ("cli", "bootstrap", "__main__")},
]  # fmt: skip
PURE_ROWS = 8
# `controld ports` is a view of the surfaces, `check` may ask the catalogue which symbols a plugin has.
ALLOWED = {("ports", "surfaces"), ("ports", "configuration"), ("configuration", "bridge server")}
# The virtual host's own state is pure, the rest of that room is a shell.
MODULES = sorted(path for path in ROOT.rglob("*.py") if path.name != "__init__.py")


def name_of(path: Path) -> str:
    """Return a module's name below the package."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def place_of(module: str) -> tuple[int, str]:
    """Return row and room; the longest prefix decides."""
    found = [
        (len(prefix), row, room)
        for row, rooms in enumerate(ROWS)
        for room, prefixes in rooms.items()
        for prefix in prefixes
        if module == prefix or module.startswith(prefix if prefix.endswith("_") else (f"{prefix}.", f"{prefix}_"))
    ]
    assert found, f"{module} stands in no room: give it one in ROWS"
    _, row, room = max(found)
    return row, room


def imports_of(path: Path) -> set[str]:
    """Return the full names of everything a module imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_run_downwards(path: Path) -> None:
    """No module imports from a row above it, nor from another room of its own row."""
    row, room = place_of(name_of(path))
    for imported in imports_of(path):
        if not imported.startswith("controld."):
            continue
        module = imported.removeprefix("controld.")
        if module in {"bridge", "rpc", "surfaces", "mappings", "session", "bridge.hosts"}:
            continue
        other_row, other_room = place_of(module)
        fits = other_room == room or other_row < row or (room, other_room) in ALLOWED
        assert fits, f"{name_of(path)} ({room}) imports {imported} ({other_room})"


@pytest.mark.parametrize("path", [path for path in MODULES if place_of(name_of(path))[0] < PURE_ROWS], ids=name_of)
def test_the_core_is_pure(path: Path) -> None:
    """No IO, no clock, no threads, no chance in anything below the shells."""
    impure = {name.partition(".")[0] for name in imports_of(path)} & IMPURE
    assert not impure, f"{name_of(path)} imports {', '.join(sorted(impure))}"


def functions_of(path: Path) -> list[tuple[str, int]]:
    """Return the functions of a module with their lengths in lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        (node.name, (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_and_functions_stay_small(path: Path) -> None:
    """No file over 400 lines, no function over 50."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    too_long = [f"{name}: {lines}" for name, lines in functions_of(path) if lines > 50]
    assert not too_long


def test_functions_fit_the_eye() -> None:
    """The median function is under 10 lines."""
    lengths = sorted(lines for path in MODULES for _, lines in functions_of(path))
    assert lengths[len(lengths) // 2] < 10


def test_every_module_can_be_imported_alone() -> None:
    """No module needs another to be imported first."""
    import subprocess

    names = [f"controld.{name_of(path)}" for path in MODULES if path.name != "__main__.py"]
    script = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    for loaded in [m for m in sys.modules if m.startswith('controld')]:\n"
        "        del sys.modules[loaded]\n"
        "    importlib.import_module(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *names], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
