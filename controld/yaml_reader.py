"""YAML files to located nodes: the only place that knows the YAML library.

Shell: it reads files. Events are composed by hand, once, into `document.Node`, because the library's own composer
takes duplicate keys silently, resolves YAML 1.1 (where `on` is a boolean, `1:30` is 90 and `010` is 8) and recurses as
deep as the text says. Scalars follow the core schema of the YAML 1.2 specification (section 10.3).
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from controld.document import Node, Scalar, shortened
from controld.errors import ConfigError, Problem

MAX_BYTES = 8 << 20  # a rig of 2,000 rules takes 0.3 MB; what is larger is another kind of file
MAX_DEPTH = 64  # the language nests about ten deep
_TOO_DEEP = f"nested more than {MAX_DEPTH} deep"
MAX_VALUES = 1_000_000  # counted with aliases expanded: ten lines of aliases can stand for billions of values

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What YAML 1.2 does not let stand in a text (section 5.1); surrogates are among it.
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INT = re.compile(r"[-+]?[0-9]+")
_OTHER_INT = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Scalar] = (
    dict.fromkeys(("", "~", "null", "Null", "NULL"), None)
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
    | {f"{sign}{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")}
    | {word: float("nan") for word in (".nan", ".NaN", ".NAN")}
)
# The one key of a line, and a colour that YAML takes for a comment.
_ONE_KEY = re.compile(r"\s+[A-Za-z_-]+")
_COLOR_AS_COMMENT = re.compile(r"[:,\[{]\s+(#[0-9A-Fa-f]{6})\b")
_MAX_DIGITS = 300  # the largest float has 309; longer runs of digits are kept as text

# The library's words (left, a part of them is enough) and ours.
_PLAIN_WORDS = {
    "mapping values are not allowed": "a second `:` in one line; put the text in quotes, or start a new line before it",
    "cannot start any token": "this character cannot begin a value; put the text in quotes",
    "could not find expected ':'": "expected `:` after the key that begins here or before",
    "did not find expected key": "expected a key at the same indentation as the others, or a closing quote before",
    "did not find expected '-' indicator": "expected `- ` at the same indentation as the other items of the list",
    "did not find expected ',' or '}'": "expected `,` or `}` here; a text with any of `,[]{}` needs quotes",
    "did not find expected ',' or ']'": "expected `,` or `]` here; a text with any of `,[]{}` needs quotes",
    "found unexpected end of stream": "a quoted text begins before and does not end",
    "found undefined alias": "no `&` before this gives a value that name",
    "block sequence entries are not allowed": "a list cannot begin here; start a new line before `- `",
    "found unknown escape character": "unknown `\\` escape; in single quotes a `\\` is itself",
    "did not find expected <document start>": "expected nothing more here: the value before is complete",
    "did not find expected node content": "expected a value here",
}


def read_document(
    path: Path, shown_as: str = "", read: Callable[[Path], bytes] = Path.read_bytes
) -> tuple[Node, list[Problem]]:
    """Return a file's nodes, and what is wrong in it but leaves it readable (duplicate keys).

    `shown_as` is the path in messages, where it is another; `read` gets the content from elsewhere than the disk.

    Raises:
        ConfigError: the file cannot be read, or is no YAML.
    """
    shown = shown_as or str(path)
    try:
        data = read(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError([Problem(shown, 0, 0, f"cannot be read: {reason}")]) from error
    except ValueError as error:  # a NUL in the path
        raise ConfigError([Problem(shown, 0, 0, "cannot be read: no such file can exist")]) from error
    if len(data) > MAX_BYTES:
        raise ConfigError([Problem(shown, 0, 0, f"larger than {MAX_BYTES >> 20} MB, and so not read")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        problem = Problem(shown, line, column, "not UTF-8 text", "save the file with UTF-8 encoding")
        raise ConfigError([problem]) from error
    return compose(text, shown)


def compose(text: str, path: str) -> tuple[Node, list[Problem]]:
    """Return the nodes of a YAML text, and its duplicate keys; `path` stands in the messages.

    Raises:
        ConfigError: the text is no YAML, is empty, or stands for more values than a configuration can have.
    """
    text = text.removeprefix("\ufeff")
    bad = _UNPRINTABLE.search(text)
    if bad is not None:
        line = text.count("\n", 0, bad.start()) + 1
        column = bad.start() - text.rfind("\n", 0, bad.start())
        raise ConfigError([Problem(path, line, column, f"the character {bad.group()!a} may not stand in YAML")])
    composer = _Composer(text, path)
    try:
        return composer.document(), composer.problems
    except yaml.YAMLError as error:
        raise ConfigError([_syntax_problem(error, text, path)]) from error
    except ValueError as error:  # the fallback loader, on an escape beyond Unicode
        raise ConfigError([Problem(path, 0, 0, f"an escape that stands for no character: {error}")]) from error


class _Composer:
    """Builds nodes from the library's events."""

    def __init__(self, text: str, path: str) -> None:
        self.problems: list[Problem] = []
        self._path = path
        self._events = _LOADER(text)
        self._anchors: dict[str, tuple[Node | None, int]] = {}  # with its weight; None while it is being read
        self._weight = 0

    def document(self) -> Node:
        """Return the one document of the stream."""
        self._events.get_event()
        if isinstance(self._events.get_event(), yaml.StreamEndEvent):
            raise ConfigError([Problem(self._path, 0, 0, "the file is empty", "it begins with `version: 1`")])
        node = self._node(self._events.get_event(), 0)
        self._events.get_event()
        more = self._events.get_event()
        if not isinstance(more, yaml.StreamEndEvent):
            self._fail(more, "a second document begins here", "one file holds one document; remove the `---`")
        return node

    def _fail(self, event: Any, message: str, hint: str = "") -> None:
        mark = event.start_mark
        raise ConfigError([*self.problems, Problem(self._path, mark.line + 1, mark.column + 1, message, hint)])

    def _node(self, event: Any, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if depth > MAX_DEPTH:
            self._fail(event, _TOO_DEEP)
        before, anchor = self._weight, event.anchor
        self._count(event, 1)
        if anchor is not None:
            self._anchors[anchor] = (None, 0)
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event, line, column)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Node(self._path, line, column, items=self._items(depth))
        else:
            node = Node(self._path, line, column, entries=self._entries(depth))
        if anchor is not None:
            self._anchors[anchor] = (node, self._weight - before)
        return node

    def _count(self, event: Any, weight: int) -> None:
        self._weight += weight
        if self._weight > MAX_VALUES:
            self._fail(event, f"stands for more than {MAX_VALUES} values", "aliases (`*name`) repeat what they name")

    def _alias(self, event: Any) -> Node:
        node, weight = self._anchors.get(event.anchor, (None, -1))
        if node is None:
            unknown = weight < 0
            hint = "a text that begins with `*` needs quotes" if unknown else ""
            words = "no `&` before this gives a value that name" if unknown else "a value that holds itself"
            self._fail(event, words, hint)
            raise AssertionError
        self._count(event, weight)
        return node

    def _scalar(self, event: Any, line: int, column: int) -> Node:
        text: str = event.value
        if event.tag not in {None, "!", "tag:yaml.org,2002:str"}:
            self._fail(event, f"the tag `{shortened(event.tag)}` has no meaning here", "remove it")
        quoted = bool(event.style) or event.tag is not None
        value = text if quoted else resolve(text)
        return Node(self._path, line, column, value, text, quoted)

    def _items(self, depth: int) -> tuple[Node, ...]:
        items: list[Node] = []
        while not isinstance(event := self._events.get_event(), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return tuple(items)

    def _entries(self, depth: int) -> tuple[tuple[Node, Node], ...]:
        own: dict[str, tuple[Node, Node]] = {}
        merged: list[Node] = []
        while not isinstance(event := self._events.get_event(), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(self._events.get_event(), depth + 1)
            if key.text == "<<" and not key.quoted:
                merged += value.each()
            elif key.entries is not None or key.items is not None or (key.value is None and not key.text):
                self._report(key, f"expected a name as the key, found {key.describe()}")
            elif key.text in own:
                first = own[key.text][0]
                self._report(key, f"the key `{shortened(key.text)}` stands here twice", f"first in line {first.line}")
            else:
                own[key.text] = (key, value)
        for source in merged:
            if source.entries is None:
                self._report(source, f"`<<` takes mappings, found {source.describe()}")
            for key, value in source.entries or ():
                own.setdefault(key.text, (key, value))
        return tuple(own.values())

    def _report(self, node: Node, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self._path, node.line, node.column, message, hint))


def resolve(text: str) -> Scalar:
    """Return the value of an unquoted scalar, by the core schema of YAML 1.2."""
    first = text[:1]
    if first.isalpha() and text not in _WORDS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _MAX_DIGITS:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _OTHER_INT.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) else text


def _syntax_problem(error: yaml.YAMLError, text: str, path: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = str(getattr(error, "problem", None) or error)
    words = next((ours for theirs, ours in _PLAIN_WORDS.items() if theirs in said), said.splitlines()[0])
    if mark is None:
        return Problem(path, 0, 0, f"not YAML: {shortened(words, 200)}")
    lines = text.splitlines()
    line, column = mark.line + 1, mark.column + 1
    if "nesting depth" in said:  # libyaml looks further ahead than we count, and has a limit of its own
        return Problem(path, line, column, _TOO_DEEP)
    if line > len(lines):  # the end of the file, where an editor has no line to show
        line, column = len(lines), len(lines[-1]) + 1
    here = lines[line - 1]
    if here[column - 1 : column] == "\t" or "\t" in here[: len(here) - len(here.lstrip())]:
        return Problem(path, line, column, "not YAML: a tab cannot indent", "use spaces")
    words = _plainer(said, here, column) or words
    context = getattr(error, "context_mark", None)
    begun = f"what it belongs to begins in line {context.line + 1}" if context and context.line + 1 < line else ""
    return Problem(path, line, column, f"not YAML: {words}", begun)


def _plainer(said: str, line: str, column: int) -> str:
    """Return what is wrong where the line itself tells it better than the library; else ""."""
    before = line[: column - 1].rstrip()
    if "mapping values are not allowed" in said and _ONE_KEY.fullmatch(before):
        return "this line is indented further than the one it follows; put its key below the other keys"
    comment = _COLOR_AS_COMMENT.search(line)
    if comment is not None:
        return f'` #` begins a comment; put the text in quotes: "{comment[1]}"'
    return ""
