"""A bridge of the daemon's own that freezes: noticed, replaced, and given everything again. Real processes."""

import os
import signal
import threading
from pathlib import Path

from rig_process import RigProcess, Tablet, running, wait_for
from troubled_rig import assert_a_press_acts, status


def freeze(rig: RigProcess) -> int:
    """Freeze the daemon's bridge; return its process id."""
    pid = rig.bridge_pid()
    os.kill(pid, signal.SIGSTOP)
    return pid


def test_a_frozen_bridge_is_replaced(tmp_path: Path) -> None:
    """What was pressed while it was frozen is what the new one holds; the old one is gone."""
    with running(tmp_path) as rig, Tablet(rig.osc_port) as tablet:
        tablet.send("/effect/drive/drive", 0.75)
        assert_a_press_acts(tablet)
        pid = freeze(rig)
        wait_for(lambda: status(rig)["engine"] == "down", "the loss")
        tablet.send("/effect/leslie/active", 1)
        wait_for(lambda: status(rig)["engine"] == "up", "another bridge", 30)
        assert rig.bridge_pid() != pid
        assert not Path(f"/proc/{pid}").exists()
        tablet.wait("/effect/leslie/active", 1)
        assert_a_press_acts(tablet)
        assert "the bridge lives and has not answered for 5 s; it is replaced" in rig.text
        assert "repaired: all 2 effects were missing and were loaded again" in rig.text


def test_a_bridge_that_was_frozen_for_a_moment_is_kept(tmp_path: Path) -> None:
    """With all that it holds: nothing is loaded again."""
    with running(tmp_path) as rig, Tablet(rig.osc_port) as tablet:
        assert_a_press_acts(tablet)
        pid = freeze(rig)
        wait_for(lambda: status(rig)["engine"] == "down", "the loss")
        threading.Event().wait(1.0)  # as long as the machine may hang
        os.kill(pid, signal.SIGCONT)
        wait_for(lambda: status(rig)["engine"] == "up", "its return")
        assert rig.bridge_pid() == pid
        assert_a_press_acts(tablet)
        assert "replaced" not in rig.text
        assert "repaired" not in rig.text
