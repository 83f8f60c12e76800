"""A bridge that kills itself at a chosen request, as a program that makes a new one at once: for tests of survival.

`python killing_bridge.py PORT [options of the bridge]`. Everything is imported once; each bridge is a forked child, so
that the next one is there in a few milliseconds. Each prints "child PID". PORT is where a request is chosen: a line
"K before" or "K after" has the present child die of SIGKILL at the K-th request from then on that changes the host or
asks for all effects, not yet executed or executed and not answered; "0 before" has it live, and is answered with the
number of requests since. The answer to any other line is "armed".
"""

import argparse
import os
import signal
import socket
import sys
import threading

from controld.bridge import main
from controld.bridge.hosts.around import HostAround
from controld.bridge.hosts.base import Host, HostEffect
from controld.bridge.hosts.virtual import VirtualHost
from controld.bridge.modhost_protocol import tokenize

_QUESTIONS = ("param_get", "cpu_load", "output_data_ready")


class _Killer(HostAround):
    """A host that may be told to kill its process."""

    def __init__(self, host: Host, door: socket.socket) -> None:
        super().__init__(host)
        self._door = door
        self._count = 0
        self._dies_at = 0
        self._after = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            caller, _ = self._door.accept()
            with caller:
                at, when = caller.recv(100).decode().split()
                if at == "0":
                    caller.sendall(f"{self._count}\n".encode())
                else:
                    self._count, self._dies_at, self._after = 0, int(at), when == "after"
                    caller.sendall(b"armed\n")

    def _is_due(self) -> bool:
        self._count += 1
        if self._count != self._dies_at:
            return False
        if not self._after:
            os.kill(os.getpid(), signal.SIGKILL)
        return True

    def execute(self, line: str) -> str | None:
        if next(iter(tokenize(line)), "") in _QUESTIONS:
            return super().execute(line)
        due = self._is_due()
        reply = super().execute(line)
        if due:
            os.kill(os.getpid(), signal.SIGKILL)
        return reply

    def effects(self) -> "dict[int, HostEffect]":
        due = self._is_due()
        effects = dict(super().effects())
        if due:
            os.kill(os.getpid(), signal.SIGKILL)
        return effects


def _serve(door: socket.socket, options: list[str]) -> int:
    parser = argparse.ArgumentParser()
    main.add_arguments(parser)
    arguments = parser.parse_args(options)
    if arguments.address:
        from controld.bridge.hosts.modhost import ModHost, parse_address

        host: Host = ModHost(parse_address(arguments.address))
        arguments.address = ""
    else:
        host = VirtualHost()
    main.HOSTS["virtual"] = (lambda: _Killer(host, door), "a host that is killed")
    arguments.host = "virtual"
    return main.run(arguments)


if __name__ == "__main__":
    port, *rest = sys.argv[1:]
    with socket.create_server(("127.0.0.1", int(port))) as listening:
        VirtualHost()  # its catalogue is read once, for all children
        while True:
            child = os.fork()
            if not child:
                os._exit(_serve(listening, rest))
            print("child", child, flush=True)  # noqa: T201 - for the test that started it
            os.waitpid(child, 0)
