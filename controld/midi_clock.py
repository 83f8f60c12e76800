"""The MIDI clock: the tempo that somebody else's ticks have, and when our own ticks are due.

Pure; times are handed in, in seconds (monotonic). A clock has 24 ticks in a quarter note, whether anything plays or
not; start and continue say that the next tick is a beat's, or goes on from where it was, and a song position counts
in sixteenth notes (MIDI 1.0 detailed specification).

The filter lays a grid through the last two beats of ticks: each tick is given the nearest free line of it, and the
tempo is the slope of the line that fits them best (least squares). So jitter averages out, a tick that comes late is
still its own line's, one that comes twice has no line left, and one that is missing leaves a gap.
"""

import math
from collections import deque
from statistics import fmean
from typing import Final

from controld.actions import FollowClock, SetTransport
from controld.midi_stream import CLOCK, CONTINUE, START, STOP

PPQN: Final = 24
MIN_BPM: Final = 20.0
MAX_BPM: Final = 300.0
SONG_POSITION: Final = 0xF2
TICKS_PER_SIXTEENTH: Final = 6

WINDOW: Final = 2 * PPQN  # ticks that the tempo is taken from
FIRST: Final = PPQN // 2  # so many are needed to say anything
LOST_S: Final = 0.5  # after such a silence a clock begins anew; the slowest has a tick every 0.125 s
RECENT: Final = 6  # so many gaps in a row that agree with each other and not with the grid are another tempo
OTHER_TEMPO: Final = 0.04
BEYOND_JITTER: Final = 0.95  # four times what the jitter of two ticks makes of the mean of six gaps: 4 x sqrt(2) / 6
MOST_JITTER: Final = 0.09  # what is more than this share of a gap is no jitter, it is a wrong grid
AGREES: Final = 0.35
MAX_ODD: Final = 4  # ticks in a row that find no line of their own: the grid is wrong
SUDDEN_BPM: Final = 0.3  # such a change is told at once, a smaller one with the next beat
SLIGHT_BPM: Final = 0.08  # and one below this is jitter

START_GAP_S: Final = 0.001  # from a start to its first tick, as the specification asks
CATCH_UP_TICKS: Final = PPQN  # ticks that are later than these are left out: the machine slept


class ClockFilter:
    """Ticks to a tempo."""

    def __init__(self) -> None:
        self.bpm: float | None = None
        self.line = 0  # the number of the newest tick, counted with those that were missed
        self._ticks: deque[tuple[int, float]] = deque(maxlen=WINDOW)
        self._gaps: deque[float] = deque(maxlen=RECENT)
        self._last_s: float | None = None
        self._interval_s = 0.0
        self._jitter_s = 0.0  # how far ticks are from their lines (root mean square)
        self._origin_s = 0.0  # where the grid has line 0
        self._odd = 0

    def tick(self, now: float) -> int:
        """Take a tick; return by how many lines the clock went on: 1, more where ticks are missing, 0 for one too many.

        `bpm` is the tempo after that, None where it is not known yet; it is kept when the clock stops.
        """
        last, self._last_s = self._last_s, now
        step = 1
        if last is None or not 0.0 <= now - last < LOST_S:
            self._gaps.clear()
            self._begin_after([])
        else:
            self._gaps.append(now - last)
            if self._is_other_tempo() or self._odd >= MAX_ODD:
                self._begin_after([now - sum(list(self._gaps)[-back:]) for back in range(len(self._gaps), 0, -1)])
            elif len(self._ticks) >= RECENT:
                step = max(0, round((now - self._origin_s) / self._interval_s) - self.line)
        self._odd = 0 if step == 1 else self._odd + 1
        if step:
            self.line += step
            self._ticks.append((self.line, now))
            self._fit()
        return step

    def _begin_after(self, earlier: list[float]) -> None:
        """Forget the grid but for these ticks, the last of which has the newest line."""
        first = self.line + 1 - len(earlier)
        self._ticks.clear()
        self._ticks.extend((first + n, tick_s) for n, tick_s in enumerate(earlier))
        self._odd = 0

    def _is_other_tempo(self) -> bool:
        """Tell whether the last gaps agree with each other, and not with the grid."""
        if len(self._gaps) < RECENT or len(self._ticks) < RECENT:
            return False
        mean = fmean(self._gaps)
        jitter_s = min(BEYOND_JITTER * self._jitter_s, MOST_JITTER * self._interval_s)
        if abs(mean - self._interval_s) <= max(OTHER_TEMPO * self._interval_s, jitter_s):
            return False
        return all(abs(gap - mean) <= AGREES * mean for gap in self._gaps)

    def _fit(self) -> None:
        """Lay the line that fits best through the ticks."""
        count = len(self._ticks)
        if count < 2:
            return
        mean_line = sum(line for line, _ in self._ticks) / count
        mean_s = sum(tick_s for _, tick_s in self._ticks) / count
        along = sum((line - mean_line) * (tick_s - mean_s) for line, tick_s in self._ticks)
        self._interval_s = max(along / sum((line - mean_line) ** 2 for line, _ in self._ticks), 1e-6)
        self._origin_s = mean_s - mean_line * self._interval_s
        off = sum((tick_s - self._origin_s - line * self._interval_s) ** 2 for line, tick_s in self._ticks)
        self._jitter_s = math.sqrt(off / count)
        if count >= FIRST:
            self.bpm = min(max(60.0 / (PPQN * self._interval_s), MIN_BPM), MAX_BPM)

    def time_of_line(self) -> float:
        """Return when the newest tick was, by the grid."""
        return self._origin_s + self.line * self._interval_s


class ClockReader:
    """The clock and transport messages of one device to what the rig is to do."""

    def __init__(self) -> None:
        self._filter = ClockFilter()
        self._position = -1  # of the newest tick, in ticks; a beat is where it is a multiple of 24
        self._told: float | None = None

    def receive(self, message: bytes, now: float) -> list[FollowClock | SetTransport]:
        """Take any whole message; those that are no clock's mean nothing."""
        status = message[0]
        if status == CLOCK:
            return self._tick(now)
        if status == START:
            self._position = -1
            return [SetTransport(rolling=True)]
        if status == CONTINUE:
            return [SetTransport(rolling=True, resume=True)]
        if status == STOP:
            return [SetTransport(rolling=False)]
        if status == SONG_POSITION and len(message) == 3:
            self._position = (message[2] << 7 | message[1]) * TICKS_PER_SIXTEENTH - 1
        return []

    def _tick(self, now: float) -> list[FollowClock | SetTransport]:
        step = self._filter.tick(now)
        before, self._position = self._position, self._position + step
        if self._filter.bpm is None or not step:
            return []
        is_beat = self._position // PPQN != before // PPQN
        on_it = is_beat and self._position % PPQN == 0
        bpm = round(self._filter.bpm, 1)
        change = abs(self._filter.bpm - self._told) if self._told is not None else MAX_BPM
        if change >= SUDDEN_BPM or (is_beat and change >= SLIGHT_BPM):
            self._told = bpm
        elif not on_it:
            return []
        assert self._told is not None
        return [FollowClock(self._told, self._filter.time_of_line() if on_it else None)]


class ClockPlan:
    """When our own ticks are due: `take` each of them when `due_s` has come. A change of tempo moves none back."""

    def __init__(self, bpm: float, now: float) -> None:
        self._begin_s, self._begin_tick = now, 0.0
        self._interval_s = _interval_s(bpm)
        self._next = 1

    @property
    def due_s(self) -> float:
        """When the next tick is due."""
        return self._begin_s + (self._next - self._begin_tick) * self._interval_s

    def set_tempo(self, bpm: float, now: float) -> None:
        """Go on at another tempo from now on: what is left of the way to the next tick takes its share of it."""
        position = self._begin_tick + (now - self._begin_s) / self._interval_s
        self._begin_s, self._begin_tick = now, min(position, float(self._next))
        self._interval_s = _interval_s(bpm)

    def restart(self, now: float) -> None:
        """Have the next tick be the first one after a start."""
        self._begin_s, self._begin_tick, self._next = now + START_GAP_S, 0.0, 0

    def take(self, now: float) -> None:
        """Take note that the tick that was due is sent; after a long sleep the ones that were missed are left out."""
        self._next += 1
        if now - self.due_s > CATCH_UP_TICKS * self._interval_s:
            self._begin_s, self._begin_tick = now, self._next - 1.0


def _interval_s(bpm: float) -> float:
    return 60.0 / (PPQN * min(max(bpm, MIN_BPM), MAX_BPM))
