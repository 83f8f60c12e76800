"""The last good sets of files: kept once each, compactly, in order, through damage and full disks."""

import gzip
import logging
import os
import stat
from importlib.resources import files
from pathlib import Path

import pytest
from kept_rig import BOARD, MAP, save, with_action, write_rig

from controld.config import load_rig
from controld.config_files import FileSet, KeptFiles
from controld.errors import ConfigError
from controld.generations import KEPT, Generations
from controld.reload_files import RollbackError, is_on_disk, load_last_good


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the file of a rig."""
    return write_rig(tmp_path / "config")


def kept(config: Path, *maps: str) -> Generations:
    """Return what was kept after these mappings were loaded one after the other, read from the disk."""
    generations = Generations(config)
    for at, text in enumerate(maps):
        save(config.parent / "mappings" / "stage.yaml", text)
        generations.keep(load_rig(config).found, f"change {at}", float(at))
    generations.save()
    return Generations(config)


def mappings_of(generations: Generations) -> list[bytes]:
    """Return the mapping of each set."""
    return [
        text for each in generations.sets for path, text in each.files.texts.items() if path.parent.name == "mappings"
    ]


def test_a_set_is_loaded_again_from_memory_alone(config: Path) -> None:
    """With the same rules, boards and controls, though the files are gone."""
    rig = load_rig(config)
    generations = kept(config, MAP)
    for path in config.parent.rglob("*.yaml"):
        path.unlink()
    (only,) = generations.sets
    again = load_rig(config, disk=KeptFiles(only.files))
    assert (again.rules, again.pedalboards, again.controls) == (rig.rules, rig.pedalboards, rig.controls)
    assert again.found.digest == rig.found.digest
    with pytest.raises(ConfigError):
        load_rig(config)


def test_equal_sets_are_kept_once_and_the_newest_ten(config: Path) -> None:
    """A set that comes again is the newest then; texts that are in many sets are on the disk once."""
    maps = [with_action(f"{{snapshot: {each}}}") for each in ("Clean", "Lead")]
    generations = kept(config, maps[0], maps[1], maps[0])
    assert mappings_of(generations) == [maps[1].encode(), maps[0].encode()]
    assert [(each.at_s, each.change) for each in generations.sets] == [(1.0, "change 1"), (2.0, "change 2")]
    many = [f"{MAP}# {number}\n" for number in range(KEPT + 3)]
    assert mappings_of(kept(config, *many)) == [text.encode() for text in many[3:]]


def test_a_text_in_many_sets_is_on_the_disk_once(config: Path) -> None:
    """Ten sets of a large board and a small mapping take the room of one."""
    noise = os.urandom(20_000).hex()  # does not get smaller than half of it
    save(config.parent / "boards" / "stage.yaml", f"{BOARD}# {noise}\n")
    assert kept(config, *(f"{MAP}# {number}\n" for number in range(KEPT))).path.stat().st_size < 1.5 * len(noise)


def test_the_order_is_told_from_what_runs(config: Path) -> None:
    """One before it, two before it; the newest where it was not kept; None where there are not so many."""
    generations = kept(config, *(f"{MAP}# {number}\n" for number in range(3)))
    oldest, middle, newest = generations.sets
    assert generations.before(newest.files) is middle
    assert generations.before(newest.files, 2) is oldest
    assert generations.before(oldest.files) is None
    assert generations.before(FileSet()) is newest
    assert generations.before(newest.files, 0) is None
    assert generations.before(oldest.files, -2) is newest
    assert generations.before(newest.files, -1) is None
    assert generations.shortage(oldest.files, 1) == "there is no set 1: none was kept before what runs"
    assert generations.shortage(newest.files, -1) == "there is no set -1: none was kept after what runs"
    assert generations.shortage(newest.files, 0) == "set 0 is what runs: those before it count from 1"
    assert generations.shortage(middle.files, 2) == "there is no set 2: 1 was kept before what runs"


def test_a_folder_that_was_moved_keeps_its_history(
    tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths are those below the rig's folder, however the folder is named on the command line."""
    generations = kept(config, MAP)
    monkeypatch.chdir(tmp_path)
    here = Generations(Path("config/controld.yaml"))
    assert here.path == generations.path
    assert here.place_of(generations.digest(generations.sets[0].files)) == 0
    assert set(here.sets[0].files.texts) == {
        Path("config") / name
        for name in ("controld.yaml", "surfaces/floor.yaml", "boards/stage.yaml", "mappings/stage.yaml")
    }
    moved = config.parent.rename(tmp_path / "elsewhere")
    there = Generations(moved / "controld.yaml", generations.path)
    assert is_on_disk(there.sets[0].files)


def test_shipped_profiles_are_kept_but_are_not_the_users_own(config: Path) -> None:
    """They are needed to load the set, are found again wherever the program lies, and are never written back."""
    shipped = Path(str(files("controld"))) / "surfaces" / "profiles" / "some.yaml"
    generations = Generations(config)
    generations.keep(FileSet({config: b"mine", shipped: b"shipped"}))
    generations.save()
    assert b"controld:surfaces/profiles/some.yaml" in gzip.decompress(generations.path.read_bytes())
    (again,) = Generations(config).sets
    assert again.files.texts == {config: b"mine", shipped: b"shipped"}
    assert again.own == {config: b"mine"}


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x1f\x8b\x08\x00broken"])
def test_a_damaged_file_is_set_aside(content: bytes, config: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its name is logged, and keeping begins anew."""
    path = Generations(config).path
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert Generations(config).sets == []
    assert path.with_suffix(".damaged").read_bytes() == content
    assert "set aside" in caplog.text
    assert len(kept(config, MAP).sets) == 1


def test_the_last_good_set_is_the_newest_that_loads(config: Path) -> None:
    """One that this controld finds mistakes in is passed over."""
    with pytest.raises(RollbackError, match="no good files"):
        load_last_good(config, {})
    generations = kept(config, MAP, with_action("{snapshot: Lead}"))
    broken = FileSet(
        {path: text.replace(b"bypass", b"bypas") for path, text in generations.sets[0].files.texts.items()},
        generations.sets[0].files.globs,
    )
    generations.keep(broken)
    generations.save()
    rig, found = load_last_good(config, {})
    assert rig.from_kept
    assert found.change == "change 1"


def test_files_are_compared_with_the_disk(config: Path) -> None:
    """Another text, a missing file and one more file for a glob are all noticed."""
    found = load_rig(config).found
    assert is_on_disk(found)
    more = config.parent / "mappings" / "more.yaml"
    save(more, MAP)
    assert not is_on_disk(found)
    more.unlink()
    assert is_on_disk(found)
    save(config.parent / "mappings" / "stage.yaml", MAP + "#")
    assert not is_on_disk(found)
    (config.parent / "mappings" / "stage.yaml").unlink()
    assert not is_on_disk(found)


def test_what_is_kept_is_private_if_the_folder_is(config: Path) -> None:
    """Who may read the file is not widened when it is written again."""
    path = kept(config, MAP).path
    path.chmod(0o600)
    kept(config, MAP + "#")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
