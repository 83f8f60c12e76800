"""The command line's own words: what is no option, what is no control, and what nothing is known of."""

from pathlib import Path

import pytest

from controld.cli import main

CONFIG = str(Path(__file__).parent.parent / "config")


def test_an_option_that_there_is_none_of_is_refused_by_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    """With the options that this command takes, not those of all commands."""
    with pytest.raises(SystemExit) as exit_:
        main(["check", "--nope"])
    assert exit_.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("usage: controld check [-h] [--format {text,json}]")
    assert "unrecognized arguments: --nope" in said


def test_files_with_mistakes_in_a_tool(capsys: pytest.CaptureFixture[str]) -> None:
    """Only `run` says that nothing was started: nothing else starts anything."""
    assert main(["lint", "/nowhere"]) == 1
    assert capsys.readouterr().err.rstrip().endswith("1 mistake")


def test_a_control_without_its_surface(capsys: pytest.CaptureFixture[str]) -> None:
    """Its whole name is told."""
    assert main(["explain", "--config", CONFIG, "fs1"]) == 1
    assert "did you mean `floor.fs1`?" in capsys.readouterr().err


def test_no_test_has_that_word(capsys: pytest.CaptureFixture[str]) -> None:
    """It is not said that there are no tests."""
    assert main(["test", CONFIG, "-k", "nonsense"]) == 0
    assert capsys.readouterr().out.startswith("no test has `nonsense` in its name or place; there are 5")


def test_a_schema_is_json_in_any_case(capsys: pytest.CaptureFixture[str]) -> None:
    """The option that every tool has is taken here too."""
    assert main(["schema", "banks"]) == 0
    plain = capsys.readouterr().out
    assert main(["schema", "banks", "--format", "json"]) == 0
    assert capsys.readouterr().out == plain
