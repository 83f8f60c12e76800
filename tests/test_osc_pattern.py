"""OSC address patterns: what they mean, what is malformed, and that none of them is ever slow."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.osc_pattern import MAX_PATTERN, MAX_STEPS, OscPatternError, compile_pattern, is_pattern, valid_address

MEANS = [
    ("/a/b", ["/a/b"], ["/a", "/a/b/c", "/a/bc", "/A/b", ""]),
    ("/a/*", ["/a/b", "/a/bcd"], ["/a", "/a/b/c", "/b/b"]),
    ("/fx/*/level", ["/fx/drive/level"], ["/fx/level", "/fx/a/b/level", "/fx/drive/levels"]),
    ("/a*c", ["/ac", "/abc", "/abcc"], ["/ab", "/a/c"]),
    ("/a?", ["/ab", "/aé"], ["/a", "/abc", "/a/"]),
    ("/[a-c]", ["/a", "/b", "/c"], ["/d", "/-", "/ab"]),
    ("/[a-cx-z]1", ["/b1", "/y1"], ["/d1", "/y2"]),
    ("/[!a-c]", ["/d", "/-"], ["/a", "/", "//"]),
    ("/[a!]", ["/a", "/!"], ["/b"]),
    ("/[a-]", ["/a", "/-"], ["/b"]),
    ("/[-a]", ["/a", "/-"], ["/b"]),
    ("/x[+-9]y", ["/x0y", "/x.y"], ["/x/y"]),
    ("/{on,off}", ["/on", "/off"], ["/o", "/onoff", "/on,off"]),
    ("/{a,ab}{bc,c}", ["/ac", "/abc", "/abbc"], ["/a", "/abcc"]),
    ("/a{,b}", ["/a", "/ab"], ["/abb"]),
    ("/{a-b}", ["/a-b"], ["/a", "/b"]),
    ("/*{abcd,c}*d", ["/abcd", "/cd", "/xabcdd"], ["/c", "/abc"]),
    ("//b", ["/b", "/a/b", "/a/x/b"], ["/ab", "/b/a", "//b"]),
    ("/a//b", ["/a/b", "/a/x/b", "/a/x/y/b"], ["/a", "/ab", "/a/b/c", "/a//b"]),
    ("/a//*/c", ["/a/b/c", "/a/x/y/c"], ["/a/c"]),
    ("//level//max", ["/level/max", "/a/level/b/max"], ["/a/max"]),
    ("/a//", ["/a/b", "/a/b/c"], ["/a", "/a/", "/ab", "/a/b/"]),
    ("/a//{,x}", ["/a/x", "/a/b/x"], ["/a", "/a/b"]),
    ("//", ["/a", "/a/b"], ["", "/", "a"]),
]

MALFORMED = [
    ("", 0, "begins with /"),
    ("a/*", 0, "begins with /"),
    ("/", 0, "name is missing"),
    ("/a*/", 3, "name is missing"),
    ("/a///b", 4, "no more than two"),
    ("/a[b", 2, "without its ]"),
    ("/a[b/c]", 2, "without its ]"),
    ("/ab]", 3, "without its ["),
    ("/{a", 1, "without its }"),
    ("/{a/b}", 1, "without its }"),
    ("/a}", 2, "without its {"),
    ("/[]", 1, "no characters"),
    ("/[!]", 1, "no characters"),
    ("/{}", 1, "no words"),
    ("/[cz-a]", 3, "backwards"),
    ("/a b", 2, "may not stand"),
    ("/a,b", 2, "may not stand"),
    ("/a#", 2, "may not stand"),
    ("/{a,b*}", 5, "may not stand"),
    ("/[a,b]", 3, "may not stand"),
    ("/a\n", 2, "may not stand"),
    ("/" + "a" * MAX_PATTERN, MAX_PATTERN, "longer than"),
]


@pytest.mark.parametrize(("text", "hits", "misses"), MEANS, ids=[text for text, _, _ in MEANS])
def test_means(text: str, hits: list[str], misses: list[str]) -> None:
    """A pattern means just these addresses, also when asked again with its steps remembered."""
    pattern = compile_pattern(text)
    for _ in range(2):
        assert dict.fromkeys(hits, True) == {address: pattern.matches(address) for address in hits}
        assert dict.fromkeys(misses, False) == {address: pattern.matches(address) for address in misses}


@pytest.mark.parametrize(("text", "position", "reason"), MALFORMED)
def test_malformed(text: str, position: int, reason: str) -> None:
    """A malformed pattern is a ValueError that says where and why."""
    with pytest.raises(ValueError, match="at character") as caught:
        compile_pattern(text)
    assert isinstance(caught.value, OscPatternError)
    assert position == caught.value.position
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("text", "answer"),
    [("/a/b", False), ("/", False), ("/a*", True), ("/?", True), ("/[", True), ("/}", True), ("/a//b", True)],
)
def test_is_pattern(text: str, answer: bool) -> None:
    """Wildcards, well-formed or not, make a pattern; all else is an address."""
    assert is_pattern(text) is answer


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/a", None),
        ("/effect/Drive-2/gain_dB/é!", None),
        ("", "begins with /"),
        ("a", "begins with /"),
        ("/", "missing after / (character 1)"),
        ("/a//b", "missing after / (character 3)"),
        ("/a/", "missing after / (character 3)"),
        ("/a b", "' ' may not stand in an OSC address (character 3)"),
        ("/a*", "'*' may not"),
        ("/a\x00", "may not"),
    ],
)
def test_valid_address(text: str, reason: str | None) -> None:
    """An address is valid, or there is a reason fit for an error message."""
    found = valid_address(text)
    assert found is None if reason is None else reason in (found or "")


def test_equal_patterns() -> None:
    """Patterns of one text are equal and interchangeable; others are not."""
    assert compile_pattern("/a/*") == compile_pattern("/a/*") != compile_pattern("/b/*")
    assert len({compile_pattern("/a/*"), compile_pattern("/a/*")}) == 1
    assert repr(compile_pattern("/a/*")) == "OscPattern('/a/*')"


@pytest.mark.parametrize(
    "text", ["/*a*a*a*a*b", "/" + "*a" * 300 + "b", "/" + "{a,aa}" * 100 + "b", "//a" * 200 + "//b"]
)
def test_never_slow(text: str) -> None:
    """Patterns that make backtracking matchers explode read 20,000 characters in well under a second."""
    pattern = compile_pattern(text)
    start = time.perf_counter()
    for address in ("/" + "a" * 20_000, "/a" * 10_000):
        assert not pattern.matches(address)
    assert time.perf_counter() - start < 1.0


def test_memory_is_bounded() -> None:
    """A pattern remembers a bounded number of steps, whatever characters it is shown, and stays right."""
    pattern = compile_pattern("/*x?/end")
    for code in range(0x4E00, 0x4E00 + 3 * MAX_STEPS):
        assert pattern.matches(f"/{chr(code)}x{chr(code)}/end")
        assert sum(len(node.steps) for node in pattern._nodes.values()) <= MAX_STEPS
    assert not pattern.matches("/xy/ends")


def test_wide_range_is_cheap() -> None:
    """A range costs nothing for its width: patterns may come from the network."""
    start = time.perf_counter()
    assert compile_pattern("/" + "[0-\U00020000]" * 200).matches("/" + "é" * 200)
    assert time.perf_counter() - start < 0.5


pieces = st.lists(st.sampled_from(["a", "b", "/", "*", "?", "[ab]", "[!a]", "{a,ab,}", "//"]), max_size=7)


def as_regex(text: str) -> str:
    """Translate a small pattern to a regular expression, the slow but obvious oracle."""
    parts = {"*": "[^/]*", "?": "[^/]", "[!a]": "[^a/]", "[ab]": "[ab]", "{a,ab,}": "(?:a|ab|)", "//": "/(?:[^/]+/)*"}
    found = re.findall(r"//|\[.*?\]|\{.*?\}|.", text)
    regex = "".join(parts.get(piece, piece) for piece in found[:-1])
    return regex + ("/[^/]+(?:/[^/]+)*" if found[-1] == "//" else parts.get(found[-1], found[-1]))


@given(pieces, st.text(st.sampled_from("ab/"), max_size=8))
def test_agrees_with_regex(chosen: list[str], rest: str) -> None:
    """Any well-formed pattern means what its plain regular expression means."""
    text = "/" + "".join(chosen)
    try:
        pattern = compile_pattern(text)
    except OscPatternError:
        return
    assert bool(re.fullmatch(as_regex(text), "/" + rest)) is pattern.matches("/" + rest)


@given(st.text(st.sampled_from("/ab*?[]{}!-,"), max_size=10), st.text(max_size=6))
def test_any_text_is_safe(text: str, address: str) -> None:
    """Any text compiles or is an OscPatternError, and a plain address is valid just when it compiles."""
    try:
        pattern = compile_pattern(text)
    except OscPatternError:
        assert is_pattern(text) or valid_address(text) is not None
        return
    pattern.matches(address)
    if not is_pattern(text):
        assert valid_address(text) is None
        assert pattern.matches(text)
