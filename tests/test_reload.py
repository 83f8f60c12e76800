"""Saved files are taken while a rig runs, broken ones are not, and what was good can be returned to."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kept_rig import BOARD, MAP, RIG, save, with_action, write_rig

from controld import file_watch, reload
from controld.config import load_rig
from controld.config_values import RigConfig
from controld.reload import Reloading
from controld.reload_files import RollbackError, load_again, load_last_good

WITHIN_S = 10.0


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(file_watch, "LOOK_ANYWAY_S", 1e6)  # the notice alone has to do
    monkeypatch.setattr(reload, "PATIENCE_S", 0.1)
    monkeypatch.setattr(reload, "AFTER_FAILURE_S", 0.01)
    caplog.set_level(logging.INFO, "controld.config")


@dataclass
class Play:
    """A rig's files while they are watched, and what came of it."""

    folder: Path
    reloading: Reloading
    taken: list[RigConfig]
    notes: list[str]
    shown: list[str]

    def save(self, name: str, text: str) -> None:
        """Save a file of the rig."""
        save(self.folder / name, text)

    def remap(self, action: str) -> None:
        """Save the mapping with another action."""
        self.save("mappings/stage.yaml", with_action(action))

    async def until(self, look: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(WITHIN_S):
            while not look():  # noqa: ASYNC110 - what is looked at has no event to wait for
                await asyncio.sleep(0.002)

    async def taken_is(self, count: int) -> RigConfig:
        """Wait for so many configurations; return the last one, when it is kept too."""
        await self.until(lambda: len(self.taken) >= count and not self.reloading.busy)
        assert len(self.taken) == count
        return self.taken[-1]

    async def shows(self, text: str) -> None:
        """Wait until something with this text was shown on stage."""
        await self.until(lambda: any(text in each for each in self.shown))


def play(folder: Path, script: Callable[[Play], Awaitable[None]], config: RigConfig | None = None) -> Play:
    """Run a script while the rig in a folder is watched."""

    async def run() -> Play:
        rig = config or load_rig(write_rig(folder))
        taken: list[RigConfig] = []
        notes: list[str] = []
        shown: list[str] = []
        playing = Play(folder, Reloading(rig, {}, taken.append, notes.append, shown.append), taken, notes, shown)
        playing.reloading.start()
        await playing.until(lambda: not playing.reloading.busy)
        await script(playing)
        await playing.reloading.stop()
        return playing

    return asyncio.run(run())


def words_of(playing: Play) -> str:
    """Return what the status says."""
    return str(playing.reloading.status()["words"])


class TestSaved:
    def test_a_saved_file_is_taken_and_its_difference_told(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """On the log and on the monitor; nothing is shown on stage, for nothing is wrong."""

        async def script(rig: Play) -> None:
            rig.remap("{snapshot: Lead}")
            await rig.taken_is(1)

        playing = play(tmp_path, script)
        assert playing.notes == [
            "saved files are taken",
            "  mappings/stage.yaml:3 floor.fs1: bypass drive -> snapshot Lead",
        ]
        assert playing.shown == []
        assert playing.notes[1] in caplog.text

    def test_new_files_and_folders_belong_to_the_rig_at_once(self, tmp_path: Path) -> None:
        """A file for a glob, a profile of one's own, and what a new line of the rig's file names."""

        async def script(rig: Play) -> None:
            rig.save("mappings/more.yaml", MAP.replace("fs1", "fs2"))
            assert len((await rig.taken_is(1)).rules) == 2
            rig.save("extra/solo.yaml", MAP.replace("fs1", "fs3"))
            rig.save("controld.yaml", RIG.replace("[mappings/*.yaml]", "[mappings/*.yaml, extra/*.yaml]"))
            assert len((await rig.taken_is(2)).rules) == 3
            rig.save("extra/solo.yaml", MAP.replace("fs1", "fs4"))
            assert "floor.fs4" in {each.triggers[0].control for each in (await rig.taken_is(3)).rules}
            (rig.folder / "mappings" / "more.yaml").unlink()
            assert len((await rig.taken_is(4)).rules) == 2

        play(tmp_path, script)

    def test_what_changes_nothing_is_not_taken(self, tmp_path: Path) -> None:
        """A file saved as it was, an editor's own files, and a folder that comes and goes."""

        async def script(rig: Play) -> None:
            rig.save("mappings/stage.yaml", MAP)
            rig.save("mappings/.stage.yaml.swp", "rubbish")
            (rig.folder / "mappings" / "backup").mkdir()
            rig.remap("{snapshot: Lead}")  # what is next is the first that is taken
            assert (await rig.taken_is(1)).rules[0].targets

        assert len(play(tmp_path, script).reloading.generations.sets) == 2

    def test_a_file_saved_before_the_watch_began_is_taken(self, tmp_path: Path) -> None:
        """It was read, changed, and only then watched."""
        config = load_rig(write_rig(tmp_path))
        save(tmp_path / "mappings" / "stage.yaml", with_action("{snapshot: Lead}"))

        async def script(rig: Play) -> None:
            await rig.taken_is(1)

        play(tmp_path, script, config)

    def test_a_warning_is_said_once(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """However often its file is saved, and whatever line it moves to."""

        async def script(rig: Play) -> None:
            twin = "version: 1\ncontrols:\n  fs{1..4}: {cc: '{20..23}', kind: button}\n  same: {cc: 20, kind: button}\n"
            for number in range(3):
                rig.save("surfaces/floor.yaml", "#\n" * number + twin)
                await rig.taken_is(number + 1)

        play(tmp_path, script)
        assert caplog.text.count("listens to the same message") == 1


EDITS = [
    MAP,
    *map(with_action, ("{snapshot: Lead}", "{snapshot: Clean}", "{bypas: drive}")),
    "version: 1\nrules: [",
    "",
]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(st.tuples(st.sampled_from(EDITS), st.booleans(), st.floats(0, 0.08)), max_size=6),
    last=st.sampled_from(EDITS[:3]),
)
def test_whatever_was_saved_what_runs_is_what_lies_there(
    edits: list[tuple[str, bool, float]], last: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """However fast files follow each other, whole or cut short, good or broken: at the end the good files run."""
    folder = tmp_path_factory.mktemp("rig")

    async def script(rig: Play) -> None:
        path = rig.folder / "mappings" / "stage.yaml"
        for text, whole, pause_s in [*edits, (last, True, 0.0)]:
            if whole:
                save(path, text)
            else:
                path.write_text(text, encoding="utf-8")
            await asyncio.sleep(pause_s)
        wanted = rig.reloading.generations.digest(load_rig(rig.folder / "controld.yaml").found)
        await rig.until(lambda: rig.reloading.status()["set"] == wanted and words_of(rig) == "")

    played = play(folder, script)
    assert all(each.rules for each in played.taken)


class TestBroken:
    def test_a_mistake_keeps_what_runs_and_is_said_everywhere(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """With its place; once, and the stage is told when it is mended."""

        async def script(rig: Play) -> None:
            rig.remap("{bypas: drive}")
            await rig.shows("stage.yaml:4 ")
            assert "the files have mistakes" in words_of(rig)
            rig.save("boards/stage.yaml", BOARD + "# another file, the same mistake\n")
            rig.remap("{snapshot: Lead}")
            await rig.taken_is(1)
            await rig.shows("files taken")
            assert words_of(rig) == ""

        playing = play(tmp_path, script)
        (told,) = [note for note in playing.notes if note.startswith("not reloaded")]
        assert "mappings/stage.yaml:4:" in told
        assert caplog.text.count("what was loaded before stays") == 1

    def test_an_included_file_that_is_saved_after_the_one_that_names_it_is_taken(self, tmp_path: Path) -> None:
        """It lies where nothing else is looked at."""

        async def script(rig: Play) -> None:
            rig.save("mappings/stage.yaml", MAP.replace("version: 1", "version: 1\nincludes: [../later/solo.yaml]"))
            await rig.shows("stage.yaml:2 ")
            rig.save("later/solo.yaml", MAP.replace("fs1", "fs2"))
            assert len((await rig.taken_is(1)).rules) == 2

        play(tmp_path, script)

    def test_what_is_mended_to_what_runs_is_said(self, tmp_path: Path) -> None:
        """Nothing is taken, for it runs already."""

        async def script(rig: Play) -> None:
            rig.remap("{bypas: drive}")
            await rig.shows("stage.yaml:4 ")
            rig.save("mappings/stage.yaml", MAP)
            await rig.until(lambda: "the files are what runs" in rig.notes)

        playing = play(tmp_path, script)
        assert playing.taken == []
        assert words_of(playing) == ""

    def test_a_file_found_half_written_is_no_mistake(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It is read again when the rest is there."""
        monkeypatch.setattr(reload, "PATIENCE_S", WITHIN_S)
        reads: list[object] = []

        def counting(*args: object) -> object:
            loaded = load_again(*args)  # type: ignore[arg-type]
            reads.append(loaded.config)
            return loaded

        monkeypatch.setattr(reload, "load_again", counting)

        async def script(rig: Play) -> None:
            path = rig.folder / "mappings" / "stage.yaml"
            with path.open("w", encoding="utf-8") as file:
                file.write("version: 1\nrules:\n  - when: [floor.f")
                file.flush()
                (rig.folder / "mappings" / "other").touch()  # somebody else's notice comes in between
                await rig.until(lambda: len(reads) > 0)
                file.seek(0)
                file.write(with_action("{snapshot: Lead}"))
            await rig.taken_is(1)

        playing = play(tmp_path, script)
        assert reads[0] is None
        assert "mistakes" not in caplog.text
        assert playing.shown == []

    def test_a_save_that_is_too_much_does_not_end_the_watch(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """An error of ours is logged with all that helps to mend it, and the next save is taken."""
        failed: list[object] = []

        def failing(*args: object) -> object:
            if not failed:
                failed.append(args)
                raise RecursionError("too deep")
            return load_again(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(reload, "load_again", failing)

        async def script(rig: Play) -> None:
            rig.remap("{snapshot: Clean}")
            await rig.until(lambda: bool(failed))
            rig.remap("{snapshot: Lead}")
            await rig.taken_is(1)

        play(tmp_path, script)
        assert "RecursionError: too deep" in caplog.text

    def test_a_folder_that_vanishes_keeps_what_runs(self, tmp_path: Path) -> None:
        """And is taken when it is back."""

        async def script(rig: Play) -> None:
            (rig.folder / "mappings").rename(rig.folder / "gone")
            await rig.shows("controld.yaml")
            (rig.folder / "gone").rename(rig.folder / "mappings")
            await rig.until(lambda: "the files are what runs" in rig.notes)

        assert play(tmp_path, script).taken == []


class TestRollback:
    def test_back_to_the_set_before_and_on_with_the_next_save(self, tmp_path: Path) -> None:
        """The files stay as they are meanwhile, and are not taken again by themselves."""

        async def script(rig: Play) -> None:
            first = rig.reloading.generations.sets[0].files.digest
            rig.remap("{snapshot: Lead}")
            await rig.taken_is(1)
            kept = rig.reloading.rollback()
            assert kept.files.digest == first
            back = await rig.taken_is(2)
            assert back.found.digest == first
            assert (rig.folder / "mappings" / "stage.yaml").read_text(encoding="utf-8") == with_action(
                "{snapshot: Lead}"
            )
            assert "rolled back to the files of" in words_of(rig)
            await rig.shows("rolled back to")
            rig.remap("{snapshot: Clean}")
            await rig.taken_is(3)
            assert words_of(rig) == ""

        playing = play(tmp_path, script)
        assert "  mappings/stage.yaml:3 floor.fs1: snapshot Lead -> bypass drive" in playing.notes
        assert len(playing.reloading.generations.sets) == 3

    def test_step_by_step_and_by_number(self, tmp_path: Path) -> None:
        """Each goes one further back from what runs; beyond the oldest it is refused and nothing changes."""

        async def script(rig: Play) -> None:
            for number, action in enumerate(("{snapshot: Lead}", "{snapshot: Clean}")):
                rig.remap(action)
                await rig.taken_is(number + 1)
            first, second, _third = (each.files.digest for each in rig.reloading.generations.sets)
            rig.reloading.rollback()
            assert (await rig.taken_is(3)).found.digest == second
            rig.reloading.rollback()
            assert (await rig.taken_is(4)).found.digest == first
            assert rig.reloading.status()["returned"]
            with pytest.raises(RollbackError, match="none was kept before"):
                rig.reloading.rollback()
            rig.remap("{pedalboard: Stage}")
            await rig.taken_is(5)
            rig.reloading.rollback(2)
            rig.reloading.rollback()  # before the other was taken: one further back
            assert (await rig.taken_is(7)).found.digest == first

        play(tmp_path, script)

    def test_restored_files_are_what_runs(self, tmp_path: Path) -> None:
        """A person who brings the files back by hand is not told of a rollback any more."""

        async def script(rig: Play) -> None:
            rig.remap("{snapshot: Lead}")
            await rig.taken_is(1)
            rig.reloading.rollback()
            await rig.taken_is(2)
            rig.save("mappings/stage.yaml", MAP)
            await rig.until(lambda: words_of(rig) == "")

        assert len(play(tmp_path, script).taken) == 2

    def test_a_start_with_the_last_good_set_waits_for_a_save_that_checks(self, tmp_path: Path) -> None:
        """The mistakes that are there are known, and the same ones are not told as new."""

        async def nothing(rig: Play) -> None:
            pass

        play(tmp_path, nothing)
        save(tmp_path / "mappings" / "stage.yaml", with_action("{bypas: drive}"))
        config, _kept = load_last_good(tmp_path / "controld.yaml", {})

        async def script(rig: Play) -> None:
            await rig.until(lambda: "mistakes" in words_of(rig))
            assert "rolled back" in words_of(rig)
            rig.remap("{snapshot: Lead}")
            await rig.taken_is(1)
            assert words_of(rig) == ""

        assert play(tmp_path, script, config).shown == ["files taken"]
