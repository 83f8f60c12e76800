"""OSC over TCP: connections are taken, cut into packets for the inlet, and written to as far as the far end reads.

Shell, in the event loop's thread only. A connection is answered in the framing it speaks. Nothing is lost of what it
sends: who sends faster than the rig can play is not read for a while. Who does not read is told only the newest of each
value, and is dropped with a word after `SLOW_S`.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Final

from controld.osc_peers import Address, Stream, client_name
from controld.osc_stream import Deframer, Framing, StreamError, frame
from controld.surfaces.osc_inlet import Inlet
from controld.surfaces.osc_ledger import Ledger
from controld.surfaces.osc_socket import bind_error

MAX_LINKS: Final = 64
PORTION: Final = 16_384  # bytes read at once
SLOW_S: Final = 5.0  # who takes nothing for so long is dropped
ACCEPT_PAUSE_S: Final = 1.0  # after the system had no more sockets to give

# Who is unplugged is noticed within a minute and a half; a tablet that sleeps is not.
_KEEPALIVE: Final = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))

log = logging.getLogger("controld.osc")


class Link:
    """One connection."""

    def __init__(self, opened: socket.socket, peer: Stream, door: "TcpDoor") -> None:
        self.peer = peer
        self.spoke = False  # a packet came, so it is OSC
        self._socket = opened
        self._door = door
        self._loop = door.loop
        self._stream = Deframer()
        self._unsent = bytearray()
        self._slow: asyncio.TimerHandle | None = None
        self._loop.add_reader(opened, self._read)

    @property
    def ready(self) -> bool:
        """Tell whether the far end has taken everything so far."""
        return not self._unsent

    def send(self, packet: bytes) -> None:
        """Send a packet, as far as it goes; the rest follows when the far end reads."""
        self._unsent += frame(packet, self._stream.framing or Framing.LENGTH)
        if self._slow is None:
            self._write()

    def close(self) -> None:
        """Close; what is not sent is lost."""
        if self._slow is not None:
            self._slow.cancel()
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()

    def read_on(self) -> None:
        """Read again: what came is nearly done."""
        self._loop.add_reader(self._socket, self._read)

    def _read(self) -> None:
        try:
            data = self._socket.recv(PORTION)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._door.drop(self.peer, "")
            return
        try:
            packets = self._stream.feed(data)
        except StreamError as error:
            self._door.drop(self.peer, str(error), "stream")
            return
        if packets:
            self.spoke = True
            self._door.take(self, packets)

    def pause(self) -> None:
        """Do not read for now: what came waits."""
        self._loop.remove_reader(self._socket)

    def _write(self) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            sent = 0  # reading tells that it ended
            self._unsent.clear()
        if sent and self._slow is not None:
            self._slow.cancel()
            self._slow = None
        del self._unsent[:sent]
        if not self._unsent:
            self._loop.remove_writer(self._socket)
            self._door.taken(self.peer)
        elif self._slow is None:
            self._loop.add_writer(self._socket, self._write)
            self._slow = self._loop.call_later(SLOW_S, self._too_slow)

    def _too_slow(self) -> None:
        self._door.drop(self.peer, f"it has taken nothing that was sent to it for {SLOW_S:g} s", "slow")


class TcpDoor:
    """Listens, and holds the connections. `taken` is called when one can be sent to again, `lost` when one ended."""

    def __init__(
        self, surface: str, inlet: Inlet, ledger: Ledger, loop: asyncio.AbstractEventLoop,
        taken: Callable[[Stream], None], lost: Callable[[Stream], None],
    ) -> None:  # fmt: skip
        self.links: dict[Stream, Link] = {}
        self.loop = loop
        self.taken = taken
        self._lost = lost
        self._surface = surface
        self._inlet = inlet
        self._ledger = ledger
        self._socket: socket.socket | None = None
        self._again: asyncio.TimerHandle | None = None

    def open(self, family: socket.AddressFamily, address: Address) -> Address:
        """Listen, and return where.

        Raises:
            AddressInUse: another program has the port.
            SurfaceError: this machine does not have the address, or may not use it.
        """
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.setblocking(False)
            opened.bind(address)
            opened.listen(MAX_LINKS)
        except OSError as error:
            opened.close()
            raise bind_error(error, self._surface, address, "tcp") from error
        self._socket = opened
        self.loop.add_reader(opened, self._accept)
        bound: Address = opened.getsockname()[:2]
        return bound

    def close(self) -> None:
        """Close the door and all connections."""
        if self._again is not None:
            self._again.cancel()
        if self._socket is not None:
            self.loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        for link in self.links.values():
            link.close()
        self.links.clear()

    def take(self, link: Link, packets: list[bytes]) -> None:
        """Hand on what came by a connection; it is not read while much of that waits."""
        for packet in packets:
            self._inlet.enter(packet, link.peer)
        self._inlet.work()
        if link.peer in self.links and self._inlet.crowded(link.peer, link.read_on):
            link.pause()

    def drop(self, peer: Stream, why: str, kind: str = "") -> None:
        """End a connection; `why` is said where it was not its own end, and counted as `kind`."""
        link = self.links.pop(peer, None)
        if link is None:
            return
        if kind:
            self._ledger.note(client_name(peer), kind, f"the connection is closed: {why}")
        link.close()
        self._inlet.forget(peer)
        self._lost(peer)

    def _accept(self) -> None:
        assert self._socket is not None
        try:
            opened, address = self._socket.accept()
        except BlockingIOError:
            return
        except OSError as error:  # no more sockets to give, or it was gone before we came
            log.warning("%s: no connection could be taken: %s", self._surface, error.strerror)
            self.loop.remove_reader(self._socket)
            self._again = self.loop.call_later(ACCEPT_PAUSE_S, self._accept_again)
            return
        peer = Stream(str(address[0]), int(address[1]))
        if not self._inlet.admits(peer) or not self._has_room(peer):
            opened.close()
            return
        opened.setblocking(False)
        _equip(opened)
        self.links[peer] = Link(opened, peer, self)

    def _accept_again(self) -> None:
        self._again = None
        if self._socket is not None:
            self.loop.add_reader(self._socket, self._accept)

    def _has_room(self, peer: Stream) -> bool:
        """Tell whether one more may come; one that never spoke makes way for it."""
        if len(self.links) < MAX_LINKS:
            return True
        silent = next((link.peer for link in self.links.values() if not link.spoke), None)
        if silent is None:
            self._ledger.note(client_name(peer), "no_room", f"there are {MAX_LINKS} connections already")
            return False
        self.drop(silent, "it never spoke, and others want to come", "silent")
        return True


def _equip(opened: socket.socket) -> None:
    """Send small packets at once, and notice a far end that is gone."""
    with contextlib.suppress(OSError):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            opened.setsockopt(socket.IPPROTO_TCP, option, value)
