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

_PROBE = Probe()
_PROBE_REQUEST = encode_command(command_line(_PROBE) or "")


class Greeting:
    """Asks through `ask` (a request, its deadline in seconds) until the host answers, then calls `on_greeted`.

    `on_refused` is told why, each time the host is not there; the question is then asked again after 0.5 s at first and
    `retry_max_s` at most. `on_checked` is told when a check found everything well. `load` is the CPU load in percent
    that the host told last.
    """

    def __init__(
        self,
        ask: Callable[[bytes, float], None],
        on_greeted: Callable[[BridgeInfo], None],
        on_refused: Callable[[str], None],
        on_checked: Callable[[], None],
        retry_max_s: float,
    ) -> None:
        self.load = 0.0
        self._ask = ask
        self._on_greeted = on_greeted
        self._on_refused = on_refused
        self._on_checked = on_checked
        self._retry_max_s = retry_max_s
        self._checking = False
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

    def check(self) -> None:
        """Ask a bridge that was greeted whether its host still lives."""
        self._checking = True
        self._probe()

    def cancel(self) -> None:
        """Ask nothing more."""
        self._checking = False
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
        checking, self._checking = self._checking, False
        if isinstance(reply, Done):
            self.load = reply.answer if isinstance(reply.answer, float) else 0.0
            if checking:
                self._on_checked()
            else:
                self._on_greeted(self._info)
        else:
            self._ask_later()
            self._on_refused(_why(reply))

    def _probe(self) -> None:
        self._retry = None
        self._ask(_PROBE_REQUEST, Probe.deadline_s)

    def _ask_later(self) -> None:
        self._retry = asyncio.get_running_loop().call_later(self._delay_s, self._probe)
        self._delay_s = min(2 * self._delay_s, self._retry_max_s)


def _why(reply: EngineReply) -> str:
    return reply.reason if isinstance(reply, Denied) else "it cannot reach its host"
