"""The panel: feedback to the bytes a device needs, only where they differ and at its pace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.changes import State
from controld.feedback import Feedback
from controld.mappings.profile import Control, Kind, Light, Profile, Source, SourceType
from controld.midi_colors import COLORS, nearest_color
from controld.midi_pace import BLINK_S, BURST_BYTES
from controld.midi_panel import MidiPanel

CC = SourceType.CC
PALETTE = {"red": 5, "green": 20, "amber": 9, "blue": 45}
CONTROLS = (
    *(Control(f"fs{n}", Kind.BUTTON, Source(CC, 20 + n), Light(CC, 20 + n, dim=1, colors=PALETTE)) for n in range(6)),
    Control("plain", Kind.BUTTON, Source(CC, 40), Light(CC, 40)),
    Control("own", Kind.BUTTON, Source(CC, 50), Light(CC, 50, blink=2)),
    Control("pad", Kind.BUTTON, Source(SourceType.NOTE, 24), Light(SourceType.NOTE, 24, channel=10)),
    Control("latch", Kind.LATCH, Source(CC, 90), Light(CC, 90)),
    Control("motor", Kind.FADER, Source(CC, 7), Light(CC, 7, continuous=True)),
    Control("trimmed", Kind.FADER, Source(CC, 8), Light(CC, 8, continuous=True), calibrate=(4, 122)),
    Control("fine", Kind.FADER, Source(CC, 9, bits=14), Light(CC, 9, continuous=True, bits=14)),
    Control("bend", Kind.FADER, Source(SourceType.PITCHBEND), Light(SourceType.PITCHBEND, continuous=True)),
    Control("knob", Kind.PEDAL, Source(CC, 30)),
)
FAST = 1e9


def panel(max_rate: float = FAST) -> MidiPanel:
    return MidiPanel("floor", Profile("test", "", {c.name: c for c in CONTROLS}, max_rate=max_rate))


def look(control: str, value: float = 1.0, style: str = "", color: str = "", *, force: bool = False) -> Feedback:
    return Feedback(f"floor.{control}", value, State.CONFIRMED, style=style, color=color, force=force)


def drain(shown: MidiPanel, start_s: float = 0.0, until_s: float = 60.0) -> list[tuple[float, bytes]]:
    """Play the shell: take at each deadline until none is left."""
    sent, now = [(start_s, data) for data in shown.take(start_s)], start_s
    while (deadline := shown.next_deadline(now)) is not None and deadline <= until_s:
        assert deadline >= now
        now = deadline
        sent += [(now, data) for data in shown.take(now)]
    return sent


class TestLooks:
    @pytest.mark.parametrize(
        ("feedback", "wire"),
        [
            (look("fs0", 1.0, "on"), "B0 14 7F"),
            (look("fs0", 1.0, "on", "red"), "B0 14 05"),
            (look("fs0", 1.0, "on", "purple"), "B0 14 2D"),
            (look("fs0", 1.0, "on", "no colour"), "B0 14 7F"),
            (look("fs0", 0.0, "off", "red"), "B0 14 00"),
            (look("fs0", 0.0, "dim"), "B0 14 01"),
            (look("plain", 0.0, "dim"), "B0 28 00"),
            (look("plain", 1.0, "dim"), "B0 28 7F"),
            (look("plain", 0.5), "B0 28 7F"),
            (look("plain", 0.49), "B0 28 00"),
            (look("own", 1.0, "blink"), "B0 32 02"),
            (look("pad", 1.0, "on"), "99 18 7F"),
            (look("motor", 0.5), "B0 07 40"),
            (look("motor", 2.0), "B0 07 7F"),
            (look("trimmed", 1.0), "B0 08 7A"),
            (look("trimmed", 0.0), "B0 08 04"),
            (look("fine", 1.0), "B0 09 7F B0 29 7F"),
            (look("bend", 0.5), "E0 00 40"),
            (look("knob", 0.5), ""),
            (look("nowhere", 0.5), ""),
        ],
    )
    def test_a_look_is_these_bytes(self, feedback: Feedback, wire: str) -> None:
        """Each look is the data value the profile gives it; what has no light sends nothing."""
        shown = panel()
        shown.show(feedback)
        assert b"".join(shown.take(0.0)) == bytes.fromhex(wire)

    @given(st.sampled_from(sorted(COLORS)), st.lists(st.sampled_from(sorted(COLORS)), min_size=1, unique=True))
    def test_the_nearest_colour_is_one_of_the_palette(self, color: str, palette: list[str]) -> None:
        """Any known colour is shown by some colour of the device, and by its own where it has it."""
        assert nearest_color(color, palette) in palette
        assert nearest_color(color.upper(), [*palette, color]) == color

    def test_near_colours_look_near(self) -> None:
        """A device with four colours shows the others by what a player would take for them."""
        wanted = {"orange": "amber", "yellow": "amber", "pink": "red", "cyan": "green", "purple": "blue"}
        assert {name: nearest_color(name, PALETTE) for name in wanted} == wanted


class TestDifferences:
    def test_only_differences_are_sent(self) -> None:
        """The same look twice is one message; `force` and a new connection send it again."""
        shown = panel()
        for feedback, count in [(look("fs0"), 1), (look("fs0"), 0), (look("fs0", force=True), 1), (look("fs0"), 0)]:
            shown.show(feedback)
            assert len(shown.take(0.0)) == count
        shown.forget()
        shown.show(look("fs0"))
        assert len(shown.take(0.0)) == 1

    def test_the_newest_value_wins_in_its_old_place(self) -> None:
        """A light that waits is replaced where it stands, and goes nowhere when it is back at what is shown."""
        shown = panel(100.0)
        for data in [look("fs0", 0.0), look("motor", 0.1), look("fs1"), look("motor", 0.9)]:
            shown.show(data)
        assert shown.take(0.0) == [b"\xb0\x14\x00", b"\xb0\x07\x72", b"\xb0\x15\x7f"]
        shown.show(look("fs0"))
        shown.show(look("fs0", 0.0))
        assert shown.next_deadline(0.0) is None

    def test_raw_messages_keep_their_order_and_are_never_merged(self) -> None:
        """SysEx and `send` rules pass through in order, with the lights they stand between."""
        shown = panel()
        shown.send(b"\xf0\x01\xf7")
        shown.show(look("fs0"))
        shown.send(b"\xf0\x01\xf7")
        assert shown.take(0.0) == [b"\xf0\x01\xf7", b"\xb0\x14\x7f", b"\xf0\x01\xf7"]

    def test_a_light_set_by_a_raw_message_is_set_right_again(self) -> None:
        """After a raw message to a light's number the next look is sent whatever was shown before."""
        shown = panel()
        shown.show(look("fs0"))
        shown.send(b"\xb0\x14\x00")
        shown.take(0.0)
        shown.show(look("fs0"))
        assert shown.take(0.0) == [b"\xb0\x14\x7f"]

    def test_a_motor_set_by_a_raw_message_is_set_right_again(self) -> None:
        """A bend has no number: whatever its value was, it is the same motor."""
        shown = panel()
        shown.show(look("bend", 0.5))
        shown.take(0.0)
        shown.send(b"\xe0\x01\x02")
        shown.take(0.0)
        shown.show(look("bend", 0.5))
        assert shown.take(0.0) == [b"\xe0\x00\x40"]

    @pytest.mark.parametrize("name", ["motor", "trimmed", "fine", "bend"])
    def test_a_fader_is_not_told_its_own_position(self, name: str) -> None:
        """What moved under the finger shows that already; another value is sent back."""
        shown = panel()
        shown.show(look(name, 0.1))
        shown.take(0.0)
        shown.saw_input(f"floor.{name}", 100 / 127)
        shown.show(look(name, 100 / 127))
        assert shown.take(0.0) == []
        shown.show(look(name, 0.1))
        assert shown.take(0.0)

    def test_a_latch_that_lit_itself_is_corrected(self) -> None:
        """A latch switches its own light; only where the truth differs is it told."""
        shown = panel()
        shown.saw_input("floor.latch", 1.0)
        shown.show(look("latch", 1.0, "on"))
        assert shown.take(0.0) == []
        shown.show(look("latch", 0.0, "off"))
        assert shown.take(0.0) == [b"\xb0\x5a\x00"]

    def test_a_press_says_nothing_of_a_buttons_light(self) -> None:
        """A momentary switch on its light's CC does not count as the light being lit."""
        shown = panel()
        shown.saw_input("floor.fs0", 1.0)
        shown.show(look("fs0", 1.0, "on"))
        assert shown.take(0.0) == [b"\xb0\x14\x7f"]
        assert not shown.saw_input("floor.fs0", 0.0)
        assert shown.take(0.0) == []

    def test_a_switch_that_the_device_lights_itself_is_told_again(self) -> None:
        """After press and release the light is what the rig says, not what the device made of it; dark it stays."""
        light = Light(CC, 20, lights_itself=True)
        shown = MidiPanel(
            "floor", Profile("", "", {"x": Control("x", Kind.BUTTON, Source(CC, 20), light)}, max_rate=FAST)
        )
        assert not shown.saw_input("floor.x", 1.0)
        shown.show(look("x", 1.0, "on"))
        assert shown.take(0.0) == [b"\xb0\x14\x7f"]
        for position in (1.0, 0.0):
            assert shown.saw_input("floor.x", position)
            assert shown.take(0.0) == [b"\xb0\x14\x7f"]
        shown.show(look("x", 0.0, "off"))
        assert shown.saw_input("floor.x", 1.0)
        assert shown.take(0.0) == [b"\xb0\x14\x00"]

    def test_a_full_state_is_sent_in_the_profiles_order(self) -> None:
        """However the looks of one batch are ordered, the device hears them in the profile's order."""
        shown = panel()
        shown.show_all([look("pad"), look("nowhere"), look("fs3"), look("fs0")])
        assert shown.take(0.0) == [b"\xb0\x14\x7f", b"\xb0\x17\x7f", b"\x99\x18\x7f"]

    @given(st.lists(st.tuples(st.sampled_from([c.name for c in CONTROLS]), st.floats(0, 1), st.booleans())))
    def test_the_last_look_always_arrives(self, looks: list[tuple[str, float, bool]]) -> None:
        """Whatever was shown and whenever it was taken, the device ends at the last look of every light."""
        shown, fresh = panel(), panel()
        wire: dict[bytes, bytes] = {}
        last: dict[str, float] = {}
        for name, value, taken in looks:
            shown.show(look(name, value))
            last[name] = value
            wire.update((_address(m), m) for m in (shown.take(0.0) if taken else []))
        wire.update((_address(m), m) for _, m in drain(shown))
        for name, value in last.items():
            fresh.show(look(name, value))
        assert wire == {_address(m): m for _, m in drain(fresh)}


def _address(message: bytes) -> bytes:
    return message[:1] if message[0] & 0xF0 == 0xE0 else message[:2]


class TestPace:
    def test_a_single_light_goes_at_once(self) -> None:
        """Up to four messages wait for nothing."""
        shown = panel(3125.0)
        shown.show_all([look(f"fs{n}") for n in range(5)])
        assert len(shown.take(10.0)) == 4
        assert shown.next_deadline(10.0) == pytest.approx(10.0 + 3 / 3125)
        assert shown.next_deadline(11.0) == 11.0

    @given(
        st.lists(st.one_of(st.integers(0, 5), st.binary(min_size=1, max_size=60)), max_size=40),
        st.floats(100, 1e5),
    )
    def test_never_faster_than_the_device_and_nothing_lost(self, plan: list[int | bytes], rate: float) -> None:
        """Bytes in any window stay below the rate plus one burst and one message; every raw message arrives once."""
        shown = panel(rate)
        raw = [b"\xf0" + bytes(len(x)) + bytes((n,)) + b"\xf7" for n, x in enumerate(plan) if isinstance(x, bytes)]
        queued = iter(raw)
        for item in plan:
            if isinstance(item, bytes):
                shown.send(next(queued))
            else:
                shown.show(look(f"fs{item}"))
        sent = drain(shown)
        assert [m for _, m in sent if m[0] == 0xF0] == raw
        longest = max((len(m) for _, m in sent), default=0)
        total, start = 0, 0.0
        for when, message in sent:
            total += len(message)
            assert total <= (when - start) * rate + BURST_BYTES + longest + 1e-3

    def test_a_budget_bounds_one_turn(self) -> None:
        """A caller may take less than the pace allows."""
        shown = panel()
        shown.show_all([look(f"fs{n}") for n in range(4)])
        assert len(shown.take(0.0, budget=6)) == 2
        assert shown.next_deadline(0.0) == 0.0


class TestBlink:
    def test_blinks_twice_a_second_from_lit(self) -> None:
        """A device that cannot blink is toggled at 2 Hz, lit first, until another look."""
        shown = panel()
        shown.show(look("fs0", 1.0, "blink", "red"))
        wire = [data.hex() for _, data in drain(shown, until_s=1.1)]
        assert wire == ["b01405", "b01400", "b01405", "b01400", "b01405"]
        shown.show(look("fs0", 1.0, "on"))
        assert [data.hex() for _, data in drain(shown, 1.2)] == ["b0147f"]

    def test_the_same_blink_again_does_not_start_anew(self) -> None:
        """Repeated feedback leaves the rhythm alone, so that a chatty core cannot freeze a light."""
        shown = panel()
        changes = 0
        for step in range(100):
            shown.show(look("fs0", 1.0, "blink"))
            changes += len(shown.take(step * 0.01))
        assert changes == 4

    def test_blinkers_stay_together(self) -> None:
        """A second blinker is lit at once and the first with it."""
        shown = panel()
        shown.show(look("fs0", 1.0, "blink"))
        shown.take(0.0)
        assert shown.take(BLINK_S) == [b"\xb0\x14\x00"]
        shown.show(look("fs1", 1.0, "blink"))
        assert sorted(shown.take(BLINK_S + 0.1)) == [b"\xb0\x14\x7f", b"\xb0\x15\x7f"]
        assert shown.next_deadline(BLINK_S + 0.1) == pytest.approx(2 * BLINK_S + 0.1)

    def test_a_late_tick_is_one_change(self) -> None:
        """After a stall the light changes once; missed blinks are not made up."""
        shown = panel()
        shown.show(look("fs0", 1.0, "blink"))
        shown.take(0.0)
        assert len(shown.take(100.0)) == 1
        assert shown.next_deadline(100.0) == pytest.approx(100.0 + BLINK_S)
