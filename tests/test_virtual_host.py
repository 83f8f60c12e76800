"""The virtual host answers as mod-host does: dispatch, effects, parameters, and the events of every change."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.bridge.hosts.base import Host, HostEffect
from controld.bridge.hosts.virtual import COMMANDS, VirtualHost
from controld.bridge.hosts.virtual_numbers import atof, atoi, single
from controld.bridge.modhost_protocol import verdict

DRIVE = "http://drobilla.net/plugins/mda/Overdrive"
SCREAMER = "http://guitarix.sourceforge.net/plugins/gxts9#ts9sim"
GAIN = "http://lv2plug.in/plugins/eg-amp"


@pytest.fixture
def host() -> VirtualHost:
    """A host with an overdrive as 0 and a screamer, which has an lv2:enabled port, as 1; events taken."""
    host = VirtualHost()
    play(host, f"add {DRIVE} 0", f"add {SCREAMER} 1")
    host.take_events()
    return host


def play(host: VirtualHost, *lines: str) -> list[str | None]:
    """Execute lines one by one."""
    return [host.execute(line) for line in lines]


def written(number: int, symbol: str, value: float) -> dict[str, object]:
    """Return the event of a written parameter."""
    return {"type": "param_set", "effect_id": number, "symbol": symbol, "value": value}


def test_it_is_a_host() -> None:
    """What a bridge needs of a host is there."""
    host: Host = VirtualHost()
    assert host.name == "virtual"
    assert host.healthy()
    assert host.take_events() == []
    assert host.effects() == {}


# Each line with mod-host's reply, in an order that matters: one host plays them all.
CONVERSATION = [
    ("", None),
    ("help", None),
    ("save /tmp/x", None),
    ("load /tmp/x", "error: can't open the file"),
    ("nonsense", "not found"),
    ("ADD urn:x 0", "not found"),
    (" remove 1", "not found"),
    ("remove\t1", "not found"),
    ("remove", "few arguments"),
    ("remove  1", "many arguments"),
    ("remove 1 ", "resp 0"),
    ("remove 1\n", "resp 0"),
    ("remove 1 2", "many arguments"),
    ("help me", "many arguments"),
    (f"add {DRIVE}", "few arguments"),
    ("add urn:none 0", "resp -101"),
    (f"add {DRIVE} 10000", "resp -1"),
    (f"add {DRIVE} -1", "resp -1"),
    (f"add {DRIVE} 9999", "resp 9999"),
    (f"add {DRIVE} 3", "resp 3"),
    (f"add {DRIVE} 3", "resp -2"),
    (f"preload {DRIVE} 0", "resp 0"),
    ("activate 0 1", "resp 0"),
    ("activate 7 1", "resp -3"),
    ("bypass 3 1", "resp 0"),
    ("bypass 7 1", "resp -3"),
    ("bypass abc 1", "resp 0"),
    ("param_get 0 :bypass", "resp 0 1.0000"),
    ("bypass 0 true", "resp 0"),
    ("param_get 0 :bypass", "resp 0 0.0000"),
    ("param_set 3 drive 0.7", "resp 0"),
    ("param_get 3 drive", "resp 0 0.7000"),
    ("param_set 3 drive 7", "resp 0"),
    ("param_get 3 drive", "resp 0 1.0000"),
    ("param_set 3 drive -7", "resp 0"),
    ("param_get 3 drive", "resp 0 0.0000"),
    ("param_set 3 drive 0,5", "resp 0"),
    ("param_get 3 drive", "resp 0 0.0000"),
    ("param_set 3 drive nan", "resp 0"),
    ("param_get 3 drive", "resp 0 nan"),
    ("param_set 3 drive inf", "resp 0"),
    ("param_get 3 drive", "resp 0 1.0000"),
    ('param_set "3" "drive" "0.25"', "resp 0"),
    ("param_get '3' 'drive'", "resp -103"),
    ("param_set 3 :bypass 0.4", "resp 0"),
    ("param_get 3 :bypass", "resp 0 0.4000"),
    ("param_set 7 drive 0", "resp -3"),
    ("param_set 3 nope 0", "resp -103"),
    ("param_get 7 drive", "resp -3"),
    ("param_get 3 nope", "resp -103"),
    ("params_flush 3 0 2 drive 55 nope 1", "resp 0"),
    ("param_get 3 drive", "resp 0 55.0000"),
    ("params_flush 7 0 1 drive 1", "resp -3"),
    ("params_flush 3 0", "few arguments"),
    ("params_flush 3 0 2 drive 1", "few arguments"),
    ("params_flush 3 0 0", "resp 0"),
    ("params_flush 3 0 -1", "resp -901"),
    ("param_monitor 3 drive > 0.5", "resp -1"),
    ("monitor localhost 12345 1", "resp 1"),
    ("param_monitor 3 drive > 0.5", "resp 0"),
    ("param_monitor 3 drive ? 0.5", "resp -302"),
    ("param_monitor 3 nope > 0.5", "resp -103"),
    ("monitor localhost 12345 0", "resp 0"),
    ("remove 7", "resp 0"),
    ("remove abc", "resp 0"),
    ("param_get 0 drive", "resp -3"),
    ("remove -1", "resp 0"),
    ("param_get 3 drive", "resp -3"),
]


def test_a_conversation_is_answered_as_mod_host_answers_it() -> None:
    """Every reply is mod-host's, to the byte."""
    host = VirtualHost()
    assert [(line, host.execute(line)) for line, _ in CONVERSATION] == CONVERSATION
    assert host.effects() == {}


def test_nothing_is_answered_after_quit(host: VirtualHost) -> None:
    """The simulated program is gone, and gone for good."""
    assert play(host, "quit", "cpu_load") == [None, None]
    assert not host.healthy()
    host.close()
    host.close()


def test_adding_and_removing_are_told(host: VirtualHost) -> None:
    """An effect that comes or goes is one event; a refused command is none."""
    play(host, f"add {GAIN} 5", f"add {GAIN} 5", "add urn:none 6", "remove 5", "remove 5")
    assert host.take_events() == [
        {"type": "effect_added", "effect_id": 5, "uri": GAIN},
        {"type": "effect_removed", "effect_id": 5},
    ]
    assert host.take_events() == []


def test_writes_are_told_with_the_stored_value(host: VirtualHost) -> None:
    """Events carry what was stored, not what was asked for, also where nothing changed."""
    play(host, "param_set 0 drive 7", "param_set 0 drive 1", "param_set 0 muffle 0.1", "params_flush 0 0 1 drive 55")
    assert host.take_events() == [
        written(0, "drive", 1.0),
        written(0, "drive", 1.0),
        written(0, "muffle", 0.1),
        written(0, "drive", 55.0),
    ]


def test_bypass_takes_the_enabled_port_along(host: VirtualHost) -> None:
    """`bypass` moves ":bypass" and the lv2:enabled port; setting that port moves only itself."""
    play(host, "bypass 1 5")
    assert host.take_events() == [written(1, ":bypass", 1.0), written(1, "BYPASS", 0.0)]
    assert play(host, "param_get 1 BYPASS", "param_set 1 BYPASS 1", "param_get 1 :bypass") == [
        "resp 0 0.0000",
        "resp 0",
        "resp 0 1.0000",
    ]
    host.take_events()
    play(host, "bypass 0 1")
    assert host.take_events() == [written(0, ":bypass", 1.0)]


def test_effects_are_shown_as_they_are(host: VirtualHost) -> None:
    """What is loaded can be read in one go, and what was read does not move."""
    before = host.effects()
    play(host, "param_set 0 drive 0.5", "bypass 0 1")
    assert before[0] == HostEffect(DRIVE, False, "", {"drive": 0.0, "muffle": 0.0, "output": 0.5})
    assert host.effects()[0] == HostEffect(DRIVE, True, "", {"drive": 0.5, "muffle": 0.0, "output": 0.5})
    assert host.effects()[1].values["BYPASS"] == 1.0


MULTI = [
    (f"multi_add 2 {DRIVE} 10 {SCREAMER} 11", "resp 0"),
    (f"multi_add 1 {DRIVE} 12", "resp 12"),
    (f"multi_add 1 {DRIVE} 12", "resp -2"),
    ("multi_add 0", "resp -302"),
    ("multi_add -1", "resp -901"),
    ("multi_add 2 urn:x 1", "few arguments"),
    (f"multi_preload 1 {DRIVE} 13", "resp 13"),
    ("multi_activate 1 1 13", "resp 0"),
    ("multi_activate 1 2 13 14", "resp 0"),
    ("multi_activate 1 1 14", "resp -3"),
    ("multi_bypass 1 2 10 11", "resp 0"),
    ("param_get 11 :bypass", "resp 0 0.0000"),
    ("param_get 11 BYPASS", "resp 0 0.0000"),
    ("multi_param_set drive 7 2 10 12", "resp 0"),
    ("param_get 12 drive", "resp 0 7.0000"),
    ("multi_param_set drive 7 1 12", "resp 0"),
    ("param_get 12 drive", "resp 0 1.0000"),
    ("multi_param_set drive 7 1 99", "resp -3"),
    ("multi_params_flush 0 2 10 12 2 drive 0.5 muffle 0.25", "resp 0"),
    ("param_get 10 muffle", "resp 0 0.2500"),
    ("multi_params_flush 0 2 10 12", "few arguments"),
    ("multi_params_flush 0 1 10 1 drive", "few arguments"),
    ("multi_pre_run 0 1 10 1 drive 0.75", "resp 0"),
    ("pre_run 12 0 1 drive 0.75", "resp 0"),
    ("param_get 10 drive", "resp 0 0.7500"),
    ("multi_remove 2 10 99", "resp 0"),
    ("multi_remove 0", "resp -302"),
    ("multi_activate 1 0", "resp -302"),
    ("multi_bypass 1 0", "resp -302"),
    ("multi_bypass 1 1 99", "resp 0"),
    ("multi_param_set drive 1 0", "resp -302"),
    ("multi_params_flush 0 0 0 0", "resp -302"),
    ("param_get 10 drive", "resp -3"),
]


def test_many_at_once() -> None:
    """The multi commands do what the single ones do, with mod-host's exceptions."""
    host = VirtualHost()
    assert [(line, host.execute(line)) for line, _ in MULTI] == MULTI


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_counts_its_arguments(name: str, host: VirtualHost) -> None:
    """One argument too few, or one too many, is refused in mod-host's words."""
    command = COMMANDS[name]
    if command.least:
        assert host.execute(" ".join([name, *["1"] * (command.least - 1)])) == "few arguments"
    if command.most is not None:
        assert host.execute(" ".join([name, *["1"] * (command.most + 1)])) == "many arguments"
    assert host.take_events() == []


WORDS = [DRIVE, "0", "1", "2", "-1", "drive", "BYPASS", ":bypass", "nan", "inf", "", "1e99", "9" * 20, '"a b"', "é"]
WORDS += ["system:capture_1", "effect_0:left_in", "effect_1:out", "mod-host:midi_in", "processing", "cpu-load"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(set(COMMANDS) - {"quit"})),
            st.lists(
                st.sampled_from(WORDS),
                max_size=7,
            ),
        ),
        max_size=30,
    ),
    st.binary(max_size=12),
)
def test_no_command_breaks_it(lines: list[tuple[str, list[str]]], midi: bytes) -> None:
    """Whatever is sent, every reply can be judged, and the events add up to the state."""
    host = VirtualHost()
    seen: dict[int, dict[str, float]] = {}
    joined = set(host.connections())
    play(host, f"add {DRIVE} 0", f"add {SCREAMER} 1", "midi_learn 1 :bypass 0 1", "midi_map 0 drive 0 0 nan inf")
    follow(host, seen, joined)
    for name, words in lines:
        reply = host.execute(" ".join([name, *words]))
        assert reply is None or verdict(name, reply).reason != f"the host answered {reply!r}" or name == "load"
        host.receive_midi(midi)
        follow(host, seen, joined)
    shown = {number: {":bypass": float(effect.bypassed), **effect.values} for number, effect in host.effects().items()}
    assert shown.keys() == seen.keys()
    assert joined == set(host.connections())
    for number, values in seen.items():
        for symbol, value in values.items():
            if symbol != ":bypass":
                assert shown[number][symbol] == value or (math.isnan(value) and math.isnan(shown[number][symbol]))


def follow(host: VirtualHost, seen: dict[int, dict[str, float]], joined: set[tuple[str, str]]) -> None:
    """Keep a model of the rig by its events alone."""
    for event in host.take_events():
        number, pair = event.get("effect_id"), (event.get("source"), event.get("target"))
        if event["type"] == "effect_added":
            seen[number] = {}  # type: ignore[index]
        elif event["type"] == "effect_removed":
            del seen[number]  # type: ignore[arg-type]
        elif event["type"] == "param_set":
            seen[number][str(event["symbol"])] = event["value"]  # type: ignore[index,assignment]
        elif event["type"] == "connected":
            assert pair not in joined
            joined.add(pair)  # type: ignore[arg-type]
        elif event["type"] == "disconnected":
            joined.remove(pair)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("12", 12),
        ("-3x", -3),
        ("+4", 4),
        (" 5", 5),
        ("x", 0),
        ("", 0),
        ("0x10", 0),
        ("4294967296", 0),
        ("2147483648", -(2**31)),
        ("9" * 5000, -1),
        ("0" * 50 + "7", 7),
        ("plugin_0_f1658af5", 0),
    ],
)
def test_whole_numbers_are_read_as_c_reads_them(text: str, whole: int) -> None:
    """The number a text begins with, 0 for none, cut to 32 bits."""
    assert atoi(text) == whole


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.5", 0.5),
        ("0,5", 0.0),
        (".5x", 0.5),
        ("-1e3", -1000.0),
        ("5.", 5.0),
        ("1e", 1.0),
        ("0x1p4", 16.0),
        ("-Infinity", -math.inf),
        ("1e999", math.inf),
        ("0x1p99999", math.inf),
        ("true", 0.0),
        ("", 0.0),
    ],
)
def test_numbers_are_read_as_c_reads_them(text: str, number: float) -> None:
    """The number a text begins with, 0.0 for none; a comma ends it."""
    assert atof(text) == number


def test_not_a_number_is_a_number_to_c() -> None:
    """`nan` is read and kept."""
    assert math.isnan(atof("nan"))
    assert math.isnan(single(math.nan))


@given(st.floats(width=32, allow_nan=False))
def test_single_precision_keeps_what_it_can(value: float) -> None:
    """What single precision holds exactly stays the same number when it is stored again."""
    assert single(single(value)) == single(value)
    assert single(value) == pytest.approx(value, rel=1e-6)


def test_single_precision_is_shown_in_short() -> None:
    """Ordinary decimals stay what they look like; what is too large becomes infinite."""
    assert [single(value) for value in (0.7, 0.1, 120.5, 16777217.0)] == [0.7, 0.1, 120.5, 16777216.0]
    assert [single(1e39), single(-1e39)] == [math.inf, -math.inf]
