"""A rig that is served over HTTP, and the far ends: a plain HTTP client and a websocket."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rig_process import PATIENCE_S, RigProcess, free_port
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from controld.osc_codec import OscArg, OscMessage, decode, encode, flatten

TIMEOUT_S = 0.02  # one look at a websocket


@contextmanager
def web_rig(folder: Path, more: str = "", web: str = "", **files: str) -> Iterator[tuple[RigProcess, str]]:
    """Run a rig with `web` on a free port; yields it and "127.0.0.1:PORT". `files` are written over its own."""
    rig, address = RigProcess(folder), f"127.0.0.1:{free_port()}"
    text = (folder / "controld.yaml").read_text("utf-8")
    rig.write("controld.yaml", f'{text}web: {{listen: "{address}"{web}}}\n{more}')
    for name, content in files.items():
        rig.write(f"{name}.yaml", content)
    rig.start()
    try:
        yield rig, address
    finally:
        code = rig.stop()
    assert code == 0, rig.text
    assert "Traceback" not in rig.text, rig.text


def get(address: str, path: str) -> tuple[int, Any]:
    """Return the status of a page and what it holds, None for nothing."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=PATIENCE_S) as answer:
            body = answer.read()
            return answer.status, json.loads(body) if body else None
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Browser:
    """A websocket client; `heard` keeps the newest arguments by address, `told` every text frame."""

    def __init__(self, address: str) -> None:
        self._open = ExitStack()
        self.socket: ClientConnection = self._open.enter_context(
            connect(f"ws://{address}/", open_timeout=PATIENCE_S, max_size=None)
        )
        self.heard: dict[str, tuple[OscArg, ...]] = {}
        self.log: list[OscMessage] = []
        self.told: list[dict[str, str]] = []

    def command(self, command: str, data: object) -> None:
        self.socket.send(json.dumps({"COMMAND": command, "DATA": data}))

    def send(self, address: str, *args: OscArg, tags: str | None = None) -> None:
        self.socket.send(encode(address, args, tags) if tags is not None else encode(address, args))

    def listen(self, *addresses: str) -> "Browser":
        for address in addresses:
            self.command("LISTEN", address)
        return self

    def seen(self, address: str) -> bool:
        """Tell whether anything was told of an address."""
        self.look()
        return address in self.heard

    def look(self) -> None:
        """Take what arrived."""
        while True:
            try:
                frame = self.socket.recv(timeout=TIMEOUT_S)
            except (TimeoutError, ConnectionClosed):
                return
            if isinstance(frame, str):
                self.told.append(json.loads(frame))
                continue
            for _, message in flatten(decode(bytes(frame))):
                self.log.append(message)
                self.heard[message.address] = message.args

    def hears(self, address: str, *args: OscArg) -> bool:
        self.look()
        heard = self.heard.get(address, ())
        return len(heard) == len(args) and all(map(_alike, heard, args))

    def hears_command(self, command: str, data: str) -> bool:
        """Tell whether a text frame said this."""
        self.look()
        return {"COMMAND": command, "DATA": data} in self.told

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_error: object) -> None:
        self._open.close()


def _alike(heard: OscArg, wanted: OscArg) -> bool:
    if isinstance(heard, float) and isinstance(wanted, float):
        return abs(heard - wanted) < 1e-5
    return type(heard) is type(wanted) and heard == wanted
