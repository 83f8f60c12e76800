"""The shipped rig as a process: its own files, on ports of the test's own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rig_process import RigProcess, started

CONFIG = Path(__file__).parent.parent / "config"


def shipped(folder: Path, reply: str = "sender") -> RigProcess:
    """Return the shipped rig in a folder of its own, ready to be started; its engine is the simulated one."""
    rig = RigProcess(folder)
    shutil.copytree(CONFIG, folder, dirs_exist_ok=True)
    text = (CONFIG / "controld.yaml").read_text(encoding="utf-8")
    endpoints = f"endpoint: {rig.command}, events: {rig.events}, health: {rig.health}"
    text = text.replace("{type: virtual}", f"{{type: virtual, {endpoints}}}", 1)
    text = text.replace("listen: 127.0.0.1:9000, reply: sender", f"listen: 127.0.0.1:{rig.osc_port}, reply: {reply}", 1)
    rig.write("controld.yaml", text)
    return rig


@contextmanager
def playing(folder: Path, more: str = "") -> Iterator[RigProcess]:
    """Play the shipped rig, with `more` in its file, for the length of a block; it has to stop cleanly."""
    rig = shipped(folder)
    path = folder / "controld.yaml"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    with started(rig):
        yield rig
