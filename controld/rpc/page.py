"""What `docs/rpc.md` says of methods, failures and events, made from the registry.

Pure. `python -m controld.rpc.page < docs/rpc.md` prints the page with what is generated made anew; a test keeps it so.
"""

import re
import sys

from controld.rpc.answers import Code
from controld.rpc.events import EVENTS
from controld.rpc.methods import REGISTRY
from controld.rpc.registry import Member, Method, Parameter

_PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(page: str) -> str:
    """Return a page with its generated parts made anew: those between `<!-- made: NAME -->` and `<!-- end -->`."""
    return _PART.sub(lambda found: f"{found[1]}{_PARTS[found[2]]()}\n{found[3]}", page)


def methods() -> str:
    """Return a table of the methods for each group."""
    groups: dict[str, list[Method]] = {}
    for method in REGISTRY.methods:
        groups.setdefault(method.group, []).append(method)
    return "\n\n".join(_group(name, found) for name, found in groups.items())


def _group(name: str, found: list[Method]) -> str:
    if found[0].codes == (Code.NOT_SUPPORTED,):
        rows = [f"| `{method.name}` | {method.does} |" for method in found]
        return "\n".join([f"### {name}", "", "| method | why not |", "|---|---|", *rows])
    rows = [
        f"| {_names(method)} | {_does(method)} | {_parameters(method)} | {_members(method.results)} |"
        for method in found
    ]
    return "\n".join([f"### {name}", "", "| method | what it does | parameters | result |", "|---|---|---|---|", *rows])


def _names(method: Method) -> str:
    return "<br>".join([f"**`{method.name}`**", *(f"`{alias}`" for alias in method.aliases)])


def _does(method: Method) -> str:
    codes = ", ".join(f"`{code.name}`" for code in method.codes)
    waits = " Answered when the engine did it, or would not." if method.waits else ""
    return method.does + waits + (f" Fails with {codes}." if codes else "")


def _parameters(method: Method) -> str:
    if method.any_parameters:
        return "any"
    return "<br>".join(map(_parameter, method.parameters)) or "none"


def _parameter(each: Parameter) -> str:
    kind = f"{each.kind}, {each.ends[0]:g} to {each.ends[1]:g}" if each.ends else each.kind
    also = f"; also {', '.join(f'`{alias}`' for alias in each.aliases)}" if each.aliases else ""
    needed = ", required" if each.required else ""
    return f"`{each.name}` ({kind}{needed}{also}): {each.meaning}"


def _members(found: tuple[Member, ...]) -> str:
    return "<br>".join(f"`{each.name}` ({each.kind}): {each.meaning}" for each in found) or "nothing more"


def codes() -> str:
    """Return a table of the codes of failures."""
    rows = [f"| `{code.name}` | {code.value} |" for code in Code]
    return "\n".join(["| code | when |", "|---|---|", *rows])


def events() -> str:
    """Return a table of the events."""
    rows = [
        f"| `{kind.name}` | {kind.when} | {', '.join(f'`{each}`' for each in kind.members)} |"
        for kind in EVENTS.values()
    ]
    return "\n".join(["| event | when | `data` |", "|---|---|---|", *rows])


_PARTS = {"methods": methods, "codes": codes, "events": events}

if __name__ == "__main__":
    sys.stdout.write(renewed(sys.stdin.read()))
