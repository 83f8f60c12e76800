"""Rings and motor faders: positions in the values a device takes, and hands that are not fought."""

import pytest
from config_texts import controls
from hypothesis import given
from hypothesis import strategies as st

from controld.changes import State
from controld.feedback import Feedback
from controld.mappings.profile import Profile
from controld.midi_panel import MidiPanel
from controld.ownership import OWNED_S

CONTROLS = """\
dot: {cc: 16, kind: encoder, ring: {cc: 48, mode: dot}}
pan: {cc: 17, kind: encoder, ring: {cc: 49, mode: pan}}
fill: {cc: 18, kind: encoder, ring: {cc: 50, mode: fill}}
spread: {cc: 19, kind: encoder, ring: {cc: 51, mode: spread}}
leds: {cc: 20, kind: knob, channel: 11, ring: {cc: 9, channel: 1, range: [1, 13], off: 0}}
back: {cc: 21, kind: knob, ring: {cc: 52, range: [20, 10]}}
motor: {pitchbend: any, channel: 3, kind: fader, touch: {note: 106}}
slider: {cc: 7, kind: fader}
trimmed: {cc: 8, kind: fader, calibrate: [4, 122]}
ringed: {cc: 10, kind: pedal, calibrate: [4, 122], ring: {cc: 60}}
marked: {cc: 12, kind: knob, ring: {cc: 53, range: [1, 13], off: 64}}
pressed: {polypressure: 61, kind: pedal, ring: {cc: 61}}
"""
KNOWN = controls(CONTROLS)


def panel() -> MidiPanel:
    return MidiPanel("x", Profile("test", "", KNOWN, max_rate=1e9))


def at(control: str, position: float, style: str = "", *, force: bool = False) -> Feedback:
    return Feedback(f"x.{control}", position, State.CONFIRMED, style, force=force)


def bend(position: float) -> bytes:
    shown = panel()
    shown.show(at("motor", position))
    return shown.take(0.0)[0]


@pytest.mark.parametrize(
    ("name", "positions"),
    [
        ("dot", {0.0: "B0 30 01", 0.5: "B0 30 06", 1.0: "B0 30 0B"}),
        ("pan", {0.0: "B0 31 11", 0.5: "B0 31 16", 1.0: "B0 31 1B"}),
        ("fill", {0.0: "B0 32 21", 1.0: "B0 32 2B"}),
        ("spread", {0.0: "B0 33 31", 1.0: "B0 33 36", 7.0: "B0 33 36"}),
        ("leds", {0.0: "B0 09 01", 0.5: "B0 09 07", 1.0: "B0 09 0D"}),
        ("back", {0.0: "B0 34 14", 1.0: "B0 34 0A"}),
        ("trimmed", {0.0: "B0 08 04", 1.0: "B0 08 7A"}),
        ("ringed", {0.0: "B0 3C 00", 1.0: "B0 3C 7F"}),
        ("motor", {0.0: "E2 00 00", 0.5: "E2 00 40", 1.0: "E2 7F 7F"}),
    ],
)
def test_a_position_is_the_value_the_device_takes(name: str, positions: dict[float, str]) -> None:
    """Between both ends, in the mode the ring is to draw with; bends have fourteen bits."""
    for position, wire in positions.items():
        shown = panel()
        shown.show(at(name, position))
        assert shown.take(0.0) == [bytes.fromhex(wire)]


@pytest.mark.parametrize(
    ("name", "wire"), [("dot", "B0 30 00"), ("leds", "B0 09 00"), ("back", "B0 34 14"), ("marked", "B0 35 40")]
)
def test_a_ring_that_shows_nothing_is_dark(name: str, wire: str) -> None:
    """Where the device has a value for that; another stands at its beginning."""
    shown = panel()
    shown.show(at(name, 0.0, "off"))
    assert shown.take(0.0) == [bytes.fromhex(wire)]


@pytest.mark.parametrize(("name", "wire"), [("leds", "B0 09 0D"), ("pressed", "B0 3D 7F")])
def test_a_ring_that_has_a_message_of_its_own_is_told_what_the_hand_did(name: str, wire: str) -> None:
    """Only what is moved by the message that it sends stands where the hand left it."""
    shown = panel()
    shown.saw_input(f"x.{name}", 1.0, 0.0)
    shown.show(at(name, 1.0))
    assert shown.take(0.0) == [bytes.fromhex(wire)]


class TestTouch:
    def test_a_fader_under_a_hand_is_not_moved(self) -> None:
        """What is shown meanwhile waits; after the hand let go the newest of it is sent, and only that."""
        shown = panel()
        shown.show(at("motor", 0.1))
        shown.take(0.0)
        shown.touched("x.motor", True, 1.0)
        for position in (0.5, 0.7):
            shown.show(at("motor", position))
        assert (shown.take(1.0), shown.next_deadline(1.0)) == ([], None)
        shown.touched("x.motor", False, 2.0)
        assert shown.take(2.0) == []
        assert shown.next_deadline(2.0) == pytest.approx(2.0 + OWNED_S)
        assert shown.take(2.0 + OWNED_S) == [bend(0.7)]
        assert shown.next_deadline(3.0) is None

    def test_what_waited_already_waits_for_the_hand_too(self) -> None:
        """A move that was about to be sent does not slip through under the hand."""
        shown = panel()
        shown.show(at("motor", 0.5))
        shown.touched("x.motor", True, 0.0)
        assert shown.take(0.0) == []
        shown.touched("x.motor", False, 0.0)
        assert shown.take(OWNED_S) == [bend(0.5)]

    def test_a_motor_is_told_once_where_the_hand_left_it(self) -> None:
        """It would go back to what it was told last; so it is told its place though it stands there."""
        shown = panel()
        shown.show(at("motor", 0.1))
        shown.take(0.0)
        shown.touched("x.motor", True, 1.0)
        shown.saw_input("x.motor", 0.8, 1.1)
        shown.show(at("motor", 0.8))
        shown.touched("x.motor", False, 1.2)
        assert shown.take(1.2 + OWNED_S) == [bend(0.8)]
        shown.show(at("motor", 0.8))
        assert shown.take(2.0) == []

    def test_that_place_may_be_one_it_was_never_told(self) -> None:
        """A hand that moved the fader before the rig said anything is answered with its own position."""
        shown = panel()
        shown.touched("x.motor", True, 1.0)
        shown.saw_input("x.motor", 0.8, 1.1)
        shown.touched("x.motor", False, 1.2)
        assert shown.next_deadline(1.2) == pytest.approx(1.2 + OWNED_S)
        assert shown.take(1.2 + OWNED_S) == [bend(0.8)]

    def test_a_hand_without_a_sensor_owns_its_fader_for_a_moment(self) -> None:
        """A fader that does not feel hands is left alone until it rested, then told what is so now."""
        shown = panel()
        shown.saw_input("x.slider", 0.2, 1.0)
        shown.saw_input("x.slider", 0.4, 1.1)
        shown.show(at("slider", 0.9))
        assert shown.take(1.2) == []
        assert shown.next_deadline(1.2) == pytest.approx(1.1 + OWNED_S)
        assert shown.take(1.1 + OWNED_S) == [b"\xb0\x07\x72"]

    def test_a_correction_waits_and_then_comes_even_where_nothing_differs(self) -> None:
        """A forced look is held back like any other, and not forgotten."""
        shown = panel()
        shown.saw_input("x.slider", 1.0, 1.0)
        shown.show(at("slider", 1.0, force=True))
        assert shown.take(1.0) == []
        assert shown.take(1.0 + OWNED_S) == [b"\xb0\x07\x7f"]

    def test_a_new_connection_has_no_hands_on_it(self) -> None:
        """A hand that was on the fader when the cable came out holds nothing back."""
        shown = panel()
        shown.touched("x.motor", True, 0.0)
        shown.forget()
        shown.show(at("motor", 0.5))
        assert shown.take(0.0) == [bend(0.5)]

    def test_what_feels_no_hand_takes_no_notice(self) -> None:
        """A hand on something without a motor, and one that nobody put there, change nothing."""
        shown = panel()
        shown.touched("x.nowhere", True, 0.0)
        shown.touched("x.dot", True, 0.0)
        shown.show(at("dot", 1.0))
        assert shown.take(0.0) == [bytes.fromhex("B0 30 0B")]
        shown.touched("x.motor", False, 0.0)
        shown.show(at("motor", 0.5))
        assert shown.take(0.0) == [bend(0.5)]

    @given(
        st.lists(
            st.tuples(st.sampled_from(["touch", "let go", "move", "show"]), st.floats(0, 1), st.floats(0, 0.5)),
            max_size=30,
        )
    )
    def test_the_motor_never_moves_under_a_hand_and_ends_right(self, plan: list[tuple[str, float, float]]) -> None:
        """Whatever hand and rig do, nothing is sent while the hand is on it, and the last word is not lost."""
        shown, now, held, stands = panel(), 0.0, False, b""
        wanted: float | None = None
        for what, position, pause in plan:
            now += pause
            if what in {"touch", "let go"}:
                held = what == "touch"
                shown.touched("x.motor", held, now)
            elif what == "move" and held:
                shown.saw_input("x.motor", position, now)
                stands = bend(position)
            elif what == "show":
                shown.show(at("motor", position))
                wanted = position
            sent = shown.take(now)
            assert not (held and sent)
            stands = sent[-1] if sent else stands
        if held:
            shown.touched("x.motor", False, now)
        while (deadline := shown.next_deadline(now)) is not None:
            now = deadline
            stands = [*shown.take(now), stands][0]
        if plan and plan[-1][0] == "show" and wanted is not None:
            assert stands == bend(wanted)
