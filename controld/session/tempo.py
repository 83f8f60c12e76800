"""The tempo: taps, beats and the transport.

Pure. The tempo is the rig's own. An engine that can be told (its bridge says "transport") is told every change; what
its own transport does otherwise does not reach us.
"""

from statistics import median

from controld.actions import FollowClock, SetTempo, SetTransport, TapTempo
from controld.changes import BeatPassed, TempoChanged
from controld.session.context import Context
from controld.values import clamp

MIN_BPM, MAX_BPM = 20.0, 300.0
# A pause longer than this (24 bpm) begins a new series of taps.
TAP_PAUSE_S = 2.5
# Two taps this near are one: a switch that bounces. Half of the fastest tempo's beat.
BOUNCE_S = 0.1
MAX_INTERVALS = 8
# An interval that is farther than this from the median of the others is no beat of the same tempo.
OUTLIER = 0.35
# A beat that is told later than this, in beats, is not told at all: a wrong light is worse than none.
LATE_BEATS = 0.25


class Taps:
    """Taps, and the tempo they come to."""

    def __init__(self) -> None:
        self._last_s: float | None = None
        self._intervals: list[float] = []
        self._odd: float | None = None  # an outlier; a second one like it is a new tempo

    def tap(self, now: float) -> float | None:
        """Take a tap; return the tempo in beats a minute, rounded to 0.1, or None where it tells none."""
        last, self._last_s = self._last_s, now
        if last is None or now - last > TAP_PAUSE_S:
            self._intervals, self._odd = [], None
            return None
        interval = now - last
        if interval < BOUNCE_S:
            self._last_s = last
            return None
        if not self._take(interval):
            return None
        return round(clamp(60.0 / median(self._intervals), MIN_BPM, MAX_BPM), 1)

    def _take(self, interval: float) -> bool:
        """Take an interval; return whether it counts."""
        if self._intervals and not _near(interval, median(self._intervals)):
            if self._odd is None or not _near(interval, self._odd):
                self._odd = interval
                return False
            self._intervals = [self._odd]
        self._odd = None
        self._intervals = [*self._intervals, interval][-MAX_INTERVALS:]
        return True


def _near(interval: float, other: float) -> bool:
    return abs(interval - other) <= OUTLIER * other


class Tempo:
    """The tempo and the transport; beats are told while `wants_beats` is set."""

    def __init__(self, context: Context) -> None:
        self.wants_beats = False
        self.rolling = False
        self._context = context
        self._taps = Taps()
        self._first_beat_s: float | None = None  # None: nobody has wanted beats yet
        self._next_beat_s: float | None = None

    def set(self, action: SetTempo, origin: str) -> None:
        """Set the tempo, or change it."""
        bpm = self._context.bpm + action.by if action.bpm is None else action.bpm
        self.change(clamp(bpm, MIN_BPM, MAX_BPM), origin)
        self._begin_beats()

    def tap(self, _action: TapTempo, origin: str) -> None:
        """Take a tap; the first of a series, and one that fits no tempo, change nothing."""
        bpm = self._taps.tap(self._context.now)
        if bpm is not None:
            self.change(bpm, origin)
            self._begin_beats()

    def roll(self, action: SetTransport, origin: str) -> None:
        """Start or stop the transport; starting begins the beats anew, unless it goes on where it was."""
        rolling = not self.rolling if action.rolling is None else action.rolling
        if rolling == self.rolling:
            return
        self.rolling = rolling
        self._tell(origin, resumed=rolling and action.resume)
        if rolling and not action.resume:
            self._begin_beats()

    def follow(self, action: FollowClock, origin: str) -> None:
        """Take tempo and beat of a clock."""
        self.change(clamp(action.bpm, MIN_BPM, MAX_BPM), origin, undoable=False)
        if action.beat_s is not None:
            self._move_beats(action.beat_s)

    def load(self, bpm: float) -> None:
        """Take the tempo of a pedalboard."""
        self.change(clamp(bpm, MIN_BPM, MAX_BPM), "")

    def change(self, bpm: float, origin: str, *, undoable: bool = True) -> None:
        """Change the tempo to one within the limits."""
        context = self._context
        if bpm == context.bpm:
            return
        if undoable:
            context.history.note_tempo(context.bpm, bpm)
        # the beat that is on its way comes when it would have; those after it follow the new tempo
        if self._next_beat_s is not None:
            self._first_beat_s = self._next_beat_s - self._beat_number(self._next_beat_s, context.bpm) * 60.0 / bpm
        context.bpm = bpm
        self._tell(origin)

    def fact(self, origin: str = "", *, resumed: bool = False) -> TempoChanged:
        """Return the tempo as a fact."""
        return TempoChanged(self._context.bpm, self.rolling, origin, resumed)

    # Beats

    def next_deadline(self) -> float | None:
        """Return when the next beat is due; None where none is wanted."""
        if not self.wants_beats:
            self._next_beat_s = None
            return None
        return self._context.now if self._next_beat_s is None else self._next_beat_s

    def tick(self, now: float) -> None:
        """Tell the beat that is due; those that were missed are not told."""
        if not self.wants_beats:
            return
        beat_s = 60.0 / self._context.bpm
        due = self._next_beat_s
        if due is not None and due > now:
            return
        if self._first_beat_s is None:
            self._begin_beats()
            return
        passed = int((now - self._first_beat_s) / beat_s + 1e-9)  # a wake-up may be early by a rounding
        self._next_beat_s = self._first_beat_s + (passed + 1) * beat_s
        if due is not None and now - self._first_beat_s - passed * beat_s <= LATE_BEATS * beat_s:
            self._context.tell(BeatPassed(passed + 1))

    def _begin_beats(self) -> None:
        """Let the first beat be now."""
        self._first_beat_s = self._context.now
        self._next_beat_s = self._first_beat_s + 60.0 / self._context.bpm
        if self.wants_beats:
            self._context.tell(BeatPassed(1))

    def _move_beats(self, beat_s: float) -> None:
        """Let the beat that is nearest to `beat_s` be there; one that was told already is not told again."""
        length_s = 60.0 / self._context.bpm
        if self._first_beat_s is None or self._next_beat_s is None:
            return  # nobody wants beats, and who comes to want them begins with the next of these
        number = self._beat_number(self._next_beat_s, self._context.bpm)
        self._first_beat_s = beat_s - round((beat_s - self._first_beat_s) / length_s) * length_s
        self._next_beat_s = self._first_beat_s + number * length_s

    def _beat_number(self, at_s: float, bpm: float) -> int:
        return round((at_s - (self._first_beat_s or 0.0)) * bpm / 60.0)

    def _tell(self, origin: str, *, resumed: bool = False) -> None:
        self._context.executor.set_transport(rolling=self.rolling, bpm=self._context.bpm)
        self._context.tell(self.fact(origin, resumed=resumed))
