"""`controld rollback`, with a rig that runs and without, and what it does to the disk."""

import json
from pathlib import Path

import pytest
from kept_rig import BOARD, FLOOR, MAP, RIG, save, with_action, write_rig
from rig_process import MAP as PLAYED
from rig_process import RigProcess, running, wait_for

from controld.cli import main
from controld.config import load_rig
from controld.generations import Generations
from controld.reload_files import is_on_disk
from controld.restore import RestoreError, restore

LEAD = with_action("{snapshot: Lead}")


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("CONTROLD_SOCKET", str(tmp_path / "nobody.sock"))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the file of a rig whose first mapping was kept, and its second after it."""
    path = write_rig(tmp_path / "rig")
    generations = Generations(path)
    for at, text in enumerate((MAP, LEAD)):
        save(path.parent / "mappings" / "stage.yaml", text)
        generations.keep(load_rig(path).found, f"change {at}", float(at))
    generations.save()
    return path


def mapping(config: Path) -> str:
    """Return the mapping on the disk."""
    return (config.parent / "mappings" / "stage.yaml").read_text(encoding="utf-8")


class TestRestore:
    def test_old_texts_come_back_and_the_present_ones_are_kept_beside(self, config: Path) -> None:
        """Also files that were not there then, and those that were deleted since; what is equal is not touched."""
        folder = config.parent
        save(folder / "mappings" / "more.yaml", MAP)
        (folder / "boards" / "stage.yaml").unlink()
        before = (folder / "surfaces" / "floor.yaml").stat()
        kept = Generations(config).sets[0]
        restored = restore(kept, config, 1e9)
        assert is_on_disk(kept.files)
        assert {path.name for path in restored.written} == {"stage.yaml"}
        assert restored.moved == (folder / "mappings" / "more.yaml",)
        assert restored.backup is not None
        assert restored.backup.parent == folder.parent
        texts = {
            str(path.relative_to(restored.backup)): path.read_text("utf-8") for path in restored.backup.rglob("*.yaml")
        }
        assert texts == {"mappings/stage.yaml": LEAD, "mappings/more.yaml": MAP}
        assert (folder / "surfaces" / "floor.yaml").stat() == before
        assert restore(kept, config).backup is None

    def test_backups_of_the_same_second_are_apart(self, config: Path) -> None:
        """None is ever written over."""
        first, second = Generations(config).sets
        backups = [restore(kept, config, 1e9).backup for kept in (first, second, first)]
        assert len(set(backups)) == 3
        assert [(path / "mappings/stage.yaml").read_text("utf-8") for path in backups if path] == [LEAD, MAP, LEAD]

    def test_links_stay_links(self, config: Path, tmp_path: Path) -> None:
        """The file they point to gets the text, and keeps its permissions."""
        target = tmp_path / "dotfiles" / "stage.yaml"
        save(target, LEAD)
        target.chmod(0o640)
        link = config.parent / "mappings" / "stage.yaml"
        link.unlink()
        link.symlink_to(target)
        restore(Generations(config).sets[0], config)
        assert link.is_symlink()
        assert target.read_text(encoding="utf-8") == MAP
        assert target.stat().st_mode & 0o777 == 0o640

    def test_a_disk_that_refuses_is_said_with_where_the_files_are(
        self, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """They are all in the backup then."""

        def full(_path: Path, _content: bytes) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("controld.restore.replace_file", full)
        with pytest.raises(RestoreError, match=r"No space left on device; what was there is in .*rig\.before-"):
            restore(Generations(config).sets[0], config)
        assert mapping(config) == LEAD


class TestAlone:
    def test_the_list_counts_from_what_is_on_the_disk(self, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Newest first, with what was new."""
        assert main(["rollback", "--list", "--config", str(config)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == ["*", "1"]
        assert lines[0].endswith("change 1  (on the disk now)")
        assert main(["rollback", "--list", "--format", "json", "--config", str(config)]) == 0
        sets = json.loads(capsys.readouterr().out)
        assert [(each["number"], each["at"], each["change"]) for each in sets] == [
            (0, 1.0, "change 1"),
            (1, 0.0, "change 0"),
        ]

    def test_nothing_is_done_without_a_word_that_says_so(
        self, config: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """It tells what there is and how it is had."""
        assert main(["rollback", "--config", str(config)]) == 1
        told = capsys.readouterr().out
        assert "No controld is running here; the files on the disk check." in told
        assert "controld rollback --write" in told
        assert mapping(config) == LEAD

    def test_broken_files_go_back_to_the_last_good_ones(self, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """To the newest that was kept, for what is on the disk was never good."""
        save(config.parent / "mappings" / "stage.yaml", "version: 1\nrules: [nonsense]\n")
        assert main(["rollback", "--write", "--config", str(config)]) == 0
        assert mapping(config) == LEAD
        assert "What was there until now is in" in capsys.readouterr().out
        assert main(["rollback", "--write", "--config", str(config)]) == 0
        assert mapping(config) == MAP
        assert main(["rollback", "--config", str(config)]) == 1
        assert "there is no set 1" in capsys.readouterr().err

    def test_a_start_with_broken_files_offers_the_last_good_ones(
        self, config: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """And starts nothing."""
        save(config.parent / "mappings" / "stage.yaml", "version: 1\nrules: [nonsense]\n")
        assert main(["run", "--config", str(config)]) == 1
        assert "`controld run --last-good` plays them." in capsys.readouterr().err

    def test_where_nothing_was_kept_nothing_is_offered(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Neither at a start nor as a start."""
        path = tmp_path / "new" / "controld.yaml"
        for name, text in {"controld.yaml": RIG, "surfaces/floor.yaml": FLOOR, "boards/a.yaml": BOARD}.items():
            save(path.parent / name, text)  # no mapping: that is a mistake
        assert main(["run", "--config", str(path)]) == 1
        assert capsys.readouterr().err.rstrip().endswith("nothing was started.")
        assert main(["run", "--last-good", "--config", str(path)]) == 1
        assert "no good files" in capsys.readouterr().err


class TestRunning:
    def test_the_rig_plays_the_old_files_until_the_next_save(self, tmp_path: Path) -> None:
        """The daemon, its door and the command, with the disk untouched; `--write` brings the files back too."""
        other = PLAYED.replace("do: {bypass: drive}", "do: {bypass: leslie}")
        with running(tmp_path) as rig:
            rig.write("map.yaml", other)
            wait_for(lambda: "bypass drive -> bypass leslie" in rig.text, "the new rules")
            done = rig.tool("rollback")
            assert (done.returncode, done.stderr) == (0, "")
            assert "The rig plays the files of" in done.stdout
            assert "drive active" in rig.tool("simulate", "floor.fs1").stdout
            assert (tmp_path / "map.yaml").read_text(encoding="utf-8") == other
            listed = rig.tool("rollback", "--list").stdout.splitlines()
            assert [line.split()[0] for line in listed] == ["-1", "*"]
            assert "(runs now)" in rig.tool("rollback", "--list", "--config", str(tmp_path)).stdout
            other_rig = write_rig(tmp_path / "other")
            assert "Nothing was kept yet" in rig.tool("rollback", "--list", "--config", str(other_rig)).stdout
            assert "rolled back to the files of" in rig.text
            assert rig.tool("rollback").stderr.startswith("controld: there is no set 1")
            assert rig.tool("rollback", "-1").returncode == 0
            assert "drive, leslie active" in rig.tool("simulate", "floor.fs1").stdout
            done = rig.tool("rollback", "--write")
            assert "brought back:" in done.stdout
            assert (tmp_path / "map.yaml").read_text(encoding="utf-8") == PLAYED

    def test_the_last_good_files_start_a_rig_whose_files_are_broken(self, tmp_path: Path) -> None:
        """It says so, and takes the next good save."""
        with running(tmp_path):
            pass
        rig = RigProcess(tmp_path, mapping="version: 1\nrules: [nonsense]\n")
        rig.start("--last-good")
        try:
            assert "playing the files of" in rig.text
            assert "drive active" in rig.tool("simulate", "floor.fs1").stdout
            rig.write("map.yaml", PLAYED.replace("snapshot: Lead", "snapshot: Clean"))
            wait_for(lambda: "saved files are taken" in rig.text, "the mended files")
        finally:
            assert rig.stop() == 0
