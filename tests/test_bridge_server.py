"""Our bridge on the wire: framing, errors, leniency and events, by real sockets against a real process."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import zmq
from bridge_process import ANY_PORT, PATIENCE_S, SCRIPTED, Bridge, events, running

INVALID = b'{\n\t"error" : "Invalid request format"\n}'
UNREACHABLE = b'{\n\t"error" : "Failed to communicate with mod-host"\n}'


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    with running() as shared:
        shared.command("add urn:test:drive 1")
        yield shared


def ok(status: str) -> bytes:
    return f'{{\n\t"raw" : "{status}",\n\t"status" : "{status}",\n\t"success" : true\n}}'.encode()


ANSWERS = [
    # Bytes seen from the stock bridge.
    (b'{"command":"param_set 1 gain 0.5"}', ok("resp 0")),
    (b'{"command":"param_set 9 gain 0.5"}', ok("resp -3")),
    (b'{"command":"what"}', ok("not found")),
    (b'{"name":"param_set","args":["1","gain",0.25]}', ok("resp 0")),
    # The extra members, the comment, the rest and the first of two are nothing to anybody.
    (b'{"command":"what","id":7}', ok("not found")),
    (b'// hello\n{"command":"param_set 9 gain 1","command":"what"} {"command":"param_set 1 gain 1"}', ok("not found")),
    (b'{"action":"foo","command":"what"}', ok("not found")),
    (b'{"action":"info","command":"what"}', ok("not found")),
    (b'{"command":5}', ok("not found")),
    (b'{"command":"what \xff"}', ok("not found")),
    (b'{"name":"what","args":[]}', ok("not found")),
    (b'{"name":"what","args":null}', ok("not found")),
    (b'{"name":"what","args":"text"}', ok("not found")),
    (b'{"command":""}', UNREACHABLE),
    (b'{"command":null}', UNREACHABLE),
    (b'{"command":"mute"}', UNREACHABLE),
    *(
        (data, INVALID)
        for data in (
            *(b"", b"[]", b"1", b'"x"', b"null", b"{}", b"no JSON", b'{"name":"x"}', b'{"action":"foo"}'),
            *(b'{"command":["a"]}', b'{"command":{}}', b'{"name":"x","args":[["a"]]}', b'{"name":["x"],"args":[]}'),
            *(b'{"command":NaN}', b'{"command":1e400}', b'{"command":"what",}', b"{'command':'what'}"),
            *(b'\xff{"command":"what"}', b"\x00", b"[" * 100_000, b'{"action":["plugin"]}', b'{"action":null}'),
            # Two commands in one, and half a surrogate pair: neither gets as far as the host.
            *(b'{"command":"what\\u0000what"}', b'{"command":"\\ud800"}'),
        )
    ),
    (b'{"action":"plugin"}', b'{\n\t"error" : "Plugin command failed: Plugin command missing \'method\' field"\n}'),
    (
        b'{"action":"plugin","method":"nope"}',
        b'{\n\t"error" : "Plugin command failed: Unknown command method: nope"\n}',
    ),
    (b'{"action":"audio"}', b'{\n\t"error" : "Audio command failed: Audio command missing \'method\' field"\n}'),
    (
        b'{"action":"audio","method":"nope"}',
        b'{\n\t"error" : "Audio command failed: Unknown audio command method: nope"\n}',
    ),
    (b'{"action":"audio","method":"connect_jack_ports"}', b'{\n\t"success" : false\n}'),
]


@pytest.mark.parametrize(("request_bytes", "reply"), ANSWERS, ids=lambda data: repr(data[:60]))
def test_each_request_has_its_exact_reply(bridge: Bridge, request_bytes: bytes, reply: bytes) -> None:
    """Replies are the stock bridge's, byte for byte; so are the errors."""
    assert bridge.raw(request_bytes) == reply


STRUCTURED = [
    ({"name": "log", "args": []}, "log"),
    ({"name": "a", "args": ["1", "gain", 0.25, 3]}, "a 1 gain 0.25 3"),
    ({"name": "a", "args": {"b": 2, "a": 1}}, "a 1 2"),
    ({"name": "a", "args": [True, False]}, "a 1 0"),
    ({"name": "a", "args": ['"My Preset"']}, 'a "My Preset"'),
]


@pytest.mark.parametrize(("request_members", "line"), STRUCTURED)
def test_the_structured_form_becomes_a_command_line(
    bridge: Bridge, request_members: dict[str, object], line: str
) -> None:
    """Name and arguments are joined by blanks; a boolean is the number mod-host reads, not a word it takes for 0."""
    bridge.ask(**request_members)
    assert bridge.command("log").split("|")[-2 if line != "log" else -1].removeprefix("resp 0 ") == line


def test_a_dealer_gets_its_envelope_back_in_order(bridge: Bridge) -> None:
    """Frames before the empty one are echoed; replies come in the order of the requests."""
    with bridge.socket(zmq.DEALER) as dealer:
        for number in range(20):
            dealer.send_multipart([f"corr-{number}".encode(), b"", f'{{"command":"add urn:none {number}"}}'.encode()])
        for number in range(20):
            assert dealer.recv_multipart() == [f"corr-{number}".encode(), b"", ok("resp -101")]


def test_what_is_no_request_is_dropped_as_rep_drops_it(bridge: Bridge) -> None:
    """Without an empty frame, and without a frame after it, nothing is answered, and nothing is stuck."""
    with bridge.socket(zmq.DEALER) as dealer:
        dealer.send_multipart([b'{"command":"what"}'])
        dealer.send_multipart([b'{"command":"what"}', b"more"])
        dealer.send_multipart([b""])
        dealer.send_multipart([b"id", b""])
        dealer.send_multipart([b"", b""])
        assert dealer.recv_multipart() == [b"", INVALID]
        assert not dealer.poll(50)


def test_of_two_frames_the_last_is_the_request(bridge: Bridge) -> None:
    """A request of two frames gets one reply, to the last of them."""
    with bridge.socket(zmq.REQ) as req:
        req.send_multipart([b'{"command":"add urn:none 1"}', b'{"command":"what"}'])
        assert req.recv_multipart() == [ok("not found")]
        req.send(b'{"command":"add urn:none 1"}')
        assert req.recv_multipart() == [ok("resp -101")]


def test_a_client_that_comes_back_with_its_identity_is_answered(bridge: Bridge) -> None:
    """A second connection with the identity of a first one that still stands takes its place."""
    with bridge.socket(zmq.DEALER, identity=b"rig"), bridge.socket(zmq.DEALER, identity=b"rig") as second:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            second.send_multipart([b"", b'{"command":"what"}'])
            if second.poll(100):
                break
        assert second.recv_multipart() == [b"", ok("not found")]


def test_a_mistake_in_the_host_costs_one_request(bridge: Bridge) -> None:
    """An exception is answered with the error for an unreachable host; the next request is served."""
    assert bridge.raw(b'{"command":"explode"}') == UNREACHABLE
    assert bridge.raw(b'{"command":"what"}') == ok("not found")


@pytest.mark.parametrize("frames", [[b"\x00" * 1000], [b"", b"", b""], [b"\xff" * 300, b"", b"\xff"], [b""] * 50])
def test_no_bytes_on_any_socket_stop_the_bridge(bridge: Bridge, frames: list[bytes]) -> None:
    """Whatever a peer sends, the bridge serves the next one."""
    for endpoint in (bridge.endpoint, bridge.health):
        with bridge.socket(zmq.DEALER, endpoint) as dealer:
            dealer.send_multipart(frames)
    assert bridge.raw(b'{"command":"what"}') == ok("not found")
    assert b"healthy" in bridge.raw(b'{"action":"health"}', bridge.health)


HEALTHY = (
    b'{\n\t"command_connected" : true,\n\t"feedback_connected" : true,\n'
    b'\t"message" : "Service is healthy, all connections established",\n\t"status" : "healthy"\n}'
)
HEALTH = [
    (b'{"action":"x"}', b'{\n\t"error" : "Invalid health request format"\n}'),
    (b"{}", b'{\n\t"error" : "Invalid health request format"\n}'),
    (b"[]", b'{\n\t"error" : "Invalid JSON format"\n}'),
    (b"", b'{\n\t"error" : "Invalid JSON format"\n}'),
    (b'{"action":"health"}', HEALTHY),
]


@pytest.mark.parametrize(("request_bytes", "reply"), HEALTH)
def test_health_is_told_in_the_stock_bridges_bytes(bridge: Bridge, request_bytes: bytes, reply: bytes) -> None:
    """The health socket has its own two errors, and its reply."""
    assert bridge.raw(request_bytes, bridge.health) == reply


def test_health_asks_the_host() -> None:
    """A host that cannot do commands is unhealthy at once, without a command having been tried."""
    with running() as bridge:
        bridge.command("sick")
        assert json.loads(bridge.raw(b'{"action":"health"}', bridge.health)) == {
            "status": "unhealthy",
            "message": "Service is unhealthy, cannot connect to mod-host",
            "command_connected": False,
            "feedback_connected": False,
        }


def test_a_raw_command_publishes_what_it_changed_and_whose_it_was(bridge: Bridge) -> None:
    """The event of a raw command is flat and carries the identity of the client in hex."""
    with bridge.subscribed() as sub, bridge.socket(zmq.DEALER, identity=b"me") as dealer:
        dealer.send_multipart([b"", b'{"command":"param_set 1 gain 99"}'])
        (event,) = events(sub, 1)
    assert event == {"type": "param_set", "effect_id": 1, "symbol": "gain", "value": 20.0, "client": b"me".hex()}


def test_an_event_of_the_host_itself_has_no_client(bridge: Bridge) -> None:
    """What arises in the host comes without a request, and without a client, though one came in between."""
    with bridge.subscribed() as sub:
        bridge.command("own piece of news")
        assert json.loads(sub.recv()) == {"type": "own", "text": "piece of news"}


def test_an_audio_request_publishes_what_it_changed(bridge: Bridge) -> None:
    """Connections made by the audio API are events too."""
    with bridge.subscribed() as sub:
        bridge.ask(action="audio", method="connect_jack_ports", port1="a", port2="b")
        (event,) = events(sub, 1)
    assert event["type"] == "connected"


def test_an_event_is_one_frame_in_the_stock_bridges_form(bridge: Bridge) -> None:
    """One frame, no topic, printed as replies are."""
    with bridge.subscribed() as sub:
        bridge.command("own x")
        assert sub.recv_multipart() == [b'{\n\t"text" : "x",\n\t"type" : "own"\n}']


def test_a_subscriber_that_never_reads_stops_nobody(bridge: Bridge) -> None:
    """More events than a subscriber's buffers hold are dropped for it; requests are answered as ever."""
    batch = json.dumps({"action": "batch", "commands": ["param_set 1 gain 0.5"] * 512}).encode()
    with bridge.socket(zmq.SUB, bridge.events) as sub, bridge.socket(zmq.REQ) as req:
        sub.set(zmq.SUBSCRIBE, b"")
        for _ in range(60):
            req.send(batch)
            assert b"resp 0" in req.recv()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: int) -> None:
    """SIGTERM and SIGINT close the host and exit with 0."""
    with running() as bridge:
        assert bridge.signal(number) == 0
        assert bridge.process.stderr is not None
        assert bridge.process.stderr.read() == "scripted host: closed\n"


def test_it_exits_with_its_parent_if_asked() -> None:
    """The end of standard input ends it; what stands in the input before does not."""
    with running("--exit-with-parent") as bridge:
        assert bridge.process.stdin is not None
        bridge.process.stdin.write("hello\n")
        bridge.process.stdin.flush()
        assert bridge.command("what") == "not found"
        bridge.process.stdin.close()
        assert bridge.process.wait(PATIENCE_S) == 0


def test_without_being_asked_it_outlives_its_input() -> None:
    """A bridge started by hand, with no input, serves."""
    with running() as bridge:
        assert bridge.process.stdin is not None
        bridge.process.stdin.close()
        assert bridge.command("what") == "not found"


@pytest.mark.parametrize("option", ["--endpoint", "--events", "--health"])
def test_a_port_in_use_is_said_in_one_sentence(bridge: Bridge, option: str) -> None:
    """The sentence names the endpoint and what can be done; the exit code is 1."""
    line = [sys.executable, SCRIPTED, "--host", "scripted", *ANY_PORT, option, bridge.endpoint]
    done = subprocess.run(line, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 1
    assert (
        f"controld bridge: cannot listen on {bridge.endpoint}: another bridge is running there; stop it, "
        f"choose {option}, or attach to it with engine: {{type: bridge}}\n"
    ) in done.stderr
    assert "Traceback" not in done.stderr


def test_an_endpoint_that_is_none_is_said_in_one_sentence() -> None:
    """An address ZeroMQ cannot use is named, with the option to change."""
    line = [sys.executable, SCRIPTED, "--host", "scripted", *ANY_PORT, "--events", "nonsense"]
    done = subprocess.run(line, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 1
    assert "cannot listen on nonsense" in done.stderr
    assert "choose another --events" in done.stderr
