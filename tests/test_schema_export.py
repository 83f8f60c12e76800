"""`controld schema`: valid JSON Schema that agrees with the loader, and describes every key to an editor."""

import argparse
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from config_texts import PAGE_OSC_PROFILE, PAGE_PROFILE, read_board, read_profile, read_rules, told

from controld.check import KINDS, add_schema_arguments, json_schema, run_schema
from controld.mappings.schema_known import Known
from controld.yaml_reader import compose, read_document

ROOT = Path(__file__).parents[1]


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
    """Whoever edits the shipped files sees no false alarm."""
    paths = list((ROOT / "config").glob(pattern))
    assert paths
    for path in paths:
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


RULES = [
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


BOARDS = [
    "effects: {}", "effects: {a: {plugin: 'urn:x'}}", "effects: {a: {}}", "effects: {2: {plugin: 'urn:x'}}",
    "effects: {a: {plugin: x}}", "effects: {a: {plugin: 'urn:x', bypassed: on}}", "effects: []", "{}",
    "effects: {}\nconnections: [a:b -> c:d, [a:b, c:d]]", "effects: {}\nconnections: [a -> c:d]",
    "effects: {}\nconnections: [[a:b]]", "effects: {}\ntempo: 5", "effects: {}\nsnapshots: {A: {}}",
    "effects: {a: {plugin: 'urn:x'}}\nsnapshots: {A: {a: active}}",
    "effects: {a: {plugin: 'urn:x'}}\nsnapshots: [{A: {a: {bypassed: true, parameters: {b: 3 %}}}}]",
    "effects: {a: {plugin: 'urn:x'}}\nsnapshots: {A: {a: {bypassed: true, active: true}}}",
    "effects: {a: {plugin: 'urn:x', parameters: {b-c: 1}}}", "effects: {}\nroles: {}",
]  # fmt: skip


@pytest.mark.parametrize("board", BOARDS)
def test_schema_and_loader_agree_on_pedalboards(board: str) -> None:
    """Both refuse the same pedalboards."""
    text = f"version: 1\nname: x\n{board if board != '{}' else ''}\n"
    assert accepts("pedalboard", plain(text)) == (told(read_board(text)[1]) == [])


def test_the_command_prints_one_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    """With a kind its schema, without one an object of all."""
    parser = argparse.ArgumentParser()
    add_schema_arguments(parser)
    assert run_schema(parser.parse_args(["rig"])) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "controld rig"
    assert run_schema(parser.parse_args([])) == 0
    assert list(json.loads(capsys.readouterr().out)) == list(KINDS)
