"""Numbered parameters of one MIDI channel (NRPN and RPN): which is selected, and what is entered for it.

Pure. CC 99 and 98 select an NRPN, 101 and 100 an RPN, coarse part and fine part; CC 6 and 38 enter its data, 96 and 97
step it up and down; 127 for both parts selects nothing (the null function). All of it is running state of the channel,
from the MIDI 1.0 detailed specification. The value of an increment has no meaning (MMA RP-018): each is one step.
"""

from collections import Counter
from dataclasses import dataclass, field

from controld.mappings.profile import MAX_7, SourceType
from controld.midi_decode import Decode, Events, Parameter, gathered

DATA_COARSE, DATA_FINE, INCREMENT, DECREMENT = 6, 38, 96, 97
# Which CCs select each type: coarse and fine part of the number.
SELECTORS = {SourceType.NRPN: (99, 98), SourceType.RPN: (101, 100)}
NULL = MAX_7 << 7 | MAX_7

_Key = tuple[SourceType, int | None]  # without a number: any


@dataclass(slots=True)
class Selection:
    """The parameter that is selected on a channel: the halves of both numbers, and which of them counts."""

    type: SourceType = SourceType.NRPN
    coarse: dict[SourceType, int] = field(default_factory=lambda: dict.fromkeys(SELECTORS, MAX_7))
    fine: dict[SourceType, int] = field(default_factory=lambda: dict.fromkeys(SELECTORS, MAX_7))

    @property
    def number(self) -> int:
        """The number, 0-16383; `NULL` where nothing is selected."""
        return self.coarse[self.type] << 7 | self.fine[self.type]


class ParameterNumbers:
    """The numbered parameters of one channel, and who hears them.

    Of those that were `claim`ed only the first of each number hears it, one with a number before one without; those
    that `join`ed always do. `counters` counts data for which nobody listens, by type.
    """

    __slots__ = ("_claimed", "_counters", "_heard", "_joined", "selection")

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters
        self._claimed: dict[_Key, Parameter] = {}
        self._joined: dict[_Key, list[Parameter]] = {}
        self._heard: list[Parameter] = []
        self.selection = Selection()

    def claim(self, kind: SourceType, number: int | None, parameter: Parameter) -> None:
        """Have a parameter hear a number (None: any), unless another does already."""
        self._claimed.setdefault((kind, number), parameter)

    def join(self, kind: SourceType, number: int | None, parameter: Parameter) -> None:
        """Have a parameter hear a number (None: any) beside whoever else does."""
        self._joined.setdefault((kind, number), []).append(parameter)

    def take_over(self, selection: Selection) -> None:
        """Go on with what was selected where others listened: a device need not select it again."""
        self.selection = selection
        self._hear()

    def decoders(self) -> dict[int, Decode]:
        """Return what hears each CC."""
        (nrpn_coarse, nrpn_fine), (rpn_coarse, rpn_fine) = SELECTORS[SourceType.NRPN], SELECTORS[SourceType.RPN]
        return {
            nrpn_coarse: lambda value, _now: self._select(SourceType.NRPN, self.selection.coarse, value),
            nrpn_fine: lambda value, _now: self._select(SourceType.NRPN, self.selection.fine, value),
            rpn_coarse: lambda value, _now: self._select(SourceType.RPN, self.selection.coarse, value),
            rpn_fine: lambda value, _now: self._select(SourceType.RPN, self.selection.fine, value),
            DATA_COARSE: lambda value, now: gathered([each.coarse(value, now) for each in self._listeners()]),
            DATA_FINE: lambda value, now: gathered([each.fine(value, now) for each in self._listeners()]),
            INCREMENT: lambda _value, now: gathered([each.step(1, now) for each in self._listeners()]),
            DECREMENT: lambda _value, now: gathered([each.step(-1, now) for each in self._listeners()]),
        }

    def _select(self, kind: SourceType, half: dict[SourceType, int], value: int) -> Events:
        self.selection.type = kind
        half[kind] = value
        self._hear()
        return None

    def _hear(self) -> None:
        kind, number = self.selection.type, self.selection.number
        self._heard = []
        if number != NULL:
            claimed = self._claimed.get((kind, number)) or self._claimed.get((kind, None))
            self._heard += [claimed] if claimed else []
            self._heard += [*self._joined.get((kind, number), ()), *self._joined.get((kind, None), ())]

    def _listeners(self) -> list[Parameter]:
        if not self._heard and self.selection.number != NULL:
            self._counters[self.selection.type.value] += 1
        return self._heard
