"""What is written by hand as YAML reads back as what was meant, here and in any other YAML reader."""

import struct
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from controld.importers.emit import WIDTH, commented, document, entry, flow, number, remark, scalar
from controld.importers.names import clean, effect_name, effect_names, slug, unique
from controld.shape_leaves import NAME_PATTERN
from controld.yaml_reader import compose

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NUMBERS = st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False, width=32)
VALUES = st.recursive(
    TEXTS | NUMBERS | st.booleans(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS.filter(bool), inner, max_size=5),
    max_leaves=12,
)


def read(text: str) -> Any:
    """Return plain data as the rig's own reader sees it."""
    node, problems = compose(text, "f")
    assert problems == []
    return node.plain()


def same(one: object, other: object) -> bool:
    """Tell whether two values are the same in kind and, for numbers, as 32-bit floats."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float | int) and isinstance(other, float | int) and not isinstance(one, bool):
        return not isinstance(other, bool) and (one == other or struct.pack("<f", one) == struct.pack("<f", other))
    return type(one) is type(other) and one == other


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("drive", "drive"),
        ("Clean to Lead", "Clean to Lead"),
        ("floor.fs1 + floor.fs2 hold", "floor.fs1 + floor.fs2 hold"),
        ("floor.exp1 toe 50 %", "floor.exp1 toe 50 %"),
        ("40 %", "40 %"),
        ("drive:out -> delay:in_l", "drive:out -> delay:in_l"),
        ("http://example.org/plugins/gx#_gx_", "http://example.org/plugins/gx#_gx_"),
        ("on", '"on"'),
        ("No", '"No"'),
        ("null", '"null"'),
        ("12", '"12"'),
        ("", '""'),
        ("*FCB1010*", '"*FCB1010*"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("Größe", "Größe"),
        (0.1, "0.1"),
        (5.0, "5"),
        (-0.25, "-0.25"),
        (8.066406250291038, "8.066406"),
        (0.000012345, "0.000012345"),
        (1e-30, "1e-30"),
        (True, "true"),
    ],
)
def test_scalars_are_written_as_a_person_would(value: object, written: str) -> None:
    """Quotes only where they are needed, numbers in as few digits as a 32-bit float has."""
    assert scalar(value) == written


@settings(deadline=None)
@given(VALUES)
def test_flow_style_reads_back(value: Any) -> None:
    """Any value in one line is the same value when it is read."""
    assert same(read(f"x: {flow(value)}\n")["x"], value)


@settings(deadline=None)
@given(TEXTS.filter(bool), VALUES, st.integers(0, 3))
def test_entries_read_back(key: str, value: Any, depth: int) -> None:
    """So it is when it is packed below its key, at any depth."""
    head = [f"{'  ' * level}a:" for level in range(depth)]
    found = read(document([*head, *entry(2 * depth, key, value)]))
    for _ in range(depth):
        found = found["a"]
    assert list(found) == [key]
    assert same(found[key], value)


@given(TEXTS)
def test_other_readers_see_the_same_texts(text: str) -> None:
    """Words that YAML 1.1 takes for booleans, numbers or times are quoted."""
    assert yaml.safe_load(f"- {scalar(text)}") == [text]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_stay_numbers(value: float) -> None:
    """A number is read as a number, and as near as a 32-bit float can tell."""
    found = read(f"x: {number(value)}\n")["x"]
    assert isinstance(found, int | float)
    assert found == pytest.approx(value, rel=1e-6, abs=1e-45)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,12}", fullmatch=True), st.floats(-99, 99, width=32), min_size=30, max_size=40
    )
)
def test_long_mappings_are_wrapped(values: dict[str, float]) -> None:
    """What is too long for a line goes on below, and no line is too long."""
    lines = entry(4, "parameters", values)
    assert len(lines) > 1
    assert max(map(len, lines)) <= WIDTH
    assert same(read(document(["a:", *lines]))["a"]["parameters"], values)


@given(TEXTS)
def test_remarks_never_become_values(text: str) -> None:
    """Whatever stands in a comment is no part of the file."""
    assert read(document([*remark(text), "a: 1", *remark(text, 2, "-")])) == {"a": 1}


def test_a_proposal_can_be_taken_as_it_stands() -> None:
    """A commented rule becomes one by taking `# ` away."""
    lines = ["  - when: floor.fs1", "    do: {bypass: drive}"]
    found = commented(lines, 2)
    assert found == ["  # - when: floor.fs1", "  #   do: {bypass: drive}"]
    assert [line.replace("# ", "", 1) for line in found] == lines


class TestNames:
    """Names of other programs become names of the language."""

    @given(st.lists(TEXTS, unique=True, max_size=8))
    def test_effects_have_different_valid_names(self, instances: list[str]) -> None:
        """Every instance gets a name that the language takes, and no two the same."""
        import re

        names = effect_names(instances)
        assert list(names) == instances
        assert len(set(names.values())) == len(instances)
        assert all(re.fullmatch(NAME_PATTERN, name) and name != "system" for name in names.values())

    @given(TEXTS)
    def test_free_names_are_printable_and_not_templates(self, text: str) -> None:
        """A name is on one line, not empty, and nothing in it is filled in by a rule."""
        name = clean(text, "Snapshot 1")
        assert name
        assert name == name.strip()
        assert name.isprintable()
        assert clean(name, "x") == name

    @pytest.mark.parametrize(
        ("instance", "name"),
        [
            ("BigMuffPi", "BigMuffPi"),
            ("_2Voices", "Voices"),
            ("Écho", "Echo"),
            ("漢字", "effect"),
            ("system", "system_1"),
        ],
    )
    def test_effect_names_stay_near(self, instance: str, name: str) -> None:
        """What can stay stays."""
        assert effect_name(instance) == name

    def test_braces_would_be_filled_in(self) -> None:
        """A name in braces is a template's; braces around anything else are left."""
        assert clean("Solo {n}", "x") == "Solo (n)"
        assert clean("{1, 2}", "x") == "{1, 2}"

    def test_names_are_numbered_as_mod_does(self) -> None:
        """The second of a name has a number."""
        assert unique("Lead", ["Lead", "Lead (2)"]) == "Lead (3)"
        assert slug("Métal / 90s!", "x") == "metal-90s"
        assert slug("漢字", "pedalboard") == "pedalboard"
