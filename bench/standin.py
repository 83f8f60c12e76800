"""A modhost-bridge that answers at once and writes down when each request came: the far end of every measurement.

Runs in its own process, and does as little as can be: the commonest requests are answered with constant bytes and
understood only after the run. It is steered over its own command socket by requests with a "bench" member.
"""

import gc
import json
import pickle
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import zmq

from bench.wire import PARAMETERS_PER_EFFECT, added, writes

DONE = b'{\n\t"raw" : "resp 0",\n\t"status" : "resp 0",\n\t"success" : true\n}'
REFUSED = b'{\n\t"error" : "Invalid request format"\n}'
INFO = b'{"action": "info"}'
_QUICK = (b'{"command": "param_set ', b'{"command": "bypass ', b'{"command": "params_flush ')
_BATCH = b'{"action": "batch", "commands": ['

Record = tuple[int, bytes]


class Standin:
    """A bridge over effects that exist once they are added; every plugin has 100 parameters of 0 to 1."""

    def __init__(self, *, batch: bool) -> None:
        self.delay_s = 0.0
        self.records: list[Record] = []
        self.running = True
        self._batch = batch
        self._instances: set[int] = set()
        self._values: dict[tuple[int, str], float] = {}
        self._understood = 0  # so many of the records are in the two above
        self._batch_replies: dict[int, bytes] = {}

    def serve(self, socket: "zmq.Socket[bytes]") -> None:
        """Answer until told to stop."""
        while self.running:
            self.serve_one(socket)

    def serve_one(self, socket: "zmq.Socket[bytes]") -> None:
        """Answer the next request."""
        identity, *envelope, body = socket.recv_multipart()
        now = time.monotonic_ns()
        if body.startswith(b'{"bench"'):
            socket.send_multipart([identity, *envelope, self._steer(json.loads(body))])
            return
        self.records.append((now, body))
        if body.startswith(_QUICK):
            reply, commands = DONE, 1
        elif self._batch and body.startswith(_BATCH) and b"param_get" not in body:
            commands = commands_of(body)
            reply = self._batch_reply(commands)
        else:
            reply, commands = self._answer(body), 1
        if self.delay_s:
            time.sleep(self.delay_s * commands)
        socket.send_multipart([identity, *envelope, reply])

    def _steer(self, order: dict[str, object]) -> bytes:
        match order["bench"]:
            case "take":
                self._understand()
                taken, self.records, self._understood = self.records, [], 0
                return pickle.dumps(taken)
            case "forget":
                self._instances.clear()
                self._values.clear()
            case "delay":
                self.delay_s = float(str(order["seconds"]))
            case "stop":
                self.running = False
        return b"done"

    def _batch_reply(self, commands: int) -> bytes:
        reply = self._batch_replies.get(commands)
        if reply is None:
            results = ", ".join(['{"raw": "resp 0", "status": "resp 0", "success": true}'] * commands)
            reply = self._batch_replies[commands] = f'{{"results": [{results}], "success": true}}'.encode()
        return reply

    def _answer(self, body: bytes) -> bytes:
        if body == INFO:
            capabilities = {"bridge": "bench", "version": "1", "host": "none", "capabilities": ["batch", "events"]}
            return json.dumps(capabilities).encode() if self._batch else REFUSED
        request = json.loads(body)
        if request.get("action") == "plugin":
            return _plugin(request)
        if self._batch and request.get("action") == "batch":
            each = (self._answer(json.dumps({"command": command}).encode()) for command in request["commands"])
            return b'{"results": [%b], "success": true}' % b", ".join(each)
        return _status(self._verdict(str(request.get("command", "")).split(" ")))

    def _verdict(self, words: list[str]) -> str:
        handler: Callable[[list[str]], str] | None = {
            "cpu_load": lambda _words: "resp 0 1.0000",
            "add": lambda words: f"resp {words[2]}",
            "param_get": self._read,
        }.get(words[0])
        return handler(words) if handler else "resp 0"

    def _read(self, words: list[str]) -> str:
        self._understand()
        instance = int(words[1])
        if instance not in self._instances:
            return "resp -3"
        return f"resp 0 {self._values.get((instance, words[2]), 0.0):.4f}"

    def _understand(self) -> None:
        for _, body in self.records[self._understood :]:
            self._instances.update(instance for _, instance in added(body))
            self._values.update({(each.instance, each.symbol): each.value for each in writes(body)})
        self._understood = len(self.records)


def commands_of(batch: bytes) -> int:
    """Return how many commands a batch has, without reading it: one for each comma between two strings.

    The first of them stands before the list, so one for each command is left.
    """
    return batch.count(b'", "')


def _status(status: str) -> bytes:
    return json.dumps({"raw": status, "status": status, "success": True}).encode()


def _plugin(request: dict[str, object]) -> bytes:
    if request.get("method") == "get_plugin_presets":
        return json.dumps({"plugin_uri": request["plugin_uri"], "presets": [], "success": True}).encode()
    controls = [
        {"index": index, "symbol": f"p{index}", "name": f"P {index}", "min_value": 0.0, "max_value": 1.0,
         "default_value": 0.0, "properties": [], "scale_points": [], "units": {}}
        for index in range(PARAMETERS_PER_EFFECT)
    ]  # fmt: skip
    essentials = {"control_inputs": controls, "monitored_outputs": [], "parameters": []}
    return json.dumps({"plugin_uri": request["plugin_uri"], "essentials": essentials, "success": True}).encode()


def standin_main(ready: Connection, batch: bool) -> None:
    """Serve on free ports, which are sent over `ready`, until told to stop."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    command, events = context.socket(zmq.ROUTER), context.socket(zmq.PUB)
    for socket in (command, events):
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.SNDHWM, 0)
        socket.setsockopt(zmq.RCVHWM, 0)
    ports = [socket.bind_to_random_port("tcp://127.0.0.1") for socket in (command, events)]
    gc.freeze()
    gc.disable()
    ready.send(tuple(ports))
    Standin(batch=batch).serve(command)
    context.destroy(linger=100)
