"""What is different between two sets of files, in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.differences import differences
from controld.document import Node
from controld.yaml_reader import compose

RULES = """\
version: 1
rules:
  - when: floor.fs1
    do: {bypass: drive}
  - when: floor.fs2
    do: {snapshot: Lead}
  - name: echo
    when: floor.fs3
    do: {parameter: delay/time, range: [20 %, 80 %]}
pages:
  solo:
    rules: [{when: floor.fs1, do: {snapshot: Solo}}]
"""


def read(**texts: str) -> dict[str, Node]:
    """Return nodes by path."""
    return {f"{name}.yaml": compose(text, f"{name}.yaml")[0] for name, text in texts.items()}


def told(old: str, new: str) -> list[str]:
    """Return the differences within one file."""
    return differences(read(stage=old), read(stage=new))


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (("Lead}", "Solo}"), "stage.yaml:5 floor.fs2: snapshot Lead -> snapshot Solo"),
        (("fs2\n", "fs4\n"), "stage.yaml:5 floor.fs4: when floor.fs2 -> floor.fs4"),
        (
            ("    do: {snapshot: Lead}", "    if: {page: solo}\n    do: {snapshot: Lead}"),
            "stage.yaml:5 floor.fs2: if page solo is new",
        ),
        (
            ("{bypass: drive}", "[{bypass: drive}, {wait: 1 s}]"),
            "stage.yaml:3 floor.fs1: bypass drive -> bypass drive, then wait 1 s",
        ),
        (
            ("80 %]", "90 %]"),
            "stage.yaml:7 echo: parameter delay/time, range [20 %, 80 %] -> parameter delay/time, range [20 %, 90 %]",
        ),
        (("Solo}", "Lead}"), "stage.yaml:12 pages.solo floor.fs1: snapshot Solo -> snapshot Lead"),
        (
            ("pages:\n", "  - when: floor.fs9\n    do: {undo: last}\npages:\n"),
            "stage.yaml:10 floor.fs9: new: undo last",
        ),
        (("  - when: floor.fs1\n    do: {bypass: drive}\n", ""), "stage.yaml:3 floor.fs1: gone: bypass drive"),
        (("version: 1", "version: 1\nvariables: {solo: {initial: false}}"), None),
        (("pages:\n  solo:", "pages:\n  lead:"), "stage.yaml:11 pages.solo: gone: rules [{when: floor.fs1, do: "),
    ],
)
def test_a_changed_rule_is_told_in_its_own_words(edit: tuple[str, str], expected: str | None) -> None:
    """By its place now and its `when` or name; an inserted line makes no other rule a changed one."""
    (found, *more) = [line for line in told(RULES, RULES.replace(*edit)) if "pages.lead: new" not in line]
    assert found.startswith(expected or "stage.yaml:2 variables: new: solo {initial: false}")
    assert not more


def test_comments_and_lines_are_no_difference() -> None:
    """Also where every rule stands in another line."""
    assert (
        told(RULES, "# a comment\n\n" + RULES.replace("rules:\n  - when: floor.fs1", "rules:\n\n  - when: floor.fs1"))
        == []
    )


def test_the_order_of_rules_is_a_difference() -> None:
    """For the first that fits may win."""
    text = "version: 1\nrules:\n  - {when: floor.a, do: {bypass: x}}\n  - {when: floor.b, do: {bypass: y}}\n"
    lines = text.splitlines(keepends=True)
    assert told(text, "".join([*lines[:2], lines[3], lines[2]])) == ["stage.yaml rules: their order is another"]


def test_two_rules_on_one_switch_are_told_apart() -> None:
    """The one that stayed as it was is not the changed one."""
    text = "version: 1\nrules:\n  - {when: floor.a, do: {bypass: x}}\n  - {when: floor.a, do: {bypass: y}}\n"
    assert told(text, text.replace("bypass: x", "bypass: z")) == ["stage.yaml:3 floor.a: bypass x -> bypass z"]


def test_boards_and_profiles_are_told_by_their_keys() -> None:
    """New and gone ones too, and files as a whole."""
    old = read(board="name: A\neffects:\n  drive: {parameters: {gain: 0.5}}\n  echo: {plugin: x}\n", gone="name: B\n")
    new = read(board="name: A\neffects:\n  drive: {parameters: {gain: 0.7}}\n  reverb: {plugin: y}\n", new="name: C\n")
    assert differences(old, new) == [
        "board.yaml:3 effects.drive.parameters.gain: 0.5 -> 0.7",
        "board.yaml:4 effects.reverb: new: plugin y",
        "board.yaml:4 effects.echo: gone: plugin x",
        "new.yaml: new file",
        "gone.yaml: the file is gone",
    ]


def test_a_test_is_told_like_a_rule() -> None:
    """By its name, with what is different in it; not the whole list twice."""
    old = "tests:\n  - {name: solo, play: floor.fs1, expect: drive active}\n  - {name: echo, play: floor.fs2}\n"
    new = old.replace("drive active", "drive bypassed").replace("  - {name: echo, play: floor.fs2}\n", "")
    assert told(old, new) == [
        "stage.yaml:2 tests solo: expect drive active -> drive bypassed",
        "stage.yaml:3 tests echo: gone",
    ]


def test_lists_that_are_no_rules_are_told_whole() -> None:
    """A list of words, a list of lists, and one that was a single value before."""
    assert told("tags: [a, b]\n", "tags: [a, c]\n") == ["stage.yaml:1 tags: [a, b] -> [a, c]"]
    assert told("w: [[a, b]]\n", "w: [[a, b], [b, c]]\n") == ["stage.yaml:1 w: [[a, b]] -> [[a, b], [b, c]]"]
    assert told("tags: a\n", "tags: [a, c]\n") == ["stage.yaml:1 tags: a -> [a, c]"]


_WORD = st.sampled_from(["a", "b", "c", "d"])
_RULE = st.builds(lambda when, do: f"  - {{when: floor.{when}, do: {{bypass: {do}}}}}\n", _WORD, _WORD)


@given(st.lists(_RULE, min_size=1, max_size=6), st.lists(_RULE, min_size=1, max_size=6))
def test_every_pair_of_files_can_be_told(old: list[str], new: list[str]) -> None:
    """Nothing is said of equal files, something of different ones, and as many are new as there are more."""
    head = "version: 1\nrules:\n"
    found = told(head + "".join(old), head + "".join(new))
    assert bool(found) == (old != new)
    fresh, gone = (sum(f": {what}: " in line for line in found) for what in ("new", "gone"))
    assert fresh - gone == len(new) - len(old)
