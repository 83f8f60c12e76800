"""The floors: how little a Python program can do and still forward, or echo. Each runs in its own process.

Nobody could do the daemon's work in less, with the same language and libraries, than these do their own: no rules, no
state, no checks, no waiting for replies.
"""

import asyncio
import gc
import os
import socket
import struct
from collections import deque
from multiprocessing.connection import Connection
from typing import cast

import zmq
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_server import AsyncIOOSCUDPServer

from bench.tablet import ask_buffer
from bench.wire import place_of

_FLOAT = struct.Struct(">f")


def forwarder_main(ready: Connection, endpoint: str, controls: int, confirm: bool) -> None:
    """Forward the float of `/m/<i>` as a `param_set`; with `confirm` the datagram goes back once the reply is there."""
    prefixes = {}
    for control in range(controls):
        effect, symbol = place_of(control)
        prefixes[f"/m/{control}".encode()] = f'{{"command": "param_set {effect} {symbol} '
    asyncio.run(_forward(ready, endpoint, prefixes, confirm=confirm))


async def _forward(ready: Connection, endpoint: str, prefixes: dict[bytes, str], *, confirm: bool) -> None:
    loop = asyncio.get_running_loop()
    udp = _bound_socket()
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    dealer = context.socket(zmq.DEALER)
    dealer.setsockopt(zmq.LINGER, 0)
    dealer.setsockopt(zmq.SNDHWM, 0)
    dealer.setsockopt(zmq.RCVHWM, 0)
    dealer.connect(endpoint)
    unconfirmed: deque[tuple[bytes, tuple[str, int]]] = deque()

    def forward() -> None:
        while True:
            try:
                datagram, sender = udp.recvfrom(2048)
            except BlockingIOError:
                break
            prefix = prefixes[datagram[: datagram.index(0)]]
            (value,) = _FLOAT.unpack_from(datagram, len(datagram) - 4)
            dealer.send_multipart((b"", f'{prefix}{value:.7g}"}}'.encode()), zmq.NOBLOCK)
            if confirm:
                unconfirmed.append((datagram, sender))
        drain()  # sending may swallow the edge by which the descriptor tells of replies

    def drain() -> None:
        while True:
            try:
                dealer.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            if unconfirmed:
                udp.sendto(*unconfirmed.popleft())

    loop.add_reader(udp.fileno(), forward)
    loop.add_reader(dealer.fileno(), drain)
    await _serve(ready, udp)


def echo_main(ready: Connection) -> None:
    """Send every message back to its sender, with python-osc, until the process is ended."""
    asyncio.run(_echo(ready))


async def _echo(ready: Connection) -> None:
    dispatcher = Dispatcher()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def answer(client: tuple[str, int], address: str, *values: object) -> None:
        builder = OscMessageBuilder(address)
        for value in values:
            builder.add_arg(float(str(value)))
        datagrams.sendto(builder.build().dgram, client)

    dispatcher.set_default_handler(answer, needs_reply_address=True)
    loop = asyncio.get_running_loop()
    server = AsyncIOOSCUDPServer(("127.0.0.1", port), dispatcher, loop)  # type: ignore[arg-type]
    transport, _ = await server.create_serve_endpoint()
    datagrams = cast(asyncio.DatagramTransport, transport)
    await _serve(ready, transport.get_extra_info("socket"))


def _bound_socket() -> socket.socket:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    udp.setblocking(False)
    return udp


async def _serve(ready: Connection, udp: socket.socket) -> None:
    ask_buffer(udp)
    gc.collect()
    gc.freeze()
    ready.send((os.getpid(), udp.getsockname()[1]))
    await asyncio.Event().wait()
