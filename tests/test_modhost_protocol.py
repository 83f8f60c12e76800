"""mod-host's text lines: the codec keeps what it is given, and replies are judged as mod-host means them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.bridge.modhost_protocol import (
    ERROR_REASONS,
    Reply,
    Verdict,
    format_command,
    format_feedback,
    parse_feedback,
    parse_reply,
    tokenize,
    verdict,
)

WRITABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), max_size=30)


@pytest.mark.parametrize(
    ("line", "tokens"),
    [
        ("param_set 0 drive 0.5", ["param_set", "0", "drive", "0.5"]),
        ("remove 1 ", ["remove", "1"]),
        ("remove 1\r\n", ["remove", "1"]),
        (" remove 1", ["", "remove", "1"]),
        ("remove  1", ["remove", "", "1"]),
        ("remove\t1", ["remove\t1"]),
        ('preset_save 0 "My Preset" /d f', ["preset_save", "0", "My Preset", "/d", "f"]),
        ('bundle_remove /d ""', ["bundle_remove", "/d", ""]),
        ("bypass '0' 1", ["bypass", "'0'", "1"]),
        (r'patch_set 0 u "a \"b\" c"', ["patch_set", "0", "u", 'a "b" c']),
        ('patch_set 0 u "a ""b"" c"', ["patch_set", "0", "u", 'a "b" c']),
        ('a "b"c d', ["a", "b", "d"]),
        ("", [""]),
        ("a\nb", ["a\nb"]),
    ],
)
def test_lines_are_split_as_mod_host_splits_them(line: str, tokens: list[str]) -> None:
    """One space separates, quotes keep spaces together, blanks at the end do not count."""
    assert tokenize(line) == tokens


@given(st.lists(st.one_of(WRITABLE, st.integers(), st.floats(allow_nan=False, allow_infinity=False)), max_size=6))
def test_what_is_formatted_is_read_back(args: list[str | float]) -> None:
    """Every writable argument arrives exactly, numbers with all their digits."""
    tokens = tokenize(format_command("params_flush", *args))
    assert len(tokens) == 1 + len(args)
    for token, arg in zip(tokens[1:], args, strict=True):
        assert token == arg if isinstance(arg, str) else type(arg)(token) == arg


@given(st.text(max_size=40))
def test_any_line_can_be_split(line: str) -> None:
    """The tokenizer never fails, whatever a client sends."""
    assert len(tokenize(line)) >= 1


@pytest.mark.parametrize("length", [1024, 2048])
def test_lengths_mod_host_hangs_on_are_padded(length: int) -> None:
    """A command of n * 1024 bytes gets one blank more; its neighbours do not."""
    for size, expected in ((length - 1, length - 1), (length, length + 1), (length + 1, length + 1)):
        assert len(format_command("preset_show", "é" + "x" * (size - 14)).encode()) == expected


def test_booleans_are_written_as_numbers() -> None:
    """`true` would be read as 0 by mod-host."""
    assert format_command("bypass", 0, True) == "bypass 0 1"


@pytest.mark.parametrize("arg", ["a\0b", "a\nb", 'say "x"', "x\\", "\ud800", float("nan"), float("inf")])
def test_what_mod_host_would_misread_is_refused(arg: str | float) -> None:
    """Arguments that cannot arrive as they are raise instead of doing something else."""
    with pytest.raises(ValueError):
        format_command("param_set", 0, "drive", arg)


@pytest.mark.parametrize("name", ["", "Add", "add x", "add\n"])
def test_a_command_has_a_plain_name(name: str) -> None:
    """A name is lower-case words joined by underscores."""
    with pytest.raises(ValueError):
        format_command(name)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("resp 0", Reply(0, "")),
        ("resp 0 0.7000", Reply(0, "0.7000")),
        ("resp -103", Reply(-103, "")),
        ("resp 0\0", Reply(0, "")),
        ("resp x", Reply(None, "resp x")),
        ("resp 5tail", Reply(None, "resp 5tail")),
        ("not found", Reply(None, "not found")),
        ("", Reply(None, "")),
    ],
)
def test_replies_are_taken_apart(text: str, reply: Reply) -> None:
    """The code and what follows it, or the whole text."""
    assert parse_reply(text) == reply


@pytest.mark.parametrize(
    ("command", "text", "ok"),
    [
        ("param_set", "resp 0", True),
        ("add", "resp 7", True),
        ("add", "resp -2", False),
        ("midi_map", "resp 1", True),
        ("midi_map", "resp 0", False),
        ("midi_learn", "resp 0", False),
        ("midi_unmap", "resp 1", True),
        ("monitor_output", "resp 0", False),
        ("monitor_output_off", "resp 1", True),
        ("param_set", "not found", False),
        ("param_set", "few arguments", False),
        ("param_set", "", False),
        ("preset_show", "<urn:x> a pset:Preset .", True),
        ("preset_show", "", False),
        ("licensee", "", True),
        ("licensee", "not found", False),
    ],
)
def test_a_reply_is_judged_as_its_command_means_it(command: str, text: str, ok: bool) -> None:
    """Codes from 0 are good, except where mod-host negates them; a refusal always has a reason."""
    result = verdict(command, text)
    assert result.ok == ok
    assert bool(result.reason) == (not ok)


def test_a_value_comes_with_the_verdict() -> None:
    """What follows the code is what the command returned."""
    assert verdict("param_get", "resp 0 0.7000") == Verdict(ok=True, code=0, value="0.7000")
    assert verdict("add", "resp -101").reason == ERROR_REASONS[-101]
    assert verdict("add", "resp -999").reason == "the host answered -999"


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("param_set 0 :bypass 1.000000", {"type": "param_set", "effect_id": 0, "symbol": ":bypass", "value": 1.0}),
        ("output_set 3 m 0.500000", {"type": "output_set", "effect_id": 3, "symbol": "m", "value": 0.5}),
        (
            "midi_mapped 0 drive 3 20 0.000000 0.000000 0.000000",
            {"type": "midi_mapped", "effect_id": 0, "symbol": "drive", "channel": 3, "controller": 20},
        ),
        ("midi_program_change 5 0", {"type": "midi_program_change", "program": 5, "channel": 0}),
        ("midi_control_change 0 99 3", {"type": "midi_control_change", "channel": 0, "control": 99, "value": 3}),
        ("transport 1 4.000000 120.000000", {"type": "transport", "rolling": True, "bpb": 4.0, "bpm": 120.0}),
        ("cpu_load 4.038262 0.000000 3", {"type": "cpu_load", "load": 4.038262, "max_load": 0.0, "xruns": 3}),
        ("data_finish", {"type": "data_finish"}),
        ("audio_monitor 1 0.250000", {"type": "audio_monitor", "index": 1, "value": 0.25}),
        ("patch_set 2 urn:x a b", {"type": "patch_set", "instance": 2, "symbol": "urn:x", "value": "a b"}),
        ("log 3 out of paper", {"type": "log", "level": 3, "message": "out of paper"}),
        ("cc_map 1 2 3", {"type": "cc_map", "raw": "cc_map 1 2 3"}),
        ("param_state x", {"type": "unknown", "raw": "param_state x"}),
    ],
)
def test_feedback_is_parsed_and_formatted(line: str, event: dict[str, object]) -> None:
    """Every line of mod-host becomes the event the bridge publishes, and back."""
    assert parse_feedback(line + "\0") == event
    assert format_feedback(event) == line


@pytest.mark.parametrize("line", ["param_set 0 drive", "param_set x drive 1", "data_finish 1", "", "cpu_load 1 2 x"])
def test_broken_feedback_is_a_value(line: str) -> None:
    """A line that is not well formed is unknown, never an error."""
    assert parse_feedback(line) == {"type": "unknown", "raw": line}


def test_only_what_mod_host_reports_can_be_formatted() -> None:
    """Events of our own bridge have no line."""
    with pytest.raises(ValueError, match="effect_added"):
        format_feedback({"type": "effect_added", "effect_id": 0, "uri": "u"})
