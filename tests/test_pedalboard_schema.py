"""Pedalboards and banks from YAML: what they become, and what is said of mistakes."""

import pytest
from config_texts import URI, node_of, read_board, told, warned

from controld.session.model import EffectRecall, EffectSetup, Snapshot
from controld.session.schema import compile_banks
from controld.shape import Report
from controld.values import Level

BOARD = f"""\
version: 1
name: Clean to Lead
description: a test
tempo: 90
effects:
  drive:
    plugin: {URI}
    bypassed: true
    preset: Warm
    parameters: {{gain: -6 dB, freq: 1.2 kHz, mix: 30 %}}
    position: [10, 20.5]
  delay: {{plugin: "urn:other", parameters: {{anything: 3 ms}}}}
connections:
  - system:capture_1 -> drive:in
  - [drive:out, delay:in]
  - delay:out -> system:playback_1
  - delay:out -> some-recorder:input 1
snapshots:
  Clean:
    drive: bypassed
    delay: {{active: true, parameters: {{time: 300}}}}
  1: {{}}
  Lead: {{drive: active, delay: {{bypassed: true, preset: Long}}}}
roles: {{dirt: [drive], echo: delay}}
global: [drive/gain, delay/anything]
mappings: [swells.yaml]
"""


def test_a_pedalboard_loads() -> None:
    """Everything a pedalboard can say arrives, in order."""
    board, report = read_board(BOARD)
    assert (told(report), warned(report)) == ([], [])
    assert (board.name, board.description, board.tempo_bpm, board.path) == ("Clean to Lead", "a test", 90.0, "f")
    levels = {"gain": Level(-6, "dB"), "freq": Level(1.2, "kHz"), "mix": Level(30, "%")}
    assert board.effects == (
        EffectSetup("drive", URI, True, "Warm", levels, (10, 20.5)),
        EffectSetup("delay", "urn:other", parameters={"anything": Level(3, "ms")}),
    )
    assert board.connections == (
        ("system:capture_1", "drive:in"),
        ("drive:out", "delay:in"),
        ("delay:out", "system:playback_1"),
        ("delay:out", "some-recorder:input 1"),
    )
    assert board.roles == {"dirt": ("drive",), "echo": ("delay",)}
    assert board.global_parameters == {("drive", "gain"), ("delay", "anything")}
    clean = {"drive": EffectRecall(True), "delay": EffectRecall(False, parameters={"time": Level(300)})}
    lead = {"drive": EffectRecall(False), "delay": EffectRecall(True, "Long")}
    assert board.snapshots == (Snapshot("Clean", clean), Snapshot("1"), Snapshot("Lead", lead))


def test_snapshots_may_be_a_list() -> None:
    """A list of mappings keeps the order as well."""
    board, report = read_board(
        f"version: 1\nname: x\neffects: {{a: {{plugin: {URI}}}}}\nsnapshots:\n  - B: {{a: active}}\n  - A: {{}}\n"
    )
    assert told(report) == []
    assert board.snapshot_names() == ("B", "A")


BROKEN = f"""\
version: 1
nam: x
tempo: fast
effects:
  drive: {{plugin: {URI}, parameters: {{gian: 1, freq: 3 dB, mix: loud}}, bypassed: on}}
  2nd: {{plugin: {URI}}}
  system: {{plugin: {URI}}}
  fuzz: {{uri: {URI}}}
  echo: {{plugin: no uri}}
connections:
  - driv:out -> system:playback_1
  - system:playback_1 -> drive:in
  - drive:out -> system:capture_2
  - drive:out
  - [a:b, c:d, e:f]
  - drive -> system:playback_1
snapshots:
  Clean: {{driv: active}}
  Lead: {{drive: on, fuzz: {{active: true, bypassed: false, parameters: {{mix: 3 parsecs}}}}}}
  Solo: {{drive: {{parameters: {{gian: 2}}}}}}
roles: {{dirt: [drive, fizz], "2nd": echo}}
global: [drive/gian, driv/mix, drive]
mappings: []
includes: [x]
"""
SAID = """\
1:1: a pedalboard needs `name` (for example `name: Clean to Lead`)
2:1: unknown key `nam` in a pedalboard (did you mean `name`?)
3:8: expected beats a minute from 20 to 300, found the text `fast`
5:59: `drive` has no parameter `gian` (did you mean `gain`?)
5:74: `3 dB` does not fit `drive/freq`, which has the unit Hz (a bare number or `%` always fits)
5:85: expected a level: a number, alone or with a unit such as `-6 dB`, `450 Hz`, `30 %`, found the text `loud`
5:102: expected true or false, found the text `on` (write `true`)
6:3: expected the name of an effect, found the text `2nd` (a letter first, then letters, digits, `-` and `_`)
7:11: an effect cannot be called `system` (that is the sound card)
8:9: an effect needs `plugin` (for example `plugin: http://guitarix.sourceforge.net/plugins/gxts9#ts9sim`)
8:10: unknown key `uri` in an effect (known here: plugin, bypassed, preset, parameters, position)
9:18: expected the URI of an LV2 plugin, found `no uri` (`lv2ls` lists those that are installed)
11:5: `driv:out` belongs to no effect of this pedalboard (did you mean `drive`?)
12:5: `system:playback_1` is a destination: it plays (a connection goes from source to destination)
13:5: `system:capture_2` is a source: it records (a connection goes from source to destination)
14:5: expected two ports, as in `drive:out -> delay:in`, found the text `drive:out`
15:5: expected two ports, as in `[drive:out, delay:in]`, found a list of 3
16:5: expected two ports, as in `drive:out -> delay:in`, found the text `drive -> system:playback_1`
18:11: this pedalboard has no effect `driv` (did you mean `drive`?)
19:17: expected a state (active or bypassed), found the text `on`
19:42: `active` and `bypassed` exclude each other in a snapshot's effect
19:77: unknown unit `parsecs` (known: %, bpm, cent, cents, cm, ct, db, deg, hz, khz, m, mhz, min, ms, oct, s, semitones, st, x, °)
20:31: `drive` has no parameter `gian` (did you mean `gain`?)
21:23: this pedalboard has no effect `fizz` (did you mean `fuzz`?)
21:30: expected the name of a role, found the text `2nd` (a letter first, then letters, digits, `-` and `_`)
22:10: `drive` has no parameter `gian` (did you mean `gain`?)
22:22: this pedalboard has no effect `driv` (did you mean `drive`?)
22:32: expected an effect and its parameter, as in `drive/level`, found the text `drive`
23:11: expected a list of paths, found a list of 0
24:1: `includes` is part of the language but not built yet
"""  # noqa: E501


def test_every_mistake_is_told_at_once() -> None:
    """A pedalboard with a mistake in each line tells all of them."""
    assert told(read_board(BROKEN)[1]) == SAID.splitlines()


def test_a_connection_made_twice_is_a_warning() -> None:
    """It does no harm, but can hardly be meant."""
    _, report = read_board(
        f"version: 1\nname: x\neffects: {{a: {{plugin: {URI}}}}}\n"
        "connections:\n  - a:out -> system:playback_1\n  - [a:out, system:playback_1]\n"
    )
    assert told(report) == []
    assert warned(report) == ["6:5: `a:out -> system:playback_1` is connected twice"]


def test_a_snapshot_described_twice() -> None:
    """Two list entries of one name are a mistake."""
    _, report = read_board("version: 1\nname: x\neffects: {}\nsnapshots: [{A: {}}, {A: {}}]\n")
    assert told(report) == ["4:23: the snapshot `A` is described twice"]


def test_banks_keep_their_order() -> None:
    """The nodes of the names come back, for their places."""
    report = Report()
    banks = compile_banks(node_of("version: 1\nbanks:\n  Stage: [B, A]\n  Home: A\n"), report)
    assert told(report) == []
    assert {name: [node.text for node in nodes] for name, nodes in banks.items()} == {
        "Stage": ["B", "A"],
        "Home": ["A"],
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\n", "1:1: a file of banks needs `banks` (for example `banks: {Stage: [Clean to Lead]}`)"),
        ("version: 1\nbanks: [A]\n", "2:8: expected banks by name, found a list"),
        ("- A\n", "1:1: expected a file of banks as a mapping (`key: value`), found a list"),
    ],
)
def test_banks_with_mistakes(text: str, said: str) -> None:
    """A bank file's mistakes are told."""
    report = Report()
    assert compile_banks(node_of(text), report) == {}
    assert told(report) == [said]
