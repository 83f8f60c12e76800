"""The built-in namespace: every address comes to its action, and only confirmed truth is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.actions import (
    DriveParameter,
    LoadPedalboard,
    LoadPreset,
    Panic,
    RecallSnapshot,
    Redo,
    Resync,
    SaveSnapshot,
    Seek,
    SelectBank,
    SelectPage,
    SetBypass,
    SetMute,
    SetParameter,
    SetTempo,
    SetTransport,
    SetTuner,
    SetVariable,
    TapTempo,
    ToggleParameter,
    Undo,
)
from controld.changes import (
    BankChanged,
    BypassChanged,
    EngineChanged,
    EngineState,
    MuteChanged,
    PageChanged,
    ParameterChanged,
    PedalboardChanged,
    PresetChanged,
    Refused,
    SnapshotChanged,
    State,
    StateChange,
    TempoChanged,
    TunerChanged,
    VariableChanged,
)
from controld.osc_codec import OscArg
from controld.osc_methods import METHODS, address_of
from controld.osc_namespace import MAX_HINTS, Namespace, News
from controld.values import Level, Scale, ScalePoint

GAIN = Scale(0.0, 20.0, 5.0)
MODE = Scale(0, 2, 0, enumeration=True, points=(ScalePoint(0, "Soft"), ScalePoint(1, "Hard"), ScalePoint(2, "Fuzz")))
BOARD = PedalboardChanged("Stage", 1, State.CONFIRMED, ("drive", "delay"), ("Clean", "Lead", "Solo"))


def gain(value: float, confirmed: float | None, state: State = State.CONFIRMED, origin: str = "") -> ParameterChanged:
    return ParameterChanged("drive", "gain", value, confirmed, state, GAIN, origin)


def played() -> Namespace:
    """Return a namespace that was told a whole rig."""
    namespace = Namespace()
    changes: list[StateChange] = [
        EngineChanged(EngineState.UP, "virtual host"),
        BOARD,
        SnapshotChanged("Lead", 2, State.CONFIRMED),
        PresetChanged("drive", "Crunch", State.CONFIRMED),
        BypassChanged("drive", bypassed=False, confirmed=False, state=State.CONFIRMED),
        gain(10.0, 10.0),
        ParameterChanged("drive", "mode", 1, 1, State.CONFIRMED, MODE),
        VariableChanged("solo", value=False),
        VariableChanged("count", 3.0),
        BypassChanged("delay", bypassed=True, confirmed=True, state=State.CONFIRMED),
    ]
    for change in changes:
        namespace.receive(change)
    return namespace


def told(news: News) -> dict[str, object]:
    return {fact.address: fact.args[0] if not fact.rest else fact.args for fact in news.facts}


@pytest.mark.parametrize(
    ("address", "args", "action"),
    [
        ("/effect/drive/bypass", (1,), SetBypass(("drive",), bypassed=True)),
        ("/effect/drive/bypass", (0.0,), SetBypass(("drive",), bypassed=False)),
        ("/effect/drive/bypass", (False,), SetBypass(("drive",), bypassed=False)),
        ("/effect/drive/active", (1.0,), SetBypass(("drive",), bypassed=False)),
        ("/effect/drive/active", (0.5,), SetBypass(("drive",), bypassed=False)),
        ("/effect/drive/active", (0.49,), SetBypass(("drive",), bypassed=True)),
        ("/effect/drive/active", (True,), SetBypass(("drive",), bypassed=False)),
        ("/effect/drive/gain", (7,), SetParameter("drive", "gain", Level(7.0), continuous=True)),
        ("/effect/drive/gain", (1 << 40,), SetParameter("drive", "gain", Level(float(1 << 40)), continuous=True)),
        ("/effect/drive/mode", ("Hard",), SetParameter("drive", "mode", Level(1.0), continuous=True)),
        ("/effect/drive/mode", ("fuzz",), SetParameter("drive", "mode", Level(2.0), continuous=True)),
        ("/effect/drive/gain/normalized", (0.25,), DriveParameter("drive", "gain", 0.25)),
        ("/effect/drive/gain/normalized", (1.0000001,), DriveParameter("drive", "gain", 1.0)),
        ("/effect/drive/toggle", (1,), SetBypass(("drive",))),
        ("/effect/drive/toggle", (0,), None),
        ("/effect/drive/gain/toggle", (), ToggleParameter("drive", "gain", Level(0, "%"), Level(100, "%"))),
        ("/tuner/toggle", (1.0,), SetTuner()),
        ("/mute/toggle", (1.0,), SetMute()),
        ("/transport/toggle", (1.0,), SetTransport()),
        ("/effect/drive/preset", ("Crunch",), LoadPreset("drive", "Crunch")),
        ("/effect/drive/preset", (2.0,), LoadPreset("drive", 2)),
        ("/effect/drive/preset", ("next",), LoadPreset("drive", Seek.NEXT)),
        ("/snapshot", ("Lead",), RecallSnapshot("Lead")),
        ("/snapshot", (3,), RecallSnapshot(3)),
        ("/snapshot", (3, 1), RecallSnapshot(3)),
        ("/snapshot", (3, 0), None),
        ("/snapshot", ("last",), RecallSnapshot(Seek.LAST)),
        ("/snapshot/2", (), RecallSnapshot(2)),
        ("/snapshot/2", (1.0,), RecallSnapshot(2)),
        ("/snapshot/2", (0.0,), None),
        ("/snapshot/2", (False,), None),
        ("/pedalboard", ("previous",), LoadPedalboard(Seek.PREVIOUS)),
        ("/pedalboard/4", (1,), LoadPedalboard(4)),
        ("/pedalboard/4", (0,), None),
        ("/snapshot/save", (), SaveSnapshot()),
        ("/snapshot/save", (1,), SaveSnapshot()),
        ("/snapshot/save", (0,), None),
        ("/snapshot/save", ("Lead",), SaveSnapshot("Lead")),
        ("/bank", ("next",), SelectBank(Seek.NEXT)),
        ("/bank", (2, 1), SelectBank(2)),
        ("/bank/2", (), SelectBank(2)),
        ("/page", ("solo",), SelectPage("solo")),
        ("/page", ("back",), SelectPage(Seek.BACK)),
        ("/tempo", (97.5,), SetTempo(97.5)),
        ("/tempo/tap", (1,), TapTempo()),
        ("/tempo/tap", (0,), None),
        ("/transport", (1,), SetTransport(rolling=True)),
        ("/mute", (0,), SetMute(on=False)),
        ("/tuner", (True,), SetTuner(on=True)),
        ("/variable/solo", (1,), SetVariable("solo", True)),
        ("/variable/solo", (False,), SetVariable("solo", False)),
        ("/variable/count", (1,), SetVariable("count", 1.0)),
        ("/variable/word", ("x",), SetVariable("word", "x")),
        ("/undo", (), Undo()),
        ("/redo", (1,), Redo()),
        ("/panic", (0,), None),
        ("/panic", (), Panic()),
        ("/controld/resync", (), Resync()),
        ("/controld/error", ("/x", "no"), None),
        ("/controld/pong", (), None),
    ],
)
def test_a_message_comes_to_its_action(address: str, args: tuple[OscArg, ...], action: object) -> None:
    """Every address of the namespace means one action; types are taken leniently where the meaning is exact."""
    assert played().read(address, args) == action


@pytest.mark.parametrize(
    ("address", "args", "words"),
    [
        ("/effect/drive/active", ("on",), "takes one number: 1 for active, 0 for bypassed; got 'on'"),
        ("/effect/drive/active", (), "got 0 arguments"),
        ("/effect/drive/active", (1, 1), "got 2 arguments"),
        ("/effect/drive/active", (None,), "got None"),
        ("/effect/drive/gain", (float("nan"),), "got nan"),
        ("/effect/drive/gain", (float("inf"),), "got inf"),
        ("/effect/drive/gain", ((1, 2),), "got (1, 2)"),
        ("/effect/drive/gain", ("Hard",), "no named values"),
        ("/effect/drive/mode", ("Hart",), "none of Soft, Hard, Fuzz did you mean `Hard`?"),
        ("/effect/drive/gain/normalized", (1.5,), "from 0 to 1"),
        ("/effect/drive/gian", (1.0,), "no such address: did you mean `gain`?"),
        ("/effect/drive/volume", (1.0,), "drive has active, bypass, toggle, preset, gain, mode"),
        ("/effect/drive/gain/normal", (1.0,), "did you mean `gain`?"),
        ("/effect/drive", (1.0,), "drive has active"),
        ("/effect/drve/active", (1,), "no such address: did you mean `/effect/drive/active`?"),
        ("/tempo", (True,), "from 20 to 300"),
        ("/mute", ("on",), "1 for on"),
        ("/variable/solo", (None,), "number or text"),
        ("/snapshot/save", ("",), "one snapshot's name"),
        ("/snapshot", (0,), "number from 1"),
        ("/snapshot", (2.5,), "number from 1"),
        ("/snapshot", (True,), "number from 1"),
        ("/snapshot", ("",), "number from 1"),
        ("/snapshot/0", (1,), "no such address"),
        ("/snapshot/2", ("x",), "takes nothing or 1"),
        ("/snapshots", (1,), "did you mean `/snapshot`?"),
        ("/controld/helo", (), "did you mean `/controld/hello`?"),
        ("/effect//active", (1,), "no such address"),
        ("/status", ("up",), "cannot be set"),
    ],
)
def test_what_cannot_be_is_refused_in_plain_words(address: str, args: tuple[OscArg, ...], words: str) -> None:
    """A bad value says what the address takes, an unknown address names the nearest known one."""
    reading = played().read(address, args)
    assert isinstance(reading, str)
    assert words in reading


def test_before_anything_is_told_the_session_is_the_judge() -> None:
    """An effect that may be loading is not refused by a mirror that knows nothing yet."""
    namespace = Namespace()
    assert namespace.read("/effect/drive/gain", (1.0,)) == SetParameter("drive", "gain", Level(1.0), continuous=True)
    namespace.receive(BypassChanged("lost", bypassed=True, confirmed=True, state=State.CONFIRMED))
    assert "lost/active" in str(namespace.read("/effect/last/active", (1.0,)))
    namespace.receive(PedalboardChanged("Stage", 1, State.ASKED, ("drive",)))
    assert namespace.dump() == []
    assert namespace.read("/effect/drive/gain", (1.0,)) == SetParameter("drive", "gain", Level(1.0), continuous=True)
    assert isinstance(namespace.read("/effect/delay/time", (1.0,)), str)


@given(
    st.text(max_size=40).map(lambda text: "/" + text),
    st.lists(st.one_of(st.none(), st.text(), st.floats(), st.booleans()), max_size=3),
)
def test_no_message_is_too_strange_to_be_read(address: str, args: list[OscArg]) -> None:
    """Whatever arrives is read, refused or ignored; nothing raises."""
    played().read(address, tuple(args))


def test_unknown_addresses_cost_hints_only_up_to_a_bound() -> None:
    """A sender that makes up addresses gets plain refusals after a while, because a hint costs a search."""
    namespace = played()
    answers = [namespace.read(f"/effect/drive/gai{number}", (1,)) for number in range(MAX_HINTS + 1)]
    assert "did you mean" in str(answers[0])
    assert answers[-1] == "no such address"


def test_a_wish_on_its_way_is_not_told() -> None:
    """While a bypass is asked the old truth is what is told; while nothing is known, nothing is."""
    namespace = played()
    asked = namespace.receive(BypassChanged("drive", bypassed=True, confirmed=False, state=State.ASKED, origin="t/c"))
    assert told(asked) == {"/effect/drive/active": True, "/effect/drive/bypass": False}
    assert (asked.origin, asked.settled) == ("t/c", False)
    unknown = namespace.receive(BypassChanged("drive", bypassed=True, confirmed=None, state=State.ASKED))
    assert unknown.facts == []
    assert namespace.receive(SnapshotChanged("Solo", 3, State.ASKED)).facts == []
    assert namespace.receive(PresetChanged("drive", "Loud", State.ASKED)).facts == []
    assert namespace.fact("/snapshot") is not None


def test_a_parameter_is_told_in_its_unit_and_as_a_share() -> None:
    """A confirmed value keeps the digits it was asked with, a wish on its way tells what is confirmed."""
    namespace = played()
    assert told(namespace.receive(gain(0.123456, 0.1235))) == {
        "/effect/drive/gain": 0.123456,
        "/effect/drive/gain/normalized": pytest.approx(0.123456 / 20),
    }
    assert told(namespace.receive(gain(15.0, 10.0, State.ASKED)))["/effect/drive/gain"] == 10.0
    assert namespace.receive(gain(15.0, None, State.ASKED)).facts == []
    endless = ParameterChanged("drive", "odd", 1.0, 1.0, State.CONFIRMED, Scale(float("-inf"), float("inf")))
    assert told(namespace.receive(endless)) == {"/effect/drive/odd": 1.0}


def test_a_plugins_own_bypass_does_not_hide_ours() -> None:
    """Some plugins have a parameter of a name the namespace uses itself: it is told and set as a share only."""
    namespace = played()
    own = ParameterChanged("drive", "bypass", 1.0, 1.0, State.CONFIRMED, Scale(0.0, 1.0, toggled=True))
    assert told(namespace.receive(own)) == {"/effect/drive/bypass/normalized": 1.0}
    bypass = namespace.fact("/effect/drive/bypass")
    assert bypass is not None
    assert bypass.value is False
    assert namespace.read("/effect/drive/bypass", (1,)) == SetBypass(("drive",), bypassed=True)
    assert namespace.read("/effect/drive/bypass/normalized", (1,)) == DriveParameter("drive", "bypass", 1.0)
    assert len(namespace.dump()) == 19


def test_lists_are_told_by_name_and_by_lights() -> None:
    """A snapshot's name goes with a light for each; a smaller pedalboard turns the lights it lacks off."""
    namespace = played()
    assert told(namespace.receive(SnapshotChanged("Solo", 3, State.CONFIRMED))) == {
        "/snapshot": "Solo", "/snapshot/1": False, "/snapshot/2": False, "/snapshot/3": True,
    }  # fmt: skip
    smaller = namespace.receive(PedalboardChanged("Small", 2, State.CONFIRMED, ("drive",), ("Only",)))
    assert told(smaller) == {
        "/pedalboard": "Small", "/pedalboard/1": False, "/pedalboard/2": True,
        "/snapshot/1": False, "/snapshot/2": False, "/snapshot/3": False,
    }  # fmt: skip
    assert namespace.fact("/snapshot/3") is None


def test_what_is_the_rigs_own_is_told_as_it_is() -> None:
    """Tempo, transport, tuner, page and variables are true as soon as they are told."""
    namespace = played()
    assert told(namespace.receive(TempoChanged(97.5, rolling=True))) == {"/tempo": 97.5, "/transport": True}
    assert told(namespace.receive(TunerChanged(on=True, state=State.CONFIRMED))) == {"/tuner": True}
    assert told(namespace.receive(PageChanged("solo", 2, "main", ("main", "solo")))) == {"/page": "solo"}
    assert told(namespace.receive(VariableChanged("word", "x", "t/c"))) == {"/variable/word": "x"}
    addresses = [fact.address for fact in namespace.dump() if "/effect" not in fact.address]
    assert addresses == [
        "/status", "/pedalboard", "/pedalboard/1", "/snapshot", "/snapshot/1", "/snapshot/2", "/snapshot/3", "/page",
        "/tempo", "/transport", "/tuner", "/variable/count", "/variable/solo", "/variable/word",
    ]  # fmt: skip


def test_banks_are_told_where_there_are_any() -> None:
    """By name and by lights; the pedalboards' lights are those of the current bank."""
    namespace = played()
    assert namespace.receive(BankChanged("", 0, ("Stage",))).facts == []
    assert told(namespace.receive(BankChanged("Jazz", 2, ("A", "B"), ("Rock", "Jazz")))) == {
        "/bank": "Jazz", "/bank/1": False, "/bank/2": True,
    }  # fmt: skip
    namespace.receive(PedalboardChanged("A", 1, State.CONFIRMED, pedalboards=("A", "B")))
    assert (
        told(namespace.receive(PedalboardChanged("A", 0, State.CONFIRMED, pedalboards=("C",))))["/pedalboard/2"]
        is False
    )
    assert namespace.fact("/pedalboard/2") is None
    assert told(namespace.receive(BankChanged("Rock", 1, (), ("Rock",))))["/bank/2"] is False
    assert namespace.fact("/bank/2") is None


@pytest.mark.parametrize(
    ("on", "state", "expected"),
    [
        (True, State.ASKED, None),
        (True, State.CONFIRMED, True),
        (True, State.FAILED, False),
        (False, State.FAILED, True),
    ],
)
def test_a_mute_is_told_as_the_speakers_are(on: bool, state: State, expected: bool | None) -> None:
    """Not while it is on its way; a failed one tells how it is."""
    assert told(played().receive(MuteChanged(on, state))).get("/mute") is expected


def test_a_preset_that_could_not_be_loaded_is_told_as_it_was() -> None:
    """After a failure the origin hears which preset is loaded; a preset never confirmed is not told at all."""
    namespace = played()
    failed = namespace.receive(PresetChanged("drive", "Loud", State.FAILED, "t/c"))
    assert told(failed) == {"/effect/drive/preset": "Crunch"}
    assert failed.settled
    assert namespace.receive(PresetChanged("delay", "Long", State.FAILED)).facts == []


def test_the_dump_is_complete_and_in_one_order() -> None:
    """The full state comes in the same order whatever the order it was told in; a refusal is no state."""
    namespace = played()
    namespace.receive(gain(11.0, 11.0))
    assert namespace.receive(Refused("drive/gain", "no", "t/c")) == News([], "t/c")
    assert [(fact.address, *fact.args) for fact in namespace.dump()] == [
        ("/status", "up", "virtual host"),
        ("/pedalboard", "Stage"),
        ("/pedalboard/1", True),
        ("/snapshot", "Lead"),
        ("/snapshot/1", False),
        ("/snapshot/2", True),
        ("/snapshot/3", False),
        ("/variable/count", 3.0),
        ("/variable/solo", False),
        ("/effect/drive/active", True),
        ("/effect/drive/bypass", False),
        ("/effect/drive/preset", "Crunch"),
        ("/effect/drive/gain", 11.0),
        ("/effect/drive/gain/normalized", 0.55),
        ("/effect/drive/mode", 1.0),
        ("/effect/drive/mode/normalized", 0.5),
        ("/effect/delay/active", False),
        ("/effect/delay/bypass", True),
    ]


def test_another_pedalboard_forgets_the_effects_of_the_last() -> None:
    """An effect of the same name may be another plugin: its old parameters are neither told nor taken."""
    namespace = played()
    namespace.receive(PedalboardChanged("Other", 2, State.ASKED, ("drive",)))
    assert [fact for fact in namespace.dump() if "/effect" in fact.address] == []
    namespace.receive(ParameterChanged("drive", "tone", 1.0, None, State.ASKED, GAIN))
    assert isinstance(namespace.read("/effect/drive/gain", (1.0,)), str)
    assert isinstance(namespace.read("/effect/drive/tone", (1.0,)), SetParameter)


@pytest.mark.parametrize(
    ("subject", "address"),
    [
        ("drive/gain", "/effect/drive/gain"),
        ("drive", "/effect/drive"),
        ("drive preset", "/effect/drive/preset"),
        ("snapshot", "/snapshot"),
        ("pedalboard Stage", "/pedalboard"),
        ("mute", "/mute"),
        ("undo", "/undo"),
        ("variable solo", "/variable/solo"),
        ("/nowhere", "/nowhere"),
    ],
)
def test_a_refusal_names_an_address(subject: str, address: str) -> None:
    """What the session calls its subjects has an OSC address to be told under."""
    assert address_of(subject) == address


def test_every_fact_can_be_read_back() -> None:
    """What is told under an address is understood when it comes back, so that the table is one for both ways."""
    namespace = played()
    for fact in namespace.dump():
        if fact.address != "/status":
            assert not isinstance(namespace.read(fact.address, fact.args), str), fact
    assert len({method.pattern for method in METHODS}) == len(METHODS)
