"""`clock` and `thru` of a rig: what they come to, and every mistake where it stands."""

from pathlib import Path

import pytest

from controld.config import RigLoader, load_rig
from controld.config_values import ClockConfig
from controld.midi_thru import EVERYTHING, THRU_KINDS, Thru
from controld.reload_files import needs_restart

RIG = """\
version: 1
surfaces:
  keys: {profile: generic-knobs, midi: {in: "*K*"}THRU}
  synth: {profile: generic-knobs, midi: {out: "*S*"}}
  tablet: {profile: osc-remote, osc: {listen: 9000}}
CLOCK
"""


def written(folder: Path, thru: str = "", clock: str = "") -> Path:
    """Write a rig whose `keys` goes on so, with this clock."""
    path = folder / "controld.yaml"
    text = RIG.replace("THRU", f", thru: {thru}" if thru else "").replace("CLOCK", f"clock: {clock}" if clock else "")
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("thru", "found"),
    [
        ("synth", (Thru("synth"),)),
        ("[synth]", (Thru("synth"),)),
        ("[{to: synth, only: note, channel: 2}]", (Thru("synth", THRU_KINDS["note"], frozenset({2})),)),
        (
            "{to: synth, only: [cc, clock], channel: [1, 16]}",
            (Thru("synth", THRU_KINDS["cc"] | THRU_KINDS["clock"], frozenset({1, 16})),),
        ),
        ("{to: synth, channel: 3}", (Thru("synth", EVERYTHING, frozenset({3})),)),
    ],
)
def test_thru_is_what_is_written(tmp_path: Path, thru: str, found: tuple[Thru, ...]) -> None:
    """A surface, several, or a choice of kinds and channels."""
    (keys, *_) = load_rig(written(tmp_path, thru)).surfaces
    assert keys.thru == found


def test_a_clock_is_what_is_written(tmp_path: Path) -> None:
    """Whose is followed, and who is sent one; neither where nothing is said. Another one is taken at the next start."""
    silent = load_rig(written(tmp_path))
    assert silent.clock == ClockConfig()
    clocked = load_rig(written(tmp_path, clock="{in: keys, out: synth}"))
    assert clocked.clock == ClockConfig("keys", ("synth",))
    assert needs_restart(silent, clocked)
    assert needs_restart(silent, load_rig(written(tmp_path, "synth")))


@pytest.mark.parametrize(
    ("thru", "clock", "place", "words"),
    [
        ("[sinth]", "", (3, 60), ("no surface `sinth`", "synth")),
        ("[keys]", "", (3, 60), ("cannot go on to itself",)),
        ("[tablet]", "", (3, 60), ("`tablet` has no `midi`",)),
        ("[{to: synth, only: [nots]}]", "", (3, 79), ("note",)),
        ("[{to: synth, channel: 17}]", "", (3, 81), ("1 to 16",)),
        ("", "{in: synth}", (6, 13), ("`synth` has no `in`",)),
        ("", "{in: tablet}", (6, 13), ("`tablet` has no `midi`",)),
        ("", "{out: [keys]}", (6, 15), ("`keys` has no `out`",)),
        ("", "{out: [nobody]}", (6, 15), ("no surface `nobody`",)),
    ],
)
def test_a_mistake_is_told_where_it_stands(
    tmp_path: Path, thru: str, clock: str, place: tuple[int, int], words: tuple[str, ...]
) -> None:
    """With line and column, and what is right."""
    loader = RigLoader(written(tmp_path, thru, clock), {})
    loader.load()
    (problem,) = loader.report.problems
    assert (problem.line, problem.column) == place
    assert all(word in str(problem) for word in words), problem


def test_a_clock_is_not_sent_back(tmp_path: Path) -> None:
    """The device that is followed cannot be sent its own ticks."""
    path = written(tmp_path, clock="{in: both, out: [both]}")
    text = path.read_text(encoding="utf-8").replace("keys:", "both:").replace('in: "*K*"', 'in: "*K*", out: "*K*"')
    path.write_text(text, encoding="utf-8")
    loader = RigLoader(path, {})
    loader.load()
    (problem,) = loader.report.problems
    assert "is the clock that is followed" in str(problem)
