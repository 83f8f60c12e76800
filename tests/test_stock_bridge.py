"""The daemon attached to a bridge as bad as the stock one, and worse: slow, lying, silent, dying.

Judged by what the host really holds, asked past the daemon by raw `param_get`: the rig shows that, and it is what was
asked for, or the failure is visible because the rig shows that nothing changed.
"""

import json
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zmq
from rig_process import BOARD, DRIVE_URI, RigProcess, Tablet, wait_for
from troubled_rig import door, status

EXTRAS = [f"extra{number}" for number in range(1, 7)]
# Six effects more, which the recall of the snapshot All has to switch and set one by one.
LONG_BOARD = (
    BOARD.replace("connections:", "".join(f'  {name}: {{plugin: "{DRIVE_URI}"}}\n' for name in EXTRAS) + "connections:")
    + f"  All: {{{', '.join(f'{name}: {{bypassed: true, parameters: {{drive: 0.7}}}}' for name in EXTRAS)}}}\n"
)
# What the tests play and look at: the address a tablet uses, and where the host has it.
CELLS = {
    "/effect/drive/bypass": (1, ":bypass"),
    "/effect/drive/drive": (1, "drive"),
    "/effect/drive/muffle": (1, "muffle"),
    "/effect/leslie/bypass": (2, ":bypass"),
    "/effect/leslie/output": (2, "output"),
}
SWITCHES = [address for address, (_, symbol) in CELLS.items() if symbol == ":bypass"]
FADERS = [address for address in CELLS if address not in SWITCHES]


class BadBridge:
    """A bridge with faults at the endpoints of a rig; `keep_alive` starts it again whenever it died."""

    def __init__(self, rig: RigProcess, faults: str) -> None:
        options = ["--endpoint", rig.command, "--events", rig.events, "--health", rig.health, "--faults", faults]
        self._line = [sys.executable, "-m", "controld.bridge.main", *options]
        self._endpoint = rig.command
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._ended = threading.Event()
        self.deaths: list[int] = []
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep_alive, daemon=True)
        self._keeper.start()

    def _start(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(self._line, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        with process.stderr:
            assert "controld bridge: " in process.stderr.readline()
        return process

    def _keep_alive(self) -> None:
        while not self._ended.wait(0.02):
            if self._process.poll() is not None:
                self.deaths.append(self._process.returncode)
                self._process = self._start()

    def command(self, line: str) -> str:
        """Return what the host itself answers, however often it has to be asked."""

        def ask() -> str:
            with self._context.socket(zmq.REQ) as req:
                req.set(zmq.LINGER, 0)
                req.set(zmq.RCVTIMEO, 2000)
                req.connect(self._endpoint)
                req.send(json.dumps({"command": line}).encode())
                try:
                    answer = json.loads(req.recv())["status"]
                except (zmq.Again, ValueError, KeyError, TypeError):
                    return ""
                return answer if isinstance(answer, str) and answer.startswith("resp ") else ""

        return wait_for(ask, f"an answer to {line}")

    def value(self, address: str) -> float | None:
        """Return what the host has at a cell; None where it has not (yet) got it."""
        words = self.command("param_get {} {}".format(*CELLS[address])).split()
        return float(words[2]) if words[1] == "0" else None

    def close(self) -> None:
        """End it for good."""
        self._ended.set()
        self._keeper.join()
        self._process.kill()
        self._process.wait()
        self._context.term()


@contextmanager
def playing(folder: Path, faults: str, board: str = BOARD) -> Iterator[tuple[RigProcess, BadBridge, Tablet]]:
    """Run a rig with a bad bridge until the block ends; the daemon has to live, and to stop in order."""
    rig = RigProcess(folder, engine="bridge")
    rig.write("board.yaml", board)
    bridge = BadBridge(rig, faults)
    try:
        rig.start()
        with Tablet(rig.osc_port) as tablet:
            tablet.send("/controld/hello")
            wait_for(lambda: tablet.newest("/status")[:1] == ("up",), "the engine", 20)
            yield rig, bridge, tablet
        errors = status(rig)["counters"]["errors"]
        assert rig.stop() == 0, rig.text
        assert errors == 0, rig.text
        assert "Traceback" not in rig.text, rig.text
    finally:
        rig.process.kill()
        rig.process.wait()
        bridge.close()


def settle(rig: RigProcess, bridge: BadBridge, tablet: Tablet) -> dict[str, float | None]:
    """Wait until the rig is at rest and shows, to old and new tablets, what the host holds; return that."""

    def look() -> dict[str, float | None]:
        tablet.send("/controld/ping")
        held = {address: bridge.value(address) for address in CELLS}
        with Tablet(rig.osc_port) as newcomer:
            newcomer.send("/controld/hello")
            wait_for(lambda: newcomer.newest("/status") and newcomer.newest("/effect/leslie/output"), "the state")
            tablet.listen()
            at_rest = newcomer.heard["/status"][0] == "up"
            shown = all(alike(newcomer.heard[address][0], value) for address, value in held.items())
        return held if at_rest and shown and status(rig)["engine"] == "up" else {}

    return wait_for(look, f"rest and truth; {rig.text[-2000:]}", 20)


def alike(a: object, b: object) -> bool:
    """Tell whether two numbers are the same to what `param_get` prints."""
    return isinstance(a, int | float) and isinstance(b, int | float) and abs(a - b) < 1e-3


def storm(tablet: Tablet, rng: random.Random, moves: int = 60) -> dict[str, float]:
    """Press, sweep and recall as a player in a hurry; return what was asked last of each cell since the last recall."""
    asked: dict[str, float] = {}
    for _ in range(moves):
        chance = rng.random()
        if chance < 0.05:
            tablet.send("/snapshot", rng.choice(["Clean", "Lead"]))
            asked = {}
        else:
            address = rng.choice(SWITCHES if chance < 0.4 else FADERS)
            asked[address] = rng.randrange(2) if address in SWITCHES else round(rng.random(), 3)
            tablet.send(address, asked[address])
        threading.Event().wait(rng.random() * 0.03)  # the rhythm of the player, not a hope
        tablet.listen()
    return asked


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RigProcess, BadBridge, Tablet]]:
    """A long pedalboard at a bridge that manages ten commands a second and lies."""
    with playing(tmp_path_factory.mktemp("stock"), "stock,pairing", LONG_BOARD) as rig:
        yield rig


class TestStock:
    def test_the_pedalboard_is_there(self, stock: tuple[RigProcess, BadBridge, Tablet]) -> None:
        """Every value as the files say, though the bridge has neither a list of effects nor feedback."""
        held = settle(*stock)
        assert held["/effect/drive/bypass"] == 1
        assert held["/effect/leslie/bypass"] == 1
        assert alike(held["/effect/drive/drive"], 0.25)

    def test_slowness_is_said_once_in_plain_words(self, stock: tuple[RigProcess, BadBridge, Tablet]) -> None:
        """What it costs, and the one line of configuration that cures it."""
        rig, _, tablet = stock
        for number in range(12):
            tablet.send("/effect/drive/muffle", number / 12)
            tablet.wait("/effect/drive/muffle/normalized", number / 12)
        wait_for(lambda: "ms a command" in rig.text, "the warning")
        (line,) = [line for line in rig.text.splitlines() if "ms a command" in line]
        assert "a snapshot of 8 effects takes about 1.6 s" in line
        assert "docs/engine.md says what cures it" in line

    def test_a_press_in_a_long_recall_waits_for_one_command(self, stock: tuple[RigProcess, BadBridge, Tablet]) -> None:
        """Before its request there is at most the one that was on its way; the recall goes on after it."""
        rig, _, tablet = stock
        with door(rig) as watcher, watcher.makefile("r") as lines:
            watcher.sendall(b'{"do": "monitor"}\n')
            assert lines.readline() == '{"ok": true}\n'
            tablet.send("/snapshot", "All")
            records = [json.loads(lines.readline())]
            while sum(record["kind"] == "request" for record in records) < 3:
                records.append(json.loads(lines.readline()))
            tablet.send("/effect/leslie/bypass", 0)
            after: list[str] = []
            while not any(text.startswith("WriteBypass 2 ") for text in after):
                record = json.loads(lines.readline())
                if record["kind"] == "in" and "/effect/leslie/bypass" in record["text"]:
                    after = ["pressed"]
                elif record["kind"] == "request" and after:
                    after.append(record["text"])
            assert len(after) <= 3, after
            rest = []
            while "snapshot `All`, confirmed" not in rest:
                record = json.loads(lines.readline())
                rest.append(record["text"] if record["kind"] in {"request", "state"} else "")
            assert sum(text.startswith("Write") for text in rest) >= 3, "the recall was over before the press"
        held = settle(*stock)
        assert held["/effect/leslie/bypass"] == 0

    def test_a_swept_pedal_ends_where_it_was_left(self, stock: tuple[RigProcess, BadBridge, Tablet]) -> None:
        """A thousand values through ten commands a second: the last one arrives, and in time."""
        rig, _, tablet = stock
        before = status(rig)["counters"]["tablet"]["received"]
        for number in range(1001):
            tablet.send("/drive/level", number / 1000)
        tablet.send("/drive/level", 0.321)
        wait_for(lambda: status(rig)["counters"]["tablet"]["received"] >= before + 1002, "the sweep to be read")
        wait_for(lambda: alike(drive_output(stock[1]), 0.321), "the last value", 3)

    def test_after_a_storm_the_host_holds_what_was_asked(self, stock: tuple[RigProcess, BadBridge, Tablet]) -> None:
        """No press is lost and nothing drifts, whatever was played over the one slow wire."""
        asked = storm(stock[2], random.Random(1))
        held = settle(*stock)
        assert {address: held[address] for address in asked} == pytest.approx(asked, abs=1e-3)


def drive_output(bridge: BadBridge) -> float:
    """Return the drive's output level as the host has it."""
    return float(bridge.command("param_get 1 output").split()[2])


class TestFaults:
    @pytest.mark.parametrize("faults", ["twice", "slow=5", "crash=40", "stock,crash=60"])
    def test_what_was_asked_arrives(self, tmp_path: Path, faults: str) -> None:
        """Answered twice, slowly, or by a bridge that dies of SIGSEGV again and again: the wish stands and is met."""
        with playing(tmp_path, faults) as (rig, bridge, tablet):
            asked = storm(tablet, random.Random(faults))
            held = settle(rig, bridge, tablet)
            assert {address: held[address] for address in asked} == pytest.approx(asked, abs=1e-3)
            assert set(bridge.deaths) == ({-signal.SIGSEGV} if "crash" in faults else set())

    @pytest.mark.parametrize("faults", ["silent", "late=1300", "error", "stock,pairing,zombie=30"])
    def test_what_fails_is_seen_to_fail(self, tmp_path: Path, faults: str) -> None:
        """Not answered, answered late, refused, or refused and done after all: the rig shows what the host holds."""
        with playing(tmp_path, faults) as (rig, bridge, tablet):
            rng = random.Random(faults)
            while not status(rig)["counters"]["timed_out"]:
                storm(tablet, rng, moves=5)
            storm(tablet, rng, moves=10)
            settle(rig, bridge, tablet)

    def test_garbage_ends_nobody(self, tmp_path: Path) -> None:
        """Replies and events of nonsense: the daemon lives, and a press gets through."""
        with playing(tmp_path, "garbage") as (_, bridge, tablet):
            storm(tablet, random.Random(3), moves=30)

            def press() -> bool:
                tablet.send("/effect/leslie/bypass", 0)
                return bridge.value("/effect/leslie/bypass") == 0

            wait_for(press, "the press")
