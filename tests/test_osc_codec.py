"""The OSC codec: golden bytes, what is written and what is not, bundles and time tags."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld import osc_codec as osc
from controld.osc_agenda import ntp_to_unix_s, unix_s_to_ntp
from controld.osc_codec import OscArg, OscBundle, OscEncodeError, OscMessage, decode, encode

SPEC_FREQUENCY = b"/oscillator/4/frequency\0,f\0\0\x43\xdc\0\0"
SPEC_FOO = bytes.fromhex(
    "2f666f6f000000002c6969736666000000 0003e8ffffffff68656c6c6f0000003f9df3b640b5b22d".replace(" ", "")
)


class TestGolden:
    def test_spec_frequency(self) -> None:
        """The first example of the OSC 1.0 specification reads and writes byte for byte."""
        expected = OscMessage("/oscillator/4/frequency", (440.0,), "f")
        assert expected == decode(SPEC_FREQUENCY)
        assert encode("/oscillator/4/frequency", (440.0,)) == SPEC_FREQUENCY

    def test_spec_foo(self) -> None:
        """The second example of the OSC 1.0 specification, five arguments of three types."""
        message = decode(SPEC_FOO)
        assert isinstance(message, OscMessage)
        assert (message.address, message.tags) == ("/foo", "iisff")
        assert message.args[:3] == (1000, -1, "hello")
        assert message.args[3:] == pytest.approx((1.234, 5.678))
        assert encode("/foo", (1000, -1, "hello", 1.234, 5.678)) == SPEC_FOO

    def test_repeated_address(self) -> None:
        """The remembered path gives what the careful path gave, for a value that differs, in bundles too."""
        for value in (0.25, 0.5, -1.0):
            assert OscMessage("/again", (value,), "f") == decode(encode("/again", (value,)))
        for number in (1, 2, -3):
            assert OscMessage("/again", (number,), "i") == decode(encode("/again", (number,)))
        bundle = osc.encode_bundle([encode("/again", (4,))])
        assert decode(bundle) == OscBundle(1, (OscMessage("/again", (4,), "i"),))

    def test_types_told_apart(self) -> None:
        """Equal numbers of other widths differ by their tags."""
        for tag in "fdih":
            message = decode(encode("/n", (1,), tag))
            assert isinstance(message, OscMessage)
            assert ((1,), tag) == (message.args, message.tags)

    @pytest.mark.parametrize("rest", [b"", b",\0\0\0"])
    def test_no_arguments(self, rest: bytes) -> None:
        """A message without a type tag string, as old senders write it, is one without arguments."""
        assert OscMessage("/go", (), "") == decode(b"/go\0" + rest)

    def test_latin1(self) -> None:
        """Text that is not UTF-8 is read as Latin-1; UTF-8 is read as such."""
        assert OscMessage("/t", ("é",), "s") == decode(b"/t\0\0,s\0\0\xe9\0\0\0")
        assert OscMessage("/t", ("é",), "s") == decode(b"/t\0\0,s\0\0\xc3\xa9\0\0")


class TestEncode:
    def test_inferred_tags(self) -> None:
        """Values choose their tags: the smallest integer that holds them, and arrays from tuples."""
        args = (True, False, 1, 1 << 31, -(1 << 31), 0.5, "s", b"b", None, (1, ("x",)))
        message = decode(encode("/all", args))
        assert OscMessage("/all", args, "TFihifsbN[i[s]]") == message

    @pytest.mark.parametrize(
        ("address", "args", "tags"),
        [
            ("no/slash", (1,), None),
            ("/a\0b", (), None),
            ("/a", (math.nan,), None),
            ("/a", (math.inf,), "d"),
            ("/a", (1e39,), None),
            ("/a", (1 << 63,), None),
            ("/a", (1 << 31,), "i"),
            ("/a", (0.5,), "i"),
            ("/a", ("x",), "f"),
            ("/a", ("a\0b",), None),
            ("/a", ("\ud800",), None),
            ("/a", (b"abc",), "m"),
            ("/a", ("é",), "c"),
            ("/a", (False,), "T"),
            ("/a", (1,), "ii"),
            ("/a", (1, 2), "i"),
            ("/a", (1,), "A"),
            ("/a", ((1,),), "i"),
            ("/a", (1,), "[i]"),
            ("/a", (object(),), None),
            ("/a", (object(),), "s"),
            ("/a", ("x" * 70_000,), None),
            ("/a", (True,) * 1025, None),
            ("/a", (((((((((((1,),),),),),),),),),),), None),
        ],
    )
    def test_refused(self, address: str, args: tuple[OscArg, ...], tags: str | None) -> None:
        """What cannot be read back is not written."""
        with pytest.raises(OscEncodeError):
            encode(address, args, tags)

    def test_bundle_refused(self) -> None:
        """A bundle too large for a datagram, of too many elements or with an impossible time is not written."""
        message = encode("/a", (1,))
        with pytest.raises(OscEncodeError):
            osc.encode_bundle([message] * (osc.MAX_ELEMENTS + 1))
        with pytest.raises(OscEncodeError):
            osc.encode_bundle([encode("/a", (bytes(40_000),))] * 2)
        with pytest.raises(OscEncodeError):
            osc.encode_bundle([message], 1 << 64)


class TestBundles:
    @given(st.lists(st.integers(0, 400), max_size=40), st.integers(20, 600))
    def test_dump(self, sizes: list[int], limit: int) -> None:
        """A dump keeps every message in order; only a message alone may reach the limit, and it travels bare."""
        sent = [encode(f"/m/{number}", ("x" * size,)) for number, size in enumerate(sizes)]
        packed = osc.pack_bundles(sent, limit)
        received = [message for datagram in packed for _, message in osc.flatten(decode(datagram))]
        assert [decode(message) for message in sent] == received
        assert all(len(datagram) < limit or datagram in sent for datagram in packed)
        assert all(decode(datagram).time_tag == 1 for datagram in packed if datagram not in sent)  # type: ignore[union-attr]

    def test_dump_is_dense(self) -> None:
        """A thousand small messages take no more datagrams than their size asks for."""
        sent = [encode("/effect/drive/level", (0.5,))] * 1000
        packed = osc.pack_bundles(sent)
        assert all(len(datagram) < osc.DUMP_LIMIT for datagram in packed)
        assert math.ceil(1000 / ((osc.DUMP_LIMIT - 17) // (len(sent[0]) + 4))) == len(packed)

    def test_flatten_order(self) -> None:
        """Messages come oldest first; equals keep their order; an inner bundle is never before its outer one."""
        a, b, c, d = (OscMessage(f"/{name}") for name in "abcd")
        packet = OscBundle(500, (OscBundle(900, (a,)), b, OscBundle(osc.IMMEDIATE, (c,)), d))
        assert [(500, b), (500, c), (500, d), (900, a)] == osc.flatten(packet)
        assert [(None, a)] == osc.flatten(a)
        assert osc.flatten(OscBundle(1, ())) == []


class TestTimeTags:
    def test_known_times(self) -> None:
        """1970 is 2,208,988,800 seconds into NTP time; "immediate" is long past."""
        assert unix_s_to_ntp(0.0) == 2_208_988_800 << 32
        assert ntp_to_unix_s((2_208_988_801 << 32) + (1 << 31)) == 1.5
        assert ntp_to_unix_s(osc.IMMEDIATE) < 0

    @given(st.floats(0, 2_000_000_000))
    def test_round_trip(self, seconds: float) -> None:
        """A time survives within a quarter of a nanosecond or the float's own step."""
        assert ntp_to_unix_s(unix_s_to_ntp(seconds)) == pytest.approx(seconds, rel=3e-16, abs=2.5e-10)
