"""OSC over a stream of bytes: packets cut out of what arrives, and framed for the way back.

Pure. Two framings are in use: a 4-byte length before each packet (OSC 1.0 specification, liblo, Open Sound Control of
most C libraries) and SLIP with an END on both sides (OSC 1.1, RFC 1055). Which one a peer speaks shows in its very
first byte: a length below 16 MB begins with 0, SLIP with END or, in its older form, with the packet itself.

Memory is bounded by `MAX_FRAME`: of a peer that sends more without an end, nothing can be understood any more.
"""

from enum import Enum
from typing import Final

from controld.osc_codec import MAX_DATAGRAM

MAX_FRAME: Final = MAX_DATAGRAM  # bytes of one packet, as in a datagram

_END, _ESC = b"\xc0", b"\xdb"
_ESCAPED_END, _ESCAPED_ESC = b"\xdb\xdc", b"\xdb\xdd"
_LENGTH_BYTES: Final = 4


class Framing(Enum):
    """How packets are told apart in a stream."""

    LENGTH = "4-byte length"
    SLIP = "SLIP"


class StreamError(ValueError):
    """Nothing that follows in this stream can be understood: it has to be closed."""


class Deframer:
    """Cuts one peer's stream into packets; `framing` is known from the first byte on."""

    def __init__(self) -> None:
        self.framing: Framing | None = None
        self._buffer = bytearray()
        self._searched = 0  # so many bytes of the buffer hold no END

    def feed(self, data: bytes) -> list[bytes]:
        """Take what arrived, in any portions; return the packets that are whole now. Empty packets are left out.

        A packet with a wrong SLIP escape is handed on as it is: no OSC packet can look like that.

        Raises:
            StreamError: this is no OSC, or a packet is longer than `MAX_FRAME`.
        """
        self._buffer += data
        if self.framing is None and self._buffer:
            self.framing = _framing_of(self._buffer[0])
        packets = self._cut_slip() if self.framing is Framing.SLIP else self._cut_lengths()
        if len(self._buffer) > MAX_FRAME + _LENGTH_BYTES:
            raise StreamError(f"a packet of more than {MAX_FRAME} bytes")
        return packets

    def _cut_lengths(self) -> list[bytes]:
        packets: list[bytes] = []
        buffer, start = self._buffer, 0
        while len(buffer) - start >= _LENGTH_BYTES:
            begin = start + _LENGTH_BYTES
            size = int.from_bytes(buffer[start:begin], "big")
            if size > MAX_FRAME:
                raise StreamError(f"a packet of {size} bytes, which is more than {MAX_FRAME}")
            if len(buffer) - begin < size:
                break
            if size:
                packets.append(bytes(buffer[begin : begin + size]))
            start = begin + size
        del buffer[:start]
        return packets

    def _cut_slip(self) -> list[bytes]:
        buffer = self._buffer
        end = buffer.rfind(_END, self._searched)
        if end < 0:
            self._searched = len(buffer)
            return []
        whole = bytes(buffer[:end])
        del buffer[: end + 1]
        self._searched = len(buffer)
        return [_unescaped(packet) for packet in whole.split(_END) if packet]


def frame(packet: bytes, framing: Framing) -> bytes:
    """Return a packet as it goes into a stream."""
    if framing is Framing.LENGTH:
        return len(packet).to_bytes(_LENGTH_BYTES, "big") + packet
    return _END + packet.replace(_ESC, _ESCAPED_ESC).replace(_END, _ESCAPED_END) + _END


def _framing_of(first: int) -> Framing:
    if first == 0:
        return Framing.LENGTH
    if first in b"\xc0/#":
        return Framing.SLIP
    raise StreamError(f"it begins with byte {first:#04x}: neither a 4-byte length nor SLIP")


def _unescaped(packet: bytes) -> bytes:
    if _ESC not in packet:
        return packet
    if packet.count(_ESC) != packet.count(_ESCAPED_END) + packet.count(_ESCAPED_ESC):
        return packet
    return packet.replace(_ESCAPED_END, _END).replace(_ESCAPED_ESC, _ESC)
