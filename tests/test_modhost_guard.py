"""A bridge that is killed: mod-host, which never ends sending what cannot be sent, is heard out by another process."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from bridge_process import Bridge, running
from rig_process import wait_for
from served_modhost import ModHostThread, Peer

from controld.bridge.hosts.modhost_guard import Guard, hear_out

LINES = b"param_set 0 gain 0.5\0" * 1000


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def guard_of(pid: int) -> int:
    """Return the guard of a process, once signals do not end it any more."""
    ignored = 1 << (signal.SIGTERM - 1)

    def look() -> int | None:
        for child in children(pid):
            fields = dict(
                line.split(":\t", 1) for line in Path(f"/proc/{child}/status").read_text("ascii").splitlines()
            )
            if int(fields["SigIgn"], 16) & ignored:
                return child
        return None

    return wait_for(look, "the guard")


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No JACK, no plugins, and a memory of its own."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "controld-none")
    monkeypatch.setenv("LV2_PATH", "/nowhere")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@contextmanager
def bridge_at(port: int) -> Iterator[Bridge]:
    with running("--address", f"127.0.0.1:{port}", host="mod-host", command=("-m", "controld.bridge.main")) as bridge:
        yield bridge


def test_a_killed_bridge_leaves_no_broken_pipe() -> None:
    """In the middle of a command: what mod-host tells and answers afterwards is read, and then comes an orderly end."""
    with Peer() as peer, bridge_at(peer.port) as bridge:
        peer.accept()
        assert peer.heard() == b"cpu_load\0"
        guard = guard_of(bridge.process.pid)
        assert bridge.signal(signal.SIGKILL) == -signal.SIGKILL
        os.kill(guard, signal.SIGTERM)  # what ends a whole service comes here too, and must not end this first
        for _ in range(300):
            peer.tell(LINES)  # 6 MB, more than any buffer holds: it raises, or hangs, where nobody reads
        peer.say(b"resp 0 1.5\0")
        assert peer.heard() == b""
        peer.say(b"resp 0\0")  # once more: it is mod-host that ends the connection
        assert alive(guard)
        peer.part()
        wait_for(lambda: not alive(guard), "the guard's end")


def test_the_next_bridge_is_served_at_once() -> None:
    """Killed while it plays, three times; each new one finds the effect of the first."""
    with ModHostThread() as mod_host:
        for reply in ("resp 1", "resp -2", "resp -2"):
            with bridge_at(mod_host.address[1]) as bridge:
                wait_for(partial(_serves, bridge), "mod-host")
                assert bridge.command("add http://drobilla.net/plugins/mda/Overdrive 1") == reply
                bridge.signal(signal.SIGKILL)


def _serves(bridge: Bridge) -> bool:
    return "error" not in bridge.ask(command="cpu_load")


def test_a_bridge_that_stops_takes_its_guard_with_it() -> None:
    """No process stays behind."""
    with ModHostThread() as mod_host, bridge_at(mod_host.address[1]) as bridge:
        guard = guard_of(bridge.process.pid)
        assert bridge.signal(signal.SIGTERM) == 0
        assert not alive(guard)


def test_a_guard_that_was_killed_is_replaced() -> None:
    """By the next connection; the present one plays on."""
    guard, (its, ours) = Guard(), socket.socketpair()
    with its, ours:
        guard.hold(ours)
        first = guard_of(os.getpid())
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: not alive(first), "its death")
        guard.release()
        guard.hold(ours)
        assert guard_of(os.getpid()) != first
        guard.release()
        guard.close()
        guard.close()


def test_it_does_not_wait_for_ever() -> None:
    """A mod-host that hangs keeps its connections open; they are given up."""
    ours, its = socket.socketpair()
    with ours, its:
        hear_out([ours], 0.05)
        assert its.recv(1) == b""
