"""Several mapping files make one stage: what includes, pages, variables, defaults and pedalboards' own files become."""

from pathlib import Path

import pytest
from test_config import BOARD, PROFILE, RIG, problems_of, rig_at

from controld.actions import SetTuner
from controld.config import RigConfig, load_rig
from controld.mappings.profile import Kind
from controld.mappings.rule import Condition, Gesture, Mode, Page, Trigger
from controld.mappings.shaping import Motion, Takeover
from controld.mappings.target import BypassTarget, ParameterTarget, SwitchTarget
from controld.rehearse import rehearse
from controld.session.model import Bank
from controld.values import Scale

HEAD = "version: 1\n"
KNOBS = PROFILE + "  exp: {cc: 7, kind: pedal}\n  knob: {cc: 8, kind: knob}\n  latch: {cc: 9, kind: latch}\n"
BOARDS = """\
version: 1
name: %s
effects: {drive: {plugin: 'urn:drive'}, fuzz: {plugin: 'urn:fuzz'}}
snapshots: {Clean: {}}
%s
"""


def rule(control: str, effect: str = "drive") -> str:
    """Return a rule as an item of a list."""
    return f"  - {{when: floor.{control}, do: {{bypass: {effect}}}}}\n"


def places(rig: RigConfig) -> list[str]:
    """Return where the rules of a rig are written."""
    return [each.place for each in rig.rules]


def test_included_files_come_first_and_once(tmp_path: Path) -> None:
    """A file that two others include, and the rig names as well, has its rules once; paths are from the includer."""
    path = rig_at(
        tmp_path,
        controld=RIG.replace("[rules.yaml]", "[rules.yaml, more/deep.yaml, more/other.yaml]"),
        rules=HEAD + "includes: [more/deep.yaml, ./more/../more/deep.yaml]\nrules:\n" + rule("fs1"),
        more__deep=HEAD + "includes: other.yaml\nrules:\n" + rule("fs2"),
        more__other=HEAD + "rules:\n" + rule("fs3"),
    )
    rig = load_rig(path)
    assert places(rig) == ["more/other.yaml:3", "more/deep.yaml:4", "rules.yaml:4"]
    assert set(rig.files) >= {tmp_path / "more/deep.yaml", tmp_path / "more/other.yaml"}


def test_a_file_that_includes_itself_is_told_with_its_way(tmp_path: Path) -> None:
    """The place is that of the name that closes the ring."""
    path = rig_at(
        tmp_path,
        rules=HEAD + "includes: [a.yaml]\nrules: []\n",
        a=HEAD + "includes:\n  - b.yaml\n",
        b=HEAD + "includes: [rules.yaml, b.yaml]\n",
    )
    assert problems_of(path) == [
        "b.yaml:2:12: `rules.yaml` includes itself (rules.yaml -> a.yaml -> b.yaml -> rules.yaml)",
        "b.yaml:2:24: `b.yaml` includes itself (b.yaml -> b.yaml)",
    ]


def test_mistakes_of_included_files_are_told_with_the_rest(tmp_path: Path) -> None:
    """A file that is not there, one that is no YAML, and a wrong rule, all at once."""
    path = rig_at(
        tmp_path,
        rules=HEAD + "includes: [none.yaml, broken.yaml, wrong.yaml, 5]\nrules:\n" + rule("fs9"),
        broken="version: 1\nrules: [\n",
        wrong=HEAD + "rules:\n" + rule("fs1", "drvie"),
    )
    assert problems_of(path) == [
        "broken.yaml:2:9: not YAML: expected a value here",
        f"rules.yaml:2:12: `none.yaml` is no file in {tmp_path}",
        f"rules.yaml:2:48: `5` is no file in {tmp_path}",
        "rules.yaml:4:12: `floor` has no control `fs9` (did you mean `fs4`?)",
        "wrong.yaml:3:36: no pedalboard has an effect `drvie` (did you mean `drive`?)",
    ]


STAGE_A = """\
version: 1
variables: {solo: false}
pages:
  main: {start: true, rules: [{when: floor.fs1, do: {page: solo}}]}
  solo: {color: red}
"""
STAGE_B = """\
version: 1
variables: {count: {type: number, initial: 1}, mood: A}
pages:
  solo: {rules: [{when: floor.fs1, do: {page: back}, if: {variable: {solo: true}}}]}
  more: {}
rules:
  - {when: floor.fs2, do: {page: main}}
"""


def test_files_make_one_stage(tmp_path: Path) -> None:
    """Pages keep the order in which they appear, and may have rules in several files; names of one are known in all."""
    path = rig_at(tmp_path, controld=RIG.replace("[rules.yaml]", "[a.yaml, b.yaml]") + "variables: {loud: true}\n",
                  a=STAGE_A, b=STAGE_B)  # fmt: skip
    rig = load_rig(path)
    assert rig.stage.pages == (Page("main", start=True), Page("solo", color="red"), Page("more"))
    assert rig.stage.variables == {"loud": True, "solo": False, "count": 1.0, "mood": "A"}
    assert [(each.place, each.page) for each in rig.rules] == [
        ("a.yaml:4", "main"),
        ("b.yaml:7", ""),
        ("b.yaml:4", "solo"),
    ]


def test_what_files_say_differently_is_told(tmp_path: Path) -> None:
    """One start, one colour of a page, one declaration of a variable, one panic; with the place of the other."""
    path = rig_at(
        tmp_path,
        controld=RIG.replace("[rules.yaml]", "[a.yaml, b.yaml]") + "panic: [{mute: on}]\n",
        a=STAGE_A,
        b="""\
version: 1
variables: {solo: 1, wrong: {type: boolean, initial: 5}, twice: }
pages:
  solo: {color: green, start: true}
  next: {color: puce}
panic: [{parameter: drive/gain}, {panic: true}]
""",
    )
    said = [line.replace(f"{tmp_path}/", "") for line in problems_of(path)]
    assert said == [
        "b.yaml:2:13: the variable `solo` is declared already (in a.yaml:2)",
        "b.yaml:2:54: expected true or false, found the number 5 (the type is that of its first value)",
        "b.yaml:2:65: expected a text, a number, true or false; found nothing",
        "b.yaml:4:17: the page `solo` is red already (in a.yaml:5)",
        "b.yaml:4:31: another page starts already (in a.yaml:4)",
        "b.yaml:5:9: a page cannot be called `next` (that is a way to another page)",
        "b.yaml:5:17: no device has a colour `puce` (did you mean `purple`?)",
        "b.yaml:6:8: `panic` is said already (in controld.yaml:7)",
    ]


def test_the_safe_state_is_a_list_of_what_is_set(tmp_path: Path) -> None:
    """Actions in order; nothing that follows a movement, and no panic in a panic."""
    rules = HEAD + "panic: [{mute: on}, {bypass: drive, to: bypassed}]\nrules: []\n"
    rig = load_rig(rig_at(tmp_path / "right", rules=rules))
    assert rig.stage.panic == (SwitchTarget("mute", True), BypassTarget(("drive",), "bypassed"))
    path = rig_at(tmp_path / "wrong", rules=HEAD + "panic: [{parameter: drive/gain}, {panic: true}]\n")
    assert problems_of(path) == [
        "rules.yaml:2:9: nothing moves at a panic: say what is set (for example `to: 0`)",
        "rules.yaml:2:34: a panic cannot begin another one",
    ]


def test_defaults_of_the_rig_and_of_a_file(tmp_path: Path) -> None:
    """A rule's own word counts before its file's, that before the rig's, and what nobody says is as it was."""
    rig = load_rig(rig_at(
        tmp_path,
        surfaces__board=KNOBS,
        controld=RIG.replace("[rules.yaml]", "[rules.yaml, b.yaml]")
        + "defaults: {hold: 900 ms, double: 250 ms, mode: queue, toe: 90 %}\n",
        rules=HEAD + "rules:\n" + rule("fs1 hold") + rule("fs1 double") + rule("exp toe") + rule("exp heel"),
        b=HEAD + "defaults: {hold: 400 ms, chord: 80 ms, repeat: '300 ms, 50 ms', heel: 5 %, mode: ignore}\nrules:\n"
        + rule("fs1 hold") + rule("fs1 hold 1 s") + rule("fs1 hold-release") + rule("fs1 double")
        + rule("fs1 + floor.fs2") + rule("fs1 repeat") + rule("exp toe") + rule("exp heel") + rule("exp heel 1 %"),
    ))  # fmt: skip
    triggers = [each.triggers[0] for each in rig.rules]
    assert triggers[:4] == [
        Trigger("floor.fs1", Gesture.HOLD, 0.9), Trigger("floor.fs1", Gesture.DOUBLE, 0.25),
        Trigger("floor.exp", Gesture.TOE, at=0.9), Trigger("floor.exp", Gesture.HEEL, at=0.03),
    ]  # fmt: skip
    assert triggers[4:] == [
        Trigger("floor.fs1", Gesture.HOLD, 0.4), Trigger("floor.fs1", Gesture.HOLD, 1.0),
        Trigger("floor.fs1", Gesture.HOLD_RELEASE, 0.4), Trigger("floor.fs1", Gesture.DOUBLE, 0.25),
        Trigger("floor.fs1+floor.fs2", Gesture.PRESS, chord=("floor.fs1", "floor.fs2"), within_s=0.08),
        Trigger("floor.fs1", Gesture.REPEAT, 0.3, every_s=0.05), Trigger("floor.exp", Gesture.TOE, at=0.9),
        Trigger("floor.exp", Gesture.HEEL, at=0.05), Trigger("floor.exp", Gesture.HEEL, at=0.01),
    ]  # fmt: skip
    assert [each.mode for each in rig.rules] == [Mode.QUEUE] * 4 + [Mode.IGNORE] * 9


def test_a_default_takeover_is_that_of_the_controls_kind(tmp_path: Path) -> None:
    """Controls of one rule with different ones make a rule of each; a rule's own word counts before."""
    rules = """\
version: 1
defaults: {takeover: {knob: scale, pedal: pickup}}
rules:
  - {when: [floor.exp, floor.knob], do: {parameter: drive/gain}}
  - {when: floor.knob, do: {parameter: drive/gain, takeover: jump}}
  - {when: floor.fs1, do: {parameter: drive/gain, to: 1}}
"""
    rig = load_rig(rig_at(tmp_path, surfaces__board=KNOBS, rules=rules))
    motions = [each.targets[0].motion for each in rig.rules if isinstance(each.targets[0], ParameterTarget)]
    assert motions == [Motion(takeover=Takeover.PICKUP), Motion(takeover=Takeover.SCALE),
                       Motion(takeover=Takeover.JUMP), Motion()]  # fmt: skip
    assert places(rig)[:2] == ["rules.yaml:4 (floor.exp)", "rules.yaml:4 (floor.knob)"]


def test_a_chord_is_the_same_in_any_order(tmp_path: Path) -> None:
    """Its controls stand as in the rig: by surface, then by profile."""
    forms = ("fs3+floor.fs1", "fs1   +   floor.fs3 press", "fs3 + floor.fs1 hold 1 s")
    rig = load_rig(rig_at(tmp_path, rules=HEAD + "rules:\n" + "".join(map(rule, forms))))
    assert {each.triggers[0].control for each in rig.rules} == {"floor.fs1+floor.fs3"}
    assert {each.triggers[0].chord for each in rig.rules} == {("floor.fs1", "floor.fs3")}
    assert rig.rules[2].triggers[0].time_s == 1.0


def test_rules_of_a_pedalboard_count_on_it_alone(tmp_path: Path) -> None:
    """A condition says so, whatever else the rule asks; a file of two boards counts on both."""
    own = HEAD + "rules:\n" + rule("fs2") + "  - {when: floor.fs3, do: {bypass: drive}, if: {snapshot: Clean}}\n"
    rig = load_rig(rig_at(
        tmp_path,
        boards__a=BOARDS % ("Beta", "mappings: [../own.yaml]"),
        boards__b=BOARDS % ("Alpha", "mappings: [../own.yaml, ../b*.yaml]"),
        own=own, beta=HEAD + "rules:\n" + rule("fs4"),
    ))  # fmt: skip
    assert [(each.place, each.condition) for each in rig.rules] == [
        ("rules.yaml:3", None),
        ("own.yaml:3", Condition(pedalboards=("Beta", "Alpha"))),
        ("own.yaml:4", Condition(pedalboards=("Beta", "Alpha"), any_of=(Condition(snapshots=("Clean",)),))),
        ("beta.yaml:3", Condition(pedalboards=("Alpha",))),
    ]


def test_a_file_of_the_rig_and_of_a_pedalboard_counts_everywhere(tmp_path: Path) -> None:
    """That can hardly be meant, and is told as a warning; a file that is not there is a mistake."""
    rig = load_rig(rig_at(tmp_path, boards__a=BOARDS % ("Beta", "mappings: ../rules.yaml")))
    assert [each.condition for each in rig.rules] == [None]
    assert [each.message for each in rig.warnings] == ["the rules of `../rules.yaml` count on every pedalboard already"]
    path = rig_at(tmp_path / "wrong", boards__a=BOARDS % ("Beta", "mappings: [none.yaml]"))
    assert problems_of(path) == ["boards/a.yaml:5:12: `none.yaml` is no file in boards"]


def test_roles_of_all_pedalboards_are_known(tmp_path: Path) -> None:
    """A role may be other plugins on other boards; a symbol that only some have is a warning, one that none has not."""
    gain = Scale(-60, 60, unit="dB")
    symbols = {"urn:drive": {"gain": gain, "tone": Scale()}, "urn:fuzz": {"gain": gain}}
    rules = HEAD + "rules:\n" + "".join(
        f"  - {{when: floor.fs1, do: {{parameter: {name}, to: 1}}}}\n"
        for name in ("role:dirt/gain", "role:dirt/tone", "role:dirt/fizz", "role:drt/gain")
    )  # fmt: skip
    roles = ("roles: {dirt: drive}", "roles: {dirt: [fuzz]}")
    boards = {"boards__a": BOARDS % ("Beta", roles[0]), "boards__b": BOARDS % ("Alpha", roles[1])}
    path = rig_at(tmp_path, rules=rules.replace("fizz", "gain").replace("drt", "dirt"), **boards)
    rig = load_rig(path, symbols)
    assert [(each.line, each.message, each.hint) for each in rig.warnings] == [
        (4, "not every effect that `role:dirt` can be has a parameter `tone`", "these plugins lack it: urn:fuzz")
    ]
    assert [dict(board.roles) for board in rig.pedalboards] == [{"dirt": ("fuzz",)}, {"dirt": ("drive",)}]
    path = rig_at(tmp_path / "wrong", rules=rules.replace("fizz", "gain"), **boards)
    assert problems_of(path) == ["rules.yaml:6:39: no pedalboard has a role `drt` (did you mean `role:dirt`?)"]


def test_banks_keep_their_order_and_their_pedalboards(tmp_path: Path) -> None:
    """Each bank arrives; the first is the order of the pedalboards."""
    banks = HEAD + "banks: {Stage: [Beta, Alpha], Home: Alpha, Empty: [Beta, Beta]}\n"
    rig = load_rig(rig_at(tmp_path, controld=RIG + "banks: banks.yaml\n", banks=banks))
    assert rig.banks == (Bank("Stage", ("Beta", "Alpha")), Bank("Home", ("Alpha",)), Bank("Empty", ("Beta",)))
    assert [board.name for board in rig.pedalboards] == ["Beta", "Alpha"]


def test_raw_messages_are_controls_of_the_surfaces_they_may_come_from(tmp_path: Path) -> None:
    """A MIDI message of those that speak MIDI, an argument of an OSC message of those that speak OSC."""
    rules = (
        HEAD
        + """\
rules:
  - {when: {midi: {cc: 20, port: fl*}}, do: {bypass: drive}}
  - {when: {osc: /pad, argument: 2}, do: {parameter: drive/gain}}
  - {when: "osc:/scene/{1..2}", do: {bypass: drive}}
tests:
  - {name: raw, play: [floor.midi:cc20@any press, tablet.osc:/pad#2 to 50 %], expect: [bypass drive]}
"""
    )
    rig = load_rig(rig_at(tmp_path, rules=rules))
    assert {name: control.kind for name, control in rig.controls.items() if ":" in name} == {
        "floor.midi:cc20@any": Kind.BUTTON, "tablet.osc:/pad#2": Kind.PEDAL, "tablet.osc:/scene/1": Kind.BUTTON,
        "tablet.osc:/scene/2": Kind.BUTTON,
    }  # fmt: skip
    assert [trigger.control for trigger in rig.rules[2].triggers] == ["tablet.osc:/scene/1", "tablet.osc:/scene/2"]
    assert len(rig.tests) == 1


@pytest.mark.parametrize(("written", "mutes"), [("", True), ("tuner: {mute: false}\n", False), ("tuner: {}\n", True)])
def test_the_tuner_mutes_unless_it_is_said(written: str, mutes: bool, tmp_path: Path) -> None:
    """The rig's own file decides whether the speakers are parted while the tuner is shown."""
    board = BOARD % "Beta" + "connections: [drive:out -> system:playback_1]\n"
    rig = rehearse(load_rig(rig_at(tmp_path, controld=RIG.replace("*.yaml", "a.yaml") + written, boards__a=board)))
    assert len(rig.engine.connections) == 1
    rig.do(SetTuner(on=True))
    assert len(rig.engine.connections) == (0 if mutes else 1)
