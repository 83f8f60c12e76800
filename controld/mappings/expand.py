"""One written thing that stands for many: ranges in step (`fs{1..6}`), templates (`for: {n: 1..4}`).

Pure: nodes in, nodes out, before any table reads them. What was expanded keeps the place of what was written.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from controld.document import Node, NodeKind, shortened
from controld.errors import nearest
from controld.shape import Report, expected

RANGE = re.compile(r"\{(-?[0-9]{1,6})\.\.(-?[0-9]{1,6})\}")
BARE_RANGE = re.compile(r"(-?[0-9]{1,6})\s*\.\.\s*(-?[0-9]{1,6})")
# A lone word in braces; `{a,b}` is an alternative of an OSC address pattern, and `{1..8}` a range.
PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
MAX_COPIES = 1000  # of one control or rule; more is a slip of the pen
MAX_ADDRESSES = 128  # of one range of addresses, as many as there are programs


def numbers(first: str, last: str) -> list[str]:
    """Return the numbers from `first` to `last`, up or down, both included, as texts; `01..12` keeps its zeros."""
    low, high = int(first), int(last)
    width = len(first) if first.startswith("0") else 0
    step = 1 if high >= low else -1
    return [str(number).zfill(width) for number in range(low, high + step, step)]


def expand_entry(key: Node, value: Node, report: Report) -> list[tuple[Node, Node]]:
    """Return the entries that a key with ranges stands for; every text below it with ranges goes in step.

    A key without ranges stands for itself. Counts that disagree, and ranges under a key without one, are reported.
    """
    count = _count(key.text) or 1
    if count > MAX_COPIES:
        report.error(key, f"`{shortened(key.text)}` stands for more than {MAX_COPIES} controls")
        return []
    fits = _agrees(key, count, report)
    for node in value.walk():
        fits = _agrees(node, count, report, key) and fits
    if not fits:
        return []
    if not RANGE.search(key.text):
        return [(key, value)]
    return [(_at(key, index), _at(value, index)) for index in range(count)]


def _count(text: str) -> int:
    found = RANGE.search(text)
    return abs(int(found[2]) - int(found[1])) + 1 if found else 0


def _agrees(node: Node, count: int, report: Report, key: Node | None = None) -> bool:
    if not isinstance(node.value, str):
        return True
    for found in RANGE.finditer(node.value):
        own = _count(found.group())
        if own == count and (key is None or RANGE.search(key.text)):
            continue
        if key is not None and not RANGE.search(key.text):
            hint = f"`{key.text}{{1..{own}}}`"
            report.error(node, f"`{found.group()}` needs a range in the control's name too", hint)
        else:
            whose = f"`{shortened(key.text)}`" if key is not None else "the first range"
            report.error(node, f"`{found.group()}` counts {own}, but {whose} counts {count}")
        return False
    return True


def _at(node: Node, index: int) -> Node:
    return node.with_text(lambda each: RANGE.sub(lambda found: numbers(found[1], found[2])[index], each.text))


# Keys whose texts have `{names}` of their own, filled in when the text is shown, or matched with what a device sends.
_LATER = frozenset({"text", "sysex"})


def fill(node: Node, values: Mapping[str, str], report: Report, where: str) -> Node:
    """Return the tree with every `{name}` replaced; unknown names are reported, with `where` saying what is missing.

    An unknown name becomes 1, so that what remains can be checked without a second complaint of the same slip. In texts
    that are filled in later it stays as it is.
    """

    def change(each: Node) -> str:
        for found in PLACEHOLDER.finditer(each.text):
            if found[1] not in values:
                report.error(each, f"`{found.group()}` stands for nothing: {where}", nearest(found[1], values))
        return PLACEHOLDER.sub(lambda found: values.get(found[1], "1"), each.text)

    def change_known(each: Node) -> str:
        return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), each.text)

    def filled(tree: Node) -> Node:
        if tree.entries is not None:
            pairs = ((key.with_text(change), value.with_text(change_known) if key.text in _LATER else filled(value))
                     for key, value in tree.entries)  # fmt: skip
            return replace(tree, entries=tuple(pairs))
        if tree.items is not None:
            return replace(tree, items=tuple(map(filled, tree.items)))
        return tree.with_text(change)

    return filled(node)


def has_placeholder(node: Node, name: str = "") -> bool:
    """Tell whether a text of the tree has a `{name}`: this one, or any."""
    for each in node.walk():
        if isinstance(each.value, str) and "{" in each.value:
            names = PLACEHOLDER.findall(each.value)
            if names and (not name or name in names):
                return True
    return False


def expand_text(node: Node, report: Report) -> list[Node]:
    """Return the texts that one with ranges stands for, `osc:/scene/{1..8}`; one without stands for itself.

    Several ranges go in step; counts that disagree are reported, and the first of each stands for all.
    """
    count = _count(node.text)
    if not count:
        return [node]
    if count > MAX_ADDRESSES:
        report.error(node, f"`{shortened(node.text)}` stands for more than {MAX_ADDRESSES} addresses")
        return [_at(node, 0)]
    agreed = _agrees(node, count, report)
    return [_at(node, index) for index in range(count if agreed else 1)]


def combinations(node: Node, report: Report) -> list[dict[str, str]]:
    """Return every combination of the values under `for`, the last name varying fastest; none where it is wrong."""
    if not node.entries:
        expected(node, report, "names with their values, as in `{n: 1..4}`")
        return []
    choices: list[list[tuple[str, str]]] = []
    for key, value in node.entries:
        if not PLACEHOLDER.fullmatch(f"{{{key.text}}}") or key.text == "index":
            report.error(key, f"`{key.text}` cannot be a name under `for`", "letters, digits and `_`; `index` is taken")
        choices.append([(key.text, each) for each in _values(value, report)])
    total = 1
    for each in choices:
        total *= len(each)
    if total > MAX_COPIES:
        report.error(node, f"`for` stands for {total} rules; at most {MAX_COPIES} are allowed")
        return []
    return [dict(pairs) for pairs in product(*choices)]


def _values(node: Node, report: Report) -> list[str]:
    if node.kind is NodeKind.SEQUENCE:
        scalars = [each for each in node.each() if each.kind is NodeKind.SCALAR and each.value is not None]
        if scalars and len(scalars) == len(node.each()):
            return [each.text for each in scalars]
    found = BARE_RANGE.fullmatch(node.text.strip()) if node.kind is NodeKind.SCALAR else None
    if found is None:
        expected(node, report, "a range as in `1..4`, or a list of values")
        return []
    return numbers(found[1], found[2]) if abs(int(found[2]) - int(found[1])) < MAX_COPIES * 10 else [""] * 10_001
