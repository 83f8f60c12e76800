"""Hears a mod-host out when its bridge was killed: a process of its own that holds copies of the two sockets.

A shell, and a program: `python modhost_guard.py` with one end of a pair of sockets as its standard input. It needs
nothing but the standard library, because it starts with every bridge. Why it is there: mod-host never ends sending what
cannot be sent. A bridge that leaves in order reads until mod-host has closed; one that is killed (SIGKILL, also by the
kernel for want of memory) cannot. The connections live on in here then, everything is read, and the end is in order.
"""

import contextlib
import select
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import subprocess

PATIENCE_S: Final = 60.0  # loading a plugin takes seconds at most; one that hangs is not cured by waiting
_SOCKETS: Final = 2
_BLOCK: Final = 65536


class Guard:
    """The bridge's end. Without a guard, for want of processes say, all works but what it is there for."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: socket.socket | None = None

    def hold(self, *sockets: socket.socket) -> None:
        """Have copies of these sockets held, the command socket first, and no others any more."""
        if self._wire is None:
            with contextlib.suppress(OSError):
                self._start()
        if self._wire is not None:
            try:
                socket.send_fds(self._wire, [b"."], [each.fileno() for each in sockets])
            except OSError:  # it was killed itself; another is started for the next connection
                self.close()

    def release(self) -> None:
        """Have nothing held: the connections are at their end."""
        if self._wire is not None:
            self.hold()

    def close(self) -> None:
        """End it, which is to hold nothing any more. Closing twice does no harm."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _start(self) -> None:
        import subprocess

        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            command = [sys.executable, "-I", "-S", __file__]
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=its.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # a terminal's Ctrl-C is not for it
                )
            except OSError:
                ours.close()
                raise
        self._wire = ours


def watch(wire: socket.socket) -> list[socket.socket]:
    """Hold what is sent, until the other end is no more; return what is held then."""
    held: list[socket.socket] = []
    while True:
        word, descriptors, _flags, _address = socket.recv_fds(wire, 1, _SOCKETS)
        if not word:
            return held
        for each in held:
            each.close()
        held = [socket.socket(fileno=descriptor) for descriptor in descriptors]


def hear_out(held: list[socket.socket], patience_s: float = PATIENCE_S) -> None:
    """End our side of the commands, and read from all until mod-host has ended them."""
    deadline = time.monotonic() + patience_s
    poller = select.poll()
    left = {each.fileno(): each for each in held}
    for descriptor in left:
        poller.register(descriptor, select.POLLIN)
    with contextlib.suppress(OSError):  # it ended by itself meanwhile
        held[0].shutdown(socket.SHUT_WR)
    while left and time.monotonic() < deadline:
        for descriptor, _event in poller.poll(1000 * (deadline - time.monotonic())):
            if not _read(left[descriptor]):
                poller.unregister(descriptor)
                del left[descriptor]


def _read(from_: socket.socket) -> bytes:
    try:
        return from_.recv(_BLOCK)
    except OSError:
        return b""


def main() -> None:
    """Guard the sockets that come by the standard input; what ends the bridge must not end this."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    held = watch(socket.socket(fileno=0))
    if held:
        hear_out(held)


if __name__ == "__main__":
    main()
