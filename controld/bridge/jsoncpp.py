"""The JSON dialect of modhost-bridge: how jsoncpp (1.9.5, as in Debian 12) prints a value, and what it accepts.

Pure. Programs written for the stock bridge were written against its bytes and its leniency, so both are kept: replies
are printed as its `StreamWriterBuilder` prints them, requests are read as its `Reader` reads them, and `as_text`,
`as_double` and `as_int` convert members as its `Value` does, with its error texts.
"""

import json
import math
import re
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii
from typing import NoReturn

_INT64_MIN, _UINT64_MAX = -(2**63), 2**64 - 1
_INT32 = range(-(2**31), 2**31)

# Unterminated strings and comments are matched to the end: one pass whatever the peer sends.
_STRING_OR_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)


class ConversionError(ValueError):
    """A member is of a kind that jsoncpp refuses to convert; the text is jsoncpp's."""


def dumps(value: object) -> str:
    """Return `value` as the stock bridge prints it: ASCII only, tab indented, keys sorted, no newline at the end.

    Takes what JSON has: None, bool, int, float, str, dicts with str keys, lists and tuples. NaN prints as null and the
    infinities as 1e+9999, as jsoncpp has it.

    Raises:
        TypeError: for a value of any other type.
    """
    return _printed(value, "\n")


def _printed(value: object, newline: str) -> str:
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, dict):
        inner = newline + "\t"
        members = [f"{inner}{quote(key)} : {_opened(value[key], inner)}" for key in sorted(value)]
        return f"{{{','.join(members)}{newline}}}" if members else "{}"
    if isinstance(value, list | tuple):
        inner = newline + "\t"
        items = [inner + _printed(item, inner) for item in value]
        return f"[{','.join(items)}{newline}]" if items else "[]"
    return _scalar(value)


def _opened(member: object, newline: str) -> str:
    """Return a member's value; a container that has members of its own opens on a new line, below its key."""
    text = _printed(member, newline)
    return newline + text if member and isinstance(member, dict | list | tuple) else text


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _double(value)
    message = f"not a JSON value: {value!r}"
    raise TypeError(message)


def _double(value: float) -> str:
    """Return 17 significant digits, and ".0" where nothing else shows that it is a double."""
    if not math.isfinite(value):
        return "null" if math.isnan(value) else ("1e+9999" if value > 0 else "-1e+9999")
    text = f"{value:.17g}"
    return text if "." in text or "e" in text else text + ".0"


def quote(text: str) -> str:
    r"""Return the string literal; beyond ASCII as \uXXXX (pairs of surrogates beyond the BMP), DEL as it is."""
    if "\x7f" not in text:
        return encode_basestring_ascii(text)
    return '"' + "\x7f".join(encode_basestring_ascii(part)[1:-1] for part in text.split("\x7f")) + '"'


def loads(data: bytes) -> object:
    """Return the first JSON value of `data`, as leniently as the stock bridge reads.

    What follows the value is ignored, comments are white space, the last of duplicate keys wins, control characters may
    stand in strings, and integers beyond 64 bits become doubles. Bytes that are no UTF-8 become U+FFFD: harmless inside
    a string, an error outside.

    Raises:
        ValueError: for anything else, NaN, Infinity and numbers beyond a double among it.
    """
    text = data.decode("utf-8", "replace").lstrip(" \t\r\n")
    try:
        try:
            return _DECODER.raw_decode(text)[0]
        except ValueError:
            if "/" not in text:
                raise
            bare = _STRING_OR_COMMENT.sub(lambda match: match[1] or " ", text)
            return _DECODER.raw_decode(bare.lstrip(" \t\r\n"))[0]
    except RecursionError as error:
        message = "nested too deeply"
        raise ValueError(message) from error


def _finite(literal: str) -> float:
    value = float(literal)
    if math.isinf(value):
        message = f"{literal} is not a number"
        raise ValueError(message)
    return value


def _integer(literal: str) -> int | float:
    value = int(literal)
    return value if _INT64_MIN <= value <= _UINT64_MAX else _finite(literal)


def _refuse(literal: str) -> NoReturn:
    message = f"{literal} is not JSON"
    raise ValueError(message)


_DECODER = json.JSONDecoder(strict=False, parse_float=_finite, parse_int=_integer, parse_constant=_refuse)


def as_text(value: object) -> str:
    """Return what jsoncpp's asString makes of a member: null is "", numbers and booleans their literals.

    Raises:
        ConversionError: for an array or an object.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping | list | tuple):
        message = "Type is not convertible to string"
        raise ConversionError(message)
    return "" if value is None else _scalar(value)


def as_double(value: object) -> float:
    """Return what jsoncpp's asDouble makes of a member: null is 0.0, true 1.0.

    Raises:
        ConversionError: for a string, an array or an object.
    """
    if value is None or isinstance(value, bool | int | float):
        return float(value or 0)
    message = "Value is not convertible to double."
    raise ConversionError(message)


def as_int(value: object) -> int:
    """Return what jsoncpp's asInt makes of a member: null is 0, a double loses its fraction.

    Raises:
        ConversionError: for a string, an array or an object, and for what 32 bits cannot hold.
    """
    if not (value is None or isinstance(value, bool | int | float)):
        message = "Value is not convertible to Int."
        raise ConversionError(message)
    if int(value or 0) not in _INT32:
        message = "double out of Int range" if isinstance(value, float) else "LargestInt out of Int range"
        raise ConversionError(message)
    return int(value or 0)
