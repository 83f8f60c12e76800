"""`controld simulate` as a process: offline, from a script, and by the keys of a terminal."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from controld.keys import Keyboard

CONFIG = Path(__file__).parent.parent / "config"
COMMAND = [sys.executable, "-m", "controld.cli", "simulate", "--offline", "--config", str(CONFIG)]


def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run([*COMMAND, *words], input=stdin, capture_output=True, text=True, timeout=60, check=False)


class TestOffline:
    """No daemon, no device, no engine, and no time."""

    def test_it_tells_rules_and_lights_with_their_times(self) -> None:
        """In virtual time: an hour is over at once."""
        done = run("floor.fs1", "wait", "3600", "s", "floor.fs5", "hold")
        assert done.returncode == 0, done.stderr
        lines = [re.sub(r"yaml:\d+", "yaml", " ".join(line.split())) for line in done.stdout.splitlines()]
        assert "0.050 s rule mappings/stage.yaml: toggle drive" in lines
        assert "0.050 s light floor.fs1: red on" in lines
        assert "3600.550 s rule mappings/stage.yaml: snapshot Crunch" in lines
        assert lines[-1] == "Clean to Lead / Crunch: drive, delay, reverb active"

    def test_programs_get_the_same_as_one_object(self) -> None:
        """What happened, with its time, and how the rig stands then."""
        told = json.loads(run("--format", "json", "floor.fs1", "down", "wait", "600", "ms").stdout)
        rules = [each for each in told["happened"] if each["kind"] == "rule"]
        assert [(each["at_s"], each["text"]) for each in rules] == [(0.5, "snapshot Lead")]
        assert told["happened"][0] == {"at_s": 0.0, "kind": "control", "control": "floor.fs1", "text": "down"}
        assert (told["snapshot"], told["engine"], told["effects"]["drive"]) == ("Lead", "up", True)
        assert "--keys has no end" in run("--format", "json", "--keys").stderr

    def test_a_script_has_comments(self, tmp_path: Path) -> None:
        """One step after the other, over as many lines as one likes."""
        script = tmp_path / "show.txt"
        script.write_text("floor.exp1 0.5  # half way\nwait 1 s\n\n# the end\nfloor.patch program 2\n")
        done = run("--script", str(script))
        assert "snapshot 3" in done.stdout
        assert done.stdout.splitlines()[-1].startswith("Clean to Lead / Lead")

    def test_a_script_comes_from_standard_input_too(self) -> None:
        """As `-`; one that cannot be read is said."""
        assert "snapshot 2" in run("--script", "-", stdin="floor.patch program 1\n").stdout
        assert "the script cannot be read" in run("--script", "/nowhere/show.txt").stderr

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("floor.fs9",), "did you mean `floor.fs"),
            (("nonsense",), "`nonsense` is not a control"),
            ((), "nothing to play"),
        ],
    )
    def test_what_cannot_be_played_is_said(self, words: tuple[str, ...], said: str) -> None:
        """With the nearest name; no traceback."""
        done = run(*words)
        assert done.returncode == 1
        assert said in done.stderr
        assert "Traceback" not in done.stderr


CONTROLS = {"f.a": "button", "f.b": "latch", "f.exp": "pedal", "f.wheel": "encoder", "f.patch": "program"}


class TestKeys:
    """Letters and digits."""

    def test_keys_become_steps(self) -> None:
        """Lower case presses, upper case holds; digits choose, plus and minus move."""
        keyboard = Keyboard(CONTROLS)
        assert keyboard.words("a") == ["f.a", "press"]
        assert keyboard.words("B") == ["f.b", "hold"]
        assert keyboard.words("+") == ["f.exp", "0.10"]
        assert keyboard.words("-") == ["f.exp", "0.00"]
        assert keyboard.words("-") == ["f.exp", "0.00"]
        assert keyboard.words("2") == []
        assert keyboard.words("-") == ["f.wheel", "-1"]
        assert keyboard.words("3") == []
        assert keyboard.words("+") == ["f.patch", "program", "0"]
        assert keyboard.words("+") == ["f.patch", "program", "1"]
        assert keyboard.words("z") == []

    def test_q_is_no_switch(self) -> None:
        """However many there are."""
        keyboard = Keyboard({f"f.s{number}": "button" for number in range(40)})
        assert len(keyboard.switches) == 25
        assert "q" not in keyboard.switches

    def test_a_terminal_plays_the_rig(self) -> None:
        """Each key acts at once, without Enter; `q` ends and the terminal is as it was."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([*COMMAND, "--keys"], stdin=theirs, stdout=subprocess.PIPE, text=True) as process:
            os.close(theirs)
            os.write(ours, b"aEq")
            said, _ = process.communicate(timeout=60)
        os.close(ours)
        assert process.returncode == 0
        assert "floor.fs1 press: Clean to Lead / Clean: drive, chorus, delay, reverb active" in said
        assert "floor.fs5 hold: Clean to Lead / Crunch" in said
