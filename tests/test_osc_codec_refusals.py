"""What the OSC codec refuses to read: each fault by its word, every bound, and how little a bad packet costs."""

import math
import struct
import time

import pytest
from osc_madness import ENDLESS, refusal

from controld import osc_codec as osc
from controld.osc_codec import OscBundle, OscDecodeError, OscMessage, decode, encode

REFUSED: list[tuple[str, bytes]] = [
    ("size", b""),
    ("size", b"/a\0"),
    ("size", b"/" + b"a" * 65_506 + b"\0"),
    ("size", ENDLESS),
    ("size", b"#bundle\0" + struct.pack(">Qi", 1, 0)),
    ("size", b"#bundle\0" + struct.pack(">Qi", 1, 3) + b"/a\0\0"),
    ("truncated", b"#bundle\0" + struct.pack(">Qi", 1, 8) + b"/a\0\0"),
    ("truncated", b"#bundle\0\0\0\0\0"),
    ("address", b"#bundlX\0" + bytes(8)),
    ("address", b"foo\0,\0\0\0"),
    ("address", b"\0\0\0\0,\0\0\0"),
    ("address", b"/a\n\0,\0\0\0"),
    ("truncated", b"/abc"),
    ("truncated", b"/a\0\0,iii"),
    ("truncated", b"/a\0\0,i\0\0"),
    ("truncated", b"/a\0\0,si\0" + b"x\0\0\0"),
    ("truncated", b"/a\0\0,s\0\0abcd"),
    ("truncated", b"/a\0\0,b\0\0\0\0\0\x09abcd"),
    ("truncated", b"/a\0\0,m\0\0"),
    ("size", b"/a\0\0,b\0\0\xff\xff\xff\xff"),
    ("padding", b"/a\0x,\0\0\0"),
    ("padding", b"/a\0\0,\0\0x"),
    ("padding", b"/a\0\0,b\0\0\0\0\0\x03abcd"),
    ("trailing", b"/a\0\0,i\0\0\0\0\0\x01\0\0\0\x02"),
    ("trailing", b"/a\0\0,\0\0\0\0\0\0\0"),
    ("tag", b"/a\0\0\0\0\0\x01"),
    ("tag", b"/a\0\0,A\0\0\0\0\0\x01"),
    ("tag", b"/a\0\0,\xe9\0\0"),
    ("tag", b"/a\0\0,[T\0"),
    ("tag", b"/a\0\0,T]\0"),
    ("nesting", b"/a\0\0," + b"[" * 9 + b"]" * 9 + b"\0"),
    ("size", b"/a\0\0," + b"T" * 1025 + b"\0\0"),
    ("text", b"/a\0\0,c\0\0\0\0\0\x80"),
    ("number", b"/a\0\0,f\0\0" + struct.pack(">f", math.nan)),
    ("number", b"/a\0\0,ff\0" + struct.pack(">ff", 1, -math.inf)),
    ("number", b"/a\0\0,sd\0x\0\0\0" + struct.pack(">d", math.inf)),
]


class TestRefusals:
    @pytest.mark.parametrize(("kind", "datagram"), REFUSED, ids=range(len(REFUSED)))
    def test_kind(self, kind: str, datagram: bytes) -> None:
        """Each fault has its stable word, by which it is counted and logged."""
        assert kind == refusal(datagram)

    def test_not_finite_once_remembered(self) -> None:
        """NaN is refused on the remembered path too, and the address still works after."""
        good = encode("/warm", (1.0,))
        decode(good)
        for bad in (math.nan, math.inf, -math.inf):
            assert refusal(good[:-4] + struct.pack(">f", bad)) == "number"
        assert OscMessage("/warm", (1.0,), "f") == decode(good)

    def test_unknown_tag_refuses_all(self) -> None:
        """An unknown tag refuses the whole message, for what follows it cannot be trusted."""
        assert refusal(b"/a\0\0,iA\0\0\0\0\x01\0\0\0\x02") == "tag"

    def test_deep_bundles(self) -> None:
        """Eight bundles in each other pass; nine, or two thousand, are refused without recursion trouble."""
        packet = encode("/deep", (1,))
        for _ in range(8):
            packet = osc.encode_bundle([packet])
        assert isinstance(decode(packet), OscBundle)
        for _ in range(2000):
            packet = osc.encode_bundle([packet])
        assert refusal(packet) == "nesting"
        assert refusal(osc.encode_bundle([osc.encode_bundle([ENDLESS])])) == "size"

    def test_many_elements(self) -> None:
        """A packet of more than MAX_ELEMENTS messages is refused, however they are nested; a full one is not."""
        element = struct.pack(">i", 4) + b"/a\0\0"
        head = b"#bundle\0" + struct.pack(">Q", 1)
        full = decode(head + element * osc.MAX_ELEMENTS)
        assert isinstance(full, OscBundle)
        assert len(full.elements) == osc.MAX_ELEMENTS
        assert refusal(head + element * (osc.MAX_ELEMENTS + 1)) == "size"
        half = osc.encode_bundle([b"/a\0\0"] * (osc.MAX_ELEMENTS // 2))
        assert refusal(osc.encode_bundle([half, half])) == "size"  # with the two bundles it is two too many

    def test_many_arguments(self) -> None:
        """As many arguments as an LED grid has are taken, in one message or several; more are refused."""
        grid = encode("/grid", (True,) * osc.MAX_ARGS)
        message = decode(grid)
        assert isinstance(message, OscMessage)
        assert len(message.args) == osc.MAX_ARGS
        assert refusal(b"/a\0\0" + osc._write_string("," + "T" * (osc.MAX_ARGS + 1))) == "size"
        assert refusal(osc.encode_bundle([encode("/a", (True,) * 600)] * 2)) == "size"

    def test_long_addresses(self) -> None:
        """An address of a kilobyte is the longest."""
        assert isinstance(decode(encode("/" + "x" * (osc.MAX_ADDRESS - 1))), OscMessage)
        assert refusal(encode("/" + "x" * osc.MAX_ADDRESS)) == "size"

    def test_a_number_that_is_none_names_its_address(self) -> None:
        """Whoever sent NaN or infinity can be told where; a fault before the arguments has no address."""
        for args, tags in (((0.5,), "f"), ((1, 0.5), "if"), (("x", 0.5), "sf"), ((0.5,), "d")):
            encoded = encode("/level", args, tags)
            for code, bad in ((">f", math.nan), (">f", math.inf), (">d", -math.inf)):
                tail = struct.pack(code, bad)
                if (tags[-1] == "d") is (len(tail) == 8):
                    with pytest.raises(OscDecodeError) as caught:
                        decode(encoded[: -len(tail)] + tail)
                    assert (caught.value.kind, caught.value.address) == ("number", "/level")
        with pytest.raises(OscDecodeError) as caught:
            decode(ENDLESS)
        assert caught.value.address == ""

    def test_endless_bundle_is_quick(self) -> None:
        """The 20-byte bundle that hangs other parsers costs microseconds (a busy machine is allowed a thousand)."""
        start = time.perf_counter()
        for _ in range(1000):
            assert refusal(ENDLESS) == "size"
        assert time.perf_counter() - start < 1.0

    def test_caches_are_bounded(self) -> None:
        """Ever new addresses, and huge ones, leave no more behind than the bounds allow, and stay right."""
        for number in range(osc.MAX_CACHED + 100):
            assert OscMessage(f"/flood/{number}", (1.0,), "f") == decode(encode(f"/flood/{number}", (1.0,)))
        long = encode("/" + "x" * 1000, (1.0,))
        assert decode(long) == decode(long)
        assert 0 < len(osc._heads) <= osc.MAX_CACHED
        assert max(map(len, osc._heads)) <= osc.MAX_CACHED_BYTES
        assert osc._address.cache_info().maxsize == osc.MAX_CACHED
