"""The OSC codec by hypothesis: round trips, damage, and python-osc as the oracle where both accept."""

import math
from collections.abc import Callable
from typing import Any, get_args

from hypothesis import assume, example, given
from hypothesis import strategies as st
from osc_madness import ENDLESS, refusal
from pythonosc.osc_message import OscMessage as OracleMessage

from controld import osc_codec as osc
from controld.osc_codec import OscArg, OscBundle, OscDecodeError, OscMessage, decode, encode

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
