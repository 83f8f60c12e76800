"""`controld learn` as a person has it: in a terminal, with a device on a real JACK server, beside a rig that runs."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jack_device import Floorboard
from jack_server import JackServer, needs_jackd
from rig_process import FLOOR, MAP, PAD, Tablet, free_port, running, wait_for
from terminal_process import TerminalProcess

from controld.cli import main
from controld.learn_guess import Guess
from controld.learn_profile import Entry
from controld.learn_target import LearnError, Wanted, find_target, planned, write
from controld.mappings.profile import Kind, Source, SourceType

ENTRY = Entry("tap", Guess(Source(SourceType.CC, 64, 1), Kind.BUTTON, "cc 64 sent 127, 0: pressed and released"))
MINE = "version: 1\ncontrols:\n  fs1: {cc: 20, kind: button}   # mine\n"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTROLD_SOCKET", str(tmp_path / "nobody.sock"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nowhere"))
    monkeypatch.delenv("CONTROLD_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


@contextmanager
def plugged(name: str = "stage-box") -> Iterator[Floorboard]:
    """Have a JACK server with a device."""
    with JackServer():
        board = Floorboard(name)
        try:
            yield board
        finally:
            board.unplug()


def sweep(board: Floorboard, low: int, high: int) -> None:
    """Move a pedal from heel to toe and back."""
    for value in (*range(low, high + 1), *range(high, low - 1, -1)):
        board.send(0xB0, 7, value)


@needs_jackd
class TestDevice:
    def test_a_device_is_learned_in_a_dialogue(self, tmp_path: Path) -> None:
        """Each control as it is recognised, named, renamed, skipped and undone; the file is written at the end."""
        with plugged() as board:
            person = TerminalProcess("learn", "board", "--port", "*stage-box*", folder=tmp_path)
            person.shows("connected to")
            board.send(0xB0, 20, 127)
            board.send(0xB0, 20, 0)
            person.shows("cc 20 sent 127, 0: pressed and released")
            person.shows("name [fs1]:")
            person.type("")
            person.shows("fs1: {cc: 20, kind: button}")
            for value in (1, 1, 127, 2):
                board.send(0xB0, 16, value)
            person.shows("cc 16 sent 1, 1, 127, 2: steps up and down by two's complement")
            person.type("fs1")
            person.shows("`fs1` is the name of another control")
            person.type("dial")
            person.shows("dial: {cc: 16, kind: encoder, coding: twos-complement}")
            board.send(0xC0, 5)
            person.shows("name [patch]:")
            person.type("=pedal")
            person.shows("a pedal cannot come from `program`")
            person.shows("name [patch]:")
            person.type("s")
            person.shows("skipped")
            sweep(board, 4, 122)
            person.shows("a way from 4 to 122")
            person.shows("name [exp1]:")
            person.type("")
            person.shows("calibrate: [4, 122]")
            person.type("u")
            person.shows("exp1 is undone")
            person.shows("name [exp1]:")
            person.type("volume =button")
            person.shows("volume: {cc: 7, kind: button}")
            person.type("u")
            person.shows("name [exp1]:")
            person.type("volume = knob")
            person.shows("volume: {cc: 7, kind: knob")
            person.type("q")
            person.shows("Write config/surfaces/board.yaml, with 3 controls? [y/N]")
            assert not (tmp_path / "config").exists()
            person.type("y")
            person.shows('board: {profile: board, midi: {in: "*stage-box*", out: "*stage-box*"}}')
            assert person.ends() == 0
        written = (tmp_path / "config" / "surfaces" / "board.yaml").read_text(encoding="utf-8")
        lines = [line.strip() for line in written.splitlines() if not line.strip().startswith("#")]
        assert lines[-3:] == [
            "fs1: {cc: 20, kind: button}",
            "dial: {cc: 16, kind: encoder, coding: twos-complement}",
            "volume: {cc: 7, kind: knob, calibrate: [4, 122]}",
        ]
        assert main(["check", "config/surfaces/board.yaml"]) == 0

    def test_an_interrupt_and_a_no_leave_nothing(self, tmp_path: Path) -> None:
        """Whenever they come."""
        with plugged() as board:
            for ending in ("interrupt", "no"):
                person = TerminalProcess("learn", "board", "--port", "*stage-box*", folder=tmp_path)
                person.shows("connected to")
                board.send(0xB0, 20, 127)
                board.send(0xB0, 20, 0)
                person.shows("name [fs1]:")
                person.type("")
                person.shows("kind: button}")
                person.type("q")
                person.shows("[y/N]")
                if ending == "no":
                    person.type("")
                else:
                    person.interrupt()
                person.shows("Nothing was written.")
                assert person.ends() == (1 if ending == "no" else 130)
        assert list(tmp_path.rglob("*.yaml")) == []


class TestBesideARig:
    def test_a_surface_of_the_running_rig_is_learned_and_is_quiet_meanwhile(self, tmp_path: Path) -> None:
        """Through the rig's own door, for its port is taken; what is written is taken by the rig at once."""
        with running(tmp_path) as rig, Tablet(rig.osc_port) as tablet:
            tablet.send("/controld/hello")
            tablet.wait("/snapshot", "Clean")
            config = str(tmp_path / "controld.yaml")
            person = TerminalProcess(
                "learn", "tablet", "--config", config, "--socket", str(rig.socket), folder=tmp_path
            )
            person.shows("its controls do nothing until this ends")
            wait_for(lambda: "tablet is being learned" in rig.text, "the rig's word")
            tablet.send("/lead", 1)
            tablet.send("/lead", 0)
            tablet.send("/extra/tap", 1)
            tablet.send("/extra/tap", 0)
            person.shows("lead is described already")
            person.shows("name [extra-tap]:")
            person.type("tap")
            person.shows("tap: {")
            person.type("q")
            person.shows('+  tap: {osc: "/extra/tap", kind: button}')
            person.shows("[y/N]")
            person.type("y")
            assert person.ends() == 0
            wait_for(lambda: "controls.tap: new" in rig.text, "the completed profile")
            assert rig.tool("monitor", "--help").returncode == 0
            tablet.send("/controld/hello")
            tablet.wait("/snapshot", "Clean")
            tablet.send("/lead", 1)
            tablet.wait("/snapshot", "Lead")
            assert "tablet plays again" in rig.text
        text = (tmp_path / "surfaces" / "pad.yaml").read_text(encoding="utf-8")
        assert text.startswith(PAD)

    @needs_jackd
    def test_a_board_that_plays_is_learned_through_the_rig(self, tmp_path: Path) -> None:
        """Raw messages come through the door; what it held is released, and a press changes nothing meanwhile."""
        held = "  - {when: floor.fs4, do: {bypass: drive, to: active}}\n"
        held += "  - {when: floor.fs4 release, do: {bypass: drive, to: bypassed}}\n"
        with JackServer(), running(tmp_path, mapping=MAP + held) as rig, Tablet(rig.osc_port) as tablet:
            board = Floorboard("stage-box")
            try:
                tablet.send("/controld/hello")
                wait_for(lambda: "floor: connected" in rig.text, "the board")
                board.send(0xB0, 23, 127)
                tablet.wait("/effect/drive/active", 1)
                words = ["--config", str(tmp_path / "controld.yaml"), "--socket", str(rig.socket)]
                person = TerminalProcess("learn", "floor", *words, folder=tmp_path)
                person.shows("its controls do nothing until this ends")
                tablet.wait("/effect/drive/active", 0)
                board.send(0xB0, 20, 127)
                board.send(0xB0, 20, 0)
                board.send(0xB0, 99, 127)
                board.send(0xB0, 99, 0)
                person.shows("fs1 is described already")
                person.shows("cc 99 sent 127, 0: pressed and released")
                person.shows("name [fs5]:")
                person.interrupt()
                assert person.ends() == 130
                wait_for(lambda: "floor plays again" in rig.text, "the end of the lesson")
                assert tablet.newest("/effect/drive/active") == (0,)
                board.send(0xB0, 20, 127)
                board.send(0xB0, 20, 0)
                tablet.wait("/effect/drive/active", 1)
            finally:
                board.unplug()
        assert (tmp_path / "surfaces" / "floor.yaml").read_text(encoding="utf-8") == FLOOR

    def test_a_live_surface_goes_on_playing(self, tmp_path: Path) -> None:
        """Where that is asked for, and said so."""
        with running(tmp_path) as rig, Tablet(rig.osc_port) as tablet:
            tablet.send("/controld/hello")
            config = str(tmp_path / "controld.yaml")
            words = ["learn", "tablet", "--live", "--config", config, "--socket", str(rig.socket)]
            person = TerminalProcess(*words, folder=tmp_path)
            person.shows("IT GOES ON PLAYING")
            tablet.send("/lead", 1)
            tablet.wait("/snapshot", "Lead")
            person.type("q")
            person.shows("1 control is described already. Nothing was written.")
            assert person.ends() == 1


class TestScript:
    @staticmethod
    def listen(port: int, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Learn a tablet that keeps pressing a button for as long as somebody listens."""
        ended = threading.Event()

        def press() -> None:
            with Tablet(port) as tablet:
                while not ended.is_set():
                    tablet.send("/tap", 1)
                    tablet.send("/tap", 0)
                    ended.wait(0.1)

        player = threading.Thread(target=press)
        player.start()
        command = ["learn", "pad", "--listen", f"127.0.0.1:{port}", "--seconds", "1", *words]
        done = subprocess.run(
            [sys.executable, "-m", "controld.cli", *command],
            capture_output=True, text=True, timeout=30, cwd=folder, check=False,
        )  # fmt: skip
        ended.set()
        player.join()
        return done

    def test_without_a_terminal_it_listens_for_a_time(self, tmp_path: Path) -> None:
        """And writes only where it was told to."""
        port = free_port()
        done = self.listen(port, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert 'tap: {osc: "/tap", kind: button}' in done.stdout
        assert "Nothing was written; --yes does." in done.stderr
        assert list(tmp_path.rglob("*.yaml")) == []
        done = self.listen(port, "--yes", "-o", "mine.yaml", folder=tmp_path)
        assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") == done.stdout
        done = self.listen(port, "--yes", "-o", "mine.yaml", folder=tmp_path)
        assert "Nothing new was heard; 1 control is described already." in done.stderr
        assert done.returncode == 1

    def test_guesses_as_json(self, tmp_path: Path) -> None:
        """With evidence and doubt, and nothing else on standard output."""
        found = json.loads(self.listen(free_port(), "--format", "json", folder=tmp_path).stdout)
        (control,) = found["controls"]
        assert (control["name"], control["kind"], control["doubt"]) == ("tap", "button", "")
        assert control["evidence"].startswith("/tap sent 1, 0")

    def test_what_cannot_be_is_said(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """No terminal, no port, a port that is taken, an option that has no meaning."""
        assert main(["learn", "x", "--yes"]) == 1
        assert "are for --seconds" in capsys.readouterr().err
        assert main(["learn", "x", "--seconds", "1"]) == 1
        assert "say where it is" in capsys.readouterr().err
        assert main(["learn", "x", "--listen", "nowhere", "--seconds", "1"]) == 1
        assert "expected an address and a port" in capsys.readouterr().err
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            listen = f"127.0.0.1:{taken.getsockname()[1]}"
            assert main(["learn", "x", "--listen", listen, "--seconds", "1"]) == 1
        assert "cannot be listened at" in capsys.readouterr().err


class TestFile:
    def test_a_profile_is_completed_where_it_stands(self, tmp_path: Path) -> None:
        """Through a link too."""
        (tmp_path / "real.yaml").write_text(MINE, encoding="utf-8")
        (tmp_path / "board.yaml").symlink_to("real.yaml")
        target = find_target(Wanted("board", port="*x*", output=tmp_path / "board.yaml"))
        write(target, planned(target, [ENTRY]))
        text = (tmp_path / "real.yaml").read_text(encoding="utf-8")
        assert text.startswith(MINE)
        assert text.endswith("  tap: {cc: 64, kind: button}\n")
        assert (tmp_path / "board.yaml").is_symlink()

    def test_a_file_that_was_changed_meanwhile_is_left_alone(self, tmp_path: Path) -> None:
        """Also one that appeared."""
        path = tmp_path / "board.yaml"
        target = find_target(Wanted("board", port="*x*", output=path))
        text = planned(target, [ENTRY])
        path.write_text(MINE, encoding="utf-8")
        with pytest.raises(LearnError, match="was changed meanwhile"):
            write(target, text)
        assert path.read_text(encoding="utf-8") == MINE

    def test_a_shipped_profile_is_copied_to_a_file_of_ones_own(self, tmp_path: Path) -> None:
        """The package is not written to."""
        target = find_target(Wanted("board", port="*x*", profile="generic-6fs-2exp"))
        assert target.is_copy
        assert target.path == Path("config/surfaces/generic-6fs-2exp.yaml")
        entry = Entry("extra", Guess(Source(SourceType.CC, 99, 1), Kind.BUTTON, "it"))
        write(target, planned(target, [entry]))
        assert main(["check", str(target.path)]) == 0

    def test_controls_in_braces_and_broken_profiles_are_not_touched(self, tmp_path: Path) -> None:
        """The mistake is told."""
        path = tmp_path / "board.yaml"
        path.write_text("version: 1\ncontrols: {fs1: {cc: 20, kind: button}}\n", encoding="utf-8")
        target = find_target(Wanted("board", port="*x*", output=path))
        with pytest.raises(LearnError, match="in braces"):
            planned(target, [ENTRY])
        path.write_text("version: 1\ncontrols:\n  fs1: {cc: 20, kind: buton}\n", encoding="utf-8")
        assert main(["learn", "board", "--port", "*x*", "--seconds", "1", "-o", str(path)]) == 1
