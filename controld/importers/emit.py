"""Writing YAML by hand: short things in flow style, numbers as numbers, quotes only where they are needed.

Pure. What is written here reads back as the same value with `yaml_reader`, and with any YAML 1.1 reader too: words that
those take for booleans are quoted. Comments are part of what is written, which is why no library dumps it.
"""

import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

WIDTH = 120

# What any YAML reader takes for something else than a text, in lower case.
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
# Letters first; then nothing that YAML could take for a mark of its own, in flow style too.
_PLAIN = re.compile(r"[^\W\d_](?:[\w./+%*-]| (?=\w|[%+] |%$))*")
_SHARE = re.compile(r"[0-9]+(?:\.[0-9]+)? %")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9_./~+=%#:?&-]*[A-Za-z0-9_/]")
_PORTS = re.compile(r"[A-Za-z][\w.-]*:[\w.-]+ -> [A-Za-z][\w.-]*:[\w.-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}

Value = object  # str, int, float, bool, or a list or mapping of them


def scalar(value: object) -> str:
    """Return a text, number or boolean as it stands in YAML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    text = str(value)
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    if plain or any(shape.fullmatch(text) for shape in (_SHARE, _PORTS, _URI)):
        return text
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def number(value: float) -> str:
    """Return a finite number in the fewest digits that give the same 32-bit float, which is what LV2 ports hold."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e9):
        return str(int(value))
    shortest = next((text for digits in range(1, 10) if _same(text := f"{value:.{digits}g}", value)), repr(value))
    is_near = 1e-6 < abs(value) < 1e9
    return f"{Decimal(shortest):f}" if is_near else shortest


def _same(text: str, value: float) -> bool:
    try:
        return struct.pack("<f", float(text)) == struct.pack("<f", value)
    except OverflowError:  # beyond 32 bits
        return float(text) == value


def flow(value: Value) -> str:
    """Return a value in one line: `{drive: bypassed}`, `[1, 2]`."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(_pair(key, each) for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def _pair(key: object, value: Value) -> str:
    return f"{scalar(key)}: {flow(value)}"


def entry(indent: int, key: object, value: Value, comment: str = "") -> list[str]:
    """Return the lines of `key: value`; a mapping or list too long for one line goes on below its first item.

    `comment` stands behind it where there is room, else above.
    """
    head = " " * indent + f"{scalar(key)}: "
    lines = _packed(head, value)
    if not comment:
        return lines
    if len(lines) == 1 and len(lines[0]) + len(comment) + 4 <= WIDTH:
        return [f"{lines[0]}  # {comment}"]
    return [*remark(comment, indent), *lines]


def _packed(head: str, value: Value) -> list[str]:
    whole = head + flow(value)
    if len(whole) <= WIDTH or isinstance(value, str) or not isinstance(value, Mapping | Sequence) or not value:
        return [whole]
    is_map = isinstance(value, Mapping)
    pieces = [_pair(*pair) for pair in value.items()] if isinstance(value, Mapping) else list(map(flow, value))
    opening, closing = "{}" if is_map else "[]"
    lines, margin = [head + opening], " " * (len(head) + 1)
    for index, piece in enumerate(pieces):
        text = piece + (closing if index == len(pieces) - 1 else ",")
        fresh = index == 0
        if not fresh and len(lines[-1]) + len(text) + 1 > WIDTH:
            lines.append(margin + text)
        else:
            lines[-1] += text if fresh else f" {text}"
    return lines


def printable(text: str) -> str:
    """Return a text on one line, without characters that cannot be shown."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def remark(text: str, indent: int = 0, bullet: str = "") -> list[str]:
    """Return a comment, wrapped; each line of `text` begins a new one. `bullet` stands before the first line."""
    lines: list[str] = []
    margin = " " * indent + "#"
    for paragraph in map(printable, text.splitlines()):
        line, is_empty = f"{margin} {bullet}".rstrip(), True
        for word in paragraph.split():
            if len(line) + len(word) + 1 > WIDTH and not is_empty:
                lines.append(line)
                line = margin + " " * (len(bullet) + 1 if bullet else 0)
            line, is_empty = f"{line} {word}", False
        lines.append(line)
    return lines


def commented(lines: Iterable[str], indent: int) -> list[str]:
    """Return lines that begin `indent` deep as comments at that depth: a proposal that a person can complete."""
    return [" " * indent + f"# {line[indent:]}".rstrip() for line in lines]


def document(lines: Iterable[str]) -> str:
    """Return the text of a file."""
    return "\n".join(lines) + "\n"
