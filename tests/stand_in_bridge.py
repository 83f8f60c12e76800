"""A stand-in for a modhost-bridge: real ROUTER and PUB sockets in a thread, or a program, answering as a test says.

As a program (`python stand_in_bridge.py <command endpoint> <events endpoint>`) it is a stock bridge that can be killed
and frozen; it prints "ready" on standard output.
"""

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import zmq

Request = Mapping[str, Any]
Answer = Callable[[Request], bytes | list[bytes]]
"""What is replied to a request: a body, or several, or none; it may sleep, and blocks the bridge meanwhile."""

HOST_GONE = b'{\n\t"error" : "Failed to communicate with mod-host"\n}'
INVALID = b'{\n\t"error" : "Invalid request format"\n}'
_POLL_MS = 2
BIND_PATIENCE_S = 5.0


def resp(status: str = "resp 0") -> bytes:
    """Return a reply byte for byte as the stock bridge prints it."""
    return f'{{\n\t"raw" : "{status}",\n\t"status" : "{status}",\n\t"success" : true\n}}'.encode()


def stock(request: Request) -> bytes:
    """Answer as a stock bridge before a mod-host whose parameters have the value their instance has as number."""
    line = request.get("command")
    if not isinstance(line, str):
        return INVALID
    words = line.split(" ")
    if words[0] == "cpu_load":
        return resp("resp 0 1.5000")
    return resp(f"resp 0 {float(words[1]):.4f}") if words[0] == "param_get" else resp()


def modern(request: Request) -> bytes:
    """Answer as a bridge that says what it can, and does batches."""
    if request.get("action") == "info":
        words = ["batch", "effects"]
        return json.dumps({"bridge": "stand-in", "version": "1", "host": "none", "capabilities": words}).encode()
    if request.get("action") == "batch":
        results = [json.loads(stock({"command": line})) for line in request["commands"]]
        return json.dumps({"results": results}).encode()
    return stock(request)


def _bind(socket: "zmq.Socket[bytes]", endpoint: str) -> None:
    """Bind; a port where a bridge was before may be held for a moment by the very client that tries to reach it."""
    deadline = time.monotonic() + BIND_PATIENCE_S
    while True:
        try:
            socket.bind(endpoint)
        except zmq.ZMQError as error:
            if error.errno != zmq.EADDRINUSE or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


class StandIn:
    """A bridge in a thread; `answer` can be changed at any time, `requests` holds what came, without the greetings."""

    def __init__(
        self, answer: Answer = stock, endpoints: tuple[str, str] | None = None, kind: int = zmq.ROUTER
    ) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.bodies: list[bytes] = []
        self.clients: list[str] = []  # the identities that were heard, each once
        self._events: deque[bytes] = deque()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._kind = kind
        self._router = self._context.socket(kind)
        self._pub = self._context.socket(zmq.PUB)
        wanted = endpoints or ("tcp://127.0.0.1:0", "tcp://127.0.0.1:0")
        for socket, endpoint in zip((self._router, self._pub), wanted, strict=True):
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.SNDHWM, 0)
            _bind(socket, endpoint)
        self.command, self.events = (
            socket.getsockopt_string(zmq.LAST_ENDPOINT) for socket in (self._router, self._pub)
        )
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> "StandIn":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def lines(self) -> list[str]:
        """The raw commands that came, those in batches too, without probes."""
        lines = (request.get("commands") or [request.get("command", "")] for request in self.requests)
        return [line for group in lines for line in group if line not in {"cpu_load", ""}]

    def publish(self, body: bytes) -> None:
        self._events.append(body)

    def close(self) -> None:
        """Vanish, with whatever is on its way."""
        self._stopping = True
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            if self._router.poll(_POLL_MS):
                self._serve(self._router.recv_multipart())
            while self._events:
                self._pub.send(self._events.popleft())
        self._router.close()
        self._pub.close()
        self._context.term()

    def _serve(self, frames: list[bytes]) -> None:
        body = frames[-1]
        request = json.loads(body)
        if self._kind == zmq.ROUTER and frames[0].hex() not in self.clients:
            self.clients.append(frames[0].hex())
        if request.get("action") != "info":
            self.requests.append(request)
            self.bodies.append(body)
        answer = self.answer(request)
        for reply in answer if isinstance(answer, list) else [answer]:
            self._router.send_multipart([*frames[:-1], reply])


def main() -> None:
    """Serve for ever."""
    command, events = sys.argv[1:]
    stand_in = StandIn(stock, (command, events))
    print("ready", stand_in.command, stand_in.events, flush=True)  # noqa: T201 - for the test that started it
    threading.Event().wait()


if __name__ == "__main__":
    main()
