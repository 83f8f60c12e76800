"""What a player does to the rig itself, with the real daemon and our own bridge as processes, over OSC."""

from pathlib import Path

from rig_process import BOARD, RigProcess, Tablet


def test_a_snapshot_that_was_saved_is_there_at_the_next_start_until_its_file_is_edited(tmp_path: Path) -> None:
    """Played, saved, stopped, started, recalled; then the file is edited, and counts."""
    rig = RigProcess(tmp_path)
    rig.start()
    with Tablet(rig.osc_port) as tablet:
        tablet.send("/controld/hello")
        tablet.wait("/snapshot", "Clean")
        tablet.send("/effect/drive/drive", 0.6)
        tablet.send("/snapshot/save", "Lead")
        tablet.send("/effect/drive/drive", 0.1)
        tablet.wait("/effect/drive/drive/normalized", 0.1)
        assert rig.stop() == 0, rig.text
    rig.output.clear()
    rig.start()
    with Tablet(rig.osc_port) as tablet:
        tablet.send("/snapshot", "Lead")
        tablet.wait("/effect/drive/drive", 0.6)
        tablet.send("/snapshot", "Clean")
        tablet.wait("/snapshot", "Clean")
        rig.write("board.yaml", BOARD.replace("drive: 0.9", "drive: 0.8"))
        assert rig.stop() == 0, rig.text
    assert (tmp_path / "board.yaml").read_text(encoding="utf-8").count("0.8") == 1
    rig.output.clear()
    rig.start()
    with Tablet(rig.osc_port) as tablet:
        tablet.send("/snapshot", "Lead")
        tablet.wait("/effect/drive/drive", 0.8)
        assert rig.stop() == 0, rig.text
    assert "was changed in its file since it was saved" in rig.text


def test_mute_tempo_and_undo_over_osc(tmp_path: Path) -> None:
    """Told to who did not ask, when they are true, and taken back one after the other."""
    rig = RigProcess(tmp_path)
    rig.start()
    with Tablet(rig.osc_port) as player, Tablet(rig.osc_port) as screen:
        screen.send("/controld/hello")
        screen.wait("/mute", 0)
        screen.wait("/tempo", 120.0)
        player.send("/tempo", 97.5)
        player.send("/mute", 1)
        screen.wait("/mute", 1)
        screen.wait("/tempo", 97.5)
        player.send("/undo")
        screen.wait("/mute", 0)
        player.send("/undo")
        screen.wait("/tempo", 120.0)
        player.send("/undo")
        player.wait("/controld/error", "/undo", "there is nothing to take back")
        player.send("/redo")
        screen.wait("/tempo", 97.5)
        assert rig.stop() == 0, rig.text
    assert "Traceback" not in rig.text, rig.text
