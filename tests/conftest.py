"""What holds for all tests: nothing that this machine keeps of its own is seen, and nothing is kept there."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_folders() -> Iterator[None]:
    """Folders of the tests' own for caches, data (the library) and state, for this process and its children."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
        for kind in ("CACHE", "DATA", "STATE"):
            environment.setenv(f"XDG_{kind}_HOME", str(Path(folder) / kind.lower()))
        yield
