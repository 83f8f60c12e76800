"""Why no rule took what a control did, for the monitor.

Pure. It is asked only while somebody watches, after the fact.
"""

from controld.events import ControlEvent, ControlMoved, ProgramChosen
from controld.mappings.bindings import Binding
from controld.mappings.view import View
from controld.mappings.words import condition_words


def why_none(event: ControlEvent, binding: Binding | None, view: View) -> str:
    """Return why an event led to nothing; "" where nothing was to be expected (a switch that comes up)."""
    if binding is None or not (binding.every or binding.chorded):
        return f"no rule uses {event.control}"
    if binding.is_switch and isinstance(event, ControlMoved):
        if event.position < 0.5:
            return ""
        if binding.chorded or binding.switch.deadline() is not None:
            return "it may still become something else: a hold, a double or a chord"
    if not binding.rules:
        pages = ", ".join(sorted({bound.rule.page for bound in binding.every}))
        return f"its rules are on page {pages}, and page {view.page.page or 'none'} is active"
    if isinstance(event, ProgramChosen) and not binding.of_program(event.program):
        return f"no rule takes program {event.program}"
    for bound in binding.rules:
        condition = bound.rule.condition
        if condition is not None and not view.holds(condition):
            return f"{bound.rule.place} asks for {condition_words(condition)}"
    if any(True for _ in binding.drives()):
        return "it is not taken over yet: it has to pass where the parameter stands"
    return "no rule waits for that"
