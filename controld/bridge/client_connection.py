"""The connection to a bridge through all its outages: links that come and go, greetings, and what counts as lost.

A shell. Whoever uses it asks one question at a time while the connection is *ready*. When a question is not answered,
or the bridge goes, the connection is *broken*: nobody knows what of the questions was done. It is *lost* when it cannot
be made ready again soon; a bridge that was only late becomes ready again without having been lost.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

import zmq

from controld.bridge.client_greeting import Greeting
from controld.bridge.client_pace import Patience
from controld.bridge.link import Context, Link
from controld.bridge.protocol import BridgeInfo

# How long a bridge that did not answer has to greet us again before it counts as lost. The stock bridge blocks for up
# to 1.1 s when its host is silent.
GRACE_S = 1.3
# After a link that ended sooner than this, the next one waits longer, from this delay to the longest there may be.
_SHORT_LIFE_S = 1.0
_REOPEN_FIRST_S = 0.05
# So many links in a row that answered and then ended idle: the peer does not know heartbeats.
_MUTE_LINKS = 3

log = logging.getLogger("controld.bridge.client")


class ConnectionUser(Protocol):
    """Who is told what becomes of a connection."""

    def connection_ready(self, info: BridgeInfo) -> None:
        """Questions can be asked."""
        ...

    def connection_replied(self, body: bytes) -> None:
        """The reply to the question; the next one can be asked."""
        ...

    def connection_broken(self) -> None:
        """No reply will come, and nothing can be asked until the connection is ready again."""
        ...

    def connection_checked(self) -> None:
        """Questions can be asked again: for a moment the connection asked one itself."""
        ...

    def connection_lost(self, reason: str) -> None:
        """The connection was ready once and will not be soon; comes after `connection_broken`."""
        ...


class Connection:
    """A connection to the bridge at `endpoint`, kept up until `close`; implements `link.LinkOwner`."""

    def __init__(
        self,
        endpoint: str,
        user: ConnectionUser,
        on_meeting: Callable[[str], None],
        patience: Patience,
        *,
        quiet: bool = False,
    ) -> None:
        """Prepare; `on_meeting` is told, in hex, under which ROUTER identity a bridge that was reached knows us.

        One that is `quiet` leaves it to another to tell people of the bridge.
        """
        self.ready = False
        self.times_ready = 0
        self._endpoint = endpoint
        self._user = user
        self._on_meeting = on_meeting
        self._context: Context | None = None
        self._link: Link | None = None
        self._patience = patience
        self._greeting = Greeting(
            self._greet, self._greeted, self._refused, self._checked, max(patience.reconnect_s, _REOPEN_FIRST_S)
        )
        self._replies_seen = 0  # by the last look at the bridge's health
        self._announced = False  # ready, as far as the user knows
        self._complained = False  # the present outage was logged
        self._quiet = quiet
        self._stray_replies = 0
        self._heartbeats = True
        self._mute_links = 0
        self._reopen_s = _REOPEN_FIRST_S
        self._timers: dict[str, asyncio.TimerHandle] = {}

    @property
    def load(self) -> float:
        """The CPU load of the host in percent, as it was told last."""
        return self._greeting.load

    @property
    def stray_replies(self) -> int:
        """How many replies came that nobody waited for."""
        return self._stray_replies + (self._link.strays if self._link else 0)

    def open(self, context: Context) -> None:
        """Begin to connect, in the running loop; a bridge that is not there is waited for.

        Raises:
            zmq.ZMQError: where the endpoint is not the address of anything.
        """
        self._context = context
        self._open_link()
        self._set_timer("patience", self._patience.missing_s, self._patience_over)

    def close(self) -> None:
        """End the connection; nothing is reported any more."""
        self.ready = self._announced = False
        self._context = None
        for name in tuple(self._timers):
            self._stop_timer(name)
        self._close_link()

    def ask(self, body: bytes, deadline_s: float) -> None:
        """Send a question, on a ready connection; where the bridge is gone, `connection_broken` comes at once."""
        assert self._link is not None
        if not self._link.ask(body, deadline_s):
            self.link_down()

    def attend(self) -> None:
        """Take the reply now, where it has come: the loop is not free to see it."""
        if self._link is not None and self.ready:
            self._link.attend()

    def host_gone(self) -> None:
        """Take note that the bridge says it cannot reach its host."""
        self._break()
        self._lose(f"the bridge at {self._endpoint} cannot reach its host")
        self._greeting.begin_later()

    def link_up(self) -> None:
        """Greet the bridge."""
        if self._link is not None:
            self._on_meeting(self._link.identity.hex())
        self._greeting.begin()

    def link_replied(self, body: bytes) -> None:
        """Pass on the reply."""
        if self.ready:
            self._user.connection_replied(body)
        else:
            self._greeting.receive(body)

    def link_silent(self) -> None:
        """Ask on a new link, where a late reply cannot be mistaken for another."""
        if self.ready:
            log.info("the bridge at %s did not answer in time; greeting it anew", self._endpoint)
        self._break()
        if self._announced and "grace" not in self._timers:
            self._set_timer("grace", GRACE_S, self._grace_over)
        self._reopen()

    def link_down(self) -> None:
        """Wait for the bridge to come back."""
        self._judge_link()
        self._break()
        self._lose(f"the bridge at {self._endpoint} is gone")
        self._close_link()
        self._set_timer("reopen", self._reopen_s, self._reopen)

    def link_strange(self) -> None:
        """Say once that the address is wrong."""
        self._complain(f"what listens at {self._endpoint} is not a bridge: it does not speak ZeroMQ")

    def _open_link(self) -> None:
        self._close_link()
        if self._context is not None:
            longest_ms = round(self._patience.reconnect_s * 1000)
            self._link = Link(self._context, self._endpoint, self, longest_ms, heartbeats=self._heartbeats)

    def _reopen(self) -> None:
        self._timers.pop("reopen", None)
        try:
            self._open_link()
        except zmq.ZMQError as error:  # out of descriptors, say: the address has worked before
            log.warning("no socket for the bridge at %s: %s", self._endpoint, error)
            self._set_timer("reopen", self._patience.reconnect_s, self._reopen)

    def _close_link(self) -> None:
        self._greeting.cancel()
        if self._link is not None:
            self._stray_replies += self._link.strays
            self._link.close()
            self._link = None

    def _greet(self, body: bytes, deadline_s: float) -> None:
        if self._link is not None:
            self.ask(body, deadline_s)

    def _greeted(self, info: BridgeInfo) -> None:
        self._stop_timer("grace")
        self._stop_timer("patience")
        self.ready = self._announced = True
        self._complained = False
        self.times_ready += 1
        level = logging.DEBUG if self._quiet else logging.INFO
        log.log(level, "connected to %s at %s", info.description or "a modhost-bridge", self._endpoint)
        self._plan_check()
        self._user.connection_ready(info)

    def _refused(self, reason: str) -> None:
        text = f"the bridge at {self._endpoint} answers, but its host does not: {reason}"
        self._complain(text)
        if self._announced:  # found by a check
            self._user.connection_broken()
        self._lose(text)

    def _plan_check(self) -> None:
        self._replies_seen = self._link.replies if self._link else 0
        if self._patience.health_s:
            self._set_timer("health", self._patience.health_s, self._check)

    def _check(self) -> None:
        """Ask for the host's health where nothing was asked for a while; meanwhile nothing else can be."""
        link = self._link
        idle = self.ready and link is not None and not link.asked and link.replies == self._replies_seen
        self._plan_check()
        if idle:
            self.ready = False
            self._greeting.check()

    def _checked(self) -> None:
        self.ready = True
        self._plan_check()
        self._user.connection_checked()

    def _break(self) -> None:
        self.ready = False
        self._greeting.cancel()
        self._user.connection_broken()

    def _lose(self, reason: str) -> None:
        self._stop_timer("grace")
        if self._announced:
            self._announced = False
            self._complain(reason)
            self._user.connection_lost(reason)

    def _grace_over(self) -> None:
        self._lose(f"the bridge at {self._endpoint} does not answer")

    def _patience_over(self) -> None:
        self._complain(f"no bridge answers at {self._endpoint} yet; waiting for it")

    def _judge_link(self) -> None:
        """Learn from how a link ended: how long to wait before the next, and whether heartbeats are what ended it."""
        link = self._link
        if link is None or link.up_since is None:
            return
        short = asyncio.get_running_loop().time() - link.up_since < _SHORT_LIFE_S
        self._reopen_s = min(2 * self._reopen_s, self._patience.reconnect_s) if short else _REOPEN_FIRST_S
        self._mute_links = self._mute_links + 1 if short and link.replies > 0 and not link.asked else 0
        if self._heartbeats and self._mute_links >= _MUTE_LINKS:
            self._heartbeats = False
            log.warning("the bridge at %s does not answer heartbeats; its loss is noticed later now", self._endpoint)

    def _complain(self, reason: str) -> None:
        if not self._complained:
            self._complained = True
            log.log(logging.DEBUG if self._quiet else logging.WARNING, "%s", reason)

    def _set_timer(self, name: str, delay_s: float, callback: Callable[[], None]) -> None:
        self._stop_timer(name)
        self._timers[name] = asyncio.get_running_loop().call_later(delay_s, callback)

    def _stop_timer(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
