"""Chords: which switch sees a press, when it is told, and what time it is told."""

from itertools import product

import pytest

from controld.mappings.chord import Chord, Edge, Route, Router, chords_of
from controld.mappings.rule import Gesture, Trigger

# Times are sixteenths of a second, so that sums are exact and a window's end can be met to the point.
TICK = 1 / 16
WITHIN_S = 4 * TICK
Told = tuple[int, str]  # when, in ticks, and the route as words: "a+b down 3"


def chord(name: str, within: int = 4) -> Chord:
    """Return a chord of the controls in its name, its window in ticks."""
    return Chord(name, tuple(name.split("+")), within * TICK)


def told(routes: list[Route], at_s: float) -> list[Told]:
    """Return routes as words, with the time at which they were told."""
    return [(round(at_s / TICK), f"{r.switch} {r.edge.name.lower()} {round(r.time_s / TICK)}") for r in routes]


def wait(router: Router, until: float) -> list[Told]:
    """Meet every deadline up to `until`."""
    routes: list[Told] = []
    while (deadline := router.deadline()) is not None and deadline <= until:
        routes += told(router.expire(deadline), deadline)
        following = router.deadline()
        assert following is None or following > deadline
    return routes


def play(router: Router, script: str, *, watched: bool = True) -> list[Told]:
    """Return what is told when: "0 +a, 2 +b, 5 -a" presses a at tick 0, b at 2, and releases a at 5; ! loses.

    Every deadline is met if `watched`, else the clock is only seen with each step.
    """
    routes: list[Told] = []
    for step in script.split(", "):
        tick, what = step.split(" ")
        at_s = int(tick) * TICK
        if watched:
            routes += wait(router, at_s)
        sign, controls = what[0], what[1:]
        if sign == "!":
            routes += told(router.lose(controls.split("/"), at_s), at_s)
        elif sign == "+":
            control, _, wanted = controls.partition("/")
            routes += told(router.down(control, at_s, wanted.split("/") if wanted else None), at_s)
        else:
            routes += told(router.up(controls, at_s), at_s)
    return routes + (wait(router, 100 * TICK) if watched else told(router.expire(100 * TICK), 100 * TICK))


def outcome(names: str, script: str, *, watched: bool = True) -> list[str]:
    """Return what is told, and when, as "when: what"."""
    router = Router([chord(name) for name in names.split(" ")])
    return [f"{tick}: {what}" for tick, what in play(router, script, watched=watched)]


@pytest.mark.parametrize(
    ("names", "script", "expected"),
    [
        ("a+b", "0 +a, 3 +b, 9 -b, 12 -a", ["3: a+b down 3", "9: a+b up 9"]),
        ("a+b", "0 +b, 3 +a, 9 -b, 12 -a", ["3: a+b down 3", "9: a+b up 9"]),
        ("a+b", "0 +a, 9 -a", ["4: a down 0", "9: a up 9"]),
        ("a+b", "0 +a, 2 -a", ["2: a down 0", "2: a up 2"]),
        ("a+b", "0 +a, 4 +b, 9 -b", ["4: a down 0", "4: b down 4", "9: b up 9"]),
        ("a+b", "0 +a, 9 +b, 10 -b", ["4: a down 0", "9: b down 9", "10: b up 10"]),
        ("a+b", "0 +x, 1 -x", ["0: x down 0", "1: x up 1"]),
        ("a+b+c", "0 +a, 3 +b, 9 -a", ["4: a down 0", "4: b down 3", "9: a up 9"]),
        ("a+b+c", "0 +c, 1 +b, 2 +a, 9 -b", ["2: a+b+c down 2", "9: a+b+c up 9"]),
        # What is held for itself, or by a chord, cannot become part of another.
        ("a+b b+c", "0 +a, 1 +b, 9 +c, 12 -c, 13 -b", ["1: a+b down 1", "9: c down 9", "12: c up 12", "13: a+b up 13"]),
        # The chord is over with the first release; the other means nothing more until it was up.
        ("a+b", "0 +a, 1 +b, 9 -a, 10 +a, 11 -a, 12 -b, 20 +b, 21 +a",
         ["1: a+b down 1", "9: a+b up 9", "10: a down 10", "11: a up 11", "21: a+b down 21"]),
        # The largest that is complete in time wins; a smaller one waits no longer than a larger one is possible.
        ("a+b a+b+c", "0 +a, 1 +b, 2 +c", ["2: a+b+c down 2"]),
        ("a+b a+b+c", "0 +a, 1 +b, 9 -a", ["4: a+b down 1", "9: a+b up 9"]),
        ("a+b a+b+c", "0 +a, 1 +b, 2 -b, 3 +c", ["2: a+b down 1", "2: a+b up 2", "3: c down 3"]),
        ("a+b a+b+c", "0 +a, 1 +b, 4 +c", ["4: a+b down 1", "4: c down 4"]),
        ("a+b a+b+c", "0 +c, 3 +a, 9 -a", ["4: c down 0", "7: a down 3", "9: a up 9"]),
        ("a+b a+b+c", "0 +c, 3 +a, 6 +b", ["4: c down 0", "6: a+b down 6"]),
        ("a+b b+c+d", "0 +a, 1 +b, 2 +c, 3 +d", ["3: a down 0", "3: b+c+d down 3"]),
        ("a+b b+c+d", "0 +a, 1 +b, 2 +c, 3 -a", ["3: a+b down 1", "3: c down 2", "3: a+b up 3"]),
        ("a+b b+c+d", "0 +a, 1 +b, 2 +c, 3 -c", ["3: a+b down 1", "3: c down 2", "3: c up 3"]),
        ("a+b c+d+e", "0 +c, 1 +a, 2 +b", ["2: a+b down 2", "4: c down 0"]),
        # Of equals the one that is complete first, then the one named first; the rest is let go.
        ("a+b b+c", "0 +a, 1 +b, 2 +c", ["1: a+b down 1", "2: c down 2"]),
        ("a+b b+c", "0 +c, 1 +b, 2 +a", ["1: b+c down 1", "2: a down 2"]),
        ("a+b b+c", "0 +c, 1 +a, 2 +b", ["2: c down 0", "2: a+b down 2"]),
        ("b+c a+b", "0 +a, 1 +c, 2 +b", ["2: a down 0", "2: b+c down 2"]),
        ("a+b c+d a+b+c+d", "0 +a, 1 +b, 2 +c, 9 -c", ["4: a+b down 1", "6: c down 2", "9: c up 9"]),
        ("a+b c+d a+b+c+d", "0 +a, 1 +c, 2 +b, 3 +d", ["3: a+b+c+d down 3"]),
        ("a+b c+d a+b+c+d", "0 +a, 1 +c, 2 +b, 4 +d", ["4: a+b down 2", "4: c+d down 4"]),
        # A complete chord waits for none that is only as large, and a better one that is complete goes first.
        ("a+b b+c b+c+d", "0 +a, 1 +c, 2 +b, 9 -b", ["5: c down 1", "5: a+b down 2", "9: a+b up 9"]),
        # When one of its controls comes up, the best that is complete is decided for: the largest, then the first.
        ("a+b a+c a+b+c+d", "0 +a, 1 +b, 2 +c, 3 -a", ["3: a+b down 1", "3: c down 2", "3: a+b up 3"]),
        ("a+b a+b+c a+b+c+d", "0 +a, 1 +b, 2 +c, 3 -a", ["3: a+b+c down 2", "3: a+b+c up 3"]),
        # What does not share a control is not concerned.
        ("a+b a+b+c d+e", "0 +a, 1 +b, 2 +d, 3 -d", ["3: d down 2", "3: d up 3", "4: a+b down 1"]),
        ("a+b c+d a+b+c+d+e", "0 +a, 1 +c, 2 +d, 3 +b", ["4: c+d down 2", "4: a+b down 3"]),
        # A press without a release between is a release and a press.
        ("a+b", "0 +a, 2 +a, 3 +b", ["2: a down 0", "2: a up 2", "3: a+b down 3"]),
        ("a+b", "0 +a, 9 +a, 12 -a", ["4: a down 0", "9: a up 9", "12: a down 9", "12: a up 12"]),
        ("a+b", "0 +a, 1 +b, 9 +a, 12 -a, 13 -b",
         ["1: a+b down 1", "9: a+b up 9", "9: a down 9", "12: a up 12"]),
        # A release that nobody waits for is passed on.
        ("a+b", "0 -a", ["0: a up 0"]),
        ("a+b", "0 +a, 1 -b, 2 +b", ["1: b up 1", "2: a+b down 2"]),
    ],
)  # fmt: skip
def test_what_a_play_becomes(names: str, script: str, expected: list[str]) -> None:
    """Each press is told to one switch, with its true time, as soon as it can be decided."""
    assert outcome(names, script) == expected
    late = outcome(names, script, watched=False)  # with a clock that nobody looks at between the presses
    assert [each.partition(": ")[2] for each in late] == [each.partition(": ")[2] for each in expected]


@pytest.mark.parametrize(
    ("names", "script", "expected"),
    [
        ("a+b", "0 +a, 1 !a, 2 +b", ["6: b down 2"]),  # half a press never was
        ("a+b", "0 +a, 1 !b, 3 -a", ["1: a down 0", "3: a up 3"]),  # its partner cannot come any more
        ("a+b+c", "0 +a, 1 +b, 2 +x, 3 !a/b", ["2: x down 2"]),
        ("a+b+c", "0 +a, 1 +b, 2 !b", ["2: a down 0"]),
        ("a+b", "0 +a, 5 !a, 6 -a", ["4: a down 0", "5: a lost 5", "6: a up 6"]),
        ("a+b", "0 +a, 1 +b, 5 !a/b", ["1: a+b down 1", "5: a+b lost 5"]),
        ("a+b", "0 +a, 1 +b, 5 !a, 6 -b, 7 +b", ["1: a+b down 1", "5: a+b lost 5", "11: b down 7"]),
        ("a+b a+b+c", "0 +a, 1 +b, 2 !a", ["2: b down 1"]),
        ("a+b", "0 !a", []),
        ("a+b", "0 +a, 1 +b, 5 -a, 6 !b, 7 +b", ["1: a+b down 1", "5: a+b up 5", "11: b down 7"]),
    ],
)
def test_what_a_loss_becomes(names: str, script: str, expected: list[str]) -> None:
    """A press that waits never was, what a switch was told is lost, and those who waited for it go on."""
    assert outcome(names, script) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("0 +a/none, 1 +b", ["0: a down 0", "1: b down 1"]),
        ("0 +a/a+b, 1 +b/none", ["1: a+b down 1"]),  # wanted when its first control went down
        ("0 +a/a+b+c, 1 +b/a+b, 2 -b", ["2: a down 0", "2: b down 1", "2: b up 2"]),
        ("0 +a/a+b, 1 +b/none, 2 +c", ["1: a+b down 1", "2: c down 2"]),
    ],
)
def test_what_is_wanted_is_fixed_by_the_first(script: str, expected: list[str]) -> None:
    """A page that changes while a chord is being pressed does not tear it apart."""
    told = outcome("a+b a+b+c", script)
    assert sorted(told) == sorted(expected)


def test_every_play_of_two_controls() -> None:
    """All orders and distances around the window: a chord if the presses meet in time, else two presses."""
    spans = [(down, up) for down in range(7) for up in range(down + 1, 9)]
    for (a_down, a_up), (b_down, b_up) in product(spans, spans):
        steps = [(a_down, 1, "+a"), (a_up, 0, "-a"), (b_down, 1, "+b"), (b_up, 0, "-b")]
        script = ", ".join(f"{tick} {what}" for tick, _, what in sorted(steps))  # releases first
        first_down, first_up, second_down = (
            (a_down, a_up, b_down) if a_down <= b_down else (b_down, b_up, a_down)
        )  # fmt: skip
        routes = play(Router([chord("a+b")]), script)
        if second_down < min(first_up, first_down + 4):
            both, over = second_down, min(a_up, b_up)
            assert routes == [(both, f"a+b down {both}"), (over, f"a+b up {over}")], script
            continue
        expected = []
        for name, down, up, held in (
            ("a", a_down, a_up, b_down < a_down < b_up),
            ("b", b_down, b_up, a_down < b_down < a_up),
        ):
            expected += [(down if held else min(down + 4, up), f"{name} down {down}"), (up, f"{name} up {up}")]
        assert sorted(routes) == sorted(expected), script


def test_windows_of_their_own() -> None:
    """A chord's window counts from its own first control, whatever others wait for."""
    router = Router([chord("a+b", 2), chord("a+c", 6)])
    assert play(router, "0 +a, 3 +b, 5 +c, 9 -a") == [
        (3, "b down 3"),
        (5, "a+c down 5"),
        (9, "a+c up 9"),
    ]  # fmt: skip


def test_only_controls_of_chords_pass_through() -> None:
    """The others need not ask; one that is held stays until it is up, though the chords are others by then."""
    old = Router([chord("a+b")])
    assert "a" in old
    assert "b" in old
    assert "c" not in old
    play(old, "0 +a, 1 +b")
    new = Router([chord("c+d")])
    new.take_over(old)
    assert "a" in new
    assert "c" in new
    assert play(new, "5 -a, 6 -b") == [(5, "a+b up 5")]
    assert "a" not in new


def test_a_chord_goes_on_after_a_reload() -> None:
    """What waits keeps its window and its chord."""
    old, new = Router([chord("a+b")]), Router([])
    old.down("a", 0.0)
    new.take_over(old)
    assert new.deadline() == WITHIN_S
    assert told(new.down("b", TICK), TICK) == [(1, "a+b down 1")]


def test_chords_of_triggers() -> None:
    """Once each, in their order, with their longest window."""
    triggers = [
        Trigger("a", Gesture.PRESS),
        Trigger("b+c", Gesture.PRESS, chord=("b", "c"), within_s=0.05),
        Trigger("a+b", Gesture.HOLD, 0.5, chord=("a", "b"), within_s=0.1),
        Trigger("b+c", Gesture.HOLD, 0.5, chord=("b", "c"), within_s=0.2),
        Trigger("a+b", Gesture.PRESS, chord=("a", "b"), within_s=0.05),
    ]
    assert chords_of(triggers) == (Chord("b+c", ("b", "c"), 0.2), Chord("a+b", ("a", "b"), 0.1))


def test_nothing_waits_without_a_press() -> None:
    """And the clock decides nothing then."""
    router = Router([chord("a+b")])
    assert router.deadline() is None
    assert router.expire(5.0) == []
    assert [route.edge for route in router.up("a", 1.0)] == [Edge.UP]
