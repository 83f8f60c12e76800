"""An independent reading of MIDI, mido's, beside ours: the same bytes are the same messages."""

import mido
from hypothesis import given
from hypothesis import strategies as st

from controld.midi_stream import MidiStream

DATA = st.integers(0, 127)
CHANNEL = st.integers(0, 15)
BODIES = {"note_on": 2, "note_off": 2, "control_change": 2, "polytouch": 2, "program_change": 1, "aftertouch": 1}
STATUS = {
    "note_off": 0x80, "note_on": 0x90, "polytouch": 0xA0, "control_change": 0xB0, "program_change": 0xC0,
    "aftertouch": 0xD0, "pitchwheel": 0xE0,
}  # fmt: skip


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """Return one whole message of a channel, or a system exclusive one."""
    if draw(st.booleans()) and draw(st.booleans()):
        return b"\xf0" + bytes(draw(st.lists(DATA, min_size=1, max_size=40))) + b"\xf7"
    kind = draw(st.sampled_from(sorted(STATUS)))
    body = draw(st.lists(DATA, min_size=BODIES.get(kind, 2), max_size=BODIES.get(kind, 2)))
    return bytes([STATUS[kind] | draw(CHANNEL), *body])


@given(st.lists(messages(), min_size=1, max_size=12), st.lists(st.integers(1, 7), min_size=1, max_size=40))
def test_a_stream_is_cut_as_mido_cuts_it(sent: list[bytes], portions: list[int]) -> None:
    """However the bytes come in portions."""
    whole = b"".join(sent)
    parser, ours, stream = mido.Parser(), [], MidiStream()
    at, index = 0, 0
    while at < len(whole):
        size = portions[index % len(portions)]
        ours += stream.receive(whole[at : at + size])
        at, index = at + size, index + 1
    parser.feed(whole)
    theirs = [bytes(message.bytes()) for message in parser]
    assert ours == theirs == sent
