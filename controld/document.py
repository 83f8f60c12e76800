"""Located plain values: what a file says, and where it says it.

Pure. A `Node` is a scalar, a mapping or a list as some reader found it (`yaml_reader` today); shapes (`shape`) read
nodes and point at them when something is wrong. Nothing here knows what the values mean.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

Scalar = str | int | float | bool | None


class NodeKind(Enum):
    """What a node is; the value is how a message calls it."""

    SCALAR = "a single value"
    MAPPING = "a mapping"
    SEQUENCE = "a list"


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place; `line` and `column` count from 1.

    A scalar has its `value` and its `text` as written (without quotes); a mapping has `entries`, pairs of key and
    value in order; a list has `items`.
    """

    path: str
    line: int
    column: int
    value: Scalar = None
    text: str = ""
    quoted: bool = False
    entries: tuple[tuple["Node", "Node"], ...] | None = None
    items: tuple["Node", ...] | None = None

    @property
    def kind(self) -> NodeKind:
        """Return what the node is."""
        if self.entries is not None:
            return NodeKind.MAPPING
        return NodeKind.SCALAR if self.items is None else NodeKind.SEQUENCE

    def get(self, key: str) -> "Node | None":
        """Return the value under `key`; None where there is none, or where this is no mapping."""
        for name, value in self.entries or ():
            if name.text == key:
                return value
        return None

    def names(self) -> tuple[str, ...]:
        """Return the keys of a mapping in order; nothing of other nodes."""
        return tuple(name.text for name, _ in self.entries or ())

    def each(self) -> tuple["Node", ...]:
        """Return the items of a list, or the node itself: for places where one value stands for a list of one."""
        return (self,) if self.items is None else self.items

    def describe(self) -> str:
        """Return what was found, for a message: "the number 5", "the text `x`", "a list", "nothing"."""
        if self.kind is not NodeKind.SCALAR:
            return str(self.kind.value)
        if self.value is None:
            return "nothing"
        if isinstance(self.value, str):
            return f"the text `{shortened(self.value)}`"
        return f"`{self.text}`" if isinstance(self.value, bool) else f"the number {self.text}"

    def plain(self) -> Any:
        """Return the plain Python data, without places."""
        if self.entries is not None:
            return {key.text: value.plain() for key, value in self.entries}
        return self.value if self.items is None else [item.plain() for item in self.items]

    def walk(self) -> Iterator["Node"]:
        """Yield every scalar below (keys too), in order; the node itself if it is one."""
        if self.entries is not None:
            for key, value in self.entries:
                yield key
                yield from value.walk()
        elif self.items is not None:
            for item in self.items:
                yield from item.walk()
        else:
            yield self

    def with_text(self, change: Callable[["Node"], str]) -> "Node":
        """Return the tree with every text (keys too) replaced by what `change` makes of it; other values stay."""
        if self.entries is not None:
            pairs = tuple((key.with_text(change), value.with_text(change)) for key, value in self.entries)
            return replace(self, entries=pairs)
        if self.items is not None:
            return replace(self, items=tuple(item.with_text(change) for item in self.items))
        if not isinstance(self.value, str):
            return self
        text = change(self)
        return self if text == self.value else replace(self, value=text, text=text)


def shortened(text: str, length: int = 60) -> str:
    """Return `text` on one line and no longer than `length`, for messages."""
    line = "".join(char if char.isprintable() else "?" for char in text)
    return line if len(line) <= length else line[: length - 3] + "..."
