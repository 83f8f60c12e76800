"""OSC address patterns: what an address may be, and which addresses a pattern means.

Only text against text lives here. The wildcards are those of the OSC 1.0 specification (`*`, `?`, `[a-z]`, `[!a-z]`,
`{a,b}`; none of them crosses a `/`) and `//` of the OSC 1.1 paper, which stands for any number of levels. Beyond the
standards, names may hold printable characters outside ASCII.

Theory of operation: a pattern becomes a small automaton without empty moves, built from its end to its beginning, so
that every piece is given the set of states that may follow it. A set of states is an int used as a bit mask. Matching
steps all states at once and remembers each step taken, so it reads every character once: an address costs in
proportion to its length whatever the pattern is, which no backtracking regular expression can promise.
"""

import re
from typing import Final, NamedTuple

MAX_PATTERN: Final = 1024  # characters: patterns also arrive by network, and a step costs up to one bit for each
MAX_STEPS: Final = 1024  # remembered steps of one pattern; a usual one needs fewer than a hundred

_RESERVED: Final = " #*,?[]{}"  # may not stand in a name (OSC 1.0 specification); / divides names
_WILD: Final = re.compile(r"[*?\[\]{}]|//")
_PIECE: Final = re.compile(r"//|\[[^/\[\]]*\]|\{[^/{}]*\}|.", re.DOTALL)
_UNPAIRED: Final = {
    "[": "a [ without its ]",
    "]": "a ] without its [",
    "{": "a { without its }",
    "}": "a } without its {",
    "[]": "no characters between [ and ]",
    "[!]": "no characters between [! and ]",
    "{}": "no words between { and }",
}
_RANGE: Final = re.compile(r"(.)-(.)|.", re.DOTALL)
_ACCEPT: Final = 1  # the state, as a mask, in which the whole address has been read


class OscPatternError(ValueError):
    """A malformed pattern: `reason` says what is wrong at `position` (characters, from 0)."""

    def __init__(self, text: str, position: int, reason: str) -> None:
        super().__init__(f"{reason} at character {position + 1} of {text!r}")
        self.position = position
        self.reason = reason


def valid_address(text: str) -> str | None:
    """Return why `text` names no OSC method, or None if it may."""
    if not text.startswith("/"):
        return "an OSC address begins with /"
    for position, char in enumerate(text):
        if char in _RESERVED or not char.isprintable():
            return f"{char!r} may not stand in an OSC address (character {position + 1})"
    if "//" in text or text.endswith("/"):
        return f"a name is missing after / (character {(text + '/').index('//') + 1})"
    return None


def is_pattern(text: str) -> bool:
    """Tell whether `text` has wildcards (well-formed or not), and so is no plain address."""
    return _WILD.search(text) is not None


class _Chars(NamedTuple):
    """The characters that lead on from a state, as ranges (a range costs the same however wide it is)."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def admit(self, char: str) -> bool:
        """Tell whether `char` leads on; a slash only does where the pattern has one."""
        if char == "/":
            return self == _SLASH
        return any(first <= char <= last for first, last in self.ranges) != self.negated


def _only(char: str) -> _Chars:
    return _Chars(((char, char),))


_SLASH: Final = _only("/")
_NAME_CHAR: Final = _Chars((), negated=True)


class _Node:
    """A set of states, and the steps already taken from it."""

    __slots__ = ("accepts", "states", "steps")

    def __init__(self, states: int) -> None:
        self.states = states
        self.accepts = bool(states & _ACCEPT)
        self.steps: dict[str, _Node] = {}


class OscPattern:
    """A compiled pattern; equal to another of the same `text`. Not for use by two threads at once."""

    __slots__ = ("_follow", "_nodes", "_prefix", "_start", "_steps", "_tests", "text")

    def __init__(self, text: str) -> None:
        """Use `compile_pattern`, whose errors are documented."""
        self.text = text
        wild = _WILD.search(text)
        self._prefix = text[: wild.start()] if wild else text  # plain text needs no states
        self._tests: list[_Chars] = [_NAME_CHAR]  # of state 0, which accepts and leads nowhere
        self._follow: list[int] = [0]
        following = _ACCEPT
        for position, piece in reversed(_pieces(text)):
            if position >= len(self._prefix):
                following = self._before(piece, position, following)
        self._start = following
        self._forget()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OscPattern) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"OscPattern({self.text!r})"

    def matches(self, address: str) -> bool:
        """Tell whether the pattern means `address`, in time proportional to its length."""
        if not address.startswith(self._prefix):
            return False
        node = self._nodes[self._start]
        for char in address[len(self._prefix) :]:
            step = node.steps.get(char)
            if step is None:
                step = self._step(node, char)
                if not step.states:
                    return False
            node = step
        return node.accepts

    def _step(self, node: _Node, char: str) -> _Node:
        states = 0
        waiting = node.states
        while waiting:
            lowest = waiting & -waiting
            state = lowest.bit_length() - 1
            if self._tests[state].admit(char):
                states |= self._follow[state]
            waiting ^= lowest
        if not states:
            return _Node(0)  # not remembered: what fails, fails once per address
        if self._steps >= MAX_STEPS:
            self._forget()
        self._steps += 1
        reached = self._nodes.setdefault(states, _Node(states))
        node.steps[char] = reached
        return reached

    def _forget(self) -> None:
        self._nodes = {self._start: _Node(self._start)}
        self._steps = 0

    # Building: each method takes the states that may follow a piece and returns those the piece begins in.

    def _state(self, test: _Chars, follow: int) -> int:
        self._tests.append(test)
        self._follow.append(follow)
        return 1 << len(self._tests) - 1

    def _before(self, piece: str, position: int, following: int) -> int:
        if piece == "//":
            return self._levels(following)
        if piece == "*":
            state = self._state(_NAME_CHAR, 0)
            self._follow[-1] = state | following
            return state | following
        if piece == "?":
            return self._state(_NAME_CHAR, following)
        if piece[0] == "[":
            return self._state(_char_class(self.text, position, piece[1:-1]), following)
        if piece[0] == "{":
            return self._choice(piece[1:-1].split(","), following)
        return self._state(_only(piece), following)

    def _choice(self, words: list[str], following: int) -> int:
        begin = 0
        for word in words:
            states = following
            for char in reversed(word):
                states = self._state(_only(char), states)
            begin |= states
        return begin

    def _levels(self, following: int) -> int:
        """Build `//`: a slash, then any number of whole names with their slashes; at the end, at least one name."""
        name = self._state(_NAME_CHAR, 0)
        slash = self._state(_SLASH, name if following == _ACCEPT else name | following)
        self._follow[-2] = name | slash | (_ACCEPT if following == _ACCEPT else 0)
        return slash


def compile_pattern(text: str) -> OscPattern:
    """Compile a pattern; a plain address is one too, and matches itself.

    `/a//b` means `/a/b`, `/a/x/b`, `/a/x/y/b` and so on; a pattern that ends in `//` means everything below.

    Raises:
        OscPatternError: it is malformed (a ValueError with `position` and `reason`).
    """
    return OscPattern(text)


def _pieces(text: str) -> list[tuple[int, str]]:
    """Split a pattern into its pieces with their positions, and refuse what may not stand in one."""
    if not text.startswith("/"):
        raise OscPatternError(text, 0, "a pattern begins with /")
    if len(text) > MAX_PATTERN:
        raise OscPatternError(text[:32] + "...", MAX_PATTERN, f"longer than {MAX_PATTERN} characters")
    pieces = [(found.start(), found.group()) for found in _PIECE.finditer(text)]
    for position, piece in pieces:
        _check(text, position, piece)
    if text.endswith("/") and not text.endswith("//"):
        raise OscPatternError(text, len(text) - 1, "a name is missing after /")
    return pieces


def _check(text: str, position: int, piece: str) -> None:
    if piece == "//" and text[position + 2 : position + 3] == "/":
        raise OscPatternError(text, position + 2, "no more than two / in a row")
    if piece in _UNPAIRED:
        raise OscPatternError(text, position, _UNPAIRED[piece])
    if piece in {"*", "?"}:
        return
    inner = piece[1:-1] if piece[0] in "[{" else piece
    allowed = "," if piece[0] == "{" else ""
    for offset, char in enumerate(inner, start=position + (inner is not piece)):
        if (char in _RESERVED and char not in allowed) or not char.isprintable():
            raise OscPatternError(text, offset, f"{char!r} may not stand here")


def _char_class(text: str, position: int, inside: str) -> _Chars:
    """Read what stands between brackets: `a-z` is a range, `!` at the start negates, `-` at either end is itself."""
    negated = inside.startswith("!")
    ranges: list[tuple[str, str]] = []
    for found in _RANGE.finditer(inside, int(negated)):
        first, last = found[1] or found[0], found[2] or found[0]
        if first > last:
            raise OscPatternError(text, position + 1 + found.start(), f"the range {found[0]} runs backwards")
        ranges.append((first, last))
    return _Chars(tuple(ranges), negated)
