"""The MIDI systems of this machine, as one: who is linked with which port, kept true as devices come and go.

Everything that may block (making clients, connecting, closing) happens on one thread of its own, in order; the loop
only hears of the result. One task asks the backends whenever one of them, or a surface, calls for it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Protocol

from controld.surfaces.midi_ports import Backend, Direction, Link, Links, PortList, Wish, with_places

STOP_S = 2.0  # how long closing the ports is waited for
ADMIN = "controld-midi"  # the name of the thread that may hang in a library

log = logging.getLogger("controld.midi")

BackendFactory = Callable[[Callable[[], None]], Backend]

AFTER_FAILURE_S = 2.0
PULSE_S = 0.5

NO_SYSTEM = (
    "no MIDI system is running: start a JACK server or PipeWire, or load the ALSA sequencer (`modprobe snd-seq`); "
    "devices join by themselves as soon as there is one"
)


class Linked(Protocol):
    """Who wants links: it is told of every change, on the loop."""

    @property
    def wishes(self) -> Sequence[Wish]:
        """What is wanted; the same as long as it is added."""

    def receive_links(self, links: dict[Direction, Link]) -> None:
        """Take note of the links there are now."""


def default_backends() -> list[BackendFactory]:
    """Return the backends whose libraries are installed, the preferred one first."""
    factories: list[BackendFactory] = []
    # A missing libjack shows as OSError when its module is imported. RtMidi built without a system would silently take
    # another one in its place, so it is asked what it was built with.
    try:
        import rtmidi

        built_with = rtmidi.get_compiled_api()
        if rtmidi.API_LINUX_ALSA in built_with:
            from controld.surfaces.midi_alsa import AlsaBackend

            factories.append(AlsaBackend)
        if rtmidi.API_UNIX_JACK in built_with:
            from controld.surfaces.midi_jack import JackBackend

            factories.insert(0, JackBackend)
    except (ImportError, OSError) as error:
        log.info("MIDI goes without %s: %s", "JACK" if factories else "JACK and ALSA", error)
    return factories


class MidiSystem:
    """Keeps the wishes of surfaces fulfilled. Starts with the first surface that is added; all calls are the loop's."""

    def __init__(self, backends: Sequence[BackendFactory] | None = None) -> None:
        factories = default_backends() if backends is None else backends
        self._backends = [factory(self._wake) for factory in factories]
        self._links: list[Links] = [{} for _ in self._backends]
        self._members: list[Linked] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._admin: ThreadPoolExecutor | None = None
        self._said: set[str] = set()
        self._heart: asyncio.TimerHandle | None = None

    def add(self, member: Linked) -> None:
        """Begin to fulfil a member's wishes."""
        self._members.append(member)
        self._changed.set()
        if self._task is None:
            self._admin = ThreadPoolExecutor(1, thread_name_prefix=ADMIN)
            self._loop = asyncio.get_running_loop()
            self._task = self._loop.create_task(self._run(), name="midi system")
            self._pulse()

    async def remove(self, member: Linked) -> None:
        """Close a member's ports; when this returns, none of its callbacks runs any more. The last one stops all."""
        if member not in self._members:
            return
        self._members.remove(member)
        if self._members:
            await self._refresh()
        else:
            await self.stop()

    async def stop(self) -> None:
        """Close everything. Safe to call twice; a surface that is added later starts it again."""
        task, self._task = self._task, None
        admin, self._admin = self._admin, None
        if task is None or admin is None:
            return
        task.cancel()
        if self._heart is not None:
            self._heart.cancel()
        with suppress(asyncio.CancelledError):
            await task
        # The admin thread is one, so this waits for a refresh that was under way; a server that takes apart a client
        # that was killed answers nobody for many seconds.
        closing = asyncio.get_running_loop().run_in_executor(admin, self._close)
        done, _ = await asyncio.wait({closing}, timeout=STOP_S)
        if not done:
            log.warning("the MIDI system does not answer; it is left as it is")
        admin.shutdown(wait=bool(done))
        self._links = [{} for _ in self._backends]
        self._tell()

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            try:
                delay = await self._refresh()
            except Exception:  # the one guard of this loop: hot-plug must outlive any backend's surprise
                log.exception("looking for MIDI ports failed; trying again")
                delay = AFTER_FAILURE_S
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._changed.wait()

    def _pulse(self) -> None:
        assert self._loop is not None
        for backend in self._backends:
            backend.pulse()
        self._heart = self._loop.call_later(PULSE_S, self._pulse)

    async def _refresh(self) -> float | None:
        wishes = with_places([wish for member in self._members for wish in member.wishes])
        loop = asyncio.get_running_loop()
        delays = await loop.run_in_executor(self._admin, self._refresh_backends, wishes)
        return min((delay for delay in delays if delay is not None), default=None)

    def _refresh_backends(self, wishes: list[Wish]) -> list[float | None]:
        """Ask each backend in turn for what the ones before it do not have. On the admin thread."""
        delays: list[float | None] = []
        for index, backend in enumerate(self._backends):
            latest: Links = {}

            def publish(links: Links, index: int = index, latest: Links = latest) -> None:
                latest.clear()
                latest.update(links)
                self._call(partial(self._receive_links, index, links))

            delays.append(backend.refresh(wishes, publish))
            wishes = [wish for wish in wishes if wish.key not in latest]
        self._say_what_is_absent()
        return delays

    def _say_what_is_absent(self) -> None:
        """Say once of each system that does not run, and what that means."""
        running = " and ".join(backend.name for backend in self._backends if backend.runs)
        if not running:
            if not self._said:
                self._said = {backend.name for backend in self._backends} | {""}
                log.warning(NO_SYSTEM)
            return
        for backend in self._backends:
            if not backend.runs and backend.name not in self._said:
                self._said.add(backend.name)
                log.info("%s; MIDI devices are looked for with %s alone until then", backend.absent, running)

    def _receive_links(self, index: int, links: Links) -> None:
        if self._task is not None and links != self._links[index]:
            self._links[index] = links
            self._tell()

    def _tell(self) -> None:
        merged: Links = {}
        for links in reversed(self._links):
            merged |= links
        for member in list(self._members):
            keys = {wish.key for wish in member.wishes}
            member.receive_links({key[1]: link for key, link in merged.items() if key in keys})

    def _close(self) -> None:
        for backend in self._backends:
            backend.close()

    def _wake(self) -> None:
        """Ask for a refresh, from any thread."""
        self._call(self._changed.set)

    def _call(self, callback: Callable[[], object]) -> None:
        # The loop is closed only when the process ends without `stop`; then nobody is left to be told.
        with suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(callback)


def list_all_ports(backends: Sequence[BackendFactory] | None = None) -> dict[str, PortList]:
    """Return the ports of every system that runs, by the system's name. Blocks; for commands, not for the loop."""
    found: dict[str, PortList] = {}
    for factory in default_backends() if backends is None else backends:
        backend = factory(lambda: None)
        ports = backend.list_ports()
        if ports is not None:
            found[backend.name] = ports
        backend.close()
    return found
