"""OSC programs of others as processes: liblo's oscsend and oscdump, Pure Data without a window, node's `osc`."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from rig_process import T, wait_for

from controld.bootstrap import NODE

HERE = Path(__file__).parent

needs_liblo = pytest.mark.skipif(shutil.which("oscsend") is None, reason="oscsend is missing (Debian: liblo-tools)")
needs_pd = pytest.mark.skipif(shutil.which("pd") is None, reason="Pure Data is missing (Debian: puredata-core)")
needs_node_osc = pytest.mark.skipif(
    shutil.which("node") is None or not (NODE / "node_modules" / "osc").exists(),
    reason="node's `osc` package is missing: `python3 -m controld.bootstrap test` installs it where npm is there",
)


class Program:
    """A running program; `lines` are what it printed so far."""

    def __init__(self, *command: str, **environment: str) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, **environment},
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self.lines.extend(iter(self._process.stdout.readline, ""))

    def wait(self, look: Callable[[], T | None], what: str) -> T:
        """Return the first truthy result of `look`; fails with what was printed."""
        try:
            return wait_for(look, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{''.join(self.lines[-40:])}") from None

    def wait_for_line(self, *parts: str) -> str:
        """Wait until a line with all these parts was printed, and return it."""
        return self.wait(
            lambda: next((line for line in [*self.lines] if all(part in line for part in parts)), None), str(parts)
        )

    def write(self, line: str) -> None:
        """Give it a line to read."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def __enter__(self) -> Self:
        """Nothing: it runs."""
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._reader.join(5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def oscsend(port: int, address: str, *words: str, tcp: bool = False) -> None:
    """Have liblo send one message, types before values as on its command line."""
    where = [f"osc.tcp://127.0.0.1:{port}/"] if tcp else ["127.0.0.1", str(port)]
    subprocess.run(["oscsend", *where, address, *words], check=True, timeout=10, stdin=subprocess.DEVNULL)


class Node(Program):
    """A client in node; a packet is what its `osc` package calls so."""

    def __init__(self, transport: str, port: int) -> None:
        super().__init__("node", str(HERE / "osc_node.js"), transport, str(port), NODE_PATH=str(NODE / "node_modules"))
        self.wait_for_line("ready")

    def send(self, address: str, *args: tuple[str, object]) -> None:
        """Send a message with typed arguments."""
        self.write(json.dumps(_node_message(address, args)))

    def send_bundle(self, in_s: float, *messages: tuple[str, tuple[str, object]]) -> None:
        """Send a bundle whose time comes in so many seconds by node's clock."""
        packets = [_node_message(address, (arg,)) for address, arg in messages]
        self.write(json.dumps({"inSeconds": in_s, "packets": packets}))

    def heard(self, address: str) -> list[list[tuple[str, object]]]:
        """Return the arguments with their types of all that was heard at an address."""
        told = [json.loads(line) for line in [*self.lines] if line.startswith('{"address"')]
        return [
            [(arg["type"], arg.get("value")) for arg in each["args"]] for each in told if each["address"] == address
        ]

    def wait_to_hear(self, address: str, *args: tuple[str, object]) -> None:
        """Wait until the newest at an address is this."""
        self.wait(lambda: self.heard(address)[-1:] == [[*args]], f"{address} {args}")


def _node_message(address: str, args: tuple[tuple[str, object], ...]) -> dict[str, object]:
    return {"address": address, "args": [{"type": kind, "value": value} for kind, value in args]}


class PureData(Program):
    """Pure Data with a patch that sends to `port`, one message after the other, and prints what comes to `ear`.

    A message is (address, what a message box has): numbers go as floats, words as symbols.
    """

    def __init__(self, folder: Path, port: int, ear: int, *messages: tuple[str, str]) -> None:
        patch = folder / "client.pd"
        patch.write_text(_patch(port, ear, messages), encoding="utf-8")
        super().__init__("pd", "-nogui", "-noaudio", "-nomidi", "-nrt", "-open", str(patch))

    def wait_to_hear(self, *atoms: str) -> None:
        """Wait until a message of these atoms was printed: the parts of its address, then its arguments."""
        self.wait_for_line(f"heard: {' '.join(atoms)}\n")


def _patch(port: int, ear: int, messages: tuple[tuple[str, str], ...]) -> str:
    """Return a patch: at its load the messages are sent in order, a tenth of a second apart."""
    boxes = [
        "obj 10 10 loadbang", f"msg 10 40 connect 127.0.0.1 {port}", "obj 10 70 netsend -u -b",
        f"obj 300 10 netreceive -u -b {ear}", "obj 300 40 oscparse", "obj 300 70 list trim", "obj 300 100 print heard",
        "obj 10 100 list prepend send", "obj 10 130 list trim",
    ]  # fmt: skip
    wires = [(0, 0, 1, 0), (1, 0, 2, 0), (3, 0, 4, 0), (4, 0, 5, 0), (5, 0, 6, 0), (7, 0, 8, 0), (8, 0, 2, 0)]
    for index, (address, content) in enumerate(messages):
        first = len(boxes)
        boxes += [
            f"obj 500 10 del {200 + 100 * index}", f"msg 500 40 {content}",
            f"obj 500 70 oscformat {' '.join(address.strip('/').split('/'))}",
        ]  # fmt: skip
        wires += [(0, 0, first, 0), (first, 0, first + 1, 0), (first + 1, 0, first + 2, 0), (first + 2, 0, 7, 0)]
    lines = ["#N canvas 0 0 700 400 12", *(f"#X {box}" for box in boxes)]
    lines += [f"#X connect {' '.join(map(str, wire))}" for wire in wires]
    return "".join(f"{line};\n" for line in lines)
