"""The course of a lesson under a virtual clock, and the profile that comes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.learn_guess import Guess
from controld.learn_lesson import REST_S, Lesson
from controld.learn_profile import Entry, NotCompleted, completed, control_text, new_profile
from controld.mappings.profile import Coding, Hole, Kind, Profile, Source, SourceType
from controld.mappings.profile_schema import compile_profile
from controld.shape import Report
from controld.yaml_reader import compose

CC = SourceType.CC


def compiled(text: str) -> Profile:
    """Return the profile of a text without mistakes."""
    report = Report()
    node, problems = compose(text, "p")
    profile = compile_profile(node, "p", report)
    assert (problems, list(report.problems)) == ([], [])
    assert profile is not None
    return profile


def press(lesson: Lesson, number: int, at: float, channel: int = 1) -> None:
    """Press a switch briefly."""
    lesson.hear(bytes((0xB0 | (channel - 1), number, 127)), at)
    lesson.hear(bytes((0xB0 | (channel - 1), number, 0)), at + 0.1)


class TestLesson:
    def test_a_control_is_asked_about_when_it_rests(self) -> None:
        """Not before, and others after it, each with a name of its own."""
        lesson = Lesson()
        assert lesson.next_rest_s() is None
        press(lesson, 20, 1.0)
        press(lesson, 21, 1.2)
        assert lesson.next_rest_s() == pytest.approx(1.1 + REST_S)
        assert lesson.waiting(1.6) == []
        assert [each.name for each in lesson.waiting(1.1 + REST_S)] == ["fs1"]
        assert [each.name for each in lesson.waiting(9.0)] == ["fs1", "fs2"]

    def test_names_are_proposed_by_kind_and_are_never_taken_twice(self) -> None:
        """Also beside those that are described already, and those a person chose."""
        known = compiled("version: 1\ncontrols:\n  fs1: {cc: 1, kind: button}\n  exp1: {cc: 2, kind: pedal}\n")
        lesson = Lesson(known.controls.values())
        press(lesson, 20, 0.0)
        for value in range(128):
            lesson.hear(bytes((0xB0, 30, value)), 1.0 + value / 100)
        for value in (1, 1, 127, 127):
            lesson.hear(bytes((0xB0, 31, value)), 3.0)
        for number in (36, 37):
            lesson.hear(bytes((0x90, number, 99)), 4.0)
            lesson.hear(bytes((0x80, number, 0)), 4.1)
        lesson.hear(bytes((0xC0, 5)), 5.0)
        lesson.hear(bytes((0xC1, 5)), 5.0)
        lesson.hear_osc("/scene/1", [1.0], 6.0)
        lesson.hear_osc("/1", [1.0], 6.0)
        names = [each.name for each in lesson.waiting(9.0)]
        assert names == ["fs2", "exp2", "wheel1", "pad1", "pad2", "patch", "patch2", "scene-1", "c-1"]
        first, second, *_ = lesson.waiting(9.0)
        assert lesson.accept(first, "exp2") == ""
        assert lesson.accept(second) == "`exp2` is the name of another control"
        assert lesson.accept(second, "2 fast").startswith("`2 fast` is no name")
        assert next(each.name for each in lesson.waiting(9.0)) == "exp3"

    def test_what_is_described_already_is_recognised(self) -> None:
        """By number and channel, as a fine part, by a pattern, as a touch: and is not asked about."""
        known = compiled(
            "version: 1\ncontrols:\n  fs1: {cc: 20, kind: button, channel: any}\n"
            "  exp: {cc: 11, kind: pedal, bits: 14}\n"
            "  slide: {cc: 30, kind: fader, touch: {note: 104}}\n  patch: {program: any, kind: program}\n"
            '  ask: {sysex: "F0 7D ?? {value} F7", kind: pedal}\n  tap: {osc: "/tap/*", kind: button}\n'
        )
        lesson = Lesson(known.controls.values())
        press(lesson, 20, 0.0, channel=9)
        for message in ("b0 0b 40", "b0 2b 11", "90 68 7f", "c0 05", "f0 7d 05 06 f7"):
            lesson.hear(bytes.fromhex(message), 1.0)
        lesson.hear_osc("/tap/3", [1], 1.0)
        press(lesson, 11, 2.0, channel=2)
        assert [each.key for each in lesson.waiting(9.0)] == [Source(CC, 11, 2)]
        assert set(lesson.recognised) == {"fs1", "exp", "slide", "patch", "ask", "tap"}

    def test_skipping_and_undoing(self) -> None:
        """The last decision is taken back, and asked for again."""
        lesson = Lesson()
        press(lesson, 20, 0.0)
        press(lesson, 21, 1.0)
        assert lesson.undo() is None
        lesson.skip(lesson.waiting(9.0)[0])
        lesson.accept(lesson.waiting(9.0)[0], "tap")
        assert [(each.name, each.guess.source.number) for each in lesson.entries()] == [("tap", 21)]
        assert lesson.waiting(9.0) == []
        assert lesson.undo() == "tap"
        assert lesson.undo() == ""
        assert [each.key.number for each in lesson.waiting(9.0)] == [20, 21]
        assert lesson.entries() == []

    def test_what_is_sent_after_the_name_was_given_counts_too(self) -> None:
        """An encoder turned back, and a fine part that came later."""
        lesson = Lesson()
        lesson.hear(bytes((0xB0, 16, 65)), 0.0)
        lesson.accept(lesson.waiting(9.0)[0], "wheel")
        assert lesson.entries()[0].guess.doubt
        lesson.hear(bytes((0xB0, 16, 1)), 2.0)
        assert (lesson.entries()[0].guess.coding, lesson.entries()[0].guess.doubt) == (Coding.SIGN_MAGNITUDE, "")
        for index in range(30):
            lesson.hear(bytes((0xB0, 7, index * 4)), 10 + index / 50)
        lesson.accept(lesson.waiting(19.0)[0], "exp")
        for index in range(30):
            lesson.hear(bytes((0xB0, 7, index * 4)), 20 + index / 50)
            lesson.hear(bytes((0xB0, 39, index)), 20 + index / 50)
        assert lesson.waiting(29.0) == []
        assert lesson.entries()[1].guess.source == Source(CC, 7, 1, bits=14)

    def test_a_person_may_know_better(self) -> None:
        """A kind or a coding that is said is what is written, with a name that fits it; another word is refused."""
        lesson = Lesson()
        for value in range(4, 123):
            lesson.hear(bytes((0xB0, 7, value)), value / 100)
        lesson.hear(bytes((0xB0, 16, 65)), 3.0)
        first, second = lesson.waiting(9.0)
        assert lesson.accept(first, "", "nob") == "`nob` is no kind and no coding (did you mean `knob`?)"
        assert lesson.accept(first, "", "knob") == ""
        assert lesson.accept(second, "dial", "sign-magnitude") == ""
        knob, dial = lesson.entries()
        assert (knob.name, knob.guess.kind, knob.guess.calibrate) == ("knob1", Kind.KNOB, (4, 122))
        assert (dial.name, dial.guess.coding, dial.guess.doubt) == ("dial", Coding.SIGN_MAGNITUDE, "")
        assert dial.guess.evidence == "cc 16 sent 65; sign-magnitude, as was said"

    def test_a_fader_that_feels_the_hand_is_one_control(self) -> None:
        """The note that comes while it is held is its touch, not a switch; a switch pressed at another time is one."""
        lesson = Lesson()
        for start in (0.0, 3.0):
            lesson.hear(bytes((0x90, 104, 127)), start)
            for step in range(128):
                lesson.hear(bytes((0xE0, step, step)), start + 0.1 + step / 100)
            lesson.hear(bytes((0x90, 104, 0)), start + 2.0)
        lesson.hear(bytes((0x90, 10, 127)), 6.0)
        lesson.hear(bytes((0x90, 10, 0)), 6.1)
        fader, pad = lesson.waiting(9.0)
        assert (fader.name, fader.guess.kind) == ("bend", Kind.FADER)
        assert fader.guess.touch == Source(SourceType.NOTE, 104, 1)
        assert fader.guess.evidence.endswith("note 104 came while it was held")
        assert control_text(fader.guess, 1) == "{pitchbend: any, kind: fader, touch: {note: 104}}"
        assert pad.name == "pad1"
        lesson.accept_all()
        control = compiled(new_profile(lesson.entries(), "d", "h")).controls["bend"]
        assert control.touch == fader.guess.touch
        lesson.hear(bytes((0x90, 105, 127)), 10.0)
        for step in range(128):
            lesson.hear(bytes((0xE1, step, step)), 10.1 + step / 100)
        lesson.hear(bytes((0x90, 105, 0)), 12.0)
        (second,) = lesson.waiting(19.0)
        assert control_text(second.guess, 2) == "{pitchbend: any, kind: fader, touch: {note: 105, channel: 1}}"
        lesson.hear(bytes((0xE0, 5, 5)), 20.0)  # moved without a hand: the note was something else
        assert [each.key.number for each in lesson.waiting(29.0)] == [104, None]

    def test_all_at_once(self) -> None:
        """Without questions everything gets the name that would be proposed."""
        lesson = Lesson()
        press(lesson, 20, 0.0)
        press(lesson, 21, 0.2)
        lesson.accept_all()
        assert [each.name for each in lesson.entries()] == ["fs1", "fs2"]


SOURCES = st.one_of(
    st.builds(Source, st.sampled_from([CC, SourceType.NOTE]), st.integers(0, 127), st.integers(1, 16)),
    st.builds(Source, st.sampled_from([SourceType.NRPN, SourceType.RPN]), st.integers(0, 16_382), st.integers(1, 16)),
    st.just(Source(SourceType.SYSEX, sysex=(0xF0, 0x00, 0x20, 0x7A, Hole.VALUE, 0xF7))),
    st.just(Source(SourceType.START)),
    st.builds(lambda name, place: Source(SourceType.OSC, address=f"/{name}", argument=place),
              st.text("abc_-:", min_size=1, max_size=8), st.integers(1, 4)),
)  # fmt: skip
WAYS = st.one_of(
    st.builds(
        lambda n, c, b: Source(CC, n, c, bits=b), st.integers(0, 31), st.integers(1, 16), st.sampled_from([7, 14])
    ),
    st.builds(lambda c: Source(SourceType.PITCHBEND, None, c), st.integers(1, 16)),
    st.builds(lambda n, c: Source(SourceType.POLYPRESSURE, n, c), st.integers(0, 127), st.integers(1, 16)),
)
WORDS = st.text(max_size=300)
ENCODERS = st.builds(Source, st.just(CC), st.integers(0, 127), st.integers(1, 16))
GUESSES = st.one_of(
    st.builds(Guess, SOURCES, st.just(Kind.BUTTON), WORDS),
    st.builds(Guess, WAYS, st.just(Kind.PEDAL), WORDS, WORDS, calibrate=st.just((4.0, 122.0))),
    st.builds(Guess, ENCODERS, st.just(Kind.ENCODER), WORDS, coding=st.sampled_from(list(Coding))),
    st.just(Guess(Source(SourceType.PROGRAM, None, 3), Kind.PROGRAM, "it")),
)
PRESENT = """\
# my own profile   \n\
version: 1
channel: 5
controls:   # all of them
    # the first row
    fs{1..2}: {cc: "{20..21}",
       kind: button}   # two
    exp: {cc: 7, kind: pedal}

    # nothing after this

# the rest
description: "mine"
"""


class TestText:
    @given(guesses=st.lists(GUESSES, min_size=1, max_size=5))
    def test_a_new_profile_says_exactly_what_was_learned(self, guesses: list[Guess]) -> None:
        """Whatever stands in the comments."""
        entries = [Entry(f"c{index}", each) for index, each in enumerate(guesses)]
        profile = compiled(new_profile(entries, 'a "board"', "Learned today."))
        assert profile.description == 'a "board"'
        for entry in entries:
            found, wanted = profile.controls[entry.name], entry.guess.control(entry.name)
            assert (found.source, found.kind, found.coding) == (wanted.source, wanted.kind, wanted.coding)
            assert found.calibrate == wanted.calibrate

    @given(
        guesses=st.lists(GUESSES, min_size=1, max_size=5), newline=st.sampled_from(["\n", "\r\n"]), ended=st.booleans()
    )
    def test_a_profile_is_completed_without_a_character_lost(
        self, guesses: list[Guess], newline: str, ended: bool
    ) -> None:
        """New controls come after the last one, indented alike; every other line is there, in order."""
        text = (PRESENT if ended else PRESENT[: PRESENT.index("\n# the rest")]).replace("\n", newline)
        text = text if ended else text.rstrip()
        entries = [Entry(f"c{index}", each) for index, each in enumerate(guesses)]
        longer = completed(text, 4, entries, 5, "Learned today.")
        profile, before = compiled(longer), compiled(text)
        assert {name: profile.controls[name] for name in before.controls} == before.controls
        for entry in entries:
            assert profile.controls[entry.name].source == entry.guess.source
        lines = longer.split(newline)
        assert [line for line in text.split(newline) if line.strip()] == [
            line for line in lines if line.strip() and line in text.split(newline)
        ]
        assert (newline == "\n") == ("\r" not in longer)

    def test_the_place_is_behind_the_last_control(self) -> None:
        """Its comment too; what does not belong to the controls stays behind."""
        entry = Entry("tap", Guess(Source(CC, 64, 5), Kind.BUTTON, "cc 64 sent 127, 0: pressed", "a latch"))
        lines = completed(PRESENT, 4, [entry], 5, "Learned today.").splitlines()
        start = lines.index("    # nothing after this")
        assert lines[start + 1 : start + 6] == [
            "",
            "    # Learned today.",
            "    # cc 64 sent 127, 0: pressed",
            "    # Not sure: a latch.",
            "    tap: {cc: 64, kind: button}",
        ]
        assert lines[start + 6 :] == ["", "# the rest", 'description: "mine"']

    def test_controls_in_braces_are_left_alone(self) -> None:
        """There is no line to add one at."""
        with pytest.raises(NotCompleted, match="braces"):
            completed("version: 1\ncontrols: {fs: {cc: 1, kind: button}}\n", 2, [], 1, "")

    @pytest.mark.parametrize(
        ("source", "kind", "extra", "text"),
        [
            (Source(CC, 20, 1), Kind.BUTTON, {}, "{cc: 20, kind: button}"),
            (Source(CC, 20, 2), Kind.BUTTON, {}, "{cc: 20, channel: 2, kind: button}"),
            (Source(CC, 11, 1, bits=14), Kind.PEDAL, {}, "{cc: 11, kind: pedal, bits: 14}"),
            (Source(CC, 7, 1), Kind.PEDAL, {"calibrate": (4.0, 122.0)}, "{cc: 7, kind: pedal, calibrate: [4, 122]}"),
            (
                Source(CC, 16, 1),
                Kind.ENCODER,
                {"coding": Coding.BINARY_OFFSET},
                "{cc: 16, kind: encoder, coding: binary-offset}",
            ),
            (Source(SourceType.PITCHBEND, None, 1), Kind.PEDAL, {}, "{pitchbend: any, kind: pedal}"),
            (
                Source(SourceType.SYSEX, sysex=(0xF0, 0x7A, Hole.VALUE, 0xF7)),
                Kind.PEDAL,
                {},
                '{sysex: "F0 7A {value} F7", kind: pedal}',
            ),
            (
                Source(SourceType.OSC, address="/pad", argument=2),
                Kind.FADER,
                {},
                '{osc: "/pad", argument: 2, kind: fader}',
            ),
        ],
    )
    def test_controls_are_written_as_a_person_would(
        self, source: Source, kind: Kind, extra: dict[str, object], text: str
    ) -> None:
        """Only what differs from what is so anyway."""
        assert control_text(Guess(source, kind, "it", **extra), 1) == text  # type: ignore[arg-type]
