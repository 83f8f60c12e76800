"""How the daemon is: what `controld status` tells of a rig that runs, and what the service manager is told."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rig_process import RigProcess, running, wait_for

from controld.changes import EngineChanged, EngineState, State
from controld.figures import Facts, Outage, SurfaceFacts
from controld.health import Health
from controld.metrics import METRICS, figures
from controld.service_unit import unit
from controld.systemd import Notifier

FACTS = Facts(
    uptime_s=5.0, memory_bytes=1000, cpu_s=0.5, cpu_percent=1.0, threads=2, loop_late_s=0.001, engine=EngineState.UP,
    engine_reason="mod-host", client=None, outages=0, last_outage=None, pedalboard="Stage",
    pedalboard_state=State.CONFIRMED, snapshot="Clean", settled=True,
    effects={"drive": True, "leslie": False, "echo": None},
    surfaces={"floor": SurfaceFacts("waiting", ("*FCB*",), {"received": 3, "merged": 1})}, unmapped=7, errors=0,
)  # fmt: skip


def told_with(rig: RigProcess, code: int) -> str:
    """Return what the command prints where it ends with this exit code, "" where it does not."""
    done = rig.tool("status")
    return done.stdout if done.returncode == code else ""


class TestCommand:
    def test_a_rig_that_is_well_and_one_that_is_not(self, tmp_path: Path) -> None:
        """One page and 0; when the engine is gone, why and 1; when it is repaired, 0, and how long that took."""
        with running(tmp_path) as rig:
            told = wait_for(lambda: told_with(rig, 0), "a rig that is well")
            lines = told.splitlines()
            assert lines[0].endswith(str(tmp_path / "controld.yaml"))
            assert "health      all is well" in lines
            assert "pedalboard  Stage" in lines
            assert "effects     drive (bypassed), leslie (bypassed)" in lines
            assert '"*stage-box*"' in told
            os.kill(rig.bridge_pid(), signal.SIGKILL)
            gone = wait_for(lambda: told_with(rig, 1), "a rig without its engine")
            assert "the engine is away: the bridge at" in gone
            assert "not there yet" in gone
            back = wait_for(lambda: told_with(rig, 0), "a repaired rig")
            assert "outages     1 time" in back
            assert "all repaired" in back

    def test_as_json(self, tmp_path: Path) -> None:
        """The same for programs, with every figure; what was played is counted."""
        with running(tmp_path) as rig:
            assert rig.tool("simulate", "floor.fs1").returncode == 0

            def look() -> dict[str, object] | None:
                found: dict[str, object] = json.loads(rig.tool("status", "--format", "json").stdout)
                effects = found["effects_known"]
                return found if found["healthy"] and effects == {"drive": True, "leslie": False} else None

            found = wait_for(look, "the drive to be on")
            told = found["figures"]
            assert isinstance(told, dict)
            assert set(told) == {metric.name for metric in METRICS}
            assert told["effects_active"] == 1
            assert told["engine_requests_total"] > 0
            assert told["memory_bytes"] > 10e6
            assert told["threads"] >= 1
            assert found["waiting"] == {"floor": ["*stage-box*"]}

    def test_a_file_with_a_mistake(self, tmp_path: Path) -> None:
        """It is told until it is mended, with its place."""
        with running(tmp_path) as rig:
            good = (tmp_path / "map.yaml").read_text("utf-8")
            rig.write("map.yaml", good.replace("bypass: drive", "bypass: drvie"))
            told = wait_for(lambda: told_with(rig, 1), "the mistake")
            assert "map.yaml:4:18" in told
            rig.write("map.yaml", good)
            wait_for(lambda: rig.tool("status").returncode == 0, "a rig that is well")

    def test_where_no_daemon_runs(self, tmp_path: Path) -> None:
        """It is said how one is started, and the exit code is one of its own."""
        done = RigProcess(tmp_path).tool("status")
        assert done.returncode == 2
        assert "start one with `controld run`" in done.stderr


class TestJudgement:
    def test_what_is_wrong(self) -> None:
        """Each reason alone, and none where all is well; a device that is waited for is no fault."""
        assert FACTS.complaints() == []
        wrong = {
            "away": replace(FACTS, engine=EngineState.DOWN, engine_reason="it is gone"),
            "being repaired": replace(FACTS, engine=EngineState.REPAIRING),
            "`Stage` is not complete": replace(FACTS, pedalboard_state=State.FAILED),
            "wait to be mended: a.yaml:1": replace(FACTS, problem="a.yaml:1"),
            "2 events": replace(FACTS, errors=2),
        }
        for words, facts in wrong.items():
            (complaint,) = facts.complaints()
            assert words in complaint

    def test_figures_without_a_client(self) -> None:
        """Before there is a client every figure is there, at nothing; several are told by label."""
        told = figures(FACTS)
        assert (told["effects"], told["effects_active"], told["unmapped_total"]) == (3, 1, 7)
        assert told["engine_state"] == {"down": 0, "repairing": 0, "up": 1}
        assert told["surface_total"] == {"floor.received": 3, "floor.merged": 1}
        assert told["surface_waiting"] == {"floor": 1}
        assert told["engine_requests_total"] == 0

    def test_outages(self) -> None:
        """The first connection is no repair; a loss is counted once, and timed until back and repaired."""
        clock = iter([0.0, 1, 2, 10, 12, 13, 20, 21])
        health = Health(lambda: next(clock))
        for state in (EngineState.REPAIRING, EngineState.UP):
            health.note(EngineChanged(state))
        assert (health.outages, health.last_outage) == (0, None)
        health.note(EngineChanged(EngineState.DOWN, "it is gone"))
        outage = health.last_outage
        assert outage == Outage(outage.at_s if outage else 0, "it is gone")
        health.note(EngineChanged(EngineState.REPAIRING))
        health.note(EngineChanged(EngineState.UP))
        assert health.last_outage == replace(outage, back_after_s=2, repaired_after_s=3)
        health.note(EngineChanged(EngineState.DOWN, "again"))
        health.note(EngineChanged(EngineState.DOWN, "still"))
        assert health.outages == 2
        assert health.last_outage is not None
        assert (health.last_outage.reason, health.last_outage.back_after_s) == ("again", None)


class Manager:
    """The far end: a datagram socket as systemd's."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self._socket.settimeout(0.05)
        self.heard: list[str] = []

    def said(self, line: str) -> bool:
        with contextlib.suppress(TimeoutError):
            while True:
                self.heard.extend(self._socket.recv(4096).decode().splitlines())
        return line in self.heard

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(name="manager")
def _manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    manager = Manager(address)
    yield manager
    manager.close()


class TestSystemd:
    def test_a_daemon_tells_of_its_life(
        self, tmp_path: Path, manager: Manager, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ready, how it goes, signs of life in time, what is wrong when it is, and that it stops."""
        monkeypatch.setenv("WATCHDOG_USEC", "600000")
        rig = RigProcess(tmp_path)
        rig.start()
        try:
            wait_for(lambda: manager.said("READY=1"), "READY")
            wait_for(lambda: manager.said("STATUS=playing Stage"), "how it goes")
            wait_for(lambda: manager.said("WATCHDOG=1") and manager.heard.count("WATCHDOG=1") >= 3, "signs of life")
            os.kill(rig.bridge_pid(), signal.SIGKILL)
            wait_for(
                lambda: manager.said("") or any("STATUS=the engine is away" in line for line in manager.heard), "why"
            )
            assert not manager.said("STOPPING=1")
        finally:
            assert rig.stop() == 0
        wait_for(lambda: manager.said("STOPPING=1"), "STOPPING")

    def test_a_loop_that_hangs_gives_no_sign_of_life(
        self, tmp_path: Path, manager: Manager, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A stopped process is what systemd sees of one."""
        monkeypatch.setenv("WATCHDOG_USEC", "300000")
        with running(tmp_path) as rig:
            wait_for(lambda: manager.said("WATCHDOG=1"), "a sign of life")
            rig.process.send_signal(signal.SIGSTOP)
            time.sleep(0.3)
            manager.said("")
            manager.heard.clear()
            time.sleep(0.6)
            assert not manager.said("WATCHDOG=1")
            rig.process.send_signal(signal.SIGCONT)
            wait_for(lambda: manager.said("WATCHDOG=1"), "a sign of life again")

    def test_an_abstract_address(self) -> None:
        """As systemd gives to some services."""
        address = f"@controld-test-{os.getpid()}"
        manager = Manager(address)
        try:
            Notifier({"NOTIFY_SOCKET": address}).ready(lambda: "playing")
            assert manager.said("READY=1")
            assert manager.said("STATUS=playing")
        finally:
            manager.close()

    def test_news_are_told_once(self, tmp_path: Path) -> None:
        """A status that is not new is no reason for a message, and without a watchdog there is no sign of life."""
        manager = Manager(str(tmp_path / "n"))
        try:
            notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "n")})
            statuses = iter(("playing A", "playing A", "playing B"))
            for _ in range(3):
                notifier.alive(lambda: next(statuses))
            manager.said("")
            assert manager.heard == ["STATUS=playing A", "STATUS=playing B"]
        finally:
            manager.close()

    def test_the_watchdog_of_another_process_is_not_ours(self) -> None:
        """It is said in the environment whom it means."""
        common = {"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "2000000"}
        assert Notifier(common).watchdog_s == 2.0
        assert Notifier({**common, "WATCHDOG_PID": str(os.getpid())}).watchdog_s == 2.0
        assert Notifier({**common, "WATCHDOG_PID": "1"}).watchdog_s == 0.0
        assert Notifier({"WATCHDOG_USEC": "2000000"}).watchdog_s == 0.0

    def test_where_nobody_asked_nothing_is_looked_at(self) -> None:
        """A rig in a terminal does not read its own figures every second."""

        def headline() -> str:
            raise AssertionError("nobody wants to know")

        notifier = Notifier({})
        notifier.ready(headline)
        notifier.alive(headline)
        notifier.stopping()

    def test_a_manager_that_is_not_there(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """It is said once, and the rig plays on."""
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")})
        notifier.ready(lambda: "playing")
        notifier.stopping()
        assert caplog.text.count("cannot be told anything") == 1


class TestUnit:
    @pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
    @pytest.mark.parametrize("user", ["", "root"])
    def test_systemd_takes_it(self, user: str, tmp_path: Path) -> None:
        """Its own checker finds nothing, with blanks and percent signs in the path too."""
        path = tmp_path / "controld.service"
        path.write_text(unit(tmp_path / "my rig 100%" / "controld.yaml", user), "utf-8")
        done = subprocess.run(
            ["systemd-analyze", "verify", "--recursive-errors=no", str(path)],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert "controld.service" not in done.stderr, done.stderr

    def test_what_it_says(self, tmp_path: Path) -> None:
        """This very Python, this very rig, notification and watchdog."""
        told = unit(tmp_path / "controld.yaml")
        assert f"run --config {tmp_path}/controld.yaml" in told
        assert "Type=notify" in told
        assert "WatchdogSec=" in told
        assert "User=" not in told
        assert "User=pi\n" in unit(tmp_path, "pi")
