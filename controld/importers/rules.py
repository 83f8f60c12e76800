"""Rules and rigs as YAML, for every importer.

Pure.
"""

from collections.abc import Mapping, Sequence

from controld.importers.emit import WIDTH, commented, document, entry, flow, remark, scalar

Action = Mapping[str, object]


def rule(
    when: str | Sequence[str | Mapping[str, object]],
    actions: Sequence[Action],
    *,
    condition: Mapping[str, object] | None = None,
    look: Mapping[str, object] | str = "",
    comment: str = "",
    indent: int = 2,
) -> list[str]:
    """Return the lines of a rule; one action stands in one line, several as a list."""
    inner = indent + 2
    first, *more = entry(inner, "when", when[0] if len(when) == 1 and not isinstance(when, str) else when)
    lines = [*(remark(comment, indent) if comment else ()), f"{' ' * indent}- {first[inner:]}", *more]
    if condition:
        lines += entry(inner, "if", condition)
    if len(actions) == 1:
        single = entry(inner, "do", actions[0])
        deeper = [line for key, value in actions[0].items() for line in entry(inner + 2, key, value)]
        lines += single if len(single) == 1 else [f"{' ' * inner}do:", *deeper]
    elif len(whole := f"{' ' * inner}do: {flow(list(actions))}") <= WIDTH:
        lines.append(whole)
    else:
        lines += [f"{' ' * inner}do:", *(f"{' ' * (inner + 2)}- {flow(each)}" for each in actions)]
    if look:
        lines += entry(inner, "feedback", look)
    return lines


def proposal(lines: Sequence[str], indent: int = 2) -> list[str]:
    """Return a rule as a comment, for a person to complete."""
    return commented(lines, indent)


def mapping_text(
    about: str, description: str, rules: Sequence[str], *, before: Sequence[str] = (), after: Sequence[str] = ()
) -> str:
    """Return a file of rules; `before` and `after` are what stands around them."""
    is_empty = not any(line.strip() and not line.lstrip().startswith("#") for line in rules)
    head = [*remark(about), "version: 1", *entry(0, "description", description), ""]
    return document([*head, *before, "rules: []" if is_empty else "rules:", *rules, *after])


def rig_text(about: str, surfaces: Sequence[str], globs: Mapping[str, str], startup: str) -> str:
    """Return a rig's own file. `surfaces` are the lines below that key, `globs` its files by key."""
    lines = [*remark(about), "version: 1", ""]
    lines += remark("virtual: numbers only, without sound. For a modhost-bridge that runs already: type: bridge")
    lines += ["engine: {type: virtual}", ""]
    if surfaces:
        lines += ["surfaces:", *surfaces, ""]
    lines += [f"{key}: [{glob}]" for key, glob in globs.items()]
    if startup:
        lines += ["", f"startup: {{restore: last, pedalboard: {scalar(startup)}}}"]
    return document(lines)
