"""How fast a device may be told things, and when a light that blinks changes.

Pure; `now` is handed in, in seconds (monotonic).
"""

from collections.abc import Iterator

from controld.midi_looks import Frame, Frames

BURST_BYTES = 12.0  # four messages at once: about 4 ms of a DIN cable
BLINK_S = 0.25  # half a period of a blink that we make: 2 Hz; a pulse takes eight of them
_ROUNDING = 1e-6  # in bytes: a deadline computed from the bucket must find it full

# A light by status byte and number, the same for all that the device holds to be one light; a row of a display, or a
# light that is set by whole messages, by its control and row.
Key = tuple[int | str, int]


class Bucket:
    """Bytes that may be sent now: it fills at `rate` bytes a second, and what does not fit waits until it is full."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._bytes, self._filled_s = BURST_BYTES, float("-inf")

    def fill(self, now: float) -> None:
        """Let in what time brought."""
        elapsed = max(0.0, now - self._filled_s)
        self._bytes = min(BURST_BYTES, self._bytes + elapsed * self._rate)
        self._filled_s = max(self._filled_s, now)

    def take(self, size: int) -> bool:
        """Take `size` bytes out and return True, where they may be sent; more than it holds leaves a debt."""
        if self._bytes + _ROUNDING < min(size, BURST_BYTES):
            return False
        self._bytes -= size
        return True

    def wait_s(self, size: int) -> float:
        """Return how long it takes until `size` bytes may be sent, from when it was filled last."""
        return max(0.0, min(size, BURST_BYTES) - self._bytes) / self._rate


class Turns:
    """The lights that we make blink or pulse: all change together, a turn each `BLINK_S`."""

    def __init__(self) -> None:
        self._frames: dict[Key, Frames] = {}
        self._turn = 0
        self._next_s: float | None = None  # None: a turn's length after the next tick

    def stop(self, key: Key) -> None:
        """Let a light stand."""
        self._frames.pop(key, None)

    def begin(self, key: Key, frames: Frames) -> Iterator[tuple[Key, Frame]]:
        """Let a light turn, and yield what is to be shown now.

        One that begins does so with its first frame, and the others with it; one that turns like this already goes on.
        """
        begins = self._frames.get(key) != frames
        if begins and (not self._frames or self._now_of(frames) != frames[0]):
            self._turn, self._next_s = 0, None
            yield from ((other, each[0]) for other, each in self._frames.items() if other != key)
        self._frames[key] = frames
        yield key, self._now_of(frames)

    def tick(self, now: float) -> Iterator[tuple[Key, Frame]]:
        """Yield what is to be shown, where it is time for another turn."""
        if not self._frames:
            return
        if self._next_s is None:
            self._next_s = now + BLINK_S
        if now < self._next_s:
            return
        self._turn += 1
        # From now on, not from when it was due: a late tick must not be followed by a burst of them.
        self._next_s = now + BLINK_S
        for key, frames in self._frames.items():
            yield key, self._now_of(frames)

    def deadline(self, now: float) -> float | None:
        """Return when `tick` has something to do, `now` or later; None where nothing turns."""
        if not self._frames:
            return None
        return now if self._next_s is None else max(now, self._next_s)

    def _now_of(self, frames: Frames) -> Frame:
        return frames[self._turn % len(frames)]
