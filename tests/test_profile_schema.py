"""Surface profiles from YAML: what each control becomes, and what is said of mistakes."""

import pytest
from config_texts import PAGE_OSC_PROFILE, PAGE_PROFILE, controls, read_profile, told, warned

from controld.mappings.profile import Coding, Control, Kind, Light, Source, SourceType

CC, NOTE, OSC, BEND = SourceType.CC, SourceType.NOTE, SourceType.OSC, SourceType.PITCHBEND


def test_the_language_page_loads() -> None:
    """The page's profile is right, and its ranges count in step."""
    profile, report = read_profile(PAGE_PROFILE)
    assert (told(report), warned(report)) == ([], [])
    assert list(profile.controls) == [
        "fs1", "fs2", "fs3", "fs4", "fs5", "fs6", "exp1", "exp2", "wheel", "latch", "bend", "pads", "patch", "screen",
    ]  # fmt: skip
    colors = {"red": 5, "green": 20, "amber": 9, "blue": 45}
    light = Light(CC, 22, 1, off=0, on=127, dim=1, colors=colors)
    assert profile.controls["fs3"] == Control("fs3", Kind.BUTTON, Source(CC, 22, 1), light)
    assert profile.controls["exp1"].calibrate == (4, 122)
    assert profile.controls["exp2"].source == Source(CC, 11, 1, bits=14)
    ring = Light(CC, 16, 1, continuous=True)
    assert profile.controls["wheel"] == Control("wheel", Kind.ENCODER, Source(CC, 16, 1), ring, Coding.TWOS_COMPLEMENT)
    assert profile.controls["bend"].source == Source(BEND, None, 1)
    assert profile.controls["pads"].source == Source(NOTE, 24, 1)
    assert profile.controls["patch"].source == Source(SourceType.PROGRAM, None, 1)
    assert profile.controls["screen"].kind is Kind.DISPLAY
    assert profile.controls["screen"].source is None


def test_osc_profiles_name_addresses() -> None:
    """Widgets show at their own address, so they have no light of their own."""
    profile, report = read_profile(PAGE_OSC_PROFILE)
    assert told(report) == []
    assert profile.controls["level"] == Control("level", Kind.FADER, Source(OSC, address="/drive/level"))
    assert profile.controls["grid8"] == Control("grid8", Kind.BUTTON, Source(OSC, address="/scene/8"))
    assert profile.controls["xy"].source == Source(OSC, address="/pad", argument=2)


@pytest.mark.parametrize(
    ("written", "light"),
    [
        ("{cc: 7, kind: fader}", Light(CC, 7, 1, continuous=True)),
        ("{cc: 7, kind: fader, bits: 14}", Light(CC, 7, 1, continuous=True, bits=14)),
        ("{pitchbend: any, kind: fader, channel: 3}", Light(BEND, 0, 3, continuous=True, bits=14)),
        ("{cc: 7, kind: fader, ring: {cc: 8, channel: 2}}", Light(CC, 8, 2, continuous=True)),
        ("{cc: 7, kind: pedal}", None),
        ("{cc: 7, kind: encoder}", None),
        ("{cc: 7, kind: encoder, ring: {}}", Light(CC, 7, 1, continuous=True)),
        ("{osc: /x, kind: fader}", None),
        ("{cc: 7, kind: button}", None),
        ("{cc: 7, kind: button, led: {}}", Light(CC, 7, 1)),
        ("{note: C4, kind: button, led: {on: 5, blink: 6}}", Light(NOTE, 60, 1, on=5, blink=6)),
        ("{cc: 7, kind: button, channel: any, led: {}}", Light(CC, 7, 1)),
        ("{program: any, kind: program, led: {note: 3, channel: 16}}", Light(NOTE, 3, 16)),
        ("{kind: light, cc: 40}", Light(CC, 40, 1)),
        ("{kind: light, led: {note: 3}}", Light(NOTE, 3, 1)),
        ("{kind: light, osc: /lamp}", None),
    ],
)  # fmt: skip
def test_what_a_control_lights(written: str, light: Light | None) -> None:
    """A fader moves by its own message without being told; leds and rings say theirs, or take the control's."""
    assert controls(f"x: {written}")["x"].light == light


@pytest.mark.parametrize(
    ("written", "number"),
    [("C4", 60), ("C-1", 0), ("G9", 127), ("F#3", 54), ("Bb2", 46), ("c4", 60), ("127", 127), ("any", None)],
)
def test_notes_are_written_as_musicians_do(written: str, number: int | None) -> None:
    """Middle C is C4 is 60."""
    source = controls(f"x: {{note: {written}, kind: button}}")["x"].source
    assert source == Source(NOTE, number, 1)


def test_channels_come_from_the_profile_or_the_control() -> None:
    """`any` is every channel; lights then go to the first."""
    profile, report = read_profile(
        "version: 1\nchannel: any\nmax_rate: 1000\ncontrols:\n"
        "  a: {cc: 1, kind: fader}\n  b: {cc: 1, kind: fader, channel: 5}\n"
    )
    assert told(report) == []
    a, b = profile.controls["a"], profile.controls["b"]
    assert (a.source, b.source) == (Source(CC, 1, 0), Source(CC, 1, 5))
    assert a.light is not None
    assert b.light is not None
    assert (a.light.channel, b.light.channel, profile.channel, profile.max_rate) == (1, 5, 1, 1000)


def test_a_light_alone_sends_nothing() -> None:
    """A light on MIDI has no source; one on OSC keeps its address to show at."""
    made = controls("a: {kind: light, cc: 4}\nb: {kind: light, osc: /b}")
    assert made["a"].source is None
    assert made["b"].source == Source(OSC, address="/b")


def test_ranges_count_down_and_keep_zeros() -> None:
    """`{3..1}` counts down and `{01..03}` keeps its zeros, in several places at once."""
    made = controls('k{01..03}-{3..1}: {osc: "/{a,b}/{5..7}", kind: button}')
    assert [(name, control.source and control.source.address) for name, control in made.items()] == [
        ("k01-3", "/{a,b}/5"), ("k02-2", "/{a,b}/6"), ("k03-1", "/{a,b}/7"),
    ]  # fmt: skip


BROKEN = """\
version: 2
descripton: x
channel: 17
max_rate: 0
controls:
  fs{1..6}: {cc: "{20..26}", kind: button}
  a: {cc: 300, kind: pedla}
  b: {cc: 3, note: 4, kind: button}
  c: {kind: button}
  d: {cc: 90, kind: pedal, bits: 14, led: {on: 3}}
  e: {kind: display, rows: 2}
  f: {osc: "/a[", kind: fader, channel: 3}
  "g h": {cc: 3, kind: button}
  h: {cc: "{1..3}", kind: button}
  i: 5
  j: {program: any, kind: button}
  k: {nrpn: 16383, kind: pedal}
  l: {cc: 5, kind: button}
  m: {cc: 6, kind: button, led: {cc: 2, colors: {on: 3, red: 200}}}
  n: {note: H2, kind: button, coding: x}
  o: {cc: 9, kind: pedal, calibrate: [5, 5]}
  p: {cc: 9, kind: pedal, calibrate: [0, 200], channel: 2}
  q: {cc: any, kind: button, led: {on: 3}, argument: 2}
  r{1..5000}: {cc: 1, kind: button}
  l{1..1}: {cc: 99, kind: pedal, bits: 8}
  s{1..2}: {cc: 100, kind: latch, ring: {cc: 4}, led: {}}
"""
SAID = """\
1:10: this program reads `version: 1`, found the number 2
2:1: unknown key `descripton` in a surface profile (did you mean `description`?)
3:10: expected a channel from 1 to 16 or `any`, found the number 17
4:11: expected a number of bytes a second, found the number 0
6:18: `{20..26}` counts 7, but `fs{1..6}` counts 6
7:11: expected a controller number from 0 to 127 or `any`, found the number 300
7:22: expected a kind of control (button, latch, pedal, knob, fader, encoder, program, display or light), \
found the text `pedla` (did you mean `pedal`?)
8:14: `cc` and `note` exclude each other in a control
9:6: a control needs one of `cc`, `note`, `program`, `pitchbend`, `pressure`, `polypressure`, `nrpn`, `rpn`, `sysex`, \
`clock`, `start`, `stop`, `continue`, `osc`
10:11: 14 bits need a controller from 0 to 31 (its fine part is the one 32 above)
10:43: `led` has no meaning here (it is for buttons, latches, programs and lights on MIDI)
11:6: a display needs `columns` (for example `columns: 16`)
11:6: a display needs `sysex` (for example `sysex: F0 00 20 7A 01 {row} {text} F7`)
12:12: no OSC address: a [ without its ] (character 3)
12:41: `channel` has no meaning here (OSC has no channels)
13:3: expected the name of a control, found the text `g h` (a letter first, then letters, digits, `-` and `_`)
14:11: `{1..3}` needs a range in the control's name too (`h{1..3}`)
15:6: expected a control as a mapping (`key: value`), found the number 5
16:16: a button cannot come from `program` (it takes cc, note, nrpn, rpn, sysex, clock, start, stop, continue or \
osc)
17:13: expected a parameter number from 0 to 16382 or `any`, found the number 16383
19:50: `on` is a style, not a colour (its value stands beside `colors`, not under it)
19:62: expected a whole number from 0 to 127, found the number 200
20:13: expected a note from C-1 to G9 (C4 = 60) or from 0 to 127, found the text `H2`
20:39: `coding` has no meaning here (it is for encoders on MIDI)
20:39: expected a coding (twos-complement, binary-offset, sign-magnitude or relative-64), found the text `x`
21:38: heel and toe cannot stand at the same reading
22:38: expected readings from 0 to 127
23:35: `led` needs `cc` or `note` (the control itself sends no message that could set it)
23:54: `argument` has no meaning here (it numbers the arguments of an OSC message)
24:3: `r{1..5000}` stands for more than 1000 controls
25:40: expected 7 or 14 bits, found the number 8
26:41: `ring` has no meaning here (it is for encoders, faders, knobs and pedals on MIDI)
26:50: `ring` and `led` exclude each other in a control
"""


def test_every_mistake_is_told_at_once() -> None:
    """A profile with a mistake in each control tells all of them, in order, each with its place and a hint."""
    _, report = read_profile(BROKEN)
    assert told(report) == SAID.splitlines()


def test_two_controls_on_one_message_are_a_warning() -> None:
    """The file is right, but one of the two will never move."""
    _, report = read_profile("version: 1\ncontrols:\n  a: {cc: 1, kind: button}\n  b: {cc: 1, kind: button}\n")
    assert told(report) == []
    assert warned(report) == ["4:3: `b` listens to the same message as `a` (only the first will move)"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\n", "1:1: a surface profile needs `controls`"),
        (
            "version: 1\ncontrols: {}\n",
            "2:11: expected controls by name, found a mapping (as in `fs1: {cc: 20, kind: button}`)",
        ),
        ("controls: {a: {cc: 1, kind: button}}", "1:1: a surface profile needs `version` (for example `version: 1`)"),
        (
            "version: 1\ncontrols:\n  a1: {cc: 1, kind: button}\n  a{1..2}: {cc: 2, kind: latch}\n",
            "4:3: the control `a1` is described twice",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_or_twice(text: str, said: str) -> None:
    """A profile without controls, without a version, or with a control described twice is refused."""
    assert told(read_profile(text)[1]) == [said]
