"""Guesses as a surface profile: a new one, or lines for the end of one that is there.

Pure: from guesses to text. A person's file keeps every character it has; what is new comes after the last control, with
what each guess rests on as a comment.
"""

import json
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from controld.learn_guess import Guess
from controld.mappings.profile import NUMBERED_PARAMETERS, SYSTEM, Kind, Source, SourceType
from controld.mappings.sources import WRITTEN

WIDTH = 110
_NUMBERED = NUMBERED_PARAMETERS | {SourceType.CC, SourceType.NOTE, SourceType.POLYPRESSURE}


@dataclass(frozen=True, slots=True)
class Entry:
    """A control as it is to be written."""

    name: str
    guess: Guess


class NotCompleted(ValueError):
    """A file is written so that no line can be added; the text says why."""


def usual_channel(entries: Sequence[Entry]) -> int:
    """Return the MIDI channel most of them are on (1-16); 1 where none has any."""
    channels = Counter(entry.guess.source.channel for entry in entries if entry.guess.source.channel)
    return max(channels, key=lambda channel: channels[channel], default=1)


def new_profile(entries: Sequence[Entry], description: str, heading: str) -> str:
    """Return a whole profile with comments; `heading` is a sentence for its first lines."""
    channel = usual_channel(entries)
    has_channel = any(entry.guess.source.channel for entry in entries)
    lines = [*_comment(heading, ""), "version: 1", f"description: {json.dumps(description, ensure_ascii=False)}"]
    lines += [f"channel: {channel}"] if has_channel else []
    lines += ["controls:", *_described(entries, channel, "  ")]
    return "\n".join(lines) + "\n"


def completed(text: str, key_line: int, entries: Sequence[Entry], channel: int, heading: str) -> str:
    """Return the text of a profile with more controls at the end of `controls`, which stands in `key_line` (from 1).

    `channel` is that of the profile, 0 for any.

    Raises:
        NotCompleted: the controls are written in one pair of braces.
    """
    ending = "\r" if "\r\n" in text else ""
    lines = text.split("\n")
    if lines[key_line - 1].split("#")[0].partition(":")[2].strip().startswith("{"):
        raise NotCompleted(f"the controls stand in braces (line {key_line}): give each a line of its own first")
    outer = _indent(lines[key_line - 1])
    inside = [
        index
        for index in range(key_line, _end_of_block(lines, key_line, outer))
        if lines[index].strip() and _indent(lines[index]) > outer
    ]
    first = next((lines[index] for index in inside if not lines[index].lstrip().startswith("#")), "")
    indent = " " * (_indent(first) if first else outer + 2)
    fresh = [line + ending for line in ("", *_comment(heading, indent), *_described(entries, channel, indent))]
    at = max(inside, default=key_line - 1) + 1
    if at == len(lines):
        lines[-1] += ending  # the file ended without one
    whole = "\n".join([*lines[:at], *fresh, *lines[at:]])
    return whole if whole.endswith("\n") else whole + ending + "\n"


def control_text(guess: Guess, channel: int) -> str:
    """Return what is written behind the name of a control; `channel` is the profile's own, which is left out."""
    source = guess.source
    parts = [f"{source.type.value}: {_message(source)}"]
    if source.type is SourceType.OSC and source.argument > 1:
        parts.append(f"argument: {source.argument}")
    if source.type is not SourceType.OSC and source.type not in SYSTEM and source.channel != channel:
        parts.append(f"channel: {source.channel}")
    parts.append(f"kind: {guess.kind.value}")
    if source.bits == 14 and source.type is not SourceType.PITCHBEND:
        parts.append("bits: 14")
    if guess.kind is Kind.ENCODER:
        parts.append(f"coding: {guess.coding.value}")
    if guess.calibrate:
        parts.append(f"calibrate: [{guess.calibrate[0]:g}, {guess.calibrate[1]:g}]")
    if guess.touch is not None:
        own = f", channel: {guess.touch.channel}" if guess.touch.channel != source.channel else ""
        parts.append(f"touch: {{{guess.touch.type.value}: {guess.touch.number}{own}}}")
    return "{" + ", ".join(parts) + "}"


def _message(source: Source) -> str:
    if source.type is SourceType.OSC:
        return json.dumps(source.address)
    if source.type is SourceType.SYSEX:
        return f'"{" ".join(WRITTEN[each] if each < 0 else f"{each:02X}" for each in source.sysex)}"'
    return str(source.number) if source.type in _NUMBERED else "any"


def _described(entries: Sequence[Entry], channel: int, indent: str) -> list[str]:
    lines: list[str] = []
    for entry in entries:
        lines += _comment(entry.guess.evidence, indent)
        lines += _comment(f"Not sure: {entry.guess.doubt}.", indent) if entry.guess.doubt else []
        lines.append(f"{indent}{entry.name}: {control_text(entry.guess, channel)}")
    return lines


def _comment(text: str, indent: str) -> list[str]:
    lead = f"{indent}# "
    text = "".join(char if char.isprintable() else "?" for char in text)
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=lead, break_on_hyphens=False)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _end_of_block(lines: Sequence[str], start: int, outer: int) -> int:
    """Return the first line (from 0) after `start` that belongs to no block indented more than `outer`."""
    return next(
        (
            index
            for index in range(start, len(lines))
            if lines[index].strip() and not lines[index].lstrip().startswith("#") and _indent(lines[index]) <= outer
        ),
        len(lines),
    )
