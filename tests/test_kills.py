"""Killed at any moment: what comes back is the old state or the new one, whole, and never neither."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from rig_process import RigProcess, Tablet, wait_for

KILLS = 500
PROGRAM = Path(__file__).with_name("kept_forever.py")


def test_five_hundred_kills(tmp_path: Path) -> None:
    """The state is the last that was surely kept or the one after it, with every value; nothing was damaged."""
    command = [sys.executable, str(PROGRAM), str(tmp_path), str(KILLS), "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "damaged" not in done.stderr
    assert not list(tmp_path.rglob("*.damaged*"))
    looks = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(looks) == KILLS
    for look in looks:
        assert look["whole"], look
        assert look["journal"] - look["kept"] in {0, 1}, look
        assert look["library"] - look["kept"] in {0, 1}, look
    # The moments fell into both: before a new state was there, and after it.
    assert 0 < sum(look["journal"] - look["kept"] for look in looks) < KILLS


def test_a_daemon_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    """Ten times while a parameter is moved: it comes back with a value that was played."""
    rig = RigProcess(tmp_path)
    dice, moved = random.Random(2), 0
    rig.start()
    try:
        for count in range(10):
            with Tablet(rig.osc_port) as tablet:
                tablet.send("/controld/hello")
                tablet.wait("/snapshot", "Clean")
                before = _drive(tablet)
                sent = [before]
                end = time.monotonic() + dice.uniform(0.4, 1.2)
                while time.monotonic() < end:
                    sent.append(round(0.05 + 0.9 * dice.random(), 3))
                    tablet.send("/effect/drive/drive", sent[-1])
                    tablet.wait("/effect/drive/drive/normalized", sent[-1])
            rig.process.send_signal(signal.SIGKILL)
            rig.process.wait()
            rig.output.clear()
            rig.start()
            with Tablet(rig.osc_port) as tablet:
                tablet.send("/controld/hello")
                tablet.wait("/snapshot", "Clean")
                value = _drive(tablet)
            assert any(abs(value - each) < 1e-6 for each in sent), (count, value, sent)
            assert "damaged" not in rig.text
            moved += value != before
        assert moved
    finally:
        code = rig.stop()
    assert code == 0, rig.text


def _drive(tablet: Tablet) -> float:
    """Return the parameter as the rig tells it."""

    def look() -> tuple[object, ...] | None:
        tablet.listen()
        return tablet.heard.get("/effect/drive/drive")

    (value,) = wait_for(look, "the drive")
    assert isinstance(value, float)
    return value
