"""A JACK server of our own, and processes that play and hear MIDI on it through python-rtmidi."""

import gc
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from bench.proc import realtime_threads
from bench.subjects import BenchError, await_word, start_process
from bench.tablet import LEAD_NS, Job, Played, fine_timers

PAD = "bench-pad"  # plays for the daemon
EAR = "bench-ear"  # plays for itself
_SETTINGS = ["-S", "-d", "dummy", "-r", "48000", "-p", "64"]
# Real-time first: without it JACK itself loses an event in some thousands.
_MODES = (["-R", "-P", "20"], ["--no-realtime"])


class JackServer:
    """A JACK server under a name of its own; while it runs, programs started from here use it."""

    def __init__(self) -> None:
        self._name = f"controld-bench-{os.getpid()}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start it and return how it runs. Raises BenchError where it does not."""
        os.environ["JACK_DEFAULT_SERVER"] = self._name
        for mode in _MODES:
            command = ["jackd", "-n", self._name, *mode, *_SETTINGS]
            try:
                self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            except FileNotFoundError as error:
                message = "jackd is not installed (Debian: jackd2)"
                raise BenchError(message) from error
            if _answers(self._process):
                granted = realtime_threads(self._process.pid)
                return f"with {granted} real-time threads" if granted else "without real-time scheduling"
            self.stop()
        message = "jackd does not start here"
        raise BenchError(message)

    def stop(self) -> None:
        """End it."""
        os.environ.pop("JACK_DEFAULT_SERVER", None)
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


def _answers(server: "subprocess.Popen[bytes]") -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and server.poll() is None:
        process, ready = start_process(_probe_main)
        answer = await_word(ready, "the JACK probe")
        process.join(5)
        if answer:
            return True
        time.sleep(0.2)
    return False


def _probe_main(ready: Connection) -> None:
    """Tell whether a client can be made; in a process of its own, because libjack writes and remembers."""
    import jack

    _hush()
    try:
        client = jack.Client("bench-probe", no_start_server=True)
    except jack.JackError:
        ready.send(False)
    else:
        client.close()
        ready.send(True)


def _hush() -> None:
    """Send what libjack writes by itself to nowhere."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)


@dataclass(slots=True)
class Midi:
    """A process with a MIDI output port."""

    orders: Connection

    def play(self, job: Job) -> Played:
        """Have it send a job's messages when they are due."""
        self.orders.send(job)
        played = await_word(self.orders, "the MIDI player", job.due_ns[-1] / 1e9 + job.tail_s + 20)
        assert isinstance(played, Played)
        return played


@contextmanager
def start_midi(name: str, *, loop: bool) -> Iterator[Midi]:
    """Run a player with the port `<name>:out`; with `loop` it is joined to an input of the same process."""
    process, orders = start_process(_midi_main, name, loop)
    try:
        await_word(orders, "the MIDI player")
        yield Midi(orders)
    finally:
        process.terminate()
        process.join(5)


def _midi_main(orders: Connection, name: str, loop: bool) -> None:
    import rtmidi

    _hush()
    fine_timers()
    output = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
    output.open_virtual_port("out")
    heard: list[tuple[int, int, bytes]] = []
    listener = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=f"{name}-in") if loop else None
    if listener is not None:
        listener.set_callback(lambda message, _: heard.append((0, time.monotonic_ns(), bytes(message[0]))))
        listener.open_port(next(i for i, port in enumerate(listener.get_ports()) if port.startswith(name)), "in")
    gc.freeze()
    gc.disable()
    orders.send("ready")
    while (job := orders.recv()) is not None:
        orders.send(_play(output, job, heard))


def _play(output: "object", job: Job, heard: list[tuple[int, int, bytes]]) -> Played:
    heard.clear()
    start = time.monotonic_ns() + LEAD_NS
    played = Played(start)
    send = output.send_message  # type: ignore[attr-defined]
    for offset, data in zip(job.due_ns, job.datagrams, strict=True):
        due = start + offset
        while (now := time.monotonic_ns()) < due:
            time.sleep((due - now) / 1e9)
        send(data)
        played.late_ns.append(now - due)
    time.sleep(job.tail_s)
    played.heard = list(heard)
    return played
