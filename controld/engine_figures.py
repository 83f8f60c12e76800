"""What the engine tells of itself in figures: how busy it is, and how loud; with the scale that a meter has.

Pure values. They are facts like those of `changes`, told while somebody wants to know.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import log10
from typing import Final

SILENCE_DB: Final = -90.0  # what is not louder counts as silent
# The scale of a digital peak meter, as decibels and the share of its length there (IEC 60268-18, as JACK meters and
# Ardour draw it); above 0 dB it is at its end.
_SCALE: Final = ((-70.0, 0.0), (-60.0, 0.025), (-50.0, 0.075), (-40.0, 0.15), (-30.0, 0.3), (-20.0, 0.5), (0.0, 1.0))


@dataclass(slots=True)
class EngineLoadChanged:
    """What the engine needs of the processor, and how often it was late since it runs (None: not told)."""

    cpu_percent: float
    xruns: int | None = None


@dataclass(slots=True)
class LevelsChanged:
    """How loud it is at the sound card's inputs and outputs, by port: the highest amplitude of late, 1.0 full scale."""

    inputs: tuple[float, ...]
    outputs: tuple[float, ...]


def decibels(amplitude: float) -> float:
    """Return an amplitude (0.0 or more) in dB of full scale, with one decimal and never below `SILENCE_DB`."""
    return SILENCE_DB if amplitude <= 0 else max(SILENCE_DB, round(20 * log10(amplitude), 1))


def meter_share(level_db: float) -> float:
    """Return where a level stands on a meter, 0.0 to 1.0."""
    for (low_db, low), (high_db, high) in pairwise(_SCALE):
        if level_db < high_db:
            return max(0.0, low + (high - low) * (level_db - low_db) / (high_db - low_db))
    return 1.0
