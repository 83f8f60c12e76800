"""A mod-host that is killed (SIGKILL) at a given command, as a program: `python dying_modhost.py PORT`.

A number on standard input begins a life in a process of its own, whose id is printed; it ends when it has been given
that many commands, before it does the last. 0: it lives on. What a bridge asks when there is nothing to do, and of
effects that are not there, is not counted.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from controld.bridge.hosts.serve_modhost import ServedHost
from controld.bridge.hosts.virtual import VirtualHost

IDLE = frozenset({"cpu_load", "output_data_ready"})


class Dying(VirtualHost):
    """A virtual host with so many commands to live."""

    def __init__(self, commands: int) -> None:
        super().__init__()
        self._left = commands

    def execute(self, line: str) -> str | None:
        words = line.split(" ")
        if words[0] not in IDLE and (words[0] != "param_get" or int(words[1]) in self.effects()):
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(line)


def live(port: int, commands: int) -> None:
    served = ServedHost(Dying(commands), port)
    while True:
        served.take_events()
        select.select(served.filenos(), [], [], 0.005)


@contextmanager
def lives_at(port: int) -> Iterator[Callable[[int], int]]:
    """Yield what begins a life of so many commands, and returns its process id; the one before it has to be over."""
    command = [sys.executable, __file__, str(port)]
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert program.stdin is not None
    assert program.stdout is not None
    pids = [0]

    def begin(commands: int) -> int:
        assert program.stdin is not None
        assert program.stdout is not None
        print(commands, file=program.stdin, flush=True)
        pids.append(int(program.stdout.readline()))
        return pids[-1]

    with program.stdin, program.stdout:
        try:
            yield begin
        finally:
            program.kill()
            program.wait()
            if pids[-1]:
                with suppress(ProcessLookupError):
                    os.kill(pids[-1], signal.SIGKILL)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            live(int(sys.argv[1]), int(line))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
