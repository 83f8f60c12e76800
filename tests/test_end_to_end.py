"""The real daemon as a process: real JACK MIDI, real UDP, real ZeroMQ to our own bridge, and what comes back."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jack_device import Floorboard
from jack_server import JackServer, needs_jackd
from rig_process import MAP, RigProcess, Tablet, running, wait_for

LED1, LED2, LED3 = "b014", "b015", "b016"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RigProcess, Floorboard]]:
    """A rig with its floorboard plugged in; the tests that share it leave it as they found it."""
    with JackServer(), running(tmp_path_factory.mktemp("rig")) as rig:
        board = Floorboard("stage-box")
        wait_for(lambda: any(shown.startswith(LED1) for shown in board.shown), "the first light")
        yield rig, board
        board.unplug()


@pytest.fixture
def tablet(stage: tuple[RigProcess, Floorboard]) -> Iterator[Tablet]:
    """A tablet that has said hello and heard the full state."""
    with Tablet(stage[0].osc_port) as client:
        client.send("/controld/hello")
        client.wait("/effect/drive/active", 0)
        yield client


def press(board: Floorboard, number: int) -> None:
    """Step on a switch and off again."""
    board.send(0xB0, number, 127)
    board.send(0xB0, number, 0)


def wait_light(board: Floorboard, light: str, *values: str) -> None:
    """Wait until a light shows one of these data bytes."""
    wait_for(lambda: newest(board, light) in values, f"light {light} at {values}")


def newest(board: Floorboard, light: str) -> str:
    """Return the newest message to a light, without its address."""
    return next((shown[4:] for shown in reversed(board.shown) if shown.startswith(light)), "")


@needs_jackd
class TestPlaying:
    def test_a_stomp_reaches_the_engine_and_its_light_and_the_tablet(
        self, stage: tuple[RigProcess, Floorboard], tablet: Tablet
    ) -> None:
        """MIDI in, the engine's confirmation, MIDI bytes to the LED and OSC to the tablet; and back again."""
        _, board = stage
        for active in (1, 0):
            press(board, 20)
            tablet.wait("/effect/drive/active", active)
            tablet.wait("/effect/drive/bypass", 1 - active)
            wait_light(board, LED1, "7f" if active else "00")

    def test_a_tablet_plays_and_the_floorboard_follows(
        self, stage: tuple[RigProcess, Floorboard], tablet: Tablet
    ) -> None:
        """The built-in namespace needs no rule; the state comes back to the sender."""
        _, board = stage
        tablet.send("/effect/drive/active", 1.0)
        tablet.wait("/effect/drive/active", 1)
        wait_light(board, LED1, "7f")
        tablet.send("/effect/drive/bypass", 1)
        tablet.wait("/effect/drive/active", 0)
        wait_light(board, LED1, "00")

    def test_a_pedal_sweeps_and_its_last_value_arrives(
        self, stage: tuple[RigProcess, Floorboard], tablet: Tablet
    ) -> None:
        """Seven-bit and fourteen-bit controls end exactly where they were left."""
        _, board = stage
        for value in range(128):
            board.send(0xB0, 7, value)
        tablet.wait("/effect/drive/drive", 1.0)
        board.send(0xB0, 7, 32)
        tablet.wait("/effect/drive/drive", 32 / 127)
        tablet.wait("/effect/drive/drive/normalized", 32 / 127)

    def test_snapshots_light_their_switches(self, stage: tuple[RigProcess, Floorboard], tablet: Tablet) -> None:
        """One of many is lit, in its colour, and the snapshot's values are in the engine."""
        _, board = stage
        press(board, 21)
        tablet.wait("/snapshot", "Lead")
        tablet.wait("/effect/drive/drive", 0.9)
        tablet.wait("/effect/leslie/active", 1)
        wait_for(lambda: newest(board, LED2) == "14" and newest(board, LED3) == "00", "Lead lit, Clean dark")
        press(board, 22)
        tablet.wait("/snapshot", "Clean")
        wait_for(lambda: newest(board, LED2) == "00" and newest(board, LED3) == "7f", "Clean lit, Lead dark")
        tablet.wait("/effect/drive/active", 0)

    def test_a_hold_is_not_a_press(self, stage: tuple[RigProcess, Floorboard], tablet: Tablet) -> None:
        """Held beyond half a second it does its own thing, and press does not fire."""
        _, board = stage
        board.send(0xB0, 20, 127)
        tablet.wait("/effect/leslie/active", 1)
        board.send(0xB0, 20, 0)
        tablet.send("/effect/leslie/active", 0)
        tablet.wait("/effect/leslie/active", 0)
        tablet.wait("/effect/drive/active", 0)

    def test_faders_follow_each_other(self, stage: tuple[RigProcess, Floorboard], tablet: Tablet) -> None:
        """A fader on the tablet moves the motor fader on the floor, and the other way round."""
        _, board = stage
        tablet.send("/drive/level", 1.0)
        wait_light(board, "b01e", "7f")
        board.send(0xB0, 30, 0)
        tablet.wait("/drive/level", 0.0)

    def test_an_encoder_steps_and_its_ring_shows_it(self, stage: tuple[RigProcess, Floorboard], tablet: Tablet) -> None:
        """Detents are steps of the parameter; the ring stands where the parameter stands."""
        _, board = stage
        tablet.send("/effect/drive/muffle", 0.5)
        wait_light(board, "b010", f"{round(0.5 * 127):02x}")
        board.send(0xB0, 16, 10)
        tablet.wait("/effect/drive/muffle", 0.6)
        wait_light(board, "b010", f"{round(0.6 * 127):02x}")

    def test_a_refused_message_is_answered_and_changes_nothing(
        self, stage: tuple[RigProcess, Floorboard], tablet: Tablet
    ) -> None:
        """The reason and the nearest name go back to the sender alone."""
        tablet.send("/effect/drve/active", 1)
        address, reason = wait_for(lambda: tablet.newest("/controld/error"), "the error")
        assert address == "/effect/drve/active"
        assert "drive" in str(reason)
        tablet.send("/effect/drive/drive", float("1e9"))
        tablet.wait("/effect/drive/drive", 1.0)


@needs_jackd
class TestTools:
    def test_simulate_takes_the_real_path(self, stage: tuple[RigProcess, Floorboard], tablet: Tablet) -> None:
        """A simulated press does what the switch does, LED included."""
        rig, board = stage
        for active in (1, 0):
            done = rig.tool("simulate", "floor.fs1")
            assert done.returncode == 0, done.stderr
            tablet.wait("/effect/drive/active", active)
            wait_light(board, LED1, "7f" if active else "00")

    def test_simulate_says_what_is_near(self, stage: tuple[RigProcess, Floorboard]) -> None:
        """A slip of the pen is answered with the nearest name, and exit code 1."""
        done = stage[0].tool("simulate", "floor.fs9")
        assert done.returncode == 1
        assert "fs1" in done.stderr or "fs2" in done.stderr or "did you mean" in done.stderr
        assert "floor" in stage[0].tool("simulate", "flor.fs1").stderr

    def test_the_monitor_shows_every_step_with_times(
        self, stage: tuple[RigProcess, Floorboard], tablet: Tablet
    ) -> None:
        """Message, control, rule, request, reply, state, light and bytes, in the order in which they happened."""
        rig, board = stage
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            door.connect(str(rig.socket))
            door.settimeout(5)
            lines = door.makefile("rb")
            door.sendall(b'{"do": "monitor"}\n')
            assert json.loads(lines.readline()) == {"ok": True}
            press(board, 22)
            press(board, 20)
            records: list[dict[str, Any]] = []
            while not records or records[-1]["kind"] != "out" or "B0 14 7F" not in records[-1]["text"]:
                records.append(json.loads(lines.readline()))
            lines.close()
        tablet.send("/effect/drive/active", 0)
        tablet.wait("/effect/drive/active", 0)
        kinds = list(dict.fromkeys(record["kind"] for record in records))
        assert set(kinds) >= {"in", "control", "rule", "request", "reply", "state", "light", "out"}
        assert kinds.index("control") < kinds.index("rule") < kinds.index("state")
        times = [record["t"] for record in records if record["kind"] != "in"]
        assert times == sorted(times)

    def test_the_monitor_command_prints_the_header(self, stage: tuple[RigProcess, Floorboard]) -> None:
        """Who looks sees at once where the rig stands."""
        import subprocess
        import sys

        rig, _ = stage
        environment = {**os.environ, "CONTROLD_SOCKET": str(rig.socket)}
        watcher = subprocess.Popen(
            [sys.executable, "-m", "controld.cli", "monitor"], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert watcher.stdout is not None
        with watcher.stdout:
            assert watcher.stdout.readline().startswith("# Stage / Clean")
            watcher.send_signal(signal.SIGINT)
            assert watcher.wait(5) == 130


@needs_jackd
class TestHealing:
    def test_a_killed_bridge_heals_without_a_touch(self, tmp_path: Path) -> None:
        """SIGKILL in the middle: the bridge is started again, and everything is as it was, the last press included."""
        with JackServer(), running(tmp_path) as rig, Tablet(rig.osc_port) as tablet:
            tablet.send("/effect/drive/drive", 0.75)
            tablet.send("/effect/drive/active", 1)
            tablet.wait("/effect/drive/active", 1)
            for _ in range(3):
                killed = rig.bridge_pid()
                os.kill(killed, signal.SIGKILL)
                wait_for(lambda: tablet.newest("/status")[:1] != ("up",), "the loss")
                tablet.send("/effect/leslie/active", 1)  # asked while there is no engine
                wait_for(lambda: tablet.newest("/status")[:1] == ("up",), "the return")
                assert rig.bridge_pid() != killed
                tablet.wait("/effect/leslie/active", 1)
                assert _effects(rig) == {"drive": (False, 0.75), "leslie": (False, None)}

    def test_an_unplugged_floorboard_comes_back_with_its_lights(self, tmp_path: Path) -> None:
        """Pulled and plugged, again and again; what changed meanwhile is shown."""
        with JackServer(), running(tmp_path) as rig, Tablet(rig.osc_port) as tablet:
            for active in (1, 0, 1):
                board = Floorboard("stage-box")
                wait_light(board, LED1, "00" if active else "7f", "00")
                board.unplug()
                tablet.send("/effect/drive/active", active)
                tablet.wait("/effect/drive/active", active)
                board = Floorboard("stage-box")
                wait_light(board, LED1, "7f" if active else "00")
                board.unplug()


def _effects(rig: RigProcess) -> dict[str, tuple[bool, float | None]]:
    """Return what the bridge itself says is loaded: bypassed, and the drive's amount."""
    import zmq

    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    with context.socket(zmq.REQ) as req:
        req.set(zmq.LINGER, 0)
        req.set(zmq.RCVTIMEO, 5000)
        req.connect(rig.command)
        req.send(b'{"action": "effects"}')
        effects = json.loads(req.recv())["effects"]
    context.term()
    names = {"Overdrive": "drive", "Leslie": "leslie"}
    return {
        names[effect["uri"].rpartition("/")[2]]: (
            effect["bypassed"],
            round(effect["values"]["drive"], 4) if "drive" in effect["values"] else None,
        )
        for effect in effects.values()
    }


@pytest.fixture
def no_jack(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without MIDI: the server of the tests before is none of these tests' business."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "controld-none")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")


@pytest.mark.usefixtures("no_jack")
class TestLife:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_it_stops_cleanly(self, tmp_path: Path, number: signal.Signals) -> None:
        """Ctrl-C and SIGTERM: exit code 0, no child left, no socket left."""
        rig = RigProcess(tmp_path)
        rig.start()
        child = rig.bridge_pid()
        assert rig.stop(number) == 0
        assert "controld: stopped" in rig.text
        assert not rig.socket.exists()
        wait_for(lambda: not Path(f"/proc/{child}").exists(), "the bridge's end")

    def test_a_killed_daemon_leaves_no_bridge_behind(self, tmp_path: Path) -> None:
        """However it dies, its child goes with it."""
        rig = RigProcess(tmp_path)
        rig.start()
        child = rig.bridge_pid()
        rig.process.kill()
        rig.process.wait()
        wait_for(lambda: not Path(f"/proc/{child}").exists(), "the bridge's end")

    def test_what_a_player_sees_at_the_start(self, tmp_path: Path) -> None:
        """Engine, surfaces, pedalboard, snapshots, and what to try next."""
        with running(tmp_path) as rig:
            for words in ("makes no sound", 'waiting for "*stage-box*"', f"127.0.0.1:{rig.osc_port}",
                          "Stage: drive, leslie", "[Clean], Lead", "simulate floor.fs1"):  # fmt: skip
                assert words in rig.text

    def test_a_port_in_use_is_one_sentence(self, tmp_path: Path) -> None:
        """Nothing is started, and the player reads what to do."""
        rig = RigProcess(tmp_path)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", rig.osc_port))
            rig.start(ready="another program uses that port")
            assert rig.process.wait(5) == 1
        assert "Traceback" not in rig.text
        assert str(rig.osc_port) in rig.text

    def test_a_second_daemon_is_refused(self, tmp_path: Path) -> None:
        """Two daemons on one door would fight over the rig."""
        with running(tmp_path) as rig:
            other = RigProcess(tmp_path / "other")
            other.socket = rig.socket
            other.start(ready="runs already")
            assert other.process.wait(5) == 1

    def test_a_broken_file_at_the_start_starts_nothing(self, tmp_path: Path) -> None:
        """All mistakes at once, with their places, and exit code 1."""
        rig = RigProcess(tmp_path, mapping=MAP + "  - when: floor.fs9\n    do: {bypas: drive}\n")
        rig.start(ready="nothing was started")
        assert rig.process.wait(5) == 1
        assert "map.yaml:22:" in rig.text
        assert "map.yaml:23:" in rig.text
        assert "bypass" in rig.text

    def test_a_saved_file_is_taken_and_a_broken_one_is_not(self, tmp_path: Path) -> None:
        """While it runs: new rules at once, mistakes never."""
        with running(tmp_path) as rig, Tablet(rig.osc_port) as tablet:
            tablet.send("/controld/hello")
            tablet.wait("/effect/drive/active", 0)
            rig.write("map.yaml", MAP.replace("do: {bypass: drive}", "do: {bypass: dirve}"))
            wait_for(lambda: "what was loaded before stays" in rig.text, "the refusal")
            rig.tool("simulate", "floor.fs1")
            tablet.wait("/effect/drive/active", 1)
            rig.write("map.yaml", MAP.replace("do: {bypass: drive}", "do: {bypass: leslie}"))
            wait_for(lambda: "bypass drive -> bypass leslie" in rig.text, "the new rules")
            rig.tool("simulate", "floor.fs1")
            tablet.wait("/effect/leslie/active", 1)

    def test_the_next_start_is_where_the_last_one_ended(self, tmp_path: Path) -> None:
        """Pedalboard and snapshot are kept, and a damaged state does not lock the start."""
        with running(tmp_path) as rig, Tablet(rig.osc_port) as tablet:
            tablet.send("/snapshot", "Lead")
            tablet.wait("/snapshot", "Lead")
        with running(tmp_path) as rig:
            assert "Clean, [Lead]" in rig.text
        states = tmp_path / "state" / "controld"
        (kept,) = states.glob("last-*.json")
        kept.write_text("{", encoding="utf-8")
        with running(tmp_path) as rig:
            assert "damaged" in rig.text
            assert "Clean, [Lead]" in rig.text, "the one before it counts"
        for each in states.glob("*last-*"):
            each.write_text("{", encoding="utf-8")
        with running(tmp_path) as rig:
            assert "damaged" in rig.text
            assert "[Clean], Lead" in rig.text

    def test_an_engine_that_is_not_there_is_waited_for(self, tmp_path: Path) -> None:
        """The rig starts, says so, and joins when the bridge comes."""
        import subprocess
        import sys

        with running(tmp_path, engine="bridge") as rig:
            assert "waits for the engine" in rig.text
            with Tablet(rig.osc_port) as tablet:
                tablet.send("/controld/hello")
                tablet.send("/effect/drive/active", 1)
                options = ["--endpoint", rig.command, "--events", rig.events, "--health", rig.health]
                bridge = subprocess.Popen(
                    [sys.executable, "-m", "controld.bridge.main", *options], stderr=subprocess.DEVNULL
                )
                try:
                    tablet.wait("/effect/drive/active", 1)
                    assert _effects(rig)["drive"] == (False, 0.25)
                finally:
                    bridge.terminate()
                    bridge.wait()
