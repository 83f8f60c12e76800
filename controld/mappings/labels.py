"""What a target is called where there is little room: on a button of a tablet, or beside a switch on paper.

Pure. Every target has its label here; a test walks the vocabulary so that none is forgotten. Sentences are `words`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from controld.actions import Pick, Seek
from controld.mappings.rule import Rule
from controld.mappings.target import (
    ROLE,
    BankTarget,
    BypassTarget,
    Command,
    CommandTarget,
    MorphTarget,
    PageTarget,
    ParameterTarget,
    PedalboardTarget,
    PresetTarget,
    SendTarget,
    ShowTarget,
    SnapshotTarget,
    SwitchTarget,
    Target,
    TempoTarget,
    VariableTarget,
    WaitTarget,
)
from controld.mappings.words import target_words

_NOT_XML: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MAX_LABEL: Final = 40  # characters; a longer one is cut


def rule_label(rule: Rule) -> str:
    """Return what a rule is called: its name, else what its targets come to."""
    return cut(rule.name or ", ".join(dict.fromkeys(filter(None, map(target_label, rule.targets)))))


def target_label(target: Target) -> str:
    """Return a target's label; "" for one that says nothing by itself, as a wait."""
    return cut(_LABELS[type(target)](target))


def cut(text: str, length: int = MAX_LABEL) -> str:
    """Return a text that is at most `length` long, with an ellipsis where something is missing."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def in_xml(text: str) -> str:
    """Return a text of which XML 1.0 can hold every character; what it cannot hold becomes U+FFFD."""
    return _NOT_XML.sub("\ufffd", text)


def effect_label(effect: str) -> str:
    """Return an effect's or a role's name: "role:dirt" is "dirt"."""
    return effect.removeprefix(ROLE)


def symbol_label(symbol: str) -> str:
    """Return a parameter's symbol as one reads it: "time_l" is "time l"."""
    return symbol.replace("_", " ").strip() or symbol


def pick_label(what: str, pick: Pick) -> str:
    """Return a name as it is, a number or a way with what it is of: "snapshot 2", "next board"."""
    match pick:
        case Seek.BACK:
            return "back"
        case Seek():
            return f"{pick.value} {what}"
        case int():
            return f"{what} {pick}"
    return pick


def _bypass(target: BypassTarget) -> str:
    effects = " + ".join(map(effect_label, target.effects))
    return effects if target.to in {"toggle", "control"} else f"{effects} {_ENDS[target.to]}"


_ENDS: Mapping[str, str] = {"active": "on", "bypassed": "off"}


def _parameter(target: ParameterTarget) -> str:
    name = f"{effect_label(target.effect)} {symbol_label(target.symbol)}"
    if target.to is not None:
        return f"{name} {target.to}"
    if target.by is not None:
        return f"{name} {'+' if target.by.value >= 0 else '−'}"
    if target.toggle is not None:
        return f"{name} {target.toggle[0]} / {target.toggle[1]}"
    return name


def _tempo(target: TempoTarget) -> str:
    if target.tap:
        return "tap"
    return f"tempo {target.by:+g}" if target.bpm is None else f"{target.bpm:g} bpm"


def _morph(target: MorphTarget) -> str:
    return " → ".join(pick_label("snapshot", pick) for _, pick in target.stops)


def _joined(parts: Iterable[str]) -> str:
    return " ".join(filter(None, parts))


_STATES: Mapping[bool | None, str] = {None: "", True: "on", False: "off"}
_LABELS: dict[type, Callable[..., str]] = {
    BypassTarget: _bypass,
    ParameterTarget: _parameter,
    PresetTarget: lambda target: f"{effect_label(target.effect)} {pick_label('preset', target.preset)}",
    SnapshotTarget: lambda target: _joined(("save" * target.save, pick_label("snapshot", target.snapshot))),
    MorphTarget: _morph,
    PedalboardTarget: lambda target: pick_label("board", target.pedalboard),
    BankTarget: lambda target: pick_label("bank", target.bank),
    PageTarget: lambda target: target.page if isinstance(target.page, str) else pick_label("page", target.page),
    TempoTarget: _tempo,
    SwitchTarget: lambda target: _joined((target.what, _STATES[target.on])),
    VariableTarget: lambda target: target.name,
    ShowTarget: lambda _target: "",
    SendTarget: target_words,
    CommandTarget: lambda target: "back to good files" if target.command is Command.ROLLBACK else target.command.value,
    WaitTarget: lambda _target: "",
}  # fmt: skip
