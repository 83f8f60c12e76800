"""Profiles that include others: whose controls they have, in which order, and what is said when that cannot be."""

from pathlib import Path

import pytest
from test_config import problems_of, rig_at

from controld.check import check_paths
from controld.config import load_rig
from controld.mappings.profile import Kind, Profile, SourceType

BASE = """\
version: 1
channel: 5
max_rate: 900
setup: ["B0 01 02"]
controls:
  fs{1..3}: {cc: "{1..3}", kind: button}
"""


def profile_at(path: Path) -> Profile:
    """Return the profile of the rig's first surface."""
    return load_rig(path).surfaces[0].profile


def board(includes: str, controls: str = "{own: {cc: 9, kind: button}}", more: str = "") -> str:
    return f"version: 1\nincludes: {includes}\n{more}controls: {controls}\n"


def test_the_controls_of_others_come_first_and_own_ones_take_their_place(tmp_path: Path) -> None:
    """Order, channels and messages stay those of the profile a control was written in."""
    text = board("[base, lamps]", "{own: {cc: 9, kind: button}, fs2: {note: 40, kind: latch}}")
    lamps = "version: 1\ncontrols: {fs3: {cc: 33, kind: button}, lamp: {kind: light, cc: 90}}\n"
    rig = rig_at(tmp_path, surfaces__board=text, surfaces__base=BASE, surfaces__lamps=lamps)
    profile = profile_at(rig)
    assert list(profile.controls) == ["fs1", "fs2", "fs3", "lamp", "own"]
    sources = {name: each.source for name, each in profile.controls.items() if each.source}
    assert {name: (each.type, each.number, each.channel) for name, each in sources.items()} == {
        "fs1": (SourceType.CC, 1, 5), "fs2": (SourceType.NOTE, 40, 1), "fs3": (SourceType.CC, 33, 1),
        "own": (SourceType.CC, 9, 1),
    }  # fmt: skip
    assert profile.controls["fs2"].kind is Kind.LATCH
    assert (profile.name, profile.channel, profile.setup) == ("board", 1, (b"\xb0\x01\x02",))


@pytest.mark.parametrize(("more", "rate"), [("", 900), ("max_rate: 2000\n", 2000)])
def test_the_slowest_device_sets_the_pace_unless_it_is_written(tmp_path: Path, more: str, rate: float) -> None:
    """A device that is another one with something more takes no more bytes than that one."""
    rig = rig_at(tmp_path, surfaces__board=board("base", more=more), surfaces__base=BASE)
    assert profile_at(rig).max_rate == rate


def test_a_shipped_profile_may_be_completed_under_its_own_name(tmp_path: Path) -> None:
    """Yours wins, and has all that the shipped one has."""
    mine = board("generic-6fs-2exp", "{fs1: {cc: 99, kind: button}, more: {cc: 98, kind: button}}")
    text = (rig_at(tmp_path).read_text()).replace("profile: board", "profile: generic-6fs-2exp")
    rig = rig_at(tmp_path, controld=text, **{"surfaces__generic-6fs-2exp": mine})
    profile = profile_at(rig)
    assert [profile.controls[name].source.number for name in ("fs1", "fs2", "more")] == [99, 21, 98]  # type: ignore[union-attr]


def test_a_message_that_an_included_control_takes_is_a_warning(tmp_path: Path) -> None:
    """It would never be reached under its own name; under the other's it takes its place."""
    twins = board("base", "{own: {cc: 2, kind: button, channel: 5}, fs3: {cc: 3, kind: button, channel: 5}}")
    rig = rig_at(tmp_path, surfaces__board=twins, surfaces__base=BASE)
    (warning,) = load_rig(rig).warnings
    assert (warning.line, warning.column) == (3, 12)
    assert warning.message == "`own` listens to the same message as `fs2`"
    assert warning.hint == "call it `fs2` to take its place"


def test_what_is_included_is_a_file_of_the_rig(tmp_path: Path) -> None:
    """Saving it is noticed like saving any other."""
    rig = rig_at(tmp_path, surfaces__board=board("base"), surfaces__base=BASE)
    assert tmp_path / "surfaces" / "base.yaml" in load_rig(rig).files


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"surfaces__board": board("bass"), "surfaces__base": BASE},
            "surfaces/board.yaml:2:11: there is no profile `bass` (did you mean `base`?)",
        ),
        (
            {"surfaces__board": board("[base, board]"), "surfaces__base": BASE},
            "surfaces/board.yaml:2:18: there is no other profile `board`",
        ),
        (
            {"surfaces__board": board("base"), "surfaces__base": board("other"), "surfaces__other": board("board")},
            "surfaces/other.yaml:2:11: the profile `board` includes itself (board -> base -> other -> board)",
        ),
        (
            {"surfaces__board": board("base"), "surfaces__base": BASE.replace("cc", "c")},
            "surfaces/base.yaml:6:14: unknown key `c` in a control (did you mean `cc`?)",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_included_is_told_where_it_is_written(tmp_path: Path, files: dict[str, str], said: str) -> None:
    """A name that is wrong, a circle, and a mistake in what is included: each at its place, and no rule is blamed."""
    problems = problems_of(rig_at(tmp_path, **files))
    assert any(problem.startswith(said) for problem in problems), problems
    assert not any(problem.startswith("rules.yaml") for problem in problems)


def test_two_that_include_one_with_a_mistake_are_both_incomplete(tmp_path: Path) -> None:
    """The mistake is told once, and rules about the second are not blamed for it either."""
    more = "  more: {profile: second, midi: {in: Z}}\n"
    text = rig_at(tmp_path).read_text().replace("pedalboards:", f"{more}pedalboards:")
    rules = "version: 1\nrules:\n  - {when: [floor.fs1, more.fs1], do: {bypass: drive}}\n"
    broken = BASE.replace("kind: button", "kind: buton")
    both = {"surfaces__board": board("base"), "surfaces__second": board("base"), "surfaces__base": broken}
    problems = problems_of(rig_at(tmp_path, controld=text, rules=rules, **both))
    assert [problem.partition(": ")[0] for problem in problems] == ["surfaces/base.yaml:6:34"]


def test_a_profile_that_is_checked_alone_finds_what_it_includes(tmp_path: Path) -> None:
    """`controld check surfaces/board.yaml` looks beside it and among the shipped ones."""
    rig_at(tmp_path, surfaces__board=board("[base, generic-6fs-2exp, nobody]"), surfaces__base=BASE)
    checked = check_paths([tmp_path / "surfaces" / "board.yaml"], {})
    (problem,) = checked.report.problems
    assert problem.message == "there is no profile `nobody`"
