"""One written rule that stands for many: `for`, and ranges that `{index}` counts.

Pure: nodes in, nodes out, before any table reads them.
"""

from collections.abc import Iterator
from dataclasses import replace

from controld.document import Node
from controld.mappings.expand import MAX_COPIES, RANGE, combinations, expand_text, fill, has_placeholder, numbers
from controld.mappings.schema_forms import PROGRAM_RANGE, RAW_OSC
from controld.shape import Report


def copies(node: Node, report: Report) -> Iterator[tuple[Node, str]]:
    """Yield the rules one written rule stands for, each with what tells it from the others (" (n=3)").

    Too many of them are reported, and the first ones yielded.
    """
    for count, copy in enumerate(_copies(node, report)):
        if count == MAX_COPIES:
            report.error(node, f"the rule stands for more than {MAX_COPIES} rules", "`for` and `{index}` multiply")
            return
        yield copy


def _copies(node: Node, report: Report) -> Iterator[tuple[Node, str]]:
    template = node.get("for")
    if template is None:
        yield from _indexed(node, "", report, "the rule has no `for`")
        return
    body = replace(node, entries=tuple(pair for pair in node.entries or () if pair[0].text != "for"))
    names = f"`for` gives {', '.join(template.names())}"
    for values in combinations(template, report):
        suffix = " (" + ", ".join(f"{name}={value}" for name, value in values.items()) + ")"
        passed_on = {"index": "{index}"} if has_placeholder(body, "index") else {}
        yield from _indexed(fill(body, values | passed_on, report, names), suffix, report, names)


def _indexed(node: Node, suffix: str, report: Report, missing: str) -> Iterator[tuple[Node, str]]:
    """Yield a copy for each program or address of a range where the rule uses `{index}`, else the rule itself."""
    when = node.get("when")
    ranges = [] if when is None else [_range(each, report) for each in when.each()]
    if when is None or not any(ranges) or not has_placeholder(node, "index"):
        whole = fill(node, {}, report, missing) if has_placeholder(node) else node
        yield _unrolled(whole, ranges), suffix
        return
    for each, ways in zip(when.each(), ranges, strict=True):
        if not ways:
            report.error(each, "`{index}` has a meaning only where every form is a range of programs or addresses")
        for index, (one, label) in enumerate(ways, start=1):
            copy = fill(_with_when(node, one), {"index": str(index)}, report, missing)
            yield copy, f"{suffix} ({label})"


def _with_when(node: Node, when: Node) -> Node:
    entries = tuple((key, when if key.text == "when" else value) for key, value in node.entries or ())
    return replace(node, entries=entries)


def _unrolled(node: Node, ranges: list[list[tuple[Node, str]]]) -> Node:
    """Return the rule with each range of addresses as a list of them; programs have ranges of their own."""
    when = node.get("when")
    if when is None or not any(ways and not label.startswith("program ") for ways in ranges for _, label in ways):
        return node
    forms: list[Node] = []
    for each, ways in zip(when.each(), ranges, strict=True):
        addresses = [one for one, label in ways if not label.startswith("program ")]
        forms += addresses or [each]
    place = Node(when.path, when.line, when.column)
    return _with_when(node, replace(place, items=tuple(forms)))


def _range(form: Node, report: Report) -> list[tuple[Node, str]]:
    """Return what a form with a range stands for, each with a label; nothing for a form without one."""
    if form.entries is not None:
        address = form.get("osc")
        if address is None or not RANGE.search(address.text):
            return []
        return [(_with_address(form, each), each.text) for each in expand_text(address, report)]
    found = PROGRAM_RANGE.match(form.text)
    if found is not None:
        head, first, last = found[1], found[3], found[4]
        texts = [(f"{head} {program}", f"program {program}") for program in numbers(first, last)[:128]]
        return [(replace(form, value=text, text=text), label) for text, label in texts]
    if form.text.startswith(RAW_OSC) and RANGE.search(form.text):
        return [(each, each.text.removeprefix(RAW_OSC)) for each in expand_text(form, report)]
    return []


def _with_address(form: Node, address: Node) -> Node:
    entries = tuple((key, address if key.text == "osc" else value) for key, value in form.entries or ())
    return replace(form, entries=entries)
