"""A bridge with faults, a rig attached to it, and a player in a hurry: for the tests of what survives.

Judged by what the host really holds, asked past the daemon by raw `param_get`.
"""

import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import zmq
from rig_process import BOARD, RigProcess, Tablet, wait_for
from troubled_rig import status

# What the tests play and look at: the address a tablet uses, and where the host has it.
CELLS = {
    "/effect/drive/bypass": (1, ":bypass"),
    "/effect/drive/drive": (1, "drive"),
    "/effect/drive/muffle": (1, "muffle"),
    "/effect/leslie/bypass": (2, ":bypass"),
    "/effect/leslie/output": (2, "output"),
}
SWITCHES = [address for address, (_, symbol) in CELLS.items() if symbol == ":bypass"]
FADERS = [address for address in CELLS if address not in SWITCHES]


class BadBridge:
    """A bridge with faults at the endpoints of a rig; `keep_alive` starts it again whenever it died."""

    def __init__(self, rig: RigProcess, faults: str) -> None:
        options = ["--endpoint", rig.command, "--events", rig.events, "--health", rig.health, "--faults", faults]
        self._line = [sys.executable, "-m", "controld.bridge.main", *options]
        self._endpoint = rig.command
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._ended = threading.Event()
        self.deaths: list[int] = []
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep_alive, daemon=True)
        self._keeper.start()

    def _start(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(self._line, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        with process.stderr:
            assert "controld bridge: " in process.stderr.readline()
        return process

    def _keep_alive(self) -> None:
        while not self._ended.wait(0.02):
            if self._process.poll() is not None:
                self.deaths.append(self._process.returncode)
                self._process = self._start()

    def ask(self, **request: str) -> dict[str, Any]:
        """Return what the bridge answers; {} where it does not, or not with an object."""
        with self._context.socket(zmq.REQ) as req:
            req.set(zmq.LINGER, 0)
            req.set(zmq.RCVTIMEO, 2000)
            req.connect(self._endpoint)
            req.send(json.dumps(request).encode())
            try:
                answer = json.loads(req.recv())
            except (zmq.Again, ValueError):
                return {}
            return answer if isinstance(answer, dict) else {}

    def command(self, line: str) -> str:
        """Return what the host itself answers, however often it has to be asked."""

        def ask() -> str:
            answer = self.ask(command=line).get("status")
            return answer if isinstance(answer, str) and answer.startswith("resp ") else ""

        return wait_for(ask, f"an answer to {line}")

    def value(self, address: str) -> float | None:
        """Return what the host has at a cell; None where it has not (yet) got it."""
        words = self.command("param_get {} {}".format(*CELLS[address])).split()
        return float(words[2]) if words[1] == "0" else None

    def close(self) -> None:
        """End it for good."""
        self._ended.set()
        self._keeper.join()
        self._process.kill()
        self._process.wait()
        self._context.term()


@contextmanager
def playing(folder: Path, faults: str, board: str = BOARD) -> Iterator[tuple[RigProcess, BadBridge, Tablet]]:
    """Run a rig with a bad bridge until the block ends; the daemon has to live, and to stop in order."""
    rig = RigProcess(folder, engine="bridge")
    rig.write("board.yaml", board)
    bridge = BadBridge(rig, faults)
    try:
        rig.start()
        with Tablet(rig.osc_port) as tablet:
            tablet.send("/controld/hello")
            wait_for(lambda: tablet.newest("/status")[:1] == ("up",), "the engine", 20)
            yield rig, bridge, tablet
        errors = status(rig)["counters"]["errors"]
        assert rig.stop() == 0, rig.text
        assert errors == 0, rig.text
        assert "Traceback" not in rig.text, rig.text
    finally:
        rig.process.kill()
        rig.process.wait()
        bridge.close()


class Truth(Protocol):
    """Whoever knows what the host holds."""

    def value(self, address: str) -> float | None:
        """Return what the host has at a cell; None where it has not (yet) got it."""
        ...


def settle(rig: RigProcess, bridge: Truth, tablet: Tablet) -> dict[str, float | None]:
    """Wait until the rig is at rest and shows, to old and new tablets, what the host holds; return that."""

    def look() -> dict[str, float | None]:
        if status(rig)["engine"] != "up":
            return {}  # asking now would only take the bridge's time from the repair
        held = {address: bridge.value(address) for address in CELLS}
        with Tablet(rig.osc_port) as newcomer:
            newcomer.send("/controld/hello")
            wait_for(lambda: newcomer.newest("/status") and newcomer.newest("/effect/leslie/output"), "the state")
            tablet.listen()
            at_rest = newcomer.heard["/status"][0] == "up"
            shown = all(alike(newcomer.heard[address][0], value) for address, value in held.items())
        return held if at_rest and shown and status(rig)["engine"] == "up" else {}

    return wait_for(look, f"rest and truth; {rig.text[-2000:]}", 20)


def alike(a: object, b: object) -> bool:
    """Tell whether two numbers are the same to what `param_get` prints."""
    return isinstance(a, int | float) and isinstance(b, int | float) and abs(a - b) < 1e-3


def storm(tablet: Tablet, rng: random.Random, moves: int = 60) -> dict[str, float]:
    """Press, sweep and recall as a player in a hurry; return what was asked last of each cell since the last recall."""
    asked: dict[str, float] = {}
    for _ in range(moves):
        chance = rng.random()
        if chance < 0.05:
            tablet.send("/snapshot", rng.choice(["Clean", "Lead"]))
            asked = {}
        else:
            address = rng.choice(SWITCHES if chance < 0.4 else FADERS)
            asked[address] = rng.randrange(2) if address in SWITCHES else round(rng.random(), 3)
            tablet.send(address, asked[address])
        threading.Event().wait(rng.random() * 0.03)  # the rhythm of the player, not a hope
        tablet.listen()
    return asked
