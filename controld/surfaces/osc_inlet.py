"""What reaches an OSC surface: datagrams are read in bursts, decoded, and handed on message by message in their time.

Shell, in the event loop's thread only. What is malformed is counted by sender and goes no further; a bundle whose time
is still to come waits in a timer, never in the loop.
"""

import asyncio
import time
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from typing import Final

from controld.osc_clients import Address, client_name
from controld.osc_codec import OscDecodeError, OscMessage, OscPacket, decode, flatten, ntp_to_unix_s
from controld.surfaces.osc_ledger import Ledger
from controld.surfaces.osc_socket import MAX_DATAGRAM, UdpSocket

BURST: Final = 64  # datagrams of one turn
MAX_SCHEDULED: Final = 1024  # messages of bundles whose time is still to come
MAX_AHEAD_S: Final = 60.0  # a bundle further ahead comes from a clock that is wrong


class Inlet:
    """Reads a socket. `arrive` gets each message with its sender and time.

    `refuse` gets the sender, address and reason of what cannot wait for its time as it asks to. `errors_came`
    is called when the network reported something of datagrams sent earlier.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        ledger: Ledger,
        arrive: Callable[[Address, OscMessage, float], None],
        refuse: Callable[[Address, str, str], None],
        errors_came: Callable[[], None],
    ) -> None:
        self.received = 0  # datagrams
        self._loop = loop
        self._ledger = ledger
        self._arrive = arrive
        self._refuse = refuse
        self._errors_came = errors_came
        self._socket: UdpSocket | None = None
        self._scheduled: dict[asyncio.TimerHandle, int] = {}  # with their numbers of messages

    def open(self, socket: UdpSocket) -> None:
        """Read `socket` from now on."""
        self._socket = socket
        self._loop.add_reader(socket.fileno(), self._drain)

    def close(self) -> None:
        """Read no more; a bundle whose time is still to come is lost."""
        for handle in self._scheduled:
            handle.cancel()
        self._scheduled.clear()
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket = None

    def take(self, datagram: bytes, sender: Address) -> None:
        """Take one datagram."""
        self.received += 1
        try:
            packet = decode(datagram)
        except OscDecodeError as error:
            self._ledger.note(client_name(sender), error.kind, error.detail)
            return
        if type(packet) is OscMessage:
            self._arrive(sender, packet, self._loop.time())
        else:
            self._unpack(sender, packet)

    def _drain(self) -> None:
        socket = self._socket
        for count in range(BURST):
            if socket is None or socket is not self._socket:
                return  # closed by what a message led to
            try:
                datagram, sender = socket.receive(MAX_DATAGRAM)
            except BlockingIOError:
                if count == 0:  # woken up by an error, which stays until it is taken
                    self._take_errors(socket)
                return
            except OSError:
                self._take_errors(socket)
            else:
                self.take(datagram, sender[:2])

    def _take_errors(self, socket: UdpSocket) -> None:
        socket.drain_errors()
        self._errors_came()

    def _unpack(self, sender: Address, bundle: OscPacket) -> None:
        """Do what is due at once, in order, and plan the rest; the sender's clock is believed to be ours."""
        wall_s = time.time()
        for tag, group in groupby(flatten(bundle), key=itemgetter(0)):
            messages = [message for _, message in group]
            ahead_s = 0.0 if tag is None else ntp_to_unix_s(tag) - wall_s
            if ahead_s <= 0:
                self._arrive_all(sender, messages)
            elif ahead_s > MAX_AHEAD_S:
                self._refuse(
                    sender, messages[0].address, f"is {ahead_s:.0f} s ahead of our clock: are both clocks right?"
                )
            elif sum(self._scheduled.values()) + len(messages) > MAX_SCHEDULED:
                self._refuse(sender, messages[0].address, "too many messages wait for their time")
            else:
                self._schedule(sender, messages, ahead_s)

    def _schedule(self, sender: Address, messages: list[OscMessage], ahead_s: float) -> None:
        def due() -> None:
            del self._scheduled[handle]
            self._arrive_all(sender, messages)

        handle = self._loop.call_later(ahead_s, due)
        self._scheduled[handle] = len(messages)

    def _arrive_all(self, sender: Address, messages: list[OscMessage]) -> None:
        for message in messages:
            self._arrive(sender, message, self._loop.time())
