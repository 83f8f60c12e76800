"""Packets in a stream: both framings, in any portions, and never more memory than one packet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.osc_codec import encode
from controld.osc_stream import MAX_FRAME, Deframer, Framing, StreamError, frame

# What SLIP has to escape, and what looks like an escape.
AWKWARD = encode("/x", (b"\xc0\xdb\xdc\xdd\xc0\xc0\xdb\xdb\xdc",))
PACKETS = [encode("/a", (1,)), AWKWARD, encode("/level", (0.5,))]

packets = st.lists(
    st.binary(min_size=1, max_size=60).map(lambda tail: b"/" + tail).filter(lambda packet: packet != b""), max_size=6
)


def in_portions(stream: bytes, sizes: list[int]) -> list[bytes]:
    """Return a stream cut at these distances."""
    portions = []
    for size in sizes:
        portions.append(stream[:size])
        stream = stream[size:]
    return [*portions, stream]


@pytest.mark.parametrize("framing", Framing)
@given(sent=packets, sizes=st.lists(st.integers(0, 40), max_size=12))
def test_what_was_framed_comes_out_whatever_the_portions(framing: Framing, sent: list[bytes], sizes: list[int]) -> None:
    """Half frames wait for their other half, several in one portion come out in order."""
    deframer = Deframer()
    stream = b"".join(frame(packet, framing) for packet in sent)
    heard = [packet for portion in in_portions(stream, sizes) for packet in deframer.feed(portion)]
    assert heard == sent
    assert deframer.framing is (framing if sent else None)


def test_the_framings_are_written_as_the_specifications_say() -> None:
    """A length of four bytes, big-endian; END on both sides, and END and ESC escaped by two bytes each (RFC 1055)."""
    assert frame(b"/a\0\0", Framing.LENGTH) == b"\0\0\0\4/a\0\0"
    assert frame(b"/\xc0\xdb\0", Framing.SLIP) == b"\xc0/\xdb\xdc\xdb\xdd\0\xc0"


@pytest.mark.parametrize(
    ("stream", "framing"),
    [
        (frame(PACKETS[0], Framing.LENGTH), Framing.LENGTH),
        (frame(PACKETS[0], Framing.SLIP), Framing.SLIP),
        (PACKETS[0] + b"\xc0", Framing.SLIP),  # the older form, without an END before the first packet
        (b"#bundle\0" + bytes(8) + b"\xc0", Framing.SLIP),
    ],
)
def test_the_first_byte_tells_the_framing(stream: bytes, framing: Framing) -> None:
    """One byte is enough to know, and the packet comes out whole."""
    deframer = Deframer()
    assert deframer.feed(stream[:1]) == []
    assert deframer.framing is framing
    assert len(deframer.feed(stream[1:])) == 1


@pytest.mark.parametrize("first", [b"G", b"\xdb", b"\x01", b"\xff", b" "])
def test_what_is_no_osc_ends_the_stream(first: bytes) -> None:
    """A browser that knocks, or anything else, is told apart from the first byte on."""
    with pytest.raises(StreamError, match="neither a 4-byte length nor SLIP"):
        Deframer().feed(first + b"ET / HTTP/1.1\r\n")


@pytest.mark.parametrize("framing", Framing)
def test_a_packet_has_a_bound(framing: Framing) -> None:
    """The longest packet passes; one byte more ends the stream, long before its end would have come."""
    longest = b"/" + b"x" * (MAX_FRAME - 1)
    assert Deframer().feed(frame(longest, framing)) == [longest]
    with pytest.raises(StreamError, match="a packet of"):
        Deframer().feed(frame(longest + b"xxxxx", framing)[:-1])
    dripping = Deframer()
    assert dripping.feed(b"/" * MAX_FRAME) == []
    with pytest.raises(StreamError):
        dripping.feed(b"/" * 10)


def test_empty_packets_are_nothing() -> None:
    """Several ENDs in a row, and a length of 0, keep a connection alive and say nothing."""
    assert Deframer().feed(b"\xc0\xc0\xc0" + PACKETS[0] + b"\xc0\xc0") == [PACKETS[0]]
    assert Deframer().feed(bytes(8) + frame(PACKETS[0], Framing.LENGTH)) == [PACKETS[0]]


def test_a_wrong_escape_spoils_its_packet_only() -> None:
    """What is no escape is handed on as it is, for the decoder to refuse; the next packet is right."""
    spoilt, good = Deframer().feed(b"\xc0/a\xdbx\xc0" + frame(AWKWARD, Framing.SLIP))
    assert spoilt == b"/a\xdbx"
    assert good == AWKWARD


@given(st.lists(st.binary(max_size=30), max_size=20))
def test_nothing_else_is_raised(portions: list[bytes]) -> None:
    """Whatever comes, it is packets or a StreamError."""
    deframer = Deframer()
    try:
        for portion in portions:
            deframer.feed(portion)
    except StreamError:
        pass
