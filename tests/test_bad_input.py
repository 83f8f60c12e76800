"""What no device should ever send, at the real daemon: malformed OSC datagrams and random MIDI bytes.

Judged by what a player would notice: the state stays, a press in between acts, nothing grows, and the log says it once.
"""

import random
import struct
from collections import Counter
from collections.abc import Iterator

import pytest
from jack_device import Floorboard
from jack_server import JackServer, needs_jackd
from rig_process import RigProcess, Tablet, running, wait_for
from troubled_rig import assert_a_press_acts, counters, dump, memory, monitor_header, open_files, status

from controld.osc_codec import OscDecodeError, decode, encode

ENDLESS = b"#bundle\0" + struct.pack(">Qi", 1, 0)  # 20 bytes: an element of no size, read for ever by naive decoders
PRESS = encode("/effect/drive/active", (1,))
NAN, INFINITY = struct.pack(">f", float("nan")), struct.pack(">f", float("inf"))


def nested(depth: int) -> bytes:
    """Return a press within so many bundles."""
    packet = PRESS
    for _ in range(depth):
        packet = b"#bundle\0" + struct.pack(">Qi", 1, len(packet)) + packet
    return packet


# What is sent, and the kind it is counted as.
MALFORMED: dict[str, tuple[bytes, str]] = {
    "the bundle that never ends": (ENDLESS, "size"),
    "nothing at all": (b"", "size"),
    "no multiple of four": (PRESS[:-3], "size"),
    "cut off within a number": (PRESS[:-4], "truncated"),
    "a bundle in a bundle, and so on": (nested(500), "nesting"),
    "an element of negative size": (b"#bundle\0" + struct.pack(">Qi", 1, -16), "size"),
    "arrays in arrays": (b"/a\0\0," + b"[" * 400 + b"\0\0\0", "nesting"),
    "a string without its end": (b"/a\0\0,s\0\0abcd", "truncated"),
    "an unknown type": (b"/effect/drive/active\0\0\0\0,Q\0\0\0\0\0\1", "tag"),
    "more than was told": (PRESS + b"\0\0\0\1", "trailing"),
    "no address": (b"effect\0\0,i\0\0\0\0\0\1", "address"),
    "65 kB of nulls": (bytes(65_000), "address"),
}
# Numbers that are none: refused to the sender as any bad value, with the address.
NO_NUMBERS: dict[str, bytes] = {
    "/effect/drive/drive": b"/effect/drive/drive\0,f\0\0" + NAN,
    "/effect/leslie/active": b"/effect/leslie/active\0\0\0,f\0\0" + INFINITY,
    "/drive/level": b"/drive/level\0\0\0\0,f\0\0" + INFINITY,
}
# Well-formed, and yet impossible: refused to the sender, with a reason.
IMPOSSIBLE: dict[str, tuple[str, tuple[int | float | str | bytes, ...]]] = {
    "an unknown address": ("/no/such/thing", (1,)),
    "a pattern that fits nothing": ("/effect/*/nothing", (1,)),
    "a pattern of stars": ("/" + "*" * 200 + "x", (1,)),
    "a word for a switch": ("/effect/drive/active", ("maybe",)),
    "a word for a number": ("/effect/drive/drive", ("loud",)),
    "bytes for a number": ("/effect/drive/drive", (b"abc",)),
    "too many numbers": ("/effect/drive/drive", (0.1,) * 300),
    "no number": ("/effect/drive/drive", ()),
    "a snapshot that is not there": ("/snapshot", ("Nope",)),
    "a number of no snapshot": ("/snapshot", (2**31 - 1,)),
    "a pedalboard that is not there": ("/pedalboard", ("Nope",)),
    "a preset that is not there": ("/effect/drive/preset", ("Nope",)),
    "a port that is none": ("/controld/hello", (99_999_999,)),
    "an unknown request": ("/controld/nope", ()),
}


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RigProcess]:
    """A rig; the tests that share it leave its state as they found it."""
    with JackServer(), running(tmp_path_factory.mktemp("rig")) as process:
        yield process


@pytest.fixture
def tablet(rig: RigProcess) -> Iterator[Tablet]:
    """A well-behaved tablet that has heard the full state."""
    with Tablet(rig.osc_port) as client:
        client.send("/controld/hello")
        client.wait("/effect/drive/active", 0)
        client.wait("/effect/leslie/active", 0)
        yield client


@needs_jackd
class TestDatagrams:
    def test_what_is_malformed_is_counted_said_once_and_changes_nothing(self, rig: RigProcess, tablet: Tablet) -> None:
        """Each kind once per sender in the log, every one in the counters; the rig stays as it is and playable."""
        before, state, said = counters(rig), dump(rig), rig.text
        with Tablet(rig.osc_port) as noisy:
            for datagram, _ in MALFORMED.values():
                for _ in range(3):
                    noisy.send_bytes(datagram)
            wanted = Counter(kind for _, kind in MALFORMED.values() for _ in range(3))
            wait_for(lambda: counters(rig) & wanted == wanted, "the counters")
            counted = counters(rig)
            assert {kind: counted[kind] - before[kind] for kind in wanted} == dict(wanted)
        for kind in wanted:
            assert rig.text.count(f": {kind}: ") == said.count(f": {kind}: ") + 1, kind
        assert dump(rig) == state
        assert_a_press_acts(tablet)

    @pytest.mark.parametrize("name", IMPOSSIBLE)
    def test_what_cannot_be_is_answered_to_its_sender(self, rig: RigProcess, name: str) -> None:
        """The address and a reason go back; nobody else hears of it, and nothing changes."""
        state = dump(rig)
        address, args = IMPOSSIBLE[name]
        with Tablet(rig.osc_port) as sender, Tablet(rig.osc_port) as other:
            other.send("/controld/ping", 1)
            other.wait("/controld/pong", 1)
            sender.send(address, *args)
            wrong, reason = wait_for(lambda: sender.newest("/controld/error"), "the reason")
            assert wrong == address
            assert reason
            assert not other.newest("/controld/error")
        assert dump(rig) == state

    @pytest.mark.parametrize("address", NO_NUMBERS)
    def test_numbers_that_are_none_are_answered_too(self, rig: RigProcess, address: str) -> None:
        """NaN and infinity change nothing, and their sender is told where it sent them."""
        state = dump(rig)
        with Tablet(rig.osc_port) as sender:
            sender.send_bytes(NO_NUMBERS[address])
            wrong, reason = wait_for(lambda: sender.newest("/controld/error"), "the reason")
        assert wrong == address
        assert "finite numbers" in str(reason)
        assert dump(rig) == state

    def test_twenty_thousand_of_them_cost_nothing(self, rig: RigProcess, tablet: Tablet) -> None:
        """Random, cut off and mutated datagrams in bursts: no memory, no file, no delay, no change."""
        random_datagrams = broken_datagrams(random.Random(20), 2000)
        state = dump(rig)
        flood(rig, random_datagrams)  # the first ones fill what is kept per sender
        assert_a_press_acts(tablet)
        files, before = open_files(rig), memory(rig)
        for _ in range(10):
            flood(rig, random_datagrams)
            assert_a_press_acts(tablet)
        assert open_files(rig) == files
        assert memory(rig) - before < 4 << 20
        assert dump(rig) == state
        assert status(rig)["counters"]["errors"] == 0

    def test_the_monitor_begins_with_what_was_counted(self, rig: RigProcess, tablet: Tablet) -> None:
        """Who looks sees at once that something sends rubbish."""
        tablet.send_bytes(ENDLESS)
        wait_for(lambda: counters(rig)["size"] > 0, "the counter")
        wait_for(lambda: f"tablet size {counters(rig)['size']}" in monitor_header(rig), "the same count in both")


def broken_datagrams(rng: random.Random, count: int) -> list[bytes]:
    """Return datagrams no decoder may accept: random bytes, and good ones with some bytes changed or cut off."""
    good = [
        PRESS,
        nested(3),
        *(encode(*message) for message in IMPOSSIBLE.values()),
        *(d for d, _ in MALFORMED.values()),
        *NO_NUMBERS.values(),
    ]
    found: list[bytes] = []
    while len(found) < count:
        datagram = bytearray(rng.choice(good)[:400] if rng.random() < 0.7 else rng.randbytes(rng.randrange(200)))
        for _ in range(rng.randrange(4) if datagram else 0):
            datagram[rng.randrange(len(datagram))] = rng.randrange(256)
        broken = bytes(datagram[: rng.randrange(len(datagram) + 1)] if rng.random() < 0.3 else datagram)
        try:
            decode(broken)
        except OscDecodeError:
            found.append(broken)
    return found


def flood(rig: RigProcess, datagrams: list[bytes]) -> None:
    """Send datagrams in bursts that the system's buffers hold, each of which was read before the next."""
    received = counters(rig)["received"]
    with Tablet(rig.osc_port) as noisy:
        for start in range(0, len(datagrams), 100):
            for datagram in datagrams[start : start + 100]:
                noisy.send_bytes(datagram)
            wanted = received + len(datagrams[: start + 100])
            wait_for(lambda wanted=wanted: counters(rig)["received"] >= wanted, "the burst to be read")  # type: ignore[misc]


@needs_jackd
class TestMidi:
    def test_random_bytes_are_counted_and_change_nothing(self, rig: RigProcess, tablet: Tablet) -> None:
        """Fragments, stray data, undefined and real-time bytes of a mad device; its switch works in between."""
        board = Floorboard("stage-box")
        try:
            wait_for(lambda: board.shown, "the first light")
            state, rng = dump(rig), random.Random(7)
            for active in (1, 0, 1, 0):
                board.send(0xC8, 1)  # a running status on a channel that is nobody's
                for _ in range(150):
                    board.send(*madness(rng))
                board.send(0xB0, 20, 127)
                board.send(0xB0, 20, 0)
                tablet.wait("/effect/drive/active", active)
            assert dump(rig) == state
            counted = counters(rig, "floor")
            assert counted["unfinished message"] > 0
            assert counted["end without sysex"] > 0
            assert counted["undefined"] > 0
        finally:
            board.unplug()

    def test_a_long_sysex_and_a_clock_pass(self, rig: RigProcess, tablet: Tablet) -> None:
        """Sixteen kilobytes that mean nothing to the rig, and 24 ticks a quarter note, delay no press."""
        board = Floorboard("stage-box")
        try:
            wait_for(lambda: board.shown, "the first light")
            before = counters(rig, "floor")
            for _ in range(3):
                board.send(0xF0, *[1] * 15_000, 0xF7)
            for _ in range(96):
                board.send(0xF8)
            for active in (1, 0):
                board.send(0xB0, 20, 127)
                board.send(0xB0, 20, 0)
                tablet.wait("/effect/drive/active", active)
            counted = counters(rig, "floor") - before
            assert counted["sysex"] == 3
            assert counted["clock"] == 96
        finally:
            board.unplug()


def madness(rng: random.Random) -> list[int]:
    """Return one to three bytes as JACK hands them over, of no channel that is mapped, and no SysEx that begins."""
    status = rng.choice([0x80, 0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0]) + rng.randrange(1, 16)
    first = rng.choice(
        [status, rng.randrange(128), rng.choice([0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFE])]
    )
    return [first, *(rng.randrange(128) for _ in range(rng.randrange(3)))]
