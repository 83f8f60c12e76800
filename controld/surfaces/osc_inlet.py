"""What reaches an OSC surface: datagrams are read in bursts, decoded, and handed on message by message in their time.

Shell, in the event loop's thread only. What is malformed is counted by sender and goes no further; a bundle whose time
is still to come waits in a timer, never in the loop. When more arrives than can be done, the kernel's buffer would fill
and lose presses; so what waits is read at once, and of many moves of one fader only the newest is done.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from typing import Final

from controld.osc_clients import Address, client_name
from controld.osc_codec import OscDecodeError, OscMessage, OscPacket, decode, flatten, ntp_to_unix_s
from controld.surfaces.osc_ledger import Ledger
from controld.surfaces.osc_socket import MAX_DATAGRAM, UdpSocket

PORTION: Final = 64  # datagrams done in one turn
CROWD: Final = 64  # so many that wait are more than a burst
MAX_WAITING: Final = 4096  # datagrams read and not done; what is beyond waits in the kernel
MAX_HEADS: Final = 4096  # addresses remembered before all are forgotten
_ONE_FLOAT: Final = b",f\0\0"
MAX_SCHEDULED: Final = 1024  # messages of bundles whose time is still to come
MAX_AHEAD_S: Final = 60.0  # a bundle further ahead comes from a clock that is wrong


class Inlet:
    """Reads a socket. `arrive` gets each message with its sender and time.

    `refuse` gets the sender, address and reason of what cannot wait for its time as it asks to. `errors_came`
    is called when the network reported something of datagrams sent earlier. `is_fader` tells of an address whether only
    the newest of many moves matters there.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        ledger: Ledger,
        arrive: Callable[[Address, OscMessage, float], None],
        refuse: Callable[[Address, str, str], None],
        errors_came: Callable[[], None],
        is_fader: Callable[[str], bool],
    ) -> None:
        self.received = 0  # datagrams
        self.merged = 0  # of these, moves that a newer one made old before they were done
        self._loop = loop
        self._ledger = ledger
        self._arrive = arrive
        self._refuse = refuse
        self._errors_came = errors_came
        self._is_fader = is_fader
        self._heads: dict[bytes, bool] = {}  # of datagrams, up to the type tag: whether they move a fader
        self._waiting: deque[tuple[bytes, Address]] = deque()
        self._again: asyncio.Handle | None = None
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
        self._waiting.clear()
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket = None

    def forget(self) -> None:
        """Ask again which addresses are faders."""
        self._heads.clear()

    def take(self, datagram: bytes, sender: Address) -> None:
        """Take one datagram."""
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
        self._read()
        if len(self._waiting) > CROWD:
            self._thin()
        self._take_portion()

    def _read(self) -> None:
        socket, waiting = self._socket, self._waiting
        assert socket is not None
        found = len(waiting)
        while len(waiting) < MAX_WAITING:
            try:
                datagram, sender = socket.receive(MAX_DATAGRAM)
            except BlockingIOError:
                if len(waiting) == found:  # woken up by an error, which stays until it is taken
                    self._take_errors(socket)
                break
            except OSError:
                self._take_errors(socket)
            else:
                waiting.append((datagram, sender[:2]))
        self.received += len(waiting) - found

    def _thin(self) -> None:
        """Of many moves of one fader by one sender leave the newest, in its own place; everything else stays."""
        newest: dict[object, tuple[bytes, Address]] = {}
        for index, item in enumerate(self._waiting):
            datagram, sender = item
            key = (sender, datagram[:-4]) if self._moves_fader(datagram) else index
            newest.pop(key, None)
            newest[key] = item
        self.merged += len(self._waiting) - len(newest)
        self._waiting = deque(newest.values())

    def _moves_fader(self, datagram: bytes) -> bool:
        if datagram[-8:-4] != _ONE_FLOAT or (datagram[-4] & 0x7F == 0x7F and datagram[-3] & 0x80):
            return False  # an infinite number or none is no move, and must not take the place of one
        head = datagram[:-8]
        known = self._heads.get(head)
        if known is None:
            if len(self._heads) >= MAX_HEADS:
                self._heads.clear()
            known = self._heads[head] = self._is_fader(head.rstrip(b"\0").decode(errors="replace"))
        return known

    def _take_portion(self) -> None:
        """Do some of what waits, and the rest in the next turn: replies of the engine must not wait for all of it."""
        waiting = self._waiting
        for _ in range(min(PORTION, len(waiting))):
            self.take(*waiting.popleft())
            if self._socket is None:
                return  # closed by what a message led to
        if self._waiting and self._again is None:
            self._again = self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._again = None
        self._take_portion()

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
