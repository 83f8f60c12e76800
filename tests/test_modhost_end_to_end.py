"""The daemon with `engine: {type: mod-host}`: its own bridge as a child, and mod-host's protocol on real sockets.

Judged by what the mod-host really holds.
"""

import itertools
import json
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import zmq
from bad_bridge import CELLS, settle, storm
from dying_modhost import lives_at
from rig_process import DELAY_URI, DRIVE_URI, RigProcess, Tablet, wait_for
from served_modhost import ModHostThread, free_pair
from troubled_rig import status

_PINGS = itertools.count(1)


class ModHost(ModHostThread):
    """A mod-host that can be asked what it holds."""

    def value(self, address: str) -> float | None:
        number, symbol = CELLS[address]
        effect = self.host.effects().get(number)
        if effect is None:
            return None
        return float(effect.bypassed) if symbol == ":bypass" else effect.values.get(symbol)

    @property
    def loaded(self) -> dict[int, str]:
        return {number: effect.uri for number, effect in self.host.effects().items()}


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a JACK server and without plugins: what it really has is none of these tests' business."""
    monkeypatch.setenv("LV2_PATH", "/nowhere")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "controld-none")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")


@pytest.fixture
def mod_host() -> Iterator[ModHost]:
    with ModHost() as running:
        yield running


@contextmanager
def playing(folder: Path, mod_host: ModHost) -> Iterator[tuple[RigProcess, Tablet]]:
    """Run a rig at a mod-host until the block ends; it has to live, and to stop in order."""
    rig = RigProcess(folder, engine=f'mod-host, address: "127.0.0.1:{mod_host.address[1]}"')
    rig.start()
    try:
        with Tablet(rig.osc_port) as tablet:
            tablet.send("/controld/hello")
            until_up(tablet)
            yield rig, tablet
        assert status(rig)["counters"]["errors"] == 0, rig.text
        assert rig.stop() == 0, rig.text
        assert "Traceback" not in rig.text, rig.text
    finally:
        rig.process.kill()
        rig.process.wait()


def until_up(tablet: Tablet) -> None:
    wait_for(lambda: tablet.newest("/status")[:1] == ("up",), "the engine", 20)


def rest(rig: RigProcess, mod_host: ModHost, tablet: Tablet) -> dict[str, float | None]:
    """Wait until everything that was sent is done; return what mod-host holds."""
    number = next(_PINGS)
    tablet.send("/controld/ping", number)
    tablet.wait("/controld/pong", number)
    wait_for(lambda: status(rig)["settled"], "rest", 20)
    return settle(rig, mod_host, tablet)


def held(asked: dict[str, float], found: dict[str, float | None]) -> None:
    assert {address: found[address] for address in asked} == pytest.approx(asked, abs=1e-3)


def test_it_plays(tmp_path: Path, mod_host: ModHost) -> None:
    """Pedalboard, presses, sweeps and snapshots: mod-host holds what was asked, and so say all surfaces."""
    with playing(tmp_path, mod_host) as (rig, tablet):
        assert f"mod-host at 127.0.0.1:{mod_host.address[1]} (bridge on {rig.command})" in rig.text
        assert sorted(mod_host.loaded.values()) == sorted([DRIVE_URI, DELAY_URI])
        assert ("effect_1:left_out", "effect_2:left_in") in mod_host.host.connections()
        held(storm(tablet, random.Random(1)), rest(rig, mod_host, tablet))


def test_what_midi_moves_in_mod_host_is_seen_on_the_tablet(tmp_path: Path, mod_host: ModHost) -> None:
    """A pedal mapped in mod-host itself moves the fader of every surface, and ends where it was left."""
    with playing(tmp_path, mod_host) as (_rig, tablet):
        with mod_host.frozen:
            mod_host.host.execute("midi_map 1 muffle 0 20 0 1")
        for value in [*range(127), 64]:
            mod_host.midi(bytes([0xB0, 20, value]))
        tablet.wait("/effect/drive/muffle", 64 / 127)


def test_a_new_mod_host_is_given_everything_again(tmp_path: Path, mod_host: ModHost) -> None:
    """It dies in the middle of playing, at ten moments; each new one ends up with what was asked."""
    rng = random.Random(2)
    with playing(tmp_path, mod_host) as (rig, tablet):
        for _ in range(10):
            asked = storm(tablet, rng, moves=rng.randrange(12))
            mod_host.kill()
            asked |= storm(tablet, rng, moves=rng.randrange(4)) if rng.random() < 0.5 else {}
            mod_host.start()
            until_up(tablet)
            found = rest(rig, mod_host, tablet)
            held({address: value for address, value in asked.items() if address != "/effect/leslie/output"}, found)
            assert sorted(mod_host.loaded.values()) == sorted([DRIVE_URI, DELAY_URI])


def test_it_may_be_killed_at_every_command_of_a_load(tmp_path: Path) -> None:
    """Each new one is killed one command later; it is said, and the last of them holds the whole pedalboard."""
    port = free_pair()
    rig = RigProcess(tmp_path, engine=f'mod-host, address: "127.0.0.1:{port}"')
    with lives_at(port) as begin:
        rig.start()
        bridge = rig.bridge_pid()
        try:
            for commands in range(1, 100):
                process = begin(commands)
                wait_for(lambda: not _runs(process) or _whole(rig), "an end", 20)  # noqa: B023
                if _runs(process):
                    break
                wait_for(lambda: status(rig)["engine"] != "up", "the loss", 20)
            assert 15 < commands < 99
            os.kill(process, signal.SIGKILL)
            wait_for(lambda: status(rig)["engine"] != "up", "the loss", 20)
            begin(0)
            wait_for(lambda: _whole(rig), "the whole rig", 20)
            found = _held(rig)
            assert {number: effect["uri"] for number, effect in found["effects"].items()} == {
                "1": DRIVE_URI,
                "2": DELAY_URI,
            }
            assert found["effects"]["1"]["values"]["drive"] == 0.25
            effects = [pair for pair in found["connections"] if "effect_" in f"{pair}"]
            assert len({tuple(pair) for pair in effects}) == len(effects) == 3
            assert rig.bridge_pid() == bridge  # the bridge lived through all of it
            assert "mod-host at 127.0.0.1" in rig.text
            assert status(rig)["counters"]["errors"] == 0, rig.text
        finally:
            assert rig.stop() == 0, rig.text


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _whole(rig: RigProcess) -> bool:
    now = status(rig)
    return bool(now["settled"]) and now["engine"] == "up"


def _held(rig: RigProcess) -> dict[str, Any]:
    """Return what the bridge lists."""
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.set(zmq.LINGER, 0)
        req.set(zmq.RCVTIMEO, 5000)
        req.connect(rig.command)
        req.send(b'{"action": "effects"}')
        found: dict[str, Any] = json.loads(req.recv())
        return found


def test_a_killed_bridge_interrupts_nothing(tmp_path: Path, mod_host: ModHost) -> None:
    """SIGKILL: the new bridge finds the effects of the old one, and none is loaded again."""
    with playing(tmp_path, mod_host) as (rig, tablet):
        tablet.send("/effect/drive/drive", 0.75)
        tablet.wait("/effect/drive/drive/normalized", 0.75)  # its own address is not echoed to it
        for _ in range(3):
            lines = len(mod_host.lines)
            os.kill(rig.bridge_pid(), signal.SIGKILL)
            wait_for(lambda: tablet.newest("/status")[:1] != ("up",), "the loss")
            until_up(tablet)
            found = rest(rig, mod_host, tablet)
            assert found["/effect/drive/drive"] == pytest.approx(0.75)
            interrupts = ("add ", "remove ", "feature_enable processing 0", "bypass ", "param_set ", "params_flush ")
            assert not [line for line in mod_host.lines[lines:] if line.startswith(interrupts)]


def test_a_frozen_mod_host_is_waited_for(tmp_path: Path, mod_host: ModHost) -> None:
    """It hangs for longer than any patience; what was asked meanwhile is what it holds afterwards."""
    with playing(tmp_path, mod_host) as (rig, tablet):
        with mod_host.frozen:
            tablet.send("/effect/drive/drive", 0.5)
            wait_for(lambda: tablet.newest("/status")[:1] != ("up",), "the loss")
            tablet.send("/effect/drive/drive", 0.25)
        until_up(tablet)
        assert rest(rig, mod_host, tablet)["/effect/drive/drive"] == pytest.approx(0.25)


def test_a_mod_host_that_is_not_there_yet_is_said_and_waited_for(tmp_path: Path) -> None:
    """The rig starts; the log says what it waits for; the pedalboard is loaded when it comes."""
    rig = RigProcess(tmp_path, engine=f'mod-host, address: "127.0.0.1:{free_pair()}"')
    rig.start()
    try:
        wait_for(lambda: "waiting for mod-host at 127.0.0.1:" in rig.text, "the reason")
        assert "nothing listens there" in rig.text
        assert "Stage (waits for the engine)" in rig.text
    finally:
        assert rig.stop() == 0, rig.text


@pytest.mark.parametrize("name", [
    ("--host", "virtual", "--address", "127.0.0.1:5555"), ("--host", "mod-host", "--serve-mod-host", "5555"),
    ("--host", "mod-host", "--address", "nowhere"), ("--host", "virtual", "--serve-mod-host", "99999"),
])  # fmt: skip
def test_options_that_do_not_fit_are_one_sentence(name: tuple[str, ...]) -> None:
    """Nothing is started."""
    import subprocess
    import sys

    command = [sys.executable, "-m", "controld.bridge.main", *name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("controld bridge: ")
    assert done.stderr.count("\n") == 1
