"""OSC over real TCP connections: both framings, halves of packets, many at once, and those that do not read."""

import asyncio
import logging
import socket
import struct
from collections.abc import Awaitable, Callable

import pytest
from osc_stage import ACTIVE, FADER, PATIENCE_S, STATE, Stage, Told, bypass
from osc_stage import play as play_with
from rig_process import free_port

from controld import osc_line
from controld.changes import ParameterChanged, State
from controld.errors import AddressInUse
from controld.events import SurfaceConnected, SurfaceLost
from controld.osc_clients import Reply
from controld.osc_codec import OscArg, decode, encode, encode_bundle, flatten
from controld.osc_limits import Limits
from controld.osc_stream import Deframer, Framing, frame
from controld.surfaces import osc_tcp

BOTH = pytest.mark.parametrize("framing", Framing)


def play(scene: Callable[[Stage], Awaitable[None]], reply: Reply | None = None, **limits: object) -> None:
    """Run a scene on a stage that takes TCP."""
    play_with(scene, reply, Limits(tcp=free_port(), **limits))  # type: ignore[arg-type]


class Line:
    """A client with a connection of its own."""

    def __init__(self, stage: Stage, framing: Framing) -> None:
        assert stage.surface.tcp_address is not None
        self.framing = framing
        self.socket = socket.create_connection(stage.surface.tcp_address, PATIENCE_S)
        self.socket.setblocking(False)
        self._stream = Deframer()
        self._told: list[Told] = []
        stage.tablets.append(self)  # type: ignore[arg-type]  # closed as they are

    @property
    def name(self) -> str:
        return f"tcp:127.0.0.1:{self.socket.getsockname()[1]}"

    def send(self, address: str, *args: OscArg) -> None:
        self.send_raw(frame(encode(address, args), self.framing))

    def send_raw(self, data: bytes) -> None:
        self.socket.sendall(data)

    async def hear(self) -> list[Told]:
        """Return the messages of what comes next, once a packet is whole."""
        while True:
            loop = asyncio.get_running_loop()
            data = await asyncio.wait_for(loop.sock_recv(self.socket, 65_536), PATIENCE_S)
            assert data, "the connection was closed"
            packets = self._stream.feed(data)
            if packets:
                return [(message.address, message.args) for each in packets for _, message in flatten(decode(each))]

    async def hear_up_to_now(self) -> list[Told]:
        """Return everything told until a ping sent now is answered."""
        self.send("/controld/ping", "now")
        told: list[Told] = []
        while ("/controld/pong", ("now",)) not in told:
            told += await self.hear()
        return told[:-1]

    async def ended(self) -> bool:
        """Tell whether the other end closes the connection."""
        loop = asyncio.get_running_loop()
        try:
            while await asyncio.wait_for(loop.sock_recv(self.socket, 65_536), PATIENCE_S):
                pass
        except ConnectionResetError:
            pass
        return True


@BOTH
def test_a_client_is_answered_in_its_own_framing(framing: Framing) -> None:
    """The full state, a move, and what others do, all by the one connection, whatever the reply mode."""

    async def scene(stage: Stage) -> None:
        line = Line(stage, framing)
        line.send("/controld/hello")
        told = await line.hear_up_to_now()
        assert told[0] == ("/status", ("up", "virtual"))
        assert (ACTIVE, (0,)) in told
        assert line._stream.framing is framing
        line.send(FADER, 0.5)
        await stage.until(lambda: stage.moves() == [0.5])
        stage.surface.tell([bypass(False, "floor")])
        assert (ACTIVE, (1,)) in await line.hear_up_to_now()
        assert line.name in stage.surface.status()

    for reply in (Reply(), Reply(port=9), Reply("127.0.0.1", 9)):
        play(scene, reply)


@BOTH
def test_half_packets_wait_for_their_other_half(framing: Framing) -> None:
    """Byte by byte, or all in one piece: the same messages in the same order."""

    async def scene(stage: Stage) -> None:
        line = Line(stage, framing)
        sent = [encode(FADER, (number / 8,)) for number in range(5)]
        stream = b"".join(frame(packet, framing) for packet in sent)
        for place in range(len(stream)):
            line.send_raw(stream[place : place + 1])
            if place % 7 == 0:
                await asyncio.sleep(0)
        line.send_raw(stream)
        await stage.until(lambda: len(stage.moves()) == 10)
        assert stage.moves() == [number / 8 for number in range(5)] * 2

    play(scene)


@BOTH
def test_what_came_before_a_hang_up_is_done(framing: Framing) -> None:
    """A program that connects, sends and leaves at once has played; half a packet at the end is nothing."""

    async def scene(stage: Stage) -> None:
        line = Line(stage, framing)
        line.send_raw(frame(encode(FADER, (0.25,)), framing) + frame(encode(FADER, (0.75,)), framing)[:-3])
        line.socket.close()
        await stage.until(lambda: SurfaceLost in map(type, stage.events))
        assert stage.moves() == [0.25]

    play(scene)


def test_many_connections_play_and_follow_at_once() -> None:
    """Each is a client of its own, told apart from a datagram's sender of the same host and port."""

    async def scene(stage: Stage) -> None:
        lines = [Line(stage, framing) for framing in (*Framing, *Framing, *Framing)]
        for number, line in enumerate(lines):
            line.send(FADER, number / 8)
        await stage.until(lambda: len(stage.moves()) == 6)
        for line in lines:
            await line.hear_up_to_now()
        stage.surface.tell([bypass(False, "floor")])
        for line in lines:
            assert (ACTIVE, (1,)) in await line.hear_up_to_now()
        tablet = stage.tablet()
        tablet.socket.close()
        tablet.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tablet.socket.bind(lines[0].socket.getsockname())
        tablet.socket.setblocking(False)
        tablet.send("/controld/ping", 1)
        assert await tablet.hear_until("/controld/pong") == (1,)
        clients = [event.client for event in stage.events if isinstance(event, SurfaceConnected)]
        assert len(set(clients)) == 7

    play(scene)


def test_bye_ends_the_connection_and_hello_takes_no_port() -> None:
    """There is nowhere else to answer, and it says so; after a bye the connection is closed."""

    async def scene(stage: Stage) -> None:
        line = Line(stage, Framing.SLIP)
        line.send("/controld/hello", 9001)
        told = dict(await line.hear_up_to_now())
        assert told["/controld/error"][0] == "/controld/hello"
        assert "no port over TCP" in str(told["/controld/error"][1])
        line.send("/controld/bye")
        assert await line.ended()
        assert [type(event) for event in stage.events] == [SurfaceConnected, SurfaceLost]
        assert "no clients" in stage.surface.status()

    play(scene)


def test_a_subscription_does_not_end_a_connection() -> None:
    """A client is there as long as its connection, whatever it subscribed for."""

    async def scene(stage: Stage) -> None:
        line = Line(stage, Framing.LENGTH)
        line.send("/controld/subscribe", 1)
        await line.hear_up_to_now()
        (client,) = stage.surface._outlet.clients
        assert client.subscribed
        assert client.expires_s == float("inf")

    play(scene)


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "neither a 4-byte length nor SLIP"),
        (struct.pack(">I", 10_000_000) + b"/a\0\0", "a packet of 10000000 bytes"),
        (b"\xc0/" + b"x" * 70_000, "a packet of more than"),
    ],
)
def test_what_cannot_be_understood_ends_the_connection_with_a_word(
    sent: bytes, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged and counted with who it was, and nothing else happens."""

    async def scene(stage: Stage) -> None:
        line = Line(stage, Framing.LENGTH)
        line.send_raw(sent)
        assert await line.ended()
        assert stage.surface.senders()[line.name]["stream"] == 1
        assert [record.getMessage() for record in caplog.records if word in record.getMessage()]
        assert stage.events == []

    with caplog.at_level(logging.WARNING, "controld.osc"):
        play(scene)


@BOTH
def test_a_malformed_packet_costs_itself_only(framing: Framing) -> None:
    """It is counted, as a datagram is, and the connection goes on; a number that is none gets its answer."""

    async def scene(stage: Stage) -> None:
        line = Line(stage, framing)
        line.send_raw(frame(b"/a\0\0,Z\0\0", framing) + frame(b"xxxxxxxx", framing))
        line.send_raw(frame(encode(FADER, (0.5,))[:-4] + b"\x7f\xc0\0\0", framing))
        line.send(FADER, 0.5)
        await stage.until(lambda: stage.moves() == [0.5])
        assert dict(await line.hear_up_to_now())["/controld/error"][0] == FADER
        assert stage.surface.senders()[line.name]["tag"] == 1

    play(scene)


def test_who_sends_too_fast_loses_nothing() -> None:
    """Ten thousand presses of one instant are all done, in order, though they are far more than the rate."""

    async def scene(stage: Stage) -> None:
        line = Line(stage, Framing.LENGTH)
        presses = [frame(encode("/fs/1", (number % 2,)), Framing.LENGTH) for number in range(1, 10_001)]
        await asyncio.gather(
            asyncio.get_running_loop().sock_sendall(line.socket, b"".join(presses)),
            stage.until(lambda: len(stage.moves("tablet.fs1")) == 10_000),
        )
        assert stage.moves("tablet.fs1") == [1.0, 0.0] * 5000
        assert stage.surface.counters["dropped"] == 0

    play(scene, rate=20_000.0)


def test_a_flood_by_tcp_is_read_more_slowly() -> None:
    """What waits in the daemon is bounded: the rest stays with the sender, whose socket fills up."""

    async def scene(stage: Stage) -> None:
        line = Line(stage, Framing.SLIP)
        flood = frame(encode("/fs/1", (1,)), Framing.SLIP) * 50_000  # more than the sockets' buffers hold
        sending = asyncio.ensure_future(asyncio.get_running_loop().sock_sendall(line.socket, flood * 10))
        await stage.until(lambda: len(stage.moves("tablet.fs1")) > 30)
        other = Line(stage, Framing.SLIP)
        other.send(FADER, 0.5)
        await stage.until(lambda: stage.moves() == [0.5])
        packets = osc_tcp.PORTION // len(frame(encode("/fs/1", (1,)), Framing.SLIP)) + 1
        waiting = [len(place.waiting) for place in stage.surface._inlet.line.places]
        assert max(waiting) <= packets + 64
        assert not sending.done()
        sending.cancel()

    play(scene, rate=100.0)


def test_large_packets_of_many_connections_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where many bytes wait, streams are not read on before theirs are done; and in the end all are done."""
    monkeypatch.setattr(osc_line, "MAX_BYTES", 200_000)

    async def scene(stage: Stage) -> None:
        lines = [Line(stage, Framing.LENGTH) for _ in range(4)]
        large = frame(encode("/fs/1", ("x" * 60_000,)), Framing.LENGTH)
        sending = [
            asyncio.ensure_future(asyncio.get_running_loop().sock_sendall(each.socket, large * 20)) for each in lines
        ]
        most = 0

        def all_refused() -> bool:
            nonlocal most
            most = max(most, stage.surface._inlet.line._bytes)
            return stage.surface.counters["refused"] == 80

        await stage.until(all_refused)
        assert most < 200_000 + 4 * 80_000
        await asyncio.gather(*sending)

    play(scene, rate=100.0)


def test_who_does_not_read_is_dropped_with_a_word(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What it would have to be told stays bounded meanwhile, and the others are told everything as ever."""
    monkeypatch.setattr(osc_tcp, "SLOW_S", 0.3)
    gain = next(change for change in STATE if isinstance(change, ParameterChanged))

    async def scene(stage: Stage) -> None:
        deaf, line = Line(stage, Framing.LENGTH), Line(stage, Framing.LENGTH)
        deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.send("/controld/hello")
        await line.hear_up_to_now()
        client = next(each for each in stage.surface._outlet.clients if each.name == deaf.name)
        number = 0

        def tell_more() -> bool:
            nonlocal number
            for _ in range(20):
                number += 1
                stage.surface.tell([
                    ParameterChanged("drive", f"band_{band}", number, number, State.CONFIRMED, gain.scale)
                    for band in range(40)
                ])  # fmt: skip
                stage.surface._outlet.flush()
            assert len(client.queue) + len(client.backlog) <= 200
            assert sum(len(link._unsent) for link in stage.surface._tcp.links.values()) < 50_000
            return SurfaceLost in map(type, stage.events)

        for _ in range(200):
            if tell_more():
                break
            await line.hear_up_to_now()
        await stage.until(tell_more)
        assert ("/effect/drive/band_7", (float(number),)) in await line.hear_up_to_now()
        (word,) = [record.getMessage() for record in caplog.records if "taken nothing" in record.getMessage()]
        assert deaf.name in word
        assert stage.surface.senders()[deaf.name]["slow"] == 1

    with caplog.at_level(logging.WARNING, "controld.osc"):
        play(scene)


def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that never spoke makes way; where all have spoken, one more is turned away."""
    monkeypatch.setattr(osc_tcp, "MAX_LINKS", 3)

    async def scene(stage: Stage) -> None:
        spoke = [Line(stage, Framing.SLIP) for _ in range(2)]
        for line in spoke:
            await line.hear_up_to_now()
        silent = Line(stage, Framing.SLIP)
        third = Line(stage, Framing.SLIP)
        assert await silent.ended()
        await third.hear_up_to_now()
        refused = Line(stage, Framing.SLIP)
        assert await refused.ended()
        assert stage.surface.counters["no_room"] == 1
        for line in (*spoke, third):
            await line.hear_up_to_now()

    play(scene)


def test_a_bundle_of_the_future_comes_by_tcp_too() -> None:
    """What is late is done at once, whatever carried it."""

    async def scene(stage: Stage) -> None:
        line = Line(stage, Framing.LENGTH)
        line.send_raw(frame(encode_bundle([encode(FADER, (0.25,)), encode(FADER, (0.5,))]), Framing.LENGTH))
        await stage.until(lambda: stage.moves() == [0.25, 0.5])

    play(scene)


def test_a_taken_port_is_one_sentence() -> None:
    """It says which key of the configuration to change, and the UDP port is free again."""

    async def scene(stage: Stage) -> None:
        address = stage.surface.tcp_address
        assert address is not None
        other = type(stage.surface)(
            "second", stage.surface._profile, ("127.0.0.1", 0), Reply(), stage.events.append,
            asyncio.get_running_loop(), limits=Limits(tcp=address[1]),
        )  # fmt: skip
        with pytest.raises(AddressInUse, match="change `tcp`"):
            await other.start()
        await other.stop()

    play(scene)
