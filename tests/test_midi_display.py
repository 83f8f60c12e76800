"""Displays: text to rows of plain characters, and only the rows that changed, at the device's pace."""

import pytest
from config_texts import controls
from hypothesis import given
from hypothesis import strategies as st

from controld.changes import State
from controld.feedback import Feedback
from controld.mappings.profile import Display, Profile
from controld.midi_display import messages_of, plain_text
from controld.midi_pace import BURST_BYTES
from controld.midi_panel import MidiPanel
from controld.midi_stream import MidiStream

DISPLAYS = """\
screen: {kind: display, rows: 2, columns: 6, sysex: "F0 7D 01 {row} {text} F7"}
strip1: {kind: display, rows: 2, columns: 7, row_length: 56, sysex: "F0 00 00 66 14 12 {offset} {text} F7"}
strip2: {kind: display, rows: 2, columns: 7, column: 7, row_length: 56, sysex: "F0 00 00 66 14 12 {offset} {text} F7"}
line: {kind: display, columns: 4, column: 3, first_row: 5, sysex: "F0 7D 02 {row} {column} {text} F7"}
lamp: {kind: light, cc: 9}
"""
KNOWN = controls(DISPLAYS)
SIX_SPACES = " 20" * 6
NAMES = ("screen", "strip1", "strip2", "line")


def panel(max_rate: float = 1e9) -> MidiPanel:
    return MidiPanel("x", Profile("test", "", KNOWN, max_rate=max_rate))


def text(words: str, name: str = "screen", *, force: bool = False) -> Feedback:
    return Feedback(f"x.{name}", 0.0, State.CONFIRMED, text=words, force=force)


def drain(shown: MidiPanel, now: float = 0.0) -> list[tuple[float, bytes]]:
    """Play the shell: take at each deadline until none is left."""
    sent = [(now, data) for data in shown.take(now)]
    while (deadline := shown.next_deadline(now)) is not None:
        now = deadline
        sent += [(now, data) for data in shown.take(now)]
    return sent


def display(name: str) -> Display:
    found = KNOWN[name].display
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Crème Brûlée", "Creme Brulee"),
        ("Größe Ærø Łódź", "Grosse AEro Lodz"),
        ("“Lead” – it’s…", '"Lead" - it\'s...'),
        ("½ · 45° → F♯/B♭", "1/2 . 45 > F#/Bb"),
        ("日本 😀", "?? ?"),
        ("tab\tbell\x07\u00a0end\u200b", "tab bell  end"),
        ("e\u0301\u0327", "e"),
        ("ﬁn µs 10\u2033", 'fin us 10"'),
    ],
)
def test_letters_lose_what_a_display_lacks(written: str, plain: str) -> None:
    """Accents go, typographic signs become plain ones, and what cannot be said so is a question mark."""
    assert plain_text(written) == plain


@pytest.mark.parametrize(
    ("name", "written", "rows"),
    [
        ("screen", "Lead", ["F0 7D 01 00 4C 65 61 64 20 20 F7", "F0 7D 01 01 20 20 20 20 20 20 F7"]),
        ("screen", "Ambient\nSwells\nmore", ["F0 7D 01 00 41 6D 62 69 65 6E F7", "F0 7D 01 01 53 77 65 6C 6C 73 F7"]),
        ("strip1", "a\nb", [f"F0 00 00 66 14 12 00 61{SIX_SPACES} F7", f"F0 00 00 66 14 12 38 62{SIX_SPACES} F7"]),
        ("strip2", "a\nb", [f"F0 00 00 66 14 12 07 61{SIX_SPACES} F7", f"F0 00 00 66 14 12 3F 62{SIX_SPACES} F7"]),
        ("line", "ok", ["F0 7D 02 05 03 6F 6B 20 20 F7"]),
    ],
)  # fmt: skip
def test_rows_are_cut_or_filled_to_their_width(name: str, written: str, rows: list[str]) -> None:
    """Each row is one message of the same length, with its number or the place of its first character."""
    assert messages_of(display(name), written) == [bytes.fromhex(row) for row in rows]


@given(st.sampled_from(NAMES), st.text(max_size=60))
def test_any_text_is_well_formed(name: str, written: str) -> None:
    """Whatever a pedalboard is called, each row is one whole message of seven-bit characters, as long as any other."""
    rows, empty = messages_of(display(name), written), messages_of(display(name), "")
    assert [len(row) for row in rows] == [len(row) for row in empty]
    for row in rows:
        assert MidiStream().receive(row) == [row]


class TestPanel:
    def test_only_rows_that_changed_are_sent(self) -> None:
        """The row that stays the same costs nothing; `force` and a new connection send all of them."""
        shown = panel()
        for feedback, count in [
            (text("Clean\n120"), 2),
            (text("Clean\n121"), 1),
            (text("Clean\n121"), 0),
            (text("Clean\n121", force=True), 2),
        ]:
            shown.show(feedback)
            assert len(drain(shown)) == count
        shown.forget()
        shown.show(text("Clean\n121"))
        assert len(drain(shown)) == 2

    def test_the_newest_text_wins(self) -> None:
        """Text that was never sent is replaced, and goes nowhere when it is back at what is shown."""
        shown = panel()
        shown.show(text("Clean"))
        drain(shown)
        for words in ("Crunch", "Lead", "Clean"):
            shown.show(text(words))
        assert drain(shown, 1.0) == []
        shown.show(text("Crunch"))
        shown.show(text("Lead"))
        assert [data for _, data in drain(shown, 2.0)] == messages_of(display("screen"), "Lead")[:1]

    def test_a_raw_message_to_the_display_is_set_right_again(self) -> None:
        """After a `send` to the same display its rows are unknown, and those of others are not."""
        shown = panel()
        shown.show_all([text("Clean"), text("1", "line")])
        drain(shown)
        shown.send(bytes.fromhex("F0 7D 01 00 21 F7"))
        drain(shown, 1.0)
        shown.show_all([text("Clean"), text("1", "line")])
        assert [data for _, data in drain(shown, 2.0)] == messages_of(display("screen"), "Clean")

    def test_a_full_state_goes_in_the_profiles_order(self) -> None:
        """Displays and lights are told in the order in which the profile describes them."""
        shown = panel()
        shown.show_all([Feedback("x.lamp", 1.0, State.CONFIRMED, "on"), text("b", "line"), text("a", "strip1")])
        sent = [data for _, data in drain(shown)]
        assert sent == [*messages_of(display("strip1"), "a"), *messages_of(display("line"), "b"), b"\xb0\x09\x7f"]

    def test_what_sets_the_device_up_is_sent_first_each_time(self) -> None:
        """Its messages stand before the first look of every connection."""
        setup = (b"\xf0\x7d\x7f\xf7", b"\xb0\x01\x02")
        shown = MidiPanel("x", Profile("test", "", KNOWN, max_rate=1e9, setup=setup))
        for now in (1.0, 2.0):
            shown.forget()
            shown.show(Feedback("x.lamp", 1.0, State.CONFIRMED, "on"))
            assert [data for _, data in drain(shown, now)] == [*setup, b"\xb0\x09\x7f"]

    @given(
        st.lists(st.tuples(st.sampled_from(NAMES), st.text("ab\n", max_size=9), st.floats(0, 0.05))),
        st.floats(200, 1e5),
    )
    def test_the_last_text_arrives_and_never_too_fast(self, plan: list[tuple[str, str, float]], rate: float) -> None:
        """However texts follow each other, the device ends at the newest of every display, within its pace."""
        shown, now, sent = panel(rate), 0.0, []
        last: dict[str, str] = {}
        for name, words, pause in plan:
            shown.show(text(words, name))
            last[name] = words
            now += pause
            sent += [(now, data) for data in shown.take(now)]
        sent += drain(shown, now)
        rows = {data[: -1 - display(name).columns]: data for name in NAMES for _, data in sent
                if data[: len(_head(name))] == _head(name)}  # fmt: skip
        wanted = [row for name, words in last.items() for row in messages_of(display(name), words)]
        assert set(rows.values()) >= set(wanted) if wanted else not sent
        longest, total = max((len(data) for _, data in sent), default=0), 0
        for when, data in sent:
            total += len(data)
            assert total <= when * rate + BURST_BYTES + longest + 1e-3


def _head(name: str) -> bytes:
    return bytes(each for each in display(name).sysex[:4] if isinstance(each, int))
