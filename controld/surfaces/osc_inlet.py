"""What reaches an OSC surface: packets stand in line, are decoded, and handed on message by message in their time.

Shell, in the event loop's thread only. What is malformed is counted by sender and goes no further; a bundle whose time
is still to come waits for it in the agenda, never in the loop. When more arrives than can be done, the kernel's buffer
would fill and lose presses; so what waits is read at once, and the line decides whose turn it is.
"""

import asyncio
import time
from collections.abc import Callable
from itertools import groupby
from math import inf
from operator import itemgetter
from typing import Final, Protocol

from controld.osc_agenda import Agenda, ntp_to_unix_s
from controld.osc_codec import OscBundle, OscDecodeError, OscMessage, decode, flatten
from controld.osc_limits import Guest, Limits
from controld.osc_line import CROWD, Line, Place
from controld.osc_peers import Peer, client_name
from controld.surfaces.osc_ledger import Ledger
from controld.surfaces.osc_socket import MAX_DATAGRAM, UdpSocket

READ_AT_ONCE: Final = 1024  # datagrams taken from the kernel in one turn
TURN_S: Final = 0.000_25  # how long one turn does what waits; replies of the engine must not wait for all of it
BUNDLE_AT_ONCE: Final = 16  # messages of a bundle that are done in one turn
FLOOD_TOLD_S: Final = 1.0  # how often who sends too much is told so


class Desk(Protocol):
    """Who takes what came in."""

    def arrive(self, peer: Peer, message: OscMessage, now: float) -> None:
        """Take a message of whoever sent it."""

    def refuse_early(self, peer: Peer, address: str, reason: str) -> None:
        """Refuse a message before it is looked at."""

    def is_fader(self, address: str) -> bool:
        """Tell whether only the newest of many moves matters at an address."""


class Inlet:
    """Takes packets. `errors_came` is called when the network reported something of datagrams sent earlier."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, ledger: Ledger, desk: Desk, limits: Limits,
        errors_came: Callable[[], None],
    ) -> None:  # fmt: skip
        self.received = 0  # packets
        self.line = Line(limits.rate, desk.is_fader)
        self._may_come = Guest(limits.allow).may_come if limits.allow else None
        self._rate = limits.rate
        self._loop = loop
        self._ledger = ledger
        self._desk = desk
        self._errors_came = errors_came
        self._again: asyncio.Handle | None = None
        self._rested: asyncio.TimerHandle | None = None  # when somebody's turn comes who sent too much
        self._socket: UdpSocket | None = None
        self._agenda = Agenda()
        self._alarm: asyncio.TimerHandle | None = None  # when the next bundle is due
        self._paused: dict[Peer, Callable[[], None]] = {}  # streams that are not read before their line is short
        self._open = False

    def open(self, socket: UdpSocket) -> None:
        """Read `socket` from now on."""
        self._socket = socket
        self._open = True
        self._loop.add_reader(socket.fileno(), self._drain)

    def close(self) -> None:
        """Read no more; a bundle whose time is still to come is lost."""
        self._open = False
        self.line.clear()
        self._agenda.clear()
        self._paused.clear()
        for handle in (self._again, self._rested, self._alarm):
            if handle is not None:
                handle.cancel()
        self._again = self._rested = self._alarm = None
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket = None

    def admits(self, peer: Peer) -> bool:
        """Tell whether a host may talk to us; who may not is counted, and gets no answer."""
        if self._may_come is None or self._may_come(peer[0]):
            return True
        self._ledger.note(client_name(peer), "not_allowed", "its host is not in `allow`, so it is not heard")
        return False

    def enter(self, packet: bytes, peer: Peer) -> None:
        """Take a packet; it is done when its sender's turn is. Call `work` after the last one."""
        self.received += 1
        full = self.line.enter(packet, peer)
        if full is not None:
            self._drop(full, packet)

    def crowded(self, peer: Peer, resume: Callable[[], None]) -> bool:
        """Tell whether so much of a stream waits that it should not be read; `resume` is called when it should be."""
        if self._may_be_read(peer, CROWD):
            return False
        self._paused[peer] = resume
        return True

    def forget(self, peer: Peer) -> None:
        """Forget a stream that ended."""
        self.line.forget(peer)
        self._agenda.forget(peer)
        self._paused.pop(peer, None)

    def work(self) -> None:
        """Do some of what waits, and the rest in the next turn."""
        line, clock = self.line, self._loop.time
        now = clock()
        end_s = now + TURN_S
        while (turn := line.take(now)) is not None:
            peer, item = turn
            if isinstance(item, tuple):
                self.take(item[0], peer)
            else:
                self._do(peer, item)
            if not self._open:
                return  # closed by what a message led to
            now = clock()
            if now > end_s:
                break
        if line:
            if self._again is None:
                self._again = self._loop.call_soon(self._go_on)
        elif line.next_s() < inf:
            self._rest(line.next_s())
        if self._paused:
            self._resume()

    def take(self, datagram: bytes, peer: Peer) -> None:
        """Do one packet."""
        try:
            packet = decode(datagram)
        except OscDecodeError as error:
            self._refuse(peer, error)
            return
        if type(packet) is OscMessage:
            self._desk.arrive(peer, packet, self._loop.time())
        elif isinstance(packet, OscBundle):
            self._unpack(peer, packet)

    def _drain(self) -> None:
        socket = self._socket
        assert socket is not None
        for count in range(READ_AT_ONCE):
            try:
                datagram, sender = socket.receive(MAX_DATAGRAM)
            except BlockingIOError:
                if not count:  # woken up by an error, which stays until it is taken
                    self._take_errors(socket)
                break
            except OSError:
                self._take_errors(socket)
            else:
                peer = sender[:2]
                if self._may_come is not None and not self.admits(peer):
                    continue
                if not count and self.line.pass_by(datagram, peer, self._loop.time()):  # as nearly always
                    self.received += 1
                    self.take(datagram, peer)
                    if not self._open:
                        return
                else:
                    self.enter(datagram, peer)
        if self.line and self._again is None:
            self.work()

    def _go_on(self) -> None:
        self._again = None
        self.work()

    def _rest(self, until_s: float) -> None:
        if self._rested is None or self._rested.when() > until_s:
            if self._rested is not None:
                self._rested.cancel()
            self._rested = self._loop.call_at(until_s, self._rest_is_over)

    def _rest_is_over(self) -> None:
        self._rested = None
        if self._again is None:
            self.work()

    def _resume(self) -> None:
        for peer in [peer for peer in self._paused if self._may_be_read(peer, CROWD // 2)]:
            self._paused.pop(peer)()

    def _may_be_read(self, peer: Peer, most: int) -> bool:
        waiting = self.line.waiting(peer)
        return not waiting or (waiting <= most and not self.line.is_full)

    def _take_errors(self, socket: UdpSocket) -> None:
        socket.drain_errors()
        self._errors_came()

    def _refuse(self, peer: Peer, error: OscDecodeError) -> None:
        """Count what is malformed; a message that only has a number that is none is answered, as any bad value is."""
        if error.kind == "number":
            self._desk.refuse_early(peer, error.address, f"takes finite numbers only; got {error.detail}")
        else:
            self._ledger.note(client_name(peer), error.kind, error.detail)

    def _drop(self, place: Place, packet: bytes) -> None:
        """Say what is lost to who sends too much, but not each time."""
        now = self._loop.time()
        if now < place.told_s + FLOOD_TOLD_S:
            return
        place.told_s = now
        reason = f"more than {self._rate:g} messages a second: what is beyond that is dropped"
        self._ledger.note(client_name(place.peer), "too_many", reason)
        try:
            lost = decode(packet)
        except OscDecodeError:
            return
        if isinstance(lost, OscMessage):
            self._desk.refuse_early(place.peer, lost.address, reason)

    def _unpack(self, peer: Peer, bundle: OscBundle) -> None:
        """Do what is due at once, in order, and plan the rest."""
        wall_s = time.time()
        found = flatten(bundle)
        self.line.charge(peer, len(found) - 1)
        due: list[OscMessage] = []
        for tag, group in groupby(found, key=itemgetter(0)):
            messages = [message for _, message in group]
            at_s = ntp_to_unix_s(tag or 0)
            if at_s <= wall_s:
                due += messages
            elif reason := self._agenda.plan(peer, at_s, messages, wall_s):
                self._desk.refuse_early(peer, messages[0].address, reason)
        self._do(peer, due)
        self._set_alarm()

    def _do(self, peer: Peer, messages: list[OscMessage]) -> None:
        """Do messages of one bundle; where they are many, others have their turns in between."""
        now = self._loop.time()
        for message in messages[:BUNDLE_AT_ONCE]:
            self._desk.arrive(peer, message, now)
        if self._open and len(messages) > BUNDLE_AT_ONCE:
            self.line.put_back(peer, messages[BUNDLE_AT_ONCE:])

    def _set_alarm(self) -> None:
        next_s = self._agenda.next_s()
        if next_s is None or not self._open:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_later(max(next_s - time.time(), 0.0), self._ring)

    def _ring(self) -> None:
        """Do the bundles whose time has come; the clock on the wall may have been set meanwhile, so it is asked."""
        self._alarm = None
        by_peer: dict[Peer, list[OscMessage]] = {}
        for due in self._agenda.due(time.time()):
            by_peer.setdefault(due.peer, []).extend(due.messages)
        for peer, messages in by_peer.items():
            self._do(peer, messages)
        self._set_alarm()
        if self._open and self._again is None:
            self.work()
