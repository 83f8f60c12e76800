"""How a rig stands: everything that is brought back at the next start.

Pure values, and their JSON. What is kept of a pedalboard is how it is played; the pedalboard itself only where it was
edited and not saved, for it has a place of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controld.actions import Value
from controld.session.board_json import from_members, to_members
from controld.session.board_members import Members, mapping_at, number_at, text_at
from controld.session.model import EffectRecall, Pedalboard
from controld.session.saved import recalls_from, recalls_to


@dataclass(frozen=True, slots=True)
class Live:
    """Where a rig stands, by name ("" for none); `kept` is the pedalboard as it is kept, None where it is nowhere.

    `effects` is how each is played; None where only names are known, as an older version kept them.
    """

    pedalboard: str = ""
    snapshot: str = ""
    bank: str = ""
    page: str = ""
    bpm: float = 120.0
    effects: Mapping[str, EffectRecall] | None = None
    variables: Mapping[str, Value] = field(default_factory=dict)
    edited: Pedalboard | None = None  # as it was edited and not saved
    kept: Pedalboard | None = None
    written: str = ""  # the fingerprint of `kept`, where this was read


def to_json(live: Live, written: str) -> dict[str, object]:
    """Return where a rig stands as JSON; `written` is the fingerprint of the pedalboard as it is kept ("": nowhere)."""
    members: dict[str, object] = {
        "pedalboard": live.pedalboard, "snapshot": live.snapshot, "bank": live.bank, "page": live.page,
        "tempo": live.bpm, "variables": dict(live.variables), "written": written,
    }  # fmt: skip
    if live.effects is not None:
        members["effects"] = recalls_to(live.effects)
    if live.edited is not None:
        members["edited"] = to_members(live.edited)
    return members


def from_json(members: Members) -> Live:
    """Return where a rig stood. Raises ValueError, TypeError or KeyError where it says nothing of the kind."""
    effects = members.get("effects")
    edited = members.get("edited")
    return Live(
        text_at(members, "pedalboard", "", required=True),
        text_at(members, "snapshot", "", required=True),
        text_at(members, "bank", ""),
        text_at(members, "page", ""),
        number_at(members, "tempo", "", 120.0),
        None if effects is None else recalls_from(effects),
        {name: _value(each) for name, each in mapping_at(members, "variables", "").items()},
        None if edited is None else from_members(edited),
        written=text_at(members, "written", ""),
    )


def _value(value: object) -> Value:
    if not isinstance(value, bool | int | float | str):
        message = f"expected the value of a variable, found {value!r}"
        raise TypeError(message)
    return value
