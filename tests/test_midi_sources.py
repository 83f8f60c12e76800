"""Every MIDI source: what its messages mean, what it remembers, and that playing it without hardware is true."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import jsonschema
import pytest
from config_texts import controls, read_profile, told
from hypothesis import given
from hypothesis import strategies as st

from controld.check import json_schema
from controld.errors import SurfaceError
from controld.events import ControlMoved, ControlTouched, ControlTurned, ProgramChosen
from controld.mappings.profile import Profile
from controld.midi_codec import MidiDecoder
from controld.midi_decode import Event
from controld.midi_stream import MAX_SYSEX, MidiStream
from controld.midi_values import value_of_detents

SOURCES = """\
squeeze: {pressure: any, kind: pedal}
key: {polypressure: C1, kind: knob, channel: any}
cutoff: {nrpn: 1021, kind: knob, bits: 14}
depth: {nrpn: 1022, kind: pedal, calibrate: [100, 20]}
bend-range: {rpn: 0, kind: encoder}
hold: {rpn: 1, kind: button, channel: 3}
big: {nrpn: any, kind: pedal, channel: 4}
sysex: {sysex: "F0 7D ?? {value} F7", kind: pedal}
exact: {sysex: "F0 7D 05 {value} F7", kind: program}
master: {sysex: "F0 7F 7F 04 01 {fine} {coarse} F7", kind: knob}
turn: {sysex: "f07d10{value}f7", kind: encoder}
panic: {sysex: "F0 7D 0D F7", kind: button}
tick: {clock: any, kind: button}
play: {start: any, kind: button}
halt: {stop: any, kind: button}
go-on: {continue: any, kind: button}
fine: {cc: 16, kind: encoder, detent: 4}
motor: {pitchbend: any, kind: fader, channel: 9, touch: {note: 104, channel: 1}}
pot: {cc: 30, kind: knob, touch: {cc: 80}}
scene: {cc: 69, kind: program}
"""


def decoder(text: str = SOURCES) -> MidiDecoder:
    return MidiDecoder("floor", Profile("test", "", controls(text)))


def events_of(midi: MidiDecoder, *messages: str | bytes) -> list[Event]:
    """Return the events of messages in hexadecimal, at the time 5.0."""
    found: list[Event] = []
    for message in messages:
        data = bytes.fromhex(message) if isinstance(message, str) else message
        events = midi.receive(data, 5.0)
        found += [] if events is None else events if isinstance(events, tuple) else [events]
    return found


def moved(control: str, position: float) -> ControlMoved:
    return ControlMoved(f"floor.{control}", position, 5.0)


def pressed(control: str) -> list[ControlMoved]:
    return [moved(control, 1.0), moved(control, 0.0)]


class TestMessages:
    @pytest.mark.parametrize(
        ("messages", "events"),
        [
            (["D0 7F"], [moved("squeeze", 1.0)]),
            (["D0 00"], [moved("squeeze", 0.0)]),
            (["A5 18 40"], [moved("key", 64 / 127)]),
            (["F0 7D 06 7F F7"], [moved("sysex", 1.0)]),
            (["F0 7D 05 7F F7"], [ProgramChosen("floor.exact", 127, 5.0)]),
            (["F0 7F 7F 04 01 03 02 F7"], [moved("master", (2 * 128 + 3) / 16383)]),
            (["F0 7D 10 7E F7"], [ControlTurned("floor.turn", -2, 5.0)]),
            (["F0 7D 10 00 F7"], []),
            (["F0 7D 0D F7"], pressed("panic")),
            (["FA"], pressed("play")),
            (["FC"], pressed("halt")),
            (["FB"], pressed("go-on")),
            (["F8", "F8"], pressed("tick") * 2),
            (["90 68 01"], [ControlTouched("floor.motor", True, 5.0)]),
            (["90 68 00"], [ControlTouched("floor.motor", False, 5.0)]),
            (["80 68 40"], [ControlTouched("floor.motor", False, 5.0)]),
            (["B0 50 40"], [ControlTouched("floor.pot", True, 5.0)]),
            (["B0 50 3F"], [ControlTouched("floor.pot", False, 5.0)]),
            (["B0 45 07"], [ProgramChosen("floor.scene", 7, 5.0)]),
        ],
    )  # fmt: skip
    def test_reads(self, messages: list[str], events: list[Event]) -> None:
        """Each message is the event its control stands for; what only says that it came is a press and a release."""
        assert events_of(decoder(), *messages) == events

    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            ("D1 40", "pressure"), ("A0 19 40", "polyphonic pressure"), ("F0 7E 06 01 F7", "sysex"),
            ("F0 7D 06 F7", "sysex"), ("F0 7D 06 01 01 F7", "sysex"), ("F0 7D 06 80 F7", "sysex"),
            ("F0 7D 06 01", "sysex"), ("FE", "active sensing"), ("FF", "reset"), ("F0", "sysex"), ("F0 F7", "sysex"),
            ("D0 80", "pressure"),
        ],
    )  # fmt: skip
    def test_counts_what_nobody_listens_to(self, data: str, kind: str) -> None:
        """Neighbours of a message, and broken ones, mean nothing and are counted by kind."""
        midi = decoder()
        assert midi.receive(bytes.fromhex(data), 0.0) is None
        assert midi.counters == {kind: 1}

    def test_an_encoder_that_stood_still_was_heard(self) -> None:
        """What means nothing for now is not told as something that nobody takes."""
        midi = decoder()
        assert events_of(midi, "F0 7D 10 00 F7", "B0 10 01", "B0 63 07", "B0 62 7D") == []
        assert not midi.counters

    def test_sysex_of_the_longest_kind_is_read(self) -> None:
        """A pattern as long as any message that arrives, with its value at the end."""
        body = "00 " * (MAX_SYSEX - 4)
        midi = decoder(f'long: {{sysex: "F0 01 {body}{{value}} F7", kind: pedal}}')
        (message,) = midi.message_for("long", position=1.0)
        assert len(message) == MAX_SYSEX
        assert MidiStream().receive(message) == [message]
        assert events_of(midi, message) == [moved("long", 1.0)]

    def test_transport_within_other_messages_arrives_first(self) -> None:
        """A Start between the bytes of a control change is a press of its own."""
        midi, stream = decoder(), MidiStream()
        messages = stream.receive(bytes.fromhex("B0 45 FA 07"))
        assert events_of(midi, *messages) == [*pressed("play"), ProgramChosen("floor.scene", 7, 5.0)]


class TestNumberedParameters:
    def test_coarse_and_fine_data(self) -> None:
        """An NRPN of 14 bits is a position after either half, as a pair of controllers is."""
        midi = decoder()
        assert events_of(midi, "B0 63 07", "B0 62 7D", "B0 06 40", "B0 26 05") == [
            moved("cutoff", 8192 / 16383),
            moved("cutoff", 8197 / 16383),
        ]

    def test_the_selection_stays_until_another_is_made(self) -> None:
        """Data goes to what was selected last; a fine part of the number alone selects its neighbour."""
        midi = decoder()
        assert events_of(midi, "B0 63 07", "B0 62 7E", "B0 06 14", "B0 06 3C") == [
            moved("depth", 1.0),
            moved("depth", 0.5),
        ]
        assert events_of(midi, "B0 62 7D", "B0 06 7F") == [moved("cutoff", 127 * 128 / 16383)]

    def test_a_registered_number_is_another_than_a_non_registered_one(self) -> None:
        """RPN and NRPN are told apart by their CCs, and each channel has a selection of its own."""
        midi = decoder()
        assert events_of(midi, "B2 65 00", "B2 64 01", "B2 06 7F") == [moved("hold", 1.0)]
        assert events_of(midi, "B2 63 00", "B2 62 01", "B2 06 7F", "B0 06 7F") == []
        assert midi.counters == {"nrpn": 1}

    @pytest.mark.parametrize("selectors", [("65", "64"), ("63", "62")])
    def test_the_null_function_selects_nothing(self, selectors: tuple[str, str]) -> None:
        """After 127 and 127 data means nothing, and nothing is said of it; before any selection likewise."""
        midi = decoder()
        assert events_of(midi, "B0 06 01", "B0 63 07", "B0 62 7E") == []
        assert events_of(midi, *(f"B0 {number} 7F" for number in selectors), "B0 06 40", "B0 60 00") == []
        assert not midi.counters

    def test_increments_are_steps(self) -> None:
        """An encoder turns; a knob moves by the smallest step it has, once it is known where it stands."""
        midi = decoder()
        turned = [ControlTurned("floor.bend-range", 1, 5.0), ControlTurned("floor.bend-range", -1, 5.0)]
        assert events_of(midi, "B0 65 00", "B0 64 00", "B0 60 7F", "B0 61 00") == turned
        assert events_of(midi, "B0 63 07", "B0 62 7D", "B0 60 00") == []
        assert events_of(midi, "B0 06 40", "B0 26 7F", "B0 60 00")[-1] == moved("cutoff", (65 << 7) / 16383)
        assert events_of(midi, "B0 06 00", "B0 61 00")[-1] == moved("cutoff", 0.0)

    def test_increments_of_seven_bits_stop_at_the_ends(self) -> None:
        """A position never leaves its way, and a switch is not pressed by steps."""
        midi = decoder()
        events_of(midi, "B3 63 00", "B3 62 05", "B3 06 7E")
        assert events_of(midi, "B3 60 00", "B3 60 00", "B3 61 00") == [
            moved("big", 1.0),
            moved("big", 1.0),
            moved("big", 126 / 127),
        ]
        assert events_of(midi, "B2 65 00", "B2 64 01", "B2 06 7F", "B2 60 00") == [moved("hold", 1.0)]

    def test_an_encoder_also_takes_coded_data(self) -> None:
        """Steps may come as data entries in the encoder's coding, and share the rest of a click with increments."""
        midi = decoder("wheel: {nrpn: 3, kind: encoder, coding: relative-64, detent: 2}")
        assert events_of(midi, "B0 63 00", "B0 62 03", "B0 06 41", "B0 60 00") == [ControlTurned("floor.wheel", 1, 5.0)]

    def test_a_number_wins_over_any_number(self) -> None:
        """Two NRPN controls on one channel: the one that says its number hears it alone."""
        midi = decoder("all: {nrpn: any, kind: pedal}\none: {nrpn: 129, kind: pedal}")
        assert events_of(midi, "B0 63 01", "B0 62 01", "B0 06 7F", "B0 62 02", "B0 06 7F") == [
            moved("one", 1.0),
            moved("all", 1.0),
        ]

    def test_channels_of_any_do_not_mix(self) -> None:
        """A control on any channel keeps each channel's number and halves apart."""
        midi = decoder("cutoff: {nrpn: 1, kind: knob, bits: 14, channel: any}")
        assert events_of(midi, "B0 63 00", "B0 62 01", "B1 63 00", "B1 62 01", "B0 06 40", "B1 26 01") == [
            moved("cutoff", 8192 / 16383),
            moved("cutoff", 1 / 16383),
        ]

    def test_a_controller_with_one_of_the_numbers_hears_it_too(self) -> None:
        """CC 6 is a controller of its own beside the data entry it is for others."""
        midi = decoder("data: {cc: 6, kind: pedal}\ncutoff: {nrpn: 1, kind: knob}")
        assert events_of(midi, "B0 06 7F", "B0 63 00", "B0 62 01", "B0 06 00") == [
            moved("data", 1.0), moved("data", 0.0), moved("cutoff", 0.0),
        ]  # fmt: skip

    def test_a_pulled_cable_selects_nothing(self) -> None:
        """What was selected before the device went is not selected when it comes again."""
        midi = decoder()
        events_of(midi, "B0 63 07", "B0 62 7E")
        midi.reset()
        assert events_of(midi, "B0 06 40") == []


class TestDetents:
    def test_steps_make_clicks(self) -> None:
        """Four steps are a click; what is left waits, and turning back drops it."""
        midi = decoder()
        up, down = "B0 10 01", "B0 10 7F"
        click = ControlTurned("floor.fine", 1, 5.0)
        assert events_of(midi, up, up, up) == []
        assert events_of(midi, up, up, up) == [click]
        assert events_of(midi, down, down, down) == []
        assert events_of(midi, down) == [ControlTurned("floor.fine", -1, 5.0)]
        assert events_of(midi, "B0 10 0B", up) == [ControlTurned("floor.fine", 2, 5.0), click]

    @given(st.integers(1, 16), st.lists(st.integers(1, 63), max_size=30), st.sampled_from([1, -1]))
    def test_no_step_of_one_direction_is_lost(self, detent: int, steps: list[int], sign: int) -> None:
        """However steps are cut into messages, the clicks are those of their sum."""
        text = f"wheel: {{cc: 16, kind: encoder, detent: {detent}}}"
        midi = decoder(text)
        coding = midi._profile.controls["wheel"].coding
        messages = [bytes((0xB0, 16, value_of_detents(coding, sign * step))) for step in steps]
        clicks = [event.detents for event in events_of(midi, *messages) if isinstance(event, ControlTurned)]
        assert sum(clicks) == sign * (sum(steps) // detent)
        assert 0 not in clicks


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
        assert midi.message_for("x", position=0.0) == []

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


def test_a_hundred_thousand_messages_of_noise() -> None:
    """Whatever arrives, in whatever order, is an event with a name of ours or counted, and never an exception."""
    dice, midi, stream = Random(5), decoder(), MidiStream()
    heads = [*range(0x80, 0x100), *[0xF0, 0xB0, 0xB2, 0xB3] * 20]
    handled = 0
    while handled < 100_000:
        length = dice.choice([0, 1, 2, 2, 2, 3, 5, 8])
        top = dice.choice([127, 127, 127, 255])
        noise = bytes((dice.choice(heads), *(dice.randint(0, top) for _ in range(length))))
        if noise[0] == 0xB0 and len(noise) == 3:
            noise = bytes(
                (0xB0, dice.choice([6, 38, 96, 97, 98, 99, 100, 101, 16, 69]), dice.choice([0, 7, 125, 126, 127]))
            )
        for message in (noise, *stream.receive(noise + (b"\xf7" if noise[0] == 0xF0 else b""))):
            for event in events_of(midi, message):
                assert event.control.startswith("floor.")
                assert not isinstance(event, ControlMoved) or 0.0 <= event.position <= 1.0
            handled += 1
    assert midi.counters.total() > 1000
