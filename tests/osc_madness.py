"""A generator of OSC packets nobody should send: random, mutated, truncated, and well-formed but absurd; by a seed."""

import random
import struct
from collections.abc import Iterator
from typing import Final

import pytest

from controld.osc_agenda import unix_s_to_ntp
from controld.osc_codec import OscArg, OscDecodeError, decode, encode, encode_bundle

NAN, INFINITY = struct.pack(">f", float("nan")), struct.pack(">f", float("inf"))
LONGEST: Final = 65_507
ENDLESS: Final = b"#bundle\0" + struct.pack(">Qi", 1, -4)  # 20 bytes that hang other parsers

# Messages as a tablet sends them, some of which a rig does and some refuses.
PLAIN: Final[tuple[tuple[str, tuple[OscArg, ...]], ...]] = (
    ("/effect/drive/active", (1,)),
    ("/effect/drive/bypass", (0.0,)),
    ("/effect/drive/DRIVE", (0.5,)),
    ("/effect/drive/DRIVE/normalized", (0.5,)),
    ("/drive/level", (0.25,)),
    ("/scene/1", (1,)),
    ("/a/anything", (0.5,)),
    ("/snapshot", ("Lead",)),
    ("/snapshot/2", ()),
    ("/pedalboard", (1,)),
    ("/tempo", (120.0,)),
    ("/nothing/here", (1,)),
    ("/effect/*/DRIVE", (0.5,)),
    ("/controld/hello", ()),  # without a port: a changed one would be somebody else's on this machine
    ("/controld/subscribe", (30,)),
    ("/controld/ping", (1, "x", b"blob")),
    ("/controld/error", ("/a", "b")),
    ("/controld/bye", ()),
)


SLOW: Final = ("/pedalboard", "/snapshot", "/controld/hello")  # which ask the rig for more than a value


def refusal(datagram: bytes) -> str:
    """Return the word by which a packet is refused; it has to be."""
    with pytest.raises(OscDecodeError) as caught:
        decode(datagram)
    assert caught.value.detail in str(caught.value)
    return caught.value.kind


class Madness:
    """Makes packets; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._plain = [encode(address, args) for address, args in PLAIN]
        self._quick = [encode(address, args) for address, args in PLAIN if not address.startswith(SLOW)]
        self._usual = [*self._plain, *self._bundles()]
        self._long = self._absurd()

    def packets(self, count: int) -> Iterator[bytes]:
        """Yield so many packets: a third random, a third mutated, a fifth truncated, the rest as they are."""
        rng = self._rng
        for _ in range(count):
            kind = rng.random()
            if kind < 0.3:
                yield rng.randbytes(int(rng.expovariate(0.02)) % 1500)
            elif kind < 0.7:
                yield self._mutated(self._any())
            elif kind < 0.92:
                whole = self._any()
                yield whole[: rng.randrange(len(whole) + 1)]
            elif kind < 0.999:
                yield rng.choice(self._quick)
            else:
                yield self._any()

    def worst(self) -> list[bytes]:
        """Return packets made to cost as much as one can, the longest there are among them."""
        return [*self._absurd(), *(packet[:-3] + b"xyz" for packet in self._absurd())]

    def _any(self) -> bytes:
        return self._rng.choice(self._long if self._rng.random() < 0.01 else self._usual)

    def _mutated(self, packet: bytes) -> bytes:
        rng = self._rng
        changed = bytearray(packet[:2000])
        for _ in range(rng.randrange(1, 6)):
            if changed:
                changed[rng.randrange(len(changed))] = rng.choice((rng.randrange(256), 0, 0xFF, 0x2C, 0x2F, 0x7F))
        return bytes(changed)

    def _bundles(self) -> list[bytes]:
        deep = self._plain[0]
        for _ in range(12):
            deep = encode_bundle([deep])
        soon, never = unix_s_to_ntp(1.8e9), (1 << 64) - 1
        return [
            encode_bundle(self._plain[:6]), deep, encode_bundle(self._plain[:4], soon), encode_bundle([], 1),
            encode_bundle(self._plain[:2], never), ENDLESS,
            encode("/drive/level", (0.5,))[:-4] + NAN, encode("/scene/1", (0.5,))[:-4] + INFINITY,
        ]  # fmt: skip

    def _absurd(self) -> list[bytes]:
        tiny = struct.pack(">i", 4) + b"/a\0\0"
        head = b"#bundle\0" + struct.pack(">Q", 1)
        different = [encode(f"/x/{number}", (number,)) for number in range(2000)]
        return [
            head + tiny * 8000,
            head + b"".join(struct.pack(">i", len(each)) + each for each in different),
            head + (struct.pack(">i", 16) + head) * 3200,
            encode_bundle([encode(f"/b/{number}", (True,) * 250) for number in range(200)]),
            encode("/s", ("x",) * 1024),
            b"/" + b"a" * 65_498 + b"\0\0\0\0,\0\0\0",
            b"/" + b"/" * 65_498 + b"\0\0\0\0,\0\0\0",
            b"/" + b"*" * 1000 + b"\0\0\0,\0\0\0",
            b"/effect/" + b"{" * 1000 + b"\0\0\0\0,\0\0\0",
            encode("/drive/level", ("\x01\xe9" * 20_000,)),
            encode("/effect/drive/DRIVE", (bytes(65_000),)),
            encode("/controld/ping", (bytes(60_000),)),
            encode("/controld/ping", ("\x01" * 60_000,)),
            b"/a\0\0," + b"[" * 1000 + b"]" * 1000 + b"\0\0\0",
            b"/effect/drive/DRIVE\0," + b"[" * 8 + b"i" * 900 + b"]" * 8 + b"\0" * 3 + bytes(3600),
            bytes(LONGEST),
            b"\xff" * LONGEST,
            b"/" + b"\xff" * 900 + b"\0\0\0,\0\0\0",
            encode("/variable/" + "v" * 900, ("y" * 60_000,)),
        ]  # fmt: skip
