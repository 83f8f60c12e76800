"""The JACK server as the bridge sees it: ports, connections and figures that mod-host does not tell.

A shell. What changes is asked; the only callback is the one that tells the server's end, because nothing else does. The
server is never started. Where there is none, or no libjack, everything here is empty.
"""

import contextlib
import logging
import time
from typing import Any, Final

LOOK_S: Final = 0.5  # between two looks at whether mod-host is still in the graph
REOPEN_S: Final = 2.0  # asking for a server that is not there takes 4 ms
LAST_CALLBACK_S: Final = 0.03  # what a callback that has begun may take to be done with the interpreter
MOD_HOST_PORT: Final = "mod-host:midi_in"
MONITOR: Final = "mod-host:monitor_"  # where it listens for levels
_EFFECT: Final = "effect_"

log = logging.getLogger("controld.bridge.jack")

Pair = tuple[str, str]


class JackView:
    """A client of the JACK server; `look` before anything else, and now and then."""

    def __init__(self) -> None:
        self._client: Any = None
        self._next_look = self._next_open = 0.0
        self._has_mod_host = self._down = False
        self._jack: Any = _library()

    @property
    def connected(self) -> bool:
        """Whether mod-host was in the graph of the server at the last look."""
        return self._has_mod_host

    def look(self) -> bool:
        """Return whether mod-host, which was in the graph at an earlier look, is there no more. Cheap, and rarely done.

        mod-host does not join a server again that it was thrown out of, nor a new one.
        """
        now = time.monotonic()
        if now < self._next_look and not self._down:
            return False
        self._next_look = now + LOOK_S
        had = self._has_mod_host
        if self._down:
            self.close()
            self._next_open = now
        if self._client is None and now >= self._next_open:
            self._next_open = now + REOPEN_S
            self._open()
        self._has_mod_host = bool(self.ports(MOD_HOST_PORT))
        return had and not self._has_mod_host

    def ports(self, start: str = "", /, **kind: bool) -> list[str]:
        """Return the names of the ports whose name begins so; `kind` as `get_ports` of JACK-Client has it."""
        if self._client is None:
            return []
        return [port.name for port in self._client.get_ports(**kind) if port.name.startswith(start)]

    def instances(self) -> set[int]:
        """Return the instances of mod-host that have a port."""
        clients = {name.partition(":")[0].removeprefix(_EFFECT) for name in self.ports(_EFFECT)}
        return {int(digits) for digits in clients if digits.isdecimal()}

    def connections(self) -> list[Pair]:
        """Return all connections, from output to input, but for those to meters: they are nobody's sound."""
        if self._client is None:
            return []
        return [
            (port.name, other.name)
            for port in self._client.get_ports(is_output=True)
            for other in self._client.get_all_connections(port)
            if not other.name.startswith(MONITOR)
        ]

    def join(self, one: str, other: str) -> bool:
        """Join two ports in whichever direction fits, and return whether they are joined now."""
        return self._either_way("connect", one, other)

    def part(self, one: str, other: str) -> bool:
        """Part two ports and return whether they were joined."""
        return self._either_way("disconnect", one, other)

    def neighbours(self, port: str) -> list[str]:
        """Return what a port is joined to; empty where there is no such port."""
        with contextlib.suppress(*self._errors()):
            return [other.name for other in self._client.get_all_connections(self._client.get_port_by_name(port))]
        return []

    def alias(self, port: str) -> str:
        """Return a port's first alias, "" for none."""
        with contextlib.suppress(*self._errors()):
            return next(iter(self._client.get_port_by_name(port).aliases), "")
        return ""

    def figures(self) -> dict[str, float]:
        """Return frames of a buffer, frames a second, and load in percent; empty without a server."""
        if self._client is None:
            return {}
        client = self._client
        return {"buffer": client.blocksize, "rate": client.samplerate, "load": client.cpu_load()}

    def set_buffer(self, frames: int) -> None:
        """Set the frames of a buffer; what the server does not take stays as it is."""
        with contextlib.suppress(*self._errors()):
            self._client.blocksize = frames

    def close(self) -> None:
        """Leave the server; can be called twice."""
        client, self._client = self._client, None
        down, self._down, self._has_mod_host = self._down, False, False
        if client is not None:
            if down:
                time.sleep(LAST_CALLBACK_S)  # closing ends the thread that may be within the callback
            with contextlib.suppress(*self._errors()):
                client.close()

    def _open(self) -> None:
        if self._jack is None:
            return
        with contextlib.suppress(self._jack.JackOpenError):
            self._client = self._jack.Client("controld-bridge", no_start_server=True)
            self._client.set_shutdown_callback(self._on_shutdown)

    def _on_shutdown(self, _status: object, _reason: str) -> None:
        """Take note, on libjack's thread; a server that is gone goes on listing its ports."""
        self._down = True

    def _either_way(self, verb: str, one: str, other: str) -> bool:
        for pair in ((one, other), (other, one)):
            with contextlib.suppress(*self._errors()):
                if verb == "connect" and other in self.neighbours(one):
                    return True
                getattr(self._client, verb)(*pair)
                return True
        return False

    def _errors(self) -> tuple[type[BaseException], ...]:
        return (AttributeError,) if self._jack is None else (AttributeError, self._jack.JackError)


def _library() -> Any:
    try:
        import jack
    except OSError as error:  # the package is there, libjack is not
        log.info("no JACK library here (%s): ports and connections are known only as far as they pass", error)
        return None
    jack.set_error_function(lambda message: log.debug("libjack: %s", message))
    jack.set_info_function(lambda message: log.debug("libjack: %s", message))
    return jack
