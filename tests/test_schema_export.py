"""`controld schema`: valid JSON Schema that agrees with the loader, and describes every key to an editor."""

import argparse
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from config_texts import PAGE_OSC_PROFILE, PAGE_PROFILE, read_board, read_profile, read_rules, told
from test_rule_schema import BROKEN

from controld.check import KINDS, add_schema_arguments, json_schema, run_schema, schema_text
from controld.config_schema import RIG
from controld.errors import ConfigError
from controld.mappings.schema_known import Known
from controld.shape import Report
from controld.yaml_reader import compose, read_document

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "config" / "schema"
SHIPPED_PROFILES = sorted((ROOT / "controld" / "surfaces" / "profiles").glob("*.yaml"))


def accepts(kind: str, data: object) -> bool:
    """Tell whether the schema of a kind of file accepts plain data."""
    return bool(jsonschema.Draft202012Validator(json_schema(kind)).is_valid(data))


def plain(text: str) -> Any:
    """Return the plain data of a YAML text."""
    return compose(text, "f")[0].plain()


@pytest.mark.parametrize("kind", list(KINDS))
def test_each_schema_is_valid(kind: str) -> None:
    """Each is itself right by the 2020-12 meta schema."""
    jsonschema.Draft202012Validator.check_schema(json_schema(kind))


def tables(schema: object) -> list[dict[str, Any]]:
    """Return every object description inside a schema that has properties."""
    if isinstance(schema, list):
        return [table for each in schema for table in tables(each)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" and "properties" in schema else []
    return own + [table for each in schema.values() for table in tables(each)]


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_key_has_words_for_hovering(kind: str) -> None:
    """An editor can say of each key what it is for, and refuses keys that do not exist."""
    found = tables(json_schema(kind))
    assert found
    for table in found:
        assert table["additionalProperties"] is False
        assert all(key.get("description", "").endswith(".") for key in table["properties"].values()), table


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [("rig", "controld.yaml"), ("banks", "banks.yaml"), ("profile", "surfaces/*.yaml"), ("mapping", "mappings/*.yaml"),
     ("pedalboard", "pedalboards/*.yaml")],
)  # fmt: skip
def test_the_shipped_files_are_accepted(kind: str, pattern: str) -> None:
    """Whoever edits the shipped files sees no false alarm, and is told what each key means."""
    paths = list((ROOT / "config").glob(pattern)) + (SHIPPED_PROFILES if kind == "profile" else [])
    assert paths
    for path in paths:
        declared = path.read_text("utf-8").splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / declared).resolve() == SCHEMAS / f"{kind}.json"
        jsonschema.Draft202012Validator(json_schema(kind)).validate(read_document(path)[0].plain())


@pytest.mark.parametrize("text", [PAGE_PROFILE, PAGE_OSC_PROFILE])
def test_the_profiles_of_the_page_are_accepted(text: str) -> None:
    """Ranges in names and values included."""
    jsonschema.Draft202012Validator(json_schema("profile")).validate(plain(text))


CONTROLS = [
    "{cc: 20, kind: button}", "{cc: 128, kind: button}", "{cc: '5', kind: button}", "{cc: any, kind: latch}",
    "{cc: 20, kind: knob}", "{cc: 20}", "{kind: button}", "{kind: light, led: {cc: 3}}", "{kind: light}",
    "{cc: 20, note: 3, kind: button}", "{note: C4, kind: button}", "{note: H4, kind: button}",
    "{cc: 7, kind: pedal, calibrate: [4, 122]}", "{cc: 7, kind: pedal, calibrate: [4]}",
    "{cc: 7, kind: pedal, bits: 14}", "{cc: 7, kind: pedal, bits: 15}", "{osc: /x, kind: fader, argument: 2}",
    "{osc: x, kind: fader}", "{cc: 7, kind: encoder, coding: sign-magnitude, ring: {}}",
    "{cc: 7, kind: encoder, coding: sign, ring: {}}", "{cc: 7, kind: button, led: {colors: {red: 5}}}",
    "{cc: 7, kind: button, led: {colors: {red: 500}}}", "{cc: 7, kind: button, led: {}, ring: {}}",
    "{cc: 7, kind: button, channel: 16}", "{cc: 7, kind: button, channel: 0}", "{cc: 7, kind: button, wat: 0}",
    "{pitchbend: any, kind: pedal}", "{pitchbend: 3, kind: pedal}", "{program: any, kind: program}", "5", "{nrpn: 5}",
]  # fmt: skip


@pytest.mark.parametrize("control", CONTROLS)
def test_schema_and_loader_agree_on_controls(control: str) -> None:
    """What the editor marks is what the loader refuses."""
    text = f"version: 1\ncontrols:\n  a: {control}\n"
    assert accepts("profile", plain(text)) == (told(read_profile(text)[1]) == [])


WHENS = [
    "floor.fs1 + floor.fs2", "floor.fs1 repeat 1 s", "floor.fs1 hold-release 1 s", "{event: page-entered, page: x}",
    "{event: page-entered, bank: x}", "{event: page-entred}", "{event: beat, page: x}", "{page: x}", "{}",
    "{event: page-entered, page: x, surface: y}", "{midi: {cc: 3}}", "{midi: {cc: 300}}", "{midi: {}}",
    "{midi: {cc: any, channel: any, port: '*'}}", "{midi: {cc: 3, note: 4}}", "{midi: {clock: any}}", "{midi: 5}",
    "{osc: /x, argument: 2}", "{osc: /x, argument: 0}", "{osc: /x, midi: {cc: 3}}", "[floor.fs1, {event: beat}]",
    "'osc:/scene/{1..8}'", "[]", "x",
]  # fmt: skip
ACTIONS = [
    "{bypass: role:dirt, release: return}", "{bypass: x, release: no}", "{bypass: 'role:'}", "{bypass: x, over: 2 s}",
    "{parameter: role:dirt/gain, to: 1}", "{parameter: a/b, to: 1, over: 2 s}", "{parameter: a/b, over: 2 s}",
    "{parameter: a/b, cycle: [1, 2], over: 1 bar}", "{parameter: a/b, cycle: [1]}", "{parameter: a/b, to: 1, over: 2}",
    "{parameter: a/b, deadzone: 2 %}", "{parameter: a/b, deadzone: 50 %}", "{parameter: a/b, deadzone: 2}",
    "{parameter: a/b, smooth: 20 ms}", "{parameter: a/b, smooth: 1 beat}", "{parameter: a/b, takeover: scale}",
    "{parameter: a/b, takeover: grab}", "{parameter: a/b, acceleration: 1..8}", "{parameter: a/b, acceleration: 4}",
    "{parameter: a/b, acceleration: 2..8}", "{parameter: a/b, acceleration: 40}", "{parameter: a/b, release: return}",
    "{parameter: a/b, to: 1, release: return}", "{parameter: a/b, to: 1, takeover: jump}",
    "{parameter: a/b, cycle: [1, 2], acceleration: 2}", "{snapshot: A, save: true}", "{snapshot: A, save: 1}",
    "{bank: next}", "{bank: 0}", "{morph: [A, B]}", "{morph: [A]}", "{morph: {0 %: A, 100 %: B}, curve: smooth}",
    "{morph: {0: A, 100 %: B}}", "{morph: {0 %: A}}", "{morph: A}", "{morph: [A, B], steps: 3}",
    "{page: solo, hold: true}", "{page: solo, hold: 1}", "{page: []}", "{tempo: tap}", "{tempo: 120}", "{tempo: 12}",
    "{tempo: current, by: -1}", "{tempo: fast}", "{tempo: current, by: x}", "{transport: start}", "{transport: on}",
    "{tuner: on}", "{tuner: true}", "{mute: toggle}", "{mute: start}",
    "{send: a, midi: {note: C4}, release: return}", "{send: a, release: return}",
    "{show: floor.screen, text: 'x {value}', for: 2 s}", "{show: floor.screen}", "{show: screen, text: x}",
    "{show: floor.screen, text: x, for: 2}", "{set: a, to: true}", "{set: a}", "{set: a, by: 1}", "{set: a, by: x}",
    "{set: a, toggle: true}", "{set: a, toggle: false}", "{set: a, cycle: [1, 2]}", "{set: a, cycle: [1]}",
    "{set: a, to: 1, by: 1}", "{undo: last}", "{undo: first}", "{redo: true}", "{panic: true}", "{panic: false}",
    "{resync: all}", "{resync: 5}", "{rollback: last}", "{rollback: 1}",
]  # fmt: skip
RULES = [
    *(f"{{when: {when}, do: {{snapshot: next}}}}" for when in WHENS),
    *(f"{{when: a.b, do: {action}}}" for action in ACTIONS),
    "{when: a.b, do: {bypass: x}, mode: queue}", "{when: a.b, do: {bypass: x}, mode: later}",
    "{when: a.b, do: {bypass: x}, if: {page: [x, y], bank: z, variable: {a: 1}, control: {a.b: pressed}}}",
    "{when: a.b, do: {bypass: x}, if: {control: {a.b: down}}}", "{when: a.b, do: {bypass: x}, if: {variable: {a: []}}}",
    "{when: a.b, do: {bypass: x}, if: {parameter: {a/b: '> 50 %'}}}",
    "{when: a.b, do: {bypass: x}, if: {parameter: {a/b: 0.5}}}",
    "{when: a.b, do: {bypass: x}, if: {parameter: {a/b: 20 % .. 80 %}}}",
    "{when: a.b, do: {bypass: x}, if: {parameter: {a/b: about 3}}}",
    "{when: a.b, do: {bypass: x}, if: {parameter: {a: 3}}}",
    "{when: a.b, do: {bypass: x}, if: {effect: {role:dirt: active}}}",
    "{when: a.b, do: {bypass: x}, feedback: {value: a/b, text: '{value} ms', lit: pulse, color: '#ff0000'}}",
    "{when: a.b, do: {bypass: x}, feedback: {value: a}}",
    "{when: floor.fs1, do: {bypass: drive}}", "{when: floor.fs1, do: [{bypass: [a, b], to: active}, {snapshot: 2}]}",
    "{when: floor.fs1, do: {bypass: drive, to: on}}", "{when: floor.fs1, do: {bypass: drive, steps: 3}}",
    "{when: floor.fs1, do: {}}", "{when: floor.fs1, do: []}", "{when: floor.fs1}", "{do: {bypass: drive}}",
    "{when: [floor.fs1, floor.exp1], do: {snapshot: next}}", "{when: 5, do: {snapshot: next}}",
    "{when: {osc: /x}, do: {snapshot: next}}", "{when: {midi: {cc: 3}}, do: {snapshot: next}}",
    "{when: a.b, do: {parameter: drive/gain}}", "{when: a.b, do: {parameter: drive}}",
    "{when: a.b, do: {parameter: drive/gain, to: -6 dB}}", "{when: a.b, do: {parameter: drive/gain, to: 3 parsecs}}",
    "{when: a.b, do: {parameter: drive/gain, to: 1, by: 1}}",
    "{when: a.b, do: {parameter: drive/gain, toggle: [1, 2]}}",
    "{when: a.b, do: {parameter: drive/gain, toggle: [1]}}", "{when: a.b, do: {parameter: drive/gain, curve: s-curve}}",
    "{when: a.b, do: {parameter: drive/gain, curve: bent}}", "{when: a.b, do: {parameter: drive/gain, steps: 1}}",
    "{when: a.b, do: {parameter: drive/gain, curve: [[0, 0], [1, 1]]}}",
    "{when: a.b, do: {parameter: drive/gain, curve: [[0, 0], [1, 7]]}}",
    "{when: a.b, do: {parameter: drive/gain, values: [1, 2 %], range: [1, 2]}}",
    "{when: a.b, do: {parameter: drive/gain, cycle: [1, 2]}}",
    "{when: a.b, do: {preset: drive, to: next}}", "{when: a.b, do: {preset: drive}}",
    "{when: a.b, do: {pedalboard: 0}}", "{when: a.b, do: {pedalboard: true}}",
    "{when: a.b, do: {send: floor, midi: {program: 3}}}", "{when: a.b, do: {send: floor, midi: {cc: 3}}}",
    "{when: a.b, do: {send: floor, midi: {note: C3, velocity: 3}}}",
    "{when: a.b, do: {send: floor, midi: {velocity: 3}}}",
    "{when: a.b, do: {send: floor, midi: {sysex: F0 01 F7}}}",
    "{when: a.b, do: {send: floor, midi: {sysex: F0 81 F7}}}",
    "{when: a.b, do: {send: floor, osc: /x, args: [1, a, true]}}", "{when: a.b, do: {send: floor, args: [1]}}",
    "{when: a.b, do: [{wait: 50 ms}, {snapshot: 1}]}", "{when: a.b, do: [{wait: 50}, {snapshot: 1}]}",
    "{when: a.b, do: {morph: [A, B]}}", "{when: a.b, do: {bypass: x}, mode: queue}",
    "{when: a.b, do: {bypass: x}, if: {snapshot: A, effect: {drive: active}, not: [{pedalboard: B}]}}",
    "{when: a.b, do: {bypass: x}, if: {effect: {drive: on}}}", "{when: a.b, do: {bypass: x}, if: {any: []}}",
    "{when: a.b, do: {bypass: x}, if: {any: [{not: {page: x}}]}}", "{when: a.b, do: {bypass: x}, feedback: none}",
    "{when: a.b, do: {bypass: x}, feedback: some}", "{when: a.b, do: {bypass: x}, feedback: {color: red, idle: dim}}",
    "{when: a.b, do: {bypass: x}, feedback: {colour: red}}", "{when: a.b, do: {bypass: x}, tags: [a, b], name: x}",
    '{for: {n: 1..3}, when: "a.b{n}", do: {pedalboard: "{n}"}}', "{for: {n: 3}, when: a.b, do: {bypass: x}}",
    '{for: {n: [1, 2]}, when: a.b, do: {parameter: a/b, to: "{n} %"}}', "{for: {n: []}, when: a.b, do: {bypass: x}}",
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_schema_and_loader_agree_on_rules(rule: str) -> None:
    """On a mapping alone, where names are not known, both say the same."""
    text = f"version: 1\nrules:\n  - {rule}\n"
    assert accepts("mapping", plain(text)) == (told(read_rules(text, Known())[1]) == [])


# What depends on more than one value, or on counting, is beyond a JSON Schema.
_LOADER_ALONE = re.compile(
    "programs from 0 to 127|outside the range|must rise|may not stand in an OSC address|nothing follows|no device has|"
    "stands for nothing|at most 1000|stands for more than|cannot be a name|has a meaning only where|"
    "in the chord twice|fires every|is an event|counts 3|cannot be saved|beside `page: back`|ends with the release"
)


@pytest.mark.parametrize("rule", list(BROKEN))
def test_schema_and_loader_agree_on_broken_rules(rule: str) -> None:
    """Of the table of mistakes the schema refuses what the loader does that knows no names, and nothing else."""
    text = f"version: 1\nrules:\n  - {{{rule}}}\n"
    said = told(read_rules(text, Known())[1])
    if all(_LOADER_ALONE.search(line) for line in said):
        said = []
    assert accepts("mapping", plain(text)) == (said == [])


BOARDS = [
    "effects: {}", "effects: {a: {plugin: 'urn:x'}}", "effects: {a: {}}", "effects: {2: {plugin: 'urn:x'}}",
    "effects: {a: {plugin: x}}", "effects: {a: {plugin: 'urn:x', bypassed: on}}", "effects: []", "{}",
    "effects: {}\nconnections: [a:b -> c:d, [a:b, c:d]]", "effects: {}\nconnections: [a -> c:d]",
    "effects: {}\nconnections: [[a:b]]", "effects: {}\ntempo: 5", "effects: {}\nsnapshots: {A: {}}",
    "effects: {a: {plugin: 'urn:x'}}\nsnapshots: {A: {a: active}}",
    "effects: {a: {plugin: 'urn:x'}}\nsnapshots: [{A: {a: {bypassed: true, parameters: {b: 3 %}}}}]",
    "effects: {a: {plugin: 'urn:x'}}\nsnapshots: {A: {a: {bypassed: true, active: true}}}",
    "effects: {a: {plugin: 'urn:x', parameters: {b-c: 1}}}", "effects: {}\nroles: {}",
    "effects: {a: {plugin: 'urn:x'}}\nroles: {dirt: a, b: [a]}", "effects: {}\nroles: {dirt: []}",
    "effects: {a: {plugin: 'urn:x'}}\nglobal: [a/b]", "effects: {a: {plugin: 'urn:x'}}\nglobal: [a]",
    "effects: {}\nmappings: [x.yaml]", "effects: {}\nmappings: 5", "effects: {}\nmappings: []",
]  # fmt: skip


@pytest.mark.parametrize("board", BOARDS)
def test_schema_and_loader_agree_on_pedalboards(board: str) -> None:
    """Both refuse the same pedalboards."""
    text = f"version: 1\nname: x\n{board if board != '{}' else ''}\n"
    assert accepts("pedalboard", plain(text)) == (told(read_board(text)[1]) == [])


FILES = [
    "rules: []", "rules: 5", "{}", "pages: {main: {start: true}, solo: {color: red, rules: []}}", "pages: {main: {}}",
    "pages: {main: {start: 1}}", "pages: {2nd: {}}", "pages: {main: {rule: []}}", "pages: [main]",
    "pages: {a: {rules: [{when: a.b}]}}", "variables: {a: 1, b: x, c: true}", "variables: {a: []}", "variables: [a]",
    "variables: {a: {type: number, initial: 1}}", "variables: {a: {type: number}}",
    "variables: {a: {type: integer, initial: 1}}", "variables: {2nd: 1}", "defaults: {hold: 400 ms, mode: queue}",
    "defaults: {hold: 400}", "defaults: {hold: 1 beat}", "defaults: {repeat: '500 ms, 100 ms', toe: 95 %}",
    "defaults: {repeat: '500 ms 100 ms'}", "defaults: {heel: 0.05}", "defaults: {takeover: pickup}",
    "defaults: {takeover: {knob: scale, pedal: jump}}", "defaults: {takeover: {button: jump}}", "defaults: {tap: 1 s}",
    "includes: a.yaml", "includes: [a.yaml, 5]", "includes: {}", "panic: {mute: on}",
    "panic: [{mute: on}, {undo: last}]",
    "panic: true", "panic: [{mut: on}]",
    "tests: [{name: a, play: [floor.fs1 down], expect: [snapshot A], not: bypass b, lights: {a.b: off}}]",
    "tests: [{name: a, play: [wait 1 s], lights: {a.b: red}, given: {snapshot: A, page: b, tempo: 120}}]",
    "tests: [{play: [a.b], expect: [nothing]}]", "tests: [{name: a, expect: [nothing]}]", "tests: {}",
    "tests: [{name: a, play: a.b, expect: nothing, given: {effect: {a: on}}}]", "unknown: 1",
]  # fmt: skip


@pytest.mark.parametrize("file", FILES)
def test_schema_and_loader_agree_on_files(file: str) -> None:
    """What stands beside rules: pages, variables, defaults, includes, panic, tests."""
    text = f"version: 1\n{file if file != '{}' else ''}\n"
    assert accepts("mapping", plain(text)) == (told_of_file(text) == [])


def told_of_file(text: str) -> list[str]:
    """Return everything that is said of a mapping file alone, its tests included."""
    _, report, compiler = read_rules(text, Known())
    compiler.tests()
    return told(report)


RIGS = [
    "defaults: {hold: 400 ms}", "defaults: {hold: 4}", "variables: {a: 1}", "variables: {a: []}", "panic: [{mute: on}]",
    "panic: [{mute: 5}]", "tuner: {mute: false}", "tuner: {mute: off}", "tuner: on",
]  # fmt: skip


@pytest.mark.parametrize("rig", RIGS)
def test_schema_and_loader_agree_on_rigs(rig: str) -> None:
    """What the rig's own file says of rules and tuner."""
    report = Report()
    RIG.read(compose(f"version: 1\n{rig}\n", "f")[0], report)
    assert accepts("rig", plain(f"version: 1\n{rig}\n")) == (not report.problems)


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_schemas_that_lie_beside_the_files_are_those_of_the_program(kind: str) -> None:
    """An editor works in a fresh clone without a network; `controld schema --write config` writes them anew."""
    assert (SCHEMAS / f"{kind}.json").read_text("utf-8") == schema_text(kind)


def test_the_command_writes_into_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One file for each kind, and a sentence that says how a file declares its own."""
    parser = argparse.ArgumentParser()
    add_schema_arguments(parser)
    assert run_schema(parser.parse_args(["--write", str(tmp_path / "rig")])) == 0
    written = {path.stem: json.loads(path.read_text("utf-8")) for path in (tmp_path / "rig" / "schema").iterdir()}
    assert written == {kind: json_schema(kind) for kind in KINDS}
    assert "# yaml-language-server: $schema=" in capsys.readouterr().out
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        run_schema(parser.parse_args(["--write", str(tmp_path / "file")]))


def test_the_command_prints_one_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    """With a kind its schema, without one an object of all."""
    parser = argparse.ArgumentParser()
    add_schema_arguments(parser)
    assert run_schema(parser.parse_args(["rig"])) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "controld rig"
    assert run_schema(parser.parse_args([])) == 0
    assert list(json.loads(capsys.readouterr().out)) == list(KINDS)
