"""Located values: what they say of themselves, and how their texts are replaced."""

import pytest
from config_texts import node_of

from controld.document import NodeKind, shortened


@pytest.mark.parametrize(
    ("text", "described"),
    [("a: 5", "the number 5"), ("a: x", "the text `x`"), ("a: true", "`true`"), ("a:", "nothing"),
     ("a: [1]", "a list"), ("a: {b: 1}", "a mapping"), ("a: '5'", "the text `5`")],
)  # fmt: skip
def test_describes_itself(text: str, described: str) -> None:
    """A message can say what was found, for every kind of node."""
    value = node_of(text).get("a")
    assert value is not None
    assert value.describe() == described


def test_places_count_from_one() -> None:
    """A node's line and column are those an editor shows."""
    value = node_of("a: 1\nb:\n  - x\n  - y\n").get("b")
    assert value is not None
    assert [(item.line, item.column) for item in value.each()] == [(3, 5), (4, 5)]


def test_each_makes_one_value_a_list() -> None:
    """A single value stands for a list of one, so that callers need not ask."""
    node = node_of("x")
    assert node.kind is NodeKind.SCALAR
    assert node.each() == (node,)


def test_with_text_replaces_texts_and_keys_and_keeps_places() -> None:
    """Expansion reaches every text of a tree, keys too, and leaves numbers and places as they are."""
    node = node_of('"{n}": ["x{n}", 5, {"k{n}": true}]')
    changed = node.with_text(lambda each: each.text.replace("{n}", "1"))
    assert changed.plain() == {"1": ["x1", 5, {"k1": True}]}
    assert [(each.line, each.column) for each in changed.walk()] == [(each.line, each.column) for each in node.walk()]


def test_shortened_is_one_line() -> None:
    """What a file holds cannot break a message into lines or fill the screen."""
    assert shortened("a\nb") == "a?b"
    assert len(shortened("x" * 1000)) == 60
