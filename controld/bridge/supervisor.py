"""Our own bridge as a child process: started, watched, started again, stopped.

A shell. The child has a pipe of ours as standard input and exits when that ends, so that it never outlives the daemon,
however that dies; and a process group of its own, so that Ctrl-C reaches the daemon alone and it can stop in order.
"""

import asyncio
import logging
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping, Sequence

from controld.errors import BridgeStartError

RESTART_FIRST_S, RESTART_MAX_S = 0.2, 5.0
# A child that lived so long was well; its death begins a new series of delays.
LONG_LIFE_S = 10.0
STOP_S = 2.0
# How long a first start may take before the daemon goes on without; importing from a slow SD card takes seconds.
READY_S = 10.0

# How the bridge says that it is ready, and how it begins every sentence meant for people.
_READY = re.compile(r"controld bridge: .* on \S+, events \S+, health \S")
_PREFIX = "controld bridge: "
# A line of the child's own log.
_LOGGED = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL) (controld[\w.-]*): (.*)")

log = logging.getLogger("controld.bridge")


def bridge_command(*options: str) -> tuple[str, ...]:
    """Return the command that runs our bridge with `options`, by this Python, for as long as its input is open."""
    return (sys.executable, "-m", "controld.bridge.main", "--exit-with-parent", *options)


class BridgeProcess:
    """The child run by `argv`; `on_exit` gets the exit code (negative: minus the signal) whenever it dies by itself.

    `environment` is laid over this process' own.
    """

    def __init__(
        self,
        argv: Sequence[str],
        on_exit: Callable[[int], None] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._argv = tuple(argv)
        self._on_exit = on_exit
        self._environment = dict(environment or {})
        self._process: Process | None = None
        self._forwarder: asyncio.Task[None] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._last_line = ""
        self._delay_s = RESTART_FIRST_S

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start the child, and return when it is ready, or after 10 s when it is still about to be.

        Raises:
            BridgeStartError: where it cannot be run or exits at once, in its own words.
        """
        try:
            process = await self._spawn()
        except OSError as error:
            message = f"the bridge cannot be run: {error}"
            raise BridgeStartError(message) from error
        exited, ready = asyncio.ensure_future(process.wait()), asyncio.ensure_future(self._ready.wait())
        try:
            await asyncio.wait({exited, ready}, timeout=READY_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            exited.cancel()
            ready.cancel()
        if process.returncode is not None:
            await self._settle()
            reason = self._last_line or _cause(process.returncode)
            message = f"the bridge did not start: {reason}"
            raise BridgeStartError(message)
        self._watcher = asyncio.create_task(self._watch(), name="bridge supervisor")

    async def stop(self) -> None:
        """Stop the child: by SIGTERM, and after 2 s by SIGKILL; can be called at any time, and twice."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait({self._watcher})
            self._watcher = None
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                log.warning("the bridge did not stop by itself within %g s; it is killed", STOP_S)
                process.kill()
                await process.wait()
        await self._settle()

    def kill(self) -> None:
        """Have a child that is of no use any more die at once; it is started again, as after any other death."""
        process = self._process
        if process is not None and process.returncode is None:
            process.kill()

    async def _spawn(self) -> Process:
        self._ready.clear()
        process = await asyncio.create_subprocess_exec(
            *self._argv,
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=PIPE,
            process_group=0,
            env={**os.environ, **self._environment},
        )
        self._process = process
        self._forwarder = asyncio.create_task(self._forward(process), name="bridge messages")
        return process

    async def _settle(self) -> None:
        """Wait until the last words of a child that exited are told, and close its pipes."""
        forwarder, self._forwarder = self._forwarder, None
        if forwarder is not None:
            await asyncio.wait({forwarder}, timeout=STOP_S)  # a grandchild may hold the pipe open
            forwarder.cancel()
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()

    async def _forward(self, process: Process) -> None:
        assert process.stderr is not None
        while True:
            try:
                line = await process.stderr.readline()
            except ValueError:  # longer than the reader takes; what was read of it is gone
                continue
            if not line:
                return
            self._tell(line.decode(errors="replace").rstrip())

    def _tell(self, line: str) -> None:
        if not line:
            return
        logged = _LOGGED.match(line)
        self._last_line = logged[3] if logged else line.removeprefix(_PREFIX)
        if logged:
            level = logging.getLevelNamesMapping()[logged[1]]
            logging.getLogger(logged[2]).log(level, "%s", self._last_line)
        else:
            log.info("%s", self._last_line)
        if _READY.match(line):
            self._ready.set()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        born = loop.time()
        while True:
            if self._process is not None:
                code = await self._process.wait()
                await self._settle()
                if loop.time() - born >= LONG_LIFE_S:
                    self._delay_s = RESTART_FIRST_S
                log.warning("the bridge died (%s); starting it again in %g s", _cause(code), self._delay_s)
                if self._on_exit is not None:
                    self._on_exit(code)
            await asyncio.sleep(self._delay_s)
            self._delay_s = min(2 * self._delay_s, RESTART_MAX_S)
            born = loop.time()
            try:
                await self._spawn()
            except OSError as error:
                log.warning("the bridge cannot be run (%s); trying again in %g s", error, self._delay_s)


def _cause(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
