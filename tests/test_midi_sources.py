"""Every MIDI source: what its messages mean, and what it remembers."""

from random import Random

import pytest
from config_texts import controls
from hypothesis import given
from hypothesis import strategies as st
from midi_play import decoder_of, events_of, moved, pressed

from controld.events import ControlMoved, ControlTouched, ControlTurned, ProgramChosen
from controld.midi_codec import MidiDecoder
from controld.midi_decode import Event
from controld.midi_stream import MAX_SYSEX, MidiStream
from controld.midi_values import value_of_detents
from controld.rig import Output, Rig
from controld.trace import describe

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
    return decoder_of(text)


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
        assert events_of(midi, "B3 06 01", "B3 61 00", "B3 61 00")[1:] == [moved("big", 0.0), moved("big", 0.0)]
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

    def test_the_last_of_several_fine_parts_belongs_to_what_follows(self) -> None:
        """A device that sends fine parts first may send more of them than coarse ones."""
        midi = decoder()
        found = events_of(midi, "B0 63 07", "B0 62 7D", "B0 26 01", "B0 26 02", "B0 06 40", "B0 26 03", "B0 06 41")
        assert found[-1] == moved("cutoff", (65 << 7 | 3) / 16383)
        assert found[2] == moved("cutoff", (64 << 7 | 2) / 16383)

    def test_another_profile_goes_on_with_what_was_selected(self) -> None:
        """A file that is saved while a device is played does not make it select its parameter again."""
        old = decoder()
        events_of(old, "B0 65 00", "B0 64 00", "B0 63 07", "B0 62 7E")
        new = decoder("depth: {nrpn: 1022, kind: pedal}\nother: {rpn: 5, kind: pedal, channel: 9}")
        new.take_over(old)
        assert events_of(new, "B0 06 7F", "B8 06 7F") == [moved("depth", 1.0)]
        assert events_of(new, "B0 62 7D", "B0 06 7F") == []

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


def test_a_hand_alone_does_nothing_to_the_rig() -> None:
    """That a fader is touched is told to the monitor, and asks the engine for nothing."""
    told: list[object] = []
    rig = Rig([], {"floor.motor": controls("motor: {cc: 7, kind: fader}")["motor"]}, [])
    rig.trace = lambda _step, value: told.append(value)
    event = ControlTouched("floor.motor", True, 5.0)
    assert rig.receive(event, 5.0) == Output()
    assert describe(event) == "floor.motor touched"
    assert told == [event]


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
