"""The first questions to a bridge: what it can, and whether its host lives.

A shell without a socket: it says what to ask and is told the replies. The stock bridge does not know `info` and refuses
it, which is an answer too; `cpu_load` only succeeds where a living mod-host is behind the bridge, and only then is it
safe to send anything else (after a restart commands fail, and are done later, until the bridge has found its host).
"""

import asyncio
from collections.abc import Callable

from controld.bridge.protocol import INFO_REQUEST, BridgeInfo, command_line, decode_info, decode_reply, encode_command
from controld.session.requests import Denied, Done, EngineReply, Probe

RETRY_FIRST_S = 0.5
RETRY_MAX_S = 2.0

_PROBE = Probe()
_PROBE_REQUEST = encode_command(command_line(_PROBE) or "")


class Greeting:
    """Asks through `ask` (a request, its deadline in seconds) until the host answers, then calls `on_greeted`.

    `on_refused` is told why, each time the host is not there; the question is then asked again after 0.5 to 2 s.
    """

    def __init__(
        self,
        ask: Callable[[bytes, float], None],
        on_greeted: Callable[[BridgeInfo], None],
        on_refused: Callable[[str], None],
    ) -> None:
        self._ask = ask
        self._on_greeted = on_greeted
        self._on_refused = on_refused
        self._info: BridgeInfo | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._delay_s = RETRY_FIRST_S

    def begin(self) -> None:
        """Ask from the beginning: on a new connection."""
        self.cancel()
        self._info = None
        self._delay_s = RETRY_FIRST_S
        self._ask(INFO_REQUEST, Probe.deadline_s)

    def begin_later(self) -> None:
        """Ask for the host again after a moment, on the same connection."""
        self.cancel()
        self._delay_s = RETRY_FIRST_S
        self._ask_later()

    def cancel(self) -> None:
        """Ask nothing more."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def receive(self, body: bytes) -> None:
        """Take the reply to the question asked last."""
        if self._info is None:
            self._info = decode_info(body)
            self._probe()
            return
        reply = decode_reply(_PROBE, body)
        if isinstance(reply, Done):
            self._on_greeted(self._info)
        else:
            self._ask_later()
            self._on_refused(_why(reply))

    def _probe(self) -> None:
        self._retry = None
        self._ask(_PROBE_REQUEST, Probe.deadline_s)

    def _ask_later(self) -> None:
        self._retry = asyncio.get_running_loop().call_later(self._delay_s, self._probe)
        self._delay_s = min(2 * self._delay_s, RETRY_MAX_S)


def _why(reply: EngineReply) -> str:
    return reply.reason if isinstance(reply, Denied) else "it cannot reach its host"
