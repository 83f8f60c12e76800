"""What lasts as long as a press does: values that return, pages that are left again, messages that have an end.

Pure. A `Press` is one time that a switch is held; it carries what is to be undone when it ends, whether by its release,
by the loss of its device or by panic. `HeldValues` knows which value each press found: it is given back only while the
value is still what the press made it. Where two presses hold the same value, the one that ends first leaves it to the
other, and the last gives back what the first found.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from controld.actions import Action, SetBypass, SetParameter
from controld.changes import BypassChanged, ParameterChanged, State
from controld.mappings.target import Key
from controld.mappings.view import View
from controld.values import Level, same_value


@dataclass(slots=True, eq=False)
class Press:
    """One time that something is held: by whom, and what its end undoes, last first."""

    control: str
    origin: str
    endings: list[Action | Key] = field(default_factory=list)  # a message or a page to leave; the key of a value
    over: bool = False


@dataclass(slots=True)
class _Hold:
    """A value that a press changed: what it found, and what it made of it (None: not told yet)."""

    press: Press
    found: float
    made: float | None = None
    moves_until_s: float = 0.0  # while it is on its way there, whatever is told is its own


class HeldValues:
    """The values that presses hold, of bypasses (1.0: bypassed) and parameters."""

    __slots__ = ("_holds",)

    def __init__(self) -> None:
        self._holds: dict[Key, list[_Hold]] = {}

    def __len__(self) -> int:
        """Return how many values are held."""
        return len(self._holds)

    def take(self, press: Press, key: Key, view: View, moves_until_s: float = 0.0) -> None:
        """Note what a press is about to change; a value that is not known cannot be given back."""
        stands = _standing(key, view)
        if stands is None:
            return
        holds = self._holds.setdefault(key, [])
        for hold in holds:
            if hold.press is press:  # it does so again: what it found first is what it gives back
                hold.made, hold.moves_until_s = None, moves_until_s
                return
        holds.append(_Hold(press, stands, None, moves_until_s))
        press.endings.append(key)

    def acted(self, key: Key) -> None:
        """Take another rule's action on a value: the presses that held it do not any more."""
        self._holds.pop(key, None)

    def told(self, key: Key, fact: BypassChanged | ParameterChanged, now: float) -> None:
        """Take a fact about a value that is held: what somebody else made of it is not given back."""
        holds = self._holds.get(key)
        if not holds:
            return
        hold, value = holds[-1], _value(fact)
        is_own = fact.origin == hold.press.origin
        if hold.made is None or now <= hold.moves_until_s or fact.state is State.CONFIRMED:
            lost = not is_own and (hold.made is None or not same_value(hold.made, value))
        else:
            lost = not same_value(hold.made, value)
        if lost:
            del self._holds[key]
        else:
            hold.made = value

    def forget_all(self) -> None:
        """Take another pedalboard: its values are others."""
        self._holds.clear()

    def end(self, press: Press, view: View) -> Iterable[Action]:
        """Return what undoes a press, last first; nothing the second time."""
        press.over = True
        endings, press.endings = press.endings, []
        for ending in reversed(endings):
            if not isinstance(ending, tuple):
                yield ending
                continue
            found = self._give_back(ending, press)
            if found is not None and _standing(ending, view) is not None:
                yield _back_to(ending, found)

    def _give_back(self, key: Key, press: Press) -> float | None:
        """Return what a press found, if it is the last to hold the value; else it leaves it to the one after it."""
        holds = self._holds.get(key, [])
        index = next((index for index, hold in enumerate(holds) if hold.press is press), None)
        if index is None:
            return None
        hold = holds.pop(index)
        if index < len(holds):
            holds[index].found = hold.found
            return None
        if not holds:
            del self._holds[key]
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
