"""Playing MIDI controls without hardware is true: what a device would send for a move is that move again."""

import json
from collections.abc import Sequence
from typing import Any

import jsonschema
import pytest
from config_texts import read_profile, told
from hypothesis import given
from hypothesis import strategies as st
from midi_play import events_of, moved, pressed

from controld.check import json_schema
from controld.errors import SurfaceError
from controld.events import ControlMoved, ControlTouched, ControlTurned, ProgramChosen
from controld.midi_codec import MidiDecoder
from controld.midi_decode import Event
from controld.midi_stream import MidiStream

CODINGS = ["twos-complement", "binary-offset", "sign-magnitude", "relative-64"]
CHANNELS = st.sampled_from([1, 7, 16, "any"])


@st.composite
def positions(draw: st.DrawFn) -> dict[str, Any]:
    """A control that has a position, as it is written."""
    control: dict[str, Any] = {"kind": draw(st.sampled_from(["pedal", "knob", "fader"]))}
    key, value = draw(
        st.one_of(
            st.tuples(st.just("cc"), st.integers(32, 127)),
            st.tuples(st.just("cc"), st.integers(0, 31)),
            st.tuples(st.sampled_from(["nrpn", "rpn"]), st.integers(0, 16382)),
            st.tuples(st.sampled_from(["pitchbend", "pressure", "polypressure", "cc"]), st.just("any")),
            st.tuples(st.just("sysex"), st.sampled_from(["F0 01 {value} F7", "F0 {coarse} ?? {fine} 05 F7"])),
        )
    )
    control[key] = value
    wide = key in {"nrpn", "rpn"} or (key == "cc" and isinstance(value, int) and value < 32)
    if wide and draw(st.booleans()):
        control["bits"] = 14
    if key != "sysex" and draw(st.booleans()):
        control["channel"] = draw(CHANNELS)
    highest = 16383 if "bits" in control or key == "pitchbend" or "coarse" in str(value) else 127
    if draw(st.booleans()):
        heel, toe = draw(st.lists(st.integers(0, highest), min_size=2, max_size=2, unique=True))
        control["calibrate"] = [heel, toe]
    return control


Written = dict[str, Any]
MESSAGES: list[Written] = [{"cc": 5}, {"note": "C4"}, {"nrpn": 700}, {"rpn": 2}]
PROGRAM_MESSAGES: list[Written] = [{"program": "any"}, {"cc": 3}, {"sysex": "F0 {value} F7"}]
SWITCHES = st.builds(
    lambda kind, channel, message: {"kind": kind, "channel": channel} | message,
    st.sampled_from(["button", "latch"]), CHANNELS, st.sampled_from(MESSAGES),
)  # fmt: skip
TRIGGERS = st.sampled_from(["clock", "start", "stop", "continue"]).map(lambda key: {"kind": "button", key: "any"})
PROGRAMS = st.sampled_from(PROGRAM_MESSAGES).map(lambda message: {"kind": "program"} | message)
ENCODERS = st.builds(
    lambda message, coding, detent: {"kind": "encoder", "coding": coding, "detent": detent} | message,
    st.sampled_from([{"cc": 9}, {"nrpn": 900}, {"rpn": 3, "channel": "any"}, {"sysex": "F0 09 {value} F7"}]),
    st.sampled_from(CODINGS),
    st.integers(1, 16),
)  # fmt: skip


def played(written: dict[str, Any], channel: int = 4) -> MidiDecoder:
    """Return the decoder of a profile with one control, which loader and JSON Schema both take."""
    data = {"version": 1, "channel": channel, "controls": {"x": written}}
    assert jsonschema.Draft202012Validator(json_schema("profile")).is_valid(data)
    profile, report = read_profile(json.dumps(data))
    assert told(report) == []
    return MidiDecoder("floor", profile)


def sent(midi: MidiDecoder, messages: Sequence[bytes]) -> list[Event]:
    """Return the events of messages that went over a wire in one portion."""
    return events_of(midi, *MidiStream().receive(b"".join(messages)))


class TestRoundTrips:
    @given(positions(), st.lists(st.floats(0, 1), min_size=1, max_size=3))
    def test_positions(self, written: dict[str, Any], wanted: list[float]) -> None:
        """What the device would send for a position is that position again, to half of its smallest step."""
        midi = played(written)
        source = midi._profile.controls["x"].source
        assert source is not None
        heel, toe = written.get("calibrate", (0, source.highest))
        for position in wanted:
            event = sent(midi, midi.message_for("floor.x", position=position))[-1]
            assert isinstance(event, ControlMoved)
            assert event.position == pytest.approx(position, abs=0.51 / abs(toe - heel) + 1e-9)

    @given(SWITCHES, st.booleans())
    def test_switches(self, written: dict[str, Any], down: bool) -> None:
        """Down is down and up is up."""
        midi = played(written)
        assert sent(midi, midi.message_for("x", position=float(down))) == [moved("x", float(down))]

    @given(TRIGGERS | st.just({"kind": "button", "sysex": "F0 01 ?? F7"}))
    def test_triggers(self, written: dict[str, Any]) -> None:
        """The press sends the message, which is press and release; the release sends nothing more."""
        midi = played(written)
        assert sent(midi, midi.message_for("x", position=1.0)) == pressed("x")
        assert midi.message_for("x", position=0.0) == midi.message_for("x", position=0.49) == []
        assert midi.message_for("x", position=0.5) == midi.message_for("x", position=1.0)

    @given(ENCODERS, st.lists(st.integers(-100, 100), max_size=4))
    def test_detents(self, written: dict[str, Any], turns: list[int]) -> None:
        """Every click arrives, however many steps it takes and however often the direction turns."""
        midi = played(written)
        for turn in turns:
            events = sent(midi, midi.message_for("x", detents=turn))
            assert sum(event.detents for event in events if isinstance(event, ControlTurned)) == turn

    @given(PROGRAMS, st.integers(0, 127))
    def test_programs(self, written: dict[str, Any], program: int) -> None:
        """Every program is chosen again."""
        midi = played(written)
        assert sent(midi, midi.message_for("x", program=program)) == [ProgramChosen("floor.x", program, 5.0)]

    @given(st.sampled_from([{"note": 104}, {"cc": 80}, {"note": "C4", "channel": 9}]), st.booleans())
    def test_hands(self, touch: dict[str, Any], touched: bool) -> None:
        """A hand that is laid on a fader, and taken from it."""
        midi = played({"cc": 7, "kind": "fader", "touch": touch})
        assert sent(midi, midi.message_for("x", touched=touched)) == [ControlTouched("floor.x", touched, 5.0)]

    @pytest.mark.parametrize(
        ("written", "wish"),
        [
            ({"program": 5, "kind": "program"}, {"program": 6}), ({"cc": 5, "kind": "program"}, {"position": 1.0}),
            ({"nrpn": 5, "kind": "knob"}, {"detents": 1}), ({"nrpn": 5, "kind": "encoder"}, {"position": 0.5}),
            ({"start": "any", "kind": "button"}, {"program": 1}), ({"cc": 5, "kind": "fader"}, {"touched": True}),
        ],
    )  # fmt: skip
    def test_what_a_control_cannot_do_is_said(self, written: dict[str, Any], wish: dict[str, Any]) -> None:
        """Playing something a control does not have is refused with its name and kind."""
        with pytest.raises(SurfaceError, match=rf"`x` does not send this; its kind is {written['kind']}"):
            played(written).message_for("x", **wish)
