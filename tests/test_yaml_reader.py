"""The reader: YAML 1.2, every mistake with its place, and nothing but ConfigError for any input."""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from config_texts import node_of
from hypothesis import given
from hypothesis import strategies as st

from controld.errors import ConfigError, Problem
from controld.yaml_reader import MAX_BYTES, compose, read_document


def refusal(text: str) -> str:
    """Return the one problem of a text that cannot be read."""
    with pytest.raises(ConfigError) as caught:
        compose(text, "f")
    return str(caught.value)


def problems_of(read: Callable[[], object]) -> tuple[Problem, ...]:
    """Return what a reading refuses; any other exception goes through and fails the test."""
    try:
        read()
    except ConfigError as error:
        return error.problems or pytest.fail("refused without a reason")
    return ()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True), ("false", False), ("on", "on"), ("off", "off"), ("yes", "yes"), ("no", "no"), ("y", "y"),
        ("1:30", "1:30"), ("010", 10), ("0o10", 8), ("0x1F", 31), ("-3", -3), ("+3", 3), ("1_000", "1_000"),
        ("0.5", 0.5), (".5", 0.5), ("1e3", 1000.0), ("5.", 5.0), ("-6 dB", "-6 dB"), ("30 %", "30 %"),
        ("~", None), ("null", None), ("''", ""), ("'5'", "5"), ('"true"', "true"), (".inf", math.inf),
        ("2001-01-01", "2001-01-01"), ("C4", "C4"), ("1..4", "1..4"), ("9" * 400, "9" * 400), ("1e999", math.inf),
    ],
)  # fmt: skip
def test_resolves_by_the_core_schema_of_yaml_1_2(written: str, value: object) -> None:
    """`on` is a word, `1:30` no sexagesimal and `010` ten, whatever YAML 1.1 said."""
    node = node_of(f"a: {written}").get("a")
    assert node is not None
    assert node.value == value
    assert type(node.value) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: [1,2",
            "f:1:8: not YAML: expected `,` or `]` here; a text with any of `,[]{}` needs quotes",
        ),
        ("a: b: c", "f:1:5: not YAML: a second `:` in one line; put the text in quotes, or start a new line before it"),
        ("a:\n\t- b", "f:2:1: not YAML: a tab cannot indent (use spaces)"),
        (
            "a:\n  - [1\nb: 2\n",
            (
                "f:3:2: not YAML: expected `,` or `]` here; a text with any of `,[]{}` needs quotes "
                "(what it belongs to begins in line 2)"
            ),
        ),
        ("a: 'x", "f:1:6: not YAML: a quoted text begins before and does not end"),
        ("a: `x`", "f:1:4: not YAML: this character cannot begin a value; put the text in quotes"),
        ("a: *b", "f:1:4: no `&` before this gives a value that name (a text that begins with `*` needs quotes)"),
        (
            "- when: x\n    do: y",
            "f:2:7: not YAML: this line is indented further than the one it follows; put its key below the other keys",
        ),
        ("a: {color: #ff8000}", 'f:1:20: not YAML: ` #` begins a comment; put the text in quotes: "#ff8000"'),
        ("a: &b [*b]", "f:1:8: a value that holds itself"),
        ("a: !!int 5", "f:1:4: the tag `tag:yaml.org,2002:int` has no meaning here (remove it)"),
        ("---\na\n---\nb", "f:3:1: a second document begins here (one file holds one document; remove the `---`)"),
        ("", "f: the file is empty (it begins with `version: 1`)"),
        ("# only a comment\n", "f: the file is empty (it begins with `version: 1`)"),
        ("a: x\0y", "f:1:5: the character '\\x00' may not stand in YAML"),
        ("[\n" * 1000, "f:66:1: nested more than 64 deep"),
    ],
)  # fmt: skip
def test_syntax_errors_are_told_in_plain_words(text: str, message: str) -> None:
    """What is no YAML is one sentence with its place."""
    assert refusal(text) == message


def test_a_line_that_nests_beyond_the_library_is_told_alike() -> None:
    """Versions of libyaml differ in where they give up, but the sentence is ours."""
    message = refusal("[" * 100_000)
    assert message.startswith("f:1:")
    assert message.endswith(": nested more than 64 deep")


def test_duplicate_keys_are_all_reported_with_both_places() -> None:
    """A key that stands twice is a mistake, and the file goes on being read for others."""
    node, problems = compose("a: 1\nb: 2\na: 3\nc: {d: 1, d: 2}\n", "f")
    assert list(map(str, problems)) == [
        "f:3:1: the key `a` stands here twice (first in line 1)",
        "f:4:11: the key `d` stands here twice (first in line 4)",
    ]
    assert node.plain() == {"a": 1, "b": 2, "c": {"d": 1}}


def test_keys_must_be_names() -> None:
    """A list or nothing cannot be a key."""
    _, problems = compose("? [a]\n: 1\n? \n: 2\n", "f")
    assert [problem.message for problem in problems] == [
        "expected a name as the key, found a list",
        "expected a name as the key, found nothing",
    ]


def test_anchors_and_merges_repeat_values() -> None:
    """`&`, `*` and `<<` work; a mapping's own keys win over merged ones, earlier merges over later."""
    node = node_of("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\nd: *a\n")
    assert node.plain()["c"] == {"x": 3, "y": 1, "z": 2}
    assert node.plain()["d"] == {"x": 1, "y": 1}


def test_merging_something_else_is_a_mistake() -> None:
    """`<<` takes mappings only."""
    _, problems = compose("<<: 5", "f")
    assert str(problems[0]) == "f:1:5: `<<` takes mappings, found the number 5"


def test_aliases_cannot_stand_for_billions() -> None:
    """Ten lines of aliases of aliases are refused at once, not expanded."""
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    begin = time.perf_counter()
    assert "stands for more than 1000000 values" in refusal("\n".join(lines))
    assert time.perf_counter() - begin < 1


def test_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    """Editors that write a BOM are forgiven."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfversion: 1\n")
    assert read_document(path)[0].plain() == {"version": 1}


def test_unreadable_files_are_one_sentence(tmp_path: Path) -> None:
    """Wrong encoding, a missing file, a folder and a huge file each have their sentence."""
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"a: 1\nb: caf\xe9\n")
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"#" * (MAX_BYTES + 1))
    expected = {
        latin: "x:2:7: not UTF-8 text (save the file with UTF-8 encoding)",
        tmp_path / "none.yaml": "x: cannot be read: No such file or directory",
        tmp_path: "x: cannot be read: Is a directory",
        huge: "x: larger than 8 MB, and so not read",
        Path("nul\0"): "x: cannot be read: no such file can exist",
    }
    for path, message in expected.items():
        with pytest.raises(ConfigError) as caught:
            read_document(path, "x")
        assert str(caught.value) == message


_YAMLISH = st.text(st.sampled_from(list("ab:-[]{},'\"\n\t #&*!|>%@`?~.01\\<")), max_size=40)


@given(st.one_of(st.text(st.characters(exclude_categories=()), max_size=60), _YAMLISH))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader raise anything but ConfigError, and every problem has a sane place."""
    for problem in problems_of(lambda: compose(text, "f")):
        assert problem.message
        assert problem.line >= 0


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Nor do any bytes in a file."""
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    for problem in problems_of(lambda: read_document(path)):
        assert problem.message


_KEYS = st.text(st.characters(codec="ascii", min_codepoint=97, max_codepoint=122), min_size=1, max_size=5)
_TEXT = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=8)  # what JSON need not escape
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
def test_json_is_yaml(data: object) -> None:
    """YAML 1.2 holds JSON: what is written as JSON is read as the same data."""
    assert node_of(json.dumps({"a": data}, ensure_ascii=False)).plain() == {"a": data}
