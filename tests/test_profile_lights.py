"""What a control shows, from YAML: lights, rings and displays, and what is said of mistakes in them."""

import jsonschema
import pytest
from config_texts import controls, read_profile, told
from hypothesis import given
from hypothesis import strategies as st

from controld.check import json_schema
from controld.mappings.profile import Display, Light, SourceType
from controld.midi_stream import MidiStream
from controld.yaml_reader import compose

CC, NOTE = SourceType.CC, SourceType.NOTE


@pytest.mark.parametrize(
    ("written", "light"),
    [
        ("led: {pulse: 3, blink_channel: 2}", Light(CC, 7, pulse=3, channels={"blink": 2})),
        ("led: {dim: {red: 1}, blink: 4}", Light(CC, 7, blink=4, shades={"dim": {"red": 1}})),
        ('led: {colors: {"#ff0000": 3}}', Light(CC, 7, colors={"#ff0000": 3})),
        (
            'led: {note: 3, rgb: "f0 7d {number}{red} {green}{blue} F7"}',
            Light(NOTE, 3, rgb=(0xF0, 0x7D, "number", "red", "green", "blue", 0xF7)),
        ),
        (
            'led: {number: 4, messages: {on: "B0 02 {number}"}}',
            Light(CC, 7, messages={"on": (0xB0, 2, "number")}, slot=4),
        ),
    ],
)
def test_what_a_led_can_say(written: str, light: Light) -> None:
    """Values, palettes, channels and messages for styles stand beside each other."""
    assert controls(f"x: {{cc: 7, kind: button, {written}}}")["x"].light == light


@pytest.mark.parametrize(
    ("written", "light"),
    [
        ("{cc: 8, mode: dot}", Light(CC, 8, continuous=True, range=(1, 11), dark=0)),
        ("{cc: 8, mode: spread}", Light(CC, 8, continuous=True, range=(49, 54), dark=0)),
        ("{cc: 8, mode: fill, range: [0, 15], off: 64}", Light(CC, 8, continuous=True, range=(32, 47), dark=64)),
        ("{range: [13, 1]}", Light(CC, 7, continuous=True, range=(13, 1))),
    ],
)
def test_what_a_ring_can_say(written: str, light: Light) -> None:
    """A mode is added to the values, which are those of Mackie Control unless they are given."""
    assert controls(f"x: {{cc: 7, kind: knob, ring: {written}}}")["x"].light == light


def test_a_display_alone() -> None:
    """A display has no message of its own and no light; what is not said stands at its default."""
    made = controls(
        'a: {kind: display, columns: 8, sysex: "F0 01 {text} F7"}\n'
        'b: {kind: display, columns: 7, rows: 2, column: 14, row_length: 56, first_row: 1, sysex: "F0{offset}{text}F7"}'
    )
    assert made["a"].display == Display((0xF0, 1, "text", 0xF7), 8, row_length=8)
    assert made["b"].display == Display((0xF0, "offset", "text", 0xF7), 7, 2, 1, 14, 56)
    assert (made["a"].source, made["a"].light) == (None, None)


def test_several_displays_go_in_step() -> None:
    """Ranges make several displays; the names in the message are no ranges."""
    made = controls('line{1..2}: {kind: display, columns: 4, first_row: "{0..1}", sysex: "F0 {row} {text} F7"}')
    assert [each.display.first_row for each in made.values() if each.display] == [0, 1]


def test_setup_is_sent_as_it_is_written() -> None:
    """Messages in hexadecimal, of any kind."""
    profile, report = read_profile(
        'version: 1\nsetup: ["F0 7D 01 F7", "b0 7f 00"]\ncontrols: {a: {cc: 1, kind: button}}'
    )
    assert told(report) == []
    assert profile.setup == (b"\xf0\x7d\x01\xf7", b"\xb0\x7f\x00")


MISTAKES = [
    ('{cc: 1, kind: button, led: {rgb: "F0 {red} {green} F7"}}', "expected a message for any colour"),
    ('{cc: 1, kind: button, led: {rgb: "F0 {red} {green} {blue} 80 F7"}}', "expected a message for any colour"),
    ('{cc: 1, kind: button, led: {messages: {on: "B0 02"}}}', "expected one whole MIDI message"),
    ('{cc: 1, kind: button, led: {messages: {on: "B0 02 {row}"}}}', "expected one whole MIDI message"),
    ('{cc: 1, kind: button, led: {messages: {lit: "B0 02 03"}}}', "expected a style"),
    ("{cc: 1, kind: button, led: {blink: [1]}}", "or one for each colour"),
    ("{cc: 1, kind: button, led: {blink: 200}}", "expected a whole number from 0 to 127"),
    ("{cc: 1, kind: button, led: {blink_channel: 17}}", "expected a channel from 1 to 16"),
    ("{cc: 1, kind: knob, ring: {mode: wedge}}", "expected a way to draw (dot, pan, fill or spread)"),
    ("{cc: 1, kind: knob, ring: {range: [1]}}", "expected the values at both ends"),
    ("{cc: 1, kind: knob, ring: {range: [3, 3]}}", "both ends cannot have the same value"),
    ("{cc: 1, kind: knob, ring: {mode: dot, range: [1, 16]}}", "beside `mode` the values are from 0 to 15"),
    ("{pitchbend: any, kind: fader, ring: {range: [1, 13]}}", "for values of 7 bits"),
    ("{nrpn: 5, kind: encoder, ring: {}}", "`ring` needs `cc`"),
    ("{cc: any, kind: encoder, ring: {}}", "`ring` needs `cc`"),
    ('{kind: display, columns: 8, sysex: "F0 01 F7"}', "expected a message for a row"),
    ('{kind: display, columns: 8, sysex: "F0 {line} {text} F7"}', "expected a message for a row"),
    ('{kind: display, columns: 8, rows: 2, sysex: "F0 {text} F7"}', "needs `{row}` or `{offset}`"),
    ('{kind: display, columns: 8, rows: 3, first_row: 126, sysex: "F0 {row} {text} F7"}', "have the number 128"),
    ('{kind: display, columns: 70, rows: 3, sysex: "F0 {offset} {text} F7"}', "begin beyond place 127"),
    ('{kind: display, columns: 8, sysex: "F0 {text} F7", led: {}}', "unknown key `led` in a display"),
    ('{kind: display, sysex: "F0 {text} F7"}', "a display needs `columns`"),
]


@pytest.mark.parametrize(("written", "said"), MISTAKES)
def test_mistakes_are_told(written: str, said: str) -> None:
    """Each mistake is told at its place, in words that say what was expected."""
    _, report = read_profile(f"version: 1\ncontrols:\n  x: {written}\n")
    assert [line for line in told(report) if said in line], told(report)


# What is wrong only because of two values together: the schema cannot say it.
TOGETHER = ("[3, 3]", "[1, 16]", "pitchbend", "nrpn", "cc: any", "rows: 2", "rows: 3")


@pytest.mark.parametrize("written", [written for written, _ in MISTAKES if not any(w in written for w in TOGETHER)])
def test_the_json_schema_refuses_them_too(written: str) -> None:
    """What one value alone makes wrong is marked by an editor as it is refused by the loader."""
    checker = jsonschema.Draft202012Validator(json_schema("profile"))
    assert not checker.is_valid(compose(f"version: 1\ncontrols:\n  x: {written}\n", "f")[0].plain())


@given(st.text("0123789ABFbf {}number", max_size=24))
def test_messages_are_whole_or_refused(written: str) -> None:
    """Whatever is taken as a message is one by the MIDI specification; it is never anything else."""
    text = f"version: 1\nsetup: ['{written}']\ncontrols: {{a: {{cc: 1, kind: button}}}}"
    profile, report = read_profile(text)
    whole = [message for message in profile.setup if MidiStream().receive(message) == [message]]
    assert len(whole) == (not told(report))
