"""What is different between two sets of files, in the words a person wrote there.

Pure: from located nodes to sentences. It compares what is written, not what it means, so that every key of the language
is told the same way, also one that is new. A rule is known again by what it says, by its `name`, by its `when`, or by
its `do`, whatever line it stands in now; everything else by its key.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from controld.document import Node, shortened

LONGEST = 100  # characters of one value

Files = Mapping[str, Node]


def differences(before: Files, after: Files) -> list[str]:
    """Return what is new, changed or gone, in the order of the new files; nothing where only comments differ.

    As in "mappings/stage.yaml:12 floor.fs1: snapshot Lead -> snapshot Solo".
    """
    found: list[str] = []
    for path, node in after.items():
        if path not in before:
            found.append(f"{path}: new file")
        elif before[path] is not node:
            found += _compare(path, "", before[path], node)
    return found + [f"{path}: the file is gone" for path in before if path not in after]


def words(node: Node) -> str:
    """Return a value as one says it: `{snapshot: Lead}` is "snapshot Lead"."""
    if node.entries is not None:
        return shortened(", ".join(f"{key.text} {_inner(value)}" for key, value in node.entries), LONGEST)
    return shortened(_inner(node), LONGEST)


def _inner(node: Node) -> str:
    if node.entries is not None:
        return "{" + ", ".join(f"{key.text}: {_inner(value)}" for key, value in node.entries) + "}"
    if node.items is not None:
        return "[" + ", ".join(map(_inner, node.items)) + "]"
    return node.text or "nothing"


def _compare(path: str, key: str, old: Node, new: Node) -> Iterator[str]:
    """Yield the differences of two values under one key; `key` is dotted, "" for the file itself."""
    if old.plain() == new.plain():
        return
    if old.entries is not None and new.entries is not None:
        yield from _compare_keys(path, key, old, new)
    elif _are_rules(old) and _are_rules(new):
        yield from _compare_rules(path, key, old.each(), new.each())
    else:
        yield f"{path}:{new.line} {key}: {words(old)} -> {words(new)}"


def _compare_keys(path: str, key: str, old: Node, new: Node) -> Iterator[str]:
    befores = {name.text: (name, value) for name, value in old.entries or ()}
    for name, value in new.entries or ():
        dotted = f"{key}.{name.text}".lstrip(".")
        if name.text in befores:
            yield from _compare(path, dotted, befores.pop(name.text)[1], value)
        else:
            yield from _each(path, dotted, name, value, "new")
    for name, value in befores.values():
        yield from _each(path, f"{key}.{name.text}".lstrip("."), name, value, "gone")


def _each(path: str, key: str, name: Node, value: Node, what: str) -> Iterator[str]:
    """Yield that a key is new or gone; of a list of rules, that each rule is."""
    if _are_rules(value):
        yield from (_whole(path, key, rule, what) for rule in value.each())
    else:
        yield f"{path}:{name.line} {key}: {what}: {words(value)}"


# Rules


def _are_rules(node: Node) -> bool:
    """Tell whether a list is one of rules, or of tests, which are told in the same way."""
    signs = ("when",), ("name", "play")
    return bool(node.items) and any(
        all(item.get(key) is not None for item in node.items or () for key in sign) for sign in signs
    )


def _compare_rules(path: str, key: str, old: Sequence[Node], new: Sequence[Node]) -> Iterator[str]:
    pairs = _matched(old, new)
    for rule in new:
        known = pairs.get(id(rule))
        if known is None:
            yield _whole(path, key, rule, "new")
        elif known.plain() != rule.plain():
            changes = "; ".join(_changes(known, rule))
            yield f"{path}:{rule.line} {_label(key, rule)}: {changes}"
    matched = {id(rule) for rule in pairs.values()}
    yield from (_whole(path, key, rule, "gone") for rule in old if id(rule) not in matched)
    kept = [id(pairs[id(rule)]) for rule in new if id(rule) in pairs]
    if kept != [id(rule) for rule in old if id(rule) in matched]:
        yield f"{path} {key}: their order is another"


def _matched(old: Sequence[Node], new: Sequence[Node]) -> dict[int, Node]:
    """Return for each new rule, by its id, the old rule that it was; the surest signs first, each rule once."""
    pairs: dict[int, Node] = {}
    left = list(old)
    for sign in _SIGNS:
        by_sign: dict[str, list[Node]] = {}
        for rule in left:
            by_sign.setdefault(sign(rule), []).append(rule)
        for rule in new:
            alike = by_sign.get(sign(rule))
            if id(rule) not in pairs and alike and sign(rule):
                pairs[id(rule)] = alike.pop(0)
        taken = {id(rule) for rule in pairs.values()}
        left = [rule for rule in left if id(rule) not in taken]
    return pairs


def _said(key: str) -> Callable[[Node], str]:
    return lambda rule: "" if (value := rule.get(key)) is None else _inner(value)


_SIGNS: tuple[Callable[[Node], str], ...] = (_inner, _said("name"), _said("when"), _said("do"))


def _changes(old: Node, new: Node) -> Iterator[str]:
    for key in dict.fromkeys((*new.names(), *old.names())):
        before, after = old.get(key), new.get(key)
        said = "" if key == "do" else f"{key} "
        if before is None or after is None:
            present = before or after
            assert present is not None
            yield f"{said}{words(present)} is {'new' if before is None else 'gone'}"
        elif before.plain() != after.plain():
            yield f"{said}{_done(before)} -> {_done(after)}"


def _whole(path: str, key: str, rule: Node, what: str) -> str:
    done = rule.get("do")
    return f"{path}:{rule.line} {_label(key, rule)}: {what}" + (f": {_done(done)}" if done is not None else "")


def _done(node: Node) -> str:
    return shortened(", then ".join(map(words, node.each())), LONGEST)


def _label(key: str, rule: Node) -> str:
    """Return what a rule is called: by its page, and by its name or its `when`."""
    page = key.removesuffix("rules").strip(".")
    name = rule.get("name") or rule.get("when")
    assert name is not None
    return f"{page} {words(name)}".strip()
