"""The library on a real disk: whatever a pedalboard is called, and whatever becomes of its file."""

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.librarian import Librarian
from controld.library import Contents, Library, board_file, file_stem, parse_board
from controld.session.board_json import from_members
from controld.session.model import Bank, EffectSetup, Pedalboard
from controld.session.shelf import DropBoard, Filing, KeepBanks, KeepBoard, KeepFavourites, StoredBanks, UnreadableBoard

BOARD = Pedalboard("Own", (EffectSetup("drive", "urn:drive"),))
NASTY = [
    "../../etc/passwd", "/etc/passwd", "a/b", "\\", "..", ".", " .", "nul", "CON", "a\x00b", "\n", "-rf", "*?<>|:",
    "x" * 1000, "\U0001f3b8" * 250, "Größe", "Gro\u0308ße", "GRÖSSE", "stage", "Stage", "STAGE", "index", "banks.json",
    "\u202egnp.exe", "a.json",
]  # fmt: skip


def kept(folder: Path) -> dict[str, Pedalboard]:
    """Return what a fresh look at the library finds."""
    return {each.name: each.read() for each in Library(folder).open().boards}


def test_any_name_is_kept_inside_the_folder(tmp_path: Path) -> None:
    """Each in a file of its own, with its true name inside; nothing lies elsewhere."""
    folder = tmp_path / "deep" / "library"
    library = Library(folder)
    library.open()
    for name in NASTY:
        library.file(KeepBoard(Pedalboard(name, description=repr(name))))
    found = kept(folder)
    assert {name: board.description for name, board in found.items()} == {name: repr(name) for name in NASTY}
    files = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert all(str(path).startswith("deep/library/") for path in files)
    assert len([path for path in files if path.match("pedalboards/*.json")]) == len(NASTY)


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_files_name_is_plain_and_tells_names_apart(one: str, other: str) -> None:
    """On file systems too that know no case."""
    stem = file_stem(one)
    assert stem.isascii()
    assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not stem.startswith("-")
    assert len(stem) <= 60
    assert (stem == file_stem(other)) is (one == other)


def test_a_board_is_kept_again_in_its_place_and_removed(tmp_path: Path) -> None:
    """Also where its file was named by another program."""
    own = tmp_path / "pedalboards" / "ebf10e42.json"
    own.parent.mkdir()
    own.write_text(json.dumps({"name": "Test", "plugins": [], "connections": [], "mine": 1}), encoding="utf-8")
    library = Library(tmp_path)
    (stored,) = library.open().boards
    library.file(KeepBoard(stored.read()))
    assert json.loads(own.read_text(encoding="utf-8"))["mine"] == 1
    library.file(DropBoard("Test"))
    assert kept(tmp_path) == {}
    assert not own.exists()
    assert list(own.parent.iterdir()) == []


def test_two_files_of_one_name_are_two_boards(tmp_path: Path) -> None:
    """The second has a number."""
    for file in ("a", "b"):
        path = tmp_path / "pedalboards" / f"{file}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"name": "Test", "description": file}), encoding="utf-8")
    assert {name: board.description for name, board in kept(tmp_path).items()} == {"Test": "a", "Test 2": "b"}


def test_the_index_is_believed_only_as_long_as_the_file_is_the_same(tmp_path: Path) -> None:
    """A file that is as it was is not read to be listed; one that another program changed is."""
    library = Library(tmp_path)
    library.open()
    library.file(KeepBoard(BOARD))
    Library(tmp_path).open()  # writes the index
    (path,) = (tmp_path / "pedalboards").glob("*.json")
    stat, size = path.stat(), path.stat().st_size
    path.write_bytes(b" " * size)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (listed,) = Library(tmp_path).open().boards
    assert listed.name == "Own"
    path.write_text(json.dumps({"name": "Else"}), encoding="utf-8")
    assert [each.name for each in Library(tmp_path).open().boards] == ["Else"]
    (tmp_path / "index.json").write_text("{", encoding="utf-8")
    assert [each.name for each in Library(tmp_path).open().boards] == ["Else"]


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b"[]", b'{"name": NaN}', b"[" * 100_000])
def test_a_damaged_board_is_set_aside_and_the_one_before_counts(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """With its name in the log; without one before it is left out, and the rest is there."""
    library = Library(tmp_path)
    library.open()
    library.file(KeepBoard(Pedalboard("Once")))
    for description in ("old", "new"):
        library.file(KeepBoard(Pedalboard("Own", description=description)))
    for path in (tmp_path / "pedalboards").glob("*.json"):
        path.write_bytes(damage)
    found = Library(tmp_path).open().boards
    assert caplog.text.count("damaged") >= 2
    assert [each.name for each in found] == ["Own"]
    assert found[0].read().description == "old"
    assert [each.name for each in Library(tmp_path).open().boards] == ["Own"]
    assert len(list((tmp_path / "pedalboards").glob("*.damaged*"))) == 2


def test_a_board_that_is_damaged_while_it_runs(tmp_path: Path) -> None:
    """The one before, else a reason."""
    library = Library(tmp_path)
    library.open()
    library.file(KeepBoard(BOARD))
    (stored,) = Library(tmp_path).open().boards
    (path,) = (tmp_path / "pedalboards").glob("*.json")
    path.write_bytes(b"{")
    with pytest.raises(UnreadableBoard, match="is not there"):
        stored.read()


def test_a_newer_version_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is not listed, and a board of its name has another file."""
    path = tmp_path / "pedalboards" / f"{file_stem('Own')}.json"
    path.parent.mkdir()
    text = json.dumps({"name": "Own", "controld": {"version": 99}})
    path.write_text(text, encoding="utf-8")
    for name in ("banks.json", "favourites.json"):
        (tmp_path / name).write_text('{"version": 99}', encoding="utf-8")
    library = Library(tmp_path)
    assert library.open() == Contents()
    assert caplog.text.count("version 99") == 3
    library.file(KeepBoard(BOARD))
    assert path.read_text(encoding="utf-8") == text
    assert kept(tmp_path) == {"Own": BOARD}


def test_banks_and_favourites_are_read_again(tmp_path: Path) -> None:
    """And put away where the file was edited."""
    library = Library(tmp_path)
    assert library.open() == Contents()
    library.file(KeepBanks((Bank("Ä", ("Own", "x")), Bank("", ())), "print"))
    library.file(KeepFavourites(("urn:a", "urn:b")))
    contents = Library(tmp_path).open()
    assert contents.banks == StoredBanks((Bank("Ä", ("Own", "x")), Bank("", ())), "print")
    assert contents.favourites == ("urn:a", "urn:b")
    library.file(KeepBanks(None))
    assert Library(tmp_path).open().banks is None
    assert (tmp_path / "banks.superseded").exists()


def test_what_an_edited_file_outdates_is_put_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It can be looked at, and the log says where."""
    library = Library(tmp_path)
    library.open()
    library.file(KeepBoard(BOARD, "print"))
    assert Library(tmp_path).open().boards[0].written == "print"
    library.file(DropBoard("Own", aside=True))
    assert kept(tmp_path) == {}
    (away,) = (tmp_path / "pedalboards").glob("*.superseded")
    assert str(away) in caplog.text
    assert parse_board(away.read_bytes()) == (BOARD, "print")
    copied = from_members(json.loads(away.read_bytes()))  # by a program that knows nothing of files
    assert parse_board(board_file(copied)) == (BOARD, "")


def served(library: Library, body: Callable[[Librarian, list[tuple[Filing, str]], list[str]], object]) -> None:
    """Run a librarian, and what a test does with it."""

    async def serve() -> None:
        answers: list[tuple[Filing, str]] = []
        said: list[str] = []
        librarian = Librarian(library, lambda filing, reason: answers.append((filing, reason)), said.append)
        librarian.retry_s = 0.02
        librarian.start()
        work = body(librarian, answers, said)
        assert asyncio.iscoroutine(work)
        async with asyncio.timeout(30):
            await work
        await librarian.stop()

    asyncio.run(serve())


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    while not condition():  # noqa: ASYNC110 - the disk tells nothing
        await asyncio.sleep(0.005)


def test_what_is_asked_is_done_in_order_and_answered(tmp_path: Path) -> None:
    """The newest version of a board takes the place of one that waits; what waits at the stop is done."""
    library = Library(tmp_path)
    library.open()
    versions = [KeepBoard(Pedalboard("A", description=str(number))) for number in range(50)]

    async def body(librarian: Librarian, answers: list[tuple[Filing, str]], said: list[str]) -> None:
        librarian.take([KeepBoard(BOARD), *versions, DropBoard("Own")])
        await until(lambda: len(answers) == 3)
        assert answers == [(KeepBoard(BOARD), ""), (versions[-1], ""), (DropBoard("Own"), "")]
        librarian.take([KeepBoard(Pedalboard("B"))])
        assert said == []

    served(library, body)
    assert {name: board.description for name, board in kept(tmp_path).items()} == {"A": "49", "B": ""}


def test_a_disk_that_refuses_is_said_once_and_again_when_it_works(tmp_path: Path) -> None:
    """Everything that waits is tried again, in order, and none of it is lost."""
    folder = tmp_path / "library"
    folder.write_text("", encoding="utf-8")  # no folder can be made here
    library = Library(folder)
    library.open()
    first, second = KeepBoard(BOARD), KeepBoard(Pedalboard("Two"))

    async def body(librarian: Librarian, answers: list[tuple[Filing, str]], said: list[str]) -> None:
        librarian.take([first, second])
        await until(lambda: answers)
        await asyncio.sleep(0.1)  # several tries
        assert [filing for filing, _ in answers] == [first]
        assert answers[0][1]
        assert len(said) == 1
        folder.unlink()
        await until(lambda: len(answers) == 3)
        assert answers[1:] == [(first, ""), (second, "")]
        assert said[1:] == ["the library takes what is saved again"]

    served(library, body)
    assert set(kept(folder)) == {"Own", "Two"}


FILLS = """
import resource, sys
from pathlib import Path
from controld.library import Library
from controld.session.model import Pedalboard
from controld.session.shelf import KeepBoard
library = Library(Path(sys.argv[1]))
library.open()
library.file(KeepBoard(Pedalboard("Own", description="old")))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    library.file(KeepBoard(Pedalboard("Own", description="x" * 100_000)))
except OSError as error:
    sys.stdout.write(str(error))
"""


def test_a_file_that_must_not_grow_leaves_what_was(tmp_path: Path) -> None:
    """The write ends in its middle; nothing of it stays."""
    done = subprocess.run([sys.executable, "-c", FILLS, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "File too large" in done.stdout
    assert kept(tmp_path)["Own"].description == "old"
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith("new")]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Callable[[], Path]]:
    """Return a function that mounts a disk of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0

    def place() -> Path:
        if not mounted:
            pytest.skip("this user may not mount")
        return folder

    yield place
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_leaves_what_was(
    tmp_path: Path, tiny_disk: Callable[[], Path], caplog: pytest.LogCaptureFixture
) -> None:
    """The old version is there, whole; when there is room again the new one is written."""
    folder = tiny_disk()
    caplog.set_level(logging.ERROR)
    library = Library(folder)
    library.open()
    library.file(KeepBoard(BOARD))
    ballast = folder / "ballast"
    ballast.write_bytes(b"x" * 40_000)
    big = Pedalboard("Own", description="x" * 30_000)

    async def body(librarian: Librarian, answers: list[tuple[Filing, str]], said: list[str]) -> None:
        librarian.take([KeepBoard(big)])
        await until(lambda: answers)
        assert "No space left" in answers[0][1]
        assert kept(folder) == {"Own": BOARD}
        ballast.unlink()
        await until(lambda: len(answers) == 2)
        assert len(said) == 2

    served(library, body)
    assert kept(folder) == {"Own": big}
