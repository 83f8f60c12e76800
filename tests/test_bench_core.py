"""The rig that the pure core is measured with: everything that is played on it does what it is meant to measure."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from bench.core_files import CoreFiles
from bench.core_plays import CHANGES, PLAYS, Core, play, read
from bench.growth import samples
from controld.mappings.runs import Intent

# What each play does.
DOES = {
    "press": "SetBypass",
    "press, with a hold beside it": "SetBypass",
    "hold": "SetBypass",
    "chord": "SetBypass",
    "chord's switch alone": "SetBypass",
    "pedal": "DriveParameter",
    "pedal: range, curve, pickup, smooth": "DriveParameter",
    "encoder with acceleration": "StepParameter",
    "rule with conditions": "SetBypass",
    "page's rule over a global one": "SetBypass",
    "template, role": "SetBypass",
    "role of two effects": "SetBypass",
    "rule of an event": "SetTempo SetVariable",
    "page without rules, and back": "SelectPage",
    "page with a twentieth of the rules, and back": "SelectPage",
    "another pedalboard": "LoadPedalboard",
}


@pytest.fixture(scope="module")
def core() -> Core:
    return Core(read(10))


def test_everything_that_is_measured_is_played_here() -> None:
    assert set(DOES) == set(PLAYS | CHANGES)


@pytest.mark.parametrize("what", DOES)
def test_a_play_is_taken_by_its_rule(core: Core, what: str) -> None:
    """After a warm-up, in which the pedal picks its parameter up."""
    done: list[str] = []

    def note(_kind: str, step: object) -> None:
        if isinstance(step, Intent):
            done.append(type(step.action).__name__)

    how = (PLAYS | CHANGES)[what]
    play(core, how, 200 if what in PLAYS else 2)
    core.rig.trace = note
    play(core, how, 10, 200)
    core.rig.trace = None
    assert len(done) >= 5  # of ten: the pedal's dead end and the pace of its steps take some
    assert set(done) == set(DOES[what].split())


@pytest.mark.parametrize("rules", [10, 150])
def test_it_has_as_many_rules_as_it_says(rules: int) -> None:
    assert CoreFiles(rules).count == len(read(rules).rules)


def test_half_of_the_rules_are_made_by_templates() -> None:
    assert CoreFiles(2000).written < CoreFiles(2000, written_out=True).written * 0.6


def test_samples_are_taken_all_along() -> None:
    found: Iterator[int] = (sample.events for sample in samples(10_000, 3))
    assert all(after > before for before, after in pairwise(found))
