"""`feedback`: from its record to a look, its colours and styles checked.

Pure.
"""

import re

from controld.document import Node
from controld.errors import nearest
from controld.mappings.lights import STYLES
from controld.mappings.rule import Look
from controld.mappings.schema_known import Known
from controld.shape import Record, Report, listed

_STATES = ("lit", "idle", "pending", "failed")
_HEX = re.compile(r"#[0-9A-Fa-f]{6}")


def look_of(written: Record | str | None, known: Known, report: Report) -> Look:
    """Return the look that `feedback` describes: a record, "none", or nothing at all."""
    if not isinstance(written, Record):
        return Look(shown=written is None)
    if written["color"]:
        check_color(written.at("color"), known, report)
    for state in _STATES:
        if written[state] and written[state] not in STYLES:
            check_color(written.at(state), known, report, STYLES)
    value = written["value"]
    if value is not None:
        effect, _, symbol = value.partition("/")
        known.check_parameter(written.at("value"), effect, symbol, report)
    if written["text"]:
        known.check_text(written.at("text"), report)
    key = None if value is None else ("parameter", *value.split("/"))
    states = {state: written[state] for state in _STATES}
    return Look(written["color"], value=key, text=written["text"], **states)


def check_color(node: Node, known: Known, report: Report, styles: frozenset[str] = frozenset()) -> None:
    """Report a colour that no device has; with `styles` those words are right too."""
    if node.text in known.colors or _HEX.fullmatch(node.text):
        return
    words = known.colors | styles
    hint = nearest(node.text, words) or f"{listed(sorted(words))}, or #rrggbb"
    report.error(node, f"no device has a {'style or colour' if styles else 'colour'} `{node.text}`", hint)
