"""The MIDI tokenizer and decoder: bytes in any portions to events, and events back to bytes."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.errors import SurfaceError
from controld.events import ControlMoved, ControlTurned, ProgramChosen
from controld.mappings.profile import Coding, Control, Kind, Profile, Source, SourceType
from controld.midi_codec import MidiDecoder
from controld.midi_stream import MAX_SYSEX, MidiStream
from controld.midi_values import bend_position, bend_raw, detents_of, position_of, raw_of, value_of_detents


def cc(number: int | None, channel: int = 1, bits: int = 7) -> Source:
    return Source(SourceType.CC, number, channel, bits)


CONTROLS = (
    Control("fs1", Kind.BUTTON, cc(20)),
    Control("exp1", Kind.PEDAL, cc(7), calibrate=(4, 122)),
    Control("exp2", Kind.PEDAL, cc(11, bits=14)),
    Control("reverse", Kind.PEDAL, cc(12, channel=2, bits=14), calibrate=(16000, 100)),
    Control("knob", Kind.PEDAL, cc(70)),
    Control("wheel", Kind.ENCODER, cc(16)),
    Control("offset", Kind.ENCODER, cc(17), coding=Coding.BINARY_OFFSET),
    Control("sign", Kind.ENCODER, cc(18), coding=Coding.SIGN_MAGNITUDE),
    Control("latch", Kind.LATCH, cc(90)),
    Control("bend", Kind.PEDAL, Source(SourceType.PITCHBEND, None, 0)),
    Control("pad", Kind.BUTTON, Source(SourceType.NOTE, 24, 1)),
    Control("velocity", Kind.PEDAL, Source(SourceType.NOTE, 25, 1)),
    Control("patch", Kind.PROGRAM, Source(SourceType.PROGRAM, None, 1)),
    Control("lamp", Kind.LIGHT, None),
    Control("widget", Kind.FADER, Source(SourceType.OSC, address="/x")),
)
POSITIONED = ("fs1", "exp1", "exp2", "reverse", "knob", "latch", "bend", "pad", "velocity")


def decoder(*controls: Control) -> MidiDecoder:
    controls = controls or CONTROLS
    return MidiDecoder("floor", Profile("test", "", {control.name: control for control in controls}))


class TestStream:
    def test_keeps_running_status_across_portions(self) -> None:
        """Data bytes without a status byte belong to the last channel status, wherever the portions are cut."""
        stream = MidiStream()
        assert stream.receive(b"\xb0\x14") == []
        assert stream.receive(b"\x7f\x14") == [b"\xb0\x14\x7f"]
        assert stream.receive(b"\x00\x15\x01") == [b"\xb0\x14\x00", b"\xb0\x15\x01"]

    def test_a_whole_message_sets_running_status_too(self) -> None:
        """The short way for whole messages leaves the stream in the same state as the long one."""
        stream = MidiStream()
        assert stream.receive(b"\xb0\x14\x7f") == [b"\xb0\x14\x7f"]
        assert stream.receive(b"\x14\x00") == [b"\xb0\x14\x00"]

    def test_real_time_bytes_do_not_disturb(self) -> None:
        """Clock and active sensing may stand within any other message, SysEx included, and do not end it."""
        stream = MidiStream()
        assert stream.receive(b"\xb0\xf8\x14\xfe\x7f") == [b"\xf8", b"\xfe", b"\xb0\x14\x7f"]
        assert stream.receive(b"\xf0\x01\xf8\x02\xf7") == [b"\xf8", b"\xf0\x01\x02\xf7"]
        assert not stream.dropped

    def test_system_common_ends_running_status(self) -> None:
        """After a system common message, data bytes without status are stray."""
        stream = MidiStream()
        assert stream.receive(b"\x90\x01\x02\xf3\x05\x01\x02") == [b"\x90\x01\x02", b"\xf3\x05"]
        assert stream.dropped == {"stray data": 2}

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"\x12", "stray data"),
            (b"\xf7", "end without sysex"),
            (b"\xf0\x01\xb0", "sysex without end"),
            (b"\xb0\x14\x90", "unfinished message"),
        ],
    )
    def test_counts_what_belongs_to_no_message(self, data: bytes, reason: str) -> None:
        """Broken input costs what was broken, is counted by reason, and the next message is whole."""
        stream = MidiStream()
        assert stream.receive(data) == []
        assert stream.dropped == {reason: 1}
        assert stream.receive(b"\xb0\x14\x7f")[-1:] == [b"\xb0\x14\x7f"]

    def test_sysex_is_taken_up_to_its_bound_and_no_further(self) -> None:
        """16 kB of SysEx arrive whole; more is dropped as a whole, and memory stays bounded without an end."""
        longest = b"\xf0" + bytes(MAX_SYSEX - 2) + b"\xf7"
        stream = MidiStream()
        assert stream.receive(longest) == [longest]
        assert stream.receive(b"\xf0" + bytes(MAX_SYSEX * 3)) == []
        assert stream._sysex is not None
        assert len(stream._sysex) <= MAX_SYSEX
        assert stream.receive(b"\xf7\x90\x01\x02") == [b"\x90\x01\x02"]
        assert stream.dropped == {"sysex too long": 1}

    @given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=8))
    def test_never_raises_and_cuts_do_not_matter(self, data: bytes, cuts: list[int]) -> None:
        """Any bytes give the same whole messages however they are cut into portions."""
        whole, cut = MidiStream(), MidiStream()
        edges = [0, *sorted(min(c, len(data)) for c in cuts), len(data)]
        portions = [data[a:b] for a, b in pairwise(edges)]
        assert [m for portion in portions for m in cut.receive(portion)] == whole.receive(data)
        assert cut.dropped == whole.dropped

    @given(st.lists(st.tuples(st.sampled_from([0x80, 0x91, 0xB0, 0xEF]), st.integers(0, 127), st.integers(0, 127))))
    def test_reads_what_a_sender_with_running_status_sends(self, messages: list[tuple[int, int, int]]) -> None:
        """Leaving out repeated status bytes loses nothing."""
        wire, last = bytearray(), None
        for message in messages:
            wire += bytes(message if message[0] != last else message[1:])
            last = message[0]
        assert MidiStream().receive(bytes(wire)) == [bytes(m) for m in messages]


class TestDecoder:
    @pytest.mark.parametrize(
        ("data", "event"),
        [
            ("B0 14 7F", ControlMoved("floor.fs1", 1.0, 5.0)),
            ("B0 14 40", ControlMoved("floor.fs1", 1.0, 5.0)),
            ("B0 14 3F", ControlMoved("floor.fs1", 0.0, 5.0)),
            ("B0 46 40", ControlMoved("floor.knob", 64 / 127, 5.0)),
            ("B0 07 04", ControlMoved("floor.exp1", 0.0, 5.0)),
            ("B0 07 7F", ControlMoved("floor.exp1", 1.0, 5.0)),
            ("B0 07 3F", ControlMoved("floor.exp1", 0.5, 5.0)),
            ("B0 5A 7F", ControlMoved("floor.latch", 1.0, 5.0)),
            ("B0 5A 00", ControlMoved("floor.latch", 0.0, 5.0)),
            ("E0 00 40", ControlMoved("floor.bend", 0.5, 5.0)),
            ("E9 7F 7F", ControlMoved("floor.bend", 1.0, 5.0)),
            ("E0 00 00", ControlMoved("floor.bend", 0.0, 5.0)),
            ("90 18 01", ControlMoved("floor.pad", 1.0, 5.0)),
            ("90 18 00", ControlMoved("floor.pad", 0.0, 5.0)),
            ("80 18 40", ControlMoved("floor.pad", 0.0, 5.0)),
            ("90 19 7F", ControlMoved("floor.velocity", 1.0, 5.0)),
            ("B0 10 01", ControlTurned("floor.wheel", 1, 5.0)),
            ("B0 10 7F", ControlTurned("floor.wheel", -1, 5.0)),
            ("B0 11 42", ControlTurned("floor.offset", 2, 5.0)),
            ("B0 12 43", ControlTurned("floor.sign", -3, 5.0)),
            ("C0 05", ProgramChosen("floor.patch", 5, 5.0)),
        ],
    )
    def test_reads(self, data: str, event: object) -> None:
        """Each message is the event its control stands for, with the time it was given."""
        assert decoder().receive(bytes.fromhex(data), 5.0) == event

    @pytest.mark.parametrize("value", [63, 64])
    def test_half_of_a_switch_is_between_63_and_64(self, value: int) -> None:
        """What is pressed by a plain position is pressed as a switch: 64/127 is above one half, 63/127 below."""
        assert position_of(CONTROLS[0], value) == (1.0 if value / 127 >= 0.5 else 0.0)

    @pytest.mark.parametrize("data", ["B1 14 7F", "B0 63 01", "F8", "FE", "F0 01 F7", "", "14 7F", "B0 14 FF", "C1 05"])
    def test_counts_what_no_control_sends(self, data: str) -> None:
        """Unknown and malformed messages are no event and are counted."""
        midi = decoder()
        assert midi.receive(bytes.fromhex(data), 0.0) is None
        assert midi.counters.total() == 1

    def test_an_encoder_that_stood_still_is_no_event(self) -> None:
        """Zero detents never reach the core."""
        assert decoder().receive(bytes.fromhex("B0 11 40"), 0.0) is None

    def test_channel_0_is_any_channel_and_the_exact_control_wins(self) -> None:
        """A control on one channel takes its message from a control on any; other channels go to the latter."""
        midi = decoder(Control("any", Kind.PEDAL, cc(7, channel=0)), Control("third", Kind.PEDAL, cc(7, channel=3)))
        assert midi.receive(b"\xb2\x07\x7f", 0.0) == ControlMoved("floor.third", 1.0, 0.0)
        assert midi.receive(b"\xbf\x07\x7f", 0.0) == ControlMoved("floor.any", 1.0, 0.0)

    def test_any_number_listens_to_all(self) -> None:
        """A source without a number takes every number its channel sends."""
        midi = decoder(Control("pads", Kind.BUTTON, Source(SourceType.NOTE, None, 10)))
        assert midi.receive(b"\x99\x7f\x40", 0.0) == ControlMoved("floor.pads", 1.0, 0.0)


class TestFourteenBits:
    def position(self, midi: MidiDecoder, number: int, value: int, now: float) -> float:
        event = midi.receive(bytes((0xB0, number, value)), now)
        assert isinstance(event, ControlMoved)
        return event.position * 16383

    def test_coarse_then_fine(self) -> None:
        """A coarse part sets the fine part to zero, as the MIDI 1.0 specification says; a fine part completes it."""
        midi = decoder()
        assert self.position(midi, 11, 100, 0.0) == pytest.approx(12800)
        assert self.position(midi, 43, 5, 0.0) == pytest.approx(12805)
        assert self.position(midi, 11, 99, 0.001) == pytest.approx(12672)

    def test_fine_alone_adjusts(self) -> None:
        """A fine part alone moves within the last coarse step."""
        midi = decoder()
        self.position(midi, 11, 100, 0.0)
        self.position(midi, 43, 5, 0.0)
        assert self.position(midi, 43, 6, 1.0) == pytest.approx(12806)
        assert self.position(midi, 11, 100, 2.0) == pytest.approx(12800)

    def test_fine_first(self) -> None:
        """A device that sends the fine part first is understood: the pair's second half completes it."""
        midi = decoder()
        for step in range(3):
            self.position(midi, 43, 5 + step, step)
            assert self.position(midi, 11, 100, step + 0.001) == pytest.approx(12805 + step)

    def test_channels_do_not_mix(self) -> None:
        """A control on any channel keeps each channel's halves apart."""
        midi = decoder(Control("exp", Kind.PEDAL, cc(11, channel=0, bits=14)))
        midi.receive(b"\xb0\x0b\x64", 0.0)
        assert midi.receive(b"\xb1\x2b\x05", 0.0) == ControlMoved("floor.exp", 5 / 16383, 0.0)


class TestReverse:
    @pytest.mark.parametrize("name", POSITIONED)
    @given(position=st.floats(0, 1))
    def test_positions_come_back_within_half_a_step(self, name: str, position: float) -> None:
        """What the device would send for a position is decoded to that position, as near as its steps allow."""
        midi = decoder()
        events = [midi.receive(data, 0.0) for data in midi.message_for(f"floor.{name}", position=position)]
        last = events[-1]
        assert isinstance(last, ControlMoved)
        assert last.control == f"floor.{name}"
        control = next(c for c in CONTROLS if c.name == name)
        if control.kind in {Kind.BUTTON, Kind.LATCH}:
            assert last.position == (1.0 if position >= 0.5 else 0.0)
        else:
            assert last.position == pytest.approx(position, abs=0.5 / 118 + 1e-9)

    @pytest.mark.parametrize("name", POSITIONED)
    @given(raw=st.integers(0, 16383))
    def test_raw_values_come_back_exactly(self, name: str, raw: int) -> None:
        """Encoding a decoded raw value never leaves the position it was decoded to."""
        control = next(c for c in CONTROLS if c.name == name)
        raw = raw if name in {"exp2", "reverse", "bend"} else raw >> 7
        position = position_of(control, raw)
        assert position_of(control, raw_of(control, position)) == pytest.approx(position)

    @pytest.mark.parametrize("name", ["wheel", "offset", "sign"])
    @given(detents=st.integers(-300, 300))
    def test_detents_come_back_in_sum(self, name: str, detents: int) -> None:
        """Any number of detents is sent, in several messages if need be, and none is lost."""
        midi = decoder()
        events = [midi.receive(data, 0.0) for data in midi.message_for(name, detents=detents)]
        assert sum(e.detents for e in events if isinstance(e, ControlTurned)) == detents

    @pytest.mark.parametrize("coding", list(Coding))
    def test_codings_are_reversed(self, coding: Coding) -> None:
        """Every coding says -63..63 in one byte and reads it back."""
        assert [detents_of(coding, value_of_detents(coding, n)) for n in range(-63, 64)] == list(range(-63, 64))

    @given(st.integers(0, 127))
    def test_programs_come_back(self, program: int) -> None:
        """A program is sent on the profile's channel and read back."""
        midi = decoder()
        (data,) = midi.message_for("floor.patch", program=program)
        assert midi.receive(data, 0.0) == ProgramChosen("floor.patch", program, 0.0)

    @given(st.integers(0, 16383))
    def test_bends_come_back(self, raw: int) -> None:
        """Every raw bend is restored from its position."""
        assert bend_raw(bend_position(raw)) == raw

    def test_any_channel_sends_on_the_profiles(self) -> None:
        """A control that listens to any channel is simulated on the profile's own channel."""
        profile = Profile("test", "", {"exp": Control("exp", Kind.PEDAL, cc(7, channel=0))}, channel=5)
        assert MidiDecoder("floor", profile).message_for("exp", position=1.0) == [b"\xb4\x07\x7f"]

    @pytest.mark.parametrize("name", ["fs9", "lamp", "widget", "wheel", "patch"])
    def test_says_why_it_cannot(self, name: str) -> None:
        """A control that is unknown or cannot stand at a position is refused in one sentence with its name."""
        with pytest.raises(SurfaceError, match=name):
            decoder().message_for(name, position=1.0)

    def test_an_odd_profile_cannot_raise(self) -> None:
        """Kinds on sources that do not fit them decode to something plain instead of failing on the stage."""
        odd = [replace(c, kind=Kind.ENCODER) for c in CONTROLS]
        midi = decoder(*odd)
        for status in range(0x80, 0xF0):
            midi.receive(bytes((status, 11, 127)), 0.0)
            midi.receive(bytes((status, 127)), 0.0)
