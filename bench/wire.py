"""What goes over the wires in a benchmark: OSC datagrams whose value is a message's number, and the bridge's commands.

Pure. A message's value is a multiple of 2**-20: exact as a 32-bit float, and still unique in the seven digits that a
bridge is sent, so that whatever arrives says which message it was. Neighbouring numbers have values far apart, as far
as anything could take two values for the same.
"""

import json
import struct
from collections.abc import Iterator
from typing import NamedTuple

STEPS = 1 << 20
_SPREAD = 648_055  # odd, so that no two numbers share a value, and near the golden ratio of STEPS
_GATHER = pow(_SPREAD, -1, STEPS)
BYPASS = ":bypass"
PARAMETERS_PER_EFFECT = 100


class Write(NamedTuple):
    """One parameter (or bypass, as 0.0 or 1.0) that a bridge was told to set."""

    instance: int
    symbol: str
    value: float


def value_of(number: int) -> float:
    """Return the value that carries `number` (1 to 2**20 - 1)."""
    return number * _SPREAD % STEPS / STEPS


def number_of(value: float) -> int:
    """Return the number a value carries."""
    return round(value * STEPS) * _GATHER % STEPS


def encode(address: str, value: float) -> bytes:
    """Return an OSC message with one 32-bit float."""
    return _padded(address) + b",f\0\0" + struct.pack(">f", value)


def encode_bare(address: str) -> bytes:
    """Return an OSC message without arguments."""
    return _padded(address) + b",\0\0\0"


def decode(datagram: bytes) -> Iterator[tuple[str, float]]:
    """Yield address and first number of every message in a datagram; messages without one are left out."""
    if datagram.startswith(b"#bundle\0"):
        position = 16
        while position + 4 <= len(datagram):
            (size,) = struct.unpack_from(">i", datagram, position)
            yield from decode(datagram[position + 4 : position + 4 + size])
            position += 4 + max(size, 0)
        return
    end = datagram.index(b"\0")
    tags_at = (end & ~3) + 4
    tags_end = datagram.find(b"\0", tags_at)
    value = _first_number(datagram, datagram[tags_at + 1 : tags_end], (tags_end & ~3) + 4)
    if value is not None:
        yield datagram[:end].decode("latin-1"), value


def writes(body: bytes) -> Iterator[Write]:
    """Yield what a bridge request sets, in order; nothing for requests that set nothing."""
    try:
        request = json.loads(body)
    except ValueError:
        return
    lines = request.get("commands") or [request.get("command", "")]
    for line in lines:
        words = line.split(" ")
        if words[0] == "param_set":
            yield Write(int(words[1]), words[2], float(words[3]))
        elif words[0] == "bypass":
            yield Write(int(words[1]), BYPASS, float(words[2]))
        elif words[0] == "params_flush":
            pairs = words[4 : 4 + 2 * int(words[3])]
            for symbol, value in zip(pairs[::2], pairs[1::2], strict=True):
                yield Write(int(words[1]), symbol, float(value))


def added(body: bytes) -> Iterator[tuple[str, int]]:
    """Yield URI and instance number of every effect that a request adds."""
    request = json.loads(body)
    for line in request.get("commands") or [request.get("command", "")]:
        words = line.split(" ")
        if words[0] == "add":
            yield words[1], int(words[2])


def place_of(control: int) -> tuple[int, str]:
    """Return which effect and which of its parameters the fader `/m/<control>` moves."""
    effect, parameter = divmod(control, PARAMETERS_PER_EFFECT)
    return effect, f"p{parameter}"


def _padded(text: str) -> bytes:
    raw = text.encode() + b"\0"
    return raw + b"\0" * (-len(raw) % 4)


def _first_number(datagram: bytes, tags: bytes, position: int) -> float | None:
    match tags[:1]:
        case b"f":
            return float(struct.unpack_from(">f", datagram, position)[0])
        case b"i":
            return float(struct.unpack_from(">i", datagram, position)[0])
        case b"d":
            return float(struct.unpack_from(">d", datagram, position)[0])
        case b"T" | b"F":
            return float(tags[:1] == b"T")
        case _:
            return None
