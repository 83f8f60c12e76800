"""Looking at a running rig from outside while it is maltreated: its counters, its whole state, and whether it plays."""

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from rig_process import RigProcess, Tablet, wait_for


def status(rig: RigProcess) -> dict[str, Any]:
    """Return what the daemon says of itself."""
    with door(rig) as client, client.makefile("rb") as lines:
        client.sendall(b'{"do": "status"}\n')
        answer: dict[str, Any] = json.loads(lines.readline())
        return answer


def door(rig: RigProcess) -> socket.socket:
    """Open the daemon's own socket."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(5)
    client.connect(str(rig.socket))
    return client


def counters(rig: RigProcess, surface: str = "tablet") -> Counter[str]:
    """Return what a surface counted."""
    return Counter(status(rig)["counters"][surface])


def dump(rig: RigProcess) -> dict[str, tuple[object, ...]]:
    """Return everything a new tablet is told, by address."""
    with Tablet(rig.osc_port) as client:
        client.send("/controld/hello")
        client.send("/controld/ping", 7)
        client.wait("/controld/pong", 7)
        wait_for(lambda: client.newest("/lead") and client.newest("/effect/leslie/bypass"), "the full state")
        return {address: args for address, args in client.heard.items() if not address.startswith("/controld/")}


def open_files(rig: RigProcess) -> int:
    """Return how many files and sockets the daemon has open."""
    return len(list(Path(f"/proc/{rig.process.pid}/fd").iterdir()))


def memory(rig: RigProcess) -> int:
    """Return the daemon's resident memory in bytes."""
    pages = Path(f"/proc/{rig.process.pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def assert_a_press_acts(tablet: Tablet) -> None:
    """Step on a switch and off again, as a player would in the middle of it."""
    for active in (1, 0):
        tablet.send("/effect/drive/active", active)
        tablet.wait("/effect/drive/active", active)


def monitor_header(rig: RigProcess) -> str:
    """Return what `controld monitor` prints first."""
    environment = {**os.environ, "CONTROLD_SOCKET": str(rig.socket)}
    command = [sys.executable, "-m", "controld.cli", "monitor"]
    watcher = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert watcher.stdout is not None
    with watcher.stdout:
        lines: list[str] = []
        while not lines or not lines[-1].startswith("# counted"):
            lines.append(watcher.stdout.readline())
            assert lines[-1].startswith("#"), lines
        watcher.terminate()
        watcher.wait(5)
    return "".join(lines)
