"""What `controld learn` makes of what a device sent: every kind and coding the device simulator plays, and doubts."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.learn_guess import Guess, guess
from controld.learn_hear import Ears
from controld.mappings.profile import Coding, Control, Hole, Kind, Profile, Source, SourceType
from controld.midi_codec import MidiDecoder

CC, NOTE, NRPN, RPN = SourceType.CC, SourceType.NOTE, SourceType.NRPN, SourceType.RPN
Played = list[tuple[float, bytes]]


def decoder_of(control: Control) -> MidiDecoder:
    """Return a decoder that knows one control."""
    return MidiDecoder("x", Profile("p", "", {control.name: control}))


def heard(played: Played) -> list[Guess]:
    """Return a guess for each line of what was played."""
    ears = Ears()
    for at, message in played:
        ears.hear(message, at)
    return [guess(line) for line in ears.lines()]


def only(*values: int, gap_s: float = 0.02, status: int = 0xB0, number: int = 16) -> Guess:
    """Return the guess for one CC (or note) that sent values, evenly spaced."""
    (found,) = heard([(index * gap_s, bytes((status, number, value))) for index, value in enumerate(values)])
    return found


def events_of(control: Control, played: Played) -> list[object]:
    """Return what a profile with this control makes of what was played."""
    decoder = decoder_of(control)
    return [decoder.receive(message, at) for at, message in played]


def perform(control: Control, moves: Sequence[tuple[float, dict[str, object]]]) -> Played:
    """Return what the device simulator sends for moves, each at its time."""
    decoder = decoder_of(control)
    return [(at, data) for at, move in moves for data in decoder.message_for(control.name, **move)]  # type: ignore[arg-type]


def in_time(moves: Sequence[dict[str, object]], gaps: Sequence[float]) -> list[tuple[float, dict[str, object]]]:
    """Return moves with their times, each after its gap."""
    at, timed = 0.0, []
    for move, gap in zip(moves, gaps, strict=False):
        at += gap
        timed.append((at, move))
    return timed


CHANNEL = st.integers(1, 16)
SWITCH_SOURCE = st.one_of(
    # CCs that select and enter numbered parameters are parts of those.
    st.builds(
        lambda n, c: Source(CC, n, c), st.integers(0, 127).filter(lambda n: n not in {6, 38, *range(96, 102)}), CHANNEL
    ),
    st.builds(lambda n, c: Source(NOTE, n, c), st.integers(0, 127), CHANNEL),
    st.builds(Source, st.sampled_from([NRPN, RPN]), st.integers(0, 16_382), CHANNEL),
    st.just(Source(SourceType.SYSEX, sysex=(0xF0, 0x00, 0x20, 0x7A, Hole.VALUE, 0xF7))),
)
SWEEP_SOURCE = st.one_of(
    st.builds(lambda n, c: Source(CC, n, c), st.sampled_from([1, 7, 40, 127]), CHANNEL),
    st.builds(lambda n, c: Source(CC, n, c, bits=14), st.integers(0, 31).filter(lambda n: n != 6), CHANNEL),
    st.builds(
        lambda t, n, c, b: Source(t, n, c, bits=b),
        st.sampled_from([NRPN, RPN]),
        st.integers(0, 16_382),
        CHANNEL,
        st.sampled_from([7, 14]),
    ),
    st.builds(lambda c: Source(SourceType.PITCHBEND, None, c), CHANNEL),
    st.builds(lambda c: Source(SourceType.PRESSURE, None, c), CHANNEL),
    st.builds(lambda n, c: Source(SourceType.POLYPRESSURE, n, c), st.integers(0, 127), CHANNEL),
    st.just(Source(SourceType.SYSEX, sysex=(0xF0, 0x7D, Hole.VALUE, 0xF7))),
)
ENCODER_SOURCE = st.one_of(
    st.builds(lambda n, c: Source(CC, n, c), st.sampled_from([0, 16, 60, 80]), CHANNEL),
    st.just(Source(SourceType.SYSEX, sysex=(0xF0, 0x7D, Hole.VALUE, 0xF7))),
)
BRIEF, PAUSE = st.floats(0.03, 0.3), st.floats(0.5, 2.0)


@given(source=SWITCH_SOURCE, held=st.lists(BRIEF, min_size=1, max_size=5), pause=PAUSE)
def test_a_button_is_told_by_its_releases(source: Source, held: list[float], pause: float) -> None:
    """However often it was pressed, if each press was a short one."""
    control = Control("fs", Kind.BUTTON, source)
    moves: list[dict[str, object]] = [{"position": position} for _ in held for position in (1.0, 0.0)]
    played = perform(control, in_time(moves, [gap for each in held for gap in (pause, each)]))
    (found,) = heard(played)
    assert (found.kind, found.source, found.doubt) == (Kind.BUTTON, source, "")
    assert events_of(found.control("fs"), played) == events_of(control, played)


@given(source=SWITCH_SOURCE, gaps=st.lists(PAUSE, min_size=3, max_size=8))
def test_a_latch_is_told_by_one_message_for_each_press(source: Source, gaps: list[float]) -> None:
    """Three presses are enough; that they were long presses of a button cannot be excluded, and is said."""
    control = Control("latch", Kind.LATCH, source)
    moves: list[dict[str, object]] = [{"position": float(index % 2 == 0)} for index in range(len(gaps))]
    played = perform(control, in_time(moves, gaps))
    (found,) = heard(played)
    assert (found.kind, found.source) == (Kind.LATCH, source)
    assert "a button" in found.doubt
    assert events_of(found.control("latch"), played) == events_of(control, played)


@given(
    source=SWEEP_SOURCE,
    turns=st.lists(st.floats(0.02, 0.98), max_size=3),
    steps=st.integers(8, 60),
    inset=st.tuples(st.integers(0, 20), st.integers(0, 20)),
)
def test_a_way_is_told_with_its_ends(source: Source, turns: list[float], steps: int, inset: tuple[int, int]) -> None:
    """Swept from end to end and back, through turns; ends that are not those of the message are its calibration."""
    top = source.highest
    calibrate = (float(inset[0]), float(top - inset[1])) if any(inset) and top > 127 - 1 else None
    if source.type in {SourceType.PITCHBEND, SourceType.PRESSURE, SourceType.POLYPRESSURE}:
        calibrate = None
    control = Control("exp", Kind.PEDAL, source, calibrate=calibrate)
    stops = [0.0, *turns, 1.0, 0.0]
    way = [a + (b - a) * step / steps for a, b in pairwise(stops) for step in range(1, steps + 1)]
    played = perform(control, in_time([{"position": each} for each in [0.0, *way]], [0.02] * (len(way) + 1)))
    (found,) = heard(played)
    assert (found.kind, found.source, found.calibrate) == (Kind.PEDAL, source, calibrate)
    assert events_of(found.control("exp"), played) == events_of(control, played)


@given(
    source=ENCODER_SOURCE,
    coding=st.sampled_from(list(Coding)),
    turns=st.lists(st.integers(1, 6), min_size=2, max_size=12),
    back=st.lists(st.integers(-6, -1), min_size=2, max_size=12),
    gap=st.floats(0.005, 0.5),
)
def test_an_encoder_turned_both_ways_has_one_coding(
    source: Source, coding: Coding, turns: list[int], back: list[int], gap: float
) -> None:
    """Slowly or fast, with acceleration; relative-64 is binary offset by its other name."""
    control = Control("wheel", Kind.ENCODER, source, coding=coding)
    moves: list[dict[str, object]] = [{"detents": each} for each in (*turns, *back)]
    played = perform(control, in_time(moves, [gap] * len(moves)))
    (found,) = heard(played)
    assert (found.kind, found.doubt) == (Kind.ENCODER, "")
    assert found.coding is (Coding.BINARY_OFFSET if coding is Coding.RELATIVE_64 else coding)
    assert events_of(found.control("wheel"), played) == events_of(control, played)


@given(
    coding=st.sampled_from(list(Coding)),
    turns=st.lists(st.integers(1, 5), min_size=2, max_size=12),
    way=st.sampled_from([1, -1]),
)
def test_an_encoder_turned_one_way_is_doubtful(coding: Coding, turns: list[int], way: int) -> None:
    """The guess is right, or what it really is stands among the doubts; both ways are asked for."""
    control = Control("wheel", Kind.ENCODER, Source(CC, 16, 1), coding=coding)
    moves: list[dict[str, object]] = [{"detents": each * way} for each in turns for _ in range(2)]
    (found,) = heard(perform(control, in_time(moves, [0.05] * len(moves))))
    assert found.kind is Kind.ENCODER
    written = Coding.BINARY_OFFSET if coding is Coding.RELATIVE_64 else coding
    assert found.coding is written or written.value in found.doubt
    assert "turn it b" in found.doubt


@given(
    source=st.builds(Source, st.sampled_from([NRPN, RPN]), st.integers(0, 16_382), CHANNEL),
    turns=st.lists(st.integers(-5, 5).filter(bool), min_size=1, max_size=6),
)
def test_increments_are_an_encoder(source: Source, turns: list[int]) -> None:
    """The device says so itself."""
    control = Control("wheel", Kind.ENCODER, source)
    played = perform(control, in_time([{"detents": each} for each in turns], [0.1] * len(turns)))
    (found,) = heard(played)
    assert (found.kind, found.source, found.doubt) == (Kind.ENCODER, source, "")
    assert events_of(found.control("wheel"), played) == events_of(control, played)


@given(channel=CHANNEL, programs=st.lists(st.integers(0, 127), min_size=1, max_size=5))
def test_program_changes_are_one_control(channel: int, programs: list[int]) -> None:
    """Whichever they choose."""
    control = Control("patch", Kind.PROGRAM, Source(SourceType.PROGRAM, None, channel))
    played = perform(control, in_time([{"program": each} for each in programs], [0.5] * len(programs)))
    (found,) = heard(played)
    assert (found.kind, found.source) == (Kind.PROGRAM, control.source)
    assert events_of(found.control("patch"), played) == events_of(control, played)


@pytest.mark.parametrize(
    "source",
    [
        Source(SourceType.START),
        Source(SourceType.STOP),
        Source(SourceType.CONTINUE),
        Source(SourceType.SYSEX, sysex=(0xF0, 0x7D, 1, 2, 0xF7)),
    ],
)
def test_a_message_that_is_always_the_same_is_a_button(source: Source) -> None:
    """It says only that it came."""
    control = Control("go", Kind.BUTTON, source)
    played = perform(control, in_time([{"position": 1.0}] * 2, [1.0] * 2))
    (found,) = heard(played)
    assert (found.kind, found.source) == (Kind.BUTTON, source)
    assert events_of(found.control("go"), played) == events_of(control, played)


@pytest.mark.parametrize(
    ("values", "gap_s", "kind", "evidence", "doubt"),
    [
        ((1, 1, 127, 2), 0.2, Kind.ENCODER, "cc 16 sent 1, 1, 127, 2: steps up and down by two's complement", ""),
        ((65, 65, 63), 0.2, Kind.ENCODER, "steps up and down around 64 (binary offset, or relative 64)", ""),
        ((1, 65, 65), 0.2, Kind.ENCODER, "steps up and down by sign and magnitude", ""),
        ((1, 1, 1), 0.2, Kind.ENCODER, "steps up by two's complement", "sign-magnitude looks the same so far"),
        ((65, 65), 0.2, Kind.ENCODER, "steps up around 64", "sign-magnitude looks the same so far"),
        ((127, 127, 127, 127), 0.03, Kind.ENCODER, "steps down by two's complement", "turned one way only"),
        ((127, 127), 1.0, Kind.BUTTON, "pressed, and no release came", "a latch, if the next press sends another"),
        ((127,), 1.0, Kind.BUTTON, "pressed, and no release came", "a latch"),
        ((127, 0), 0.1, Kind.BUTTON, "cc 16 sent 127, 0: pressed and released", ""),
        ((100, 0, 80, 0), 0.1, Kind.BUTTON, "pressed and released", ""),
        ((127, 0), 0.8, Kind.BUTTON, "pressed and released after a while", "a latch, if these were two presses"),
        ((127, 0, 127, 0), 0.8, Kind.LATCH, "the device toggles", "a button, if each press was a long one"),
        ((0,), 0.1, Kind.BUTTON, "nothing but 0", "only releases were heard"),
        ((1, 0, 1, 0), 0.1, Kind.BUTTON, "pressed and released", "its 1 is below the middle and counts as up"),
        ((40, 44, 49, 55, 49), 0.02, Kind.PEDAL, "a way from 40 to 55", "sweep it from end to end"),
        (tuple(range(4, 123)), 0.02, Kind.PEDAL, "(119 values): a way from 4 to 122", "its ends are right if"),
    ],
)  # fmt: skip
def test_what_is_seen_and_what_is_doubtful_is_said(
    values: tuple[int, ...], gap_s: float, kind: Kind, evidence: str, doubt: str
) -> None:
    """The numbers themselves, what they mean, and what to do to be sure."""
    found = only(*values, gap_s=gap_s)
    assert found.kind is kind
    assert evidence in found.evidence
    assert doubt in found.doubt
    assert bool(doubt) == bool(found.doubt)


def test_pads_are_buttons_however_hard_they_are_hit() -> None:
    """A note off is a release, as is a note on without velocity."""
    found = only(12, 0, 99, 0, gap_s=0.1, status=0x90, number=36)
    assert (found.kind, found.doubt, found.source) == (Kind.BUTTON, "", Source(NOTE, 36, 1))
    (found,) = heard([(0.0, bytes((0x91, 36, 9))), (0.1, bytes((0x81, 36, 64)))])
    assert (found.kind, found.doubt, found.source) == (Kind.BUTTON, "", Source(NOTE, 36, 2))


def test_two_switches_with_numbers_that_could_be_a_pair_are_two() -> None:
    """For they are never pressed together; a coarse and a fine part always come together."""
    played = [(0.0, 20, 127), (0.1, 20, 0), (1.0, 52, 127), (1.1, 52, 0), (2.0, 20, 127), (2.1, 20, 0)]
    found = heard([(at, bytes((0xB0, number, value))) for at, number, value in played])
    assert [(each.source.number, each.kind) for each in found] == [(20, Kind.BUTTON), (52, Kind.BUTTON)]


def test_a_fine_part_that_comes_first_is_a_fine_part() -> None:
    """Some devices send it so, and leave the coarse one out where it stays."""
    values = [*range(0, 16_384, 100), 16_383]
    played = []
    for index, value in enumerate(values):
        at = index * 0.02
        played += [(at, bytes((0xB0, 43, value & 127))), (at + 0.001, bytes((0xB0, 11, value >> 7)))]
    (found,) = heard(played)
    assert (found.source, found.calibrate) == (Source(CC, 11, 1, bits=14), None)
    assert found.evidence.startswith("cc 11 with cc 43 sent 0, 100, 200")


def test_a_pair_is_told_by_coming_together_twice() -> None:
    """Once may be chance; and its fine steps are said."""
    once = [(0.0, bytes((0xB0, 11, 5))), (0.001, bytes((0xB0, 43, 9)))]
    assert len(heard(once)) == 2
    (found,) = heard([*once, (1.0, bytes((0xB0, 11, 90))), (1.001, bytes((0xB0, 43, 9)))])
    assert "in fine steps" in found.evidence
    (coarse,) = heard([(index / 50, bytes((0xB0, 11, index))) for index in range(128)])
    assert "in fine steps" not in coarse.evidence


def test_few_values_that_repeat_or_leap_are_steps() -> None:
    """One value twice in a row among four, or a leap over the middle; a slow way without either is a way."""
    assert only(5, 5, 7, 9).kind is Kind.ENCODER
    assert only(5, 6, 7, 8, 9, 9).kind is Kind.PEDAL
    assert only(3, 12, 125, 110).kind is Kind.ENCODER
    assert only(12, 24, 12, 24, 13).kind is Kind.PEDAL


def test_selecting_ccs_without_data_are_controls() -> None:
    """A device may use CC 98 for a switch as any other."""
    found = heard([(0.0, bytes((0xB0, 98, 127))), (0.1, bytes((0xB0, 98, 0)))])
    assert [(each.source.number, each.kind) for each in found] == [(98, Kind.BUTTON)]


@given(
    st.lists(
        st.tuples(
            st.floats(0, 0.5),
            st.binary(min_size=1, max_size=5).map(
                lambda data: bytes((0x80 | data[0], *(each & 127 for each in data[1:])))
            ),
        )
    )
)
def test_whatever_is_heard_something_is_guessed(noise: list[tuple[float, bytes]]) -> None:
    """Noise too; a guess always stands for its own source."""
    sizes = {0x8: 3, 0x9: 3, 0xA: 3, 0xB: 3, 0xC: 2, 0xD: 2, 0xE: 3}
    at, played = 0.0, []
    for gap, data in noise:
        at += gap
        size = sizes.get(data[0] >> 4)
        if size is not None:
            played.append((at, (data + bytes(size))[:size]))
        else:
            played.append((at, bytes((0xF0, *data[1:], 0xF7)) if data[0] < 0xF8 else data[:1]))
    for found in heard(played):
        assert found.evidence
        assert found.control("x").kind is found.kind


class TestOsc:
    @staticmethod
    def heard(*messages: tuple[float, str, tuple[object, ...]]) -> list[Guess]:
        """Return the guesses for OSC messages."""
        ears = Ears()
        for at, address, args in messages:
            ears.hear_osc(address, args, at)  # type: ignore[arg-type]
        return [guess(line) for line in ears.lines()]

    def test_buttons_faders_and_pads(self) -> None:
        """By their numbers; a pad has a control for each of its arguments, and texts are nobody's."""
        sweep = [(2 + n / 50, "/level", (n / 20,)) for n in range(21)]
        pad = [(3 + n / 50, "/pad", (n / 20, 1 - n / 20, "text")) for n in range(21)]
        found = self.heard((0.0, "/a", (1,)), (0.1, "/a", (0,)), (1.0, "/b", ()), *sweep, *pad)
        assert [(each.source.address, each.source.argument, each.kind, each.calibrate) for each in found] == [
            ("/a", 1, Kind.BUTTON, None),
            ("/b", 1, Kind.BUTTON, None),
            ("/level", 1, Kind.FADER, None),
            ("/pad", 1, Kind.FADER, None),
            ("/pad", 2, Kind.FADER, None),
        ]

    def test_a_fader_of_another_range_is_calibrated(self) -> None:
        """As programs that send 0 to 127 need it; one touch of a fader is no press."""
        (found,) = self.heard(*[(n / 50, "/level", (float(n),)) for n in range(128)])
        assert (found.kind, found.calibrate) == (Kind.FADER, (0.0, 127.0))
        (found,) = self.heard((0.0, "/level", (0.7,)))
        assert found.kind is Kind.FADER
