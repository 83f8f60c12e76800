"""`defaults`: what a gesture, a takeover or a mode is where a rule does not say it.

Pure. The rig's file says it for all mapping files, a mapping file for itself; what neither says is in `rule`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from controld.document import NodeKind
from controld.mappings.profile import Kind
from controld.mappings.rule import (
    DEFAULT_CHORD_S,
    DEFAULT_DOUBLE_S,
    DEFAULT_HEEL,
    DEFAULT_HOLD_S,
    DEFAULT_REPEAT_S,
    DEFAULT_TOE,
    Gesture,
    Mode,
)
from controld.mappings.schema_forms import parse_every, parse_share, parse_time
from controld.mappings.shaping import Takeover
from controld.shape import Field, Leaf, Record, Shape, Table
from controld.shape_leaves import choice, custom
from controld.shape_lists import Either

ABSOLUTE = (Kind.PEDAL, Kind.KNOB, Kind.FADER)
TAKEOVERS = tuple(takeover.value for takeover in Takeover)
MODES = tuple(mode.value for mode in Mode)


@dataclass(frozen=True, slots=True)
class Defaults:
    """Times in seconds, zones 0.0-1.0. A kind that is not in `takeover` has the mapper's own."""

    hold_s: float = DEFAULT_HOLD_S
    double_s: float = DEFAULT_DOUBLE_S
    chord_s: float = DEFAULT_CHORD_S
    repeat_s: tuple[float, float] = DEFAULT_REPEAT_S
    toe: float = DEFAULT_TOE
    heel: float = DEFAULT_HEEL
    takeover: Mapping[Kind, Takeover] = field(default_factory=dict)
    mode: Mode = Mode.RESTART

    def time_of(self, gesture: Gesture) -> float:
        """Return the time of a gesture, in seconds; 0 of those that have none."""
        if gesture is Gesture.HOLD or gesture is Gesture.HOLD_RELEASE:
            return self.hold_s
        if gesture is Gesture.DOUBLE:
            return self.double_s
        return self.repeat_s[0] if gesture is Gesture.REPEAT else 0.0


def _repeat(written: str) -> tuple[float, float | None]:
    first, comma, every = written.partition(",")
    return parse_time(first, "`repeat`"), parse_every(every) if comma else None


_TIME_JSON = {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|min)\s*$"}
_REPEAT_JSON = {
    "type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|min)\s*(,\s*[0-9]+(\.[0-9]+)?\s*(ms|s|min)\s*)?$",
}  # fmt: skip
SHARE_JSON = {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$"}


def _time(what: str) -> Leaf:
    return custom("a time as in `300 ms`", lambda written: parse_time(written, what), _TIME_JSON)


def _share(what: str) -> Leaf:
    return custom("a share of the way, as in `90 %`", lambda written: parse_share(written, what), SHARE_JSON)


_TAKEOVER = choice("a takeover", TAKEOVERS)
_BY_KIND = Table(
    "takeovers", "`takeover`",
    {kind.value: Field(_TAKEOVER, f"Of a {kind.value}.", examples=("pickup",)) for kind in ABSOLUTE},
    doc="What a control does whose position is not the parameter's, by its kind.",
)  # fmt: skip
_TAKEOVERS: dict[NodeKind, Shape] = {NodeKind.SCALAR: _TAKEOVER, NodeKind.MAPPING: _BY_KIND}

DEFAULTS = Table(
    "defaults", "`defaults`",
    {
        "hold": Field(_time("`hold`"), "How long a switch is held for `hold` and `hold-release`.",
                      examples=("400 ms",)),
        "double": Field(_time("`double`"), "How soon the second press follows.", examples=("300 ms",)),
        "chord": Field(_time("`chord`"), "How soon the last switch of a chord follows the first.",
                       examples=("50 ms",)),
        "repeat": Field(custom("times as in `500 ms, 100 ms`", _repeat, _REPEAT_JSON),
                        "How long until `repeat` fires again, and after the comma how often then.",
                        examples=("500 ms, 100 ms",)),
        "toe": Field(_share("`toe`"), "Where the toe zone begins.", examples=("97 %",)),
        "heel": Field(_share("`heel`"), "Where the heel zone ends.", examples=("3 %",)),
        "takeover": Field(Either(_TAKEOVERS, "a takeover, or one for each kind as in `{pedal: jump, knob: pickup}`"),
                          "What a control does whose position is not the parameter's.",
                          examples=({"pedal": "jump", "knob": "pickup"},)),
        "mode": Field(choice("a mode", MODES), "What a second trigger does while a rule's list still runs.",
                      examples=("restart",)),
    },
    doc="What holds where a rule does not say it.",
)  # fmt: skip


def defaults_of(record: Record | None, base: Defaults) -> Defaults:
    """Return what a record of `DEFAULTS` says, over `base`."""
    if record is None:
        return base
    changed: dict[str, Any] = {
        name: record[key]
        for key, name in (("hold", "hold_s"), ("double", "double_s"), ("chord", "chord_s"), ("toe", "toe"),
                          ("heel", "heel"))
        if record[key] is not None
    }  # fmt: skip
    if record["repeat"] is not None:
        first_s, every_s = record["repeat"]
        changed["repeat_s"] = (first_s, base.repeat_s[1] if every_s is None else every_s)
    if record["mode"] is not None:
        changed["mode"] = Mode(record["mode"])
    return replace(base, takeover={**base.takeover, **_takeovers(record)}, **changed)


def _takeovers(record: Record) -> dict[Kind, Takeover]:
    written = record["takeover"]
    if isinstance(written, str):
        return dict.fromkeys(ABSOLUTE, Takeover(written))
    words = {kind: written[kind.value] for kind in ABSOLUTE} if written is not None else {}
    return {kind: Takeover(word) for kind, word in words.items() if word is not None}
