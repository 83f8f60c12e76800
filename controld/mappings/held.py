"""What lasts as long as a press does: values that return, pages that are left again, messages that have an end.

Pure. A `Press` is one time that a switch is held; it carries what is to be undone when it ends, whether by its release,
by the loss of its device or by panic. `HeldValues` knows which value each press found: it is given back only while the
value is still what the press made it. Where two presses hold the same value, the one that ends first leaves it to the
other, and the last gives back what the first found.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from controld.actions import Action, SetBypass, SetParameter
from controld.changes import BypassChanged, ParameterChanged
from controld.mappings.claim import Claim
from controld.mappings.rule import Rule
from controld.mappings.target import Key
from controld.mappings.view import View
from controld.values import Level


@dataclass(slots=True, eq=False)
class Begun:
    """Whether what a press was to begin was begun: only then is there something to end."""

    done: bool = False


@dataclass(slots=True, eq=False)
class Press:
    """One time that something is held: by whom, and what its end undoes, last first, each for its rule."""

    control: str
    origin: str
    # A message to send, a page to leave, or the key of a value to give back.
    endings: list[tuple[Rule, Action | Key, Begun | None]] = field(default_factory=list)
    over: bool = False

    def ends_with(self, rule: Rule, ending: Action) -> tuple[Begun, bool]:
        """Have an action done when this ends, once, if what it ends was begun; tell whether it was asked for before."""
        for known_rule, known, begun in self.endings:
            if begun is not None and (known_rule, known) == (rule, ending):
                return begun, True
        begun = Begun()
        self.endings.append((rule, ending, begun))
        return begun, False


@dataclass(slots=True)
class _Hold:
    """A value that a press changed, and what it found there."""

    press: Press
    found: float
    claim: Claim = field(default_factory=Claim)


class HeldValues:
    """The values that presses hold, of bypasses (1.0: bypassed) and parameters; `holds` is by key, the last on top.

    `returning` are those that were given back since they were last told of; `forgotten` counts how often all were.
    """

    __slots__ = ("forgotten", "holds", "returning")

    def __init__(self) -> None:
        self.holds: dict[Key, list[_Hold]] = {}
        self.returning: dict[Key, float] = {}
        self.forgotten = 0

    def take(self, press: Press, rule: Rule, key: Key, view: View, moves_until_s: float = 0.0) -> None:
        """Note what a press is about to change; a value that is not known cannot be given back."""
        stands = self.returning.get(key, _standing(key, view))
        if stands is None:
            return
        holds = self.holds.setdefault(key, [])
        hold = next((hold for hold in holds if hold.press is press), None)
        if hold is None:  # else it does so again: what it found first is what it gives back
            hold = _Hold(press, stands)
            holds.append(hold)
            press.endings.append((rule, key, None))
        hold.claim.expect(press.origin, moves_until_s)

    def acted(self, key: Key) -> None:
        """Take another rule's action on a value: the presses that held it do not any more."""
        self.holds.pop(key, None)

    def disturb(self) -> None:
        """Take an action that may change any value: none is on its way any more."""
        for holds in self.holds.values():
            for hold in holds:
                hold.claim.arrive()

    def told(self, key: Key, fact: BypassChanged | ParameterChanged, now: float) -> None:
        """Take a fact about a value: what somebody else made of it is not given back."""
        self.returning.pop(key, None)
        holds = self.holds.get(key)
        if holds and not holds[-1].claim.keeps(_value(fact), fact.origin, fact.state, now):
            del self.holds[key]

    def resting(self) -> dict[Key, float]:
        """Return what the held values are given back to when every press ends."""
        return {key: holds[0].found for key, holds in self.holds.items()}

    def forget_all(self) -> None:
        """Take another pedalboard: its values are others."""
        self.holds.clear()
        self.returning.clear()
        self.forgotten += 1

    def end(self, press: Press, view: View) -> Iterator[tuple[Rule, Action, Begun | None]]:
        """Yield what undoes a press, last first; nothing the second time."""
        press.over = True
        endings, press.endings = press.endings, []
        for rule, ending, begun in reversed(endings):
            if not isinstance(ending, tuple):
                yield rule, ending, begun
                continue
            found = self._give_back(ending, press)
            if found is not None and _standing(ending, view) is not None:
                self.returning[ending] = found
                yield rule, _back_to(ending, found), None

    def _give_back(self, key: Key, press: Press) -> float | None:
        """Return what a press found, if it is the last to hold the value; else it leaves it to the one after it."""
        holds = self.holds.get(key, [])
        index = next((index for index, hold in enumerate(holds) if hold.press is press), None)
        if index is None:
            return None
        hold = holds.pop(index)
        if index < len(holds):
            holds[index].found = hold.found
            return None
        if not holds:
            del self.holds[key]
        return hold.found


def _standing(key: Key, view: View) -> float | None:
    fact = view.bypasses.get(key[1]) if key[0] == "bypass" else view.parameters.get((key[1], key[2]))
    return None if fact is None else _value(fact)


def _value(fact: BypassChanged | ParameterChanged) -> float:
    return float(fact.bypassed) if isinstance(fact, BypassChanged) else fact.value


def _back_to(key: Key, found: float) -> Action:
    if key[0] == "bypass":
        return SetBypass((key[1],), bypassed=found >= 0.5)
    return SetParameter(key[1], key[2], Level(found))
