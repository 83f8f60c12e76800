"""Takeover: what a control does whose position is not the parameter's, because something else moved that one.

Pure; time is an argument. A *position* is where the control stands, a *standing* where it would have to stand for the
parameter as it is (`shaping.unshape` of it), both 0.0-1.0; so reversed ranges and curves need no thought here. `accept`
takes a reading and returns the position to act on, or None for nothing. A control whose parameter's standing is not
known yet (None) jumps. Call `lost` when somebody else moved the parameter, or when the control was moved without being
asked: on another page, or while its device was away.
"""

import math
from typing import Protocol

from controld.mappings.shaping import Takeover

# How near a control has to come to pick its parameter up, and so the farthest a pickup ever jumps, unless it crossed:
# three steps of a 7-bit control, because a hand that moves slowly may skip one or two. Mixxx takes 3/128 as well:
# https://www.mail-archive.com/mixxx-devel@lists.sourceforge.net/msg06840.html
PICKUP_DISTANCE = 3 / 127
# How soon a reading has to follow the one before to be the same movement. A sweep sends one every 1-20 ms; what comes
# later may be a control that was moved unseen, and where it stood then says nothing. Mixxx's 50 ms is for DJ
# controllers on USB; tablets over wireless networks are slower, and 0.1 s is still one movement of a foot.
RECENT_S = 0.1
# How near `scale` has to come to its parameter to simply follow from then on: one step of a 7-bit control.
MET_DISTANCE = 1 / 127


class Follower(Protocol):
    """What takes a control's readings."""

    def accept(self, position: float, standing: float | None, now: float) -> float | None:
        """Return the position to act on, or None where the control has to wait."""

    def lost(self) -> None:
        """Take note that parameter and control may have parted."""


class Jump:
    """The parameter goes where the control is."""

    __slots__ = ()

    def accept(self, position: float, standing: float | None, now: float) -> float | None:
        """Return `position`."""
        del standing, now
        return position

    def lost(self) -> None:
        """Nothing is remembered, so nothing is lost."""


class Pickup:
    """The control waits until it comes to where the parameter is, or sweeps over it; then it keeps it until `lost`."""

    __slots__ = ("_holds", "_last", "_last_s")

    def __init__(self) -> None:
        self._holds = False
        self._last, self._last_s = 0.0, -math.inf

    def accept(self, position: float, standing: float | None, now: float) -> float | None:
        """Return `position` once the parameter is picked up, else None."""
        if not self._holds:
            self._holds = standing is None or self._reaches(position, standing, now)
        self._last, self._last_s = position, now
        return position if self._holds else None

    def lost(self) -> None:
        """Wait again."""
        self._holds = False

    def _reaches(self, position: float, standing: float, now: float) -> bool:
        if abs(position - standing) <= PICKUP_DISTANCE:
            return True
        return now - self._last_s <= RECENT_S and (self._last - standing) * (position - standing) <= 0.0


class Scale:
    """The control moves the parameter at once, by less or more than itself, and meets it at the ends at the latest.

    From where both were when it began, what is left of the control's way in each direction is what is left of the
    parameter's. This is one fixed line on either side, so going back leads back, and a tremble stays a tremble. Once
    they met, the parameter simply follows, until `lost`.
    """

    __slots__ = ("_last", "_last_s", "_met", "_start")

    def __init__(self) -> None:
        self._met = False
        self._start: tuple[float, float] | None = None  # position and standing when it began
        self._last: float | None = None
        self._last_s = 0.0

    def accept(self, position: float, standing: float | None, now: float) -> float | None:
        """Return where the parameter goes; None for the first reading, which only tells where the control is."""
        last, gap_s = self._last, now - self._last_s
        self._last, self._last_s = position, now
        if self._met or standing is None:
            self._met = True
            return position
        if self._start is None:
            # What comes late and from afar is a control that was moved unseen: no movement to go by.
            if last is None or (gap_s > RECENT_S and abs(position - last) > PICKUP_DISTANCE):
                self._begin(position, standing)
                return None
            self._begin(last, standing)
        assert self._start is not None
        scaled = _scaled(position, *self._start)
        self._met = abs(scaled - position) <= MET_DISTANCE
        return scaled

    def lost(self) -> None:
        """Begin again from where both are then."""
        self._met, self._start = False, None

    def _begin(self, position: float, standing: float) -> None:
        self._start = position, standing
        self._met = abs(position - standing) <= MET_DISTANCE


def follower(takeover: Takeover) -> Follower:
    """Return a new follower of this kind."""
    if takeover is Takeover.PICKUP:
        return Pickup()
    return Scale() if takeover is Takeover.SCALE else Jump()


def _scaled(position: float, start: float, standing: float) -> float:
    if position < start:
        return standing * position / start
    if position == start:
        return standing
    return standing + (1.0 - standing) * (position - start) / (1.0 - start)
