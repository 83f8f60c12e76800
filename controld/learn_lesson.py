"""The course of a lesson: which control is asked about next, what it is called, and what was decided so far.

Pure; `now` is handed in, in seconds. A control is asked about when it rested for a moment, so that it is judged by a
whole movement. What it sends later counts too: at the end every guess is made once more, from everything.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from controld.errors import hinted
from controld.events import OscArg
from controld.learn_guess import Guess, guess
from controld.learn_hear import Ears, Line
from controld.learn_profile import Entry
from controld.learn_touch import touches
from controld.mappings.profile import FINE, Coding, Control, Hole, Kind, Source, SourceType
from controld.osc_pattern import OscPatternError, compile_pattern

# In seconds: when nothing came from a control for so long, its movement is over.
REST_S = 0.6
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")

_NUMBERED: Mapping[Kind, str] = {
    Kind.BUTTON: "fs", Kind.LATCH: "latch", Kind.PEDAL: "exp", Kind.KNOB: "knob", Kind.FADER: "fader",
    Kind.ENCODER: "wheel",
}  # fmt: skip
_SINGLE: Mapping[SourceType, str] = {
    SourceType.PROGRAM: "patch", SourceType.PITCHBEND: "bend", SourceType.PRESSURE: "pressure",
    SourceType.START: "start", SourceType.STOP: "stop", SourceType.CONTINUE: "continue",
}  # fmt: skip
_CODINGS = {coding.value: coding for coding in Coding}
# What a person can say that a control is.
WORDS = (*(kind.value for kind in Kind if kind not in {Kind.LIGHT, Kind.DISPLAY}), *_CODINGS)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A control that was moved and has no name yet."""

    key: Source
    guess: Guess
    name: str


@dataclass(frozen=True, slots=True)
class _Decided:
    """The name that a line was given, "" where it was skipped; `word` is what it was said to be, "" for nothing."""

    key: Source
    name: str
    word: str = ""


class Lesson:
    """Learns a device; `known` are the controls that its profile has already, which are left as they are."""

    def __init__(self, known: Iterable[Control] = ()) -> None:
        self._ears = Ears()
        self._known = list(known)
        self._decided: list[_Decided] = []
        self._touches: dict[Source, Source] = {}
        self.recognised: dict[str, None] = {}  # known controls that were moved, by name

    def hear(self, message: bytes, now: float) -> None:
        """Take one whole MIDI message."""
        self._ears.hear(message, now)

    def hear_osc(self, address: str, args: Sequence[OscArg], now: float) -> None:
        """Take one OSC message."""
        self._ears.hear_osc(address, args, now)

    def waiting(self, now: float) -> list[Proposal]:
        """Return the controls that rest and are not decided, in the order in which they were moved first."""
        decided = {each.key for each in self._decided}
        found: list[Proposal] = []
        for line in self._new_lines():
            if key_of(line) not in decided and now - line.last_s >= REST_S:
                judged = self._guess(line)
                taken = self._taken() | {each.name for each in found}
                found.append(Proposal(key_of(line), judged, _free_name(judged, taken)))
        return found

    def next_rest_s(self) -> float | None:
        """Return when the next control that is not decided will have rested; None where there is none."""
        decided = {each.key for each in self._decided}
        return min((line.last_s + REST_S for line in self._new_lines() if key_of(line) not in decided), default=None)

    def accept(self, proposal: Proposal, name: str = "", word: str = "") -> str:
        """Give a control its name, "" for the proposed one; `word` is a kind or coding that the person knows better.

        Returns "" or why it cannot be called so.
        """
        if word and word not in WORDS:
            return hinted(f"`{word}` is no kind and no coding", word, WORDS)
        corrected = _corrected(proposal.guess, word)
        proposed = proposal.name if corrected.kind is proposal.guess.kind else _free_name(corrected, self._taken())
        name = name or proposed
        if not NAME.fullmatch(name):
            return f"`{name}` is no name: a letter first, then letters, digits, `-` and `_`"
        if name in self._taken():
            return f"`{name}` is the name of another control"
        self._decided.append(_Decided(proposal.key, name, word))
        return ""

    def skip(self, proposal: Proposal) -> None:
        """Leave a control out."""
        self._decided.append(_Decided(proposal.key, ""))

    def undo(self) -> str | None:
        """Take the last decision back; returns the name it gave ("" for a skip), None where there is none."""
        return self._decided.pop().name if self._decided else None

    def accept_all(self) -> None:
        """Give everything that was moved its proposed name, whether it rests or not."""
        while proposals := self.waiting(inf):
            self.accept(proposals[0])

    def entries(self) -> list[Entry]:
        """Return what was named, with the guesses that all that was heard comes to."""
        lines = {key_of(line): line for line in self._new_lines()}
        named = [each for each in self._decided if each.name and each.key in lines]
        return [Entry(each.name, _corrected(self._guess(lines[each.key]), each.word)) for each in named]

    def _taken(self) -> set[str]:
        return {control.name for control in self._known} | {each.name for each in self._decided}

    def _guess(self, line: Line) -> Guess:
        touch = self._touches.get(line.source)
        return guess(line) if touch is None else guess(line).felt_by(touch)

    def _new_lines(self) -> list[Line]:
        """Return the lines of controls that are not described; hands that are felt belong to what they move."""
        new: list[Line] = []
        lines = self._ears.lines()
        self._touches = touches(lines)
        hands = set(self._touches.values())
        for line in lines:
            if line.source in hands:
                continue
            known = next((control.name for control in self._known if sends(control, line.source)), None)
            if known is None:
                new.append(line)
            else:
                self.recognised[known] = None
        return new


def key_of(line: Line) -> Source:
    """Return what tells a line from others, also when its fine part is heard only later."""
    return replace(line.source, bits=7)


def sends(control: Control, heard: Source) -> bool:
    """Tell whether a control is described to send from a source, also as its fine part or its touch."""
    return any(_covers(each, heard) for each in (control.source, control.touch) if each is not None)


def _covers(described: Source, heard: Source) -> bool:
    if described.type is not heard.type:
        return False
    if described.type is SourceType.OSC:
        return described.argument == heard.argument and _matches(described.address, heard.address)
    if described.type is SourceType.SYSEX:
        pairs = zip(described.sysex, heard.sysex, strict=False)
        return len(described.sysex) == len(heard.sysex) and all(a == b or a < 0 or b == Hole.VALUE for a, b in pairs)
    numbers = {None, described.number}
    if described.is_pair and described.type is SourceType.CC and described.number is not None:
        numbers.add(described.number + FINE)
    return described.channel in {0, heard.channel} and (described.number is None or heard.number in numbers)


def _matches(pattern: str, address: str) -> bool:
    try:
        return compile_pattern(pattern).matches(address)
    except OscPatternError:
        return False


def _corrected(guessed: Guess, word: str) -> Guess:
    """Return a guess with what a person knows better."""
    if not word:
        return guessed
    evidence = f"{guessed.evidence.partition(': ')[0]}; {word}, as was said"
    if word in _CODINGS:
        return replace(guessed, kind=Kind.ENCODER, coding=_CODINGS[word], evidence=evidence, doubt="", calibrate=None)
    kind = Kind(word)
    touch = guessed.touch if kind in {Kind.KNOB, Kind.FADER, Kind.ENCODER} else None
    calibrate = guessed.calibrate if kind in {Kind.PEDAL, Kind.KNOB, Kind.FADER} else None
    return replace(guessed, kind=kind, evidence=evidence, doubt="", calibrate=calibrate, touch=touch)


def _free_name(judged: Guess, taken: set[str]) -> str:
    """Return a name that is free: by its kind, or by its OSC address."""
    source = judged.source
    if source.type is SourceType.OSC:
        words = re.findall(r"[A-Za-z0-9_]+", source.address) or ["control"]
        name = "-".join(words) if words[0][0].isalpha() else "c-" + "-".join(words)
        return _numbered(f"{name}-{source.argument}" if source.argument > 1 else name, taken, joint="-")
    if source.type in _SINGLE:
        return _numbered(_SINGLE[source.type], taken)
    is_pad = judged.kind is Kind.BUTTON and source.type is SourceType.NOTE
    stem = "pad" if is_pad else _NUMBERED.get(judged.kind, "control")
    return next(name for number in range(1, 10_000) if (name := f"{stem}{number}") not in taken)


def _numbered(name: str, taken: set[str], joint: str = "") -> str:
    names = (name, *(f"{name}{joint}{number}" for number in range(2, 10_000)))
    return next(each for each in names if each not in taken)
