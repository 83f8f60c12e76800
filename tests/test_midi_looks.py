"""Looks of lights: which messages a device needs for a style in a colour, and what is made of what it cannot do."""

import pytest
from config_texts import controls
from hypothesis import given
from hypothesis import strategies as st

from controld.changes import State
from controld.feedback import Feedback
from controld.mappings.profile import Profile
from controld.midi_colors import COLORS, nearest_color, rgb_of
from controld.midi_looks import frames_of
from controld.midi_pace import BLINK_S
from controld.midi_panel import MidiPanel
from controld.midi_stream import MidiStream

LIGHTS = """\
plain: {note: 1, kind: button, led: {}}
dims: {note: 2, kind: button, led: {dim: 40}}
own: {note: 3, kind: button, led: {on: 5, dim: 7, blink: 2, pulse: 3}}
grid: {note: 4, kind: button, led: {on: 3, dim: {red: 7, blue: 47}, blink_channel: 2, pulse_channel: 3,
       colors: {red: 5, green: 21, blue: 45, white: 3},
       rgb: "F0 00 20 29 02 0D 03 03 {number} {red} {green} {blue} F7"}}
two: {note: 5, kind: button, led: {colors: {green: 1, red: 3}, blink: {green: 2, red: 4}}}
mixed: {note: 6, kind: button, led: {rgb: "F0 7D {number} {red} {green} {blue} F7", number: 9}}
whole: {note: 7, kind: button, led: {number: 4, messages: {on: "BF 02 {number}", off: "BF 03 {number}"}}}
second: {kind: light, led: {messages: {on: "BF 02 02", off: "BF 03 02"}}}
palette: {note: 8, kind: button, led: {on: 5, colors: {red: 5, white: 3},
          rgb: "F0 7D {number} {red} {green} {blue} F7"}}
toggle: {kind: light, led: {messages: {on: "BF 02 01", off: "BF 03 01", blink: "F0 7D 01 F7"}}}
"""
KNOWN = controls(LIGHTS)


def wire(name: str, style: str, color: str = "", value: float = 1.0) -> str:
    """Return the frames of a look in hexadecimal, those of a turning light parted by `|`, each once in a row."""
    control = KNOWN[name]
    assert control.light is not None
    frames = frames_of(control, control.light, Feedback(f"x.{name}", value, State.CONFIRMED, style, color))
    words = [" ".join(message.hex(" ") for message in frame).upper() for frame in frames]
    return " | ".join(word for place, word in enumerate(words) if place == 0 or word != words[place - 1])


@pytest.mark.parametrize(
    ("name", "style", "color", "value", "expected"),
    [
        ("plain", "on", "red", 1.0, "90 01 7F"),
        ("plain", "dim", "", 0.0, "90 01 00"),
        ("plain", "dim", "", 1.0, "90 01 7F"),
        ("plain", "blink", "", 1.0, "90 01 7F | 90 01 00"),
        ("plain", "pulse", "", 1.0, "90 01 7F | 90 01 00"),
        ("dims", "pulse", "", 1.0, "90 02 7F | 90 02 28"),
        ("own", "dim", "", 1.0, "90 03 07"),
        ("own", "blink", "", 1.0, "90 03 02"),
        ("own", "pulse", "", 1.0, "90 03 03"),
        ("grid", "on", "", 1.0, "90 04 03"),
        ("grid", "off", "red", 0.0, "90 04 00"),
        ("grid", "on", "Red", 1.0, "90 04 05"),
        ("grid", "on", "orange", 1.0, "F0 00 20 29 02 0D 03 03 04 7F 32 00 F7"),
        ("grid", "on", "#102030", 1.0, "F0 00 20 29 02 0D 03 03 04 08 10 18 F7"),
        ("grid", "on", "no colour", 1.0, "90 04 03"),
        ("grid", "dim", "blue", 1.0, "90 04 2F"),
        ("grid", "dim", "pink", 1.0, "90 04 07"),
        ("grid", "dim", "", 1.0, "90 04 07"),
        ("grid", "blink", "green", 1.0, "90 04 00 91 04 15"),
        ("grid", "pulse", "", 1.0, "92 04 03"),
        ("grid", "pulse", "violet", 1.0, "92 04 2D"),
        ("two", "blink", "orange", 1.0, "90 05 04"),
        ("two", "blink", "lime", 1.0, "90 05 02"),
        ("mixed", "off", "", 0.0, "F0 7D 09 00 00 00 F7"),
        ("mixed", "on", "", 1.0, "F0 7D 09 7F 7F 7F F7"),
        ("mixed", "on", "red", 1.0, "F0 7D 09 7F 00 00 F7"),
        ("mixed", "dim", "red", 1.0, "F0 7D 09 19 00 00 F7"),
        ("mixed", "blink", "red", 1.0, "F0 7D 09 7F 00 00 F7 | F0 7D 09 00 00 00 F7"),
        ("whole", "on", "red", 1.0, "BF 02 04"),
        ("whole", "off", "", 0.0, "BF 03 04"),
        ("whole", "", "", 0.6, "BF 02 04"),
        ("whole", "dim", "", 0.0, "BF 03 04"),
        ("whole", "blink", "", 1.0, "BF 02 04 | BF 03 04"),
        ("toggle", "blink", "", 1.0, "F0 7D 01 F7"),
        ("palette", "dim", "", 1.0, "F0 7D 08 19 00 00 F7"),
    ],
)  # fmt: skip
def test_a_look_is_these_messages(name: str, style: str, color: str, value: float, expected: str) -> None:
    """A device does by itself what it can; the rest is made of what it can, in turn where one message cannot say it."""
    assert wire(name, style, color, value) == expected


def test_a_pulse_of_brightness_goes_down_and_up() -> None:
    """A light of any colour breathes: every step is the same colour, and the first is the full one."""
    words = wire("mixed", "pulse", "green").split(" | ")
    green = [int(word.split()[4], 16) for word in words]
    assert green[0] == max(green) == 127
    assert green.index(min(green)) == 4
    assert all(word.split()[3] == word.split()[5] == "00" for word in words)


@given(
    st.sampled_from(sorted(KNOWN)),
    st.sampled_from(["on", "off", "dim", "blink", "pulse", "", "nonsense"]),
    st.one_of(st.sampled_from(["", "no colour", *COLORS]), st.from_regex(r"#[0-9A-Fa-f]{6}", fullmatch=True)),
    st.floats(-1, 2),
)
def test_whatever_is_asked_is_well_formed(name: str, style: str, color: str, value: float) -> None:
    """Any look is whole MIDI messages, with seven bits in each data byte."""
    control = KNOWN[name]
    assert control.light is not None
    for frame in frames_of(control, control.light, Feedback("x", value, State.CONFIRMED, style, color)):
        for message in frame:
            assert MidiStream().receive(message) == [message]


class TestColours:
    @given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True), st.lists(st.sampled_from(sorted(COLORS)), min_size=1))
    def test_any_colour_has_a_nearest_one(self, color: str, palette: list[str]) -> None:
        """A colour nobody named is shown by one of the palette, and by itself where the palette has the same light."""
        assert nearest_color(color, palette) in palette
        assert rgb_of(nearest_color(color, [*palette, color.upper()])) == rgb_of(color)

    def test_what_nobody_knows_has_none(self) -> None:
        """A name outside the palette that stands for no light at all cannot be compared."""
        assert nearest_color("mauve", ["red"]) == ""
        assert nearest_color("mauve", ["red", "Mauve"]) == "Mauve"
        assert nearest_color("red", ["house colour"]) == ""
        assert (rgb_of("#1"), rgb_of("#FF8000"), rgb_of("RED")) == (None, (255, 128, 0), (255, 0, 0))

    def test_near_colours_look_near(self) -> None:
        """Hue tells colours apart before brightness does."""
        wanted = {"#ff8000": "amber", "#00c0ff": "green", "#8000ff": "blue", "#400000": "red", "#ffd700": "amber"}
        assert {name: nearest_color(name, ["red", "green", "amber", "blue"]) for name in wanted} == wanted


class TestTurning:
    def shown(self) -> MidiPanel:
        return MidiPanel("x", Profile("test", "", KNOWN, max_rate=1e9))

    def test_a_pulse_is_four_times_as_slow_as_a_blink(self) -> None:
        """A light that is lit or dark pulses one second lit, one second dark."""
        shown, sent = self.shown(), []
        shown.show(Feedback("x.plain", 1.0, State.CONFIRMED, "pulse"))
        for turn in range(17):
            sent += [(turn, message[2]) for message in shown.take(turn * BLINK_S)]
        assert sent == [(0, 127), (4, 0), (8, 127), (12, 0), (16, 127)]

    def test_what_blinks_and_what_pulses_share_one_clock(self) -> None:
        """A blinker that joins a pulse begins lit, and from then on both change only in turn."""
        shown = self.shown()
        shown.show(Feedback("x.plain", 1.0, State.CONFIRMED, "pulse"))
        shown.take(0.0)
        shown.take(BLINK_S)
        shown.show(Feedback("x.dims", 1.0, State.CONFIRMED, "blink"))
        assert shown.take(BLINK_S + 0.1) == [b"\x90\x02\x7f"]
        assert shown.take(2 * BLINK_S + 0.1) == [b"\x90\x02\x00"]
        assert shown.take(3 * BLINK_S + 0.1) == [b"\x90\x02\x7f"]
        assert shown.take(4 * BLINK_S + 0.1) == [b"\x90\x02\x00"]
        assert sorted(shown.take(5 * BLINK_S + 0.1)) == [b"\x90\x01\x00", b"\x90\x02\x7f"]

    def test_from_one_channel_to_another_it_is_still_one_light(self) -> None:
        """Blinking on channel 2 and lit on channel 1 are looks of the same light: the newest waits alone."""
        shown = self.shown()
        shown.show(Feedback("x.grid", 1.0, State.CONFIRMED, "blink", "red"))
        shown.show(Feedback("x.grid", 1.0, State.CONFIRMED, "on", "red"))
        assert shown.take(0.0) == [b"\x90\x04\x05"]
        shown.send(b"\x91\x04\x05")
        shown.take(0.0)
        shown.show(Feedback("x.grid", 1.0, State.CONFIRMED, "on", "red"))
        assert shown.take(0.0) == [b"\x90\x04\x05"]

    def test_lights_without_an_address_are_still_two(self) -> None:
        """Two lights that are set by whole messages alone do not take each other's place in the queue."""
        shown = self.shown()
        shown.show_all([Feedback(f"x.{name}", 1.0, State.CONFIRMED, "on") for name in ("second", "toggle")])
        assert shown.take(0.0) == [b"\xbf\x02\x02", b"\xbf\x02\x01"]

    def test_one_style_has_a_look_for_lit_and_one_for_dark(self) -> None:
        """Looks that are made once are told apart by all that they depend on."""
        shown, sent = self.shown(), []
        for now, (style, value) in enumerate(
            [("dim", 1.0), ("dim", 0.0), ("dim", 0.2), ("", 0.4), ("", 0.5), ("", 0.0)]
        ):
            shown.show(Feedback("x.plain", value, State.CONFIRMED, style))
            sent.append([message[2] for message in shown.take(float(now))])
        assert sent == [[127], [0], [127], [0], [127], [0]]

    @pytest.mark.parametrize(("name", "raw"), [("mixed", b"\xf0\x7d\x09\x00\x00\x00\xf7"), ("whole", b"\xbf\x03\x04")])
    def test_a_raw_message_to_a_light_is_set_right_again(self, name: str, raw: bytes) -> None:
        """After somebody's own message of the same form the next look is sent anew."""
        shown = self.shown()
        look = Feedback(f"x.{name}", 1.0, State.CONFIRMED, "on")
        shown.show(look)
        first = shown.take(1.0)
        shown.show(look)
        assert shown.take(2.0) == []
        shown.send(raw)
        shown.take(3.0)
        shown.show(look)
        assert shown.take(4.0) == first
