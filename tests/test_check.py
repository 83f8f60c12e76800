"""`controld check`: what is printed, for people and for editors, and the exit code."""

import argparse
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from controld.check import KINDS, add_check_arguments, catalogue_symbols, check_paths, kind_of, run_check
from controld.yaml_reader import compose

ROOT = Path(__file__).parents[1]
RULES = "version: 1\nrules:\n  - {when: floor.fs1, do: {bypas: drive}}\n"


class Terminal(io.StringIO):
    """Standard output that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def check(*arguments: object) -> int:
    """Run the command with arguments as the command line would."""
    parser = argparse.ArgumentParser()
    add_check_arguments(parser)
    return run_check(parser.parse_args([str(argument) for argument in arguments]))


def test_the_shipped_configuration_checks(capsys: pytest.CaptureFixture[str]) -> None:
    """One line that says so, and exit code 0."""
    assert check(ROOT / "config") == 0
    assert capsys.readouterr().out == "7 files checked, no problems\n"


def test_without_a_path_the_rig_itself_is_checked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configuration `controld run` would take."""
    monkeypatch.delenv("CONTROLD_CONFIG", raising=False)
    monkeypatch.chdir(ROOT)
    assert check() == 0
    assert capsys.readouterr().out == "7 files checked, no problems\n"


def test_problems_can_be_jumped_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`path:line:column: message (hint)`, a summary, and exit code 1; no excerpt where no person looks."""
    path = tmp_path / "stage.yaml"
    path.write_text(RULES)
    assert check(path) == 1
    assert capsys.readouterr().out == (
        f"{path}:3:28: expected an action, found `bypas` (did you mean `bypass`?)\n"
        "1 problem in 1 file (1 file checked)\n"
    )


def test_a_terminal_sees_the_line_and_a_caret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The offending line stands below its message, the caret under the column, behind tabs as well."""
    path = tmp_path / "stage.yaml"
    path.write_text(RULES + "\t- x\n")
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    assert check(path) == 1
    path.write_text(RULES)
    assert check(path) == 1
    assert out.getvalue() == (
        f"{path}:4:1: not YAML: a tab cannot indent (use spaces)\n"
        "  | \t- x\n"
        "  | ^\n"
        "1 problem in 1 file (1 file checked)\n"
        f"{path}:3:28: expected an action, found `bypas` (did you mean `bypass`?)\n"
        "  |   - {when: floor.fs1, do: {bypas: drive}}\n"
        "  |                            ^\n"
        "1 problem in 1 file (1 file checked)\n"
    )


def test_json_is_for_editors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object with every part of every problem apart."""
    path = tmp_path / "stage.yaml"
    path.write_text(RULES)
    assert check(path, "--format", "json") == 1
    assert json.loads(capsys.readouterr().out) == {
        "ok": False,
        "files": [str(path)],
        "problems": [
            {
                "path": str(path),
                "line": 3,
                "column": 28,
                "message": "expected an action, found `bypas`",
                "hint": "did you mean `bypass`?",
            }
        ],
        "warnings": [],
    }


def test_warnings_do_not_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What can hardly be meant is told, and the exit code stays 0."""
    path = tmp_path / "board.yaml"
    path.write_text("version: 1\ncontrols:\n  a: {cc: 1, kind: button}\n  b: {cc: 1, kind: button}\n")
    assert check(path) == 0
    assert capsys.readouterr().out == (
        f"{path}:4:3: warning: `b` listens to the same message as `a` (only the first will move)\n"
        "1 file checked, no problems, 1 warning\n"
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("engine: {}", "rig"), ("controls: {}", "profile"), ("rules: []", "mapping"), ("effects: {}", "pedalboard"),
        ("banks: {}", "banks"), ("banks: x\nsurfaces: {}\nengine: {}", "rig"), ("foo: 1", ""), ("- x", ""),
    ],
)  # fmt: skip
def test_a_file_is_what_its_keys_say(text: str, kind: str) -> None:
    """Any file can be checked alone, whatever it is called."""
    assert kind_of(compose(text, "f")[0], Path("some/where.yaml")) == kind


def test_a_file_without_telling_keys_is_what_its_folder_says() -> None:
    """A mapping file whose only key is misspelt is still checked as a mapping."""
    node = compose("version: 1\nruels: []\n", "f")[0]
    kinds = {"mappings": "mapping", "surfaces": "profile", "pedalboards": "pedalboard"}
    assert {folder: kind_of(node, Path(folder) / "x.yaml") for folder in kinds} == kinds
    assert kind_of(node, Path("x/controld.yaml")) == "rig"


def test_each_kind_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of each kind with one mistake is checked by its own table."""
    texts = {
        "rig": ("engine: {type: virtual}\nversion: 2\n", "2:10: this program reads `version: 1`"),
        "profile": ("version: 1\ncontrols: {a: {cc: 1}}\n", "2:15: a control needs `kind`"),
        "mapping": ("version: 1\nrules: 5\n", "2:8: expected a list of rules, found the number 5"),
        "pedalboard": ("version: 1\neffects: {}\n", "1:1: a pedalboard needs `name`"),
        "banks": ("version: 1\nbanks: {}\n", "2:8: expected banks by name, found none"),
        "other": ("foo: 1\n", "1:1: this is no file of a rig"),
    }
    for kind, (text, said) in texts.items():
        path = tmp_path / f"{kind}.yaml"
        path.write_text(text)
        assert check(path) == 1
        assert capsys.readouterr().out.startswith(f"{path}:{said}")
    assert set(texts) == {*KINDS, "other"}


def test_a_folder_is_its_rig_and_every_other_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that the rig does not name are checked too; a folder without any is a mistake."""
    empty = tmp_path / "empty"
    empty.mkdir()
    assert check(empty) == 1
    assert capsys.readouterr().out.startswith(
        f"{empty}: no YAML file in this folder (a rig begins with controld.yaml)\n"
    )
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "controld.yaml").write_text("version: 1\n")
    (tmp_path / "config" / "unused.yml").write_text(RULES)
    assert check(tmp_path) == 1
    assert capsys.readouterr().out == (
        f"{tmp_path}/config/unused.yml:3:28: expected an action, found `bypas` (did you mean `bypass`?)\n"
        "1 problem in 1 file (2 files checked)\n"
    )


def test_a_missing_file_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback, and exit code 1."""
    assert check(tmp_path / "none.yaml") == 1
    assert capsys.readouterr().out == (
        f"{tmp_path}/none.yaml: cannot be read: No such file or directory\n1 problem in 1 file (1 file checked)\n"
    )


def test_the_real_command_line(tmp_path: Path) -> None:
    """`python -m controld.cli check` prints and exits as promised."""
    path = tmp_path / "stage.yaml"
    path.write_text(RULES)
    done = subprocess.run(
        [sys.executable, "-m", "controld.cli", "check", str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "did you mean `bypass`?" in done.stdout


def test_a_mapping_alone_with_what_it_includes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Included files are read from its folder, and the words of its tests are looked at; names are not known."""
    (tmp_path / "other.yaml").write_text("version: 1\nrules:\n  - {when: a.b, do: {page: anywhere}, mod: queue}\n")
    path = tmp_path / "stage.yaml"
    path.write_text(
        "version: 1\nincludes: [other.yaml, none.yaml]\n"
        "tests: [{name: x, play: [a.b dwn], expect: page anywhere}]\npages: {solo: {}}\n"
    )
    assert check(path) == 1
    plays = "down, up, press, hold, double, to 50 %, +3 or program 5"
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}/other.yaml:3:39: unknown key `mod` in a rule (did you mean `mode`?)",
        f"{path}:2:24: `none.yaml` is no file in {tmp_path}",
        f"{path}:3:26: expected what the control does ({plays}), found `dwn` (did you mean `down`?)",
        "3 problems in 2 files (2 files checked)",
    ]


def test_a_stored_trigger_is_a_warning(tmp_path: Path) -> None:
    """It is a moment: a snapshot that names one would play it at every recall; no snapshot that is saved does."""
    board = tmp_path / "board.yaml"
    board.write_text(
        "version: 1\nname: A\neffects:\n  tremolo: {plugin: 'http://guitarix.sourceforge.net/plugins/gx_tremolo#_tremolo'}\n"
        "snapshots:\n  One: {tremolo: {parameters: {reset: 1}}}\n",
        encoding="utf-8",
    )
    report = check_paths([board], catalogue_symbols()).report
    assert not report.problems
    (warning,) = report.warnings
    assert (warning.line, warning.message) == (
        6,
        "`tremolo/reset` is a trigger, which happens each time it is recalled",
    )
