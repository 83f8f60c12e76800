"""Nonsense at the daemon's own door, and files that are none: answered in a sentence, harming nobody."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig_process import RigProcess, Tablet, running, wait_for
from troubled_rig import assert_a_press_acts, door, memory, open_files


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RigProcess]:
    """A rig; the tests that share it leave its state as they found it."""
    with running(tmp_path_factory.mktemp("rig")) as process:
        yield process


@pytest.fixture
def tablet(rig: RigProcess) -> Iterator[Tablet]:
    """A well-behaved tablet that has heard the full state."""
    with Tablet(rig.osc_port) as client:
        client.send("/controld/hello")
        client.wait("/effect/drive/active", 0)
        client.wait("/effect/leslie/active", 0)
        yield client


NONSENSE = {
    "no JSON": (b"garbage\n", "not a JSON object"),
    "no text": (b"\xff\xfe\x00\x01\n", "not a JSON object"),
    "an empty line": (b"\n", "not a JSON object"),
    "a list": (b"[]\n", "not a JSON object"),
    "no request": (b"{}\n", "not something this daemon does"),
    "an object for a request": (b'{"do": {"a": 1}}\n', "not something this daemon does"),
    "no control": (b'{"do": "simulate"}\n', "there is no surface"),
    "a list for a control": (b'{"do": "simulate", "control": ["floor"]}\n', "there is no surface"),
    "half a character": (b'{"do": "simulate", "control": "\\udc80.\\udfff"}\n', "there is no surface"),
    "detents for a switch": (b'{"do": "simulate", "control": "floor.fs1", "detents": 3}\n', "fs1"),
    "a word for a position": (b'{"do": "simulate", "control": "floor.exp1", "position": "up"}\n', "exp1"),
}


def let_go(client: socket.socket) -> bool:
    """Send up to 16 MB without a line end; tell whether the other side closed."""
    try:
        for _ in range(256):
            client.sendall(bytes(64 << 10))
        return client.recv(1) == b""
    except ConnectionError:
        return True


class TestDoor:
    @pytest.mark.parametrize("name", NONSENSE)
    def test_nonsense_is_answered(self, rig: RigProcess, name: str) -> None:
        """One line with the reason; the next line of the same client is served."""
        line, reason = NONSENSE[name]
        with door(rig) as client, client.makefile("rb") as lines:
            client.sendall(line + b'{"do": "status"}\n')
            assert reason in json.loads(lines.readline())["error"]
            assert json.loads(lines.readline())["pedalboard"] == "Stage"

    def test_a_line_without_end_is_not_kept(self, rig: RigProcess, tablet: Tablet) -> None:
        """Megabytes without a line end: the client is let go, and nothing of it stays."""
        before = memory(rig)
        for _ in range(5):
            with door(rig) as client:
                assert let_go(client)
        assert memory(rig) - before < 4 << 20
        assert_a_press_acts(tablet)

    def test_clients_that_come_and_go_leave_nothing(self, rig: RigProcess, tablet: Tablet) -> None:
        """Hundreds of clients, half of them gone in the middle of a line: no file stays open."""
        files = open_files(rig)
        for _ in range(10):
            clients = [door(rig) for _ in range(50)]
            for number, client in enumerate(clients):
                client.sendall(b'{"do": "monitor"}\n' if number % 2 else b'{"do": "sta')
            assert_a_press_acts(tablet)
            for client in clients:
                client.close()
        wait_for(lambda: open_files(rig) == files, "the files to be closed")

    def test_a_monitor_that_never_reads_holds_up_nobody(self, rig: RigProcess, tablet: Tablet) -> None:
        """It is let go with a word in the log when what it did not read is too much; another monitor sees all."""
        watching = '"kind":"state"'
        with door(rig) as deaf, door(rig) as other, other.makefile("r") as lines:
            deaf.sendall(b'{"do": "monitor"}\n')
            other.sendall(b'{"do": "monitor"}\n')
            assert lines.readline() == '{"ok": true}\n'
            tablet.send("/effect/drive/active", 1)
            wait_for(lambda: watching in lines.readline(), "the other monitor's news")
            other.close()
            for number in range(20_000):
                tablet.send("/effect/leslie/active", number % 2)
                if number % 100 == 99:
                    tablet.wait("/effect/leslie/active", 1)
                    if "let go" in rig.text:
                        break
            wait_for(lambda: "a monitor does not read what it asked for and is let go" in rig.text, "its end")
            tablet.send("/effect/drive/active", 0)
            tablet.wait("/effect/drive/active", 0)
            tablet.send("/effect/leslie/active", 0)
            tablet.wait("/effect/leslie/active", 0)


class TestFiles:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"\xff\xfe\x00garbage", "not UTF-8 text"),
            (b"", "the file is empty"),
            (b"a: &a [*a]\n", "a value that holds itself"),
            (b"[" * 5000, "nested more than"),
        ],
    )
    def test_a_file_that_is_none_is_one_sentence(self, tmp_path: Path, content: bytes, words: str) -> None:
        """Whatever is in the file: its name and place, what is wrong, exit code 1, and nothing started."""
        process = RigProcess(tmp_path)
        (tmp_path / "map.yaml").write_bytes(content)
        process.start(ready="nothing was started")
        assert process.process.wait(5) == 1
        assert "map.yaml" in process.text
        assert words in process.text
        assert "Traceback" not in process.text

    def test_a_configuration_that_is_not_there_is_one_sentence(self, tmp_path: Path) -> None:
        """The path as it was given, and exit code 1."""
        process = RigProcess(tmp_path)
        (tmp_path / "controld.yaml").unlink()
        process.start(ready="nothing was started")
        assert process.process.wait(5) == 1
        assert str(tmp_path / "controld.yaml") in process.text
        assert "Traceback" not in process.text
