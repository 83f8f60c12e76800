"""Every example of the language's page loads, and means what the page says of it."""

from pathlib import Path

import pytest
from design_page import IF, PAGES, RULES, TEMPLATE, TESTS, page_rig, rules_text

from controld.actions import Seek, SendMidi, SendOsc
from controld.config import MidiPorts, OscConfig
from controld.config_values import EngineConfig, Startup
from controld.mappings.map_test import CurrentIs, Down, Given, LightIs, Touched, Up, Wait
from controld.mappings.profile import Kind, Source, SourceType
from controld.mappings.rule import Condition, Gesture, Look, Mode, Page, Rule, Trigger
from controld.mappings.shaping import Motion, Shaping, Takeover
from controld.mappings.target import (
    BankTarget,
    BypassTarget,
    Command,
    CommandTarget,
    MorphTarget,
    PageTarget,
    ParameterTarget,
    PedalboardTarget,
    PresetTarget,
    SendTarget,
    ShowTarget,
    SnapshotTarget,
    SwitchTarget,
    Target,
    TempoTarget,
    VariableTarget,
    WaitTarget,
)
from controld.session.model import Bank
from controld.values import CURVES, Duration, Level

PRESS, MOVE, CHANGE = Gesture.PRESS, Gesture.MOVE, Gesture.CHANGE


def only_rule(folder: Path, rule: str) -> Rule:
    """Return the one rule that a text stands for, in the page's rig, without a warning."""
    rig = page_rig(folder, rules_text(rule))
    assert rig.warnings == ()
    (found,) = rig.rules
    return found


def test_the_rig_of_the_page(tmp_path: Path) -> None:
    """Engine, surfaces, pedalboards, banks and start-up are as they are written."""
    rig = page_rig(tmp_path)
    assert rig.engine == EngineConfig("virtual")
    floor, tablet = rig.surfaces
    assert (floor.name, floor.midi) == ("floor", MidiPorts("*FCB1010*", "*FCB1010*"))
    assert (tablet.name, tablet.osc) == ("tablet", OscConfig("127.0.0.1", 9000, "sender"))
    assert [board.name for board in rig.pedalboards] == ["Clean to Lead", "Ambient"]
    assert rig.banks == (Bank("Stage", ("Clean to Lead", "Ambient")), Bank("Home", ("Ambient",)))
    assert rig.startup == Startup("last", "Clean to Lead")
    assert rig.controls["floor.screen"].kind is Kind.DISPLAY
    assert rig.controls["floor.fs6"].source == Source(SourceType.CC, 25, 1)
    assert rig.controls["tablet.xy"].source == Source(SourceType.OSC, address="/pad", argument=2)
    assert rig.pedalboards[0].roles == {"dirt": ("drive", "fuzz")}


def test_the_rules_of_the_page(tmp_path: Path) -> None:
    """The four rules of the page's beginning, each with its place."""
    shaping = Shaping(Level(20, "%"), Level(80, "%"), CURVES["exponential"])
    assert [(rule.place, rule.triggers, rule.targets) for rule in page_rig(tmp_path, RULES).rules] == [
        ("mappings/stage.yaml:3", (Trigger("floor.fs1", PRESS),), (BypassTarget(("drive",)),)),
        ("mappings/stage.yaml:5", (Trigger("floor.fs1", Gesture.HOLD, 0.5),), (SnapshotTarget("Lead"),)),
        ("mappings/stage.yaml:7", (Trigger("floor.exp1", MOVE),), (ParameterTarget("wah", "freq"),)),
        ("mappings/stage.yaml:9", (Trigger("tablet.level", MOVE),), (ParameterTarget("drive", "gain", shaping),)),
    ]


CHORD = ("floor.fs1", "floor.fs2")


@pytest.mark.parametrize(
    ("written", "triggers"),
    [
        ("floor.fs1", [Trigger("floor.fs1", PRESS)]),
        ("floor.patch", [Trigger("floor.patch", CHANGE)]),
        ("floor.fs1 press", [Trigger("floor.fs1", PRESS)]),
        ("floor.fs1 release", [Trigger("floor.fs1", Gesture.RELEASE)]),
        ("floor.fs1 hold", [Trigger("floor.fs1", Gesture.HOLD, 0.5)]),
        ("floor.fs1 hold 700 ms", [Trigger("floor.fs1", Gesture.HOLD, 0.7)]),
        ("floor.fs1 hold-release", [Trigger("floor.fs1", Gesture.HOLD_RELEASE, 0.5)]),
        ("floor.fs1 double", [Trigger("floor.fs1", Gesture.DOUBLE, 0.3)]),
        ("floor.fs1 double 200 ms", [Trigger("floor.fs1", Gesture.DOUBLE, 0.2)]),
        ("floor.fs1 repeat", [Trigger("floor.fs1", Gesture.REPEAT, 0.5, every_s=0.1)]),
        ("floor.fs1 repeat 400 ms", [Trigger("floor.fs1", Gesture.REPEAT, 0.4, every_s=0.1)]),
        ('"floor.fs1 repeat 400 ms, 80 ms"', [Trigger("floor.fs1", Gesture.REPEAT, 0.4, every_s=0.08)]),
        ("floor.fs1 + floor.fs2", [Trigger("floor.fs1+floor.fs2", PRESS, chord=CHORD, within_s=0.05)]),
        ("floor.exp1 toe", [Trigger("floor.exp1", Gesture.TOE, at=0.97)]),
        ("floor.exp1 toe 90 %", [Trigger("floor.exp1", Gesture.TOE, at=0.9)]),
        ("floor.exp1 heel", [Trigger("floor.exp1", Gesture.HEEL, at=0.03)]),
        ("floor.patch 5", [Trigger("floor.patch", CHANGE, program=5)]),
        ("floor.patch 0..7", [Trigger("floor.patch", CHANGE, program=number) for number in range(8)]),
        ('{midi: {cc: 20, channel: any, port: "*"}}', [Trigger("floor.midi:cc20@any", PRESS)]),
        ('{osc: "/fx/*/level"}', [Trigger("tablet.osc:/fx/*/level", PRESS)]),
        ('"osc:/fx/*/level"', [Trigger("tablet.osc:/fx/*/level", PRESS)]),
        ("{event: pedalboard-loaded}", [Trigger("event:pedalboard-loaded", Gesture.EVENT)]),
        ("[floor.fs1, floor.patch 5]", [Trigger("floor.fs1", PRESS), Trigger("floor.patch", CHANGE, program=5)]),
    ],
)
def test_every_form_of_when(written: str, triggers: list[Trigger], tmp_path: Path) -> None:
    """Each row of the page's table under `when`."""
    assert list(only_rule(tmp_path, f"{{when: {written}, do: {{snapshot: Lead}}}}").triggers) == triggers


@pytest.mark.parametrize(
    "event",
    ["pedalboard-loaded", "snapshot-recalled", "engine-up", "engine-down", "surface-connected", "page-entered",
     "page-left", "beat"],
)  # fmt: skip
def test_every_event_of_the_page(event: str, tmp_path: Path) -> None:
    """Session events are heard by their word."""
    rule = only_rule(tmp_path, f"{{when: {{event: {event}}}, do: {{snapshot: Lead}}}}")
    assert rule.triggers == (Trigger(f"event:{event}", Gesture.EVENT),)


def test_the_index_of_a_program_range(tmp_path: Path) -> None:
    """The offset of a range is available as `{index}`."""
    rules = page_rig(tmp_path, rules_text('{when: floor.patch 0..7, do: {snapshot: "{index}"}}')).rules
    assert [(rule.triggers[0].program, rule.targets) for rule in rules] == [
        (number, (SnapshotTarget(number + 1),)) for number in range(8)
    ]


LEAD_MORPH = ((0.0, "Clean"), (0.4, "Crunch"), (1.0, "Lead"))


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("{bypass: drive}", BypassTarget(("drive",))),
        ("{bypass: drive, to: active}", BypassTarget(("drive",), "active")),
        ("{bypass: drive, to: bypassed}", BypassTarget(("drive",), "bypassed")),
        ("{bypass: [drive, chorus]}", BypassTarget(("drive", "chorus"))),
        ("{parameter: drive/gain, to: 0.7}", ParameterTarget("drive", "gain", to=Level(0.7))),
        ("{parameter: drive/gain, by: +3 dB}", ParameterTarget("drive", "gain", by=Level(3, "dB"))),
        ("{parameter: drive/gain, cycle: [0.2, 0.5, 0.8]}",
         ParameterTarget("drive", "gain", cycle=(Level(0.2), Level(0.5), Level(0.8)))),
        ("{parameter: drive/gain, toggle: [0.2, 0.8]}",
         ParameterTarget("drive", "gain", toggle=(Level(0.2), Level(0.8)))),
        ("{parameter: drive/gain, to: 0.7, over: 2 s}",
         ParameterTarget("drive", "gain", to=Level(0.7), over=Duration(2.0))),
        ("{preset: drive, to: Crunch}", PresetTarget("drive", "Crunch")),
        ("{preset: drive, to: next}", PresetTarget("drive", Seek.NEXT)),
        ("{preset: drive, to: previous}", PresetTarget("drive", Seek.PREVIOUS)),
        ("{preset: drive, to: 2}", PresetTarget("drive", 2)),
        ("{snapshot: Lead}", SnapshotTarget("Lead")),
        ("{snapshot: next}", SnapshotTarget(Seek.NEXT)),
        ("{snapshot: previous}", SnapshotTarget(Seek.PREVIOUS)),
        ("{snapshot: last}", SnapshotTarget(Seek.LAST)),
        ("{snapshot: 2}", SnapshotTarget(2)),
        ("{snapshot: current, save: true}", SnapshotTarget(Seek.CURRENT, save=True)),
        ("{pedalboard: Ambient}", PedalboardTarget("Ambient")),
        ("{pedalboard: 2}", PedalboardTarget(2)),
        ("{pedalboard: next}", PedalboardTarget(Seek.NEXT)),
        ("{bank: Home}", BankTarget("Home")),
        ("{bank: previous}", BankTarget(Seek.PREVIOUS)),
        ("{page: solo}", PageTarget("solo")),
        ("{page: back}", PageTarget(Seek.BACK)),
        ("{page: solo, hold: true}", PageTarget("solo", hold=True)),
        ("{tempo: tap}", TempoTarget(tap=True)),
        ("{tempo: 120}", TempoTarget(bpm=120.0)),
        ("{tempo: current, by: -1}", TempoTarget(by=-1.0)),
        ("{transport: start}", SwitchTarget("transport", True)),
        ("{transport: stop}", SwitchTarget("transport", False)),
        ("{transport: toggle}", SwitchTarget("transport")),
        ("{send: floor, midi: {program: 3}}", SendTarget(SendMidi("floor", b"\xc0\x03"))),
        ("{send: tablet, osc: /page/2, args: [1]}", SendTarget(SendOsc("tablet", "/page/2", (1,)))),
        ('{show: floor.screen, text: "{pedalboard} / {snapshot}", for: 2 s}',
         ShowTarget("floor.screen", "{pedalboard} / {snapshot}", Duration(2.0))),
        ("{tuner: on}", SwitchTarget("tuner", True)),
        ("{tuner: off}", SwitchTarget("tuner", False)),
        ("{mute: toggle}", SwitchTarget("mute")),
        ("{set: solo, to: true}", VariableTarget("solo", to=True)),
        ("{undo: last}", CommandTarget(Command.UNDO)),
        ("{redo: last}", CommandTarget(Command.REDO)),
        ("{panic: true}", CommandTarget(Command.PANIC)),
        ("{resync: all}", CommandTarget(Command.RESYNC)),
        ("{resync: floor}", CommandTarget(Command.RESYNC, "floor")),
        ("{bypass: role:dirt}", BypassTarget(("role:dirt",))),
        ("{parameter: drive/gain, to: 0.7, release: return}",
         ParameterTarget("drive", "gain", to=Level(0.7), returns=True)),
    ],
)  # fmt: skip
def test_every_action_of_a_switch(written: str, target: Target, tmp_path: Path) -> None:
    """Each row of the page's table under `do` that a press can do."""
    assert only_rule(tmp_path, f"{{when: floor.fs1, do: {written}}}").targets == (target,)


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("{bypass: drive, to: control}", BypassTarget(("drive",), "control")),
        ("{parameter: drive/gain}", ParameterTarget("drive", "gain")),
        ("{morph: [Clean, Lead]}", MorphTarget(((0.0, "Clean"), (1.0, "Lead")))),
        ("{morph: {0 %: Clean, 40 %: Crunch, 100 %: Lead}, curve: smooth}",
         MorphTarget(LEAD_MORPH, Shaping(curve=CURVES["smooth"]))),
        ("{parameter: drive/gain, range: [80 %, 20 %]}",
         ParameterTarget("drive", "gain", Shaping(Level(80, "%"), Level(20, "%")))),
        ("{parameter: drive/gain, curve: logarithmic, steps: 5}",
         ParameterTarget("drive", "gain", Shaping(curve=CURVES["logarithmic"], steps=5))),
        ("{parameter: drive/gain, values: [-20 dB, -12 dB, 0 dB]}",
         ParameterTarget("drive", "gain", Shaping(values=(Level(-20, "dB"), Level(-12, "dB"), Level(0, "dB"))))),
        ("{parameter: drive/gain, deadzone: 2 %}", ParameterTarget("drive", "gain", motion=Motion(deadzone=0.02))),
        ("{parameter: drive/gain, smooth: 20 ms}", ParameterTarget("drive", "gain", motion=Motion(smooth_s=0.02))),
        ("{parameter: drive/gain, takeover: pickup}",
         ParameterTarget("drive", "gain", motion=Motion(takeover=Takeover.PICKUP))),
        ("{parameter: drive/gain, takeover: scale}",
         ParameterTarget("drive", "gain", motion=Motion(takeover=Takeover.SCALE))),
    ],
)  # fmt: skip
def test_every_action_of_a_pedal(written: str, target: Target, tmp_path: Path) -> None:
    """Each that follows a position, with its shaping."""
    assert only_rule(tmp_path, f"{{when: floor.exp1, do: {written}}}").targets == (target,)


def test_acceleration_of_an_encoder(tmp_path: Path) -> None:
    """`1..8`: a fast turn counts up to eight times."""
    rule = only_rule(tmp_path, "{when: floor.wheel, do: {parameter: drive/gain, acceleration: 1..8}}")
    assert rule.targets == (ParameterTarget("drive", "gain", motion=Motion(acceleration=8.0)),)


def test_a_list_with_waits_and_a_mode(tmp_path: Path) -> None:
    """A list runs in order; `wait` stands inside it, and `mode` says what a second trigger does."""
    actions = "[{snapshot: Lead}, {wait: 50 ms}, {bypass: drive}, {wait: 2 beats}, {tempo: tap}]"
    targets = (
        SnapshotTarget("Lead"), WaitTarget(Duration(0.05)), BypassTarget(("drive",)), WaitTarget(Duration(beats=2.0)),
        TempoTarget(tap=True),
    )  # fmt: skip
    assert only_rule(tmp_path, f"{{when: floor.fs1, do: {actions}}}").targets == targets
    for mode in Mode:
        rule = only_rule(tmp_path, f"{{when: floor.fs1, do: {actions}, mode: {mode.value}}}")
        assert (rule.targets, rule.mode) == (targets, mode)


def test_the_condition_of_the_page(tmp_path: Path) -> None:
    """Everything in `if` must hold; `any` and `not` nest."""
    rule = only_rule(tmp_path, f"{{when: floor.fs1, do: {{bypass: drive}}, if: {IF}}}")
    condition = Condition(
        snapshots=("Lead", "Chorus"), effects=(("drive", True),), pages=("solo",), variables=(("solo", True),),
        controls=(("floor.fs2", True),),
    )  # fmt: skip
    assert rule.condition == condition
    rule = only_rule(tmp_path, f"{{when: floor.fs1, do: {{bypass: drive}}, if: {{not: {IF}, any: [{IF}]}}}}")
    assert rule.condition == Condition(any_of=(condition,), none_of=(condition,))


def test_the_pages_of_the_page(tmp_path: Path) -> None:
    """Rules of a page say so, and the stage knows which starts."""
    rig = page_rig(tmp_path, PAGES)
    assert rig.stage.pages == (Page("main", start=True), Page("solo", color="red"))
    (rule,) = rig.rules
    assert (rule.page, rule.triggers, rule.targets) == ("solo", (Trigger("floor.fs1", PRESS),),
                                                        (SnapshotTarget("Solo 1"),))  # fmt: skip


@pytest.mark.parametrize(
    ("written", "look"),
    [
        ("{color: green, idle: dim, pending: blink, failed: red}",
         Look("green", idle="dim", pending="blink", failed="red")),
        ("none", Look(shown=False)),
        ('{value: delay/time, text: "{value} ms"}', Look(value=("parameter", "delay", "time"), text="{value} ms")),
    ],
)  # fmt: skip
def test_the_feedback_of_the_page(written: str, look: Look, tmp_path: Path) -> None:
    """`feedback` changes the look, shows nothing, or follows another value."""
    assert only_rule(tmp_path, f"{{when: floor.fs1, do: {{bypass: drive}}, feedback: {written}}}").look == look


def test_the_template_of_the_page(tmp_path: Path) -> None:
    """`for` makes four rules of one."""
    assert [(rule.place, rule.triggers[0].control, rule.targets) for rule in page_rig(tmp_path, TEMPLATE).rules] == [
        (f"mappings/stage.yaml:3 (n={n})", f"floor.fs{n}", (SnapshotTarget(n),)) for n in range(1, 5)
    ]


def test_the_test_of_the_page(tmp_path: Path) -> None:
    """A test inside the map arrives whole."""
    (test,) = page_rig(tmp_path, TESTS).tests
    assert (test.place, test.name) == (
        "mappings/stage.yaml:9",
        "hold recalls Lead and does not toggle drive",
    )
    assert test.given == Given("Clean to Lead", "Clean")
    assert [each.step for each in test.play] == [Down("floor.fs1"), Wait(Duration(0.6)), Up("floor.fs1")]
    assert [each.what for each in test.expect] == [CurrentIs("snapshot", "Lead")]
    assert [each.what for each in test.unwanted] == [Touched("drive")]
    assert [each.light for each in test.lights] == [LightIs("floor.fs1", "off")]
