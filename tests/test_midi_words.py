"""What the monitor says of MIDI messages."""

import pytest

from controld.midi_words import midi_words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("B0 14 7F", "CC 20 value 127, channel 1"),
        ("9F 3C 40", "note C4 (60) velocity 64, channel 16"),
        ("80 00 00", "note C-1 (0) off, channel 1"),
        ("A1 7F 05", "polypressure G9 (127) value 5, channel 2"),
        ("C0 03", "program 3, channel 1"),
        ("D0 11", "pressure 17, channel 1"),
        ("E0 00 40", "pitch bend +0, channel 1"),
        ("E0 00 00", "pitch bend -8192, channel 1"),
        ("E0 7F 7F", "pitch bend +8191, channel 1"),
        ("F0 7E 7F F7", "sysex of 4 bytes"),
        ("FA", "start"),
        ("F8", "clock"),
    ],
)
def test_a_message_in_the_words_of_a_profile(data: str, words: str) -> None:
    """Channels from 1, numbers as on the wire, notes by name too."""
    assert midi_words(bytes.fromhex(data)) == words


@pytest.mark.parametrize("data", ["", "B0 14", "B0 14 7F B0 14 00", "14 7F", "B0 FF 00", "F0 7E", "F4"])
def test_what_is_no_message_is_left_as_bytes(data: str) -> None:
    """Several at once, a part of one, or what the specification does not define."""
    assert midi_words(bytes.fromhex(data)) == ""
