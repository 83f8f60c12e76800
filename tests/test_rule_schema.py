"""Mapping files from YAML: what each rule becomes, and what is said of mistakes."""

import dataclasses
from pathlib import Path

import pytest
from config_texts import known, read_rules, rules_of, told, warned

from controld.actions import Seek, SendMidi, SendOsc
from controld.mappings.profile import Control, Kind, Source, SourceType
from controld.mappings.rule import Condition, Gesture, Look, Trigger
from controld.mappings.schema_known import Known
from controld.mappings.shaping import Shaping
from controld.mappings.target import (
    BypassTarget,
    ParameterTarget,
    PedalboardTarget,
    PresetTarget,
    SendTarget,
    SnapshotTarget,
    Target,
    WaitTarget,
)
from controld.values import CURVES, Duration, Level

PRESS, MOVE = Gesture.PRESS, Gesture.MOVE


def test_the_language_page_loads() -> None:
    """The page's rules mean what the page says."""
    rules = rules_of("""
  - when: floor.fs1
    do: {bypass: drive}                               # toggles; the LED shows it
  - when: floor.fs1 hold                              # 500 ms unless said: `hold 700 ms`
    do: {snapshot: Lead}
  - when: floor.exp1
    do: {parameter: wah/freq}                         # full sweep of the parameter, in its own scale
  - when: tablet.level
    do: {parameter: drive/gain, range: [20 %, 80 %], curve: exponential}
""")
    shaping = Shaping(Level(20, "%"), Level(80, "%"), CURVES["exponential"])
    assert [(rule.place, rule.triggers, rule.targets) for rule in rules] == [
        ("m.yaml:4", (Trigger("floor.fs1", PRESS),), (BypassTarget(("drive",)),)),
        ("m.yaml:6", (Trigger("floor.fs1", Gesture.HOLD, 0.5),), (SnapshotTarget("Lead"),)),
        ("m.yaml:8", (Trigger("floor.exp1", MOVE),), (ParameterTarget("wah", "freq"),)),
        ("m.yaml:10", (Trigger("tablet.level", MOVE),), (ParameterTarget("drive", "gain", shaping),)),
    ]


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("{bypass: drive, to: active}", BypassTarget(("drive",), "active")),
        ("{bypass: [drive, chorus], to: control}", BypassTarget(("drive", "chorus"), "control")),
        ("{parameter: drive/gain, to: 0.7}", ParameterTarget("drive", "gain", to=Level(0.7))),
        ("{parameter: drive/gain, by: +3 dB}", ParameterTarget("drive", "gain", by=Level(3, "dB"))),
        ("{parameter: drive/gain, by: -5 %}", ParameterTarget("drive", "gain", by=Level(-5, "%"))),
        ("{parameter: wah/freq, to: 1.2 kHz}", ParameterTarget("wah", "freq", to=Level(1.2, "kHz"))),
        ("{parameter: wah/mix, toggle: [0.2, 80%]}",
         ParameterTarget("wah", "mix", toggle=(Level(0.2), Level(80, "%")))),
        ("{preset: drive, to: Crunch}", PresetTarget("drive", "Crunch")),
        ("{preset: drive, to: next}", PresetTarget("drive", Seek.NEXT)),
        ("{preset: drive, to: 2}", PresetTarget("drive", 2)),
        ("{snapshot: previous}", SnapshotTarget(Seek.PREVIOUS)),
        ("{snapshot: last}", SnapshotTarget(Seek.LAST)),
        ("{snapshot: 2}", SnapshotTarget(2)),
        ('{snapshot: "2"}', SnapshotTarget(2)),
        ('{snapshot: "7"}', SnapshotTarget("7")),  # a snapshot is called so
        ("{pedalboard: Ambient}", PedalboardTarget("Ambient")),
        ("{pedalboard: 2}", PedalboardTarget(2)),
        ("{pedalboard: next}", PedalboardTarget(Seek.NEXT)),
        ("{send: floor, midi: {program: 3}}", SendTarget(SendMidi("floor", b"\xc0\x03"))),
        ("{send: floor, midi: {cc: 80, value: 1, channel: 16}}", SendTarget(SendMidi("floor", b"\xbf\x50\x01"))),
        ("{send: floor, midi: {note: C4}}", SendTarget(SendMidi("floor", b"\x90\x3c\x7f"))),
        ("{send: floor, midi: {note: 60, velocity: 0}}", SendTarget(SendMidi("floor", b"\x90\x3c\x00"))),
        ("{send: floor, midi: {sysex: F0 7E 7F 06 01 F7}}",
         SendTarget(SendMidi("floor", b"\xf0\x7e\x7f\x06\x01\xf7"))),
        ("{send: tablet, osc: /page/2, args: [1, 0.5, x, true]}",
         SendTarget(SendOsc("tablet", "/page/2", (1, 0.5, "x", True)))),
    ],
)  # fmt: skip
def test_actions(written: str, target: Target) -> None:
    """Each form of each action becomes its target."""
    assert rules_of(f"  - {{when: floor.fs1, do: {written}}}")[0].targets == (target,)


@pytest.mark.parametrize(
    ("written", "shaping"),
    [
        ("range: [1, -6 dB]", Shaping(Level(1), Level(-6, "dB"))),
        ("steps: 5", Shaping(steps=5)),
        ("values: [-20 dB, -12 dB, 0 dB]", Shaping(values=(Level(-20, "dB"), Level(-12, "dB"), Level(0, "dB")))),
        ("curve: s-curve", Shaping(curve=CURVES["s-curve"])),
    ],
)
def test_shaping(written: str, shaping: Shaping) -> None:
    """A driven parameter is shaped as written."""
    rules = rules_of(f"  - {{when: floor.exp1, do: {{parameter: drive/gain, {written}}}}}")
    assert rules[0].targets == (ParameterTarget("drive", "gain", shaping),)


def test_a_curve_of_points() -> None:
    """Points are joined by lines, and the inverse leads back."""
    rules = rules_of("  - {when: floor.exp1, do: {parameter: drive/gain, curve: [[0, 0], [0.5, 0.2], [1, 1]]}}")
    target = rules[0].targets[0]
    assert isinstance(target, ParameterTarget)
    assert target.shaping.shape(0.5) == pytest.approx(0.2)
    assert target.shaping.unshape(0.2) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("written", "trigger"),
    [
        ("floor.fs1 press", Trigger("floor.fs1", PRESS)),
        ("floor.fs1 release", Trigger("floor.fs1", Gesture.RELEASE)),
        ("floor.fs1 hold 700 ms", Trigger("floor.fs1", Gesture.HOLD, 0.7)),
        ("floor.fs1 hold 1.5s", Trigger("floor.fs1", Gesture.HOLD, 1.5)),
        ("floor.fs1 double", Trigger("floor.fs1", Gesture.DOUBLE, 0.3)),
        ("floor.fs1 double 200 ms", Trigger("floor.fs1", Gesture.DOUBLE, 0.2)),
        ("floor.latch", Trigger("floor.latch", PRESS)),
        ("floor.wheel", Trigger("floor.wheel", MOVE)),
        ("floor.patch", Trigger("floor.patch", Gesture.CHANGE)),
        ("floor.patch 5", Trigger("floor.patch", Gesture.CHANGE, program=5)),
    ],
)
def test_forms_of_when(written: str, trigger: Trigger) -> None:
    """A control's natural gesture is meant unless another is written."""
    assert rules_of(f"  - {{when: {written}, do: {{snapshot: next}}}}")[0].triggers == (trigger,)


def test_several_forms_are_any_of_them() -> None:
    """A list of forms makes one rule with several triggers."""
    rules = rules_of("  - {when: [floor.fs1, floor.patch 1], do: {snapshot: next}}")
    assert rules[0].triggers == (Trigger("floor.fs1", PRESS), Trigger("floor.patch", Gesture.CHANGE, program=1))


def test_a_form_written_twice_counts_once() -> None:
    """The rule would else run twice for one press."""
    rules = rules_of("  - {when: [floor.fs1, floor.fs1 press], do: {bypass: drive}}")
    assert rules[0].triggers == (Trigger("floor.fs1", PRESS),)


def test_a_list_of_actions_runs_in_order() -> None:
    """Waits keep seconds and beats apart, for beats follow the tempo; a bar has four."""
    rules = rules_of("""
  - when: floor.fs1
    do: [{bypass: drive}, {wait: 50 ms}, {snapshot: Lead}, {wait: 1 bar}, {snapshot: Clean}]
""")
    waits = [target.duration for target in rules[0].targets if isinstance(target, WaitTarget)]
    assert waits == [Duration(seconds=0.05), Duration(beats=4)]


def test_program_ranges_without_index_are_one_rule() -> None:
    """`floor.patch 0..2` is three triggers of one rule."""
    rules = rules_of("  - {when: floor.patch 0..2, do: {snapshot: next}}")
    assert [[trigger.program for trigger in rule.triggers] for rule in rules] == [[0, 1, 2]]


def test_index_counts_the_programs_of_a_range() -> None:
    """`{index}` makes a rule of each program, counted from 1, each with its own place."""
    rules = rules_of('  - {when: floor.patch 4..6, do: {snapshot: "{index}"}}')
    assert [(rule.place, rule.triggers[0].program, rule.targets[0]) for rule in rules] == [
        ("m.yaml:3 (program 4)", 4, SnapshotTarget(1)),
        ("m.yaml:3 (program 5)", 5, SnapshotTarget(2)),
        ("m.yaml:3 (program 6)", 6, SnapshotTarget(3)),
    ]


def test_for_repeats_a_rule() -> None:
    """Every combination of the names makes a rule, the last name varying fastest."""
    rules = rules_of("""
  - for: {n: 1..2, fx: [drive, wah]}
    when: floor.fs{n}
    do: {bypass: "{fx}"}
    if: {effect: {"{fx}": active}}
    name: "{fx} by {n}"
""")
    assert [(rule.place, rule.triggers[0].control, rule.name) for rule in rules] == [
        ("m.yaml:4 (n=1, fx=drive)", "floor.fs1", "drive by 1"),
        ("m.yaml:4 (n=1, fx=wah)", "floor.fs1", "wah by 1"),
        ("m.yaml:4 (n=2, fx=drive)", "floor.fs2", "drive by 2"),
        ("m.yaml:4 (n=2, fx=wah)", "floor.fs2", "wah by 2"),
    ]
    assert rules[3].condition == Condition(effects=(("wah", True),))


def test_for_and_index_go_together() -> None:
    """Both kinds of repetition may meet in one rule."""
    rules = rules_of('  - {for: {n: 1..2}, when: "floor.patch 0..1", do: {snapshot: "{index}"}, name: "{n}"}')
    assert [rule.place for rule in rules] == [
        "m.yaml:3 (n=1) (program 0)", "m.yaml:3 (n=1) (program 1)",
        "m.yaml:3 (n=2) (program 0)", "m.yaml:3 (n=2) (program 1)",
    ]  # fmt: skip


def test_rules_in_one_line_have_places_of_their_own() -> None:
    """A place is a rule's identity, so no two rules share one."""
    rules = rules_of("  [{when: floor.fs1, do: {snapshot: next}}, {when: floor.fs2, do: {snapshot: next}}]")
    assert [rule.place for rule in rules] == ["m.yaml:3", "m.yaml:3:45"]


def test_conditions_nest() -> None:
    """All that is given must hold; `any` and `not` hold conditions of their own."""
    rules = rules_of("""
  - when: floor.fs1
    do: {bypass: drive}
    if:
      snapshot: [Lead, Clean]
      effect: {drive: active, wah: bypassed}
      any: [{pedalboard: Ambient}]
      not: {snapshot: "7"}
""")
    assert rules[0].condition == Condition(
        snapshots=("Lead", "Clean"),
        effects=(("drive", True), ("wah", False)),
        any_of=(Condition(pedalboards=("Ambient",)),),
        none_of=(Condition(snapshots=("7",)),),
    )


@pytest.mark.parametrize(
    ("written", "look"),
    [
        ("none", Look(shown=False)),
        ("{color: green, idle: dim, pending: blink, failed: red}",
         Look("green", idle="dim", pending="blink", failed="red")),
        ("{lit: blink, idle: off}", Look(lit="blink", idle="off")),
    ],
)  # fmt: skip
def test_feedback(written: str, look: Look) -> None:
    """`feedback` says how each state looks, or that nothing is shown."""
    assert rules_of(f"  - {{when: floor.fs1, do: {{bypass: drive}}, feedback: {written}}}")[0].look == look


def test_raw_osc_becomes_a_control_of_every_osc_surface() -> None:
    """Where a rule follows a position the address is a pedal, else a button; both are heard without a profile."""
    rules, report, compiler = read_rules("""version: 1
rules:
  - {when: "osc:/fx/*/level", do: {parameter: drive/gain}}
  - {when: {osc: /go}, do: {snapshot: next}}
  - {when: "osc:/hold hold", do: {snapshot: next}}
""")
    assert told(report) == []
    assert [rule.triggers for rule in rules] == [
        (Trigger("tablet.osc:/fx/*/level", MOVE),),
        (Trigger("tablet.osc:/go", PRESS),),
        (Trigger("tablet.osc:/hold", Gesture.HOLD, 0.5),),
    ]
    name = "osc:/fx/*/level"
    raw = compiler.implicit["tablet"]
    assert raw[name] == Control(name, Kind.PEDAL, Source(SourceType.OSC, address="/fx/*/level"))
    assert raw["osc:/go"].kind is Kind.BUTTON


def broken_rules() -> dict[str, list[str]]:
    """Return the rules of the table of mistakes with what is said of each."""
    found: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / "broken_rules.txt").read_text("utf-8").splitlines():
        if line.startswith("    "):
            found[next(reversed(found))].append(line.strip())
        elif line and not line.startswith("#"):
            found[line] = []
    return found


BROKEN = broken_rules()


@pytest.mark.parametrize("written", list(BROKEN))
def test_mistakes_of_a_rule(written: str) -> None:
    """Each mistake is told with its column, what was expected, and the nearest valid choice."""
    _, report, _ = read_rules(f"version: 1\nrules:\n  - {{{written}}}\n")
    assert told(report) == [f"3:{line}" for line in BROKEN[written]]


def test_a_range_in_a_rule_without_for() -> None:
    """A range stands in profiles; in a rule it needs `for`, and the message says how (a schema takes it for a name)."""
    _, report, _ = read_rules("version: 1\nrules:\n  - {when: 'floor.fs{1..4}', do: {bypass: drive}}\n")
    hint = "write `for: {n: 1..4}` in the rule, and `floor.fs{n}` here"
    assert told(report) == [f"3:12: expected `surface.control`, as in `floor.fs1`, found `floor.fs{{1..4}}` ({hint})"]


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    """A file with every broken rule of the table above tells every one of them, each in its own line."""
    text = "version: 1\nrules:\n" + "".join(f"  - {{{written}}}\n" for written in BROKEN)
    _, report, _ = read_rules(text)
    assert told(report) == [f"{index}:{line}" for index, lines in enumerate(BROKEN.values(), 3) for line in lines]


@pytest.mark.parametrize(
    ("written", "warning"),
    [
        ("when: floor.exp1, do: {bypass: drive}",
         "28: `floor.exp1` is a pedal, and every movement of it does this again (`to: control` follows its position)"),
        ("when: floor.exp1, do: {snapshot: Lead}",
         "28: `floor.exp1` is a pedal, and every movement of it does this again (`toe` and `heel` happen once)"),
        ("when: floor.fs1, do: {snapshot: 9}", "38: there is no snapshot number 9 (the most there are is 3)"),
        ("when: floor.fs1, do: {pedalboard: 3}", "40: there is no pedalboard number 3 (the most there are is 2)"),
    ],
)  # fmt: skip
def test_what_can_hardly_be_meant_is_a_warning(written: str, warning: str) -> None:
    """The file loads, and says what will not work as hoped."""
    _, report, _ = read_rules(f"version: 1\nrules:\n  - {{{written}}}\n")
    assert (told(report), warned(report)) == ([], [f"3:{warning}"])


def test_a_mapping_alone_is_not_held_against_names() -> None:
    """Where the rig is not known, any name is taken."""
    rules, report, _ = read_rules(
        "version: 1\nrules:\n  - {when: any.thing, do: [{bypass: x}, {snapshot: y}, {send: z, midi: {program: 1}}]}\n",
        Known(),
    )
    assert told(report) == []
    assert rules[0].triggers == (Trigger("any.thing", PRESS),)


def test_a_surface_with_a_broken_profile_is_not_held_against_rules() -> None:
    """One mistake, one message: rules on a profile that could not be read say nothing of its controls."""
    names = dataclasses.replace(known(), surfaces={"floor": None})
    _, report, _ = read_rules("version: 1\nrules:\n  - {when: floor.fs99, do: {snapshot: next}}\n", names)
    assert told(report) == []


def test_raw_osc_needs_a_surface_that_speaks_it() -> None:
    """Without one the rule could never be heard; and one address cannot be a pedal and a button."""
    names = dataclasses.replace(known(), osc=frozenset())
    _, report, _ = read_rules('version: 1\nrules:\n  - {when: "osc:/x", do: {snapshot: next}}\n', names)
    assert told(report) == ["3:12: no surface speaks OSC (give one `osc: {listen: 127.0.0.1:9000}`)"]
    _, report, _ = read_rules("""version: 1
rules:
  - {when: "osc:/x", do: {parameter: drive/gain}}
  - {when: "osc:/x", do: {snapshot: next}}
""")
    assert told(report) == [
        "4:12: `osc:/x` cannot be both a pedal and a button (give it a control of a surface profile)"
    ]
