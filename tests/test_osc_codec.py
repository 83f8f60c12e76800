"""The OSC codec: golden bytes, refusals, bounds, round trips, and python-osc as the oracle where both accept."""

import math
import struct
import time
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage as OracleMessage

from controld import osc_codec as osc
from controld.osc_agenda import ntp_to_unix_s, unix_s_to_ntp
from controld.osc_codec import OscArg, OscBundle, OscDecodeError, OscEncodeError, OscMessage, decode, encode

SPEC_FREQUENCY = b"/oscillator/4/frequency\0,f\0\0\x43\xdc\0\0"
SPEC_FOO = bytes.fromhex(
    "2f666f6f000000002c6969736666000000 0003e8ffffffff68656c6c6f0000003f9df3b640b5b22d".replace(" ", "")
)
ENDLESS = b"#bundle\0" + struct.pack(">Qi", 1, -4)

float32s = st.floats(width=32, allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
values: dict[str, st.SearchStrategy[Any]] = {
    "i": st.integers(-(1 << 31), (1 << 31) - 1),
    "f": float32s,
    "s": texts,
    "b": st.binary(max_size=9),
    "h": st.integers(-(1 << 63), (1 << 63) - 1),
    "t": st.integers(0, (1 << 64) - 1),
    "d": st.floats(allow_nan=False, allow_infinity=False),
    "S": texts,
    "c": st.characters(max_codepoint=127),
    "r": st.integers(0, (1 << 32) - 1),
    "m": st.binary(min_size=4, max_size=4),
    "T": st.just(True),
    "F": st.just(False),
    "N": st.none(),
    "I": st.just(True),
}
leaves = st.sampled_from(sorted(values)).flatmap(lambda tag: st.tuples(st.just(tag), values[tag]))
arguments = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3).map(
        lambda pairs: (f"[{''.join(tag for tag, _ in pairs)}]", tuple(value for _, value in pairs))
    ),
    max_leaves=6,
)
addresses = st.text(st.sampled_from("abz09_-/*é"), max_size=20).map(lambda rest: "/" + rest)


@st.composite
def messages(draw: st.DrawFn) -> OscMessage:
    """Draw any message the codec can carry."""
    pairs = draw(st.lists(arguments, max_size=5))
    return OscMessage(draw(addresses), tuple(value for _, value in pairs), "".join(tag for tag, _ in pairs))


def written(message: OscMessage) -> bytes:
    return encode(message.address, message.args, message.tags)


def write_packet(packet: OscMessage | OscBundle) -> bytes:
    if isinstance(packet, OscMessage):
        return written(packet)
    return osc.encode_bundle([write_packet(element) for element in packet.elements], packet.time_tag)


packets = st.recursive(
    messages(),
    lambda inner: st.builds(OscBundle, st.integers(0, (1 << 64) - 1), st.lists(inner, max_size=3).map(tuple)),
    max_leaves=4,
)


def refusal(datagram: bytes) -> str:
    with pytest.raises(OscDecodeError) as caught:
        decode(datagram)
    assert caught.value.detail in str(caught.value)
    return caught.value.kind


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


class TestProperties:
    @given(packets)
    def test_round_trip(self, packet: OscMessage | OscBundle) -> None:
        """What is written is read back the same, twice (carefully, then from memory), in multiples of four bytes."""
        datagram = write_packet(packet)
        assert len(datagram) % 4 == 0
        assert packet == decode(datagram) == decode(datagram)
        assert repr(packet) == repr(decode(datagram))  # repr tells 1 from 1.0 and True, and 0.0 from -0.0

    @given(st.binary(max_size=80) | st.binary(max_size=40).map(lambda rest: b"#bundle\0" + rest))
    @example(ENDLESS)
    def test_random_bytes(self, datagram: bytes) -> None:
        """Any bytes are a packet or an OscDecodeError of a known kind, never anything else."""
        self.decode_or_refuse(datagram)

    @given(packets, st.data())
    def test_damaged_packets(self, packet: OscMessage | OscBundle, data: st.DataObject) -> None:
        """Cut short, altered or with bytes added, a packet is still read or refused, and what is read is finite."""
        datagram = bytearray(write_packet(packet))
        for _ in range(data.draw(st.integers(1, 4))):
            place = data.draw(st.integers(0, len(datagram) - 1))
            change: Callable[[], None] = data.draw(
                st.sampled_from(
                    [
                        lambda at=place: datagram.__setitem__(at, data.draw(st.integers(0, 255))),
                        lambda at=place: datagram.__delitem__(slice(max(at & ~3, 4), None)),
                        lambda at=place: datagram.__setitem__(
                            slice(at & ~3, at & ~3), data.draw(st.binary(max_size=8))
                        ),
                    ]
                )
            )
            change()
        self.decode_or_refuse(bytes(datagram))

    def decode_or_refuse(self, datagram: bytes) -> None:
        try:
            packet = decode(datagram)
        except OscDecodeError:
            assert refusal(datagram) in get_args(osc.Fault)
            return
        for _, message in osc.flatten(packet):
            assert message.address.startswith("/")
            assert all(math.isfinite(value) for value in message.args if isinstance(value, float))

    @given(messages(), st.data())
    def test_oracle(self, message: OscMessage, data: st.DataObject) -> None:
        """Where python-osc accepts too, it reads the same, also from altered bytes.

        Left out: bundles (python-osc never returns from some), the tags c, S and I (it drops them, and the data
        behind them is misread), t (it makes it a date), and text that is not UTF-8 (it raises).
        """
        datagram = bytearray(written(message))
        if data.draw(st.booleans()):
            datagram[data.draw(st.integers(0, len(datagram) - 1))] = data.draw(st.integers(0, 255))
        try:
            ours = decode(bytes(datagram))
        except OscDecodeError:
            return
        assert isinstance(ours, OscMessage)
        assume(not set(ours.tags) & set("cSIt"))
        try:
            oracle = OracleMessage(bytes(datagram))
        except UnicodeDecodeError:
            return
        assert ours.address == oracle.address
        assert repr(as_oracle(ours.args, iter(ours.tags))) == repr(oracle.params)

    @given(float32s, addresses)
    def test_oracle_reads_what_we_send(self, value: float, address: str) -> None:
        """What surfaces are sent is understood by another implementation."""
        assert [value, "on", 3] == OracleMessage(encode(address, (value, "on", 3))).params


def as_oracle(args: tuple[OscArg, ...], tags: Any) -> list[Any]:
    """Give arguments the shapes python-osc gives them: lists for arrays, tuples of four ints for MIDI."""
    shaped: list[Any] = []
    for value in args:
        tag = next(tags)
        if isinstance(value, tuple):
            shaped.append(as_oracle(value, tags))
            assert next(tags) == "]"
        else:
            shaped.append(tuple(value) if tag == "m" and isinstance(value, bytes) else value)
    return shaped


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
