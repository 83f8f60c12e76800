"""MIDI messages without a profile: how they are written, what control each becomes, and who hears a shared message."""

from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from config_texts import controls, node_of, told

from controld.events import ControlMoved, ControlTouched, ControlTurned, ProgramChosen
from controld.mappings.profile import Control, Kind, Profile, Source, SourceType
from controld.mappings.raw_midi import RAW_MIDI, comes_from, raw_control, raw_source
from controld.midi_codec import MidiDecoder
from controld.shape import Record, Report, schema_document

CC = SourceType.CC


def read(written: str) -> tuple[Source | None, str, list[str]]:
    """Return the source of a raw message, its port, and what is said of it."""
    report = Report()
    record = RAW_MIDI.read(node_of(written), report)
    assert isinstance(record, Record)
    return raw_source(record, report), record["port"], told(report)


@pytest.mark.parametrize(
    ("written", "name", "kind", "moving"),
    [
        ("{cc: 20, channel: any}", "midi:cc20@any", Kind.BUTTON, "midi:cc20@any:pedal"),
        ("{cc: 20}", "midi:cc20@any", Kind.BUTTON, "midi:cc20@any:pedal"),
        ("{cc: any, channel: 3}", "midi:cc@3", Kind.BUTTON, "midi:cc@3:pedal"),
        ("{cc: 11, bits: 14}", "midi:cc11-14bit@any", Kind.PEDAL, "midi:cc11-14bit@any"),
        ("{note: C4, channel: 1}", "midi:note60@1", Kind.BUTTON, "midi:note60@1:pedal"),
        ("{program: 5}", "midi:program5@any", Kind.PROGRAM, "midi:program5@any"),
        ("{pitchbend: any}", "midi:pitchbend@any", Kind.PEDAL, "midi:pitchbend@any"),
        ("{pressure: any}", "midi:pressure@any", Kind.PEDAL, "midi:pressure@any"),
        ("{polypressure: 3}", "midi:polypressure3@any", Kind.PEDAL, "midi:polypressure3@any"),
        ("{nrpn: 1021, bits: 14}", "midi:nrpn1021-14bit@any", Kind.PEDAL, "midi:nrpn1021-14bit@any"),
        ("{rpn: 0}", "midi:rpn0@any", Kind.BUTTON, "midi:rpn0@any:pedal"),
        ('{sysex: "F0 7F ?? F7"}', "midi:sysexF07F??F7", Kind.BUTTON, "midi:sysexF07F??F7"),
        ('{sysex: "F0 {value} F7"}', "midi:sysexF0{value}F7", Kind.BUTTON, "midi:sysexF0{value}F7:pedal"),
        ("{clock: any}", "midi:clock", Kind.BUTTON, "midi:clock"),
        ("{continue: any}", "midi:continue", Kind.BUTTON, "midi:continue"),
    ],
)  # fmt: skip
def test_each_message_is_a_control(written: str, name: str, kind: Kind, moving: str) -> None:
    """Its name tells the message; one that may be a press or a position is two controls of two names."""
    source, port, said = read(written)
    assert source is not None
    assert (said, port) == ([], "*")
    control = raw_control(source)
    assert control == Control(name, kind, source, raw=True)
    assert raw_control(source, moves=True).name == moving
    assert jsonschema.Draft202012Validator(schema_document("raw", RAW_MIDI)).is_valid(node_of(written).plain())


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{cc: 200}", ["1:6: expected a controller number from 0 to 127 or `any`, found the number 200"]),
        ("{cc: 1, note: 3}", ["1:9: `cc` and `note` exclude each other in a raw MIDI message"]),
        ("{channel: 3}", ["1:1: a raw MIDI message needs one of `cc`, `note`, `program`, `pitchbend`, `pressure`, \
`polypressure`, `nrpn`, `rpn`, `sysex`, `clock`, `start`, `stop`, `continue`"]),
        ("{cc: 40, bits: 14}", ["1:6: 14 bits need a controller from 0 to 31 (its fine part is the one 32 above)"]),
        ("{note: 40, bits: 14}", ["1:18: `bits` has no meaning here (it is for `cc`, `nrpn` and `rpn`)"]),
        ("{start: any, channel: 3}", ["1:23: `channel` has no meaning here (`start` has no channel)"]),
        ("{cc: 1, prot: x}", ["1:9: unknown key `prot` in a raw MIDI message (did you mean `port`?)"]),
        ("{sysex: F0 01}", ["1:9: expected bytes in hexadecimal from F0 to F7, with `??` for any byte and `{value}` \
for the value, found `F0 01` (as in `F0 00 20 7A 01 ?? {value} F7`)"]),
        ('{sysex: "F0 {fine} F7"}',
         ["1:9: a message has one value (one `{value}` for 7 bits, or one `{coarse}` and one `{fine}` for 14)"]),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_places(written: str, said: list[str]) -> None:
    """What a raw message cannot be, and what helps."""
    assert read(written)[2] == said


@pytest.mark.parametrize(
    ("port", "surface", "fits"),
    [("*", "floor", True), ("floor", "floor", True), ("FLOOR", "floor", True), ("f*", "floor", True),
     ("?loor", "floor", True), ("desk", "floor", False), ("loor", "floor", False)],
)  # fmt: skip
def test_ports_are_surfaces_by_name(port: str, surface: str, fits: bool) -> None:
    """A glob over the names of surfaces, whatever the case."""
    assert comes_from(port, surface) is fits


def decoder(written: str, *raw: Control) -> MidiDecoder:
    known = controls(written)
    return MidiDecoder("floor", Profile("test", "", known | {control.name: control for control in raw}))


def raw(written: str, *, moves: bool = False) -> Control:
    source, _, said = read(written)
    assert said == []
    assert source is not None
    return raw_control(source, moves=moves)


class TestSharedMessages:
    def test_one_listener_is_answered_with_its_event_alone(self) -> None:
        """Where nobody else listens, nothing is gathered."""
        midi = decoder("fs1: {cc: 20, kind: button}", raw("{cc: 21}"))
        assert midi.receive(b"\xb0\x14\x7f", 0.0) == ControlMoved("floor.fs1", 1.0, 0.0)
        assert midi.receive(b"\xb0\x15\x7f", 0.0) == ControlMoved("floor.midi:cc21@any", 1.0, 0.0)
        assert midi.receive(b"\xb5\x15\x7f", 0.0) == ControlMoved("floor.midi:cc21@any", 1.0, 0.0)

    def test_a_profile_and_two_rules_hear_one_message(self) -> None:
        """The profile's control comes first, then the rules in their order, each by its own meaning."""
        midi = decoder("wheel: {cc: 20, kind: encoder}", raw("{cc: 20}"), raw("{cc: 20}", moves=True), raw("{cc: any}"))
        assert midi.receive(b"\xb0\x14\x01", 2.0) == (
            ControlTurned("floor.wheel", 1, 2.0),
            ControlMoved("floor.midi:cc20@any", 0.0, 2.0),
            ControlMoved("floor.midi:cc20@any:pedal", 1 / 127, 2.0),
            ControlMoved("floor.midi:cc@any", 0.0, 2.0),
        )

    def test_a_still_encoder_leaves_the_other_alone(self) -> None:
        """Of several, those with nothing to say are left out."""
        midi = decoder("wheel: {cc: 20, kind: encoder}", raw("{cc: 20}"))
        assert midi.receive(b"\xb0\x14\x00", 2.0) == ControlMoved("floor.midi:cc20@any", 0.0, 2.0)

    def test_of_two_in_a_profile_only_the_first_hears(self) -> None:
        """As the warning of the profile says; a raw one is heard beside it wherever it stands."""
        first, second = Control("a", Kind.BUTTON, Source(CC, 1)), Control("b", Kind.BUTTON, Source(CC, 1))
        midi = MidiDecoder("floor", Profile("t", "", {"r": raw("{cc: 1}"), "a": first, "b": second}))
        assert midi.receive(b"\xb0\x01\x7f", 0.0) == (
            ControlMoved("floor.a", 1.0, 0.0),
            ControlMoved("floor.midi:cc1@any", 1.0, 0.0),
        )

    def test_programs_numbered_parameters_and_sysex_are_shared_too(self) -> None:
        """Every kind of look-up reaches all who listen."""
        sysex = 'sys: {sysex: "F0 01 {value} F7", kind: pedal}'
        text = f"patch: {{program: any, kind: program}}\ncut: {{nrpn: 1, kind: knob}}\n{sysex}"
        midi = decoder(text, raw("{program: 5}"), raw("{nrpn: 1}"), raw('{sysex: "F0 ?? 05 F7"}'), raw("{start: any}"))
        assert midi.receive(b"\xc0\x05", 0.0) == (
            ProgramChosen("floor.patch", 5, 0.0), ProgramChosen("floor.midi:program5@any", 5, 0.0),
        )  # fmt: skip
        assert midi.receive(b"\xc0\x06", 0.0) == ProgramChosen("floor.patch", 6, 0.0)
        assert midi.receive(b"\xb0\x63\x00", 0.0) is midi.receive(b"\xb0\x62\x01", 0.0) is None
        assert midi.receive(b"\xb0\x06\x7f", 0.0) == (
            ControlMoved("floor.cut", 1.0, 0.0), ControlMoved("floor.midi:nrpn1@any", 1.0, 0.0),
        )  # fmt: skip
        assert midi.receive(b"\xf0\x01\x05\xf7", 0.0) == (
            ControlMoved("floor.sys", 5 / 127, 0.0),
            ControlMoved("floor.midi:sysexF0??05F7", 1.0, 0.0),
            ControlMoved("floor.midi:sysexF0??05F7", 0.0, 0.0),
        )
        assert midi.receive(b"\xfa", 0.0) == (
            ControlMoved("floor.midi:start", 1.0, 0.0), ControlMoved("floor.midi:start", 0.0, 0.0),
        )  # fmt: skip
        assert not midi.counters

    @pytest.mark.parametrize("written", ["{cc: 7, bits: 14}", "{nrpn: 9, bits: 14}"])
    def test_halves_are_put_together_for_each(self, written: str) -> None:
        """Two who hear the same 14-bit value each have it whole."""
        one = raw(written)
        other = replace(one, name="other", raw=False)
        midi = MidiDecoder("floor", Profile("t", "", {"other": other, one.name: one}))
        messages = midi.message_for("other", position=0.6)
        last: Any = [midi.receive(data, 0.0) for data in messages][-1]
        assert [event.control for event in last] == ["floor.other", f"floor.{one.name}"]
        assert [event.position for event in last] == [pytest.approx(0.6, abs=1e-4)] * 2

    @pytest.mark.parametrize("written", ["cc: 7, bits: 14", "cc: 0, bits: 14", "nrpn: 0, bits: 14", "pressure: any"])
    def test_of_two_values_in_a_profile_only_the_first_is_heard(self, written: str) -> None:
        """Both halves of a value are claimed, also those of number 0."""
        midi = decoder(f"a: {{{written}, kind: pedal}}\nb: {{{written}, kind: knob}}")
        events = [event for data in midi.message_for("a", position=1.0) if (event := midi.receive(data, 0.0))]
        assert events[-1] == ControlMoved("floor.a", 1.0, 0.0)
        assert all(isinstance(event, ControlMoved) for event in events)

    def test_a_button_may_have_the_message_of_a_hand(self) -> None:
        """What is touched and what is pressed are both told, whichever stands first."""
        text = "motor: {cc: 7, kind: fader, touch: {note: 40}}\npad: {note: 40, kind: button}\n"
        midi = decoder(text + "other: {cc: 8, kind: fader, touch: {note: 40}}")
        assert midi.receive(b"\x90\x28\x01", 0.0) == (
            ControlMoved("floor.pad", 1.0, 0.0),
            ControlTouched("floor.motor", True, 0.0),
            ControlTouched("floor.other", True, 0.0),
        )

    def test_any_number_is_any_of_its_channel(self) -> None:
        """The first number of the next channel is not one more number of this one."""
        midi = decoder("all: {cc: any, kind: pedal, channel: 1}")
        assert midi.receive(b"\xb0\x7f\x7f", 0.0) == ControlMoved("floor.all", 1.0, 0.0)
        assert midi.receive(b"\xb1\x00\x7f", 0.0) is None

    def test_a_raw_control_can_be_played(self) -> None:
        """`controld simulate` names it like any other, on the surface's own channel."""
        midi = decoder("fs1: {cc: 20, kind: button}", raw("{cc: 21}"), raw("{program: 5}"))
        assert midi.message_for("floor.midi:cc21@any", position=1.0) == [b"\xb0\x15\x7f"]
        assert midi.message_for("floor.midi:program5@any", program=5) == [b"\xc0\x05"]
