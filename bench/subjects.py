"""The programs under measurement, each a process with an OSC port, and the far end they all send to."""

import multiprocessing
import os
import pickle
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import zmq

from bench.floors import echo_main, forwarder_main
from bench.plan import Numbers
from bench.rigfiles import Rig, effect_of_uri, write_rig
from bench.standin import Record, standin_main
from bench.tablet import Job, Played, tablet_main
from bench.wire import added
from controld.rpc.sockets import ports_of

_SPAWN = multiprocessing.get_context("spawn")
START_S = 20.0


class BenchError(Exception):
    """A measurement cannot be made; the text says why."""


def start_process(main: Callable[..., None], *arguments: object) -> tuple[BaseProcess, Connection]:
    """Start a process of ours; it gets the other end of the connection as its first argument."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=main, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def await_word(connection: Connection, what: str, timeout_s: float = START_S) -> object:
    """Return what a process of ours sends next."""
    if not connection.poll(timeout_s):
        message = f"{what} did not answer within {timeout_s:.0f} s"
        raise BenchError(message)
    return connection.recv()


class Bridge:
    """The bridge stand-in, and our line to it."""

    def __init__(self, *, batch: bool = True) -> None:
        self.process, ready = start_process(standin_main, batch)
        ports = await_word(ready, "the bridge stand-in")
        assert isinstance(ports, tuple)
        self.command, self.events = (f"tcp://127.0.0.1:{port}" for port in ports)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVTIMEO, 60_000)
        self._socket.connect(self.command)

    def take(self) -> list[Record]:
        """Return what came since the last time, with times, and forget it."""
        records: list[Record] = pickle.loads(self.ask(b'{"bench": "take"}'))
        return records

    def forget(self) -> None:
        """Be as a bridge whose host was started anew."""
        self.ask(b'{"bench": "forget"}')

    def delay(self, seconds: float) -> None:
        """Need so long for each command from now on."""
        self.ask(b'{"bench": "delay", "seconds": %b}' % str(seconds).encode())

    def close(self) -> None:
        """End the process."""
        self.ask(b'{"bench": "stop"}')
        self._context.destroy(linger=0)
        self.process.join(5)

    def ask(self, body: bytes) -> bytes:
        """Return the reply to a request, whatever it is."""
        self._socket.send_multipart([b"", body])
        return self._socket.recv_multipart()[1]


@dataclass(slots=True)
class Subject:
    """A program under measurement; `effects` says which effect an instance number in its requests is."""

    name: str
    pid: int
    port: int
    effects: dict[int, int] = field(default_factory=dict)
    numbers: Numbers = field(default_factory=Numbers)
    log: Path | None = None
    _ends: list[Callable[[], None]] = field(default_factory=list)
    _orders: Connection | None = None

    def equip(self, hello: list[bytes]) -> None:
        """Give it a player's tablet; with `hello` also a viewer, which introduces itself with these datagrams."""
        process, orders = start_process(tablet_main, self.port, hello)
        await_word(orders, "the tablet")
        self._orders = orders
        self._ends.insert(0, lambda: _end(process))

    def play(self, job: Job) -> Played:
        """Have the tablet play a job."""
        assert self._orders is not None
        self._orders.send(job)
        length_s = (job.due_ns[-1] / 1e9 if job.due_ns else 0.0) + job.tail_s
        played = await_word(self._orders, "the tablet", length_s * 3 + START_S)
        assert isinstance(played, Played)
        return played

    def close(self) -> None:
        """End it, and its tablet."""
        for end in self._ends:
            end()
        self._ends.clear()


def start_forwarder(bridge: Bridge, controls: int, *, confirm: bool = False) -> Subject:
    """Start the bare forwarder; with `confirm` it sends a message back when the bridge has replied to it."""
    process, ready = start_process(forwarder_main, bridge.command, controls, confirm)
    pid, port = _pair(await_word(ready, "the forwarder"))
    subject = Subject("forwarder", pid, port, {number: number for number in range(100)})
    subject._ends.append(lambda: _end(process))  # noqa: SLF001 - being made here
    subject.equip([])
    return subject


def start_echo() -> Subject:
    """Start the python-osc echo."""
    process, ready = start_process(echo_main)
    pid, port = _pair(await_word(ready, "the python-osc echo"))
    subject = Subject("python-osc echo", pid, port)
    subject._ends.append(lambda: _end(process))  # noqa: SLF001 - being made here
    subject.equip([])
    return subject


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """Return a port that nobody uses now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_base() -> int:
    """Return a base port for the service for programs, at which nobody listens now."""
    while True:
        base = free_port(socket.SOCK_STREAM) % 40_000 + 12_000
        ports = ports_of("session_manager", base)
        with suppress(OSError), ExitStack() as stack:
            for port in (ports.calls, ports.events, ports.others):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return base


@dataclass(slots=True)
class DaemonProcess:
    """A running daemon before anybody waited for it; `started_ns` is when it was executed."""

    process: "subprocess.Popen[bytes]"
    port: int
    started_ns: int
    log: Path

    def stop(self) -> None:
        """End it as a user would."""
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
            return
        self.process.kill()
        self.process.wait()


def launch_daemon(bridge: Bridge, folder: Path, rig: Rig) -> DaemonProcess:
    """Execute the daemon with a generated configuration in `folder`."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = write_rig(folder, rig, port, (bridge.command, bridge.events))
    log = folder / "daemon.log"
    environment = {**os.environ, "CONTROLD_SOCKET": str(folder / "control.sock"), "XDG_STATE_HOME": str(folder)}
    with log.open("wb") as output:
        started_ns = time.monotonic_ns()
        process = subprocess.Popen(
            [str(controld_command()), "run", "--config", str(config)],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment,
        )  # fmt: skip
    return DaemonProcess(process, port, started_ns, log)


def controld_command() -> Path:
    """Return the daemon's command, of the environment that this benchmark runs in."""
    import sys

    return Path(sys.executable).parent / "controld"


def start_daemon(bridge: Bridge, folder: Path, rig: Rig, hello: list[bytes] | None = None) -> Subject:
    """Start the daemon and wait until it has loaded its effects and settled."""
    bridge.take()
    bridge.forget()
    running = launch_daemon(bridge, folder, rig)
    subject = Subject("controld", running.process.pid, running.port, log=running.log)
    subject._ends.append(running.stop)  # noqa: SLF001 - being made here
    try:
        _await_effects(bridge, running, subject, rig)
        subject.equip(hello or [])
    except BenchError:
        subject.close()
        raise
    return subject


def _await_effects(bridge: Bridge, running: DaemonProcess, subject: Subject, rig: Rig) -> None:
    deadline = time.monotonic() + START_S
    quiet_since = time.monotonic()
    while len(subject.effects) < rig.effects or time.monotonic() - quiet_since < 0.5:
        if running.process.poll() is not None or time.monotonic() > deadline:
            message = f"the daemon did not come up; the end of its log:\n{_tail(running.log)}"
            raise BenchError(message)
        time.sleep(0.1)
        records = bridge.take()
        if records:
            quiet_since = time.monotonic()
        subject.effects.update({instance: effect_of_uri(uri) for _, body in records for uri, instance in added(body)})


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])


def _pair(word: object) -> tuple[int, int]:
    assert isinstance(word, tuple)
    return int(word[0]), int(word[1])


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join(5)
