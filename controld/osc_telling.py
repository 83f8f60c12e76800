"""Facts as OSC clients are told them, of what is more than one value: numbers in words, load and levels.

Pure.
"""

from collections.abc import Iterator

from controld.engine_figures import EngineLoadChanged, LevelsChanged, decibels, meter_share
from controld.mappings.texts import level_words, number_words
from controld.osc_facts import Echo, Fact, Topic
from controld.values import Scale


def in_words(address: str, value: float, scale: Scale) -> Fact:
    """Return what a parameter's value at `address` is in words."""
    return Fact(address + "/text", level_words(value, scale), Echo.CONTINUOUS, topic=Topic.WORDS)


def tempo_in_words(bpm: float) -> Fact:
    """Return the tempo in words."""
    return Fact("/tempo/text", number_words(bpm), Echo.CONTINUOUS, topic=Topic.WORDS)


def load_facts(change: EngineLoadChanged) -> list[Fact]:
    """Return what the engine needs."""
    facts = [Fact("/status/cpu", change.cpu_percent, Echo.CONTINUOUS)]
    return facts if change.xruns is None else [*facts, Fact("/status/xruns", change.xruns)]


def level_facts(change: LevelsChanged) -> Iterator[Fact]:
    """Yield how loud it is at each port, in dB and as a meter shows it."""
    for way, levels in (("in", change.inputs), ("out", change.outputs)):
        for number, amplitude in enumerate(levels, 1):
            address, level_db = f"/status/level/{way}/{number}", decibels(amplitude)
            yield Fact(address, level_db, Echo.CONTINUOUS, topic=Topic.LEVELS)
            yield Fact(address + "/normalized", meter_share(level_db), Echo.CONTINUOUS, topic=Topic.LEVELS)
