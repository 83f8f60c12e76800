"""What the monitor prints, and what the command line makes of words."""

import io
from typing import get_args

import pytest

from controld.actions import (
    Action,
    CycleParameter,
    MorphSnapshots,
    SetBypass,
    SetMute,
    SetParameter,
    SetTempo,
    SetTransport,
    SetVariable,
    ShowText,
    ToggleParameter,
)
from controld.changes import (
    BypassChanged,
    MorphChanged,
    State,
    StateChange,
    TempoChanged,
    TunerChanged,
    VariableChanged,
)
from controld.events import ControlMoved
from controld.session.requests import (
    Denied,
    Done,
    ReadParameter,
    TimedOut,
    WriteBypass,
    WriteParameters,
    WriteTransport,
)
from controld.simulate import SimulateError, Step, parse_steps
from controld.trace import _WORDS, describe, describe_request
from controld.values import Duration, Level
from controld.watch import LONGEST_ROW, WatchError, watch

STATUS: dict[str, object] = {
    "pedalboard": "Stage",
    "snapshot": "",
    "engine": "up",
    "surfaces": {"floor": "waiting"},
    "counters": {"floor": {"received": 2}, "errors": 0, "timed_out": 1},
}


def printed(records: list[dict[str, object]], **options: object) -> list[str]:
    """Return the lines that are printed for records."""
    stream = io.StringIO()
    watch(STATUS, records, stream, **options)  # type: ignore[arg-type]
    return stream.getvalue().splitlines()


class TestMonitor:
    def test_the_header_tells_where_the_rig_stands(self) -> None:
        """Pedalboard, engine, surfaces, and what was counted."""
        assert printed([]) == [
            "# Stage / -, engine up",
            "# floor: waiting",
            "# counted so far: floor received 2, timed out 1",
        ]

    def test_each_step_says_how_long_after_the_message_it_was(self) -> None:
        """Times are relative to the last message that came in."""
        lines = printed([{"t": 1.0, "kind": "in", "text": "floor  B0"}, {"t": 1.0005, "kind": "state", "text": "x"}])
        assert "+   0.50 ms" in lines[-1]
        assert lines[-1].endswith("state    x")

    def test_a_long_row_of_messages_is_cut_short(self) -> None:
        """A new tablet's full state does not push everything else off the screen."""
        out: list[dict[str, object]] = [{"t": 1.0, "kind": "out", "text": str(n)} for n in range(LONGEST_ROW + 5)]
        lines = printed([*out, {"t": 1.1, "kind": "state", "text": "done"}])
        assert sum(" out  " in line for line in lines) == LONGEST_ROW + 1
        assert "... and 5 more" in lines[-2]
        assert lines[-1].endswith("done")

    def test_only_some_kinds(self) -> None:
        """For programs and for the eye."""
        records: list[dict[str, object]] = [{"t": 1, "kind": kind, "text": kind} for kind in ("in", "rule", "reply")]
        assert [line.split()[-1] for line in printed(records, only=frozenset({"rule"}))[3:]] == ["rule"]
        assert printed(records, as_json=True)[1] == '{"t": 1, "kind": "rule", "text": "rule"}'

    def test_a_kind_that_there_is_none_of(self) -> None:
        """Nothing would ever come; so it is said at once, with the nearest."""
        with pytest.raises(WatchError, match=r"no step is called `rules` \(did you mean `rule`\?\)"):
            printed([], only=frozenset({"rules"}))

    def test_times_count_from_messages_that_are_not_shown(self) -> None:
        """Who looks at replies only still sees how long they took."""
        records: list[dict[str, object]] = [
            {"t": 1.0, "kind": "in", "text": ""},
            {"t": 1.002, "kind": "reply", "text": ""},
        ]
        assert "+   2.00 ms" in printed(records, only=frozenset({"reply"}))[-1]


class TestWords:
    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (ControlMoved("floor.fs1", 1.0, 0.0), "floor.fs1 down"),
            (SetBypass(("drive", "delay")), "toggle drive and delay"),
            (BypassChanged("drive", False, False, State.CONFIRMED), "drive active, confirmed"),
            (BypassChanged("drive", True, True, State.FAILED), "drive bypassed, FAILED"),
            (SetParameter("drive", "gain", Level(3, "dB"), over=Duration(2.0)), "drive/gain to 3 dB over 2 s"),
            (CycleParameter("drive", "mode", (Level(0), Level(1))), "drive/mode to the next of 0, 1"),
            (ToggleParameter("drive", "gain", Level(0), Level(1), Duration(beats=1)),
             "drive/gain between 0 and 1 over 1 beat"),
            (MorphSnapshots(((0, "Clean"), (1, 3)), 0.25), "morph of Clean, 3 at 25.0%"),
            (SetTempo(97.5), "tempo 97.5 bpm"),
            (SetTempo(by=-1), "tempo by -1 bpm"),
            (SetMute(), "mute toggle"),
            (SetTransport(rolling=True), "transport start"),
            (SetVariable("solo", True), "variable solo to true"),
            (SetVariable("count", by=2), "variable count by +2"),
            (SetVariable("mode", cycle=("a", "b")), "variable mode to the next of a, b"),
            (SetVariable("solo", toggle=True), "variable solo toggle"),
            (ShowText("floor.screen", "hi", Duration(1)), "show `hi` on floor.screen for 1 s"),
            (MorphChanged(("Clean", "Lead"), None), "morph of Clean, Lead nowhere"),
            (TempoChanged(120, rolling=False), "tempo 120 bpm, transport stopped"),
            (TunerChanged(True, State.CONFIRMED, "A2", -3.2), "tuner on, A2 -3 cents, confirmed"),
            (VariableChanged("count", 2.0), "variable count = 2"),
            (object(), "object"),
        ],
    )  # fmt: skip
    def test_steps_in_words(self, value: object, words: str) -> None:
        """Values of the core as a player would say them; what has no words is named."""
        assert describe(value) == words

    @pytest.mark.parametrize("kind", [*get_args(Action), *get_args(StateChange)], ids=lambda kind: kind.__name__)
    def test_every_action_and_fact_has_words(self, kind: type) -> None:
        """Nobody has to read a type's name."""
        assert kind in _WORDS

    def test_requests_with_their_replies(self) -> None:
        """What was asked, what came back, after how long."""
        request = WriteParameters(1, {"gain": 0.5})
        names = {1: "drive"}
        assert describe_request(request, names) == "drive: gain = 0.5"
        assert describe_request(request, names, Done(), 0.0012) == "drive: gain = 0.5: ok after 1.20 ms"
        bypass = WriteBypass(2, bypassed=True)
        assert describe_request(bypass, names, Denied("no")) == "effect 2 bypassed: refused: no after 0.00 ms"
        assert "no answer in time" in describe_request(bypass, names, TimedOut(), 1.5)
        assert describe_request(ReadParameter(1, "gain"), names) == "read parameter drive gain"
        transport = WriteTransport(rolling=True, bpb=4.0, bpm=97.5)
        assert describe_request(transport, names) == "transport rolling at 97.5 bpm"


class TestSimulate:
    @pytest.mark.parametrize(
        ("words", "steps"),
        [
            ("floor.fs1", [Step("floor.fs1", 1.0, then_wait_s=0.05), Step("floor.fs1", 0.0)]),
            ("floor.exp1 0.7", [Step("floor.exp1", 0.7)]),
            ("floor.wheel +3", [Step("floor.wheel", detents=3)]),
            ("floor.wheel -1 floor.fs1 down", [Step("floor.wheel", detents=-1), Step("floor.fs1", 1.0)]),
            ("floor.patch program 5", [Step("floor.patch", program=5)]),
            ("floor.fs1 down wait 600 ms floor.fs1 up",
             [Step("floor.fs1", 1.0), Step(then_wait_s=0.6), Step("floor.fs1", 0.0)]),
            ("wait 2 s", [Step(then_wait_s=2.0)]),
        ],
    )  # fmt: skip
    def test_words_become_steps(self, words: str, steps: list[Step]) -> None:
        """Gestures, positions, detents, programs and waits."""
        assert list(parse_steps(words.split())) == steps

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            ("fs1", "surface.control"),
            ("floor.fs1 pres", "did you mean `press`?"),
            ("floor.patch program x", "program 0-127"),
            ("floor.patch program", "program 0-127"),
            ("wait", "600 ms"),
        ],
    )
    def test_a_slip_is_answered_with_what_was_expected(self, words: str, reason: str) -> None:
        """Nothing is played before every word is understood."""
        with pytest.raises(SimulateError, match=reason.replace("?", r"\?").replace(".", r"\.")):
            list(parse_steps(words.split()))
