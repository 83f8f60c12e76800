"""A bridge that answers out of order and so too late, twice, with another's error, or with garbage: a real daemon.

A proxy before a real bridge does it, over real sockets, at random but the same each time. Every press arrives or is
seen to fail, and in the end every light shows what the host holds.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zmq
from bad_bridge import BadBridge, settle, storm
from rig_process import RigProcess, Tablet, free_port, wait_for
from troubled_rig import assert_a_press_acts, status

ERRORS = (
    b'{"raw": "resp -3", "status": "resp -3", "success": true}',
    b'{"raw": "resp -103", "status": "resp -103", "success": true}',
    b'{"raw": "resp -2", "status": "resp -2", "success": true}',
    b'{"error": "Plugin command failed: Plugin not found: urn:other"}',
    b'{"error": "Invalid request format"}',
)
GARBAGE = (b"", b"null", b"\xff\xfe\x00", b'{"raw": "resp 0', b'{"results": []}', b"[1, 2]", b"\x00" * 300)


class LyingProxy:
    """Passes requests on in the name of who asked; while `lies`, one reply in `every` suffers one of `faults`."""

    def __init__(self, front: str, back: str, faults: tuple[str, ...], seed: str, every: int = 8) -> None:
        self.lies = False
        self.told: dict[str, int] = dict.fromkeys(faults, 0)
        self._front, self._back = front, back
        self._faults, self._every = faults, every
        self._rng = random.Random(seed)
        self._ended = False
        self._held: list[list[bytes]] = []  # replies that come after a later one
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Vanish."""
        self._ended = True
        self._thread.join()

    def _run(self) -> None:
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        front = context.socket(zmq.ROUTER)
        front.set(zmq.LINGER, 0)
        front.bind(self._front)
        backs: dict[bytes, zmq.Socket[bytes]] = {}
        poller = zmq.Poller()
        poller.register(front, zmq.POLLIN)
        while not self._ended:
            for ready, _ in poller.poll(20):
                frames = ready.recv_multipart()
                if ready is front:
                    back = backs.get(frames[0])
                    if back is None:
                        back = backs[frames[0]] = context.socket(zmq.DEALER)
                        back.set(zmq.LINGER, 0)
                        back.set(zmq.ROUTING_ID, frames[0])  # events say whose doing they are
                        back.connect(self._back)
                        poller.register(back, zmq.POLLIN)
                    back.send_multipart(frames[1:])
                else:
                    identity = next(name for name, socket in backs.items() if socket is ready)
                    for reply in self._replies([identity, *frames]):
                        front.send_multipart(reply)
        context.destroy(linger=0)

    def _replies(self, reply: list[bytes]) -> list[list[bytes]]:
        held, self._held = self._held, []
        if not self.lies or self._rng.randrange(self._every):
            return [reply, *held]
        fault = self._rng.choice(self._faults)
        self.told[fault] += 1
        match fault:
            case "order":
                self._held = [*held, reply]
                return []
            case "twice":
                return [reply, reply, *held]
            case "error":
                return [[*reply[:-1], self._rng.choice(ERRORS)], *held]
            case _:
                return [[*reply[:-1], self._rng.choice(GARBAGE)], *held]


@contextmanager
def lied_to(folder: Path, *faults: str) -> Iterator[tuple[RigProcess, BadBridge, Tablet, LyingProxy]]:
    """Run a rig whose bridge is reached through a proxy that lies."""
    rig = RigProcess(folder, engine="bridge")
    front, rig.command = rig.command, f"tcp://127.0.0.1:{free_port()}"
    bridge = BadBridge(rig, "")
    proxy = LyingProxy(front, rig.command, faults, " ".join(faults))
    try:
        rig.start()
        with Tablet(rig.osc_port) as tablet:
            tablet.send("/controld/hello")
            wait_for(lambda: tablet.newest("/status")[:1] == ("up",), "the engine", 20)
            yield rig, bridge, tablet, proxy
        errors = status(rig)["counters"]["errors"]
        assert rig.stop() == 0, rig.text
        assert errors == 0, rig.text
        assert "Traceback" not in rig.text, rig.text
    finally:
        rig.process.kill()
        rig.process.wait()
        proxy.close()
        bridge.close()


@pytest.mark.parametrize("faults", [("error",), ("twice", "garbage"), ("order", "error")])
def test_lights_end_at_what_the_host_holds(tmp_path: Path, faults: tuple[str, ...]) -> None:
    """However the replies come: no press is lost in silence, and the rig goes on."""
    with lied_to(tmp_path, *faults) as (rig, bridge, tablet, proxy):
        rng = random.Random(" ".join(faults))
        proxy.lies = True
        while min(proxy.told.values()) < 3 and sum(proxy.told.values()) < 12:
            storm(tablet, rng, moves=8)
        proxy.lies = False
        settle(rig, bridge, tablet)
        assert_a_press_acts(tablet)
        assert bridge.deaths == []
