"""The messages of a profile's controls: what each key becomes, and what is said of what cannot be."""

import jsonschema
import pytest
from config_texts import controls, node_of, read_profile, told, warned

from controld.check import json_schema
from controld.mappings.profile import Control, Hole, Kind, Source, SourceType
from controld.mappings.profile_tables import CONTROL, TOUCH
from controld.mappings.sources import MIDI_SOURCES, parse_sysex
from controld.shape import Mistake

CC, NOTE, NRPN, RPN, SYSEX = SourceType.CC, SourceType.NOTE, SourceType.NRPN, SourceType.RPN, SourceType.SYSEX
ANY, VALUE, COARSE, FINE = Hole.ANY, Hole.VALUE, Hole.COARSE, Hole.FINE


@pytest.mark.parametrize(
    ("written", "source", "highest"),
    [
        ("{cc: 7, kind: knob}", Source(CC, 7, 1), 127),
        ("{cc: 7, kind: knob, bits: 14}", Source(CC, 7, 1, 14), 16383),
        ("{pitchbend: any, kind: pedal, bits: 14}", Source(SourceType.PITCHBEND, None, 1), 16383),
        ("{pressure: any, kind: pedal, channel: any}", Source(SourceType.PRESSURE, None, 0), 127),
        ("{polypressure: C1, kind: pedal}", Source(SourceType.POLYPRESSURE, 24, 1), 127),
        ("{polypressure: any, kind: pedal}", Source(SourceType.POLYPRESSURE, None, 1), 127),
        ("{nrpn: 1021, kind: knob}", Source(NRPN, 1021, 1), 127),
        ("{nrpn: 16382, kind: fader, bits: 14, channel: 16}", Source(NRPN, 16382, 16, 14), 16383),
        ("{rpn: any, kind: encoder}", Source(RPN, None, 1), 127),
        ("{rpn: 0, kind: latch}", Source(RPN, 0, 1), 127),
        ('{sysex: "F0 7d ?? {value} f7", kind: latch}', Source(SYSEX, sysex=(0xF0, 0x7D, ANY, VALUE, 0xF7)), 127),
        ('{sysex: "F07D{fine}??{coarse}F7", kind: pedal}',
         Source(SYSEX, sysex=(0xF0, 0x7D, FINE, ANY, COARSE, 0xF7)), 16383),
        ('{sysex: "F0 7D ?? F7", kind: button}', Source(SYSEX, sysex=(0xF0, 0x7D, ANY, 0xF7)), 0),
        ("{clock: any, kind: button}", Source(SourceType.CLOCK), 0),
        ("{start: any, kind: button}", Source(SourceType.START), 0),
        ("{stop: any, kind: button}", Source(SourceType.STOP), 0),
        ("{continue: any, kind: button}", Source(SourceType.CONTINUE), 0),
        ("{cc: 3, kind: program}", Source(CC, 3, 1), 127),
        ("{osc: /wheel, kind: encoder}", Source(SourceType.OSC, address="/wheel"), 127),
        ("{osc: /scene, kind: program}", Source(SourceType.OSC, address="/scene"), 127),
    ],
)  # fmt: skip
def test_what_a_message_becomes(written: str, source: Source, highest: int) -> None:
    """Number, channel, bits and bytes, and the largest value that can come."""
    assert controls(f"x: {written}")["x"].source == source
    assert source.highest == highest


def test_ranges_reach_into_sysex() -> None:
    """A row of buttons that tell themselves apart by a byte."""
    made = controls('x{1..3}: {sysex: "F0 7D {01..03} {value} F7", kind: button}')
    assert [control.source and control.source.sysex[2] for control in made.values()] == [1, 2, 3]


@pytest.mark.parametrize(
    ("written", "control"),
    [
        ("{cc: 7, kind: fader, touch: {note: C4}}", Source(NOTE, 60, 1)),
        ("{cc: 7, kind: knob, channel: any, touch: {cc: 80}}", Source(CC, 80, 0)),
        ("{cc: 7, kind: encoder, touch: {note: 104, channel: 3}}", Source(NOTE, 104, 3)),
    ],
)  # fmt: skip
def test_a_hand_is_felt_on_the_controls_channel_or_another(written: str, control: Source) -> None:
    """`touch` is a message of its own beside the control's."""
    assert controls(f"x: {written}")["x"].touch == control


def test_a_detent_is_how_many_steps_make_a_click() -> None:
    """One unless it is written."""
    made = controls("a: {cc: 1, kind: encoder}\nb: {cc: 2, kind: encoder, detent: 4}")
    assert [made["a"].detent, made["b"].detent] == [1, 4]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{nrpn: 1, kind: button, bits: 14}",
         "36: `bits` has no meaning here (it is for pedals, knobs and faders on `cc`, `nrpn` or `rpn`)"),
        ("{pressure: any, kind: pedal, bits: 14}",
         "41: `bits` has no meaning here (it is for pedals, knobs and faders on `cc`, `nrpn` or `rpn`)"),
        ("{pitchbend: any, kind: pedal, bits: 7}", "42: a bend always has 14 bits"),
        ("{cc: 300, kind: pedal, bits: 14}",
         "11: expected a controller number from 0 to 127 or `any`, found the number 300"),
        ("{cc: 40, kind: knob, bits: 14}",
         "11: 14 bits need a controller from 0 to 31 (its fine part is the one 32 above)"),
        ("{rpn: -1, kind: knob}", "12: expected a parameter number from 0 to 16382 or `any`, found the number -1"),
        ("{clock: 24, kind: button}", "14: expected the word (any), found the number 24"),
        ("{start: any, kind: latch}",
         "14: a latch cannot come from `start` (it takes cc, note, nrpn, rpn, sysex or osc)"),
        ("{start: any, kind: button, channel: 3}", "42: `channel` has no meaning here (`start` has no channel)"),
        ('{sysex: "F0 01 F7", kind: button, channel: 3}', "49: `channel` has no meaning here (`sysex` has no channel)"),
        ('{sysex: "F0 01 F7", kind: pedal}',
         "14: a pedal needs a value (write `{value}` where it stands, as in `F0 00 20 7A 01 {value} F7`)"),
        ('{sysex: "F0 {coarse} {fine} F7", kind: encoder}',
         "14: an encoder takes a value of 7 bits (write `{value}` where it stands)"),
        ('{sysex: "F0 {value} {value} F7", kind: pedal}',
         "14: a message has one value (one `{value}` for 7 bits, or one `{coarse}` and one `{fine}` for 14)"),
        ('{sysex: "F0 80 F7", kind: button}', "14: expected bytes in hexadecimal from F0 to F7, with `??` for any byte \
and `{value}` for the value, found `F0 80 F7` (as in `F0 00 20 7A 01 ?? {value} F7`)"),
        ("{cc: 1, kind: button, detent: 2}", "36: `detent` has no meaning here (it is for encoders on MIDI)"),
        ("{osc: /x, kind: encoder, detent: 2}", "39: `detent` has no meaning here (it is for encoders on MIDI)"),
        ("{cc: 1, kind: encoder, detent: 17}", "37: expected a count of steps from 1 to 16, found the number 17"),
        ("{cc: 1, kind: pedal, touch: {note: 3}}",
         "34: `touch` has no meaning here (it is for faders, knobs and encoders on MIDI)"),
        ("{cc: 1, kind: fader, touch: {note: 3, cc: 4}}", "44: `note` and `cc` exclude each other in `touch`"),
        ("{cc: 1, kind: fader, touch: {}}", "34: `touch` needs one of `cc`, `note`"),
        ("{cc: 1, kind: fader, touch: 5}", "34: expected `touch` as a mapping (`key: value`), found the number 5"),
        ("{nrpn: 5, kind: pedal, calibrate: [0, 128]}", "40: expected readings from 0 to 127"),
        ("{nrpn: 5, kind: pedal, bits: 14, calibrate: [0, 16384]}", "50: expected readings from 0 to 16383"),
        ('{sysex: "F0 {value} F7", kind: pedal, calibrate: [0, 128]}', "55: expected readings from 0 to 127"),
        ("{osc: /x, kind: encoder, coding: binary-offset}",
         "39: `coding` has no meaning here (it is for encoders on MIDI)"),
        ("{nrpm: 5, kind: pedal}", "7: unknown key `nrpm` in a control (did you mean `nrpn`?)"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_with_its_place(written: str, said: str) -> None:
    """What is wrong, and what would be right; the first that is said where one slip breaks two things."""
    _, report = read_profile(f"version: 1\ncontrols:\n  x: {written}\n")
    assert f"3:{said}" in told(report)


def test_a_message_of_another_is_a_warning() -> None:
    """What hears the very same is never reached, whatever the message."""
    text = 'version: 1\ncontrols:\n  a: {sysex: "F0 01 ?? F7", kind: button}\n  b: {sysex: "f001??f7", kind: button}\n'
    _, report = read_profile(text)
    assert (told(report), warned(report)) == (
        [], ["4:3: `b` listens to the same message as `a` (only the first will move)"],
    )  # fmt: skip


def test_a_sysex_pattern_is_no_longer_than_any_message() -> None:
    """16 kB and no more."""
    longest = "F0" + "00" * 16382 + "F7"
    assert len(parse_sysex(longest)) == 16384
    with pytest.raises(Mistake, match="at most 16,384 bytes, found 16,385"):
        parse_sysex("F0" + "00" * 16383 + "F7")


AGREED = [
    *(f"{{{key}: {value}, kind: {kind}}}" for kind in ("button", "knob", "encoder") for key, value in (
        ("pressure", "any"), ("pressure", "5"), ("polypressure", "C4"), ("nrpn", "16382"), ("nrpn", "16383"),
        ("rpn", "any"), ("rpn", "0"), ("sysex", '"F0 01 F7"'), ("sysex", '"F0 F7"'), ("sysex", "5"), ("start", "any"),
        ("start", "1"), ("stop", "any"), ("continue", "any"), ("clock", "any"), ("clock", "all"))),
    "{cc: 1, kind: encoder, detent: 16}", "{cc: 1, kind: encoder, detent: 0}", "{cc: 1, kind: encoder, detent: x}",
    "{cc: 1, kind: fader, touch: {note: C4}}", "{cc: 1, kind: fader, touch: {note: any}}",
    "{cc: 1, kind: fader, touch: {cc: 1, note: 1}}", "{cc: 1, kind: fader, touch: {cc: 1, channel: any}}",
]  # fmt: skip
# What only the loader judges: which messages a kind can come from.
JUDGED = ("cannot come from", "needs a value")


@pytest.mark.parametrize("written", AGREED)
def test_schema_and_loader_agree(written: str) -> None:
    """What an editor marks is what the loader refuses, but for what kind and message mean together."""
    text = f"version: 1\ncontrols:\n  x: {written}\n"
    refused = [each for each in told(read_profile(text)[1]) if not any(words in each for words in JUDGED)]
    plain = node_of(text).plain()
    assert jsonschema.Draft202012Validator(json_schema("profile")).is_valid(plain) == (refused == [])


def test_every_key_says_what_it_is_and_shows_how() -> None:
    """Hovering over a key tells a sentence; those that take a value of their own show one."""
    for table in (CONTROL, TOUCH):
        for key, each in table.fields.items():
            assert each.doc.endswith(".")
            assert key not in MIDI_SOURCES or each.examples, key


def test_a_profile_with_a_missing_include_is_read_without_it() -> None:
    """Where nobody can look for others, as in a test of one file, the own controls are all there are."""
    profile, report = read_profile("version: 1\nincludes: other\ncontrols: {a: {cc: 1, kind: button}}\n")
    assert told(report) == []
    assert profile.controls == {"a": Control("a", Kind.BUTTON, Source(CC, 1, 1))}
