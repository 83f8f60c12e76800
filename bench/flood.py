"""A tablet gone mad: a process that sends datagrams at a fixed rate from one socket, and listens to nothing."""

import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bench.wire import encode

NS = 1_000_000_000
BURST = 50  # datagrams sent one behind the other, so that the flooder sleeps in between

# What it sends: something the rig does not know, a switch, and a fader.
KINDS = {
    "of an unknown address": [encode("/nothing/here", 1.0)],
    "of presses": [encode("/s/9", 1.0), encode("/s/9", 0.0)],
    "of moves": [encode("/m/9", number / 1024) for number in range(1, 1000)],
    "of garbage": [b"#bundle\0" + bytes(7) + b"\1" + b"\xff\xff\xff\xfc", b"/s/9\0\0\0\0,f\0"],
}


@dataclass(frozen=True, slots=True)
class Flood:
    """Datagrams of this kind, so many a second, for so many seconds."""

    kind: str
    rate: float
    seconds: float


def flood_main(connection: Connection, port: int) -> None:
    """Send floods that come by the connection, and send back how many datagrams each came to, until None comes."""
    mad = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    mad.connect(("127.0.0.1", port))
    mad.setblocking(False)
    while (flood := connection.recv()) is not None:
        connection.send(_send(mad, flood))


def _send(mad: socket.socket, flood: Flood) -> int:
    datagrams, sent = KINDS[flood.kind], 0
    start_ns = time.monotonic_ns()
    while sent < flood.rate * flood.seconds:
        early_ns = start_ns + round(sent * NS / flood.rate) - time.monotonic_ns()
        if early_ns > 0:
            time.sleep(early_ns / NS)
        for number in range(sent, sent + BURST):
            with suppress(OSError):
                mad.send(datagrams[number % len(datagrams)])
        sent += BURST
        with suppress(OSError):
            while mad.recv(65_536):
                pass
    return sent
