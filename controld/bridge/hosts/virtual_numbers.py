"""Numbers as C reads and keeps them: mod-host takes any text for a number and stores single precision.

Pure. Only conversions live here.
"""

import re
from ctypes import c_float

_WHOLE = re.compile(r"[ \t\n\v\f\r]*([+-]?)0*(\d{1,20})", re.ASCII)  # 20 digits are more than 64 bits hold
_FLOAT = re.compile(
    r"[ \t\n\v\f\r]*([+-]?)"
    r"(?:(inf(?:inity)?|nan)"
    r"|(0x[0-9a-f]+\.?[0-9a-f]*(?:p[+-]?\d+)?)"
    r"|((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?))",
    re.ASCII | re.IGNORECASE,
)
_INT64_MAX = 2**63 - 1
_DECIMAL_DIGITS_OF_SINGLE = 9  # always enough to tell two single precision numbers apart


def atoi(text: str) -> int:
    """Return the whole number `text` begins with, 0 for none; what 32 bits cannot hold wraps, as glibc has it."""
    match = _WHOLE.match(text)
    value = max(-_INT64_MAX - 1, min(_INT64_MAX, int(match[1] + match[2]))) if match else 0
    return (value + 2**31) % 2**32 - 2**31


def atof(text: str) -> float:
    """Return the number `text` begins with, decimal or hexadecimal, infinite or not a number; 0.0 for none."""
    match = _FLOAT.match(text)
    if not match:
        return 0.0
    sign, word, hexadecimal, decimal = match.groups()
    value = _from_hexadecimal(hexadecimal) if hexadecimal else float(word or decimal)
    return -value if sign == "-" else value


def _from_hexadecimal(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return float("inf")


def single(value: float) -> float:
    """Return the shortest decimal that single precision keeps as it keeps `value`, so that 0.7 stays 0.7."""
    kept = c_float(value).value
    for digits in range(6, _DECIMAL_DIGITS_OF_SINGLE):
        short = float(f"{kept:.{digits}g}")
        if c_float(short).value == kept:
            return short
    return float(f"{kept:.{_DECIMAL_DIGITS_OF_SINGLE}g}")
