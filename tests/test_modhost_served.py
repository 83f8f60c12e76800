"""The virtual host served as mod-host: what clients of the real one trip over is here as it is there."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from bridge_process import PATIENCE_S, running
from served_modhost import ModHostThread, free_pair

DRIVE = "http://drobilla.net/plugins/mda/Overdrive"
PROGRAM = ("-m", "controld.bridge.main")


@pytest.fixture
def mod_host() -> Iterator[ModHostThread]:
    with ModHostThread() as running_one:
        yield running_one


class Client:
    """A pair of connections, opened in the order mod-host wants."""

    def __init__(self, address: tuple[str, int], *, feedback: bool = True) -> None:
        self.command = socket.create_connection(address, PATIENCE_S)
        self.feedback = socket.create_connection((address[0], address[1] + 1), PATIENCE_S) if feedback else None
        self._heard = b""

    def ask(self, line: str) -> str:
        self.command.sendall(line.encode() + b"\0")
        return self.replies(1)[0]

    def replies(self, count: int) -> list[str]:
        got = b""
        while got.count(b"\0") < count:
            data = self.command.recv(4096)
            assert data, got
            got += data
        return got.decode().split("\0")[:-1]

    def told(self, until: str = "data_finish") -> list[str]:
        """Return the feedback up to and with a line."""
        assert self.feedback is not None
        while f"{until}\0".encode() not in self._heard:
            self._heard += self.feedback.recv(4096)
        text, _, self._heard = self._heard.partition(f"{until}\0".encode())
        return [*text.decode().split("\0")[:-1], until]

    def silent(self, which: socket.socket | None) -> bool:
        assert which is not None
        which.settimeout(0.1)
        try:
            return which.recv(1) == b"never"
        except TimeoutError:
            return True
        finally:
            which.settimeout(PATIENCE_S)

    def close(self) -> None:
        self.command.close()
        if self.feedback is not None:
            self.feedback.close()


@contextmanager
def client_of(mod_host: ModHostThread) -> Iterator[Client]:
    client = Client(mod_host.address)
    try:
        yield client
    finally:
        client.close()


class TestPairing:
    def test_nobody_is_served_without_a_feedback_connection(self, mod_host: ModHostThread) -> None:
        """The command waits, and is done when the other connection is there."""
        client = Client(mod_host.address, feedback=False)
        client.command.sendall(b"cpu_load\0")
        assert client.silent(client.command)
        client.feedback = socket.create_connection((mod_host.address[0], mod_host.address[1] + 1))
        assert client.replies(1) == ["resp 0 1.5000"]
        client.close()

    def test_one_client_is_served_and_the_next_waits(self, mod_host: ModHostThread) -> None:
        """Both connections of the first end before the second's begin; what the second asked is done then."""
        with client_of(mod_host) as first, client_of(mod_host) as second:
            assert first.ask(f"add {DRIVE} 1") == "resp 1"
            second.command.sendall(b"param_get 1 drive\0")
            assert second.silent(second.command)
            first.command.close()
            assert first.feedback is not None
            assert first.feedback.recv(1) == b""
            assert second.replies(1) == ["resp 0 0.0000"]

    def test_a_lost_client_leaves_what_it_loaded(self, mod_host: ModHostThread) -> None:
        """Connections come and go, effects stay."""
        with client_of(mod_host) as client:
            client.ask(f"add {DRIVE} 1")
        with client_of(mod_host) as client:
            assert client.ask("bypass 1 1") == "resp 0"


class TestCommands:
    def test_commands_may_come_in_one_packet_and_without_a_nul(self, mod_host: ModHostThread) -> None:
        """As the stock bridge sends them, and as pipelining programs do."""
        with client_of(mod_host) as client:
            client.command.sendall(b"cpu_load\0remove 1\0nope\0")
            assert client.replies(3) == ["resp 0 1.5000", "resp 0", "not found"]
            client.command.sendall(b"output_data_ready")
            assert client.replies(1) == ["resp 0"]

    def test_a_full_buffer_without_a_nul_is_half_a_command(self, mod_host: ModHostThread) -> None:
        """It hangs until the rest comes."""
        with client_of(mod_host) as client:
            client.command.sendall(b"output_data_ready".ljust(1024))
            assert client.silent(client.command)
            client.command.sendall(b" \0")
            assert client.replies(1) == ["resp 0"]


class TestFlow:
    def test_a_batch_is_newest_first_and_silence_follows(self, mod_host: ModHostThread) -> None:
        """Each value once; nothing more until `output_data_ready`, and then all that waited."""
        with client_of(mod_host) as client:
            for line in (f"add {DRIVE} 1", "midi_map 1 drive 0 20 0 1", "midi_map 1 output 0 21 0 1"):
                client.ask(line)
            mod_host.midi(bytes([0xB0, 20, 64]))  # the first batch goes out by itself
            assert client.told() == ["param_set 1 drive 0.503937", "data_finish"]
            for number, value in ((20, 10), (20, 127), (21, 127), (21, 0)):
                mod_host.midi(bytes([0xB0, number, value]))
            assert client.silent(client.feedback)
            assert client.ask("output_data_ready") == "resp 0"
            told = [line for line in client.told() if line.startswith("param_set")]
            assert told == ["param_set 1 output 0.000000", "param_set 1 drive 1.000000"]

    def test_what_a_command_changed_is_not_told(self, mod_host: ModHostThread) -> None:
        """Only what happens by itself."""
        with client_of(mod_host) as client:
            for line in (
                f"add {DRIVE} 1",
                "param_set 1 drive 1",
                "bypass 1 1",
                "midi_map 1 drive 0 20 0 1",
                "remove 1",
            ):
                client.ask(line)
            assert client.silent(client.feedback)


def test_the_delivered_program_serves_both(capfd: pytest.CaptureFixture[str]) -> None:
    """`controld bridge --host virtual --serve-mod-host`: one host behind two protocols."""
    port = free_pair()
    with running("--serve-mod-host", str(port), host="virtual", command=PROGRAM) as bridge:
        assert f"served as mod-host at 127.0.0.1:{port}" in bridge.title
        client = Client(("127.0.0.1", port))
        assert client.ask(f"add {DRIVE} 1") == "resp 1"
        assert bridge.command("param_get 1 drive") == "resp 0 0.0000"
        taken = [sys.executable, *PROGRAM, "--serve-mod-host", str(port)]
        second = subprocess.run(taken, capture_output=True, text=True, timeout=30, check=False)
        assert second.returncode == 1
        assert "choose another --serve-mod-host" in second.stderr
        client.close()
