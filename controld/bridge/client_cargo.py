"""What goes to the bridge next: requests from the outbox, made into one wire request.

Knows the outbox and the protocol, nothing of sockets and time. Every request that is taken out of the outbox is either
part of a `Cargo`, or settled here, or given back by `drop`.
"""

from collections.abc import Callable
from typing import NamedTuple

from controld.bridge.protocol import command_line, encode_batch, encode_command, encode_question
from controld.session.outbox import Outbox
from controld.session.requests import (
    ConnectPorts,
    Denied,
    DisconnectPorts,
    Done,
    EngineReply,
    EngineRequest,
    ReadBypass,
    ReadParameter,
    WriteBypass,
    WriteParameters,
)

# These share a request, and their time says how fast the bridge is: a tenth of a millisecond's work for mod-host. To
# load or remove a plugin or a preset takes many times what a batch is meant to take.
QUICK = frozenset({WriteBypass, WriteParameters, ReadBypass, ReadParameter})
# Cables take as little from JACK itself, but may take a server that only speaks its protocol milliseconds: they share
# a request among themselves, and few of them.
CABLES = frozenset({ConnectPorts, DisconnectPorts})
MAX_CABLES = 8


class Cargo(NamedTuple):
    """One wire request; `quick` where its time says how fast the bridge is. A tuple, as it is made for each."""

    requests: tuple[EngineRequest, ...]
    body: bytes
    deadline_s: float
    quick: bool


class Loader:
    """Takes requests from `outbox`; what needs no bridge is settled through `settle` at once."""

    def __init__(self, outbox: Outbox, settle: Callable[[EngineRequest, EngineReply], None]) -> None:
        self._outbox = outbox
        self._settle = settle
        # Taken, and found to go alone: the next cargo.
        self._held: tuple[EngineRequest, str | None] | None = None

    def load(self, limit: int) -> Cargo | None:
        """Return the next wire request, of at most `limit` (1 or more) commands; None where nothing waits."""
        taken = self._next()
        if taken is None:
            return None
        request, line = taken
        quick = type(request) in QUICK
        if limit > 1 and line is not None and self._outbox:
            if quick:
                return self._load_more(request, line, limit, QUICK)
            if type(request) in CABLES:
                return self._load_more(request, line, min(limit, MAX_CABLES), CABLES)
        body = encode_question(request) if line is None else encode_command(line)
        return Cargo((request,), body, request.deadline_s, quick)

    def drop(self) -> tuple[EngineRequest, ...]:
        """Give back what was taken from the outbox and is in no cargo."""
        held, self._held = self._held, None
        return () if held is None else (held[0],)

    def _load_more(self, request: EngineRequest, line: str, limit: int, kinds: frozenset[type]) -> Cargo:
        requests, lines = [request], [line]
        while len(requests) < limit:
            taken = self._next()
            if taken is None:
                break
            request, more = taken
            if more is None or type(request) not in kinds:
                self._held = taken
                break
            requests.append(request)
            lines.append(more)
        body = encode_batch(lines) if len(lines) > 1 else encode_command(line)
        return Cargo(tuple(requests), body, max(each.deadline_s for each in requests), kinds is QUICK)

    def _next(self) -> tuple[EngineRequest, str | None] | None:
        """Return the next request that has to be sent, with its command."""
        if self._held is not None:
            held, self._held = self._held, None
            return held
        while self._outbox:
            (request,) = self._outbox.take(1)
            try:
                line = command_line(request)
            except ValueError as error:
                self._settle(request, Denied(str(error)))
                continue
            if line != "":
                return request, line
            self._settle(request, Done())
        return None
