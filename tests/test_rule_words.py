"""Words of mapping files beside those the language's page shows: what they become, and what is said of them."""

import pytest
from config_texts import read_rules, rules_of, told, warned

from controld.actions import SendMidi, SendOsc
from controld.mappings.map_test import (
    Choose,
    CurrentIs,
    Device,
    Double,
    Down,
    EffectIs,
    Engine,
    Expectation,
    Given,
    LightIs,
    MoveTo,
    Nothing,
    ParameterIs,
    PresetIs,
    Press,
    SentMidi,
    SentOsc,
    Shows,
    Step,
    SwitchIs,
    TempoIs,
    Touched,
    Turn,
    Up,
    VariableIs,
    Wait,
)
from controld.mappings.rule import Comparison, Gesture, Trigger
from controld.mappings.target import SendTarget, VariableTarget
from controld.values import Duration, Level


@pytest.mark.parametrize(
    ("written", "trigger"),
    [
        ("{event: page-left, page: solo}", Trigger("event:page-left", Gesture.EVENT, subject="solo")),
        ("{event: surface-lost, surface: floor}", Trigger("event:surface-lost", Gesture.EVENT, subject="floor")),
        ("{event: snapshot-saved, snapshot: Lead}", Trigger("event:snapshot-saved", Gesture.EVENT, subject="Lead")),
        ("{event: bank-changed, bank: Home}", Trigger("event:bank-changed", Gesture.EVENT, subject="Home")),
        ("{event: refused}", Trigger("event:refused", Gesture.EVENT)),
        ("floor.fs3+floor.fs1+floor.pads hold-release 2 s",
         Trigger("floor.fs1+floor.fs3+floor.pads", Gesture.HOLD_RELEASE, 2.0,
                 chord=("floor.fs1", "floor.fs3", "floor.pads"), within_s=0.05)),
        ("floor.exp2 heel 12.5 %", Trigger("floor.exp2", Gesture.HEEL, at=0.125)),
        ("{osc: /pad, argument: 3}", Trigger("tablet.osc:/pad#3", Gesture.PRESS)),
        ("{midi: {note: C4, channel: 3, port: floor}}", Trigger("floor.midi:note60@3", Gesture.PRESS)),
        ('"osc:/go toe 90 %"', Trigger("tablet.osc:/go", Gesture.TOE, at=0.9)),
    ],
)  # fmt: skip
def test_forms_of_when(written: str, trigger: Trigger) -> None:
    """Events of one subject, chords of three, other places of zones, raw messages."""
    assert rules_of(f"  - {{when: {written}, do: {{snapshot: next}}}}")[0].triggers == (trigger,)


def test_index_counts_addresses() -> None:
    """A range of addresses makes a rule of each, or one rule with all of them where nothing counts."""
    rules = rules_of('  - {when: "osc:/scene/{1..2}", do: {snapshot: "{index}"}}')
    assert [(rule.place, rule.triggers[0].control) for rule in rules] == [
        ("m.yaml:3 (/scene/1)", "tablet.osc:/scene/1"), ("m.yaml:3 (/scene/2)", "tablet.osc:/scene/2"),
    ]  # fmt: skip
    (rule,) = rules_of('  - {when: [{osc: "/{3..2}/x/{5..6}"}, floor.patch 1..2], do: {snapshot: next}}')
    assert [(trigger.control, trigger.program) for trigger in rule.triggers] == [
        ("tablet.osc:/3/x/5", None), ("tablet.osc:/2/x/6", None), ("floor.patch", 1), ("floor.patch", 2),
    ]  # fmt: skip


def test_names_of_a_text_are_left_for_later() -> None:
    """`for` replaces its own, and leaves those that stand for the rig's state or for a byte of a device."""
    rules = rules_of("""
  - for: {n: 1..2}
    when: {midi: {sysex: "F0 7D 0{n} {value} F7"}}
    do: {show: tablet.level, text: "{n} of {pedalboard}: {drive/gain}"}
""")
    assert [str(rule.targets[0]).count("{pedalboard}") for rule in rules] == [1, 1]
    assert [rule.triggers[0].control for rule in rules] == [
        "floor.midi:sysexF07D01{value}F7", "floor.midi:sysexF07D02{value}F7",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("{send: floor, midi: {note: C4, velocity: 9, channel: 2}, release: return}",
         SendTarget(SendMidi("floor", b"\x91\x3c\x09"), SendMidi("floor", b"\x91\x3c\x00"))),
        ("{send: floor, midi: {cc: 20, value: 127}, release: return}",
         SendTarget(SendMidi("floor", b"\xb0\x14\x7f"), SendMidi("floor", b"\xb0\x14\x00"))),
        ("{send: tablet, osc: /x, release: return}",
         SendTarget(SendOsc("tablet", "/x"), SendOsc("tablet", "/x", (0,)))),
        ("{send: tablet, osc: /x, args: [5, 0.5, on, true], release: return}",
         SendTarget(SendOsc("tablet", "/x", (5, 0.5, "on", True)), SendOsc("tablet", "/x", (0, 0.0, "on", False)))),
        ("{set: count, by: -2}", VariableTarget("count", by=-2.0)),
        ("{set: count, to: 3}", VariableTarget("count", to=3.0)),
        ("{set: scene, cycle: [A, B, 3]}", VariableTarget("scene", cycle=("A", "B", "3"))),
        ("{set: solo, toggle: true}", VariableTarget("solo", toggle=True)),
        ("{set: solo, cycle: [true, false]}", VariableTarget("solo", cycle=(True, False))),
    ],
)  # fmt: skip
def test_actions(written: str, target: SendTarget | VariableTarget) -> None:
    """What the release of a switch ends, and the ways to change a variable, in its own type."""
    assert rules_of(f"  - {{when: floor.fs1, do: {written}}}")[0].targets == (target,)


@pytest.mark.parametrize(
    ("written", "comparison"),
    [
        ('"> 50 %"', Comparison("drive", "gain", ">", Level(50, "%"))),
        ('"<=-6 dB"', Comparison("drive", "gain", "<=", Level(-6, "dB"))),
        ('"!= 3"', Comparison("drive", "gain", "!=", Level(3))),
        ("0.5", Comparison("drive", "gain", "=", Level(0.5))),
        ("-6 dB", Comparison("drive", "gain", "=", Level(-6, "dB"))),
        ("20 % .. 80 %", Comparison("drive", "gain", "..", Level(20, "%"), Level(80, "%"))),
        ("-6..-3 dB", Comparison("drive", "gain", "..", Level(-6), Level(-3, "dB"))),
    ],
)
def test_comparisons(written: str, comparison: Comparison) -> None:
    """An operator and a level, two levels, or a level alone."""
    (rule,) = rules_of(f"  - {{when: floor.fs1, do: {{undo: last}}, if: {{parameter: {{drive/gain: {written}}}}}}}")
    assert rule.condition is not None
    assert rule.condition.parameters == (comparison,)


def test_a_word_like_a_boolean_is_a_warning() -> None:
    """`off` is a text, as everywhere; in quotes nobody wonders."""
    _, report, _ = read_rules('version: 1\nvariables: {solo: off, mood: "on", loud: {type: text, initial: yes}}\n')
    said = "is a text (`true` and `false` are the booleans; quotes say that a text is meant)"
    assert told(report) == []
    assert warned(report) == [f"2:19: `off` {said}"]


def file_of(lines: str) -> str:
    """Return a mapping file with one test."""
    return f"version: 1\nrules: []\ntests:\n  - {{name: x, {lines}}}\n"


STEPS: list[tuple[str, Step]] = [
    ("floor.fs1 down", Down("floor.fs1")), ("floor.latch up", Up("floor.latch")), ("floor.fs1", Press("floor.fs1")),
    ("floor.fs1 press", Press("floor.fs1")), ("floor.fs1 hold", Press("floor.fs1", 0.65)),
    ("floor.fs1 hold 2 s", Press("floor.fs1", 2.0)), ("floor.fs1 double", Double("floor.fs1")),
    ("floor.exp1 to 12.5 %", MoveTo("floor.exp1", 0.125)), ("floor.wheel +3", Turn("floor.wheel", 3)),
    ("floor.wheel -12", Turn("floor.wheel", -12)), ("floor.patch program 5", Choose("floor.patch", 5)),
    ("wait 600 ms", Wait(Duration(0.6))), ("wait 2 beats", Wait(Duration(beats=2.0))),
    ("lose floor", Device("floor", connected=False)), ("connect tablet", Device("tablet", connected=True)),
    ("engine down", Engine(up=False)), ("engine up", Engine(up=True)),
]  # fmt: skip


def test_every_step() -> None:
    """Each way to play, in order, with its place."""
    lines = ", ".join(words for words, _ in STEPS)
    _, report, compiler = read_rules(file_of(f"play: [{lines}], expect: nothing"))
    (test,) = compiler.tests()
    assert told(report) == []
    assert [(each.words, each.step) for each in test.play] == STEPS
    assert test.play[0].place == "m.yaml:4:22"


EXPECTATIONS: list[tuple[str, Expectation]] = [
    ("snapshot Lead", CurrentIs("snapshot", "Lead")),
    ("pedalboard Clean to Lead", CurrentIs("pedalboard", "Clean to Lead")),
    ("bank Home", CurrentIs("bank", "Home")),
    ("page solo", CurrentIs("page", "solo")),
    ("drive active", EffectIs("drive", active=True)),
    ("role:dirt bypassed", EffectIs("role:dirt", active=False)),
    ("drive/gain -6 dB", ParameterIs("drive", "gain", Level(-6, "dB"))),
    ("wah/freq 450", ParameterIs("wah", "freq", Level(450))),
    ("preset drive Large Hall", PresetIs("drive", "Large Hall")),
    ("tempo 97.5", TempoIs(97.5)),
    ("variable solo true", VariableIs("solo", True)),
    ("variable count 3", VariableIs("count", 3.0)),
    ("variable scene B", VariableIs("scene", "B")),
    ("mute on", SwitchIs("mute", on=True)),
    ("tuner off", SwitchIs("tuner", on=False)),
    ("transport start", SwitchIs("transport", on=True)),
    ("bypass drive", Touched("drive")),
    ("parameter drive/gain", Touched("drive", "gain")),
    ("sent floor C0 05", SentMidi("floor", b"\xc0\x05")),
    ("sent tablet /page/2 1 x", SentOsc("tablet", "/page/2", (1.0, "x"))),
    ("sent tablet /hello", SentOsc("tablet", "/hello")),
    ("show tablet.level Lead solo", Shows("tablet.level", "Lead solo")),
    ("nothing", Nothing()),
]


def test_every_expectation() -> None:
    """Each thing that may be expected, wanted or unwanted."""
    lines = ", ".join(words for words, _ in EXPECTATIONS)
    _, report, compiler = read_rules(file_of(f"play: wait 1 s, expect: [{lines}], not: [{lines}]"))
    (test,) = compiler.tests()
    assert told(report) == []
    assert [(each.words, each.what) for each in test.expect] == EXPECTATIONS
    assert [(each.words, each.what) for each in test.unwanted] == EXPECTATIONS


def test_given_and_lights() -> None:
    """Where a test begins, and how things look."""
    _, report, compiler = read_rules(file_of(
        "given: {pedalboard: Ambient, snapshot: Clean, page: main, bank: Stage, tempo: 96, effect: {drive: active}, "
        "parameter: {drive/gain: 3 dB}, variable: {count: 2}}, play: floor.fs1, "
        "lights: {floor.fs1: off, floor.fs2: blink red, floor.fs3: amber, floor.wheel: 50 %}"
    ))  # fmt: skip
    (test,) = compiler.tests()
    assert told(report) == []
    assert test.given == Given(
        "Ambient", "Clean", "main", "Stage", 96.0, (("drive", True),), (("drive", "gain", Level(3, "dB")),),
        (("count", 2.0),),
    )  # fmt: skip
    assert [each.light for each in test.lights] == [
        LightIs("floor.fs1", "off"), LightIs("floor.fs2", "blink", "red"), LightIs("floor.fs3", color="amber"),
        LightIs("floor.wheel", value=0.5),
    ]  # fmt: skip


BROKEN_TESTS = """\
version: 1
rules: []
tests:
  - {name: a, play: [floor.fs9, wait 5, floor.exp1 press, foo, engine on, floor.fs1 presss, floor.fs1 to 5], expect: nothing}
  - {name: b, play: [floor.patch program 200, lose flor, floor.wheel 3, floor.exp1 to 5, wait], expect: nothing}
  - {name: c, play: floor.fs1, expect: [snapshot Leed, drive on, drvie active, drive/gian 4, tempo 1, sent floor XX]}
  - {name: d, play: floor.fs1, not: [mute maybe, variable sole 1, page sole, snapshot, bypass drvie, parameter drive, nothing x]}
  - {name: e, play: floor.fs1, lights: {floor.fs1: rod, floor.fs9: off, floor.fs2: red blink dim, fs1: off}}
  - {name: f, play: floor.fs1}
  - {name: g, play: floor.fs1, expect: nothing, given: {snapshot: Leed, page: sole, effect: {drvie: active}}}
  - {name: h, expect: nothing, given: {variable: {solo: 1}, parameter: {drive/gain: 3 Hz}, tempo: 5}, foo: 1}
"""  # noqa: E501
SAID_OF_TESTS = """\
4:22: `floor` has no control `fs9` (did you mean `fs6`?)
4:33: a duration needs a unit, found `5` (for example `5 s`)
4:41: `floor.exp1` is a pedal and cannot do `press`
4:59: expected a control and what it does, as in `floor.fs1 down`, found `foo`
4:64: `engine` takes up or down, found `on` (did you mean `down`?)
4:75: expected what the control does (down, up, press, hold, double, to 50 %, +3 or program 5), found `presss` (did you mean `press`?)
4:93: `floor.fs1` is a button and cannot do `to`
5:22: expected a program from 0 to 127, found `200`
5:47: there is no surface `flor` (did you mean `floor`?)
5:58: expected what the control does (down, up, press, hold, double, to 50 %, +3 or program 5), found `3`
5:73: `to` takes a share of the way from 0 % to 100 %, found `5` (as in `90 %`)
5:90: expected a duration such as `300 ms`, `1.5 s`, `2 beats` or `1 bar`, found ``
6:41: there is no snapshot `Leed` (did you mean `Lead`?)
6:56: expected `active` or `bypassed` behind `drive`, found `on`
6:66: no pedalboard has an effect `drvie` (did you mean `drive`?)
6:80: `drive` has no parameter `gian` (did you mean `gain`?)
6:94: expected beats a minute from 20 to 300, found `1`
6:103: expected bytes in hexadecimal as in `C0 05`, or an OSC address, found `XX`
7:38: `mute` takes on or off, found `maybe`
7:50: no file declares a variable `sole` (did you mean `solo`?)
7:67: there is no page `sole` (did you mean `solo`?)
7:78: expected more behind `snapshot`
7:88: no pedalboard has an effect `drvie` (did you mean `drive`?)
7:102: expected an effect and its parameter, as in `drive/gain`, found `drive`
7:119: expected nothing behind `nothing`, found `x`
8:52: no device has a style or colour `rod` (did you mean `red`?)
8:57: `floor` has no control `fs9` (did you mean `fs6`?)
8:84: expected a style, a colour, or both, found `red blink dim` (as in `red blink`)
8:104: expected a control and what it does, as in `floor.fs1 down`, found `fs1`
9:5: a test needs something to look at: `expect`, `not` or `lights`
10:67: there is no snapshot `Leed` (did you mean `Lead`?)
10:79: there is no page `sole` (did you mean `solo`?)
10:94: no pedalboard has an effect `drvie` (did you mean `drive`?)
11:5: a test needs `play` (for example `play: [floor.fs1 down, wait 600 ms, floor.fs1 up]`)
11:57: expected true or false, found the number 1 (the type is that of its first value)
11:85: `3 Hz` does not fit `drive/gain`, which has the unit dB (a bare number or `%` always fits)
11:99: expected beats a minute from 20 to 300, found the number 5
11:103: unknown key `foo` in a test (known here: name, given, play, expect, not, lights)
"""  # noqa: E501


def test_every_mistake_of_a_test_is_told() -> None:
    """With its place, and the nearest that would be right."""
    _, report, compiler = read_rules(BROKEN_TESTS)
    assert compiler.tests() == []
    assert told(report) == SAID_OF_TESTS.splitlines()
