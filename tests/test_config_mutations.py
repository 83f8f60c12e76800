"""Files that are nearly right: whatever is wrong with them, the loader says where, and raises nothing else."""

import json
import random
import re
from pathlib import Path
from typing import Any

from design_page import BANKS, BOARD, OSC_PROFILE, OTHER_BOARD, PROFILE, RIG, SYMBOLS
from hypothesis import given, settings
from hypothesis import strategies as st

from controld.config import load_rig
from controld.config_files import FileSet, KeptFiles
from controld.config_values import RigConfig
from controld.errors import ConfigError
from controld.mappings.rule import Event, Gesture
from controld.mappings.schema_actions import ACTIONS
from controld.mappings.schema_tables import IF, LOOK, MAPPING, RULE
from controld.yaml_reader import compose

FOLDER = Path("/rig")
# One of everything, so that every reader meets what it does not expect.
EVERYTHING = """\
version: 1
description: all of it
includes: [more.yaml]
defaults: {hold: 400 ms, repeat: "500 ms, 100 ms", toe: 95 %, takeover: {knob: scale}, mode: queue}
variables: {count: {type: number, initial: 1}, mood: A}
pages:
  main: {start: true, rules: [{when: floor.fs1, do: {page: solo, hold: true}}]}
  solo: {color: "#ff0000", rules: [{when: floor.fs1 + floor.fs2 hold 1 s, do: {page: back}}]}
panic: [{mute: on}, {wait: 50 ms}, {parameter: drive/gain, to: 0}]
rules:
  - for: {n: 1..3, how: [active, bypassed]}
    when: ["floor.fs{n} double", "floor.fs{n} repeat 400 ms, 80 ms"]
    do: [{bypass: [drive, role:dirt], to: "{how}"}, {wait: 2 beats}, {set: count, by: 1}]
    if: {page: main, parameter: {drive/gain: "> 50 %"}, variable: {mood: A}, control: {floor.fs2: pressed}}
    feedback: {color: red, idle: dim, value: delay/time, text: "{value} {mood}"}
    mode: parallel
    tags: [a, b]
  - when: floor.patch 0..3
    do: {snapshot: "{index}"}
    if: {any: [{snapshot: Lead}], not: {bank: Stage}}
  - when: floor.exp1
    do: [{parameter: wah/freq, range: [350 Hz, 2 kHz], curve: [[0, 0], [1, 1]], deadzone: 2 %, smooth: 20 ms},
         {morph: {0 %: Clean, 40 %: Crunch, 100 %: Lead}, curve: smooth, takeover: pickup}]
  - {when: floor.wheel, do: [{parameter: drive/gain, by: 1 %, acceleration: 1..8}, {tempo: current, by: 1}]}
  - {when: floor.exp1 toe 90 %, do: [{parameter: drive/gain, cycle: [1, 2], over: 1 bar}, {preset: drive, to: next}]}
  - {when: {midi: {cc: 20, channel: any, port: "*"}}, do: {send: floor, midi: {note: C4}, release: return}}
  - {when: {osc: "/pad/{1..2}", argument: 2}, do: {send: tablet, osc: /page, args: [1, x]}}
  - {when: {event: page-entered, page: solo}, do: {show: floor.screen, text: "{pedalboard}", for: 2 s}}
  - {when: floor.fs6 hold-release, do: [{undo: last}, {panic: true}, {resync: all}, {rollback: last}, {tuner: toggle}]}
tests:
  - name: all of it
    given: {snapshot: Clean, page: main, effect: {drive: active}, parameter: {drive/gain: 0.5}, variable: {mood: B}}
    play: [floor.fs1 down, wait 600 ms, floor.exp1 to 50 %, floor.wheel +3, floor.patch program 5, lose floor]
    expect: [snapshot Lead, drive active, drive/gain 0.7, page solo, variable mood A, sent floor C0 05]
    not: [bypass drive]
    lights: {floor.fs1: red blink, floor.wheel: 50 %}
"""
TEXTS = {
    "controld.yaml": RIG + "defaults: {double: 250 ms}\ntuner: {mute: true}\n",
    "mappings/stage.yaml": EVERYTHING,
    "mappings/more.yaml": "version: 1\nrules: [{when: floor.fs3, do: {bypass: drive}}]\n",
    "surfaces/generic-6fs-2exp.yaml": PROFILE,
    "surfaces/osc-remote.yaml": OSC_PROFILE,
    "pedalboards/clean-to-lead.yaml": BOARD + "global: [drive/level]\nmappings: [../mappings/own.yaml]\n",
    "pedalboards/ambient.yaml": OTHER_BOARD,
    "mappings/own.yaml": "version: 1\nrules: [{when: floor.fs4, do: {bypass: drive}}]\n",
    "banks.yaml": BANKS,
}
NAMES_OF_FILES = sorted(TEXTS)
WORDS = sorted(
    {key for table in (*ACTIONS.values(), IF, LOOK, MAPPING, RULE) for key in table.fields}
    | {each.value for each in (*Gesture, *Event)}
    | {
        "floor.fs1",
        "floor.exp1",
        "drive",
        "drive/gain",
        "role:dirt",
        "Lead",
        "50 %",
        "2 beats",
        "300 ms",
        "{n}",
        "{index}",
    }
    | {"{1..3}", "osc:/x", "osc:", "+", "floor.fs1 + floor.fs2", "> 3 dB", "..", "1..8", "0x10", ".nan", "-.inf", "~"}
    | {"", " ", "true", "on", "null", "1e400", "9" * 400, "\u00e9\U0001f3b8", "a: b", "[", "{", "*x", "&x", "<<", "---"}
)
VALUES: list[Any] = [None, True, 0, -1, 1.5, 10**30, float("inf"), "", [], {}, [[]], {"a": None}, {"": 1}]


def load(changed: dict[str, str]) -> RigConfig | ConfigError:
    """Return the rig of the files with some of them changed, or the error; anything else is raised."""
    texts = {FOLDER / name: text.encode("utf-8", "surrogatepass") for name, text in (TEXTS | changed).items()}
    boards = tuple(path for path in texts if path.parent.name == "pedalboards")
    mappings = (FOLDER / "mappings/stage.yaml",)
    globs = {
        (FOLDER, "pedalboards/*.yaml"): boards,
        (FOLDER, "mappings/stage.yaml"): mappings,
        (FOLDER / "pedalboards", "../mappings/own.yaml"): (FOLDER / "pedalboards/../mappings/own.yaml",),
    }
    texts[FOLDER / "pedalboards/../mappings/own.yaml"] = texts[FOLDER / "mappings/own.yaml"]
    try:
        return load_rig(FOLDER / "controld.yaml", SYMBOLS, KeptFiles(FileSet(texts, globs)))
    except ConfigError as error:
        return error


def judge(found: RigConfig | ConfigError) -> None:
    """Check that every mistake has a place in one of the files, and something to say."""
    if isinstance(found, RigConfig):
        return
    assert found.problems
    for problem in found.problems:
        assert problem.message
        assert problem.path.startswith(str(FOLDER))
        whole_file = "cannot be read" in problem.message or "empty" in problem.message
        assert problem.line >= 1 or whole_file or "\\" in problem.message, problem
        assert problem.column >= 1 or problem.line == 0, problem


def test_what_is_changed_here_is_right_at_first() -> None:
    """Else nothing below would show anything."""
    rig = load({})
    assert isinstance(rig, RigConfig), str(rig)
    assert (len(rig.rules), len(rig.tests)) == (21, 1)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(NAMES_OF_FILES), st.randoms(use_true_random=False), st.integers(1, 4))
def test_changed_words(name: str, chance: random.Random, times: int) -> None:
    """Words replaced by other words of the language, by nonsense, or taken out."""
    text = TEXTS[name]
    for _ in range(times):
        places = [found.span() for found in re.finditer(r"[^\s\[\]{},]+", text)]
        if places:
            start, end = chance.choice(places)
            text = text[:start] + chance.choice(WORDS) + text[end:]
    judge(load({name: text}))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(NAMES_OF_FILES), st.randoms(use_true_random=False), st.integers(1, 4))
def test_changed_characters_and_lines(name: str, chance: random.Random, times: int) -> None:
    """Characters taken out or put in, lines twice, elsewhere, or further in."""
    text = TEXTS[name]
    for _ in range(times):
        lines = text.split("\n")
        at, place = chance.randrange(len(lines)), chance.randrange(len(text) + 1)
        text = chance.choice([
            text[:place] + text[place + 1 :],
            text[:place] + chance.choice("{}[],:-#&*!|>'\"%@` \t\n\0\u2028x1") + text[place:],
            "\n".join([*lines[:at], lines[at], *lines[at:]]),
            "\n".join([*lines[:at], *lines[at + 1 :]]),
            "\n".join([*lines[:at], "  " + lines[at], *lines[at + 1 :]]),
            text[:place],
        ])  # fmt: skip
    judge(load({name: text}))


def mutated(data: Any, chance: random.Random) -> Any:
    """Return plain data with one part of it replaced by something of another kind, or by another part's value."""
    if isinstance(data, dict) and data and chance.random() < 0.85:
        key = chance.choice(list(data))
        other = chance.choice(WORDS) if chance.random() < 0.1 else key
        return {(other if each == key else each): (mutated(value, chance) if each == key else value)
                for each, value in data.items()}  # fmt: skip
    if isinstance(data, list) and data and chance.random() < 0.85:
        at = chance.randrange(len(data))
        return [*data[:at], mutated(data[at], chance), *data[at + 1 :]]
    if chance.random() < 0.3:
        return [data, data] if chance.random() < 0.5 else {"a": data}
    return chance.choice([*VALUES, *WORDS])


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(NAMES_OF_FILES), st.randoms(use_true_random=False), st.integers(1, 3))
def test_changed_values(name: str, chance: random.Random, times: int) -> None:
    """Right YAML with values of the wrong kind, at any depth."""
    data = compose(TEXTS[name], name)[0].plain()
    for _ in range(times):
        data = mutated(data, chance)
    judge(load({name: json.dumps(data).replace("Infinity", ".inf")}))
