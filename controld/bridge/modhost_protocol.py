"""mod-host's text lines: commands, replies and feedback, to and from values.

Pure. Nothing here knows what a command does, only how it is written, how mod-host reads it, and what its answer means.
Facts are from mod-host's source and README (mod-audio, 2026) and from watching it run.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# What mod-host prints for a line it cannot dispatch; no "resp" and no code.
NOT_FOUND = "not found"
FEW_ARGUMENTS = "few arguments"
MANY_ARGUMENTS = "many arguments"

# mod-host reads 1024 bytes at a time and takes a full buffer for an unfinished command where no NUL follows, and the
# stock bridge sends none: such a command hangs.
READ_BUFFER_BYTES = 1024

ERROR_REASONS: Mapping[int, str] = {
    -1: "the instance number is invalid",
    -2: "an effect with this number exists already",
    -3: "there is no effect with this number",
    -4: "the plugin needs a license",
    -101: "there is no plugin with this URI",
    -102: "the plugin could not be instantiated",
    -103: "the effect has no parameter with this symbol",
    -104: "this is not the URI of a preset",
    -105: "there is no such preset, or its state cannot be loaded",
    -201: "no JACK client could be made; is the JACK server running?",
    -202: "the JACK client could not be activated",
    -203: "the JACK client could not be deactivated",
    -204: "a JACK port could not be registered",
    -205: "the ports could not be connected; does each exist, and is one an output and one an input?",
    -206: "the ports are not connected",
    -207: "the value is out of range",
    -301: "the assignment exists already",
    -302: "the operation is not possible for this assignment",
    -303: "the list of assignments is full",
    -304: "the assignment failed",
    -305: "the assignment is not in use",
    -401: "this host has no Control Chain",
    -402: "this host has no Ableton Link",
    -403: "this host has no HMI",
    -404: "this host shows no external user interfaces",
    -901: "the host is out of memory",
    -902: "the operation is invalid",
}
_TEXT_REASONS = {
    NOT_FOUND: "the host does not know this command",
    FEW_ARGUMENTS: "the command has too few arguments",
    MANY_ARGUMENTS: "the command has too many arguments",
}
# These say 1 for done and 0 for refused, as mod-host negates their error code.
INVERTED = frozenset({"midi_map", "midi_learn", "midi_unmap", "monitor_output", "monitor_output_off"})
# These answer with a bare text; for a preset an empty one means that there is none.
_TEXTUAL = {"preset_show": "there is no preset with this URI", "licensee": ""}

_NAME = re.compile(r"[a-z][a-z_]*\Z")
_REPLY = re.compile(r"resp (-?\d+)(?: (.*))?\Z", re.DOTALL)
_UNWRITABLE = re.compile(r'[\x00-\x1f\x7f"]|\\\Z')


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply taken apart: `text` is what follows the code, or the whole reply where `code` is None."""

    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply means: whether the command was done, what it returned ("" for nothing), and why it was refused."""

    ok: bool
    code: int | None = None
    value: str = ""
    reason: str = ""


def tokenize(line: str) -> list[str]:
    """Split a command line as mod-host does; at least one token, maybe empty.

    Exactly one space separates, so two in a row enclose an empty token; only blanks at the end are dropped. Double
    quotes keep spaces together and are doubled, or escaped by a backslash, to be meant; a closing one ends its token.
    """
    line = line.rstrip(" \t\r\n")
    tokens, token, position = [], "", 0
    quoted = ended = False
    while position < len(line):
        char, pair = line[position], line[position : position + 2]
        position += 1
        if char == " " and not quoted:
            tokens.append(token)
            token, ended = "", False
        elif pair == '\\"' or (pair == '""' and quoted):
            token += "" if ended else '"'
            position += 1
        elif char == '"':
            ended |= quoted
            quoted = not quoted
        elif not ended:
            token += char
    return [*tokens, token]


def format_command(name: str, *args: str | float) -> str:
    """Write a command so that mod-host reads back exactly `name` and `args`; booleans are written 1 and 0.

    A blank is appended where the length in bytes would be a multiple of 1024, which mod-host takes for half a command.

    Raises:
        ValueError: for a number that is not finite, and for text with control characters, with double quotes, with a
            trailing backslash, or that is no Unicode.
    """
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is not the name of a command")
    line = " ".join([name, *map(_format_argument, args)])
    return line + " " if len(line.encode()) % READ_BUFFER_BYTES == 0 else line


def _format_argument(arg: str | float) -> str:
    if isinstance(arg, str):
        if _UNWRITABLE.search(arg):
            raise ValueError(f"mod-host cannot be given the text {arg!r}")
        return f'"{arg}"' if not arg or " " in arg else arg
    if not math.isfinite(arg):
        raise ValueError(f"{arg} is not a number mod-host can be given")
    return repr(arg) if isinstance(arg, float) else str(int(arg))


def parse_reply(text: str) -> Reply:
    """Take a reply apart; what does not begin with "resp" and a whole number has no code."""
    text = text.rstrip("\0")
    match = _REPLY.match(text)
    return Reply(int(match[1]), match[2] or "") if match else Reply(None, text)


def verdict(command_name: str, reply_text: str) -> Verdict:
    """Say what a reply to `command_name` means, in plain words where it was refused."""
    reply = parse_reply(reply_text)
    if reply.code is None:
        return _verdict_of_text(command_name, reply.text)
    inverted = command_name in INVERTED
    if reply.code == 1 if inverted else reply.code >= 0:
        return Verdict(ok=True, code=reply.code, value=reply.text)
    if inverted and reply.code == 0:
        return Verdict(ok=False, code=0, reason="there is no such effect, or it has no such parameter")
    reason = ERROR_REASONS.get(reply.code, f"the host answered {reply.code}")
    return Verdict(ok=False, code=reply.code, reason=reason)


def _verdict_of_text(command_name: str, text: str) -> Verdict:
    if text in _TEXT_REASONS:
        return Verdict(ok=False, reason=_TEXT_REASONS[text])
    if command_name not in _TEXTUAL:
        return Verdict(ok=False, reason=f"the host answered {text!r}")
    reason = "" if text else _TEXTUAL[command_name]
    return Verdict(ok=not reason, value=text, reason=reason)


Word = Callable[[str], object]


def _flag(word: str) -> bool:
    return int(word) != 0


# What mod-host reports by itself: the words after the name, in order. A name with an underscore before it stands for a
# word that the bridge does not pass on.
_FEEDBACK: Mapping[str, Mapping[str, Word]] = {
    "param_set": {"effect_id": int, "symbol": str, "value": float},
    "output_set": {"effect_id": int, "symbol": str, "value": float},
    "midi_mapped": {
        "effect_id": int,
        "symbol": str,
        "channel": int,
        "controller": int,
        "_value": float,
        "_minimum": float,
        "_maximum": float,
    },
    "midi_program_change": {"program": int, "channel": int},
    "midi_control_change": {"channel": int, "control": int, "value": int},
    "transport": {"rolling": _flag, "bpb": float, "bpm": float},
    "cpu_load": {"load": float, "max_load": float, "xruns": int},
    "audio_monitor": {"index": int, "value": float},
    "patch_set": {"instance": int, "symbol": str, "value": str},
    "log": {"level": int, "message": str},
    "data_finish": {},
}


def parse_feedback(line: str) -> dict[str, object]:
    """Return a feedback line as the flat event a bridge publishes; the last text of a line keeps its spaces.

    What is not known or not well formed becomes {"type": "unknown", "raw": line}; nothing is raised.
    """
    line = line.rstrip("\0\r\n")
    name, _, rest = line.partition(" ")
    if name == "cc_map":
        return {"type": name, "raw": line}
    fields = _FEEDBACK.get(name)
    if fields is None:
        return {"type": "unknown", "raw": line}
    words = rest.split(" ", max(len(fields) - 1, 0)) if rest else []
    try:
        values = {key: read(word) for (key, read), word in zip(fields.items(), words, strict=True)}
    except ValueError:
        return {"type": "unknown", "raw": line}
    return {"type": name} | {key: value for key, value in values.items() if not key.startswith("_")}


def format_feedback(event: Mapping[str, object]) -> str:
    """Return the line mod-host would report `event` by; words the event does not have are written 0.

    Raises:
        ValueError: for an event mod-host does not report.
    """
    kind = str(event["type"])
    if "raw" in event:
        return str(event["raw"])
    if kind not in _FEEDBACK:
        raise ValueError(f"mod-host does not report {kind!r}")
    return " ".join([kind, *(_format_word(read, event.get(key, 0)) for key, read in _FEEDBACK[kind].items())])


def _format_word(read: Word, value: object) -> str:
    if read is float and isinstance(value, int | float):
        return f"{value:.6f}"
    return str(int(value)) if isinstance(value, bool) else str(value)
