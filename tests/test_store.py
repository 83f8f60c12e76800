"""Where the rig stood: kept whole or not at all, and never in the way of playing."""

import asyncio
import json
import logging
from pathlib import Path

import pytest

from controld.session.model import EffectRecall, Pedalboard, Snapshot
from controld.session.saved import SavedSnapshot, fingerprint
from controld.store import Keeper, Standing, lay_over, read_standing, state_path, write_standing
from controld.values import Level

LEAD = Standing("Stage", "Lead")
WRITTEN = Snapshot("Lead", {"drive": EffectRecall(parameters={"gain": Level(60, "%")})})
PLAYED = Snapshot("Lead", {"drive": EffectRecall(False, "Crunch", {"gain": Level(0.7), "mode": Level(2.0)})})
SAVED = SavedSnapshot("Stage", fingerprint(WRITTEN), PLAYED)


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    """Any Unicode in a name; nothing but the file itself is left behind."""
    path = tmp_path / "folder" / "last.json"
    for standing in (LEAD, Standing("Größe 9 \U0001f3b8", ""), Standing("Stage", "Lead", (SAVED,))):
        write_standing(path, standing)
        assert read_standing(path) == standing
    assert [each.name for each in path.parent.iterdir()] == ["last.json"]


def test_what_an_older_version_kept_is_read(tmp_path: Path) -> None:
    """It knew of no saved snapshots."""
    path = tmp_path / "last.json"
    path.write_text('{"version": 1, "pedalboard": "Stage", "snapshot": "Lead"}', encoding="utf-8")
    assert read_standing(path) == LEAD


DAMAGED = '{"version": 1, "pedalboard": "", "snapshot": "", "saved": %s}'


@pytest.mark.parametrize(
    "text",
    [
        *["", "{", "[]", "null", '{"version": 1}', "\x00\x01"],
        *[DAMAGED % saved for saved in ("3", "[3]", "[{}]", '[{"pedalboard": "", "written": "", "snapshot": 5}]')],
    ],
)
def test_a_damaged_file_is_set_aside(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    """The start goes on with nothing, and the file can still be looked at."""
    path = tmp_path / "last.json"
    path.write_text(text, encoding="utf-8")
    assert read_standing(path) == Standing()
    assert "damaged" in caplog.text
    assert path.with_suffix(".damaged").read_text(encoding="utf-8") == text
    assert not path.exists()


def test_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """What a later controld wrote is not thrown away by an older one."""
    path = tmp_path / "last.json"
    path.write_text(json.dumps({"version": 2, "pedalboard": "x", "snapshot": ""}), encoding="utf-8")
    assert read_standing(path) == Standing()
    assert path.exists()


def test_a_saved_snapshot_counts_until_its_file_is_edited(caplog: pytest.LogCaptureFixture) -> None:
    """The edited one counts as it is written, the log says so, and what was saved is not kept any longer."""
    saved = {("Stage", "Lead"): SAVED}
    stage = Pedalboard("Stage", snapshots=(WRITTEN, Snapshot("Clean")))
    assert lay_over([stage], saved) == (Pedalboard("Stage", snapshots=(PLAYED, Snapshot("Clean"))),)
    assert lay_over([Pedalboard("Other")], saved) == (Pedalboard("Other"),)
    assert saved == {("Stage", "Lead"): SAVED}
    assert caplog.text == ""
    edited = Pedalboard("Stage", snapshots=(Snapshot("Lead", {"drive": EffectRecall(bypassed=True)}),))
    assert lay_over([edited], saved) == (edited,)
    assert saved == {}
    assert "`Lead` of `Stage` was changed in its file" in caplog.text


def test_each_rig_has_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two configurations do not overwrite each other's state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_path(Path("a.yaml")) != state_path(Path("b.yaml"))
    assert state_path(Path("a.yaml")).is_relative_to(tmp_path)


def test_the_newest_of_many_changes_is_kept_at_the_stop(tmp_path: Path) -> None:
    """Stopping writes what is still wanted, and only the newest."""
    path = tmp_path / "last.json"

    async def play() -> None:
        keeper = Keeper(path)
        keeper.start()
        for snapshot in ("Clean", "Crunch", "Lead"):
            keeper.note(Standing("Stage", snapshot))
        await keeper.stop()

    asyncio.run(play())
    assert read_standing(path) == LEAD


def test_a_disk_that_refuses_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Playing goes on; the complaint is not repeated."""
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")

    async def play() -> None:
        keeper = Keeper(blocked / "last.json")
        for snapshot in ("Clean", "Lead"):
            keeper.note(Standing("Stage", snapshot))
            await keeper.stop()

    with caplog.at_level(logging.WARNING):
        asyncio.run(play())
    assert caplog.text.count("cannot be kept") == 1
