"""The journal: kept whole or not at all, and never in the way of playing."""

import asyncio
import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from controld.session.live import Live
from controld.session.model import EffectRecall, EffectSetup, Pedalboard, Snapshot
from controld.session.saved import SavedSnapshot, fingerprint
from controld.session.shelf import fingerprint as board_print
from controld.store import Journal, Standing, lay_over, read_standing, standing_text, state_path
from controld.store_files import keep_file
from controld.values import Level

LEAD = Standing(Live("Stage", "Lead"))
WRITTEN = Snapshot("Lead", {"drive": EffectRecall(parameters={"gain": Level(60, "%")})})
PLAYED = Snapshot("Lead", {"drive": EffectRecall(False, "Crunch", {"gain": Level(0.7), "mode": Level(2.0)})})
SAVED = SavedSnapshot("Stage", fingerprint(WRITTEN), PLAYED)
BOARD = Pedalboard("Größe \U0001f3b8", (EffectSetup("drive", "urn:drive"),), snapshots=(PLAYED,))
LIVE = Live(
    BOARD.name, "Lead", "Bank", "Page", 99.5, PLAYED.effects, {"a": True, "b": 1.5, "c": "x"}, BOARD, written="print"
)


def write(path: Path, standing: Standing) -> None:
    """Keep a standing as the journal does."""
    keep_file(path, standing_text(standing, standing.live.written))


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    """Any Unicode in a name; nothing but the file and the one before is left behind."""
    path = tmp_path / "folder" / "last.json"
    for standing in (LEAD, Standing(LIVE), Standing(replace(LIVE, edited=None), (SAVED,))):
        write(path, standing)
        assert read_standing(path) == (standing, path)
    assert {each.name for each in path.parent.iterdir()} == {"last.json", ".last.json.before"}


def test_what_older_versions_kept_is_read(tmp_path: Path) -> None:
    """The first knew of no saved snapshots, the next of no values."""
    path = tmp_path / "last.json"
    path.write_text('{"version": 1, "pedalboard": "Stage", "snapshot": "Lead"}', encoding="utf-8")
    assert read_standing(path)[0] == LEAD
    kept = json.loads(standing_text(Standing(Live(), (SAVED,)), ""))["saved"]
    first = {"version": 1, "pedalboard": "Stage", "snapshot": "Lead", "saved": kept}
    path.write_text(json.dumps(first), encoding="utf-8")
    assert read_standing(path)[0] == replace(LEAD, saved=(SAVED,))


DAMAGED = '{"version": 1, "pedalboard": "", "snapshot": "", "saved": %s}'
NEWER = '{"version": 2, "pedalboard": "A", "snapshot": "", %s}'


@pytest.mark.parametrize(
    "text",
    [
        *["", "{", "[]", "null", '{"version": 1}', "\x00\x01", "[" * 100_000],
        *[DAMAGED % saved for saved in ("3", "[3]", "[{}]", '[{"pedalboard": "", "written": "", "snapshot": 5}]')],
        *[NEWER % each for each in ('"effects": 3', '"effects": {"a": 1}', '"edited": 4', '"variables": {"a": []}')],
    ],
)
def test_a_damaged_file_is_set_aside(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    """The one before counts, or nothing where there is none; the file can still be looked at."""
    path = tmp_path / "last.json"
    path.write_text(text, encoding="utf-8")
    assert read_standing(path)[0] == Standing()
    assert "damaged" in caplog.text
    assert path.with_suffix(".damaged").read_text(encoding="utf-8") == text
    assert not path.exists()
    write(path, LEAD)
    write(path, Standing(LIVE))
    path.write_text(text, encoding="utf-8")
    assert read_standing(path)[0] == LEAD
    assert path.with_suffix(".damaged-2").exists()
    assert read_standing(path)[0] == LEAD  # still, where it was not written since


def test_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """What a later controld wrote is neither thrown away nor written over; this one keeps its own beside it."""
    path = tmp_path / "last.json"
    text = json.dumps({"version": 99, "pedalboard": "x", "snapshot": ""})
    path.write_text(text, encoding="utf-8")
    standing, own = read_standing(path)
    assert standing == Standing()
    assert own != path
    write(own, LEAD)
    assert read_standing(path) == (LEAD, own)
    assert path.read_text(encoding="utf-8") == text


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


def journal(path: Path, standing: Standing = LEAD, *, held: bool = False) -> Journal:
    """Return a journal of a rig that stands so."""
    return Journal(path, lambda: standing, held=held)


def test_how_it_stands_at_the_stop_is_kept(tmp_path: Path) -> None:
    """With the fingerprint of the pedalboard, whatever else was marked before."""
    path = tmp_path / "last.json"

    async def play() -> None:
        book = journal(path, Standing(Live("A", kept=BOARD)))
        book.start()
        book.mark()
        await book.stop()

    asyncio.run(play())
    assert read_standing(path)[0] == Standing(Live("A", written=board_print(BOARD)))


def test_a_change_is_kept_soon_and_once(tmp_path: Path) -> None:
    """Without a stop; what did not change is not written again."""
    path = tmp_path / "last.json"

    async def play() -> None:
        book = journal(path)
        book.start()
        book.mark()
        async with asyncio.timeout(20):
            while not path.exists():  # noqa: ASYNC110 - the disk tells nothing
                await asyncio.sleep(0.01)
        first = path.stat().st_mtime_ns
        book.mark()
        await book.stop()
        assert path.stat().st_mtime_ns == first

    asyncio.run(play())
    assert read_standing(path)[0] == LEAD


def test_while_it_is_held_nothing_is_written(tmp_path: Path) -> None:
    """A safe start keeps what was left for another."""
    path = tmp_path / "last.json"
    write(path, Standing(LIVE))

    async def play() -> None:
        book = journal(path, held=True)
        book.start()
        book.mark()
        await book.stop()
        assert read_standing(path)[0] == Standing(LIVE)
        book.held = False
        await book.stop()

    asyncio.run(play())
    assert read_standing(path)[0] == LEAD


def test_a_disk_that_refuses_is_said_once_and_again_when_it_works(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Playing goes on; the complaint is not repeated, and what waits is written without another change."""
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    path = blocked / "last.json"

    async def play() -> None:
        book = journal(path)
        for _ in range(2):
            await book.stop()
        book.retry_s = 0.01
        book.start()
        blocked.unlink()
        async with asyncio.timeout(20):
            while "kept again" not in caplog.text:  # noqa: ASYNC110 - the log tells nothing
                await asyncio.sleep(0.01)
        await book.stop()

    with caplog.at_level(logging.WARNING):
        asyncio.run(play())
    assert caplog.text.count("cannot be kept") == 1
    assert read_standing(path)[0] == LEAD
