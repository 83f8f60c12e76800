"""What OSC clients are told: one address with its true value, how it is compared and in which types it is written.

Pure values, shared by the built-in namespace, the widgets of a profile and the clients' state.
"""

from dataclasses import dataclass
from enum import Enum, auto
from math import isclose

from controld.osc_codec import OscArg, encode

Value = str | int | float | bool

_INT_LIMIT = 1 << 31
NUMBERS = (int, float)  # a union would be made anew for each question


class Topic(Enum):
    """What is told only to clients that asked for it."""

    WORDS = auto()  # names, and in words what is told as a number elsewhere
    LEVELS = auto()  # how loud it is, which changes all the time


class Echo(Enum):
    """How a client that sent a value itself is answered."""

    CONTINUOUS = auto()  # what it sent counts as shown: told only when the rig ends up elsewhere
    SWITCH = auto()  # always told what the rig confirmed, for buttons that change only then
    TRIGGER = auto()  # as a switch; and a release, which does nothing, is answered with the truth at once


@dataclass(slots=True)
class Fact:
    """An address and its value as the rig confirms it.

    `other` is the same thing as a number where the value is text, and as text where it is a number (None: it has no
    other form), for clients that talk that way. `rest` are further arguments. One with a `topic` is only for
    clients that asked for that.
    """

    address: str
    value: Value
    echo: Echo = Echo.SWITCH
    other: str | float | None = None
    rest: tuple[Value, ...] = ()
    topic: Topic | None = None

    @property
    def args(self) -> tuple[Value, ...]:
        """All arguments, in their default types."""
        return (self.value, *self.rest) if self.rest else (self.value,)


def same(a: OscArg, b: OscArg) -> bool:
    """Tell whether two arguments are equal within what a 32-bit float and one conversion keep."""
    if isinstance(a, NUMBERS) and isinstance(b, NUMBERS):
        return isclose(a, b, rel_tol=5e-7, abs_tol=1e-9)
    return a == b


def same_args(a: tuple[OscArg, ...], b: tuple[OscArg, ...]) -> bool:
    """Tell whether two argument lists are equal, as `same` does."""
    if len(a) == 1 == len(b):
        return same(a[0], b[0])
    return len(a) == len(b) and all(map(same, a, b))


def write(fact: Fact, tag: str) -> bytes:
    """Encode a fact in the type a client last sent there (`tag`, "" where it sent none).

    Where that type cannot say the value exactly, it is i, f or s, which every OSC program understands.

    Raises:
        OscEncodeError: the address or a value cannot be written.
    """
    if type(fact.value) is float and not fact.rest and tag in {"", "f"}:
        return encode(fact.address, (fact.value,))  # what faders are told all day
    value = _suited(fact, tag)
    first = _fitting_tag(value, tag)
    if first in "TF":
        return encode(fact.address, (value, *fact.rest), "TF"[not value] + _defaults(fact.rest))
    converted: Value = float(value) if first in "fd" else int(value) if first in "ih" else value
    return encode(fact.address, (converted, *map(_plain, fact.rest)), first + _defaults(fact.rest))


def _suited(fact: Fact, tag: str) -> Value:
    """Choose between a fact's two forms by whether the client talks in text or in numbers."""
    wants_text = tag in {"s", "S"} if tag else isinstance(fact.value, str)
    if fact.other is not None and wants_text != isinstance(fact.value, str):
        return fact.other
    return fact.value


def _fitting_tag(value: Value, tag: str) -> str:
    if isinstance(value, str):
        return "s"
    if tag in {"f", "d"}:
        return tag
    whole = value == int(value)
    if tag == "h" and whole:
        return tag
    if tag in {"T", "F"} and value in {0, 1}:
        return "TF"[not value]
    if whole and -_INT_LIMIT <= value < _INT_LIMIT and (tag == "i" or isinstance(value, int)):
        return "i"
    return "f"


def _plain(value: Value) -> Value:
    return int(value) if isinstance(value, bool) else value


def _defaults(values: tuple[Value, ...]) -> str:
    return "".join([_fitting_tag(value, "") for value in values])
