"""Files that are saved in all the ways editors know are noticed, by the system's own notice."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from controld import file_watch
from controld.file_watch import FileWatch, places_of

WITHIN_S = 10.0


def write_anew(path: Path) -> None:
    """Cut the file short and write it, as `cp` and simple editors do."""
    path.write_text("new", encoding="utf-8")


def rename_over(path: Path) -> None:
    """Write beside and rename, as careful editors do."""
    fresh = path.with_name(".fresh~")
    fresh.write_text("new", encoding="utf-8")
    fresh.replace(path)


def rename_away_and_write(path: Path) -> None:
    """Keep the old one as a backup, and write a new file, as vim does."""
    path.rename(path.with_name(f"{path.name}~"))
    path.write_text("new", encoding="utf-8")


def delete(path: Path) -> None:
    """Take it away."""
    path.unlink()


def hard_link(path: Path) -> None:
    """Put a link to another file in its place."""
    other = path.with_name("other")
    other.write_text("new", encoding="utf-8")
    path.unlink()
    os.link(other, path)


def swap_the_data_folder(path: Path) -> None:
    """Point the link that all files go through to another folder, as Kubernetes does."""
    base = path.parent
    (base / "..2").mkdir()
    (base / "..2" / path.name).write_text("new", encoding="utf-8")
    (base / "..data_tmp").symlink_to("..2")
    (base / "..data_tmp").rename(base / "..data")


def plain(folder: Path) -> Path:
    """Return a file in a folder."""
    path = folder / "stage.yaml"
    path.write_text("old", encoding="utf-8")
    return path


def linked(folder: Path) -> Path:
    """Return a link to a file elsewhere (a synchronised folder)."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    plain(elsewhere)
    here = folder / "here"
    here.mkdir()
    (here / "stage.yaml").symlink_to("../elsewhere/stage.yaml")
    return here / "stage.yaml"


def mounted(folder: Path) -> Path:
    """Return a file as Kubernetes mounts one: a link through a link to a folder."""
    (folder / "..1").mkdir()
    plain(folder / "..1")
    (folder / "..data").symlink_to("..1")
    (folder / "stage.yaml").symlink_to("..data/stage.yaml")
    return folder / "stage.yaml"


def notices(paths: list[Path], act: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Watch, act, and fail where that gave no notice."""
    monkeypatch.setattr(file_watch, "LOOK_ANYWAY_S", 1e6)

    async def run() -> None:
        watch = FileWatch()
        watch.aim(paths)
        act()
        await asyncio.wait_for(watch.notice(), WITHIN_S)
        watch.close()

    asyncio.run(run())


@pytest.mark.parametrize("save", [write_anew, rename_over, rename_away_and_write, delete, hard_link])
def test_every_way_to_save_gives_a_notice(
    save: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of what is deleted."""
    path = plain(tmp_path)
    notices([path], lambda: save(path), monkeypatch)


@pytest.mark.parametrize("save", [write_anew, rename_over, delete])
def test_the_file_behind_a_link_is_watched(
    save: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies in another folder."""
    path = linked(tmp_path)
    notices([path], lambda: save(path.resolve()), monkeypatch)


def test_a_link_that_changes_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though neither file did; also where the link is a folder on the way."""
    path = linked(tmp_path)
    notices([path], lambda: rename_over(path), monkeypatch)
    mount = tmp_path / "mount"
    mount.mkdir()
    path = mounted(mount)
    notices([path], lambda: swap_the_data_folder(path), monkeypatch)
    assert path.read_text(encoding="utf-8") == "new"


def test_a_folder_that_appears_later_is_watched_from_then_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Step by step: the nearest one that is there tells of the next."""
    path = tmp_path / "a" / "b" / "stage.yaml"
    notices([path], (tmp_path / "a").mkdir, monkeypatch)
    notices([path], (tmp_path / "a" / "b").mkdir, monkeypatch)
    notices([path], lambda: write_anew(path), monkeypatch)


def test_a_folder_that_is_replaced_is_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice tells of it, and what came in its place is watched then."""
    folder = tmp_path / "config"
    folder.mkdir()
    path = plain(folder)
    before = places_of([path])

    def replace() -> None:
        folder.rename(tmp_path / "old")
        folder.mkdir()

    notices([path], replace, monkeypatch)
    assert places_of([path]) != before
    notices([path], lambda: write_anew(path), monkeypatch)


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    """They lead nowhere, and the folder they stand in is watched."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert tmp_path in {folder for folder, _, _ in places_of([tmp_path / "a" / "stage.yaml"])}


def test_without_notices_files_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the system has none left; said once."""

    def refuse() -> None:
        raise OSError(24, "too many")

    monkeypatch.setattr(file_watch, "Inotify", refuse)
    monkeypatch.setattr(file_watch, "LOOK_EVERY_S", 0.0)

    async def run() -> None:
        watch = FileWatch()
        for _ in range(2):
            watch.aim([tmp_path])
            await asyncio.wait_for(watch.notice(), WITHIN_S)
            await watch.quiet(0.0, 1.0)
        watch.close()

    asyncio.run(run())
    assert [record.getMessage() for record in caplog.records] == [
        "the system does not tell of saved files ([Errno 24] too many); they are looked at once a second"
    ]
