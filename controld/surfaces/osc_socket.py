"""A UDP socket that is opened with a buffer for bursts, sends without waiting, and learns which peers are deaf.

Shell. Nothing here knows of OSC: datagrams only.
"""

import asyncio
import contextlib
import errno
import logging
import socket
from collections import Counter, deque
from collections.abc import Iterator
from typing import Final

from controld.errors import AddressInUse, SurfaceError
from controld.osc_peers import Address

RECEIVE_BUFFER: Final = 8 << 20  # bytes: some ten thousand messages of one instant
MAX_WAITING: Final = 1024  # datagrams for a network that takes no more; then the oldest are dropped
MAX_DATAGRAM: Final = 65_535  # bytes

# Linux (asm-generic/socket.h, linux/in.h, linux/in6.h); the socket module does not name them.
_SO_RCVBUFFORCE: Final = 33
_RECVERR: Final = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}

log = logging.getLogger("controld.osc")


async def resolve(host: str, port: int, loop: asyncio.AbstractEventLoop) -> tuple[socket.AddressFamily, Address]:
    """Return the family and numeric address of a host.

    Raises:
        SurfaceError: nobody knows the host.
    """
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise SurfaceError(f"there is no host `{host}`: check the address ({error})") from error
    family, _, _, _, address = found[0]
    return socket.AddressFamily(family), (str(address[0]), int(address[1]))


class UdpSocket:
    """A bound, non-blocking UDP socket; `counters` tells what could not be sent.

    `deaf` collects the addresses that answered by ICMP that nobody listens there; whoever uses the socket empties it.
    """

    def __init__(self, surface: str, family: socket.AddressFamily, address: Address) -> None:
        """Bind.

        Raises:
            AddressInUse: another program has the address.
            SurfaceError: this machine does not have the address, or may not use it.
        """
        self.counters: Counter[str] = Counter()
        self.deaf: list[Address] = []
        self._waiting: deque[tuple[bytes, Address]] = deque()
        self._surface = surface
        self._loop: asyncio.AbstractEventLoop | None = None
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self.buffer = _ask_for_buffer(self._socket)
            with contextlib.suppress(OSError, KeyError):  # without it a deaf peer is merely sent to in vain
                self._socket.setsockopt(*_RECVERR[family], 1)
            self._socket.bind(address)
        except OSError as error:
            self._socket.close()
            raise bind_error(error, surface, address, "listen") from error
        self.address: Address = self._socket.getsockname()[:2]
        self.receive = self._socket.recvfrom
        self.fileno = self._socket.fileno

    def complain_of_buffer(self) -> None:
        """Say how to get a larger receive buffer, where the system granted less than was asked for."""
        if self.buffer < RECEIVE_BUFFER:
            log.warning(
                "%s: the system grants a receive buffer of %d kB only, so a burst of messages may lose some; "
                "`sysctl -w net.core.rmem_max=%d` (as root) cures it",
                self._surface,
                self.buffer >> 10,
                RECEIVE_BUFFER,
            )

    def send(self, datagram: bytes, address: Address) -> None:
        """Send, or keep for later where the system takes no more now; what cannot be sent is counted."""
        if self._waiting or not self._try(datagram, address):
            if len(self._waiting) >= MAX_WAITING:
                self.counters["send_dropped"] += 1
                self._waiting.popleft()
            self._waiting.append((datagram, address))
            self._watch()

    def drain_errors(self) -> None:
        """Take what the network reported of earlier datagrams; the socket stays readable until that is done."""
        with contextlib.suppress(OSError):  # BlockingIOError at the end
            while True:
                _, _, _, address = self._socket.recvmsg(0, 512, socket.MSG_ERRQUEUE)
                if address:
                    self.deaf.append(address[:2])

    def close(self) -> None:
        """Close; what still waits is lost."""
        if self._loop is not None:
            self._loop.remove_writer(self._socket)
            self._loop = None
        self._socket.close()

    def _try(self, datagram: bytes, address: Address) -> bool:
        for _ in range(2):  # the first try may merely be handed the error of an earlier datagram
            try:
                self._socket.sendto(datagram, address)
            except BlockingIOError:
                self.counters["send_full"] += 1
                return False
            except ConnectionRefusedError:
                self.drain_errors()
            except OSError as error:
                self._note(error, address)
                return True
            else:
                return True
        return True

    def _note(self, error: OSError, address: Address) -> None:
        word = errno.errorcode.get(error.errno or 0, "error")
        self.counters[f"send_{word}"] += 1
        if self.counters[f"send_{word}"] == 1:
            log.warning("%s: cannot send to %s:%d: %s", self._surface, *address, error.strerror)

    def _watch(self) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_writer(self._socket, self._resume)

    def _resume(self) -> None:
        while self._waiting and self._try(*self._waiting[0]):
            self._waiting.popleft()
        if not self._waiting and self._loop is not None:
            self._loop.remove_writer(self._socket)
            self._loop = None


def _ask_for_buffer(opened: socket.socket) -> int:
    """Ask for `RECEIVE_BUFFER`, by force where permitted; return the bytes granted."""
    for option in _buffer_options():
        with contextlib.suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, option, RECEIVE_BUFFER)
    granted: int = opened.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    return granted // 2  # Linux doubles what is asked for, for its own bookkeeping (socket(7))


def _buffer_options() -> Iterator[int]:
    yield socket.SO_RCVBUF
    yield _SO_RCVBUFFORCE


def bind_error(error: OSError, surface: str, address: Address, key: str) -> SurfaceError:
    """Return what to tell the person whose `key` in the configuration asks for an address that cannot be had."""
    place = f"surface `{surface}` cannot listen on {address[0]}:{address[1]}"
    if error.errno == errno.EADDRINUSE:
        return AddressInUse(f"{place}: another program uses that port; stop it, or change `{key}` in controld.yaml")
    return SurfaceError(f"{place}: {error.strerror}; change `{key}` in controld.yaml")
