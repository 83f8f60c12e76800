"""What systemd is told of the daemon: ready, how it goes, still alive, stopping (sd_notify(3)).

Shell. Nothing is told where nobody asked (`NOTIFY_SOCKET` is not set); a socket that cannot be reached is no reason to
stop a rig.
"""

import logging
import os
import socket
from collections.abc import Callable, Mapping

log = logging.getLogger("controld.systemd")


class Notifier:
    """Tells the service manager; `watchdog_s` is how often it wants a sign of life, 0.0 for never."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        place = environ.get("NOTIFY_SOCKET", "")
        self._address = f"\0{place[1:]}" if place.startswith("@") else place  # an abstract address begins with a NUL
        self._told = ""
        self._complained = False
        mine = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        wanted = environ.get("WATCHDOG_USEC", "") if self._address and mine else ""
        self.watchdog_s = int(wanted) / 1e6 if wanted.isdecimal() else 0.0

    def ready(self, headline: Callable[[], str]) -> None:
        """Tell that everything is open, and how it goes; nobody is asked for that where nobody wants to know."""
        if not self._address:
            return
        status = self._told = headline()
        self._send(f"READY=1\nSTATUS={status}")

    def alive(self, headline: Callable[[], str]) -> None:
        """Give a sign of life, and tell how it goes where that is news."""
        if not self._address:
            return
        status = headline()
        lines = ["WATCHDOG=1"] if self.watchdog_s else []
        if status != self._told:
            self._told = status
            lines.append(f"STATUS={status}")
        if lines:
            self._send("\n".join(lines))

    def stopping(self) -> None:
        """Tell that the daemon stops."""
        self._send("STOPPING=1\nSTATUS=stopping")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.setblocking(False)
                out.sendto(text.encode(), self._address)
        except OSError as error:
            if not self._complained:
                self._complained = True
                log.warning("the service manager cannot be told anything: %s (said once)", error)
