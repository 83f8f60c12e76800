"""The engine is killed at every request of a change of pedalboard, by real processes: what becomes of the rig.

Judged by what the host really holds, asked past the daemon: exactly the wished pedalboard, and nothing twice.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq
from bridge_process import ANY_PORT
from rig_process import DELAY_URI, DRIVE_URI, RigProcess, Tablet, free_port, wait_for
from served_modhost import ModHostThread, free_pair
from troubled_rig import status

DETUNE_URI = "http://drobilla.net/plugins/mda/Detune"
BOARDS = {
    "Stage": f"""\
version: 1
name: Stage
effects:
  drive: {{plugin: "{DRIVE_URI}", parameters: {{drive: 0.25}}}}
  leslie: {{plugin: "{DELAY_URI}", bypassed: true}}
connections:
  - [system:capture_1, drive:left_in]
  - [drive:left_out, leslie:left_in]
  - [leslie:left_out, system:playback_1]
""",
    "Hall": f"""\
version: 1
name: Hall
effects:
  drive: {{plugin: "{DRIVE_URI}", bypassed: true, parameters: {{drive: 0.75}}}}
  detune: {{plugin: "{DETUNE_URI}", parameters: {{mix: 0.5}}}}
connections:
  - [system:capture_1, drive:left_in]
  - [drive:left_out, detune:left_in]
  - [detune:left_out, system:playback_1]
""",
}
# What each pedalboard comes to: by plugin whether it is bypassed and a value, and the connections by plugin.
Held = tuple[dict[str, tuple[bool, float | None]], set[tuple[str, str]]]
WISHED: dict[str, Held] = {
    "Stage": (
        {DRIVE_URI: (False, 0.25), DELAY_URI: (True, None)},
        {("system", DRIVE_URI), (DRIVE_URI, DELAY_URI), (DELAY_URI, "system")},
    ),
    "Hall": (
        {DRIVE_URI: (True, 0.75), DETUNE_URI: (False, 0.5)},
        {("system", DRIVE_URI), (DRIVE_URI, DETUNE_URI), (DETUNE_URI, "system")},
    ),
}
SYMBOLS = {DRIVE_URI: "drive", DETUNE_URI: "mix"}
KILLS = 200


def held(reply: dict[str, Any]) -> Held:
    """Return what a bridge lists, in the words above; an effect that is there twice is no mapping of these."""
    effects = reply["effects"]
    uris = {f"effect_{number}": each["uri"] for number, each in effects.items()}
    assert len(set(uris.values())) == len(uris), f"doubled: {uris}"
    values: dict[str, tuple[bool, float | None]] = {}
    for each in effects.values():
        symbol = SYMBOLS.get(each["uri"])
        values[each["uri"]] = bool(each["bypassed"]), None if symbol is None else round(each["values"][symbol], 4)
    clients = [tuple(port.partition(":")[0] for port in pair) for pair in reply["connections"]]
    return values, {(uris.get(a, a), uris.get(b, b)) for a, b in clients if a != "mod-monitor"}  # its own


class Killed:
    """A rig whose bridge can be told when to die; with a port, it is the mod-host there that can be told so."""

    def __init__(self, folder: Path, *options: str, mod_host: int = 0) -> None:
        engine = f"mod-host, address: '127.0.0.1:{mod_host}'" if mod_host else "bridge"
        self.rig = RigProcess(folder, engine=engine)
        for name, text in BOARDS.items():
            self.rig.write(f"{name.lower()}.yaml", text)
        path = folder / "controld.yaml"
        boards = "pedalboards: [stage.yaml, hall.yaml]\nstartup: {pedalboard: Stage}"
        path.write_text(path.read_text("utf-8").replace("pedalboards: [board.yaml]", boards), "utf-8")
        self.rig.write("map.yaml", "version: 1\nrules: []\n")
        self._port = free_port()
        own = ["--endpoint", self.rig.command, "--events", self.rig.events, "--health", self.rig.health]
        endpoints = [*ANY_PORT, "--serve-mod-host", str(mod_host)] if mod_host else own
        line = [sys.executable, str(Path(__file__).parent / "killing_bridge.py"), str(self._port), *endpoints, *options]
        self._parent = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.children: list[int] = []
        threading.Thread(target=self._read, daemon=True).start()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()

    def _read(self) -> None:
        assert self._parent.stdout is not None
        with self._parent.stdout:
            for line in self._parent.stdout:
                self.children.append(int(line.split()[1]))

    def steer(self, words: str) -> str:
        """Say when to die, or ask how many requests there were."""
        with socket.create_connection(("127.0.0.1", self._port), 5) as door:
            door.sendall(words.encode())
            return door.recv(100).decode().strip()

    def effects(self) -> dict[str, Any] | None:
        """Return what the host holds; None where the bridge does not answer."""
        with self._context.socket(zmq.REQ) as req:
            req.set(zmq.LINGER, 0)
            req.set(zmq.RCVTIMEO, 1000)
            req.connect(self.rig.command)
            req.send(b'{"action": "effects"}')
            try:
                reply: dict[str, Any] = json.loads(req.recv())
            except zmq.Again:
                return None
            return reply if "effects" in reply else None

    def settles_at(self, name: str) -> None:
        """Wait until the rig says that a pedalboard is loaded; the host has to hold that, and nothing else, then."""

        def look() -> bool:
            now = status(self.rig)
            return bool(now["engine"] == "up" and now["pedalboard"] == name and now["settled"])

        wait_for(look, f"{name}; {self.rig.text[-3000:]}", 20)
        reply = wait_for(self.effects, "an answer of the bridge")
        assert held(reply) == WISHED[name], self.rig.text[-3000:]

    def close(self) -> None:
        """End everything."""
        self.rig.process.kill()
        self.rig.process.wait()
        self._parent.kill()
        self._parent.wait()
        os.kill(self.children[-1], signal.SIGKILL)
        self._context.term()


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the daemon look for its bridge often."""
    monkeypatch.setenv("BRIDGE_RECONNECT_DELAY", "0.05")


@pytest.fixture
def mod_host() -> Iterator[ModHostThread]:
    """Run a mod-host with nothing loaded."""
    thread = ModHostThread()
    yield thread
    thread.kill()


def kill_at_every_point(killed: Killed, kills: int) -> None:
    """Change pedalboards to and fro, and have the bridge die at each request in turn, until it died so often."""
    rig = killed.rig
    rig.start()
    with Tablet(rig.osc_port) as tablet:
        killed.settles_at("Stage")
        points = {}
        for name in ("Hall", "Stage"):
            killed.steer("9999 before")
            tablet.send("/pedalboard", name)
            killed.settles_at(name)
            points[name] = int(killed.steer("0 before")) - 1  # the last one was ours
        assert min(points.values()) >= 8, points
        turn = [(at, when) for at in range(1, max(points.values()) + 1) for when in ("before", "after")]
        deaths, name, step = 0, "Stage", 0
        while deaths < kills:
            name = "Hall" if name == "Stage" else "Stage"
            at, when = turn[(step // 2) % len(turn)]
            step += 1
            lives = len(killed.children)
            assert killed.steer(f"{at} {when}") == "armed"
            tablet.send("/pedalboard", name)
            if at <= points[name]:
                wait_for(lambda lives=lives: len(killed.children) > lives, "its death")  # type: ignore[misc]
            killed.settles_at(name)
            deaths += len(killed.children) - lives
        assert status(rig)["counters"]["errors"] == 0
        assert "Traceback" not in rig.text, rig.text


def test_killed_with_all_that_it_held(tmp_path: Path) -> None:
    """At each request of the change, done and not answered or not done: the rig is at the new pedalboard in the end."""
    killed = Killed(tmp_path)
    try:
        kill_at_every_point(killed, KILLS - 60)
        assert "repaired: all 2 effects were missing" not in killed.rig.text  # a load that goes on is no repair
    finally:
        killed.close()


def test_killed_before_a_host_that_lives_on(tmp_path: Path, mod_host: ModHostThread) -> None:
    """The effects are there still, and what was in flight may be done or not: nothing is doubled."""
    killed = Killed(tmp_path, "--address", f"127.0.0.1:{mod_host.address[1]}")
    try:
        kill_at_every_point(killed, 40)
    finally:
        killed.close()


def test_a_killed_mod_host(tmp_path: Path) -> None:
    """Our own bridge lives on before it, and gives the next one everything."""
    killed = Killed(tmp_path, mod_host=free_pair())
    try:
        kill_at_every_point(killed, 20)
    finally:
        killed.close()
