"""Whoever moves a control owns it for a moment; what it is to show waits for that, and the newest of it is not lost."""

from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from controld.ownership import OWNED_S, Ownership


def test_a_hand_owns_what_it_moved_for_a_moment() -> None:
    """From the move until 200 ms after the last one, and not a moment longer."""
    hands: Ownership[str, int] = Ownership()
    assert not hands.owns("fader", 1.0)
    hands.move("fader", 1.0)
    hands.move("fader", 1.1)
    assert hands.owns("fader", 1.1 + OWNED_S - 1e-6)
    assert not hands.owns("fader", 1.1 + OWNED_S)
    assert not hands.owns("other", 1.1)


def test_a_hand_that_is_felt_owns_until_it_lets_go() -> None:
    """However long it rests; a move under it takes nothing from that."""
    hands: Ownership[str, int] = Ownership()
    hands.touch("fader")
    hands.move("fader", 1.0)
    hands.keep("fader", 7)
    assert (hands.owns("fader", 1000.0), hands.next_s(), hands.due(1000.0)) == (True, inf, [])
    hands.let_go("fader", 1000.0)
    assert hands.next_s() == 1000.0 + OWNED_S
    assert hands.due(1000.0 + OWNED_S) == [("fader", 7)]
    assert "fader" not in hands


def test_what_was_refused_is_nobodys() -> None:
    """Its owner loses it at once, and what waited is void."""
    hands: Ownership[str, int] = Ownership()
    hands.move("fader", 1.0)
    hands.keep("fader", 7)
    hands.end("fader")
    assert not hands.owns("fader", 1.0)
    assert hands.due(9.0) == []


STEPS = st.tuples(st.sampled_from(["move", "touch", "let go", "show"]), st.sampled_from("ab"), st.floats(0, 0.3))


@settings(deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_nothing_is_shown_under_a_hand_and_the_last_word_is_not_lost(plan: list[tuple[str, str, float]]) -> None:
    """Whatever hands and rig do: what is shown never comes under a hand, and in the end it is the newest."""
    hands: Ownership[str, int] = Ownership()
    now, shown, wanted, last_move = 0.0, dict[str, int](), dict[str, int](), dict[str, float]()
    touched: set[str] = set()
    for number, (what, key, pause) in enumerate(plan):
        now += pause
        for due, value in hands.due(now):
            assert due not in touched
            assert now >= last_move.get(due, -1.0) + OWNED_S
            shown[due] = value
        if what == "show":
            wanted[key] = number
            if key in hands:
                hands.keep(key, number)
            else:
                shown[key] = number
            continue
        if what == "let go" and key not in touched:
            continue
        last_move[key] = now
        if what == "move":
            hands.move(key, now)
        elif what == "touch":
            hands.touch(key)
            touched.add(key)
        else:
            hands.let_go(key, now)
            touched.discard(key)
    for key in touched:
        hands.let_go(key, now)
    shown |= dict(hands.due(now + OWNED_S))
    assert (shown, hands.next_s()) == (wanted, inf)
