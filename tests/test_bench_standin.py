"""The bridge that benchmarks measure against answers as a bridge does: what it gets wrong would count as ours."""

import json

import pytest
import zmq

from bench.standin import Standin, commands_of
from controld.bridge.protocol import decode_batch, encode_batch
from controld.session.requests import Done, EngineRequest, WriteBypass, WriteParameters


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_it_counts_the_commands_of_a_batch(count: int) -> None:
    """As many as there are: one result too many, and the daemon asks the whole rig again."""
    lines = [f"params_flush {index} 0 2 gain 0.5 level 0.25" for index in range(count)]
    assert commands_of(encode_batch(lines)) == count


def test_its_reply_to_a_batch_is_one_a_client_understands() -> None:
    """Through real sockets, each command done."""
    requests: list[EngineRequest] = [WriteBypass(1, True), WriteParameters(2, {"gain": 0.5})]
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    with context, context.socket(zmq.ROUTER) as router, context.socket(zmq.REQ) as client:
        port = router.bind_to_random_port("tcp://127.0.0.1")
        for socket in (router, client):
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.RCVTIMEO, 10_000)
        client.connect(f"tcp://127.0.0.1:{port}")
        client.send(encode_batch(["bypass 1 1", "param_set 2 gain 0.5"]))
        standin = Standin(batch=True)
        standin.serve_one(router)
        assert decode_batch(requests, client.recv()) == [Done(), Done()]
        client.send(json.dumps({"command": "param_get 2 gain"}).encode())
        standin.serve_one(router)
        assert json.loads(client.recv())["status"] == "resp -3"  # nobody added it
