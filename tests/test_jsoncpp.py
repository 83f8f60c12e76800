"""The JSON dialect of modhost-bridge: stock bytes out, stock leniency in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.bridge.jsoncpp import ConversionError, as_double, as_int, as_text, dumps, loads, quote

HEALTHY = (
    '{\n\t"command_connected" : true,\n\t"feedback_connected" : true,\n'
    '\t"message" : "Service is healthy, all connections established",\n\t"status" : "healthy"\n}'
)

PRINTED = [
    # Bytes seen from the stock bridge.
    (
        {"success": True, "status": "resp 0", "raw": "resp 0"},
        '{\n\t"raw" : "resp 0",\n\t"status" : "resp 0",\n\t"success" : true\n}',
    ),
    ({"error": "Invalid request format"}, '{\n\t"error" : "Invalid request format"\n}'),
    ({"error": "Failed to communicate with mod-host"}, '{\n\t"error" : "Failed to communicate with mod-host"\n}'),
    (None, "null"),
    # jsoncpp 1.9.5, BuiltStyledStreamWriter.
    ({"a": {"b": 1}}, '{\n\t"a" : \n\t{\n\t\t"b" : 1\n\t}\n}'),
    (
        {"a": [1, [2], {"b": []}]},
        '{\n\t"a" : \n\t[\n\t\t1,\n\t\t[\n\t\t\t2\n\t\t],\n\t\t{\n\t\t\t"b" : []\n\t\t}\n\t]\n}',
    ),
    ({"a": {}, "b": ()}, '{\n\t"a" : {},\n\t"b" : []\n}'),
    ([], "[]"),
    ([True, False, None], "[\n\ttrue,\n\tfalse,\n\tnull\n]"),
]

DOUBLES = [
    (0.33, "0.33000000000000002"),
    (1.0, "1.0"),
    (-0.0, "-0.0"),
    (0.5, "0.5"),
    (1e-05, "1.0000000000000001e-05"),
    (1e22, "1e+22"),
    (1e16, "10000000000000000.0"),
    (2.9643938750474793e-323, "2.9643938750474793e-323"),
    (float("nan"), "null"),
    (float("inf"), "1e+9999"),
    (float("-inf"), "-1e+9999"),
]

STRINGS = [
    ("é", '"\\u00e9"'),
    ("\U0001f39b", '"\\ud83c\\udf9b"'),
    ("\udb25", '"\\udb25"'),
    ("a\x7fb\x7f", '"a\x7fb\x7f"'),
    ('"\\/\b\f\n\r\t\x01', '"\\"\\\\/\\b\\f\\n\\r\\t\\u0001"'),
    ("\\u007f", '"\\\\u007f"'),
]

LENIENT = [
    (b'{"a":1} and more', {"a": 1}),
    (b' \t\r\n{"a":1}', {"a": 1}),
    (b'// first\n{"a":/* second */1, "b":"// no /* comment */"}', {"a": 1, "b": "// no /* comment */"}),
    (b'{"a":1,"a":2}', {"a": 2}),
    (b'{"a":"line\nbreak"}', {"a": "line\nbreak"}),
    (b'{"a":"\xff"}', {"a": "�"}),
    (b'{"a":18446744073709551615}', {"a": 2**64 - 1}),
    (b'{"a":36893488147419103232}', {"a": 2.0**65}),
    (b"5", 5),
]

REFUSED = [
    *(b"", b" ", b"x", b"NaN", b"[Infinity]", b"-Infinity", b"1e400", b"[-1e400]", b'{"a":1,}', b"[1,]", b"{'a':1}"),
    *(b"\xff", b'\xff{"a":1}', b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000, b'"' + b'\\"' * 50_000, b"/*" * 50_000),
    *(b'{"a":"', b"// only a comment", b'"\\', b"\x00", b"9" * 400),
]


@pytest.mark.parametrize(("value", "text"), PRINTED)
def test_values_print_as_jsoncpp_prints_them(value: object, text: str) -> None:
    """Indentation, order of keys and separators are the stock bridge's, byte for byte."""
    assert dumps(value) == text


def test_the_health_reply_has_its_148_bytes() -> None:
    """The commonest health reply is the one observed."""
    members = {"status": "healthy", "message": "Service is healthy, all connections established"}
    assert dumps(members | {"command_connected": True, "feedback_connected": True}) == HEALTHY
    assert len(HEALTHY) == 148


@pytest.mark.parametrize(("value", "text"), DOUBLES)
def test_doubles_have_17_digits_and_show_that_they_are_doubles(value: float, text: str) -> None:
    """A double has 17 significant digits, and a point or an exponent."""
    assert dumps(value) == text


@pytest.mark.parametrize(("value", "literal"), STRINGS)
def test_strings_are_ascii_with_lower_case_escapes(value: str, literal: str) -> None:
    """All beyond ASCII is escaped, DEL and the slash are not."""
    assert quote(value) == literal


def test_what_json_lacks_is_a_type_error() -> None:
    """A value that is not JSON is a mistake of ours and says so."""
    with pytest.raises(TypeError, match="not a JSON value"):
        dumps({"a": {1, 2}})


@pytest.mark.parametrize(("data", "value"), LENIENT)
def test_requests_are_read_as_leniently_as_the_stock_bridge_reads(data: bytes, value: object) -> None:
    """What clients get away with at the stock bridge they get away with here."""
    assert loads(data) == value


@pytest.mark.parametrize("data", REFUSED, ids=lambda data: repr(data[:12]))
def test_anything_else_is_a_value_error(data: bytes) -> None:
    """What is no JSON raises ValueError, however deep or long it is, and at once."""
    with pytest.raises(ValueError):
        loads(data)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_is_printed_reads_back_the_same(value: object) -> None:
    """Any JSON parser reads our replies, ours among them."""
    text = dumps(value)
    assert json.loads(text) == value
    assert loads(text.encode("ascii")) == value


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_value_error(data: bytes) -> None:
    """A peer's bytes are a value or a ValueError."""
    try:
        loads(data)
    except ValueError:
        return


CONVERTED = [
    (as_text, None, ""),
    (as_text, True, "true"),
    (as_text, 5, "5"),
    (as_text, 0.25, "0.25"),
    (as_text, 1.0, "1.0"),
    (as_double, None, 0.0),
    (as_double, True, 1.0),
    (as_double, 3, 3.0),
    (as_int, None, 0),
    (as_int, 2.9, 2),
    (as_int, True, 1),
]


@pytest.mark.parametrize(("convert", "value", "expected"), CONVERTED)
def test_members_convert_as_in_jsoncpp(convert: object, value: object, expected: object) -> None:
    """A number is a text, null is nothing: as the stock bridge takes members."""
    assert callable(convert)
    assert convert(value) == expected


INCONVERTIBLE = [
    (as_text, [], "Type is not convertible to string"),
    (as_text, {}, "Type is not convertible to string"),
    (as_double, "0.5", "Value is not convertible to double."),
    (as_double, [], "Value is not convertible to double."),
    (as_int, "1", "Value is not convertible to Int."),
    (as_int, 2**31, "LargestInt out of Int range"),
    (as_int, 1e300, "double out of Int range"),
]


@pytest.mark.parametrize(("convert", "value", "text"), INCONVERTIBLE)
def test_members_that_do_not_convert_say_so_in_jsoncpps_words(convert: object, value: object, text: str) -> None:
    """The refusal carries jsoncpp's text, which clients see."""
    assert callable(convert)
    with pytest.raises(ConversionError) as caught:
        convert(value)
    assert str(caught.value) == text
