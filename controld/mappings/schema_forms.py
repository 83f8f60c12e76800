"""The words of `when`: from what is written ("floor.fs1 + floor.fs2 hold 700 ms") to forms; no control is looked up.

Pure. What each control can do is judged by `schema_when`, for only its kind says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controld.document import Node
from controld.errors import nearest
from controld.mappings.expand import BARE_RANGE
from controld.mappings.profile_tables import osc_address
from controld.mappings.rule import Event, Gesture
from controld.mappings.schema_hints import GESTURES, meant
from controld.shape import Leaf, Mistake, Record, listed
from controld.shape_leaves import parse_duration

LONGEST_S = 60.0
SHORTEST_REPEAT_S = 0.01  # 100 times a second

RAW_OSC = "osc:"
CONTROL_PATTERN = r"^[A-Za-z][A-Za-z0-9_-]*\.[A-Za-z][A-Za-z0-9_-]*$"
_CONTROL = re.compile(CONTROL_PATTERN)
_PROGRAMS = re.compile(r"^([0-9]{1,3})(?:\s*\.\.\s*([0-9]{1,3}))?$")
_SHARE = re.compile(r"^([0-9]+(?:\.[0-9]+)?)\s*%$")
_PLUS = re.compile(r"\s*\+\s*")

# What an event can be restricted to; those that are not here concern the rig as a whole.
SUBJECTS: Mapping[str, tuple[Event, ...]] = {
    "pedalboard": (Event.PEDALBOARD_LOADED,),
    "snapshot": (Event.SNAPSHOT_RECALLED, Event.SNAPSHOT_SAVED),
    "bank": (Event.BANK_CHANGED,),
    "surface": (Event.SURFACE_CONNECTED, Event.SURFACE_LOST),
    "page": (Event.PAGE_ENTERED, Event.PAGE_LEFT),
}
# Gestures that a person writes; an event has a form of its own.
WORDS = tuple(gesture.value for gesture in Gesture if gesture is not Gesture.EVENT)
TIMED = frozenset({Gesture.HOLD, Gesture.HOLD_RELEASE, Gesture.DOUBLE})
ZONES = frozenset({Gesture.TOE, Gesture.HEEL})
OF_CHORDS = (Gesture.PRESS, Gesture.RELEASE, Gesture.HOLD, Gesture.HOLD_RELEASE)


@dataclass(frozen=True, slots=True)
class Form:
    """What is written: a control, a chord of several, an OSC address, a MIDI message or an event, and the gesture.

    None for `time_s` (of hold, hold-release, double, and of repeat until it fires again), `every_s` (of repeat) and
    `at` (of toe and heel, 0.0-1.0) says that nothing is written. `raw` is the record of a MIDI message.
    """

    node: Node
    control: str = ""
    address: str = ""
    gesture: Gesture | None = None
    time_s: float | None = None
    every_s: float | None = None
    at: float | None = None
    programs: tuple[int, ...] = ()
    chord: tuple[str, ...] = ()
    argument: int = 1
    raw: Record | None = None
    event: Event | None = None
    subject: tuple[str, Node] | None = None  # which key restricts the event, and its value


@dataclass(slots=True)
class _Words:
    """A gesture with what stands behind it."""

    gesture: Gesture | None = None
    time_s: float | None = None
    every_s: float | None = None
    at: float | None = None
    programs: tuple[int, ...] = field(default=())

    def form(self, node: Node, **more: Any) -> Form:
        return Form(node, gesture=self.gesture, time_s=self.time_s, every_s=self.every_s, at=self.at,
                    programs=self.programs, **more)  # fmt: skip


def _parse(node: Node) -> Form:
    if not isinstance(node.value, str) or not node.text.strip():
        raise Mistake(f"expected a control and what it does, as in `floor.fs1 hold`, found {node.describe()}")
    written = node.text.strip()
    if written.startswith(RAW_OSC):
        return _parse_osc(node, written.removeprefix(RAW_OSC))
    if "+" in written:
        return _parse_chord(node, _PLUS.split(written))
    head, _, rest = written.partition(" ")
    return _words(rest.strip(), programs=True).form(node, control=parse_control(head))


def _parse_osc(node: Node, written: str) -> Form:
    head, _, rest = written.partition(" ")
    if rest.strip().startswith("+"):
        raise Mistake("a chord is made of controls that a surface profile names, and an address is none")
    return _words(rest.strip()).form(node, address=osc_address(head))


def _parse_chord(node: Node, parts: list[str]) -> Form:
    if "" in parts:
        raise Mistake("expected a control on each side of `+`, as in `floor.fs1 + floor.fs2`")
    early = next((part for part in parts[:-1] if " " in part), "")
    if early:
        what = "`" + early.partition(" ")[2].strip() + "`"
        hint = "as in `floor.a + floor.b hold`"
        raise Mistake(f"what a chord does stands behind its last control, found {what} before", hint)
    last, _, rest = parts[-1].partition(" ")
    controls = tuple(parse_control(part) for part in (*parts[:-1], last))
    twice = next((name for name in controls if controls.count(name) > 1), "")
    if twice:
        raise Mistake(f"`{twice}` stands in the chord twice")
    words = _words(rest.strip())
    if words.gesture is not None and words.gesture not in OF_CHORDS:
        able = listed([gesture.value for gesture in OF_CHORDS])
        raise Mistake(f"a chord has no `{words.gesture.value}`", f"it has {able}")
    return words.form(node, control="+".join(controls), chord=controls)


def parse_control(written: str) -> str:
    """Return `surface.control`. Raises Mistake."""
    if not _CONTROL.match(written):
        several = re.fullmatch(r"(.*)\{([0-9]+\.\.[0-9]+)\}", written)
        hint = f"write `for: {{n: {several[2]}}}` in the rule, and `{several[1]}{{n}}` here" if several else ""
        raise Mistake(f"expected `surface.control`, as in `floor.fs1`, found `{written}`", hint)
    return written


def _gesture_hint(word: str) -> str:
    """Return what may be meant by a word that is no gesture."""
    if word in {"&", "and", ","} or _CONTROL.match(word):
        return "a chord is written `floor.fs1 + floor.fs2`"
    return meant(word, GESTURES) or nearest(word, WORDS)


def _words(words: str, *, programs: bool = False) -> _Words:
    if not words:
        return _Words()
    found = _PROGRAMS.match(words) if programs else None
    if found:
        return _Words(Gesture.CHANGE, programs=_programs(found[1], found[2] or found[1]))
    word, _, rest = words.partition(" ")
    rest = rest.strip()
    if word not in WORDS:
        raise Mistake(f"expected what the control does ({listed(WORDS)}), found `{word}`", _gesture_hint(word))
    gesture = Gesture(word)
    if not rest:
        return _Words(gesture)
    if gesture in TIMED:
        return _Words(gesture, parse_time(rest, f"`{word}`"))
    if gesture is Gesture.REPEAT:
        return _Words(gesture, *_repeat(rest))
    if gesture in ZONES:
        return _Words(gesture, at=parse_share(rest, f"`{word}`"))
    raise Mistake(f"`{word}` takes no time, found `{rest}`")


def _programs(first: str, last: str) -> tuple[int, ...]:
    low, high = int(first), int(last)
    if max(low, high) > 127 or low > high:
        raise Mistake(f"expected programs from 0 to 127 in ascending order, found `{first}..{last}`")
    return tuple(range(low, high + 1))


def _repeat(words: str) -> tuple[float, float | None]:
    first, comma, every = words.partition(",")
    return parse_time(first, "`repeat`"), parse_every(every) if comma else None


def parse_every(words: str) -> float:
    """Return the time between two firings of repeat, in seconds. Raises Mistake."""
    every_s = parse_time(words, "`repeat`")
    if every_s < SHORTEST_REPEAT_S:
        raise Mistake(f"`repeat` fires every {SHORTEST_REPEAT_S * 1000:g} ms at most, found `{words.strip()}`")
    return every_s


def parse_time(words: str, what: str) -> float:
    """Return the time of a gesture, in seconds: above 0, and not in beats. Raises Mistake."""
    duration = parse_duration(words.strip())
    if duration.beats or not 0 < duration.seconds <= LONGEST_S:
        raise Mistake(f"{what} takes a time above 0 and up to {LONGEST_S:g} s, found `{words.strip()}`")
    return duration.seconds


def parse_share(words: str, what: str) -> float:
    """Return where a zone begins ("90 %") as 0.0-1.0. Raises Mistake."""
    found = _SHARE.match(words.strip())
    if found is None or not 0 <= float(found[1]) <= 100:
        raise Mistake(f"{what} takes a share of the way from 0 % to 100 %, found `{words.strip()}`", "as in `90 %`")
    return float(found[1]) / 100


# The same words for the JSON Schema.
_NAME = "[A-Za-z][A-Za-z0-9_-]*"
_TIME_JSON = r"[0-9]+(\.[0-9]+)?\s*([mM][sS]|[sS]|[mM][iI][nN])"
_CHORD_JSON = rf"(press|release|(hold|hold-release)(\s+{_TIME_JSON})?)"
_GESTURE_JSON = (
    rf"({_CHORD_JSON}|move|change|double(\s+{_TIME_JSON})?|repeat(\s+{_TIME_JSON}(\s*,\s*{_TIME_JSON})?)?"
    r"|(toe|heel)(\s+(100|[0-9]{1,2})(\.[0-9]+)?\s*%)?)"
)
_FORM_JSON = (
    rf"^\s*({_NAME}\.{_NAME}(\s+({_GESTURE_JSON}|[0-9]{{1,3}}(\s*\.\.\s*[0-9]{{1,3}})?))?"
    rf"|{_NAME}\.{_NAME}(\s*\+\s*{_NAME}\.{_NAME})+(\s+{_CHORD_JSON})?"
    rf"|osc:/\S*(\s+{_GESTURE_JSON})?)\s*$"
)
FORM = Leaf(_parse, {"type": "string", "pattern": _FORM_JSON}, "a control and what it does, as in `floor.fs1 hold`")

# A range of programs, which `{index}` counts.
PROGRAM_RANGE = re.compile(rf"^\s*(\S+)\s+({BARE_RANGE.pattern})\s*$")


def form_of(value: object) -> Form:
    """Return a form that `WHEN` read: a text's, or a raw mapping's."""
    if isinstance(value, Form):
        return value
    assert isinstance(value, Record)
    if value.name == "raw_osc":
        return Form(value.node, address=value["osc"] or "/", argument=value["argument"])
    if value.name == "raw_event":
        subject = next(((key, value.at(key)) for key in SUBJECTS if value[key] is not None), None)
        return Form(value.node, event=Event(value["event"]) if value["event"] else None, subject=subject)
    return Form(value.node, raw=value["midi"])
