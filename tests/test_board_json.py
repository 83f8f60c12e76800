"""The JSON of the Session Manager: both ways, and nothing is lost."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.library import board_file, parse_board
from controld.session.board_json import from_members, to_members
from controld.session.board_members import BoardFormError
from controld.session.effect_names import derived_name
from controld.session.model import EffectRecall, EffectSetup, Pedalboard, Snapshot
from controld.session.shelf import fingerprint
from controld.session.steps import EffectName, EffectOut
from controld.values import Level

# As that program stored it, with members of its own that we know nothing of.
STORED: dict[str, Any] = {
    "id": "05b41554", "name": "Test Pedalboard", "description": "",
    "plugins": [
        {
            "uri": "urn:amp", "instance_id": "plugin_0_f1658af5", "name": "Amp", "brand": "X", "version": "1.2",
            "parameters": {"gain": 0.5, "mode": True, "file": "a.wav"}, "ports": {"audio_inputs": ["in"]},
            "available_parameters": {}, "x": 100, "y": 50.5, "enabled": False, "preset": None,
            "created_at": "2025-10-04T20:05:18.170146",
        },
        {"uri": "urn:amp", "instance_id": "0", "parameters": {}},
    ],
    "connections": [
        {
            "source_plugin": "system", "source_port": "capture_1", "target_plugin": "plugin_0_f1658af5",
            "target_port": "in", "connection_id": "a",
        },
        {"source_plugin": "plugin_0_f1658af5", "source_port": "out", "target_plugin": "0", "target_port": "in"},
    ],
    "created_at": "2025-10-04T20:05:18.170146", "metadata": {"saved_at": "2025"}, "system_inputs": None,
    "_schema_version": 1,
}  # fmt: skip

NAMES = st.text(max_size=8)
EFFECTS = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,6}", fullmatch=True).filter(lambda name: name != "system")
SYMBOLS = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
LEVELS = st.builds(Level, NUMBERS, st.sampled_from(["", "", "%", "dB"]))
PARAMETERS = st.dictionaries(SYMBOLS, LEVELS, max_size=3)
RECALLS = st.builds(EffectRecall, st.none() | st.booleans(), st.none() | NAMES, PARAMETERS)


@st.composite
def boards(draw: st.DrawFn) -> Pedalboard:
    """Pedalboards as the session may have them."""
    names = draw(st.lists(EFFECTS, unique=True, max_size=4))
    setups = [
        EffectSetup(
            name, draw(NAMES), draw(st.booleans()), draw(NAMES), draw(PARAMETERS), draw(st.tuples(NUMBERS, NUMBERS)),
            draw(NAMES),
        )
        for name in names
    ]  # fmt: skip
    ends = st.sampled_from(
        [*(f"{name}:{port}" for name in names for port in ("in", "out")), "system:capture_1", "a:b:c"]
    )
    titles = draw(st.lists(NAMES, unique=True, max_size=3))
    recalls = st.dictionaries(st.sampled_from(names), RECALLS) if names else st.just({})
    owners = st.lists(st.sampled_from(names), unique=True).map(tuple) if names else st.just(())
    return Pedalboard(
        draw(NAMES),
        tuple(setups),
        tuple(draw(st.lists(st.tuples(ends, ends), max_size=4))),
        tuple(Snapshot(title, draw(recalls)) for title in titles),
        draw(NAMES),
        draw(NUMBERS),
        roles=draw(st.dictionaries(EFFECTS, owners, max_size=2)),
        global_parameters=frozenset((name, "gain") for name in draw(owners)),
        saved_in=draw(st.none() | NAMES),
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | NAMES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
OTHERS = st.dictionaries(st.text(max_size=4).map(lambda key: f"x-{key}"), JSON, max_size=2)
PORTS = st.text(min_size=1, max_size=4).filter(lambda text: ":" not in text)


def maybe(draw: st.DrawFn, members: dict[str, st.SearchStrategy[object]]) -> dict[str, object]:
    """Return some of these members, and some that nobody knows."""
    return {key: draw(values) for key, values in members.items() if draw(st.booleans())} | draw(OTHERS)


@st.composite
def stored(draw: st.DrawFn) -> dict[str, object]:
    """Pedalboards as another program may have stored them."""
    ids = draw(st.lists(PORTS, unique=True, max_size=3))
    values = st.dictionaries(SYMBOLS, JSON | NUMBERS, max_size=3)
    optional: dict[str, st.SearchStrategy[object]] = {
        "x": NUMBERS | st.integers(-9, 9) | st.none(), "y": NUMBERS, "enabled": st.booleans(), "ports": JSON,
        "parameters": values, "created_at": st.none() | NAMES, "name": NAMES,
        "preset": st.none() | NAMES,
    }  # fmt: skip
    plugins = [{"uri": draw(NAMES), "instance_id": each, **maybe(draw, optional)} for each in ids]
    clients = st.sampled_from([*ids, "system"])
    links = [
        {
            "source_plugin": draw(clients), "source_port": draw(PORTS), "target_plugin": draw(clients),
            "target_port": draw(PORTS), **draw(OTHERS),
        }
        for _ in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    states = st.dictionaries(st.sampled_from(ids), values) if ids else st.just({})
    titles = draw(st.lists(NAMES, unique=True, max_size=2))
    snapshots = [{"name": title, **maybe(draw, {"plugin_states": states, "id": JSON})} for title in titles]
    lists: dict[str, object] = {"plugins": plugins, "connections": links, "snapshots": snapshots}
    kept = {key: value for key, value in lists.items() if value or draw(st.booleans())}
    return {"name": draw(NAMES), **kept, **maybe(draw, {"description": NAMES, "metadata": JSON, "id": JSON})}


def text(members: object) -> str:
    """Return JSON as a text, in which 1, 1.0 and true are three things."""
    return json.dumps(members, sort_keys=True)


@given(boards())
def test_a_pedalboard_comes_back_as_it_was(board: Pedalboard) -> None:
    """Through the text of a file too; and what comes back is written as the same."""
    again, over = parse_board(board_file(board, "print"))
    assert (again, over) == (board, "print")
    assert fingerprint(again) == fingerprint(board)
    assert text(to_members(again)) == text(to_members(board))


@given(stored())
def test_what_another_program_stored_is_written_as_it_was(members: dict[str, object]) -> None:
    """Every member, also those that nobody here understands, in the very form that it had."""
    before = text(members)
    assert text(to_members(from_members(json.loads(before)))) == before


def test_it_is_understood() -> None:
    """Effects have names that a mapping can write; connections follow them."""
    board = from_members(STORED)
    amp, other = board.effects
    assert (amp.name, amp.bypassed, amp.position) == ("plugin_0_f1658af5", True, (100.0, 50.5))
    assert amp.parameters == {"gain": Level(0.5), "mode": Level(1.0)}
    assert other.name == "fx-0"
    assert board.connections[1] == ("plugin_0_f1658af5:out", "fx-0:in")
    assert text(to_members(board)) == text(STORED)


def test_only_what_was_edited_is_written_otherwise() -> None:
    """A renamed effect keeps its id for the other program, and its connections theirs."""
    board, _back = EffectName("plugin_0_f1658af5", "amp").apply(from_members(STORED))
    members: dict[str, Any] = to_members(board)
    assert members["connections"] == STORED["connections"]
    first, second = members["plugins"]
    assert first == STORED["plugins"][0] | {"controld": {"name": "amp"}}
    assert second == STORED["plugins"][1]
    assert from_members(members) == board


def test_an_effect_that_comes_back_is_what_it_was() -> None:
    """Removed and brought back, the JSON is the same."""
    board = from_members(STORED)
    without, back = EffectOut("fx-0").apply(board)
    members: dict[str, Any] = to_members(without)
    assert len(members["plugins"]) == 1
    again, _out = back.apply(without)
    assert text(to_members(again)) == text(STORED)


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"name": None}, "name: expected a text"),
        ({"name": 3}, "name: expected a text, found 3"),
        ({"plugins": {}}, "plugins: expected a list"),
        ({"plugins": [3]}, "plugins[0]: expected an object"),
        ({"plugins": [{}]}, "plugins[0].uri: expected a text"),
        ({"plugins": [{"uri": "a", "enabled": 1}]}, "plugins[0].enabled: expected true or false"),
        ({"plugins": [{"uri": "a", "x": "b"}]}, "plugins[0].x: expected a number"),
        ({"plugins": [{"uri": "a", "x": 10**400}]}, "plugins[0].x: expected a number"),
        ({"plugins": [{"uri": "a", "instance_id": "i"}] * 2}, "plugins[1].instance_id: expected one that no other"),
        ({"plugins": [{"uri": "a", "controld": {"name": "a/b"}}]}, "plugins[0].controld.name: expected the name"),
        ({"plugins": [{"uri": "a", "controld": {"name": "b"}}] * 2}, "plugins[1].controld.name: expected one that no"),
        ({"connections": [{"source_plugin": "a"}]}, "connections[0].target_plugin: expected a text"),
        ({"snapshots": [{"name": "a"}, {"name": "a"}]}, "snapshots[1].name: expected one that no other"),
        ({"snapshots": [{"name": "a", "plugin_states": 3}]}, "snapshots[0].plugin_states: expected an object"),
        ({"controld": []}, "controld: expected an object"),
    ],
)
def test_what_is_no_pedalboard_is_refused_with_its_place(change: dict[str, object], at: str) -> None:
    """What was expected there, and what was found."""
    with pytest.raises(BoardFormError) as refused:
        from_members({"name": "A", **change})
    assert str(refused.value).startswith(at)


@pytest.mark.parametrize("members", [None, 3, [], "x"])
def test_what_is_no_object_is_refused(members: object) -> None:
    """As a whole."""
    with pytest.raises(BoardFormError, match="expected a pedalboard as an object"):
        from_members(members)


@given(st.text(max_size=200), st.sets(EFFECTS, max_size=5))
def test_a_derived_name_can_be_written(words: str, taken: set[str]) -> None:
    """Whatever it is made of; and nobody else has it."""
    name = derived_name(words, taken)
    assert name not in taken
    assert (
        from_members(to_members(replace(Pedalboard("A"), effects=(EffectSetup(name, "urn:a"),)))).effects[0].name
        == name
    )
