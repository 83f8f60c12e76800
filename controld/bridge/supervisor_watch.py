"""A bridge of ours that lives and does not answer is replaced: its supervisor alone would wait for its death for ever.

A shell. The client notices within half a second that a bridge is frozen; from then on the bridge's health is asked. One
that answers there is left alone, whatever its host does; one that is silent for `PATIENCE_S` is killed, so that the
supervisor starts another.
"""

import asyncio
import logging
from contextlib import suppress

import zmq

from controld.bridge.supervisor import BridgeProcess
from controld.session.engine_events import EngineConnected, EngineEvent, EngineLost

# A host that is silent may keep its bridge for 4.5 s (loading a plugin), and that is no reason to kill it.
PATIENCE_S = 5.0
EVERY_S = 0.5

log = logging.getLogger("controld.bridge")


class FrozenWatch:
    """Looks at `child`, whose health is told at the ZeroMQ address `health`, while the engine is away."""

    def __init__(self, child: BridgeProcess, health: str) -> None:
        self._child = child
        self._health = health
        self._away = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running loop, with an engine that was not heard yet."""
        self._away.set()
        self._task = asyncio.create_task(self._watch(), name="bridge watch")

    async def stop(self) -> None:
        """Look no more; can be called twice."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def note(self, event: EngineEvent) -> None:
        """Take what became of the engine."""
        if isinstance(event, EngineLost):
            self._away.set()
        elif isinstance(event, EngineConnected):
            self._away.clear()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        pid, heard_s = self._child.pid, loop.time()
        while True:
            if not self._away.is_set():
                await self._away.wait()
                heard_s = loop.time()
            await asyncio.sleep(EVERY_S)
            if self._child.pid != pid or self._child.pid is None or await asyncio.to_thread(self._answers):
                pid, heard_s = self._child.pid, loop.time()
            elif self._away.is_set() and loop.time() - heard_s >= PATIENCE_S:
                log.warning("the bridge lives and has not answered for %g s; it is replaced", PATIENCE_S)
                self._child.kill()
                heard_s = loop.time()

    def _answers(self) -> bool:
        """Ask for the health; whatever the answer says, it is one."""
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        try:
            with context.socket(zmq.REQ) as req, suppress(zmq.ZMQError):
                req.set(zmq.LINGER, 0)
                req.connect(self._health)
                req.send(b'{"action": "health"}')
                return bool(req.poll(int(EVERY_S * 1000)))
            return False
        finally:
            context.term()
