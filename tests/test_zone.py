"""End zones: entering fires, trembling and standing do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.mappings.rule import ZONE_HYSTERESIS, Gesture, Trigger
from controld.mappings.zone import Crossed, Zones, zones_of

TOE, HEEL = Gesture.TOE, Gesture.HEEL
POSITIONS = st.floats(0.0, 1.0) | st.sampled_from([0.0, 0.03, 0.05, 0.5, 0.94, 0.97, 1.0])
PAIRS = st.lists(st.tuples(st.sampled_from([TOE, HEEL]), st.floats(0.1, 0.9)), min_size=1, max_size=4, unique=True)


def play(zones: Zones, *positions: float) -> list[str]:
    """Return what is entered ("+toe 0.97") and left ("-toe 0.97") on the way."""
    crossed = [each for position in positions for each in zones.move(position)]
    return [f"{'+' if each.entered else '-'}{each.gesture.value} {each.at}" for each in crossed]


@pytest.mark.parametrize(
    ("zones", "positions", "expected"),
    [
        ([(TOE, 0.97)], [0.5, 0.96, 0.97], ["+toe 0.97"]),
        ([(TOE, 0.97)], [0.5, 1.0, 0.98, 1.0], ["+toe 0.97"]),
        # It has to be left by the hysteresis.
        ([(TOE, 0.97)], [0.5, 1.0, 0.95, 1.0], ["+toe 0.97"]),
        ([(TOE, 0.97)], [0.5, 1.0, 0.93, 1.0], ["+toe 0.97", "-toe 0.97", "+toe 0.97"]),
        ([(TOE, 0.75)], [0.5, 1.0, 0.75 - ZONE_HYSTERESIS, 0.74], ["+toe 0.75", "-toe 0.75"]),
        # The first reading only tells where the pedal is.
        ([(TOE, 0.97)], [1.0, 0.98], []),
        ([(TOE, 0.97)], [1.0, 0.5, 1.0], ["-toe 0.97", "+toe 0.97"]),
        ([(TOE, 0.97)], [0.96, 0.97], ["+toe 0.97"]),  # between leaving and entering counts as outside
        ([(HEEL, 0.03)], [0.0, 0.04, 0.01, 0.07, 0.03], ["-heel 0.03", "+heel 0.03"]),
        ([(HEEL, 0.25)], [0.5, 0.25, 0.25 + ZONE_HYSTERESIS, 0.2], ["+heel 0.25", "-heel 0.25", "+heel 0.25"]),
        ([(HEEL, 0.03)], [0.04, 0.03], ["+heel 0.03"]),
        # Several, as a sweep meets them.
        ([(TOE, 0.97), (TOE, 0.5)], [0.0, 1.0, 0.0], ["+toe 0.5", "+toe 0.97", "-toe 0.97", "-toe 0.5"]),
        ([(HEEL, 0.03), (HEEL, 0.5)], [1.0, 0.0, 1.0], ["+heel 0.5", "+heel 0.03", "-heel 0.03", "-heel 0.5"]),
        ([(TOE, 0.97), (HEEL, 0.03)], [0.0, 1.0, 0.0], ["-heel 0.03", "+toe 0.97", "-toe 0.97", "+heel 0.03"]),
        ([(TOE, 0.3), (HEEL, 0.7)], [0.0, 0.5, 1.0, 0.5], ["+toe 0.3", "-heel 0.7", "+heel 0.7"]),
        # A zone that begins next to the other end is left there.
        ([(TOE, 0.02)], [0.5, 0.01, 0.0, 0.02], ["-toe 0.02", "+toe 0.02"]),
        ([(HEEL, 0.99)], [0.5, 0.995, 1.0, 0.99], ["-heel 0.99", "+heel 0.99"]),
        ([(TOE, 0.5), (TOE, 0.5)], [0.0, 1.0], ["+toe 0.5"]),
        ([], [0.0, 1.0], []),
    ],
)
def test_what_a_movement_crosses(
    zones: list[tuple[Gesture, float]], positions: list[float], expected: list[str]
) -> None:
    """Entering once, leaving by the hysteresis, in the order of the movement."""
    assert play(Zones(zones), *positions) == expected


def test_after_a_loss_the_first_reading_only_tells() -> None:
    """The pedal may have been moved while nobody heard it."""
    zones = Zones([(TOE, 0.97), (HEEL, 0.03)])
    assert play(zones, 0.0) == []
    zones.forget()
    assert play(zones, 1.0) == []
    assert play(zones, 0.0) == ["-toe 0.97", "+heel 0.03"]


@given(PAIRS, st.lists(POSITIONS, max_size=30))
def test_entered_and_left_take_turns(pairs: list[tuple[Gesture, float]], positions: list[float]) -> None:
    """Whatever the pedal does: in only from outside, out only after in, and only where it stands."""
    zones = Zones(pairs)
    inside: dict[tuple[Gesture, float], bool] = {}
    for index, position in enumerate(positions):
        crossed = zones.move(position)
        assert not (index == 0 and crossed)
        for each in crossed:
            zone = each.gesture, each.at
            assert inside[zone] is not each.entered
            inside[zone] = each.entered
        for gesture, at in pairs:
            reach = position - at if gesture is TOE else at - position
            if index == 0:
                inside[gesture, at] = reach >= 0
            assert inside[gesture, at] or reach < 0
            assert not inside[gesture, at] or reach > -ZONE_HYSTERESIS - 1e-9


@given(PAIRS, st.floats(0.0, 1.0), st.lists(st.floats(-0.0149, 0.0149), max_size=30))
def test_a_tremble_fires_once(pairs: list[tuple[Gesture, float]], rest: float, noise: list[float]) -> None:
    """A pedal that trembles by less than half the hysteresis enters no zone twice."""
    zones = Zones(pairs)
    crossed = [each for shake in noise for each in zones.move(min(max(rest + shake, 0.0), 1.0))]
    entered = [each for each in crossed if each.entered]
    assert len(entered) == len(set(entered))


@given(PAIRS, st.lists(POSITIONS, max_size=20))
def test_toe_is_heel_reversed(pairs: list[tuple[Gesture, float]], positions: list[float]) -> None:
    """A pedal that is mounted the other way round does the same at its other end."""
    exact = [(gesture, round(at * 64) / 64) for gesture, at in pairs]
    places = [round(position * 64) / 64 for position in positions]
    turned = [(HEEL if gesture is TOE else TOE, 1.0 - at) for gesture, at in exact]
    there, back = Zones(exact), Zones(turned)
    for position in places:
        one = [(each.gesture, each.at, each.entered) for each in there.move(position)]
        other = [
            (TOE if each.gesture is HEEL else HEEL, 1.0 - each.at, each.entered) for each in back.move(1.0 - position)
        ]
        assert one == other


def test_zones_of_triggers() -> None:
    """Only toe and heel are zones; their crossings find their triggers."""
    toe, heel = Trigger("a", TOE, at=0.9), Trigger("a", HEEL, at=0.9)
    assert zones_of([Trigger("a", Gesture.MOVE, at=0.5)]) is None
    zones = zones_of([toe, heel, Trigger("a", Gesture.MOVE, at=0.5), Trigger("a", TOE, at=0.9)])
    assert zones is not None
    assert play(zones, 0.95, 0.5, 1.0) == ["-toe 0.9", "+heel 0.9", "-heel 0.9", "+toe 0.9"]
    assert Crossed(TOE, 0.9, entered=True).is_of(toe)
    assert not Crossed(TOE, 0.9, entered=True).is_of(heel)
    assert not Crossed(TOE, 0.8, entered=True).is_of(toe)
    assert not Crossed(TOE, 0.9, entered=False).is_of(toe)
