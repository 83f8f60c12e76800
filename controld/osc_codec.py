"""OSC 1.0/1.1 packets: strict, bounded decoding and encoding of single datagrams.

Only bytes <-> values lives here: no sockets, no clocks, no stream framing, no address matching (see `osc_pattern`).

Layouts are those of the OSC 1.0 specification: big-endian, in multiples of four bytes. What it does not allow is
refused, but for two things real senders do: a message without a type tag string is one without arguments, and text
that is not UTF-8 is read as Latin-1 (Open Stage Control sends it).

Theory of operation: a surface repeats a few hundred addresses for ever, nearly always with one float or int. All bytes
but the last four of such a message never change, so they are the key of a dictionary that holds the finished address
and tags. What misses takes the careful path, and only what passed it is remembered.
"""

import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from math import isfinite
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple, TypeAlias

MAX_DATAGRAM: Final = 65_507  # bytes: what one UDP datagram over IPv4 can carry
MAX_ARGS: Final = 1024  # of all messages of a packet: a whole LED grid in one message still fits
MAX_ELEMENTS: Final = 256  # of all its bundles: so no packet costs a millisecond to read
MAX_ADDRESS: Final = 1024  # bytes
MAX_NESTING: Final = 8  # of bundles, and of arrays: real senders use one or two; keeps recursion shallow
MAX_CACHED: Final = 4096  # entries before a cache is emptied: more than any rig's addresses
MAX_CACHED_BYTES: Final = 256  # longest address worth remembering: no sender can fill a cache with 65 kB keys
DUMP_LIMIT: Final = 1400  # bytes a datagram stays under, so that Ethernet and Wi-Fi carry it in one frame
IMMEDIATE: Final = 1  # the time tag that means "now" (OSC 1.0 specification)
OscArg: TypeAlias = "int | float | str | bytes | bool | tuple[OscArg, ...] | None"
Fault: TypeAlias = Literal["address", "nesting", "number", "padding", "size", "tag", "text", "trailing", "truncated"]


class OscDecodeError(ValueError):
    """A packet was refused: `kind` is one stable word to count and log by, `detail` says what was found."""

    def __init__(self, kind: Fault, detail: str, address: str = "") -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind: Fault = kind
        self.detail = detail
        self.address = address  # of the message, where the fault is in its arguments


class OscEncodeError(ValueError):
    """A value cannot be written as OSC: wrong type for its tag, out of range, not finite, or too large a packet."""


class OscMessage(NamedTuple):
    """One message; `tags` has one letter per argument (without the comma), `[` and `]` around nested tuples.

    Arguments by tag: `i h t r` int, `f d` float, `s S` str, `c` one-character str, `b` bytes, `m` four bytes
    (port, status, data 1, data 2), `T` and `I` True (an impulse is a press), `F` False, `N` None.
    """

    address: str
    args: tuple[OscArg, ...] = ()
    tags: str = ""


class OscBundle(NamedTuple):
    """Elements to be done together at `time_tag` (64-bit NTP format, `IMMEDIATE` for now)."""

    time_tag: int
    elements: tuple["OscMessage | OscBundle", ...]


OscPacket: TypeAlias = OscMessage | OscBundle

_BUNDLE_MARK = b"#bundle\0"
_BUNDLE_HEAD = struct.Struct(">8sQ")
_INT = struct.Struct(">i")
_FLOAT = struct.Struct(">f")
_PADS = (b"\0\0\0\0", b"\0\0\0", b"\0\0", b"\0")  # terminator and padding of a string, by its length modulo 4
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_heads: dict[bytes, tuple[str, Callable[[bytes, int], tuple[OscArg, ...]], str]] = {}


def decode(datagram: bytes) -> OscPacket:
    """Read one whole packet; raises OscDecodeError, and nothing else, if any part of it is not as it should be."""
    head = _heads.get(datagram[:-4])
    if head is None:
        if len(datagram) > MAX_DATAGRAM:
            raise OscDecodeError("size", f"{len(datagram)} bytes are more than {MAX_DATAGRAM}")
        return _read_packet(datagram, 0, [MAX_ARGS])
    address, unpack, tags = head
    args = unpack(datagram, -4)
    value = args[0]
    if value - value != 0:  # type: ignore[operator]  # true for NaN and infinity only, at half of isfinite's price
        raise OscDecodeError("number", str(value), address)
    return tuple.__new__(OscMessage, (address, args, tags))  # skips the generated constructor: 0.1 us


def flatten(packet: OscPacket) -> list[tuple[int | None, OscMessage]]:
    """List a packet's messages with their time tags, oldest first and otherwise in the order written.

    None stands for a message outside any bundle. An enclosed bundle that claims to be earlier than the one around it,
    which the OSC 1.0 specification forbids, is held to the outer time tag.
    """
    if isinstance(packet, OscMessage):
        return [(None, packet)]
    return [*sorted(_walk(packet, 0), key=itemgetter(0))]  # sorted() keeps the order of equals


def _walk(bundle: OscBundle, earliest: int) -> Iterator[tuple[int, OscMessage]]:
    time_tag = max(bundle.time_tag, earliest)
    for element in bundle.elements:
        if isinstance(element, OscMessage):
            yield time_tag, element
        else:
            yield from _walk(element, time_tag)


def _read_packet(data: bytes, depth: int, effort: list[int]) -> OscPacket:
    if data[:-4] in _heads:
        return decode(data)
    if len(data) & 3 or not data:
        raise OscDecodeError("size", f"{len(data)} bytes where a positive multiple of 4 is due")
    return _read_bundle(data, depth, effort) if data[0] == ord("#") else _read_message(data, effort)


def _read_bundle(data: bytes, depth: int, effort: list[int]) -> OscBundle:
    (mark, time_tag), offset = _unpack(_BUNDLE_HEAD, data, 0)
    if mark != _BUNDLE_MARK:
        raise OscDecodeError("address", "neither an address nor #bundle")
    if depth >= MAX_NESTING:
        raise OscDecodeError("nesting", f"bundles deeper than {MAX_NESTING}")
    elements: list[OscPacket] = []
    while offset < len(data):
        _spend(effort, MAX_ARGS // MAX_ELEMENTS)
        (size,), offset = _unpack(_INT, data, offset)
        end = _end(data, offset, size)
        elements.append(_read_packet(data[offset:end], depth + 1, effort))
        offset = end
    return OscBundle(time_tag, tuple(elements))


def _spend(effort: list[int], cost: int) -> None:
    effort[0] -= cost  # of what is left for the whole packet
    if effort[0] < 0:
        raise OscDecodeError("size", f"more than {MAX_ELEMENTS} messages or {MAX_ARGS} arguments")


def _read_message(data: bytes, effort: list[int]) -> OscMessage:
    raw_address, offset = _read_padded(data, 0)
    if len(raw_address) > MAX_ADDRESS:
        raise OscDecodeError("size", f"an address of more than {MAX_ADDRESS} bytes")
    address = _address(raw_address) if offset <= MAX_CACHED_BYTES else _address.__wrapped__(raw_address)
    if offset == len(data):
        return OscMessage(address)
    if data[offset] != ord(","):
        raise OscDecodeError("tag", "arguments without a type tag string")
    raw_tags, start = _read_padded(data, offset)
    _spend(effort, len(raw_tags) - 1)
    tags = raw_tags[1:].decode("latin-1")  # what is not ASCII is no known tag either
    shape = _shape(tags)
    try:
        args, end = _unpack(shape, data, start) if shape else _read_mixed(data, start, tags)
        if shape:
            [*map(_finite, args)]
    except OscDecodeError as error:
        error.address = address
        raise
    if end != len(data):
        raise OscDecodeError("trailing", f"{len(data) - end} bytes after the last argument")
    if shape and tags in {"f", "i"} and start <= MAX_CACHED_BYTES:
        if len(_heads) >= MAX_CACHED:
            _heads.clear()
        _heads[data[:start]] = (address, shape.unpack_from, tags)
    return OscMessage(address, args, tags)


@lru_cache(maxsize=MAX_CACHED)
def _address(raw: bytes) -> str:
    address = _text(raw)
    if address[:1] != "/" or _CONTROL.search(address):
        raise OscDecodeError("address", "an address begins with / and has no control characters")
    return address


def _unpack(layout: struct.Struct, data: bytes, offset: int) -> tuple[tuple[Any, ...], int]:
    end = _end(data, offset, layout.size)
    return layout.unpack_from(data, offset), end


def _end(data: bytes, offset: int, size: int) -> int:
    """Return where a field ends, once it is known to fit; a size from the wire is not to be trusted before."""
    left = len(data) - offset
    if not 0 <= size <= left:
        raise OscDecodeError("size" if size < 0 else "truncated", f"a field of {size} bytes where {left} are left")
    return offset + size


def _read_mixed(data: bytes, offset: int, tags: str) -> tuple[tuple[OscArg, ...], int]:
    """Read arguments one by one, arrays as nested tuples."""
    args: list[OscArg] = []
    outer: list[list[OscArg]] = []
    for tag in tags:
        kind = _TYPES.get(tag)
        if kind is not None:
            value, offset = kind.read(data, offset)
            args.append(value)
        elif tag == "[":
            if len(outer) >= MAX_NESTING:
                raise OscDecodeError("nesting", f"arrays deeper than {MAX_NESTING}")
            outer.append(args)
            args = []
        elif tag == "]" and outer:
            outer[-1].append(tuple(args))
            args = outer.pop()
        else:
            raise OscDecodeError("tag", f"type tag {tag!r} is unknown or out of place")
    if outer:
        raise OscDecodeError("tag", "an array without its end")
    return tuple(args), offset


def _read_padded(data: bytes, offset: int) -> tuple[bytes, int]:
    """Read a string's bytes and find where the next field begins. `offset` is a multiple of 4, and so is the result."""
    end = data.find(0, offset)
    if end < 0:
        raise OscDecodeError("truncated", "a string without its terminating null")
    after = (end + 4) & ~3
    if data[end:after] != _PADS[end & 3]:
        raise OscDecodeError("padding", "a string padded with other than nulls")
    return data[offset:end], after


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


class _Type(NamedTuple):
    """How a tag's value is read (with the next offset) and written."""

    read: Callable[[bytes, int], tuple[OscArg, int]]
    write: Callable[[Any], bytes]


def _fixed(code: str, load: Callable[[Any], OscArg], dump: Callable[[Any], Any]) -> _Type:
    """Make the type of one struct letter; `load` and `dump` check and convert, and raise ValueError or TypeError."""
    layout = struct.Struct(">" + code)

    def read(data: bytes, offset: int) -> tuple[OscArg, int]:
        (value,), end = _unpack(layout, data, offset)
        return load(value), end

    return _Type(read, lambda value: layout.pack(dump(value)))


def _constant(constant: bool | None) -> _Type:
    return _fixed("0s", lambda _: constant, lambda value: b"" if value is constant else None)  # struct refuses None


def _finite(value: float) -> float:
    if not isfinite(value):
        raise OscDecodeError("number", str(value))
    return value


def _load_char(code: int) -> str:
    if code > 127:
        raise OscDecodeError("text", f"character code {code} is not ASCII")
    return chr(code)


def _read_string(data: bytes, offset: int) -> tuple[OscArg, int]:
    raw, end = _read_padded(data, offset)
    return _text(raw), end


def _write_string(value: str) -> bytes:
    raw = str.encode(value)
    if 0 in raw:
        raise ValueError(f"{value!r} holds a null character")
    return raw + _PADS[len(raw) & 3]


def _read_blob(data: bytes, offset: int) -> tuple[OscArg, int]:
    (size,), start = _unpack(_INT, data, offset)
    end = _end(data, start, size)
    after = (end + 3) & ~3  # within the packet, whose own size is a multiple of 4
    if any(data[end:after]):
        raise OscDecodeError("padding", "a blob padded with other than nulls")
    return data[start:end], after


_PLAIN = {"i": "i", "f": "f", "h": "q", "t": "Q", "d": "d", "r": "I"}
_CONSTANT: Final[dict[str, bool | None]] = {"T": True, "F": False, "N": None, "I": True}
_TYPES: Final[dict[str, _Type]] = {
    **{tag: _fixed(code, _finite, _finite) for tag, code in _PLAIN.items()},
    **{tag: _constant(value) for tag, value in _CONSTANT.items()},
    **dict.fromkeys("sS", _Type(_read_string, _write_string)),
    "b": _Type(_read_blob, lambda blob: _INT.pack(len(blob)) + blob + bytes(-len(blob) & 3)),
    "c": _fixed("I", _load_char, lambda char: ord(str.encode(char, "ascii"))),
    "m": _fixed("4s", bytes, lambda raw: raw if len(raw) == 4 else None),
}


@lru_cache(maxsize=256)
def _shape(tags: str) -> struct.Struct | None:
    """Find the layout of arguments that are plain numbers only, else None."""
    return struct.Struct(">" + "".join(map(_PLAIN.__getitem__, tags))) if _PLAIN.keys() >= set(tags) else None


def encode(address: str, args: Sequence[OscArg] = (), tags: str | None = None) -> bytes:
    """Write one message.

    Without `tags` they follow the values: bool T F, int i (h beyond 32 bits), float f, str s, bytes b, None N, tuple []

    Raises:
        OscEncodeError: the address is none, a value does not fit its tag, or the message exceeds `MAX_DATAGRAM` bytes.
    """
    try:
        if tags is None and len(args) == 1:  # what faders and lights are sent all day
            value = args[0]
            if type(value) is float and value - value == 0:
                return _head(address, "f") + _FLOAT.pack(value)
            if type(value) is int and -(1 << 31) <= value < 1 << 31:
                return _head(address, "i") + _INT.pack(value)
        return _encode(address, args, tags)
    except (struct.error, OverflowError, TypeError, ValueError) as error:
        raise OscEncodeError(f"{address}: {error}") from error


def _encode(address: str, args: Sequence[OscArg], tags: str | None) -> bytes:
    pairs = list(_spread(args, 0))
    if tags is None:
        tags = "".join([natural for natural, _ in pairs])
    parts = [_head(address, tags)]
    for tag, (natural, value) in zip(tags, pairs, strict=True):
        if tag in _TYPES and natural not in "[]":
            parts.append(_TYPES[tag].write(value))
        elif tag != natural:
            raise ValueError(f"{value!r} cannot be sent as type {tag!r}")
    packet = b"".join(parts)
    if len(packet) > MAX_DATAGRAM or len(tags) > MAX_ARGS:
        raise ValueError(f"{len(packet)} bytes and {len(tags)} type tags are too many")
    return packet


def _spread(args: Sequence[OscArg], depth: int) -> Iterator[tuple[str, OscArg]]:
    """List values with their natural tags, arrays opened between brackets."""
    if depth > MAX_NESTING:
        raise ValueError(f"arrays deeper than {MAX_NESTING}")
    for value in args:
        if isinstance(value, tuple):
            yield "[", None
            yield from _spread(value, depth + 1)
            yield "]", None
        else:
            yield _natural_tag(value), value


def _natural_tag(value: OscArg) -> str:
    if value is None or isinstance(value, bool):
        return {True: "T", False: "F", None: "N"}[value]
    if isinstance(value, int):
        return "i" if -(1 << 31) <= value < 1 << 31 else "h"
    for kind, tag in ((float, "f"), (str, "s"), (bytes, "b")):
        if isinstance(value, kind):
            return tag
    raise TypeError(f"{value!r} has no OSC type")


@lru_cache(maxsize=MAX_CACHED)
def _head(address: str, tags: str) -> bytes:
    if address[:1] != "/" or _CONTROL.search(address):
        raise ValueError("an address begins with / and has no control characters")
    return _write_string(address) + _write_string("," + tags)


def encode_bundle(messages: Iterable[bytes], time_tag: int = IMMEDIATE) -> bytes:
    """Write a bundle of encoded elements; raises OscEncodeError for too many, too much or a bad time tag."""
    elements = list(messages)
    body = b"".join([_INT.pack(len(element)) + element for element in elements])
    size = _BUNDLE_HEAD.size + len(body)
    if len(elements) > MAX_ELEMENTS or size > MAX_DATAGRAM or not 0 <= time_tag < 1 << 64:
        raise OscEncodeError(f"a bundle of {len(elements)} elements and {size} bytes at {time_tag} cannot be sent")
    return _BUNDLE_HEAD.pack(_BUNDLE_MARK, time_tag) + body


def pack_bundles(messages: Iterable[bytes], limit: int = DUMP_LIMIT) -> list[bytes]:
    """Group encoded messages, in order, into immediate bundles shorter than `limit` bytes.

    A message alone in its bundle is sent bare; one that reaches the limit by itself travels bare and whole.
    """
    packets: list[list[bytes]] = []
    size = limit
    for message in messages:
        size += 4 + len(message)
        if size >= limit or len(packets[-1]) == MAX_ELEMENTS:
            packets.append([])
            size = _BUNDLE_HEAD.size + 4 + len(message)
        packets[-1].append(message)
    return [packet[0] if len(packet) == 1 else encode_bundle(packet) for packet in packets]
